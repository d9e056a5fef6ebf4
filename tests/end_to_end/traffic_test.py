"""Bytes on the wire counted, the costliest items told, and allowances that let pairs run.

usage: FILE EXSYNCD EXCHANGE-SIM [SCHEMAS] [unittest's arguments]
"""

import datetime
import json
import os
import subprocess
import unittest.mock

import case
import programs

TODAY = "%Y-%m-%d"


def today():
    return datetime.datetime.now(datetime.timezone.utc)


def exsyncctl(*arguments):
    """It stands beside the daemon. Exit code, standard output, standard error."""
    program = os.path.join(os.path.dirname(os.path.abspath(case.PROGRAMS["exsyncd"])), "exsyncctl")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=programs.PATIENCE, check=False)
    return done.returncode, done.stdout, done.stderr


class TrafficTest(case.EndToEnd):
    def today(self, **params):
        days = self.daemon.call("traffic.daily", **params)["days"]
        self.assertEqual(len(days), 7)
        self.assertEqual(days, sorted(days, key=lambda day: day["date"]))
        return days[-1]

    def test_bytes_agree_with_what_the_servers_saw(self):
        self.deliver(self.hq, "small")
        self.deliver(self.hq, "large", headers={"X-Padding": "x" * 900})
        self.run_daemon()
        self.daemon.sync()
        seen = self.sim.control("counters")
        mine = self.today(pair="jane")
        self.assertEqual(mine["bytes"], mine["items_bytes"] + mine["polling_bytes"])
        self.assertEqual(mine["requests"], sum(seen["requests"].values()))
        # The servers count bodies; heads are a few hundred bytes each. What they answer is compressed on the wire.
        sent, received = (mine["items"][way] + mine["polling"][way] for way in ("sent", "received"))
        self.assertGreater(sent, seen["bytes_in"] + 100 * mine["requests"])
        self.assertLess(sent, seen["bytes_in"] + 1000 * mine["requests"])
        self.assertGreater(received, seen["bytes_out"] / 10)
        self.assertLess(received, seen["bytes_out"] + 1000 * mine["requests"])

    def test_what_was_counted_outlives_the_daemon(self):
        self.deliver(self.hq, "one")
        self.run_daemon()
        self.daemon.sync()
        before = self.today()
        self.assertEqual(before["pairs"], {"jane": before["bytes"]})
        self.daemon.kill()  # what was asked for has been written
        self.daemon.start()
        self.assertGreaterEqual(self.today()["bytes"], before["bytes"])
        months = self.daemon.call("traffic.monthly")["months"]
        self.assertEqual(months[-1]["month"], today().strftime("%Y-%m"))
        self.assertGreaterEqual(months[-1]["items_bytes"], before["items_bytes"])
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.assertGreaterEqual(self.today()["bytes"], before["bytes"])

    def test_polling_is_told_apart(self):
        self.deliver(self.hq, "one")
        self.run_daemon()
        self.daemon.sync()
        before = self.today()
        self.daemon.sync()  # nothing to do: lists only
        after = self.today()
        self.assertEqual(after["items_bytes"], before["items_bytes"])
        self.assertGreater(after["polling_bytes"], before["polling_bytes"])

    def test_the_large_mail_costs_most(self):
        for n in range(12):
            self.deliver(self.hq, f"small {n}")
        self.deliver(self.branch, "the big one", headers={"X-Padding": "x" * 900})
        with unittest.mock.patch("email.message.EmailMessage.set_content",
                                 lambda made, text: made.set_payload("\n".join([text] + ["y" * 900] * 3000))):
            self.deliver(self.branch, "the very big one")
        self.run_daemon()
        self.daemon.sync()
        top = self.daemon.call("traffic.top")
        self.assertEqual(top["month"], today().strftime("%Y-%m"))
        self.assertEqual(len(top["items"]), 10)
        costs = [item["consumption"] for item in top["items"]]
        self.assertEqual(costs, sorted(costs, reverse=True))
        first = top["items"][0]
        self.assertEqual((first["subject"], first["type"], first["pair"], first["folder"], first["account"], first["times_synced"]),
                         ("the very big one", "message", "jane", "inbox", self.branch, 1))
        self.assertGreater(first["size"], 2_700_000)
        self.assertGreater(first["consumption"], 4 / 3 * 2_700_000)  # in base64; read, which is compressed, and written
        self.assertEqual(first["date"], "2026-01-07T08:00:00Z")
        self.assertTrue(first["updated"].startswith(today().strftime("%Y-")))
        # The other server is of 2010, which has ids of its own for it.
        self.assertTrue(first["link"].startswith(self.sim.url("branch").split("/EWS")[0] + "/owa/?ItemID="), first["link"])
        self.assertLess(costs[1], costs[0] / 10)
        self.assertEqual(len(self.daemon.call("traffic.top", limit=2, pair="jane")["items"]), 2)
        self.assertEqual(self.daemon.call("traffic.top", month="2020-01")["items"], [])
        with self.assertRaises(programs.Refused):
            self.daemon.call("traffic.top", month="yesterday")
        code, table, _ = exsyncctl("--socket", self.daemon.socket, "traffic", "top", "--limit", "1")
        self.assertEqual(code, 0)
        self.assertIn("the very big one", table)
        self.assertRegex(table, r"\d\.\d MB")
        code, text, _ = exsyncctl("--socket", self.daemon.socket, "--json", "traffic", "daily", "--pair", "jane")
        self.assertEqual((code, len(json.loads(text)["days"])), (0, 7))


class AllowanceTest(case.EndToEnd):
    def setUp(self):
        super().setUp()
        self.key_file = self.daemon.path("operator.pem")
        code, text, error = exsyncctl("--json", "issue-code", "--key", self.key_file, "--new-key")
        self.assertEqual(code, 0, error)
        self.public_key = json.loads(text)["public_key"]
        self.assertEqual(os.stat(self.key_file).st_mode & 0o777, 0o600)

    def code(self, *arguments, days=30, key=None):
        last = (today() + datetime.timedelta(days=days)).strftime(TODAY)
        code, text, error = exsyncctl("issue-code", "--key", key or self.key_file, "--to", last, *arguments)
        self.assertEqual(code, 0, error)
        return text.strip()

    def run_limited(self):
        configuration = self.configuration()
        configuration["allowance_key"] = self.public_key
        self.daemon.configure(configuration)
        self.daemon.start()

    def pair(self):
        return self.daemon.call("pair.get", pair="jane")

    def assert_paused(self, code):
        pair = self.pair()
        self.assertEqual(pair["status"], "paused", pair)
        self.assertEqual(pair["errors"][0]["code"], code, pair)
        self.assertIn("allowance", pair["errors"][0]["hint"])

    def refusal(self, method, **params):
        with self.assertRaises(programs.Refused) as refused:
            self.daemon.call(method, **params)
        self.assertTrue(refused.exception.error["data"]["hint"])
        return str(refused.exception)

    def test_off_unless_a_key_is_set(self):
        self.run_daemon()
        self.assertEqual(self.daemon.call("allowance.list")["limits"], "off")
        self.assertIn("not limited", self.refusal("allowance.add", code=self.code("--bytes", "1GB", "--pairs", "1")))
        self.daemon.sync()

    def test_a_pair_pauses_without_allowance_and_goes_on_with_one(self):
        self.deliver(self.hq, "one")
        self.run_limited()
        self.assert_paused("no-allowance")
        self.assertEqual(self.requests(), {})
        self.assertEqual(self.daemon.call("allowance.list")["state"], "none")
        added = self.daemon.call("allowance.add", code=self.code("--bytes", "15kB", "--pairs", "1", "--id", "first"))["added"]
        self.assertEqual((added["id"], added["kind"], added["state"], added["pairs"], added["bytes"]),
                         ("first", "subscription", "running", 1, 15_000))
        # The first round needs more than that: it pauses by itself, and says so.
        self.daemon.wait_for_log("paused: the 15000 bytes of this month are used up")
        self.assert_paused("allowance-spent")
        self.assertIn("paused", self.daemon.call("daemon.status")["summary"])
        self.assertEqual(self.daemon.call("allowance.list")["state"], "spent")
        code, table, _ = exsyncctl("--socket", self.daemon.socket, "allowance", "list")
        self.assertEqual(code, 0)
        self.assertIn("spent", table)
        seen = len(self.daemon.log)
        self.daemon.call("allowance.add", code=self.code("--top-up", "--bytes", "10MB", "--id", "battery"))
        self.daemon.wait_for_log("goes on", after=seen)
        self.daemon.sync()
        self.assert_equal_sides()
        listed = self.daemon.call("allowance.list")
        self.assertEqual((listed["state"], listed["pairs"]), ("on top-ups", {"allowed": 1, "running": 1}))
        battery = next(a for a in listed["allowances"] if a["id"] == "battery")
        self.assertGreater(battery["used"], 0)
        self.assertEqual(battery["left"], 10_000_000 - battery["used"])
        # It is kept over the end of the process, and a restart.
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.daemon.sync()
        again = next(a for a in self.daemon.call("allowance.list")["allowances"] if a["id"] == "battery")
        self.assertGreaterEqual(again["used"], battery["used"])
        self.daemon.call("allowance.remove", id="first")
        self.assert_paused("no-allowance")

    def test_codes_that_are_not_taken(self):
        self.run_limited()
        good = self.code("--bytes", "1GB", "--pairs", "1", "--id", "once")
        self.daemon.call("allowance.add", code=good)
        self.assertIn("added before", self.refusal("allowance.add", code=good))
        self.daemon.call("allowance.remove", id="once")
        self.assertIn("added before", self.refusal("allowance.add", code=good))
        self.assertIn("no allowance", self.refusal("allowance.remove", id="once"))
        other_key = self.daemon.path("other.pem")
        self.assertEqual(exsyncctl("issue-code", "--key", other_key, "--new-key")[0], 0)
        self.assertIn("another key", self.refusal("allowance.add", code=self.code("--bytes", "1GB", "--pairs", "1", key=other_key)))
        broken = good[:-10] + ("A" if good[-10] != "A" else "B") + good[-9:]
        self.assertIn("signature is wrong", self.refusal("allowance.add", code=broken))
        self.assertIn("no code", self.refusal("allowance.add", code="please"))
        old = self.code("--bytes", "1GB", "--pairs", "1", "--from", "2020-01-01", days=-2)
        self.assertIn("has passed", self.refusal("allowance.add", code=old))
        self.assert_paused("no-allowance")

    def test_what_cannot_be_issued(self):
        self.assertEqual(exsyncctl("issue-code", "--key", self.key_file, "--new-key")[0], 1)  # nothing is overwritten
        for arguments in (("--bytes", "1GB", "--pairs", "1"), ("--bytes", "1 elephant", "--pairs", "1", "--to", "2099-01-01"),
                          ("--bytes", "1GB", "--to", "2099-01-01"), ("--bytes", "1GB", "--pairs", "1", "--to", "2020-01-01"),
                          ("--top-up", "--pairs", "1", "--bytes", "1GB", "--to", "2099-01-01")):
            code, text, error = exsyncctl("issue-code", "--key", self.key_file, *arguments)
            self.assertEqual((code, text), (1, ""), arguments)
            self.assertTrue(error, arguments)


if __name__ == "__main__":
    case.main()
