#include "tests/exchange_sim/seed_items.hpp"

#include "tests/exchange_sim/session.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <random>

namespace exchange_sim {

namespace {

using nlohmann::json;

struct person {
  const char *given, *middle, *last, *company;
};

constexpr std::array people{
    person{"Jane", "Q.", "Doe", "Northwind Traders"},
    person{"Zoë", "", "Müller", "Kontor GmbH & Co. KG"},
    person{"Ирина", "Павловна", "Соколова", "Север"},
    person{"太郎", "", "山田", "時計株式会社"},
    person{"Łukasz", "", "Żak", "Warsztat"},
    person{"François", "Marie", "Lefèvre", "Atelier d'Été"},
    person{"שרה", "", "כהן", "גן"},
    person{"Ana María", "", "Núñez", "Taller"},
    person{"Pat", "", "O'Brien", "Harbour <Ltd>"},
    person{"Hoa", "Thị", "Đặng", "Sen"},
    person{"Νίκος", "", "Παππάς", "Λιμάνι"},
    person{"Madonna", "", "", ""},
};
constexpr std::array phones{"AssistantPhone", "BusinessFax", "BusinessPhone",  "BusinessPhone2",  "Callback",
                            "CarPhone",       "HomeFax",     "HomePhone",      "HomePhone2",      "Isdn",
                            "MobilePhone",    "OtherFax",    "OtherTelephone", "Pager",           "PrimaryPhone",
                            "RadioPhone",     "Telex",       "TtyTddPhone",    "CompanyMainPhone"};
constexpr std::array mappings{"LastCommaFirst", "FirstSpaceLast", "Company", "LastCommaFirstCompany", "LastSpaceFirst"};
constexpr std::array notes{"", "Met at the fair.\r\nCalls back on Fridays.", "Naïve café & Co. <notes> — 100 %",
                           "会いました。", "Zweite Zeile\r\n\r\nvierte Zeile"};
constexpr std::array works{"Buy new shoes",
                           "Angebot prüfen",
                           "Сдать отчёт",
                           "請求書を送る",
                           "Répondre à Zoë",
                           "Water the plants 🌱",
                           "Renew <domain> & certificate"};
constexpr std::array statuses{"NotStarted", "InProgress", "Completed", "WaitingOnOthers", "Deferred"};
constexpr std::array categories{"Red Category", "Projekte", "家族", "Travel"};

class source {
public:
  explicit source(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t bound) { return random_() % bound; }
  template <class T, std::size_t n>
  const T& pick(const std::array<T, n>& from) {
    return from[below(n)];
  }
  std::string bytes(std::size_t size) {
    std::string out(size, '\0');
    for (auto& byte : out)
      byte = static_cast<char>(random_());
    return out;
  }
  std::string digits(int count) {
    std::string out;
    for (int i = 0; i < count; ++i)
      out += static_cast<char>('0' + below(10));
    return out;
  }

private:
  std::mt19937_64 random_;
};

void common(source& from, item_edit& edit) {
  if (from.below(4) == 0) edit.categories = std::vector<std::string>{from.pick(categories)};
  if (from.below(10) == 0) edit.sensitivity = "Private";
  if (from.below(10) == 0) edit.importance = "High";
}

seeded_item contact(source& from, std::size_t index) {
  const auto& who = people[index % people.size()];
  auto kind = index % 12;
  json c{{"GivenName", who.given}};
  auto set = [&](const char* name, const std::string& text) {
    if (!text.empty()) c[name] = text;
  };
  set("MiddleName", who.middle);
  set("Surname", who.last);
  set("CompanyName", who.company);
  // A number, so that each contact is one of its own.
  set("Generation", kind == 3 ? "Jr." : "");
  set("Nickname", "no. " + std::to_string(index + 1));
  set("FileAsMapping", kind == 11 ? "" : from.pick(mappings));
  c["EmailAddresses"]["EmailAddress1"] = "contact" + std::to_string(index + 1) + "@people.example";
  if (kind % 3 == 0) c["EmailAddresses"]["EmailAddress2"] = "second" + std::to_string(index + 1) + "@people.example";
  if (kind == 6) c["EmailAddresses"]["EmailAddress3"] = "third@people.example";
  c["PhoneNumbers"]["MobilePhone"] = "+49 170 " + from.digits(7);
  if (kind == 2)
    for (const char* key : phones)
      c["PhoneNumbers"][key] = "(" + from.digits(3) + ") " + from.digits(6);
  if (kind % 2 == 0) {
    for (const char* key : {"Business", "Home", "Other"}) {
      if (kind != 4 && std::string_view(key) != "Business") continue;
      auto at = [&](const char* part) -> json& { return c["PhysicalAddresses"][std::string(key) + "/" + part]; };
      at("Street") = "Hauptstraße " + from.digits(2) + "\r\nHinterhof";
      at("City") = "Köln";
      at("PostalCode") = from.digits(5);
      at("CountryOrRegion") = "Germany";
      if (kind == 4) at("State") = "NRW";
    }
    set("PostalAddressIndex", kind == 4 ? "Home" : "Business");
  }
  if (kind % 4 == 1) {
    c["ImAddresses"]["ImAddress1"] = "sip:contact" + std::to_string(index + 1) + "@people.example";
    c["Birthday"] = "19" + std::to_string(50 + from.below(50)) + "-0" + std::to_string(1 + from.below(9)) + "-1" +
                    std::to_string(from.below(10)) + "T11:59:00Z";
  }
  if (kind == 5) {
    set("JobTitle", "Head of Räume");
    set("Department", "R&D");
    set("Manager", "Jane Doe");
    set("AssistantName", "Zoë");
    set("Profession", "carpenter");
    set("OfficeLocation", "4/112");
    set("BusinessHomePage", "https://people.example/" + std::to_string(index));
    set("SpouseName", "Kim");
    set("Initials", "F.M.L.");
    set("Mileage", "12 km");
    c["Children"] = {"Ada", "Ben"};
    c["Companies"] = {"Atelier", "Taller"};
    c["WeddingAnniversary"] = "2009-06-20T11:59:00Z";
  }
  seeded_item out;
  common(from, out.content);
  if (auto text = std::string(from.pick(notes)); !text.empty()) out.content.body = text;
  out.content.contact = c.dump();
  if (kind == 7) out.attached.push_back({"ContactPicture.jpg", from.bytes(900), "image/jpeg", "", "", false, true});
  if (kind == 9)
    out.attached.push_back({"Visitenkarte ä.pdf", from.bytes(2000), "application/pdf", "", "", false, false});
  return out;
}

seeded_item task(source& from, std::size_t index, sys_time today) {
  auto kind = index % 12;
  auto day = std::chrono::floor<std::chrono::days>(today) + std::chrono::days(static_cast<int>(from.below(60)) - 20);
  json t{{"Status", statuses[index % statuses.size()]}};
  auto text = [](sys_time at) { return wire_time(at); };
  if (kind != 0) t["DueDate"] = text(day + std::chrono::days(3));
  if (kind % 3 == 1) t["StartDate"] = text(day);
  if (t["Status"] == "InProgress") {
    t["PercentComplete"] = 10 * (1 + from.below(9));
    t["ActualWork"] = 60 * from.below(10);
    t["TotalWork"] = 600;
  }
  // A series that goes on is not done.
  if (kind == 2 || kind == 5 || kind == 8) {
    t["Status"] = "NotStarted";
    t.erase("PercentComplete");
    t["StartDate"] = t["DueDate"] = text(day);
    t["Recurrence"] = kind == 2   ? json{{"Pattern", "DailyRecurrence"}, {"Interval", 2}}
                      : kind == 5 ? json{{"Pattern", "WeeklyRegeneration"}, {"Interval", 1}}
                                  : json{{"Pattern", "AbsoluteMonthlyRecurrence"},
                                         {"Interval", 1},
                                         {"DayOfMonth", 15},
                                         {"Range", "NumberedRecurrence"},
                                         {"NumberOfOccurrences", 10}};
    t["Recurrence"]["StartDate"] = text(day);
  }
  if (kind == 4) {
    t["BillingInformation"] = "K-4711";
    t["Mileage"] = "30 km";
    t["Companies"] = {"Northwind", "Kontor"};
    t["Contacts"] = {"Jane Doe"};
  }
  seeded_item out;
  common(from, out.content);
  out.content.subject = std::string(from.pick(works)) + " (" + std::to_string(index + 1) + ")";
  if (auto note = std::string(from.pick(notes)); !note.empty()) out.content.body = note;
  if (kind == 6 || kind == 2) {
    out.content.reminder_is_set = true;
    out.content.reminder_due = day + std::chrono::hours(8);
  }
  out.content.task = t.dump();
  if (kind == 7) out.attached.push_back({"Liste.csv", "a;b\r\n1;2\r\n", "text/csv", "", "", false, false});
  if (kind == 10)
    out.attached.push_back({"The mail behind it", "", "", "",
                            "From: Jane Doe <jane@people.example>\r\nTo: you@people.example\r\nSubject: The mail "
                            "behind it\r\nMessage-ID: <behind" +
                                std::to_string(index) +
                                "@people.example>\r\nDate: Mon, 05 Jan 2026 08:00:00 +0000\r\n\r\nPlease do.\r\n",
                            false, false});
  return out;
}

} // namespace

std::vector<seeded_item> seed_contacts(std::size_t count, std::uint64_t seed) {
  source from(seed);
  std::vector<seeded_item> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(contact(from, i));
  return out;
}

std::vector<seeded_item> seed_tasks(std::size_t count, std::uint64_t seed, sys_time today) {
  source from(seed);
  std::vector<seeded_item> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(task(from, i, today));
  return out;
}

} // namespace exchange_sim
