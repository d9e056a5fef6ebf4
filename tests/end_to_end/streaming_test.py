"""Changes arrive unasked: the servers tell of them on hanging connections, and polling is an hour away."""

import threading
import time

import case
import programs


class Streaming(case.EndToEnd):
    def start(self, folders=None, **pair):
        daemon = self.run_daemon(folders, streaming=True, **pair)
        daemon.wait_until_streaming()
        # The listing that follows the subscriptions is over: from here on only notifications bring anything.
        self.daemon.wait_until(self.is_calm, "calm")
        return daemon

    def is_calm(self):
        """No round is under way, and none has begun since the last look."""
        now = self.daemon.call("pair.get", pair="jane")["round"]
        calm = not now["running"] and now["number"] == getattr(self, "rounds", None)
        self.rounds = now["number"]
        if not calm:
            threading.Event().wait(1)
        return calm

    def arrives(self, holds, what):
        print(f"  {what} arrived after {self.daemon.wait_until(holds, what):.2f} s", flush=True)

    def test_changes_of_every_kind_arrive_at_the_other_side(self):
        for mailbox in (self.hq, self.branch):
            self.sim.control("add_folder", mailbox=mailbox, path="inbox/Done")
        for subject in ("edited", "read", "deleted", "moved"):
            self.deliver(self.hq, subject)
        daemon = self.start({**case.INBOX, "done": {"primary": "inbox/Done", "replica": "inbox/Done"}})
        daemon.sync()
        for here, there in ((self.hq, self.branch), (self.branch, self.hq)):
            with self.subTest(here):
                self.deliver(here, f"new at {here}")
                self.arrives(lambda: f"new at {here}" in self.subjects(there), "a new mail")
                importance = "High" if here == self.hq else "Low"
                self.user(here, "user_edit", "edited", importance=importance)
                self.arrives(lambda: self.mail(there, "edited")["importance"] == importance, "an edit")
                read = here == self.hq
                self.user(here, "user_mark_read", "read", read=read)
                self.arrives(lambda: self.mail(there, "read")["read"] == read, "a read state")
                source, target = ("inbox", "inbox/Done") if here == self.hq else ("inbox/Done", "inbox")
                self.user(here, "user_move", "moved", folder=source, to=target)
                self.arrives(lambda: "moved" in self.subjects(there, target) and "moved" not in self.subjects(there, source), "a move")
        self.user(self.branch, "user_delete", "deleted")
        self.arrives(lambda: "deleted" not in self.subjects(self.hq), "a delete")
        self.assert_equal_sides(("inbox", "inbox"), ("inbox/Done", "inbox/Done"))
        self.assert_nothing_left_to_write()

    def test_the_status_says_how_changes_are_found(self):
        daemon = self.start()
        status = daemon.call("pair.get", pair="jane")
        self.assertEqual(status["notifications"], {"primary": {"mode": "streaming"}, "replica": {"mode": "streaming"}})
        self.assertIn("next_poll", status)
        daemon.kill()
        daemon.configure(self.configuration(streaming=False))
        daemon.start()
        daemon.sync()
        self.assertEqual(daemon.call("pair.get", pair="jane")["mode"], "polling")
        self.assertNotIn("Subscribe", self.requests_since(daemon.sync))

    def requests_since(self, act):
        self.sim.control("reset_counters")
        act()
        return self.requests()

    def test_a_stopped_pair_hangs_no_longer(self):
        daemon = self.start()
        daemon.call("pair.stop", pair="jane")
        self.daemon.wait_until(lambda: "Unsubscribe" in self.requests(), "Unsubscribe")
        self.deliver(self.hq, "while stopped")
        daemon.call("pair.start", pair="jane")
        self.daemon.wait_until(lambda: "while stopped" in self.subjects(self.branch), "the mail")

    def test_sigterm_does_not_wait_for_the_hanging_connections(self):
        daemon = self.start()
        self.assertEqual(daemon.stop(), 0)
        self.assertNotIn("still in flight", daemon.text())


if __name__ == "__main__":
    case.main()
