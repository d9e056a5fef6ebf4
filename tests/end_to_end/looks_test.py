"""What an administrator looks at before and after: a dry run, a comparison of both sides, and what can be put back."""

import os
import stat

import case


class Looks(case.EndToEnd):
    def test_a_plan_names_everything_with_its_reason_and_leaves_no_trace(self):
        for subject in ("kept", "gone", "edited"):
            self.deliver(self.hq, subject)
        daemon = self.run_daemon()
        daemon.sync()
        daemon.call("pair.stop", pair="jane")
        self.deliver(self.hq, "new")
        self.user(self.branch, "user_delete", "gone")
        self.user(self.hq, "user_edit", "edited", categories=["Red"])
        before = self.writes()
        for _ in range(2):
            plan = daemon.call("pair.plan", pair="jane")
            tasks = sorted((task["do"], task["on"], task["subject"], task["reason"]) for task in plan["folders"]["inbox"]["tasks"])
            self.assertEqual(tasks, [("create", "replica", "new", "new on primary"), ("delete", "primary", "gone", "deleted on replica"),
                                     ("update", "replica", "edited", "edited on primary")])
        self.assertEqual(self.writes(), before)
        daemon.call("pair.start", pair="jane")
        daemon.sync()
        self.assert_equal_sides()
        self.assertEqual(daemon.call("pair.plan", pair="jane")["folders"]["inbox"]["tasks"], [])

    def test_both_sides_are_compared_by_contents(self):
        for number in range(60):
            self.deliver(self.hq, f"mail {number}")
        daemon = self.run_daemon()
        daemon.sync()
        before = self.writes()
        found = daemon.call("pair.verify", pair="jane")
        self.assertEqual((found["compared"], found["in_step"], found["differences"]), (60, 60, []))
        self.assertEqual(self.writes(), before)

    def test_what_was_deleted_and_overwritten_is_put_back_on_both_sides(self):
        for subject in ("gone", "edited"):
            self.deliver(self.hq, subject)
        daemon = self.run_daemon()
        daemon.sync()
        self.user(self.branch, "user_delete", "gone")
        self.user(self.hq, "user_edit", "edited", categories=["Red"])
        daemon.sync()
        self.assertEqual(self.subjects(self.hq), ["edited"])
        kept = {one["subject"]: one for one in daemon.call("undo.list", pair="jane")["kept"]}
        self.assertEqual((kept["gone"]["did"], kept["gone"]["on"]), ("deleted", "primary"))
        self.assertEqual((kept["edited"]["did"], kept["edited"]["fields"]), ("overwritten", ["Categories"]))
        directory = daemon.path("state/undo")
        self.assertEqual(stat.S_IMODE(os.stat(directory).st_mode), 0o700)
        self.assertEqual({stat.S_IMODE(os.stat(os.path.join(directory, name)).st_mode) for name in os.listdir(directory)}, {0o600})
        [item] = daemon.call("undo.apply", pair="jane", id=kept["gone"]["id"])["items"]
        self.assertTrue(item["done"], item)
        daemon.sync()
        self.assertEqual(self.subjects(self.branch), ["edited", "gone"])
        daemon.call("undo.apply", pair="jane", all=True)
        daemon.sync()
        self.assertEqual(self.mail(self.hq, "edited").get("categories", []), [])
        self.assert_equal_sides()
        self.assert_nothing_left_to_write()

    def test_a_subfolder_that_is_deleted_on_one_side_is_told_of_wherever_one_looks(self):
        self.sim.control("add_folder", mailbox=self.hq, path="inbox/Sub")
        self.deliver(self.hq, "mail in it", folder="inbox/Sub")
        daemon = self.run_daemon(include_subfolders=True)
        daemon.sync()
        self.assertEqual(self.subjects(self.branch, "inbox/Sub"), ["mail in it"])
        self.sim.control("delete_folder", mailbox=self.hq, folder="inbox/Sub")
        self.deliver(self.branch, "later mail", folder="inbox/Sub")
        self.assertFalse(daemon.call("pair.sync_now", pair="jane")["pairs"][0]["in_step"])
        said = "primary folder inbox/Sub was deleted or moved away by its user"
        [error] = daemon.call("pair.get", pair="jane")["errors"]
        self.assertEqual((error["folder"], error["code"]), ("inbox/Sub", "half_deleted"))
        self.assertIn(said, error["message"])
        self.assertIn("delete replica folder inbox/Sub as well", error["hint"])
        [below] = [f for f in daemon.call("folder_pair.list", pair="jane")["folder_pairs"] if f["name"] == "inbox/Sub"]
        self.assertEqual(below["status"], "error")
        self.assertIn(said, daemon.call("item.why", item="mail in it")["items"][0]["why"])
        unknown = daemon.call("item.why", item="later mail")
        self.assertEqual(unknown["items"], [])
        self.assertIn(said, unknown["unread"][0]["message"])
        self.assertIn(said, daemon.text())
        # Once the folder is there again it is filled from the other side.
        self.sim.control("add_folder", mailbox=self.hq, path="inbox/Sub")
        daemon.sync()
        self.assertEqual(self.subjects(self.hq, "inbox/Sub"), ["later mail", "mail in it"])


if __name__ == "__main__":
    case.main()
