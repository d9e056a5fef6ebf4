"""Bugs to be planted one at a time: what each is, and the text that makes it. `old` stands exactly once in its file."""

from collections import namedtuple

Edit = namedtuple("Edit", "file old new")
Mutant = namedtuple("Mutant", "name what edits")


def one(name, what, file, old, new):
    return Mutant(name, what, [Edit(file, old, new)])


DECIDE, SETTLE, STORE = "actors/logic/decide.cpp", "actors/logic/settlement.cpp", "storage/store.cpp"
ARBITER, MATCH = "actors/arbiter.cpp", "actors/logic/match.cpp"

MUTANTS = [
    one("cursor-ahead", "the cursor runs ahead of the observations: the last entry of a page is lost", STORE,
        "  for (const auto& entry : call.page.changes) {\n",
        "  for (const auto& entry : call.page.changes) {\n    if (call.page.changes.size() > 2 && &entry == &call.page.changes.back()) continue;\n"),
    one("intent-not-durable", "the request leaves before its intent is on disk", "actors/ledger.cpp",
        "return once_stored(self, std::move(begun));", "return loaded(self, std::move(begun));"),
    one("echo-check-dropped", "what we wrote ourselves is taken for a user's edit", DECIDE,
        "    if (here(s).key == base(s).key) return {}; // nobody touched it since we wrote it\n", ""),
    Mutant("delete-on-not-found", "an item that a read does not find is taken for deleted", [
        Edit("actors/carrier_writes.cpp", "} else if (unlisted) {", "} else {"),
        Edit(STORE, "if (!newer || o.unlisted_since == 0 || o.presence", "if (!newer || o.presence")]),
    one("delete-believed-at-once", "a delete is believed before the other folders were listed", DECIDE,
        "bool believed(side s) const { return here(s).sequence < around_.listed_after[s]; }",
        "bool believed(side) const { return true; }"),
    one("conflict-rule-flipped", "where both sides edited an item the replica wins", DECIDE,
        'return write(side::replica, fields, lost(side::replica, "edited on both sides", fields));',
        'return write(side::primary, fields, lost(side::primary, "edited on both sides", fields));'),
    one("create-repeated", "a create whose answer was lost is repeated without a look", SETTLE,
        "    if (!found.marked.empty()) {", "    if (false && !found.marked.empty()) {"),
    one("commit-window-ignored", "a lost answer is given up while the server may still act", SETTLE,
        "  return now >= in.begun + window;", "  return now >= in.begun + 0 * window;"),
    one("late-create-forgotten", "the mark of a create that was given up is forgotten", STORE,
        "if (call.lost && !t.intent->mark.empty())", "if (false && call.lost && !t.intent->mark.empty())"),
    one("settle-without-intent", "an agreement is settled though another intent is open, or twice", STORE,
        "    if (t.intent ? t.intent->id != call.intent : call.intent.has_value()) return false;\n", ""),
    one("settle-answers-all", "a settlement answers what was seen since it was decided", STORE,
        "std::min(call.answers[s], now_ - 1)", "std::max(call.answers[s], now_ - 1)"),
    one("begin-on-old-facts", "a write begins though there is news since it was decided", STORE,
        "      if (news_since(t, s, call.intent.answers)) return false;\n", "      if (news_since(t, s, call.intent.answers)) continue;\n"),
    one("read-changes-ignored", "changes of the read state alone are not noticed", STORE,
        "           if (o.read == change.read) return false;", "           if (o.read || change.read) return false;"),
    one("absence-deletes", "what a listing from the beginning does not show is deleted", STORE,
        "      t.seen[in.side]->presence = presence::absent;", "      t.seen[in.side]->presence = presence::left;"),
    one("page-ends-listing", "a page that is not the last one counts as a whole listing", STORE,
        "  if (call.page.last && (!pass || pass->whole)) {", "  if (!pass || pass->whole) {"),
    one("conflict-not-listed", "what lost is not recorded", STORE,
        "  if (call.conflict) put(", "  if (false && call.conflict) put("),
    one("unlisted-not-looked-at", "an item of ours that no list has shown is never looked for", DECIDE,
        "if (is_unlisted(twin_, s) && here(s).unlisted_since", "if (false && is_unlisted(twin_, s) && here(s).unlisted_since"),
    one("one-way-writes-back", "a one-way pair writes to its source", DECIDE,
        "bool two_way() const { return around_.policy.direction == direction::bidirectional; }",
        "bool two_way() const { return true; }"),
    one("drift-not-reverted", "drift is left where it is to be put back", DECIDE,
        "    if (around_.policy.drift == drift::revert)\n", "    if (false)\n"),
    one("new-before-listed", "something new is created before every folder was listed", DECIDE,
        "    if (here(s).sequence >= around_.new_after[s]) return", "    if (false) return"),
    one("start-date-ignored", "what is older than the start date is carried", DECIDE,
        "    if (around_.policy.start_date && here(s).received", "    if (false && here(s).received"),
    one("meetings-not-skipped", "meetings are carried where they are to be skipped", DECIDE,
        "    if (here(s).meeting && around_", "    if (false && around_"),
    one("read-state-primary-wins", "the primary's read state wins though only the replica's user changed it", DECIDE,
        "    if (p_news != r_news)\n", "    if (false)\n"),
    one("move-undone", "an item that the replica's user moved is moved back", DECIDE,
        "    if (p == twin_.folder_pair) return move_on", "    if (false) return move_on"),
    one("edit-beats-delete", "an edited item survives its deletion on the other side", DECIDE,
        "      if (!edited_fields(rest).empty() && two_way())\n", "      if (!edited_fields(rest).empty() && two_way()) return verdict{forget{s, false}, {}};\n      if (false)\n"),
    one("update-unguarded", "an update overwrites an edit that nobody has seen", "ews/codec/update_item.cpp",
        'return write_changes(context, "NeverOverwrite"', 'return write_changes(context, "AlwaysOverwrite"'),
    one("duplicate-removed-early", "a late duplicate is removed before lists tell what became of the other copy", ARBITER,
        "bool certain = t.seen[*s]->sequence < listed_after_[*s];", "bool certain = true;"),
    one("hold-of-unlisted-dropped", "what may be our own item, moved, is not held until that is known", MATCH,
        "      if (held) result_.held.push_back(half->id);\n", "      held = false;\n"),
    one("copy-linked-to-original", "a user's copy of an item that we made is taken for the item itself", MATCH,
        "      if (!given_up) return false; // a user's move or copy of an item that we once made\n",
        "      if (!given_up && !owner.intent && !filled_.contains({owner.id, s})) return take(owner, *half, s), true;\n      if (!given_up) return false;\n"),
    one("no-back-off", "what fails is tried again at once, without end", "actors/logic/back_off.hpp",
        "  return base + std::chrono::seconds(random % (static_cast<std::uint64_t>(base.count()) / 4 + 1));",
        "  return std::chrono::seconds(random % 2);"),
    one("meetings-are-mailed", "attendees get invitations for what we create", "ews/codec/quiet.hpp",
        '{"SendMeetingInvitations", "SendToNone"}', '{"SendMeetingInvitations", "SendToAllAndSaveCopy"}'),
    one("attachments-forgotten", "attachments of the other classes are never carried", SETTLE,
        "    if (has(parts, d.field) && d.field != field::attachment_sizes) d.value = to_be_carried;\n",
        "    if (false) d.value = to_be_carried;\n"),
]
