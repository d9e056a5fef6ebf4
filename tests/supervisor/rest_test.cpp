#include "tests/supervisor/office.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

// A write that a server refuses, or of which nobody can say what became of it, may not keep a pair busy: it is listed,
// tried again ever more seldom, and done once the server lets it be.

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

const std::string hq = "jane@hq.example", branch = "jane@branch.example";

pair_settings two_folders() {
  auto s = pair_named("jane");
  auto done = s.folders[0];
  done.name = done.primary = done.replica = "inbox/Done";
  s.folders.push_back(done);
  return s;
}

struct user_act {
  std::string name;
  std::string call; // what carries it over
  std::function<void(office&, const std::string& who, const std::string& which)> act;
};

const std::vector<user_act> acts{
    {"a new mail", "create_items",
     [](office& o, const std::string& who, const std::string& which) { o.deliver(who, "new" + which); }},
    {"an edit", "update_items",
     [](office& o, const std::string& who, const std::string& which) {
       auto& box = o.box(who);
       box.user_edit(box.find("inbox", which), field::categories, "Red");
     }},
    {"an edit that takes a new copy", "remove_items",
     [](office& o, const std::string& who, const std::string& which) {
       auto& box = o.box(who);
       box.user_attach(box.find("inbox", which), "file", "bytes");
     }},
    {"a move", "move_items",
     [](office& o, const std::string& who, const std::string& which) {
       auto& box = o.box(who);
       box.user_move(box.find("inbox", which), "inbox/Done");
     }},
    {"a delete", "remove_items",
     [](office& o, const std::string& who, const std::string& which) {
       auto& box = o.box(who);
       box.user_delete(box.find("inbox", which));
     }},
    {"a mail that was read", "set_read_states",
     [](office& o, const std::string& who, const std::string& which) {
       auto& box = o.box(who);
       box.user_mark_read(box.find("inbox", which), true);
     }},
};

struct wrong {
  std::string name;
  enum fault::kind kind;
};

const std::vector<wrong> wrongs{{"refused", fault::kind::refuses_item},
                                {"lost on its way", fault::kind::answer_lost_before},
                                {"done, and its answer lost", fault::kind::answer_lost_after},
                                {"stopped", fault::kind::stops}};

std::string told(const model_item& item) {
  std::string text = item.message_id.value + " " + item.value(field::categories) + (item.read ? " read" : "");
  for (const auto& [name, bytes] : item.attachments)
    text += " " + name;
  return text;
}

/// What is in both folders, as far as users see it.
std::multiset<std::string> seen(office& o, const std::string& whose) {
  std::multiset<std::string> all;
  for (const std::string path : {"inbox", "inbox/Done"})
    for (const auto& [id, item] : o.box(whose).items(path))
      all.insert(path + ": " + told(item));
  return all;
}

/// How often it is wrong: once, whenever it is that item's turn, or whatever the item.
enum class often { once, for_the_item, for_all };

void check_that_it_rests(const user_act& what, const wrong& how, const std::string& who, often often) {
  const char* const often_text[] = {"once", "for this item", "for all"};
  INFO(what.name << " of " << who << ": " << what.call << " is " << how.name << " " << often_text[int(often)]);
  office o({two_folders()});
  for (const auto& address : {hq, branch})
    o.box(address).make_folder("inbox/Done");
  for (const auto id : {"a", "b", "c", "d"})
    o.deliver(hq, id);
  o.advance(10s);
  REQUIRE(o.sync().in_step());

  const auto other = who == hq ? branch : hq;
  const auto copy = o.box(other).find("inbox", "<a>");
  std::size_t lists = 0, met = 0;
  o.script = [&](const mailbox_call& c) {
    if (c.name == "list_changes") ++lists;
    const auto turn = std::find(c.items.begin(), c.items.end(), copy);
    fault f;
    if (c.name != what.call || (often == often::once && met > 0)) return f;
    if (often == often::for_the_item && turn == c.items.end()) return f;
    ++met, f.kind = how.kind;
    if (turn != c.items.end()) f.at = static_cast<std::size_t>(turn - c.items.begin());
    return f;
  };
  what.act(o, who, "<a>");
  o.advance(10min);
  REQUIRE(met > 0);
  // Others of the same kind pass, so that it is the item and not the server.
  what.act(o, who, "<b>");
  o.advance(10min);
  o.deliver(who, "another");
  what.act(o, who, "<c>");
  o.advance(20min);
  lists = 0;
  const auto lines = o.log.size();
  o.advance(30min);
  // Six polls of four folders, each perhaps with a second look.
  CHECK(lists <= 60);
  CHECK(o.log.size() - lines <= 12);
  if (what.call != "create_items") CHECK(o.box(other).find("inbox", "<another>").value != "");
  if (seen(o, hq) != seen(o, branch)) CHECK(o.ask<bans_are>(ask_bans{}).items.size() >= 1);

  o.script = {};
  o.ask<bans_lifted>(lift_bans{"jane", {}});
  o.advance(10min);
  CHECK(o.sync().in_step());
  CHECK(seen(o, hq) == seen(o, branch));
  CHECK(o.ask<bans_are>(ask_bans{}).items.empty());
}

} // namespace

TEST_CASE("a write that is wrong once is done, and leaves nothing behind") {
  for (const auto& what : acts)
    for (const auto& how : wrongs)
      for (const auto& who : {hq, branch})
        check_that_it_rests(what, how, who, often::once);
}

TEST_CASE("a write that a server refuses makes no round after round, is listed, and is done once it may be") {
  for (const auto& what : acts)
    for (const auto& who : {hq, branch})
      check_that_it_rests(what, wrongs[0], who, often::for_all);
}

TEST_CASE("a write that never gets through for one item is listed, and the others pass") {
  for (const auto& what : acts)
    if (what.call != "create_items")
      for (const auto& how : {wrongs[0], wrongs[1], wrongs[2]})
        for (const auto& who : {hq, branch})
          if (how.kind != fault::kind::answer_lost_before || what.name != "an edit that takes a new copy")
            check_that_it_rests(what, how, who, often::for_the_item);
}
