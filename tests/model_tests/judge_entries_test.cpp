// What an administrator does to the entries of folders: another name changes nothing for users, and where an entry
// means another folder for a while nothing is lost and nothing doubled.
#include "tests/model_tests/written_history.hpp"

#include <catch2/catch.hpp>

#include <memory>

using namespace simulate::model;
using namespace simulate::model::test;

namespace {

struct entries : written_history {
  /// From here on the settings are what a test has made of them; `given` stays what holds in the end.
  void become(const settings& now) {
    administrator(act::settings_changed);
    so_far.steps.back().changed_to = std::make_shared<settings>(now);
  }
  item_number p = 0, r = 0;
  /// A mail that both sides hold, while the settings are others than in the end.
  void mail_under(const settings& now) {
    become(now);
    p = makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
    r = carried(p);
  }
  settings named(const std::string& name) const {
    auto other = given;
    other.pairs[0].folders[0].name = name;
    return other;
  }
  settings without_projects() const {
    auto other = given;
    other.pairs[0].folders.pop_back();
    return other;
  }
  settings with_the_primarys_inbox_at(const std::string& folder) const {
    auto other = given;
    other.pairs[0].folders[0].primary = folder;
    return other;
  }
};

} // namespace

TEST_CASE("an entry that gets another name changes nothing: what users do before, while and after is carried") {
  for (bool carried : {true, false}) {
    entries w;
    w.mail_under(w.named("post"));
    w.edits(who::user, w.p, {{"subject", "Dinner"}});
    w.become(w.given);
    if (carried) w.carries_edit(w.p, w.r);
    CHECK(w.broken() == (carried ? nothing : std::vector{rule::contents}));
    if (!carried) continue;
    w.deletes(who::user, w.r);
    CHECK(w.broken() != nothing);
    w.deletes(who::daemon, w.p);
    CHECK(w.words() == "");
  }
  entries v;
  v.mail_under(v.named("post"));
  v.deletes(who::user, v.p);
  v.become(v.given);
  v.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}});
  CHECK(v.broken() == std::vector{rule::came_back});
}

TEST_CASE("a subfolder's own entry that says what the one above says changes nothing, another one does") {
  for (bool same : {true, false}) {
    entries w;
    w.inbox().include_subfolders = true;
    w.projects().replica = same ? "inbox/Projects" : "inbox/From HQ";
    w.projects().include_subfolders = true;
    w.mail_under(w.without_projects());
    w.become(w.given);
    w.deletes(who::user, w.p);
    CHECK(w.broken() == (same ? std::vector{rule::came_back} : nothing));
  }
}

TEST_CASE("what lies in the folder that an entry meant for a while is neither lost nor doubled") {
  for (int copies : {0, 1, 2}) {
    entries w;
    w.mail_under(w.with_the_primarys_inbox_at("Elsewhere"));
    auto other = w.makes(who::user, side::primary, "label-2", {{"subject", "Tea"}}, "Elsewhere");
    w.carried(other);
    w.become(w.given);
    for (int n = copies; n > 0; --n)
      w.makes(who::daemon, side::primary, "label-2", {{"subject", "Tea"}});
    const std::map<int, std::vector<rule>> expected{{0, {rule::missing}}, {1, {}}, {2, {rule::doubled}}};
    CHECK(w.broken() == expected.at(copies));
  }
}

TEST_CASE("what its user deletes once an entry means its own folder again is deleted on the other side") {
  for (bool known : {true, false}) {
    entries w;
    w.mail_under(w.with_the_primarys_inbox_at("Elsewhere"));
    w.become(w.given);
    if (known) w.lists(w.p);
    w.deletes(who::user, w.p);
    CHECK(w.broken() == (known ? std::vector{rule::came_back} : nothing));
    w.deletes(who::daemon, w.r);
    CHECK(w.words() == "");
  }
}

TEST_CASE("what its user takes out of the folder that an entry meant for a while is gone") {
  for (bool by_user : {true, false}) {
    entries w;
    w.become(w.with_the_primarys_inbox_at("Elsewhere"));
    auto r = w.makes(who::user, side::replica, "label-1", {{"subject", "Lunch"}});
    auto p = w.carried(r, "Elsewhere");
    w.deletes(by_user ? who::user : who::daemon, p);
    w.deletes(who::daemon, r);
    w.become(w.given);
    CHECK(w.broken() == (by_user ? nothing : std::vector{rule::missing}));
  }
}
