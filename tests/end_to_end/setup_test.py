"""The wizard of exsyncctl between real servers, on a terminal, for each kind of access.

usage: FILE EXSYNCD EXCHANGE-SIM [SCHEMAS] [unittest's arguments]
"""

import os
import re

import case
from terminal import Terminal

SERVICE = "svc-sync@hq.example"


class SetupTest(case.EndToEnd):
    def setUp(self):
        super().setUp()
        self.daemon.configure({"state_directory": self.daemon.path("state"), "admin_socket": self.daemon.socket,
                               "log": {"level": "info", "target": "stderr"}})
        self.daemon.start()
        self.ca = self.sim.ready["ca_file"]

    def setup(self):
        program = os.path.join(os.path.dirname(os.path.abspath(case.PROGRAMS["exsyncd"])), "exsyncctl")
        wizard = Terminal(program, "--socket", self.daemon.socket, "setup")
        self.addCleanup(wizard.__exit__)
        return wizard

    def choose_access(self, wizard, primary, replica):
        wizard.type(r"Access to the primary \[1\]: $", primary)
        wizard.type(r"Access to the replica \[\d\]: $", replica)

    def new_server(self, wizard, name, password="service at hq"):
        wizard.type(r"short name for the primary's server \[hq\]: $", name)
        wizard.type(r"Its URL.*: $", self.sim.url("hq"))
        wizard.type(r"The service account, like .*: $", SERVICE)
        wizard.type(r"password \(is kept encrypted\): $", password)
        wizard.type(r"authority of the server's certificate.*: $", self.ca)

    def account(self, wizard, side, server, user, password):
        wizard.type(rf"URL of the {side}'s server.*: $", self.sim.url(server))
        wizard.type(rf"The {side}'s user.*: $", user)
        wizard.type(r"password \(is kept encrypted\): $", password)
        wizard.type(r"authority of the server's certificate.*: $", self.ca)

    def settings_and_start(self, wizard):
        """From the pair's name on, with the inbox alone; returns what was proposed."""
        wizard.type(r"short name for the pair \[\w+\]: $", "jane")
        wizard.type(r"Whose changes go over\? \[1\]: $", "")
        wizard.type(r"looked for changes\? \[5min\]: $", "1h")
        wizard.type(r"Only items since .* \[all\]: $", "")
        wizard.type(r"come along.*\(Y/n\): $", "")
        proposed = wizard.wait_for(r"Which of them are to be the same\?.*\[all\]: $")
        wizard.type("", re.search(r"(\d+)\) inbox  \(", proposed)[1])
        wizard.type(r"Folders: $", "")
        wizard.type(r"Create this pair\? \(Y/n\): $", "")
        wizard.type(r"Start it now\? \(Y/n\): $", "")
        wizard.wait_for(r"It runs\.")
        self.assertEqual(wizard.ended(), 0)
        return proposed

    def assert_it_syncs(self):
        self.deliver(self.branch, "from branch")
        self.daemon.sync()
        self.assert_equal_sides()
        self.assertEqual(self.subjects(self.hq), ["from branch", "from hq"])

    def assert_no_secret(self, wizard):
        for secret in ("service at hq", f"{self.name} at branch", f"{self.name} at hq"):
            self.assertNotIn(secret, wizard.text + self.daemon.text())

    def test_a_service_account_that_impersonates_and_one_of_the_mailboxs_own(self):
        self.deliver(self.hq, "from hq")
        self.sim.control("add_folder", mailbox=self.hq, path="inbox/Projects")
        wizard = self.setup()
        self.choose_access(wizard, "", "3")
        self.new_server(wizard, "hq")
        self.account(wizard, "replica", "branch", self.branch, f"{self.name} at branch")
        shown = wizard.wait_for(r"4 of 7")
        self.assertRegex(shown, r"hq:\nok +address: .*\nok +connect: .*\nok +tls: .*\nok +login: .*\nok +version: Exchange Server 2010")
        self.assertNotIn("failed", shown)
        # Users of the server's directory are found by the beginning of their names.
        wizard.type(r"address of the primary, or three letters.*: $", self.name)
        wizard.type(rf"1\) {self.name}  <{self.hq}>[^§]*Which one\? \[1\]: $", "1")
        shown = wizard.type(rf"Mail address of the replica \[{self.branch}\]: $", "")
        self.assertRegex(shown, rf"{self.hq}:\nok +mailbox: the account may stand in for {self.hq}")
        proposed = self.settings_and_start(wizard)
        self.assertRegex(proposed, r" \d\) inbox  \(1 and 0 items\)")
        self.assertRegex(proposed, r" \d\) calendar  ")
        for left_out in ("Outbox", "Deleted", "notes", "Junk", "junk", "Projects"):  # the last one comes along with what it lies in
            self.assertNotIn(left_out, proposed)
        self.assert_it_syncs()
        self.assert_no_secret(wizard)
        got = self.daemon.call("pair.get", pair="jane")
        self.assertEqual([(f["primary"], f["replica"]) for f in got["folders"]], [("inbox", "inbox"), ("inbox/Projects", "inbox/Projects")])  # told as a folder pair of its own

    def test_a_service_account_that_is_an_owner_of_the_folders(self):
        self.deliver(self.hq, "from hq")
        wizard = self.setup()
        self.choose_access(wizard, "2", "3")
        self.new_server(wizard, "owned")
        self.account(wizard, "replica", "branch", self.branch, f"{self.name} at branch")
        wizard.type(r"address of the primary, or three letters.*: $", self.hq)
        shown = wizard.wait_for(r"What now\? \[1\]: $")
        self.assertRegex(shown, rf"failed +mailbox: no folder of {self.hq} can be seen\n +→ .*grant")
        for folder in ("inbox", "calendar", "contacts", "tasks", "drafts", "sentitems", "notes", "deleteditems"):
            self.sim.control("set_permission", mailbox=self.hq, folder=folder, account=SERVICE, level="Owner")
        wizard.type("", "1")  # try it again
        wizard.type(rf"Mail address of the replica \[{self.branch}\]: $", "")
        self.settings_and_start(wizard)
        self.assert_it_syncs()
        self.assertEqual(self.daemon.call("server.get", server="owned")["settings"]["access"], "delegate")
        self.assert_no_secret(wizard)

    def test_each_with_its_own_account_and_a_password_mistyped(self):
        self.deliver(self.hq, "from hq")
        wizard = self.setup()
        self.choose_access(wizard, "3", "")
        self.account(wizard, "primary", "hq", self.hq, "not this one")
        self.account(wizard, "replica", "branch", self.branch, f"{self.name} at branch")
        shown = wizard.type(r"What now\? \[1\]: $", "2")
        self.assertRegex(shown, r"failed +login: .*\n +→ ")
        self.assertRegex(shown, r"skipped +version: not tried")
        self.account(wizard, "primary", "hq", self.hq, f"{self.name} at hq")
        wizard.type(rf"Mail address of the primary \[{self.hq}\]: $", "")
        wizard.type(rf"Mail address of the replica \[{self.branch}\]: $", "")
        self.settings_and_start(wizard)
        self.assert_it_syncs()
        self.assert_no_secret(wizard)

    def test_ctrl_c_leaves_nothing_and_the_terminal_as_it_was(self):
        wizard = self.setup()
        self.choose_access(wizard, "1", "3")
        self.new_server(wizard, "hq")
        self.account(wizard, "replica", "branch", self.branch, f"{self.name} at branch")
        wizard.wait_for(r"address of the primary, or three letters.*: $")
        self.assertEqual([s["name"] for s in self.daemon.call("server.list")["servers"]], ["hq"])
        os.write(wizard.terminal, b"\x03")
        wizard.wait_for(r"Ended; nothing was made\.")
        self.assertEqual(wizard.ended(), 1)
        self.assertEqual(self.daemon.call("server.list")["servers"], [])


if __name__ == "__main__":
    case.main()
