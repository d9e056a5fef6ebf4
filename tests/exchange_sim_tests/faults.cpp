#include "tests/exchange_sim/faults.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace exchange_sim;
using nlohmann::json;

namespace {

const sys_time noon(std::chrono::hours(500'000));

/// A server that counts how often it acted.
struct acting {
  int times = 0;
  std::string body = "<answer>0123456789</answer>";
  std::function<http_response()> act = [this] {
    ++times;
    http_response answer;
    answer.body = body;
    return answer;
  };
};

request_fact update(const std::string& subject = "Lunch") {
  return {"old", "ann@old.example", "UpdateItem", {{"AAMk1", subject, "<1@x>"}}};
}

http_response meet(fault_plan& plan, acting& server, const request_fact& fact = update()) {
  return plan.apply(fact, noon, server.act);
}

} // namespace

TEST_CASE("without a fault a request is acted upon once and answered whole") {
  fault_plan plan;
  acting server;
  const auto answer = meet(plan, server);
  CHECK(server.times == 1);
  CHECK(answer.status == 200);
  CHECK(answer.body == server.body);
  CHECK_FALSE(answer.cut_at);
}

TEST_CASE("each disguise of throttling answers in place of the server") {
  struct disguise {
    json record;
    int status;
    std::string holds, header;
  };
  const std::vector<disguise> disguises{
      {{{"what", "http_status"}, {"status", 503}}, 503, "", ""},
      {{{"what", "http_status"}, {"status", 429}, {"retry_after", 30}}, 429, "", "Retry-After"},
      {{{"what", "http_status"}, {"status", 401}}, 401, "", "WWW-Authenticate"},
      {{{"what", "http_status"}, {"status", 302}, {"location", "/genericerrorpage.htm"}}, 302, "", "Location"},
      {{{"what", "html_page"}}, 200, "<html>", "Content-Type"},
      {{{"what", "html_page"}, {"status", 500}}, 500, "<html>", ""},
      {{{"what", "busy_fault"}, {"back_off_milliseconds", 297749}},
       500,
       "<t:Value Name=\"BackOffMilliseconds\">297749</t:Value>",
       ""},
      {{{"what", "soap_fault"}, {"code", "ErrorMailboxMoveInProgress"}, {"status", 200}},
       200,
       ">ErrorMailboxMoveInProgress</e:ResponseCode>",
       ""},
  };
  for (const auto& expected : disguises) {
    fault_plan plan;
    acting server;
    plan.add(expected.record);
    INFO(expected.record.dump());
    const auto answer = meet(plan, server);
    CHECK(server.times == 0);
    CHECK(answer.status == expected.status);
    CHECK(answer.body.find(expected.holds) != std::string::npos);
    const auto has_header = [&](const auto& header) { return header.first == expected.header; };
    if (!expected.header.empty()) CHECK(std::any_of(answer.headers.begin(), answer.headers.end(), has_header));
    CHECK(meet(plan, server).body == server.body);
  }
}

TEST_CASE("an answer is lost before or after the server acted") {
  struct loss {
    json record;
    int acted;
    std::size_t cut_at;
  };
  for (const auto& expected :
       {loss{{{"what", "close_before_acting"}}, 0, 0}, loss{{{"what", "close_after_acting"}}, 1, 0},
        loss{{{"what", "cut_at"}, {"bytes", 7}}, 1, 7}}) {
    fault_plan plan;
    acting server;
    plan.add(expected.record);
    INFO(expected.record.dump());
    const auto answer = meet(plan, server);
    CHECK(server.times == expected.acted);
    CHECK(answer.cut_at == expected.cut_at);
  }
}

TEST_CASE("an answer is spoilt after the server acted") {
  fault_plan plan;
  acting server;
  plan.add({{"what", "truncated_data"}});
  plan.add({{"what", "garbage_xml"}});
  const std::string truncated = meet(plan, server).body, garbage = meet(plan, server).body;
  CHECK(truncated == server.body.substr(0, server.body.size() / 2) + "=== Truncated Data ===");
  CHECK(garbage != server.body);
  CHECK(server.times == 2);
}

TEST_CASE("a delay comes on top of any other fault") {
  fault_plan plan;
  acting server;
  plan.add({{"what", "delay"}, {"milliseconds", 250}, {"next", 2}});
  plan.add({{"what", "close_after_acting"}});
  const auto first = meet(plan, server);
  CHECK(first.delay == std::chrono::milliseconds(250));
  CHECK(first.cut_at == 0u);
  CHECK(meet(plan, server).delay == std::chrono::milliseconds(250));
  CHECK(meet(plan, server).delay == std::chrono::milliseconds(0));
}

TEST_CASE("a late commit acts when it is told to or when its time has come, and only once") {
  fault_plan plan;
  acting server;
  SECTION("told to") {
    plan.add({{"what", "commit_later"}});
    CHECK(meet(plan, server).cut_at == 0u);
    plan.run_due(noon + std::chrono::hours(9));
    CHECK(server.times == 0);
    CHECK(plan.commit_now() == 1);
    CHECK(plan.commit_now() == 0);
  }
  SECTION("after a time") {
    plan.add({{"what", "commit_later"}, {"after_seconds", 40}});
    CHECK(meet(plan, server).cut_at == 0u);
    plan.run_due(noon + std::chrono::seconds(39));
    CHECK(server.times == 0);
    plan.run_due(noon + std::chrono::seconds(40));
    plan.run_due(noon + std::chrono::seconds(41));
  }
  CHECK(server.times == 1);
}

TEST_CASE("a fault meets only what its scope names, as often as it says") {
  struct scope {
    json record;
    bool met;
  };
  for (const auto& [record, met] :
       {scope{{{"server", "old"}}, true}, scope{{{"server", "new"}}, false},
        scope{{{"mailbox", "ann@old.example"}}, true}, scope{{{"mailbox", "bob@old.example"}}, false},
        scope{{{"operation", "UpdateItem"}}, true}, scope{{{"operation", "GetItem"}}, false},
        scope{{{"item", {{"subject", "Lunch"}}}}, true}, scope{{{"item", {{"subject", "Dinner"}}}}, false},
        scope{{{"item", {{"id", "AAMk1"}}}}, true}, scope{{{"item", {{"message_id", "<2@x>"}}}}, false}}) {
    fault_plan plan;
    acting server;
    json full = record;
    full["what"] = "close_before_acting";
    full["next"] = 2;
    plan.add(full);
    INFO(full.dump());
    for (int i = 0; i < 3; ++i)
      CHECK((meet(plan, server).cut_at == 0u) == (met && i < 2));
    CHECK(plan.describe()[0]["hits"] == (met ? 2 : 0));
  }
}

TEST_CASE("a fault without an end lasts until it is cleared") {
  fault_plan plan;
  acting server;
  plan.add({{"what", "close_before_acting"}, {"always", true}});
  for (int i = 0; i < 20; ++i)
    CHECK(meet(plan, server).cut_at == 0u);
  plan.clear();
  CHECK_FALSE(meet(plan, server).cut_at);
}

TEST_CASE("an error of one item fails that item and leaves its neighbours alone") {
  fault_plan plan;
  plan.add({{"what", "response_error"}, {"code", "ErrorItemCorrupt"}, {"item", {{"subject", "Lunch"}}}});
  acting server;
  std::vector<std::string> codes;
  server.act = [&] {
    for (const auto* subject : {"Breakfast", "Lunch", "Lunch"}) {
      const auto failure = plan.item_error(update(subject));
      codes.push_back(failure ? failure->code : "NoError");
    }
    return http_response{};
  };
  CHECK(meet(plan, server).status == 200);
  CHECK(codes == std::vector<std::string>{"NoError", "ErrorItemCorrupt", "NoError"});
}

TEST_CASE("busy inside of an answer that is OK fails every item of one request, and says so within") {
  fault_plan plan;
  plan.add({{"what", "ok_with_inner_busy"}});
  acting server;
  int failed = 0;
  server.act = [&] {
    for (int i = 0; i < 3; ++i)
      if (const auto failure = plan.item_error(update())) {
        ++failed;
        CHECK(failure->code == "ErrorInternalServerError");
        CHECK(failure->values.at(1) ==
              std::pair<std::string, std::string>("InnerErrorResponseCode", "ErrorServerBusy"));
      }
    return http_response{};
  };
  meet(plan, server);
  meet(plan, server);
  CHECK(failed == 3);
}

TEST_CASE("a record that is wrong is refused by the name of its field") {
  struct wrong {
    json record;
    std::string reason;
  };
  for (const auto& [record, reason] :
       {wrong{{{"what", "earthquake"}}, "what: no such fault: earthquake"}, wrong{json::object(), "what: is missing"},
        wrong{{{"what", "cut_at"}}, "bytes: is missing"},
        wrong{{{"what", "cut_at"}, {"bytes", -1}}, "bytes: must be a whole number, not negative"},
        wrong{{{"what", "http_status"}, {"status", true}}, "status: must be a whole number"},
        wrong{{{"what", "http_status"}, {"status", 99}}, "status: not an HTTP status of an answer"},
        wrong{{{"what", "html_page"}, {"sevrer", "old"}}, "sevrer: is not known here"},
        wrong{{{"what", "html_page"}, {"item", {{"subjcet", "x"}}}}, "item.subjcet: is not known here"},
        wrong{{{"what", "html_page"}, {"next", 1}, {"always", true}}, "next: cannot be together with always"}}) {
    fault_plan plan;
    CHECK_THROWS_WITH(plan.add(record), reason);
    CHECK(plan.describe().empty());
  }
}
