#include "tests/notifier/notifier_stage.hpp"

#include <map>

using namespace exsyncd;
using namespace std::chrono_literals;
using tests::notifier_stage;

namespace {

std::map<std::string, byte_count> by_payer(const std::vector<count_traffic>& counted) {
  std::map<std::string, byte_count> sums;
  for (const auto& m : counted) {
    CHECK(m.polling);
    CHECK(m.items.empty());
    sums[m.payer] += m.bytes;
  }
  return sums;
}

} // namespace

TEST_CASE_METHOD(notifier_stage, "What a connection tells is paid for by all pairs that it is for, as it comes") {
  watch("ann@hq.example", {"f"}, "ann/primary");
  watch("bob@hq.example", {"g"}, "bob/primary");
  settle();
  REQUIRE(server->open_streams() == 1);
  counted.clear();
  server->send(std::string(1001, ' '));
  settle();
  for (const auto& m : counted)
    CHECK(m.requests == 0); // it goes on
  auto paid = by_payer(counted);
  CHECK(paid.size() == 2);
  CHECK(paid["ann/primary"].received + paid["bob/primary"].received == 1001);
  CHECK(paid["ann/primary"].received - paid["bob/primary"].received <= 2); // sent in two pieces, each with a rest
}

TEST_CASE_METHOD(notifier_stage, "The end of a connection adds what its chunks were not: the heads and the request") {
  watch("ann@hq.example", {"f"}, "ann/primary");
  settle();
  server->send(std::string(1000, ' '));
  settle();
  counted.clear();
  server->end({http::completed{}, {700, 1200}});
  settle(100ms);
  CHECK(by_payer(counted)["ann/primary"] == byte_count{700, 200});
  CHECK(counted.at(0).requests == 1);
}

TEST_CASE_METHOD(notifier_stage, "A connection that was given up still counts") {
  watch("ann@hq.example", {"f"}, "ann/primary");
  settle();
  const auto old = server->streams.at(0).to;
  watch("bob@hq.example", {"g"}, "bob/primary"); // another connection carries both
  settle();
  counted.clear();
  old->on_end({http::failed{http::failed_kind::cancelled, true, ""}, {500, 0}});
  settle(100ms);
  CHECK(by_payer(counted)["ann/primary"] == byte_count{500, 0});
}
