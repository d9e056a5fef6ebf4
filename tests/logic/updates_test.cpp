#include "actors/logic/settlement.hpp"

#include "ews/model/field_hints.hpp"
#include "tests/logic/builders.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::tests;
using namespace std::chrono_literals;

namespace {

constexpr auto P = side::primary;
constexpr auto R = side::replica;
const utc_seconds begun{1'000'000s};
constexpr auto window = 90s;
const utc_seconds late = begun + window;

content content_of(const values& v, const std::string& key) {
  return {change_key{key}, false, false, v};
}

std::string in_words(const logic::resolution& r) {
  if (std::holds_alternative<logic::took_effect>(r)) return "took effect";
  if (std::holds_alternative<logic::look_again>(r)) return "look again";
  if (std::holds_alternative<logic::halfway>(r)) return "halfway";
  return std::get<logic::no_effect>(r).in_part ? "no effect, the loser is told" : "no effect";
}

twin agreed_contact() {
  auto t = agreed_twin();
  for (const side s : both_sides)
    t.seen[s]->item_class = item_class::contact;
  return t;
}

values with_files(const std::string& names, values v = original) {
  v.push_back({field::attachments, names});
  return v;
}

conflict lost(std::vector<field> fields) {
  conflict c;
  c.fields = std::move(fields);
  return c;
}

} // namespace

TEST_CASE("what lost by an update that took effect is told, also where its target's user has set a part of it again") {
  auto t = agreed_twin();
  edit(t, P, with(field::flag, "Flagged"));
  edit(t, R, with(field::body, "Dear Joan"));
  auto in = logic::intent_to_update(t, {R, {field::body, field::flag}}, content_of(with(field::flag, "Flagged"), "2P"),
                                    intent_id{"i"}, begun);
  in.loses = lost({field::body});
  const auto judged = [&](const values& there) {
    return in_words(logic::judge(t, in, {{}, content_of(there, "3R")}, window, late));
  };
  CHECK(judged(original) == "no effect, the loser is told");      // the flag was taken away again
  CHECK(judged(with(field::body, "Dear Joanna")) == "no effect"); // nothing tells that ours was ever there
}

TEST_CASE("a cut update that has taken a file away is gone on with, also where what is left is as it was agreed") {
  auto t = agreed_contact();
  for (const side s : both_sides)
    (*t.base)[s].content = logic::digests_of(with_files("first"));
  edit(t, P, with_files("first", with(field::importance, "High")));
  edit(t, R, with_files("first\nsecond"));
  const auto source = content_of(with_files("first", with(field::importance, "High")), "2P");
  const auto target = content_of(with_files("first\nsecond"), "2R");
  auto in =
      logic::intent_to_update(t, {R, {field::importance, field::attachments}}, source, intent_id{"i"}, begun, &target);
  in.loses = lost(in.fields);
  t.seen[R]->key = change_key{"3R"}; // a list has shown the key of our first request
  const logic::evidence found{{}, content_of(with_files("first"), "3R")};
  CHECK(in_words(logic::judge(t, in, found, window, late)) == "halfway");
}

TEST_CASE("an update of which something was done is gone on with, also where nothing of it shows any more") {
  auto t = agreed_contact();
  edit(t, P, with_files("a file"));
  const auto target = content_of(original, "1R");
  auto in = logic::intent_to_update(t, {R, {field::attachments}}, content_of(with_files("a file"), "2P"),
                                    intent_id{"i"}, begun, &target);
  const logic::evidence found{{}, content_of(original, "3R")};
  CHECK(in_words(logic::judge(t, in, found, window, late)) == "no effect");
  in.step = 1;
  CHECK(in_words(logic::judge(t, in, found, window, late)) == "halfway");
}

TEST_CASE(
    "an edit that its user takes back after it was sent is told where the target was deleted and never answered") {
  auto t = agreed_twin();
  const auto flagged = with(field::flag, "Flagged");
  edit(t, P, flagged);
  const auto in = logic::intent_to_update(t, {R, {field::flag}}, content_of(flagged, "2P"), intent_id{"i"}, begun);
  leave(t, R);
  const policy two_way;
  const auto told = [&](const values& now) { return logic::lost_unknown(t, in, content_of(now, "3P"), two_way, late); };
  REQUIRE(told(original));
  CHECK(told(original)->loser == P);
  CHECK(told(original)->fields == std::vector{field::flag});
  CHECK(told(original)->reason == "deleted on replica, edited on primary");
  CHECK(!told(flagged)); // an edit against the base: the delete itself tells it
}

TEST_CASE("an update that ends without being known ends together with what lost by it") {
  auto t = agreed_twin();
  auto in = logic::intent_to_update(t, {R, {field::flag}}, content_of(with(field::flag, "Flagged"), "2P"),
                                    intent_id{"i"}, begun);
  const auto lost = logic::lost_against(t, P, {field::flag}, late);
  auto ended = logic::ended_with(t, in, lost);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].intent == in.id);
  CHECK(ended[0].conflict == lost);
  CHECK(!ended[0].settled);
  // What it has overwritten by then has lost as well.
  in.loses = logic::lost_against(t, R, {field::flag}, late);
  CHECK(logic::ended_with(t, in, lost).size() == 1);
  in.step = 1;
  ended = logic::ended_with(t, in, lost);
  REQUIRE(ended.size() == 2);
  CHECK(!ended[1].intent);
  CHECK(ended[1].conflict == in.loses);
}

TEST_CASE("where edits go one by one, what the target's user has changed beside is not taken for ours") {
  auto t = agreed_twin();
  trouble refused;
  refused.side = R;
  refused.one_by_one = true;
  t.trouble = refused;
  edit(t, P, with(field::flag, "Flagged"));
  edit(t, R, with(field::categories, "Red"));
  const auto in = logic::intent_to_update(t, {R, {field::flag}}, content_of(with(field::flag, "Flagged"), "2P"),
                                          intent_id{"i"}, begun);
  auto both = with(field::flag, "Flagged");
  both[2].value = "Red";
  const auto s = logic::settlement_as_read(t, in, t.seen[R]->item, change_key{"3R"}, content_of(both, "3R"), begun);
  CHECK((*s.base)[R].content == logic::digests_of(with(field::flag, "Flagged")));
  t.base = s.base;
  edit(t, R, both);
  t.seen[R]->key = t.seen[R]->content_key = change_key{"3R"};
  CHECK(exsyncd::tests::in_words(logic::decide(t, quiet())) == "update P categories");
}

TEST_CASE("what was refused is still to be carried where that is lifted while another edit is being written") {
  auto t = agreed_twin();
  auto edited = with(field::flag, "Flagged");
  edited.push_back({field::attachments, "a.pdf"});
  edit(t, P, edited);
  const auto in = logic::intent_to_update(t, {R, {field::flag}}, content_of(edited, "2P"), intent_id{"i"}, begun);
  const logic::evidence found{{}, content_of(with(field::flag, "Flagged"), "3R")};
  const auto answer = logic::judge(t, in, found, window, late);
  REQUIRE(std::holds_alternative<logic::took_effect>(answer));
  const auto& s = std::get<logic::took_effect>(answer).settlement;
  CHECK((*s.base)[P].content == logic::digests_of(with(field::flag, "Flagged")));
  t.base = s.base;
  edit(t, R, with(field::flag, "Flagged"));
  t.seen[R]->key = t.seen[R]->content_key = change_key{"3R"};
  CHECK(exsyncd::tests::in_words(logic::decide(t, quiet())) == "replace R");
}
