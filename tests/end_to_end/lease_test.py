"""Two real daemons on the same two folders: one looks after them, and the other one says so."""

import os
import shutil

import case


class Lease(case.EndToEnd):
    def another_daemon(self):
        other = self.new_daemon()
        other.configure(other.configuration(self.sim, case.INBOX, mailbox=self.name, name="jane"))
        return other

    def lease(self, daemon):
        return daemon.call("folder_pair.list", pair="jane")["folder_pairs"][0]["lease"]

    def test_the_second_daemon_leaves_the_folder_pair_to_the_first_until_that_ends(self):
        self.deliver(self.hq, "before")
        self.run_daemon()
        self.daemon.sync()
        self.assertEqual(self.lease(self.daemon), {"state": "held"})
        other = self.another_daemon()
        other.start()
        other.call("pair.sync_now", pair="jane")
        told = self.lease(other)
        self.assertEqual(told["state"], "elsewhere")
        self.assertIn("another daemon looks after this folder pair, on host " + os.uname().nodename[:32], told["reason"])
        error, = other.call("pair.get", pair="jane")["errors"]
        self.assertEqual((error["code"], error["folder"]), ("lease", "inbox"))
        self.assertIn("pair.take_over", error["hint"])
        self.deliver(self.branch, "after")
        self.daemon.sync()
        other.call("pair.sync_now", pair="jane")
        self.assertEqual(self.subjects(self.hq), ["after", "before"])
        self.assertEqual(self.subjects(self.branch), ["after", "before"])
        self.daemon.stop()
        other.sync()
        self.assertEqual(self.lease(other), {"state": "held"})

    def test_a_killed_daemon_goes_on_at_once_and_a_new_one_takes_over(self):
        self.run_daemon()
        self.daemon.sync()
        self.daemon.kill()
        self.deliver(self.hq, "meanwhile")
        self.daemon.start()
        self.daemon.sync()
        self.assertEqual(self.subjects(self.branch), ["meanwhile"])
        self.daemon.kill()
        shutil.rmtree(self.daemon.path("state"))
        self.deliver(self.hq, "more")
        self.daemon.start()
        self.daemon.call("pair.sync_now", pair="jane")
        self.assertEqual(self.subjects(self.branch), ["meanwhile"])
        self.assertEqual(self.daemon.call("pair.take_over", pair="jane")["pairs"], [{"pair": "jane", "done": True}])
        self.daemon.sync()
        self.assertEqual(self.subjects(self.branch), ["meanwhile", "more"])
        with self.assertRaises(Exception) as nothing:
            self.daemon.call("pair.take_over", pair="jane")
        self.assertIn("no other daemon looks after jane", str(nothing.exception))

    def test_no_user_sees_a_lease_and_a_pair_that_rests_asks_for_nothing_more(self):
        self.deliver(self.hq, "one")
        self.run_daemon()
        self.daemon.sync()
        self.assertEqual(self.requests()["UpdateFolder"], 1)
        self.sim.control("reset_counters")
        for _ in range(3):
            self.assertEqual(self.daemon.sync(), 0)
        self.assertNotIn("UpdateFolder", self.requests())
        self.assert_equal_sides()


if __name__ == "__main__":
    case.main()
