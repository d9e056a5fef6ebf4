#include "tests/actors/scenario.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

/// Two-way, two folders with items of all classes, users at both sides, faults, crashes and actors in any order; all of
/// it from one seed. EXSYNCD_SEEDS says how many seeds (200), EXSYNCD_SEED which one alone.
class random_schedule {
public:
  explicit random_schedule(std::uint64_t seed) : random_(seed), world_(first_world()) {
    world_.choose = [this](std::size_t n) { return below(n); };
    world_.before_call = [this](virtual_world&, const mailbox_call& call, std::uint64_t) {
      if (calm_) return fault{};
      if (chance(15)) act();
      return call.writes ? writing_fault() : reading_fault();
    };
    world_.after_call = [this](virtual_world&, const mailbox_call&, std::uint64_t) {
      if (!calm_ && chance(15)) act();
    };
  }

  /// What is wrong in the end.
  std::vector<std::string> run() {
    for (int i = 0; i < 6; ++i) {
      for (auto acts = below(4); acts > 0; --acts)
        act();
      if (chance(3)) world_.crash = crash_point{world_.calls + 1 + below(60), chance(2)};
      world_.round();
      world_.crash.reset();
      world_.pass(std::chrono::seconds(below(200)));
    }
    calm_ = true;
    while (!world_.run().held.empty())
      world_.approve();
    auto wrong = world_.violations;
    compare(wrong);
    world_.kill();
    world_.pass(10min);
    if (world_.round().writes != 0) wrong.push_back("one more run has written");
    return wrong;
  }

  std::string story() const { return world_.story(); }

private:
  /// What users did about one Message-ID.
  struct history {
    std::size_t made = 0; // created, delivered, copied
    bool removed = false;
    bool attached = false;
    std::set<std::string> subjects;
  };

  std::mt19937_64 random_;
  virtual_world world_;
  bool calm_ = false;
  int names_ = 0;
  std::map<std::string, history> histories_;

  static outer_world first_world() {
    outer_world w(settings_for({"inbox", "inbox/other"}, policy{}));
    w.mailboxes.primary.page_size = 3;
    w.mailboxes.replica.attachment_overhead = 10;
    return w;
  }

  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }

  fault reading_fault() {
    using kind = enum fault::kind;
    if (!chance(40)) return {};
    const kind kinds[] = {kind::fails, kind::answers_late, kind::dies_before, kind::dies_after};
    return {kinds[below(4)], 0, std::chrono::seconds(below(30))};
  }

  fault writing_fault() {
    using kind = enum fault::kind;
    if (!chance(4)) return {};
    const kind kinds[] = {
        kind::fails,        kind::stops,         kind::answer_lost_before, kind::cut,        kind::answer_lost_after,
        kind::answers_late, kind::commits_later, kind::dies_before,        kind::dies_after, kind::halfway};
    return {kinds[below(10)], below(3), std::chrono::seconds(below(60))};
  }

  item_id any_item(model_mailbox& box, std::string& message_id) {
    std::vector<const model_item*> all;
    for (const auto* folder : {"inbox", "inbox/other"})
      for (const auto& [id, item] : box.items(folder))
        all.push_back(&item);
    if (all.empty()) return {};
    const auto* one = all[below(all.size())];
    message_id = one->message_id.value;
    return one->id;
  }

  void act() {
    const auto s = chance(2) ? side::primary : side::replica;
    auto& box = world_.mailbox(s);
    const std::string who = s == side::primary ? "primary's user: " : "replica's user: ";
    const std::string folder = chance(2) ? "inbox" : "inbox/other";
    const auto what = below(20);
    std::string message_id;
    if (what < 6) {
      const auto name = "m" + std::to_string(++names_);
      const item_class classes[] = {item_class::message, item_class::contact, item_class::task,
                                    item_class::appointment};
      const auto of = classes[below(4)];
      auto mail = of == item_class::message ? mail_named(name, static_cast<int>(below(50))) : item_named(name, of);
      auto& h = histories_[id_of(name)];
      h.subjects.insert(name);
      const bool to_both = what == 0;
      for (const auto each : both_sides)
        if (to_both || each == s) {
          world_.mailbox(each).user_create(folder, mail);
          ++h.made;
        }
      note(who + (to_both ? "both receive " : "creates ") + name);
      return;
    }
    const auto id = any_item(box, message_id);
    if (id.empty()) return;
    auto& h = histories_[message_id];
    const bool mail = box.item(id)->item_class == item_class::message;
    const bool appointment = box.item(id)->item_class == item_class::appointment;
    if (what < 10 && appointment && chance(2)) {
      const auto occurrence = "occurrence " + std::to_string(++names_);
      if (chance(3)) box.user_edit(id, field::recurrence, "pattern " + std::to_string(names_));
      box.user_edit(id, field::exceptions, chance(4) ? "" : occurrence);
      note(who + "edits occurrences of " + message_id + ": " + occurrence);
    } else if (what < 10) {
      const auto subject = "edit " + std::to_string(++names_);
      box.user_edit(id, field::subject, subject);
      h.subjects.insert(subject);
      note(who + "edits " + message_id + " to " + subject);
    } else if (what < 12 && mail) {
      box.user_mark_read(id, chance(2));
      note(who + "marks " + message_id);
    } else if (what < 15) {
      box.user_move(id, folder);
      // An attachment goes over by a new copy. Who moves the old one away while it is being replaced has both.
      if (h.attached && mail) ++h.made;
      note(who + "moves " + message_id + " to " + folder);
    } else if (what == 15) {
      box.user_copy(id, folder);
      ++h.made;
      note(who + "copies " + message_id + " to " + folder);
    } else if (what < 18) {
      box.user_delete(id);
      h.removed = true;
      note(who + "deletes " + message_id);
    } else if (what == 18) {
      box.touch(id);
      note(who + "(the server touches " + message_id + ")");
    } else if (const auto& files = box.item(id)->attachments; !files.empty() && chance(3)) {
      const auto file = files.begin()->first;
      box.user_detach(id, file);
      h.attached = true;
      note(who + "takes " + file + " off " + message_id);
    } else {
      box.user_attach(id, "file" + std::to_string(++names_), "bytes");
      h.attached = true;
      note(who + "attaches to " + message_id);
    }
  }

  void note(const std::string& text) { world_.trace.push_back("  ** " + text); }

  void compare(std::vector<std::string>& wrong) const {
    const auto p = contents_of(world_, side::primary), r = contents_of(world_, side::replica);
    for (const auto& m : p)
      if (p.count(m) != r.count(m)) wrong.push_back("not the same on both: " + m.text());
    for (const auto& m : r)
      if (!p.contains(m)) wrong.push_back("only on replica: " + m.text());
    for (const auto& [message_id, h] : histories_) {
      const auto found = mails(world_, side::primary, message_id);
      if (found.empty() && !h.removed) wrong.push_back(message_id + " is lost");
      if (found.size() > h.made) wrong.push_back(message_id + " is doubled");
      for (const auto& m : found)
        if (!h.subjects.contains(m.subject)) wrong.push_back("nobody wrote " + m.subject);
    }
  }
};

std::size_t number_from(const char* variable, std::size_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

} // namespace

TEST_CASE("random acts, faults, crashes and orders end in step") {
  const auto alone = number_from("EXSYNCD_SEED", 0);
  const auto seeds = alone ? 1 : number_from("EXSYNCD_SEEDS", 200);
  int failures = 0;
  for (std::size_t seed = alone ? alone : 1; seed < (alone ? alone : 1) + seeds && failures < 3; ++seed) {
    random_schedule schedule(seed);
    const auto wrong = schedule.run();
    std::string text = "EXSYNCD_SEED=" + std::to_string(seed) + "\n";
    for (const auto& w : wrong)
      text += "  WRONG: " + w + "\n";
    if (!wrong.empty()) {
      ++failures;
      FAIL_CHECK(text + schedule.story());
    }
  }
  SUCCEED("");
}

TEST_CASE("a random schedule replays exactly from its seed") {
  random_schedule one(7), again(7);
  one.run();
  again.run();
  CHECK(one.story() == again.story());
}
