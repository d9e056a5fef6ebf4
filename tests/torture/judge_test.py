#!/usr/bin/python3
"""The judge is judged: each rule with what it lets pass and what it does not."""

import unittest

from history import History
from judge import judge

AGREED = {"folder": "inbox", "subject": "Minutes", "categories": "", "read": False, "file a.txt 12345678": True}


def item(label="one", **seen):
    all_seen = {place: value for place, value in {**AGREED, **seen}.items() if value != "gone"}
    return {"label": label, "text": str(sorted(all_seen.items(), key=str)), "seen": all_seen}


def conflict(loser, subject="Minutes"):
    return {"loser": loser, "subject": subject}


class Judged(unittest.TestCase):
    def setUp(self):
        self.history = History()
        self.history.made("hq", "one", "mail", AGREED)

    def wrong(self, hq, branch, *conflicts):
        return "\n".join(judge(self.history, hq, branch, list(conflicts)))

    def both(self, *conflicts, **seen):
        return self.wrong([item(**seen)], [item(**seen)], *conflicts)

    def test_what_is_the_same_on_both_sides_is_right(self):
        self.assertEqual(self.both(), "")

    def test_what_nobody_deleted_is_missing(self):
        self.assertIn("missing at branch", self.wrong([item()], []))
        self.assertIn("missing at hq", self.wrong([], []))

    def test_what_is_there_twice_is_told(self):
        self.assertIn("2 times at branch", self.wrong([item()], [item(), item()]))

    def test_what_nobody_made_is_told(self):
        self.assertIn("no user made it", self.wrong([item(), item("two")], [item()]))

    def test_what_was_deleted_must_not_be_there(self):
        self.history.deleted("branch", "one", AGREED)
        self.assertEqual(self.wrong([], []), "")
        self.assertIn("deleted by branch", self.wrong([item()], [item()]))
        self.assertIn("deleted by branch", self.wrong([item()], []))

    def test_what_a_restored_state_never_knew_may_come_back_on_both_sides(self):
        self.history.deleted("branch", "one", AGREED)
        self.history.restored(backup=0)
        self.assertEqual(self.both(), "")
        self.assertIn("deleted by", self.wrong([item()], []))

    def test_what_is_filed_elsewhere_while_its_delete_is_not_known_to_be_done_may_be_there_on_both_sides(self):
        self.history.deleted("branch", "one", AGREED)
        self.history.changed("hq", "one", AGREED, {"folder": "inbox/Done"})
        self.assertIn("deleted by branch", self.both(folder="inbox/Done"))
        self.history.tell("** kill the servers")
        self.history.changed("hq", "one", {**AGREED, "folder": "inbox/Done"}, {"folder": "inbox/Work"})
        self.assertEqual(self.both(folder="inbox/Work"), "")
        self.assertIn("deleted by branch", self.wrong([item(folder="inbox/Work")], []))

    def test_what_a_restored_state_knew_stays_deleted(self):
        self.history.judged({"one": AGREED})
        self.history.deleted("branch", "one", AGREED)
        self.history.restored(backup=self.history.number)
        self.assertIn("deleted by", self.both())
        self.history.deleted("hq", "one", AGREED)
        self.assertIn("deleted by", self.both())

    def test_what_was_there_when_a_state_was_kept_may_be_unknown_to_it_and_come_back(self):
        self.history.restored(backup=self.history.number)
        self.history.deleted("branch", "one", AGREED)
        self.assertEqual(self.both(), "")
        self.history.judged({"one": AGREED})
        self.history.deleted("branch", "one", AGREED)
        self.assertIn("deleted by", self.both())

    def test_what_was_there_before_an_older_state_came_back_may_stand_again(self):
        here, file = AGREED, "file b.txt 00000000"
        for seen in ({"read": True, "folder": "inbox/Work", "subject": "t1", file: True}, {"read": False, "folder": "inbox", "subject": "t2", file: False}):
            self.history.changed("hq", "one", here, seen)
            here = {**AGREED, **seen}
        self.history.restored(backup=0)
        self.assertEqual(self.both(read=True, folder="inbox/Work", subject="t2", **{file: True}), "")
        self.assertIn("neither", self.both(subject="t3"))
        self.assertIn("neither", self.both(subject="t1"))  # his own user has replaced it at the primary
        self.history.changed("branch", "one", here, {"subject": "t4"})
        self.assertEqual(self.both(conflict("replica"), subject="t2"), "")
        self.assertIn("lost and not listed", self.both(subject="t2"))

    def test_what_was_deleted_before_a_state_was_kept_stays_deleted(self):
        self.history.deleted("branch", "one", AGREED)
        self.history.restored(backup=self.history.number)
        self.assertIn("deleted by", self.both())

    def test_what_has_come_back_with_an_older_state_and_is_deleted_again_stays_deleted(self):
        self.history.deleted("branch", "one", AGREED)
        self.history.restored(backup=0)
        self.history.deleted("hq", "one", AGREED)
        self.assertIn("deleted by", self.both())
        self.history.restored(backup=0)
        self.assertEqual(self.both(), "")

    def test_what_was_kept_from_a_restored_state_does_not_know_what_that_one_did_not(self):
        self.history.judged({"one": AGREED})
        kept = self.history.number
        for returns in (self.assertIn, self.assertNotIn):
            self.history.deleted("hq", "one", AGREED)
            self.history.restored(kept)
            returns("deleted by", self.both())
            self.history.judged({"one": AGREED})
            self.history.restored(0)
            kept = self.history.number
            self.history.judged({"one": AGREED})

    def test_what_an_older_state_knows_and_nobody_has_changed_is_as_ever(self):
        self.history.judged({"one": AGREED})
        self.history.restored(backup=self.history.number)
        for place, value in (("read", True), ("folder", "inbox/Work"), ("file a.txt 12345678", False), ("file b.txt 00000000", True)):
            self.history.changed("branch", "one", AGREED, {place: value})
        self.assertEqual(self.both(**{"read": True, "folder": "inbox/Work", "file a.txt 12345678": "gone", "file b.txt 00000000": True}), "")
        self.assertIn("read is False", self.both())
        self.assertEqual(self.both().count("lost and not listed"), 3)

    def test_an_edit_from_before_an_older_state_came_back_is_lost_unlisted_only_to_another_one(self):
        self.history.judged({"one": AGREED})
        self.history.changed("branch", "one", AGREED, {"subject": "t1"})
        self.history.restored(backup=self.history.number)
        self.assertIn("lost and not listed", self.both())
        self.history.changed("hq", "one", AGREED, {"categories": "t2"})
        self.assertIn("lost and not listed", self.both(categories="t2"))
        self.history.changed("branch", "one", {**AGREED, "subject": "t1"}, {"folder": "inbox/Work"})
        self.history.restored(backup=self.history.number)
        self.assertEqual(self.both(categories="t2", folder="inbox/Work"), "")
        self.assertIn("the primary lost", self.both(subject="t1", folder="inbox/Work"))
        self.assertIn("lost and not listed", self.both(categories="t2"))

    def test_an_edit_that_two_older_states_have_met_is_lost_unlisted_only_where_the_first_may_have_seen_another(self):
        self.history.judged({"one": AGREED})
        kept = self.history.number
        self.history.changed("branch", "one", AGREED, {"subject": "t1"})
        self.history.restored(kept)
        self.history.restored(kept)
        self.assertIn("lost and not listed", self.both())
        self.history.changed("branch", "one", {**AGREED, "subject": "t1"}, {"subject": "t2"})
        self.history.restored(kept)
        self.assertEqual(self.both(subject="t1"), "")
        now = item(subject="t2")["seen"]
        self.history.judged({"one": now})
        self.history.changed("branch", "one", now, {"categories": "t3"})
        self.history.restored(kept)
        self.assertIn("lost and not listed", self.both(subject="t2"))
        self.history.restored(kept)
        self.assertEqual(self.both(subject="t2"), "")

    def test_an_edit_that_a_delete_had_overtaken_when_an_older_state_came_back_need_not_be_listed(self):
        self.history.judged({"one": AGREED})
        kept = self.history.number
        self.history.changed("hq", "one", AGREED, {"subject": "t1"})
        self.history.restored(kept)
        self.history.deleted("branch", "one", AGREED)
        self.assertIn("lost and not listed", self.wrong([], []))
        self.history.restored(kept)
        self.assertEqual(self.wrong([], []), "")

    def test_a_file_that_an_older_state_does_not_know_may_come_back_and_one_that_it_knows_may_not(self):
        here, known, new = dict(AGREED), "file a.txt 12345678", "file b.txt 00000000"
        self.history.judged({"one": AGREED})
        kept = self.history.number
        self.history.changed("branch", "one", here, {new: True})
        here[new] = True
        self.history.judged({"one": here})
        self.history.restored(kept)
        self.history.changed("hq", "one", here, {new: False, known: False})
        self.assertEqual(self.both(**{known: "gone", new: True}), "")
        self.assertIn("the primary lost: hq's file a.txt", self.both())

    def test_a_move_may_lose_to_one_that_an_older_state_does_not_know_but_not_to_none(self):
        self.history.judged({"one": AGREED})
        kept, done = self.history.number, {**AGREED, "folder": "inbox/Done"}
        self.history.changed("branch", "one", AGREED, {"folder": "inbox/Done"})
        self.history.restored(kept)
        self.history.changed("branch", "one", done, {"folder": "inbox/Work"})
        self.assertEqual(self.both(folder="inbox/Done"), "")
        self.assertIn("lost and not listed", self.both())
        self.history.changed("hq", "one", done, {"folder": "inbox/Other"})
        self.assertIn("the primary lost", self.both(folder="inbox/Done"))

    def test_where_an_older_state_does_not_know_it_at_all_the_primary_tells_where_it_is_and_either_one_whether_it_is_read(self):
        self.history.restored(backup=0)
        self.history.changed("branch", "one", AGREED, {"folder": "inbox/Work", "read": True})
        self.assertEqual(self.both(), "")
        self.history.changed("hq", "one", AGREED, {"folder": "inbox/Done"})
        self.assertIn("the primary lost", self.both(folder="inbox/Work"))

    def test_what_a_restored_state_was_restored_to_counts_too(self):
        self.history.judged({"one": AGREED})
        first = self.history.number
        self.history.changed("hq", "one", AGREED, {"read": True})
        self.history.judged({"one": {**AGREED, "read": True}})
        self.history.restored(first)
        second = self.history.number
        self.history.changed("branch", "one", {**AGREED, "read": True}, {"read": False})
        self.assertEqual(self.both(read=True), "")
        self.history.judged({"one": {**AGREED, "read": True}})
        last = self.history.number
        self.history.changed("branch", "one", {**AGREED, "read": True}, {"read": False})
        self.assertIn("read is True", self.both(read=True))
        self.history.restored(last)
        self.assertIn("read is True", self.both(read=True))
        self.history.restored(second)
        self.assertEqual(self.both(read=True), "")

    def test_what_a_user_sets_back_when_an_older_state_has_come_back_may_not_be_seen(self):
        self.history.changed("branch", "one", AGREED, {"read": True})
        self.history.restored(backup=0)
        self.history.changed("hq", "one", {**AGREED, "read": True}, {"read": False, "subject": "t1"})
        self.assertEqual(self.both(read=True, subject="t1"), "")
        self.assertIn("the primary lost", self.both(read=True))
        self.history.judged({"one": item(read=True, subject="t1")["seen"]})
        self.history.changed("branch", "one", {**AGREED, "read": True, "subject": "t1"}, {"read": False})
        self.assertIn("read is True", self.both(read=True, subject="t1"))

    def test_both_sides_must_be_equal(self):
        self.assertIn("hq has", self.wrong([item()], [item(folder="inbox/Work")]))
        self.assertIn("differs", self.wrong([item()], [{**item(), "text": "another"}]))

    def test_an_edit_must_arrive(self):
        self.history.changed("branch", "one", AGREED, {"subject": "t1"})
        self.assertEqual(self.both(subject="t1"), "")
        self.assertIn("lost and not listed", self.both())
        self.assertEqual(self.both(conflict("replica")), "")

    def test_an_edit_that_the_other_side_saw_and_changed_is_not_lost(self):
        self.history.changed("branch", "one", AGREED, {"subject": "t1"})
        self.history.changed("hq", "one", {**AGREED, "subject": "t1"}, {"subject": "t2"})
        self.assertEqual(self.both(subject="t2"), "")
        self.assertIn("neither", self.both(subject="t1"))

    def test_where_both_edit_the_primary_wins_and_the_other_is_listed(self):
        self.history.changed("branch", "one", AGREED, {"subject": "t1"})
        self.history.changed("hq", "one", AGREED, {"subject": "t2"})
        self.assertEqual(self.both(conflict("replica", "t2"), subject="t2"), "")
        self.assertIn("lost and not listed", self.both(subject="t2"))
        self.assertIn("not listed", self.both(conflict("primary"), subject="t2"))
        self.assertIn("the primary lost", self.both(conflict("primary"), subject="t1"))

    def test_an_edit_that_a_delete_has_overtaken_is_listed(self):
        self.history.changed("hq", "one", AGREED, {"subject": "t1"})
        self.history.deleted("branch", "one", AGREED)
        self.assertIn("lost and not listed", self.wrong([], []))
        self.assertEqual(self.wrong([], [], conflict("primary", "t1")), "")

    def test_an_edit_that_was_seen_and_deleted_need_not_be_listed(self):
        self.history.changed("hq", "one", AGREED, {"subject": "t1"})
        self.history.deleted("branch", "one", {**AGREED, "subject": "t1"})
        self.assertEqual(self.wrong([], []), "")

    def test_what_nobody_changed_stays_as_it_was(self):
        self.assertIn("no user changed it", self.both(categories="Red"))
        self.assertIn("no user changed it", self.both(folder="inbox/Work"))
        self.assertIn("no user changed it", self.both(read=True))
        self.assertIn("no user changed it", self.both(**{"file a.txt 12345678": "gone"}))
        self.assertIn("no user changed it", self.both(**{"file b.txt 00000000": True}))

    def test_a_file_that_a_user_added_is_there_and_one_that_he_removed_is_not(self):
        self.history.changed("branch", "one", AGREED, {"file a.txt 12345678": False, "file a.txt 99999999": True})
        self.assertEqual(self.both(**{"file a.txt 12345678": "gone", "file a.txt 99999999": True}), "")
        self.assertEqual(self.both().count("lost and not listed"), 2)

    def test_where_both_move_it_is_where_the_primary_has_put_it(self):
        self.history.changed("branch", "one", AGREED, {"folder": "inbox/Done"})
        self.assertIn("lost and not listed", self.both())
        self.history.changed("hq", "one", AGREED, {"folder": "inbox/Work"})
        self.assertEqual(self.both(folder="inbox/Work"), "")
        self.assertIn("the primary lost", self.both(folder="inbox/Done"))

    def test_what_both_put_somewhere_may_stand_when_one_of_them_takes_his_back(self):
        for side in ("branch", "hq"):
            self.history.changed(side, "one", AGREED, {"folder": "inbox/Done", "read": True})
        self.history.changed("branch", "one", {**AGREED, "folder": "inbox/Done", "read": True}, {"folder": "inbox", "read": False})
        self.assertEqual(self.both(folder="inbox/Done", read=True), "")
        self.assertEqual(self.both(), "")
        self.assertIn("neither", self.both(folder="inbox/Work"))

    def test_an_occurrence_that_was_put_back_may_keep_what_its_series_had_then(self):
        self.history.changed("hq", "one", AGREED, {"location": "t1"})
        self.assertIn("no user changed it", self.both(location="t1", **{"occurrence 2027-03-08": "t1"}))
        self.history.changed("branch", "one", AGREED, {"occurrence 2027-03-08": "t2"})
        self.assertEqual(self.both(conflict("replica"), location="t1"), "")
        self.history.judged({"one": item(location="t1")["seen"]})
        self.history.changed("branch", "one", {**AGREED, "location": "t1"}, {"location": "t3"})
        self.assertEqual(self.both(location="t3", **{"occurrence 2027-03-08": "t1"}), "")
        self.assertIn("no user changed it", self.both(location="t3", **{"occurrence 2027-03-08": "t2"}))

    def test_a_file_that_its_user_took_away_again_is_not_lost_with_the_item(self):
        here = {**AGREED, "file b.txt 00000000": True}
        self.history.changed("hq", "one", AGREED, {"file b.txt 00000000": True})
        self.history.changed("hq", "one", here, {"file b.txt 00000000": False})
        self.history.deleted("branch", "one", AGREED)
        self.assertEqual(self.wrong([], []), "")
        self.history.changed("hq", "one", AGREED, {"subject": "t1"})
        self.assertIn("lost and not listed", self.wrong([], []))

    def test_the_read_state_is_what_one_of_both_gave_it(self):
        self.history.changed("branch", "one", AGREED, {"read": True})
        self.assertEqual(self.both(read=True), "")
        self.assertIn("read is False", self.both())

    def test_after_it_was_judged_only_what_comes_later_counts(self):
        self.history.changed("branch", "one", AGREED, {"subject": "t1"})
        self.history.judged({"one": item(subject="t1")["seen"]})
        self.assertEqual(self.both(subject="t1"), "")
        self.assertIn("no user changed it", self.both())


if __name__ == "__main__":
    unittest.main()
