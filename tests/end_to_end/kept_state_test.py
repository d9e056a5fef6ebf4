"""State directories of former formats: each that is kept in kept/ is opened with its mailboxes, and the pair in it goes on where it was.

`kept_state_test.py EXSYNCD EXCHANGE-SIM --keep NAME` makes kept/NAME.tar.xz of the programs as they are (docs/TESTING.md says when that is due).
"""

import base64
import os
import shutil
import sys
import tarfile
import tempfile
import unittest

import case
import programs

KEPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kept")
PAIRS = {folder.replace("/", "-"): {"primary": folder, "replica": folder} for folder in ("inbox", "inbox/Done", "calendar", "contacts", "tasks")}
SIDES = ("jane@hq.example", "jane@branch.example")


class Kept:
    """exchange-sim and exsyncd with the pair "jane"; `state`: a directory with "mailboxes.json" and "state", or none."""

    def __init__(self, state=None):
        self.sim = programs.Servers(case.PROGRAMS["exchange-sim"], programs.two_servers(), case.PROGRAMS["schemas"])
        self.daemon = programs.Daemon(case.PROGRAMS["exsyncd"])
        if state:
            shutil.copy(os.path.join(state, "mailboxes.json"), os.path.join(self.sim.directory.name, "state.json"))
            shutil.copytree(os.path.join(state, "state"), self.daemon.path("state"))

    def __enter__(self):
        self.sim.start()
        return self

    def __exit__(self, *_):
        self.daemon.__exit__()
        self.sim.__exit__()

    def run(self):
        self.daemon.configure(self.daemon.configuration(self.sim, PAIRS))
        self.daemon.start()

    def do(self, do, mailbox, **more):
        return self.sim.control(do, mailbox=mailbox, **more)

    def mail(self, mailbox, subject, body="hello"):
        mime = f"From: ana@somewhere.example\r\nSubject: {subject}\r\nMessage-ID: <{subject}@somewhere.example>\r\n\r\n{body}\r\n"
        self.do("add_message", mailbox, folder="inbox", mime_base64=base64.b64encode(mime.encode()).decode(),
                received="2026-01-07T08:00:00Z", sent="2026-01-07T08:00:00Z")

    def subjects(self, mailbox, folder):
        return sorted(item["subject"] for item in self.do("contents", mailbox, folder=folder)["items"] if item["folder"] == folder)

    def until_nothing_waits(self):
        """What is banned stays so; a write that was left open may take until its server cannot commit it any more."""
        def settled():
            report = self.daemon.call("pair.sync_now", pair="jane")["pairs"][0]
            return not report["errors"] and not report["waiting"]
        self.daemon.wait_until(settled, "nothing waits", 3 * programs.PATIENCE)


def keep(name):
    """A pair that has met everything that a state directory tells of: twins of each class, a series with an exception, a lost conflict, a
    banned item, deletes, moves, a write whose answer was lost. Then the daemon dies, and users go on for a while."""
    with Kept() as kept:
        hq, branch = SIDES
        for side in SIDES:
            kept.do("add_folder", side, path="inbox/Done", **{"class": "IPF.Note"})
        for number in range(6):
            kept.mail((hq, branch)[number % 2], f"mail {number}")
        kept.do("add_contact", hq, folder="contacts", subject="Ann Smith", contact={"GivenName": "Ann", "Surname": "Smith"})
        kept.do("add_task", branch, folder="tasks", subject="Call back")
        kept.do("user_add_attachment", branch, folder="tasks", item={"subject": "Call back"}, name="a.txt", content="who", type="text/plain")
        kept.do("add_appointment", hq, folder="calendar", subject="Standup", start="2027-03-01T09:00:00", end="2027-03-01T09:15:00",
                zone="W. Europe Standard Time", recurrence={"pattern": "weekly", "days": ["Monday"], "start": "2027-03-01", "count": 5})
        kept.do("user_edit_occurrence", hq, folder="calendar", item={"subject": "Standup"}, occurrence="2027-03-08", location="Room 2")
        kept.sim.control("set_limits", server="branch", message_bytes=30000, request_bytes=67_108_864, attachment_bytes=67_108_864)
        kept.mail(hq, "too large", "x" * 60000)
        kept.run()
        kept.until_nothing_waits()
        kept.do("user_edit", branch, folder="inbox", item={"subject": "mail 0"}, subject="mail 0 of branch")
        kept.do("user_edit", hq, folder="inbox", item={"subject": "mail 0"}, subject="mail 0 of hq")
        kept.do("user_move", hq, folder="inbox", item={"subject": "mail 1"}, to="inbox/Done")
        kept.do("user_delete", branch, folder="inbox", item={"subject": "mail 2"})
        kept.until_nothing_waits()
        kept.sim.control("fault", what="close_before_acting", server="branch", operation="CreateItem", always=True)
        kept.mail(hq, "under way")
        kept.daemon.call("pair.sync_now", pair="jane")
        kept.daemon.kill()
        kept.do("user_edit", branch, folder="inbox", item={"subject": "mail 3"}, subject="mail 3, edited")
        kept.do("user_delete", hq, folder="inbox", item={"subject": "mail 4"})
        kept.do("user_edit_occurrence", branch, folder="calendar", item={"subject": "Standup"}, occurrence="2027-03-15", location="Room 3")
        kept.sim.stop()
        os.makedirs(KEPT, exist_ok=True)
        with tarfile.open(os.path.join(KEPT, name + ".tar.xz"), "w:xz") as archive:
            archive.add(os.path.join(kept.sim.directory.name, "state.json"), "mailboxes.json")
            # The log of the data base and its lock tell of this machine and of nothing else.
            archive.add(kept.daemon.path("state"), "state", filter=lambda member: None if os.path.basename(member.name).startswith("LO") else member)
        kept.sim.start()


class KeptStates(unittest.TestCase):
    def test_each_kept_state_directory_is_opened_and_its_pair_goes_on(self):
        names = sorted(os.listdir(KEPT))
        self.assertTrue(names)
        for name in names:
            with self.subTest(name), tempfile.TemporaryDirectory() as directory:
                with tarfile.open(os.path.join(KEPT, name)) as archive:
                    archive.extractall(directory)
                with Kept(directory) as kept:
                    self.goes_on(kept)

    def goes_on(self, kept):
        kept.run()
        kept.until_nothing_waits()
        for side in SIDES:
            large = ["too large"] if side == SIDES[0] else []
            self.assertEqual(kept.subjects(side, "inbox"), sorted(["mail 0 of hq", "mail 3, edited", "mail 5", "under way", *large]), side)
            self.assertEqual([kept.subjects(side, folder) for folder in ("inbox/Done", "contacts", "tasks", "calendar")],
                             [["mail 1"], ["Ann Smith"], ["Call back"], ["Standup"]], side)
        count, found = programs.other_differences(kept.sim, [(folder, folder) for folder in ("contacts", "tasks", "calendar")])
        self.assertEqual((count, found), (3, []))
        [lost] = kept.daemon.call("conflict.list", pair="jane")["conflicts"]
        self.assertEqual((lost["loser"], lost["fields"]), ("replica", ["Subject"]))
        self.assertEqual([ban["subject"] for ban in kept.daemon.call("ban.list", pair="jane")["bans"]], ["too large"])
        differences = kept.daemon.call("pair.verify", pair="jane")["differences"]
        self.assertEqual([difference["subject"] for difference in differences], ["too large"], differences)
        kept.sim.control("reset_counters")
        kept.until_nothing_waits()
        requests = kept.sim.control("counters")["requests"]
        self.assertEqual([name for name in requests if name.startswith(("Create", "Update", "Delete", "Move"))], [])


if __name__ == "__main__":
    if sys.argv[3:4] == ["--keep"]:
        case.PROGRAMS.update({"exsyncd": sys.argv[1], "exchange-sim": sys.argv[2], "schemas": None})
        keep(sys.argv[4])
    else:
        case.main()
