#include "config/shared_folders.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;

namespace {

side_settings mailbox(const std::string& address) {
  side_settings s;
  s.server.url = "https://" + address.substr(address.find('@') + 1) + "/EWS/Exchange.asmx";
  s.mailbox = address;
  return s;
}

struct of_folder {
  std::string name, primary, replica;
  bool below = false;
};

pair_settings pair_of(const std::string& name, const std::string& primary, const std::string& replica,
                      const std::vector<of_folder>& folders) {
  pair_settings p;
  p.name = name;
  p.primary = mailbox(primary);
  p.replica = mailbox(replica);
  for (const auto& f : folders) {
    folder_pair_settings one;
    one.name = f.name;
    one.primary = f.primary;
    one.replica = f.replica;
    one.include_subfolders = f.below;
    p.folders.push_back(one);
  }
  return p;
}

std::vector<std::string> refused(const std::vector<pair_settings>& others, const pair_settings& pair) {
  std::vector<std::string> paths;
  for (const auto& p : shared_with(others, pair))
    paths.push_back(p.path);
  return paths;
}

const std::string a = "jane@a.example", b = "jane@b.example", c = "jane@c.example";
const of_folder inbox{"mail", "inbox", "inbox"};

} // namespace

TEST_CASE("two pairs on the same two folders are refused, in either direction, and the message names the other one") {
  const auto first = pair_of("first", a, b, {inbox});
  auto again = pair_of("again", a, b, {{"contacts", "contacts", "contacts"}, inbox});
  const auto found = shared_with({first}, again);
  REQUIRE(found.size() == 1);
  CHECK(found[0].path == "pairs.again.folders.mail");
  CHECK(found[0].text.find("pair \"first\"") != std::string::npos);
  CHECK(refused({first}, pair_of("mirror", b, a, {inbox})).size() == 1);
  CHECK(refused({first}, pair_of("capitals", "JANE@a.example", b, {{"x", "Inbox", "INBOX"}})).size() == 1);
  again.folders[1].on = false;
  CHECK(refused({first}, again).empty());
}

TEST_CASE("pairs that share one folder only are a chain, a star or a ring, and are allowed") {
  const auto first = pair_of("first", a, b, {inbox});
  const auto second = pair_of("second", b, c, {inbox});
  CHECK(refused({first}, second).empty());
  CHECK(refused({first, second}, pair_of("third", c, a, {inbox})).empty());
  CHECK(refused({first}, pair_of("crossed", a, b, {{"x", "inbox", "inbox/copy"}})).empty());
  CHECK(refused({first}, pair_of("others", a, b, {{"x", "inbox/A", "inbox/A"}})).empty());
}

TEST_CASE("what lies below a folder pair with its subfolders belongs to that one") {
  const auto tree = pair_of("tree", a, b, {{"mail", "inbox", "inbox/HQ", true}});
  CHECK(refused({tree}, pair_of("x", a, b, {{"x", "inbox/A", "inbox/HQ/A"}})).size() == 1);
  CHECK(refused({tree}, pair_of("x", b, a, {{"x", "inbox/HQ/a/b", "inbox/A/B"}})).size() == 1);
  CHECK(refused({pair_of("x", a, b, {{"x", "inbox/A", "inbox/HQ/A"}})}, tree).size() == 1);
  CHECK(refused({tree}, pair_of("x", a, b, {{"x", "inbox/A", "inbox/HQ/B"}})).empty());
  CHECK(refused({tree}, pair_of("x", a, b, {{"x", "inboxes", "inboxes"}})).empty());
  CHECK(refused({tree}, pair_of("x", a, b, {{"x", "inbox/A\\/B", "inbox/HQ/A\\/B"}})).size() == 1);
  SECTION("unless it has a folder pair of its own there") {
    const auto with_own =
        pair_of("tree", a, b, {{"mail", "inbox", "inbox/HQ", true}, {"own", "inbox/A", "inbox/HQ/elsewhere"}});
    CHECK(refused({with_own}, pair_of("x", a, b, {{"x", "inbox/A", "inbox/HQ/A"}})).empty());
    CHECK(refused({with_own}, pair_of("x", a, b, {{"x", "inbox/B", "inbox/HQ/B"}})).size() == 1);
  }
  SECTION("a whole mailbox has every folder of it") {
    const auto whole = pair_of("whole", a, b, {{"all", "msgfolderroot", "msgfolderroot", true}});
    CHECK(refused({whole}, pair_of("x", a, b, {{"x", "calendar", "calendar"}})).size() == 1);
    CHECK(refused({whole}, pair_of("x", a, b, {{"x", "msgfolderroot/Old", "msgfolderroot/Old"}})).size() == 1);
    CHECK(refused({whole}, pair_of("x", a, c, {{"x", "calendar", "calendar"}})).empty());
  }
}

TEST_CASE("a public folder is the same one from whichever mailbox it is looked at") {
  const of_folder sales{"sales", "public:/Sales", "inbox/Sales"};
  CHECK(refused({pair_of("first", a, b, {sales})}, pair_of("second", "bob@a.example", b, {sales})).size() == 1);
}

TEST_CASE("a distinguished folder is the same one by its name below the root") {
  const auto first = pair_of("first", a, b, {inbox, {"sent", "sentitems/2024", "sentitems/2024"}});
  for (const auto& [primary, replica] :
       {std::pair("msgfolderroot/Inbox", "inbox"), std::pair("inbox", "msgfolderroot/inbox"),
        std::pair("msgfolderroot/Sent Items/2024", "msgfolderroot/sent items/2024")})
    CHECK(refused({first}, pair_of("again", a, b, {{"x", primary, replica}})).size() == 1);
  CHECK(refused({first}, pair_of("other", a, b, {{"x", "msgfolderroot/Inbox2", "inbox"}})).empty());
  CHECK(refused({first}, pair_of("other", a, b, {{"x", "msgfolderroot/A/Inbox", "inbox"}})).empty());
}
