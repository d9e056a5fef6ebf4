#include "actors/supervisor.hpp"
#include "storage/memory_engine.hpp"
#include "tests/actors/scenario.hpp"
#include "tests/support/actor_stage.hpp"
#include "tests/support/scripted_mailbox.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <set>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

pair_settings between(const std::string& primary, const std::string& replica) {
  auto p = settings_for({"inbox"}, {});
  p.name = primary + "-" + replica;
  p.primary.mailbox = primary;
  p.replica.mailbox = replica;
  for (auto& f : p.folders)
    f.polling_interval = 1min;
  return p;
}

/// Daemons that share mailboxes, each with a store of its own; which actor runs next is drawn from a seed.
class neighbourhood {
public:
  neighbourhood(const std::vector<std::vector<pair_settings>>& daemons, std::uint64_t seed) : random_(seed) {
    for (const auto& pairs : daemons)
      start(pairs);
  }
  ~neighbourhood() { stage_.empty(); }

  model_mailbox& box(const std::string& address) {
    auto& b = boxes_[address];
    if (!b) b = std::make_shared<model_mailbox>(address);
    return *b;
  }
  void pass(std::chrono::minutes time) {
    for (auto end = now_ + time; now_ < end; now_ += 10s) {
      run();
      stage_.scheduler.advance_time(10s);
    }
    run();
  }
  std::uint64_t writes = 0;

  /// What each mailbox holds of this, as far as users see it.
  std::set<std::string> told(field f) const {
    std::set<std::string> all;
    for (const auto& [address, box] : boxes_) {
      std::string text;
      for (const auto& [id, item] : box->items("inbox"))
        text += item.value(f) + (item.read ? " read" : "") + std::to_string(item.attachments.size()) + ";";
      all.insert(text);
    }
    return all;
  }

  /// How often each mailbox holds what has this subject.
  std::string counted(const std::string& subject) {
    std::string text;
    for (const auto& [address, box] : boxes_)
      text += address +
              std::to_string(std::count_if(box->items("inbox").begin(), box->items("inbox").end(),
                                           [&](const auto& i) { return i.second.value(field::subject) == subject; })) +
              " ";
    return text;
  }

private:
  void run() {
    auto& jobs = stage_.scheduler.jobs;
    while (!jobs.empty()) {
      std::rotate(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(random_() % jobs.size()), jobs.end());
      stage_.scheduler.run_once();
    }
  }

  void start(const std::vector<pair_settings>& pairs) {
    engines_.push_back(std::make_shared<memory_engine>(memory_engine::contents{}));
    auto records = std::make_shared<store>(*engines_.back(), [this] { return "id" + std::to_string(++minted_); });
    REQUIRE_FALSE(records->open());
    supervisor_options o;
    o.pairs = pairs;
    o.ledger = stage_.on_stage(stage_.system.spawn(ledger, records));
    o.context.wall_clock = [this] { return utc_seconds{1'000'000s + now_}; };
    o.context.mint = [this] { return "i" + std::to_string(++minted_); };
    o.context.random = [] { return 0; };
    o.context.log = [](const log_line&) {};
    o.open_mailbox = [this](const side_settings& s, const pair_id&, side) -> mailbox_actor {
      box(s.mailbox);
      mailbox_script script;
      script.before = [this](const mailbox_call& c) {
        writes += c.writes;
        return fault{};
      };
      script.after = [](const mailbox_call&) {};
      script.now = [this] { return now_; };
      return stage_.on_stage(stage_.system.spawn(scripted_mailbox, side::primary, boxes_.at(s.mailbox), script));
    };
    o.on_fatal = [](const std::string& why) { FAIL(why); };
    stage_.on_stage(stage_.system.spawn(supervisor, std::move(o)));
  }

  std::mt19937_64 random_;
  std::map<std::string, std::shared_ptr<model_mailbox>> boxes_;
  std::vector<std::shared_ptr<memory_engine>> engines_;
  std::uint64_t minted_ = 0;
  std::chrono::seconds now_{0};
  tests::actor_stage stage_;
};

const std::vector<pair_settings> chain{between("a", "b"), between("b", "c")};
const std::vector<pair_settings> star{between("a", "b"), between("a", "c")};
const std::vector<pair_settings> ring{between("a", "b"), between("b", "c"), between("c", "a")};

struct arrangement {
  const char* name;
  std::vector<std::vector<pair_settings>> daemons;
  std::vector<std::string> mailboxes;
};

const std::vector<arrangement> arrangements{
    {"a chain", {chain}, {"a", "b", "c"}},
    {"a star", {star}, {"a", "b", "c"}},
    {"a ring", {ring}, {"a", "b", "c"}},
    {"a ring of three daemons", {{ring[0]}, {ring[1]}, {ring[2]}}, {"a", "b", "c"}},
    {"two daemons on one pair of folders", {{ring[0]}, {ring[0]}}, {"a", "b"}},
    {"two daemons, one the mirror of the other", {{ring[0]}, {between("b", "a")}}, {"a", "b"}},
};

std::vector<new_mail> one_of_each() {
  std::vector<new_mail> all{mail_named("mail")};
  auto plain = mail_named("without an id");
  plain.message_id.clear();
  all.push_back(plain);
  for (auto c : {item_class::contact, item_class::task}) {
    auto item = mail_named(c == item_class::contact ? "contact" : "task");
    item.item_class = c;
    all.push_back(item);
  }
  return all;
}

std::string once(const arrangement& of, int times = 1) {
  std::string text;
  for (const auto& address : of.mailboxes)
    text += address + std::to_string(times) + " ";
  return text;
}

} // namespace

TEST_CASE("pairs that share mailboxes hold each item once, and become quiet") {
  for (const auto& of : arrangements)
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      neighbourhood world(of.daemons, seed);
      const auto& first = of.mailboxes[seed % of.mailboxes.size()];
      for (const auto& item : one_of_each())
        world.box(first).user_create("inbox", item);
      world.pass(5min);
      auto& last = world.box(of.mailboxes.back());
      new_mail late = mail_named("late");
      last.user_create("inbox", late);
      world.pass(15min);
      INFO(of.name << ", seed " << seed);
      for (const auto* subject : {"mail", "without an id", "contact", "task", "late"})
        CHECK(std::string(subject) + " " + world.counted(subject) == std::string(subject) + " " + once(of));
      world.writes = 0;
      world.pass(10min);
      CHECK(world.writes == 0);
    }
}

TEST_CASE("a user's copy goes the whole way, and what is deleted somewhere is deleted everywhere") {
  for (const auto& of : arrangements)
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      neighbourhood world(of.daemons, seed);
      world.box("a").user_create("inbox", mail_named("mail"));
      world.box("a").user_create("inbox", mail_named("other"));
      world.pass(15min);
      auto& b = world.box("b");
      b.user_copy(b.find("inbox", id_of("mail")), "inbox");
      auto& a = world.box("a");
      a.user_copy(a.find("inbox", id_of("other")), "inbox");
      world.pass(15min);
      INFO(of.name << ", seed " << seed);
      CHECK("mail " + world.counted("mail") == "mail " + once(of, 2));
      CHECK("other " + world.counted("other") == "other " + once(of, 2));
      auto& last = world.box(of.mailboxes.back());
      last.user_delete(last.find("inbox", id_of("other")));
      world.pass(15min);
      CHECK("other " + world.counted("other") == "other " + once(of, 1));
      world.writes = 0;
      world.pass(10min);
      CHECK(world.writes == 0);
    }
}

TEST_CASE("a mail that is replaced, because it cannot be changed, stays one mail in every pair") {
  for (const auto& of : arrangements)
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      neighbourhood world(of.daemons, seed);
      const auto& first = of.mailboxes[seed % of.mailboxes.size()];
      world.box(first).user_create("inbox", mail_named("mail"));
      world.pass(15min);
      for (const auto& address : {of.mailboxes.back(), of.mailboxes[0], of.mailboxes[1]}) {
        auto& box = world.box(address);
        box.user_attach(box.find("inbox", id_of("mail")), "file of " + address, "bytes");
        world.pass(15min);
        INFO(of.name << ", seed " << seed << ", from " << address);
        CHECK("mail " + world.counted("mail") == "mail " + once(of));
      }
      INFO(of.name << ", seed " << seed);
      CHECK(world.told(field::subject) == std::set<std::string>{"mail" + std::to_string(of.mailboxes.size()) + ";"});
      world.writes = 0;
      world.pass(10min);
      CHECK(world.writes == 0);
    }
}

TEST_CASE("users who edit one item in every mailbox at once do not start a race without end") {
  for (const auto& of : arrangements)
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      neighbourhood world(of.daemons, seed);
      world.box("a").user_create("inbox", mail_named("mail"));
      world.pass(15min);
      for (const auto& address : of.mailboxes) {
        auto& box = world.box(address);
        box.user_edit(box.find("inbox", id_of("mail")), field::categories, "of " + address);
      }
      world.pass(40min);
      INFO(of.name << ", seed " << seed);
      CHECK("mail " + world.counted("mail") == "mail " + once(of));
      CHECK(world.told(field::categories).size() == 1);
      world.writes = 0;
      world.pass(10min);
      CHECK(world.writes == 0);
    }
}
