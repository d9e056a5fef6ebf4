#include "storage/keys.hpp"

#include "storage/marks.hpp"

#include <algorithm>
#include <limits>

namespace exsyncd::keys {
namespace {

// Never reuse a letter for something else: the data bases of users hold them.
enum table : char {
  format_table = 'F',
  sequence_table = 'N',
  twin_table = 't',
  item_table = 'i',
  unsettled_table = 'u',
  trouble_table = 'r',
  buried_table = 'b',
  present_table = 'p',
  unpaired_table = 'h',
  folder_side_table = 's',
  frozen_table = 'z',
  memory_table = 'm',
  counts_table = 'c',
  conflict_table = 'x',
  declaration_table = 'd',
  traffic_day_table = 'a',
  traffic_month_table = 'o',
  costly_table = 'k',
  allowance_table = 'l',
  allowance_month_table = 'L',
  release_table = 'v',
  wary_table = 'w',
  departure_table = 'e',
  delete_count_table = 'q',
  undo_table = 'j',
  undo_intent_table = 'J',
  lease_table = 'y',
  installation_table = 'I',
};

class key {
public:
  explicit key(table t) : bytes_(1, t) {}
  key& part(std::string_view text) {
    std::size_t left = text.size();
    for (; left >= 0x80; left >>= 7)
      bytes_.push_back(static_cast<char>(0x80 | (left & 0x7f)));
    bytes_.push_back(static_cast<char>(left));
    bytes_.append(text);
    return *this;
  }
  key& number(std::uint64_t n) {
    for (int shift = 56; shift >= 0; shift -= 8)
      bytes_.push_back(static_cast<char>(n >> shift));
    return *this;
  }
  key& of(side s) {
    bytes_.push_back(static_cast<char>(s));
    return *this;
  }
  /// The last part: without its length, so that it orders the keys.
  std::string end(std::string_view text = {}) {
    bytes_.append(text);
    return std::move(bytes_);
  }

private:
  std::string bytes_;
};

std::uint64_t count_of(utc_seconds t) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, t.time_since_epoch().count()));
}

} // namespace

std::string format() {
  return key(format_table).end();
}
std::string last_sequence() {
  return key(sequence_table).end();
}
std::string of_twin(const twin_id& id) {
  return key(twin_table).end(id.value);
}
std::string item(const pair_id& p, side s, const mailbox_identity& m, const item_id& i) {
  return key(item_table).part(p.value).of(s).part(m.value).end(i.value);
}
std::string folder_side(const pair_id& p, const folder_pair_id& f, side s) {
  return key(folder_side_table).part(p.value).part(f.value).of(s).end();
}
std::string frozen(const pair_id& p, const folder_pair_id& f) {
  return key(frozen_table).part(p.value).end(f.value);
}
std::string release(const pair_id& p, const folder_pair_id& f) {
  return key(release_table).part(p.value).end(f.value);
}
std::string wary(const pair_id& p, const folder_pair_id& f) {
  return key(wary_table).part(p.value).end(f.value);
}
std::string departure(const pair_id& p, const folder_pair_id& f) {
  return key(departure_table).part(p.value).end(f.value);
}
std::string lease(const pair_id& p, const folder_pair_id& f) {
  return key(lease_table).part(p.value).end(f.value);
}
std::string all_leases(const pair_id& p) {
  return key(lease_table).part(p.value).end();
}
std::string installation() {
  return key(installation_table).end();
}
std::string delete_count(const pair_id& p) {
  return key(delete_count_table).part(p.value).end();
}
std::string memory(const pair_id& p) {
  return key(memory_table).part(p.value).end();
}
std::string counts(const pair_id& p, const folder_pair_id& f) {
  return key(counts_table).part(p.value).end(f.value);
}
std::string declaration(declared kind, const std::string& name) {
  return key(declaration_table).number(static_cast<std::uint64_t>(kind)).end(name);
}
std::string all_declarations() {
  return key(declaration_table).end();
}
std::string traffic_day(utc_seconds day, const pair_id& p) {
  return key(traffic_day_table).number(count_of(day)).end(p.value);
}
std::string traffic_month(utc_seconds month, const pair_id& p) {
  return key(traffic_month_table).number(count_of(month)).end(p.value);
}
std::string costly(utc_seconds month, const pair_id& p, const twin_id& t) {
  return key(costly_table).number(count_of(month)).part(p.value).end(t.value);
}
std::string all_costly(utc_seconds month) {
  return key(costly_table).number(count_of(month)).end();
}
std::string all_costly(utc_seconds month, const pair_id& p) {
  return key(costly_table).number(count_of(month)).part(p.value).end();
}
std::string allowance(const std::string& id) {
  return key(allowance_table).end(id);
}
std::string allowance_month() {
  return key(allowance_month_table).end();
}
std::string all_traffic_days() {
  return key(traffic_day_table).end();
}
std::string all_traffic_months() {
  return key(traffic_month_table).end();
}
std::string all_costly() {
  return key(costly_table).end();
}
std::string all_allowances() {
  return key(allowance_table).end();
}
std::string twins_from(std::string_view id_prefix) {
  return key(twin_table).end(id_prefix);
}
std::string conflict(const pair_id& p, sequence s) {
  return key(conflict_table).part(p.value).number(std::numeric_limits<sequence>::max() - s).end();
}
std::string undo(const undo_record& r) {
  return key(undo_table)
      .part(r.pair.value)
      .number(std::numeric_limits<std::uint64_t>::max() - count_of(r.when))
      .end(r.id.value);
}
std::string all_undo(const pair_id& p) {
  return key(undo_table).part(p.value).end();
}
std::string all_undo() {
  return key(undo_table).end();
}
std::string undo_of(const intent_id& i) {
  return key(undo_intent_table).end(i.value);
}
std::string all_folder_sides(const pair_id& p) {
  return key(folder_side_table).part(p.value).end();
}
std::string all_frozen(const pair_id& p) {
  return key(frozen_table).part(p.value).end();
}
std::string all_released(const pair_id& p) {
  return key(release_table).part(p.value).end();
}
std::string all_wary(const pair_id& p) {
  return key(wary_table).part(p.value).end();
}
std::string all_departures(const pair_id& p) {
  return key(departure_table).part(p.value).end();
}
std::string all_items(const pair_id& p) {
  return key(item_table).part(p.value).end();
}
std::string all_counts(const pair_id& p) {
  return key(counts_table).part(p.value).end();
}
std::string all_conflicts(const pair_id& p) {
  return key(conflict_table).part(p.value).end();
}
std::string all_unsettled(const pair_id& p) {
  return key(unsettled_table).part(p.value).end();
}
std::string all_in_trouble(const pair_id& p) {
  return key(trouble_table).part(p.value).end();
}
std::string all_buried(const pair_id& p) {
  return key(buried_table).part(p.value).end();
}
std::string buried_at(const pair_id& p, utc_seconds t) {
  return key(buried_table).part(p.value).number(count_of(t)).end();
}
std::string all_unpaired(const pair_id& p, const message_id& m) {
  return key(unpaired_table).part(p.value).part(m.value).end();
}
std::string all_present(const pair_id& p, const folder_pair_id& f, side s) {
  return key(present_table).part(p.value).part(f.value).of(s).end();
}
std::string present_since(const pair_id& p, const folder_pair_id& f, side s, std::uint64_t generation) {
  return key(present_table).part(p.value).part(f.value).of(s).number(generation).end();
}

std::vector<std::string> all_of(const pair_id& p) {
  std::vector<std::string> result;
  for (const auto t : {item_table, unsettled_table, trouble_table, buried_table, present_table, unpaired_table,
                       folder_side_table, frozen_table, release_table, wary_table, departure_table, delete_count_table,
                       memory_table, counts_table, conflict_table, lease_table})
    result.push_back(key(t).part(p.value).end());
  return result;
}

folder_pair_id folder_of(const pair_id& p, std::string_view entry) {
  return folder_pair_id{std::string(entry.substr(all_frozen(p).size()))};
}

std::string_view tables_by_pair() {
  static constexpr char tables[] = {folder_side_table, memory_table, frozen_table, wary_table};
  return {tables, sizeof tables};
}

pair_id pair_of(std::string_view key) {
  std::size_t length = 0, at = 1;
  for (int shift = 0; at < key.size(); shift += 7) {
    auto byte = static_cast<unsigned char>(key[at++]);
    length |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return pair_id{std::string(key.substr(std::min(at, key.size()), length))};
}

std::map<std::string, std::string> index_of(const twin& t) {
  std::map<std::string, std::string> result;
  const auto& id = t.id.value;
  if (t.buried) {
    result.emplace(buried_at(t.pair, *t.buried) + id, id);
    return result;
  }
  for (side s : both_sides) {
    if (!t.seen[s]) continue;
    const auto& o = *t.seen[s];
    result.emplace(item(t.pair, s, o.mailbox, o.item), id);
    if (o.presence == presence::present) result.emplace(present_since(t.pair, o.folder, s, o.generation) + id, id);
  }
  if (is_unsettled(t)) result.emplace(all_unsettled(t.pair) + id, id);
  if (t.trouble) result.emplace(all_in_trouble(t.pair) + id, id);
  if (bool half = t.seen.primary.has_value() != t.seen.replica.has_value(); half && !t.base && !is_unsettled(t)) {
    const auto& o = t.seen.primary ? *t.seen.primary : *t.seen.replica;
    for (const auto& k : keys_of_half(o))
      result.emplace(all_unpaired(t.pair, k) + id, id);
  }
  if (!is_unsettled(t))
    for (side s : both_sides) {
      if (!t.seen[s]) continue;
      result.emplace(all_unpaired(t.pair, key_of_lineage(first_of_lineage(*t.seen[s]))) + id, id);
      if (const auto origin = key_of_origin(*t.seen[s])) result.emplace(all_unpaired(t.pair, *origin) + id, id);
    }
  return result;
}

} // namespace exsyncd::keys
