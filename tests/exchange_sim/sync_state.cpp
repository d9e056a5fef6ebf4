#include "tests/exchange_sim/sync_state.hpp"

#include "tests/exchange_sim/ids.hpp"

namespace exchange_sim {

bool told_changes::has(change_number n) const {
  if (n <= all_until) return true;
  auto after = ranges.upper_bound(n);
  return after != ranges.begin() && std::prev(after)->second >= n;
}

void told_changes::add(change_number n) {
  if (has(n)) return;
  auto first = n, last = n;
  if (auto next = ranges.find(n + 1); next != ranges.end()) {
    last = next->second;
    ranges.erase(next);
  }
  if (auto after = ranges.upper_bound(n); after != ranges.begin() && std::prev(after)->second == n - 1) {
    first = std::prev(after)->first;
    ranges.erase(std::prev(after));
  }
  ranges[first] = last;
}

void told_changes::finish(change_number until) {
  all_until = until;
  ranges.clear();
}

namespace {

constexpr std::string_view magic = "\x1f\x8bSIM1";

void put(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>((number & 0x7f) | 0x80);
    number >>= 7;
  }
  out += static_cast<char>(number);
}

bool take(std::string_view& from, std::uint64_t& number) {
  number = 0;
  for (int shift = 0; shift < 64 && !from.empty(); shift += 7) {
    auto byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

std::uint64_t sum_of(std::string_view bytes) {
  std::uint64_t sum = 5381;
  for (unsigned char c : bytes)
    sum = (sum * 33 + c) & 0xffffffU;
  return sum;
}

} // namespace

std::string encode(const sync_state& state) {
  std::string out(magic);
  out += static_cast<char>(state.kind);
  out += state.mailbox_guid;
  put(out, state.epoch);
  put(out, state.root.value);
  put(out, state.told.all_until);
  put(out, state.told.ranges.size());
  change_number before = 0;
  for (auto [first, last] : state.told.ranges) {
    put(out, first - before);
    put(out, last - first);
    before = last;
  }
  put(out, sum_of(out));
  return base64(out);
}

std::optional<sync_state> decode_sync_state(std::string_view text) {
  auto bytes = from_base64(text);
  if (!bytes || bytes->size() < magic.size() + 18 || !bytes->starts_with(magic)) return std::nullopt;
  std::string_view rest = *bytes;
  rest.remove_prefix(magic.size());
  sync_state out{static_cast<sync_kind>(rest.front()), std::string(rest.substr(1, 16)), 0, {}, {}};
  rest.remove_prefix(17);
  std::uint64_t epoch = 0, count = 0, sum = 0;
  if (!take(rest, epoch) || !take(rest, out.root.value) || !take(rest, out.told.all_until) || !take(rest, count))
    return std::nullopt;
  out.epoch = static_cast<std::uint32_t>(epoch);
  change_number before = 0;
  for (; count > 0; --count) {
    std::uint64_t gap = 0, length = 0;
    if (!take(rest, gap) || !take(rest, length)) return std::nullopt;
    out.told.ranges[before + gap] = before + gap + length;
    before += gap + length;
  }
  auto covered = std::string_view(*bytes).substr(0, bytes->size() - rest.size());
  if (!take(rest, sum) || !rest.empty() || sum != sum_of(covered)) return std::nullopt;
  return out;
}

} // namespace exchange_sim
