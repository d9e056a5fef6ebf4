#include "actors/logic/settlement.hpp"
#include "ews/model/field_hints.hpp"
#include "tests/logic/builders.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::tests;

TEST_CASE("a file that was refused in place of one that we sent is tried again when the ban is lifted, also where "
          "another edit was carried since") {
  const auto attached = [](const std::string& id) {
    auto v = with(field::attachments, "a.pdf");
    if (!id.empty()) v.push_back({hint::attachment_ids, id});
    return v;
  };
  // Its user touched our copy before we had read it, and the server tells no sizes.
  const auto R = side::replica;
  for (const auto refused_by : both_sides)
    for (const auto from : both_sides) {
      auto t = agreed_twin();
      for (const side s : both_sides) {
        (*t.base)[s].content = logic::digests_of(attached(s == R ? "" : "1"));
        (*t.base)[s].read_back = s != R;
        edit(t, s, attached(s == R ? "2" : "1"));
      }
      trouble tr;
      tr.banned = true;
      tr.side = refused_by;
      tr.refused = logic::digests_of({{field::attachments, "a.pdf"}});
      t.trouble = tr;
      auto now = attached(from == R ? "2" : "1");
      now[2].value = "Red";
      edit(t, from, now);
      const content sent{t.seen[from]->key, false, false, now};
      const auto in =
          logic::intent_to_update(t, {other(from), {field::categories}}, sent, intent_id{"i"}, utc_seconds{});
      const auto settled = logic::settlement_of(t, in, {}, change_key{"3"}, utc_seconds{});
      CHECK_FALSE(settled.clear_trouble);
      t.base = settled.base;
      auto there = attached(other(from) == R ? "2" : "1");
      there[2].value = "Red";
      edit(t, other(from), there);
      t.seen[other(from)]->key = t.seen[other(from)]->content_key = change_key{"3"};
      if (auto read = logic::read_back_of(t, other(from), {change_key{"3"}, false, false, there})) t.base = read->base;
      for (const side s : both_sides)
        t.seen[s]->likeness = logic::digests_of({{hint::attachment_contents, name(s)}});
      CHECK(in_words(logic::decide(t, quiet())) == "banned");
      t.trouble.reset();
      CHECK(in_words(logic::decide(t, quiet())).substr(0, 9) == "replace P");
    }
}
