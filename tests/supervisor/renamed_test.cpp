#include "tests/supervisor/office.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

const std::string hq = "jane@hq.example", branch = "jane@branch.example";

folder_pair_settings entry(const std::string& name, const std::string& primary, const std::string& replica,
                           bool below = false) {
  auto f = pair_named("jane").folders[0];
  f.name = name;
  f.primary = primary;
  f.replica = replica;
  f.include_subfolders = below;
  return f;
}

pair_settings with(std::vector<folder_pair_settings> folders) {
  auto s = pair_named("jane");
  s.folders = std::move(folders);
  return s;
}

struct mailroom : office {
  explicit mailroom(std::vector<folder_pair_settings> first, const std::vector<std::string>& folders = {})
      : office({with(std::move(first))}) {
    for (const auto& f : folders)
      for (const auto& address : {hq, branch})
        box(address).make_folder(f);
  }
  void configure(std::vector<folder_pair_settings> folders) {
    ask<reconfigured>(reconfigure{{with(std::move(folders))}});
    advance(2s);
  }
  void edit(const std::string& address, const std::string& folder, const std::string& subject) {
    const auto all = box(address).items(folder);
    REQUIRE_FALSE(all.empty());
    box(address).user_edit(all.rbegin()->first, field::subject, subject);
  }
  bool has(const std::string& address, const std::string& folder, const std::string& subject) {
    const auto all = box(address).items(folder);
    return std::any_of(all.begin(), all.end(),
                       [&](const auto& each) { return each.second.value(field::subject) == subject; });
  }
  std::size_t times_logged(const std::string& part) const {
    return static_cast<std::size_t>(
        std::count_if(log.begin(), log.end(), [&](const auto& line) { return line.find(part) != std::string::npos; }));
  }
  const pair_counts::of_folder_pair* counts(const std::string& name) {
    seen = overview("jane").counts;
    for (const auto& c : seen.folder_pairs)
      if (c.folder_pair.value == name) return &c;
    return nullptr;
  }
  pair_counts seen;
};

void deliver_some(office& o, const std::string& address, const std::string& folder, int many, const std::string& as) {
  for (int i = 0; i < many; ++i)
    o.deliver(address, as + std::to_string(i), folder);
}

} // namespace

TEST_CASE("a folder pair that gets another name goes on where it was") {
  const auto name = GENERATE(as<std::string>(), "mail", "Inbox");
  mailroom o({entry("inbox", "inbox", "inbox")});
  deliver_some(o, hq, "inbox", 12, "m");
  REQUIRE(o.sync().in_step());
  // Its users go on while the daemon does not look.
  o.ask<pair_answers>(stop_pairs{{"jane"}});
  o.edit(hq, "inbox", "edited");
  o.clear(branch, "inbox", 1);
  const bool restarted = GENERATE(false, true);
  if (restarted)
    o.restart({with({entry(name, "inbox", "inbox")})});
  else
    o.configure({entry(name, "inbox", "inbox")});
  o.ask<pair_answers>(start_pairs{{"jane"}});
  const auto report = o.sync();
  CHECK(report.in_step());
  CHECK(o.has(branch, "inbox", "edited"));
  CHECK(o.mails(hq) == 11);
  CHECK(o.mails(branch) == 11);
  CHECK(o.times_logged("\"inbox\"") == 1);
  CHECK_FALSE(o.counts("inbox"));
  REQUIRE(o.counts(name));
  CHECK(o.counts(name)->agreed == 11);
  // And so on.
  o.edit(branch, "inbox", "edited again");
  o.clear(hq, "inbox", 1);
  CHECK(o.sync().in_step());
  CHECK(o.mails(branch) == 10);
  CHECK(o.sync().writes == 0);
  CHECK(o.times_logged("\"inbox\"") == 1);
}

TEST_CASE("a frozen folder pair that gets another name stays frozen, under the new name") {
  mailroom o({entry("inbox", "inbox", "inbox")});
  deliver_some(o, hq, "inbox", 5, "m");
  REQUIRE(o.sync().in_step());
  o.clear(hq);
  REQUIRE(o.sync().held.size() == 1);
  o.configure({entry("mail", "inbox", "inbox")});
  const auto held = o.sync().held;
  REQUIRE(held.size() == 1);
  CHECK(held[0].first.value == "mail");
  CHECK(o.mails(branch) == 5);
  CHECK_FALSE(o.ask<pair_answers>(approve_one{"jane", "mail"}).pairs.at(0).failed);
  CHECK(o.sync().in_step());
  CHECK(o.mails(branch) == 0);
}

TEST_CASE("two folder pairs that exchange their names keep what is known of them") {
  mailroom o({entry("a", "inbox/A", "inbox/A"), entry("b", "inbox/B", "inbox/B")}, {"inbox/A", "inbox/B"});
  deliver_some(o, hq, "inbox/A", 3, "a");
  deliver_some(o, hq, "inbox/B", 4, "b");
  REQUIRE(o.sync().in_step());
  o.configure({entry("a", "inbox/B", "inbox/B"), entry("b", "inbox/A", "inbox/A")});
  o.clear(hq, "inbox/A", 1);
  o.edit(branch, "inbox/B", "edited");
  CHECK(o.sync().in_step());
  CHECK(o.mails(branch, "inbox/A") == 2);
  CHECK(o.mails(branch, "inbox/B") == 4);
  CHECK(o.has(hq, "inbox/B", "edited"));
  CHECK(o.counts("a")->agreed == 4);
  CHECK(o.counts("b")->agreed == 2);
  CHECK(o.times_logged("known as") == 2);
}

TEST_CASE("a name that is given to other folders leaves what was known under it to be found again") {
  mailroom o({entry("a", "inbox/A", "inbox/A"), entry("b", "inbox/B", "inbox/B")}, {"inbox/A", "inbox/B"});
  deliver_some(o, hq, "inbox/A", 3, "a");
  deliver_some(o, hq, "inbox/B", 4, "b");
  REQUIRE(o.sync().in_step());
  o.configure({entry("a", "inbox/B", "inbox/B")});
  o.clear(hq, "inbox/B", 1);
  CHECK(o.sync().in_step());
  CHECK(o.mails(branch, "inbox/B") == 3);
  CHECK(o.mails(branch, "inbox/A") == 3);
  o.configure({entry("a", "inbox/B", "inbox/B"), entry("b", "inbox/A", "inbox/A")});
  CHECK(o.sync().writes == 0);
  o.edit(hq, "inbox/A", "edited");
  CHECK(o.sync().in_step());
  CHECK(o.has(branch, "inbox/A", "edited"));
  CHECK(o.mails(branch, "inbox/A") == 3);
}

TEST_CASE("a folder pair that is taken out and comes back under another name is frozen where something has left") {
  mailroom o({entry("a", "inbox/A", "inbox/A"), entry("b", "inbox/B", "inbox/B")}, {"inbox/A", "inbox/B"});
  deliver_some(o, hq, "inbox/A", 3, "a");
  deliver_some(o, hq, "inbox/B", 20, "b");
  REQUIRE(o.sync().in_step());
  const auto name = GENERATE(as<std::string>(), "b", "other");
  o.configure({entry("a", "inbox/A", "inbox/A")});
  REQUIRE(o.sync().in_step());
  o.edit(branch, "inbox/B", "edited");
  const bool something_left = GENERATE(true, false);
  if (something_left) o.clear(hq, "inbox/B", 1);
  o.configure({entry("a", "inbox/A", "inbox/A"), entry(name, "inbox/B", "inbox/B")});
  const auto report = o.sync();
  CHECK(report.held.size() == (something_left ? 1u : 0u));
  CHECK(o.mails(branch, "inbox/B") == 20);
  if (something_left) {
    CHECK(report.held[0].first.value == name);
    CHECK_FALSE(o.ask<pair_answers>(approve_one{"jane", name}).pairs.at(0).failed);
    CHECK(o.sync().in_step());
    CHECK(o.mails(branch, "inbox/B") == 19);
  }
  CHECK(o.has(hq, "inbox/B", "edited"));
  // Once it has been looked after again, it is as any other.
  o.clear(hq, "inbox/B", 1);
  CHECK(o.sync().in_step());
}

TEST_CASE("a subfolder that gets an entry of its own goes on where it was, and so does one whose entry is taken out") {
  const auto root = entry("inbox", "inbox", "inbox", true);
  const bool below = GENERATE(false, true);
  const auto own = entry("own", "inbox/B", "inbox/B", below);
  mailroom o({root}, {"inbox/B", "inbox/B/C"});
  deliver_some(o, hq, "inbox/B", 5, "b");
  deliver_some(o, hq, "inbox/B/C", 4, "c");
  REQUIRE(o.sync().in_step());
  REQUIRE(o.counts("inbox/B"));

  o.configure({root, own});
  o.edit(branch, "inbox/B", "edited");
  o.clear(hq, "inbox/B", 1);
  CHECK(o.sync().in_step());
  CHECK(o.has(hq, "inbox/B", "edited"));
  CHECK(o.mails(branch, "inbox/B") == 4);
  CHECK_FALSE(o.counts("inbox/B"));
  CHECK(o.counts("own")->agreed == 4);
  CHECK(o.counts(below ? "own/C" : "inbox/B/C")->agreed == 4);

  o.configure({root});
  o.edit(hq, "inbox/B", "edited again");
  o.clear(branch, "inbox/B", 1);
  o.edit(hq, "inbox/B/C", "edited below");
  if (below) o.clear(branch, "inbox/B/C", 1);
  CHECK(o.sync().in_step());
  CHECK(o.has(branch, "inbox/B", "edited again"));
  CHECK(o.mails(hq, "inbox/B") == 3);
  CHECK(o.has(branch, "inbox/B/C", "edited below"));
  CHECK(o.mails(hq, "inbox/B/C") == (below ? 3u : 4u));
  CHECK_FALSE(o.counts("own"));
  CHECK(o.counts("inbox/B")->agreed == 3);
  CHECK(o.sync().writes == 0);
}

TEST_CASE("what has the name of a subfolder only is not taken for looked after") {
  const auto root = entry("inbox", "inbox", "inbox", true);
  mailroom o({root}, {"inbox/B", "inbox/B/C"});
  deliver_some(o, hq, "inbox", 1, "a");
  deliver_some(o, hq, "inbox/B/C", 4, "c");
  REQUIRE(o.sync().in_step());
  const auto names = [&] {
    std::vector<std::string> result;
    for (const auto& f : o.overview("jane").folders)
      result.push_back(f.name);
    return result;
  };
  const auto compared = [&] {
    return std::get<verification>(o.ask<verified>(verify_one{"jane", {}}).outcome).compared;
  };
  CHECK(names() == std::vector<std::string>{"inbox", "inbox/B", "inbox/B/C"});
  CHECK(compared() == 5);

  // Without what is below it.
  o.configure({root, entry("own", "inbox/B", "inbox/B")});
  CHECK(o.sync().in_step());
  CHECK(names() == std::vector<std::string>{"inbox", "own"});
  CHECK(o.counts("inbox/B/C")->known == 4);
  CHECK(compared() == 1);

  o.configure({root});
  CHECK(o.sync().in_step());
  CHECK(names() == std::vector<std::string>{"inbox", "inbox/B", "inbox/B/C"});
  CHECK(compared() == 5);
}

TEST_CASE("a frozen folder pair that is taken out is not told as frozen, and is frozen still when it comes back") {
  const auto kept = entry("kept", "inbox/B", "inbox/B");
  const auto out = entry("out", "inbox", "inbox");
  mailroom o({kept, out}, {"inbox/B"});
  deliver_some(o, hq, "inbox", 5, "m");
  REQUIRE(o.sync().in_step());
  o.clear(hq);
  REQUIRE(o.sync().held.size() == 1);
  CHECK(o.overview("jane").held.size() == 1);
  o.configure({kept});
  CHECK(o.sync().in_step());
  CHECK(o.overview("jane").held.empty());
  o.configure({kept, entry("again", "inbox", "inbox")});
  CHECK(o.sync().held.size() == 1);
  REQUIRE(o.overview("jane").held.size() == 1);
  CHECK(o.overview("jane").held[0].first.value == "again");
  CHECK(o.mails(branch) == 5);
}

TEST_CASE("what an entry has kept in step under two names stays so below a root") {
  mailroom o({entry("m", "inbox/A", "inbox/Z")});
  o.box(hq).make_folder("inbox/A");
  o.box(branch).make_folder("inbox/Z");
  deliver_some(o, hq, "inbox/A", 5, "m");
  REQUIRE(o.sync().in_step());
  const both<std::vector<std::string>> before{o.box(hq).paths(), o.box(branch).paths()};
  o.configure({entry("x", "inbox", "inbox", true)});
  o.clear(branch, "inbox/Z", 1);
  CHECK(o.sync().in_step());
  CHECK(o.mails(hq, "inbox/A") == 4);
  CHECK(o.counts("x/A")->agreed == 4);
  CHECK(o.box(hq).paths() == before.primary);
  CHECK(o.box(branch).paths() == before.replica);
}

TEST_CASE("an item that its user moves out of a folder pair that is not looked after is new where it comes to") {
  mailroom o({entry("a", "inbox/A", "inbox/A"), entry("b", "inbox/B", "inbox/B")}, {"inbox/A", "inbox/B"});
  deliver_some(o, hq, "inbox/B", 3, "b");
  REQUIRE(o.sync().in_step());
  o.configure({entry("a", "inbox/A", "inbox/A")});
  REQUIRE(o.sync().in_step());
  const auto [from, to] = GENERATE(std::pair(hq, branch), std::pair(branch, hq));
  o.box(from).user_move(o.box(from).items("inbox/B").begin()->first, "inbox/A");
  CHECK(o.sync().in_step());
  CHECK(o.mails(to, "inbox/A") == 1);
  CHECK(o.mails(to, "inbox/B") == 3);
  // What is left of it there is decided once that folder pair is looked after again.
  o.configure({entry("a", "inbox/A", "inbox/A"), entry("b", "inbox/B", "inbox/B")});
  REQUIRE(o.sync().held.size() == 1);
  CHECK_FALSE(o.ask<pair_answers>(approve_one{"jane", ""}).pairs.at(0).failed);
  CHECK(o.sync().in_step());
  for (const auto& address : {hq, branch}) {
    CHECK(o.mails(address, "inbox/A") == 1);
    CHECK(o.mails(address, "inbox/B") == 2);
  }
}

TEST_CASE("a folder pair that is mapped to a folder above and back again has every mail once on each side") {
  mailroom o({entry("x", "inbox/A", "inbox/B", true)});
  o.box(hq).make_folder("inbox/A");
  o.box(branch).make_folder("inbox/B");
  deliver_some(o, hq, "inbox/A", 5, "m");
  REQUIRE(o.sync().in_step());
  const auto come_to_rest = [&] {
    o.sync();
    o.sync();
    if (!o.overview("jane").held.empty()) {
      CHECK_FALSE(o.ask<pair_answers>(approve_one{"jane", ""}).pairs.at(0).failed);
      o.sync();
    }
    o.sync();
    for (const auto& address : {hq, branch}) {
      std::size_t all = 0;
      std::string where;
      for (const auto& path : o.box(address).paths()) {
        all += o.mails(address, path);
        where += path + ": " + std::to_string(o.mails(address, path)) + "; ";
      }
      INFO(address << " " << where);
      CHECK(all == 5);
    }
  };
  o.configure({entry("x", "inbox/A", "inbox", true)});
  const bool comes_to_rest = GENERATE(true, false);
  if (comes_to_rest) come_to_rest();
  o.configure({entry("x", "inbox/A", "inbox/B", true)});
  come_to_rest();
  CHECK(o.mails(hq, "inbox/A") == 5);
  CHECK(o.mails(branch, "inbox/B") == 5);
  CHECK(o.sync().writes == 0);
}
