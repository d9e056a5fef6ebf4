#include "actors/logic/settlement.hpp"

#include "actors/logic/likeness.hpp"
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
const utc_seconds early = begun + 10s, late = begun + 90s;

content content_of(const values& v, const std::string& key) {
  return {change_key{key}, false, false, v};
}

std::string in_words(const logic::resolution& r) {
  if (std::holds_alternative<logic::took_effect>(r)) return "took effect";
  if (std::holds_alternative<logic::half_done>(r)) return "half done";
  if (std::holds_alternative<logic::look_again>(r)) return "look again";
  if (std::holds_alternative<logic::missed>(r)) return "missed";
  if (std::holds_alternative<logic::halfway>(r)) return "halfway";
  return std::get<logic::no_effect>(r).lost ? "lost" : "no effect";
}

struct lost_answer {
  twin t = agreed_twin();
  intent in;
  std::string judged(const logic::evidence& e, utc_seconds now) {
    return in_words(logic::judge(t, in, e, window, now));
  }
};

} // namespace

TEST_CASE("a lost create is looked for by its mark, and given up only when no server commits it any more") {
  lost_answer l;
  l.t.base.reset();
  l.t.seen[R].reset();
  l.in = logic::intent_to_carry(l.t, operation::create, R, content_of(original, "1P"), folder_pair_id{"inbox"},
                                intent_id{"i"}, begun);
  listed_item made;
  made.id = item_id{"made"};
  made.key = change_key{"made-1"};
  CHECK(l.judged({}, early) == "look again");
  CHECK(l.judged({}, late) == "lost");
  CHECK(l.judged({{made}, {}}, early) == "took effect");
  CHECK(l.judged({{made}, {}}, late) == "took effect");
  auto s = std::get<logic::took_effect>(logic::judge(l.t, l.in, {{made}, {}}, window, early)).settlement;
  CHECK(s.wrote->item == made.id);
  CHECK(s.base->primary.key == change_key{"1P"});
  CHECK(s.base->primary.content == logic::digests_of(original));
  // The key at which it was made is not known: a user may have edited it since.
  CHECK(s.base->replica.key != made.key);
}

TEST_CASE(
    "a draft of ours that its user marks read before we have read it is his news, what its server makes of it is not") {
  for (const bool was_read : {false, true}) {
    auto t = agreed_twin();
    t.base.reset();
    t.seen[R].reset();
    t.seen[P]->draft = true;
    t.seen[P]->read = was_read;
    auto source = content_of(original, "1P");
    source.read = was_read;
    const auto in =
        logic::intent_to_carry(t, operation::create, R, source, folder_pair_id{"inbox"}, intent_id{"i"}, begun);
    t.base = logic::settlement_of(t, in, item_id{"item-R"}, change_key{"1R"}, begun).base;
    t.seen[R] = seen_at(R, 20);
    t.seen[R]->draft = true;
    t.seen[R]->read = !was_read;
    read_contents(t, R, original);
    CHECK(in_words(logic::decide(t, quiet())) == (was_read ? "read R" : "read P"));
  }
}

TEST_CASE("a lost update is told by the contents") {
  lost_answer l;
  edit(l.t, P, with(field::subject, "New"));
  l.in = logic::intent_to_update(l.t, {R, {field::subject}}, content_of(with(field::subject, "New"), "2P"),
                                 intent_id{"i"}, begun);
  CHECK(l.judged({{}, content_of(with(field::subject, "New"), "5R")}, early) == "took effect");
  CHECK(l.judged({{}, content_of(original, "1R")}, early) == "look again");
  CHECK(l.judged({{}, content_of(original, "1R")}, late) == "no effect");
  CHECK(l.judged({{}, content_of(with(field::subject, "Somebody's"), "5R")}, early) == "no effect");
  CHECK(l.judged({}, early) == "missed");
  CHECK(l.judged({{}, {}, {}, false, true}, early) == "no effect");
  SECTION("and what a user changed on top of it is an edit of theirs") {
    auto on_top = with(field::subject, "New");
    on_top[2].value = "Red";
    auto r = logic::judge(l.t, l.in, {{}, content_of(on_top, "5R")}, window, early);
    auto s = std::get<logic::took_effect>(r).settlement;
    twin after = l.t;
    after.base = s.base;
    edit(after, R, on_top);
    CHECK(exsyncd::tests::in_words(logic::decide(after, quiet())) == "update P categories");
  }
}

TEST_CASE("who loses by an update that was cut between its requests is not forgotten") {
  lost_answer l;
  for (const side s : both_sides)
    l.t.seen[s]->item_class = item_class::contact;
  // Primary has attached a file, replica another subject: primary's stand, and the subject is as the base has it.
  const auto attached = with(field::attachments, "a file");
  edit(l.t, P, attached);
  edit(l.t, R, with(field::subject, "Replica's"));
  const auto target = content_of(with(field::subject, "Replica's"), "2R");
  l.in = logic::intent_to_update(l.t, {R, {field::subject, field::attachments}}, content_of(attached, "2P"),
                                 intent_id{"i"}, begun, &target);
  conflict lost;
  lost.fields = l.in.fields;
  l.in.loses = lost;
  // A list has shown the key of our first request; what was there before it is not known any more.
  l.t.seen[R]->key = change_key{"3R"};
  const auto found = content_of(original, "3R");
  CHECK(l.judged({{}, found}, early) == "look again"); // attachments may still be created
  CHECK(l.judged({{}, found}, late) == "halfway");
}

TEST_CASE(
    "a recurring task that was left a single one halfway is made a series again, and not taken for its user's edit") {
  lost_answer l;
  for (const side s : both_sides)
    l.t.seen[s]->item_class = item_class::task;
  auto series = [](const std::string& day, const std::string& recurrence) {
    auto all = original;
    if (!recurrence.empty()) all.push_back({field::recurrence, recurrence});
    all.push_back({field::task_dates, "DueDate=" + day});
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.field < b.field; });
    return all;
  };
  for (const side s : both_sides) {
    read_contents(l.t, s, series("1", "Daily"));
    (*l.t.base)[s].content = *l.t.seen[s]->content;
  }
  edit(l.t, P, series("2", "Daily"));
  auto around = quiet();
  for (const side s : both_sides)
    for (field f : {field::recurrence, field::task_dates})
      around.settable[s].push_back(f);
  const auto decided = std::get<logic::update_on>(logic::decide(l.t, around).what);
  CHECK(decided.fields == std::vector{field::task_dates, field::recurrence});
  const auto target = content_of(series("1", "Daily"), "1R");
  l.in = logic::intent_to_update(l.t, {R, {field::recurrence, field::task_dates}},
                                 content_of(series("2", "Daily"), "2P"), intent_id{"i"}, begun, &target);
  CHECK(l.judged({{}, content_of(series("2", ""), "2R")}, early) == "halfway");
  CHECK(l.judged({{}, content_of(series("2", "Daily"), "3R")}, early) == "took effect");
  CHECK(l.judged({{}, content_of(series("1", "Daily"), "1R")}, late) == "no effect");
}

TEST_CASE("a lost read state is told by its value") {
  lost_answer l;
  l.in = logic::intent_of(l.t, logic::set_read_on{R, true}, intent_id{"i"}, begun);
  auto there = content_of(original, "1R");
  CHECK(l.judged({{}, there}, early) == "look again");
  CHECK(l.judged({{}, there}, late) == "no effect");
  there.read = true;
  CHECK(l.judged({{}, there}, early) == "took effect");
  // What stands for it by now, under another id, stays it.
  l.t.seen[R]->item = item_id{"new id"};
  const auto settled = std::get<logic::took_effect>(logic::judge(l.t, l.in, {{}, there}, window, early)).settlement;
  CHECK(settled.wrote->item == item_id{"new id"});
}

TEST_CASE("a lost move is told by the change list of the place it went to") {
  lost_answer l;
  l.in = logic::intent_of(l.t, logic::move_on{R, folder_pair_id{"archive"}}, intent_id{"i"}, begun);
  CHECK(l.judged({}, early) == "missed");
  CHECK(l.judged({{}, {}, {}, false, true}, early) == "no effect");
  CHECK(l.judged({{}, content_of(original, "1R")}, early) == "look again");
  CHECK(l.judged({{}, content_of(original, "1R")}, late) == "no effect");
  l.t.seen[R]->item = item_id{"new id"};
  l.t.seen[R]->folder = folder_pair_id{"archive"};
  CHECK(l.judged({}, early) == "took effect");
  l.t.seen[R]->folder = folder_pair_id{"inbox"}; // its user has moved it elsewhere
  CHECK(l.judged({}, early) == "no effect");
}

TEST_CASE("a lost delete is told by the item") {
  lost_answer l;
  leave(l.t, P);
  l.in = logic::intent_of(l.t, logic::remove_on{R}, intent_id{"i"}, begun);
  CHECK(l.judged({}, early) == "missed"); // it may have been moved
  CHECK(l.judged({{}, {}, {}, false, true}, early) == "took effect");
  logic::evidence moved;
  moved.left = moved.moved = true;
  CHECK(l.judged(moved, early) == "no effect");
  CHECK(l.judged({{}, content_of(original, "1R")}, early) == "look again");
  CHECK(l.judged({{}, content_of(original, "1R")}, late) == "no effect");
}

TEST_CASE("a replacement goes on where it was left") {
  lost_answer l;
  l.in = logic::intent_to_carry(l.t, operation::replace, R, content_of(original, "1P"), folder_pair_id{"inbox"},
                                intent_id{"i"}, begun);
  listed_item made;
  made.id = item_id{"made"};
  made.key = change_key{"edited since"};
  auto found = logic::judge(l.t, l.in, {{made}, {}}, window, early);
  REQUIRE(std::holds_alternative<logic::half_done>(found));
  // The key at which it was made is not known: taken for it, a user's edit since then would be taken for ours.
  CHECK(std::get<logic::half_done>(found).made_key.empty());
  auto s = logic::settlement_of(l.t, l.in, made.id, std::get<logic::half_done>(found).made_key, early);
  CHECK(s.base->replica.key.empty());
  CHECK(s.wrote->key.empty());
  CHECK(l.judged({}, late) == "lost");
}

TEST_CASE("the old copy of a replacement goes only where nobody has touched it") {
  auto t = agreed_twin();
  auto in = logic::intent_to_carry(t, operation::replace, R, content_of(original, "1P"), folder_pair_id{"inbox"},
                                   intent_id{"i"}, begun);
  in.made = item_id{"made"};
  using logic::replacing;
  const auto edited = content_of(with(field::subject, "Replica's"), "2R");
  auto marked = content_of(original, "1R");
  marked.read = true;
  for (auto step : {replace_step::made, replace_step::removing}) {
    in.step = step;
    CHECK(logic::judge_replacement(t, in, {{}, content_of(original, "1R")}) == replacing::remove_old);
    CHECK(logic::judge_replacement(t, in, {{}, content_of(original, "touched")}) == replacing::remove_old);
    CHECK(logic::judge_replacement(t, in, {{}, edited}) == replacing::withdraw);
    CHECK(logic::judge_replacement(t, in, {{}, marked}) == replacing::withdraw);
  }
  SECTION("also where a list has told meanwhile what was done to it") {
    t.seen[R]->read = true;
    t.seen[R]->sequence = 20;
    CHECK(logic::judge_replacement(t, in, {{}, marked}) == replacing::withdraw);
    in.answers[R] = 20; // it was known when that was decided
    CHECK(logic::judge_replacement(t, in, {{}, marked}) == replacing::remove_old);
    return;
  }
  SECTION("a list tells no read state where each user has his own, whatever was sent with it") {
    t.seen[R]->read = true;
    CHECK(logic::judge_replacement(t, in, {{}, content_of(original, "1R")}) == replacing::withdraw);
    auto untold = content_of(original, "1R");
    untold.read.reset();
    CHECK(logic::judge_replacement(t, in, {{}, untold}) == replacing::remove_old);
    return;
  }
  in.step = replace_step::made; // we have not removed it
  CHECK(logic::judge_replacement(t, in, {}) == replacing::withdraw);
  in.step = replace_step::removing;
  CHECK(logic::judge_replacement(t, in, {}) == replacing::miss);
  CHECK(logic::judge_replacement(t, in, {{}, {}, {}, false, true}) == replacing::settle);
  t.seen[R]->item = item_id{"moved"};
  CHECK(logic::judge_replacement(t, in, {{}, content_of(original, "1R")}) == replacing::withdraw);
}

TEST_CASE("what an agreement writes answers what was decided on, no more") {
  auto t = agreed_twin();
  edit(t, P, original);
  auto v = logic::decide(t, quiet());
  auto s = logic::settlement_of(t, std::get<logic::agree>(v.what));
  CHECK(s.answers == both<sequence>{20, 10});
  CHECK(s.settled);
  CHECK(s.base->primary.key == change_key{"2P"});
  CHECK(s.base->replica.key == change_key{"1R"});
}

TEST_CASE("an update's settlement makes base what the target then holds") {
  auto t = agreed_twin();
  auto news = with(field::subject, "New");
  edit(t, P, news);
  auto in = logic::intent_to_update(t, {R, {field::subject}}, content_of(news, "2P"), intent_id{"i"}, begun);
  auto s = logic::settlement_of(t, in, item_id{"item-R"}, change_key{"2R"}, begun);
  CHECK(s.base->primary.content == logic::digests_of(news));
  CHECK(s.base->replica.content == logic::digests_of(news));
  CHECK(s.base->replica.key == change_key{"2R"});
  CHECK_FALSE(s.base->replica.read_back);
  CHECK_FALSE(s.settled);
}

TEST_CASE("what was refused rests, and is still carried later, where another edit goes the other way meanwhile") {
  for (const auto from : both_sides) {
    const auto to = other(from);
    auto t = agreed_twin();
    edit(t, from, with(field::subject, "refused"));
    edit(t, to, with(field::categories, "Red"));
    trouble tr;
    tr.banned = tr.one_by_one = true;
    tr.side = to;
    tr.refused = logic::digests_of({{field::subject, "refused"}});
    t.trouble = tr;
    const auto in = logic::intent_to_update(t, {from, {field::categories}},
                                            content_of(with(field::categories, "Red"), t.seen[to]->key.value),
                                            intent_id{"i"}, begun);
    auto there = with(field::subject, "refused");
    there[2].value = "Red";
    const auto as_before = logic::only(logic::digests_of(original), {field::subject});
    const auto settled = logic::settlement_of(t, in, {}, change_key{"3"}, begun);
    CHECK_FALSE(settled.clear_trouble);
    CHECK(logic::only((*settled.base)[from].content, {field::subject}) == as_before);
    t.base = settled.base;
    const auto read = logic::read_back_of(t, from, content_of(there, "3"));
    REQUIRE(read);
    CHECK(logic::only((*read->base)[from].content, {field::subject}) == as_before);
    CHECK(logic::only((*read->base)[from].content, {field::categories}) ==
          logic::digests_of({{field::categories, "Red"}}));
  }
}

TEST_CASE("another body under the key of our own write is somebody's edit, unless its words are those that were sent") {
  const auto body = [](const std::string& text) { return content_of(with(field::body, text), "5R"); };
  const auto edited_after = [&](twin t, const content& read) {
    (*t.base)[R].key = change_key{"5R"};
    (*t.base)[R].read_back = false;
    edit(t, R, read.fields);
    t.seen[R]->key = t.seen[R]->content_key = change_key{"5R"};
    const auto settled = logic::read_back_of(t, R, read);
    REQUIRE(settled);
    t.base = settled->base;
    return in_words(logic::decide(t, quiet()));
  };
  auto t = agreed_twin();
  CHECK(edited_after(t, content_of(original, "5R")) == "agree");
  CHECK(edited_after(t, content_of(with(field::categories, "Blue;"), "5R")) == "agree"); // a server's own form
  CHECK(edited_after(t, body("HTML\n<p>Dear Jane</p>")) == "update P body");             // it was not written
  auto sent = logic::digests_of(original);
  (*t.base)[R].content = logic::with_words(sent, content_of(original, "5R"));
  CHECK(edited_after(t, body("HTML\n<p>Dear Jane</p>")) == "agree");
  CHECK(edited_after(t, body("HTML\n<p>Dear Joan</p>")) == "update P body");
}

TEST_CASE("files put in the place of those that our unanswered write was to remove are their user's") {
  lost_answer l;
  for (const side s : both_sides)
    l.t.seen[s]->item_class = item_class::contact;
  const auto files = [](const std::string& names, const std::string& sizes) {
    auto v = original;
    if (!names.empty()) v.push_back({field::attachments, names});
    if (!sizes.empty()) v.push_back({field::attachment_sizes, sizes});
    return v;
  };
  (*l.t.base)[R].content = (*l.t.base)[P].content = logic::digests_of(files("a file", "10"));
  edit(l.t, P, files("", ""));
  const auto target = content_of(files("a file", "10"), "1R");
  l.in = logic::intent_to_update(l.t, {R, {field::attachments}}, content_of(files("", ""), "2P"), intent_id{"i"}, begun,
                                 &target);
  CHECK(l.judged({{}, content_of(files("", ""), "3R")}, late) == "took effect");
  CHECK(l.judged({{}, content_of(files("a file", "12"), "3R")}, late) == "no effect");
}

TEST_CASE("a try that has done nothing leaves what an earlier one has done: it is gone on with") {
  lost_answer l;
  for (const side s : both_sides)
    l.t.seen[s]->item_class = item_class::contact;
  const auto source = with(field::attachments, "a file"), twice = with(field::attachments, "a file\na file");
  edit(l.t, P, source);
  const auto target = content_of(twice, "1R");
  l.in =
      logic::intent_to_update(l.t, {R, {field::attachments}}, content_of(source, "2P"), intent_id{"i"}, begun, &target);
  CHECK(l.judged({{}, target}, late) == "no effect");
  l.in.step = 1;
  CHECK(l.judged({{}, target}, early) == "look again");
  CHECK(l.judged({{}, target}, late) == "halfway");
}

TEST_CASE("files that we attached are known by what is in them where the answer was lost") {
  lost_answer l;
  for (const side s : both_sides)
    l.t.seen[s]->item_class = item_class::contact;
  const auto files = [](const std::string& names, const std::string& id) {
    auto v = original;
    v.push_back({field::attachments, names});
    v.push_back({hint::attachment_ids, id});
    v.push_back({field::attachment_sizes, "10"});
    return v;
  };
  const auto inside = [](const std::string& bytes) { return std::optional<std::string>("read\na file\t" + bytes); };
  edit(l.t, P, files("a file", "P"));
  const auto target = content_of(original, "1R");
  l.in = logic::intent_to_update(l.t, {R, {field::attachments}}, content_of(files("a file", "P"), "2P"), intent_id{"i"},
                                 begun, &target);
  l.in.expected = logic::with_fields(l.in.expected, logic::digests_of({{hint::attachment_contents, *inside("P's")}}),
                                     {hint::attachment_contents});
  const auto there = content_of(files("a file", "R"), "3R");
  const auto decided = [&](const std::string& bytes) {
    auto resolution = logic::judge(l.t, l.in, {{}, there, {}, false, false, inside(bytes)}, window, late);
    auto settled = std::get<logic::took_effect>(resolution).settlement;
    auto after = l.t;
    after.base = settled.base;
    read_contents(after, R, files("a file", "R"));
    after.seen[R]->key = after.seen[R]->content_key = change_key{"3R"};
    return exsyncd::tests::in_words(logic::decide(after, quiet())) + (settled.conflict ? ", listed" : "");
  };
  SECTION("all of them are there: nothing more can come") {
    CHECK(l.judged({{}, there, {}, false, false, inside("P's")}, early) == "took effect");
    CHECK(decided("P's") == "agree");
  }
  SECTION("another one is there under the same name: what is in both is read, and it is listed, since ours may never "
          "have come") {
    CHECK(l.judged({{}, there, {}, false, false, inside("R's")}, early) == "look again");
    CHECK(decided("R's") == "look P R, listed");
  }
}

TEST_CASE("of a first pairing that was cut when its files had come, what is in them is looked at from then on") {
  lost_answer l;
  l.t.base.reset();
  const auto files = [](const std::string& names, const std::string& id, const std::string& size,
                        const std::string& subject) {
    auto v = with(field::subject, subject);
    if (names.empty()) return v;
    v.push_back({field::attachments, names});
    v.push_back({field::attachment_sizes, size});
    v.push_back({hint::attachment_ids, id});
    return v;
  };
  for (const side s : both_sides)
    l.t.seen[s]->item_class = item_class::contact;
  const auto first = files("a file", "1", "10", "P's");
  read_contents(l.t, P, first);
  read_contents(l.t, R, files("", "", "", "R's"));
  const auto target = content_of(files("", "", "", "R's"), "1R");
  l.in = logic::intent_to_update(l.t, {R, {field::subject, field::attachments}}, content_of(first, "1P"),
                                 intent_id{"i"}, begun, &target);
  const std::string inside = "read\na file\tP's";
  l.in.expected = logic::with_fields(l.in.expected, logic::digests_of({{hint::attachment_contents, inside}}),
                                     {hint::attachment_contents});
  auto around = quiet();
  for (const side s : both_sides)
    around.settable[s].push_back(field::attachments);
  // A list has shown the key that our file made; the subject was refused.
  const auto decided = [&](const values& source, const values& there, const std::string& read = "P's") {
    l.t.seen[R]->key = change_key{"3R"};
    l.t.seen[P]->key = change_key{source == first ? "1P" : "2P"};
    logic::evidence found{{}, content_of(there, "3R"), {}, false, false, "read\na file\t" + read};
    found.source = content_of(source, l.t.seen[P]->key.value);
    const auto resolution = logic::judge(l.t, l.in, found, window, late);
    auto after = l.t;
    after.base = std::get<logic::took_effect>(resolution).settlement.base;
    if (source != first) CHECK(exsyncd::tests::in_words(logic::decide(after, around)) == "look P R");
    read_contents(after, P, source);
    read_contents(after, R, there);
    return exsyncd::tests::in_words(logic::decide(after, around));
  };
  const auto there = files("a file", "R", "12", "R's");
  CHECK(decided(first, there) == "update R subject");
  CHECK(decided(files("a file", "2", "20", "P's"), there) == "update R subject attachments");
  CHECK(decided(files("a file", "2", "20", "P's"), files("a file", "R", "12", "P's")) == "update R attachments");
  CHECK(decided(first, files("a file", "R", "12", "P's")) == "agree");
  // What somebody has edited since competes.
  auto edited = first;
  edited[1].value = "Dear Joan";
  CHECK(decided(edited, there) == "update R subject body, R loses");
  // Other files under these names are their user's.
  CHECK(decided(first, files("a file", "R", "12", "P's"), "R's") == "look P R");
  // Where the source could not be read, all is compared again.
  l.t.seen[R]->key = change_key{"3R"};
  CHECK(l.judged({{}, content_of(there, "3R"), {}, false, false, inside}, late) == "no effect");
}

TEST_CASE(
    "a series whose pattern its user changes while its occurrences are written has his pattern still to be carried") {
  auto t = agreed_twin();
  const auto series = [](const std::string& pattern, const std::string& exceptions) {
    auto v = original;
    v.push_back({field::recurrence, pattern});
    if (!exceptions.empty()) v.push_back({field::exceptions, exceptions});
    return v;
  };
  for (const side s : both_sides) {
    t.seen[s]->item_class = item_class::appointment;
    (*t.base)[s].content = logic::digests_of(series("weekly", ""));
    read_contents(t, s, series("weekly", ""));
  }
  edit(t, P, series("weekly", "deleted=monday"));
  const auto before = content_of(series("weekly", ""), "1R");
  const auto in =
      logic::intent_to_update(t, {R, {field::exceptions}}, content_of(series("weekly", "deleted=monday"), "2P"),
                              intent_id{"i"}, begun, &before);
  const auto after = content_of(series("daily", "deleted=monday"), "3R");
  const auto s = logic::settlement_as_read(t, in, t.seen[R]->item, change_key{"3R"}, after, late);
  const auto& base = (*s.base)[R].content;
  CHECK(logic::only(base, {field::recurrence}) == logic::only(logic::digests_of(before.fields), {field::recurrence}));
  CHECK(logic::only(base, {field::exceptions}) == logic::only(logic::digests_of(after.fields), {field::exceptions}));
}

TEST_CASE("an unanswered write of a first pairing that was done is decided anew, and what lost by it is told") {
  lost_answer l;
  l.t.base.reset();
  l.in = logic::intent_to_update(l.t, {R, {field::subject}}, content_of(with(field::subject, "P's"), "2P"),
                                 intent_id{"i"}, begun);
  const auto in_part = [&](const std::string& subject, const std::string& key) {
    const auto resolution = logic::judge(l.t, l.in, {{}, content_of(with(field::subject, subject), key)}, window, late);
    return std::get<logic::no_effect>(resolution).in_part;
  };
  CHECK(in_part("P's", "2R"));
  CHECK_FALSE(in_part("R's", "2R")); // somebody's edit
  CHECK_FALSE(in_part("R's", "1R"));
}

TEST_CASE("what its user has made of a new copy that is withdrawn is told") {
  const auto t = agreed_twin();
  auto source = content_of(original, "1P");
  const auto in =
      logic::intent_to_carry(t, operation::replace, R, source, folder_pair_id{"inbox"}, intent_id{"i"}, begun);
  const policy p;
  CHECK_FALSE(logic::lost_by_withdrawal(t, in, content_of(original, "3R"), p, begun));
  CHECK_FALSE(
      logic::lost_by_withdrawal(t, in, content_of(with(field::body, "HTML\n<p>Dear Jane</p>"), "3R"), p, begun));
  const auto lost = logic::lost_by_withdrawal(t, in, content_of(with(field::categories, "Red"), "3R"), p, begun);
  REQUIRE(lost);
  CHECK(lost->loser == R);
  CHECK(lost->fields == std::vector<field>{field::categories});
  CHECK(logic::lost_by_withdrawal(t, in, content_of(with(field::body, "Dear Joan"), "3R"), p, begun));
}

TEST_CASE("what cannot be carried at a first pairing stays to be carried when the rest has gone over") {
  auto t = agreed_twin();
  t.base.reset();
  auto ours = with(field::subject, "P's");
  ours[2].value = "Red";
  read_contents(t, P, ours);
  read_contents(t, R, original);
  trouble tr;
  tr.banned = tr.one_by_one = true;
  tr.side = R;
  tr.refused = logic::digests_of({{field::subject, "P's"}});
  t.trouble = tr;
  const auto in = logic::intent_to_update(t, {R, {field::categories}}, content_of(ours, t.seen[P]->key.value),
                                          intent_id{"i"}, begun);
  const auto settled = logic::settlement_of(t, in, {}, change_key{"3"}, begun);
  CHECK_FALSE(settled.clear_trouble);
  t.base = settled.base;
  edit(t, R, with(field::categories, "Red"));
  t.seen[R]->key = t.seen[R]->content_key = change_key{"3"};
  CHECK(in_words(logic::decide(t, quiet())) == "banned");
  t.trouble->refused.clear();
  t.trouble.reset();
  CHECK(in_words(logic::decide(t, quiet())) == "update R subject");
}

TEST_CASE("what its user has made of a copy that is left over from a create is told, where nobody else has it") {
  for (const auto at : both_sides) {
    const auto owner = agreed_twin();
    twin half;
    half.id = twin_id{"late"};
    half.seen[at] = seen_at(at, 30);
    read_contents(half, at, original);
    CHECK_FALSE(logic::lost_with_duplicate(half, at, owner, policy{}, begun));
    read_contents(half, at, with(field::body, "Dear John"));
    const auto lost = logic::lost_with_duplicate(half, at, owner, policy{}, begun);
    REQUIRE(lost);
    CHECK(lost->loser == at);
    CHECK(lost->fields == std::vector<field>{field::body});
    CHECK(lost->reason == "edited on both sides");
    auto same = owner;
    edit(same, at, with(field::body, "Dear John"));
    CHECK_FALSE(logic::lost_with_duplicate(half, at, same, policy{}, begun));
    policy one_way;
    one_way.direction = direction::primary_to_replica;
    CHECK_FALSE(logic::lost_with_duplicate(half, at, owner, one_way, begun));
    auto gone = owner;
    gone.seen = {};
    gone.buried = begun;
    CHECK(logic::lost_with_duplicate(half, at, gone, policy{}, begun)->reason.starts_with("deleted on "));
  }
}

TEST_CASE("a write that took back what it had written leaves the item under another key, and nothing else") {
  auto t = agreed_twin();
  auto news = with(field::subject, "New");
  edit(t, P, news);
  auto in = logic::intent_to_update(t, {R, {field::subject}}, content_of(news, "2P"), intent_id{"i"}, begun);
  in.loses.emplace();
  auto s = logic::taken_back(t, in, change_key{"3R"});
  CHECK_FALSE(s.conflict);
  CHECK(s.intent == in.id);
  CHECK(s.wrote->item == item_id{"item-R"});
  CHECK(s.wrote->key == change_key{"3R"});
  CHECK_FALSE(s.base);
  CHECK_FALSE(s.settled);
  CHECK_FALSE(s.count_sync);
  CHECK_FALSE(s.clear_trouble);
}

TEST_CASE("digests: empty and missing are the same, order is no difference") {
  CHECK(logic::digests_of({{field::body, "b"}, {field::subject, "s"}, {field::flag, ""}}) ==
        logic::digests_of({{field::subject, "s"}, {field::body, "b"}}));
  CHECK(logic::differing_fields(logic::digests_of({{field::subject, "s"}}), logic::digests_of({{field::body, "s"}})) ==
        std::vector<field>{field::subject, field::body});
}

TEST_CASE("what is gone on both sides is in the ban list no more") {
  CHECK(logic::settlement_of(agreed_twin(), logic::bury{}, begun).clear_trouble);
}
