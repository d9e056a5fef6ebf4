"""Mail becomes and stays the same on two real servers: both ways, one way, first pairing, kills, orderly ends, reload."""

import threading
import time

import case
import programs

ONE_WAY = {"primary-to-replica": ("hq", "branch"), "replica-to-primary": ("branch", "hq")}


class TwoWay(case.EndToEnd):
    def test_mail_of_both_sides_becomes_the_same(self):
        for mailbox, seed in ((self.hq, 1), (self.branch, 2)):
            self.sim.control("seed_messages", mailbox=mailbox, folder="inbox", count=36, seed=seed)
        self.run_daemon().sync()
        self.assertEqual(len(self.subjects(self.hq)), 72)
        self.assert_equal_sides()
        self.assert_nothing_left_to_write()

    def test_changes_of_either_side_arrive_at_the_other(self):
        for subject in ("one", "two", "three", "four"):
            self.deliver(self.hq, subject)
        daemon = self.run_daemon()
        daemon.sync()
        self.user(self.hq, "user_edit", "one", importance="High", categories=["Red"])
        self.user(self.branch, "user_edit", "two", subject="two, edited")
        self.user(self.hq, "user_delete", "three")
        self.user(self.branch, "user_mark_read", "four", read=True)
        self.assertEqual(daemon.sync(), 4)
        self.assertEqual(self.subjects(self.hq), ["four", "one", "two, edited"])
        self.assertTrue(self.mail(self.hq, "four")["read"])
        self.assert_equal_sides()
        self.assert_nothing_left_to_write()

    def test_a_mail_moves_with_its_folder(self):
        for mailbox in (self.hq, self.branch):
            self.sim.control("add_folder", mailbox=mailbox, path="inbox/Done")
        self.deliver(self.hq, "to do")
        daemon = self.run_daemon({**case.INBOX, "done": {"primary": "inbox/Done", "replica": "inbox/Done"}})
        daemon.sync()
        self.user(self.branch, "user_move", "to do", to="inbox/Done")
        self.assertEqual(daemon.sync(), 1)
        self.assertEqual((self.subjects(self.hq), self.subjects(self.hq, "inbox/Done")), ([], ["to do"]))
        self.assert_nothing_left_to_write()

    def test_what_lost_is_listed(self):
        self.deliver(self.hq, "disputed")
        daemon = self.run_daemon()
        daemon.sync()
        self.user(self.branch, "user_edit", "disputed", subject="as branch has it")
        self.user(self.hq, "user_edit", "disputed", subject="as hq has it")
        daemon.sync()
        self.assertEqual(self.subjects(self.branch), ["as hq has it"])
        [lost] = daemon.call("conflict.list", pair="jane")["conflicts"]
        self.assertEqual((lost["loser"], lost["fields"]), ("replica", ["Subject"]))

    def test_equal_mailboxes_are_linked_and_never_doubled(self):
        for number in range(40):
            for mailbox in (self.hq, self.branch):
                self.deliver(mailbox, f"to all {number}", read=mailbox == self.hq)
        self.run_daemon().sync()
        self.assertEqual(len(self.subjects(self.hq)), 40)
        self.assertNotIn("CreateItem", self.requests())
        self.assert_equal_sides()

    def test_twins_of_one_mail_in_one_folder_keep_their_number(self):
        for mailbox, copies in ((self.hq, 3), (self.branch, 2)):
            for _ in range(copies):
                self.deliver(mailbox, "thrice")
        self.run_daemon().sync()
        self.assertEqual((self.subjects(self.hq), self.subjects(self.branch)), (["thrice"] * 3, ["thrice"] * 3))

    def test_no_receipt_is_sent_when_a_mail_is_read_or_deleted(self):
        for subject in ("read at hq", "read at branch", "deleted at hq", "deleted at branch"):
            self.deliver(self.hq, subject, headers={"Disposition-Notification-To": "ana@somewhere.example"})
        daemon = self.run_daemon()
        daemon.sync()
        # What the users do themselves may send receipts: those are theirs, and not counted here.
        self.user(self.hq, "user_mark_read", "read at hq", read=True)
        self.user(self.branch, "user_mark_read", "read at branch", read=True)
        self.user(self.hq, "user_purge", "deleted at hq")
        self.user(self.branch, "user_purge", "deleted at branch")
        self.sim.control("reset_counters")
        self.assertGreaterEqual(daemon.sync(), 4)
        self.assertEqual(self.subjects(self.hq), ["read at branch", "read at hq"])
        self.assert_equal_sides()

    def test_an_emptied_folder_freezes_until_it_is_approved(self):
        for number in range(12):
            self.deliver(self.hq, f"mail {number}")
        daemon = self.run_daemon()
        daemon.sync()
        self.sim.control("user_empty_folder", mailbox=self.branch, folder="inbox")
        report = daemon.call("pair.sync_now", pair="jane")["pairs"][0]
        self.assertEqual(([f["folder"] for f in report["frozen"]], report["writes"]), (["inbox"], 0))
        self.assertEqual(len(self.subjects(self.hq)), 12)
        daemon.call("pair.approve", pair="jane", folder="inbox")
        daemon.sync()
        self.assertEqual(self.subjects(self.hq), [])

    def test_what_has_left_a_frozen_folder_is_shown_and_put_back(self):
        for number in range(4):
            self.deliver(self.hq, f"mail {number}")
        daemon = self.run_daemon()
        daemon.sync()
        self.sim.control("user_empty_folder", mailbox=self.hq, folder="inbox")
        self.assertEqual(len(daemon.call("pair.sync_now", pair="jane")["pairs"][0]["frozen"]), 1)
        plan = daemon.call("pair.plan", pair="jane")["folders"]["inbox"]
        self.assertIn("4 of 4", plan["frozen"]["reason"])
        self.assertEqual({(t["do"], t["on"], t["subject"]) for t in plan["tasks"]}, {("delete", "replica", f"mail {n}") for n in range(4)})
        daemon.call("pair.stop", pair="jane")
        self.assertEqual([f["folder"] for f in daemon.call("pair.get", pair="jane")["frozen"]], ["inbox"])
        daemon.call("pair.restore", pair="jane")
        daemon.call("pair.start", pair="jane")
        self.assertEqual(daemon.sync(), 0)
        self.assertEqual(self.subjects(self.hq), [f"mail {n}" for n in range(4)])
        self.assert_equal_sides()

    def test_a_plan_writes_nothing(self):
        self.deliver(self.hq, "planned")
        daemon = self.run_daemon(start=False)
        daemon.call("pair.start", pair="jane")
        self.user(self.hq, "user_edit", "planned", importance="High")
        plan = daemon.call("pair.plan", pair="jane")
        self.assertIn("inbox", plan["folders"])
        daemon.sync()
        self.user(self.branch, "user_delete", "planned")
        before = self.writes()
        plan = daemon.call("pair.plan", pair="jane")["folders"]["inbox"]
        self.assertEqual([(task["do"], task["on"], task["subject"]) for task in plan["tasks"]], [("delete", "primary", "planned")])
        self.assertEqual((self.writes(), self.subjects(self.hq)), (before, ["planned"]))


class OneWay(case.EndToEnd):
    def sides(self, direction):
        source, target = ({"hq": self.hq, "branch": self.branch}[name] for name in ONE_WAY[direction])
        return source, target

    def test_only_the_source_is_carried_over(self):
        for direction in ONE_WAY:
            with self.subTest(direction):
                self.doCleanups()
                self.setUp()
                source, target = self.sides(direction)
                self.deliver(source, "from the source")
                self.deliver(target, "of the target alone")
                daemon = self.run_daemon(direction=direction)
                daemon.sync()
                self.assertEqual((self.subjects(source), self.subjects(target)), (["from the source"], ["from the source", "of the target alone"]))
                self.user(source, "user_edit", "from the source", importance="High")
                self.user(target, "user_mark_read", "of the target alone", read=True)
                self.assertEqual(daemon.sync(), 1)
                self.assertEqual(self.mail(target, "from the source")["importance"], "High")
                self.user(source, "user_delete", "from the source")
                self.assertEqual(daemon.sync(), 1)
                self.assertEqual((self.subjects(source), self.subjects(target)), ([], ["of the target alone"]))
                self.assert_nothing_left_to_write()

    def test_drift_is_left_or_put_back(self):
        for drift, importance in (("leave", "Low"), ("revert", "Normal")):
            with self.subTest(drift):
                self.doCleanups()
                self.setUp()
                self.deliver(self.hq, "copied")
                daemon = self.run_daemon(direction="primary-to-replica", drift=drift)
                daemon.sync()
                self.user(self.branch, "user_edit", "copied", importance="Low")
                daemon.sync()
                self.assertEqual(self.mail(self.branch, "copied")["importance"], importance)
                self.assertEqual(self.mail(self.hq, "copied")["importance"], "Normal")


class Ends(case.EndToEnd):
    def round_in_background(self):
        """A round that will be cut off: what becomes of its answer does not matter."""
        def round_():
            try:
                self.daemon.call("pair.sync_now", pair="jane")
            except (OSError, ValueError, programs.Refused):
                pass
        asked = threading.Thread(target=round_)
        asked.start()
        self.addCleanup(asked.join)

    def wait_until_met(self, number=0):
        """Until exchange-sim has met that fault: the server has acted, and holds its answer back."""
        pause, deadline = threading.Event(), time.monotonic() + programs.PATIENCE
        while not self.sim.control("faults")["faults"][number]["hits"]:
            self.assertLess(time.monotonic(), deadline, f"never asked for: {self.requests()}\n{self.daemon.text()}")
            pause.wait(0.02)

    def test_killed_between_the_servers_act_and_its_answer(self):
        """For each kind of write: the server has done it, and the daemon never learns it from the answer."""
        for operation, act in (
                ("CreateItem", lambda: self.deliver(self.hq, "new")),
                ("UpdateItem", lambda: self.user(self.hq, "user_edit", "edited", importance="High")),
                ("UpdateItem", lambda: self.user(self.hq, "user_mark_read", "read", read=True)),
                ("MoveItem", lambda: self.user(self.hq, "user_delete", "deleted")),
                ("MoveItem", lambda: self.user(self.hq, "user_move", "moved", to="inbox/Done"))):
            with self.subTest(operation):
                self.doCleanups()
                self.setUp()
                for mailbox in (self.hq, self.branch):
                    self.sim.control("add_folder", mailbox=mailbox, path="inbox/Done")
                for subject in ("edited", "read", "deleted", "moved"):
                    self.deliver(self.hq, subject)
                daemon = self.run_daemon({**case.INBOX, "done": {"primary": "inbox/Done", "replica": "inbox/Done"}})
                daemon.sync()
                act()
                self.sim.control("fault", what="delay", milliseconds=3000, server="branch", mailbox=self.branch, operation=operation)
                self.round_in_background()
                self.wait_until_met()
                daemon.kill()
                self.sim.control("clear_faults")
                self.sim.control("reset_counters")
                daemon.start()
                daemon.sync()
                self.assert_equal_sides(("inbox", "inbox"), ("inbox/Done", "inbox/Done"))
                self.assertEqual(self.writes(), {}, "it was done already")
                self.assert_nothing_left_to_write()

    def test_killed_again_and_again_in_a_first_synchronisation(self):
        self.sim.control("seed_messages", mailbox=self.hq, folder="inbox", count=120, seed=5)
        self.daemon.configure(self.configuration())
        for _ in range(3):
            self.sim.control("clear_faults")
            self.sim.control("fault", what="delay", milliseconds=1500, server="branch", mailbox=self.branch, operation="CreateItem", always=True)
            self.daemon.start()
            self.wait_until_met()
            self.daemon.kill()
        self.sim.control("clear_faults")
        self.daemon.start()
        self.daemon.sync()
        self.assertEqual(len(self.subjects(self.branch)), 120)
        self.assert_equal_sides()
        self.assert_nothing_left_to_write()

    def test_sigterm_finishes_the_request_in_flight(self):
        self.deliver(self.hq, "in flight")
        self.sim.control("fault", what="delay", milliseconds=2000, server="branch", mailbox=self.branch, operation="CreateItem")
        self.run_daemon()
        self.wait_until_met()
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(self.subjects(self.branch), ["in flight"])
        self.sim.control("reset_counters")
        code, report = self.daemon.once()
        self.assertEqual((code, report["writes"], self.writes()), (0, 0, {}))

    def test_sigterm_waits_ten_seconds_for_a_server_that_hangs(self):
        self.deliver(self.hq, "hanging")
        self.sim.control("fault", what="delay", milliseconds=30000, server="branch", mailbox=self.branch, operation="CreateItem")
        self.run_daemon()
        self.wait_until_met()
        self.assertEqual(self.daemon.stop(), 0)
        self.assertIn("requests are still in flight: they are cut off", self.daemon.text())
        self.sim.control("clear_faults")
        self.daemon.start()
        self.daemon.sync()
        self.assertEqual(self.subjects(self.branch), ["hanging"])

    def test_sigterm_waits_for_no_timer(self):
        """A request that waits for its turn has one, minutes long."""
        configuration = self.configuration({**case.INBOX, "sent": {"primary": "sentitems", "replica": "sentitems"},
                                            "calendar": {"primary": "calendar", "replica": "calendar"}})
        for server in configuration["servers"].values():
            server["concurrency"] = 1
        self.daemon.configure(configuration)
        self.daemon.start()
        self.daemon.sync()
        self.assertEqual(self.daemon.stop(), 0)

    def test_a_stopped_pair_stays_stopped_over_a_restart(self):
        daemon = self.run_daemon()
        daemon.call("pair.stop", pair="jane")
        self.assertEqual(daemon.stop(), 0)
        daemon.start()
        self.assertEqual(daemon.call("pair.get", pair="jane")["status"], "stopped")
        self.deliver(self.hq, "later")
        daemon.call("pair.start", pair="jane")
        daemon.sync()
        self.assertEqual(self.subjects(self.branch), ["later"])


class Reload(case.EndToEnd):
    def reload(self, word):
        lines = len(self.daemon.log)
        self.daemon.reload()
        return self.daemon.wait_for_log(word, after=lines)

    def test_sighup_takes_over_what_has_changed(self):
        self.deliver(self.hq, "in Done", folder="inbox")
        daemon = self.run_daemon()
        daemon.sync()
        self.sim.control("add_folder", mailbox=self.hq, path="inbox/More")
        self.sim.control("add_folder", mailbox=self.branch, path="inbox/More")
        self.deliver(self.hq, "more", folder="inbox/More")
        daemon.configure(self.configuration({**case.INBOX, "more": {"primary": "inbox/More", "replica": "inbox/More"}}))
        self.reload("started pair=jane")
        daemon.sync()
        self.assertEqual(self.subjects(self.branch, "inbox/More"), ["more"])

    def test_polling_needs_nobody_to_ask(self):
        daemon = self.run_daemon()
        daemon.sync()
        daemon.configure(self.configuration(polling_interval="1s"))
        self.reload("reloaded")
        lines = len(daemon.log)
        self.deliver(self.branch, "unasked")
        daemon.wait_for_log("1 changes? carried over", after=lines)
        self.assertEqual(self.subjects(self.hq), ["unasked"])

    def test_a_wrong_configuration_changes_nothing(self):
        self.deliver(self.hq, "first")
        daemon = self.run_daemon()
        daemon.sync()
        wrong = self.configuration(direction="sideways")
        wrong["log"]["level"] = "loud"
        daemon.configure(wrong)
        self.reload("goes on with the old configuration")
        for told in ("pairs.jane.direction: ", "log.level: "):
            self.assertIn(told, daemon.text())
        with self.assertRaises(programs.Refused) as refused:
            daemon.call("daemon.reload")
        self.assertIn("pairs.jane.direction: ", str(refused.exception))
        self.deliver(self.hq, "second")
        daemon.sync()
        self.assertEqual(self.subjects(self.branch), ["first", "second"])


if __name__ == "__main__":
    case.main()
