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

    def test_what_cannot_be_seen_is_counted_explained_and_logged_once(self):
        self.deliver(self.hq, "open")
        self.deliver(self.hq, "private", sensitivity="Private")
        self.deliver(self.hq, "becomes private")
        daemon = self.run_daemon()
        for _ in range(2):
            daemon.call("pair.sync_now", pair="jane")
        unseen, = daemon.call("pair.get", pair="jane")["out_of_sight"]
        self.assertEqual({k: unseen[k] for k in ("folder", "side", "hidden", "doubted")}, {"folder": "inbox", "side": "primary", "hidden": 1, "doubted": 0})
        self.assertIn("1 item is hidden from the account (marked private)", unseen["reason"])
        self.assertIn("FullAccess", unseen["hint"])
        self.assertEqual(daemon.call("folder_pair.list", pair="jane")["folder_pairs"][0]["out_of_sight"], [unseen])
        lines = [line for line in daemon.call("log.show", pair="jane")["lines"] if line.get("code") == "hidden"]
        self.assertEqual([(line["level"], line["folder"]) for line in lines], [("warning", "inbox")])
        self.assertIn(f"primary {self.hq}: 1 item is hidden", lines[0]["text"])
        # One that left the list because it was hidden is not deleted, which is said.
        self.user(self.hq, "user_edit", "becomes private", sensitivity="Private")
        daemon.call("pair.sync_now", pair="jane")
        self.assertIn("becomes private", self.subjects(self.branch))
        unseen, = daemon.call("pair.get", pair="jane")["out_of_sight"]
        self.assertEqual((unseen["hidden"], unseen["doubted"]), (2, 1))
        self.assertIn("1 item has left the list", daemon.call("log.show", pair="jane", level="warning")["lines"][-1]["text"])
        # In sight again.
        self.sim.control("set_access", mailbox=self.hq, account=SERVICE, view_private=True)
        daemon.sync()
        self.assertNotIn("out_of_sight", daemon.call("pair.get", pair="jane"))
        daemon.wait_for_log("every item is in sight again")
        self.assert_equal_sides()

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

    def explained(self, configuration, code, *parts, hint, step, folder=None, mailbox=None, status="error"):
        """The same is told by the pair's status, the log and a test of the server: what happened, where, and what to do."""
        self.daemon.configure(configuration)
        self.daemon.start()
        self.assertFalse(self.daemon.call("pair.sync_now", pair="jane")["pairs"][0]["in_step"])
        pair = self.daemon.call("pair.get", pair="jane")
        self.assertEqual(pair["status"], status)
        error, = (error for error in pair["errors"] if error["code"] == code)
        self.assertEqual(error.get("folder"), folder)
        line, = (line for line in self.daemon.call("log.show", pair="jane", level="error")["lines"] if line["code"] == code)
        self.assertEqual((line["pair"], line.get("folder")), ("jane", folder))
        mailbox = mailbox or self.hq
        tested = {s["step"]: s for s in self.daemon.call("server.test", server="hq", mailbox=mailbox)["steps"]}[step]
        self.assertEqual(tested["result"], "failed")
        for text in (error["message"] + error["hint"], line["text"], tested["text"] + tested["hint"]):
            for part in (*parts, hint):
                self.assertIn(part, text)
        for text in (error["message"], line["text"]):
            self.assertIn(f"folder {folder}" if folder else mailbox, text)

    def test_a_mailbox_that_is_not_there(self):
        nobody = f"nobody-{self.name}@hq.example"
        configuration = self.configuration()
        configuration["pairs"]["jane"]["primary"]["mailbox"] = nobody
        self.explained(configuration, "ErrorNonExistentMailbox", "no mailbox", hint="PrimarySmtpAddress", step="mailbox", mailbox=nobody)

    def test_an_account_that_may_not_impersonate(self):
        configuration = self.configuration()
        configuration["servers"]["hq"]["auth"]["user"] = other = f"other-{self.name}@hq.example"
        self.sim.control("add_mailbox", server="hq", address=other, password="service at hq")
        self.explained(configuration, "ErrorImpersonateUserDenied", "impersonate", hint="ApplicationImpersonation", step="mailbox")

    def test_a_folder_that_the_account_is_no_owner_of(self):
        configuration = self.configuration()
        configuration["servers"]["hq"]["access"] = "delegate"
        self.sim.control("set_permission", mailbox=self.hq, folder="deleteditems", account=SERVICE, level="Owner")
        self.explained(configuration, "ErrorFolderNotFound", hint="make it an owner of the folder", step="folder inbox", folder="inbox",
                       status="started")

    def test_an_item_that_the_account_may_not_create(self):
        for folder in FOLDERS:
            self.sim.control("set_permission", mailbox=self.hq, folder=folder, account=SERVICE, level="Reviewer")
        self.deliver(self.branch, "not for hq")
        configuration = self.configuration()
        configuration["servers"]["hq"]["access"] = "delegate"
        self.daemon.configure(configuration)
        self.daemon.start()
        self.daemon.call("pair.sync_now", pair="jane")
        ban, = self.daemon.call("ban.list", pair="jane")["bans"]
        line, = (line for line in self.daemon.call("log.show", pair="jane", level="warning")["lines"] if line.get("item"))
        self.assertEqual((ban["subject"], ban["folder"], line["item"], line["folder"]), ("not for hq", "inbox", "not for hq", "inbox"))
        for text in (ban["message"] + ban["hint"], line["text"]):
            self.assertIn("ErrorAccessDenied", text)
            self.assertIn("make it an owner of the folder", text)
        tested = {s["step"]: s for s in self.daemon.call("server.test", server="hq", mailbox=self.hq)["steps"]}["folder inbox"]
        self.assertIn("may not: create items", tested["text"])

    def test_a_server_of_direct_access_is_tested_with_a_pairs_account(self):
        self.run_daemon()
        for mailbox in ({}, {"mailbox": self.branch}, {"mailbox": self.branch.upper()}):
            self.assertTrue(self.daemon.call("server.test", server="branch", **mailbox)["ok"])
        with self.assertRaises(programs.Refused) as refused:
            self.daemon.call("server.test", server="branch", mailbox="joe@branch.example")
        self.assertIn("no pair has one for joe@branch.example", str(refused.exception))

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
        self.explained(configuration, "ErrorInvalidServerVersion", hint='set "version"', step="version")

    def test_a_server_that_forbids_ews(self):
        self.sim.control("fault", server="hq", what="http_status", status=403, always=True)
        self.explained(self.configuration(), "HTTP 403", "403", hint="Set-CASMailbox -EwsEnabled $true", step="version")
        self.sim.control("clear_faults")

    def test_autodiscover_that_fails_names_every_step(self):
        configuration = self.configuration()
        configuration["servers"]["hq"]["url"] = "autodiscover"
        configuration["servers"]["hq"]["timeouts"] = {"connect": "2s", "total": "5s"}
        self.explained(configuration, "autodiscover", "https://hq.example/autodiscover/autodiscover.svc",
                       "https://autodiscover.hq.example/autodiscover/autodiscover.svc", "http://autodiscover.hq.example/autodiscover/autodiscover.xml",
                       "_autodiscover._tcp.hq.example", hint='"url"', step="address")

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
