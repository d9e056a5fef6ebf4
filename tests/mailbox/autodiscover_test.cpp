#include "actors/ews/autodiscover.hpp"
#include "ews/http/in_process_transport.hpp"
#include "tests/support/actor_stage.hpp"

#include <caf/event_based_actor.hpp>
#include <catch2/catch.hpp>

#include <map>

using namespace exsyncd;
using namespace tests;
using Catch::Matchers::Contains;

namespace {

using reply = std::variant<http::in_process_answer, http::failed>;

reply soap(const std::string& settings, const std::string& code = "NoError", const std::string& target = {}) {
  return http::in_process_answer{
      200,
      {},
      "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><GetUserSettingsResponseMessage "
      "xmlns='http://schemas.microsoft.com/exchange/2010/Autodiscover'><Response><ErrorCode>NoError</ErrorCode>"
      "<ErrorMessage/><UserResponses><UserResponse><ErrorCode>" +
          code + "</ErrorCode><ErrorMessage>as it is</ErrorMessage><RedirectTarget>" + target +
          "</RedirectTarget><UserSettingErrors/><UserSettings>" + settings +
          "</UserSettings></UserResponse></UserResponses></Response></GetUserSettingsResponseMessage></s:Body>"
          "</s:Envelope>",
      {},
      {}};
}
std::string setting(const std::string& name, const std::string& value) {
  return "<UserSetting><Name>" + name + "</Name><Value>" + value + "</Value></UserSetting>";
}
reply pox(const std::string& inside) {
  return http::in_process_answer{200,
                                 {},
                                 "<Autodiscover xmlns='http://schemas.microsoft.com/exchange/autodiscover/"
                                 "responseschema/2006'><Response>" +
                                     inside + "</Response></Autodiscover>",
                                 {},
                                 {}};
}
reply status(int code, const std::string& location = {}) {
  std::vector<http::header> headers;
  if (!location.empty()) headers.push_back({"Location", location});
  return http::in_process_answer{code, headers, "<html/>", {}, {}};
}
reply no_such_name() {
  return http::failed{http::failed_kind::dns, false, "name not found"};
}
const std::string end_point = "https://mail.a.example/EWS/Exchange.asmx";

/// The world of names: what each URL answers; every other name is not there.
class discovery_stage : public actor_stage {
public:
  std::map<std::string, reply> world;
  std::vector<srv_target> srv;
  std::vector<http::request> seen;
  std::vector<std::string> looked_up;

  result<discovered::place> find(const std::string& address = "ann@a.example", const std::string& at = {},
                                 bool anew = false) {
    discover question;
    question.address = address;
    question.who = {"ann", "secret", http::auth_kind::basic};
    question.at = at;
    question.anew = anew;
    return ask_now<discovered>(actor, question).outcome;
  }
  ~discovery_stage() { empty(); }

private:
  std::shared_ptr<http::transport> transport_ = std::make_shared<http::in_process_transport>(
      [this](const http::request& r) {
        seen.push_back(r);
        const auto at = world.find(r.url);
        return at == world.end() ? no_such_name() : at->second;
      },
      [](std::chrono::milliseconds, std::function<void()> deliver) { deliver(); });

public:
  autodiscover_actor actor = on_stage(spawn_autodiscover(system, {.transport = transport_,
                                                                  .srv =
                                                                      [this](const std::string& name) {
                                                                        looked_up.push_back(name);
                                                                        return srv;
                                                                      },
                                                                  .detached = false}));
};

std::string url_of(const result<discovered::place>& found) {
  if (const auto* why = std::get_if<failure>(&found)) return why->what;
  return std::get<discovered::place>(found).url;
}

} // namespace

TEST_CASE("autodiscover asks the domain itself, then its autodiscover name, by SOAP, then by POX") {
  const std::string root = "https://a.example/autodiscover/autodiscover",
                    name = "https://autodiscover.a.example/autodiscover/autodiscover";
  const auto by_pox = pox("<Account><Protocol><Type>EXCH</Type><EwsUrl>https://in.a.example/EWS</EwsUrl></Protocol>"
                          "<Protocol><Type>EXPR</Type><EwsUrl>" +
                          end_point + "</EwsUrl></Protocol></Account>");
  for (const auto& [at, answer] :
       std::map<std::string, reply>{{root + ".svc", soap(setting("ExternalEwsUrl", end_point))},
                                    {root + ".xml", by_pox},
                                    {name + ".svc", soap(setting("InternalEwsUrl", end_point))},
                                    {name + ".xml", by_pox}}) {
    INFO(at);
    discovery_stage stage;
    stage.world[root + ".svc"] = status(404);
    stage.world[name + ".svc"] = status(404);
    if (at.starts_with(root)) stage.world.erase(name + ".svc");
    stage.world[at] = answer;
    CHECK(url_of(stage.find()) == end_point);
    CHECK(stage.seen.back().url == at);
    CHECK(stage.seen.back().who.secret == "secret");
    CHECK(stage.seen.back().body.find("ann@a.example") != std::string::npos);
  }
}

TEST_CASE("everything that is wanted is read from the settings") {
  discovery_stage stage;
  stage.world["https://a.example/autodiscover/autodiscover.svc"] =
      soap(setting("ExternalEwsUrl", end_point) + setting("EwsSupportedSchemas", "Exchange2007, Exchange2013") +
           setting("GroupingInformation", "g1") + setting("PublicFolderInformation", "pf@a.example") +
           setting("InternalRpcClientServer", "guid@a.example"));
  const auto place = std::get<discovered::place>(stage.find());
  CHECK(place.settings.supported_schemas == "Exchange2007, Exchange2013");
  CHECK(place.settings.grouping_information == "g1");
  CHECK(place.settings.public_folder_information == "pf@a.example");
  CHECK(place.settings.public_folder_mailbox == "guid@a.example");
  CHECK_THAT(place.how, Contains("autodiscover at https://a.example"));
}

TEST_CASE("the plain http redirect is followed within the domain only, and nothing of the account goes along") {
  discovery_stage stage;
  const std::string plain = "http://autodiscover.a.example/autodiscover/autodiscover.xml";
  stage.world["https://mail.a.example/autodiscover/autodiscover.svc"] = soap(setting("ExternalEwsUrl", end_point));
  stage.world["https://other.example/autodiscover/autodiscover.svc"] = soap(setting("ExternalEwsUrl", end_point));
  SECTION("within") {
    stage.world[plain] = status(302, "https://mail.a.example/autodiscover/autodiscover.xml");
    CHECK(url_of(stage.find()) == end_point);
  }
  SECTION("to another domain") {
    stage.world[plain] = status(302, "https://other.example/autodiscover/autodiscover.xml");
    const auto why = std::get<failure>(stage.find());
    CHECK_THAT(why.what, Contains("other.example") && Contains("not followed unasked"));
  }
  SECTION("to plain http") {
    stage.world[plain] = status(302, "http://mail.a.example/autodiscover/autodiscover.xml");
    CHECK_THAT(std::get<failure>(stage.find()).what, Contains("not https"));
  }
  SECTION("to a name that only ends like the domain") {
    stage.world[plain] = status(302, "https://nota.example/autodiscover/autodiscover.xml");
    CHECK_THAT(std::get<failure>(stage.find()).what, Contains("not followed"));
  }
  for (const auto& r : stage.seen) {
    CHECK(r.url.find("other.example") == std::string::npos);
    if (r.url != plain) continue;
    CHECK(r.method == http::method::get);
    CHECK(r.who.kind == http::auth_kind::none);
    CHECK(r.who.secret.empty());
    CHECK(r.body.empty());
  }
}

TEST_CASE("the SRV record is looked up last") {
  discovery_stage stage;
  stage.srv = {{"mail.a.example", 444}, {"other.example", 443}};
  stage.world["https://mail.a.example:444/autodiscover/autodiscover.svc"] = soap(setting("ExternalEwsUrl", end_point));
  CHECK(url_of(stage.find()) == end_point);
  CHECK(stage.looked_up == std::vector<std::string>{"_autodiscover._tcp.a.example"});
}

TEST_CASE("servers redirect to URLs and addresses of the same domain, a limited number of times") {
  discovery_stage stage;
  const std::string root = "https://a.example/autodiscover/autodiscover";
  stage.world["https://mail.a.example/autodiscover/autodiscover.svc"] = soap(setting("ExternalEwsUrl", end_point));
  SECTION("to a URL") {
    stage.world[root + ".svc"] = soap("", "RedirectUrl", "https://mail.a.example/autodiscover/autodiscover.svc");
    CHECK(url_of(stage.find()) == end_point);
  }
  SECTION("to an address") {
    stage.world[root + ".svc"] = soap("", "RedirectAddress", "ann@sub.a.example");
    stage.world["https://sub.a.example/autodiscover/autodiscover.svc"] = soap(setting("ExternalEwsUrl", end_point));
    CHECK(url_of(stage.find()) == end_point);
    CHECK(stage.seen.back().body.find("ann@sub.a.example") != std::string::npos);
  }
  SECTION("to an address of another domain") {
    stage.world[root + ".svc"] = soap("", "RedirectAddress", "ann@other.example");
    CHECK_THAT(std::get<failure>(stage.find()).what, Contains("ann@other.example") && Contains("not followed"));
  }
  SECTION("round in a ring") {
    stage.world[root + ".svc"] = soap("", "RedirectUrl", root + ".svc");
    CHECK_THAT(std::get<failure>(stage.find()).what, Contains("too many"));
  }
}

TEST_CASE("a failure names every step with what came of it, and no secret") {
  discovery_stage stage;
  stage.world["https://a.example/autodiscover/autodiscover.svc"] = status(401);
  stage.world["https://autodiscover.a.example/autodiscover/autodiscover.svc"] = soap("", "InvalidUser");
  const auto why = std::get<failure>(stage.find());
  CHECK(why.code == "autodiscover");
  CHECK(why.reach == reach::server);
  for (const char* part : {"ann@a.example", "https://a.example/autodiscover/autodiscover.svc: HTTP 401",
                           "https://autodiscover.a.example/autodiscover/autodiscover.svc: InvalidUser",
                           "https://autodiscover.a.example/autodiscover/autodiscover.xml: name not found",
                           "http://autodiscover.a.example/autodiscover/autodiscover.xml: name not found",
                           "_autodiscover._tcp.a.example: no such SRV record"})
    CHECK_THAT(why.what, Contains(part));
  CHECK_THAT(why.what + why.hint, !Contains("secret"));
  CHECK_THAT(why.hint, Contains("password") && Contains("\"url\""));
  CHECK_THAT(std::get<failure>(stage.find("ann")).what, Contains("none"));
}

TEST_CASE("what was found is kept for a day, what was not for a minute; a failed end point asks anew") {
  discovery_stage stage;
  const std::string at = "https://a.example/autodiscover/autodiscover.svc";
  CHECK(std::holds_alternative<failure>(stage.find()));
  const auto asked = stage.seen.size();
  CHECK(std::holds_alternative<failure>(stage.find()));
  CHECK(stage.seen.size() == asked);
  stage.advance(std::chrono::minutes(2), std::chrono::minutes(1));
  stage.world[at] = soap(setting("ExternalEwsUrl", end_point));
  CHECK(url_of(stage.find()) == end_point);
  CHECK(stage.seen.size() == asked + 1);
  stage.advance(std::chrono::hours(23), std::chrono::hours(1));
  CHECK(url_of(stage.find()) == end_point);
  CHECK(stage.seen.size() == asked + 1);
  stage.world[at] = soap(setting("ExternalEwsUrl", "https://new.a.example/EWS"));
  CHECK(url_of(stage.find("ann@a.example", {}, true)) == "https://new.a.example/EWS");
  CHECK(url_of(stage.find()) == "https://new.a.example/EWS");
  stage.advance(std::chrono::hours(25), std::chrono::hours(1));
  const auto before = stage.seen.size();
  stage.find();
  CHECK(stage.seen.size() > before);
}

TEST_CASE("an Autodiscover service that is named is the only one asked") {
  discovery_stage stage;
  stage.world["https://x.example/autodiscover/autodiscover.svc"] = soap(setting("ExternalEwsUrl", end_point));
  CHECK(url_of(stage.find("ann@a.example", "https://x.example/autodiscover/autodiscover.xml")) == end_point);
  CHECK(stage.seen.size() == 1);
  CHECK(
      std::holds_alternative<failure>(stage.find("ann@a.example", "https://y.example/autodiscover/autodiscover.svc")));
  CHECK(stage.looked_up.empty());
}

TEST_CASE("an address of EWS that is not https is not used") {
  discovery_stage stage;
  stage.world["https://a.example/autodiscover/autodiscover.svc"] =
      soap(setting("ExternalEwsUrl", "http://mail.a.example/EWS"));
  CHECK_THAT(std::get<failure>(stage.find()).what, Contains("no https address"));
}
