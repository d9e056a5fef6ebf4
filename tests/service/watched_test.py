"""What can be watched over the admin socket of the program itself: log, events, metrics; and clients that misbehave meanwhile.

usage: watched_test.py EXSYNCD [unittest's arguments]
"""

import json
import os
import socket
import sys
import unittest

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from stage import GOOD, PATIENCE, PROGRAMS, Stage, pair


class WatchedTest(Stage):
    def setUp(self):
        super().setUp()
        self.configure({**GOOD, "pairs": {"jane": pair(), "joe": pair("joe", start=False)}})
        self.process = self.start()

    def connect(self, *lines):
        connection = socket.socket(socket.AF_UNIX)
        self.addCleanup(connection.close)
        connection.settimeout(PATIENCE)
        connection.connect(self.path("admin.sock"))
        connection.sendall(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
        return connection

    def follow(self, **params):
        connection = self.connect({"method": "events.follow", "params": params})
        lines = connection.makefile()
        self.assertEqual(json.loads(lines.readline()), {"result": {"following": True}})
        return connection, lines

    def until(self, lines, wanted):
        while True:
            event = json.loads(lines.readline())
            if wanted(event):
                return event

    def test_metrics_are_what_openmetrics_wants(self):
        self.ask("pair.sync_now", pair="jane")
        families = {family.name: family for family in text_string_to_metric_families(self.ask("metrics")["result"])}
        status = {(s.labels["pair"], s.labels["status"]): s.value for s in families["exsyncd_pair_status"].samples}
        self.assertEqual(status["joe", "stopped"], 1)
        self.assertEqual(status["jane", "stopped"], 0)
        self.assertEqual(len(status), 12)
        self.assertGreaterEqual({s.labels["pair"]: s.value for s in families["exsyncd_pair_rounds"].samples}["jane"], 1)
        self.assertEqual(families["exsyncd_pair_rounds"].type, "counter")
        self.assertRegex(families["exsyncd"].samples[0].labels["version"], r"^\d+\.\d+\.\d+$")

    def test_log_show_gives_lines_by_pair_and_level(self):
        self.ask("pair.sync_now", pair="jane")
        errors = self.ask("log.show", pair="jane", level="warning")["result"]["lines"]
        self.assertTrue(errors)
        self.assertEqual({line["pair"] for line in errors}, {"jane"})
        self.assertLessEqual({line["level"] for line in errors}, {"warning", "error"})
        everything = self.ask("log.show", level="debug", limit=10000)["result"]["lines"]
        self.assertGreater(len(everything), len(errors))
        self.assertIn("runs with 2 pair(s)", json.dumps(everything))
        self.assertEqual(len(self.ask("log.show", limit=1)["result"]["lines"]), 1)

    def test_events_tell_pairs_and_log_lines(self):
        _, lines = self.follow()
        first = {self.until(lines, lambda e: e["event"] == "pair")["pair"]["name"] for _ in range(2)}
        self.assertEqual(first, {"jane", "joe"})
        self.ask("pair.start", pair="joe")
        self.until(lines, lambda e: e["event"] == "log" and e["text"] == "started" and e["pair"] == "joe")
        changed = self.until(lines, lambda e: e["event"] == "pair" and e["pair"]["name"] == "joe")
        self.assertNotEqual(changed["pair"]["status"], "stopped")
        self.configure({**GOOD, "pairs": {"jane": pair()}})
        self.ask("daemon.reload")
        self.assertEqual(self.until(lines, lambda e: e["event"] == "pair_gone")["name"], "joe")

    def test_a_follower_may_say_no_more_and_may_ask_in_between(self):
        silent, lines = self.follow(pair="jane")
        silent.shutdown(socket.SHUT_WR)
        self.assertEqual(self.until(lines, lambda e: e["event"] == "pair")["pair"]["name"], "jane")
        asking, lines = self.follow(level="error", pair="joe")
        asking.sendall(b'{"method":"daemon.status","id":7}\n')
        self.assertEqual(self.until(lines, lambda e: e.get("id") == 7)["result"]["pid"], self.process.pid)

    def test_followers_that_do_not_read_or_hang_up_harm_nobody(self):
        for _ in range(20):
            self.follow()[0].close()
        deaf = [self.follow(level="debug")[0] for _ in range(20)]
        self.assertEqual(len(deaf), 20)
        _, lines = self.follow(level="debug")
        for _ in range(30):
            for change in ("pair.start", "pair.stop"):
                self.assertIn("result", self.ask(change, pair="joe"))
        for _ in range(30):
            self.until(lines, lambda e: e["event"] == "log" and e["text"] == "stopped")

    def test_hostile_lines_harm_nobody(self):
        fool = self.connect()
        fool.sendall(b"\xff\xfe\x00 {]\n" + b"[" * 100000 + b"\n" + b'{"method":' + b"9" * 500000 + b"}\n")
        answers = fool.makefile()
        for _ in range(3):
            self.assertIn(json.loads(answers.readline())["error"]["code"], (-32700, -32600))
        large = self.connect()
        large.sendall(b'{"method":"help","params":{"x":"' + b"y" * (1 << 20))
        self.assertIn("at most 1048576 bytes", large.makefile().readline())
        largest = self.connect()
        head, tail = b'{"method":"pair.get","params":{"pair":"', b'"}}'
        largest.sendall(head + b"x" * ((1 << 20) - len(head) - len(tail)) + tail + b"\n")
        self.assertIn("there is no pair", largest.makefile().readline())
        half = self.connect()
        half.sendall(b'{"method":"pair.')
        self.assertIn("result", self.ask("pair.list"))

    def test_items_that_are_not_known_and_pairs_that_are_not_bound(self):
        self.ask("pair.sync_now", pair="jane")
        unknown = self.ask("item.why", item="Minutes")["result"]
        self.assertEqual((unknown["items"], unknown["more"]), ([], False))
        # Nothing is known of what could not be read, and that is said.
        self.assertEqual({why["pair"] for why in unknown["unread"]}, {"jane"})
        self.assertEqual(self.ask("item.why", item="")["error"]["code"], -32602)
        self.assertEqual(self.ask("ban.add", pair="jane", id="x")["error"]["code"], -32001)
        self.assertEqual(self.ask("pair.resync", pair=["jane", "joe"])["result"]["pairs"][0]["done"], True)
        self.assertEqual(self.ask("pair.resync", pair="jane", folder="x")["error"]["code"], -32001)


if __name__ == "__main__":
    PROGRAMS["exsyncd"] = os.path.abspath(sys.argv[1])
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
