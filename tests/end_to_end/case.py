"""What the end-to-end tests share: one exchange-sim for all of them, a mailbox on each server and a daemon for each test.

usage of every test: FILE EXSYNCD EXCHANGE-SIM [SCHEMAS] [unittest's arguments]
"""

import base64
import copy
import email.message
import email.utils
import itertools
import os
import sys
import unittest

import programs

PROGRAMS = {}
SIM = None
_numbers = itertools.count(1)

INBOX = {"inbox": {"primary": "inbox", "replica": "inbox"}}


class EndToEnd(unittest.TestCase):
    #: Whether exchange-sim was told to answer what Microsoft's schema does not know.
    invents_codes = False
    #: The versions of hq and branch, where a class wants others than `programs.two_servers` has: it gets servers of its own.
    versions = None

    @classmethod
    def setUpClass(cls):
        cls.sim = SIM
        if cls.versions:
            cls.sim = programs.Servers(PROGRAMS["exchange-sim"], programs.two_servers((), cls.versions), PROGRAMS["schemas"]).__enter__()
            cls.addClassCleanup(cls.sim.__exit__)

    def setUp(self):
        self.name = f"user{next(_numbers)}"
        self.hq, self.branch = f"{self.name}@hq.example", f"{self.name}@branch.example"
        for server, address, password in (("hq", self.hq, f"{self.name} at hq"), ("branch", self.branch, f"{self.name} at branch")):
            self.sim.control("add_mailbox", server=server, address=address, display_name=self.name, password=password)
        self.sim.control("clear_faults")
        self.sim.control("reset_counters")
        self.daemon = self.new_daemon()
        self.addCleanup(self.check_nobody_got_mail)

    def new_daemon(self):
        daemon = programs.Daemon(PROGRAMS["exsyncd"])
        self.addCleanup(daemon.__exit__)
        return daemon

    def check_nobody_got_mail(self):
        counters = self.sim.control("counters")
        self.assertEqual({kind: n for kind, n in counters["mails_out"].items() if kind != "details" and n}, {}, counters["mails_out"])
        if not self.invents_codes:
            self.assertEqual(counters["schema_bugs"], 0)

    # Users

    def deliver(self, mailbox, subject, folder="inbox", id_=None, **more):
        """A mail arrives; the same subject gives the same Message-ID, as with a mail to both mailboxes."""
        made = email.message.EmailMessage()
        made["From"], made["To"], made["Subject"] = "Ana <ana@somewhere.example>", "You <you@somewhere.example>", subject
        made["Message-ID"], made["Date"] = id_ or f"<{'-'.join(subject.split())}@somewhere.example>", "Wed, 07 Jan 2026 08:00:00 +0000"
        for name, value in more.pop("headers", {}).items():
            made[name] = value
        made.set_content(f"About {subject}.\n")
        self.sim.control("add_message", mailbox=mailbox, folder=folder, mime_base64=base64.b64encode(made.as_bytes()).decode(),
                         **{"received": "2026-01-07T08:00:00Z", "sent": "2026-01-07T08:00:00Z", **more})

    def user(self, mailbox, do, which, /, folder="inbox", **arguments):
        """A user acts on the mail with the subject `which`."""
        self.sim.control(do, mailbox=mailbox, folder=folder, item={"subject": which}, **arguments)

    # The daemon

    def configuration(self, folders=None, **pair):
        return self.daemon.configuration(self.sim, copy.deepcopy(folders or INBOX), mailbox=self.name, name="jane", **pair)

    def run_daemon(self, folders=None, **pair):
        self.daemon.configure(self.configuration(folders, **pair))
        self.daemon.start()
        return self.daemon

    # What both sides hold

    def subjects(self, mailbox, folder="inbox"):
        return sorted(mail["subject"] for mail in programs.mails(self.sim, mailbox, folder))

    def mail(self, mailbox, subject, folder="inbox"):
        found = [mail for mail in programs.mails(self.sim, mailbox, folder) if mail["subject"] == subject]
        self.assertEqual(len(found), 1, f"{subject!r} in {folder} of {mailbox}: {self.subjects(mailbox, folder)}")
        return found[0]

    def assert_equal_sides(self, *folder_pairs):
        _, found = programs.differences(self.sim, folder_pairs or [("inbox", "inbox")], mailbox=self.name)
        self.assertFalse(found, "\n".join(found[:10]) + "\n" + self.daemon.text())

    def requests(self):
        return self.sim.control("counters")["requests"]

    def writes(self):
        """Requests that changed something, by the servers' own count. UpdateFolder is left out: mostly that is a lease, which no user sees."""
        return {name: n for name, n in self.requests().items()
                if name.startswith(("Create", "Update", "Delete", "Move", "Copy")) and name != "UpdateFolder"}

    def assert_nothing_left_to_write(self):
        """One more run, after the daemon: in step, and neither side is touched."""
        self.daemon.kill()
        self.sim.control("reset_counters")
        code, report = self.daemon.once()
        self.assertEqual((code, report["in_step"], [pair["pair"] for pair in report["pairs"]], report["writes"], self.writes()),
                         (0, True, ["jane"], 0, {}), report)


def main(*more_servers):
    """`more_servers`: beside "hq" and "branch", as exchange-sim's configuration has them."""
    PROGRAMS["exsyncd"], PROGRAMS["exchange-sim"], PROGRAMS["schemas"] = sys.argv[1], sys.argv[2], None
    del sys.argv[1:3]
    if len(sys.argv) > 1 and os.path.isdir(sys.argv[1]):
        PROGRAMS["schemas"] = sys.argv.pop(1)
    global SIM
    configuration = programs.two_servers(())
    configuration["servers"] += more_servers
    with programs.Servers(PROGRAMS["exchange-sim"], configuration, PROGRAMS["schemas"]) as SIM:
        unittest.main(module="__main__", verbosity=2)
