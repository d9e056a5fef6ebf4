#include "daemon/events.hpp"
#include "daemon/host/log_ring.hpp"
#include "daemon/metrics.hpp"
#include "daemon/show.hpp"
#include "daemon/why.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <limits>

using namespace exsyncd;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

utc_seconds at(int seconds) {
  return utc_seconds{std::chrono::seconds{seconds}};
}

host::kept_line line(std::string text, std::string pair = {}, log_level level = log_level::info) {
  return {std::chrono::system_clock::time_point{1s}, {level, std::move(text), std::move(pair), {}, {}, {}}};
}

pair_overview overview(std::string name) {
  pair_overview p;
  p.settings.name = std::move(name);
  p.settings.folders.emplace_back();
  p.settings.folders[0].name = "inbox";
  p.condition = pair_condition::started;
  return p;
}

/// Follows, and keeps what it is told.
struct listener {
  std::vector<json> told;
  bool reads = true;
  admin::reply reply{[this](auto answer) { told.push_back(json::parse(std::get<std::string>(answer))); },
                     [this](std::string text) {
                       if (reads && !text.empty()) told.push_back(json::parse(text));
                       return reads;
                     }};
};

twin item(presence on_primary = presence::present) {
  twin t;
  t.id = twin_id{"0f3a"};
  t.pair = pair_id{"jane"};
  t.folder_pair = folder_pair_id{"inbox"};
  auto& o = t.seen.primary.emplace();
  o.presence = on_primary;
  o.sequence = 5;
  o.item = item_id{"AAMk1"};
  o.folder = t.folder_pair;
  o.key = change_key{"k"};
  o.subject = "Minutes of Monday";
  o.message_id = message_id{"<m1@x.example>"};
  o.received = at(1'000'000);
  return t;
}

known_pair known(const pair_settings& of, std::optional<frozen> held = {}) {
  known_pair result;
  result.pair.settings = of;
  result.pair.folders = of.folders;
  if (held) result.pair.held.emplace_back(folder_pair_id{"inbox"}, *held);
  result.can.running = true;
  return result;
}

std::string why(const twin& t, const known_pair& of) {
  return show_item(t, &of, at(2'000'000)).at("why");
}

std::string why(const twin& t, const pair_settings& of, std::optional<frozen> held = {}) {
  return why(t, known(of, held));
}

} // namespace

TEST_CASE("the ring gives the last lines by pair and level") {
  host::log_ring ring;
  ring.add({}, {log_level::debug, "a", "jane", {}, {}, {}});
  ring.add({}, {log_level::error, "b", "joe", {}, {}, {}});
  ring.add({}, {log_level::warning, "c", "jane", {}, {}, {}});
  const auto texts = [&](const std::string& pair, log_level least, std::size_t limit) {
    std::string all;
    for (const auto& l : ring.last(pair, least, limit))
      all += l.line.text;
    return all;
  };
  CHECK(texts("", log_level::debug, 10) == "abc");
  CHECK(texts("", log_level::debug, 2) == "bc");
  CHECK(texts("jane", log_level::debug, 10) == "ac");
  CHECK(texts("", log_level::warning, 10) == "bc");
  CHECK(texts("ann", log_level::debug, 10).empty());
}

TEST_CASE("the ring is bounded in lines and in bytes, and cuts long texts between characters") {
  host::log_ring ring;
  for (std::size_t i = 0; i < host::log_ring::most_lines + 10; ++i)
    ring.add({}, {log_level::info, std::to_string(i), {}, {}, {}, {}});
  const auto all = ring.last("", log_level::debug, 1'000'000);
  CHECK(all.size() <= host::log_ring::most_lines);
  CHECK(all.back().line.text == std::to_string(host::log_ring::most_lines + 9));

  std::string umlauts = "x";
  while (umlauts.size() < 10'000)
    umlauts += "ä";
  for (int i = 0; i < 5'000; ++i)
    ring.add({}, {log_level::info, umlauts, {}, {}, {}, {}});
  const auto long_ones = ring.last("", log_level::debug, 1'000'000);
  CHECK(long_ones.size() * host::log_ring::longest_text <= host::log_ring::most_bytes);
  CHECK(long_ones.size() > 100);
  CHECK_NOTHROW(json(long_ones.back().line.text).dump()); // throws for half a character
  CHECK(long_ones.back().line.text.ends_with("…"));
}

TEST_CASE("a follower is told lines of its level, and pairs when they change") {
  event_hub hub;
  listener all, joe;
  CHECK_FALSE(hub.is_followed());
  hub.follow({"", log_level::info, all.reply});
  hub.follow({"joe", log_level::error, joe.reply});
  CHECK(hub.is_followed());
  hub.tell(line("one", "joe"));
  hub.tell(line("two", "jane", log_level::debug));
  hub.tell(line("three", "joe", log_level::error));
  std::vector<pair_overview> pairs{overview("jane"), overview("joe")};
  hub.tell(pairs);
  hub.tell(pairs); // nothing has changed
  pairs[1].condition = pair_condition::throttled;
  hub.tell(pairs);
  pairs.pop_back();
  hub.tell(pairs);

  const auto summary = [](const listener& l) {
    std::vector<std::string> list;
    for (const auto& e : l.told)
      if (!e.contains("event"))
        list.push_back(e.dump());
      else if (e.at("event") == "log")
        list.push_back("log " + e.at("text").get<std::string>());
      else if (e.at("event") == "pair")
        list.push_back("pair " + e.at("pair").at("name").get<std::string>() + " " +
                       e.at("pair").at("status").get<std::string>());
      else
        list.push_back(e.at("event").get<std::string>() + " " + e.at("name").get<std::string>());
    return list;
  };
  CHECK(summary(all) == std::vector<std::string>{R"({"following":true})", "log one", "log three", "pair jane started",
                                                 "pair joe started", "pair joe throttled", "pair_gone joe"});
  CHECK(summary(joe) == std::vector<std::string>{R"({"following":true})", "log three", "pair joe started",
                                                 "pair joe throttled", "pair_gone joe"});
  joe.reads = false;
  hub.tell(pairs);
  all.reads = false;
  hub.tell(line("nobody reads this"));
  CHECK_FALSE(hub.is_followed());
}

TEST_CASE("why an item is in step or is not, in words") {
  pair_settings jane;
  jane.name = "jane";
  auto& inbox = jane.folders.emplace_back();
  inbox.name = "inbox";
  auto t = item();
  CHECK(why(t, jane) == "the next round creates it on the replica");
  const auto as_known = known(jane);
  CHECK(show_item(t, &as_known, at(0)).at("in_step") == false);

  SECTION("left alone by the settings") {
    t.answered.primary = 5;
    jane.folders[0].policy.start_date = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
    CHECK(why(t, jane) == "it is left alone: before the start date (an earlier start_date lets it come)");
    CHECK(why_skipped(t, jane.folders, at(0)) == "before the start date");
    jane.folders[0].policy = {};
    jane.folders[0].policy.direction = direction::replica_to_primary;
    CHECK(why_skipped(t, jane.folders, at(0)) == "only on the target of a one-way pair");
    t.trouble.emplace();
    CHECK_FALSE(why_skipped(t, jane.folders, at(0)));
  }
  SECTION("held by something") {
    CHECK_THAT(why(t, jane, frozen{"20 of 30 vanished", at(60)}),
               Catch::Contains("frozen since 1970-01-01T00:01:00Z: 20 of 30 vanished"));
    jane.folders[0].on = false;
    CHECK_THAT(why(t, jane), Catch::Contains("\"inbox\" is off"));
    jane.folders[0].name = "another";
    CHECK_THAT(why(t, jane), Catch::Contains("\"inbox\" is not looked after: no entry has its folders"));
    CHECK_THAT(show_item(t, nullptr, at(0)).at("why").get<std::string>(),
               Catch::Contains("pair is not configured any more"));
  }
  SECTION("in trouble") {
    auto& trouble = t.trouble.emplace();
    trouble.code = "ErrorMessageSizeExceeded";
    trouble.what = "it is too large";
    trouble.hint = "raise the limit";
    trouble.tries = 1;
    trouble.at.primary = change_key{"k"};
    trouble.banned = true;
    CHECK(why(t, jane) == "it is banned since 1970-01-01T00:00:00Z, after 1 try: (ErrorMessageSizeExceeded) it is too "
                          "large — raise the limit");
    trouble.banned = false;
    trouble.next = at(2'000'600);
    CHECK_THAT(why(t, jane), Catch::Contains("failed 1 time and is tried again at 1970-01-24T03:43:20Z"));
    trouble.next = at(0);
    CHECK(why(t, jane) == "the next round creates it on the replica");
    // What an administrator bans stays, whatever becomes of the item.
    trouble.banned = true;
    trouble.at.primary = change_key{"older"};
    CHECK(why(t, jane) == "the next round creates it on the replica");
    trouble.code = banned_by_administrator;
    CHECK_THAT(why(t, jane), Catch::Contains("it is banned"));
  }
  SECTION("in a subfolder, which is a folder pair as any other") {
    t.folder_pair = t.seen.primary->folder = folder_pair_id{"inbox/sub"};
    CHECK_THAT(why(t, jane), Catch::Contains("is not looked after"));
    auto with_sub = known(jane);
    with_sub.pair.folders.push_back(inbox);
    with_sub.pair.folders.back().name = "inbox/sub";
    CHECK(why(t, with_sub) == "the next round creates it on the replica");
  }
  SECTION("edited: by what the other mailbox can set") {
    t.seen.replica = t.seen.primary;
    t.base.emplace();
    for (const auto s : both_sides) {
      t.seen[s]->item_class = item_class::contact;
      t.seen[s]->content_key = t.seen[s]->key;
      t.seen[s]->content.emplace();
      (*t.base)[s].key = t.seen[s]->key;
      (*t.base)[s].read_back = true;
    }
    t.seen.primary->content->push_back({field::surname, {}});
    t.seen.primary->key = t.seen.primary->content_key = change_key{"edited"};
    auto of = known(jane);
    CHECK(why(t, of) == "nothing is to be done; the next round notes that"); // neither side can hold it
    for (const auto s : both_sides)
      of.can.what[s].on_contact = {field::surname};
    CHECK(why(t, of) == "the next round changes it on the replica");
    of.can.running = false;
    CHECK_THAT(why(t, of), Catch::Contains("its pair does not run"));
  }
  SECTION("a write is under way") {
    t.intent.emplace();
    CHECK_THAT(why(t, jane), Catch::Contains("creating it on the replica is under way since 1970"));
  }
  SECTION("in step") {
    t.seen.replica = t.seen.primary;
    t.answered = {5, 5};
    t.base.emplace();
    CHECK(why(t, jane) == "both sides are the same as far as exsyncd knows");
    const auto shown = show_item(t, &as_known, at(0));
    CHECK(shown.at("in_step") == true);
    CHECK(shown.at("message_id") == "<m1@x.example>");
    CHECK(shown.at("class") == "message");
  }
}

TEST_CASE("an item is found by any of its names") {
  const auto t = item();
  for (const auto* wanted : {"0f3a", "AAMk1", "<m1@x.example>", "m1@x.example", "minutes OF", "Minutes of Monday"})
    CHECK(is_meant(t, wanted));
  for (const auto* wanted : {"0f3", "AAMk", "m1@x", "Tuesday"})
    CHECK_FALSE(is_meant(t, wanted));
}

TEST_CASE("a name in the metrics cannot break their format") {
  auto p = overview("a\"b\\c\nd");
  const auto text = show_metrics("1.2.3", at(7), {p});
  CHECK_THAT(text, Catch::Contains(R"(exsyncd_pair_status{pair="a\"b\\c\nd",status="started"} 1)"));
  CHECK_THAT(text, Catch::Contains("exsyncd_info{version=\"1.2.3\"} 1\n"));
  CHECK_THAT(text, Catch::EndsWith("# EOF\n"));
}

TEST_CASE("what nobody looks after any more is told by itself, and is in no other count") {
  auto p = overview("jane");
  p.folders = p.settings.folders;
  p.counts.folder_pairs = {{folder_pair_id{"inbox"}, 5, 5, 0, 0}, {folder_pair_id{"old"}, 7, 7, 0, 0}};
  const auto shown = show(p, false);
  CHECK(shown.at("items").at("known") == 5);
  CHECK(shown.at("items").at("in_step") == 5);
  REQUIRE(shown.at("not_looked_after").size() == 1);
  CHECK(shown.at("not_looked_after")[0].at("folder") == "old");
  CHECK(shown.at("not_looked_after")[0].at("items") == 7);
  CHECK_FALSE(shown.contains("errors"));
  p.counts.folder_pairs[1].known = 0;
  CHECK_FALSE(show(p, false).contains("not_looked_after"));
}

TEST_CASE("an item that nobody looks after is not said to be in step") {
  auto t = item();
  t.seen.replica = t.seen.primary;
  t.answered = {5, 5};
  t.base.emplace();
  auto of = known(overview("jane").settings);
  CHECK(show_item(t, &of, at(0)).at("in_step") == true);
  of.pair.folders.clear();
  CHECK(show_item(t, &of, at(0)).at("in_step") == false);
  CHECK_FALSE(show_item(t, nullptr, at(0)).at("in_step"));
}
