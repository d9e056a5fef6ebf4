"""How mailboxes are reached: by rights on folders, in public folders, by autodiscover; and what is told when a right is missing."""

import case
import programs

SERVICE = "svc-sync@hq.example"
FOLDERS = ("inbox", "deleteditems")


class ByRightsOnFolders(case.EndToEnd):
    """The service account is an owner of the folders; it may impersonate nobody."""

    def setUp(self):
        super().setUp()
        for folder in FOLDERS:
            self.grant(folder)

    def grant(self, folder, level="Owner"):
        self.sim.control("set_permission", mailbox=self.hq, folder=folder, account=SERVICE, level=level)

    def configuration(self, folders=None, **pair):
        configuration = super().configuration(folders, **pair)
        configuration["servers"]["hq"]["access"] = "delegate"
        return configuration

    def test_mails_go_both_ways_and_what_is_removed_is_in_the_mailboxs_own_deleted_items(self):
        self.deliver(self.hq, "from hq")
        self.deliver(self.branch, "from branch")
        daemon = self.run_daemon()
        daemon.sync()
        self.assert_equal_sides()
        self.assertEqual(self.subjects(self.hq), ["from branch", "from hq"])
        self.user(self.branch, "user_delete", "from hq")
        self.user(self.branch, "user_edit", "from branch", categories=["Red"])
        daemon.sync()
        self.assertEqual(self.subjects(self.hq), ["from branch"])
        self.assertEqual(self.subjects(self.hq, "deleteditems"), ["from hq"])
        self.assertEqual(self.mail(self.hq, "from branch")["categories"], ["Red"])
        self.assert_nothing_left_to_write()

    def test_private_items_are_left_alone_and_none_is_taken_for_deleted(self):
        self.deliver(self.hq, "open")
        self.deliver(self.hq, "becomes private")
        self.deliver(self.hq, "private", sensitivity="Private")
        self.deliver(self.branch, "private at branch", sensitivity="Private")
        daemon = self.run_daemon()
        daemon.call("pair.sync_now", pair="jane")
        self.assertEqual(self.subjects(self.branch), ["becomes private", "open", "private at branch"])
        # What could not be seen any more is not written, and is listed with what to do.
        self.assertEqual(self.subjects(self.hq), ["becomes private", "open", "private"])
        refused = [ban for ban in daemon.call("ban.list", pair="jane")["bans"] if "private at branch" in str(ban)]
        self.assertEqual(len(refused), 1)
        self.assertIn("FullAccess", str(refused))
        self.user(self.hq, "user_edit", "becomes private", sensitivity="Private")
        self.user(self.hq, "user_delete", "open")
        daemon.call("pair.sync_now", pair="jane")
        self.assertIn("becomes private", self.subjects(self.branch))
        self.assertIn("private at branch", self.subjects(self.branch))

    def test_private_items_come_when_the_right_to_see_them_does(self):
        self.deliver(self.hq, "open")
        self.deliver(self.hq, "private", sensitivity="Private")
        daemon = self.run_daemon()
        daemon.sync()
        self.assertEqual(self.subjects(self.branch), ["open"])
        self.sim.control("set_access", mailbox=self.hq, account=SERVICE, view_private=True)
        daemon.sync()
        self.assertEqual(self.subjects(self.branch), ["open", "private"])
        # And nothing is deleted when it goes again, with or without other changes.
        self.sim.control("set_access", mailbox=self.hq, account=SERVICE, view_private=False)
        self.user(self.hq, "user_edit", "private", categories=["Red"])
        daemon.call("pair.sync_now", pair="jane")
        self.assertEqual(self.subjects(self.branch), ["open", "private"])

    def test_a_right_that_is_withdrawn_deletes_nothing_and_is_explained(self):
        for n in range(3):
            self.deliver(self.hq, f"mail {n}")
        daemon = self.run_daemon()
        daemon.sync()
        self.grant("inbox", "None")
        self.user(self.hq, "user_delete", "mail 0")
        report = daemon.call("pair.sync_now", pair="jane")["pairs"][0]
        self.assertFalse(report["in_step"])
        told = str(report) + str(daemon.call("pair.get", pair="jane"))
        for part in ("inbox", "owner"):
            self.assertIn(part, told)
        self.assertEqual(self.subjects(self.branch), ["mail 0", "mail 1", "mail 2"])
        self.grant("inbox")
        daemon.sync()
        self.assertEqual(self.subjects(self.branch), ["mail 1", "mail 2"])

    def test_a_mailbox_without_a_right_to_deleted_items_is_explained(self):
        self.grant("deleteditems", "None")
        self.deliver(self.hq, "stays")
        daemon = self.run_daemon()
        daemon.sync()
        self.user(self.branch, "user_delete", "stays")
        report = daemon.call("pair.sync_now", pair="jane")["pairs"][0]
        self.assertIn("Deleted Items", str(report) + str(daemon.call("pair.get", pair="jane")) + str(daemon.call("ban.list", pair="jane")))
        self.assertEqual(self.subjects(self.hq), ["stays"])
        self.grant("deleteditems")
        self.sim.control("clear_faults")


class PublicFolders(case.EndToEnd):
    """A public folder at hq and a folder of the mailbox at branch."""
    #: A server has one store of them, for all tests.
    added = False

    def setUp(self):
        super().setUp()
        self.path = f"Team {self.name}"
        if not PublicFolders.added:
            self.sim.control("add_public_folders", server="hq", everybody="Contributor")
            PublicFolders.added = True
        self.there = dict(server="hq", mailbox="publicfolders", folder=f"publicfoldersroot/{self.path}")
        self.sim.control("add_folder", server="hq", mailbox="publicfolders", path=self.there["folder"])
        self.sim.control("set_permission", **self.there, account=SERVICE, level="Owner")
        self.sim.control("add_folder", mailbox=self.branch, path="inbox/Team")

    def run_public(self):
        return self.run_daemon({"team": {"primary": f"public:/{self.path}", "replica": "inbox/Team"}})

    def public_subjects(self):
        items = self.sim.control("contents", **self.there)["items"]
        return sorted(item["subject"] for item in items if item["folder"] == self.there["folder"])

    def post(self, subject):
        self.sim.control("add_message", **self.there, mime=f"From: a@somewhere.example\r\nMessage-ID: <{subject}@somewhere.example>\r\n"
                                                           f"Subject: {subject}\r\n\r\nAbout {subject}.\r\n")

    def test_mails_go_into_and_come_out_of_a_public_folder(self):
        self.post("notice")
        self.deliver(self.branch, "report", folder="inbox/Team")
        daemon = self.run_public()
        daemon.sync()
        self.assertEqual(self.public_subjects(), ["notice", "report"])
        self.assertEqual(self.subjects(self.branch, "inbox/Team"), ["notice", "report"])
        self.assertFalse(self.mail(self.branch, "notice", folder="inbox/Team")["read"])

    def test_a_public_folder_that_may_not_be_seen_is_explained(self):
        self.sim.control("set_permission", **self.there, account=SERVICE, level="None")
        daemon = self.run_public()
        report = daemon.call("pair.sync_now", pair="jane")["pairs"][0]
        told = str(report) + str(daemon.call("pair.get", pair="jane"))
        for part in (f"public:/{self.path}", "may read", "team"):
            self.assertIn(part, told)


class Explained(case.EndToEnd):
    """What happened, to which pair, folder and item, and what to do."""

    def told(self, configuration):
        self.daemon.configure(configuration)
        self.daemon.start()
        report = self.daemon.call("pair.sync_now", pair="jane")["pairs"][0]
        self.assertFalse(report["in_step"], report)
        told = str(report) + str(self.daemon.call("pair.get", pair="jane"))
        self.assertIn("jane", told)
        return told

    def test_an_alias_is_replaced_by_the_primary_address(self):
        self.sim.control("add_mailbox", server="hq", address=f"main-{self.name}@hq.example", password="secret",
                         aliases=[f"alias-{self.name}@hq.example"])
        self.deliver(f"main-{self.name}@hq.example", "hello")
        configuration = self.configuration()
        configuration["pairs"]["jane"]["primary"]["mailbox"] = f"alias-{self.name}@hq.example"
        self.daemon.configure(configuration)
        self.daemon.start()
        self.daemon.sync()
        self.assertEqual(self.subjects(self.branch), ["hello"])

    def test_a_version_that_the_server_does_not_know(self):
        configuration = self.configuration()
        configuration["servers"]["hq"]["version"] = "Exchange2016"
        told = self.told(configuration)
        self.assertIn("ErrorInvalidServerVersion", told)
        self.assertIn("older version", told)

    def test_a_server_that_forbids_ews(self):
        self.sim.control("fault", server="hq", what="http_status", status=403, always=True)
        told = self.told(self.configuration())
        self.assertIn("403", told)
        self.assertIn("EwsEnabled", told)
        self.sim.control("clear_faults")

    def test_autodiscover_that_fails_names_every_step(self):
        configuration = self.configuration()
        configuration["servers"]["hq"]["url"] = "autodiscover"
        configuration["servers"]["hq"]["timeouts"] = {"connect": "2s", "total": "5s"}
        told = self.told(configuration)
        for part in ("https://hq.example/autodiscover/autodiscover.svc", "https://autodiscover.hq.example/autodiscover/autodiscover.svc",
                     "http://autodiscover.hq.example/autodiscover/autodiscover.xml", "_autodiscover._tcp.hq.example", '"url"'):
            self.assertIn(part, told.replace("\\", ""))

    def test_a_named_autodiscover_service_leads_to_the_server(self):
        self.deliver(self.hq, "hello")
        configuration = self.configuration()
        hq = configuration["servers"]["hq"]
        hq["url"] = self.sim.url("hq").replace("/EWS/Exchange.asmx", "/autodiscover/autodiscover.svc")
        self.daemon.configure(configuration)
        self.daemon.start()
        self.daemon.sync()
        self.assertEqual(self.subjects(self.branch), ["hello"])


if __name__ == "__main__":
    case.main()
