#include "tests/storage/bench.hpp"

#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "storage/rocksdb_engine.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

namespace exsyncd::testing {

scratch_directory::scratch_directory() {
  auto name = (std::filesystem::temp_directory_path() / "exsyncd-storage-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()));
  path_ = name;
}

scratch_directory::~scratch_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

bench::bench(kind_of_engine k, bool bound) : kind_(k) {
  if (kind_ == kind_of_engine::memory) engine_ = std::make_unique<memory_engine>();
  open();
  if (!bound) return;
  for (side s : both_sides)
    for (const auto& f : {inbox, projects})
      bind(s, f, mailbox_of(s).value, f.value);
}

bench::~bench() = default;

void bench::open() {
  store_.reset();
  if (kind_ == kind_of_engine::rocksdb) {
    engine_.reset();
    auto opened = open_rocksdb(directory_.path() / "db");
    REQUIRE(std::holds_alternative<std::unique_ptr<engine>>(opened));
    engine_ = std::move(std::get<std::unique_ptr<engine>>(opened));
  } else {
    engine_ = std::make_unique<memory_engine>(memory().synced());
  }
  store_ = std::make_unique<store>(*engine_, [this] { return "t" + std::to_string(++minted_); });
  auto failed = store_->open();
  INFO((failed ? failed->what : ""));
  REQUIRE_FALSE(failed);
}

void bench::commit() {
  auto failed = store_->commit();
  INFO((failed ? failed->what : ""));
  REQUIRE_FALSE(failed);
  require_consistent(*engine_);
}

void bench::crash() {
  open();
}

page_accepted bench::list(side s, std::vector<change> changes, bool last, folder_pair_id f, std::string cursor) {
  accept_page call;
  call.pair = jane;
  call.folder_pair = f;
  call.side = s;
  call.page.changes = std::move(changes);
  call.page.cursor = sync_cursor{std::move(cursor)};
  call.page.last = last;
  call.asked_at = store_->now();
  return store_->accept(call);
}

twin bench::of(side s, const std::string& item) const {
  auto t = store_->find(jane, s, mailbox_of(s), item_id{item});
  INFO(item);
  REQUIRE(t);
  return *t;
}

bool bench::known(side s, const std::string& item) const {
  return store_->find(jane, s, mailbox_of(s), item_id{item}).has_value();
}

std::vector<std::string> bench::unsettled() const {
  std::vector<std::string> result;
  for (const auto& t : store_->unsettled(jane))
    result.push_back(t.id.value);
  return result;
}

folder_side bench::folder(side s, folder_pair_id f) const {
  for (const auto& found : store_->folder_sides(jane))
    if (found.side == s && found.folder_pair == f) return found;
  FAIL("no such folder: " << f.value);
  return {};
}

pair_counts::of_folder_pair bench::counts(folder_pair_id f) const {
  for (const auto& c : store_->counts(jane).folder_pairs)
    if (c.folder_pair == f) return c;
  FAIL("no such folder: " << f.value);
  return {};
}

twin bench::agreed(const std::string& name) {
  list(side::primary, {present("p-" + name)});
  list(side::replica, {present("r-" + name)});
  const auto keep = of(side::primary, "p-" + name).id;
  store_->absorb({keep, of(side::replica, "r-" + name).id, side::replica, {}});
  const auto t = *store_->load(keep);
  settle_twin call;
  call.twin = keep;
  call.base = base_of(t);
  call.answers = answers_of(t);
  call.settled = true;
  REQUIRE(store_->settle(call));
  return *store_->load(keep);
}

void bench::bind(side s, folder_pair_id f, const std::string& mailbox, const std::string& folder, bool restart) {
  bind_folder call;
  call.pair = jane;
  call.folder_pair = std::move(f);
  call.side = s;
  call.mailbox = mailbox_identity{mailbox};
  call.folder = folder_id{folder};
  call.path = folder;
  call.restart = restart;
  store_->bind(call);
}

listed_item item(const std::string& id, const std::string& key, std::optional<bool> read) {
  listed_item i;
  i.id = item_id{id};
  i.key = change_key{key};
  i.read = read;
  i.subject = "about " + id;
  i.search_key = search_key{"search " + id};
  i.message_id = message_id{"<" + id + ">"};
  i.size = 1000;
  return i;
}

change present(const std::string& id, const std::string& key, std::optional<bool> read) {
  return item_present{item(id, key, read)};
}

change left(const std::string& id) {
  return item_left{item_id{id}};
}

change read_changed(const std::string& id, bool read) {
  return item_read_changed{item_id{id}, read};
}

field_digests digests(std::uint8_t seed) {
  digest d{};
  d.fill(seed);
  return {{field::subject, d}, {field::body, d}};
}

mailbox_identity mailbox_of(side s) {
  return mailbox_identity{s == side::primary ? "mailbox-p" : "mailbox-r"};
}

both<sequence> answers_of(const twin& t) {
  both<sequence> result;
  for (side s : both_sides)
    if (t.seen[s]) result[s] = t.seen[s]->sequence;
  return result;
}

both<side_base> base_of(const twin& t) {
  both<side_base> result;
  for (side s : both_sides)
    result[s] = {t.seen[s]->key, t.seen[s]->read, digests(1), true};
  return result;
}

begin_intent intent_on(const twin& t, operation op, side target, const std::string& id) {
  begin_intent call;
  call.twin = t.id;
  call.intent.id = intent_id{id};
  call.intent.operation = op;
  call.intent.target = target;
  call.intent.folder = t.folder_pair;
  call.intent.mark = operation_mark{t.pair.value + "/" + t.id.value + "/" + id};
  call.intent.answers = answers_of(t);
  return call;
}

memory_engine::contents contents_of(const engine& e) {
  memory_engine::contents all;
  e.scan("", [&](std::string_view key, std::string_view value) {
    all.emplace(key, value);
    return true;
  });
  REQUIRE_FALSE(e.failure());
  return all;
}

void require_consistent(const engine& e) {
  const auto all = contents_of(e);
  std::map<std::string, std::string> index;
  std::map<std::string, folder_pair_counts> counted;
  const std::string twins = keys::of_twin(twin_id{});
  for (const auto& [key, value] : all) {
    if (!key.starts_with(twins)) continue;
    auto decoded = decode<twin>(value);
    REQUIRE(std::holds_alternative<twin>(decoded));
    const auto& t = std::get<twin>(decoded);
    for (const auto& [under, id] : keys::index_of(t)) {
      INFO("one key of two twins, " << id << " and " << index[under]);
      REQUIRE(index[under].empty());
      index[under] = id;
    }
    if (t.buried) continue;
    auto& c = counted[keys::counts(t.pair, t.folder_pair)];
    ++c.known;
    c.unsettled += is_unsettled(t);
    c.agreed += t.base && !is_unsettled(t);
    c.banned += t.trouble && t.trouble->banned;
  }
  const std::string records{keys::format() + keys::last_sequence() + twins + std::string(keys::tables_by_pair()) +
                            keys::conflict(pair_id{}, 0).front() + keys::all_declarations().front() +
                            keys::all_traffic_days() + keys::all_traffic_months() + keys::all_costly() +
                            keys::all_allowances() + keys::allowance_month() + keys::all_released(pair_id{}).front() +
                            keys::delete_count(pair_id{}).front() + keys::all_undo() + keys::undo_of({}) +
                            keys::all_leases(pair_id{}).front() + keys::all_departures(pair_id{}).front()};
  const char counters = keys::counts(pair_id{}, {}).front();
  for (const auto& [key, value] : all) {
    if (records.find(key.front()) != std::string::npos) continue;
    if (key.front() == counters) {
      const auto found = std::get<folder_pair_counts>(decode<folder_pair_counts>(value));
      const auto& c = counted[key];
      INFO(found.folder_pair.value);
      CHECK(std::tuple(found.known, found.agreed, found.unsettled, found.banned) ==
            std::tuple(c.known, c.agreed, c.unsettled, c.banned));
      counted.erase(key);
      continue;
    }
    INFO("a left over key of twin " << value);
    REQUIRE(index.contains(key));
    CHECK(index[key] == value);
    index.erase(key);
  }
  CHECK(index.empty());
  CHECK(counted.empty());
}

void over_each_engine(const std::function<void(kind_of_engine)>& test) {
  SECTION("in memory") {
    test(kind_of_engine::memory);
  }
  SECTION("RocksDB") {
    test(kind_of_engine::rocksdb);
  }
}

settle_twin settlement(const twin& t) {
  settle_twin call;
  call.twin = t.id;
  if (t.intent) call.intent = t.intent->id;
  call.answers = t.intent ? t.intent->answers : answers_of(t);
  return call;
}

/// A mail of the primary side with an open intent to create it on the replica.
twin being_created(bench& b) {
  b.list(side::primary, {present("p1")});
  const auto t = b.of(side::primary, "p1");
  REQUIRE(b->begin(intent_on(t, operation::create, side::replica, "i1")));
  return *b->load(t.id);
}

} // namespace exsyncd::testing
