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


@dataclass
class Act:
    """A value that a user gave to one place of a thing: a field, its folder, or one attachment (whose value is then True or False)."""
    side: str
    place: str
    value: object
    #: Somebody who saw it has put something else there, or deleted the thing.
    overwritten: bool = False
    #: The daemon's memory of it may have been taken away since (an older state was restored), or nobody knows whether who put something
    #: else there had seen it: it may stand, and its loss need not be listed.
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
    #: When it was first there while all was quiet: whether an earlier state knows it on both sides, or at all, is open.
    known: int | None = None
    #: A state was restored that may not know it.
    forgotten: bool = False
    #: Place → what it had there before an older state was restored. Where that came through to one side only, and what that
    #: state knows is on the other one, it looks like an edit of today.
    stale: dict = field(default_factory=dict)
    #: It was deleted on one side, and the restored state knew nothing of it: its other copy looks new. Or the other one's user filed it
    #: elsewhere while the daemon could not know whether it had deleted it: that looks as if he had brought it back.
    may_return: bool = False
    #: How many blows there had been when it was deleted.
    blows: int = 0
    #: Occurrences that users ever gave a value, and all that their series ever had: what lost is put back, and stays the occurrence's own.
    touched: set = field(default_factory=set)
    locations: set = field(default_factory=set)

    def put_back(self, place, value):
        """Whether an occurrence may have this from a time when its series had it."""
        return place in self.touched and value in self.locations

    def standing(self, place):
        """The acts that nobody has overwritten knowingly, oldest first."""
        return [act for act in self.acts if act.place == place and not act.overwritten]

    def overwrite(self, side, place, seen):
        """What this user saw there is his to overwrite. Where he had put that there himself, nobody knows whether the other one's came too."""
        same = [act for act in self.standing(place) if act.value == seen.get(place, False)]
        own = any(act.side == side for act in same)
        for act in same:
            act.excused |= own and act.side != side
            act.overwritten |= not own or act.side == side


class History:
    def __init__(self):
        self.things, self.number, self.story, self.blows = {}, 0, [], 0
        #: An older state was restored since all was quiet.
        self.old = False

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
        thing = Thing(label, kind, {seen.get("subject")}, dict(seen), locations={seen.get("location")})
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
            thing.acts.append(Act(side, place, value, excused=self.old and may_be_set_back(place)))
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
        thing.deleted.append(side)
        thing.may_return |= thing.forgotten
        thing.blows = self.blows

    def restored(self, backup):
        """The daemon knows from now on what it knew at number `backup`."""
        self._tell(f"the state of {backup} is restored")
        self.old = True
        for thing in self.things.values():
            for act in thing.acts:
                act.excused = True
                thing.stale.setdefault(act.place, []).append(act.value)
            thing.forgotten |= thing.known is None or thing.known > backup
            thing.may_return |= bool(thing.deleted) and thing.forgotten

    def judged(self, now):
        """All is quiet and was judged; `now`: label → place → value, of what is left."""
        self._tell("all is quiet")
        self.old = False
        self.things = {label: thing for label, thing in self.things.items() if label in now}
        for label, thing in self.things.items():
            thing.agreed, thing.acts, thing.deleted, thing.may_return = dict(now[label]), [], [], False
            thing.forgotten, thing.stale, thing.known = False, {}, thing.known or self.number
            thing.subjects.add(now[label].get("subject"))
