"""Servers, pairs and folder pairs over the admin socket of the program itself, without any Exchange.

usage: declared_test.py EXSYNCD [unittest's arguments]
"""

import json
import os
import signal
import stat
import sys
import unittest

from stage import GOOD, PATIENCE, PROGRAMS, Stage, pair

PASSWORD = "correct horse battery staple"


def server(port=1, password=PASSWORD, **more):
    return {"url": f"http://127.0.0.1:{port}/EWS/Exchange.asmx", "access": "impersonation",
            "auth": {"type": "basic", "user": "svc", "password": password}, **more}


def pair_of(primary, replica="hq", **more):
    return {"primary": {"server": primary, "mailbox": "joe@hq.example"}, "replica": {"server": replica, "mailbox": "joe@branch.example"},
            "folders": {"inbox": {"primary": "inbox", "replica": "inbox"}}, **more}


class DeclaredTest(Stage):
    def setUp(self):
        super().setUp()
        self.configure({**GOOD, "servers": {"hq": {"url": "http://127.0.0.1:1/hq", "access": "impersonation", "auth": {
            "type": "basic", "user": "svc", "password_file": "password"}}}, "pairs": {"jane": pair()}})
        self.process = self.start()

    def restart(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        self.process.wait(PATIENCE)
        self.process = self.start()

    def done(self, method, **params):
        answer = self.ask(method, **params)
        self.assertIn("result", answer, (method, params, answer))
        return answer["result"]

    def refused(self, code, pattern, method, **params):
        answer = self.ask(method, **params)
        self.assertIn("error", answer, (method, params))
        error = answer["error"]
        self.assertEqual(error["code"], code, (method, error))
        self.assertRegex(error["message"], pattern)
        self.assertTrue(error["data"].get("hint"), error)
        return error

    def create(self):
        self.assertEqual(self.done("server.create", server="lab", settings=server()), {"servers": [{"server": "lab", "done": True}]})
        self.assertEqual(self.done("pair.create", pair="joe", settings=pair_of("lab")), {"pairs": [{"pair": "joe", "done": True}]})

    def test_servers_and_pairs_are_made_changed_and_deleted(self):
        self.create()
        self.assertEqual([(s["name"], s["declared_in"], s["used_by"]) for s in self.done("server.list")["servers"]],
                         [("hq", "c.json", ["joe"]), ("lab", "admin socket", ["joe"])])
        self.assertEqual(self.done("server.get", server="lab")["settings"]["auth"], {"type": "basic", "user": "svc", "secret": "kept"})
        got = self.done("pair.get", pair="joe")
        self.assertEqual((got["status"], got["declared_in"]), ("stopped", "admin socket"))
        self.assertEqual([p["name"] for p in self.done("pair.get", pair=["joe", "jane"])["pairs"]], ["joe", "jane"])
        self.done("pair.update", pair="joe", settings={"polling_interval": "10min", "direction": "primary-to-replica"})
        got = self.done("pair.get", pair="joe")
        self.assertEqual(got["folders"][0]["polling_interval_seconds"], 600)
        self.done("pair.update", pair="joe", settings={"polling_interval": None})
        self.assertEqual(self.done("pair.get", pair="joe")["folders"][0]["polling_interval_seconds"], 300)
        self.done("server.update", server="lab", settings={"concurrency": 3})
        self.assertEqual(self.done("server.get", server="lab")["settings"]["concurrency"], 3)
        for signal_ in (signal.SIGTERM, signal.SIGKILL):
            self.restart(signal_)
            got = self.done("pair.get", pair="joe")
            self.assertEqual((got["status"], got["folders"][0]["direction"]), ("stopped", "primary-to-replica"))
        self.done("pair.delete", pair="joe")
        self.done("server.delete", server="lab")
        self.restart()
        self.assertEqual([p["name"] for p in self.done("pair.list")["pairs"]], ["jane"])
        self.assertEqual([s["name"] for s in self.done("server.list")["servers"]], ["hq"])

    def test_a_started_pair_is_viewed_and_a_stopped_one_edited(self):
        self.create()
        self.done("pair.start", pair="joe")
        for method, params in (("pair.update", {"settings": {"start_date": "2026-01-01"}}), ("pair.delete", {}),
                               ("folder_pair.create", {"folder": "x", "settings": {"primary": "drafts", "replica": "drafts"}}),
                               ("folder_pair.delete", {"folder": "inbox"}),
                               ("folder_pair.update", {"folder": "inbox", "settings": {"direction": "bidirectional"}})):
            error = self.refused(-32002, 'pair "joe" is started', method, pair="joe", **params)
            self.assertEqual(error["data"]["hint"], "stop the pair first: pair.stop")
        self.refused(-32002, 'used by pair "joe", which is started', "server.update", server="lab", settings={"concurrency": 2})
        self.refused(-32002, 'server "lab" is used by pair "joe"$', "server.delete", server="lab")
        self.restart(signal.SIGKILL)
        self.assertNotEqual(self.done("pair.get", pair="joe")["status"], "stopped")
        self.done("pair.stop", pair="joe")
        self.refused(-32002, 'server "lab" is used by pair "joe"$', "server.delete", server="lab")
        self.done("pair.update", pair="joe", settings={"start_date": "2026-01-01"})
        self.assertEqual(self.done("pair.get", pair="joe")["status"], "stopped")
        # A new pair of an old name does not start because the old one ran.
        self.done("pair.start", pair="joe")
        self.done("pair.stop", pair="joe")
        self.done("pair.start", pair="joe")
        self.done("pair.stop", pair="joe")
        self.done("pair.delete", pair="joe")
        self.done("pair.create", pair="joe", settings=pair_of("lab"))
        self.restart()
        self.assertEqual(self.done("pair.get", pair="joe")["status"], "stopped")

    def test_folder_pairs(self):
        self.create()
        self.done("folder_pair.create", pair="joe", folder="drafts", settings={"primary": "drafts", "replica": "drafts"})
        self.refused(-32002, "already", "folder_pair.create", pair="joe", folder="drafts", settings={"primary": "a", "replica": "b"})
        self.done("folder_pair.update", pair="joe", folder="drafts", settings={"replica": "inbox/Drafts"})
        self.assertEqual([(f["pair"], f["name"], f["replica"], f["status"]) for f in self.done("folder_pair.list", pair="joe")["folder_pairs"]],
                         [("joe", "inbox", "inbox", "stopped"), ("joe", "drafts", "inbox/Drafts", "stopped")])
        self.assertEqual(len(self.done("folder_pair.list")["folder_pairs"]), 3)
        self.done("pair.start", pair="joe")
        self.done("folder_pair.off", pair="joe", folder="inbox")
        folders = {f["name"]: f["status"] for f in self.done("folder_pair.list", pair="joe")["folder_pairs"]}
        self.assertEqual(folders["inbox"], "off")
        self.assertNotEqual(folders["drafts"], "off")
        self.assertNotEqual(self.done("pair.get", pair="joe")["status"], "stopped")
        self.refused(-32602, "every folder pair is off", "folder_pair.off", pair="joe", folder="drafts")
        self.done("folder_pair.on", pair="joe", folder=["inbox", "drafts"])
        self.assertNotIn("off", [f["status"] for f in self.done("folder_pair.list", pair="joe")["folder_pairs"]])
        self.done("pair.stop", pair="joe")
        self.done("folder_pair.delete", pair="joe", folder="drafts")
        self.refused(-32602, "at least one folder pair", "folder_pair.delete", pair="joe", folder="inbox")
        self.refused(-32001, 'there is no folder pair "inbx"', "folder_pair.off", pair="joe", folder="inbx")

    def test_what_the_file_declares_is_the_files(self):
        for method, params in (("server.update", {"server": "hq", "settings": {"concurrency": 2}}), ("server.delete", {"server": "hq"}),
                               ("pair.update", {"pair": "jane", "settings": {"start": False}}), ("pair.delete", {"pair": "jane"}),
                               ("folder_pair.off", {"pair": "jane", "folder": "inbox"}),
                               ("folder_pair.create", {"pair": "jane", "folder": "x", "settings": {}})):
            error = self.refused(-32002, "is declared in c.json", method, **params)
            self.assertIn("reload", error["data"]["hint"])
        self.done("pair.stop", pair="jane")
        self.done("pair.start", pair="jane")
        self.assertEqual(self.done("pair.get", pair="jane")["declared_in"], "c.json")

    def test_every_mistake_is_told_at_once_with_its_path(self):
        error = self.refused(-32602, "direction", "pair.create", pair="joe", settings=pair_of("hqq", direction="up", fodlers={}))
        self.assertEqual(sorted(p["path"] for p in error["data"]["problems"]),
                         ["pairs.joe.direction", "pairs.joe.fodlers", "pairs.joe.primary.server"])
        for kind, instead in (("ntlm", "BasicAuthentication"), ("oauth2", "Exchange Online")):
            error = self.refused(-32602, f'"{kind}" is not in this version of exsyncd', "server.create", server="lab",
                                 settings={**server(), "auth": {"type": kind, "user": "svc", "password": PASSWORD, "tenant": "t"}})
            self.assertEqual(error["data"]["field"], "servers.lab.auth.type")
            self.assertIn(instead, error["message"])
        self.refused(-32602, "begins with a letter", "pair.create", pair="../x", settings=pair_of("hq"))
        self.refused(-32002, "already", "pair.create", pair="jane", settings=pair_of("hq"))
        self.refused(-32001, "there is no pair", "pair.update", pair="jo", settings={})
        self.refused(-32001, "there is no server", "server.get", server="hqq")
        # All or none.
        self.create()
        self.refused(-32001, "there is no pair", "pair.delete", pair=["joe", "x"])
        self.assertEqual(len(self.done("pair.list")["pairs"]), 2)

    def test_what_no_longer_fits_the_file_is_left_out_and_can_be_put_right(self):
        self.create()
        self.done("pair.start", pair="joe")
        self.configure({**GOOD, "servers": {}, "pairs": {"jane": pair()}})
        self.assertEqual(self.done("config.check")["right"], False)
        self.done("daemon.reload")
        got = {p["name"]: p for p in self.done("pair.list")["pairs"]}
        self.assertEqual(got["joe"]["status"], "error")
        self.assertIn("there is no server", got["joe"]["errors"][0]["message"])
        self.refused(-32002, "there is no server", "pair.start", pair="joe")
        self.restart()
        self.assertIn("it is left out until that is put right", self.log())
        self.done("pair.update", pair="joe", settings={"replica": {"server": "lab"}})
        self.assertNotIn("there is no server", json.dumps(self.done("pair.get", pair="joe")))
        self.assertEqual(self.done("config.check")["problems"], [])

    def test_export_is_a_configuration(self):
        self.create()
        exported = self.done("config.export")
        self.assertEqual(set(exported["pairs"]), {"jane", "joe"})
        self.assertEqual(exported["servers"]["lab"]["auth"]["secret"], "kept")
        exported["servers"]["lab"]["auth"] = {"type": "basic", "user": "svc", "password_file": "password"}
        self.configure(exported)
        self.assertEqual(self.run_to_end("--check-config")[0], 0)

    def test_a_secret_never_comes_out(self):
        seen = []
        ask = self.ask

        def listening(method, **params):
            answer = ask(method, **params)
            seen.append(json.dumps(answer))
            return answer

        self.ask = listening
        self.create()
        self.ask("server.create", server="lab", settings=server())
        self.ask("server.create", server="la b", settings=server())
        self.ask("server.create", server="lab2", settings=server(url="nonsense", acces="x"))
        self.ask("server.create", server="lab2", settings={**server(), "auth": {"type": "basic", "user": "a:b", "pasword": PASSWORD}})
        self.ask("server.create", server="lab2", settings=server(password=PASSWORD + "\n"))
        self.ask("server.create", server="lab2", settings=server(password=[PASSWORD]))
        self.ask("server.create", server="lab2", setings=server())
        self.ask("server.create", server=server(), settings=server())
        self.ask("server.update", server="lab", settings={"auth": {"password": PASSWORD, "password_file": "password"}})
        self.ask("server.update", server="hq", settings={"auth": {"password": PASSWORD}})
        error = self.refused(-32602, "must be given again", "server.update", server="lab", settings={"url": "https://evil.example/"})
        self.assertEqual(error["data"]["field"], "servers.lab.auth.password")
        self.ask("pair.create", pair="ann", settings={**pair(), "start": True, "replica": {
            "url": "http://127.0.0.1:1/", "mailbox": "ann@x.example", "auth": {"type": "basic", "user": "ann", "password": PASSWORD}}})
        self.ask("pair.sync_now", pair=["ann", "joe", "jane"])
        self.ask("pair.start", pair="joe")
        self.ask("pair.sync_now", pair="joe")
        methods = self.ask("help")["result"]["methods"]
        for method in methods:
            if method["name"] in ("server.delete", "pair.delete"):
                continue
            for values in ({}, {"pair": "ann", "server": "lab", "folder": "inbox"}, {"pair": ["ann", "joe"], "server": ["lab", "hq"]}):
                names = {p["name"] for p in method["params"]}
                self.ask(method["name"], **{k: v for k, v in {**values, "settings": {}}.items() if k in names})
        self.restart()
        for method in methods:
            if not any(p["required"] for p in method["params"]):
                self.ask(method["name"])
        for method, params in (("server.get", {"server": "lab"}), ("pair.get", {"pair": "ann"}), ("pair.delete", {"pair": "x"})):
            self.ask(method, **params)
        self.assertGreater(len(seen), 60)
        for answer in seen:
            self.assertNotIn(PASSWORD, answer)
            self.assertNotIn("sealed", answer)
        self.assertNotIn(PASSWORD, self.log())
        self.process.terminate()
        self.process.wait(PATIENCE)
        files = 0
        for folder, _, names in os.walk(self.path("state")):
            for name in names:
                files += 1
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(PASSWORD.encode(), file.read(), name)
        self.assertGreater(files, 3)
        self.assertEqual(stat.S_IMODE(os.stat(self.path("state/secret.key")).st_mode), 0o600)


if __name__ == "__main__":
    PROGRAMS["exsyncd"] = os.path.abspath(sys.argv[1])
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
