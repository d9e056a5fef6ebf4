"""What an administrator reads is true, and says what happened, to which folder, and what to do: the real programs."""

import json
import subprocess

import case

TREE = {"inbox": {"primary": "inbox", "replica": "inbox", "include_subfolders": True}, "plans": {"primary": "inbox/Plans", "replica": "inbox/Plans"}}


class Telling(case.EndToEnd):
    def begin(self):
        for mailbox in (self.hq, self.branch):
            self.sim.control("user_create_folder", mailbox=mailbox, path="inbox/Plans")
        self.sim.control("user_create_folder", mailbox=self.hq, path="inbox/Sub")
        self.deliver(self.hq, "plan", folder="inbox/Plans")
        self.deliver(self.hq, "sub", folder="inbox/Sub")
        self.run_daemon(TREE)
        self.daemon.sync()

    def test_a_renamed_folder_and_what_a_resync_leaves(self):
        self.begin()
        self.assertEqual(self.daemon.call("pair.get", pair="jane")["standing"], "started")
        self.sim.control("user_rename_folder", mailbox=self.hq, folder="inbox/Plans", name="Old plans")
        self.sim.control("delete_folder", mailbox=self.branch, folder="inbox/Sub")
        self.daemon.call("pair.sync_now", pair="jane")
        told = self.daemon.call("pair.get", pair="jane")
        self.assertEqual((told["status"], told["standing"]), ("started", "started, 2 folder pairs with an error"))
        self.assertEqual(self.daemon.call("daemon.status")["summary"], "1 pair: 1 started; 2 folder pairs with an error")
        errors = {e["folder"]: e for e in told["errors"]}
        self.assertIn("the folder that was there is now at inbox/Old plans", errors["plans"]["message"])
        self.assertIn('write "inbox/Old plans" in place of "inbox/Plans"', errors["plans"]["hint"])
        self.assertEqual(errors["inbox/Sub"]["code"], "half_deleted")
        done, = self.daemon.call("pair.resync", pair="jane")["pairs"]
        self.assertEqual((done["done"], sorted(s["folder"] for s in done["stays"])), (True, ["inbox/Sub", "plans"]))
        # As it says: nothing is lost or doubled by it.
        configuration = self.configuration(TREE)
        configuration["pairs"]["jane"]["folders"]["plans"]["primary"] = "inbox/Old plans"
        self.sim.control("delete_folder", mailbox=self.hq, folder="inbox/Sub")
        self.daemon.configure(configuration)
        self.daemon.call("daemon.reload")
        self.daemon.sync()
        self.assertEqual(self.daemon.call("pair.get", pair="jane")["standing"], "started")
        self.assertEqual((self.subjects(self.hq, "inbox/Old plans"), self.subjects(self.branch, "inbox/Plans")), (["plan"], ["plan"]))
        self.assertNotIn("stays", self.daemon.call("pair.resync", pair="jane")["pairs"][0])

    def test_what_nobody_looks_after_is_told_wherever_one_looks(self):
        self.begin()
        left = {name: entry for name, entry in TREE.items() if name != "plans"}
        left["inbox"] = {"primary": "inbox", "replica": "inbox"}
        self.daemon.configure(self.configuration(left))
        self.daemon.call("daemon.reload")
        self.daemon.sync()
        self.user(self.hq, "user_delete", "plan", folder="inbox/Plans")
        told = self.daemon.call("pair.get", pair="jane")
        self.assertEqual(told["standing"], "started")
        self.assertEqual([(u["folder"], u["items"]) for u in told["not_looked_after"]], [("inbox/Sub", 1), ("plans", 1)])
        self.assertEqual(told["items"]["known"], 0)
        for answer in (self.daemon.call("pair.list")["pairs"][0], self.daemon.call("folder_pair.list"),
                       self.daemon.call("pair.verify", pair="jane"), self.daemon.call("pair.plan", pair="jane")):
            self.assertEqual([u["folder"] for u in answer["not_looked_after"]], ["inbox/Sub", "plans"])
        item, = self.daemon.call("item.why", item="plan")["items"]
        self.assertFalse(item["in_step"])
        self.assertIn("is not looked after", item["why"])
        self.daemon.kill()
        code, report = self.daemon.once()
        self.assertEqual((code, report["in_step"]), (0, True))
        self.assertEqual([u["folder"] for u in report["pairs"][0]["not_looked_after"]], ["inbox/Sub", "plans"])
        # The same two folders, under another name.
        self.daemon.configure(self.configuration({**left, "again": TREE["plans"]}))
        self.daemon.start()
        self.daemon.call("pair.sync_now", pair="jane")
        told = self.daemon.call("pair.get", pair="jane")
        self.assertEqual([f["folder"] for f in told["frozen"]], ["again"])
        self.assertEqual([u["folder"] for u in told["not_looked_after"]], ["inbox/Sub"])

    def test_a_setting_of_a_wrong_type(self):
        configuration = self.configuration()
        configuration["undo_keep"] = True
        self.daemon.configure(json.dumps(configuration))
        checked = subprocess.run([self.daemon.program, "--config", self.daemon.config_file, "--check-config"], capture_output=True, text=True,
                                 timeout=60, check=False)
        self.assertEqual(checked.returncode, 2)
        self.assertIn("undo_keep: must be an object", checked.stdout + checked.stderr)


if __name__ == "__main__":
    case.main()
