#include "actors/conflict_copies.hpp"
#include "actors/supervisor.hpp"
#include "storage/memory_engine.hpp"
#include "tests/support/actor_stage.hpp"
#include "tests/support/scripted_mailbox.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

/// One pair of mailboxes, "p" and "r", and a daemon that keeps what it overwrites and deletes.
class keeping_office {
public:
  explicit keeping_office(undo_settings limits = {}, policy of = {}) {
    directory_ = std::filesystem::temp_directory_path() / ("exsyncd-undo-" + std::to_string(::getpid()) + "-" +
                                                           std::to_string(reinterpret_cast<std::uintptr_t>(this)));
    std::filesystem::create_directory(directory_);
    settings_.name = "jane";
    settings_.primary.mailbox = "p";
    settings_.replica.mailbox = "r";
    settings_.folders = {{"inbox", "inbox", "inbox", of, 5min, false}};
    auto records = std::make_shared<store>(disk_, [this] { return "id" + std::to_string(++minted_); });
    REQUIRE_FALSE(records->open());
    ledger_ = stage_.on_stage(stage_.system.spawn(ledger, records));
    supervisor_options o;
    o.pairs = {settings_};
    o.ledger = ledger_;
    o.context.wall_clock = [this] {
      return utc_seconds{1'000'000s} +
             std::chrono::duration_cast<std::chrono::seconds>(stage_.scheduler.clock().now().time_since_epoch());
    };
    o.context.mint = [this] { return "i" + std::to_string(++minted_); };
    o.context.random = [] { return 0; };
    o.context.log = [this](const log_line& l) { log.push_back(l.text); };
    o.open_mailbox = [this](const side_settings& s, const pair_id&, side which) -> mailbox_actor {
      mailbox_script sc;
      sc.before = [this](const mailbox_call& c) {
        ++calls[c.name];
        return script ? script(c) : fault{};
      };
      sc.after = [](const mailbox_call&) {};
      sc.now = [] { return 0s; };
      return stage_.on_stage(
          stage_.system.spawn(scripted_mailbox, which, s.mailbox == "p" ? boxes.primary : boxes.replica, sc));
    };
    o.undo_files = std::make_shared<const undo_files>(directory_ / "undo");
    o.undo = stage_.on_stage(
        stage_.system.spawn(undo_keeper, undo_keeper_options{limits, o.undo_files, ledger_, o.context}));
    supervisor_ = stage_.on_stage(stage_.system.spawn(supervisor, std::move(o)));
    stage_.run();
  }
  ~keeping_office() {
    stage_.empty();
    std::filesystem::remove_all(directory_);
  }

  /// A mail on primary that is on both sides.
  item_id agreed(const std::string& name, std::size_t bytes = 4) {
    new_mail m;
    m.message_id = "<" + name + ">";
    m.subject = name;
    m.body = std::string(bytes, 'b');
    const auto id = boxes.primary->user_create("inbox", m);
    sync();
    REQUIRE_FALSE(find(side::replica, name).empty());
    return id;
  }
  void sync() { ask<pairs_synced>(sync_pairs{}); }
  item_id find(side s, const std::string& name) { return boxes[s]->find("inbox", "<" + name + ">"); }
  std::string value(side s, const std::string& name, field f) {
    const auto* i = boxes[s]->item(find(s, name));
    return i ? i->value(f) : "no such item";
  }
  std::vector<undo_record> kept() {
    auto all = stage_.ask_now<undos_loaded>(ledger_, load_undos{pair_id{"jane"}, {}}).records;
    std::erase_if(all, [](const auto& r) { return !r.done; });
    return all;
  }
  std::vector<put_back_item> back(put_back what) {
    const auto answer = ask<were_put_back>(put_back_one{"jane", what});
    REQUIRE(std::holds_alternative<std::vector<put_back_item>>(answer.outcome));
    sync();
    return std::get<std::vector<put_back_item>>(answer.outcome);
  }
  std::size_t files() const {
    const auto where = directory_ / "undo";
    if (!std::filesystem::exists(where)) return 0;
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(where), {}));
  }
  std::filesystem::path undo_directory() const { return directory_ / "undo"; }
  std::vector<conflict> conflicts() {
    return stage_.ask_now<conflicts_loaded>(ledger_, load_conflicts{pair_id{"jane"}}).conflicts;
  }
  template <class Answer, class Question>
  Answer ask(Question q) {
    return stage_.ask_now<Answer>(supervisor_, std::move(q));
  }
  void advance(std::chrono::milliseconds t, std::chrono::milliseconds step = 1s) { stage_.advance(t, step); }
  utc_seconds now() {
    return utc_seconds{1'000'000s} +
           std::chrono::duration_cast<std::chrono::seconds>(stage_.scheduler.clock().now().time_since_epoch());
  }

  both<std::shared_ptr<model_mailbox>> boxes{std::make_shared<model_mailbox>("p"),
                                             std::make_shared<model_mailbox>("r")};
  std::function<fault(const mailbox_call&)> script;
  std::map<std::string, int> calls;
  std::vector<std::string> log;

private:
  std::filesystem::path directory_;
  pair_settings settings_;
  memory_engine disk_;
  std::uint64_t minted_ = 0;
  tests::actor_stage stage_;
  ledger_actor ledger_;
  supervisor_actor supervisor_;
};

} // namespace

TEST_CASE("a mail that was deleted on both sides is there again on both sides") {
  keeping_office o;
  o.agreed("m", 3'000'000);
  o.boxes.primary->user_delete(o.find(side::primary, "m"));
  o.sync();
  CHECK(o.find(side::replica, "m").empty());
  REQUIRE(o.kept().size() == 1);
  CHECK(o.kept()[0].side == side::replica);
  CHECK(o.kept()[0].operation == operation::remove);
  CHECK(o.kept()[0].subject == "m");

  const auto items = o.back({o.kept()[0].id, {}});
  REQUIRE(items.size() == 1);
  CHECK(items[0].done);
  CHECK(o.value(side::replica, "m", field::body) == std::string(3'000'000, 'b'));
  CHECK(o.value(side::primary, "m", field::subject) == "m");
  CHECK(o.kept()[0].put_back);

  // Asked for again by its id it is found by its mark, and not made twice.
  CHECK(o.back({o.kept()[0].id, {}})[0].done);
  CHECK(o.boxes.replica->items("inbox").size() == 1);
  CHECK(o.boxes.primary->items("inbox").size() == 1);
}

TEST_CASE("what its user has put back himself, on either side, is not put back once more") {
  for (const auto s : both_sides) {
    keeping_office o;
    o.agreed("m");
    o.boxes.primary->user_delete(o.find(side::primary, "m"));
    o.sync();
    auto& box = s == side::primary ? *o.boxes.primary : *o.boxes.replica;
    REQUIRE(box.items("deleteditems").size() == 1);
    box.user_move(box.items("deleteditems").begin()->first, "inbox");
    o.sync();
    REQUIRE(o.boxes.replica->items("inbox").size() == 1);
    const auto items = o.back({o.kept()[0].id, {}});
    REQUIRE(items.size() == 1);
    CHECK(items[0].done);
    CHECK(items[0].what.starts_with("it is there already"));
    o.sync();
    CHECK(o.boxes.replica->items("inbox").size() == 1);
    CHECK(o.boxes.primary->items("inbox").size() == 1);
  }
}

TEST_CASE("fields that were overwritten are put back on both sides, those of the oldest write last") {
  keeping_office o;
  const auto id = o.agreed("m");
  const auto begin = o.now();
  for (const auto* categories : {"red", "green", "blue"}) {
    o.advance(10s);
    o.boxes.primary->user_edit(id, field::categories, categories);
    o.sync();
  }
  CHECK(o.value(side::replica, "m", field::categories) == "blue");
  REQUIRE(o.kept().size() == 3);
  CHECK(o.kept()[0].fields == std::vector<field>{field::categories});
  const auto items = o.back({{}, begin});
  CHECK(items.size() == 3);
  CHECK(o.value(side::replica, "m", field::categories).empty());
  CHECK(o.value(side::primary, "m", field::categories).empty());
  CHECK(o.back({{}, begin}).empty()); // each once, and nothing of what the other side lost by it
  CHECK(o.value(side::primary, "m", field::categories).empty());
}

TEST_CASE("what one user has overwritten and then the other one is put back as it was before both") {
  for (const auto first : both_sides) {
    keeping_office o;
    o.agreed("m");
    const auto begin = o.now();
    for (const auto s : {first, other(first)}) {
      o.advance(10s);
      auto& box = s == side::primary ? *o.boxes.primary : *o.boxes.replica;
      box.user_edit(o.find(s, "m"), field::categories, s == first ? "red" : "green");
      o.sync();
    }
    REQUIRE(o.kept().size() == 2);
    o.advance(10s);
    const auto items = o.back({{}, begin});
    CHECK(items.size() == 2);
    for (const auto& i : items)
      CHECK(i.done);
    o.sync();
    for (const auto s : both_sides)
      CHECK(o.value(s, "m", field::categories).empty());
  }
}

TEST_CASE("what is put back twice by its id is not overwritten again by an undo of all since then") {
  keeping_office o;
  const auto id = o.agreed("m");
  const auto begin = o.now();
  o.advance(10s);
  o.boxes.primary->user_edit(id, field::categories, "red");
  o.sync();
  REQUIRE(o.kept().size() == 1);
  const auto overwritten = o.kept()[0].id;
  for (int times = 0; times < 2; ++times) {
    o.advance(10s);
    CHECK(o.back({overwritten, {}})[0].done);
    CHECK(o.value(side::primary, "m", field::categories).empty());
  }
  o.advance(10s);
  CHECK(o.back({{}, begin}).empty());
  CHECK(o.value(side::primary, "m", field::categories).empty());
  CHECK(o.value(side::replica, "m", field::categories).empty());
}

TEST_CASE("contacts come back with what is attached to them, and with edits from before their deletion") {
  keeping_office o;
  new_mail c;
  c.message_id = "<c>";
  c.subject = "contact";
  c.item_class = item_class::contact;
  c.fields = {{field::given_name, "Jane"}};
  c.attachments = {{"photo", "bytes"}};
  const auto id = o.boxes.primary->user_create("inbox", c);
  o.sync();
  CHECK(o.kept().empty()); // what completes a create overwrites nothing
  const auto begin = o.now();
  o.advance(10s);
  o.boxes.primary->user_edit(id, field::given_name, "Joan");
  o.sync();
  o.advance(10s);
  o.boxes.primary->user_delete(id);
  o.sync();
  CHECK(o.boxes.replica->items("inbox").empty());
  const auto items = o.back({{}, begin});
  REQUIRE(items.size() == 2);
  CHECK((items[0].done && items[1].done));
  for (const auto s : both_sides) {
    REQUIRE(o.boxes[s]->items("inbox").size() == 1);
    const auto& there = o.boxes[s]->items("inbox").begin()->second;
    CHECK(there.value(field::given_name) == "Jane");
    CHECK(there.attachments == c.attachments);
  }
}

TEST_CASE("nothing is promised of a write that did not take place") {
  keeping_office o;
  o.agreed("m");
  o.boxes.primary->user_delete(o.find(side::primary, "m"));
  o.script = [](const mailbox_call& c) { return c.name == "remove_items" ? fault{fault::kind::fails} : fault{}; };
  o.sync();
  CHECK_FALSE(o.find(side::replica, "m").empty());
  CHECK(o.kept().empty());
  CHECK(o.files() >= 1); // until the files are looked through
}

TEST_CASE("what is kept may be read by its owner alone, and is bounded in bytes and in days") {
  keeping_office o({30, 40'000});
  for (int i = 0; i < 12; ++i) {
    o.agreed("m" + std::to_string(i), 4'000);
    o.boxes.primary->user_delete(o.find(side::primary, "m" + std::to_string(i)));
    o.sync();
    o.advance(10s);
  }
  CHECK(o.kept().size() < 12);
  CHECK(o.kept().size() >= 4);
  CHECK(o.kept()[0].subject == "m11");
  CHECK(o.files() == o.kept().size());
  struct stat about {};
  REQUIRE(::stat(o.undo_directory().c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0700);
  for (const auto& f : std::filesystem::directory_iterator(o.undo_directory())) {
    REQUIRE(::stat(f.path().c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
  }

  o.advance(24h * 31, 6h);
  o.agreed("last");
  o.boxes.primary->user_delete(o.find(side::primary, "last"));
  o.sync();
  REQUIRE(o.kept().size() == 1);
  CHECK(o.kept()[0].subject == "last");
}

TEST_CASE("an item that is larger than its share is deleted all the same, and listed as not kept") {
  keeping_office o({30, 40'000});
  o.agreed("large", 10'000);
  const auto fetched = o.calls["fetch_items"];
  o.boxes.primary->user_delete(o.find(side::primary, "large"));
  o.sync();
  CHECK(o.find(side::replica, "large").empty());
  REQUIRE(o.kept().size() == 1);
  CHECK(why_not_back(o.kept()[0]).find("larger") != std::string::npos);
  CHECK(o.calls["fetch_items"] == fetched);
  const auto items = o.back({o.kept()[0].id, {}});
  REQUIRE(items.size() == 1);
  CHECK_FALSE(items[0].done);
}

TEST_CASE("where nothing is to be kept, nothing is read and nothing is written") {
  keeping_office o({0, 0});
  const auto id = o.agreed("m");
  const auto fetched = o.calls["fetch_items"];
  o.boxes.primary->user_delete(id);
  o.sync();
  CHECK(o.calls["fetch_items"] == fetched);
  CHECK(o.kept().empty());
  CHECK(o.files() == 0);
}

TEST_CASE("what loses a conflict is copied into a folder of its own side, once, and is not synced from there") {
  policy of;
  of.keep_conflict_copies = true;
  for (const bool kept : {true, false}) {
    keeping_office o(kept ? undo_settings{} : undo_settings{0, 0}, of);
    o.agreed("m");
    o.boxes.primary->user_edit(o.find(side::primary, "m"), field::categories, "primary's");
    o.boxes.replica->user_edit(o.find(side::replica, "m"), field::categories, "replica's");
    // The answer to the copy's create is lost once.
    bool lost = false;
    o.script = [&](const mailbox_call& c) {
      if (c.name != "create_items" || lost) return fault{};
      lost = true;
      return fault{fault::kind::answer_lost_after};
    };
    o.sync();
    o.sync();
    CHECK(lost);
    CHECK(o.value(side::replica, "m", field::categories) == "primary's");
    const auto path = "msgfolderroot/" + conflict_folder(item_class::message);
    const auto paths = o.boxes.replica->paths();
    INFO(paths.size());
    const auto at =
        std::find_if(paths.begin(), paths.end(), [](auto& p) { return p.find("Sync Conflicts") != std::string::npos; });
    REQUIRE(at != paths.end());
    REQUIRE(o.boxes.replica->items(*at).size() == 1);
    CHECK(o.boxes.replica->items(*at).begin()->second.value(field::categories) == "replica's");
    CHECK(is_conflict_folder(path));
  }
}

TEST_CASE("an edit that loses against a delete is copied too") {
  policy of;
  of.keep_conflict_copies = true;
  keeping_office o({}, of);
  o.agreed("m");
  o.boxes.primary->user_delete(o.find(side::primary, "m"));
  o.boxes.replica->user_edit(o.find(side::replica, "m"), field::categories, "replica's");
  o.sync();
  CHECK(o.find(side::replica, "m").empty());
  bool copied = false;
  for (const auto& p : o.boxes.replica->paths())
    if (p.find("Sync Conflicts") != std::string::npos) copied = o.boxes.replica->items(p).size() == 1;
  CHECK(copied);
}

TEST_CASE("an edit that is seen only when an item is read to be kept is listed when the item is deleted") {
  for (const auto loser : both_sides) {
    keeping_office o;
    o.agreed("m");
    o.boxes[other(loser)]->user_delete(o.find(other(loser), "m"));
    bool edited = false;
    o.script = [&](const mailbox_call& c) {
      if (c.side == loser && c.name == "fetch_items" && !std::exchange(edited, true))
        o.boxes[loser]->user_edit(o.find(loser, "m"), field::categories, "red");
      return fault{};
    };
    o.sync();
    REQUIRE(edited);
    CHECK(o.find(loser, "m").empty());
    REQUIRE(o.conflicts().size() == 1);
    CHECK(o.conflicts()[0].loser == loser);
    CHECK(o.conflicts()[0].fields == std::vector<field>{field::categories});
    REQUIRE(o.kept().size() == 1);
  }
}
