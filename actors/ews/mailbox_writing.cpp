#include "actors/ews/mailbox_writing.hpp"

#include "ews/codec/get_item.hpp"

namespace exsyncd {
namespace {

constexpr std::size_t batch_bytes = 8'000'000; // a batch larger than this is split; one item may be as large as it is
/// So many items that fail alone, with none between them that passes, are no fault of the items.
constexpr int most_in_a_row = 3;

failure* why_open(write_outcome& outcome) {
  if (auto* no = std::get_if<not_done>(&outcome)) return &no->why;
  if (auto* no = std::get_if<unknown>(&outcome)) return &no->why;
  return nullptr;
}

} // namespace

writing::writing(mailbox_pointer self, caf::typed_response_promise<write_done> promise, std::string_view kind,
                 std::size_t count, std::size_t batch)
    : self(self), outcomes(count, not_done{mailbox_ended()}), kind_(kind), batch_(batch), promise_(std::move(promise)) {
}

writing::~writing() {
  // The mailbox ends: what may have left is unknown (set when it was sent), the rest was not tried.
  if (promise_.pending()) promise_.deliver(write_done{std::move(outcomes)});
}

void writing::start() {
  self->state.find_version([me = shared_from_this()](const ews::meaning* why) {
    std::vector<std::size_t> last;
    for (std::size_t i = 0; i < me->outcomes.size(); ++i)
      if (me->self->state.suspects().is_suspect(me->kind_, me->remembered(i))) {
        me->singly_.insert(i);
        last.push_back(i);
      } else {
        me->queue_.push_back(i);
      }
    me->queue_.insert(me->queue_.end(), last.begin(), last.end());
    if (why) me->stop(why->why);
    me->next();
  });
}

void writing::next() {
  if (queue_.empty()) return give();
  now_.clear();
  std::size_t bytes = 0;
  while (!queue_.empty() && now_.size() < batch_) {
    const auto i = queue_.front();
    const auto more = bytes_of(i);
    if (!now_.empty()) {
      if (bytes + more > batch_bytes || alone(i) || alone(now_.front())) break;
      if (singly_.contains(i) || singly_.contains(now_.front())) break;
      if (fresh_.contains(i) != fresh_.contains(now_.front())) break;
      if (const auto* first = named(now_.front()); first && !self->state.can_go_together(*first, *named(i))) break;
    }
    bytes += more;
    now_.push_back(i);
    queue_.pop_front();
  }
  std::vector<std::size_t> ready;
  for (auto i : now_)
    if (auto decided = decided_before(i))
      outcomes[i] = std::move(*decided);
    else
      ready.push_back(i);
  now_ = std::move(ready);
  if (now_.empty()) return next();
  begin();
}

void writing::failed(const ews::meaning& why) {
  const bool together = now_.size() > 1;
  if (why.refusal != ews::refusal::unknown || !why.answered || !why.of_one_item) return settle(why, kind_, together);
  look_back([me = shared_from_this(), why, together](undone found) {
    if (!found) return me->settle(why, me->kind_, together);
    std::vector<std::size_t> not_written;
    for (std::size_t n = 0; n < me->now_.size(); ++n)
      if ((*found)[n])
        not_written.push_back(me->now_[n]);
      else {
        // Whoever asked looks what became of it: that stops nothing else.
        auto seen = why.why;
        seen.reach = reach::item;
        seen.counts = false;
        auto known = me->found(me->now_[n]);
        me->outcomes[me->now_[n]] = known ? std::move(*known) : write_outcome(unknown{std::move(seen)});
      }
    if (not_written.empty()) return me->answered();
    me->now_ = std::move(not_written);
    auto surely = why;
    surely.refusal = ews::refusal::not_done;
    me->settle(surely, me->kind_, together);
  });
}

void writing::not_done_now(ews::meaning why, std::string_view kind) {
  why.refusal = ews::refusal::not_done;
  settle(why, kind, now_.size() > 1);
}

write_outcome writing::refused_as(ews::meaning why) const {
  if (kind_ == "CreateItem" && why.refusal == ews::refusal::gone) why.refusal = ews::refusal::not_done;
  return outcome_of(why);
}

/// `together`: its request held more than one item.
void writing::settle(const ews::meaning& why, std::string_view kind, bool together) {
  const bool surely = why.refusal != ews::refusal::unknown;
  if (why.of_one_item) {
    // Said once, HTTP 400 is of the connection.
    const bool of_connection = why.why.code == "HTTP 400" && !fresh_.contains(now_.front());
    if (surely && why.refusal != ews::refusal::item && of_connection) {
      fresh_.insert(now_.begin(), now_.end());
      return again(false);
    }
    if (surely && why.answered && together) return again(true);
    for (auto i : now_)
      self->state.suspects().suspect(kind_, remembered(i));
  }
  for (auto i : now_)
    outcomes[i] = refused_as(why);
  if (why.refusal == ews::refusal::item) return answered();
  if (why.of_one_item && !together) {
    failed_alone_.push_back({now_.front(), std::string(kind)});
    if (++in_a_row_ < most_in_a_row) return answered();
    everything_ = true;
  }
  stop(why.why);
  answered();
}

/// The batch goes out once more.
void writing::again(bool singly) {
  for (auto i : now_)
    outcomes[i] = not_done{mailbox_ended()};
  if (singly) singly_.insert(now_.begin(), now_.end());
  queue_.insert(queue_.begin(), now_.begin(), now_.end());
  next();
}

void writing::stop(const failure& why) {
  for (auto i : std::exchange(queue_, {}))
    outcomes[i] = not_done{why};
}

void writing::give() {
  for (const auto& [i, kind] : failed_alone_) {
    auto* why = why_open(outcomes[i]);
    if (!why || everything_) continue;
    const auto verdict = self->state.suspects().failed_alone(kind, remembered(i));
    if (verdict == suspicion::verdict::everything) continue;
    why->reach = reach::item;
    why->counts = verdict == suspicion::verdict::counts;
  }
  promise_.deliver(write_done{std::move(outcomes)});
}

void writing::look_at_keys(std::function<bool(std::size_t, const change_key&)> unchanged,
                           std::function<void(undone)> then) {
  auto request = std::make_shared<ews::get_item>();
  request->wanted = ews::get_item::what::key;
  for (auto i : now_)
    request->items.push_back(*named(i));
  self->state.call<ews::got_item, ews::get_item>(
      request_kind::read, "GetItem", request, ews::read_get_item,
      [me = shared_from_this(), unchanged = std::move(unchanged), then = std::move(then)](auto outcome) {
        if (std::holds_alternative<ews::meaning>(outcome)) return then(std::nullopt);
        auto& entries = std::get<0>(outcome);
        std::vector<bool> found;
        for (std::size_t n = 0; n < entries.size(); ++n) {
          const auto* item = std::get_if<ews::got_item>(&entries[n]);
          found.push_back(item && unchanged(me->now_[n], item->item.key));
        }
        then(std::move(found));
      });
}

} // namespace exsyncd
