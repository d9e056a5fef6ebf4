#include "actors/ews/mailbox_attachments.hpp"
#include "actors/ews/mailbox_series.hpp"
#include "actors/ews/mailbox_writing.hpp"

#include "ews/codec/create_item.hpp"
#include "ews/codec/delete_item.hpp"
#include "ews/codec/field_table.hpp"
#include "ews/codec/fields_appointment.hpp"
#include "ews/codec/get_item.hpp"
#include "ews/codec/move_item.hpp"
#include "ews/codec/update_item.hpp"
#include "ews/model/too_large.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

namespace exsyncd {
namespace {

/// Refuses what the account could not see any more once it is written: no list would show it, and it would be taken for
/// deleted. With rights on folders only, that is what is marked private.
std::optional<write_outcome> would_vanish(const mailbox_state& state, std::string_view operation,
                                          const std::vector<field_value>& fields) {
  if (state.access() != mailbox_access::delegate || state.sight().seen == true) return std::nullopt;
  const auto is_private = [](const field_value& f) { return f.field == field::sensitivity && f.value == "Private"; };
  if (std::none_of(fields.begin(), fields.end(), is_private)) return std::nullopt;
  return refused{{reach::item,
                  retry::after_change,
                  {},
                  "private_item",
                  std::string(operation) +
                      ": the item is marked private, and the account may not see private items of " +
                      state.options().address,
                  "give the account full access to the mailbox (Add-MailboxPermission -AccessRights FullAccess), or "
                  "leave private items out"}};
}

write_outcome with_id(std::string_view operation, ews::item_key&& key) {
  if (key.id.empty()) return nameless(operation);
  return written{std::move(key.id), std::move(key.key)};
}

/// The attendees of an appointment become those of a meeting where that is wanted.
void as_meetings(std::vector<field_value>& fields, enum meetings how) {
  if (how != meetings::copy) return;
  for (auto& f : fields)
    if (f.field == field::attendees) f.value = ews::as_recipients(f.value);
}

/// To somebody who is not the mailbox's owner, DeleteItem refuses Deleted Items (DeleteItem page, first remark).
bool refuses_deleted_items(mailbox_pointer self) {
  return self->state.access() == mailbox_access::delegate && self->state.store() == mailbox_store::mailbox;
}

// ---- create
// ----------------------------------------------------------------------------------------------------------

class creating final : public writing {
public:
  creating(mailbox_pointer self, caf::typed_response_promise<write_done> promise, create_items asked)
      : writing(self, std::move(promise), "CreateItem", asked.items.size(), 20), asked_(std::move(asked)) {
    for (auto& [item, mark] : asked_.items)
      as_meetings(item.fields, asked_.meetings);
  }

private:
  std::size_t bytes_of(std::size_t i) const override { return ews::request_bytes(asked_.items[i].first); }
  std::optional<write_outcome> decided_before(std::size_t i) override {
    if (auto vanishes = would_vanish(self->state, "CreateItem", asked_.items[i].first.fields)) return vanishes;
    const auto bytes = bytes_of(i);
    const auto most = self->state.version().request_bytes;
    if (bytes <= most) return std::nullopt;
    return refused{too_large("the item", bytes / 4 * 3, most / 4 * 3)}; // as it is without base64
  }
  void begin() override {
    auto request = std::make_shared<ews::create_items>();
    request->folder = asked_.folder;
    for (auto i : now_)
      request->items.push_back(&asked_.items[i]);
    send<ews::item_key>("CreateItem", std::move(request), ews::read_create_items,
                        [](std::size_t, ews::item_key&& key) { return with_id("CreateItem", std::move(key)); });
  }
  /// The mark of every try begins with the same twin.
  std::string remembered(std::size_t i) const override {
    // "<pair>/<twin>/<intent>", and perhaps "~" and where it came from.
    const auto& mark = asked_.items[i].second.value;
    return mark.substr(0, mark.rfind('/', mark.find('~')));
  }
  void look_back(std::function<void(undone)> then) override { look_for(0, {}, std::move(then)); }
  void look_for(std::size_t n, std::vector<bool> found, std::function<void(undone)> then) {
    if (n == now_.size()) return then(std::move(found));
    search_mark(
        self, asked_.folder, asked_.items[now_[n]].second,
        [me = shared_from_this(), this, n, found = std::move(found), then = std::move(then)](auto holders) mutable {
          auto* items = std::get_if<0>(&holders);
          if (!items) return then(std::nullopt);
          found.push_back(items->empty());
          if (items->size() == 1) made_[now_[n]] = std::move(items->front().id);
          look_for(n + 1, std::move(found), std::move(then));
        });
  }
  /// An answer tells a new item by its place alone: which one it is, its mark tells.
  void answered() override {
    std::vector<std::size_t> made;
    std::vector<item_id> ids;
    for (auto i : now_)
      if (const auto* w = std::get_if<written>(&outcomes[i])) made.push_back(i), ids.push_back(w->id);
    if (made.size() < 2) return next();
    ask_marks(self, std::move(ids), [me = shared_from_this(), this, made](std::vector<operation_mark> marks) {
      const auto answers = outcomes;
      for (std::size_t n = 0; n < marks.size(); ++n)
        for (auto i : made)
          if (!marks[n].empty() && asked_.items[i].second == marks[n]) outcomes[i] = answers[made[n]];
      next();
    });
  }
  /// Without a key: its user may have edited it since.
  std::optional<write_outcome> found(std::size_t i) override {
    const auto made = made_.find(i);
    if (made == made_.end()) return std::nullopt;
    return written{made->second, {}};
  }
  create_items asked_;
  std::map<std::size_t, item_id> made_;
};

// ---- update
// ----------------------------------------------------------------------------------------------------------

class updating final : public writing {
public:
  updating(mailbox_pointer self, caf::typed_response_promise<write_done> promise, update_items asked)
      : writing(self, std::move(promise), "UpdateItem", asked.items.size(), 50), asked_(std::move(asked)) {}

private:
  std::size_t bytes_of(std::size_t i) const override {
    const auto& fields = asked_.items[i].fields;
    return std::accumulate(fields.begin(), fields.end(), std::size_t{1024},
                           [](std::size_t sum, const auto& f) { return sum + f.value.size(); });
  }
  std::optional<write_outcome> decided_before(std::size_t i) override {
    const auto& item = asked_.items[i];
    const auto& fields = item.fields;
    if (auto vanishes = would_vanish(self->state, "UpdateItem", fields)) return vanishes;
    const auto settable = [&](const auto& f) {
      return ews::can_update(item.item_class, f.field, self->state.version());
    };
    if (!fields.empty() && std::all_of(fields.begin(), fields.end(), settable)) return std::nullopt;
    return refused{{reach::item, retry::never, {}, "not_settable", "UpdateItem: a field that no update can set", {}}};
  }
  static bool has(const update_item& item, field which) {
    return std::any_of(item.fields.begin(), item.fields.end(), [&](const auto& f) { return f.field == which; });
  }
  const item_id* named(std::size_t i) const override { return &asked_.items[i].id; }
  bool alone(std::size_t i) const override {
    return has(asked_.items[i], field::attachments) || has(asked_.items[i], field::exceptions) ||
           moves_series(asked_.items[i]);
  }
  /// Whether dates or progress of a recurring task are written together with its recurrence.
  static bool moves_series(const update_item& item) {
    return item.item_class == item_class::task && (has(item, field::task_dates) || has(item, field::progress)) &&
           std::any_of(item.fields.begin(), item.fields.end(),
                       [](const auto& f) { return f.field == field::recurrence && !f.value.empty(); });
  }

  void look_back(std::function<void(undone)> then) override {
    look_at_keys([this](std::size_t i, const change_key& key) { return key == asked_.items[i].guard; },
                 std::move(then));
  }

  void begin() override {
    for (auto i : now_)
      as_meetings(asked_.items[i].fields, asked_.items[i].meetings);
    auto& first = asked_.items[now_.front()];
    for (const auto& f : first.fields)
      if (f.field == field::exceptions) exceptions_[now_.front()] = f.value;
    std::erase_if(first.fields, [](const auto& f) { return f.field == field::exceptions; });
    if (moves_series(first))
      for (auto& f : first.fields)
        if (f.field == field::recurrence) recurrences_[now_.front()] = std::exchange(f.value, {});
    if (has(first, field::attachments)) return attach(now_.front());
    if (first.fields.empty()) return write_exceptions_of(now_.front(), first.guard, false);
    update();
  }

  /// Attachments go first: if one is refused, nothing of the item has changed.
  void attach(std::size_t i) {
    auto& item = asked_.items[i];
    std::erase_if(item.fields, [](const auto& f) { return f.field == field::attachments; });
    outcomes[i] = unknown{mailbox_ended()};
    write_attachments(
        self, {item.id, item.guard, std::make_shared<std::vector<carried_attachment>>(std::move(item.attachments))},
        [me = shared_from_this(), this, i](write_outcome outcome) {
          outcomes[i] = std::move(outcome);
          const auto* done = std::get_if<written>(&outcomes[i]);
          if (!done) {
            const auto* why = std::get_if<not_done>(&outcomes[i]);
            if (why && why->why.reach != reach::item) stop(why->why);
            return next();
          }
          attached_.insert(i);
          if (done->key.empty() && (!asked_.items[i].fields.empty() || exceptions_.contains(i))) {
            // What follows has nothing that guards it: it is decided anew, on what is read then.
            outcomes[i] = unknown{{reach::item,
                                   retry::later,
                                   {},
                                   "protocol",
                                   "CreateAttachment: the answer does not tell the item's key",
                                   {}}};
            return next();
          }
          asked_.items[i].guard = done->key;
          if (asked_.items[i].fields.empty()) return answered();
          update();
        });
  }

  void update() {
    auto request = std::make_shared<ews::update_contents>();
    for (auto i : now_)
      request->items.push_back(
          {{asked_.items[i].id, asked_.items[i].guard}, asked_.items[i].fields, asked_.items[i].item_class});
    send<ews::item_key>(
        "UpdateItem", std::move(request), ews::read_update_item, [this](std::size_t i, ews::item_key&& key) {
          if (key.id.empty() || key.id == asked_.items[i].id || asked_.items[i].item_class != item_class::task)
            return with_id("UpdateItem", std::move(key));
          split_off_.emplace_back(i, std::move(key.id));
          return write_outcome(unknown{mailbox_ended()});
        });
  }

  void answered() override {
    if (attached_.contains(now_.front()))
      if (auto& outcome = outcomes[now_.front()]; !std::holds_alternative<written>(outcome))
        outcome = half_done(outcome);
    if (const auto* done = std::get_if<written>(&outcomes[now_.front()]); done && exceptions_.contains(now_.front()))
      return write_exceptions_of(now_.front(), done->key, true);
    if (const auto series = recurrences_.find(now_.front()); series != recurrences_.end())
      if (const auto done = std::get_if<written>(&outcomes[now_.front()])) {
        const auto i = now_.front();
        const auto before = *done;
        outcomes[i] = unknown{mailbox_ended()};
        return make_series_again(
            self, before.id, before.key, series->second, [me = shared_from_this(), this, i](write_outcome outcome) {
              if (const auto* why = std::get_if<unknown>(&outcome); why && why->why.reach != reach::item)
                stop(why->why);
              outcomes[i] = std::move(outcome);
              next();
            });
      }
    if (split_off_.empty()) return next();
    look_at_series(std::exchange(split_off_, {}));
  }

  /// The exceptions of a series follow what was set of it as a whole, which may have dropped them.
  void write_exceptions_of(std::size_t i, const change_key& key, bool written_before) {
    wanted_exceptions wanted{asked_.items[i].id, key, exceptions_.at(i), asked_.items[i].meetings, written_before};
    outcomes[i] = unknown{mailbox_ended()};
    write_exceptions(self, std::move(wanted), [me = shared_from_this(), this, i](write_outcome outcome) {
      const auto* why = std::get_if<not_done>(&outcome);
      if (why && why->why.reach != reach::item) stop(why->why);
      outcomes[i] = std::move(outcome);
      next();
    });
  }

  /// What an outcome is where the attachments of the item are written already.
  static write_outcome half_done(const write_outcome& outcome) {
    if (const auto* why = std::get_if<refused>(&outcome)) return unknown{why->why};
    if (const auto* why = std::get_if<not_done>(&outcome)) return unknown{why->why};
    if (std::holds_alternative<stale>(outcome))
      return unknown{{reach::item, retry::later, {}, "stale", "UpdateItem: changed since its attachments were", {}}};
    return outcome;
  }

  /// Completing or moving the current one of recurring tasks makes a task of its own of it, and the answer names that
  /// one; the id asked for goes on as the next of them, under a key that must be read (UpdateItem operation (task) in
  /// Microsoft's reference).
  void look_at_series(std::vector<std::pair<std::size_t, item_id>> split) {
    auto request = std::make_shared<ews::get_item>();
    request->wanted = ews::get_item::what::key;
    for (const auto& [i, made] : split)
      request->items.push_back(asked_.items[i].id);
    self->state.call<ews::got_item, ews::get_item>(
        request_kind::read, "GetItem", request, ews::read_get_item,
        [me = shared_from_this(), this, split = std::move(split)](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) {
            for (const auto& [i, made] : split)
              outcomes[i] = unknown{why->why};
            return next();
          }
          auto& entries = std::get<0>(outcome);
          for (std::size_t n = 0; n < split.size(); ++n) {
            auto& out = outcomes[split[n].first];
            if (auto* error = std::get_if<ews::item_error>(&entries[n]))
              out = unknown{ews::meaning_of(*error, "GetItem").why};
            else
              out = written{asked_.items[split[n].first].id, std::get<ews::got_item>(entries[n]).item.key};
          }
          remove_split_off(split);
        });
  }

  /// The one that this server made of our write is nobody's: the one that the user made is carried over by itself. If
  /// this fails it stays, and goes to the other side as a new task.
  void remove_split_off(const std::vector<std::pair<std::size_t, item_id>>& split) {
    const auto then = [me = shared_from_this(), this, split](auto) { set_of_series(split); };
    if (refuses_deleted_items(self)) {
      auto request = std::make_shared<ews::move_items>();
      request->to = self->state.known_folder("deleteditems");
      for (const auto& [i, made] : split)
        request->items.push_back(made);
      return self->state.call<ews::item_key, ews::move_items>(request_kind::write, "MoveItem", request,
                                                              ews::read_move_items, then);
    }
    auto request = std::make_shared<ews::delete_items>();
    request->soft = self->state.store() == mailbox_store::public_folders;
    for (const auto& [i, made] : split)
      request->items.push_back(made);
    self->state.call<ews::done, ews::delete_items>(request_kind::write, "DeleteItem", request, ews::read_delete_items,
                                                   then);
  }

  /// What was to be set beside has gone to the one that was split off: the series is as it was, but for its dates.
  void set_of_series(const std::vector<std::pair<std::size_t, item_id>>& split) {
    auto request = std::make_shared<ews::update_contents>();
    std::vector<std::size_t> which;
    for (const auto& [i, made] : split) {
      const auto* goes_on = std::get_if<written>(&outcomes[i]);
      auto fields = asked_.items[i].fields;
      std::erase_if(fields, [](const auto& f) {
        return f.field == field::task_dates || f.field == field::progress || f.field == field::recurrence;
      });
      if (!goes_on || fields.empty()) continue;
      request->items.push_back({{goes_on->id, goes_on->key}, std::move(fields), item_class::task});
      which.push_back(i);
    }
    if (which.empty()) return next();
    self->state.call<ews::item_key, ews::update_contents>(
        request_kind::write, "UpdateItem", request, ews::read_update_item,
        [me = shared_from_this(), this, which = std::move(which)](auto outcome) {
          const auto* why = std::get_if<ews::meaning>(&outcome);
          for (std::size_t n = 0; n < which.size(); ++n) {
            auto& out = outcomes[which[n]];
            if (why) {
              out = unknown{why->why};
              continue;
            }
            auto& entry = std::get<0>(outcome)[n];
            if (auto* error = std::get_if<ews::item_error>(&entry))
              out = unknown{ews::meaning_of(*error, "UpdateItem").why};
            else
              out = with_id("UpdateItem", std::move(std::get<ews::item_key>(entry)));
          }
          next();
        });
  }

  update_items asked_;
  std::set<std::size_t> attached_;                // those whose attachments are written
  std::map<std::size_t, std::string> exceptions_; // those that a series shall have
  std::map<std::size_t, std::string> recurrences_;
  std::vector<std::pair<std::size_t, item_id>> split_off_;
};

// ---- move
// ------------------------------------------------------------------------------------------------------------

class moving final : public writing {
public:
  moving(mailbox_pointer self, caf::typed_response_promise<write_done> promise, move_items asked)
      : writing(self, std::move(promise), "MoveItem", asked.items.size(), 100), asked_(std::move(asked)) {}

private:
  void begin() override {
    auto request = std::make_shared<ews::move_items>();
    request->to = asked_.to;
    for (auto i : now_)
      request->items.push_back(asked_.items[i]);
    send<ews::item_key>("MoveItem", std::move(request), ews::read_move_items,
                        [](std::size_t, ews::item_key&& key) { return with_id("MoveItem", std::move(key)); });
  }
  void answered() override {
    const auto& places = self->state.places();
    for (auto i : now_)
      if (const auto* why = std::get_if<unknown>(&outcomes[i]);
          why && why->why.code == "ErrorPublicFolderOperationFailed")
        if (places.content_of(places.folder_of(asked_.items[i].value)) != places.content_of(asked_.to))
          outcomes[i] = moves_to_no_other_mailbox(why->why);
    next();
  }
  const item_id* named(std::size_t i) const override { return &asked_.items[i]; }
  void look_back(std::function<void(undone)> then) override {
    // What has moved has another id.
    look_at_keys([](std::size_t, const change_key&) { return true; }, std::move(then));
  }
  move_items asked_;
};

// ---- what could answer a read receipt
// --------------------------------------------------------------------------------

/// A write that must look first: at the items' read state, and whether somebody waits for a receipt. Where the write
/// itself cannot suppress receipts, pending ones are suppressed by their response object before it.
class careful_writing : public writing {
public:
  using writing::writing;

protected:
  virtual const item_id& id_of(std::size_t i) const = 0;
  const item_id* named(std::size_t i) const final { return &id_of(i); }
  /// An item as it is now; the outcome where nothing is left to do.
  virtual std::optional<write_outcome> seen(std::size_t i, const ews::got_item& item) = 0;
  /// Whether writing item i could answer its sender.
  virtual bool answers_receipt(std::size_t i) const = 0;
  /// Sends the write itself.
  virtual void write_now() = 0;
  /// Whether it keeps receipts from being sent.
  virtual bool suppresses_receipts() const { return self->state.version().suppress_read_receipts_attribute; }

  void look() {
    auto request = std::make_shared<ews::get_item>();
    request->wanted = ews::get_item::what::state;
    for (auto i : now_)
      request->items.push_back(id_of(i));
    self->state.call<ews::got_item, ews::get_item>(
        request_kind::read, "GetItem", request, ews::read_get_item, [me = me_as_careful()](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) return me->not_done_now(*why, "GetItem state");
          auto& entries = std::get<0>(outcome);
          std::vector<std::size_t> go_on;
          std::vector<std::pair<std::size_t, ews::item_key>> pending;
          for (std::size_t n = 0; n < entries.size(); ++n) {
            const auto i = me->now_[n];
            if (auto* error = std::get_if<ews::item_error>(&entries[n])) {
              const auto why = ews::meaning_of(*error, "GetItem");
              me->outcomes[i] = why.refusal == ews::refusal::gone ? write_outcome(gone{}) : not_done{why.why};
              continue;
            }
            const auto& item = std::get<ews::got_item>(entries[n]);
            if (auto decided = me->seen(i, item)) {
              me->outcomes[i] = std::move(*decided);
              continue;
            }
            go_on.push_back(i);
            if (item.read_receipt_requested && !item.contents.read.value_or(true) && me->answers_receipt(i))
              pending.emplace_back(i, ews::item_key{item.item.id, item.item.key});
          }
          me->now_ = std::move(go_on);
          if (me->now_.empty()) return me->next();
          if (pending.empty() || me->suppresses_receipts()) return me->write_now();
          me->suppress(std::move(pending));
        });
  }

private:
  std::shared_ptr<careful_writing> me_as_careful() {
    return std::static_pointer_cast<careful_writing>(shared_from_this());
  }

  void suppress(std::vector<std::pair<std::size_t, ews::item_key>> pending) {
    auto request = std::make_shared<ews::suppress_read_receipts>();
    for (const auto& [i, key] : pending)
      request->items.push_back(key);
    self->state.call<ews::done, ews::suppress_read_receipts>(
        request_kind::write, "CreateItem", request, ews::read_suppress_read_receipts,
        [me = me_as_careful(), pending = std::move(pending)](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) return me->not_done_now(*why, "CreateItem suppress");
          auto& entries = std::get<0>(outcome);
          for (std::size_t n = 0; n < pending.size(); ++n) {
            std::optional<failure> why;
            if (auto* error = std::get_if<ews::item_error>(&entries[n]))
              if (error->code != "ErrorReadReceiptNotPending") why = ews::meaning_of(*error, "CreateItem").why;
            if (!why) continue;
            // Its sender would be answered: it stays as it is.
            why->retry = retry::later;
            me->outcomes[pending[n].first] = not_done{std::move(*why)};
            std::erase(me->now_, pending[n].first);
          }
          if (me->now_.empty()) return me->next();
          me->write_now();
        });
  }
};

class marking_read final : public careful_writing {
public:
  marking_read(mailbox_pointer self, caf::typed_response_promise<write_done> promise, set_read_states asked)
      : careful_writing(self, std::move(promise), "UpdateItem", asked.items.size(), 100), asked_(std::move(asked)),
        keys_(asked_.items.size()) {}

private:
  void begin() override { look(); }
  const item_id& id_of(std::size_t i) const override { return asked_.items[i].first; }
  bool answers_receipt(std::size_t i) const override { return asked_.items[i].second; }
  std::optional<write_outcome> seen(std::size_t i, const ews::got_item& item) override {
    if (!item.contents.read)
      return refused{{reach::item, retry::never, {}, "not_settable", "UpdateItem: an item without a read state", {}}};
    if (*item.contents.read == asked_.items[i].second) return written{item.item.id, item.item.key};
    keys_[i] = {item.item.id, item.item.key};
    return std::nullopt;
  }
  void write_now() override {
    auto request = std::make_shared<ews::update_read_states>();
    for (auto i : now_)
      request->items.emplace_back(keys_[i], asked_.items[i].second);
    send<ews::item_key>("UpdateItem", std::move(request), ews::read_update_item,
                        [](std::size_t, ews::item_key&& key) { return with_id("UpdateItem", std::move(key)); });
  }
  void look_back(std::function<void(undone)> then) override {
    then(std::vector<bool>(now_.size(), true)); // it begins with a look
  }
  set_read_states asked_;
  std::vector<ews::item_key> keys_;
};

class removing final : public careful_writing {
public:
  removing(mailbox_pointer self, caf::typed_response_promise<write_done> promise, remove_items asked)
      : careful_writing(self, std::move(promise), moves_away(self) ? "MoveItem" : "DeleteItem", asked.items.size(),
                        100),
        asked_(std::move(asked)) {}

private:
  /// MoveItem into Deleted Items tells what the item is called there, so that an edit made just before it is found; and
  /// to who is not the mailbox's owner DeleteItem refuses Deleted Items (DeleteItem page, first remark).
  static bool moves_away(mailbox_pointer self) { return self->state.store() == mailbox_store::mailbox; }
  void look_back(std::function<void(undone)> then) override {
    look_at_keys([](std::size_t, const change_key&) { return true; }, std::move(then));
  }
  void begin() override {
    if (suppresses_receipts())
      write_now();
    else
      look();
  }
  const item_id& id_of(std::size_t i) const override { return asked_.items[i]; }
  // An unread mail in Deleted Items tells its sender, once that is emptied, that it was deleted without being read.
  bool answers_receipt(std::size_t) const override { return true; }
  bool suppresses_receipts() const override { return !moves_away(self) && careful_writing::suppresses_receipts(); }
  std::optional<write_outcome> seen(std::size_t, const ews::got_item&) override { return std::nullopt; }
  void write_now() override {
    if (moves_away(self)) {
      auto request = std::make_shared<ews::move_items>();
      request->to = self->state.known_folder("deleteditems");
      for (auto i : now_)
        request->items.push_back(asked_.items[i]);
      return send<ews::item_key>("MoveItem", std::move(request), ews::read_move_items,
                                 [](std::size_t, ews::item_key&& there) {
                                   return written{std::move(there.id), std::move(there.key)};
                                 });
    }
    auto request = std::make_shared<ews::delete_items>();
    request->soft = true;
    for (auto i : now_)
      request->items.push_back(asked_.items[i]);
    send<ews::done>("DeleteItem", std::move(request), ews::read_delete_items,
                    [](std::size_t, ews::done&&) { return written{}; });
  }
  remove_items asked_;
};

template <class Writing, class Asked>
caf::typed_response_promise<write_done> write_all(mailbox_pointer self, Asked asked) {
  auto promise = self->make_response_promise<write_done>();
  std::make_shared<Writing>(self, promise, std::move(asked))->start();
  return promise;
}

} // namespace

caf::typed_response_promise<write_done> handle(mailbox_pointer self, create_items asked) {
  return write_all<creating>(self, std::move(asked));
}
caf::typed_response_promise<write_done> handle(mailbox_pointer self, update_items asked) {
  return write_all<updating>(self, std::move(asked));
}
caf::typed_response_promise<write_done> handle(mailbox_pointer self, set_read_states asked) {
  return write_all<marking_read>(self, std::move(asked));
}
caf::typed_response_promise<write_done> handle(mailbox_pointer self, move_items asked) {
  return write_all<moving>(self, std::move(asked));
}
caf::typed_response_promise<write_done> handle(mailbox_pointer self, remove_items asked) {
  return write_all<removing>(self, std::move(asked));
}

} // namespace exsyncd
