#include "actors/conflict_copies.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace exsyncd {
namespace {

using pair_self = pair_actor::stateful_pointer<pair_state>;

constexpr std::array classes{item_class::message, item_class::contact, item_class::task, item_class::appointment};

std::string folder_class_of(item_class c) {
  switch (c) {
  case item_class::contact:
    return "IPF.Contact";
  case item_class::task:
    return "IPF.Task";
  case item_class::appointment:
    return "IPF.Appointment";
  case item_class::message:
  case item_class::other:
    break;
  }
  return "IPF.Note";
}

class copying : public std::enable_shared_from_this<copying> {
public:
  copying(pair_self self, std::function<void()> done) : self_(self), done_(std::move(done)) {}

  void start() {
    auto me = shared_from_this();
    self_->request(options().ledger, ledger_patience, load_undos{pair_id{options().settings.name}, {}})
        .then(
            [me](undos_loaded& kept) {
              for (auto& r : kept.records)
                if (r.done && r.copy_wanted) me->records_.push_back(std::move(r));
              me->next();
            },
            [self = self_](const caf::error& e) { self->quit(e); });
  }

private:
  pair_self self_;
  std::function<void()> done_;
  std::vector<undo_record> records_;
  std::size_t at_ = 0;
  both<std::map<item_class, folder_id>> folders_;

  const pair_options& options() const { return self_->state.options; }
  const undo_record& record() const { return records_[at_]; }

  template <class Answer, class Request>
  void ask(Request what, std::function<void(Answer&)> then) {
    self_->request(options().mailboxes[record().side], mailbox_patience, std::move(what))
        .then(std::move(then), [me = shared_from_this()](const caf::error& e) { me->later(caf::to_string(e)); });
  }

  void later(const std::string& why) {
    options().context.log({log_level::warning,
                           "the loser of a conflict could not be copied yet: " + why,
                           options().settings.name,
                           record().folder_pair.value,
                           record().subject,
                           {}});
    self_->state.losers_to_copy = true;
    ++at_;
    next();
  }

  void next() {
    if (at_ == records_.size()) return done_();
    auto kept = options().undo_files ? options().undo_files->load(record().id)
                                     : std::variant<kept_item, storage_failure>(storage_failure{});
    auto* item = std::get_if<kept_item>(&kept);
    if (!item || !item->whole) return copied(); // nothing to copy, which undo.list tells
    find_folder(std::make_shared<kept_item>(std::move(*item)));
  }

  void find_folder(std::shared_ptr<kept_item> item) {
    const auto c = record().item_class;
    const auto name = conflict_folder(c);
    if (const auto at = folders_[record().side].find(c); at != folders_[record().side].end())
      return find_copy(std::move(item), at->second);
    auto me = shared_from_this();
    ask<folders_found>(
        find_folders{{"msgfolderroot/" + name, "msgfolderroot"}}, [me, item, c, name](folders_found& answer) {
          if (auto* f = std::get_if<failure>(&answer.outcome)) return me->later(f->what);
          auto& found = std::get<0>(answer.outcome);
          if (found.size() == 2)
            if (auto* f = std::get_if<folder_state>(&found[0])) {
              me->folders_[me->record().side][c] = f->id;
              return me->find_copy(item, f->id);
            }
          auto* root = found.size() == 2 ? std::get_if<folder_state>(&found[1]) : nullptr;
          if (!root) return me->later("the mailbox shows no root folder");
          me->ask<folder_done>(create_folder{root->id, name, folder_class_of(c)}, [me, item, c](folder_done& made) {
            auto* f = std::get_if<folder_state>(&made.outcome);
            if (!f) return me->later("the folder could not be made");
            me->folders_[me->record().side][c] = f->id;
            me->find_copy(item, f->id);
          });
        });
  }

  operation_mark mark() const { return operation_mark{"conflict-copy:" + record().id.value}; }

  void find_copy(std::shared_ptr<kept_item> item, const folder_id& folder) {
    auto me = shared_from_this();
    ask<found_by_mark>(find_by_mark{folder, mark()}, [me, item, folder](found_by_mark& answer) {
      if (auto* f = std::get_if<failure>(&answer.outcome)) return me->later(f->what);
      auto& found = std::get<0>(answer.outcome);
      if (!found.empty()) return me->complete(item, found.front().id, found.front().key);
      me->ask<write_done>(create_items{folder, {{*item->whole, me->mark()}}}, [me, item](write_done& made) {
        auto* w = made.outcomes.empty() ? nullptr : std::get_if<written>(&made.outcomes[0]);
        if (!w) return me->later("the copy could not be made");
        me->complete(item, w->id, w->key);
      });
    });
  }

  void complete(const std::shared_ptr<kept_item>& item, const item_id& id, const change_key& key) {
    update_item rest{id, key, {}, record().item_class, meetings::appointment, item->attachments};
    if (record().item_class != item_class::message)
      for (const auto& f : item->fields)
        if ((f.field == field::attachments && !item->attachments.empty()) ||
            (f.field == field::exceptions && !f.value.empty()))
          rest.fields.push_back(f);
    if (rest.fields.empty()) return copied();
    ask<write_done>(update_items{{std::move(rest)}}, [me = shared_from_this()](write_done& made) {
      if (made.outcomes.empty() || !std::holds_alternative<written>(made.outcomes[0]))
        return me->later("the copy is not whole yet");
      me->copied();
    });
  }

  void copied() {
    auto r = record();
    r.copy_wanted = false;
    auto me = shared_from_this();
    self_->request(options().ledger, ledger_patience, keep_undos{{{std::move(r)}}})
        .then(
            [me](const stored&) {
              ++me->at_;
              me->next();
            },
            [self = self_](const caf::error& e) { self->quit(e); });
  }
};

} // namespace

std::string conflict_folder(item_class of) {
  switch (of) {
  case item_class::contact:
    return "Sync Conflicts (Contacts)";
  case item_class::task:
    return "Sync Conflicts (Tasks)";
  case item_class::appointment:
    return "Sync Conflicts (Calendar)";
  case item_class::message:
  case item_class::other:
    break;
  }
  return "Sync Conflicts";
}

bool is_conflict_folder(const std::string& path) {
  return std::any_of(classes.begin(), classes.end(),
                     [&](item_class c) { return path == "msgfolderroot/" + conflict_folder(c); });
}

void copy_losers(pair_self self, std::function<void()> done) {
  if (!self->state.options.undo_files || !std::exchange(self->state.losers_to_copy, false)) return done();
  std::make_shared<copying>(self, std::move(done))->start();
}

} // namespace exsyncd
