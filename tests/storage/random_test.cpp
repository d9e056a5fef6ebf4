#include "tests/storage/bench.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace exsyncd;
using namespace exsyncd::testing;

namespace {

/// Does one random thing to a store. Two of them with the same seed do the same things to stores that agree.
class random_hand {
public:
  explicit random_hand(unsigned seed) : random_(seed) {}

  void act(bench& b) {
    switch (upto(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return list(b);
    case 4:
      return observe(b);
    case 5:
    case 6:
      return begin(b);
    case 7:
      return progress(b);
    case 8:
      return abandon(b);
    case 9:
    case 10:
    case 11:
      return settle(b);
    case 12:
      return absorb(b);
    case 13:
      return rest(b);
    }
  }

  bool one_in(unsigned n) { return upto(n) == 0; }

private:
  std::mt19937 random_;

  unsigned upto(unsigned n) { return static_cast<unsigned>(random_() % n); }
  side any_side() { return one_in(2) ? side::primary : side::replica; }
  folder_pair_id any_folder() { return one_in(3) ? projects : inbox; }
  std::string any_item(side s) { return (s == side::primary ? "p" : "r") + std::to_string(upto(12)); }
  std::string any_key() { return "k" + std::to_string(upto(4)); }
  twin_id any_twin(bench& b) {
    for (int i = 0; i < 8; ++i) {
      side s = any_side();
      if (auto t = b->find(jane, s, mailbox_of(s), item_id{any_item(s)})) return t->id;
    }
    return twin_id{"t" + std::to_string(upto(20))};
  }
  std::optional<twin> loaded(bench& b) { return b->load(any_twin(b)); }
  both<sequence> any_answers(const twin& t) { return one_in(4) ? both<sequence>{upto(50), upto(50)} : answers_of(t); }
  intent_id any_intent() { return intent_id{"i" + std::to_string(upto(3))}; }

  void list(bench& b) {
    const side s = any_side();
    if (one_in(8)) b.bind(s, any_folder(), mailbox_of(s).value, one_in(2) ? "f1" : "f2", one_in(2));
    std::vector<change> changes;
    for (unsigned n = upto(6); n > 0; --n)
      switch (upto(5)) {
      case 0:
      case 1:
        changes.push_back(present(any_item(s), any_key(), one_in(2)));
        break;
      case 2:
        changes.push_back(left(any_item(s)));
        break;
      case 3:
        changes.push_back(read_changed(any_item(s), one_in(2)));
        break;
      }
    const bool last = !one_in(3);
    b.list(s, changes, last, any_folder(), "c" + std::to_string(upto(1000)));
  }

  void observe(bench& b) {
    const auto t = loaded(b);
    const side s = any_side();
    if (!t || !t->seen[s]) return;
    const auto& o = *t->seen[s];
    b->observe({t->id, one_in(2) ? o.sequence : 0, s, o.item, one_in(2) ? o.key : change_key{any_key()}, one_in(2),
                false, digests(static_cast<std::uint8_t>(upto(5)))});
  }

  void begin(bench& b) {
    const auto t = loaded(b);
    if (!t) return;
    auto call = intent_on(*t, static_cast<operation>(upto(6)), any_side(), any_intent().value);
    call.intent.answers = any_answers(*t);
    const bool could = !t->intent && !t->buried && !newer(*t, call.intent.answers);
    CHECK(b->begin(call) == could);
  }

  static bool newer(const twin& t, const both<sequence>& answers) {
    for (side s : both_sides)
      if (t.seen[s] && t.seen[s]->sequence > answers[s]) return true;
    return false;
  }

  void progress(bench& b) {
    b->progress({any_twin(b), any_intent(), static_cast<std::uint8_t>(upto(2)), item_id{one_in(2) ? "made" : ""}, {}});
  }

  void abandon(bench& b) { b->abandon({any_twin(b), any_intent(), one_in(2)}); }

  void settle(bench& b) {
    const auto t = loaded(b);
    if (!t) return;
    settle_twin call;
    call.twin = t->id;
    if (t->intent) call.intent = t->intent->id;
    if (one_in(8)) call.intent = any_intent();
    call.answers = any_answers(*t);
    call.settled = !one_in(3);
    call.count_sync = one_in(2);
    call.clear_trouble = one_in(2);
    if (one_in(2)) {
      const side s = any_side();
      call.wrote = {s, item_id{any_item(s)}, change_key{any_key()}, one_in(2), any_folder(), {}};
    }
    if (t->seen.primary && t->seen.replica && one_in(2)) call.base = base_of(*t);
    if (one_in(4)) call.folder_pair = any_folder();
    if (one_in(6)) call.forget = any_side();
    if (one_in(6)) call.bury = utc_seconds{std::chrono::seconds{upto(100)}};
    if (one_in(6)) {
      call.conflict.emplace();
      call.conflict->pair = jane;
      call.conflict->subject = any_key();
    }
    const bool done = b->settle(call);
    const auto after = b->load(t->id);
    if (done && after && !after->buried) {
      // Only what was answered is answered.
      for (side s : both_sides)
        if (t->seen[s] && t->seen[s]->sequence > call.answers[s] && after->seen[s] == t->seen[s])
          CHECK((is_unsettled(*after) || t->seen[s]->sequence <= t->answered[s]));
      CHECK_FALSE(after->intent);
      if (!call.settled) CHECK(is_unsettled(*after));
    }
    if (!done) CHECK(after == t);
  }

  void absorb(bench& b) {
    b->absorb({any_twin(b), any_twin(b), any_side(), utc_seconds{std::chrono::seconds{upto(100)}}});
  }

  void rest(bench& b) {
    switch (upto(5)) {
    case 0: {
      trouble t;
      t.banned = one_in(2);
      t.code = any_key();
      return b->note({any_twin(b), one_in(3) ? std::optional<trouble>{} : t});
    }
    case 1:
      switch (upto(5)) {
      case 0:
        return b->note(note_brake{jane, {{any_folder(), frozen{any_key(), {}}}}, {}, {}});
      case 1:
        return b->note(note_brake{jane, {}, {any_folder()}, {any_folder()}});
      case 2:
        return static_cast<void>(b->release({jane, one_in(2) ? folder_pair_id{} : any_folder(), one_in(2), {}}));
      case 3:
        return b->restart({jane, any_folder()});
      default:
        return b->leave({jane, {}});
      }
    case 2:
      return b->remember({jane, {one_in(2), one_in(2)}});
    case 3:
      return b->exhume(jane, utc_seconds{std::chrono::seconds{upto(100)}});
    }
  }
};

/// Everything that can be read of the pair.
struct view {
  std::vector<twin> unsettled, in_trouble;
  std::vector<folder_side> folders;
  std::vector<conflict> conflicts;
  std::optional<frozen> held;
  std::optional<pair_memory> memory;
  sequence now;
  friend bool operator==(const view&, const view&) = default;
};

view view_of(bench& b) {
  return {b->unsettled(jane),
          b->in_trouble(jane),
          b->folder_sides(jane),
          b->conflicts(jane, 5),
          b->frozen_state(jane, inbox),
          b->memory(jane),
          b->now()};
}

} // namespace

TEST_CASE("Whatever is done, in any order and over crashes, both engines hold the same", "[random]") {
  const unsigned seed = GENERATE(1u, 2u, 3u);
  INFO("seed " << seed);
  bench in_memory(kind_of_engine::memory), on_disk(kind_of_engine::rocksdb);
  random_hand one(seed), same(seed);
  for (int step = 0; step < 300; ++step) {
    INFO("step " << step);
    one.act(in_memory);
    same.act(on_disk);
    const bool commits = one.one_in(4), crashes = one.one_in(40);
    REQUIRE(same.one_in(4) == commits);
    REQUIRE(same.one_in(40) == crashes);
    if (commits) {
      in_memory.commit();
      on_disk.commit();
      REQUIRE(contents_of(in_memory.disk()) == contents_of(on_disk.disk()));
    }
    if (crashes) {
      in_memory.crash();
      on_disk.crash();
    }
    REQUIRE(view_of(in_memory) == view_of(on_disk));
    REQUIRE_FALSE(in_memory->failure());
  }
}
