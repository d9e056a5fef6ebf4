#include "ews/http/in_process_transport.hpp"

#include <algorithm>
#include <utility>

namespace exsyncd::http {

namespace {

constexpr std::size_t chunk_bytes = 16 * 1024;

std::uint64_t bytes_of(const std::vector<header>& headers) {
  std::uint64_t sum = 2;
  for (const header& h : headers)
    sum += h.name.size() + h.value.size() + 4;
  return sum;
}

outcome ended_by(failed why, byte_count bytes = {}) {
  return {std::move(why), bytes};
}

void play(const request& asked, const in_process_answer& came, handler& to) {
  byte_count bytes{asked.url.size() + bytes_of(asked.headers) + body_reader(asked).size(), 0};
  auto cut = [&] {
    to.on_end(ended_by({failed_kind::cut, true, "the connection closed before the answer was whole"}, bytes));
  };
  if (came.cut_at == std::size_t{0}) return cut();
  bytes.received = bytes_of(came.headers) + 17;
  to.on_head({came.status, came.headers});
  std::string_view whole = came.body;
  std::size_t end = came.cut_at ? std::min(*came.cut_at, whole.size()) : whole.size();
  bool too_large = end > asked.max_response_bytes;
  end = std::min(end, asked.max_response_bytes);
  for (std::size_t at = 0; at < end; at += chunk_bytes)
    to.on_chunk(whole.substr(at, std::min(chunk_bytes, end - at)));
  bytes.received += end;
  if (too_large) return to.on_end(ended_by({failed_kind::too_large, true, "the answer is larger than allowed"}, bytes));
  if (came.cut_at) return cut();
  to.on_end({completed{}, bytes});
}

} // namespace

in_process_transport::in_process_transport(in_process_server server, run_after after)
    : server_(std::move(server)), after_(std::move(after)) {}

in_process_transport::~in_process_transport() {
  shutdown();
}

transfer_id in_process_transport::start(std::shared_ptr<const request> what, std::shared_ptr<handler> to) {
  std::uint64_t id = ++last_id_;
  if (closed_) {
    to->on_end(ended_by({failed_kind::cancelled, false, "shut down"}));
    return transfer_id{id};
  }
  auto came = server_(*what);
  std::chrono::milliseconds delay{0};
  if (auto* a = std::get_if<in_process_answer>(&came)) {
    auto limit = std::min(what->limits.idle, what->limits.total);
    delay = std::min(a->delay, limit);
    if (after_ && a->delay >= limit) came = failed{failed_kind::timeout, true, "no answer in time"};
  }
  pending_->by_id.emplace(id, pending{std::move(what), std::move(to)});
  auto* a = std::get_if<in_process_answer>(&came);
  if (after_ && a && a->pieces)
    after_(delay, [all = pending_, after = after_, id, begun = std::move(*a)] {
      const auto at = all->by_id.find(id);
      if (at == all->by_id.end()) return; // cancelled
      const auto& asked = *at->second.what;
      going_on first{begun.pieces, {}, {}, {asked.url.size() + bytes_of(asked.headers) + body_reader(asked).size(), 0}};
      first.bytes.received = bytes_of(begun.headers) + 17;
      const auto to = at->second.to;
      to->on_head({begun.status, begun.headers});
      go_on(all, after, id, std::move(first));
    });
  else if (after_)
    after_(delay, [all = pending_, id, came = std::move(came)] { arrive(*all, id, came); });
  else
    arrive(*pending_, id, came);
  return transfer_id{id};
}

void in_process_transport::arrive(pendings& all, std::uint64_t id,
                                  const std::variant<in_process_answer, failed>& came) {
  auto at = all.by_id.find(id);
  if (at == all.by_id.end()) return; // cancelled
  pending p = std::move(at->second);
  all.by_id.erase(at);
  if (auto* a = std::get_if<in_process_answer>(&came))
    play(*p.what, *a, *p.to);
  else
    p.to->on_end(ended_by(std::get<failed>(came)));
}

void in_process_transport::go_on(std::shared_ptr<pendings> all, run_after after, std::uint64_t id, going_on so_far) {
  const auto at = all->by_id.find(id);
  if (at == all->by_id.end()) return; // cancelled
  const auto to = at->second.to;
  const auto limits = at->second.what->limits;
  const auto end = [&](std::variant<completed, failed> how) {
    all->by_id.erase(id);
    to->on_end({std::move(how), so_far.bytes});
  };
  auto piece = so_far.pieces();
  if (!piece.bytes.empty()) {
    so_far.silent = {};
    so_far.bytes.received += piece.bytes.size();
    to->on_chunk(piece.bytes);
    if (!all->by_id.contains(id)) return; // its receiver has enough
  }
  if (piece.cut) return end(failed{failed_kind::cut, true, "the connection closed before the answer was whole"});
  if (piece.last) return end(completed{});
  if (so_far.silent >= limits.idle || so_far.open >= limits.total)
    return end(failed{failed_kind::timeout, true, "no answer in time"});
  so_far.silent += piece.next;
  so_far.open += piece.next;
  after(piece.next, [all = std::move(all), after, id, so_far = std::move(so_far)]() mutable {
    go_on(std::move(all), after, id, std::move(so_far));
  });
}

void in_process_transport::cancel(transfer_id id) {
  auto at = pending_->by_id.find(static_cast<std::uint64_t>(id));
  if (at == pending_->by_id.end()) return;
  auto to = std::move(at->second.to);
  pending_->by_id.erase(at);
  to->on_end(ended_by({failed_kind::cancelled, true, "cancelled"}));
}

void in_process_transport::shutdown() {
  closed_ = true;
  auto all = std::exchange(pending_->by_id, {});
  for (auto& [id, p] : all)
    p.to->on_end(ended_by({failed_kind::cancelled, true, "shut down"}));
}

} // namespace exsyncd::http
