"""Servers and mailboxes that are not as they should be: what the administrator is told, and that nothing is lost by it."""

import case
import programs


class BadServers(case.EndToEnd):
    """Each case breaks one thing, sees the error, repairs it and sees the mail arrive."""

    def setUp(self):
        super().setUp()
        self.deliver(self.hq, "waiting")

    def told(self, code, *words, hint=None, status="error", folder=None):
        """What the socket tells of the pair, of every side that is concerned; the log says the same."""
        report = self.daemon.call("pair.sync_now", pair="jane")["pairs"][0]
        self.assertFalse(report["in_step"])
        pair = self.daemon.call("pair.get", pair="jane")
        self.assertEqual(pair["status"], status)
        for error in pair["errors"]:
            self.assertEqual((error["code"], error.get("folder")), (code, folder), error)
            for word in words:
                self.assertIn(word, error["message"])
            if hint:
                self.assertIn(hint, error.get("hint", ""))
            self.daemon.wait_for_log(code)
            self.assertIn(error["message"], self.daemon.text())
        return pair["errors"][0]

    def repaired(self):
        """Nothing was lost: the mail arrives once what was wrong is right."""
        self.sim.control("clear_faults")
        self.daemon.sync()
        self.assertEqual((self.subjects(self.hq), self.subjects(self.branch)), (["waiting"], ["waiting"]))

    def repaired_configuration(self):
        self.daemon.configure(self.configuration())
        lines = len(self.daemon.log)
        self.daemon.reload()
        self.daemon.wait_for_log("started pair=jane", after=lines)
        self.repaired()

    def run_with(self, change):
        configuration = self.configuration()
        change(configuration)
        self.daemon.configure(configuration)
        self.daemon.start()

    def test_wrong_password(self):
        configuration = self.configuration()
        self.daemon.secret(self.name + ".password", "guessed")
        self.daemon.configure(configuration)
        self.daemon.start()
        self.told("HTTP 401", self.branch, hint="refuses the user name or the password")
        self.assertNotIn("guessed", self.daemon.text())
        self.repaired_configuration()

    def test_a_password_that_is_wrong_for_a_while_is_told_and_the_right_one_is_tried_at_once(self):
        self.run_daemon().sync()
        for attempt in ("guessed", f"{self.name} at branch"):
            self.daemon.secret(self.name + ".password", attempt)
            lines = len(self.daemon.log)
            self.daemon.reload()
            self.daemon.wait_for_log("started pair=jane", after=lines)
            self.daemon.call("pair.sync_now", pair="jane")
            tested = self.daemon.call("server.test", server="branch", mailbox=self.branch)
            if attempt != "guessed":
                continue
            pair = self.daemon.call("pair.get", pair="jane")
            self.assertEqual(pair["status"], "error")
            self.assertIn("access refused", str(pair["errors"]))
            self.assertIn("refuses the user name or the password", str(pair["errors"]))
            self.assertEqual([step["result"] for step in tested["steps"] if step["step"] == "login"], ["failed"])
        self.assertTrue(tested["ok"])
        self.repaired()

    def test_a_server_that_refuses_the_account_all_of_a_sudden_is_tested_without_waiting(self):
        self.run_daemon().sync()
        self.sim.control("fault", server="branch", what="http_status", status=401, always=True)
        self.daemon.call("pair.sync_now", pair="jane")
        pair = self.daemon.call("pair.get", pair="jane")
        self.assertEqual(pair["status"], "error")
        self.assertIn("access refused", str(pair["errors"]))
        self.assertIn("refuses the user name or the password", str(pair["errors"]))
        tested = self.daemon.call("server.test", server="branch", mailbox=self.branch)
        self.assertEqual([step["result"] for step in tested["steps"] if step["step"] == "login"], ["failed"])

    def test_unknown_mailbox(self):
        self.run_with(lambda c: c["pairs"]["jane"]["primary"].update(mailbox="nobody@hq.example"))
        self.told("ErrorNonExistentMailbox", "primary nobody@hq.example", hint="address")
        self.repaired_configuration()

    def test_no_right_to_impersonate(self):
        self.sim.control("deny", mailbox=self.hq, account="svc-sync@hq.example")
        self.run_daemon()
        self.told("ErrorImpersonateUserDenied", self.hq, hint="ApplicationImpersonation")
        self.sim.control("allow", mailbox=self.hq, account="svc-sync@hq.example")
        self.repaired()

    def test_certificate_that_is_not_trusted(self):
        self.run_with(lambda c: c["servers"]["branch"].pop("ca_file"))
        self.told("tls", "certificate not trusted", hint="ca_file")
        self.assertEqual(self.subjects(self.branch), [])
        self.repaired_configuration()

    def test_server_that_is_down(self):
        self.sim.stop()
        self.addCleanup(lambda: self.sim.process or self.sim.start())
        self.run_daemon()
        self.told("refused", "connection refused")
        self.sim.start()
        self.repaired()
        self.daemon.wait_for_log("works again")

    def test_server_whose_name_is_unknown(self):
        self.run_with(lambda c: c["servers"]["hq"].update(url="https://nowhere.invalid/EWS/Exchange.asmx"))
        self.told("dns", "nowhere.invalid")
        self.repaired_configuration()

    def test_url_without_ews(self):
        self.run_with(lambda c: c["servers"]["hq"].update(url=c["servers"]["hq"]["url"].replace("/EWS/", "/mail/")))
        self.told("HTTP 404", hint="/EWS/Exchange.asmx")
        self.repaired_configuration()

    def test_slow_server(self):
        self.sim.control("fault", what="delay", milliseconds=3000, mailbox=self.branch, always=True)
        self.run_with(lambda c: c["servers"]["branch"].update(timeouts={"idle": "1s", "total": "2s"}))
        self.told("timeout", "too long")
        self.repaired()

    def test_web_page_in_place_of_an_answer(self):
        self.sim.control("fault", what="html_page", mailbox=self.branch, always=True)
        self.run_daemon()
        self.told("protocol", "HTML", hint="check the URL")
        self.repaired()

    def test_half_an_answer(self):
        self.sim.control("fault", what="cut_at", bytes=300, mailbox=self.branch, always=True)
        self.run_daemon()
        self.told("cut", "before the answer was whole")
        self.repaired()

    def test_answer_that_exchange_itself_broke_off(self):
        self.sim.control("fault", what="truncated_data", mailbox=self.branch, always=True)
        self.run_daemon()
        self.told("protocol")
        self.repaired()

    def test_answer_that_is_no_xml(self):
        self.sim.control("fault", what="garbage_xml", mailbox=self.branch, always=True)
        self.run_daemon()
        self.told("protocol", hint="not what Exchange sends")
        self.repaired()

    def test_busy_server(self):
        self.sim.control("fault", what="busy_fault", back_off_milliseconds=1500, mailbox=self.branch, always=True)
        self.run_daemon()
        self.told("ErrorServerBusy", status="throttled")
        self.repaired()

    def test_unknown_code_for_a_folder(self):
        self.invents_codes = True
        self.sim.control("fault", what="response_error", code="ErrorOfTomorrow", message="It is new.", mailbox=self.hq, operation="SyncFolderItems", always=True)
        self.run_daemon()
        self.told("ErrorOfTomorrow", "It is new.", hint="does not know", status="started", folder="inbox")
        self.repaired()

    def test_unknown_code_for_one_mail_rests_alone(self):
        self.invents_codes = True
        self.deliver(self.hq, "refused")
        self.sim.control("fault", what="response_error", code="ErrorOfTomorrow", message="It is new.", mailbox=self.branch, operation="CreateItem",
                         item={"subject": "refused"}, always=True)
        self.run_daemon().call("pair.sync_now", pair="jane")
        self.assertEqual(self.subjects(self.branch), ["waiting"])
        [ban] = self.daemon.call("ban.list", pair="jane")["bans"]
        self.assertEqual((ban["subject"], ban["code"], ban["state"], ban["owner"]), ("refused", "ErrorOfTomorrow", "banned", self.branch))
        self.assertIn("It is new.", ban["message"])
        code, report = self.once_beside()
        self.assertEqual((code, report["pairs"][0]["banned"]), (1, 1))
        self.sim.control("clear_faults")
        self.daemon.start()
        self.daemon.call("ban.delete", pair="jane", id=ban["id"])
        self.daemon.sync()
        self.assertEqual(self.subjects(self.branch), ["refused", "waiting"])

    def once_beside(self):
        self.assertEqual(self.daemon.stop(), 0)
        return self.daemon.once()

    def test_folder_that_is_missing_on_one_side(self):
        self.sim.control("add_folder", mailbox=self.hq, path="inbox/Done")
        self.deliver(self.hq, "done", folder="inbox/Done")
        self.run_daemon({**case.INBOX, "done": {"primary": "inbox/Done", "replica": "inbox/Done"}})
        self.told("ErrorFolderNotFound", "replica", "inbox/Done", hint="check the path", status="started", folder="done")
        self.assertEqual((self.subjects(self.branch), self.subjects(self.hq, "inbox/Done")), (["waiting"], ["done"]))
        self.sim.control("add_folder", mailbox=self.branch, path="inbox/Done")
        self.repaired()
        self.assertEqual(self.subjects(self.branch, "inbox/Done"), ["done"])

    def test_folder_that_vanishes_takes_nothing_along(self):
        for mailbox in (self.hq, self.branch):
            self.sim.control("add_folder", mailbox=mailbox, path="inbox/Done")
        self.deliver(self.hq, "done", folder="inbox/Done")
        self.run_daemon({**case.INBOX, "done": {"primary": "inbox/Done", "replica": "inbox/Done"}}).sync()
        self.sim.control("delete_folder", mailbox=self.branch, folder="inbox/Done")
        error = self.told("ErrorFolderNotFound", "inbox/Done", status="started", folder="done")
        self.assertEqual(error["reach"], "folder")
        self.assertEqual(self.subjects(self.hq, "inbox/Done"), ["done"])


if __name__ == "__main__":
    case.main()
