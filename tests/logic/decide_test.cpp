#include "actors/logic/cells.hpp"
#include "tests/logic/builders.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace exsyncd;
using namespace exsyncd::tests;

namespace {

struct row {
  std::string when;
  std::function<void(twin&, logic::surroundings&)> prepare;
  std::string then;
  /// With the sides exchanged: empty where the rule is the same for both, else what it says then. Primary wins, so the
  /// rows in which both sides did something differ.
  std::string then_exchanged;
};

void check(const std::vector<row>& rows, direction d) {
  for (const auto& r : rows) {
    INFO(r.when);
    twin t = agreed_twin();
    auto around = quiet(d);
    r.prepare(t, around);
    CHECK(in_words(logic::decide(t, around)) == r.then);
    INFO("with the sides exchanged");
    CHECK(in_words(logic::decide(exchanged(t), exchanged(around))) ==
          (r.then_exchanged.empty() ? exchanged(r.then) : r.then_exchanged));
  }
}

constexpr auto P = side::primary;
constexpr auto R = side::replica;

} // namespace

TEST_CASE("two-way: every cell of the arbiter's table") {
  auto subject = with(field::subject, "New offer");
  auto body = with(field::body, "Dear Joan");
  check(
      {
          {"nothing happened", [](twin&, auto&) {}, "agree", ""},
          {"P unchanged, R edited", [&](twin& t, auto&) { edit(t, R, subject); }, "update P subject", ""},
          {"P unchanged, R deleted", [](twin& t, auto&) { leave(t, R); }, "remove P", ""},
          {"both edited to the same", [&](twin& t, auto&) { edit(t, P, subject), edit(t, R, subject); }, "agree", ""},
          {"both edited the same field otherwise",
           [&](twin& t, auto&) { edit(t, P, subject), edit(t, R, with(field::subject, "Old offer")); },
           "update R subject, R loses", "update R subject, R loses"},
          {"P edited one field, R another", [&](twin& t, auto&) { edit(t, P, subject), edit(t, R, body); },
           "update R subject body, R loses", "update R subject body, R loses"},
          {"P edited, R deleted", [&](twin& t, auto&) { edit(t, P, subject), leave(t, R); }, "remove P, P loses", ""},
          {"P deleted, R edited", [&](twin& t, auto&) { leave(t, P), edit(t, R, subject); }, "remove R, R loses", ""},
          {"both deleted", [](twin& t, auto&) { leave(t, P), leave(t, R); }, "bury", ""},
      },
      direction::bidirectional);
}

TEST_CASE("one-way: the table with the target read as unchanged") {
  auto subject = with(field::subject, "New offer");
  auto body = with(field::body, "Dear Joan");
  auto revert = [](logic::surroundings& a) { a.policy.drift = drift::revert; };
  check(
      {
          {"source edited", [&](twin& t, auto&) { edit(t, P, subject); }, "update R subject", ""},
          {"target edited: left", [&](twin& t, auto&) { edit(t, R, subject); }, "agree", ""},
          {"target edited, drift reverted: look at what it was",
           [&](twin& t, auto& a) { edit(t, R, subject), revert(a); }, "update R subject", ""},
          {"an attachment of the source changed in place",
           [&](twin& t, auto&) { edit(t, P, with(field::attachment_sizes, "12")); }, "replace R", ""},
          {"both edited: only the source's fields", [&](twin& t, auto&) { edit(t, P, subject), edit(t, R, body); },
           "update R subject", ""},
          {"both edited, drift reverted: both fields",
           [&](twin& t, auto& a) { edit(t, P, subject), edit(t, R, body), revert(a); }, "update R subject body", ""},
          {"source deleted", [](twin& t, auto&) { leave(t, P); }, "remove R", ""},
          {"source deleted, target edited", [&](twin& t, auto&) { leave(t, P), edit(t, R, subject); }, "remove R", ""},
          {"target deleted: not propagated", [](twin& t, auto&) { leave(t, R); }, "forget R and rest", ""},
          {"target deleted, drift reverted: created anew", [&](twin& t, auto& a) { leave(t, R), revert(a); },
           "create R", ""},
          {"target deleted, source edited: created anew", [&](twin& t, auto&) { leave(t, R), edit(t, P, subject); },
           "create R", ""},
          {"target deleted, drift reverted, and left alone by now",
           [&](twin& t, auto& a) {
             leave(t, R), revert(a), t.seen[P]->meeting = true, a.policy.meetings = meetings::skip;
           },
           "forget R", ""},
          {"both deleted", [](twin& t, auto&) { leave(t, P), leave(t, R); }, "bury", ""},
          {"source marked read", [](twin& t, auto&) { t.seen[P]->read = true; }, "read R", ""},
          {"target marked read: left", [](twin& t, auto&) { t.seen[R]->read = true; }, "agree", ""},
          {"target marked read, drift reverted", [&](twin& t, auto& a) { t.seen[R]->read = true, revert(a); },
           "unread R", ""},
          {"source moved", [](twin& t, auto&) { t.seen[P]->folder = folder_pair_id{"archive"}; }, "move R to archive",
           ""},
          {"target moved: left", [](twin& t, auto&) { t.seen[R]->folder = folder_pair_id{"archive"}; }, "agree", ""},
      },
      direction::primary_to_replica);
}

TEST_CASE("read state and place go over by themselves") {
  check(
      {
          {"marked read", [](twin& t, auto&) { t.seen[P]->read = true; }, "read R", ""},
          {"marked read on both", [](twin& t, auto&) { t.seen[P]->read = t.seen[R]->read = true; }, "agree", ""},
          {"a read state that is not known is left", [](twin& t, auto&) { t.seen[P]->read = {}; }, "agree", ""},
          {"a draft of ours that the server has made unread is marked read, its original is left",
           [](twin& t, auto&) {
             t.seen[P]->read = (*t.base)[P].read = true;
             t.seen[P]->draft = t.seen[R]->draft = true;
             (*t.base)[R].read.reset();
             read_contents(t, R, original);
           },
           "read R", ""},
          {"a draft that its user marks read after an update of ours is his news",
           [](twin& t, auto&) {
             t.seen[P]->draft = t.seen[R]->draft = true;
             (*t.base)[R].read_back = false;
             t.seen[R]->read = true;
             read_contents(t, R, original);
           },
           "read P", ""},
          {"marking as read does not compete with an edit",
           [](twin& t, auto&) { t.seen[R]->read = true, edit(t, P, with(field::subject, "x")); }, "update R subject",
           ""},
          {"moved", [](twin& t, auto&) { t.seen[P]->folder = folder_pair_id{"archive"}; }, "move R to archive", ""},
          {"moved on both sides: primary's place",
           [](twin& t, auto&) {
             t.seen[P]->folder = folder_pair_id{"archive"};
             t.seen[R]->folder = folder_pair_id{"junk"};
           },
           "move R to archive", "move R to junk"},
          {"moved to the same place",
           [](twin& t, auto&) { t.seen[P]->folder = t.seen[R]->folder = folder_pair_id{"archive"}; }, "agree", ""},
          {"moved and deleted: deleted",
           [](twin& t, auto&) {
             t.seen[P]->folder = folder_pair_id{"archive"};
             leave(t, R);
           },
           "remove P", ""},
      },
      direction::bidirectional);
}

TEST_CASE("absence is not deletion until it is believable") {
  check(
      {
          {"left, but a mapped folder was not listed since",
           [](twin& t, auto& a) { leave(t, P), a.listed_after[P] = 20; }, "wait for belief", ""},
          {"the other side's listing says nothing about it",
           [](twin& t, auto& a) { leave(t, P), a.listed_after[R] = 0; }, "remove R", ""},
          {"not in a listing from the beginning", [](twin& t, auto&) { t.seen[P]->presence = presence::absent; },
           "forget P", ""},
          {"nor in one, and it may have been moved into a folder that was not listed since",
           [](twin& t, auto& a) { t.seen[P]->presence = presence::absent, a.listed_after[P] = 10; }, "wait for belief",
           ""},
          {"absent and then created anew", [](twin& t, auto&) { t.seen[P].reset(), t.base.reset(); }, "create P", ""},
      },
      direction::bidirectional);
}

TEST_CASE("what is new on one side") {
  auto only_p = [](twin& t) { t.seen[R].reset(), t.base.reset(); };
  check(
      {
          {"is created on the other", [&](twin& t, auto&) { only_p(t); }, "create R", ""},
          {"not before both folders were listed to their ends", [&](twin& t, auto& a) { only_p(t), a.listed = false; },
           "wait for listing", ""},
          {"not if it is no mail", [&](twin& t, auto&) { only_p(t), t.seen[P]->item_class = item_class::other; },
           "skip", ""},
          {"not if it is older than the start date",
           [&](twin& t, auto& a) {
             only_p(t);
             a.policy.start_date = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
             t.seen[P]->received = utc_seconds{*a.policy.start_date} - std::chrono::seconds(1);
           },
           "skip", ""},
          {"on the start date it is",
           [&](twin& t, auto& a) {
             only_p(t);
             a.policy.start_date = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
             t.seen[P]->received = utc_seconds{*a.policy.start_date};
           },
           "create R", ""},
          {"not before what left another folder in the same moment would be known",
           [&](twin& t, auto& a) { only_p(t), a.new_after[P] = t.seen[P]->sequence; }, "wait for belief", ""},
          {"left alone no sooner either: it may be known, and moved",
           [&](twin& t, auto& a) {
             only_p(t);
             a.policy.start_date = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
             t.seen[P]->received = utc_seconds{*a.policy.start_date} - std::chrono::seconds(1);
             a.new_after[P] = t.seen[P]->sequence;
           },
           "wait for belief", ""},
          {"and gone again before it was carried over", [&](twin& t, auto&) { only_p(t), leave(t, P); }, "bury", ""},
      },
      direction::bidirectional);
  check({{"one-way: what is only on the target stays", [](twin& t, auto&) { t.seen[P].reset(), t.base.reset(); },
          "skip", ""},
         {"one-way: where no list tells what a contact there is called, it is read, to be known again",
          [](twin& t, auto&) {
            t.seen[P].reset(), t.base.reset();
            t.seen[R]->item_class = item_class::contact;
            t.seen[R]->message_id = {};
            t.seen[R]->subject = {};
          },
          "look R", ""},
         {"one-way: and then stays",
          [](twin& t, auto&) {
            t.seen[P].reset(), t.base.reset();
            t.seen[R]->item_class = item_class::contact;
            t.seen[R]->message_id = {};
            t.seen[R]->subject = {};
            read_contents(t, R, {{field::given_name, "Ann"}});
          },
          "skip", ""},
         {"one-way: what is only on the source is created", [](twin& t, auto&) { t.seen[R].reset(), t.base.reset(); },
          "create R", ""}},
        direction::primary_to_replica);
}

TEST_CASE("first agreement of a mail that both mailboxes have") {
  auto unpaired = [](twin& t) { t.base.reset(); };
  auto both_read = [&](twin& t, const values& p, const values& r) {
    unpaired(t);
    read_contents(t, P, p);
    read_contents(t, R, r);
  };
  check(
      {
          {"contents first", [&](twin& t, auto&) { unpaired(t); }, "look P R", ""},
          {"equal", [&](twin& t, auto&) { both_read(t, original, original); }, "agree", ""},
          {"equal but for the read state: the source's goes over",
           [&](twin& t, auto&) { both_read(t, original, original), t.seen[P]->read = true; }, "agree for now", ""},
          {"another category: primary's goes over",
           [&](twin& t, auto&) { both_read(t, original, with(field::categories, "Red")); },
           "update R categories, R loses", "update R categories, R loses"},
          {"a body that a server has rewritten is no difference",
           [&](twin& t, auto&) { both_read(t, original, with(field::body, "<p>Dear Jane</p>")); }, "agree", ""},
          {"but of a draft it is",
           [&](twin& t, auto&) {
             both_read(t, original, with(field::body, "Dear Jim"));
             t.seen[P]->draft = t.seen[R]->draft = true;
           },
           "update R body, R loses", "update R body, R loses"},
          {"deleted on one side first: its mate is read, to tell whether it was another one",
           [&](twin& t, auto&) { unpaired(t), read_contents(t, P, original), leave(t, P); }, "look R", ""},
          {"deleted before anybody has read it: what goes with it may be another one",
           [&](twin& t, auto&) { unpaired(t), leave(t, P); }, "remove R, R loses", ""},
          {"attachment sizes are each server's own",
           [&](twin& t, auto&) {
             both_read(t, with(field::attachment_sizes, "100"), with(field::attachment_sizes, "104"));
           },
           "agree", ""},
      },
      direction::bidirectional);
}

TEST_CASE("copies of ours that come back are the same where the words of their bodies are") {
  const auto found = [](twin& t, const std::string& words, const std::string& mark) {
    t.base.reset();
    read_contents(t, P, original);
    read_contents(t, R, with(field::body, "another form"));
    t.seen[P]->likeness = logic::digests_of({{field::body, "w"}});
    if (!words.empty()) t.seen[R]->likeness = logic::digests_of({{field::body, words}});
    t.seen[R]->mark = operation_mark{mark};
  };
  const auto with_files = [](twin& t, const std::string& p, const std::string& r) {
    t.base.reset();
    t.seen[R]->mark = operation_mark{"jane/t0/i1"};
    for (side s : both_sides) {
      read_contents(t, s, with(field::attachments, "a.bin"));
      const auto& inside = s == P ? p : r;
      if (!inside.empty()) t.seen[s]->likeness = logic::digests_of({{hint::attachment_contents, inside}});
    }
  };
  check(
      {
          {"as it was made", [&](twin& t, auto&) { found(t, "w", "jane/t0/i1"); }, "agree", ""},
          {"edited since", [&](twin& t, auto&) { found(t, "v", "jane/t0/i1"); }, "update R body, R loses",
           "update R body, R loses"},
          {"another pair's copy may have come another way", [&](twin& t, auto&) { found(t, "v", "joe/t0/i1"); },
           "agree", ""},
          {"what was read of none tells nothing", [&](twin& t, auto&) { found(t, "", "jane/t0/i1"); }, "agree", ""},
          {"with files of one name: what is in them is read", [&](twin& t, auto&) { with_files(t, "", ""); },
           "look P R", ""},
          {"and is the same", [&](twin& t, auto&) { with_files(t, "x", "x"); }, "agree", ""},
          {"and is another file", [&](twin& t, auto&) { with_files(t, "x", "y"); }, "replace R, R loses",
           "replace R, R loses"},
          {"deleted on one side before the two were agreed",
           [&](twin& t, auto&) { found(t, "w", "jane/t0/i1"), leave(t, P); }, "remove R", ""},
          {"and another one", [&](twin& t, auto&) { found(t, "v", "jane/t0/i1"), leave(t, P); }, "remove R, R loses",
           ""},
      },
      direction::bidirectional);
}

TEST_CASE("what a mail does not let change is replaced or reported") {
  auto to = with(field::to, "joan@example");
  check(
      {
          {"recipients of a sent mail", [&](twin& t, auto&) { edit(t, P, to); }, "replace R", ""},
          {"recipients of a draft", [&](twin& t, auto&) { edit(t, P, to), t.seen[R]->draft = true; }, "update R to",
           ""},
          {"reported where the policy says so",
           [&](twin& t, auto& a) { edit(t, P, to), a.policy.unchangeable = unchangeable::report; }, "report R to", ""},
          {"reported, with another edit that can be made",
           [&](twin& t, auto& a) {
             auto both = to;
             for (auto& v : both)
               if (v.field == field::categories) v.value = "Red";
             edit(t, P, both), a.policy.unchangeable = unchangeable::report;
             trouble told;
             told.banned = true;
             told.at = {t.seen[P]->key, t.seen[R]->key};
             told.refused = logic::digests_of({{field::to, "joan@example"}});
             t.trouble = told;
           },
           "update R categories", ""},
          {"an attachment", [&](twin& t, auto&) { edit(t, P, with(field::attachments, "a.pdf")); }, "replace R", ""},
          {"an attachment changed in place", [&](twin& t, auto&) { edit(t, P, with(field::attachment_sizes, "12")); },
           "replace R", ""},
          {"an attachment changed in place, another edit on the other side",
           [&](twin& t, auto&) {
             edit(t, P, with(field::attachment_sizes, "12"));
             edit(t, R, with(field::subject, "x"));
           },
           "replace R, R loses", "replace R, R loses"},
          {"attachments of one name added on both sides: what is in them tells",
           [&](twin& t, auto&) {
             for (side s : both_sides) {
               auto v = with(field::attachments, "a.pdf");
               v.push_back({field::attachment_sizes, name(s)});
               edit(t, s, v);
             }
           },
           "look P R", "look P R"},
      },
      direction::bidirectional);
}

TEST_CASE("a server touch, an echo and our own write are no edits") {
  check(
      {
          {"another key, not looked at yet", [](twin& t, auto&) { t.seen[P]->key = change_key{"9P"}; }, "look P", ""},
          {"another key, the same contents", [](twin& t, auto&) { edit(t, P, original); }, "agree", ""},
          {"written by us, not read back yet", [](twin& t, auto&) { (*t.base)[R].read_back = false; }, "look R", ""},
          {"written by us, normalised by the server",
           [](twin& t, auto&) {
             (*t.base)[R].read_back = false;
             read_contents(t, R, with(field::body, "Dear  Jane"));
           },
           "agree", ""},
          {"written by us, then edited before it was read back",
           [](twin& t, auto&) {
             (*t.base)[R].read_back = false;
             edit(t, R, with(field::categories, "Red"));
           },
           "update P categories", ""},
      },
      direction::bidirectional);
}

TEST_CASE("another id of an attachment is a reason to look, unless the item was moved and sizes tell") {
  const auto attached = [](const std::string& size, const std::string& id, const std::string& holder) {
    auto v = original;
    v.push_back({field::attachments, "a.pdf"});
    v.push_back({field::attachment_sizes, size});
    v.push_back({hint::attachment_ids, id});
    v.push_back({hint::attachment_holder, holder});
    return v;
  };
  const auto agreed = [=](twin& t, const std::string& size) {
    for (side s : both_sides) {
      (*t.base)[s].content = logic::digests_of(attached(size, "1", "item"));
      read_contents(t, s, attached(size, "1", "item"));
    }
  };
  const auto inside = [](twin& t, const std::string& p, const std::string& r) {
    t.seen[P]->likeness = logic::digests_of({{hint::attachment_contents, p}});
    t.seen[R]->likeness = logic::digests_of({{hint::attachment_contents, r}});
  };
  const char* const both_ways = "look P R";
  check(
      {
          {"another id", [&](twin& t, auto&) { agreed(t, "9"), edit(t, P, attached("9", "2", "item")); }, both_ways,
           both_ways},
          {"no sizes, another id", [&](twin& t, auto&) { agreed(t, ""), edit(t, P, attached("", "2", "item")); },
           both_ways, both_ways},
          {"moved", [&](twin& t, auto&) { agreed(t, "9"), edit(t, P, attached("9", "2", "moved")); }, "agree", ""},
          {"moved where no sizes are told",
           [&](twin& t, auto&) { agreed(t, ""), edit(t, P, attached("", "2", "moved")); }, both_ways, both_ways},
          {"the same is in it",
           [&](twin& t, auto&) { agreed(t, ""), edit(t, P, attached("", "2", "moved")), inside(t, "x", "x"); }, "agree",
           ""},
          {"something else is in it",
           [&](twin& t, auto&) { agreed(t, ""), edit(t, P, attached("", "2", "item")), inside(t, "x", "y"); },
           "replace R", ""},
          {"other things on both sides",
           [&](twin& t, auto&) {
             agreed(t, "");
             for (side s : both_sides)
               edit(t, s, attached("", "2", "item"));
             inside(t, "x", "y");
           },
           "replace R, R loses", "replace R, R loses"},
          {"deleted on one side, another one put there on the other",
           [&](twin& t, auto&) { agreed(t, ""), leave(t, P), edit(t, R, attached("", "2", "item")); },
           "remove R, R loses", ""},
          {"deleted on one side, moved on the other",
           [&](twin& t, auto&) { agreed(t, ""), leave(t, P), edit(t, R, attached("", "2", "moved")); }, "remove R", ""},
          {"our copy was touched before we read it",
           [&](twin& t, auto&) {
             agreed(t, "9");
             (*t.base)[R].content = logic::digests_of(with(field::attachments, "a.pdf"));
             (*t.base)[R].read_back = false;
             edit(t, R, attached("9", "2", "item"));
           },
           both_ways, both_ways},
          {"deleted on one side, and our copy was touched before we read it: it may have been its files",
           [&](twin& t, auto&) {
             agreed(t, "9");
             (*t.base)[R].content = logic::digests_of(with(field::attachments, "a.pdf"));
             (*t.base)[R].read_back = false;
             leave(t, P);
             edit(t, R, attached("9", "2", "item"));
           },
           "remove R, R loses", ""},
      },
      direction::bidirectional);
}

TEST_CASE("a body that was sent is held against what is read first by its words") {
  const auto sent = [](twin& t, const std::string& words) {
    auto v = original;
    v.push_back({hint::body_words, words});
    (*t.base)[R].content = logic::digests_of(v);
    (*t.base)[R].read_back = false;
  };
  const auto reads = [](twin& t, const std::string& body, const std::string& words) {
    edit(t, R, with(field::body, body));
    t.seen[R]->likeness = logic::digests_of({{field::body, words}});
  };
  check(
      {
          {"the server's own form", [&](twin& t, auto&) { sent(t, "w"), reads(t, "<p>Dear Jane</p>", "w"); }, "agree",
           ""},
          {"other words", [&](twin& t, auto&) { sent(t, "w"), reads(t, "Dear Joan", "v"); }, "update P body", ""},
          {"not sent by us, and another one",
           [&](twin& t, auto&) { (*t.base)[R].read_back = false, reads(t, "Dear Joan", "v"); }, "update P body", ""},
      },
      direction::bidirectional);
}

TEST_CASE("an item in trouble rests until its time, or until it changes") {
  auto in_trouble = [](twin& t, bool banned, const logic::surroundings& a) {
    edit(t, P, with(field::subject, "x"));
    trouble tr;
    tr.banned = banned;
    tr.next = a.now + std::chrono::seconds(1);
    tr.at = {t.seen[P]->key, t.seen[R]->key};
    t.trouble = tr;
  };
  check(
      {
          {"rests", [&](twin& t, auto& a) { in_trouble(t, false, a); }, "rest", ""},
          {"is tried again where the clock was set back since",
           [&](twin& t, auto& a) { in_trouble(t, false, a), t.trouble->next = a.now + std::chrono::hours(2); },
           "update R subject", ""},
          {"is tried again when due", [&](twin& t, auto& a) { in_trouble(t, false, a), a.now = t.trouble->next; },
           "update R subject", ""},
          {"banned", [&](twin& t, auto& a) { in_trouble(t, true, a), a.now += std::chrono::hours(1000); }, "banned",
           ""},
          {"an edit lifts it",
           [&](twin& t, auto& a) { in_trouble(t, true, a), t.trouble->at[P] = change_key{"older"}; },
           "update R subject", ""},
          {"a delete lifts it", [&](twin& t, auto& a) { in_trouble(t, true, a), leave(t, P); }, "remove R", ""},
      },
      direction::bidirectional);
}

TEST_CASE("a field that was refused rests, until the other side's user edits it as well") {
  const auto refused = [](twin& t) {
    edit(t, P, with(field::subject, "P's"));
    trouble tr;
    tr.banned = tr.one_by_one = true;
    tr.side = R;
    tr.at = {t.seen[P]->key, t.seen[R]->key};
    tr.refused = logic::digests_of({{field::subject, "P's"}});
    t.trouble = tr;
  };
  check(
      {
          {"refused", [&](twin& t, auto&) { refused(t); }, "banned", ""},
          {"another field is edited there",
           [&](twin& t, auto&) { refused(t), edit(t, R, with(field::categories, "Red")); }, "update P categories", ""},
          {"and its item is deleted on the other side", [&](twin& t, auto&) { refused(t), leave(t, R); },
           "remove P, P loses", ""},
          {"the same one is", [&](twin& t, auto&) { refused(t), edit(t, R, with(field::subject, "R's")); },
           "update R subject, R loses", "update R subject, R loses"},
          {"and goes with the item that is deleted on the other side", [&](twin& t, auto&) { refused(t), leave(t, R); },
           "remove P, P loses", ""},
          {"also where contents no longer show it, as with a file of the same name in a mailbox with other ids",
           [&](twin& t, auto&) {
             refused(t);
             t.base->primary.content = *t.seen[P]->content;
             leave(t, R);
           },
           "remove P, P loses", ""},
          {"and is refused again",
           [&](twin& t, auto&) {
             refused(t), edit(t, R, with(field::subject, "R's"));
             t.trouble->at[R] = t.seen[R]->key;
           },
           "banned", ""},
      },
      direction::bidirectional);
}

TEST_CASE("one operation at a time") {
  check({{"an open intent comes before everything",
          [](twin& t, auto&) {
            t.intent = intent{};
            edit(t, P, with(field::subject, "x"));
            leave(t, R);
          },
          "resolve", ""}},
        direction::bidirectional);
}

TEST_CASE("a subject that a server has derived from the name of a contact is none") {
  const field name = field::display_name, subject = field::subject;
  const auto across = [](const std::vector<field_value>& p, const std::vector<field_value>& r, item_class c) {
    return logic::differ_across(logic::digests_of(p), logic::digests_of(r), true, c, false);
  };
  const std::vector<field_value> bare{{name, "Ann Smith"}}, derived{{name, "Ann Smith"}, {subject, "Ann Smith"}};
  CHECK(across(bare, derived, item_class::contact).empty());
  CHECK(across(derived, bare, item_class::contact).empty());
  const std::vector<field_value> own{{name, "Ann Smith"}, {subject, "Ann"}};
  CHECK(across(bare, own, item_class::contact) == std::vector<field>{subject});
  CHECK(across(derived, own, item_class::contact) == std::vector<field>{subject});
  CHECK(across(bare, derived, item_class::task).size() == 1);
}

TEST_CASE("whoever counts the cells of the table is told which one decided, and nobody else is") {
  std::vector<std::string> cells;
  logic::listen_to_cells([&](const std::string& cell) { cells.push_back(cell); });
  twin t = agreed_twin();
  edit(t, R, with(field::subject, "New offer"));
  logic::decide(t, quiet(direction::bidirectional));
  leave(t, P);
  logic::decide(t, quiet(direction::bidirectional));
  leave(t, R);
  logic::decide(t, quiet(direction::replica_to_primary));
  logic::listen_to_cells({});
  logic::decide(t, quiet(direction::bidirectional));
  CHECK(cells == std::vector<std::string>{"two-way: unchanged, edited", "two-way: deleted, edited",
                                          "one-way: deleted, deleted"});
}

TEST_CASE("what occurrences inherit is written to a series with its exceptions, also where none shows") {
  const auto written = [](bool of_a_series, field changed, const both<std::string>& exceptions = {}) {
    auto t = agreed_twin();
    auto a = quiet();
    auto before = original;
    if (of_a_series) before.push_back({field::recurrence, "daily"});
    for (side s : both_sides) {
      a.settable[s].insert(a.settable[s].end(), {field::location, field::recurrence, field::exceptions});
      t.seen[s]->item_class = item_class::appointment;
      auto of_side = before;
      of_side.push_back({field::exceptions, exceptions[s]});
      (*t.base)[s].content = logic::digests_of(of_side);
    }
    before.push_back({field::exceptions, exceptions.primary});
    before.push_back({changed, "other"});
    edit(t, side::primary, before);
    return std::get<logic::update_on>(logic::decide(t, a).what).fields;
  };
  CHECK(written(true, field::location) == std::vector<field>{field::location, field::exceptions});
  CHECK(written(true, field::location, {"one", "one"}) == std::vector<field>{field::location, field::exceptions});
  // What the target's user made of them, and was left there, stays.
  CHECK(written(true, field::location, {"one", "another"}) == std::vector<field>{field::location});
  CHECK(written(false, field::location) == std::vector<field>{field::location});
  CHECK(written(true, field::sensitivity) == std::vector<field>{field::sensitivity});
}
