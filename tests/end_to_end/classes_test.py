"""Contacts, tasks and appointments between real servers of different versions, as users and administrators see them."""

import json

import case
import programs
from programs import other_differences

OTHERS = {"appointments": "calendar", "contacts": "contacts", "tasks": "tasks"}
PAIRS = [(folder, folder) for folder in OTHERS.values()]
FOLDERS = {folder: {"primary": folder, "replica": folder} for folder in OTHERS.values()}


class Classes(case.EndToEnd):
    def setUp(self):
        super().setUp()
        for what, folder in OTHERS.items():
            self.sim.control("seed_" + what, mailbox=self.hq, folder=folder, count=24, seed=5)
        self.run_daemon(FOLDERS)

    def in_step(self):
        self.daemon.sync()
        count, found = other_differences(self.sim, PAIRS, mailbox=self.name)
        self.assertEqual(found, [], self.daemon.text())
        return count

    def quiet(self):
        self.assertEqual(self.daemon.sync(), 0)
        self.assertEqual(self.daemon.call("ban.list")["total"], 0)
        self.assert_nothing_left_to_write()

    def item(self, mailbox, folder, **wanted):
        for item in self.sim.control("contents", mailbox=mailbox, folder=folder)["items"]:
            if all(wanted_value in (item.get(key), item.get("appointment", {}).get(key)) for key, wanted_value in wanted.items()):
                return item
        raise AssertionError(f"{mailbox} has no such item in {folder}: {wanted}")

    def test_what_is_there_goes_over_with_attachments_and_exceptions_and_is_written_once(self):
        self.assertEqual(self.in_step(), 72)
        self.quiet()

    def test_edits_on_both_sides_cross(self):
        self.in_step()
        self.sim.control("user_edit", mailbox=self.branch, folder="contacts", item=self.item(self.branch, "contacts")["id"],
                         contact={"JobTitle": "Gärtnerin", "PhoneNumbers": {"MobilePhone": "+49 1"}}, categories=["Edited"])
        self.sim.control("user_edit", mailbox=self.hq, folder="tasks", item=self.item(self.hq, "tasks")["id"], body="edited at hq")
        single = self.item(self.hq, "calendar", type="Single", is_meeting=False)
        self.sim.control("user_edit_appointment", mailbox=self.hq, folder="calendar", item=single["id"], location="Room 7")
        self.in_step()
        self.assertEqual(self.item(self.hq, "contacts", categories=["Edited"])["contact"]["JobTitle"], "Gärtnerin")
        self.assertEqual(self.item(self.branch, "calendar", subject=single["subject"])["appointment"]["location"], "Room 7")
        self.quiet()

    def test_attachments_are_added_replaced_and_removed(self):
        self.in_step()
        contact = self.item(self.hq, "contacts")
        self.sim.control("user_add_attachment", mailbox=self.hq, folder="contacts", item=contact["id"], name="card.txt", content="one")
        self.in_step()
        self.sim.control("user_replace_attachment", mailbox=self.hq, folder="contacts", item=contact["id"], name="card.txt", content="another one")
        self.in_step()
        self.sim.control("user_remove_attachment", mailbox=self.hq, folder="contacts", item=contact["id"], name="card.txt")
        self.in_step()
        self.quiet()

    def test_where_both_edit_primary_wins_and_a_delete_wins_over_an_edit(self):
        self.in_step()
        for folder in OTHERS.values():
            mine = self.item(self.hq, folder, **({"type": "Single", "is_meeting": False} if folder == "calendar" else {}))
            theirs = next(i for i in self.sim.control("contents", mailbox=self.branch, folder=folder)["items"]
                          if programs.comparable(i) == programs.comparable(mine))
            edit = {"calendar": "user_edit_appointment"}.get(folder, "user_edit")
            self.sim.control(edit, mailbox=self.hq, folder=folder, item=mine["id"], subject=f"{folder} of hq")
            self.sim.control(edit, mailbox=self.branch, folder=folder, item=theirs["id"], subject=f"{folder} of branch")
        self.in_step()
        for folder in OTHERS.values():
            theirs = self.item(self.branch, folder, subject=f"{folder} of hq")
            self.sim.control("user_delete", mailbox=self.hq, folder=folder, item=self.item(self.hq, folder, subject=f"{folder} of hq")["id"])
            edit = {"calendar": "user_edit_appointment"}.get(folder, "user_edit")
            self.sim.control(edit, mailbox=self.branch, folder=folder, item=theirs["id"], subject="edited and deleted")
        self.assertEqual(self.in_step(), 69)
        self.assertEqual(len(self.daemon.call("conflict.list", pair="jane")["conflicts"]), 6)
        self.quiet()

    def test_occurrences_that_were_put_back_follow_their_series(self):
        self.sim.control("add_appointment", mailbox=self.hq, folder="calendar", subject="Standup", start="2027-03-01T09:00:00", end="2027-03-01T09:15:00",
                         zone="W. Europe Standard Time", recurrence={"pattern": "weekly", "days": ["Monday"], "start": "2027-03-01", "count": 6})
        self.in_step()
        at_branch = self.item(self.branch, "calendar", subject="Standup")["id"]
        self.sim.control("user_edit_occurrence", mailbox=self.branch, folder="calendar", item=at_branch, occurrence="2027-03-08", location="Room 1")
        self.sim.control("user_edit_appointment", mailbox=self.hq, folder="calendar", item=self.item(self.hq, "calendar", subject="Standup")["id"],
                         categories=["Red"])
        self.daemon.sync()
        own = {}
        for room in ("Room 2", "Room 3"):
            at_hq = self.item(self.hq, "calendar", subject="Standup")["id"]
            self.sim.control("user_edit_appointment", mailbox=self.hq, folder="calendar", item=at_hq, location=room)
            self.daemon.sync()
            series = self.item(self.branch, "calendar", subject="Standup")["appointment"]
            self.assertEqual((series["location"], {one["day"][:10]: one["location"] for one in series["modified"]}), (room, {"2027-03-08": room, **own}))
            # The same where another occurrence has something of its own.
            own = {"2027-03-15": "Garden"}
            self.sim.control("user_edit_occurrence", mailbox=self.hq, folder="calendar", item=at_hq, occurrence="2027-03-15", location="Garden")
            self.daemon.sync()
        self.assertEqual(self.daemon.call("pair.verify", pair="jane")["differences"], [])
        self.quiet()

    def test_killed_in_the_middle_nothing_is_lost_and_nothing_doubled(self):
        self.sim.control("fault", what="delay", milliseconds=5000, server="branch", operation="CreateAttachment")
        with self.daemon.connect() as asking:
            asking.sendall(json.dumps({"method": "pair.sync_now", "params": {"pair": "jane"}}).encode() + b"\n")
            while not self.sim.control("faults")["faults"][0]["hits"]:
                pass
            self.daemon.kill()
        self.sim.control("clear_faults")
        self.daemon.start()
        self.assertEqual(self.in_step(), 72)
        self.quiet()


if __name__ == "__main__":
    case.main()
