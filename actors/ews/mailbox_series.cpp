#include "actors/ews/mailbox_series.hpp"

#include "actors/ews/mailbox_outcomes.hpp"
#include "actors/ews/series_plan.hpp"

#include "ews/codec/canonical.hpp"
#include "ews/codec/delete_item.hpp"
#include "ews/codec/fields_appointment.hpp"
#include "ews/codec/update_item.hpp"

#include <algorithm>

namespace exsyncd {
namespace {

constexpr std::size_t occurrences_at_once = 50;

void set_field(std::vector<field_value>& fields, field which, std::string value) {
  std::erase_if(fields, [&](const auto& f) { return f.field == which; });
  if (value.empty()) return;
  const auto at = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.field > which; });
  fields.insert(at, {which, std::move(value)});
}

/// One with_exceptions: the changed occurrences of all series, batch by batch.
struct exceptions_reading : std::enable_shared_from_this<exceptions_reading> {
  struct occurrence {
    std::size_t of; // index of its series among the entries
    item_id id;
    utc_seconds original_start;
  };

  mailbox_pointer self;
  std::vector<ews::entry<ews::got_item>> entries;
  std::function<void(request_outcome<ews::got_item>)> then;
  std::vector<occurrence> wanted;
  std::vector<ews::series_exceptions> found; // of each entry
  std::size_t at = 0;

  void start() {
    found.resize(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (auto* item = std::get_if<ews::got_item>(&entries[i])) {
        found[i].deleted = item->series.deleted;
        for (auto& one : item->series.changed)
          wanted.push_back({i, std::move(one.id), one.original_start});
      }
    next();
  }

  void next() {
    if (at == wanted.size()) return finish();
    const auto count = std::min(occurrences_at_once, wanted.size() - at);
    auto request = std::make_shared<ews::get_item>();
    request->wanted = ews::get_item::what::content;
    request->item_class = item_class::appointment;
    for (std::size_t n = 0; n < count; ++n)
      request->items.push_back(wanted[at + n].id);
    self->state.call<ews::got_item, ews::get_item>(
        request_kind::read, "GetItem", request, ews::read_get_item, [me = shared_from_this(), count](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) return me->then(std::move(*why));
          auto& got = std::get<0>(outcome);
          if (got.size() != count)
            return me->then(ews::meaning_of(ews::broken_document{"not as many items as asked for"}, "GetItem"));
          for (auto& one : got)
            me->took(std::move(one));
          me->next();
        });
  }

  void took(ews::entry<ews::got_item> one) {
    const auto& which = wanted[at++];
    auto* series = std::get_if<ews::got_item>(&entries[which.of]);
    if (!series) return; // another one of its occurrences has failed
    if (auto* error = std::get_if<ews::item_error>(&one)) {
      // An occurrence that is gone does not mean that its series is: it changed while it was read.
      if (ews::meaning_of(*error, "GetItem").refusal == ews::refusal::gone)
        *error = {"ErrorBatchProcessingStopped", "an occurrence changed while its series was read", {}, {}};
      entries[which.of] = std::move(*error);
      return;
    }
    auto fields =
        ews::differences(series->contents.fields, std::get<ews::got_item>(one).contents.fields, which.original_start);
    // One that was changed and changed back is like all others.
    if (!fields.empty()) found[which.of].changed.push_back({which.original_start, std::move(fields)});
  }

  void finish() {
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (auto* item = std::get_if<ews::got_item>(&entries[i]))
        set_field(item->contents.fields, field::exceptions, ews::canonical(std::move(found[i])));
    then(std::move(entries));
  }
};

/// One write_exceptions. Reads, plans, does what the plan says; after what changes more than one occurrence (a
/// recurrence that is set anew, deletions) it reads and plans again.
struct exceptions_writing : std::enable_shared_from_this<exceptions_writing> {
  mailbox_pointer self;
  std::function<void(write_outcome)> then;
  item_id series;
  change_key key;
  ews::series_exceptions wanted;
  enum meetings meetings;
  bool wrote;
  int starts_anew = 0;
  std::size_t at = 0; // in the plan's list that is being worked on
  series_state now;
  series_plan plan;
  bool erased = false; // the plan's deletions are done: what is read next must show nothing else

  // ---- reading

  void read() {
    auto request = std::make_shared<ews::get_item>();
    request->wanted = ews::get_item::what::content;
    request->item_class = item_class::appointment;
    request->items = {series};
    self->state.call<ews::got_item, ews::get_item>(
        request_kind::read, "GetItem", request, ews::read_get_item, [me = shared_from_this()](auto outcome) {
          with_exceptions(me->self, std::move(outcome),
                          [me](request_outcome<ews::got_item> whole) { me->came(std::move(whole)); });
        });
  }

  void came(request_outcome<ews::got_item> outcome) {
    if (auto* why = std::get_if<ews::meaning>(&outcome)) return not_read(*why);
    auto& entries = std::get<0>(outcome);
    if (entries.size() != 1)
      return not_read(ews::meaning_of(ews::broken_document{"not as many items as asked for"}, "GetItem"));
    if (auto* error = std::get_if<ews::item_error>(&entries.front()))
      return not_read(ews::meaning_of(*error, "GetItem"));
    auto& item = std::get<ews::got_item>(entries.front());
    series_state read{std::move(item.contents.fields), {}};
    read.exceptions = ews::exceptions_of(ews::value_of(read.fields, field::exceptions));
    set_field(read.fields, field::exceptions, {});
    if (erased) {
      erased = false;
      if (!only_erased(now, read, plan.erase)) return changed_meanwhile();
      key = item.item.key;
    } else if (item.item.key != key) {
      return end(stale{});
    }
    now = std::move(read);
    plan = plan_series(now, wanted);
    at = 0;
    follow();
  }

  void not_read(const ews::meaning& why) {
    if (why.refusal == ews::refusal::gone) return end(gone{});
    end(not_done{why.why});
  }

  // ---- the plan

  void follow() {
    if (plan.impossible) return end(refused{*plan.impossible});
    if (plan.start_anew) return start_anew();
    if (plan.nothing_to_do()) return end(written{series, key});
    verify();
  }

  /// Whether the places that were calculated are those that are meant.
  void verify() {
    auto request = std::make_shared<ews::get_occurrences>();
    std::vector<series_plan::place> places = plan.erase;
    for (const auto& one : plan.changes)
      places.push_back(one.at);
    for (std::size_t n = at; n < std::min(places.size(), at + occurrences_at_once); ++n)
      request->occurrences.push_back({{series, {}}, places[n].index});
    self->state.call<utc_seconds, ews::get_occurrences>(
        request_kind::read, "GetItem", request, ews::read_get_occurrences,
        [me = shared_from_this(), places = std::move(places)](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) return me->not_read(*why);
          auto& entries = std::get<0>(outcome);
          if (entries.empty())
            return me->not_read(ews::meaning_of(ews::broken_document{"nothing in the answer"}, "GetItem"));
          for (const auto& entry : entries) {
            if (me->at == places.size()) break;
            if (const auto* error = std::get_if<ews::item_error>(&entry))
              return me->not_read(ews::meaning_of(*error, "GetItem"));
            if (day_of(me->now, std::get<utc_seconds>(entry)) != places[me->at].day) return me->not_there();
            ++me->at;
          }
          if (me->at < places.size()) return me->verify();
          me->at = 0;
          if (me->plan.erase.empty())
            me->change();
          else
            me->erase();
        });
  }

  void not_there() {
    end(refused{{reach::item,
                 retry::never,
                 {},
                 "series",
                 "GetItem: the occurrences of this series are not where its pattern has them",
                 {}}});
  }

  void erase() {
    if (at == plan.erase.size()) {
      erased = true;
      return read();
    }
    auto request = std::make_shared<ews::delete_occurrence>();
    request->occurrence = {{series, key}, plan.erase[at].index};
    // To somebody who is not the mailbox's owner, DeleteItem refuses Deleted Items, and no occurrence can be moved.
    request->soft =
        self->state.access() == mailbox_access::delegate || self->state.store() == mailbox_store::public_folders;
    if (at) request->occurrence.master.key = {}; // the key moved, and the answer does not say where to
    write<ews::done, ews::delete_occurrence>("DeleteItem", std::move(request), ews::read_delete_items,
                                             [](exceptions_writing& me, ews::done&&) {
                                               ++me.at;
                                               me.erase();
                                             });
  }

  void change() {
    if (at == plan.changes.size()) return end(written{series, key});
    auto request = std::make_shared<ews::update_occurrence>();
    request->occurrence = {{series, key}, plan.changes[at].at.index};
    request->fields = plan.changes[at].fields;
    if (meetings == meetings::copy)
      for (auto& f : request->fields)
        if (f.field == field::attendees) f.value = ews::as_recipients(f.value);
    write<ews::item_key, ews::update_occurrence>("UpdateItem", std::move(request), ews::read_update_item,
                                                 [](exceptions_writing& me, ews::item_key&& is) {
                                                   if (!me.took(std::move(is))) return;
                                                   ++me.at;
                                                   me.change();
                                                 });
  }

  /// Sets the recurrence that the series has once more: that drops all exceptions. Where a server keeps them since
  /// nothing changes, another recurrence is set first.
  void start_anew() {
    if (starts_anew == 2)
      return end(refused{{reach::item,
                          retry::never,
                          {},
                          "series",
                          "UpdateItem: an occurrence that was deleted here does not come back",
                          "restore the occurrence on this side by hand"}});
    const auto recurrence = std::string(ews::value_of(now.fields, field::recurrence));
    if (starts_anew++ == 0) return set_recurrence(recurrence, [](exceptions_writing& me) { me.read(); });
    std::string once = "Daily";
    ews::add_line(once, "Interval", "1");
    ews::add_line(once, "Range", "Numbered");
    ews::add_line(once, "StartDate", ews::named_line(recurrence, "StartDate").value_or(""));
    ews::add_line(once, "NumberOfOccurrences", once == recurrence ? "2" : "1");
    set_recurrence(once, [recurrence](exceptions_writing& me) {
      me.set_recurrence(recurrence, [](exceptions_writing& again) { again.read(); });
    });
  }

  void set_recurrence(const std::string& value, std::function<void(exceptions_writing&)> next) {
    auto request = std::make_shared<ews::update_contents>();
    request->items.push_back({{series, key}, {{field::recurrence, value}}, item_class::appointment});
    write<ews::item_key, ews::update_contents>("UpdateItem", std::move(request), ews::read_update_item,
                                               [next = std::move(next)](exceptions_writing& me, ews::item_key&& is) {
                                                 if (me.took(std::move(is))) next(me);
                                               });
  }

  // ---- writing

  bool took(ews::item_key&& is) {
    if (is.key.empty()) {
      end(nameless("UpdateItem"));
      return false;
    }
    key = std::move(is.key);
    return true;
  }

  template <class T, class Request>
  void write(std::string_view operation, std::shared_ptr<Request> request, ews::answer_reader<T> (*reader)(),
             std::function<void(exceptions_writing&, T&&)> next) {
    self->state.call<T, Request>(request_kind::write, operation, std::move(request), reader,
                                 [me = shared_from_this(), operation, next = std::move(next)](auto outcome) {
                                   if (auto* why = std::get_if<ews::meaning>(&outcome)) {
                                     me->self->state.blame(operation, me->series, *why);
                                     return me->end(outcome_of(*why));
                                   }
                                   auto& entries = std::get<0>(outcome);
                                   if (auto* error = std::get_if<ews::item_error>(&entries.front()))
                                     return me->end(outcome_of(ews::meaning_of(*error, operation)));
                                   me->wrote = true;
                                   next(*me, std::move(std::get<T>(entries.front())));
                                 });
  }

  void changed_meanwhile() {
    end(unknown{{reach::item, retry::later, {}, "series", "UpdateItem: somebody changed the series meanwhile", {}}});
  }

  /// Once something was written, nothing that comes after it makes the update undone.
  void end(write_outcome outcome) {
    if (wrote) {
      if (std::holds_alternative<stale>(outcome)) return changed_meanwhile();
      if (auto* why = std::get_if<not_done>(&outcome)) outcome = unknown{std::move(why->why)};
    }
    then(std::move(outcome));
  }
};

} // namespace

void with_exceptions(mailbox_pointer self, request_outcome<ews::got_item> outcome,
                     std::function<void(request_outcome<ews::got_item>)> then) {
  if (std::holds_alternative<ews::meaning>(outcome)) return then(std::move(outcome));
  auto reading = std::make_shared<exceptions_reading>();
  reading->self = self;
  reading->entries = std::move(std::get<0>(outcome));
  reading->then = std::move(then);
  reading->start();
}

void write_exceptions(mailbox_pointer self, wanted_exceptions wanted, std::function<void(write_outcome)> then) {
  auto writing = std::make_shared<exceptions_writing>();
  writing->self = self;
  writing->then = std::move(then);
  writing->series = std::move(wanted.series);
  writing->key = std::move(wanted.key);
  writing->wanted = ews::exceptions_of(wanted.value);
  writing->meetings = wanted.meetings;
  writing->wrote = wanted.written_before;
  writing->read();
}

void make_series_again(mailbox_pointer self, const item_id& task, const change_key& key, const std::string& recurrence,
                       std::function<void(write_outcome)> then) {
  auto request = std::make_shared<ews::update_contents>();
  request->items.push_back({{task, key}, {{field::recurrence, recurrence}}, item_class::task});
  const auto halfway = [](write_outcome outcome) -> write_outcome {
    if (auto* why = std::get_if<refused>(&outcome)) return unknown{std::move(why->why)};
    if (auto* why = std::get_if<not_done>(&outcome)) return unknown{std::move(why->why)};
    if (std::holds_alternative<stale>(outcome) || std::holds_alternative<gone>(outcome))
      return unknown{{reach::item, retry::later, {}, "series", "UpdateItem: somebody changed the task meanwhile", {}}};
    return outcome;
  };
  self->state.call<ews::item_key, ews::update_contents>(
      request_kind::write, "UpdateItem", std::move(request), ews::read_update_item,
      [self, task, halfway, then = std::move(then)](auto outcome) {
        if (auto* why = std::get_if<ews::meaning>(&outcome)) {
          self->state.blame("UpdateItem", task, *why);
          return then(halfway(outcome_of(*why)));
        }
        auto& entry = std::get<0>(outcome).front();
        if (auto* error = std::get_if<ews::item_error>(&entry))
          return then(halfway(outcome_of(ews::meaning_of(*error, "UpdateItem"))));
        auto& is = std::get<ews::item_key>(entry);
        then(is.key.empty() ? nameless("UpdateItem") : write_outcome(written{task, std::move(is.key)}));
      });
}

} // namespace exsyncd
