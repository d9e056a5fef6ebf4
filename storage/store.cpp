#include "storage/store.hpp"

#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "storage/marks.hpp"

#include <algorithm>

// The ledger's calls. Each changes the overlay only; store_overlay.cpp reads through it and makes it durable.
namespace exsyncd {
namespace {

bool is_banned_by_administrator(const twin& t) {
  return t.trouble && t.trouble->code == banned_by_administrator;
}

/// The facts of a list entry that are no news when they change.
void describe(observation& o, const listed_item& item) {
  o.item_class = item.item_class;
  o.meeting = item.meeting;
  o.subject = item.subject;
  o.search_key = item.search_key;
  o.message_id = item.message_id;
  o.mark = item.mark;
  o.received = item.received;
  o.sent = item.sent;
  o.size = item.size;
}

void drop_outdated_content(observation& o) {
  if (o.content_key == o.key) return;
  o.content.reset();
  o.content_key = {};
  o.likeness.clear();
}

bool holds_nothing(const twin& t) {
  return !t.seen.primary && !t.seen.replica && !t.intent && t.abandoned.empty() && !t.buried;
}

/// Whether it is known from a list of this folder alone.
bool half(const twin& t, const folder_side& in) {
  const auto& o = t.seen[in.side];
  return !t.base && !t.intent && o && o->presence == presence::present && o->folder == in.folder_pair;
}

bool is_stepped_over(const change_page& page, const item_id& item) {
  return std::any_of(page.unlistable.begin(), page.unlistable.end(),
                     [&](const auto& each) { return each.first == item; });
}

/// Whether that side has said something since: then what was decided about it no longer holds.
bool news_since(const twin& t, side s, const both<sequence>& answers) {
  return t.seen[s] && t.seen[s]->sequence > answers[s];
}

} // namespace

/// Lets `change` change a twin that is there and not buried; nothing is changed where it returns false.
bool store::edit(const twin_id& id, const std::function<bool(twin&)>& change) {
  const auto before = load(id);
  if (!before || before->buried) return false;
  twin after = *before;
  if (!change(after)) return false;
  replace(&*before, holds_nothing(after) ? nullptr : &after);
  return true;
}

// ---- facts ----

page_accepted store::accept(const accept_page& call) {
  page_accepted result;
  auto folder = read<folder_side>(keys::folder_side(call.pair, call.folder_pair, call.side));
  if (!folder || call.asked_at < folder->bound_at) {
    result.ignored = true;
    return result;
  }
  const auto at = now_;
  bool news = false;
  const auto& pass = call.page.pass;
  if (pass && pass->first) ++folder->generation;
  for (const auto& entry : call.page.changes) {
    if (const auto* present = std::get_if<item_present>(&entry)) {
      const auto& item = present->item;
      const bool by_name = is_stepped_over(call.page, item.id);
      const auto known = by_name ? find(folder->pair, folder->side, folder->mailbox, item.id) : std::nullopt;
      news |= accept_present(*folder, item, at, result);
      // No list has shown what was stepped over, so none tells should it leave.
      if (by_name && (!known || is_unlisted(*known, folder->side)))
        edit(find(folder->pair, folder->side, folder->mailbox, item.id)->id, [&](twin& t) {
          t.seen[folder->side]->unlisted_since = at;
          return true;
        });
      continue;
    }
    const auto* left = std::get_if<item_left>(&entry);
    const bool changed =
        left ? accept_left(*folder, left->id, at) : accept_read(*folder, std::get<item_read_changed>(entry), at);
    result.changed += changed;
    news |= changed;
  }
  folder->cursor = call.page.cursor;
  // A pass over a folder in use may have skipped items: it is as if it had not been listed.
  if (call.page.last && (!pass || pass->whole)) {
    if (folder->phase == listing_phase::from_beginning)
      news |= end_pass(*folder, at);
    else if (pass)
      news |= end_comparison(*folder, at, result);
    if (pass) folder->whole_generation = folder->generation;
    folder->phase = listing_phase::following;
    folder->listed_at = call.asked_at;
  }
  put(keys::folder_side(call.pair, call.folder_pair, call.side), encode(*folder));
  if (news) advance();
  return result;
}

bool store::accept_present(const folder_side& in, const listed_item& item, sequence at, page_accepted& result) {
  auto owner = find(in.pair, in.side, in.mailbox, item.id);
  if (!owner) {
    twin t;
    t.id = twin_id{mint_()};
    t.pair = in.pair;
    t.folder_pair = in.folder_pair;
    auto& o = t.seen[in.side].emplace();
    o.sequence = at;
    o.item = item.id;
    o.mailbox = in.mailbox;
    o.folder = in.folder_pair;
    o.key = item.key;
    o.read = item.read;
    o.draft = item.draft;
    o.generation = in.generation;
    describe(o, item);
    replace(nullptr, &t);
    ++result.minted;
    return true;
  }
  bool news = false;
  edit(owner->id, [&](twin& t) {
    auto& o = *t.seen[in.side];
    // A list need not tell the read state.
    const auto read = item.read ? item.read : o.read;
    news = o.presence != presence::present || o.folder != in.folder_pair || o.key != item.key || o.read != read ||
           o.draft != item.draft;
    o.presence = presence::present;
    o.folder = in.folder_pair;
    o.key = item.key;
    o.read = read;
    o.draft = item.draft;
    o.generation = in.generation;
    o.unlisted_since = o.missed_since = 0;
    o.given_up = false;
    describe(o, item);
    drop_outdated_content(o);
    if (news) o.sequence = at;
    return true;
  });
  result.changed += news;
  return news;
}

bool store::accept_left(const folder_side& in, const item_id& item, sequence at) {
  auto owner = find(in.pair, in.side, in.mailbox, item);
  // What a create has made may be gone before its answer is known: that it was there is known all the same.
  if (const auto made = owner ? parts_of(owner->seen[in.side]->mark) : std::nullopt; made && half(*owner, in))
    edit(twin_id{made->twin}, [&](twin& t) {
      auto& i = t.intent;
      if (!i || i->operation != operation::create || i->mark != owner->seen[in.side]->mark) return false;
      i->made = item;
      i->made_key = owner->seen[in.side]->key;
      return true;
    });
  return owner && edit(owner->id, [&](twin& t) {
           auto& o = *t.seen[in.side];
           // From another folder of the pair it is old news: it was seen elsewhere since.
           if (o.presence != presence::present || o.folder != in.folder_pair) return false;
           o.presence = presence::left;
           o.missed_since = 0;
           o.sequence = at;
           return true;
         });
}

bool store::accept_read(const folder_side& in, const item_read_changed& change, sequence at) {
  auto owner = find(in.pair, in.side, in.mailbox, change.id);
  return owner && edit(owner->id, [&](twin& t) {
           auto& o = *t.seen[in.side];
           if (o.read == change.read) return false;
           o.read = change.read;
           o.sequence = at;
           return true;
         });
}

std::vector<twin_id> store::not_seen_since(const folder_side& in, std::uint64_t generation) const {
  const auto current = keys::present_since(in.pair, in.folder_pair, in.side, generation);
  std::vector<twin_id> missing;
  scan(keys::all_present(in.pair, in.folder_pair, in.side), [&](std::string_view key, std::string_view id) {
    if (key >= current) return false;
    missing.emplace_back(std::string(id));
    return true;
  });
  return missing;
}

/// What two whole passes in a row have not shown has left; what one has not shown may have been skipped.
bool store::end_comparison(const folder_side& in, sequence at, page_accepted& result) {
  const auto gone = not_seen_since(in, in.whole_generation);
  for (const auto& id : gone)
    edit(id, [&](twin& t) {
      t.seen[in.side]->presence = presence::left;
      t.seen[in.side]->sequence = at;
      return true;
    });
  result.changed += static_cast<std::uint32_t>(gone.size());
  result.suspected += static_cast<std::uint32_t>(not_seen_since(in, in.generation).size());
  return !gone.empty();
}

/// The listing from the beginning is complete: what it did not hold is absent.
bool store::end_pass(const folder_side& in, sequence at) {
  const auto missing = not_seen_since(in, in.generation);
  for (const auto& id : missing)
    edit(id, [&](twin& t) {
      t.seen[in.side]->presence = presence::absent;
      t.seen[in.side]->sequence = at;
      return true;
    });
  return !missing.empty();
}

folder_side store::bind(const bind_folder& call) {
  const auto key = keys::folder_side(call.pair, call.folder_pair, call.side);
  auto known = read<folder_side>(key);
  // The two mailboxes have changed places: what is known of each is said of the wrong side, so the pair begins anew.
  if (const auto opposite = read<folder_side>(keys::folder_side(call.pair, call.folder_pair, other(call.side)));
      known && opposite && known->mailbox != call.mailbox && opposite->mailbox == call.mailbox) {
    const auto memory = read<pair_memory>(keys::memory(call.pair));
    forget({call.pair});
    if (memory) put(keys::memory(call.pair), encode(*memory));
    known.reset();
  }
  folder_side f = known.value_or(folder_side{});
  f.path = call.path;
  if (!known || call.restart || f.mailbox != call.mailbox || f.folder != call.folder) {
    f.pair = call.pair;
    f.folder_pair = call.folder_pair;
    f.side = call.side;
    f.mailbox = call.mailbox;
    f.folder = call.folder;
    f.cursor = {};
    f.phase = listing_phase::from_beginning;
    ++f.generation;
    f.listed_at = 0;
    advance();
    f.bound_at = now_;
  }
  if (call.left_alone_by && f.left_alone_by != *call.left_alone_by) {
    reopen_left_alone(call);
    f.left_alone_by = *call.left_alone_by;
  }
  put(key, encode(f));
  return f;
}

void store::reopen_left_alone(const bind_folder& call) {
  std::vector<twin_id> there;
  scan(keys::all_present(call.pair, call.folder_pair, call.side), [&](std::string_view, std::string_view id) {
    there.emplace_back(std::string(id));
    return true;
  });
  for (const auto& id : there)
    edit(id, [s = call.side](twin& t) {
      const bool drifted = t.base && t.seen[s]->key != (*t.base)[s].key;
      if ((t.base && !drifted) || t.trouble || is_unsettled(t)) return false;
      return t.unfinished = true;
    });
}

void store::observe(const observe_content& call) {
  bool news = false;
  edit(call.twin, [&](twin& t) {
    auto& seen = t.seen[call.side];
    if (!seen || seen->item != call.item) return false;
    auto& o = *seen;
    const bool newer = o.sequence <= call.seen; // the read was asked for after the observation was made
    if (call.gone) {
      if (!newer || o.presence != presence::present) return false;
      if (!call.unlisted) {
        const bool writes_else = t.intent && t.intent->operation != operation::remove;
        if (auto& mate = t.seen[other(call.side)]; mate && mate->presence == presence::left && !writes_else)
          mate->given_up = true; // or it would not have been looked for
        o.missed_since = now_;
        t.unfinished = true;
        return news = true;
      }
      if (o.unlisted_since == 0) return false;
      o.presence = presence::left;
      o.sequence = now_;
      return news = true;
    }
    if (o.key != call.key && !newer) return false;
    if (call.unlisted) o.unlisted_since = 0;
    o.missed_since = 0;
    if (newer) {
      const auto read = call.read ? call.read : o.read;
      news = o.key != call.key || o.read != read || o.draft != call.draft;
      o.key = call.key;
      o.read = read;
      o.draft = call.draft;
      if (news) o.sequence = now_;
    }
    o.content = call.content;
    o.content_key = call.key;
    o.likeness = call.likeness;
    return true;
  });
  if (news) advance();
}

void store::absorb(const absorb_twin& call) {
  auto from = load(call.from);
  auto keep = load(call.keep);
  if (!from || !keep || call.from == call.keep || from->pair != keep->pair || from->buried || keep->buried) return;
  if (!from->seen[call.side] || from->seen[other(call.side)] || from->base || from->intent) return;
  auto moved = *from->seen[call.side];

  twin rest = *from;
  rest.seen[call.side].reset();
  rest.trouble.reset();
  rest.unfinished = false;
  // A copy of ours that gives way to another one is a half twin from now on, and left over from a create given up.
  std::optional<observation> replaced;
  if (const auto& there = keep->seen[call.side]; there && there->presence == presence::present && keep->base) {
    if (keep->intent) return;
    replaced = there;
    edit(call.keep, [&](twin& t) {
      t.seen[call.side].reset();
      t.base.reset();
      t.abandoned.push_back(replaced->mark);
      return true;
    });
    rest.seen[call.side] = replaced;
    rest.seen[call.side]->sequence = advance();
  } else if (!rest.abandoned.empty()) {
    rest.buried = call.when;
  }
  replace(&*from, holds_nothing(rest) ? nullptr : &rest);

  edit(call.keep, [&](twin& t) {
    if (moved.sequence <= t.answered[call.side] || replaced) moved.sequence = advance();
    // The late create is accounted for: from now on its mark on another item means its user's move or copy.
    std::erase(t.abandoned, moved.mark);
    if (call.base) t.base = call.base;
    moved.copied = false;
    t.seen[call.side] = std::move(moved);
    if (is_banned_by_administrator(*from)) t.trouble = from->trouble;
    return true;
  });
}

// ---- intents ----

bool store::begin(const begin_intent& call) {
  return edit(call.twin, [&](twin& t) {
    if (t.intent && t.intent->id != call.instead_of) return false;
    for (side s : both_sides)
      if (news_since(t, s, call.intent.answers)) return false;
    if (t.intent) hand_undo_on(t.intent->id, call.intent.id);
    t.intent = call.intent;
    return true;
  });
}

void store::progress(const progress_intent& call) {
  edit(call.twin, [&](twin& t) {
    if (!t.intent || t.intent->id != call.intent) return false;
    if (call.step) t.intent->step = *call.step;
    if (call.left) t.intent->begun = *call.left;
    if (!call.made.empty()) {
      t.intent->made = call.made;
      t.intent->made_key = call.made_key;
    }
    return true;
  });
}

void store::abandon(const abandon_intent& call) {
  std::optional<twin> withdrawn; // the new copy of a replacement, where a list has shown it
  side at{};
  std::optional<conflict> loses;
  edit(call.twin, [&](twin& t) {
    if (!t.intent || t.intent->id != call.intent) return false;
    end_undo(call.intent, false);
    if (call.in_part) loses = t.intent->loses;
    at = t.intent->target;
    const auto& old = t.seen[at];
    if (t.intent->operation == operation::replace && !call.lost && !t.intent->made.empty() && old)
      withdrawn = find(t.pair, at, old->mailbox, t.intent->made);
    if (call.lost && !t.intent->mark.empty()) t.abandoned.push_back(t.intent->mark);
    if (t.intent->operation == operation::create && !t.base) t.folder_pair = t.intent->folder;
    t.intent.reset();
    t.unfinished = true;
    return true;
  });
  if (loses) put(keys::conflict(loses->pair, advance()), encode(*loses));
  if (!withdrawn || withdrawn->id == call.twin || withdrawn->base) return;
  edit(withdrawn->id, [&](twin& half) {
    auto& made = half.seen[at];
    if (!made || made->presence != presence::present) return false;
    made->presence = presence::left;
    made->sequence = now_;
    return true;
  });
  advance();
}

// ---- agreements ----

namespace {

/// Of a draft that we made it is not known what the server makes of its read state, unless a list has shown it since.
void read_as_sent(twin& t, side s) {
  if (!t.base || !t.seen[s] || t.seen[s]->unlisted_since > 0) return;
  auto& read = (*t.base)[s].read;
  if (!read && t.seen[s]->read == (*t.base)[other(s)].read) read = t.seen[s]->read;
}

/// What was written at last is refused no more.
void no_longer_refused(twin& t, const std::vector<field>& written) {
  if (!t.trouble || t.trouble->refused.empty()) return;
  auto& refused = t.trouble->refused;
  std::erase_if(refused, [&](const field_digest& d) {
    return std::find(written.begin(), written.end(), d.field) != written.end();
  });
  if (refused.empty() && t.trouble->banned && !is_banned_by_administrator(t)) t.trouble.reset();
}

} // namespace

bool store::settle(const settle_twin& call) {
  operation_mark removed;
  const bool done = edit(call.twin, [&](twin& t) {
    if (t.intent ? t.intent->id != call.intent : call.intent.has_value()) return false;
    if (t.intent && t.intent->operation == operation::remove && !t.base)
      if (const auto& o = t.seen[t.intent->target]) removed = o->mark;
    if (call.wrote && !record_write(t, call)) return false;
    count_delete(t);
    if (t.intent) {
      end_undo(t.intent->id, true);
      if (call.base) no_longer_refused(t, t.intent->fields);
    }
    t.intent.reset();
    t.unfinished = !call.settled;
    if (call.base) {
      t.base = call.base;
      for (side s : both_sides)
        if (t.seen[s]) t.seen[s]->copied = false;
    }
    if (call.wrote) read_as_sent(t, call.wrote->side);
    if (call.folder_pair) t.folder_pair = *call.folder_pair;
    if (call.clear_trouble && !is_banned_by_administrator(t)) t.trouble.reset();
    if (call.count_sync) ++t.times_synced;
    if (call.forget && !news_since(t, *call.forget, call.answers)) {
      t.seen[*call.forget].reset();
      t.base.reset();
    }
    if (call.bury) {
      // An item that came back meanwhile is not buried with the rest: it would never be listed again.
      for (side s : both_sides)
        if (!news_since(t, s, call.answers) || t.seen[s]->presence != presence::present) t.seen[s].reset();
      if (!t.seen.primary && !t.seen.replica) t.buried = call.bury;
      // By what was agreed of it, what its user makes of a late create of ours is told.
      if (!t.buried || t.abandoned.empty()) t.base.reset();
    }
    for (side s : both_sides) // never past the facts that there are
      t.answered[s] = std::max(t.answered[s], std::min(call.answers[s], now_ - 1));
    return true;
  });
  if (!done) return false;
  if (call.conflict) put(keys::conflict(call.conflict->pair, advance()), encode(*call.conflict));
  // A late create of ours is accounted for once it has been removed: brought back by its user it is new.
  if (const auto parts = parts_of(removed))
    edit(twin_id{parts->twin}, [&](twin& owner) { return std::erase(owner.abandoned, removed) > 0; });
  return true;
}

/// The answer of a write becomes an observation, so that its echo finds its twin and is no news.
bool store::record_write(twin& t, const settle_twin& call) {
  const auto& w = *call.wrote;
  auto& seen = t.seen[w.side];
  const auto place = !w.folder.empty() ? w.folder : seen ? seen->folder : t.folder_pair;
  const auto folder = read<folder_side>(keys::folder_side(t.pair, place, w.side));
  if (!folder) return false;

  if (auto echo = take_from_owner(t.id, *folder, w.item)) seen = std::move(echo);
  const bool same_item = seen && seen->item == w.item && seen->mailbox == folder->mailbox;
  const bool observed_since = news_since(t, w.side, call.answers);
  const bool wrote_read = t.intent && t.intent->operation == operation::set_read;
  if (same_item && observed_since && !w.left) {
    // Of a set_read, the observation tells what was there before, since otherwise it would be what was set.
    if (wrote_read && w.read) seen->read = w.read;
    if (w.content && seen->key == w.key) {
      seen->content = w.content;
      seen->content_key = w.key;
    }
    return true;
  }

  const auto& opposite = t.seen[other(w.side)];
  observation o;
  if (seen) {
    o = *seen;
    if (!same_item) {
      o.content.reset();
      o.content_key = {};
      o.likeness.clear();
      if (!t.intent || t.intent->operation != operation::move) { // a move keeps the search key
        o.search_key = {};
        o.size = 0;
      }
    }
  } else if (opposite) {
    o.draft = opposite->draft;
    o.item_class = opposite->item_class;
    o.meeting = opposite->meeting;
    o.subject = opposite->subject;
    o.message_id = opposite->message_id;
    o.received = opposite->received;
    o.sent = opposite->sent;
  }
  // An edit that was seen under the id before a move is still to be answered, and so is its read state.
  const bool keep_news = observed_since && seen->presence == presence::present;
  if (!keep_news) o.sequence = std::min(call.answers[w.side], now_ - 1);
  if (w.read && (!keep_news || wrote_read)) o.read = w.read;
  o.presence = w.left ? presence::left : presence::present;
  o.missed_since = 0;
  o.item = w.item;
  o.mailbox = folder->mailbox;
  o.folder = place;
  o.key = w.key;
  if (!w.mark.empty()) o.mark = w.mark;
  o.generation = folder->generation;
  if (w.left)
    o.sequence = advance();
  else if (!same_item)
    o.unlisted_since = advance();
  if (w.content) {
    o.content = w.content;
    o.content_key = w.key;
  } else if (call.base && (*call.base)[w.side].read_back && (*call.base)[w.side].key == w.key &&
             !(t.trouble && !t.trouble->refused.empty())) { // what rests is not as it was agreed
    o.content = (*call.base)[w.side].content;
    o.content_key = w.key;
  }
  drop_outdated_content(o);
  seen = std::move(o);
  return true;
}

/// Where an item is known as another twin's, that one gives its observation up: one item is one twin.
std::optional<observation> store::take_from_owner(const twin_id& but, const folder_side& in, const item_id& item) {
  auto owner = find(in.pair, in.side, in.mailbox, item);
  if (!owner || owner->id == but) return {};
  auto taken = owner->seen[in.side];
  twin rest = *owner;
  rest.seen[in.side].reset();
  rest.base.reset();
  rest.unfinished = true;
  replace(&*owner, holds_nothing(rest) ? nullptr : &rest);
  return taken;
}

void store::note_users_copy(const note_copy& call) {
  edit(call.twin, [&](twin& t) {
    auto& o = t.seen[call.side];
    return o && !t.base && !o->copied && (o->copied = true);
  });
}

void store::note(const note_trouble& call) {
  edit(call.twin, [&](twin& t) {
    if (t.trouble == call.trouble) return false;
    // What came of a write that was under way when he banned it does not lift his ban.
    if (call.trouble && is_banned_by_administrator(t)) return false;
    t.trouble = call.trouble;
    return true;
  });
}

} // namespace exsyncd
