#!/usr/bin/python3
"""Debian's python3-exchangelib as a judge of exchange-sim: log in, list, create, read, edit, move, copy, delete and sync
mail on both version profiles, as the user and by impersonation, over https.

usage: mail.py EXCHANGE-SIM [EWS-DATA-DIRECTORY]
"""

import datetime
import os
import ssl
import sys
import unittest
import urllib.request

try:
    import exchangelib
except ImportError:
    sys.exit("python3-exchangelib is not installed")

from exchangelib import (BASIC, DELEGATE, IMPERSONATION, UTC, Account, Build, Configuration, Credentials, EWSDateTime,
                         ExtendedProperty, Folder, Mailbox, Message, Version)
from exchangelib.errors import ErrorFolderExists, ErrorImpersonateUserDenied, ErrorItemNotFound, ErrorNonExistentMailbox, UnauthorizedError
from exchangelib.protocol import close_connections
from exchangelib.version import EXCHANGE_2010_SP2

from simulator import Simulator

SEEDED = 30
VERSIONS = {"old": Version(Build(14, 3, 248, 2), "Exchange2010_SP2"), "new": Version(Build(15, 2, 2562, 17), "Exchange2016")}
CONFIG = {
    "servers": [{"name": name, "version": profile, "mailboxes": [
        {"address": f"jane@{name}.example", "display_name": "Jane Doe", "password": "password"},
        {"address": f"service@{name}.example", "password": "service", "may_impersonate": ["*"]},
    ]} for name, profile in (("old", "Exchange2010_SP2"), ("new", "ExchangeSE"))],
    "commands": [{"do": "seed_messages", "mailbox": f"jane@{name}.example", "folder": "inbox", "count": SEEDED}
                 for name in ("old", "new")],
}


class Mark(ExtendedProperty):
    """A named property, as exsyncd's marks are."""

    property_set_id = "c11ff724-aa03-4555-9952-8fa248a11c3e"
    property_name = "exchange-sim-test"
    property_type = "String"


Message.register("mark", Mark)


class MailTest:
    """Every test runs once for each server and way in; see the classes below."""

    server = None
    access = None

    def setUp(self):
        self.account = self.log_in(f"jane@{self.server}.example")
        self.mailbox = f"jane@{self.server}.example"

    def log_in(self, address, user=None, password=None):
        impersonates = self.access == IMPERSONATION
        user = user or (f"service@{self.server}.example" if impersonates else address)
        password = password or ("service" if impersonates else "password")
        config = Configuration(service_endpoint=sim.url(self.server), credentials=Credentials(user, password),
                               auth_type=BASIC, version=VERSIONS[self.server])
        return Account(address, config=config, access_type=self.access, autodiscover=False, default_timezone=UTC)

    def contents(self, folder):
        return sim.control("contents", mailbox=self.mailbox, folder=folder)["items"]

    def folder(self, name):
        made = Folder(parent=self.account.inbox, name=f"{name} {self.server} {self.access}")
        return made.save()

    def message(self, folder, subject, **fields):
        message = Message(account=self.account, folder=folder, subject=subject, body="Grüße 🍜",
                          to_recipients=[Mailbox(email_address="someone@elsewhere.example", name="Sömeone")], **fields)
        return message.save()

    def test_the_inbox_lists_what_it_holds(self):
        inbox = self.account.inbox
        self.assertGreaterEqual(inbox.total_count, SEEDED)
        listed = list(inbox.all().order_by("-datetime_received"))
        expected = self.contents("inbox")
        self.assertEqual(len(listed), len(expected))
        self.assertEqual(sorted(m.subject or "" for m in listed), sorted(m["subject"] for m in expected))
        self.assertEqual([m.datetime_received for m in listed], sorted((m.datetime_received for m in listed), reverse=True))
        by_id = {m["id"]: m for m in expected}
        for message in listed:
            self.assertEqual(message.is_read, by_id[message.id]["read"], message.subject)
            self.assertEqual(sorted(message.categories or []), sorted(by_id[message.id]["categories"]), message.subject)
            self.assertEqual(message.importance, by_id[message.id]["importance"], message.subject)
            self.assertEqual(len(message.attachments), len(by_id[message.id]["attachments"]), message.subject)

    def test_paging_and_filters_find_the_same(self):
        inbox = self.account.inbox
        ids = [m.id for m in inbox.all().only("id")]
        pages = inbox.all().only("id")
        pages.page_size = 7
        self.assertEqual(sorted(m.id for m in pages), sorted(ids))
        unread = inbox.filter(is_read=False).count()
        self.assertEqual(unread, sum(not m["read"] for m in self.contents("inbox")))
        self.assertEqual(inbox.unread_count, unread)

    def test_a_message_is_created_read_edited_and_deleted(self):
        folder = self.folder("edited")
        made = self.message(folder, "Entwurf für Łukasz", categories=["Rot"], importance="High", mark="m-1")
        self.assertTrue(made.id and made.changekey)
        read = folder.get(id=made.id, changekey=made.changekey)
        self.assertEqual((read.subject, read.body.strip(), read.categories, read.importance), ("Entwurf für Łukasz", "Grüße 🍜", ["Rot"], "High"))
        self.assertEqual(read.mark, "m-1")
        self.assertTrue(read.is_draft)
        self.assertEqual(read.to_recipients[0].email_address, "someone@elsewhere.example")
        self.assertEqual(folder.filter(mark="m-1").count(), 1)

        read.subject = "Edited ✓"
        read.categories = ["Blau", "Rot"]
        read.save(update_fields=["subject", "categories"])
        again = folder.get(id=made.id)
        self.assertEqual((again.subject, again.categories), ("Edited ✓", ["Blau", "Rot"]))
        self.assertNotEqual(again.changekey, made.changekey)
        again.categories = None
        again.save(update_fields=["categories"])
        self.assertFalse(folder.get(id=made.id).categories)

        again = folder.get(id=made.id)
        again.is_read = not again.is_read
        again.save(update_fields=["is_read"])
        self.assertEqual(folder.get(id=made.id).is_read, again.is_read)

        folder.get(id=made.id).delete()
        self.assertEqual(folder.all().count(), 0)
        self.assertEqual(self.contents(f"inbox/{folder.name}"), [])
        self.assertIsInstance(folder.get(id=made.id), ErrorItemNotFound)

    def test_a_mail_with_mime_keeps_its_headers_and_attachments(self):
        folder = self.folder("mime")
        mime = (b"From: =?utf-8?q?Zo=C3=AB?= <zoe@kontor.example>\r\nTo: jane@old.example\r\nSubject: With a file\r\n"
                b"Message-ID: <mime-1@kontor.example>\r\nDate: Mon, 05 Jan 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
                b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\n"
                b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n"
                b"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n--b--\r\n")
        Message(account=self.account, folder=folder, mime_content=mime).save()
        read = folder.get()
        self.assertEqual((read.subject, read.message_id, read.sender.email_address), ("With a file", "<mime-1@kontor.example>", "zoe@kontor.example"))
        self.assertEqual([a.name for a in read.attachments], ["a.pdf"])
        self.assertIn(b"mime-1@kontor.example", read.mime_content)

    def test_mails_are_moved_copied_and_thrown_away(self):
        source, target = self.folder("from"), self.folder("to")
        self.message(source, "Wanderer")
        message = source.get(subject="Wanderer")
        first_id = message.id
        message.move(target)
        self.assertEqual((source.all().count(), target.all().count()), (0, 1))
        moved = target.get(subject="Wanderer")
        self.assertNotEqual(moved.id, first_id)
        moved.copy(source)
        self.assertEqual((source.all().count(), target.all().count()), (1, 1))
        moved.move_to_trash()
        self.assertEqual(target.all().count(), 0)
        self.assertEqual(self.account.trash.filter(subject="Wanderer").count(), 1)
        source.get(subject="Wanderer").soft_delete()
        self.assertEqual(source.all().count(), 0)
        self.account.trash.get(subject="Wanderer").delete()

    def test_sync_tells_each_kind_of_change(self):
        folder = self.folder("synced")
        for n in range(5):
            self.message(folder, f"Number {n}")
        self.assertEqual(sorted((kind, item.subject) for kind, item in folder.sync_items(max_changes_returned=2)),
                         [("create", f"Number {n}") for n in range(5)])
        self.assertEqual(list(folder.sync_items()), [])

        folder.get(subject="Number 0").delete()
        edited = folder.get(subject="Number 1")
        edited.subject = "Number one"
        edited.save(update_fields=["subject"])
        path = f"inbox/{folder.name}"
        read = folder.get(subject="Number 2").is_read
        sim.control("user_mark_read", mailbox=self.mailbox, folder=path, item={"subject": "Number 2"}, read=not read)
        sim.control("user_move", mailbox=self.mailbox, folder=path, item={"subject": "Number 3"}, to="inbox")
        self.message(folder, "Number 5")
        changes = list(folder.sync_items())
        self.assertEqual(sorted(kind for kind, _ in changes), ["create", "delete", "delete", "read_flag_change", "update"])
        self.assertEqual([item.subject for kind, item in changes if kind == "create"], ["Number 5"])
        self.assertEqual([item.subject for kind, item in changes if kind == "update"], ["Number one"])
        self.assertEqual([state for kind, (_, state) in [c for c in changes if c[0] == "read_flag_change"]], [not read])
        self.account.inbox.get(subject="Number 3").delete()

    def test_folders_are_made_renamed_deleted_and_synced(self):
        inbox = self.account.inbox
        list(inbox.sync_hierarchy())
        made = self.folder("kept")
        self.assertEqual([(kind, f.name) for kind, f in inbox.sync_hierarchy()], [("create", made.name)])
        with self.assertRaises(ErrorFolderExists):
            Folder(parent=inbox, name=made.name).save()
        made.name += " renamed"
        made.save(update_fields=["name"])
        self.assertEqual([(kind, f.name) for kind, f in inbox.sync_hierarchy()], [("update", made.name)])
        made.delete()
        self.assertEqual([kind for kind, _ in inbox.sync_hierarchy()], ["delete"])

    def test_names_are_resolved(self):
        found = self.account.protocol.resolve_names(["Jane"])
        self.assertEqual([m.email_address for m in found], [self.mailbox])

    def test_wrong_passwords_and_unknown_mailboxes_are_refused(self):
        with self.assertRaises(UnauthorizedError):
            self.log_in(self.mailbox, user=self.mailbox, password="guessed").inbox.refresh()
        if self.access == IMPERSONATION:
            with self.assertRaises(ErrorImpersonateUserDenied):
                self.log_in(f"service@{self.server}.example", user=self.mailbox, password="password").inbox.refresh()
            with self.assertRaises(ErrorNonExistentMailbox):
                self.log_in(f"nobody@{self.server}.example").inbox.refresh()


class OldDirect(MailTest, unittest.TestCase):
    server, access = "old", DELEGATE


class OldImpersonated(MailTest, unittest.TestCase):
    server, access = "old", IMPERSONATION


class NewDirect(MailTest, unittest.TestCase):
    server, access = "new", DELEGATE


class NewImpersonated(MailTest, unittest.TestCase):
    server, access = "new", IMPERSONATION


class Program(unittest.TestCase):
    """What is the program's own, beyond EWS."""

    def test_a_client_that_does_not_know_the_authority_refuses_the_certificate(self):
        with self.assertRaises(urllib.error.URLError) as refused:
            urllib.request.urlopen(sim.url("new"), context=ssl.create_default_context(), timeout=20)
        self.assertIsInstance(refused.exception.reason, ssl.SSLCertVerificationError)

    def test_ids_and_sync_states_survive_a_restart(self):
        box = OldDirect()
        box.setUp()
        folder = box.folder("survivors")
        kept = box.message(folder, "Still here")
        list(folder.sync_items())
        state, folder_id = folder.item_sync_state, folder.id
        close_connections()
        sim.stop()
        sim.start()
        box.setUp()
        again = next(f for f in box.account.inbox.children if f.id == folder_id)
        self.assertEqual(again.get(subject="Still here").id, kept.id)
        self.assertEqual(list(again.sync_items(sync_state=state)), [])


class After(unittest.TestCase):
    """Runs last, by its name in the list below."""

    def test_nothing_was_mailed_and_every_answer_was_valid(self):
        counters = sim.control("counters")
        self.assertEqual(counters["schema_bugs"], 0)
        mailed = counters["mails_out"]
        self.assertEqual([mailed[kind] for kind in ("submitted", "read_receipts", "invitations")], [0, 0, 0], mailed)


if __name__ == "__main__":
    data = sys.argv[2] if len(sys.argv) > 2 else ""
    if not data:
        print("EWS_DATA_DIR is not set: answers are not validated", file=sys.stderr)
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in
                               (OldDirect, OldImpersonated, NewDirect, NewImpersonated, Program, After))
    with Simulator(sys.argv[1], CONFIG, os.path.join(data, "schemas") if data else None) as sim:
        os.environ["REQUESTS_CA_BUNDLE"] = sim.ready["ca_file"]
        result = unittest.TextTestRunner(verbosity=2).run(suite)
    sys.exit(not result.wasSuccessful())
