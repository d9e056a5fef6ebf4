#!/usr/bin/python3
"""What exchange-sim's program adds to the library: sockets, TLS, faults on the wire, its state file, its refusals.

usage: program.py EXCHANGE-SIM
"""

import base64
import gzip
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

from simulator import Simulator

CONFIG = {"servers": [{"name": "hq", "version": "ExchangeSE",
                       "mailboxes": [{"address": "jane@hq.example", "display_name": "Jane", "password": "secret"}]}],
          "seed": 7}

GET_FOLDER = b"""<?xml version="1.0" encoding="utf-8"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"
 xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Header><t:RequestServerVersion Version="Exchange2013_SP1"/></s:Header>
<s:Body><m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id="inbox"/>
</m:FolderIds></m:GetFolder></s:Body></s:Envelope>"""


class OnTheWire(unittest.TestCase):
    def setUp(self):
        sim.control("clear_faults")
        sim.control("reset_counters")
        url = urllib.parse.urlparse(sim.url("hq"))
        context = ssl.create_default_context(cafile=sim.ready["ca_file"])
        self.connection = http.client.HTTPSConnection(url.hostname, url.port, context=context, timeout=60)
        self.addCleanup(self.connection.close)

    def post(self, body=GET_FOLDER, password="secret"):
        credentials = base64.b64encode(f"jane@hq.example:{password}".encode()).decode()
        self.connection.request("POST", "/EWS/Exchange.asmx", body, {"Content-Type": "text/xml; charset=utf-8", "Authorization": "Basic " + credentials})
        return self.connection.getresponse()

    def acted(self):
        return sim.control("counters")["requests"].get("GetFolder", 0)

    def test_requests_share_a_connection(self):
        for _ in range(8):
            answer = self.post()
            self.assertEqual(answer.status, 200)
            self.assertIn(b"<m:ResponseCode>NoError</m:ResponseCode>", answer.read())
            port = self.connection.sock.getsockname()[1]
        self.assertEqual(self.connection.sock.getsockname()[1], port)
        self.assertEqual(self.acted(), 8)

    def test_many_connections_are_served_at_once(self):
        sockets = [socket.create_connection(("127.0.0.1", sim.ready["servers"]["hq"]["port"])) for _ in range(40)]
        self.assertEqual(self.post().status, 200)
        for each in sockets:
            each.close()

    def test_old_tls_is_refused(self):
        context = ssl.create_default_context(cafile=sim.ready["ca_file"])
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        with socket.create_connection(("127.0.0.1", sim.ready["servers"]["hq"]["port"])) as plain:
            with self.assertRaises(ssl.SSLError):
                context.wrap_socket(plain, server_hostname="localhost")

    def test_a_wrong_password_is_told_how_to_log_in(self):
        answer = self.post(password="guessed")
        self.assertEqual(answer.status, 401)
        self.assertIn("Basic", answer.headers["WWW-Authenticate"])

    def test_a_throttled_client_is_told_how_long(self):
        sim.control("fault", what="http_status", status=429, retry_after=17)
        answer = self.post()
        self.assertEqual((answer.status, answer.headers["Retry-After"]), (429, "17"))

    def test_a_connection_closes_before_or_after_acting(self):
        for what in ("close_before_acting", "close_after_acting"):
            sim.control("fault", what=what)
            with self.assertRaises((ConnectionError, ssl.SSLError, http.client.RemoteDisconnected), msg=what):
                self.post()
            self.connection.close()
            self.assertEqual(self.post().status, 200)
            self.connection.close()

    def test_an_answer_is_cut(self):
        whole = self.post().read()
        for bytes_ in (1, 40, len(whole)):
            sim.control("fault", what="cut_at", bytes=bytes_)
            answer = self.post()
            received = b""
            with self.assertRaises((http.client.IncompleteRead, ConnectionError, ssl.SSLError)) as cut:
                received = answer.read()
            if isinstance(cut.exception, http.client.IncompleteRead):
                received = cut.exception.partial
                self.assertEqual(received, whole[:bytes_])
            self.connection.close()

    def test_an_answer_comes_late_and_holds_up_nobody_else(self):
        sim.control("fault", what="delay", milliseconds=700)
        started = time.monotonic()
        answer = self.post()
        self.assertGreaterEqual(time.monotonic() - started, 0.7)
        self.assertEqual(answer.status, 200)

    def test_an_answer_in_two_members_of_gzip_is_the_whole_answer(self):
        sim.control("fault", what="gzip_in_two")
        answer = self.post()
        self.assertEqual(answer.headers["Content-Encoding"], "gzip")
        whole = gzip.decompress(answer.read())
        self.assertTrue(whole.startswith(b"<?xml") and whole.endswith(b"</s:Envelope>"), whole)

    def test_an_answer_comes_byte_by_byte(self):
        sim.control("fault", what="slow_answer", milliseconds=0)
        plain = self.post().read()
        sim.control("fault", what="slow_answer", milliseconds=1)
        self.assertEqual(self.post().read(), plain)

    def test_an_answer_never_ends(self):
        sim.control("fault", what="endless_answer", filler="<!-- -->", milliseconds=1)
        answer = self.post()
        some = answer.read(5000)
        self.assertIn(b"<!-- --><!-- -->", some)
        self.assertNotIn(b"</s:Envelope>", some)
        self.connection.close()

    def test_what_the_server_did_late_is_done(self):
        sim.control("fault", what="commit_later")
        with self.assertRaises((ConnectionError, ssl.SSLError, http.client.RemoteDisconnected)):
            self.post()
        self.assertEqual(sim.control("commit_now")["committed"], 1)


class Control(unittest.TestCase):
    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", sim.ready["control_port"], timeout=60)
        connection.request(method, path, body)
        answer = connection.getresponse()
        result = answer.status, json.load(answer)
        connection.close()
        return result

    def test_what_is_no_command_is_refused(self):
        for method, path, body, status, reason in (
                ("GET", "/control", None, 404, "POST"), ("POST", "/EWS/Exchange.asmx", "{}", 404, "POST"),
                ("POST", "/control", "no JSON", 400, "not JSON"), ("POST", "/control", "[]", 400, "object"),
                ("POST", "/control", "{}", 400, "do: is missing"), ("POST", "/control", '{"do":"dance"}', 400, "no such command"),
                ("POST", "/control", '{"do":"counters","sevrer":"hq"}', 400, "sevrer: is not known")):
            got, answer = self.ask(method, path, body)
            self.assertEqual(got, status, answer)
            self.assertIn(reason, answer["error"])

    def test_commands_that_are_given_together_are_answered_one_by_one(self):
        delivered = {"do": "add_message", "mailbox": "jane@hq.example", "folder": "drafts", "mime": "Subject: one of two\r\n\r\nhello\r\n"}
        answers = sim.control("together", commands=[delivered, {"do": "dance"}, {"do": "contents", "mailbox": "jane@hq.example", "folder": "drafts"}])["answers"]
        self.assertEqual((answers[0]["ok"], answers[1]["error"]), (True, "do: no such command: dance"))
        self.assertEqual([item["subject"] for item in answers[2]["items"]], ["one of two"])

    def test_help_lists_every_command(self):
        commands = sim.control("help")["commands"]
        for name in ("add_message", "fault", "contents", "commit_now"):
            self.assertIn(name, commands)


class StateFile(unittest.TestCase):
    def test_the_state_is_saved_on_demand_and_at_the_end_and_taken_up_again(self):
        before = sim.control("add_message", mailbox="jane@hq.example", mime="Subject: kept\r\n\r\nhello\r\n")["id"]
        self.assertEqual(sim.control("save"), {"ok": True})
        sim.control("add_message", mailbox="jane@hq.example", mime="Subject: kept too\r\n\r\nhello\r\n")
        contents = sim.control("contents", mailbox="jane@hq.example")
        sim.stop()
        sim.start()
        self.assertEqual(sim.control("contents", mailbox="jane@hq.example"), contents)
        after = sim.control("add_message", mailbox="jane@hq.example", mime="Subject: later\r\n\r\nhello\r\n")["id"]
        ids = [item["id"] for item in sim.control("contents", mailbox="jane@hq.example")["items"]]
        self.assertIn(before, ids)
        self.assertEqual(len(ids), len(set(ids)), after)


class KeptBeforeAnswer(unittest.TestCase):
    def test_what_was_answered_is_there_after_a_kill(self):
        with Simulator(program, CONFIG, more=("--keep-before-answer",)) as kept:
            for number in range(5):
                last = kept.control("add_message", mailbox="jane@hq.example", mime=f"Subject: {number}\r\n\r\nhello\r\n")["id"]
                kept.control("user_mark_read", mailbox="jane@hq.example", item=last, read=True)
                told = kept.control("contents", mailbox="jane@hq.example")
                kept.process.kill()
                kept.process.wait()
                kept.process.stdout.close()
                kept.start()
                self.assertEqual(kept.control("contents", mailbox="jane@hq.example"), told)
                self.assertEqual(len(told["items"]), number + 1)


class Refusals(unittest.TestCase):
    def refused(self, config, *arguments):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "config.json")
            with open(path, "w", encoding="utf-8") as f:
                f.write(config if isinstance(config, str) else json.dumps(config))
            state = os.path.join(directory, "state.json")
            with open(state, "w", encoding="utf-8") as f:
                f.write('{"some": "other file"}')
            ended = subprocess.run([program, "--config", path, *[a.format(state=state) for a in arguments]], capture_output=True, text=True, timeout=60)
            self.assertEqual((ended.returncode, ended.stdout), (2, ""), ended.stderr)
            return ended.stderr

    def test_a_configuration_that_is_wrong_is_refused_with_the_reason(self):
        taken = sim.ready["control_port"]
        for config, arguments, reason in (
                ("{", (), "is not JSON"), ({"sevrers": []}, (), "sevrers: is not known here"), ({"clock": "noon"}, (), "clock: must be a time"),
                ({"servers": [{"name": "x", "version": "Exchange5.5"}]}, (), "add_server"),
                ({"servers": [{"name": "x"}]}, (), "servers.version: is missing"),
                ({"servers": [{"name": "x", "version": "ExchangeSE", "mailboxes": [{"password": "p"}]}]}, (), "address: is missing"),
                ({"commands": [{"do": "dance"}]}, (), "no such command"),
                ({}, ("--https",), "--ca-dir"), ({}, ("--keep-before-answer",), "--state"), ({}, ("--port", "x=99999"), "must be SERVER=PORT"), ({}, ("--port", "x=8080"), "no such server"),
                ({}, ("--control-port", str(taken)), "cannot be had"), ({}, ("--state", "{state}"), "is not a state file")):
            self.assertIn(reason, self.refused(config, *arguments))


if __name__ == "__main__":
    program = sys.argv[1]
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in (OnTheWire, Control, StateFile, KeptBeforeAnswer, Refusals))
    with Simulator(program, CONFIG) as sim:
        result = unittest.TextTestRunner(verbosity=2).run(suite)
    sys.exit(not result.wasSuccessful())
