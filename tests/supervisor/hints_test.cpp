#include "actors/pair.hpp"

#include "storage/memory_engine.hpp"
#include "tests/support/actor_stage.hpp"
#include "tests/support/scripted_mailbox.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

/// One pair with two folder pairs, and a notifier that is the test.
class office {
public:
  office() {
    engine_ = std::make_shared<memory_engine>(memory_engine::contents{});
    auto records = std::make_shared<store>(*engine_, [this] { return "id" + std::to_string(++minted_); });
    REQUIRE_FALSE(records->open());
    pair_options o;
    o.settings.name = "jane";
    for (const std::string path : {"inbox", "inbox/Done"}) {
      folder_pair_settings f;
      f.name = path;
      f.primary = f.replica = path;
      f.polling_interval = 5min;
      o.settings.folders.push_back(f);
    }
    o.settings.primary.mailbox = "jane@hq.example";
    o.settings.replica.mailbox = "jane@branch.example";
    o.ledger = stage_.on_stage(stage_.system.spawn(ledger, records));
    o.context.wall_clock = [this] {
      return utc_seconds{1'000'000s} +
             std::chrono::duration_cast<std::chrono::seconds>(stage_.scheduler.clock().now().time_since_epoch());
    };
    o.context.mint = [this] { return "i" + std::to_string(++minted_); };
    o.context.random = [] { return 0; };
    o.context.log = [](const log_line&) {};
    for (side s : both_sides) {
      box[s] = std::make_shared<model_mailbox>(s == side::primary ? "hq" : "branch");
      box[s]->make_folder("inbox/Done");
      mailbox_script sc;
      sc.before = [this](const mailbox_call& c) {
        if (c.name == "list_changes") listed.push_back({c.side, c.folder});
        fault f;
        if (failing && c.name == "identify") f.kind = fault::kind::fails;
        return f;
      };
      sc.after = [](const mailbox_call&) {};
      sc.now = [] { return 0s; };
      o.mailboxes[s] = stage_.on_stage(stage_.system.spawn(scripted_mailbox, s, box[s], sc));
    }
    notifier_ = make_notifier();
    o.notifiers = {notifier_, notifier_};
    o.open_notifier = [this](side) { return another_ ? another_ : another_ = make_notifier(); };
    pair_ = stage_.on_stage(stage_.system.spawn(pair, std::move(o)));
    stage_.advance(1s); // its first round
  }
  ~office() { stage_.empty(); }

  void hint(std::vector<folder_id> folders) {
    listed.clear();
    caf::anon_send(pair_, folder_dirty{std::move(folders)});
    stage_.run();
  }
  void advance(std::chrono::milliseconds time) { stage_.advance(time); }
  pair_status status() { return stage_.ask_now<pair_status>(pair_, ask_pair_status{}); }
  void tell(hints_state s) {
    caf::anon_send(pair_, std::move(s));
    stage_.run();
  }
  void stop() { stage_.ask_now<pair_stopped>(pair_, stop_pair{}); }
  void kill_notifier() {
    caf::anon_send_exit(notifier_, caf::exit_reason::kill);
    stage_.run();
  }
  void deliver(side s, const std::string& id, const std::string& where = "inbox") {
    new_mail m;
    m.message_id = "<" + id + ">";
    m.subject = id;
    box[s]->user_create(where, m);
  }
  folder_id id_of(side s, const std::string& path) { return box[s]->folder(path)->id; }
  std::size_t listings_of(const std::string& path) {
    std::size_t n = 0;
    for (const auto& [s, f] : listed)
      n += f == id_of(s, path);
    return n;
  }

  notifier_actor make_notifier() {
    return stage_.on_stage(stage_.system.spawn([this](notifier_actor::pointer) -> notifier_actor::behavior_type {
      return {[this](const watch_folders& w) { watched[w.side] = w; },
              [](const ask_notifier_status&) { return notifier_status{}; }};
    }));
  }

  both<std::shared_ptr<model_mailbox>> box;
  both<watch_folders> watched;
  std::vector<std::pair<side, folder_id>> listed;
  bool failing = false;

private:
  std::shared_ptr<memory_engine> engine_;
  std::uint64_t minted_ = 0;
  tests::actor_stage stage_;
  notifier_actor notifier_, another_;
  pair_actor pair_;
};

} // namespace

TEST_CASE("a pair has its folders watched, and a hint is enough for a round") {
  office o;
  for (side s : both_sides) {
    CHECK(o.watched[s].folders == std::vector{o.id_of(s, "inbox"), o.id_of(s, "inbox/Done")});
    CHECK(o.watched[s].mailbox == (s == side::primary ? "jane@hq.example" : "jane@branch.example"));
  }
  for (side s : both_sides) {
    o.deliver(s, s == side::primary ? "a" : "b");
    o.hint({o.id_of(s, "inbox")});
    CHECK(o.box.primary->items("inbox").size() == o.box.replica->items("inbox").size());
  }
  CHECK(o.box.primary->items("inbox").size() == 2);
}

TEST_CASE("a hint has only its folder listed, as long as nothing asks for more") {
  office o;
  o.hint({o.id_of(side::replica, "inbox/Done")});
  CHECK(o.listings_of("inbox/Done") == 2); // both sides
  CHECK(o.listings_of("inbox") == 0);
  // A folder that nobody knows may be any.
  o.hint({folder_id("another spelling")});
  CHECK(o.listings_of("inbox") == 2);
  CHECK(o.listings_of("inbox/Done") == 2);
}

TEST_CASE("what may have moved is looked for everywhere before it is believed") {
  office o;
  o.deliver(side::primary, "a");
  o.hint({o.id_of(side::primary, "inbox")});
  o.box.primary->user_move(o.box.primary->find("inbox", "<a>"), "inbox/Done");
  // Only the folder that it left has told.
  o.hint({o.id_of(side::primary, "inbox")});
  CHECK(o.box.replica->items("inbox").empty());
  CHECK(o.box.replica->items("inbox/Done").size() == 1);
  o.box.primary->user_delete(o.box.primary->find("inbox/Done", "<a>"));
  o.hint({o.id_of(side::primary, "inbox/Done")});
  CHECK(o.box.replica->items("inbox/Done").empty());
}

TEST_CASE("everything is listed in its time, however many hints come of one folder") {
  office o;
  o.deliver(side::primary, "unheard of", "inbox/Done");
  for (int i = 0; i < 9; ++i) {
    o.advance(30s);
    o.hint({o.id_of(side::primary, "inbox")});
  }
  CHECK(o.box.replica->items("inbox/Done").empty());
  o.advance(31s);
  CHECK(o.box.replica->items("inbox/Done").size() == 1);
}

TEST_CASE("a hint does not hurry a pair that rests after a failure") {
  office o;
  o.failing = true;
  o.hint({o.id_of(side::primary, "inbox")});
  CHECK(o.status().phase != pair_phase::started);
  const auto rounds = o.status().rounds;
  o.deliver(side::primary, "a");
  o.hint({o.id_of(side::primary, "inbox")});
  CHECK(o.status().rounds == rounds);
  o.failing = false;
  o.advance(31s);
  CHECK(o.box.replica->items("inbox").size() == 1);
}

TEST_CASE("the status says of each side whether its changes are told or polled for") {
  office o;
  CHECK_FALSE(o.status().live.primary);
  o.tell({side::primary, true, {}});
  o.tell({side::replica, false, "no such thing here"});
  CHECK(o.status().live == both<bool>{true, false});
  CHECK(o.status().polled_because == both<std::string>{"", "no such thing here"});
  o.kill_notifier();
  CHECK(o.status().live == both<bool>{false, false});
  CHECK(o.status().next_poll);
}

TEST_CASE("where the notifier has died, another one is told what to watch by the next round") {
  office o;
  const both<std::vector<folder_id>> folders{o.watched.primary.folders, o.watched.replica.folders};
  o.kill_notifier();
  o.watched = {};
  o.advance(6min);
  for (side s : both_sides)
    CHECK(o.watched[s].folders == folders[s]);
  o.tell({side::primary, true, {}});
  CHECK(o.status().live.primary);
  o.stop();
  CHECK(o.watched.primary.folders.empty());
}

TEST_CASE("a pair that stops is no longer told") {
  office o;
  o.stop();
  CHECK(o.watched.primary.folders.empty());
  CHECK(o.watched.replica.folders.empty());
  CHECK(o.watched.primary.watcher == "jane/primary");
}
