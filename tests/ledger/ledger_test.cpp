#include "actors/ledger.hpp"
#include "storage/keys.hpp"
#include "storage/memory_engine.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <catch2/catch.hpp>

#include <optional>

using namespace exsyncd;

namespace {

struct deterministic : caf::actor_system_config {
  deterministic() { set("scheduler.policy", caf::atom("testing")); }
};

/// A ledger over the memory engine, and one who asks; nothing runs until the test says so.
struct office {
  deterministic config;
  caf::actor_system system{config};
  caf::scheduler::test_coordinator& schedule = dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  caf::scoped_actor asker{system};
  memory_engine disk;
  std::shared_ptr<store> records;
  ledger_actor book;
  int minted = 0;

  office() {
    records = std::make_shared<store>(disk, [this] { return "t" + std::to_string(++minted); });
    REQUIRE_FALSE(records->open());
    book = system.spawn(ledger, records);
  }

  ~office() {
    asker->send_exit(book, caf::exit_reason::kill);
    schedule.run();
  }

  accept_page page(const std::string& item) const {
    accept_page call;
    call.pair = pair_id{"jane"};
    call.folder_pair = folder_pair_id{"inbox"};
    call.side = side::primary;
    listed_item i;
    i.id = item_id{item};
    call.page.changes.push_back(item_present{i});
    call.page.cursor = sync_cursor{"after " + item};
    call.asked_at = records->now();
    return call;
  }

  template <class Message>
  auto ask(const Message& m) {
    return asker->request(book, caf::infinite, m);
  }

  template <class Reply>
  struct outcome {
    std::optional<Reply> reply;
    std::string error;
  };

  /// What the answer is by now; neither reply nor error where there is none yet.
  template <class Reply, class Handle>
  outcome<Reply> peek(Handle&& handle) {
    outcome<Reply> result;
    if (!asker->has_next_message()) return result;
    handle.receive([&](Reply& r) { result.reply = std::move(r); },
                   [&](caf::error& e) { result.error = system.render(e); });
    return result;
  }

  template <class Reply, class Handle>
  std::optional<Reply> answer(Handle&& handle) {
    schedule.run();
    return peek<Reply>(std::forward<Handle>(handle)).reply;
  }

  void bind() {
    bind_folders call;
    call.folders.push_back({pair_id{"jane"}, folder_pair_id{"inbox"}, side::primary, mailbox_identity{"m"},
                            folder_id{"f"}, "inbox", false});
    REQUIRE(answer<folders_bound>(ask(call)));
  }

  bool on_disk(const std::string& item) const {
    return disk.synced().contains(keys::item(pair_id{"jane"}, side::primary, mailbox_identity{"m"}, item_id{item}));
  }

  /// Why the ledger has ended, once it has.
  std::string end_of_book(caf::scoped_actor& watcher) {
    schedule.run();
    std::string reason;
    if (watcher->has_next_message())
      watcher->receive([&](const caf::down_msg& m) { reason = system.render(m.reason); });
    return reason;
  }
};

storage_failure no_room() {
  return {storage_failure::kind::full, "state directory d: its disk is full"};
}

} // namespace

TEST_CASE("Changes that wait for the disk share one commit") {
  office o;
  o.bind();
  const auto before = o.disk.writes();
  auto first = o.ask(o.page("a"));
  caf::scoped_actor another{o.system};
  auto second = another->request(o.book, caf::infinite, o.page("b"));
  o.schedule.run();
  CHECK(o.disk.writes() == before + 1);
  CHECK(o.on_disk("a"));
  CHECK(o.on_disk("b"));
  auto reply = o.peek<page_accepted>(first).reply;
  REQUIRE(reply);
  CHECK(reply->minted == 1);
  REQUIRE(another->has_next_message());
  second.receive([](page_accepted& r) { CHECK(r.minted == 1); }, [&](caf::error& e) { FAIL(o.system.render(e)); });
}

TEST_CASE("No answer to a change leaves before it is on disk") {
  office o;
  o.bind();
  std::size_t answered_before = 99;
  o.disk.on_write = [&](std::uint64_t, memory_engine::moment m) -> std::optional<storage_failure> {
    if (m == memory_engine::moment::before) answered_before = o.asker->has_next_message();
    return {};
  };
  auto asked = o.ask(o.page("a"));
  CHECK(o.answer<page_accepted>(asked));
  CHECK(answered_before == 0);
}

TEST_CASE("Reads wait for no commit, and see what it will hold") {
  office o;
  o.bind();
  bool read_answered = false;
  o.disk.on_write = [&](std::uint64_t, memory_engine::moment m) -> std::optional<storage_failure> {
    if (m == memory_engine::moment::before) read_answered = o.asker->has_next_message();
    return {};
  };
  caf::anon_send(o.book, o.page("a"));
  auto read = o.ask(load_unsettled{pair_id{"jane"}});
  const auto found = o.answer<twins_loaded>(read);
  REQUIRE(found);
  CHECK(found->twins.size() == 1);
  CHECK(o.on_disk("a"));
  CHECK(read_answered);
}

TEST_CASE("Where the disk fails, nobody is told that it worked, and the ledger exits with the reason") {
  const auto when = GENERATE(memory_engine::moment::before, memory_engine::moment::after);
  office o;
  o.bind();
  caf::scoped_actor watcher{o.system};
  watcher->monitor(o.book);
  o.disk.on_write = [&](std::uint64_t, memory_engine::moment m) -> std::optional<storage_failure> {
    if (m != when) return {};
    return no_room();
  };
  auto asked = o.ask(o.page("a"));
  o.schedule.run();
  const auto outcome = o.peek<page_accepted>(asked);
  CHECK_FALSE(outcome.reply);
  CHECK(outcome.error.find("its disk is full") != std::string::npos);
  CHECK(o.end_of_book(watcher).find("its disk is full") != std::string::npos);
  CHECK(o.on_disk("a") == (when == memory_engine::moment::after));
  CHECK(o.records->failure()->kind == storage_failure::kind::full);
  // Whoever asks now is told that nobody is there.
  auto late = o.ask(load_unsettled{pair_id{"jane"}});
  o.schedule.run();
  CHECK_FALSE(o.peek<twins_loaded>(late).error.empty());
}

TEST_CASE("A damaged record ends the ledger rather than look like an unknown item") {
  office o;
  o.bind();
  auto asked = o.ask(o.page("a"));
  REQUIRE(o.answer<page_accepted>(asked));
  auto data = o.disk.synced();
  data[keys::of_twin(twin_id{"t1"})] = "damage";
  memory_engine damaged(data);
  auto records = std::make_shared<store>(damaged, [] { return std::string("t9"); });
  REQUIRE_FALSE(records->open());
  auto book = o.system.spawn(ledger, records);
  caf::scoped_actor watcher{o.system};
  watcher->monitor(book);
  auto read = o.asker->request(book, caf::infinite, load_unsettled{pair_id{"jane"}});
  o.schedule.run();
  const auto outcome = o.peek<twins_loaded>(read);
  CHECK_FALSE(outcome.reply);
  CHECK(outcome.error.find("damaged") != std::string::npos);
  CHECK(o.end_of_book(watcher).find("damaged") != std::string::npos);
}

TEST_CASE("Told to exit, the ledger commits and answers first") {
  office o;
  o.bind();
  caf::scoped_actor watcher{o.system};
  watcher->monitor(o.book);
  auto asked = o.ask(o.page("a"));
  caf::anon_send_exit(o.book, caf::exit_reason::user_shutdown); // comes before the commit, which is not yet scheduled
  CHECK(o.end_of_book(watcher).find("user_shutdown") != std::string::npos);
  CHECK(o.on_disk("a"));
  CHECK(o.peek<page_accepted>(asked).reply);
}

TEST_CASE("Intents are answered one by one, in order") {
  office o;
  o.bind();
  auto listed = o.ask(o.page("a"));
  REQUIRE(o.answer<page_accepted>(listed));
  begin_intent call;
  call.twin = twin_id{"t1"};
  call.intent.id = intent_id{"i1"};
  call.intent.answers = {o.records->now(), 0};
  auto unknown = call;
  unknown.twin = twin_id{"nobody"};
  auto again = call;
  again.intent.id = intent_id{"i2"};
  auto asked = o.ask(begin_intents{{unknown, call, again}});
  const auto begun = o.answer<intents_begun>(asked);
  REQUIRE(begun);
  CHECK(begun->open == std::vector<bool>{false, true, false});
}

TEST_CASE("Every call reaches the store") {
  office o;
  const pair_id jane{"jane"};
  const folder_pair_id inbox{"inbox"};
  const twin_id t1{"t1"};
  o.bind();
  auto done = [&](auto handle) {
    o.schedule.run();
    return o.peek<stored>(handle).reply.has_value();
  };
  auto now = o.ask(ask_now{});
  CHECK(o.answer<now_is>(now)->now == o.records->now());
  auto listed = o.ask(o.page("a"));
  REQUIRE(o.answer<page_accepted>(listed));

  observe_content seen;
  seen.twin = t1;
  seen.item = item_id{"a"};
  seen.content = field_digests{};
  CHECK(done(o.ask(observe_contents{{seen}})));
  CHECK(o.records->load(t1)->seen.primary->content);

  begin_intent begin;
  begin.twin = t1;
  begin.intent.id = intent_id{"i1"};
  begin.intent.answers = {o.records->now(), 0};
  auto begun = o.ask(begin_intents{{begin}});
  REQUIRE(o.answer<intents_begun>(begun));
  CHECK(done(o.ask(progress_intent{t1, intent_id{"i1"}, 1, item_id{"made"}, {}})));
  CHECK(o.records->load(t1)->intent->step == 1);
  CHECK(done(o.ask(abandon_intents{{{t1, intent_id{"i1"}, false}}})));
  CHECK_FALSE(o.records->load(t1)->intent);

  CHECK(done(o.ask(note_troubles{{{t1, trouble{}}}})));
  auto troubled = o.ask(load_troubles{jane});
  CHECK(o.answer<twins_loaded>(troubled)->twins.size() == 1);

  settle_twin settle;
  settle.twin = t1;
  settle.answers = {o.records->now(), 0};
  settle.settled = true;
  settle.conflict.emplace();
  settle.conflict->pair = jane;
  CHECK(done(o.ask(settle_twins{{settle}})));
  auto unsettled = o.ask(load_unsettled{jane});
  CHECK(o.answer<twins_loaded>(unsettled)->twins.empty());
  auto conflicts = o.ask(load_conflicts{jane, 100});
  CHECK(o.answer<conflicts_loaded>(conflicts)->conflicts.size() == 1);
  auto counted = o.ask(load_counts{jane});
  CHECK(o.answer<pair_counts>(counted)->folder_pairs.front().known == 1);

  auto with_id = o.page("b");
  std::get<item_present>(with_id.page.changes.front()).item.message_id = message_id{"<b>"};
  auto more = o.ask(with_id);
  REQUIRE(o.answer<page_accepted>(more));
  settle.twin = twin_id{"t2"};
  settle.answers = {o.records->now(), 0};
  CHECK(done(o.ask(settle_twins{{settle}})));
  auto unpaired = o.ask(load_unpaired{jane, {message_id{"<b>"}}});
  CHECK(o.answer<twins_loaded>(unpaired)->twins.size() == 1);
  auto loaded = o.ask(load_twins{{twin_id{"nobody"}, t1, twin_id{"t2"}}});
  CHECK(o.answer<twins_loaded>(loaded)->twins.size() == 2);

  CHECK(done(o.ask(absorb_twins{{{t1, twin_id{"t2"}, side::primary, {}}}})));
  CHECK_FALSE(o.records->load(twin_id{"t2"}));

  CHECK(done(o.ask(note_brake{jane, {{inbox, frozen{"why", {}}}}, {}, {}})));
  auto folders = o.ask(load_folder_sides{jane});
  const auto sides = o.answer<folder_sides_loaded>(folders);
  CHECK(sides->folders.size() == 1);
  REQUIRE(sides->brakes.held.size() == 1);
  CHECK(sides->brakes.held.front().second.reason == "why");

  CHECK(done(o.ask(set_pair_memory{jane, pair_memory{true, false}})));
  auto memory = o.ask(load_memory{jane});
  CHECK(o.answer<memory_loaded>(memory)->memory->started == true);

  settle.twin = t1;
  settle.answers = {o.records->now(), 0};
  settle.bury = utc_seconds{};
  CHECK(done(o.ask(settle_twins{{settle}})));
  CHECK(o.records->load(t1)->buried);
  CHECK(done(o.ask(prune_buried{jane, utc_seconds{std::chrono::seconds{1}}})));
  CHECK_FALSE(o.records->load(t1));
}
