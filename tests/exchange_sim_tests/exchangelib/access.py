#!/usr/bin/python3
"""Streaming, access to the mailboxes of others and public folders, judged by Debian's python3-exchangelib over https.

usage: access.py EXCHANGE-SIM [EWS-DATA]
"""

import base64
import http.client
import os
import queue
import ssl
import sys
import threading
import unittest
import urllib.parse

try:
    import exchangelib  # noqa: F401
except ImportError:
    sys.exit("python3-exchangelib is not installed")

from exchangelib import BASIC, DELEGATE, IMPERSONATION, UTC, Account, Build, Configuration, Credentials, Folder, Message, Version
from exchangelib.errors import (ErrorAccessDenied, ErrorCannotDeleteObject, ErrorFolderNotFound, ErrorInvalidOperation,
                                ErrorInvalidSubscription, ErrorItemNotFound, ErrorSubscriptionNotFound)
from exchangelib.properties import CreatedEvent, MovedEvent, NewMailEvent

from simulator import Simulator

VERSIONS = {"old": Version(Build(14, 3, 248, 2), "Exchange2010_SP2"), "new": Version(Build(15, 2, 2562, 17), "Exchange2016")}
CONFIG = {
    "servers": [{"name": name, "version": profile, "mailboxes": [
        {"address": f"jane@{name}.example", "display_name": "Jane Doe", "password": "password"},
        {"address": f"owner@{name}.example", "password": "password"},
        {"address": f"service@{name}.example", "password": "password", "may_impersonate": ["*"]},
    ]} for name, profile in (("old", "Exchange2010_SP2"), ("new", "ExchangeSE"))],
    "commands": [command for name in ("old", "new") for command in (
        {"do": "add_public_folders", "server": name},
        {"do": "add_folder", "server": name, "mailbox": "publicfolders", "path": "publicfoldersroot/Team"},
        {"do": "set_notifications", "server": name, "gather_milliseconds": 50})],
}


def log_in(server, address, user=None, access=DELEGATE):
    config = Configuration(service_endpoint=sim.url(server), credentials=Credentials(user or address, "password"), auth_type=BASIC,
                           version=VERSIONS[server])
    return Account(address, config=config, access_type=access, autodiscover=False, default_timezone=UTC)


class Stream:
    """Reads the events of one subscription in a thread of its own."""

    def __init__(self, folder, subscription):
        self.events = queue.Queue()
        self.thread = threading.Thread(target=self.read, args=(folder, subscription), daemon=True)
        self.thread.start()

    def read(self, folder, subscription):
        try:
            for notification in folder.get_streaming_events(subscription, connection_timeout=1):
                for event in notification.events:
                    self.events.put(event)
        except Exception as error:  # pylint: disable=broad-except
            self.events.put(error)
        self.events.put(None)

    def wait_for(self, kind):
        while True:
            event = self.events.get(timeout=60)
            if event is None or isinstance(event, kind):
                return event
            if isinstance(event, Exception):
                raise event


class AccessTest:
    server = None

    def setUp(self):
        self.jane = f"jane@{self.server}.example"
        self.owner = f"owner@{self.server}.example"
        self.service = f"service@{self.server}.example"
        sim.control("set_access", mailbox=self.jane, account=self.owner, full=False, view_private=False)
        sim.control("set_permission", mailbox=self.jane, folder="root", account=self.owner, level="None", below=True)

    def deliver(self, subject, **more):
        return sim.control("add_message", mailbox=self.jane, mime=f"Subject: {subject}\r\nFrom: <bob@x.example>\r\n\r\nHello\r\n", **more)["id"]

    def test_events_are_streamed_while_they_happen(self):
        for access in (DELEGATE, IMPERSONATION):
            inbox = log_in(self.server, self.jane, self.service if access == IMPERSONATION else None, access).inbox
            subscription = inbox.subscribe_to_streaming()
            stream = Stream(inbox, subscription)
            id_ = self.deliver(f"streamed to {access}")
            self.assertEqual(stream.wait_for(NewMailEvent).item_id.id, id_)
            moved = sim.control("user_move", mailbox=self.jane, item=id_, to="drafts")["id"]
            event = stream.wait_for(MovedEvent)
            self.assertEqual((event.old_item_id.id, event.item_id.id), (id_, moved))
            sim.control("lose_subscriptions", server=self.server)
            with self.assertRaises(ErrorInvalidSubscription):
                stream.wait_for(CreatedEvent)
            with self.assertRaises(ErrorSubscriptionNotFound):
                list(inbox.get_streaming_events(subscription, connection_timeout=1))

    def test_events_are_pulled(self):
        inbox = log_in(self.server, self.jane).inbox
        subscription, watermark = inbox.subscribe_to_pull(event_types=["NewMailEvent"])
        id_ = self.deliver("pulled")
        events = [event for notification in inbox.get_events(subscription, watermark) for event in notification.events]
        self.assertEqual([event.item_id.id for event in events], [id_])
        inbox.unsubscribe(subscription)

    def test_somebody_without_a_right_finds_nothing(self):
        self.deliver("hers")
        with self.assertRaises((ErrorFolderNotFound, ErrorItemNotFound, ErrorAccessDenied)):
            list(log_in(self.server, self.jane, self.owner).inbox.all())

    def test_an_owner_of_the_folders_sees_all_but_what_is_private(self):
        sim.control("user_empty_folder", mailbox=self.jane, folder="inbox")
        sim.control("set_permission", mailbox=self.jane, folder="root", account=self.owner, level="Owner", below=True)
        self.deliver("open")
        self.deliver("secret", sensitivity="Private")
        inbox = log_in(self.server, self.jane, self.owner).inbox
        self.assertEqual([m.subject for m in inbox.all()], ["open"])
        self.assertEqual([m.subject for _, m in inbox.sync_items()], ["open"])
        mail = inbox.get(subject="open")
        mail.categories = ["Rot"]
        mail.save(update_fields=["categories"])
        with self.assertRaises(ErrorCannotDeleteObject):
            mail.move_to_trash()
        mail.move(log_in(self.server, self.jane, self.owner).trash)
        self.assertEqual(len(sim.control("contents", mailbox=self.jane, folder="inbox")["items"]), 1)

    def test_who_has_the_whole_mailbox_sees_what_is_private(self):
        sim.control("user_empty_folder", mailbox=self.jane, folder="inbox")
        sim.control("set_access", mailbox=self.jane, account=self.owner, full=True)
        self.deliver("secret", sensitivity="Private")
        inbox = log_in(self.server, self.jane, self.owner).inbox
        self.assertEqual([m.subject for m in inbox.all()], ["secret"])
        sim.control("deny", mailbox=self.jane, account=self.owner, folder="inbox")
        with self.assertRaises(ErrorAccessDenied):
            list(inbox.all())
        sim.control("allow", mailbox=self.jane, account=self.owner, folder="inbox")
        self.assertEqual(inbox.all().count(), 1)

    def test_public_folders_are_shared(self):
        account = log_in(self.server, self.jane)
        team = account.public_folders_root / "Team"
        Folder(parent=team, name=f"Inner {self.server}").save()
        self.assertEqual([f.name for f in team.children], [f"Inner {self.server}"])
        Message(account=account, folder=team, subject="notice", body="Hello").save()
        theirs = log_in(self.server, self.owner).public_folders_root / "Team"
        notice = theirs.get(subject="notice")
        self.assertFalse(notice.is_read)
        notice.is_read = True
        notice.save(update_fields=["is_read"])
        self.assertTrue(theirs.get(subject="notice").is_read)
        self.assertFalse(team.get(subject="notice").is_read)
        with self.assertRaises(ErrorInvalidOperation):
            list(theirs.sync_items())
        with self.assertRaises(ErrorCannotDeleteObject):
            notice.move_to_trash()
        notice.soft_delete()
        self.assertEqual(theirs.all().count(), 0)


class Old(AccessTest, unittest.TestCase):
    server = "old"


class New(AccessTest, unittest.TestCase):
    server = "new"


class OnTheWire(unittest.TestCase):
    """What a streaming answer is as bytes."""

    def request(self, body, connection, **headers):
        credentials = base64.b64encode(b"jane@new.example:password").decode()
        connection.request("POST", "/EWS/Exchange.asmx", f"""<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types">
<s:Header><t:RequestServerVersion Version="Exchange2013_SP1"/></s:Header><s:Body>{body}</s:Body></s:Envelope>""".encode(),
                           {"Content-Type": "text/xml; charset=utf-8", "Authorization": "Basic " + credentials, **headers})
        return connection.getresponse()

    def connect(self):
        url = urllib.parse.urlparse(sim.url("new"))
        connection = http.client.HTTPSConnection(url.hostname, url.port, context=ssl.create_default_context(cafile=sim.ready["ca_file"]), timeout=60)
        self.addCleanup(connection.close)
        return connection

    def open(self):
        connection = self.connect()
        answer = self.request("<m:Subscribe><m:StreamingSubscriptionRequest><t:FolderIds><t:DistinguishedFolderId Id='inbox'/></t:FolderIds>"
                              "<t:EventTypes><t:EventType>NewMailEvent</t:EventType></t:EventTypes></m:StreamingSubscriptionRequest></m:Subscribe>",
                              connection).read().decode()
        id_ = answer.split("SubscriptionId>")[1].split("<")[0]
        # Compressed pieces would come late, or never.
        answer = self.request(f"<m:GetStreamingEvents><m:SubscriptionIds><t:SubscriptionId>{id_}</t:SubscriptionId></m:SubscriptionIds>"
                              "<m:ConnectionTimeout>1</m:ConnectionTimeout></m:GetStreamingEvents>", connection, **{"Accept-Encoding": "gzip"})
        self.assertEqual((answer.status, answer.headers["Transfer-Encoding"]), (200, "chunked"))
        self.assertTrue(answer.headers["Content-Type"].startswith("text/xml"))
        return connection, answer

    def read_envelope(self, answer):
        text = b""
        while not text.endswith(b"</s:Envelope>"):
            byte = answer.read(1)
            self.assertTrue(byte, text)
            text += byte
        return text

    def wait_until_closed(self, left):
        # The server looks after its silent connections a few times a second.
        for _ in range(600):
            if sim.control("subscriptions")["servers"]["new"]["connections"] == left:
                return
            threading.Event().wait(0.05)
        self.fail("the connection is still held")

    def test_many_envelopes_come_in_one_answer(self):
        _, answer = self.open()
        self.assertIn(b"<m:ConnectionStatus>OK</m:ConnectionStatus>", self.read_envelope(answer))
        for n in range(3):
            sim.control("add_message", mailbox="jane@new.example", mime=f"Subject: {n}\r\n\r\nHello\r\n")
            told = self.read_envelope(answer)
            self.assertTrue(told.startswith(b"<?xml"))
            self.assertIn(b"<m:Notification><t:SubscriptionId>", told)
            self.assertIn(b"NewMailEvent", told)
        sim.control("drop_connections", server="new")
        with self.assertRaises((http.client.IncompleteRead, ConnectionError, ssl.SSLError)):
            answer.read()

    def test_a_client_that_leaves_frees_its_connection(self):
        held = sim.control("subscriptions")["servers"]["new"]["connections"]
        connection, answer = self.open()
        self.read_envelope(answer)
        self.assertEqual(sim.control("subscriptions")["servers"]["new"]["connections"], held + 1)
        answer.close()
        connection.close()
        self.wait_until_closed(held)

    def test_hanging_connections_hold_up_nobody(self):
        open_ = [self.open() for _ in range(5)]
        connection = self.connect()
        for _ in range(10):
            answer = self.request("<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>"
                                  "<t:DistinguishedFolderId Id='inbox'/></m:FolderIds></m:GetFolder>", connection)
            self.assertIn(b"NoError", answer.read())
        sim.control("drop_connections", server="new")
        self.assertEqual(len(open_), 5)

    def test_autodiscover_names_the_servers_own_address(self):
        connection = self.connect()
        credentials = base64.b64encode(b"jane@new.example:password").decode()
        connection.request("POST", "/autodiscover/autodiscover.xml",
                           '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>'
                           "<EMailAddress>jane@new.example</EMailAddress><AcceptableResponseSchema>"
                           "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema>"
                           "</Request></Autodiscover>", {"Content-Type": "text/xml", "Authorization": "Basic " + credentials})
        self.assertIn(f"<EwsUrl>{sim.url('new')}</EwsUrl>".encode(), connection.getresponse().read())


class Autodiscover(unittest.TestCase):
    def test_user_settings_are_read(self):
        from exchangelib.autodiscover.protocol import AutodiscoverProtocol
        for server in ("old", "new"):
            endpoint = sim.url(server).replace("/EWS/Exchange.asmx", "/autodiscover/autodiscover.svc")
            protocol = AutodiscoverProtocol(config=Configuration(
                service_endpoint=endpoint, credentials=Credentials(f"jane@{server}.example", "password"), auth_type=BASIC, version=VERSIONS[server]))
            said = protocol.get_user_settings(f"jane@{server}.example")
            self.assertEqual((said.autodiscover_smtp_address, said.ews_url), (f"jane@{server}.example", sim.url(server)))
            sim.control("set_autodiscover", server=server, address=f"moved@{server}.example", redirect_address=f"jane@{server}.example")
            self.assertEqual(protocol.get_user_settings(f"moved@{server}.example").redirect_address, f"jane@{server}.example")


class After(unittest.TestCase):
    def test_no_answer_was_invalid(self):
        self.assertEqual(sim.control("counters")["schema_bugs"], 0)


if __name__ == "__main__":
    data = sys.argv[2] if len(sys.argv) > 2 else ""
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in (Old, New, OnTheWire, Autodiscover, After))
    with Simulator(sys.argv[1], CONFIG, os.path.join(data, "schemas") if data else None) as sim:
        os.environ["REQUESTS_CA_BUNDLE"] = sim.ready["ca_file"]
        result = unittest.TextTestRunner(verbosity=2).run(suite)
    sys.exit(not result.wasSuccessful())
