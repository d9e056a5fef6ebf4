// What a daemon that begins without any state may take for new or leave as the primary has it, and what not.
#include "tests/model_tests/written_history.hpp"

#include <catch2/catch.hpp>

using namespace simulate::model;
using namespace simulate::model::test;

namespace {

const fields with_id{{"subject", "Lunch"}, {"message_id", "1@x"}}, without_id{{"subject", "Lunch"}};

/// A mail that both sides hold as first contents: no mark tells that the two are one.
struct held_on_both : written_history {
  item_number p, r;
  explicit held_on_both(const fields& says)
      : p(makes(who::transport, side::primary, "label-1", says)),
        r(makes(who::transport, side::replica, "label-1", says)) {}
  void both_read() {
    reads(p);
    reads(r);
  }
  /// What a daemon does that takes the two for two.
  void are_taken_for_two(const std::string& place_of_p, const std::string& place_of_r) {
    carried(p, place_of_p);
    carried(r, place_of_r);
  }
};

} // namespace

TEST_CASE("without a key two that were edited while nobody knew them may become two, edited later they may not") {
  for (bool later : {false, true}) {
    held_on_both w(without_id);
    w.both_read();
    w.administrator(act::state_lost);
    if (later) w.both_read();
    w.edits(who::user, w.r, {{"subject", "Supper"}});
    w.are_taken_for_two("inbox", "inbox");
    CHECK(w.broken() == (later ? std::vector{rule::doubled} : nothing));
  }
}

TEST_CASE("what is taken for two has to be two on both sides") {
  held_on_both w(without_id);
  w.both_read();
  w.administrator(act::state_lost);
  w.edits(who::user, w.r, {{"subject", "Supper"}});
  w.carried(w.r);
  CHECK(w.broken() == std::vector{rule::missing});
  w.carried(w.p);
  CHECK(w.words() == "");
  w.carried(w.p);
  CHECK(w.broken() == std::vector{rule::doubled});
}

TEST_CASE("a mail with a Message-ID that nobody moved is one, whatever was edited while nobody knew it") {
  for (bool moved : {false, true}) {
    held_on_both w(with_id);
    w.both_read();
    w.administrator(act::state_lost);
    w.edits(who::user, w.p, {{"subject", "Supper"}});
    if (moved) w.moves(who::user, w.p, "inbox/Projects");
    w.are_taken_for_two(moved ? "inbox/From HQ" : "inbox", "inbox");
    CHECK(w.broken() == (moved ? nothing : std::vector{rule::doubled}));
  }
}

TEST_CASE("a copy of ours is known by its mark, wherever it lies, but not which of two it belongs to") {
  for (bool copied : {false, true}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", without_id);
    auto r = w.carried(p);
    w.administrator(act::state_lost);
    w.edits(who::user, p, {{"subject", "Supper"}});
    if (copied) w.edits(who::user, w.copies(who::user, r), {{"subject", "Dinner"}});
    w.carried(p);
    w.carried(r);
    if (copied) w.carried(r + 1);
    CHECK(w.broken() == (copied ? nothing : std::vector{rule::doubled}));
  }
}

TEST_CASE(
    "an edit or a move of the replica's that nobody knew yet when all began anew gives way, a later one does not") {
  for (bool later : {false, true}) {
    written_history w;
    auto r = w.makes(who::user, side::replica, "label-1", with_id);
    auto p = w.carried(r);
    w.administrator(act::state_lost);
    auto both_read = [&] {
      w.reads(p);
      w.reads(r);
    };
    if (later) both_read();
    w.edits(who::user, r, {{"subject", "Supper"}});
    w.moves(who::user, r, "inbox/From HQ");
    w.marks(who::user, r, true);
    if (!later) both_read();
    w.edits(who::daemon, r, {{"subject", "Lunch"}});
    w.moves(who::daemon, r, "inbox");
    w.marks(who::daemon, r, false);
    w.lists_conflict(r);
    CHECK(w.broken() == (later ? std::vector{rule::contents, rule::place, rule::read_state} : nothing));
  }
}

TEST_CASE("of several mails what is in a file may differ where all is paired anew, and may not where a user put it in "
          "later") {
  for (bool later : {false, true}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1",
                     {{"subject", "Lunch"}, {"message_id", "1@x"}, {"attachments/a.bin 1", "1"}});
    w.carried(w.copies(who::user, p));
    auto r = w.carried(p);
    w.administrator(act::state_lost);
    if (later) w.reads(r);
    w.edits(who::user, r, {{"attachments/a.bin 1", "2"}});
    w.reads(r);
    w.reads(p);
    CHECK(w.broken() == (later ? std::vector{rule::contents} : nothing));
  }
}

TEST_CASE("what was paired since an older state was kept is new to it, what was paired before is not") {
  for (bool before : {false, true}) {
    written_history w;
    if (!before) w.administrator(act::state_kept);
    auto r = w.makes(who::user, side::replica, "label-1", with_id);
    auto p = w.carried(r);
    if (before) w.administrator(act::state_kept);
    w.edits(who::user, r, {{"subject", "Supper"}});
    w.administrator(act::older_state);
    w.reads(p);
    w.reads(r);
    w.edits(who::daemon, r, {{"subject", "Lunch"}});
    w.lists_conflict(r);
    CHECK(w.broken() == (before ? std::vector{rule::contents} : nothing));
  }
}

TEST_CASE("the text of a mail that its user edits after all was paired anew is carried") {
  for (bool carried : {true, false}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}, {"body_sha256", "1"}});
    auto r = w.carried(p);
    w.administrator(act::state_lost);
    w.reads(p);
    w.reads(r);
    w.edits(who::user, p, {{"body_sha256", "2"}});
    if (carried) w.carries_edit(p, r);
    CHECK(w.broken() == (carried ? nothing : std::vector{rule::contents}));
  }
}

TEST_CASE("what a dry run lists after a cursor was lost tells the pair nothing of what leaves then") {
  for (bool rehearsed : {true, false}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", with_id);
    auto r = w.carried(p);
    w.administrator(act::cursor_lost);
    w.lists(r);
    w.so_far.steps.back().rehearsed = rehearsed;
    w.deletes(who::user, r);
    w.carried(p);
    CHECK(w.broken() == (rehearsed ? nothing : std::vector{rule::came_back}));
  }
}

TEST_CASE("two that both users bring back unlike and without a mark may be two, and one of them may be deleted") {
  for (bool marked : {false, true}) {
    written_history w;
    auto p = w.makes(who::transport, side::primary, "label-1", without_id);
    auto r = marked ? w.carried(p) : w.makes(who::transport, side::replica, "label-1", without_id);
    w.reads(r);
    w.deletes(who::user, p);
    w.tells_gone(p);
    w.deletes(who::user, r);
    w.tells_gone(r);
    w.moves(who::user, p, "inbox");
    w.moves(who::user, r, "inbox");
    w.edits(who::user, r, {{"subject", "Supper"}});
    w.lists(p);
    w.lists(r);
    auto copy = w.carried(p);
    w.carried(r);
    w.deletes(who::user, p);
    w.tells_gone(p);
    w.deletes(who::daemon, copy);
    CHECK((w.words() == "") == !marked);
  }
}

TEST_CASE(
    "an older state knows nothing of a deletion that was undone after it was carried, a daemon that went on does") {
  for (bool back : {true, false}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", with_id);
    auto r = w.carried(p);
    w.deletes(who::user, r);
    w.administrator(act::state_kept);
    w.tells_gone(r);
    w.deletes(who::daemon, p);
    w.moves(who::user, p, "inbox");
    if (back) w.administrator(act::older_state);
    w.lists(p);
    w.deletes(who::daemon, p);
    CHECK(w.broken() == (back ? nothing : std::vector{rule::missing}));
  }
}

TEST_CASE("a mark on what lay behind withdrawn rights may go with it, where a copy of it lies beside it") {
  for (bool withdrawn : {true, false}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", with_id);
    w.carried(p);
    if (withdrawn) w.administrator(act::rights_changed);
    auto copy = w.makes(who::daemon, side::primary, "label-1", with_id, "inbox/Projects");
    w.moves(who::user, 2, "inbox/From HQ");
    w.marks(who::user, p, true);
    w.deletes(who::daemon, p);
    w.lists(copy);
    CHECK(w.broken() == (withdrawn ? nothing : std::vector{rule::read_state}));
  }
}

TEST_CASE("whoever made a mail: what its other user marks while nobody knows it gives way to the primary's mark") {
  for (bool later : {false, true}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", with_id);
    auto r = w.carried(p);
    if (!later) w.marks(who::user, r, true);
    w.administrator(act::state_lost);
    w.reads(p);
    w.reads(r);
    if (later) w.marks(who::user, r, true);
    w.marks(who::daemon, r, false);
    CHECK(w.broken() == (later ? std::vector{rule::read_state} : nothing));
  }
}

TEST_CASE("first contents that their users made unlike before they were read may be two, also after one was deleted") {
  for (bool later : {false, true}) {
    held_on_both w(without_id);
    if (later) w.both_read();
    w.edits(who::user, w.r, {{"subject", "Supper"}});
    if (!later) w.both_read();
    auto copy = w.carried(w.p);
    auto other = w.carried(w.r);
    CHECK(w.broken() == (later ? std::vector{rule::doubled} : nothing));
    if (later) continue;
    auto three = w;
    three.carried(three.copies(who::user, w.r));
    CHECK(three.words() == "");
    w.deletes(who::user, copy);
    w.tells_gone(copy);
    w.deletes(who::daemon, w.p);
    CHECK(w.words() == "");
    w.deletes(who::daemon, other);
    CHECK(w.broken() == std::vector{rule::missing});
  }
}

TEST_CASE(
    "to an older state what a user brings back before a list told it of his loss was moved; after that it is new") {
  for (bool told : {false, true}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", with_id);
    auto r = w.carried(p);
    w.administrator(act::state_kept);
    w.deletes(who::user, r);
    w.tells_gone(r);
    w.deletes(who::daemon, p);
    w.administrator(act::older_state);
    if (told) w.tells_gone(p);
    for (const auto* place : {"inbox", "inbox/Projects"})
      if (told) w.so_far.listings.push_back({w.so_far.steps.size(), w.given.pairs[0].primary, place});
    w.moves(who::user, p, "inbox");
    w.lists(p);
    w.deletes(who::daemon, p);
    CHECK(w.broken() == (told ? std::vector{rule::missing} : nothing));
  }
}

TEST_CASE(
    "to an older state who set a value back to what it was then has changed nothing; who made it another one has") {
  for (bool back : {true, false}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", with_id);
    auto r = w.carried(p);
    w.administrator(act::state_kept);
    w.edits(who::user, p, {{"importance", "High"}});
    w.carries_edit(p, r);
    w.edits(who::user, r, {{"importance", back ? "" : "Low"}});
    w.carries_edit(r, p);
    if (!back) w.carries_edit(p, r);
    w.edits(who::user, p, {{"subject", "Supper"}});
    w.carries_edit(p, r);
    w.administrator(act::older_state);
    w.reads(p);
    w.reads(r);
    w.edits(who::daemon, r, {{"importance", "High"}});
    w.edits(who::daemon, p, {{"importance", "High"}});
    CHECK(w.broken() == (back ? nothing : std::vector{rule::unlisted_loss}));
  }
}

TEST_CASE("what was read before a stop is paired after it: a text that is edited meanwhile stays where it is") {
  enum class edited { before_the_list, after_the_list, after_no_stop };
  for (auto when : {edited::before_the_list, edited::after_the_list, edited::after_no_stop}) {
    held_on_both w({{"subject", "Lunch"}, {"message_id", "1@x"}, {"body_sha256", "1"}});
    w.lists(w.p);
    w.lists(w.r);
    w.both_read();
    if (when != edited::after_no_stop) w.administrator(act::stopped);
    auto edits = [&] { w.edits(who::user, w.p, {{"body_sha256", "2"}}); };
    if (when == edited::before_the_list) edits();
    if (when != edited::before_the_list) {
      w.so_far.listings.push_back({w.so_far.steps.size(), w.given.pairs[0].primary, "inbox", true});
      edits();
    }
    w.lists(w.p);
    w.reads(w.p);
    CHECK(w.broken() == (when == edited::before_the_list ? nothing : std::vector{rule::contents}));
  }
}

TEST_CASE("the text of first contents may differ where another copy of them lies elsewhere, that of the copy may not") {
  enum class edited { before_pairing, after_pairing, the_copy };
  for (auto what : {edited::before_pairing, edited::after_pairing, edited::the_copy}) {
    held_on_both w({{"subject", "Lunch"}, {"message_id", "1@x"}, {"body_sha256", "1"}});
    auto copy = w.copies(who::user, w.r, "inbox/From HQ");
    if (what == edited::before_pairing) w.edits(who::user, w.r, {{"body_sha256", "2"}});
    w.both_read();
    if (what == edited::after_pairing) w.edits(who::user, w.r, {{"body_sha256", "2"}});
    w.carried(copy, "inbox/Projects");
    if (what == edited::the_copy) w.edits(who::user, copy, {{"body_sha256", "2"}});
    CHECK(w.broken() == (what == edited::before_pairing ? nothing : std::vector{rule::contents}));
  }
}

TEST_CASE("mails without a Message-ID whose texts were made unlike while nobody knew them may be two, others may not") {
  for (bool id : {true, false})
    for (bool known : {true, false}) {
      held_on_both w({{"subject", "Lunch"}, {"message_id", id ? "1@x" : ""}, {"body_sha256", "1"}});
      if (known) w.both_read();
      w.edits(who::user, w.r, {{"body_sha256", "2"}});
      if (!known) w.both_read();
      w.are_taken_for_two("inbox", "inbox");
      CHECK(w.broken() == (id || known ? std::vector{rule::doubled} : nothing));
    }
}
