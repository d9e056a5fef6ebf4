// Autodiscover in both forms, limits, and the affinity of subscriptions.
#include "tests/exchange_sim_tests/operations_support.hpp"

#include <catch2/catch.hpp>

using namespace exchange_sim;
using namespace exchange_sim::test;
using nlohmann::json;

namespace {

using names = std::vector<std::string>;
using headers = std::vector<std::pair<std::string, std::string>>;

http_response ask(fixture& world, const std::string& server, const std::string& path, const std::string& body) {
  auto request = http_request{server, "POST", path, {}, body};
  // "ann@old.example:secret" and "ann@new.example:secret"
  request.headers = {{"Authorization", server == "old" ? "Basic YW5uQG9sZC5leGFtcGxlOnNlY3JldA=="
                                                       : "Basic YW5uQG5ldy5leGFtcGxlOnNlY3JldA=="}};
  return world.sim->handle(request);
}

std::string user_settings(fixture& world, const std::string& server, const std::string& address,
                          const names& settings) {
  std::string body =
      R"(<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:a="http://schemas.microsoft.com/exchange/2010/Autodiscover">)"
      R"(<s:Header><a:RequestedServerVersion>Exchange2010</a:RequestedServerVersion></s:Header><s:Body><a:GetUserSettingsRequestMessage>)"
      R"(<a:Request><a:Users><a:User><a:Mailbox>)" +
      address + "</a:Mailbox></a:User></a:Users><a:RequestedSettings>";
  for (const auto& one : settings)
    body += "<a:Setting>" + one + "</a:Setting>";
  const auto answer =
      ask(world, server, "/autodiscover/autodiscover.svc",
          body + "</a:RequestedSettings></a:Request></a:GetUserSettingsRequestMessage></s:Body></s:Envelope>");
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  return answer.body;
}

std::string
pox(fixture& world, const std::string& server, const std::string& address,
    const std::string& schema = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a") {
  const auto answer = ask(
      world, server, "/Autodiscover/Autodiscover.xml",
      R"(<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request><EMailAddress>)" +
          address + "</EMailAddress><AcceptableResponseSchema>" + schema +
          "</AcceptableResponseSchema></Request></Autodiscover>");
  REQUIRE(answer.status == 200);
  return answer.body;
}

std::string subscribe(const std::string& inside = "") {
  return "<m:Subscribe><m:StreamingSubscriptionRequest><t:FolderIds>" + inbox_folder() +
         "</t:FolderIds><t:EventTypes><t:EventType>NewMailEvent</t:EventType></t:EventTypes>"
         "</m:StreamingSubscriptionRequest></m:Subscribe>" +
         inside;
}

std::string get_streaming(const names& ids) {
  std::string out = "<m:GetStreamingEvents><m:SubscriptionIds>";
  for (const auto& id : ids)
    out += "<t:SubscriptionId>" + id + "</t:SubscriptionId>";
  return out + "</m:SubscriptionIds><m:ConnectionTimeout>1</m:ConnectionTimeout></m:GetStreamingEvents>";
}

std::string cookie_of(const http_response& answer, const std::string& name) {
  for (const auto& [header, value] : answer.headers)
    if (header == "Set-Cookie" && value.starts_with(name + "=")) return value.substr(0, value.find(';'));
  return {};
}

} // namespace

TEST_CASE("the settings of a user say where EWS is, and what this version has of them") {
  for (const auto& server : both_servers) {
    fixture world;
    world.control(
        {{"do", "set_urls"}, {"server", server}, {"internal", "https://in/EWS"}, {"external", "https://out/EWS"}});
    const auto answer = user_settings(world, server, "ann.alias@" + server + ".example",
                                      {"ExternalEwsUrl", "InternalEwsUrl", "GroupingInformation", "EwsSupportedSchemas",
                                       "AutoDiscoverSMTPAddress", "Nonsense"});
    CHECK(first_element(answer, "UserResponse/ErrorCode") == "NoError");
    const auto values = all_elements(answer, "UserSetting/Value");
    CHECK(values.at(0) == "https://out/EWS");
    CHECK(values.at(1) == "https://in/EWS");
    CHECK(values.back() == ann(server)); // an alias is told the primary address
    CHECK(values.size() == (server == "new" ? 5 : 4));
    CHECK(all_elements(answer, "UserSettingError/SettingName").back() == "Nonsense");
    CHECK(answer.find("Exchange2013_SP1") == (server == "old" ? std::string::npos : answer.find("Exchange2013_SP1")));
    CHECK(first_element(user_settings(world, server, "nobody@x.example", {"ExternalEwsUrl"}),
                        "UserResponse/ErrorCode") == "InvalidUser");
  }
}

TEST_CASE("addresses and URLs are redirected, and groups can differ") {
  fixture world;
  world.control(
      {{"do", "set_urls"}, {"server", "new"}, {"internal", "https://in/EWS"}, {"external", "https://out/EWS"}});
  auto say = [&](const std::string& address, const char* what, const std::string& value) {
    world.control({{"do", "set_autodiscover"}, {"server", "new"}, {"address", address}, {what, value}});
  };
  say("gone@new.example", "redirect_address", "ann@old.example");
  say("cloud@new.example", "redirect_url", "https://elsewhere/autodiscover.svc");
  say(ann("new"), "grouping", "B");
  world.sim->load(world.sim->save());
  auto moved = user_settings(world, "new", "gone@new.example", {"ExternalEwsUrl"});
  CHECK(first_element(moved, "UserResponse/ErrorCode") == "RedirectAddress");
  CHECK(first_element(moved, "RedirectTarget") == "ann@old.example");
  CHECK(first_element(user_settings(world, "new", "cloud@new.example", {"ExternalEwsUrl"}), "UserResponse/ErrorCode") ==
        "RedirectUrl");
  CHECK(first_element(user_settings(world, "new", ann("new"), {"GroupingInformation"}), "UserSetting/Value") == "B");
  CHECK(first_element(pox(world, "new", "gone@new.example"), "RedirectAddr") == "ann@old.example");
  CHECK(first_element(pox(world, "new", "cloud@new.example"), "Action") == "redirectUrl");
}

TEST_CASE("plain XML autodiscover answers settings, errors and public folder mailboxes") {
  fixture world;
  world.control(
      {{"do", "set_urls"}, {"server", "new"}, {"internal", "https://in/EWS"}, {"external", "https://out/EWS"}});
  world.control({{"do", "add_public_folders"}, {"server", "new"}});
  const auto answer = pox(world, "new", ann("new"));
  CHECK(all_elements(answer, "EwsUrl") == names{"https://in/EWS", "https://out/EWS"});
  const auto hierarchy = first_element(answer, "PublicFolderInformation/SmtpAddress");
  CHECK(hierarchy ==
        first_element(user_settings(world, "new", ann("new"), {"PublicFolderInformation"}), "UserSetting/Value"));
  // The way to the two headers of a hierarchy request, and to that of a content request.
  const auto guid =
      first_element(user_settings(world, "new", hierarchy, {"InternalRpcClientServer"}), "UserSetting/Value");
  CHECK(guid ==
        world.control({{"do", "public_folders"}, {"server", "new"}})["hierarchy"].get<std::string>() + "@new.example");
  CHECK(first_element(pox(world, "new", guid), "AutoDiscoverSMTPAddress") == hierarchy);
  CHECK(first_element(pox(world, "new", "nobody@x.example"), "ErrorCode") == "500");
  CHECK(first_element(pox(world, "new", ann("new"), "http://other"), "ErrorCode") == "601");
  CHECK(first_element(ask(world, "new", "/autodiscover/autodiscover.xml", "no XML").body, "ErrorCode") == "600");
  CHECK(world.sim->handle({"new", "POST", "/autodiscover/autodiscover.xml", {}, ""}).status == 401);
}

TEST_CASE("what is too large for the server or the mailbox is refused, and nothing is kept") {
  for (const auto& server : both_servers) {
    fixture world;
    const std::string body =
        "<t:Subject>big</t:Subject><t:Body BodyType=\"Text\">" + std::string(4000, 'x') + "</t:Body>";
    world.control({{"do", "set_limits"}, {"server", server}, {"message_bytes", 3000}});
    CHECK(codes(world.call(server, create_message(body))) == names{"ErrorMessageSizeExceeded"});
    world.control({{"do", "set_limits"}, {"server", server}, {"message_bytes", 0}});
    world.control({{"do", "set_quota"}, {"mailbox", ann(server)}, {"bytes", 6000}});
    world.sim->load(world.sim->save());
    CHECK(codes(world.call(server, create_message(body))) == names{"NoError"});
    CHECK(codes(world.call(server, create_message(body))) == names{"ErrorQuotaExceeded"});
    CHECK(inbox(world, server).size() == 1);
    const auto id = inbox(world, server)[0]["id"].get<std::string>();
    CHECK(codes(world.call(server, move_message("CopyItem", id, "drafts"))) == names{"ErrorQuotaExceeded"});
    CHECK(codes(world.call(server, move_message("MoveItem", id, "drafts"))) == names{"NoError"});
    world.control({{"do", "set_limits"}, {"server", server}, {"request_bytes", 100}});
    CHECK(world.post(server, fixture::envelope(server, create_message(body))).status == 413);
  }
}

TEST_CASE("a hundred names are resolved at most, and more are owned to") {
  fixture world;
  for (int i = 0; i < 101; ++i)
    world.control({{"do", "add_mailbox"},
                   {"server", "new"},
                   {"address", "many" + std::to_string(i) + "@new.example"},
                   {"password", "x"}});
  const std::string request = "<m:ResolveNames ReturnFullContactData=\"false\"><m:UnresolvedEntry>many"
                              "</m:UnresolvedEntry></m:ResolveNames>";
  const auto answer = world.call("new", request);
  CHECK(all_elements(answer, "Resolution").size() == 100);
  CHECK(first_attribute(answer, "ResolutionSet", "IncludesLastItemInRange") == "false");
  CHECK(first_attribute(world.call("new", replace_all(request, "many<", "many10<")), "ResolutionSet",
                        "IncludesLastItemInRange") == "true");
}

TEST_CASE("where the server is strict about affinity, a group is one machine's and says so with headers and cookies") {
  fixture world;
  world.control({{"do", "set_routing"}, {"server", "new"}, {"affinity", true}});
  world.control({{"do", "set_autodiscover"}, {"server", "new"}, {"address", "service@new.example"}, {"grouping", "B"}});
  auto post = [&](const std::string& operation, const headers& with) {
    return world.post("new", fixture::envelope("new", operation), {}, with);
  };
  const headers of_ann{{"X-AnchorMailbox", ann("new")}, {"X-PreferServerAffinity", "true"}};
  const headers of_service{{"X-AnchorMailbox", "service@new.example"}, {"X-PreferServerAffinity", "true"}};
  CHECK(post(subscribe(), {}).status == 503);
  CHECK(post(subscribe(), {{"X-AnchorMailbox", ann("new")}}).status == 503);
  const auto first = post(subscribe(), of_ann);
  const auto cookie = cookie_of(first, "X-BackEndOverrideCookie");
  CHECK_FALSE(cookie.empty());
  CHECK_FALSE(cookie_of(first, "exchangecookie").empty());
  const auto id = first_element(first.body, "SubscriptionId");
  // The second of the group follows the cookie, whatever its anchor.
  auto with_cookie = of_service;
  with_cookie.emplace_back("Cookie", "a=b; " + cookie);
  const auto second = post(subscribe(), with_cookie);
  CHECK(cookie_of(second, "X-BackEndOverrideCookie").empty());
  const auto stray = first_element(post(subscribe(), of_service).body, "SubscriptionId");
  CHECK(post(get_streaming({id}), {}).status == 503);
  CHECK(codes(post(get_streaming({id, stray}), of_ann).body) == names{"ErrorSubscriptionNotFound"});
  CHECK(post(get_streaming({id, first_element(second.body, "SubscriptionId")}),
             {{"X-PreferServerAffinity", "true"}, {"Cookie", cookie}})
            .stream);
  // Other requests need nothing.
  CHECK(post(sync_inbox(""), {}).status == 200);
}

TEST_CASE("2010 behind a balancer knows a subscription by the cookie alone") {
  fixture world;
  world.control({{"do", "set_routing"}, {"server", "old"}, {"affinity", true}});
  const auto made = world.post("old", fixture::envelope("old", subscribe()));
  const auto cookie = cookie_of(made, "exchangecookie");
  REQUIRE_FALSE(cookie.empty());
  const auto wait = fixture::envelope("old", get_streaming({first_element(made.body, "SubscriptionId")}));
  CHECK(codes(world.post("old", wait).body) == names{"ErrorSubscriptionNotFound"});
  CHECK(world.post("old", wait, {}, {{"Cookie", cookie}}).stream);
}
