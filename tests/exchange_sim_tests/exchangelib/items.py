#!/usr/bin/python3
"""Debian's python3-exchangelib as a judge of exchange-sim: contacts, tasks and attachments are created, read, edited,
attached to and deleted on every version profile, over https.

usage: items.py EXCHANGE-SIM [EWS-DATA-DIRECTORY]
"""

import datetime
import os
import sys
import unittest
from decimal import Decimal

try:
    import exchangelib
except ImportError:
    sys.exit("python3-exchangelib is not installed")

from exchangelib import (BASIC, DELEGATE, UTC, Account, Build, Configuration, Contact, Credentials, EWSDate, EWSDateTime,
                         FileAttachment, HTMLBody, ItemAttachment, Message, Task, Version)
from exchangelib.errors import ErrorItemNotFound
from exchangelib.indexed_properties import EmailAddress, PhoneNumber, PhysicalAddress
from exchangelib.recurrence import DailyPattern, TaskRecurrence

from simulator import Simulator

PROFILES = {
    # exchangelib cannot list contacts and tasks at 2007: it asks for their MIME content and for members, which 2007 refuses.
    "2010": ("Exchange2010_SP2", Version(Build(14, 3, 248, 2), "Exchange2010_SP2")),
    "2013": ("Exchange2013_SP1", Version(Build(15, 0, 1497, 7), "Exchange2013_SP1")),
    "2016": ("Exchange2016", Version(Build(15, 1, 2507, 57), "Exchange2016")),
    "se": ("ExchangeSE", Version(Build(15, 2, 2562, 17), "Exchange2016")),
}
SEEDED = 24
CONFIG = {
    "servers": [{"name": name, "version": profile, "mailboxes": [
        {"address": f"jane@{name}.example", "display_name": "Jane Doe", "password": "password"}]}
        for name, (profile, _) in PROFILES.items()],
    "commands": [{"do": do, "mailbox": f"jane@{name}.example", "count": SEEDED}
                 for name in PROFILES for do in ("seed_contacts", "seed_tasks")],
}


class ItemsTest:
    """Every test runs once for each profile; see the classes below."""

    server = None

    def setUp(self):
        self.mailbox = f"jane@{self.server}.example"
        config = Configuration(service_endpoint=sim.url(self.server), credentials=Credentials(self.mailbox, "password"),
                               auth_type=BASIC, version=PROFILES[self.server][1])
        self.account = Account(self.mailbox, config=config, access_type=DELEGATE, autodiscover=False, default_timezone=UTC)

    def contents(self, folder):
        return sim.control("contents", mailbox=self.mailbox, folder=folder)["items"]

    def contact(self, **fields):
        return Contact(account=self.account, folder=self.account.contacts, **fields).save()

    def task(self, **fields):
        return Task(account=self.account, folder=self.account.tasks, **fields).save()

    def test_seeded_contacts_are_listed_and_read(self):
        expected = {c["id"]: c["contact"] for c in self.contents("contacts")}
        listed = [c for c in self.account.contacts.all() if c.id in expected]
        self.assertGreaterEqual(len(listed), SEEDED)
        for contact in listed:
            want = expected[contact.id]
            self.assertIsInstance(contact, Contact)
            self.assertEqual(contact.given_name, want.get("GivenName"))
            self.assertEqual(contact.surname, want.get("Surname"))
            self.assertEqual({e.label: e.email for e in contact.email_addresses or []}, want.get("EmailAddresses", {}))
            self.assertEqual({p.label: p.phone_number for p in contact.phone_numbers or []}, want.get("PhoneNumbers", {}))
            self.assertEqual(contact.birthday.isoformat() if contact.birthday else None, want.get("Birthday", "")[:10] or None)

    def test_a_contact_is_created_read_edited_and_deleted(self):
        made = self.contact(
            display_name="Zoë Müller", given_name="Zoë", surname="Müller", company_name="Kontor & Co", body="notes",
            file_as_mapping="LastCommaFirst", categories=["Rot"], birthday=EWSDate(1980, 2, 3), children=["Ada", "Ben"],
            email_addresses=[EmailAddress(label="EmailAddress1", email="zoe@x.example")],
            phone_numbers=[PhoneNumber(label="MobilePhone", phone_number="+49 1")],
            physical_addresses=[PhysicalAddress(label="Home", street="Weg 1", city="Köln", country="Germany", zipcode="50667")])
        read = self.account.contacts.get(id=made.id)
        self.assertEqual((read.display_name, read.file_as, read.company_name), ("Zoë Müller", "Müller, Zoë", "Kontor & Co"))
        self.assertEqual((read.body, read.categories, read.children), ("notes", ["Rot"], ["Ada", "Ben"]))
        self.assertEqual(read.birthday, EWSDate(1980, 2, 3))
        self.assertEqual(read.complete_name.full_name, "Zoë Müller")
        self.assertEqual([(a.label, a.street, a.city, a.zipcode) for a in read.physical_addresses], [("Home", "Weg 1", "Köln", "50667")])

        read.surname = "Meier"
        read.email_addresses = [EmailAddress(label="EmailAddress2", email="two@x.example")]
        read.physical_addresses = [PhysicalAddress(label="Business", city="Bonn")]
        read.phone_numbers = None
        read.save(update_fields=["surname", "email_addresses", "physical_addresses", "phone_numbers"])
        again = self.account.contacts.get(id=made.id)
        self.assertEqual((again.surname, again.file_as), ("Meier", "Meier, Zoë"))
        self.assertEqual([(e.label, e.email) for e in again.email_addresses], [("EmailAddress2", "two@x.example")])
        self.assertEqual([(a.label, a.city) for a in again.physical_addresses], [("Business", "Bonn")])
        self.assertFalse(again.phone_numbers)
        self.assertNotEqual(again.changekey, made.changekey)
        again.delete()
        self.assertIsInstance(self.account.contacts.get(id=made.id), ErrorItemNotFound)

    def test_seeded_tasks_are_listed_and_read(self):
        expected = {t["id"]: t for t in self.contents("tasks")}
        listed = [t for t in self.account.tasks.all() if t.id in expected]
        self.assertGreaterEqual(len(listed), SEEDED)
        for task in listed:
            want = expected[task.id]["task"]
            self.assertIsInstance(task, Task)
            self.assertEqual((task.subject, task.status), (expected[task.id]["subject"], want["Status"]))
            self.assertEqual(float(task.percent_complete), want["PercentComplete"])
            self.assertEqual(task.due_date.isoformat() if task.due_date else None, want.get("DueDate", "")[:10] or None)
            self.assertEqual(task.is_recurring, "Recurrence" in want)

    def test_a_task_is_created_read_edited_completed_and_deleted(self):
        due = EWSDate(2026, 3, 4)
        made = self.task(subject="Schuhe kaufen", due_date=due, start_date=due - datetime.timedelta(days=2), body="43",
                         total_work=120, companies=["Kontor"], reminder_is_set=True,
                         reminder_due_by=EWSDateTime(2026, 3, 3, 8, tzinfo=UTC))
        read = self.account.tasks.get(id=made.id)
        self.assertEqual((read.subject, read.due_date, read.status, read.status_description), ("Schuhe kaufen", due, "NotStarted", "Not Started"))
        self.assertEqual((read.total_work, read.companies, read.reminder_is_set), (120, ["Kontor"], True))
        read.percent_complete, read.status = Decimal(50), "InProgress"
        read.save(update_fields=["percent_complete", "status"])
        self.assertEqual(self.account.tasks.get(id=made.id).status, "InProgress")
        read = self.account.tasks.get(id=made.id)
        read.status, read.percent_complete = Task.COMPLETED, Decimal(100)
        read.save(update_fields=["status", "percent_complete"])
        done = self.account.tasks.get(id=made.id)
        self.assertEqual((done.status, float(done.percent_complete), done.is_complete), ("Completed", 100.0, True))
        self.assertTrue(done.complete_date)
        done.delete(affected_task_occurrences="AllOccurrences")
        self.assertIsInstance(self.account.tasks.get(id=made.id), ErrorItemNotFound)

    def test_a_recurring_task_is_read_back_and_goes_on_when_it_is_completed(self):
        start = EWSDate(2026, 1, 5)
        made = self.task(subject=f"series {self.server}", recurrence=TaskRecurrence(pattern=DailyPattern(interval=3), start=start, number=4))
        read = self.account.tasks.get(id=made.id)
        self.assertTrue(read.is_recurring)
        # Not its start: exchangelib does not read an xs:date that ends in Z here.
        self.assertEqual((read.recurrence.pattern.interval, read.recurrence.boundary.number), (3, 4))
        read.status = "Completed"
        try:
            read.save(update_fields=["status"])
        except ValueError:
            pass  # exchangelib expects the id that it sent, and Exchange answers that of the one-off
        self.assertEqual(self.account.tasks.get(id=made.id).due_date, start + datetime.timedelta(days=3))
        done = [t for t in self.account.tasks.filter(subject=f"series {self.server}") if t.id != made.id]
        self.assertEqual([(t.status, t.is_recurring, t.due_date) for t in done], [("Completed", False, start)])

    def test_files_and_items_are_attached_to_everything(self):
        message = Message(account=self.account, folder=self.account.drafts, subject="with files", body=HTMLBody("<p>x</p>")).save()
        for item in (message, self.contact(display_name="Jane", given_name="Jane"), self.task(subject="with files")):
            item.attach(FileAttachment(name="a ä.txt", content=b"one \xff"))
            item.attach(ItemAttachment(name="inner", item=Message(subject="inner", body="deep")))
            folder = {Message: self.account.drafts, Contact: self.account.contacts, Task: self.account.tasks}[type(item)]
            read = folder.get(id=item.id)
            self.assertTrue(read.has_attachments)
            files = [a for a in read.attachments if isinstance(a, FileAttachment)]
            items = [a for a in read.attachments if isinstance(a, ItemAttachment)]
            self.assertEqual([(f.name, f.content) for f in files], [("a ä.txt", b"one \xff")])
            self.assertEqual([(i.item.subject, i.item.body) for i in items], [("inner", "deep")])
            self.assertEqual(read.changekey, item.changekey)
            read.detach(read.attachments)
            self.assertFalse(folder.get(id=item.id).attachments)

    def test_changes_are_told(self):
        made = self.task(subject="told")
        list(self.account.tasks.sync_items())
        state = self.account.tasks.item_sync_state
        read = self.account.tasks.get(id=made.id)
        read.subject = "told anew"
        read.save(update_fields=["subject"])
        self.assertEqual([(what, item.id) for what, item in self.account.tasks.sync_items(sync_state=state)], [("update", made.id)])


CASES = [type(f"At{name}", (ItemsTest, unittest.TestCase), {"server": name}) for name in PROFILES]


class After(unittest.TestCase):
    """Runs last."""

    def test_nothing_was_mailed_and_every_answer_was_valid(self):
        counters = sim.control("counters")
        self.assertEqual(counters["schema_bugs"], 0)
        mailed = counters["mails_out"]
        self.assertEqual([mailed[kind] for kind in ("submitted", "read_receipts", "invitations")], [0, 0, 0], mailed)


if __name__ == "__main__":
    data = sys.argv[2] if len(sys.argv) > 2 else ""
    if not data:
        print("EWS_DATA_DIR is not set: answers are not validated", file=sys.stderr)
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in (*CASES, After))
    with Simulator(sys.argv[1], CONFIG, os.path.join(data, "schemas") if data else None) as sim:
        os.environ["REQUESTS_CA_BUNDLE"] = sim.ready["ca_file"]
        result = unittest.TextTestRunner(verbosity=2).run(suite)
    sys.exit(not result.wasSuccessful())
