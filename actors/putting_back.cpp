#include "actors/putting_back.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

namespace exsyncd {
namespace {

using self_pointer = putting_back_actor::stateful_pointer<putting_back_state>;

/// So a create whose answer was lost is found when it is asked for again. No mark of a round looks like it.
operation_mark mark_of(const undo_record& r) {
  return operation_mark{"put-back:" + r.id.value};
}

class restorer : public std::enable_shared_from_this<restorer> {
public:
  restorer(self_pointer self, put_back what, caf::typed_response_promise<were_put_back> promise)
      : self_(self), what_(std::move(what)), promise_(std::move(promise)) {}

  void start() {
    auto me = shared_from_this();
    const pair_id pair{options().settings.name};
    ask<folder_sides_loaded>(options().ledger, load_folder_sides{pair}, [me, pair](folder_sides_loaded& all) {
      me->folders_ = std::move(all.folders);
      me->ask<undos_loaded>(me->options().ledger, load_undos{pair, me->what_.id},
                            [me](undos_loaded& kept) { me->choose(std::move(kept.records)); });
    });
  }

private:
  self_pointer self_;
  put_back what_;
  caf::typed_response_promise<were_put_back> promise_;
  std::vector<folder_side> folders_;
  std::vector<undo_record> records_;
  std::size_t at_ = 0;
  /// Of what was overwritten several times, on whichever side: by which record it is to be as it was.
  std::map<std::pair<twin_id, field>, std::size_t> oldest_;
  std::map<std::pair<twin_id, side>, item_id> made_; // items that were deleted and are there again
  std::vector<put_back_item> result_;

  const putting_back_options& options() const { return self_->state.options; }
  const undo_record& record() const { return records_[at_]; }

  template <class Answer, class Actor, class Request>
  void ask(const Actor& whom, Request what, std::function<void(Answer&)> then) {
    self_->request(whom, mailbox_patience, std::move(what))
        .then(std::move(then), [me = shared_from_this()](const caf::error& e) {
          me->end({failure{reach::account, retry::later, {}, "ended", "it ended: " + caf::to_string(e), {}}});
        });
  }

  void choose(std::vector<undo_record> all) {
    // What was overwritten by carrying over what was put back is not to be put back with it, again and again.
    std::map<twin_id, utc_seconds> since_put_back;
    for (const auto& r : all)
      if (r.put_back && (!since_put_back.contains(r.twin) || *r.put_back < since_put_back[r.twin]))
        since_put_back[r.twin] = *r.put_back;
    for (auto& r : all) {
      const auto at = since_put_back.find(r.twin);
      const bool follows = at != since_put_back.end() && r.when >= at->second;
      if (r.done && (!what_.id.empty() || (!r.put_back && !follows)) && (!what_.since || r.when >= *what_.since))
        records_.push_back(std::move(r));
    }
    for (std::size_t i = 0; i < records_.size(); ++i)
      for (field f : why_not_back(records_[i]).empty() ? records_[i].fields : std::vector<field>())
        oldest_[{records_[i].twin, f}] = i; // the newest come first
    next();
  }

  void next() {
    if (at_ == records_.size()) return end({std::move(result_)});
    if (auto why = why_not_back(record()); !why.empty()) return told(false, std::move(why));
    auto kept = options().files->load(record().id);
    if (const auto* failed = std::get_if<storage_failure>(&kept)) return told(false, failed->what);
    auto item = std::make_shared<kept_item>(std::move(std::get<kept_item>(kept)));
    if (!item->whole) return find_item(item);
    if (record().operation != operation::remove) return create(item);
    unless_there(item, record().side, [me = shared_from_this(), item] {
      me->unless_there(item, other(me->record().side), [me, item] { me->create(item); });
    });
  }

  void told(bool done, std::string what) {
    auto r = record();
    result_.push_back({r, done, std::move(what)});
    ++at_;
    if (!done) return next();
    // The first time stays: what was overwritten by carrying that over is known by it.
    if (!r.put_back) r.put_back = options().context.wall_clock();
    ask<stored>(options().ledger, keep_undos{{{std::move(r)}}}, [me = shared_from_this()](stored&) { me->next(); });
  }

  /// What became of a write, in words; nothing where it took effect.
  static std::string why_not(const write_outcome& outcome) {
    struct {
      std::string operator()(const written&) const { return {}; }
      std::string operator()(const stale&) const { return "it is being changed just now: ask again"; }
      std::string operator()(const gone&) const { return "the item is not there any more"; }
      std::string operator()(const refused& r) const { return r.why.what; }
      std::string operator()(const not_done& n) const { return n.why.what; }
      std::string operator()(const unknown& u) const {
        return "it is not known whether it was done (" + u.why.what + "): ask again, nothing is done twice";
      }
    } words;
    return std::visit(words, outcome);
  }

  // ---- fields that were overwritten ----

  /// It may have been moved since, or deleted and put back a moment ago.
  void find_item(const std::shared_ptr<kept_item>& item) {
    const auto s = record().side;
    const auto& fields = record().fields;
    if (std::none_of(fields.begin(), fields.end(), [this](field f) { return is_oldest(f); }))
      return told(true, "its fields are put back as they were before that");
    if (const auto at = made_.find({record().twin, s}); at != made_.end()) return overwrite(item, at->second);
    ask<twins_loaded>(
        options().ledger, load_twins{{record().twin}}, [me = shared_from_this(), item, s](twins_loaded& found) {
          if (found.twins.empty() || !found.twins[0].seen[s] || found.twins[0].seen[s]->presence != presence::present)
            return me->told(false, "the item is not there any more");
          me->overwrite(item, found.twins[0].seen[s]->item);
        });
  }

  void overwrite(const std::shared_ptr<kept_item>& item, const item_id& id) {
    auto me = shared_from_this();
    const auto& box = options().mailboxes[record().side];
    ask<content_read>(box, read_content{{id}, record().item_class}, [me, item, id](content_read& answer) {
      if (auto* f = std::get_if<failure>(&answer.outcome)) return me->told(false, f->what);
      auto& outcomes = std::get<0>(answer.outcome);
      const auto* now = outcomes.empty() ? nullptr : std::get_if<content>(&outcomes.front());
      if (!now) return me->told(false, "the item is not there any more");
      update_item u{id, now->key, {}, me->record().item_class, me->meetings_of_folder(), item->attachments};
      for (field f : me->record().fields) {
        if (!me->is_oldest(f)) continue;
        const auto at = std::find_if(item->fields.begin(), item->fields.end(), [f](auto& v) { return v.field == f; });
        u.fields.push_back(at == item->fields.end() ? field_value{f, {}} : *at);
      }
      me->update(std::move(u), "its fields are as they were");
    });
  }

  bool is_oldest(field f) const { return oldest_.at({record().twin, f}) == at_; }

  void update(update_item what, const std::string& did) {
    ask<write_done>(options().mailboxes[record().side], update_items{{std::move(what)}},
                    [me = shared_from_this(), did](write_done& answer) {
                      const auto why =
                          answer.outcomes.empty() ? "no outcome was answered" : why_not(answer.outcomes[0]);
                      me->told(why.empty(), why.empty() ? did : why);
                    });
  }

  // ---- items that were deleted ----

  const folder_side* folder(side s) const {
    for (const auto& f : folders_)
      if (f.folder_pair == record().folder_pair && f.side == s) return &f;
    return nullptr;
  }
  /// Of the folder pair, or of the one below which it is.
  enum meetings meetings_of_folder() const {
    auto result = meetings::appointment;
    for (const auto& f : options().settings.folders)
      if (record().folder_pair.value == f.name || record().folder_pair.value.starts_with(f.name + "/"))
        result = f.policy.meetings;
    return result == meetings::skip ? meetings::appointment : result;
  }

  /// Its user may have put it back himself: then a second one would be made.
  void unless_there(const std::shared_ptr<kept_item>& item, side s, std::function<void()> then) {
    const auto* in = folder(s);
    const auto& key = item->search_keys[s];
    if (!in || key.empty()) return then();
    ask<found_by_mark>(options().mailboxes[s], find_by_mark{in->folder, {}, key},
                       [me = shared_from_this(), s, then = std::move(then)](found_by_mark& answer) {
                         if (auto* f = std::get_if<failure>(&answer.outcome)) return me->told(false, f->what);
                         const auto& found = std::get<0>(answer.outcome);
                         if (found.empty()) return then();
                         me->made_[{me->record().twin, s}] = found.front().id;
                         me->told(true, "it is there already: its user has put it back, or has a copy of it");
                       });
  }

  void create(const std::shared_ptr<kept_item>& item) {
    const auto* in = folder(record().side);
    if (!in) return told(false, "its folder pair \"" + record().folder_pair.value + "\" is not there any more");
    auto me = shared_from_this();
    ask<found_by_mark>(options().mailboxes[record().side], find_by_mark{in->folder, mark_of(record())},
                       [me, item, folder = in->folder](found_by_mark& answer) {
                         if (auto* f = std::get_if<failure>(&answer.outcome)) return me->told(false, f->what);
                         auto& found = std::get<0>(answer.outcome);
                         if (found.empty()) return me->make(item, folder);
                         me->complete(item, found.front().id, found.front().key);
                       });
  }

  void make(const std::shared_ptr<kept_item>& item, const folder_id& folder) {
    auto me = shared_from_this();
    ask<write_done>(options().mailboxes[record().side],
                    create_items{folder, {{*item->whole, mark_of(record())}}, meetings_of_folder()},
                    [me, item](write_done& answer) {
                      const auto why =
                          answer.outcomes.empty() ? "no outcome was answered" : why_not(answer.outcomes[0]);
                      if (!why.empty()) return me->told(false, why);
                      const auto& w = std::get<written>(answer.outcomes[0]);
                      me->complete(item, w.id, w.key);
                    });
  }

  /// What no create carries.
  void complete(const std::shared_ptr<kept_item>& item, const item_id& id, const change_key& key) {
    made_[{record().twin, record().side}] = id;
    const std::string did = record().operation == operation::replace
                                ? "the older copy is there again, beside the newer one"
                                : "it is there again";
    update_item rest{id, key, {}, record().item_class, meetings_of_folder(), item->attachments};
    if (record().item_class != item_class::message)
      for (const auto& f : item->fields)
        if ((f.field == field::attachments || f.field == field::exceptions) && !f.value.empty())
          rest.fields.push_back(f);
    if (item->attachments.empty())
      std::erase_if(rest.fields, [](const field_value& f) { return f.field == field::attachments; });
    if (rest.fields.empty()) return told(true, did);
    update(std::move(rest), did);
  }

  void end(were_put_back answer) {
    if (!promise_.pending()) return;
    promise_.deliver(std::move(answer));
    self_->quit();
  }
};

} // namespace

std::string why_not_back(const undo_record& record) {
  if (record.bytes > 0) return {};
  std::string all;
  for (const auto& lack : record.lacks)
    all += (all.empty() ? "" : ", ") + lack;
  return all.empty() ? "nothing of it was kept" : all;
}

putting_back_actor::behavior_type putting_back(self_pointer self, putting_back_options options) {
  self->state.options = std::move(options);
  return {
      [self](const put_back& what) -> caf::result<were_put_back> {
        auto promise = self->make_response_promise<were_put_back>();
        std::make_shared<restorer>(self, what, promise)->start();
        return promise;
      },
  };
}

} // namespace exsyncd
