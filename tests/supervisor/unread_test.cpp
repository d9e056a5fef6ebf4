#include "tests/supervisor/office.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

const std::string hq = "jane@hq.example", branch = "jane@branch.example";

pair_settings with_folders(const std::vector<std::string>& paths) {
  auto s = pair_named("jane");
  for (const auto& path : paths) {
    auto f = s.folders[0];
    f.name = f.primary = f.replica = path;
    s.folders.push_back(f);
  }
  return s;
}

/// An inbox, and beside it a folder that cannot be listed once `hidden` is set.
struct half_seen : office {
  explicit half_seen(const std::string& folder_class) : office({stopped()}) {
    for (const auto& address : {hq, branch})
      box(address).make_folder("beside", folder_class);
    for (int i = 0; i < 5; ++i)
      deliver(hq, "m" + std::to_string(i));
    ask<pair_answers>(start_pairs{{"jane"}});
    advance(1s);
    REQUIRE(mails(branch) == 5);
    const auto beside = box(hq).folder("beside")->id;
    script = [this, beside](const mailbox_call& c) {
      fault f;
      if (c.name != "list_changes") return f;
      ++listings;
      if (hidden && c.side == side::primary && c.folder == beside) f.kind = fault::kind::fails;
      return f;
    };
  }
  static pair_settings stopped() {
    auto s = with_folders({"beside"});
    s.start = false;
    return s;
  }
  bool hidden = false;
  int listings = 0;
};

} // namespace

TEST_CASE("a folder that cannot be read holds up what may have been moved into it, for an hour") {
  half_seen o("IPF.Note");
  o.hidden = true;
  o.sync();
  o.clear(hq, "inbox", 1);
  o.sync();
  CHECK(o.mails(branch) == 5);
  o.advance(50min);
  CHECK(o.mails(branch) == 5);
  o.advance(15min);
  CHECK(o.mails(branch) == 4);
}

TEST_CASE("while a folder cannot be read the others are not listed again and again for it") {
  half_seen o("IPF.Note");
  o.hidden = true;
  o.sync();
  o.clear(hq, "inbox", 1);
  o.sync(); // which looks twice, since the delete might be a move to where it can read
  o.listings = 0;
  o.sync();
  CHECK(o.listings == 4); // two folders on two sides
}

TEST_CASE("what cannot have been moved into an unread folder is deleted at once") {
  half_seen o("IPF.Contact");
  o.hidden = true;
  o.clear(hq, "inbox", 1);
  o.sync();
  CHECK(o.mails(branch) == 4);
}

TEST_CASE("a folder that can be read again tells what was moved into it, and nothing is lost") {
  half_seen o("IPF.Note");
  o.hidden = true;
  o.sync();
  const auto moved = o.box(hq).items("inbox").begin()->first;
  o.box(hq).user_move(moved, "beside");
  o.sync();
  CHECK(o.mails(branch) == 5);
  o.hidden = false;
  CHECK(o.sync().in_step());
  CHECK(o.mails(branch) == 4);
  CHECK(o.mails(branch, "beside") == 1);
}

TEST_CASE("what is moved out of a folder of which only the other side's cannot be read is no new item") {
  half_seen o("IPF.Note");
  const auto unread = o.box(hq).folder("inbox")->id, entered = o.box(branch).folder("beside")->id;
  bool hidden = true, moved = false;
  o.script = [&](const mailbox_call& c) {
    fault f;
    if (c.name != "list_changes") return f;
    if (hidden && c.side == side::primary && c.folder == unread) f.kind = fault::kind::fails;
    // The inbox has been listed by then.
    if (c.side == side::replica && c.folder == entered && !std::exchange(moved, true))
      o.box(branch).user_move(o.box(branch).items("inbox").begin()->first, "beside");
    return f;
  };
  o.sync();
  CHECK(moved);
  CHECK(o.mails(hq, "beside") == 0);
  hidden = false;
  CHECK(o.sync().in_step());
  CHECK(o.mails(hq, "beside") == 1);
  CHECK(o.mails(hq) == 4);
}

TEST_CASE("what may have been moved into a subfolder waits while the subfolders cannot be looked for") {
  auto s = pair_named("jane");
  s.folders[0].include_subfolders = true;
  office o({s});
  o.box(hq).make_folder("inbox/sub");
  for (int i = 0; i < 5; ++i)
    o.deliver(hq, "m" + std::to_string(i));
  REQUIRE(o.sync().in_step());
  bool hidden = true;
  o.script = [&](const mailbox_call& c) {
    fault f;
    if (hidden && c.name == "list_folders") f.kind = fault::kind::fails;
    return f;
  };
  o.box(hq).user_move(o.box(hq).items("inbox").begin()->first, "inbox/sub");
  CHECK_FALSE(o.sync().failures.empty());
  CHECK(o.mails(branch) == 5);
  hidden = false;
  CHECK(o.sync().in_step());
  CHECK(o.mails(branch) == 4);
  CHECK(o.mails(branch, "inbox/sub") == 1);
}

TEST_CASE("what comes into an emptied folder while its deletes wait does not let the brake go") {
  for (const bool moved : {false, true}) { // to where it could not be seen
    half_seen o("IPF.Note");
    o.hidden = true;
    o.sync();
    auto& box = o.box(hq);
    if (moved)
      for (const auto& [id, item] : std::map(box.items("inbox")))
        box.user_move(id, "beside");
    else
      o.clear(hq, "inbox");
    o.sync();
    o.deliver(hq, "new");
    o.sync();
    o.hidden = false;
    const auto report = o.sync();
    CHECK(report.held.size() == (moved ? 0 : 1));
    CHECK(o.mails(branch) == (moved ? 1 : 6));
    CHECK(o.mails(branch, "beside") == (moved ? 5 : 0));
  }
}
