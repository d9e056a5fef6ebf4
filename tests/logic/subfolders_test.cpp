#include "actors/logic/subfolders.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exsyncd;
using namespace exsyncd::logic;

namespace {

tree_folder below(const std::string& id, const std::string& parent, const std::string& path) {
  tree_folder f;
  f.state.id = folder_id(id);
  f.state.parent = folder_id(parent);
  f.state.display_name = path.substr(path.rfind('/') + 1);
  f.path = path;
  return f;
}

subfolder_question about(const std::string& primary, const std::string& replica) {
  subfolder_question q;
  q.root = {folder_pair_id{"root"}, {folder_id(primary), folder_id(replica)}, {primary, replica}};
  for (side s : both_sides)
    q.taken[s].insert(q.root.ids[s]);
  return q;
}

std::vector<std::string> created(const subfolder_plan& plan) {
  std::vector<std::string> names;
  for (const auto& step : plan.steps)
    if (const auto* c = std::get_if<create_subfolder>(&step)) names.push_back(c->parent.value + "/" + c->name);
  std::sort(names.begin(), names.end());
  return names;
}

} // namespace

TEST_CASE("a folder into one below it is copied once, not into itself again and again") {
  for (const bool turned : {false, true}) {
    auto q = turned ? about("a/copy", "a") : about("a", "a/copy");
    const auto of_outer = turned ? side::replica : side::primary;
    q.trees[of_outer] = {below("a/copy", "a", "a/copy"), below("in copy", "a/copy", "a/copy/x"),
                         below("a/b", "a", "a/b")};
    q.trees[other(of_outer)] = {below("in copy", "a/copy", "a/copy/x")};
    const auto plan = plan_subfolders(q);
    CHECK(created(plan) == std::vector<std::string>{"a/copy/b", "a/x"});
  }
}

TEST_CASE("trees that are there on both sides are paired at once, and what is missing far below is made there") {
  auto q = about("p", "r");
  q.trees.primary = {below("p1", "p", "p/A"), below("p2", "p1", "p/A/B"), below("p3", "p2", "p/A/B/C")};
  q.trees.replica = {below("r1", "r", "r/A"), below("r2", "r1", "r/A/B")};
  const auto plan = plan_subfolders(q);
  REQUIRE(plan.pairs.size() == 2);
  CHECK(plan.pairs[1].name.value == "root/A/B");
  CHECK(plan.pairs[1].ids.replica.value == "r2");
  CHECK(created(plan) == std::vector<std::string>{"r2/C"});
}

TEST_CASE("a folder pair that lost a folder takes the one that is at its path now") {
  for (const auto lost : {0, 1, 2}) { // on primary, on replica, on both
    auto q = about("p", "r");
    q.trees.primary = {below(lost != 1 ? "new p1" : "p1", "p", "p/A"),
                       below(lost != 1 ? "new p2" : "p2", lost != 1 ? "new p1" : "p1", "p/a/B")};
    q.trees.replica = {below(lost != 0 ? "new r1" : "r1", "r", "r/A"),
                       below(lost != 0 ? "new r2" : "r2", lost != 0 ? "new r1" : "r1", "r/A/B")};
    q.known = {{folder_pair_id{"root/A"}, {folder_id("p1"), folder_id("r1")}, {"p/A", "r/A"}},
               {folder_pair_id{"root/A/B"}, {folder_id("p2"), folder_id("r2")}, {"p/A/B", "r/A/B"}}};
    const auto plan = plan_subfolders(q);
    CHECK(plan.steps.empty());
    CHECK(plan.halves.empty());
    REQUIRE(plan.pairs.size() == 2);
    for (std::size_t i : {0u, 1u}) {
      CHECK(plan.pairs[i].name == q.known[i].name);
      CHECK(plan.pairs[i].ids.primary == q.trees.primary[i].state.id);
      CHECK(plan.pairs[i].ids.replica == q.trees.replica[i].state.id);
    }
  }
}

TEST_CASE("a folder pair that lost a folder takes none that another one has") {
  auto q = about("p", "r");
  // A was deleted, and B renamed to A.
  q.trees.primary = {below("pb", "p", "p/A")};
  q.trees.replica = {below("ra", "r", "r/A"), below("rb", "r", "r/B")};
  q.known = {{folder_pair_id{"root/A"}, {folder_id("pa"), folder_id("ra")}, {"p/A", "r/A"}},
             {folder_pair_id{"root/B"}, {folder_id("pb"), folder_id("rb")}, {"p/B", "r/B"}}};
  const auto plan = plan_subfolders(q);
  REQUIRE(plan.halves.size() == 1);
  CHECK(plan.halves[0].name.value == "root/A");
  CHECK(plan.halves[0].gone == side::primary);
  CHECK(plan.halves[0].path == "p/A");
  CHECK(plan.halves[0].there == "r/A");
  REQUIRE(plan.pairs.size() == 1);
  CHECK(plan.pairs[0].name.value == "root/B");
}

TEST_CASE("a folder that another folder pair has now is not said to be deleted") {
  auto q = about("p", "r");
  q.trees.primary = {below("pa", "p", "p/A")};
  q.trees.replica = {below("ra", "r", "r/A")};
  q.known = {{folder_pair_id{"root/A"}, {folder_id("pa"), folder_id("ra")}, {"p/A", "r/A"}}};
  q.taken.primary.insert(folder_id("pa"));
  const auto plan = plan_subfolders(q);
  CHECK(plan.pairs.empty());
  CHECK(plan.halves.empty());
}

TEST_CASE(
    "folders that exchange their names on one side do so on the other, in an order in which no two have one name") {
  const std::vector<std::vector<std::string>> exchanges{{"B", "A"}, {"B", "C", "A"}, {"B", "New"}, {"New", "A"}};
  for (const auto& names : exchanges)
    for (const side target : both_sides) {
      auto q = about("p", "r");
      const std::vector<std::string> before{"A", "B", "C"};
      for (std::size_t i = 0; i < names.size(); ++i) {
        const auto n = std::to_string(i);
        q.known.push_back({folder_pair_id{"root/" + before[i]},
                           {folder_id("p" + n), folder_id("r" + n)},
                           {"p/" + before[i], "r/" + before[i]}});
        for (side s : both_sides) {
          const std::string root = s == side::primary ? "p" : "r";
          q.trees[s].push_back(below(root + n, root, root + "/" + (s == target ? before[i] : names[i])));
        }
      }
      for (int readings = 0; readings < 4; ++readings) {
        const auto plan = plan_subfolders(q);
        for (const auto& step : plan.steps) {
          REQUIRE(std::holds_alternative<rename_subfolder>(step));
          const auto& r = std::get<rename_subfolder>(step);
          REQUIRE(r.target == target);
          auto& tree = q.trees[target];
          CHECK(std::none_of(tree.begin(), tree.end(), [&](const auto& f) { return f.state.display_name == r.name; }));
          auto at = std::find_if(tree.begin(), tree.end(), [&](const auto& f) { return f.state.id == r.id; });
          REQUIRE(at != tree.end());
          *at = below(r.id.value, r.id.value.substr(0, 1), r.id.value.substr(0, 1) + "/" + r.name);
        }
        q.known = plan.pairs;
      }
      CHECK(plan_subfolders(q).steps.empty());
      for (std::size_t i = 0; i < names.size(); ++i)
        CHECK(q.trees[target][i].state.display_name == names[i]);
    }
}

TEST_CASE("what another folder pair has kept in step goes on below the root, and gets a name there") {
  auto q = about("p", "r");
  q.trees.primary = {below("p1", "p", "p/A"), below("p2", "p1", "p/A/B")};
  q.trees.replica = {below("r1", "r", "r/Z"), below("r2", "r1", "r/Z/B")};
  q.known = {{folder_pair_id{"root/A"}, {folder_id("gone"), folder_id("gone")}, {"p/X", "r/X"}},
             {folder_pair_id{"own"}, {folder_id("p1"), folder_id("r1")}, {"p/A", "r/Z"}, true},
             {folder_pair_id{"half"}, {folder_id("p2"), folder_id("gone")}, {"p/A/B", "r/Z/B"}, true}};
  const auto plan = plan_subfolders(q);
  CHECK(plan.steps.empty());
  CHECK(plan.halves.empty());
  REQUIRE(plan.pairs.size() == 2);
  CHECK(plan.pairs[0].name.value == "root/A (2)");
  CHECK(plan.pairs[0].ids.replica.value == "r1");
  CHECK(plan.pairs[1].name.value == "root/A/B");
  CHECK(plan.pairs[1].ids.replica.value == "r2");
}

TEST_CASE("a name that the configuration gives is no subfolder's") {
  auto q = about("p", "r");
  q.names = {folder_pair_id{"root/A"}};
  q.trees.primary = {below("p1", "p", "p/A")};
  q.trees.replica = {below("r1", "r", "r/A")};
  REQUIRE(plan_subfolders(q).pairs.size() == 1);
  CHECK(plan_subfolders(q).pairs[0].name.value == "root/A (2)");
}
