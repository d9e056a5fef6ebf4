"""Bugs to be planted: what each is, and the text that makes it. `old` stands exactly once in its file; `BUG` in `new` is true in the run that
plants this one, so that one build holds them all. `worlds` is drawn in each world where a bug shows in such worlds only, which not every
seed holds."""

from collections import namedtuple

Edit = namedtuple("Edit", "file old new")
Mutant = namedtuple("Mutant", "name what edits worlds", defaults=("",))


def one(name, what, file, old, new, worlds=""):
    return Mutant(name, what, [Edit(file, old, new)], worlds)


DECIDE, SETTLE, STORE = "actors/logic/decide.cpp", "actors/logic/settlement.cpp", "storage/store.cpp"
READING, READING_HPP = "actors/logic/reading.cpp", "actors/logic/reading.hpp"
ARBITER, MATCH = "actors/arbiter.cpp", "actors/logic/match.cpp"

MUTANTS = [
    one("cursor-ahead", "the cursor runs ahead of the observations: the last entry of a page is lost", STORE,
        "  for (const auto& entry : call.page.changes) {\n",
        "  for (const auto& entry : call.page.changes) {\n    if (BUG && call.page.changes.size() > 2 && &entry == &call.page.changes.back()) continue;\n"),
    one("intent-not-durable", "the request leaves before its intent is on disk", "actors/ledger.cpp",
        "return once_stored(self, std::move(begun));", "if (BUG) {\n          auto early = self->make_response_promise<intents_begun>();\n          early.deliver(begun);\n          return early;\n"
        "        }\n        return once_stored(self, std::move(begun));"),
    one("echo-check-dropped", "what we wrote ourselves is taken for a user's edit", READING,
        "  const bool other_body = contains(fields, field::body) && is_reworded(s);\n",
        "  if (BUG) return fields;\n  const bool other_body = contains(fields, field::body) && is_reworded(s);\n"),
    Mutant("delete-on-not-found", "an item that a read does not find is taken for deleted", [
        Edit("actors/carrier_carry.cpp", "} else if (unlisted) {", "} else if (unlisted || BUG) {"),
        Edit(STORE, "      if (o.unlisted_since == 0) return false;\n", "      if (!BUG && o.unlisted_since == 0) return false;\n")]),
    one("delete-believed-at-once", "a delete is believed before the other folders were listed", READING_HPP,
        "bool believed(side s) const { return here(s).sequence < around_.listed_after[s]; }",
        "bool believed(side s) const { return BUG || here(s).sequence < around_.listed_after[s]; }"),
    one("conflict-rule-flipped", "where both sides edited an item the replica wins", DECIDE,
        'return write(side::replica, fields, lost(side::replica, "edited on both sides", fields));',
        'if (BUG) return write(side::primary, fields, lost(side::primary, "edited on both sides", fields));\n'
        '    return write(side::replica, fields, lost(side::replica, "edited on both sides", fields));'),
    one("create-repeated", "a create whose answer was lost is repeated without a look", SETTLE,
        "  if (!found.marked.empty()) {", "  if (!BUG && !found.marked.empty()) {"),
    one("commit-window-ignored", "a lost answer is given up while the server may still act", SETTLE,
        "  return now >= in.begun + window;", "  return BUG || now >= in.begun + window;"),
    one("late-create-forgotten", "the mark of a create that was given up is forgotten", STORE,
        "if (call.lost && !t.intent->mark.empty())", "if (!BUG && call.lost && !t.intent->mark.empty())"),
    one("settle-twice", "an agreement is settled and its write stays open, so that it is settled again", STORE,
        "    t.intent.reset();\n    t.unfinished = !call.settled;\n",
        "    if (!BUG) t.intent.reset();\n    t.unfinished = !call.settled;\n"),
    one("back-off-never-reset", "what failed once rests on when it has worked", STORE,
        "    if (call.clear_trouble && ", "    if (!BUG && call.clear_trouble && "),
    one("read-changes-ignored", "the read state is looked at with the ChangeKey: changes of it alone are not noticed", STORE,
        "           if (o.read == change.read) return false;", "           if (BUG || o.read == change.read) return false;"),
    one("absence-deletes", "what a listing from the beginning does not show is deleted", STORE,
        "      t.seen[in.side]->presence = presence::absent;", "      t.seen[in.side]->presence = BUG ? presence::left : presence::absent;"),
    one("page-ends-listing", "a page that is not the last one counts as a whole listing", STORE,
        "  if (call.page.last && (!pass || pass->whole)) {", "  if ((BUG || call.page.last) && (!pass || pass->whole)) {", worlds="torn lists"),
    one("conflict-not-listed", "what lost is not recorded", STORE, "  if (call.conflict) put(", "  if (!BUG && call.conflict) put("),
    one("unlisted-not-looked-at", "an item of ours that no list has shown is never looked for", DECIDE,
        "if (is_unlisted(twin_, s) && here(s).unlisted_since", "if (!BUG && is_unlisted(twin_, s) && here(s).unlisted_since"),
    one("one-way-writes-back", "a one-way pair writes to its source", READING_HPP,
        "bool two_way() const { return around_.policy.direction == direction::bidirectional; }",
        "bool two_way() const { return BUG || around_.policy.direction == direction::bidirectional; }"),
    one("drift-not-reverted", "drift is left where it is to be put back", DECIDE,
        "    if (around_.policy.drift == drift::revert)\n", "    if (!BUG && around_.policy.drift == drift::revert)\n"),
    one("new-before-listed", "something new is created before every folder was listed", DECIDE,
        "    if (here(s).sequence >= around_.new_after[s]) return", "    if (!BUG && here(s).sequence >= around_.new_after[s]) return"),
    one("start-date-ignored", "what is older than the start date is carried", DECIDE,
        "    if (around_.policy.start_date && here(s).received", "    if (!BUG && around_.policy.start_date && here(s).received"),
    one("meetings-not-skipped", "meetings are carried where they are to be skipped", DECIDE,
        "    if (here(s).meeting && around_", "    if (!BUG && here(s).meeting && around_"),
    one("read-state-primary-wins", "the primary's read state wins though only the replica's user changed it", DECIDE,
        "    if (p_news != r_news)\n", "    if (!BUG && p_news != r_news)\n"),
    one("move-undone", "an item that the replica's user moved is moved back", DECIDE,
        "    if (p == twin_.folder_pair) return move_on", "    if (!BUG && p == twin_.folder_pair) return move_on"),
    one("edit-beats-delete", "an edited item survives its deletion on the other side", DECIDE,
        "      if (auto fields = edited_or_refused(rest); !fields.empty() && two_way())\n",
        "      if (BUG && !edited_fields(rest).empty() && two_way()) return verdict{forget{s, false}, {}};\n"
        "      if (auto fields = edited_or_refused(rest); !fields.empty() && two_way())\n"),
    one("update-unguarded", "an update overwrites an edit that nobody has seen", "ews/codec/update_item.cpp",
        'return write_changes(context, "NeverOverwrite"', 'return write_changes(context, BUG ? "AlwaysOverwrite" : "NeverOverwrite"'),
    one("duplicate-removed-early", "a late duplicate is removed before lists tell what became of the other copy", ARBITER,
        "bool certain = t.seen[*s]->sequence < around.listed_after[*s];", "bool certain = BUG || t.seen[*s]->sequence < around.listed_after[*s];",
        worlds="late copies"),
    one("hold-of-unlisted-dropped", "what may be our own item, moved, is not held until that is known", MATCH,
        "    if (held) result_.held.push_back(half->id);\n", "    if (BUG) held = false;\n    if (held) result_.held.push_back(half->id);\n",
        worlds="moved unseen"),
    one("copy-linked-to-original", "a user's copy of an item that we made is taken for the item itself", MATCH,
        "    if (!maker) return take_forgotten_copy(*half, s); // or a user's move or copy of an item that we once made\n",
        "    const auto named = twin_of_mark(half->pair, of(*half).mark);\n    const auto at = named ? by_id_.find(*named) : by_id_.end();\n"
        "    if (BUG && !maker && at != by_id_.end() && at->second != half && !at->second->intent && !filled_.contains({*named, s}))\n"
        "      return take(*at->second, *half, s), true;\n    if (!maker) return take_forgotten_copy(*half, s);\n"),
    one("no-back-off", "what fails is tried again at once, without end", "actors/logic/back_off.hpp",
        "  return base + std::chrono::seconds(random",
        "  if (BUG) return std::chrono::seconds(random % 2);\n  return base + std::chrono::seconds(random"),
    one("no-poll", "nothing is listed without a hint, and hints may be lost", "actors/pair.cpp",
        "  if (state.poll_at)\n    in = std::clamp(", "  if (BUG) in = std::chrono::hours(1000);\n  if (!BUG && state.poll_at)\n    in = std::clamp("),
    one("brake-off", "suddenly empty folders freeze nothing", ARBITER,
        "        if (!why || result.folder_pairs[f.name].held) continue;\n",
        "        if (BUG || !why || result.folder_pairs[f.name].held) continue;\n"),
    Mutant("one-place-for-a-batch", "all items of a batch go into the folder of its last one", [
        Edit("actors/carrier.cpp", 'group(named("create", w.target, t) + to.value,', 'group(named("create", w.target, t) + (BUG ? std::string() : to.value),'),
        Edit("actors/carrier.cpp", 'group(named("replace", w.target, t) + to.value,', 'group(named("replace", w.target, t) + (BUG ? std::string() : to.value),'),
        Edit("actors/carrier.cpp", 'group(named("move", w.target, t) + w.to.value,', 'group(named("move", w.target, t) + (BUG ? std::string() : w.to.value),')]),
    one("halt-ignored", "a pair that is to stop goes on with its round", "actors/sync_round.cpp",
        "void sync_round::halt() {\n", "void sync_round::halt() {\n  if (BUG) return;\n"),
    one("meetings-are-mailed", "attendees get invitations for what we create", "ews/codec/quiet.hpp",
        '{"SendMeetingInvitations", "SendToNone"}', '{"SendMeetingInvitations", BUG ? "SendToAllAndSaveCopy" : "SendToNone"}'),
    one("attachments-forgotten", "attachments of contacts, tasks and appointments are never carried", SETTLE,
        "    if (contains(parts, d.field) && !is_hint(d.field)) d.value = to_be_carried;\n",
        "    if (!BUG && contains(parts, d.field) && !is_hint(d.field)) d.value = to_be_carried;\n"),
]
