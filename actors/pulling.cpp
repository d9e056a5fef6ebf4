#include "actors/pulling.hpp"

#include "actors/logic/back_off.hpp"
#include "actors/logic/decide.hpp"

#include <functional>
#include <unordered_set>

namespace exsyncd {
namespace {

constexpr int most_barren_pages = 50;

/// One listing of both sides. Lives as long as a request of it is under way.
class pulling : public std::enable_shared_from_this<pulling> {
public:
  pulling(folder_pair_self self, const pull& what, std::function<void(pulled)> done)
      : self_(self), folders_(what.folders), done_(std::move(done)) {}

  void start() {
    // Taken before the first request leaves: what happened before it is in the lists.
    ledger(ask_now{}, [me = shared_from_this()](const now_is& at) {
      me->asked_at_ = {at.now, at.now};
      me->ledger(load_folder_sides{me->self_->state.options.pair}, [me](const folder_sides_loaded& all) {
        for (side s : both_sides) {
          if (me->folders_[s].empty())
            me->end(s, {});
          else
            me->next_page(s, me->cursor_of(all, s));
        }
      });
    });
  }

private:
  folder_pair_self self_;
  both<folder_id> folders_;
  std::function<void(pulled)> done_;
  both<sequence> asked_at_;
  pulled result_;
  int open_ = 2;
  /// What the pages have shown: a list that shows nothing new, page after page, has no end.
  both<std::unordered_set<std::size_t>> shown_;
  both<int> barren_ = {};

  const folder_pair_options& options() const { return self_->state.options; }

  template <class Request, class Then>
  void ledger(Request what, Then then) {
    self_->request(options().ledger, ledger_patience, std::move(what))
        .then(std::move(then), [self = self_](const caf::error& e) { self->quit(e); });
  }

  sync_cursor cursor_of(const folder_sides_loaded& all, side s) const {
    for (const auto& f : all.folders)
      if (f.folder_pair.value == options().settings.name && f.side == s) return f.cursor;
    return {};
  }

  /// Whether the list gets on: a server that never says that this was the last page is not asked for ever.
  bool gets_on(side s, const change_page& page) {
    bool fresh = false;
    for (const auto& c : page.changes) {
      const auto* present = std::get_if<item_present>(&c);
      const auto* left = std::get_if<item_left>(&c);
      const auto& id = present ? present->item.id : left ? left->id : std::get<item_read_changed>(c).id;
      fresh |= shown_[s].insert(std::hash<std::string>()(id.value) * 3 + c.index()).second;
    }
    barren_[s] = fresh ? 0 : barren_[s] + 1;
    return barren_[s] <= most_barren_pages;
  }

  void next_page(side s, sync_cursor cursor) {
    auto me = shared_from_this();
    self_->request(options().mailboxes[s], mailbox_patience, list_changes{folders_[s], std::move(cursor)})
        .then([me, s](changes_listed& answer) { me->listed(s, answer); },
              [me, s](const caf::error& e) {
                me->end(s, failure{reach::mailbox,
                                   retry::later,
                                   {},
                                   "mailbox",
                                   "the mailbox actor ended: " + caf::to_string(e),
                                   {}});
              });
  }

  void listed(side s, changes_listed& answer) {
    if (auto* f = std::get_if<failure>(&answer.outcome)) return end(s, *f);
    if (std::holds_alternative<cursor_invalid>(answer.outcome)) return restart(s);
    auto& page = std::get<change_page>(answer.outcome);
    if (page.hidden || page.doubted > 0) {
      auto& unseen = result_.unseen[s];
      if (!unseen) unseen.emplace();
      if (page.hidden) unseen->hidden = *page.hidden;
      unseen->doubted = page.doubted;
    }
    if (!page.last && !gets_on(s, page))
      return end(s, failure{reach::folder,
                            retry::later,
                            {},
                            "protocol",
                            "SyncFolderItems: " + std::to_string(most_barren_pages) +
                                " pages in a row show nothing new, and none is the last",
                            "the server, or what stands before it, does not end this list"});
    auto unlistable = page.unlistable;
    bool last = page.last;
    sync_cursor cursor = page.cursor;
    accept_page call;
    call.pair = options().pair;
    call.folder_pair = folder_pair_id{options().settings.name};
    call.side = s;
    call.page = std::move(page);
    call.asked_at = asked_at_[s];
    ledger(std::move(call), [me = shared_from_this(), s, last, cursor,
                             unlistable = std::move(unlistable)](const page_accepted& accepted) {
      if (accepted.minted || accepted.changed) me->result_.news = true;
      if (accepted.suspected) me->result_.suspects = true;
      // A page for a folder that was bound anew in between is void: the next round lists it.
      auto go_on = [me, s, cursor, done = last || accepted.ignored] {
        // Halted, the round ends here; the next one goes on from this page.
        if (done || me->self_->state.halted) return me->end(s, {});
        me->next_page(s, cursor);
      };
      if (unlistable.empty() || accepted.ignored) return go_on();
      me->let_rest(s, unlistable, go_on);
    });
  }

  /// What no list can name rests before it is carried: it is listed, and its changes are found late.
  void let_rest(side s, const std::vector<std::pair<item_id, failure>>& which, std::function<void()> then) {
    ledger(load_unsettled{options().pair}, [me = shared_from_this(), s, which, then](const twins_loaded& loaded) {
      note_troubles call;
      for (const auto& t : loaded.twins)
        for (const auto& [id, why] : which) {
          if (!t.seen[s] || t.seen[s]->item != id) continue;
          trouble rests;
          rests.code = why.code;
          rests.what = why.what;
          rests.hint = why.hint;
          rests.side = s;
          rests.tries = t.trouble ? t.trouble->tries + 1 : 1;
          rests.banned = rests.tries >= logic::most_tries;
          rests.since = t.trouble ? t.trouble->since : me->options().context.wall_clock();
          rests.next =
              me->options().context.wall_clock() + logic::back_off(rests.tries, me->options().context.random());
          for (side each : both_sides)
            rests.at[each] = logic::trouble_key(t.seen[each]);
          me->options().context.log({log_level::warning, "stepped over in the list, will be tried again: " + why.what,
                                     t.pair.value, me->options().settings.name, t.seen[s]->subject, why.code});
          call.troubles.push_back({t.id, std::move(rests)});
        }
      me->ledger(std::move(call), [then](const stored&) { then(); });
    });
  }

  /// The server has forgotten the cursor: from the beginning, and until that pass ends no absence means anything.
  void restart(side s) {
    options().context.log({log_level::warning,
                           "the server no longer knows the sync state; listing from the beginning",
                           options().pair.value,
                           options().settings.name,
                           {},
                           "ErrorInvalidSyncStateData"});
    ledger(load_folder_sides{options().pair}, [me = shared_from_this(), s](const folder_sides_loaded& all) {
      for (const auto& f : all.folders) {
        if (f.folder_pair.value != me->options().settings.name || f.side != s) continue;
        bind_folder bind{f.pair, f.folder_pair, s, f.mailbox, f.folder, f.path, true};
        me->ledger(bind_folders{{bind}}, [me, s](const folders_bound&) {
          me->ledger(ask_now{}, [me, s](const now_is& at) {
            me->asked_at_[s] = at.now;
            me->next_page(s, {});
          });
        });
        return;
      }
      me->end(s, failure{reach::folder, retry::later, {}, "unbound", "the folder is not bound", {}});
    });
  }

  void end(side s, std::optional<failure> failed) {
    result_.failed[s] = std::move(failed);
    if (--open_ == 0) done_(std::move(result_));
  }
};

} // namespace

void start_pulling(folder_pair_self self, const pull& what, std::function<void(pulled)> done) {
  std::make_shared<pulling>(self, what, std::move(done))->start();
}

} // namespace exsyncd
