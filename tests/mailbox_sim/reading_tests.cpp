#include "tests/mailbox_sim/sim_stage.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <map>
#include <set>

using namespace exsyncd;
using namespace tests;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

/// All pages from a cursor on.
struct listing {
  std::vector<change> changes;
  std::vector<std::size_t> pages;
  sync_cursor cursor;

  listing(sim_stage& s, const folder_id& folder, sync_cursor from = {}) : cursor(std::move(from)) {
    for (bool last = false; !last;) {
      auto page = std::get<change_page>(s.ask<changes_listed>(list_changes{folder, cursor}).outcome);
      pages.push_back(page.changes.size());
      for (auto& c : page.changes)
        changes.push_back(std::move(c));
      cursor = page.cursor;
      last = page.last;
    }
  }
  const listed_item& present(const std::string& subject) const {
    for (auto& c : changes)
      if (auto* p = std::get_if<item_present>(&c); p && p->item.subject == subject) return p->item;
    throw std::runtime_error("not listed: " + subject);
  }
};

std::string value_of(const content& c, field which) {
  for (auto& f : c.fields)
    if (f.field == which) return f.value;
  return {};
}

std::string both() {
  return GENERATE(as<std::string>{}, "old", "new");
}

} // namespace

TEST_CASE("A mailbox has an identity that stays until it is created anew") {
  auto by = GENERATE(mailbox_access::direct, mailbox_access::impersonation);
  sim_stage s(both(), by);
  auto id = std::get<mailbox_identity>(s.ask<identified>(identify{}).outcome);
  CHECK_FALSE(id.empty());
  s.deliver("one");
  s.mailbox = s.spawn();
  CHECK(std::get<mailbox_identity>(s.ask<identified>(identify{}).outcome) == id);
  s.control({{"do", "recreate_mailbox"}});
  CHECK(std::get<mailbox_identity>(s.ask<identified>(identify{}).outcome) != id);
}

TEST_CASE("Paths are found, and what is missing is a failure in its place") {
  sim_stage s(both());
  s.control({{"do", "add_folder"}, {"path", "inbox/Projects/2026"}});
  s.control({{"do", "add_folder"}, {"path", "inbox/\u00c4rger"}});
  s.deliver("one", "inbox/Projects/2026");
  auto found = std::get<std::vector<result<folder_state>>>(
      s.ask<folders_found>(find_folders{{"inbox/Projects/2026", "inbox", "inbox/Nothing", "inbox/\u00c4rger",
                                         "nosuchname", "public:/Sales", "deleteditems", "inbox/projects"}})
          .outcome);
  REQUIRE(found.size() == 8);
  auto& deep = std::get<folder_state>(found[0]);
  CHECK(deep.display_name == "2026");
  CHECK(deep.total == 1);
  CHECK(deep.unread == 1);
  CHECK_FALSE(deep.in_deleted_items);
  CHECK(std::get<folder_state>(found[1]).id == s.folder("inbox"));
  for (std::size_t missing : {2, 4}) {
    CHECK(std::get<failure>(found[missing]).code == "ErrorFolderNotFound");
    CHECK(std::get<failure>(found[missing]).reach == reach::folder);
  }
  CHECK(std::get<folder_state>(found[3]).display_name == "\u00c4rger");
  CHECK(std::get<failure>(found[5]).reach == reach::folder);
  CHECK(std::get<folder_state>(found[6]).in_deleted_items);
  CHECK(std::get<folder_state>(found[7]).id == deep.parent); // Exchange compares names without case
}

TEST_CASE("A folder of 1100 mails is listed in pages of at most 512, each mail once") {
  sim_stage s(both());
  s.control({{"do", "seed_messages"}, {"folder", "inbox"}, {"count", 1100}, {"seed", 1}});
  listing all(s, s.folder("inbox"));
  CHECK(all.pages == std::vector<std::size_t>{512, 512, 76});
  std::set<item_id> ids;
  std::map<std::string, json> by_id;
  for (auto& i : s.contents("inbox"))
    by_id[i.at("id")] = i;
  for (auto& c : all.changes) {
    auto& item = std::get<item_present>(c).item;
    ids.insert(item.id);
    auto& truth = by_id.at(item.id.value);
    CHECK(item.key.value == truth.at("change_key"));
    CHECK(item.subject == truth.at("subject"));
    CHECK(item.read == truth.at("read").get<bool>());
    CHECK(item.draft == truth.at("draft").get<bool>());
    CHECK(item.message_id.value == truth.at("message_id"));
    CHECK(item.search_key.value == truth.at("search_key"));
    CHECK(item.item_class_name == truth.at("class"));
    CHECK(item.mark.empty());
    CHECK(item.size > 0);
    CHECK(item.received.has_value());
  }
  CHECK(ids.size() == 1100);
  listing again(s, s.folder("inbox"), all.cursor);
  CHECK(again.changes.empty());
}

TEST_CASE("What users do is listed as what it is") {
  sim_stage s(both());
  s.control({{"do", "add_folder"}, {"path", "inbox/Projects"}});
  for (std::string subject : {"edited", "read", "moved", "deleted", "purged", "touched", "untouched"})
    s.deliver(subject);
  auto inbox = s.folder("inbox");
  listing first(s, inbox);
  auto at = [&](const std::string& subject) { return json{{"subject", subject}}; };
  s.control({{"do", "user_edit"}, {"item", at("edited")}, {"categories", {"Red"}}});
  s.control({{"do", "user_mark_read"}, {"item", at("read")}, {"read", true}});
  s.control({{"do", "user_move"}, {"item", at("moved")}, {"to", "inbox/Projects"}});
  s.control({{"do", "user_delete"}, {"item", at("deleted")}});
  s.control({{"do", "user_purge"}, {"item", at("purged")}});
  s.control({{"do", "touch_change_key"}, {"item", at("touched")}});
  s.deliver("new");
  listing then(s, inbox, first.cursor);
  REQUIRE(then.changes.size() == 7);
  std::set<item_id> left;
  for (auto& c : then.changes)
    if (auto* l = std::get_if<item_left>(&c)) left.insert(l->id);
  CHECK(left == std::set<item_id>{first.present("moved").id, first.present("deleted").id, first.present("purged").id});
  CHECK(then.present("edited").id == first.present("edited").id);
  CHECK(then.present("edited").key != first.present("edited").key);
  CHECK(then.present("touched").key != first.present("touched").key);
  CHECK(then.present("new").read == false);
  auto read = std::find_if(then.changes.begin(), then.changes.end(),
                           [](const change& c) { return std::holds_alternative<item_read_changed>(c); });
  REQUIRE(read != then.changes.end());
  CHECK(std::get<item_read_changed>(*read).id == first.present("read").id);
  CHECK(std::get<item_read_changed>(*read).read);
  // A move and a user's copy keep the search key; the id is another.
  listing projects(s, s.folder("inbox/Projects"));
  CHECK(projects.present("moved").search_key == first.present("moved").search_key);
  CHECK(projects.present("moved").id != first.present("moved").id);
}

TEST_CASE("A cursor that the server does not know is said so, and the folder can be listed anew") {
  sim_stage s(both());
  s.deliver("one");
  auto inbox = s.folder("inbox");
  listing first(s, inbox);
  s.control({{"do", "invalidate_sync_states"}});
  CHECK(std::holds_alternative<cursor_invalid>(s.ask<changes_listed>(list_changes{inbox, first.cursor}).outcome));
  CHECK(listing(s, inbox).changes.size() == 1);
  CHECK(std::holds_alternative<cursor_invalid>(s.ask<changes_listed>(list_changes{inbox, sync_cursor("?!")}).outcome));
}

TEST_CASE("A folder that is gone is a failure of the folder") {
  sim_stage s(both());
  s.control({{"do", "add_folder"}, {"path", "inbox/Projects"}});
  auto projects = s.folder("inbox/Projects");
  listing before(s, projects);
  s.control({{"do", "delete_folder"}, {"folder", "inbox/Projects"}});
  for (auto& cursor : {sync_cursor(), before.cursor}) {
    auto answer = s.ask<changes_listed>(list_changes{projects, cursor}).outcome;
    // Outlook puts a deleted folder into Deleted Items, where it can still be listed.
    if (auto* f = std::get_if<failure>(&answer)) CHECK(f->reach == reach::folder);
  }
}

TEST_CASE("Contents are read in the order asked for, as many as asked for, and say what is gone") {
  sim_stage s(both());
  std::vector<item_id> ids;
  for (int i = 0; i < 25; ++i)
    ids.push_back(s.deliver("mail " + std::to_string(i)));
  s.control({{"do", "user_purge"}, {"item", {{"subject", "mail 7"}}}});
  auto read = std::get<std::vector<content_outcome>>(s.ask<content_read>(read_content{ids}).outcome);
  REQUIRE(read.size() == 25);
  for (int i = 0; i < 25; ++i) {
    if (i == 7) {
      CHECK(std::holds_alternative<gone>(read[7]));
      continue;
    }
    auto& c = std::get<content>(read[i]);
    CHECK(value_of(c, field::subject) == "mail " + std::to_string(i));
    CHECK_THAT(value_of(c, field::body), Contains("about mail " + std::to_string(i)));
    CHECK_THAT(value_of(c, field::from), Contains("bob@elsewhere.example"));
    CHECK(c.read == false);
    CHECK_FALSE(c.draft);
    CHECK(c.key.value == s.item("mail " + std::to_string(i)).at("change_key"));
  }
}

TEST_CASE("The same mail has the same contents on both versions") {
  std::vector<std::vector<field_value>> seen;
  for (std::string server : {"old", "new"}) {
    sim_stage s(server);
    s.control({{"do", "seed_messages"}, {"folder", "inbox"}, {"count", 60}, {"seed", 7}});
    s.control({{"do", "user_edit"},
               {"item", {{"id", s.contents("inbox")[0].at("id")}}},
               {"categories", {"Blue", "a, b"}},
               {"importance", "High"},
               {"sensitivity", "Private"},
               {"flag", {{"status", "Flagged"}, {"start", "2026-02-01T00:00:00Z"}, {"due", "2026-02-02T00:00:00Z"}}}});
    std::vector<item_id> ids;
    for (auto& i : s.contents("inbox"))
      ids.emplace_back(i.at("id").get<std::string>());
    auto read = std::get<std::vector<content_outcome>>(s.ask<content_read>(read_content{ids}).outcome);
    std::size_t at = 0;
    for (auto& r : read) {
      // Sizes are the server's own; the mailbox's address differs by set-up.
      std::vector<field_value> fields;
      for (auto& f : std::get<content>(r).fields) {
        if (tells_of_attachments(f.field)) continue;
        for (std::size_t p; (p = f.value.find(server + ".example")) != std::string::npos;)
          f.value.replace(p, server.size() + 8, "here");
        fields.push_back(f);
      }
      if (server == "old")
        seen.push_back(std::move(fields));
      else {
        INFO(value_of(std::get<content>(r), field::subject));
        auto& before = seen.at(at);
        REQUIRE(fields.size() == before.size());
        for (std::size_t i = 0; i < fields.size(); ++i) {
          INFO("field " << static_cast<int>(fields[i].field));
          CHECK(fields[i].field == before[i].field);
          CHECK(fields[i].value == before[i].value);
        }
      }
      ++at;
    }
  }
}

TEST_CASE("A mail is fetched with its MIME, its times and what MIME does not hold") {
  sim_stage s(both());
  auto id = s.deliver("carried", "inbox", true);
  s.control({{"do", "user_edit"}, {"item", {{"subject", "carried"}}}, {"categories", {"Red"}}, {"importance", "High"}});
  auto all = std::get<std::vector<fetch_outcome>>(s.ask<items_fetched>(fetch_items{{id, id}}).outcome);
  REQUIRE(all.size() == 2);
  auto& f = std::get<fetched>(all[0]);
  CHECK(f.item.mime_base64 == std::get<fetched>(all[1]).item.mime_base64);
  CHECK(f.item.mime_base64.size() > 100);
  CHECK_FALSE(f.item.draft);
  CHECK(f.item.read == true);
  CHECK(f.item.item_class_name == "IPM.Note");
  CHECK(f.item.sent ==
        std::optional(utc_seconds(std::chrono::sys_days(std::chrono::January / 5 / 2026)) + std::chrono::hours(7)));
  CHECK(f.item.received.has_value());
  CHECK(f.at.key.value == s.item("carried").at("change_key"));
  CHECK(value_of(f.at, field::subject) == "carried");
  std::set<field> beside;
  for (auto& v : f.item.fields)
    beside.insert(v.field);
  CHECK(beside.contains(field::categories));
  CHECK(beside.contains(field::importance));
}

TEST_CASE("A version that is asked for is used; an unknown one is a clear failure") {
  sim_stage s("new");
  s.mailbox = s.spawn("Exchange2010_SP2");
  s.deliver("one");
  CHECK(listing(s, s.folder("inbox")).changes.size() == 1);
  sim_stage old("old");
  old.mailbox = old.spawn("Exchange2016");
  auto answer = old.ask<identified>(identify{}).outcome;
  REQUIRE(std::holds_alternative<failure>(answer));
  CHECK_THAT(std::get<failure>(answer).code, Contains("Version"));
}

TEST_CASE("A wrong password, an unknown mailbox and a missing right are failures of the account or mailbox") {
  auto name = both();
  {
    sim_stage s(name);
    s.mailbox = s.spawn("auto", "wrong");
    auto f = std::get<failure>(s.ask<identified>(identify{}).outcome);
    CHECK(f.code == "HTTP 401");
    CHECK(f.reach == reach::account);
    CHECK(f.retry == retry::after_change);
    CHECK_THAT(f.what, !Contains("wrong"));
    CHECK_FALSE(f.hint.empty());
  }
  {
    sim_stage s(name, mailbox_access::impersonation);
    s.control({{"do", "deny"}, {"account", "service@" + name + ".example"}});
    auto f = std::get<failure>(s.ask<identified>(identify{}).outcome);
    CHECK(f.code == "ErrorImpersonateUserDenied");
    CHECK((f.reach == reach::mailbox || f.reach == reach::account));
    CHECK_FALSE(f.hint.empty());
  }
}
