"""Whether two quiet mailboxes hold what is allowed for what users did (history.py). It reads no record of the daemon but its list of conflicts.

The rules are those of the README: everything is there once on both sides and the same; a delete always wins; where both sides changed one
item the primary (hq) wins; what lost is listed.
"""

from history import SIDES, is_contents


def copies(items):
    """Label → the items with it."""
    found = {}
    for item in items:
        found.setdefault(item["label"], []).append(item)
    return found


def listed(thing, act, conflicts):
    """Whether the list of conflicts names the loss of it, or of the whole thing."""
    loser = {"hq": "primary", "branch": "replica"}[act.side]
    return any(conflict["loser"] == loser and conflict["subject"] in thing.subjects for conflict in conflicts)


def unlisted(thing, acts, conflicts):
    return [f"{thing.label}: lost and not listed: {act}" for act in acts if not act.excused and not listed(thing, act, conflicts)]


def judge(history, hq, branch, conflicts):
    """Sentences about what is wrong. `hq`, `branch`: lists of {"label", "text" (all that has to be equal), "seen" (place → value)}."""
    wrong = []
    at = {"hq": copies(hq), "branch": copies(branch)}
    for side in SIDES:
        wrong += [f"{label}: at {side}, and no user made it" for label in at[side] if label not in history.things]
    for label, thing in history.things.items():
        wrong += judge_thing(thing, at["hq"].get(label, []), at["branch"].get(label, []), conflicts)
    return wrong


def judge_thing(thing, hq, branch, conflicts):
    many = [f"{thing.label}: {len(items)} times at {side}" for side, items in zip(SIDES, (hq, branch)) if len(items) > 1]
    if many:
        return many
    if thing.deleted:
        if thing.may_return and len(hq) == len(branch):
            return []
        back = [f"{thing.label}: deleted by {thing.deleted[0]}, and there at {side}" for side, items in zip(SIDES, (hq, branch)) if items]
        # What was put there and taken away again is no loss.
        return back or unlisted(thing, [act for act in thing.acts if not act.overwritten and is_contents(act.place)
                                        and act.value != thing.agreed.get(act.place, False)], conflicts)
    missing = [f"{thing.label}: missing at {side}, and no user deleted it" for side, items in zip(SIDES, (hq, branch)) if not items]
    if missing:
        return missing
    [ours], [theirs] = hq, branch
    if ours["text"] != theirs["text"] or ours["seen"] != theirs["seen"]:
        return [f"{thing.label}: hq has {ours['seen']} and branch {theirs['seen']}" if ours["seen"] != theirs["seen"]
                else f"{thing.label}: differs:\n    hq     {ours['text']}\n    branch {theirs['text']}"]
    places = set(ours["seen"]) | {act.place for act in thing.acts} | set(thing.agreed)
    return [problem for place in sorted(places) for problem in judge_place(thing, place, ours["seen"].get(place, False), conflicts)]


def judge_place(thing, place, value, conflicts):
    standing = thing.standing(place)
    before = thing.agreed.get(place, False)
    may_be = [before, *thing.stale(place)]
    if not standing:
        return [] if value in may_be or thing.put_back(place, value) else [f"{thing.label}: {place} is {value!r}, was {before!r}, and no user changed it"]
    if value not in [act.value for act in standing] + may_be and not thing.put_back(place, value):
        return [f"{thing.label}: {place} is {value!r}, which is neither {before!r} nor what a user gave it: {', '.join(map(str, standing))}"]
    lost = [act for act in standing if act.value not in (value, before)]
    if place == "read":
        # A register of its own: it competes with nothing, and only where nobody gave what is there something is wrong.
        fine = value in [act.value for act in standing] or all(act.excused for act in lost)
        return [] if fine else [f"{thing.label}: read is {value!r}; lost: {', '.join(map(str, lost))}"]
    if place == "folder" and any(act.side == "hq" and act.value == value for act in standing):
        return []  # both moved it, and the primary won: there is nothing in it that could be lost
    if place == "folder" and value in thing.stale(place):
        lost = [act for act in lost if act.side == "hq"]  # it looks as if the primary's user had moved it there, and that is in no list
    wrong = [f"{thing.label}: {place} is {value!r}; the primary lost: {act}" for act in lost if act.side == "hq" and not act.excused]
    return wrong + unlisted(thing, [act for act in lost if act.side != "hq"], conflicts)
