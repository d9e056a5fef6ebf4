#include "storage/marks.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;

namespace {

/// "a b2" is the item b2 of mailbox b, which was made of the item a of mailbox a; mailboxes are the first letters.
observation item(const std::string& way) {
  observation o;
  std::vector<std::string> places;
  for (std::size_t at = 0; at < way.size();) {
    const auto end = std::min(way.find(' ', at), way.size());
    o.item = item_id{way.substr(at, end - at)};
    o.mailbox = mailbox_identity{way.substr(at, 1)};
    at = end + 1;
    if (at < way.size()) places.push_back(place_of(o));
  }
  if (!places.empty()) o.mark = mark_of({"pair", "twin", "intent", "origin", places, {}});
  return o;
}

} // namespace

TEST_CASE("A mark is read as it was written, whatever characters a pair's name has", "[marks]") {
  const mark_parts whole{"a/b", "t", "i", "or", {"0123456789abcdef", "fedcba9876543210"}, {}};
  const auto mark = mark_of(whole);
  CHECK(mark.value == "a/b/t/i~or~0123456789abcdef.fedcba9876543210");
  const auto read = parts_of(mark);
  REQUIRE(read);
  CHECK(read->pair == whole.pair);
  CHECK(read->twin == whole.twin);
  CHECK(read->intent == whole.intent);
  CHECK(read->origin == whole.origin);
  CHECK(read->places == whole.places);
  CHECK(parts_of(operation_mark{"p/t/i"})->places.empty());
  CHECK(parts_of(operation_mark{"p/t/i~o~not a place"})->places.empty());
  for (const char* none : {"", "/", "//", "p", "p/t"})
    CHECK((!parts_of(operation_mark{none}) || parts_of(operation_mark{none})->intent.empty()));
}

TEST_CASE("What was made in place of an item has the place of that one, and its mark tells so", "[marks]") {
  const auto old = item("a b");
  auto parts = *parts_of(old.mark);
  parts.replaced = place_of(old);
  auto in_its_place = item("a b2");
  in_its_place.mark = mark_of(parts);
  const auto read = parts_of(in_its_place.mark);
  REQUIRE(read);
  CHECK(read->places == parts.places);
  CHECK(read->replaced == parts.replaced);
  CHECK(lineage_of(in_its_place) == lineage_of(old));
  CHECK(common_lineage(in_its_place, item("a b c")) == 2);
  // An original has come no way, and may be replaced as well.
  in_its_place.mark = mark_of({"pair", "twin", "intent", "origin", {}, place_of(item("b"))});
  CHECK(parts_of(in_its_place.mark)->places.empty());
  CHECK(lineage_of(in_its_place) == lineage_of(item("b")));
  CHECK(first_of_lineage(in_its_place) == first_of_lineage(item("b c")));
  CHECK(parts_of(operation_mark{"p/t/i~o~~not a place"})->replaced.empty());
}

TEST_CASE("The way of a copy tells what it is the same as", "[marks]") {
  struct row {
    const char *one, *other;
    std::size_t common;
    const char* why;
  };
  const std::vector<row> rows{
      {"a", "a b", 1, "a copy and its original"},
      {"a b", "a c", 1, "two copies of one"},
      {"a c", "a b c9", 0, "two items of one mailbox"},
      {"a b", "a b c", 2, "a copy and a copy of it"},
      {"a d", "a b c", 1, "two ways around a ring"},
      {"a", "b", 0, "two originals"},
      {"a b2", "a b c", 0, "a user's copy, and a copy of its original"},
      {"a b2 c2", "a b d", 0, "a copy of a user's copy, and one of its original"},
      {"a b2", "a b2 a2", 2, "a user's copy that went back to where its original came from"},
      {"a b2 a2", "a b2 c2", 2, "its two copies"},
      {"a b2 a2", "a c", 0, "its copy, and a copy of the original"},
  };
  for (const auto& row : rows) {
    INFO(row.why);
    CHECK(common_lineage(item(row.one), item(row.other)) == row.common);
    CHECK(common_lineage(item(row.other), item(row.one)) == row.common);
    if (row.common > 0) CHECK(first_of_lineage(item(row.one)) == first_of_lineage(item(row.other)));
  }
}

TEST_CASE("A contact without a name in lists is found by the names that it holds, whatever key a list told since",
          "[marks]") {
  observation o;
  o.item_class = item_class::contact;
  CHECK(keys_of_half(o).empty());
  o.content = field_digests{{field::given_name, {1}}, {field::job_title, {2}}};
  o.key = change_key{"later"};
  const auto keys = keys_of_half(o);
  REQUIRE(keys.size() == 1);
  auto other = o;
  other.content = field_digests{{field::given_name, {1}}, {field::job_title, {3}}};
  CHECK(keys_of_half(other) == keys);
  other.content = field_digests{{field::surname, {1}}};
  CHECK(keys_of_half(other) != keys);
  other.content = field_digests{{field::job_title, {2}}};
  CHECK(keys_of_half(other).empty());
  // Another server tells a name: it is found by either.
  o.subject = "Ann";
  CHECK(keys_of_half(o).size() == 2);
  o.item_class = item_class::task;
  CHECK(keys_of_half(o).size() == 1);
}
