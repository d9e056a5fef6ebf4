#include "actors/logic/alike.hpp"

#include "actors/logic/likeness.hpp"
#include "actors/logic/match.hpp"
#include "tests/logic/builders.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exsyncd;
using namespace exsyncd::tests;

namespace {

constexpr auto P = side::primary;
constexpr auto R = side::replica;

/// A half twin named as its contents differ from the others.
twin half(const std::string& id, side s, const values& holds, item_class c = item_class::message,
          const std::string& key = "") {
  twin t;
  t.id = twin_id{id};
  auto& o = t.seen[s].emplace(seen_at(s, 30));
  o.item = item_id{"item of " + id};
  o.item_class = c;
  o.message_id = message_id{key};
  o.search_key = search_key{"search of " + id};
  o.subject.clear();
  content whole;
  whole.fields = holds;
  for (const auto& f : holds)
    if (f.field == field::subject) o.subject = f.value;
  read_contents(t, s, holds);
  o.likeness = logic::likeness_of(whole);
  return t;
}

twin unread(twin t) {
  for (side s : both_sides)
    if (t.seen[s]) t.seen[s]->content.reset();
  return t;
}

std::string in_words(const std::vector<twin>& all, std::vector<field> not_held = {}) {
  both<std::vector<const twin*>> halves;
  for (const auto& t : all)
    halves[*logic::half_of(t)].push_back(&t);
  const auto held = [&](field f) { return std::find(not_held.begin(), not_held.end(), f) == not_held.end(); };
  const auto c = all.front().seen[*logic::half_of(all.front())]->item_class;
  const auto found = logic::find_alike(c, halves, held);
  std::vector<std::string> words;
  for (const auto& [p, r] : found.same)
    words.push_back(p->id.value + "=" + r->id.value);
  for (const auto* t : found.unread)
    words.push_back("read " + t->id.value);
  for (const auto* t : found.held)
    words.push_back("held " + t->id.value);
  std::sort(words.begin(), words.end());
  std::string text;
  for (const auto& w : words)
    text += (text.empty() ? "" : "; ") + w;
  return text;
}

values warning(const std::string& percent) {
  return {{field::subject, "quota warning"}, {field::body, "Text\nYour mailbox is " + percent + "% full."}};
}

values card(const std::string& given, const std::string& surname, const std::string& phone,
            const std::string& file_as = "") {
  return {{field::subject, file_as.empty() ? given + " " + surname : file_as},
          {field::file_as, file_as.empty() ? surname + ", " + given : file_as},
          {field::given_name, given},
          {field::surname, surname},
          {field::phone_numbers, phone}};
}

constexpr auto contact = item_class::contact;
const std::string same_id = "<same@example>";

} // namespace

TEST_CASE("mails without a Message-ID are told by what they hold, not by subject and times") {
  const auto a = half("a", P, warning("10")), b = half("b", P, warning("80"));
  const auto x = half("x", R, warning("80")), y = half("y", R, warning("10"));
  CHECK(in_words({a, b, x, y}) == "a=y; b=x");
  CHECK(in_words({a, x}) == "");
  CHECK(in_words({a, b, y}) == "a=y");
}

TEST_CASE("several mails of one Message-ID are told by what they hold") {
  const auto mail = [](const std::string& id, side s, const std::string& percent) {
    return half(id, s, warning(percent), item_class::message, same_id);
  };
  CHECK(in_words({mail("a", P, "10"), mail("b", P, "80"), mail("x", R, "80"), mail("y", R, "10")}) == "a=y; b=x");
  CHECK(in_words({mail("a", P, "10"), mail("b", P, "80"), mail("x", R, "80"), mail("y", R, "90")}) == "b=x");
  // One each is the same one, as long as nobody says otherwise.
  CHECK(in_words({mail("a", P, "10"), mail("x", R, "10.5")}) == "a=x");
}

TEST_CASE("of several mails of one Message-ID, the last one keeps its mate although its user has edited its subject") {
  auto edited = warning("80");
  edited[0].value = "done";
  const auto a = half("a", P, warning("10"), item_class::message, same_id),
             b = half("b", P, warning("80"), item_class::message, same_id),
             x = half("x", R, edited, item_class::message, same_id),
             y = half("y", R, warning("10"), item_class::message, same_id);
  CHECK(in_words({a, b, x, y}) == "a=y; b=x");
}

TEST_CASE("equal items are counted: three here and two there are two pairs") {
  for (auto c : {item_class::message, item_class::contact, item_class::task, item_class::appointment})
    for (const auto& key : {std::string(), same_id}) {
      std::vector<twin> all;
      for (const char* id : {"a", "b", "c"})
        all.push_back(half(id, P, original, c, key));
      for (const char* id : {"x", "y"})
        all.push_back(half(id, R, original, c, key));
      CHECK(in_words(all) == "a=x; b=y");
    }
}

TEST_CASE("bodies that servers rewrote are the same words") {
  const values html{{field::subject, "quota warning"},
                    {field::body, "HTML\n<html><head><style>p {color: red}</style></head><body><p>Your&nbsp;mailbox "
                                  "is <b>10%</b>\n full.</p></body></html>"}};
  CHECK(in_words({half("a", P, warning("10")), half("x", R, html)}) == "a=x");
  CHECK(in_words({half("a", P, warning("80")), half("x", R, html)}) == "");
  CHECK(logic::words_of("HTML\n<!-- no --><p>Ann &amp; Bob</p>") == "AnnBob");
  CHECK(logic::words_of("HTML\n<p>S&#246;hne &#xe9;t&lt;</p><script>no</script>") == "S\xc3\xb6hne\xc3\xa9t");
  CHECK(logic::words_of("Text\n :-) ") == ":-)");
  CHECK(logic::words_of("HTML\n1 < 2, <unfinished") == "12");
}

TEST_CASE("of what is alike but not equal, only what leaves no choice is one") {
  auto to_ann = warning("10"), to_bob = warning("10"), to_x500 = warning("10");
  to_ann.push_back({field::to, "ann@example"});
  to_bob.push_back({field::to, "bob@example"});
  to_x500.push_back({field::to, "/o=org/cn=ann"});
  CHECK(in_words({half("a", P, to_ann), half("x", R, to_x500)}) == "a=x");
  CHECK(in_words({half("a", P, to_ann), half("b", P, to_bob), half("x", R, to_x500)}) == "");
  CHECK(in_words({half("a", P, to_ann), half("b", P, to_bob), half("x", R, to_bob), half("y", R, to_ann)}) ==
        "a=y; b=x");
  // Drafts to other people are other drafts.
  auto a = half("a", P, to_ann), x = half("x", R, to_bob);
  a.seen[P]->draft = x.seen[R]->draft = true;
  CHECK(in_words({a, x}) == "");
}

TEST_CASE("mails that differ only in the sizes of what is attached are told by size, where each has its mate") {
  const auto with_file = [](const std::string& id, side s, const std::string& size, std::uint64_t bytes) {
    auto v = warning("10");
    v.push_back({field::attachments, "report"});
    v.push_back({field::attachment_sizes, size});
    auto t = half(id, s, v);
    t.seen[s]->size = bytes;
    return t;
  };
  const auto a = with_file("a", P, "100", 1100), b = with_file("b", P, "200", 1200);
  const auto x = with_file("x", R, "210", 1350), y = with_file("y", R, "110", 1250);
  CHECK(in_words({a, b, x, y}) == "a=y; b=x");
  CHECK(in_words({a, b, x}) == "");
}

TEST_CASE("mails with two Message-IDs are two mails, whatever they hold; one that has none may be either") {
  const auto a = half("a", P, warning("10"), item_class::message, "<1@example>");
  const auto x = half("x", R, warning("10"), item_class::message, "<2@example>");
  const auto y = half("y", R, warning("10"));
  CHECK(in_words({a, x}) == "");
  CHECK(in_words({a, x, y}) == "a=y");
}

TEST_CASE("what must be read first is named, and what it may be waits") {
  const auto a = half("a", P, warning("10")), x = half("x", R, warning("10"));
  CHECK(in_words({unread(a), unread(x)}) == "read a; read x");
  CHECK(in_words({a, unread(x)}) == "held a; read x");
  CHECK(in_words({unread(a)}) == "");
  SECTION("an item that cannot be read holds up those that it may be") {
    auto resting = unread(x);
    trouble t;
    t.at.replica = resting.seen[R]->key;
    resting.trouble = t;
    CHECK(in_words({a, resting}) == "held a; read x");
    resting.trouble->banned = true;
    CHECK(in_words({a, resting}) == "");
    resting.seen[R]->key = change_key{"edited"};
    CHECK(in_words({a, resting}) == "held a; read x");
  }
}

TEST_CASE("a contact that cannot be read, and of which no list tells a name, holds up only what has no equal") {
  const auto a = half("a", P, card("Ann", "Lee", "1"), contact), b = half("b", P, card("Bob", "Ray", "2"), contact);
  // A server before 2010: its lists tell no name, and what is read has none to go by either.
  const auto nameless = [](twin t) {
    t.seen[R]->subject.clear();
    return t;
  };
  const auto x = nameless(half("x", R, card("Ann", "Lee", "1"), contact));
  auto resting = nameless(unread(half("y", R, card("Bob", "Ray", "2"), contact)));
  trouble t;
  t.at.replica = resting.seen[R]->key;
  resting.trouble = t;
  CHECK(in_words({a, b, x, resting}) == "a=x; held b; read y");
  SECTION("what is left of its own side waits as well: it may be what is left of the other one") {
    const auto z = nameless(half("z", R, card("Cid", "Poe", "3"), contact));
    CHECK(in_words({a, b, x, z, resting}) == "a=x; held b; held z; read y");
  }
  SECTION("nothing waits for one that is banned") {
    resting.trouble->banned = true;
    CHECK(in_words({a, b, x, resting}) == "a=x");
  }
}

TEST_CASE("contacts of one name are told by what they hold") {
  const auto a = half("a", P, card("Ann", "Lee", "1"), contact), b = half("b", P, card("Ann", "Lee", "2"), contact);
  const auto x = half("x", R, card("Ann", "Lee", "2"), contact), y = half("y", R, card("Ann", "Lee", "1"), contact);
  CHECK(in_words({a, b, x, y}) == "a=y; b=x");
  const auto z = half("z", R, card("Ann", "Lee", "3"), contact);
  CHECK(in_words({a, b, y, z}) == "a=y");
  CHECK(in_words({a, z}) == ""); // two people of one name
  auto known = card("Ann", "Lee", "3");
  known.push_back({field::email_addresses, "ann@example"});
  auto changed = card("Ann", "Lee", "4");
  changed.push_back({field::email_addresses, "ann@example"});
  CHECK(in_words({half("k", P, known, contact), half("c", R, changed, contact)}) == "k=c");
}

TEST_CASE("tasks of one subject are one where they share more than that") {
  const auto errand = [](const std::string& id, side s, const std::string& words, const std::string& effort) {
    return half(id, s, {{field::subject, "call"}, {field::body, "Text\n" + words}, {field::total_work, effort}},
                item_class::task);
  };
  CHECK(in_words({errand("a", P, "Ann", "1"), errand("x", R, "Ann", "2")}) == "a=x");
  CHECK(in_words({errand("a", P, "Ann", "1"), errand("x", R, "Bob", "2")}) == "");
}

TEST_CASE("two mails that were given one Message-ID are two where their dates and contents say so") {
  const auto mail = [](const std::string& id, side s, int minute, const std::string& percent) {
    auto t = half(id, s, warning(percent), item_class::message, same_id);
    t.seen[s]->sent = utc_seconds(std::chrono::minutes(minute));
    return t;
  };
  CHECK(in_words({mail("a", P, 1, "10"), mail("x", R, 1, "80")}) == "a=x");
  CHECK(in_words({mail("a", P, 1, "10"), mail("x", R, 2, "80")}) == "");
  CHECK(in_words({mail("a", P, 1, "10"), mail("x", R, 2, "10")}) == "a=x");
  // Of several, what each side has one of at a time is one mail, though its user has edited it.
  CHECK(in_words({mail("a", P, 1, "10"), mail("x", R, 1, "80"), mail("y", R, 2, "90")}) == "a=x");
  CHECK(in_words({mail("a", P, 1, "10"), mail("x", R, 1, "80"), mail("y", R, 1, "90")}) == "");
  CHECK(in_words({mail("a", P, 1, "10"), mail("b", P, 1, "80"), mail("x", R, 1, "10"), mail("y", R, 1, "90")}) ==
        "a=x");
  const auto draft = [](const std::string& id, side s, const std::string& subject, const std::string& words) {
    auto t = half(id, s, {{field::subject, subject}, {field::body, "Text\n" + words}}, item_class::message, same_id);
    t.seen[s]->draft = true;
    t.seen[s]->subject = subject;
    return t;
  };
  CHECK(in_words({draft("a", P, "lunch", "at noon"), draft("x", R, "lunch", "at one")}) == "a=x");
  CHECK(in_words({draft("a", P, "lunch", "at noon"), draft("x", R, "dinner", "at noon")}) == "a=x");
  CHECK(in_words({draft("a", P, "lunch", "at noon"), draft("x", R, "dinner", "at eight")}) == "");
}

TEST_CASE("contacts are the same although their servers derive names and subjects in other ways") {
  const auto a = half("a", P, card("Ann", "Lee", "1"), contact), b = half("b", P, card("Bob", "Lee", "2"), contact);
  const auto x = half("x", R, card("Bob", "Lee", "2", "Lee Bob"), contact),
             y = half("y", R, card("Ann", "Lee", "1", "Lee Ann"), contact);
  CHECK(in_words({a, b, x, y}) == "a=y; b=x");
}

TEST_CASE("what one of the servers cannot hold is not compared") {
  auto more = card("Ann", "Lee", "1");
  more.push_back({field::im_addresses, "ann"});
  more.push_back({field::birthday, "2000-01-01"});
  const auto a = half("a", P, more, contact), x = half("x", R, card("Ann", "Lee", "1", "somebody"), contact);
  const auto b = half("b", P, card("Ann", "Lee", "9"), contact), y = half("y", R, card("Ann", "Lee", "9"), contact);
  CHECK(in_words({a, b, x, y}, {field::im_addresses, field::birthday}) == "a=x; b=y");
}

TEST_CASE("a copy that somebody made for another pair is known by its origin, after what is equal") {
  auto a = half("a", P, card("Ann", "Lee", "1"), contact), b = half("b", P, card("Ann", "Lee", "2"), contact);
  auto x = half("x", R, card("Ann", "Lee", "5"), contact), y = half("y", R, card("Ann", "Lee", "6"), contact);
  x.seen[R]->mark = logic::make_mark(pair_id{"gone"}, twin_id{"t"}, intent_id{"i"}, b.seen[P]);
  y.seen[R]->mark = logic::make_mark(pair_id{"gone"}, twin_id{"u"}, intent_id{"j"}, a.seen[P]);
  CHECK(in_words({a, b, x, y}) == "a=y; b=x");
}

TEST_CASE("a series of tasks is known by its origin beside the one that was split off it") {
  const auto task = [](const std::string& id, side s, const std::string& subject, const std::string& recurrence) {
    values holds{{field::subject, subject}, {field::body, "Text\n" + id}};
    if (!recurrence.empty()) holds.push_back({field::recurrence, recurrence});
    auto t = half(id, s, holds, item_class::task);
    t.seen[s]->search_key = search_key{"origin"};
    return t;
  };
  const auto series = task("p", P, "edited", "Daily");
  CHECK(in_words({series, task("r", R, "errand", "Daily"), task("done", R, "errand", "")}) == "p=r");
  CHECK(in_words({series, task("r", R, "errand", "Daily"), task("copy", R, "errand", "Daily")}).empty());
}
