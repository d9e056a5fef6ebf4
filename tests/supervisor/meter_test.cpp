#include "actors/meter.hpp"
#include "actors/supervisor.hpp"

#include "storage/memory_engine.hpp"
#include "tests/support/actor_stage.hpp"
#include "tests/support/scripted_mailbox.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto hour = 3600s;
const utc_seconds begin = std::chrono::sys_days{std::chrono::year(2026) / 3 / 31}; // a month ends in a day

allowance subscription(const std::string& id, std::uint64_t bytes, std::uint32_t pairs) {
  return {id,
          allowance_kind::subscription,
          begin - std::chrono::days(30),
          begin + std::chrono::days(300),
          pairs,
          bytes,
          0,
          {},
          {}};
}
allowance top_up(const std::string& id, std::uint64_t bytes) {
  return {id, allowance_kind::top_up, begin - std::chrono::days(30), begin + std::chrono::days(300), 0, bytes, 0, {},
          {}};
}

/// A daemon's supervisor and meter over mailboxes in memory, whose calls cost what the test says.
class office {
public:
  explicit office(std::vector<std::string> names, bool limited = true, memory_engine::contents disk = {},
                  std::chrono::seconds later = 0s)
      : engine_(std::make_shared<memory_engine>(std::move(disk))), later_(later) {
    auto records = std::make_shared<store>(*engine_, [this] { return "id" + std::to_string(++minted_); });
    REQUIRE_FALSE(records->open());
    ledger_ = stage_.on_stage(stage_.system.spawn(ledger, records));
    supervisor_options o;
    o.context.wall_clock = [this] {
      return begin + later_ +
             std::chrono::duration_cast<std::chrono::seconds>(stage_.scheduler.clock().now().time_since_epoch());
    };
    o.context.mint = [this] { return "i" + std::to_string(++minted_); };
    o.context.random = [] { return 0; };
    o.context.log = [this](const log_line& l) { log.push_back(l.pair + ": " + l.text); };
    meter_ = stage_.on_stage(stage_.system.spawn(meter, meter_options{ledger_, o.context, limited}));
    for (const auto& name : names) {
      pair_settings p;
      p.name = name;
      p.primary.mailbox = name + "@hq.example";
      p.replica.mailbox = name + "@branch.example";
      folder_pair_settings f;
      f.name = f.primary = f.replica = "inbox";
      f.polling_interval = 1h;
      p.folders = {f};
      pairs_.push_back(p);
    }
    o.pairs = pairs_;
    o.ledger = ledger_;
    o.open_mailbox = [this](const side_settings& s, const pair_id& pair, side which) -> mailbox_actor {
      ++opened[pair.value];
      mailbox_script sc;
      sc.before = [this, pair, which](const mailbox_call& c) {
        if (c.name == "list_changes") use(pair.value, cost, which);
        return fault{};
      };
      sc.after = [](const mailbox_call&) {};
      sc.now = [] { return 0s; };
      auto box = std::make_shared<model_mailbox>(s.mailbox);
      return stage_.on_stage(stage_.system.spawn(scripted_mailbox, which, box, sc));
    };
    o.on_fatal = [](std::string) {};
    o.meter = meter_;
    o.limited = limited;
    supervisor_ = stage_.on_stage(stage_.system.spawn(supervisor, std::move(o)));
    stage_.run();
  }
  ~office() { stage_.empty(); }

  void use(const std::string& pair, std::uint64_t bytes, side which = side::primary) {
    if (bytes > 0)
      caf::anon_send(meter_,
                     count_traffic{pair + (which == side::primary ? "/primary" : "/replica"), true, {bytes, 0}, {}});
  }
  void count(count_traffic what) {
    caf::anon_send(meter_, std::move(what));
    stage_.run();
  }
  std::optional<failure> add(const allowance& a) {
    return stage_.ask_now<allowance_changed>(meter_, add_allowance{a}).failed;
  }
  std::optional<failure> remove(const std::string& id) {
    return stage_.ask_now<allowance_changed>(meter_, remove_allowance{id}).failed;
  }
  allowances_are allowances() { return stage_.ask_now<allowances_are>(meter_, ask_allowances{}); }
  void write() { stage_.ask_now<stored>(meter_, write_traffic{}); }
  std::vector<traffic_period> days() {
    return stage_.ask_now<traffic_loaded>(ledger_, load_traffic{load_traffic::by::day, {}}).periods;
  }
  template <class Answer, class Question>
  Answer ask(Question q) {
    return stage_.ask_now<Answer>(supervisor_, std::move(q));
  }
  /// The status of a pair, with the code of why it pauses.
  std::string condition(const std::string& name) {
    for (const auto& p : ask<pairs_are>(ask_pairs{}).pairs)
      if (p.settings.name == name) {
        if (p.paused) CHECK(p.condition == pair_condition::paused);
        return p.paused ? p.paused->code : p.condition == pair_condition::started ? "started" : "another";
      }
    return "unknown";
  }
  void advance(std::chrono::milliseconds t, std::chrono::milliseconds step = 1s) { stage_.advance(t, step); }
  std::size_t logged(const std::string& text) const {
    return static_cast<std::size_t>(
        std::count_if(log.begin(), log.end(), [&](auto& l) { return l.find(text) != std::string::npos; }));
  }
  memory_engine::contents disk() const { return engine_->synced(); }
  std::size_t writes() const { return engine_->writes(); }

  std::map<std::string, int> opened;
  std::vector<std::string> log;
  std::uint64_t cost = 0; // bytes of a listing

private:
  std::vector<pair_settings> pairs_;
  std::shared_ptr<memory_engine> engine_;
  std::chrono::seconds later_;
  std::uint64_t minted_ = 0;
  tests::actor_stage stage_;
  ledger_actor ledger_;
  meter_actor meter_;
  supervisor_actor supervisor_;
};

} // namespace

TEST_CASE("Without limits pairs run, and what they cost is counted") {
  office o({"jane"}, false);
  o.cost = 10;
  o.advance(5s);
  CHECK(o.condition("jane") == "started");
  o.write();
  const auto days = o.days();
  REQUIRE(days.size() == 1);
  CHECK(days[0].begin == begin);
  CHECK(days[0].count.polling.sent == 10 * days[0].count.requests);
  CHECK_FALSE(o.allowances().limited);
  CHECK(o.allowances().book.month == allowance_month{});
}

TEST_CASE("Counts are gathered, and written together") {
  office o({}, false);
  o.advance(1s);
  const auto before = o.writes();
  for (int i = 0; i < 1000; ++i)
    o.count({"jane/replica", false, {2, 1}, {}});
  CHECK(o.writes() == before);
  CHECK(o.days().empty());
  o.advance(11s);
  CHECK(o.writes() == before + 1);
  REQUIRE(o.days().size() == 1);
  CHECK(o.days()[0].count == traffic_count{{2000, 1000}, {}, 1000});
  o.advance(1min);
  CHECK(o.writes() == before + 1); // nothing new
}

TEST_CASE("Bytes belong to the day on which they were on the wire") {
  office o({}, false);
  o.advance(24 * hour - 5s, 1h);
  o.count({"jane/primary", false, {1, 0}, {}});
  o.advance(10s);
  o.count({"jane/primary", false, {2, 0}, {}});
  o.write();
  const auto days = o.days();
  REQUIRE(days.size() == 2);
  CHECK(days[0].count.items.sent == 1);
  CHECK(days[1].begin == begin + 24 * hour);
}

TEST_CASE("Pairs wait for an allowance, and start when one is added") {
  office o({"jane"});
  o.advance(5s);
  CHECK(o.condition("jane") == "no-allowance");
  CHECK(o.opened.empty());
  CHECK(o.ask<pairs_synced>(sync_pairs{{"jane"}}).pairs.at(0).failed->code == "no-allowance");
  CHECK(std::get<failure>(o.ask<rehearsed>(plan_one{"jane"}).outcome).code == "no-allowance");
  CHECK_FALSE(o.ask<pair_answers>(start_pairs{{"jane"}}).pairs.at(0).failed);
  CHECK(o.condition("jane") == "no-allowance");
  CHECK(o.logged("jane: paused: no subscription") == 1);
  CHECK_FALSE(o.add(subscription("a", 1000, 1)));
  o.advance(1s);
  CHECK(o.condition("jane") == "started");
  CHECK(o.logged("jane: goes on") == 1);
}

TEST_CASE("A pair pauses when the month's allowance is spent, and goes on when the month turns") {
  office o({"jane"});
  o.cost = 10;
  o.add(subscription("a", 1000, 1));
  o.advance(5s);
  CHECK(o.condition("jane") == "started");
  CHECK(o.allowances().standing.used > 0);
  o.use("jane", 1000);
  o.advance(2s);
  CHECK(o.condition("jane") == "allowance-spent");
  const auto opened = o.opened["jane"];
  o.advance(23 * hour, 1h);
  CHECK(o.condition("jane") == "allowance-spent");
  CHECK(o.opened["jane"] == opened); // and asked nothing meanwhile
  o.advance(hour + 2min, 1min);
  CHECK(o.condition("jane") == "started");
  CHECK(o.allowances().standing.used < 1000);
}

TEST_CASE("A pair goes on with a top-up, and pauses when that is used up") {
  office o({"jane"});
  o.add(subscription("a", 1000, 1));
  o.use("jane", 1200); // 200 more than there are
  o.advance(5s);
  CHECK(o.condition("jane") == "allowance-spent");
  CHECK_FALSE(o.add(top_up("t", 500)));
  o.advance(1s);
  CHECK(o.condition("jane") == "started");
  o.use("jane", 499);
  o.advance(1s);
  CHECK(o.condition("jane") == "started");
  o.use("jane", 1);
  o.advance(1s);
  CHECK(o.condition("jane") == "allowance-spent");
  CHECK(o.logged("are used up") == 2);
}

TEST_CASE("As many pairs run as the subscriptions are for, in the order of the configuration") {
  office o({"zoe", "jane", "ann"});
  o.add(subscription("a", 1000, 2));
  o.advance(5s);
  CHECK(o.condition("zoe") == "started");
  CHECK(o.condition("jane") == "started");
  CHECK(o.condition("ann") == "too-many-pairs");
  CHECK(o.opened.count("ann") == 0);
  SECTION("one that stops leaves its place to the next") {
    o.ask<pair_answers>(stop_pairs{{"zoe"}});
    o.advance(1s);
    CHECK(o.condition("ann") == "started");
    o.ask<pair_answers>(start_pairs{{"zoe"}});
    o.advance(1s);
    CHECK(o.condition("zoe") == "started");
    CHECK(o.condition("ann") == "too-many-pairs");
  }
  SECTION("another subscription is for one more") {
    o.add(subscription("b", 1, 1));
    o.advance(1s);
    CHECK(o.condition("ann") == "started");
    CHECK_FALSE(o.remove("b"));
    o.advance(1s);
    CHECK(o.condition("ann") == "too-many-pairs");
  }
}

TEST_CASE("A code counts once, also after it was removed, and not when it is over") {
  office o({"jane"});
  CHECK_FALSE(o.add(subscription("a", 1000, 1)));
  CHECK(o.add(subscription("a", 1000, 1))->code == "code-used");
  CHECK(o.remove("b")->code == "unknown-allowance");
  CHECK_FALSE(o.remove("a"));
  CHECK(o.remove("a")->code == "unknown-allowance");
  CHECK(o.add(subscription("a", 1000, 1))->code == "code-used");
  auto old = subscription("old", 1000, 1);
  old.to = begin;
  CHECK(o.add(old)->code == "code-expired");
  CHECK(o.allowances().book.all.size() == 1);
}

TEST_CASE("Allowances and what was used of them outlive a restart") {
  memory_engine::contents disk;
  {
    office o({"jane"});
    o.add(subscription("a", 1000, 1));
    o.add(top_up("t", 500));
    o.advance(5s);
    o.use("jane", 1100);
    o.advance(1s);
    o.ask<shut>(shut_down{}); // writes what is not written yet
    disk = o.disk();
  }
  office o({"jane"}, true, disk, 1h);
  o.advance(5s);
  CHECK(o.condition("jane") == "started");
  const auto s = o.allowances().standing;
  CHECK(s.used == 1000);
  CHECK(s.top_up_left == 400);
  CHECK(o.days().at(0).count.polling.sent == 1100);
  CHECK(o.add(top_up("t", 500))->code == "code-used");
}
