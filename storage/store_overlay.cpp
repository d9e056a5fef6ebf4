#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "storage/store.hpp"

#include <charconv>
#include <set>

// How the store reads through its overlay and makes it durable.
namespace exsyncd {
namespace {

constexpr std::string_view format_name = "exsyncd ";
/// Records of the oldest format are read as they are; what was added since is not in them.
constexpr unsigned format_version = 5, oldest_version = 4;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

storage_failure damaged(const std::string& what) {
  return {storage_failure::kind::damaged, "the state directory is damaged: " + what +
                                              ". Restore it from a backup, or remove it: then everything is paired "
                                              "anew, and nothing is deleted. Either way "
                                              "pair.take_over spares the wait until the leases of before have run out"};
}

} // namespace

store::store(engine& on, std::function<std::string()> mint) : engine_(on), mint_(std::move(mint)) {}

std::optional<storage_failure> store::open() {
  const auto mark = engine_.get(keys::format());
  if (!mark) {
    bool empty = true;
    engine_.scan("", [&](auto, auto) { return empty = false; });
    if (auto failed = engine_.failure()) return failed;
    if (!empty) return damaged("it has no format mark");
    return engine_.write({{keys::format(), std::string(format_name) + std::to_string(format_version)}});
  }
  if (!mark->starts_with(format_name)) return damaged("its format mark is not exsyncd's");
  const auto version = number(std::string_view(*mark).substr(format_name.size()));
  if (!version || *version == 0) return damaged("its format mark has no number");
  if (*version > format_version)
    return storage_failure{storage_failure::kind::newer,
                           "the state directory was written by a newer exsyncd (format " + std::to_string(*version) +
                               ", this one knows " + std::to_string(format_version) + "): install that version again"};
  if (*version < oldest_version)
    return damaged("it is of format " + std::to_string(*version) + ", which this exsyncd no longer reads");
  if (const auto last = engine_.get(keys::last_sequence())) {
    const auto value = number(*last);
    if (!value) return damaged("its counter cannot be read");
    now_ = *value;
  }
  if (auto failed = engine_.failure(); failed || *version == format_version) return failed;
  return engine_.write({{keys::format(), std::string(format_name) + std::to_string(format_version)}});
}

sequence store::now() const {
  return now_;
}

std::optional<storage_failure> store::commit() {
  if (!failure()) {
    if (overlay_.empty() || forked_) return {};
    failure_ = engine_.write(overlay_);
    if (!failure_) overlay_.clear();
  }
  return failure();
}

std::optional<storage_failure> store::failure() const {
  return failure_ ? failure_ : engine_.failure();
}

void store::fail(storage_failure f) const {
  if (!failure_) failure_ = std::move(f);
}

std::shared_ptr<forked_store> store::fork(std::function<std::string()> mint) const {
  auto base = engine_.snapshot();
  auto& on = *base;
  auto result = std::make_shared<forked_store>(forked_store{std::move(base), store(on, std::move(mint))});
  result->records.overlay_ = overlay_;
  result->records.now_ = now_;
  result->records.forked_ = true;
  return result;
}

// ---- reading ----

std::optional<std::string> store::get(const std::string& key) const {
  if (auto at = overlay_.find(key); at != overlay_.end()) return at->second;
  return engine_.get(key);
}

void store::scan(const std::string& prefix, const engine::visitor& visit) const {
  auto changed = overlay_.lower_bound(prefix);
  bool more = true;
  auto visit_changed = [&] {
    if (changed->second) more = visit(changed->first, *changed->second);
    ++changed;
  };
  auto is_due = [&] { return more && changed != overlay_.end() && changed->first.starts_with(prefix); };
  engine_.scan(prefix, [&](std::string_view key, std::string_view value) {
    while (is_due() && changed->first < key)
      visit_changed();
    if (is_due() && changed->first == key)
      visit_changed();
    else if (more)
      more = visit(key, value);
    return more;
  });
  while (is_due())
    visit_changed();
}

template <class Record>
std::optional<Record> store::read(const std::string& key) const {
  const auto bytes = get(key);
  if (!bytes) return {};
  auto result = decode<Record>(*bytes);
  if (auto* failed = std::get_if<storage_failure>(&result)) {
    fail(damaged(failed->what));
    return {};
  }
  return std::move(std::get<Record>(result));
}
template std::optional<folder_side> store::read(const std::string&) const;
template std::optional<frozen> store::read(const std::string&) const;
template std::optional<exsyncd::release> store::read(const std::string&) const;
template std::optional<wary> store::read(const std::string&) const;
template std::optional<departure> store::read(const std::string&) const;
template std::optional<delete_count> store::read(const std::string&) const;
template std::optional<undo_record> store::read(const std::string&) const;

template <class Record>
void store::scan_records(const std::string& prefix, const std::function<bool(Record)>& visit) const {
  scan(prefix, [&](std::string_view, std::string_view bytes) {
    auto result = decode<Record>(bytes);
    if (auto* failed = std::get_if<storage_failure>(&result)) {
      fail(damaged(failed->what));
      return false;
    }
    return visit(std::move(std::get<Record>(result)));
  });
}

template void store::scan_records(const std::string&, const std::function<bool(undo_record)>&) const;
template void store::scan_records(const std::string&, const std::function<bool(lease_record)>&) const;

std::vector<twin> store::twins_of(const std::string& prefix) const {
  std::vector<twin_id> ids;
  scan(prefix, [&](std::string_view, std::string_view id) {
    ids.emplace_back(std::string(id));
    return true;
  });
  std::vector<twin> result;
  for (const auto& id : ids) {
    auto t = load(id);
    if (t)
      result.push_back(std::move(*t));
    else
      fail(damaged("an index names an item that is not there"));
  }
  return result;
}

std::optional<twin> store::load(const twin_id& id) const {
  return read<twin>(keys::of_twin(id));
}

std::optional<twin> store::find(const pair_id& pair, side s, const mailbox_identity& mailbox,
                                const item_id& item) const {
  const auto id = get(keys::item(pair, s, mailbox, item));
  if (!id) return {};
  auto t = load(twin_id{*id});
  if (t && t->seen[s] && t->seen[s]->item == item) return t;
  fail(damaged("an index names an item that is not there"));
  return {};
}

std::vector<twin> store::unsettled(const pair_id& pair) const {
  return twins_of(keys::all_unsettled(pair));
}

std::vector<twin> store::in_trouble(const pair_id& pair) const {
  return twins_of(keys::all_in_trouble(pair));
}

std::vector<twin> store::unpaired(const pair_id& pair, const std::vector<message_id>& ids) const {
  std::vector<twin> result;
  for (const auto& id : std::set<message_id>(ids.begin(), ids.end()))
    for (auto& t : twins_of(keys::all_unpaired(pair, id)))
      result.push_back(std::move(t));
  return result;
}

std::vector<folder_side> store::folder_sides(const pair_id& pair) const {
  std::vector<folder_side> result;
  scan_records<folder_side>(keys::all_folder_sides(pair), [&](folder_side f) {
    result.push_back(std::move(f));
    return true;
  });
  return result;
}

pair_counts store::counts(const pair_id& pair) const {
  std::map<folder_pair_id, folder_pair_counts> found;
  for (const auto& f : folder_sides(pair))
    found[f.folder_pair].folder_pair = f.folder_pair;
  scan_records<folder_pair_counts>(keys::all_counts(pair), [&](folder_pair_counts c) {
    found[c.folder_pair] = c;
    return true;
  });
  pair_counts result;
  for (auto& [folder, counts] : found)
    result.folder_pairs.push_back(std::move(counts));
  return result;
}

std::vector<conflict> store::conflicts(const pair_id& pair, std::size_t limit) const {
  std::vector<conflict> result;
  if (limit == 0) return result;
  scan_records<conflict>(keys::all_conflicts(pair), [&](conflict c) {
    result.push_back(std::move(c));
    return result.size() < limit;
  });
  return result;
}

std::optional<pair_memory> store::memory(const pair_id& pair) const {
  return read<pair_memory>(keys::memory(pair));
}

std::vector<pair_id> store::pairs() const {
  std::set<pair_id> found;
  for (char table : keys::tables_by_pair())
    scan(std::string(1, table), [&](std::string_view key, std::string_view) {
      found.insert(keys::pair_of(key));
      return true;
    });
  return {found.begin(), found.end()};
}

std::vector<declaration> store::declarations() const {
  std::vector<declaration> result;
  scan_records<declaration>(keys::all_declarations(), [&](declaration d) {
    result.push_back(std::move(d));
    return true;
  });
  return result;
}

std::vector<twin> store::browse(std::string_view id_prefix) const {
  std::vector<twin> result;
  scan_records<twin>(keys::twins_from(id_prefix), [&](twin t) {
    result.push_back(std::move(t));
    return true;
  });
  return result;
}

// ---- changing ----

void store::put(const std::string& key, std::string value) {
  overlay_[key] = std::move(value);
}

void store::erase(const std::string& key) {
  overlay_[key].reset();
}

/// The number for a new fact.
sequence store::advance() {
  const auto result = now_++;
  put(keys::last_sequence(), std::to_string(now_));
  return result;
}

/// The one place where twins are written: their indexes and the counters follow from what was and what is.
void store::replace(const twin* before, const twin* after) {
  const auto old_index = before ? keys::index_of(*before) : std::map<std::string, std::string>{};
  const auto new_index = after ? keys::index_of(*after) : std::map<std::string, std::string>{};
  for (const auto& [key, id] : old_index)
    if (!new_index.contains(key)) erase(key);
  for (const auto& [key, id] : new_index)
    if (!old_index.contains(key)) put(key, id);
  if (before) count(*before, false);
  if (after) {
    count(*after, true);
    put(keys::of_twin(after->id), encode(*after));
  } else if (before) {
    erase(keys::of_twin(before->id));
  }
}

void store::count(const twin& t, bool add) {
  if (t.buried) return;
  const auto key = keys::counts(t.pair, t.folder_pair);
  auto c = read<folder_pair_counts>(key).value_or(folder_pair_counts{});
  c.folder_pair = t.folder_pair;
  auto adjust = [add](std::uint64_t& counter, bool applies) {
    if (applies) add ? ++counter : --counter;
  };
  const bool unsettled = is_unsettled(t);
  adjust(c.known, true);
  adjust(c.agreed, t.base && !unsettled);
  adjust(c.unsettled, unsettled);
  adjust(c.banned, t.trouble && t.trouble->banned);
  put(key, encode(c));
}

} // namespace exsyncd
