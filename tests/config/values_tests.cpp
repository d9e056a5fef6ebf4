#include "config/values.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <utility>
#include <vector>

using namespace exsyncd;
using namespace std::chrono_literals;

namespace {

template <class T>
bool refused(const checked<T>& value) {
  return std::holds_alternative<objection>(value);
}

} // namespace

TEST_CASE("time spans are read as systemd writes them") {
  const std::vector<std::pair<std::string, std::chrono::milliseconds>> good{
      {"5min", 5min},  {"90s", 90s},    {"1h 30min", 90min}, {"1h30min", 90min}, {"500ms", 500ms},          {"45", 45s},
      {"2 days", 48h}, {"1.5h", 90min}, {"1 week", 7 * 24h}, {" 3 m ", 3min},    {"1M", 730h + 33min + 36s}};
  for (const auto& [text, expected] : good) {
    INFO(text);
    const auto span = parse_time_span(text);
    REQUIRE_FALSE(refused(span));
    CHECK(std::get<std::chrono::milliseconds>(span) == expected);
  }
  for (const auto text :
       {"", " ", "min", "5 minuten", "-5s", "1e3s", "5,5s", "1..5s", "infinity", "5min x", "99999999y"}) {
    INFO(text);
    CHECK(refused(parse_time_span(text)));
  }
}

TEST_CASE("dates are days that exist") {
  using namespace std::chrono;
  const auto date = parse_date("2028-02-29");
  REQUIRE_FALSE(refused(date));
  CHECK(std::get<sys_days>(date) == sys_days(2028y / February / 29));
  for (const auto text : {"", "2027-02-29", "2026-13-01", "2026-00-10", "26-01-01", "2026-1-01", "2026/01/01",
                          "2026-01-01T", "+026-01-01"}) {
    INFO(text);
    CHECK(refused(parse_date(text)));
  }
}

TEST_CASE("folder paths begin with a distinguished folder of mail") {
  for (const auto text : {"inbox", "inbox/Projects", "msgfolderroot/Größe/A\\/B", "sentitems", "drafts", "junkemail",
                          "inbox/inbox", "public:/Sales", "public:/Sales/A\\/B"})
    CHECK(parse_folder_path(text) == checked<std::string>(text));
  const std::vector<std::pair<std::string, std::string>> bad{
      {"", "must begin with"},
      {"Projects", "must begin with \"inbox\", \"calendar\", \"contacts\", \"tasks\", \"drafts\""},
      {"Inbox/Projects", "did you mean \"inbox\"?"},
      {"inbox\\/Projects", "must begin with"},
      {"inbox/", "empty folder name"},
      {"inbox//a", "empty folder name"},
      {"inbox/a\nb", "control character"},
      {"notes", "of a class that"},
      {"journal/Sales", "of a class that"},
      {"public:/", "must be like"},
      {"public:Sales", "must be like"},
      {"public:/Sales//x", "must be like"},
      {"public:/Sales/", "must be like"},
      {"public:/a\tb", "control character"},
      {"deleteditems", "deletes by moving items there"},
      {"outbox", "may be sent"}};
  for (const auto& [text, expected] : bad) {
    INFO(text);
    const auto path = parse_folder_path(text);
    REQUIRE(refused(path));
    CHECK_THAT(std::get<objection>(path).text, Catch::Contains(expected));
  }
}

TEST_CASE("a URL is https, or http to this machine") {
  for (const auto text : {"https://mail.example.com/EWS/Exchange.asmx", "https://[2001:db8::1]:444/EWS/Exchange.asmx",
                          "http://127.0.0.1:8080/EWS/Exchange.asmx", "autodiscover", "http://localhost/",
                          "http://[::1]:80/x", "HTTPS://x"})
    CHECK(parse_url(text) == checked<std::string>(text));
  for (const auto text :
       {"", "mail.example.com", "ftp://mail.example.com/", "https://", "https:///EWS", "https://[::1/x",
        "http://mail.example.com/EWS/Exchange.asmx", "http://localhost.example.com/", "https://a b/",
        "https://jane:secret@mail.example.com/", "office365", "Autodiscover"}) {
    INFO(text);
    CHECK(refused(parse_url(text)));
  }
  const auto clear = parse_url("http://mail.example.com/");
  CHECK_THAT(std::get<objection>(clear).text, Catch::Contains("in clear"));
}

TEST_CASE("mail addresses and names") {
  for (const auto text : {"jane@x.example", "o'neil+a@x.example"})
    CHECK_FALSE(refused(parse_mail_address(text)));
  for (const auto text : {"", "jane", "@x", "jane@", "a@b@c", "Jane <jane@x>", "a b@c", "a@b\n"}) {
    INFO(text);
    CHECK(refused(parse_mail_address(text)));
  }
  for (const auto text : {"jane", "jane.doe@x-y_z", "7"})
    CHECK_FALSE(refused(parse_name(text)));
  for (const auto text : {"", "a/b", "a b", ".x", "größe", "a:b"}) {
    INFO(text);
    CHECK(refused(parse_name(text)));
  }
  CHECK(refused(parse_name(std::string(65, 'a'))));
}

TEST_CASE("the nearest known word is offered only where it is near") {
  constexpr std::array<std::string_view, 3> words{"polling_interval", "start", "start_date"};
  CHECK(nearest("poling_interval", words) == "polling_interval");
  CHECK(nearest("startdate", words) == "start_date");
  CHECK(nearest("START", words) == "start");
  CHECK(nearest("folder", words).empty());
  CHECK(nearest("", words).empty());
  CHECK(nearest(std::string(100'000, 's'), words).empty());
  CHECK(listed(words) == R"("polling_interval", "start" or "start_date")");
}
