"""What users did, as they saw it: the only witness that the judge hears beside the mailboxes themselves.

A *thing* is an item with its copy, known by its label, which is its whole body. An *act* is one user's change of one thing. Whoever acts
has just looked: what he saw of others' acts in the same place he has overwritten knowingly, and nobody has to tell anyone that it is gone.
"""

import datetime
from dataclasses import dataclass, field

SIDES = ("hq", "branch")


def may_be_set_back(place):
    """A user can give it a value that it had before: to a state from before that, he has changed nothing."""
    return place in ("read", "folder") or place.startswith("file ")


def is_contents(place):
    """Read state and place are registers of their own, and in no list of conflicts."""
    return place not in ("read", "folder")


@dataclass
class Act:
    """A value that a user gave to one place of a thing: a field, its folder, or one attachment (whose value is then True or False)."""
    side: str
    place: str
    value: object
    number: int
    #: Somebody who saw it has put something else there, or deleted the thing.
    overwritten: bool = False
    #: The primary's user has put something else there.
    left_hq: bool = False
    #: An older state was restored since.
    old: bool = False
    #: A restored state may not see that it is one, or its loss was never listed but in the state that is gone, or nobody knows whether who
    #: put something else there had seen it: it may stand, and its loss need not be listed.
    excused: bool = False

    def __str__(self):
        return f"{self.side}'s {self.place} = {self.value!r}"


@dataclass
class Thing:
    label: str
    kind: str
    #: Every subject that it ever had: lists of the daemon know things by those.
    subjects: set
    #: What was agreed when all was quiet: place → value. Empty for what is new.
    agreed: dict
    acts: list = field(default_factory=list)
    deleted: list = field(default_factory=list)
    #: What it had when it was made, and whenever all was quiet since: number → place → value.
    had: dict = field(default_factory=dict)
    #: The acts before all was quiet.
    past: list = field(default_factory=list)
    #: When it was first there while all was quiet: whether an earlier state knows it on both sides, or at all, is open.
    known: int | None = None
    #: A state was restored that may not know it.
    forgotten: bool = False
    #: Where a restored state may know something else than what is agreed.
    unknown: set = field(default_factory=set)
    #: It was deleted on one side, and the restored state knew nothing of it: its other copy looks new. Or the other one's user filed it
    #: elsewhere while the daemon could not know whether it had deleted it: that looks as if he had brought it back.
    may_return: bool = False
    #: How many blows there had been when it was deleted, and when that was at first.
    blows: int = 0
    deleted_at: int = 0
    #: Occurrences that users ever gave a value, and all that their series ever had: what lost is put back, and stays the occurrence's own.
    touched: set = field(default_factory=set)
    locations: set = field(default_factory=set)

    def put_back(self, place, value):
        """Whether an occurrence may have this from a time when its series had it."""
        return place in self.touched and value in self.locations

    def standing(self, place):
        """The acts that nobody has overwritten knowingly, oldest first."""
        return [act for act in self.acts if act.place == place and not act.overwritten]

    def knew(self, place, since, until):
        """What the daemon may hold to be agreed there at `until`, if at `since` it knew what was agreed."""
        return [seen.get(place, False) for number, seen in self.had.items() if since <= number <= until] + \
               [act.value for act in self.past + self.acts if act.place == place and since < act.number <= until]

    def stale(self, place):
        """What was there when an older state was restored that may not know it. Where one side has that still, and the other one has what
        the state knows, it looks like an edit of today. Where the primary's user has put a new value there, that is the edit."""
        agreed = [self.agreed.get(place, False)] if self.forgotten or place in self.unknown else []
        return agreed + [act.value for act in self.acts if act.place == place and act.old and (may_be_set_back(place) or not act.left_hq)]

    def may_have_lost(self, act):
        """Whether it competes with something else already: with a delete, or with what is an edit of the primary's or looks like one."""
        return is_contents(act.place) and (SIDES[act.side == "hq"] in self.deleted or act.side == "branch" and (
            self.forgotten or any(map(is_contents, self.unknown)) or
            any(is_contents(one.place) and one is not act and (one.side == "hq" or one.old) for one in self.acts)))

    def overwrite(self, side, place, seen):
        """What this user saw there is his to overwrite. Where he had put that there himself, nobody knows whether the other one's came too."""
        same = [act for act in self.standing(place) if act.value == seen.get(place, False)]
        own = any(act.side == side for act in same)
        for act in self.acts:
            act.left_hq |= side == "hq" and act.place == place and act.value == seen.get(place, False)
        for act in same:
            act.excused |= own and act.side != side
            act.overwritten |= not own or act.side == side


class History:
    def __init__(self):
        self.things, self.number, self.story, self.blows = {}, 0, [], 0
        #: Each quiet and each restored state: its number, and that of the quiet since which the daemon may have learnt nothing.
        self.learnt = [(0, 0)]
        #: The states that were restored since all was quiet: since when such a state may have learnt nothing, and when it was kept.
        self.restores = []

    def _tell(self, text):
        self.number += 1
        self.story.append(f"{datetime.datetime.now(datetime.timezone.utc):%H:%M:%S.%f} {self.number}: {text}")

    def tell(self, text):
        """What happened besides users' acts, for whoever reads the story later."""
        self._tell(text)
        self.blows += 1

    def made(self, side, label, kind, seen):
        """`seen`: place → value, as the user sees it who made it."""
        self._tell(f"{side} makes {label} ({kind}) in {seen['folder']}: {seen.get('subject')!r}")
        thing = Thing(label, kind, {seen.get("subject")}, dict(seen), had={self.number: dict(seen)}, locations={seen.get("location")})
        self.things[label] = thing
        return thing

    def changed(self, side, label, seen, changes):
        """`changes`: place → value. `seen`: what the thing was just before, on this side."""
        thing = self.things[label]
        self._tell(f"{side} changes {label}: {changes}")
        if "folder" in changes and thing.deleted and side not in thing.deleted and self.blows > thing.blows:
            thing.may_return = True
        for place, value in changes.items():
            thing.overwrite(side, place, seen)
            act = Act(side, place, value, self.number)
            act.excused = self._looks_like_none(thing, act)
            thing.acts.append(act)
            if place.startswith("occurrence"):
                thing.touched.add(place)
            if place == "location":
                thing.locations.add(value)
            if place == "subject":
                thing.subjects.add(value)

    def deleted(self, side, label, seen):
        thing = self.things[label]
        self._tell(f"{side} deletes {label}")
        for place in {act.place for act in thing.acts}:
            thing.overwrite(side, place, seen)
        if thing.forgotten:
            thing.may_return = not thing.deleted  # what is there again after a first delete the daemon has made itself, and knows
        thing.deleted_at = thing.deleted_at or self.number
        thing.deleted.append(side)
        thing.blows = self.blows

    def _looks_like_none(self, thing, act):
        """Whether to a restored state it may be no act: it sets back to what that state knows, or there is nothing to compare it with."""
        return thing.forgotten and act.place == "read" or any(
            act.value in thing.knew(act.place, since, min(kept, act.number - 1)) for since, kept in self.restores)

    def restored(self, backup):
        """The daemon knows from now on what it knew at number `backup`."""
        since = max(one for one in self.learnt if one[0] <= backup)[1]
        self._tell(f"the state of {backup} is restored")
        self.learnt.append((self.number, since))
        self.restores.append((since, backup))
        for thing in self.things.values():
            for act in thing.acts:
                act.excused |= thing.may_have_lost(act)
            thing.forgotten |= thing.known is None or thing.known > since
            thing.unknown |= {act.place for act in thing.past if act.number > since}
            thing.may_return |= thing.forgotten and thing.deleted_at > backup
            for act in thing.acts:
                act.old = True
                act.excused |= self._looks_like_none(thing, act)

    def judged(self, now):
        """All is quiet and was judged; `now`: label → place → value, of what is left."""
        self._tell("all is quiet")
        self.learnt.append((self.number, self.number))
        self.restores = []
        self.things = {label: thing for label, thing in self.things.items() if label in now}
        for label, thing in self.things.items():
            thing.past += thing.acts
            thing.agreed, thing.acts, thing.deleted, thing.may_return, thing.deleted_at = dict(now[label]), [], [], False, 0
            thing.had[self.number] = thing.agreed
            thing.forgotten, thing.unknown, thing.known = False, set(), thing.known or self.number
            thing.subjects.add(now[label].get("subject"))
