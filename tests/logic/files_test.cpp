#include "actors/logic/match.hpp"
#include "actors/logic/parts.hpp"
#include "actors/logic/reading.hpp"
#include "actors/logic/settlement.hpp"
#include "ews/model/field_hints.hpp"
#include "storage/marks.hpp"
#include "tests/logic/builders.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::tests;
using namespace std::chrono_literals;

// Files of one name: only what is in them tells whether they are the same.
namespace {

constexpr auto P = side::primary;
constexpr auto R = side::replica;

values with_file(const std::string& size, const std::string& name = "a.pdf") {
  auto v = original;
  v.push_back({field::attachments, name});
  if (!size.empty()) v.push_back({field::attachment_sizes, size});
  return v;
}

twin of_class(item_class c) {
  auto t = agreed_twin();
  for (const side s : both_sides)
    t.seen[s]->item_class = c;
  return t;
}

void inside(twin& t, const std::string& p, const std::string& r) {
  t.seen[P]->likeness = logic::digests_of({{hint::attachment_contents, p}});
  t.seen[R]->likeness = logic::digests_of({{hint::attachment_contents, r}});
}

std::string decided(const twin& t) {
  auto around = quiet();
  if (t.seen[P]->item_class != item_class::message)
    for (const side s : both_sides)
      around.settable[s].push_back(field::attachments);
  return in_words(logic::decide(t, around));
}

} // namespace

TEST_CASE("files of one name that differ when a contact is first paired are no agreement") {
  auto t = of_class(item_class::contact);
  t.base.reset();
  const auto found = [&](const std::string& p, const std::string& r) {
    read_contents(t, P, with_file(p));
    read_contents(t, R, with_file(r));
    return decided(t);
  };
  CHECK(found("9", "9") == "agree");
  CHECK(found("9", "10") == "look P R");
  CHECK(found("", "10") == "look P R");
  inside(t, "x", "x");
  CHECK(found("9", "10") == "agree");
  inside(t, "x", "y");
  CHECK(found("9", "10") == "update R attachments, R loses");
}

TEST_CASE("files of one name are compared when a mail is paired with a copy that was made of it, not of other mails") {
  auto t = of_class(item_class::message);
  t.base.reset();
  read_contents(t, P, with_file("9"));
  read_contents(t, R, with_file("10"));
  CHECK(decided(t) == "agree");
  t.seen[R]->mark = mark_of({"jane", "t0", "i0", {}, {}, {}});
  CHECK(decided(t) == "look P R");
  inside(t, "x", "y");
  CHECK(decided(t) == "replace R, R loses");
}

TEST_CASE("that a user has taken the files away is no work of a server, also where our own write is read back") {
  auto t = of_class(item_class::message);
  (*t.base)[R] = {t.seen[R]->key, false, logic::digests_of(with_file("9")), false};
  const auto read_back = [&](const values& there) {
    return (*logic::read_back_of(t, R, {t.seen[R]->key, false, false, there})->base)[R].content;
  };
  CHECK(logic::contains(logic::differing_fields(read_back(original), logic::digests_of(original)), field::attachments));
  CHECK(read_back(with_file("9", "A.PDF")) == logic::digests_of(with_file("9", "A.PDF")));
  (*t.base)[R].content = logic::digests_of(original);
  CHECK(logic::only(read_back(with_file("9")), {field::attachments}).empty());
}

TEST_CASE("where both users have changed what is attached and come to the same names, what is in it is compared") {
  auto t = of_class(item_class::task);
  for (const side s : both_sides)
    (*t.base)[s].content = logic::digests_of(with_file("9", "a.pdf\nb.pdf"));
  edit(t, P, with_file("9"));
  edit(t, R, with_file("9"));
  CHECK(decided(t) == "look P R");
  inside(t, "x", "x");
  CHECK(decided(t) == "agree");
  inside(t, "x", "y");
  CHECK(decided(t) == "update R attachments, R loses");
}

TEST_CASE("other ids of files are no edit of the side that wins where its mailbox has other ids, and the other side "
          "other files") {
  // A server of 2007 tells no sizes.
  const auto known_by = [](const std::string& names, const std::string& ids, const std::string& holder) {
    auto v = with_file("", names);
    v.push_back({hint::attachment_ids, ids});
    v.push_back({hint::attachment_holder, holder});
    return v;
  };
  auto t = of_class(item_class::task);
  for (const side s : both_sides)
    (*t.base)[s].content = logic::digests_of(known_by("a.pdf", "1", "old"));
  edit(t, P, known_by("a.pdf", "2", "new"));
  read_contents(t, R, known_by("a.pdf", "1", "old"));
  CHECK(decided(t) == "look P R");
  edit(t, R, known_by("b.pdf", "3", "old"));
  CHECK(decided(t) == "update P attachments");
  inside(t, "x", "y");
  CHECK(decided(t) == "update P attachments");
  SECTION("on the side that loses they may be: what goes down is listed") {
    read_contents(t, P, original);
    edit(t, P, original);
    edit(t, R, known_by("a.pdf", "2", "new"));
    for (const side s : both_sides)
      t.seen[s]->likeness.clear();
    CHECK(decided(t) == "look P R");
    inside(t, "x", "y");
    CHECK(decided(t) == "update R attachments, R loses");
  }
  SECTION("with the same ids of the items they are") {
    edit(t, P, known_by("a.pdf", "2", "old"));
    t.seen[P]->likeness.clear();
    CHECK(decided(t) == "look P R");
    inside(t, "x", "y");
    CHECK(decided(t) == "update R attachments, R loses");
  }
}

TEST_CASE("of files that are half there, those are their user's that were neither there nor sent") {
  const part_values files{hint::attachment_contents, "read\na\told\n", "read\na\tnew\n", {}};
  const auto users = [&](const std::string& there) { return logic::users_entries(files, "read\n" + there, false); };
  using lines = std::vector<std::string>;
  CHECK(users("a\tnew\na\told\n").empty());
  CHECK(users("a\tnew\na\tmine\n") == lines{"a\tmine"});
  CHECK(logic::names_of({"a\tmine"}, "a\ttext/plain\nb\ttext/plain") == lines{"a\ttext/plain"});
  SECTION("and one is gone by its user where the rest is not as we leave it") {
    const auto taken = [&](const std::string& there, bool came = false) {
      return logic::are_taken_away(files, "read\n" + there, came);
    };
    CHECK(!taken("a\told\n"));         // nothing has come yet
    CHECK(!taken("a\tnew\na\told\n")); // the old one still goes
    CHECK(!taken("a\tnew\n"));         // done
    CHECK(taken("a\tmine\n"));         // the old one goes only after the new one has come
    CHECK(taken(""));
    CHECK(taken("a\told\n", true)); // the new one had come
  }
}

TEST_CASE("a file that its user puts among those that are half there goes along, and one that he takes away is told") {
  const auto of = [](const std::string& names) {
    auto v = original;
    v.push_back({field::attachments, names});
    return content{change_key{"3R"}, false, false, v};
  };
  intent in;
  in.target = R;
  in.parts = {{field::attachments, "a", "a", {}}, {hint::attachment_contents, "read\na\told\n", "read\na\tnew\n", {}}};
  logic::evidence found;
  const auto gone_on = [&](const std::string& names, const std::string& inside) {
    found.item = of(names);
    found.attached = "read\n" + inside;
    return logic::go_on(in, found, of("a"), false);
  };
  const auto added = gone_on("a\na", "a\tmine\na\tnew\n");
  CHECK(added.parts.front().kept == "a");
  CHECK(added.parts.back().kept == "a\tmine");
  CHECK(added.parts.back().before == *found.attached);
  CHECK(added.lost.replica.empty());                         // the old one was to go
  const auto instead = gone_on("a\na", "a\tmine\na\told\n"); // of ours, or before it came
  CHECK(instead.parts.front().kept.empty());
  CHECK(instead.parts.back().kept.empty());
  CHECK(instead.lost.replica == std::vector{field::attachments});
  CHECK(gone_on("a", "a\told\n").lost.replica.empty());
  in.step = logic::files_came;
  CHECK(gone_on("a", "a\told\n").lost.replica == std::vector{field::attachments});
}

TEST_CASE("a file that the user who wins takes away while it is written is not written again") {
  const auto of = [](const std::string& names) {
    auto v = original;
    if (!names.empty()) v.push_back({field::attachments, names});
    return content{change_key{"3P"}, false, false, v};
  };
  intent in;
  in.target = P;
  in.parts = {{field::attachments, "a", "a", {}}, {hint::attachment_contents, "read\na\told\n", "read\na\tnew\n", {}}};
  logic::evidence found;
  const auto taken = [&](const std::string& names, const std::string& inside, bool wins = true) {
    found.item = of(names);
    found.attached = "read\n" + inside;
    return logic::go_on(in, found, of("a"), wins).taken_away;
  };
  CHECK(taken("a", "a\tmine\n"));
  CHECK_FALSE(taken("a", "a\tmine\n", false));
  CHECK_FALSE(taken("", ""));          // it may never have come: then it is attached, and that is told
  CHECK_FALSE(taken("a", "a\told\n")); // nothing has come yet
  CHECK_FALSE(taken("a\na", "a\tnew\na\told\n"));
  in.step = logic::files_came;
  CHECK(taken("", ""));
  CHECK_FALSE(taken("", "", false));
  CHECK_FALSE(taken("a", "a\told\n")); // what was to go is still there
}

TEST_CASE("the text of a mail that was another one when first paired is listed when a new copy takes its place") {
  auto t = of_class(item_class::message);
  read_contents(t, P, original);
  read_contents(t, R, original);
  t.seen[P]->likeness = logic::digests_of({{field::body, "words"}});
  t.seen[R]->likeness = logic::digests_of({{field::body, "other words"}});
  const auto attached = with_file("9");
  edit(t, P, attached);
  CHECK(decided(t) == "replace R, R loses");
  t.seen[R]->likeness = t.seen[P]->likeness;
  CHECK(decided(t) == "replace R");
}

TEST_CASE("a draft of ours that is read back as read as it was sent has that read state agreed") {
  auto t = of_class(item_class::message);
  (*t.base)[P].read = true;
  (*t.base)[R] = {t.seen[R]->key, {}, logic::digests_of(original), false};
  const auto read_back = [&](bool read) {
    return (*logic::read_back_of(t, R, {t.seen[R]->key, read, true, original})->base)[R].read;
  };
  CHECK(read_back(true) == true);
  CHECK(!read_back(false));
}

TEST_CASE("one-way: what the source gets back takes its files along, where an administrator wants that") {
  const auto with_a_file = with(field::attachments, "file");
  auto t = agreed_twin();
  read_contents(t, R, with_a_file);
  read_contents(t, P, original);
  (*t.base)[R].content = logic::with_fields(logic::digests_of(with_a_file),
                                            {{field::attachments, logic::to_be_carried}}, {field::attachments});
  t.seen[P]->mark = logic::make_mark(t.pair, t.id, intent_id{"i"}, t.seen[R]);
  auto around = quiet(direction::primary_to_replica);
  for (const side s : {P, R}) {
    t.seen[s]->item_class = item_class::contact;
    around.settable[s].push_back(field::attachments);
  }
  around.put_back_up_to = 5;
  const auto verdict = [&](const twin& of) { return exsyncd::tests::in_words(logic::decide(of, around)); };
  CHECK(verdict(t) == "update P attachments");
  CHECK(logic::is_half_put_back(t, around.policy));
  auto edited = t;
  edit(edited, P, with(field::subject, "New offer"));
  CHECK(verdict(edited) == "update P attachments"); // its files come first
  edit(edited, P, with(field::attachments, "other"));
  CHECK(verdict(edited) == "update R attachments"); // its user has given it others
  auto users = t;
  users.seen[P]->mark = operation_mark{};
  CHECK(verdict(users) == "agree");
  around.policy.drift = drift::revert;
  CHECK(verdict(t) == "update P attachments");
  around.policy.drift = drift::leave;
  around.put_back_up_to.reset();
  CHECK(verdict(t) == "agree");
}
