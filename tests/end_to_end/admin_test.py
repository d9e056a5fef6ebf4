"""Pairs that were made over the admin socket, between real servers; items looked up, banned and listed anew.

usage: FILE EXSYNCD EXCHANGE-SIM [SCHEMAS] [unittest's arguments]
"""

import json

import case
import programs


class AdminTest(case.EndToEnd):
    def make_pair(self, **settings):
        """Nothing in the file but where the socket is: everything else over the socket."""
        self.daemon.configure({"state_directory": self.daemon.path("state"), "admin_socket": self.daemon.socket,
                               "log": {"level": "info", "target": "stderr"}})
        self.daemon.start()
        ca = self.sim.ready["ca_file"]
        self.daemon.call("server.create", server="hq", settings={
            "url": self.sim.url("hq"), "access": "impersonation", "ca_file": ca,
            "auth": {"type": "basic", "user": "svc-sync@hq.example", "password": "service at hq"}})
        self.declare_pair(**settings)

    def declare_pair(self, **settings):
        ca = self.sim.ready["ca_file"]
        self.daemon.call("pair.create", pair="jane", settings={
            "primary": {"server": "hq", "mailbox": self.hq},
            "replica": {"url": self.sim.url("branch"), "mailbox": self.branch, "ca_file": ca,
                        "auth": {"type": "basic", "user": self.branch, "password": f"{self.name} at branch"}},
            "polling_interval": "1h", "folders": {"inbox": {"primary": "inbox", "replica": "inbox"}}, **settings})

    def why(self, item):
        found = self.daemon.call("item.why", item=item)["items"]
        self.assertEqual(len(found), 1, found)
        return found[0]

    def test_a_pair_made_over_the_socket_syncs_also_after_a_restart(self):
        self.deliver(self.hq, "one")
        self.deliver(self.branch, "two")
        self.make_pair()
        self.daemon.call("pair.start", pair="jane")
        self.daemon.sync()
        self.assert_equal_sides()
        self.daemon.kill()
        self.deliver(self.hq, "three")
        code, report = self.daemon.once()
        self.assertEqual((code, [p["pair"] for p in report["pairs"]]), (0, ["jane"]), report)
        self.assert_equal_sides()
        self.daemon.start()
        self.daemon.call("pair.stop", pair="jane")
        self.daemon.call("pair.delete", pair="jane")
        self.daemon.call("server.delete", server="hq")
        self.assertEqual(self.subjects(self.branch), ["one", "three", "two"])

    def settings_of(self, server, user, password, **more):
        return {"url": self.sim.url(server), "ca_file": self.sim.ready["ca_file"], "auth": {"type": "basic", "user": user, "password": password}, **more}

    def test_a_server_is_tested_before_it_is_declared(self):
        self.make_pair()
        service = self.settings_of("hq", "svc-sync@hq.example", "service at hq", access="impersonation")
        steps = {s["step"]: s for s in self.daemon.call("server.test", settings=service, mailbox=self.hq)["steps"]}
        self.assertEqual({s["result"] for name, s in steps.items() if name != "public folders"}, {"ok"})
        self.assertEqual(steps["mailbox"]["text"], f"the account may stand in for {self.hq}")
        own = self.settings_of("branch", self.branch, f"{self.name} at branch")
        self.assertTrue(self.daemon.call("server.test", settings=own)["ok"])
        self.assertEqual(self.daemon.call("server.discover_version", settings=service)["version"], "Exchange2010_SP2")
        self.assertEqual(self.daemon.call("server.discover_version", settings=own)["version"], "Exchange2016")
        # A mailbox's own folders by the names that are the same everywhere, and what is below them.
        self.sim.control("add_folder", mailbox=self.branch, path="inbox/Projects")
        self.sim.control("add_folder", mailbox=self.branch, path="msgfolderroot/Elsewhere")
        folders = {f["path"]: f for f in self.daemon.call("server.folders", settings=own)["folders"]}
        for path in ("inbox", "inbox/Projects", "calendar", "msgfolderroot/Elsewhere"):
            self.assertIn(path, folders)
        self.assertNotIn("msgfolderroot/Inbox", folders)
        # What is wrong is told; the password never is, and nothing of it stays.
        wrong = self.settings_of("branch", self.branch, "not this one")
        tested = self.daemon.call("server.test", settings=wrong)
        self.assertEqual([s["step"] for s in tested["steps"] if s["result"] == "failed"], ["login"])
        refusals = []
        for params, field in (({"settings": {**wrong, "url": "ftp://x.example"}}, "settings.url"), ({"settings": {**wrong, "auht": {}}}, "settings.auht"),
                              ({"settings": wrong, "server": "hq"}, "settings"), ({}, "server"),
                              ({"settings": {**wrong, "auth": {**wrong["auth"], "password": ["not this one"]}}}, "settings.auth.password")):
            with self.assertRaises(programs.Refused) as refused:
                self.daemon.call("server.test", **params)
            self.assertEqual(refused.exception.error["data"]["field"], field, refused.exception.error)
            refusals.append(refused.exception.error)
        everything = [tested, refusals] + [self.daemon.call(m) for m in ("config.export", "log.show", "server.list")]
        self.assertNotIn("not this one", json.dumps(everything) + self.daemon.text())
        self.assertEqual([s["name"] for s in self.daemon.call("server.list")["servers"]], ["hq"])

    def test_why_an_item_is_in_step_or_is_not(self):
        self.deliver(self.hq, "fresh", received="2026-01-07T08:00:00Z")
        self.deliver(self.hq, "ancient", received="2020-01-07T08:00:00Z")
        self.make_pair(start_date="2026-01-01")
        self.daemon.call("pair.start", pair="jane")
        self.daemon.call("pair.sync_now", pair="jane")
        fresh = self.why("FRESH")
        self.assertEqual((fresh["in_step"], fresh["class"]), (True, "message"))
        self.assertEqual(self.why("<fresh@somewhere.example>")["id"], fresh["id"])
        self.assertEqual(self.why(fresh["replica"]["id"])["id"], fresh["id"])
        self.assertEqual(self.why(fresh["id"])["primary"]["presence"], "present")
        ancient = self.why("ancient")
        self.assertEqual((ancient["in_step"], ancient["why"]), (False, "it is left alone: before the start date (an earlier start_date lets it come)"))
        got = self.daemon.call("pair.get", pair="jane")
        self.assertEqual(got["skipped"], {"message": {"before the start date": 1}})
        self.assertEqual({k: got["items"][k] for k in ("known", "in_step", "skipped")}, {"known": 2, "in_step": 1, "skipped": 1})

    def test_an_item_that_an_administrator_bans_is_left_alone_until_he_lifts_it(self):
        self.deliver(self.hq, "one")
        self.deliver(self.hq, "two")
        self.make_pair()
        self.daemon.call("pair.start", pair="jane")
        self.daemon.sync()
        item = self.why("one")["id"]
        self.daemon.call("ban.add", pair="jane", id=item)
        self.user(self.hq, "user_edit", "one", categories=["red"])
        self.user(self.hq, "user_edit", "two", categories=["blue"])
        self.daemon.call("pair.sync_now", pair="jane")
        self.assertEqual([self.mail(self.branch, subject)["categories"] for subject in ("one", "two")], [[], ["blue"]])
        ban = self.daemon.call("ban.list", pair="jane")["bans"][0]
        self.assertEqual((ban["id"], ban["state"], ban["code"]), (item, "banned", "banned-by-administrator"))
        self.assertIn("an administrator wants", self.why("one")["why"])
        self.daemon.call("ban.delete", pair="jane", id=item)
        self.daemon.sync()
        self.assert_equal_sides()

    def test_a_resync_lists_everything_anew_and_writes_nothing(self):
        for i in range(5):
            self.deliver(self.hq, f"mail {i}")
        self.make_pair()
        self.daemon.call("pair.start", pair="jane")
        self.daemon.sync()
        self.sim.control("reset_counters")
        self.assertEqual(self.daemon.call("pair.resync", pair="jane"), {"pairs": [{"pair": "jane", "done": True}]})
        self.daemon.sync()
        self.assertEqual(self.writes(), {})
        self.user(self.hq, "user_delete", "mail 3")
        self.daemon.sync()
        self.assertEqual(len(self.subjects(self.branch)), 4)
        self.assert_equal_sides()

    def test_a_pair_that_is_deleted_is_forgotten_unless_its_state_is_kept(self):
        for i in range(12):
            self.deliver(self.hq, f"mail {i}")
        self.make_pair()
        self.daemon.call("pair.start", pair="jane")
        self.daemon.sync()
        self.daemon.call("pair.stop", pair="jane")
        answer = self.daemon.call("pair.delete", pair="jane", keep_state=True)["pairs"][0]
        self.assertEqual((answer["done"], answer["forgotten"]), (True, False))
        self.assertEqual(self.daemon.call("daemon.status")["kept_pairs"], ["jane"])
        self.user(self.hq, "user_delete", "mail 3")
        self.declare_pair()
        self.daemon.call("pair.start", pair="jane")
        self.assertEqual(len(self.daemon.call("pair.sync_now", pair="jane")["pairs"][0]["frozen"]), 1)
        self.assertEqual(len(self.subjects(self.branch)), 12)
        self.daemon.call("pair.stop", pair="jane")
        answer = self.daemon.call("pair.delete", pair="jane")["pairs"][0]
        self.assertEqual((answer["done"], answer["forgotten"]), (True, True))
        self.assertNotIn("kept_pairs", self.daemon.call("daemon.status"))
        self.declare_pair()
        self.sim.control("reset_counters")
        self.daemon.call("pair.start", pair="jane")
        self.daemon.sync()
        self.assertEqual(self.writes(), {"CreateItem": 1})
        self.assertEqual(len(self.subjects(self.hq)), 12)
        self.assert_equal_sides()

    def test_a_folder_pair_that_is_off_is_left_alone(self):
        self.make_pair(folders={"inbox": {"primary": "inbox", "replica": "inbox"}, "drafts": {"primary": "drafts", "replica": "drafts"}})
        self.daemon.call("pair.start", pair="jane")
        self.daemon.call("folder_pair.off", pair="jane", folder="inbox")
        self.deliver(self.hq, "one")
        self.daemon.sync()
        self.assertEqual(self.subjects(self.branch), [])
        self.daemon.call("folder_pair.on", pair="jane", folder="inbox")
        self.daemon.sync()
        self.assertEqual(self.subjects(self.branch), ["one"])

    def test_a_wrong_password_is_told_without_itself(self):
        self.make_pair()
        self.daemon.call("server.update", server="hq", settings={"auth": {"password": "not this one"}})
        self.daemon.call("pair.start", pair="jane")
        report = self.daemon.call("pair.sync_now", pair="jane")
        self.assertFalse(report["pairs"][0]["in_step"])
        everything = [report] + [self.daemon.call(m) for m in ("pair.list", "daemon.status", "config.export", "log.show", "server.list")]
        self.assertNotIn("not this one", json.dumps(everything) + self.daemon.text())
        self.daemon.call("pair.stop", pair="jane")
        self.daemon.call("server.update", server="hq", settings={"auth": {"password": "service at hq"}})
        self.daemon.call("pair.start", pair="jane")
        self.daemon.sync()
        with self.assertRaises(programs.Refused):
            self.daemon.call("server.delete", server="hq")


if __name__ == "__main__":
    case.main()
