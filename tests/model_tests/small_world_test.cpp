// A whole small world, from exchange-sim's servers of two versions through the recorder to the judge: what a client
// does rightly is right, and what it leaves undone is seen. The client here is written by hand, request by request.
#include "tests/exchange_sim/world.hpp"
#include "tests/simulate/model/judge.hpp"
#include "tests/simulate/model/recorder.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <random>

using namespace simulate::model;
using nlohmann::json;

namespace {

std::string between(const std::string& text, const std::string& before, const std::string& after) {
  auto at = text.find(before);
  if (at == text.npos) return {};
  at += before.size();
  return text.substr(at, text.find(after, at) - at);
}

struct small_world {
  exchange_sim::sys_time now{std::chrono::milliseconds(1'767'600'000'000)};
  recorder seen;
  std::unique_ptr<exchange_sim::world> sim;
  settings given;

  small_world() {
    exchange_sim::world_options options;
    options.now = [this] { return now; };
    options.random = [numbers = std::mt19937_64(7)]() mutable { return numbers(); };
    options.watcher = &seen;
    sim = std::make_unique<exchange_sim::world>(std::move(options));
    add("hq", "Exchange2010_SP2");
    add("branch", "ExchangeSE");
    pair_settings jane;
    jane.name = "jane";
    jane.primary = mailbox_name("hq", "jane@hq.example");
    jane.replica = mailbox_name("branch", "Jane@branch.example");
    for (const char* name : {"inbox", "contacts"}) {
      folder_pair one;
      one.name = one.primary = one.replica = name;
      jane.folders.push_back(one);
    }
    given.pairs.push_back(jane);
  }

  void add(const std::string& server, const std::string& version) {
    sim->add_server({server, version});
    sim->add_mailbox({server, "jane@" + server + ".example", "Jane", "secret", {}, {}});
  }

  std::string control(const std::string& server, json command) {
    command["mailbox"] = "jane@" + server + ".example";
    auto answer = sim->control(command);
    INFO(answer.dump());
    REQUIRE_FALSE(answer.contains("error"));
    return answer.value("id", "");
  }

  std::string post(const std::string& server, const std::string& operation) {
    // "jane@hq.example:secret", "jane@branch.example:secret"
    auto who = server == "hq" ? "amFuZUBocS5leGFtcGxlOnNlY3JldA==" : "amFuZUBicmFuY2guZXhhbXBsZTpzZWNyZXQ=";
    auto version = server == "hq" ? "Exchange2010_SP2" : "V2017_07_11";
    exchange_sim::http_request request{server,
                                       "POST",
                                       "/EWS/Exchange.asmx",
                                       {{"Authorization", std::string("Basic ") + who}},
                                       R"(<?xml version="1.0"?><soap:Envelope )"
                                       R"(xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" )"
                                       R"(xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" )"
                                       R"(xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types">)"
                                       R"(<soap:Header><t:RequestServerVersion Version=")" +
                                           std::string(version) + R"("/></soap:Header><soap:Body>)" + operation +
                                           "</soap:Body></soap:Envelope>"};
    auto answer = sim->handle(request).body;
    INFO(answer);
    REQUIRE(answer.find("ResponseClass=\"Success\"") != answer.npos);
    return answer;
  }

  std::string read(const std::string& server, const std::string& id) {
    return post(server, "<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape><t:IncludeMimeContent>true"
                        "</t:IncludeMimeContent></m:ItemShape><m:ItemIds><t:ItemId Id=\"" +
                            id + "\"/></m:ItemIds></m:GetItem>");
  }

  void list(const std::string& server) {
    post(server, "<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId>"
                 "<t:DistinguishedFolderId Id=\"inbox\"/></m:SyncFolderId><m:MaxChangesReturned>100"
                 "</m:MaxChangesReturned></m:SyncFolderItems>");
  }

  /// What a right client does for a new mail of hq's; answers the twin's id.
  std::string carry(const std::string& id) {
    list("hq");
    auto mail = read("hq", id);
    auto property = [](const std::string& tag, const std::string& type, const std::string& value) {
      return "<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag=\"" + tag + "\" PropertyType=\"" + type +
             "\"/><t:Value>" + value + "</t:Value></t:ExtendedProperty>";
    };
    auto mime = between(mail, "CharacterSet=\"UTF-8\">", "<");
    auto made =
        post("branch", "<m:CreateItem MessageDisposition=\"SaveOnly\"><m:SavedItemFolderId><t:DistinguishedFolderId "
                       "Id=\"inbox\"/></m:SavedItemFolderId><m:Items><t:Message><t:MimeContent>" +
                           mime + "</t:MimeContent>" +
                           property("0x0E07", "Integer", mail.find("<t:IsRead>true") != mail.npos ? "1" : "0") +
                           property("0x0E06", "SystemTime", between(mail, "<t:DateTimeReceived>", "<")) +
                           property("0x0039", "SystemTime", between(mail, "<t:DateTimeSent>", "<")) +
                           "</t:Message></m:Items></m:CreateItem>");
    return between(made, "<t:ItemId Id=\"", "\"");
  }

  void write_subject(const std::string& server, const std::string& id, const std::string& subject) {
    auto key = between(read(server, id), "ChangeKey=\"", "\"");
    post(server, "<m:UpdateItem MessageDisposition=\"SaveOnly\" ConflictResolution=\"NeverOverwrite\"><m:ItemChanges>"
                 "<t:ItemChange><t:ItemId Id=\"" +
                     id + "\" ChangeKey=\"" + key +
                     "\"/><t:Updates><t:SetItemField><t:FieldURI FieldURI=\"item:Subject\"/><t:Message><t:Subject>" +
                     subject +
                     "</t:Subject></t:Message></t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges>"
                     "</m:UpdateItem>");
  }

  std::string verdict(const statement& said = {}) {
    std::string out;
    for (const auto& one : judge(given, seen.so_far(), seen.contents_now(), said))
      out += std::string(name_of(one.broken)) + ": " + one.text + "\n";
    return out;
  }

  std::string deliver(const std::string& label) {
    return control("hq", {{"do", "add_message"},
                          {"folder", "inbox"},
                          {"read", true},
                          {"mime", "From: Bob <bob@x.example>\r\nTo: jane@hq.example\r\nCc: sue@x.example\r\nSubject: "
                                   "Lunch\r\nMessage-ID: <" +
                                       label +
                                       "@x.example>\r\nDate: Mon, 05 Jan 2026 08:00:00 +0000\r\nMIME-Version: 1.0\r\n"
                                       "Content-Type: text/plain; charset=utf-8\r\n\r\nAt noon. " +
                                       label + "\r\n"}});
  }
};

} // namespace

TEST_CASE("a mail that a client carries between servers of two versions is the same on both") {
  small_world w;
  auto id = w.deliver("label-1");
  CHECK(w.verdict().find("missing: label-1") == 0);
  auto twin = w.carry(id);
  CHECK(w.verdict() == "");
  INFO(story(w.seen.so_far(), "label-1"));

  w.control("branch", {{"do", "user_edit"}, {"item", twin}, {"subject", "Dinner"}});
  CHECK(w.verdict().find("contents: label-1: /subject is \"Lunch\" at the primary and \"Dinner\"") == 0);
  w.list("branch");
  w.read("branch", twin);
  w.write_subject("hq", id, "Dinner");
  CHECK(w.verdict() == "");

  w.control("hq", {{"do", "user_edit"}, {"item", id}, {"subject", "Breakfast"}});
  w.control("branch", {{"do", "user_edit"}, {"item", twin}, {"subject", "Supper"}});
  w.write_subject("branch", twin, "Breakfast");
  CHECK(w.verdict().find("unlisted loss: label-1") == 0);
  statement said;
  said.conflicts.push_back({"jane", {{twin}, ""}});
  CHECK(w.verdict(said) == "");

  w.control("hq", {{"do", "user_delete"}, {"item", id}});
  CHECK(w.verdict(said).find("came back: label-1") == 0);
  w.post("branch", "<m:DeleteItem DeleteType=\"MoveToDeletedItems\" SuppressReadReceipts=\"true\"><m:ItemIds><t:ItemId "
                   "Id=\"" +
                       twin + "\"/></m:ItemIds></m:DeleteItem>");
  CHECK(w.verdict(said) == "");
}

TEST_CASE("a mailbox whose ids are all new is judged by its items, and a client that carries them anew doubles them") {
  small_world w;
  auto id = w.deliver("label-1");
  auto twin = w.carry(id);
  w.control("branch", {{"do", "recreate_mailbox"}});
  CHECK(w.verdict() == "");
  w.carry(id);
  CHECK(w.verdict().find("doubled: label-1") == 0);
}

TEST_CASE("a request that mails somebody is seen") {
  small_world w;
  w.post("branch",
         "<m:CreateItem MessageDisposition=\"SendAndSaveCopy\"><m:Items><t:Message><t:Subject>Hello</t:Subject>"
         "<t:Body BodyType=\"Text\">label-9</t:Body><t:ToRecipients><t:Mailbox><t:EmailAddress>bob@x.example"
         "</t:EmailAddress></t:Mailbox></t:ToRecipients></t:Message></m:Items></m:CreateItem>");
  CHECK(w.verdict().find("mailed: ") == 0);
}
