"""Two mailboxes that hold the same things already: paired anew, by somebody else, or by two daemons at once."""

import base64

import case
import programs

FOLDERS = {folder: {"primary": folder, "replica": folder} for folder in ("inbox", "drafts", "contacts", "tasks")}


class TwoFullMailboxes(case.EndToEnd):
    def setUp(self):
        super().setUp()
        for folder in ("contacts", "tasks"):
            self.sim.control("seed_" + folder, mailbox=self.hq, folder=folder, count=12, seed=5)
        for percent in (10, 80, 80):
            self.plain("inbox", f"From: admin@x.example\r\nSubject: quota warning\r\n\r\nYour mailbox is now {percent}% full.\r\n")
        self.plain("inbox", "X-Nothing: 1\r\n\r\nno headers at all\r\n")
        for to in ("ann@x.example", "bob@x.example"):
            self.plain("drafts", f"To: {to}\r\nSubject: a draft\r\n\r\nto be written\r\n", draft=True)
        self.daemon.configure(self.configuration(FOLDERS))
        self.daemon.start()
        self.daemon.sync()
        self.everything = {folder: self.held(self.hq, folder) for folder in FOLDERS}
        self.assert_as_it_was()

    def plain(self, folder, mime, **more):
        self.sim.control("add_message", mailbox=self.hq, folder=folder, mime_base64=base64.b64encode(mime.encode()).decode(),
                         received="2026-01-07T08:00:00Z", sent="2026-01-07T08:00:00Z", **more)

    def held(self, mailbox, folder):
        return len(self.sim.control("contents", mailbox=mailbox, folder=folder)["items"])

    def assert_as_it_was(self):
        for mailbox in (self.hq, self.branch):
            self.assertEqual({folder: self.held(mailbox, folder) for folder in FOLDERS}, self.everything, mailbox)

    def another_daemon(self, name):
        other = self.new_daemon()
        other.configure(other.configuration(self.sim, FOLDERS, mailbox=self.name, name=name))
        other.start()
        return other

    def test_a_new_installation_under_another_name_doubles_nothing(self):
        self.assertEqual(self.everything["inbox"], 4)
        self.daemon.stop()
        self.sim.control("reset_counters")
        other = self.another_daemon("janet")
        other.sync("janet")
        self.assertEqual({name: n for name, n in self.writes().items() if not name.startswith("Update")}, {})
        self.assert_as_it_was()
        warning = next(i for i in self.sim.control("contents", mailbox=self.hq, folder="inbox")["items"] if i["subject"] == "quota warning")
        self.sim.control("user_delete", mailbox=self.hq, item=warning["id"])
        other.sync("janet")
        self.everything["inbox"] = 3
        self.assert_as_it_was()
        self.assertEqual(other.sync("janet"), 0)

    def test_two_daemons_on_the_same_folders_do_not_copy_each_others_copies(self):
        """The second one takes them over, as after a reinstall; the first one is still there."""
        other = self.another_daemon("janet")
        other.call("pair.sync_now", pair="janet")
        other.call("pair.take_over", pair="janet")
        for subject in ("at hq", "at hq too"):
            self.deliver(self.hq, subject)
        self.deliver(self.branch, "at the branch")
        self.everything["inbox"] = 7
        for _ in range(4):
            self.daemon.call("pair.sync_now", pair="jane")
            other.sync("janet")
        self.assert_as_it_was()
        self.assertEqual(other.sync("janet"), 0)


class BetweenOldAndNew(TwoFullMailboxes):
    """Servers that derive names and subjects in their own ways."""
    versions = ("Exchange2007_SP1", "Exchange2016")


class SharedFolders(case.EndToEnd):
    def test_a_second_pair_on_the_same_folders_is_refused_with_the_name_of_the_first(self):
        configuration = self.configuration()
        jane = configuration["pairs"]["jane"]
        configuration["pairs"]["mirror"] = {**jane, "primary": jane["replica"], "replica": jane["primary"]}
        self.daemon.configure(configuration)
        code, _, told = self.daemon.run("--check-config")
        self.assertEqual(code, 2, told)
        self.assertIn('pairs.mirror.folders.inbox: pair "jane" keeps these folders in step with each other already', told)


if __name__ == "__main__":
    case.main()
