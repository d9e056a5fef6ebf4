// What the daemon tells an administrator is true, and says which folder, on which side, and what to do.
#include "tests/supervisor/office.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

const std::string hq = "jane@hq.example";
const std::string branch = "jane@branch.example";

std::string said_of(const std::vector<std::pair<folder_pair_id, failure>>& failures) {
  std::string text;
  for (const auto& [name, why] : failures)
    text += name.value + " " + why.code + ": " + why.what + " — " + why.hint + "\n";
  return text;
}

std::string logged(const office& of) {
  std::string text;
  for (const auto& line : of.log)
    text += line + "\n";
  return text;
}

pair_settings with_subfolders() {
  auto s = pair_named("jane");
  s.folders[0].include_subfolders = true;
  return s;
}

} // namespace

TEST_CASE("a comparison and a plan leave out what another daemon looks after, and say so") {
  office a({pair_named("jane")});
  for (const auto* id : {"1", "2", "3"})
    a.deliver(hq, id);
  CHECK(a.sync().in_step());
  const auto old = a.disk();
  a.clear(hq, "inbox", 1);
  a.deliver(branch, "new");
  a.advance(2h, 60s); // its lease is renewed meanwhile
  // Another daemon with an old copy of the state: what it knows is of former times.
  office b({pair_named("jane")}, a, old);
  b.sync();
  const bool stopped = GENERATE(false, true);
  if (stopped) b.ask<pair_answers>(stop_pairs{{"jane"}});

  const auto found = std::get<verification>(b.ask<verified>(verify_one{"jane", {}}).outcome);
  CHECK(found.differences.empty());
  CHECK(found.compared == 0);
  REQUIRE(found.failures.size() == 1);
  CHECK_THAT(said_of(found.failures), Catch::Contains("inbox lease: the folder pair was not compared: ") &&
                                          Catch::Contains("looks after this folder pair") &&
                                          Catch::Contains("pair.take_over"));

  const auto plan = std::get<pair_plan>(b.ask<rehearsed>(plan_one{"jane"}).outcome);
  CHECK(plan.folder_pairs.at(folder_pair_id{"inbox"}).steps.empty());
  CHECK_THAT(said_of(plan.failures),
             Catch::Contains("inbox lease: nothing is done here: ") && Catch::Contains("looks after this folder pair"));

  // The one that does look after it compares and plans as before.
  CHECK(std::get<verification>(a.ask<verified>(verify_one{"jane", {}}).outcome).compared == 3);
  CHECK(std::get<pair_plan>(a.ask<rehearsed>(plan_one{"jane"}).outcome).failures.empty());
}

TEST_CASE("what is done to subfolders is told with the folders, from where to where, and the side") {
  office o({with_subfolders()});
  o.box(hq).make_folder("inbox/A");
  o.box(hq).make_folder("inbox/B");
  CHECK(o.sync().in_step());
  CHECK_THAT(logged(o), Catch::Contains("created folder inbox/A on replica"));
  o.box(hq).user_rename_folder("inbox/A", "Archive");
  o.box(branch).user_move_folder("inbox/B", "inbox/A");
  o.sync();
  CHECK_THAT(logged(o), Catch::Contains("renamed folder inbox/A to inbox/Archive on replica"));
  CHECK_THAT(logged(o), Catch::Contains("moved folder inbox/B to inbox/Archive/B on primary"));
}

TEST_CASE("a subfolder whose name another one has is told with both paths, the side, and what to do") {
  office o({with_subfolders()});
  o.box(hq).make_folder("inbox/A");
  CHECK(o.sync().in_step());
  o.box(hq).user_rename_folder("inbox/A", "B");
  o.box(branch).make_folder("inbox/B");
  const auto text = said_of(o.sync().failures);
  CHECK_THAT(text, Catch::Contains("could not be done yet: \"renamed folder inbox/A to inbox/B\"") &&
                       Catch::Contains("there is another folder inbox/B on replica already") &&
                       Catch::Contains("rename, move or delete inbox/B on replica"));
}

TEST_CASE("a daemon with a restored state is told that it may be its own lease, and what to do") {
  office a({pair_named("jane")});
  a.deliver(hq, "1");
  CHECK(a.sync().in_step());
  const auto old = a.disk();
  a.advance(2h, 60s);
  a.restart({pair_named("jane")}, old);
  const auto text = said_of(a.sync().failures);
  CHECK_THAT(text, Catch::Contains("before this state was restored from a backup") &&
                       Catch::Contains("pair.take_over goes on at once"));
}

TEST_CASE("a mapped folder that its user renames or moves is told with its new path, and what to do") {
  auto settings = pair_named("jane");
  settings.folders.push_back(settings.folders[0]);
  settings.folders[1].name = "projects";
  settings.folders[1].primary = settings.folders[1].replica = "inbox/Projects";
  office o({settings});
  for (const auto& address : {hq, branch})
    o.box(address).make_folder("inbox/Projects");
  o.deliver(hq, "1", "inbox/Projects");
  CHECK(o.sync().in_step());

  o.box(branch).user_rename_folder("inbox/Projects", "Old");
  CHECK_THAT(said_of(o.sync().failures),
             Catch::Contains("projects ErrorFolderNotFound: replica folder inbox/Projects: ") &&
                 Catch::Contains("the folder that was there is now at inbox/Old") &&
                 Catch::Contains("write \"inbox/Old\" in place of \"inbox/Projects\" as the replica"));
  // Anywhere in the mailbox.
  o.box(branch).user_move_folder("inbox/Old", "msgfolderroot");
  CHECK_THAT(said_of(o.sync().failures), Catch::Contains("is now at msgfolderroot/Old"));
  o.box(branch).user_delete_folder("Old");
  CHECK_THAT(said_of(o.sync().failures),
             Catch::Contains("is in Deleted Items") && Catch::Contains("move it back to inbox/Projects"));
  // What is done as it says is in step again.
  o.box(branch).user_move_folder("deleteditems/Old", "inbox");
  settings.folders[1].replica = "inbox/Old";
  o.ask<reconfigured>(reconfigure{{settings}});
  CHECK(o.sync().in_step());
  CHECK(o.mails(hq, "inbox/Projects") == 1);
  CHECK(o.mails(branch, "inbox/Old") == 1);
}

TEST_CASE("a mapped folder of which nothing was ever known is told with the likely causes") {
  auto settings = pair_named("jane");
  settings.folders[0].primary = "inbox/Projects";
  office o({settings});
  CHECK_THAT(said_of(o.sync().failures),
             Catch::Contains("inbox ErrorFolderNotFound: primary folder inbox/Projects: ") &&
                 Catch::Contains("was it renamed, moved or deleted?"));
}

TEST_CASE("an entry that names another folder than before is told for what it is, not as if items had vanished") {
  office o({pair_named("jane")});
  for (const auto* id : {"1", "2", "3", "4"})
    o.deliver(hq, id);
  CHECK(o.sync().in_step());
  o.box(hq).make_folder("inbox/P");
  auto settings = pair_named("jane");
  settings.folders[0].primary = "inbox/P";
  o.ask<reconfigured>(reconfigure{{settings}});
  const auto held = o.sync().held;
  REQUIRE(held.size() == 1);
  CHECK_THAT(
      held[0].second.reason,
      Catch::Contains("primary: it is another folder than before (inbox before, inbox/P now), and 4 of 4 items"));
  // Whatever is decided, nothing is deleted.
  o.ask<pair_answers>(approve_one{"jane", ""});
  o.sync();
  CHECK(o.mails(branch) == 4);
  CHECK(o.mails(hq, "inbox/P") == 4);
}
