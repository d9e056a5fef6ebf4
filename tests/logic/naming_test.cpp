#include "actors/logic/naming.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace exsyncd;
using namespace exsyncd::logic;

namespace {

using names = std::map<std::string, std::string>;

struct question : naming_question {
  question& knows(const std::string& name, const std::string& primary, const std::string& replica) {
    for (side s : both_sides) {
      auto& f = known.emplace_back();
      f.folder_pair = folder_pair_id{name};
      f.side = s;
      f.mailbox = mailbox_identity{s == side::primary ? "p" : "r"};
      f.folder = folder_id{s == side::primary ? primary : replica};
    }
    return *this;
  }
  question& has(const std::string& name, const std::string& primary, const std::string& replica) {
    placed.push_back({folder_pair_id{name},
                      {mailbox_identity{"p"}, mailbox_identity{"r"}},
                      {folder_id{primary}, folder_id{replica}}});
    return waits_for(name);
  }
  question& waits_for(const std::string& name) {
    looked_after.insert(folder_pair_id{name});
    return *this;
  }
  names answer() const {
    names result;
    for (const auto& [from, to] : names_by_folders(*this))
      result.emplace(from.value, to.value);
    return result;
  }
};

} // namespace

TEST_CASE("a folder pair is found by its two folders") {
  CHECK(question().knows("a", "A", "A").has("a", "A", "A").answer().empty());
  CHECK(question().knows("a", "A", "A").has("b", "A", "A").answer() == names{{"a", "b"}});
  CHECK(question().knows("a", "A", "A").has("A", "A", "A").answer() == names{{"a", "A"}});
  CHECK(question().has("a", "A", "A").answer().empty());
  CHECK(question().knows("a", "A", "A").has("b", "B", "B").answer().empty());
}

TEST_CASE("what has these ids in another mailbox is another folder") {
  auto q = question().knows("a", "A", "A").has("b", "A", "A");
  q.placed[0].mailboxes.primary = q.placed[0].mailboxes.replica = mailbox_identity{"another"};
  CHECK(q.answer().empty());
}

TEST_CASE("names are exchanged, and go round") {
  CHECK(question().knows("a", "A", "A").knows("b", "B", "B").has("a", "B", "B").has("b", "A", "A").answer() ==
        names{{"a", "b"}, {"b", "a"}});
  CHECK(question()
            .knows("a", "A", "A")
            .knows("b", "B", "B")
            .knows("c", "C", "C")
            .has("a", "B", "B")
            .has("b", "C", "C")
            .has("c", "A", "A")
            .answer() == names{{"a", "c"}, {"b", "a"}, {"c", "b"}});
}

TEST_CASE("what loses its name to others keeps one of its own") {
  CHECK(question().knows("a", "A", "A").knows("b", "B", "B").has("a", "B", "B").answer() ==
        names{{"a", "a (2)"}, {"b", "a"}});
  // Its folder could not be found in this round: it is found later.
  CHECK(question().knows("a", "A", "A").knows("b", "B", "B").has("b", "A", "A").waits_for("a").answer() ==
        names{{"a", "b"}, {"b", "b (2)"}});
  CHECK(question().knows("b (2)", "B", "B").has("b", "A", "A").has("a", "B", "B").answer() == names{{"b (2)", "a"}});
}

TEST_CASE("what was mapped to another folder is the same folder pair, under its name or another") {
  CHECK(question().knows("a", "A", "A").has("a", "A", "B").answer().empty());
  CHECK(question().knows("a", "A", "A").has("b", "A", "B").answer() == names{{"a", "b"}});
  CHECK(question().knows("a", "A", "A").has("b", "B", "A").answer() == names{{"a", "b"}});
  // One that something is known of, or that takes the whole of it, comes first.
  CHECK(question().knows("a", "A", "A").knows("b", "C", "B").has("b", "A", "B").answer().empty());
  CHECK(question().knows("a", "A", "A").has("b", "A", "B").has("c", "A", "A").answer() == names{{"a", "c"}});
  // One that is looked after is nobody else's.
  CHECK(question().knows("a", "A", "A").has("b", "A", "B").waits_for("a").answer().empty());
}

TEST_CASE("what is known under two names of the same folders is joined") {
  CHECK(question().knows("a", "A", "A").knows("b", "A", "A").has("b", "A", "A").answer() == names{{"a", "b"}});
}
