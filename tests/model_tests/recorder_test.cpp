// The history is what users and requests really did, by exchange-sim's own account.
#include "tests/exchange_sim/faults.hpp"
#include "tests/exchange_sim/world.hpp"
#include "tests/simulate/model/recorder.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <random>

using namespace simulate::model;
using nlohmann::json;

namespace {

exchange_sim::item_locator by_id(const std::string& id) {
  return {id, {}, {}, {}};
}

/// One server with the mailbox ann, and whoever writes its history.
struct watched_world {
  exchange_sim::sys_time now{std::chrono::milliseconds(1'767'600'000'000)};
  recorder seen;
  std::unique_ptr<exchange_sim::world> sim;
  exchange_sim::mailbox_ref ann{"new", "ann@new.example"};

  watched_world() {
    exchange_sim::world_options options;
    options.now = [this] { return now; };
    options.random = [numbers = std::mt19937_64(7)]() mutable { return numbers(); };
    options.watcher = &seen;
    sim = std::make_unique<exchange_sim::world>(std::move(options));
    sim->add_server({"new", "ExchangeSE"});
    sim->add_mailbox({"new", "ann@new.example", "Ann", "secret", {}, {}});
    sim->add_folder(ann, "inbox/Projects", "IPF.Note");
  }

  std::string deliver(const std::string& subject, const std::string& body) {
    exchange_sim::delivered_message mail;
    mail.folder = "inbox";
    mail.mime = "From: bob@x.example\r\nTo: ann@new.example\r\nSubject: " + subject + "\r\nMessage-ID: <" + subject +
                "@x>\r\n\r\n" + body + "\r\n";
    auto made = sim->add_message(ann, mail);
    return std::get<std::string>(made);
  }

  exchange_sim::http_response post(const std::string& operation) {
    exchange_sim::http_request request{
        "new",
        "POST",
        "/EWS/Exchange.asmx",
        {{"Authorization", "Basic YW5uQG5ldy5leGFtcGxlOnNlY3JldA=="}},
        R"(<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" )"
        R"(xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" )"
        R"(xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><soap:Header>)"
        R"(<t:RequestServerVersion Version="V2017_07_11"/></soap:Header><soap:Body>)" +
            operation + "</soap:Body></soap:Envelope>"};
    return sim->handle(request);
  }

  const step& last() { return seen.so_far().steps.back(); }
};

std::string get_item(const std::string& id) {
  return "<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ItemIds><t:ItemId Id=\"" + id +
         "\"/></m:ItemIds></m:GetItem>";
}

const std::string listing =
    "<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId>"
    "<t:DistinguishedFolderId Id=\"inbox\"/></m:SyncFolderId><m:MaxChangesReturned>100</m:MaxChangesReturned>"
    "</m:SyncFolderItems>";

/// The same, of the folder by its id.
std::string listing_by_id(watched_world& w) {
  const auto shown = w.post("<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>"
                            "<t:DistinguishedFolderId Id=\"inbox\"/></m:FolderIds></m:GetFolder>")
                         .body;
  const auto from = shown.find("FolderId Id=\"") + 13;
  auto list = listing;
  const std::string named = "<t:DistinguishedFolderId Id=\"inbox\"/>";
  list.replace(list.find(named), named.size(),
               "<t:FolderId Id=\"" + shown.substr(from, shown.find('"', from) - from) + "\"/>");
  return list;
}

const std::string create =
    "<m:CreateItem MessageDisposition=\"SaveOnly\"><m:SavedItemFolderId><t:DistinguishedFolderId Id=\"inbox\"/>"
    "</m:SavedItemFolderId><m:Items><t:Message><t:Subject>Copied</t:Subject><t:Body BodyType=\"Text\">label-4 text"
    "</t:Body></t:Message></m:Items></m:CreateItem>";

} // namespace

TEST_CASE("an item keeps its number and its label through edits and moves, and a copy is another one") {
  watched_world w;
  auto id = w.deliver("Lunch", "at noon, label-17");
  REQUIRE(w.last().effects.size() == 1);
  auto lunch = w.last().effects[0].item;
  CHECK(w.last().effects[0].made());
  CHECK(w.last().by == step::who::user);
  CHECK(w.seen.label_of(id) == "label-17");

  exchange_sim::item_edit edit;
  edit.subject = "Lunch?";
  w.sim->user_edit(w.ann, by_id(id), edit);
  CHECK(w.last().effects.at(0).item == lunch);
  CHECK(w.last().effects[0].content_changed());
  CHECK(w.last().effects[0].before->says->at("/subject") == "\"Lunch\"");
  CHECK(w.last().effects[0].after->says->at("/subject") == "\"Lunch?\"");

  auto moved = std::get<std::string>(w.sim->user_move(w.ann, by_id(id), "inbox/Projects"));
  CHECK(w.last().effects.at(0).item == lunch);
  CHECK(w.last().effects[0].moved());
  CHECK_FALSE(w.last().effects[0].content_changed());
  CHECK(w.last().effects[0].after->place == "inbox/Projects");
  CHECK(w.seen.label_of(moved) == "label-17");

  w.sim->user_mark_read(w.ann, by_id(moved), true);
  CHECK(w.last().effects.at(0).read_changed());
  CHECK(w.last().act == "user_mark_read");

  w.sim->user_copy(w.ann, by_id(moved), "inbox");
  CHECK(w.last().effects.at(0).item != lunch);
  CHECK(w.last().effects[0].copy_of == lunch);
  CHECK(w.last().effects[0].after->label == "label-17");

  w.sim->user_purge(w.ann, by_id(moved));
  CHECK(w.last().effects.at(0).item == lunch);
  CHECK(w.last().effects[0].gone());
  CHECK(w.seen.contents_now().size() == 1);
}

TEST_CASE("a touch that changes nothing is no step, and a mailbox made anew keeps its items") {
  watched_world w;
  auto id = w.deliver("Lunch", "label-1");
  auto steps = w.seen.so_far().steps.size();
  w.sim->touch_change_key(w.ann, by_id(id));
  CHECK(w.last().effects.empty());
  CHECK(w.seen.so_far().steps.size() == steps + 1);
  CHECK(w.last().by == step::who::server);
  w.sim->recreate_mailbox(w.ann);
  REQUIRE(w.seen.contents_now().size() == 1);
  CHECK(w.seen.contents_now()[0].item == w.seen.so_far().ids.at(id));
  CHECK(w.last().by == step::who::server);
  w.sim->recreate_folder(w.ann, "inbox");
  REQUIRE(w.seen.contents_now().size() == 1);
  CHECK(w.seen.contents_now()[0].is.place == "inbox");
}

TEST_CASE("a renamed folder moves what lies in it") {
  watched_world w;
  auto id = w.deliver("Lunch", "label-1");
  w.sim->user_move(w.ann, by_id(id), "inbox/Projects");
  w.sim->user_rename_folder(w.ann, "inbox/Projects", "Plans");
  CHECK(w.last().effects.at(0).after->place == "inbox/Plans");
}

TEST_CASE("a request is a step of the daemon with what it listed and read") {
  watched_world w;
  auto id = w.deliver("Lunch", "label-1");
  w.post(listing);
  CHECK(w.last().by == step::who::daemon);
  CHECK(w.last().act == "SyncFolderItems");
  REQUIRE(w.last().told.size() == 1);
  CHECK(w.last().told[0].as == told::how::listed);
  w.post(get_item(id));
  REQUIRE(w.last().told.size() == 1);
  CHECK(w.last().told[0].as == told::how::read);
  CHECK(w.last().told[0].version == 1);
  CHECK(w.last().answered);
  w.post(create);
  CHECK(w.last().by == step::who::daemon);
  REQUIRE(w.last().effects.size() == 1);
  CHECK(w.last().effects[0].after->label == "label-4");
}

TEST_CASE("an item that the daemon writes over with another one is gone, and the other one is there") {
  watched_world w;
  auto id = w.deliver("Lunch", "label-1");
  auto lunch = w.last().effects.at(0).item;
  const auto shown = w.post(get_item(id)).body;
  const auto from = shown.find("ChangeKey=\"") + 11;
  const auto key = shown.substr(from, shown.find('"', from) - from);
  w.post(
      "<m:UpdateItem ConflictResolution=\"AlwaysOverwrite\" "
      "MessageDisposition=\"SaveOnly\"><m:ItemChanges><t:ItemChange>"
      "<t:ItemId Id=\"" +
      id + "\" ChangeKey=\"" + key +
      "\"/><t:Updates><t:SetItemField><t:FieldURI FieldURI=\"item:Body\"/><t:Message><t:Body BodyType=\"Text\">label-2 "
      "text</t:Body></t:Message></t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>");
  REQUIRE(w.last().effects.size() == 2);
  CHECK(w.last().effects[0].item == lunch);
  CHECK(w.last().effects[0].gone());
  CHECK(w.last().effects[1].made());
  CHECK(w.last().effects[1].after->label == "label-2");
  REQUIRE(w.seen.contents_now().size() == 1);
  CHECK(w.seen.label_of(id) == "label-2");
  // What is said of the id may be said of either.
  CHECK(w.seen.so_far().written_over.at(w.last().effects[1].item) == lunch);
  // A user who changes the label has not made another item.
  exchange_sim::item_edit edit;
  edit.body = "label-3";
  w.sim->user_edit(w.ann, by_id(id), edit);
  CHECK(w.last().effects.size() == 1);
}

TEST_CASE("an answer that did not arrive whole is no answer, and a late commit is a step of its own time") {
  watched_world w;
  w.sim->faults().add({{"what", "close_after_acting"}});
  w.post(create);
  CHECK(w.last().effects.size() == 1);
  CHECK_FALSE(w.last().answered);
  w.sim->faults().add({{"what", "truncated_data"}});
  w.post(create);
  CHECK_FALSE(w.last().answered);
  w.sim->faults().add({{"what", "close_before_acting"}});
  auto steps = w.seen.so_far().steps.size();
  w.post(create);
  CHECK(w.seen.so_far().steps.size() == steps);
  w.sim->faults().add({{"what", "commit_later"}});
  w.post(create);
  CHECK(w.seen.so_far().steps.size() == steps);
  w.deliver("Lunch", "label-1");
  const auto asked = w.now;
  w.now += std::chrono::seconds(60);
  w.sim->faults().commit_now();
  CHECK(w.seen.so_far().steps.size() == steps + 2);
  CHECK(w.last().by == step::who::daemon);
  CHECK_FALSE(w.last().answered);
  CHECK(w.last().asked == asked);
  CHECK(w.last().at == w.now);
}

TEST_CASE("an answer that comes when nobody waits any more is none") {
  watched_world w;
  const auto list = listing_by_id(w);
  w.post(create);
  w.post(list);
  const auto steps = w.seen.so_far().steps.size(), lists = w.seen.so_far().listings.size();
  w.post(create);
  w.post(list);
  w.seen.answer_came_too_late(steps, lists);
  const auto& all = w.seen.so_far();
  CHECK(all.steps[steps - 1].answered);
  CHECK_FALSE(all.steps[steps].answered);
  CHECK(all.listings[lists - 1].came);
  CHECK_FALSE(all.listings[lists].came);
}

TEST_CASE("which items were to be removed without an answer is noted by their numbers") {
  watched_world w;
  const auto id = w.deliver("Lunch", "label-1");
  w.seen.removal_unanswered({"nothing", id});
  w.seen.removal_unanswered({"nothing"});
  const auto& all = w.seen.so_far();
  REQUIRE(all.removals.size() == 1);
  CHECK(all.removals[0].after == all.steps.size());
  CHECK(all.removals[0].items == std::vector{all.ids.at(id)});
}

TEST_CASE("every list that is asked for is noted with its folder, and whether it came; one of a dry run is not") {
  watched_world w;
  const auto list = listing_by_id(w);
  const auto steps = w.seen.so_far().steps.size();
  auto came = [&](const char* fault) {
    nlohmann::json record{{"what", fault}, {"next", 1}};
    if (std::string_view(fault) == "response_error") record["code"] = "ErrorServerBusy";
    if (*fault != 0) w.sim->faults().add(record);
    w.post(list);
    const auto& last = w.seen.so_far().listings.back();
    CHECK(last.place == "inbox");
    CHECK(last.mailbox == "new/ann@new.example");
    return last.came;
  };
  CHECK(came(""));
  CHECK_FALSE(came("response_error"));
  CHECK_FALSE(came("close_before_acting"));
  CHECK_FALSE(came("close_after_acting"));
  CHECK(came(""));
  CHECK(w.seen.so_far().listings.size() == 5);
  // What told of nothing is no step.
  CHECK(w.seen.so_far().steps.size() == steps);
  w.seen.administrator(w.now, act::rehearsal);
  w.post(list);
  CHECK(w.seen.so_far().listings.size() == 5);
}

TEST_CASE("first contents are nobody's act, and what an administrator does is noted where it happened") {
  watched_world w;
  w.seen.setting_up(true);
  w.deliver("Lunch", "label-1");
  CHECK(w.last().by == step::who::transport);
  w.seen.setting_up(false);
  w.seen.administrator(w.now, act::state_lost, "jane");
  CHECK(w.last().by == step::who::administrator);
  CHECK(w.last().number == w.seen.so_far().steps.size());
}

TEST_CASE("a mail without a Message-ID or a sender has none, and not an empty one that others have as well") {
  for (bool has : {true, false}) {
    const auto says = comparable({{"draft", false}, {"message_id", has ? "1@x" : ""}, {"from", has ? "a@x" : ""}});
    CHECK(says.contains("/message_id") == has);
    CHECK(says.contains("/from") == has);
    CHECK(says.contains("/draft"));
  }
}
