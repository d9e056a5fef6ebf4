#include "actors/ews/hidden_items.hpp"
#include "actors/ews/mailbox_calls.hpp"
#include "actors/ews/mailbox_series.hpp"

#include "ews/codec/find_item.hpp"
#include "ews/codec/get_item.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

namespace exsyncd {
namespace {

/// So many items that fail alone, with none between them that passes, are no fault of the items.
constexpr int most_in_a_row = 3;

/// One read of many items: batch by batch, a batch that fails halved until the item that spoils it stands alone.
template <class Outcome, class Answer>
struct item_reading : std::enable_shared_from_this<item_reading<Outcome, Answer>> {
  using convert = Outcome (*)(ews::got_item&&);
  using places = std::vector<std::size_t>; // in `items`

  item_reading(mailbox_pointer self, caf::typed_response_promise<Answer> promise, enum item_class which,
               std::vector<item_id> items, enum ews::get_item::what wanted, std::size_t batch, convert to)
      : self(self), answer(std::move(promise), [] { return Answer{mailbox_ended()}; }), which(which),
        items(std::move(items)), wanted(wanted), to(to), outcomes(this->items.size()) {
    request_shape.wanted = wanted;
    places last;
    for (std::size_t i = 0; i < this->items.size(); ++i) {
      if (self->state.suspects().is_suspect(kind(), this->items[i].value)) {
        last.push_back(i);
        continue;
      }
      const bool joins = !batches.empty() && batches.back().size() < batch &&
                         self->state.can_go_together(this->items[batches.back().front()], this->items[i]);
      if (!joins) batches.emplace_back();
      batches.back().push_back(i);
    }
    for (auto i : last)
      batches.push_back({i});
  }

  mailbox_pointer self;
  owed<Answer> answer;
  enum item_class which;
  std::vector<item_id> items;
  enum ews::get_item::what wanted;
  convert to;
  std::vector<std::optional<Outcome>> outcomes;
  ews::get_item request_shape;
  std::deque<places> batches;
  std::vector<std::pair<std::size_t, ews::meaning>> failed_alone;
  places unseen;    // not found, and perhaps only hidden
  int in_a_row = 0; // items that failed alone, none passed between them
  bool anything_read = false;

  std::string kind() const { return kind_of("GetItem", request_shape); }

  void next() {
    if (batches.empty()) return give();
    auto now = std::move(batches.front());
    batches.pop_front();
    auto request = std::make_shared<ews::get_item>();
    request->wanted = wanted;
    request->item_class = which;
    for (auto i : now)
      request->items.push_back(items[i]);
    self->state.template call<ews::got_item, ews::get_item>(
        request_kind::read, "GetItem", request, ews::read_get_item,
        [me = this->shared_from_this(), now = std::move(now)](auto outcome) {
          if (me->which != item_class::appointment) return me->came(now, std::move(outcome));
          with_exceptions(me->self, std::move(outcome),
                          [me, now](request_outcome<ews::got_item> whole) { me->came(now, std::move(whole)); });
        });
  }

  void came(const places& now, request_outcome<ews::got_item> outcome) {
    if (auto* entries = std::get_if<0>(&outcome)) {
      for (std::size_t n = 0; n < now.size(); ++n)
        one(now[n], std::move((*entries)[n]));
      in_a_row = 0;
      anything_read = true;
      return next();
    }
    auto& why = std::get<ews::meaning>(outcome);
    if (!why.of_one_item && why.refusal != ews::refusal::item) return stop(why.why);
    if (now.size() > 1) {
      // What takes the whole time is not waited for again and again, and two cuts in a row make the gateway rest: one
      // by one, the item costs it once.
      const bool slow = why.why.code == http::name_of(http::failed_kind::timeout) ||
                        why.why.code == http::name_of(http::failed_kind::cut);
      const auto part = slow ? 1 : (now.size() + 1) / 2;
      auto at = batches.begin();
      for (std::size_t from = 0; from < now.size(); from += part) {
        const auto to = std::min(now.size(), from + part);
        at = batches.insert(
            at, places(now.begin() + static_cast<std::ptrdiff_t>(from), now.begin() + static_cast<std::ptrdiff_t>(to)));
        ++at;
      }
      return next();
    }
    const auto stopped_by = why.why;
    self->state.suspects().suspect(kind(), items[now.front()].value);
    failed_alone.emplace_back(now.front(), std::move(why));
    if (++in_a_row >= most_in_a_row) {
      failed_alone.clear();
      return stop(stopped_by);
    }
    next();
  }

  void one(std::size_t i, ews::entry<ews::got_item> e) {
    if (auto* item = std::get_if<ews::got_item>(&e)) {
      self->state.suspects().clear(kind(), items[i].value);
      outcomes[i] = to(std::move(*item));
      return;
    }
    auto why = ews::meaning_of(std::get<ews::item_error>(e), "GetItem");
    if (why.refusal != ews::refusal::gone) {
      if (why.why.reach == reach::item && why.why.retry == retry::later)
        why.why.counts = self->state.suspects().failed_alone(kind(), items[i].value) == suspicion::verdict::counts;
      outcomes[i] = std::move(why.why);
      return;
    }
    // Hidden looks the same as gone.
    if (self->state.access() == mailbox_access::delegate && self->state.sight().seen != true) {
      why.why.hint = "the item is gone, or it has been marked private and the account may not see it";
      unseen.push_back(i);
      outcomes[i] = std::move(why.why);
      return;
    }
    outcomes[i] = gone{};
  }

  /// What failed alone is held against it where others have passed.
  void give() {
    if (unseen.empty()) return give_all();
    look_whether_all_is_in_sight(self, [me = this->shared_from_this()](bool all) {
      for (auto i : me->unseen)
        if (all) me->outcomes[i] = gone{};
      me->give_all();
    });
  }

  void give_all() {
    std::optional<failure> of_all;
    for (auto& [i, why] : failed_alone) {
      self->state.blame(kind(), items[i], why);
      if (why.why.reach != reach::item) of_all = why.why;
      outcomes[i] = std::move(why.why);
    }
    if (of_all && !anything_read) return answer.give({*of_all});
    std::vector<Outcome> all;
    for (auto& o : outcomes)
      all.push_back(std::move(*o));
    answer.give({std::move(all)});
  }

  void stop(const failure& why) {
    if (!anything_read && failed_alone.empty()) return answer.give({why});
    batches.clear();
    for (auto& o : outcomes)
      if (!o) o.emplace(why);
    give();
  }
};

content_outcome to_content(ews::got_item&& item) {
  return std::move(item.contents);
}

fetch_outcome to_fetched(ews::got_item&& item) {
  if (item.item.item_class == item_class::message && item.mime_base64.empty())
    return failure{reach::item, retry::later, {}, "no_mime", "GetItem: the server gave no MIME of this item", {}};
  auto contents = item.contents;
  return fetched{ews::carried(std::move(item)), std::move(contents)};
}

/// One search for the holders of a mark, or of a search key: page by page.
struct mark_search : std::enable_shared_from_this<mark_search> {
  mark_search(mailbox_pointer self, find_by_mark asked, std::function<void(result<std::vector<listed_item>>)> then)
      : self(self), asked(std::move(asked)), then(std::move(then)) {}

  mailbox_pointer self;
  find_by_mark asked;
  std::optional<ews::distinguished_folder> well_known{}; // in place of the folder
  std::function<void(result<std::vector<listed_item>>)> then;
  std::vector<listed_item> found;

  void next(std::uint32_t offset) {
    auto request = std::make_shared<ews::find_item>();
    request->folder = asked.folder;
    request->well_known = well_known;
    request->where = asked.mark.empty() ? std::pair{ews::property::search_key, asked.search_key.value}
                                        : std::pair{ews::property::mark, asked.mark.value};
    request->offset = offset;
    self->state.call<ews::item_page, ews::find_item>(
        request_kind::read, "FindItem", request, ews::read_find_item, [me = shared_from_this(), offset](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) return me->then(why->why);
          auto& entries = std::get<0>(outcome);
          if (entries.empty()) return me->then(empty_answer("FindItem"));
          if (auto* error = std::get_if<ews::item_error>(&entries.front()))
            return me->then(of_folder(ews::meaning_of(*error, "FindItem").why));
          auto& page = std::get<ews::item_page>(entries.front());
          const auto next = std::max<std::uint32_t>(page.next_offset, offset + page.items.size());
          // Exchange compares strings without case.
          for (auto& item : page.items)
            if (me->asked.mark.empty() ? item.search_key == me->asked.search_key : item.mark == me->asked.mark)
              me->found.push_back(std::move(item));
          if (page.last) return me->then(std::move(me->found));
          if (next == offset || page.items.empty()) return me->then(empty_answer("FindItem"));
          me->next(next);
        });
  }
};

} // namespace

caf::typed_response_promise<content_read> handle(mailbox_pointer self, const read_content& asked) {
  auto promise = self->make_response_promise<content_read>();
  std::make_shared<item_reading<content_outcome, content_read>>(self, promise, asked.item_class, asked.items,
                                                                ews::get_item::what::content, 50, to_content)
      ->next();
  return promise;
}

caf::typed_response_promise<items_fetched> handle(mailbox_pointer self, const fetch_items& asked) {
  auto promise = self->make_response_promise<items_fetched>();
  // Ten, as Microsoft advises for GetItem: bodies and attachments come along.
  std::make_shared<item_reading<fetch_outcome, items_fetched>>(self, promise, asked.item_class, asked.items,
                                                               ews::get_item::what::whole, 10, to_fetched)
      ->next();
  return promise;
}

caf::typed_response_promise<found_by_mark> handle(mailbox_pointer self, const find_by_mark& asked) {
  auto promise = self->make_response_promise<found_by_mark>();
  auto answer = std::make_shared<owed<found_by_mark>>(promise, [] { return found_by_mark{mailbox_ended()}; });
  std::make_shared<mark_search>(self, asked, [answer](auto found) { answer->give({std::move(found)}); })->next(0);
  return promise;
}

void search_mark(mailbox_pointer self, const folder_id& folder, const operation_mark& mark,
                 std::function<void(result<std::vector<listed_item>>)> then) {
  const auto search = std::make_shared<mark_search>(
      self, find_by_mark{folder, mark}, [self, mark, then = std::move(then)](auto holders) {
        const auto* items = std::get_if<0>(&holders);
        if (!items || !items->empty()) return then(std::move(holders));
        const auto deleted = std::make_shared<mark_search>(self, find_by_mark{{}, mark}, [then](auto there) {
          const auto* found = std::get_if<0>(&there);
          if (!found || found->empty()) return then(std::vector<listed_item>{});
          then(failure{reach::item, retry::later, {}, "deleted", "its user has deleted it already", {}});
        });
        deleted->well_known = self->state.known_folder("deleteditems");
        deleted->next(0);
      });
  search->next(0);
}

} // namespace exsyncd
