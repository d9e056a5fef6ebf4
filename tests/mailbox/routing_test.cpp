#include "actors/ews/public_routing.hpp"
#include "tests/mailbox/scripted_server.hpp"

#include <map>

using namespace exsyncd;
using namespace tests;

namespace {

const std::string tree = "11111111-1111-1111-1111-111111111111", apart = "22222222-2222-2222-2222-222222222222",
                  elsewhere = "33333333-3333-3333-3333-333333333333";
// PR_REPLICA_LIST: the GUID in ASCII and a zero, in base64.
const std::map<std::string, std::string> replica_lists{
    {tree, "MTExMTExMTEtMTExMS0xMTExLTExMTEtMTExMTExMTExMTExAA=="},
    {apart, "MjIyMjIyMjItMjIyMi0yMjIyLTIyMjItMjIyMjIyMjIyMjIyAA=="},
    {elsewhere, "MzMzMzMzMzMtMzMzMy0zMzMzLTMzMzMtMzMzMzMzMzMzMzMzAA=="}};

std::string setting(const std::string& name, const std::string& value) {
  return "<UserSetting><Name>" + name + "</Name><Value>" + value + "</Value></UserSetting>";
}
http::in_process_answer soap(const std::string& settings) {
  return {200,
          {},
          "<s:Envelope xmlns:s='s'><s:Body><GetUserSettingsResponseMessage><Response><ErrorCode>NoError</ErrorCode>"
          "<UserResponses><UserResponse><ErrorCode>NoError</ErrorCode><UserSettings>" +
              settings +
              "</UserSettings></UserResponse></UserResponses></Response></GetUserSettingsResponseMessage>"
              "</s:Body></s:Envelope>",
          {},
          {}};
}
http::in_process_answer pox(const std::string& address) {
  return {200,
          {},
          "<Autodiscover><Response><User><AutoDiscoverSMTPAddress>" + address +
              "</AutoDiscoverSMTPAddress></User><Account><Action>settings</Action></Account></Response></Autodiscover>",
          {},
          {}};
}

std::string public_folder(const std::string& id, const std::string& name, const std::string& content) {
  return "<t:Folder><t:FolderId Id='" + id + "' ChangeKey='k'/><t:DisplayName>" + name +
         "</t:DisplayName><t:ExtendedProperty><t:ExtendedFieldURI PropertyTag='0x6698' "
         "PropertyType='Binary'/><t:Value>" +
         replica_lists.at(content) + "</t:Value></t:ExtendedProperty></t:Folder>";
}
scripted root() {
  return answers("GetFolder", {success("<m:Folders>" + public_folder("pub", "", tree) + "</m:Folders>")});
}
scripted level(const std::string& folders) {
  return answers("FindFolder", {success("<m:RootFolder IncludesLastItemInRange='true'><t:Folders>" + folders +
                                        "</t:Folders></m:RootFolder>")});
}
scripted items(const std::vector<std::string>& ids) {
  std::string all;
  for (const auto& id : ids)
    all += "<t:Message><t:ItemId Id='" + id + "' ChangeKey='k'/></t:Message>";
  return answers("FindItem",
                 {success("<m:RootFolder TotalItemsInView='" + std::to_string(ids.size()) +
                          "' IncludesLastItemInRange='true'><t:Items>" + all + "</t:Items></m:RootFolder>")});
}
scripted wrong_mailbox(const std::string& operation) {
  return answers(operation, {error("ErrorPublicFolderOperationFailed")});
}

/// A mailbox before a server that answers in order, and an Autodiscover beside it that answers by address.
class routing_stage : public actor_stage {
public:
  std::deque<scripted> script;
  std::map<std::string, http::in_process_answer> directory;
  /// Of each request to EWS: "FindFolder pf@a.example 1111…@a.example".
  std::vector<std::string> led;
  std::vector<std::string> asked; // addresses, of Autodiscover
  mailbox_actor mailbox;

  explicit routing_stage(std::string version = "auto", std::string account = "svc@a.example") {
    directory = {{"svc@a.example", soap(setting("PublicFolderInformation", "pf@a.example") +
                                        setting("InternalRpcClientServer", "own@a.example"))},
                 {"pf@a.example", soap(setting("InternalRpcClientServer", tree + "@a.example"))},
                 {tree + "@a.example", pox("pf@a.example")},
                 {apart + "@a.example", pox("apart@a.example")},
                 {elsewhere + "@a.example", pox("elsewhere@a.example")}};
    mailbox = on_stage(spawn_mailbox(system, {.url = "https://server/EWS/Exchange.asmx",
                                              .discovery = discovery_,
                                              .address = "ann@a.example",
                                              .account = std::move(account),
                                              .access = mailbox_access::impersonation,
                                              .who = {"svc", "secret"},
                                              .ca_file = {},
                                              .limits = {},
                                              .version = std::move(version),
                                              .gateway = gateway_}));
  }
  ~routing_stage() { empty(); }

  template <class Answer, class Question>
  Answer ask(Question question, std::vector<scripted> answers) {
    script.assign(answers.begin(), answers.end());
    led.clear();
    asked.clear();
    auto got = ask_now<Answer>(mailbox, std::move(question));
    CHECK(script.empty());
    return got;
  }
  result<folder_state> find(const std::string& path, std::vector<scripted> answers) {
    auto found = ask<folders_found>(find_folders{{path}}, std::move(answers));
    if (auto* why = std::get_if<failure>(&found.outcome)) return *why;
    return std::get<0>(found.outcome).at(0);
  }
  change_page list(const std::string& folder, std::vector<scripted> answers) {
    return std::get<change_page>(ask<changes_listed>(list_changes{folder_id(folder), {}}, std::move(answers)).outcome);
  }

private:
  scripted serve(const http::request& r) {
    if (r.url.find("/autodiscover/") != std::string::npos) {
      CHECK(r.url.starts_with("https://server/autodiscover/autodiscover."));
      for (const auto& [address, answer] : directory)
        if (r.body.find('>' + address + '<') != std::string::npos) {
          asked.push_back(address);
          // By GUID a mailbox is known to the older service alone.
          return r.url.ends_with(".xml") == (address.size() > 40) ? scripted(answer) : status(404);
        }
      return status(404);
    }
    const auto from = r.body.find("<m:", r.body.find("<soap:Body>")) + 3;
    std::string line = r.body.substr(from, r.body.find_first_of(" >", from) - from);
    for (const std::string name : {"X-AnchorMailbox", "X-PublicFolderMailbox"})
      for (const auto& h : r.headers)
        if (h.name == name) line += ' ' + h.value;
    led.push_back(line);
    if (script.empty()) {
      FAIL_CHECK("not expected: " + line);
      return status(400);
    }
    auto next = std::move(script.front());
    script.pop_front();
    return next;
  }

  std::shared_ptr<http::transport> transport_ = std::make_shared<http::in_process_transport>(
      [this](const http::request& r) { return serve(r); },
      [](std::chrono::milliseconds, std::function<void()> deliver) { deliver(); });
  gateway_actor gateway_ = on_stage(spawn_gateway(system, {.transport = transport_, .random = [] { return 0u; }}));
  autodiscover_actor discovery_ =
      on_stage(spawn_autodiscover(system, {.transport = transport_,
                                           .srv = [](const std::string&) { return std::vector<srv_target>(); },
                                           .detached = false}));
};

using lines = std::vector<std::string>;
const std::string to_tree = " pf@a.example " + tree + "@a.example", in_tree = " pf@a.example pf@a.example",
                  in_apart = " apart@a.example apart@a.example";

scripted two_folders(const std::string& second = apart) {
  return level(public_folder("here", "Here", tree) + public_folder("there", "There", second));
}

} // namespace

TEST_CASE("since 2013 the tree is asked for where it is, and contents where they are") {
  routing_stage s("Exchange2013_SP1");
  CHECK(succeeded(s.find("public:/There", {root(), two_folders()})));
  CHECK(s.led == lines{"GetFolder" + in_tree, "FindFolder" + to_tree});
  CHECK(s.asked == lines{"svc@a.example", "pf@a.example"});
  CHECK(s.list("public:there", {items({"t"})}).pass->whole);
  CHECK(s.led == lines{"FindItem" + in_apart});
  s.list("public:here", {items({"h"})});
  CHECK(s.led == lines{"FindItem" + in_tree});
  // An item is where its folder is; of two mailboxes each is asked by itself.
  s.ask<content_read>(read_content{{item_id("public:t"), item_id("public:h")}},
                      {answers("GetItem", {item("t", "k")}), answers("GetItem", {item("h", "k")})});
  CHECK(s.led == lines{"GetItem" + in_apart, "GetItem" + in_tree});
  s.ask<write_done>(remove_items{{item_id("public:h"), item_id("public:t")}},
                    {answers("DeleteItem", {success()}), answers("DeleteItem", {success()})});
  CHECK(s.led == lines{"DeleteItem" + in_tree, "DeleteItem" + in_apart});
  carried_item mail;
  mail.mime_base64 = "eA==";
  s.ask<write_done>(create_items{folder_id("public:there"), {{mail, operation_mark("p/t/i")}}},
                    {answers("CreateItem", {item("new", "k")})});
  CHECK(s.led == lines{"CreateItem" + in_apart});
  s.ask<content_read>(read_content{{item_id("public:new")}}, {answers("GetItem", {item("new", "k")})});
  CHECK(s.led == lines{"GetItem" + in_apart});
  s.ask<folder_done>(create_folder{folder_id("public:there"), "Below", ""},
                     {answers("CreateFolder", {success("<m:Folders>" + folder("b", "Below") + "</m:Folders>")})});
  CHECK(s.led == lines{"CreateFolder" + to_tree});
}

TEST_CASE(
    "the first answer tells the version: a strict server is asked once more with the headers, an old one is not") {
  const auto old = "MajorVersion='14' MinorVersion='3' MajorBuildNumber='123'";
  routing_stage strict;
  CHECK(succeeded(strict.find("public:/Here", {wrong_mailbox("GetFolder"), root(), two_folders()})));
  CHECK(strict.led == lines{"GetFolder svc@a.example", "GetFolder" + in_tree, "FindFolder" + to_tree});
  routing_stage of_2010;
  CHECK(succeeded(of_2010.find(
      "public:/Here", {answers("GetFolder", {success("<m:Folders>" + folder("pub", "") + "</m:Folders>")}, old),
                       answers("FindFolder",
                               {success("<m:RootFolder IncludesLastItemInRange='true'><t:Folders>" +
                                        folder("here", "Here") + "</t:Folders></m:RootFolder>")},
                               old)})));
  CHECK(of_2010.led == lines{"GetFolder svc@a.example", "FindFolder svc@a.example"});
  CHECK(of_2010.asked.empty());
}

TEST_CASE("contents that have moved are found at the next look, and a route is forgotten once") {
  routing_stage s("Exchange2016");
  s.find("public:/There", {root(), two_folders()});
  s.list("public:there", {items({"t"})});
  // The mailbox is asked for anew, and asked again; then it is told.
  const auto refused = s.ask<changes_listed>(list_changes{folder_id("public:there"), {}},
                                             {wrong_mailbox("FindItem"), wrong_mailbox("FindItem")});
  const auto& why = std::get<failure>(refused.outcome);
  CHECK(why.reach == reach::folder);
  CHECK(why.retry == retry::later);
  CHECK_FALSE(why.hint.empty());
  s.find("public:/There", {root(), two_folders(elsewhere)});
  s.list("public:there", {items({"t"})});
  CHECK(s.led == lines{"FindItem elsewhere@a.example elsewhere@a.example"});
}

TEST_CASE("a tree that has moved to another mailbox is found by asking again") {
  routing_stage s("Exchange2016");
  s.find("public:/There", {root(), two_folders()});
  s.directory["svc@a.example"] = soap(setting("PublicFolderInformation", "pf2@a.example"));
  s.directory["pf2@a.example"] = soap(setting("InternalRpcClientServer", elsewhere + "@a.example"));
  s.advance(std::chrono::minutes(2)); // what was just told is not asked again
  CHECK(succeeded(s.find("public:/There", {wrong_mailbox("GetFolder"), root(), two_folders()})));
  CHECK(s.led == lines{"GetFolder" + in_tree, "GetFolder pf2@a.example pf2@a.example",
                       "FindFolder pf2@a.example " + elsewhere + "@a.example"});
}

TEST_CASE("a write that was led wrongly is looked after, not repeated") {
  routing_stage s("Exchange2016");
  s.find("public:/There", {root(), two_folders()});
  s.list("public:there", {items({"t"})});
  const auto done = s.ask<write_done>(remove_items{{item_id("public:t")}}, {wrong_mailbox("DeleteItem")});
  CHECK(std::get<unknown>(done.outcomes.at(0)).why.reach == reach::folder);
}

TEST_CASE("without Autodiscover requests go without headers, and what is refused says what is missing") {
  routing_stage s("Exchange2016");
  s.directory.clear();
  s.find("public:/There", {root(), two_folders()});
  CHECK(s.led == lines{"GetFolder svc@a.example", "FindFolder svc@a.example"});
  // Contents that are known to be elsewhere may not be all that the answer shows: no absence is believed.
  CHECK_FALSE(s.list("public:there", {items({"t"})}).pass->whole);
  CHECK(s.list("public:here", {items({"h"})}).pass->whole);
  const auto refused = s.ask<changes_listed>(list_changes{folder_id("public:there"), {}}, {wrong_mailbox("FindItem")});
  const auto& hint = std::get<failure>(refused.outcome).hint;
  for (const char* part : {"could not be led", "HTTP 404", "https://server/autodiscover/autodiscover.svc", "email"})
    CHECK_THAT(hint, Catch::Contains(part));
}

TEST_CASE("an account without a known address is told to be given one") {
  routing_stage s("Exchange2016", "svc");
  const auto refused = std::get<failure>(s.find("public:/There", {wrong_mailbox("GetFolder")}));
  CHECK_THAT(refused.hint, Catch::Contains("set \"email\""));
  CHECK(s.asked.empty());
}

TEST_CASE("a move between mailboxes of public folders is led to the target's, and told where the server takes none") {
  routing_stage s("Exchange2016");
  s.find("public:/There", {root(), two_folders()});
  s.list("public:here", {items({"h", "i"})});
  auto done = s.ask<write_done>(move_items{folder_id("public:there"), {item_id("public:h")}},
                                {answers("MoveItem", {item("moved", "k")})});
  CHECK(s.led == lines{"MoveItem" + in_apart});
  CHECK(std::get<written>(done.outcomes.at(0)).id.value == "public:moved");
  s.ask<content_read>(read_content{{item_id("public:moved")}}, {answers("GetItem", {item("moved", "k")})});
  CHECK(s.led == lines{"GetItem" + in_apart});
  done = s.ask<write_done>(move_items{folder_id("public:there"), {item_id("public:i")}}, {wrong_mailbox("MoveItem")});
  CHECK_THAT(std::get<refused>(done.outcomes.at(0)).why.hint, Catch::Contains("different public folder mailboxes"));
}

TEST_CASE("what a server tells is no header unless it is an address") {
  routing_stage s("Exchange2016");
  s.directory["svc@a.example"] = soap(setting("PublicFolderInformation", "pf@a.example&#13;&#10;X-Evil: yes") +
                                      setting("InternalRpcClientServer", "own@a.example"));
  s.find("public:/Here", {root(), two_folders()});
  CHECK(s.led == lines{"GetFolder svc@a.example", "FindFolder svc@a.example"});
}
