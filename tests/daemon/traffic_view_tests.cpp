#include "daemon/owa_link.hpp"
#include "daemon/show.hpp"
#include "daemon/traffic_view.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace exsyncd;
using namespace std::chrono_literals;

namespace {

const utc_seconds today = std::chrono::sys_days{2026y / 3 / 2} + 15h;

traffic_period on(const std::string& pair, std::chrono::sys_days day, std::uint64_t items, std::uint64_t polling) {
  return {pair_id{pair}, utc_seconds{day}, {{items, 0}, {0, polling}, 1}};
}

server_settings at(const std::string& url) {
  server_settings s;
  s.url = url;
  return s;
}

} // namespace

TEST_CASE("Seven days are shown, those without traffic too") {
  const std::vector<traffic_period> found{on("ann", 2026y / 2 / 23, 1, 1), on("ann", 2026y / 2 / 24, 10, 2),
                                          on("ann", 2026y / 3 / 2, 100, 20), on("bob", 2026y / 3 / 2, 1000, 200)};
  const auto all = show_days(found, {}, today).at("days");
  REQUIRE(all.size() == 7);
  CHECK(all[0].at("date") == "2026-02-24");
  CHECK(all[0].at("bytes") == 12);
  CHECK(all[1].at("bytes") == 0);
  CHECK(all[6].at("items_bytes") == 1100);
  CHECK(all[6].at("polling_bytes") == 220);
  CHECK(all[6].at("polling").at("received") == 220);
  CHECK(all[6].at("requests") == 2);
  CHECK(all[6].at("pairs") == nlohmann::json{{"ann", 120}, {"bob", 1200}});
  const auto one = show_days(found, "bob", today).at("days");
  CHECK(one[0].at("bytes") == 0);
  CHECK(one[6].at("bytes") == 1200);
  CHECK_FALSE(one[6].contains("pairs"));
}

TEST_CASE("Months are shown that had traffic, and this one") {
  const std::vector<traffic_period> found{on("ann", 2025y / 11 / 1, 1, 1), on("bob", 2026y / 1 / 1, 5, 5)};
  const auto all = show_months(found, {}, today).at("months");
  REQUIRE(all.size() == 3);
  CHECK(all[0].at("month") == "2025-11");
  CHECK(all[2].at("month") == "2026-03");
  CHECK(show_months(found, "bob", today).at("months").size() == 2);
}

TEST_CASE("A month is read as it is written") {
  CHECK(read_month("2026-03") == utc_seconds{std::chrono::sys_days{2026y / 3 / 1}});
  for (const std::string wrong : {"", "2026", "2026-3", "2026-13", "2026-00", "2026-03-01", "2026/03", "abcd-ef"}) {
    INFO(wrong);
    CHECK_FALSE(read_month(wrong));
  }
}

TEST_CASE("Links lead into Outlook on the web where that is known") {
  const item_id id{"AAMk/3D+x="};
  const std::string query = "?ItemID=AAMk%2F3D%2Bx%3D&exvsurl=1";
  CHECK(owa_link(at("https://mail.hq.example/EWS/Exchange.asmx"), id, item_class::message) ==
        "https://mail.hq.example/owa/" + query + "&viewmodel=ReadMessageItem");
  CHECK(owa_link(at("https://mail.hq.example:8443/ews/exchange.asmx"), id, item_class::contact) ==
        "https://mail.hq.example:8443/owa/" + query);
  CHECK(owa_link(at("autodiscover"), id, item_class::message).empty());
  CHECK(owa_link(at("https://mail.hq.example/EWS/Exchange.asmx"), item_id{"public:AAMk"}, item_class::message).empty());
  CHECK(owa_link(at("https://mail.hq.example/EWS/Exchange.asmx"), {}, item_class::message).empty());
}

TEST_CASE("An item in trouble is shown with the size that it has where it is whole, and a link to it") {
  pair_settings jane;
  jane.primary = {at("https://a.example/EWS/Exchange.asmx"), "jane@a.example"};
  jane.replica = {at("https://b.example/EWS/Exchange.asmx"), "jane@b.example"};
  twin t;
  t.seen.primary.emplace().item = item_id{"p"};
  t.seen.primary->size = 24'000'000;
  t.seen.replica.emplace().item = item_id{"r"};
  t.seen.replica->size = 500;
  t.trouble.emplace().side = side::replica;
  CHECK(show_trouble(t, jane, {}).at("link").is_null());
  const auto shown = show_trouble(t, jane, {true, true});
  CHECK(shown.at("link") == "https://a.example/owa/?ItemID=p&exvsurl=1&viewmodel=ReadMessageItem");
  CHECK(shown.at("size_mb") == 24.0);
  CHECK(shown.at("owner") == "jane@b.example");
  t.seen.primary->presence = presence::left;
  CHECK(show_trouble(t, jane, {true, true}).at("link") ==
        "https://b.example/owa/?ItemID=r&exvsurl=1&viewmodel=ReadMessageItem");
  CHECK(show_trouble(t, jane, {true, false}).at("link").is_null());
}

TEST_CASE("A costly item is shown with the account that has it") {
  pair_settings jane;
  jane.name = "jane";
  jane.primary = {at("autodiscover"), "jane@hq.example"};
  jane.replica = {at("https://b.example/EWS/Exchange.asmx"), "jane@b.example"};
  costly_item i;
  i.pair = pair_id{"jane"};
  i.items = {item_id{"p"}, item_id{"r"}};
  i.bytes = {3, 4};
  CHECK(show_costly({i}, {jane})[0].at("link").is_null()); // neither is known to be of 2013 or newer
  CHECK(show_costly({i}, {jane})[0].at("account") == "jane@hq.example");
  i.in_owa = {true, true};
  const auto shown = show_costly({i}, {jane})[0];
  CHECK(shown.at("link") ==
        "https://b.example/owa/?ItemID=r&exvsurl=1&viewmodel=ReadMessageItem"); // where there is one
  CHECK(shown.at("account") == "jane@b.example");
  CHECK(shown.at("consumption") == 7);
  jane.primary.server = at("https://hq.example/EWS/Exchange.asmx");
  CHECK(show_costly({i}, {jane})[0].at("account") == "jane@hq.example");
  i.items.primary = {};
  CHECK(show_costly({i}, {jane})[0].at("account") == "jane@b.example");
  CHECK(show_costly({i}, {})[0].at("account").is_null());
}
