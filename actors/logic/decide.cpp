#include "actors/logic/decide.hpp"

#include "actors/logic/back_off.hpp"
#include "actors/logic/cells.hpp"
#include "actors/logic/digest.hpp"
#include "actors/logic/match.hpp"
#include "actors/logic/reading.hpp"

#include <algorithm>

namespace exsyncd::logic {
namespace {

const char* deleted_against(side loser) {
  return loser == side::replica ? "deleted on primary, edited on replica" : "deleted on replica, edited on primary";
}

cell_listener& listener() {
  static cell_listener one;
  return one;
}

void tell_cell(const char* name) {
  if (listener()) listener()(name);
}

void tell_cell(bool two_way, state first, state second) {
  if (!listener()) return;
  const auto word = [](state s) {
    return s == state::unchanged ? "unchanged" : s == state::edited ? "edited" : "deleted";
  };
  listener()(std::string(two_way ? "two-way: " : "one-way: ") + word(first) + ", " + word(second));
}

class decision : private twin_reading {
public:
  using twin_reading::twin_reading;

  verdict make() const {
    if (auto held = held_back()) return {*held, {}};
    for (side s : both_sides)
      if (is_missed(s) && here(s).missed_since >= around_.listed_after[s])
        return {wait{wait::reason::believable_delete}, {}};
    if (twin_.intent) return open_write();
    for (side s : both_sides)
      if (auto& o = twin_.seen[s]; o && o->presence == presence::absent) return absent_from(s);
    for (side s : both_sides)
      if (is_unlisted(twin_, s) && here(s).unlisted_since < around_.listed_after[s]) return {look{{s}, true}, {}};
    if (!has_work(twin_) && is_unsettled(twin_)) return {wait{wait::reason::echo}, {}};
    if (!twin_.base) tell_cell("new");
    return twin_.base ? agreed() : unpaired();
  }

private:
  /// Whether what is done to the target of a one-way pair is undone, its deletes included.
  bool puts_back() const { return around_.policy.drift == drift::revert; }

  std::optional<wait> held_back() const {
    if (!twin_.trouble) return {};
    const auto& t = *twin_.trouble;
    if (t.banned && t.code == banned_by_administrator) return wait{wait::reason::banned};
    for (side s : both_sides)
      if (trouble_key(seen(s)) != t.at[s]) return {};
    if (t.banned && t.refused.empty()) return wait{wait::reason::banned};
    if (!t.banned && around_.now < t.next && t.next - around_.now <= longest_rest) return wait{wait::reason::rest};
    return {};
  }

  /// Whether what was written to has left tells what became of the write; until lists say so, nothing does.
  verdict open_write() const {
    const side s = twin_.intent->target;
    // A whole listing that does not show it tells as much here: a request alone would be asked for ever.
    const bool away = seen(s) && here(s).presence != presence::present;
    if (away && !believed(s)) return {wait{wait::reason::believable_delete}, {}};
    return {resolve{away}, {}};
  }

  /// Absent without a delete: to be created again from the other side, which a one-way pair does on its source only
  /// where an administrator has said so. It may have been moved as well: the other folders are listed before.
  verdict absent_from(side s) const {
    const bool wanted = around_.put_back_up_to && here(s).sequence <= *around_.put_back_up_to;
    if (!wanted && !believed(s)) return {wait{wait::reason::believable_delete}, {}};
    if (wanted && !two_way() && s == source() && twin_.base && present(target())) return {create_on{s}, {}};
    return {forget{s}, {}};
  }

  conflict lost(side loser, std::string reason, std::vector<field> fields = {}) const {
    conflict c;
    c.pair = twin_.pair;
    c.folder_pair = twin_.folder_pair;
    c.twin = twin_.id;
    c.loser = loser;
    c.reason = std::move(reason);
    c.fields = std::move(fields);
    c.when = around_.now;
    for (side s : both_sides)
      if (seen(s)) {
        c.keys[s] = here(s).key;
        if (c.subject.empty()) c.subject = here(s).subject;
      }
    return c;
  }

  // ---- never agreed yet

  verdict unpaired() const {
    for (side s : both_sides)
      if (left(s) && !believed(s)) return {wait{wait::reason::believable_delete}, {}};
    if (present(side::primary) && present(side::replica)) return first_agreement();
    for (side s : both_sides)
      if (present(s)) return only_on(s);
    return {bury{}, {}};
  }

  verdict only_on(side s) const {
    if (left(other(s))) { // it was there, and its user deleted it: a delete wins
      if (two_way() && here(other(s)).content && !contents_known(here(s))) return {look{{s}, false}, {}};
      if (two_way() || other(s) == source()) return {remove_on{s}, lost_with(s)};
      return {forget{other(s), !puts_back()}, {}};
    }
    const auto skipped = left_alone(s);
    if (!skipped && !around_.listed) return {wait{wait::reason::listing}, {}};
    // What is new here may have left a folder that was listed earlier in this round: created now, it would be there
    // twice, and left alone it would not be found when its leaving is told.
    if (here(s).sequence >= around_.new_after[s]) return {wait{wait::reason::believable_delete}, {}};
    if (skipped && is_nameless(s)) return {look{{s}, false}, {}};
    if (skipped) return {agree{{}, {}, skipped, false}, {}};
    return {create_on{other(s)}, {}};
  }

  /// A contact of which no list tells a name, as before 2010: should it be the same as what comes later, only what it
  /// holds tells.
  bool is_nameless(side s) const {
    const auto& o = here(s);
    return o.item_class == item_class::contact && o.message_id.empty() && o.subject.empty() && !contents_known(o);
  }

  /// What goes with a copy whose mate was deleted before the two were agreed, where that mate was another one. Where
  /// nobody has read that one, it may have been.
  std::optional<conflict> lost_with(side s) const {
    const auto& gone = here(other(s));
    if (!two_way()) return {};
    if (!gone.content)
      return lost(s,
                  "deleted on " + std::string(s == side::replica ? "primary" : "replica") + " before both were read");
    auto fields = differ_when_found(twin_.pair, gone, here(s));
    std::erase_if(fields, [this](field f) { return !held_by_both(f); });
    if (fields.empty()) return {};
    return lost(s, deleted_against(s), fields);
  }

  /// Why an item that is on this side only stays so.
  std::optional<std::string> left_alone(side s) const {
    if (!two_way() && s == target()) return "only on the target of a one-way pair";
    if (here(s).item_class == item_class::other) return "of a class that is not synced";
    if (here(s).meeting && around_.policy.meetings == meetings::skip) return "a meeting";
    if (around_.policy.start_date && here(s).received && *here(s).received < *around_.policy.start_date)
      return "before the start date";
    return {};
  }

  verdict first_agreement() const {
    if (!around_.listed) return {wait{wait::reason::listing}, {}};
    if (auto l = look_where(true, true)) return {*l, {}};
    auto fields = differ_when_found(twin_.pair, here(side::primary), here(side::replica));
    if (may_hold_other_files()) {
      if (!attached_alike()) return {look{{side::primary, side::replica}}, {}};
      if (!*attached_alike())
        fields.insert(std::upper_bound(fields.begin(), fields.end(), field::attachments), field::attachments);
    }
    std::erase_if(fields, [this](field f) { return !held_by_both(f) || rests(source(), f); });
    if (fields.empty() && something_rests()) return {wait{wait::reason::banned}, {}};
    if (fields.empty()) return {agreement(), {}};
    return write(target(), fields, lost(target(), "different when first paired", fields));
  }

  /// Whether what is attached under the same names may be another thing on each side, though neither was ever agreed.
  /// Of mails that are no copies of ours that is not asked: it would cost a read of all that is attached to them.
  bool may_hold_other_files() const {
    const auto &p = here(side::primary), &r = here(side::replica);
    if (!has_files_of_same_names() || !held_by_both(field::attachments)) return false;
    // Nobody but a user makes the files in a copy of ours differ from those of what it was made of.
    if (twin_of_mark(twin_.pair, p.mark) || twin_of_mark(twin_.pair, r.mark)) return true;
    if (p.item_class == item_class::message) return false;
    const auto sizes = only(*p.content, {field::attachment_sizes}),
               others = only(*r.content, {field::attachment_sizes});
    return sizes.empty() || sizes != others;
  }

  // ---- agreed before

  verdict agreed() const {
    both<state> now{state_of(side::primary), state_of(side::replica)};
    for (side s : both_sides)
      if (now[s] == state::gone_unbelieved) return {wait{wait::reason::believable_delete}, {}};
    if (!now_to_be_read(now)) tell_cell(two_way(), now[source()], now[target()]);
    if (auto d = deletion(now)) return *d;
    if (auto l = look_where(needs_look(side::primary), needs_look(side::replica))) return {*l, {}};
    if (auto l = look_inside()) return {*l, {}};
    if (auto e = edit(now)) return *e;
    if (auto r = read_state()) {
      tell_cell("read state");
      return {*r, {}};
    }
    if (auto m = place()) {
      tell_cell("move");
      return {*m, {}};
    }
    if (something_rests()) return {wait{wait::reason::banned}, {}};
    return {agreement(), {}};
  }

  /// Whether a side that is there is to be read before it is known whether it was edited.
  bool now_to_be_read(const both<state>& now) const {
    return std::any_of(both_sides.begin(), both_sides.end(), [&](side s) {
      return (now[s] == state::unchanged || now[s] == state::edited) && needs_look(s);
    });
  }

  /// Ids tell that something may be attached in place of something else: what is in it tells. A look at both sides'
  /// contents that are known already is one at what is attached to them.
  std::optional<look> look_inside() const {
    for (side s : both_sides) {
      if (!two_way() && s == target() && around_.policy.drift == drift::leave) continue;
      if (attached_on(s) != attached::doubtful || attached_alike()) continue;
      if (auto l = look_where(true, true)) return l;
      return look{{side::primary, side::replica}};
    }
    return {};
  }

  std::optional<look> look_where(bool primary, bool replica) const {
    look l;
    if (primary && !contents_known(here(side::primary))) l.sides.push_back(side::primary);
    if (replica && !contents_known(here(side::replica))) l.sides.push_back(side::replica);
    if (l.sides.empty()) return {};
    return l;
  }

  std::optional<verdict> deletion(const both<state>& now) const {
    auto is_gone = [&](side s) { return now[s] == state::gone || now[s] == state::missing; };
    if (is_gone(side::primary) && is_gone(side::replica)) return verdict{bury{}, {}};
    for (side s : both_sides) {
      if (!is_gone(s)) continue;
      side rest = other(s);
      if (!two_way() && s == target()) { // not propagated; a later change of the source creates it anew
        const bool anew = puts_back() || here(rest).key != base(rest).key;
        // What it was stays known until then: its user may bring it back meanwhile.
        if (anew && left(s) && around_.listed && !left_alone(rest)) return verdict{create_on{s}, {}};
        return verdict{forget{s, !anew}, {}};
      }
      // A delete wins, but whoever edited the other copy shall find it in the list of conflicts, also what was refused
      // of his edit.
      if (needs_look(rest) && two_way()) return verdict{look{{rest}, false}, {}};
      if (auto fields = edited_or_refused(rest); !fields.empty() && two_way())
        return verdict{remove_on{rest}, lost(rest, deleted_against(rest), std::move(fields))};
      return verdict{remove_on{rest}, {}};
    }
    return {};
  }

  /// What the other side has never had of it. That something was refused tells of it also where contents no longer do:
  /// a file in place of another one of its name, in a mailbox with other ids.
  std::vector<field> edited_or_refused(side s) const {
    auto fields = all_edited_fields(s);
    if (twin_.trouble)
      for (const auto& d : twin_.trouble->refused)
        if (!contains(fields, d.field) && rests(s, d.field)) fields.push_back(d.field);
    std::sort(fields.begin(), fields.end());
    return fields;
  }

  std::optional<verdict> edit(const both<state>& now) const {
    if (!two_way()) return one_way_edit(now);
    bool p = now.primary == state::edited, r = now.replica == state::edited;
    if (!p && !r) return {};
    if (p != r) {
      side from = p ? side::primary : side::replica;
      return write(other(from), edited_fields(from), {});
    }
    // Both were edited: the base cannot tell what one side's value means on the other, the contents can.
    if (auto l = look_where(true, true)) return verdict{*l, {}};
    auto fields = edited_fields(side::primary);
    for (field f : edited_fields(side::replica))
      if (!contains(fields, f)) fields.push_back(f);
    auto different = differing_fields(*here(side::primary).content, *here(side::replica).content);
    bool in_place = changed_in_place(side::primary) || changed_in_place(side::replica);
    // Both users have changed what is attached, and come to the same names: what is in it tells.
    if (!in_place && has_files_of_same_names() && contains(edited_fields(side::primary), field::attachments) &&
        contains(edited_fields(side::replica), field::attachments)) {
      if (!attached_alike()) return verdict{look{{side::primary, side::replica}}, {}};
      in_place = !*attached_alike();
    }
    std::erase_if(fields, [&](field f) { return !(f == field::attachments && in_place) && !contains(different, f); });
    std::sort(fields.begin(), fields.end());
    if (fields.empty()) return {}; // the same on both sides: settle
    return write(side::replica, fields, lost(side::replica, "edited on both sides", fields));
  }

  /// What the create of an item that was put back on the source did not carry, and its user has not given it since.
  std::vector<field> still_to_be_put_back() const {
    if (!around_.put_back_up_to || !is_half_put_back(twin_, around_.policy)) return {};
    auto fields = edited_fields(target());
    const auto by_its_user = edited_fields(source());
    std::erase_if(fields, [&](field f) {
      const auto agreed = only(base(target()).content, {f});
      return agreed.empty() || agreed.front().value != to_be_carried || contains(by_its_user, f);
    });
    return fields;
  }

  std::optional<verdict> one_way_edit(const both<state>& now) const {
    if (auto missing = still_to_be_put_back(); !missing.empty()) return write(source(), std::move(missing), {});
    std::vector<field> fields;
    if (now[source()] == state::edited) fields = edited_fields(source());
    if (around_.policy.drift == drift::revert)
      for (field f : edited_fields(target()))
        if (!contains(fields, f)) fields.push_back(f);
    if (fields.empty()) return {};
    std::sort(fields.begin(), fields.end());
    return write(target(), fields, {});
  }

  /// What an occurrence has of its series until it is given a value of its own.
  static bool is_inherited(field f) {
    static const std::vector<field> all{field::subject,  field::body,     field::categories, field::importance,
                                        field::reminder, field::location, field::free_busy};
    return contains(all, f);
  }

  /// A series of which both sides show the same exceptions, or none.
  bool is_series_alike(side to) const {
    return here(to).item_class == item_class::appointment && held_by_both(field::exceptions) &&
           (holds(to, field::recurrence) || holds(other(to), field::recurrence)) &&
           value_of(to, field::exceptions) == value_of(other(to), field::exceptions) &&
           !(twin_.trouble && twin_.trouble->one_by_one);
  }

  /// The update, or what stands in for it where the target lets a field not be changed.
  verdict write(side to, std::vector<field> fields, std::optional<conflict> loses) const {
    if (twin_.trouble && twin_.trouble->one_by_one && twin_.trouble->side == to) fields = first_group_of(fields);
    // Exchange drops the exceptions of a series whose time or pattern changes: they are written again with it.
    if ((contains(fields, field::time) || contains(fields, field::recurrence)) &&
        !contains(fields, field::exceptions) && held_by_both(field::exceptions) &&
        (holds(to, field::exceptions) || holds(other(to), field::exceptions))) {
      fields.push_back(field::exceptions);
      // One that was changed and changed back shows as none, and keeps what the series had then as its own.
    } else if (!contains(fields, field::exceptions) && is_series_alike(to) &&
               std::any_of(fields.begin(), fields.end(), is_inherited)) {
      fields.push_back(field::exceptions);
    }
    // Of the current one of recurring tasks whose dates or progress change it makes a task of its own: so the series is
    // written with them.
    if (is_task() && (contains(fields, field::task_dates) || contains(fields, field::progress)) &&
        !contains(fields, field::recurrence) && held_by_both(field::recurrence) &&
        !rests(other(to), field::recurrence) && (holds(to, field::recurrence) || holds(other(to), field::recurrence))) {
      fields.push_back(field::recurrence);
    }
    std::sort(fields.begin(), fields.end());
    std::vector<field> impossible;
    for (field f : fields)
      if (!contains(around_.settable[to], f) && !(here(to).draft && contains(around_.settable_on_draft[to], f)))
        impossible.push_back(f);
    if (impossible.empty()) return {update_on{to, fields}, std::move(loses)};
    if (around_.policy.unchangeable == unchangeable::report) return {report(to, impossible), {}};
    // The new copy has one read state: what either side has made of it goes over before.
    if (twin_.base)
      if (auto r = read_state()) return {*r, {}};
    if (!loses) loses = lost_with_replacement(to, fields);
    return {replace_on{to}, std::move(loses)};
  }

  /// When two mails are first paired their texts are not compared, and each side keeps its own: a new copy has the
  /// other one's.
  std::optional<conflict> lost_with_replacement(side to, const std::vector<field>& fields) const {
    if (!two_way() || !twin_.base || contains(fields, field::body)) return {};
    if (!contents_known(here(to)) || !contents_known(here(other(to)))) return {};
    const auto words = only(here(to).likeness, {field::body}), others = only(here(other(to)).likeness, {field::body});
    if (words.empty() || others.empty() || words == others) return {};
    return lost(to, "different when first paired", {field::body});
  }

  report_unchangeable report(side to, const std::vector<field>& fields) const {
    report_unchangeable result{to, {}};
    for (field f : fields)
      result.fields.push_back({f, value_of(other(to), f).value_or(digest{})});
    return result;
  }

  /// What is written alone where an update of several fields was refused.
  static std::vector<field> first_group_of(const std::vector<field>& fields) {
    static const std::vector<field> together{field::time, field::recurrence, field::exceptions};
    if (!contains(together, fields.front())) return {fields.front()};
    auto group = fields;
    std::erase_if(group, [](field f) { return !contains(together, f); });
    return group;
  }

  /// Read state is a register of its own: changed on one side it goes over, changed on both it is the same again.
  std::optional<set_read_on> read_state() const {
    const auto& p = here(side::primary).read;
    const auto& r = here(side::replica).read;
    if (!p || !r || *p == *r) return {};
    if (!two_way()) {
      bool source_moved = read_is_news(source()) || !base(target()).read;
      if (!source_moved && around_.policy.drift == drift::leave) return {};
      return set_read_on{target(), *here(source()).read};
    }
    bool p_news = read_is_news(side::primary), r_news = read_is_news(side::replica);
    side from = side::primary;
    if (p_news != r_news)
      from = p_news ? side::primary : side::replica;
    else if (!base(side::primary).read && base(side::replica).read)
      from = side::replica;
    return set_read_on{other(from), *here(from).read};
  }

  /// Of a draft that we created the base does not tell it, until both sides were seen.
  bool read_is_news(side s) const { return base(s).read && here(s).read != base(s).read; }

  std::optional<move_on> place() const {
    const auto& p = here(side::primary).folder;
    const auto& r = here(side::replica).folder;
    if (p == r) return {};
    if (!two_way()) {
      bool source_moved = here(source()).folder != twin_.folder_pair;
      if (!source_moved && around_.policy.drift == drift::leave) return {};
      return move_on{target(), here(source()).folder};
    }
    if (p == twin_.folder_pair) return move_on{side::primary, r}; // only the replica's user moved it
    return move_on{side::replica, p};
  }

  /// Whether somebody has changed the contents on the target of a one-way pair, and that is left there.
  bool is_left_drift(side s) const {
    return twin_.base && !two_way() && s == target() && !puts_back() && !edited_fields(s).empty();
  }

  agree agreement() const {
    both<side_base> result;
    for (side s : both_sides) {
      const auto& o = here(s);
      side_base b;
      if (twin_.base) b = base(s);
      b.key = o.key;
      b.read = o.read;
      if (is_left_drift(s))
        b.key = base(s).key; // nobody has agreed on that: should both ways count one day, it is news
      else if (contents_known(o)) {
        b.content = *o.content;
        b.read_back = true;
      }
      result[s] = b;
    }
    // A first pairing has no base to tell whose read state is news: the source's counts, as with contents.
    bool more = !twin_.base && result.primary.read && result.replica.read && result.primary.read != result.replica.read;
    if (more) result[source()].read = result[target()].read;
    // Nor has it a place that both agreed on: where they differ, that is decided once there is a base.
    if (!twin_.base && here(side::primary).folder != here(side::replica).folder) more = true;
    std::optional<folder_pair_id> place;
    if (here(side::primary).folder == here(side::replica).folder) place = here(source()).folder;
    // The source's place counts, as with contents: so the target's is what is taken for agreed.
    if (!twin_.base && !place) place = here(target()).folder;
    return {result, place, {}, more};
  }
};

} // namespace

change_key trouble_key(const std::optional<observation>& o) {
  if (!o) return {};
  return o->presence == presence::present ? o->key : change_key{"gone"};
}

std::optional<utc_seconds> due(const twin& t, std::chrono::seconds window) {
  const auto& trouble = t.trouble;
  const bool lifted = trouble && (trouble_key(t.seen.primary) != trouble->at.primary ||
                                  trouble_key(t.seen.replica) != trouble->at.replica);
  if (trouble && !lifted && trouble->banned && trouble->refused.empty()) return {};
  std::optional<utc_seconds> when;
  if (t.intent) when = t.intent->begun + window;
  if (trouble && !lifted && !trouble->banned) when = std::max(when.value_or(trouble->next), trouble->next);
  return when;
}

void listen_to_cells(cell_listener one) {
  listener() = std::move(one);
}

verdict decide(const twin& item, const surroundings& around) {
  return decision(item, around).make();
}

std::vector<field> parts_of(item_class c) {
  if (c == item_class::message || c == item_class::other) return {};
  return {field::attachments, field::attachment_sizes, hint::attachment_ids, hint::attachment_holder,
          field::exceptions};
}

} // namespace exsyncd::logic
