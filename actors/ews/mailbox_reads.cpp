#include "actors/ews/mailbox_calls.hpp"
#include "actors/ews/mailbox_series.hpp"

#include "ews/codec/find_item.hpp"
#include "ews/codec/get_item.hpp"

#include <algorithm>

namespace exsyncd {
namespace {

/// Whether one item among many may have spoiled the answer to all.
bool may_be_one_item(const ews::meaning& why) {
  return why.refusal == ews::refusal::item || (!why.busy && why.why.retry == retry::later &&
                                               (why.why.code == "protocol" || why.why.code == "HTTP 500" ||
                                                why.why.code == "too_large" || why.why.code == "timeout"));
}

/// One read of many items: batch by batch, a batch that fails halved until the item that spoils it stands alone.
template <class Outcome, class Answer>
struct item_reading : std::enable_shared_from_this<item_reading<Outcome, Answer>> {
  using convert = Outcome (*)(ews::got_item&&);

  item_reading(mailbox_pointer self, caf::typed_response_promise<Answer> promise, enum item_class which,
               std::vector<item_id> items, enum ews::get_item::what wanted, std::size_t batch, convert to)
      : self(self), answer(std::move(promise), [] { return Answer{mailbox_ended()}; }), which(which),
        items(std::move(items)), wanted(wanted), batch(batch), to(to) {}

  mailbox_pointer self;
  owed<Answer> answer;
  enum item_class which;
  std::vector<item_id> items;
  enum ews::get_item::what wanted;
  std::size_t batch;
  convert to;
  std::vector<Outcome> outcomes;
  std::size_t size_now = 0; // of the next batch; 0: the full size
  int lonely_failures = 0;  // items that failed alone, in a row
  bool anything_read = false;

  void next() {
    if (outcomes.size() == items.size()) return answer.give({std::move(outcomes)});
    auto count = std::min(size_now ? size_now : batch, items.size() - outcomes.size());
    auto request = std::make_shared<ews::get_item>();
    request->wanted = wanted;
    request->item_class = which;
    const auto from = items.begin() + static_cast<std::ptrdiff_t>(outcomes.size());
    const auto apart = std::find_if(from, from + static_cast<std::ptrdiff_t>(count),
                                    [&](const item_id& id) { return !self->state.can_go_together(*from, id); });
    count = static_cast<std::size_t>(apart - from);
    request->items.assign(from, from + static_cast<std::ptrdiff_t>(count));
    self->state.template call<ews::got_item, ews::get_item>(
        request_kind::read, "GetItem", request, ews::read_get_item,
        [me = this->shared_from_this(), count](auto outcome) {
          if (me->which != item_class::appointment) return me->came(count, std::move(outcome));
          with_exceptions(me->self, std::move(outcome),
                          [me, count](request_outcome<ews::got_item> whole) { me->came(count, std::move(whole)); });
        });
  }

  void came(std::size_t count, request_outcome<ews::got_item> outcome) {
    if (auto* entries = std::get_if<0>(&outcome)) {
      if (entries->size() == count) {
        for (auto& e : *entries)
          outcomes.push_back(one(std::move(e)));
        size_now = 0;
        lonely_failures = 0;
        anything_read = true;
        return next();
      }
      outcome = ews::meaning_of(ews::broken_document{"not as many items as asked for"}, "GetItem");
    }
    auto& why = std::get<ews::meaning>(outcome);
    if (!may_be_one_item(why)) return stop(why.why);
    if (count > 1) {
      size_now = count / 2;
      return next();
    }
    // Two in a row: it is not the items.
    if (++lonely_failures > 1 || items.size() == 1) return stop(why.why);
    why.why.reach = reach::item;
    outcomes.emplace_back(std::move(why.why));
    next();
  }

  Outcome one(ews::entry<ews::got_item> e) {
    if (auto* item = std::get_if<ews::got_item>(&e)) return to(std::move(*item));
    auto why = ews::meaning_of(std::get<ews::item_error>(e), "GetItem");
    if (why.refusal != ews::refusal::gone) return std::move(why.why);
    // Hidden looks the same as gone. Its list tells which, as far as anything does.
    if (self->state.access() == mailbox_access::delegate && self->state.sight().seen != true) {
      why.why.hint = "the item is gone, or it has been marked private and the account may not see it";
      return std::move(why.why);
    }
    return gone{};
  }

  void stop(const failure& why) {
    if (!anything_read) return answer.give({why});
    while (outcomes.size() < items.size())
      outcomes.emplace_back(why);
    answer.give({std::move(outcomes)});
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

/// One find_by_mark: page by page.
struct mark_search : std::enable_shared_from_this<mark_search> {
  mark_search(mailbox_pointer self, caf::typed_response_promise<found_by_mark> promise, find_by_mark asked)
      : self(self), answer(std::move(promise), [] { return found_by_mark{mailbox_ended()}; }), asked(std::move(asked)) {
  }

  mailbox_pointer self;
  owed<found_by_mark> answer;
  find_by_mark asked;
  std::vector<listed_item> found;

  void next(std::uint32_t offset) {
    auto request = std::make_shared<ews::find_item>();
    request->folder = asked.folder;
    request->where = {ews::property::mark, asked.mark.value};
    request->offset = offset;
    self->state.call<ews::item_page, ews::find_item>(
        request_kind::read, "FindItem", request, ews::read_find_item, [me = shared_from_this(), offset](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) return me->answer.give({why->why});
          auto& entries = std::get<0>(outcome);
          if (entries.empty()) return me->answer.give({empty_answer("FindItem")});
          if (auto* error = std::get_if<ews::item_error>(&entries.front()))
            return me->answer.give({of_folder(ews::meaning_of(*error, "FindItem").why)});
          auto& page = std::get<ews::item_page>(entries.front());
          const auto next = std::max<std::uint32_t>(page.next_offset, offset + page.items.size());
          // Exchange compares strings without case.
          for (auto& item : page.items)
            if (item.mark == me->asked.mark) me->found.push_back(std::move(item));
          if (page.last) return me->answer.give({std::move(me->found)});
          if (next == offset) return me->answer.give({empty_answer("FindItem")});
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
  std::make_shared<mark_search>(self, promise, asked)->next(0);
  return promise;
}

} // namespace exsyncd
