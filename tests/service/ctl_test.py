"""exsyncctl against the real daemon, without any Exchange.

usage: ctl_test.py EXSYNCD EXSYNCCTL [unittest's arguments]
"""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import unittest

from stage import GOOD, PATIENCE, PROGRAMS, Stage, pair

URL = "http://127.0.0.1:1/EWS/Exchange.asmx"


class CtlTest(Stage):
    def daemon(self, **configuration):
        self.configure({**GOOD, "pairs": {"jane": pair(), "joe": pair("joe", start=False)}, **configuration})
        return self.start()

    def ctl(self, *arguments, stdin="", code=0):
        done = subprocess.run([PROGRAMS["exsyncctl"], "--socket", self.path("admin.sock"), *arguments], cwd=self.directory, input=stdin,
                              capture_output=True, text=True, timeout=PATIENCE, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.assertEqual(done.returncode, code, (arguments, done.stdout, done.stderr))
        return done.stdout if code == 0 else done.stdout + done.stderr

    def on_terminal(self, arguments, until, typed=()):
        """Runs it on a terminal of its own; types a line whenever its prompt has come; gives what was shown up to `until`."""
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(self.directory)
            os.environ.update(TERM="xterm", LC_ALL="C.UTF-8")
            os.environ.pop("NO_COLOR", None)
            os.execv(PROGRAMS["exsyncctl"], [PROGRAMS["exsyncctl"], "--socket", self.path("admin.sock"), *arguments])
        signal.alarm(PATIENCE)
        self.addCleanup(signal.alarm, 0)
        seen, typed = "", list(typed)
        try:
            while not re.search(until, seen):
                seen += os.read(terminal, 65536).decode(errors="replace")
                if typed and re.search(typed[0][0], seen):
                    os.write(terminal, typed.pop(0)[1].encode())
        except OSError:  # it has ended
            self.assertRegex(seen, until)
        return process, terminal, seen

    def test_tables_and_json(self):
        self.daemon()
        table = self.ctl("pair", "list").splitlines()
        self.assertRegex(table[0], r"^PAIR +STATUS +IN STEP +ITEMS")
        self.assertRegex("\n".join(table), r"joe +stopped")
        self.assertNotIn("\x1b", "\n".join(table))
        self.assertEqual([p["name"] for p in json.loads(self.ctl("--json", "pair", "list"))["pairs"]], ["jane", "joe"])
        self.assertEqual([p["name"] for p in json.loads(self.ctl("pair", "list", "--json"))["pairs"]], ["jane", "joe"])
        self.assertIn("done  jane\ndone  joe\n", self.ctl("pair", "start", "jane", "joe"))
        self.assertIn("2 pairs", self.ctl("status"))
        self.assertIn("# EOF", self.ctl("metrics"))
        self.assertIn("pair.list", self.ctl("help"))
        self.assertEqual(json.loads(self.ctl("config", "export"))["pairs"].keys(), {"jane", "joe"})

    def test_every_method_is_a_command(self):
        self.daemon()
        for method in self.ask("help")["result"]["methods"]:
            text = self.ctl(*method["name"].split("."), "--help")
            self.assertIn(method["text"][1:], " ".join(text.split()), method["name"])
            for parameter in method["params"]:
                self.assertRegex(text, rf"\b{parameter['name']}\b")
        self.assertNotIn("Commands about", self.ctl("--help"))

    def test_settings_come_from_the_command_line_a_file_or_standard_input(self):
        self.daemon()
        server = {"url": URL, "access": "impersonation", "auth": {"type": "basic", "user": "svc", "password": "pw"}}
        self.ctl("server", "create", "a", "-", stdin=json.dumps(server))
        with open(self.path("b.json"), "w", encoding="utf-8") as file:
            file.write("// comments are welcome\n" + json.dumps(server))
        self.ctl("server", "create", "b", "@b.json")
        self.ctl("server", "update", "b", '{"concurrency": 2}')
        self.assertRegex(self.ctl("server", "get", "b"), r"concurrency +2")
        self.assertRegex(self.ctl("server", "list"), r"a +http://127.0.0.1:1/\S+ +impersonation")
        self.assertRegex(self.ctl("server", "test", "b", code=1), r"ok +no")  # nobody listens there
        self.assertIn("must be a JSON object", self.ctl("server", "create", "c", "nonsense", code=2))

    def test_refusals_tell_what_to_do(self):
        process = self.daemon()
        text = self.ctl("pair", "get", "jan", code=1)
        self.assertIn('there is no pair "jan"', text)
        self.assertIn('→ did you mean "jane"?', text)
        text = self.ctl("pair", "create", "x", "{}", code=1)
        self.assertIn("3 things are wrong", text)
        self.assertIn("pairs.x.primary: is missing", text)
        self.assertIn("is declared in c.json", self.ctl("pair", "delete", "jane", code=1))
        self.ctl("pair", "lst", code=2)
        self.ctl("pair", "get", code=2)
        self.ctl(code=2)
        process.kill()
        process.wait()
        self.assertIn("is exsyncd running?", self.ctl("pair", "list", code=3))
        done = subprocess.run([PROGRAMS["exsyncctl"], "pair", "list"], env={"EXSYNCD_SOCKET": self.path("none.sock")},
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("none.sock", done.stderr)

    def test_colours_are_for_terminals(self):
        self.daemon()
        process, _, seen = self.on_terminal(["pair", "list"], r"joe[^\n]*\n")
        self.assertIn("\x1b[2mstopped", seen)
        os.waitpid(process, 0)

    def test_doctor(self):
        process = self.daemon()
        self.ask("pair.sync_now", pair="jane")
        text = self.ctl("doctor", code=1)
        self.assertRegex(text, r"ok +daemon: exsyncd \d")
        self.assertRegex(text, r"ok +configuration: c.json is right")
        self.assertRegex(text, r"failed +pair jane: ")
        self.assertRegex(text, r"ok +pair joe: is stopped\n +→ exsyncctl pair start joe")
        self.configure({**GOOD, "pairs": {"jane": pair(start="yes")}})
        self.assertRegex(self.ctl("doctor", code=1), r"failed +configuration: c.json: pairs.jane.start: must be true or false")
        self.configure({**GOOD, "pairs": {"jane": pair(start=False)}})
        self.ask("daemon.reload")
        self.assertIn("Everything is well.", self.ctl("doctor"))
        findings = json.loads(self.ctl("doctor", "--json"))
        self.assertEqual({f["outcome"] for f in findings}, {"ok"})
        process.kill()
        process.wait()
        self.assertIn("is exsyncd running?", self.ctl("doctor", code=1))

    def test_watch_in_a_pipe_and_on_a_terminal(self):
        self.daemon()
        watching = subprocess.Popen([PROGRAMS["exsyncctl"], "--socket", self.path("admin.sock"), "watch"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(watching.stdout.close)
        self.addCleanup(watching.kill)
        while not re.search(r"Z joe stopped 0 of 0 items in step", watching.stdout.readline()):
            pass
        self.ask("pair.start", pair="joe")
        while not re.search(r"Z info +joe: started", watching.stdout.readline()):
            pass
        watching.send_signal(signal.SIGINT)
        self.assertEqual(watching.wait(PATIENCE), 0)
        process, terminal, seen = self.on_terminal(["watch"], r"PAIR[^§]*STATUS[^§]*joe")
        self.assertIn("\x1b[?1049h", seen)
        mode = termios.tcgetattr(terminal)
        mode[3] |= termios.NOFLSH  # else the terminal may throw away what is written right after the interrupt
        termios.tcsetattr(terminal, termios.TCSANOW, mode)
        os.write(terminal, b"\x03")
        while "\x1b[?1049l" not in seen:
            seen += os.read(terminal, 65536).decode(errors="replace")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), 0)

    def test_setup_with_a_service_account_by_a_script(self):
        self.daemon()
        go_on = "3"  # nobody answers there
        answers = ["1", "1", "hq", URL, "svc@hq.example", "pw one", "", "2", "branch", URL + "2", "svc@branch.example", "pw two", "", go_on, go_on,
                   "ann@hq.example", go_on, "ann@branch.example", go_on, "", "2", "10min", "2026-01-01", "n", "1", "drafts = inbox/Drafts", "", "y", "y"]
        text = self.ctl("setup", stdin="\n".join(answers) + "\n")
        self.assertIn("It runs.", text)
        self.assertNotIn("pw one", text)
        got = self.ask("pair.get", pair="ann")["result"]
        self.assertNotEqual(got["status"], "stopped")
        self.assertEqual(got["settings"]["polling_interval"], "10min")
        self.assertEqual([(f["name"], f["primary"], f["replica"], f["direction"]) for f in got["folders"]],
                         [("drafts", "drafts", "inbox/Drafts", "primary-to-replica"), ("inbox", "inbox", "inbox", "primary-to-replica")])

    def test_setup_with_direct_credentials_on_a_terminal(self):
        self.daemon()
        process, _, seen = self.on_terminal(["setup"], r"It runs\.", [
            (r"Access to the primary \[1\]: $", "3\n"), (r"Access to the replica \[3\]: $", "\n"), (r"URL of the primary.*: $", URL + "\n"),
            (r"primary's user.*: $", "ann@x.example\n"), (r"password[^:]*: $", "hunter2\n"), (r"know it: $", "\n"), (r"URL of the replica.*: $", "\n"),
            (r"replica's user.*: $", "bob@x.example\n"), (r"replica's user[^§]*password[^:]*: $", "hunter3\n"),
            (r"replica's user[^§]*know it: $", "\n"), (r"What now\? \[1\]: $", "3\n"), (r"What now[^§]*What now\? \[1\]: $", "3\n"),
            (r"address of the primary[^:]*: $", "\n"), (r"address of the replica[^:]*: $", "\n"), (r"name for the pair[^:]*: $", "\n"),
            (r"go over\? \[1\]: $", "\n"), (r"changes\? \[5min\]: $", "\n"), (r"\[all\]: $", "\n"), (r"come along.*\(Y/n\): $", "\n"),
            (r"to be the same\?.*\[all\]: $", "1\n"), (r"Folders: $", "\n"), (r"Create this pair\? \(Y/n\): $", "\n"),
            (r"Start it now\? \(Y/n\): $", "\n")])
        self.assertNotIn("hunter", seen)
        os.waitpid(process, 0)
        got = self.ask("pair.get", pair="ann")["result"]
        self.assertEqual([got[side]["mailbox"] for side in ("primary", "replica")], ["ann@x.example", "bob@x.example"])

    def test_a_setup_that_is_given_up_leaves_nothing(self):
        self.daemon()
        text = self.ctl("setup", stdin=f"1\n1\nlab\n{URL}\nsvc\npw\n\nquit\n", code=1)
        self.assertIn("nothing was made", text)
        self.assertEqual(self.ask("server.list")["result"]["servers"], [])
        self.ctl("setup", stdin="", code=1)


if __name__ == "__main__":
    PROGRAMS["exsyncd"], PROGRAMS["exsyncctl"] = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
