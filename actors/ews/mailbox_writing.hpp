#pragma once

#include "actors/ews/mailbox_calls.hpp"
#include "actors/ews/mailbox_outcomes.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exsyncd {

/// What every write shares: items go out in batches, one batch after the other; each item has one outcome. A batch that
/// fails because of one of its items, as far as can be told, goes out item by item: at once where it was surely not
/// done, otherwise when it is asked for again. What fails alone is held against the item where others pass
/// (suspicion.hpp). Only for actors/ews/mailbox*.cpp.
class writing : public std::enable_shared_from_this<writing> {
public:
  /// `kind`: the operation that writes.
  writing(mailbox_pointer self, caf::typed_response_promise<write_done> promise, std::string_view kind,
          std::size_t count, std::size_t batch);
  virtual ~writing();
  /// How a write keeps from mailing anybody depends on the version, so the version is found first.
  void start();

protected:
  void next();
  /// Starts what one batch (`now_`: indexes of items) needs; ends in `settle` or `not_done_now`.
  virtual void begin() = 0;
  /// The outcome of an item that is not even sent.
  virtual std::optional<write_outcome> decided_before(std::size_t) { return std::nullopt; }
  virtual std::size_t bytes_of(std::size_t) const { return 0; }
  /// The item that is written, where it is there already.
  virtual const item_id* named(std::size_t) const { return nullptr; }
  /// What the item is remembered by, where its requests fail.
  virtual std::string remembered(std::size_t i) const { return named(i) ? named(i)->value : std::string(); }
  /// Whether an item takes more than the one request of its batch.
  virtual bool alone(std::size_t) const { return false; }
  /// The batch has been answered, item by item; ends in `next`.
  virtual void answered() { next(); }
  using undone = std::optional<std::vector<bool>>;
  /// The server has answered, and not what became of the batch: tells of each of its items whether it was surely not
  /// written, or nothing where that cannot be found out.
  virtual void look_back(std::function<void(undone)> then) = 0;
  /// What look_back has found to be there, where that says all.
  virtual std::optional<write_outcome> found(std::size_t) { return std::nullopt; }
  /// look_back of what leaves the key (`as`: which it had) or the item as it is where it was not done.
  void look_at_keys(std::function<bool(std::size_t, const change_key&)> unchanged, std::function<void(undone)> then);

  /// Sends the batch's write. `name` makes the outcome of a success.
  template <class T, class Request, class Named>
  void send(std::string_view operation, std::shared_ptr<Request> request, ews::answer_reader<T> (*reader)(),
            Named name) {
    for (auto i : now_)
      outcomes[i] = unknown{mailbox_ended()};
    const bool fresh = fresh_.contains(now_.front());
    self->state.call<T, Request>(request_kind::write, operation, std::move(request), reader,
                                 [me = shared_from_this(), operation, name](auto outcome) {
                                   if (auto* why = std::get_if<ews::meaning>(&outcome)) return me->failed(*why);
                                   auto& entries = std::get<0>(outcome);
                                   std::optional<failure> stop;
                                   me->in_a_row_ = 0;
                                   for (std::size_t n = 0; n < me->now_.size(); ++n) {
                                     const auto i = me->now_[n];
                                     if (auto* error = std::get_if<ews::item_error>(&entries[n])) {
                                       auto why = ews::meaning_of(*error, operation);
                                       if (why.why.reach == reach::item && why.why.retry == retry::later)
                                         why.why.counts =
                                             me->self->state.suspects().failed_alone(me->kind_, me->remembered(i)) ==
                                             suspicion::verdict::counts;
                                       me->outcomes[i] = me->refused_as(why);
                                       if (why.refusal == ews::refusal::not_done && why.why.reach != reach::item)
                                         stop = why.why;
                                     } else {
                                       me->self->state.suspects().clear(me->kind_, me->remembered(i));
                                       me->outcomes[i] = name(i, std::move(std::get<T>(entries[n])));
                                     }
                                   }
                                   if (stop) me->stop(*stop);
                                   me->answered();
                                 },
                                 {}, {false, fresh, false});
  }

  /// The batch was surely not done, since what comes before it failed: a request of this kind.
  void not_done_now(ews::meaning why, std::string_view kind);

  /// Nothing more is tried.
  void stop(const failure& why);

  mailbox_pointer self;
  std::vector<write_outcome> outcomes;
  std::vector<std::size_t> now_;

private:
  struct failed_alone {
    std::size_t item;
    std::string kind;
  };
  /// A create names no item that could be gone.
  write_outcome refused_as(ews::meaning why) const;
  void failed(const ews::meaning& why);
  void settle(const ews::meaning& why, std::string_view kind, bool together);
  void again(bool singly);
  void give();

  std::string kind_;
  std::size_t batch_;
  std::deque<std::size_t> queue_;
  std::set<std::size_t> singly_;
  std::set<std::size_t> fresh_; // these go out on a new connection
  std::vector<failed_alone> failed_alone_;
  int in_a_row_ = 0;        // items that failed alone, none passed between them
  bool everything_ = false; // they are too many: it is not the items
  caf::typed_response_promise<write_done> promise_;
};

} // namespace exsyncd
