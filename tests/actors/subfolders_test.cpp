#include "tests/actors/scenario.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exsyncd;
using namespace exsyncd::testing;

namespace {

pair_settings with_subfolders(direction d) {
  policy p;
  p.direction = d;
  auto s = settings_for({"inbox"}, p);
  s.folders[0].include_subfolders = true;
  return s;
}

bool has_folder(const virtual_world& w, side s, const std::string& path) {
  const auto all = w.mailbox(s).paths();
  return std::find(all.begin(), all.end(), path) != all.end();
}

std::size_t count(const virtual_world& w, side s, const std::string& path) {
  return has_folder(w, s, path) ? w.mailbox(s).items(path).size() : 0;
}

/// With a crash before and after every call as well.
void play_folders(direction d, const std::function<void(outer_world&)>& given,
                  const std::function<void(outer_world&)>& when, const std::function<void(const virtual_world&)>& then,
                  crashes often = crashes::everywhere) {
  outer_world before(with_subfolders(d));
  given(before);
  {
    virtual_world world(before);
    world.run();
    before = world.snapshot();
  }
  when(before);
  virtual_world plain(before);
  plain.run();
  INFO(plain.story());
  CHECK(plain.violations.empty());
  then(plain);
  plain.pass(std::chrono::minutes(10));
  CHECK(plain.round().writes == 0);
  if (often == crashes::none) return;
  for (std::uint64_t call = 1; call <= plain.calls; ++call)
    for (const bool after : {false, true}) {
      virtual_world world(before);
      world.crash = crash_point{call, after};
      world.run();
      INFO("crash " << (after ? "after" : "before") << " call " << call << "\n" << world.story());
      CHECK(world.violations.empty());
      then(world);
      world.pass(std::chrono::minutes(10));
      CHECK(world.round().writes == 0);
    }
}

constexpr auto nothing = [](outer_world&) {};

} // namespace

TEST_CASE("folders below are made on the other side, level by level, with what is in them") {
  play_folders(
      direction::bidirectional, nothing,
      [](outer_world& w) {
        w.mailboxes.primary.make_folder("inbox/A");
        w.mailboxes.primary.make_folder("inbox/A/deep");
        w.mailboxes.replica.make_folder("inbox/B");
        w.mailboxes.replica.make_folder("inbox/a"); // the same name, as Exchange compares names
        w.mailboxes.primary.user_create("inbox/A/deep", mail_named("deep"));
        w.mailboxes.replica.user_create("inbox/B", mail_named("b"));
        w.mailboxes.replica.user_create("inbox/a", mail_named("a"));
      },
      [](const virtual_world& w) {
        CHECK(count(w, side::replica, "inbox/a/deep") == 1);
        CHECK(count(w, side::primary, "inbox/B") == 1);
        CHECK(count(w, side::primary, "inbox/A") == 1);
        CHECK_FALSE(has_folder(w, side::replica, "inbox/A"));
      },
      crashes::none);
}

TEST_CASE("a folder with a mail in it is made on the other side once, whenever the process ends") {
  play_folders(
      direction::bidirectional, nothing,
      [](outer_world& w) {
        w.mailboxes.primary.make_folder("inbox/A");
        w.mailboxes.primary.user_create("inbox/A", mail_named("a"));
      },
      [](const virtual_world& w) { CHECK(count(w, side::replica, "inbox/A") == 1); });
}

TEST_CASE("a renamed and a moved folder is renamed and moved on the other side, and keeps its items") {
  play_folders(
      direction::bidirectional,
      [](outer_world& w) {
        w.mailboxes.primary.make_folder("inbox/A");
        w.mailboxes.primary.make_folder("inbox/B");
        w.mailboxes.primary.make_folder("inbox/C");
        w.mailboxes.primary.user_create("inbox/A", mail_named("a"));
        w.mailboxes.primary.user_create("inbox/B", mail_named("b"));
      },
      [](outer_world& w) {
        w.mailboxes.primary.user_rename_folder("inbox/A", "Archive");
        w.mailboxes.replica.user_move_folder("inbox/B", "inbox/C");
      },
      [](const virtual_world& w) {
        for (const auto s : both_sides) {
          CHECK(count(w, s, "inbox/Archive") == 1);
          CHECK(count(w, s, "inbox/C/B") == 1);
          CHECK_FALSE(has_folder(w, s, "inbox/A"));
          CHECK_FALSE(has_folder(w, s, "inbox/B"));
        }
      });
}

TEST_CASE("a deleted folder is neither deleted on the other side nor made again, and its items stay there") {
  play_folders(
      direction::bidirectional,
      [](outer_world& w) {
        w.mailboxes.primary.make_folder("inbox/A");
        w.mailboxes.primary.user_create("inbox/A", mail_named("a"));
      },
      [](outer_world& w) { w.mailboxes.primary.user_delete_folder("inbox/A"); },
      [](const virtual_world& w) {
        CHECK(count(w, side::replica, "inbox/A") == 1);
        CHECK_FALSE(has_folder(w, side::primary, "inbox/A"));
      });
}

TEST_CASE("one-way, folders of the target are left alone") {
  play_folders(
      direction::primary_to_replica, [](outer_world& w) { w.mailboxes.primary.make_folder("inbox/A"); },
      [](outer_world& w) {
        w.mailboxes.replica.make_folder("inbox/theirs");
        w.mailboxes.replica.user_rename_folder("inbox/A", "renamed");
      },
      [](const virtual_world& w) {
        CHECK_FALSE(has_folder(w, side::primary, "inbox/theirs"));
        CHECK(has_folder(w, side::primary, "inbox/A"));
        CHECK(has_folder(w, side::replica, "inbox/renamed"));
      });
}

TEST_CASE("an item that is moved into a subfolder is moved on the other side") {
  play_folders(
      direction::bidirectional,
      [](outer_world& w) {
        w.mailboxes.primary.make_folder("inbox/A");
        w.mailboxes.primary.user_create("inbox", mail_named("m"));
      },
      [](outer_world& w) { w.mailboxes.replica.user_move(w.mailboxes.replica.find("inbox", id_of("m")), "inbox/A"); },
      [](const virtual_world& w) {
        CHECK(count(w, side::primary, "inbox/A") == 1);
        CHECK(count(w, side::primary, "inbox") == 0);
      });
}

TEST_CASE("trees that are there on both sides are paired at once, however deep") {
  play_folders(
      direction::bidirectional, nothing,
      [](outer_world& w) {
        for (side s : both_sides)
          for (const char* path : {"inbox/A", "inbox/A/B", "inbox/A/B/C"})
            w.mailboxes[s].make_folder(path);
        w.mailboxes.primary.user_create("inbox/A/B/C", mail_named("deep"));
        w.mailboxes.replica.user_create("inbox/A/B", mail_named("less deep"));
      },
      [](const virtual_world& w) {
        CHECK(count(w, side::replica, "inbox/A/B/C") == 1);
        CHECK(count(w, side::primary, "inbox/A/B") == 1);
      });
}

TEST_CASE("subfolders with other ids are the same folders, and what is in them is the same") {
  const int how = GENERATE(0, 1, 2);
  play_folders(
      direction::bidirectional,
      [](outer_world& w) {
        w.mailboxes.primary.make_folder("inbox/A");
        for (int i = 0; i < 3; ++i)
          w.mailboxes.primary.user_create("inbox/A", mail_named("m" + std::to_string(i)));
        auto contact = item_named("c", item_class::contact);
        w.mailboxes.primary.user_create("inbox/A", contact);
        w.mailboxes.primary.user_create("inbox/A", contact);
      },
      [=](outer_world& w) {
        if (how == 0) w.mailboxes.primary.recreate_folder("inbox/A", true);
        if (how == 1) w.mailboxes.replica.recreate_mailbox();
        if (how == 2)
          for (side s : both_sides)
            w.mailboxes[s].recreate_mailbox();
      },
      [](const virtual_world& w) {
        for (side s : both_sides) {
          CHECK(count(w, s, "inbox/A") == 5);
          CHECK(w.mailbox(s).paths().size() == 3);
        }
        CHECK(w.writes == 0);
      },
      crashes::none);
}
