"""The program itself, without any Exchange: command line, exit codes, state directory, signals, systemd, admin socket.

usage: service_test.py EXSYNCD PROJECT_DIRECTORY [unittest's arguments]
"""

import json
import os
import re
import signal
import subprocess
import sys
import unittest

from stage import GOOD, PATIENCE, PROGRAMS, Stage, pair

EXSYNCD = PROJECT = None


class ServiceTest(Stage):
    # The command line

    def test_version_and_help(self):
        self.assertRegex(subprocess.check_output([EXSYNCD, "--version"], text=True), r"^exsyncd \d+\.\d+\.\d+\n$")
        text = subprocess.check_output([EXSYNCD, "--help"], text=True)
        for option in ("--config", "--check-config", "--once", "--version", "--help"):
            self.assertIn(option, text)

    def test_wrong_usage_is_2(self):
        for arguments in (["--onze"], ["--once", "--check-config"], ["stray"]):
            done = subprocess.run([EXSYNCD, *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertTrue(done.stderr, arguments)

    def test_a_good_configuration_is_checked_without_touching_anything(self):
        self.configure({**GOOD, "pairs": {"jane": pair()}})
        code, out, err = self.run_to_end("--check-config")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("1 pair(s)", out)
        self.assertFalse(os.path.exists(self.path("state")))

    def test_every_mistake_is_told_at_once_and_nothing_starts(self):
        self.configure({**GOOD, "logg": {}, "log": {"level": "loud"}, "pairs": {
            "jane": pair(direction="up", start="yes"), "joe": {**pair("joe"), "folders": {"a": {"primary": "notes", "replica": "inbox"}}}}})
        expected = ["c.json: logg: ", "c.json: log.level: ", "c.json: pairs.jane.direction: ", "c.json: pairs.jane.start: ",
                    "c.json: pairs.joe.folders.a.primary: "]
        for arguments in ([], ["--check-config"], ["--once"]):
            code, out, err = self.run_to_end(*arguments)
            self.assertEqual((code, out), (2, ""), arguments)
            self.assertEqual(sorted(line.split(": ")[1] for line in err.splitlines()),
                             sorted(line.split(": ")[1] for line in expected), err)
            self.assertFalse(os.path.exists(self.path("state")))
        self.configure("{\n  \"log\" }")
        code, _, err = self.run_to_end("--check-config")
        self.assertEqual(code, 2)
        self.assertTrue(err.startswith("c.json:2:9: "), err)

    def test_a_missing_configuration_is_2(self):
        code, _, err = self.run_to_end()
        self.assertEqual((code, err), (2, "c.json: cannot be read: No such file or directory\n"))

    # The state directory

    def state_refused(self, pattern):
        for arguments in ([], ["--once"]):
            code, out, err = self.run_to_end(*arguments)
            self.assertEqual((code, out), (3, ""), err)
            self.assertRegex(err, pattern)

    def test_a_state_directory_in_use_is_3(self):
        self.configure(GOOD)
        self.start()
        self.state_refused("in use by another exsyncd")

    def test_a_state_directory_that_cannot_be_made_is_3(self):
        with open(self.path("state"), "w", encoding="utf-8"):
            pass
        self.configure(GOOD)
        self.state_refused("state directory .*state: cannot be made: ")

    def test_a_damaged_state_directory_is_3(self):
        self.configure(GOOD)
        self.assertEqual(self.run_to_end("--once")[0], 0)
        store = self.path("state/store")
        damaged = [name for name in os.listdir(store) if name.startswith("MANIFEST")]
        self.assertTrue(damaged)
        for name in damaged:
            with open(os.path.join(store, name), "r+b") as file:
                file.write(b"\xff" * 40)
        self.state_refused("damaged")

    # systemd, signals

    def test_systemd_is_told_and_sigterm_ends_with_0(self):
        self.configure({**GOOD, "pairs": {"jane": pair()}})
        process = self.start(WATCHDOG_USEC="1000000")
        self.assertRegex(self.told("STATUS="), "1 pair: 1 ")
        for _ in range(3):
            self.told("WATCHDOG=1")
        process.send_signal(signal.SIGTERM)
        self.told("STOPPING=1")
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertIn("info: ended", self.log())
        self.assertFalse(os.path.exists(self.path("admin.sock")))

    def test_sighup_takes_a_good_configuration_and_refuses_a_bad_one(self):
        self.configure({**GOOD, "pairs": {"jane": pair()}})
        process = self.start()
        self.configure({**GOOD, "pairs": {"jane": pair(), "joe": pair("joe", start="yes", direction="up")}})
        process.send_signal(signal.SIGHUP)
        self.told("RELOADING=1")
        self.told("READY=1")
        self.assertEqual([p["name"] for p in self.ask("pair.list")["result"]["pairs"]], ["jane"])
        self.configure({**GOOD, "admin_socket": "other.sock", "pairs": {"joe": pair("joe", start=False), "jane": pair(start=False)}})
        process.send_signal(signal.SIGHUP)
        self.told("RELOADING=1")
        self.told("READY=1")
        pairs = self.ask("pair.list")["result"]["pairs"]
        self.assertEqual([p["name"] for p in pairs], ["joe", "jane"])
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 0)
        log = self.log()
        self.assertIn("c.json: pairs.joe.start: must be true or false", log)
        self.assertIn("c.json: pairs.joe.direction: ", log)
        self.assertIn("not reloaded: exsyncd goes on with the old configuration", log)
        self.assertIn("admin_socket has changed: that needs a restart", log)

    # The admin socket

    def test_what_administrators_ask(self):
        self.configure({**GOOD, "pairs": {"jane": pair(), "joe": pair("joe", start=False)}})
        process = self.start()
        status = self.ask("daemon.status")["result"]
        self.assertEqual(status["pid"], process.pid)
        self.assertEqual([p["name"] for p in status["pairs"]], ["jane", "joe"])
        self.assertEqual(self.ask("pair.get", pair="joe")["result"]["status"], "stopped")
        self.assertEqual(self.ask("pair.start", pair=["jane", "joe"])["result"]["pairs"],
                         [{"pair": "jane", "done": True}, {"pair": "joe", "done": True}])
        self.assertNotEqual(self.ask("pair.get", pair="joe")["result"]["status"], "stopped")
        report = self.ask("pair.sync_now", pair="jane")["result"]["pairs"][0]
        self.assertFalse(report["in_step"])
        self.assertIn("refused", json.dumps(report["errors"]))
        got = self.ask("pair.get", pair="jane")["result"]
        self.assertEqual(got["folders"][0]["name"], "inbox")
        self.assertNotIn("secret", json.dumps(got))
        self.assertEqual(self.ask("pair.stop", pair="joe")["result"]["pairs"], [{"pair": "joe", "done": True}])
        self.assertEqual(self.ask("conflict.list")["result"], {"conflicts": []})
        self.assertEqual(self.ask("ban.list", pair="jane")["result"], {"bans": [], "total": 0})
        self.assertEqual(self.ask("daemon.reload")["result"], {"reloaded": True})
        for method, params, code in (("pair.get", {"pair": "jan"}, -32001), ("pair.start", {"pair": ["jane", "x"]}, -32001),
                                     ("pair.sync_now", {"pair": "joe"}, -32002),
                                     ("pair.approve", {"pair": "jane"}, -32002),
                                     ("pair.approve", {"pair": "jane", "folder": "x"}, -32001),
                                     ("conflict.list", {"pair": "x"}, -32001), ("ban.delete", {"pair": "jane", "id": "x"}, -32001),
                                     ("ban.delete", {"pair": "jane", "id": ""}, -32602)):
            answer = self.ask(method, **params)
            self.assertIn("error", answer, (method, params))
            error = answer["error"]
            self.assertEqual(error["code"], code, (method, params, error))
            self.assertTrue(error["message"] and error["data"]["hint"], error)
        self.configure("{")
        self.assertIn("c.json:1:2: ", self.ask("daemon.reload")["error"]["message"])

    def test_a_stopped_pair_stays_stopped_until_start_changes_in_the_file(self):
        def status_after_restart(start):
            self.configure({**GOOD, "pairs": {"jane": pair(start=start)}})
            process = self.start()
            self.ask("pair.get", pair="jane")  # when this is answered, the ledger has told what was remembered
            status = self.ask("pair.get", pair="jane")["result"]["status"]
            return process, status

        process, status = status_after_restart(True)
        self.assertNotEqual(status, "stopped")
        self.ask("pair.stop", pair="jane")
        process.terminate()
        process.wait(PATIENCE)
        process, status = status_after_restart(True)
        self.assertEqual(status, "stopped")
        process.terminate()
        process.wait(PATIENCE)
        process, status = status_after_restart(False)
        self.assertEqual(status, "stopped")
        process.terminate()
        process.wait(PATIENCE)
        _, status = status_after_restart(True)
        self.assertNotEqual(status, "stopped")

    def test_an_admin_socket_that_cannot_be_made_is_told(self):
        self.configure({**GOOD, "admin_socket": "password"})
        code, _, err = self.run_to_end()
        self.assertEqual(code, 1)
        self.assertIn("is there and is no socket", err)

    # --once

    def test_once_reports_pairs_that_cannot_be_reached(self):
        self.configure({**GOOD, "pairs": {"jane": pair(), "joe": pair("joe", start=False)}})
        code, out, _ = self.run_to_end("--once")
        report = json.loads(out)
        self.assertEqual(code, 1)
        self.assertEqual((report["in_step"], report["writes"], report["stopped"]), (False, 0, ["joe"]))
        self.assertEqual([p["pair"] for p in report["pairs"]], ["jane"])
        self.assertTrue(report["pairs"][0]["errors"])

    # The unit

    def test_the_systemd_unit_is_right(self):
        with open(os.path.join(PROJECT, "systemd", "exsyncd.service"), encoding="utf-8") as file:
            unit = file.read()
        # The program that was built stands for the installed one.
        unit, count = re.subn(r"(?m)^ExecStart=/usr/bin/exsyncd\b", f"ExecStart={EXSYNCD}", unit)
        self.assertEqual(count, 1)
        with open(self.path("exsyncd.service"), "w", encoding="utf-8") as file:
            file.write(unit)
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", self.path("exsyncd.service")], capture_output=True, text=True,
                              check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    EXSYNCD, PROJECT = os.path.abspath(sys.argv[1]), sys.argv[2]
    PROGRAMS["exsyncd"] = EXSYNCD
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
