#include "actors/ews/server_probe.hpp"
#include "tests/mailbox_sim/sim_stage.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <set>

using namespace exsyncd;
using namespace tests;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

std::string either() {
  return GENERATE(as<std::string>{}, "old", "new");
}

/// A service account that has rights on folders of ann's mailbox.
struct delegate_stage : sim_stage {
  explicit delegate_stage(const std::string& server) : sim_stage(server, mailbox_access::delegate) {
    for (const char* of : {"inbox", "deleteditems"})
      grant(of);
    inbox = folder("inbox");
  }
  std::string service() const { return "service@" + server + ".example"; }
  void grant(const std::string& folder, const std::string& level = "Owner") {
    control({{"do", "set_permission"}, {"folder", folder}, {"account", service()}, {"level", level}});
  }
  std::variant<change_page, cursor_invalid, failure> list() {
    return ask<changes_listed>(list_changes{inbox, cursor}).outcome;
  }
  /// All pages from where the last listing ended.
  std::vector<change> listed() {
    std::vector<change> all;
    doubted = 0;
    for (bool last = false; !last;) {
      auto page = std::get<change_page>(list());
      for (auto& c : page.changes)
        all.push_back(std::move(c));
      cursor = page.cursor;
      last = page.last;
      doubted += page.doubted;
      hidden = page.hidden;
    }
    return all;
  }
  folder_id inbox;
  sync_cursor cursor;
  std::uint32_t doubted = 0;
  std::optional<std::uint32_t> hidden;
};

std::size_t left(const std::vector<change>& changes) {
  return std::count_if(changes.begin(), changes.end(), [](auto& c) { return std::holds_alternative<item_left>(c); });
}
std::set<std::string> present(const std::vector<change>& changes) {
  std::set<std::string> out;
  for (auto& c : changes)
    if (auto* p = std::get_if<item_present>(&c)) out.insert(p->item.subject);
  return out;
}

const probe_step& step(const server_probed& told, const std::string& name) {
  for (auto& s : told.steps)
    if (s.name == name) return s;
  throw std::runtime_error("no step " + name);
}

} // namespace

TEST_CASE("By rights on folders a mailbox is known, listed, written and cleared") {
  delegate_stage s(either());
  CHECK_FALSE(std::get<mailbox_identity>(s.ask<identified>(identify{}).outcome).empty());
  auto mail = s.deliver("one");
  CHECK(present(s.listed()) == std::set<std::string>{"one"});
  CHECK(std::holds_alternative<written>(s.write(remove_items{{mail}})));
  CHECK(s.contents("inbox").empty());
  CHECK(s.contents("deleteditems").size() == 1);
  CHECK(left(s.listed()) == 1);
  CHECK(s.doubted == 0);
  CHECK(s.mails_out() == 0);
}

TEST_CASE("By rights on folders too, what a completed series of tasks splits off goes to Deleted Items") {
  delegate_stage s(either());
  s.grant("tasks");
  carried_item task;
  task.item_class = item_class::task;
  task.fields = {{field::subject, "daily"},
                 {field::recurrence, "Daily\nInterval=1\nRange=NoEnd\nStartDate=2026-01-05"}};
  const auto made = std::get<written>(s.write(create_items{s.folder("tasks"), {{task, operation_mark("p/1/2")}}}));
  update_item done{made.id, made.key, {{field::progress, "Status=Completed\nCompleteDate=2026-01-05"}}};
  done.item_class = item_class::task;
  const auto next = std::get<written>(s.write(update_items{{done}}));
  CHECK(next.id == made.id);
  CHECK(s.contents("tasks").size() == 1);
  CHECK(s.contents("deleteditems").size() == 1);
}

TEST_CASE("Who does not own a folder writes no lease at it, and is told so before it is tried") {
  delegate_stage s(either());
  const auto inbox = [&] {
    auto found = s.ask<folders_found>(find_folders{{"inbox"}});
    return std::get<folder_state>(std::get<0>(found.outcome).at(0));
  };
  const auto write = [&](const folder_state& at) {
    return s.ask<leases_written>(write_leases{{{at.id, at.key, at.folder_class, "text"}}}).outcomes.at(0);
  };
  s.grant("inbox", "Editor");
  const auto before = inbox();
  REQUIRE(before.rights);
  CHECK_FALSE(before.rights->modify);
  const auto refused = write(before);
  REQUIRE(std::holds_alternative<not_done>(refused));
  CHECK(std::get<not_done>(refused).why.retry != retry::later);
  s.grant("inbox", "Owner");
  CHECK(inbox().rights->modify);
  CHECK(std::holds_alternative<folder_state>(write(inbox())));
}

TEST_CASE("A user's private items are hidden and counted, and one that becomes private is not taken for deleted") {
  delegate_stage s(either());
  s.deliver("open");
  s.deliver("turns");
  CHECK(s.listed().size() == 2);
  CHECK(s.hidden == 0u);
  s.control({{"do", "user_edit"}, {"item", {{"subject", "turns"}}}, {"sensitivity", "Private"}});
  CHECK(left(s.listed()) == 0);
  CHECK(s.doubted == 1);
  CHECK(s.hidden == 1u);
  s.control({{"do", "user_delete"}, {"item", {{"subject", "open"}}}});
  CHECK(left(s.listed()) == 1);
  CHECK(s.hidden == 1u);
  // With the right they come, without having changed; when it goes, none is taken for deleted.
  s.control({{"do", "set_access"}, {"account", s.service()}, {"view_private", true}});
  CHECK(present(s.listed()) == std::set<std::string>{"turns"});
  CHECK(s.hidden == 0u);
  s.control({{"do", "set_access"}, {"account", s.service()}, {"view_private", false}});
  s.control({{"do", "user_edit"}, {"item", {{"subject", "turns"}}}, {"categories", {"Red"}}});
  CHECK(left(s.listed()) == 0);
}

TEST_CASE("A folder that may not be read any more fails, and its list goes on from where it was") {
  delegate_stage s(either());
  s.deliver("one");
  s.deliver("two");
  s.listed();
  s.grant("inbox", "None");
  s.control({{"do", "user_delete"}, {"item", {{"subject", "one"}}}});
  auto why = std::get<failure>(s.list());
  CHECK(why.reach == reach::folder);
  CHECK_THAT(why.hint, Contains("owner"));
  s.grant("inbox");
  CHECK(left(s.listed()) == 1);
}

TEST_CASE("Without a right to Deleted Items nothing is removed, and it is said what is missing") {
  delegate_stage s(either());
  s.grant("deleteditems", "None");
  auto mail = s.deliver("one");
  auto why = std::get<not_done>(s.write(remove_items{{mail}})).why;
  CHECK_THAT(why.hint, Contains("Deleted Items"));
  CHECK(s.contents("inbox").size() == 1);
}

TEST_CASE("A server is tested right by right") {
  auto server = either();
  for (auto access : {mailbox_access::direct, mailbox_access::impersonation, mailbox_access::delegate}) {
    sim_stage s(server, access);
    mailbox_options o;
    o.url = "https://" + server + "/EWS/Exchange.asmx";
    o.address = "ann@" + server + ".example";
    o.access = access;
    o.who = {(access == mailbox_access::direct ? "ann@" : "service@") + server + ".example", "secret",
             http::auth_kind::basic};
    o.gateway = s.gateway;
    auto prober = s.on_stage(spawn_prober(s.system, std::move(o)));
    const auto probe = [&] { return s.ask_of<server_probed>(prober, probe_server{}); };
    auto told = probe();
    CHECK(step(told, "login").came == probe_step::outcome::ok);
    CHECK(told.product == (server == "old" ? "Exchange Server 2010" : "Exchange Server Subscription Edition"));
    if (access != mailbox_access::delegate) {
      for (auto& one : told.steps) {
        INFO(one.name << ": " << one.text);
        CHECK((one.came == probe_step::outcome::ok || one.name == "public folders"));
      }
      continue;
    }
    CHECK(step(told, "mailbox").came == probe_step::outcome::failed);
    s.control({{"do", "set_permission"},
               {"folder", "inbox"},
               {"account", "service@" + server + ".example"},
               {"level", "Owner"}});
    told = probe();
    CHECK(step(told, "mailbox").came == probe_step::outcome::ok);
    CHECK(step(told, "folder inbox").came == probe_step::outcome::ok);
    CHECK(step(told, "folder calendar").came == probe_step::outcome::failed);
    CHECK(step(told, "private items").came == probe_step::outcome::warning);
  }
}

TEST_CASE("A public folder is found, listed whole, written and cleared") {
  auto server = either();
  sim_stage s(server, mailbox_access::impersonation);
  const auto there = [&](json command) {
    command["server"] = server;
    command["mailbox"] = "publicfolders";
    auto answer = s.world->control(command);
    INFO(command.dump() << ": " << answer.dump());
    REQUIRE_FALSE(answer.contains("error"));
    return answer;
  };
  REQUIRE_FALSE(s.world->control({{"do", "add_public_folders"}, {"server", server}, {"everybody", "Contributor"}})
                    .contains("error"));
  const std::string sales = "publicfoldersroot/Sales";
  there({{"do", "add_folder"}, {"path", sales}});
  there(
      {{"do", "set_permission"}, {"folder", sales}, {"account", "service@" + server + ".example"}, {"level", "Owner"}});
  for (const char* subject : {"a", "b", "c"})
    there({{"do", "add_message"}, {"folder", sales}, {"mime", std::string("Subject: ") + subject + "\r\n\r\nx\r\n"}});
  const auto folder = s.folder("public:/Sales");
  CHECK(folder.value.starts_with("public:"));
  sync_cursor cursor;
  const auto list = [&] {
    auto page = std::get<change_page>(s.ask<changes_listed>(list_changes{folder, cursor}).outcome);
    cursor = page.cursor;
    return page;
  };
  auto page = list();
  CHECK(page.last);
  REQUIRE(page.pass);
  CHECK(page.pass->first);
  CHECK(page.pass->whole);
  CHECK(present(page.changes) == std::set<std::string>{"a", "b", "c"});
  item_id a;
  for (auto& c : page.changes) {
    auto& item = std::get<item_present>(c).item;
    CHECK_FALSE(item.read);
    if (item.subject == "a") a = item.id;
  }
  auto read = std::get<0>(s.ask<content_read>(read_content{{a}}).outcome);
  CHECK_FALSE(std::get<content>(read.at(0)).read);
  CHECK(std::holds_alternative<written>(s.write(remove_items{{a}})));
  CHECK(present(list().changes) == std::set<std::string>{"b", "c"});
  auto tree = std::get<0>(s.ask<folders_listed>(list_folders{"public:/"}).outcome);
  REQUIRE(tree.size() == 1);
  CHECK(tree[0].path == "public:/Sales");
  CHECK(tree[0].state.total == 2);
}
