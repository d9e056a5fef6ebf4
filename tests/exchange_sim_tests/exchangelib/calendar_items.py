#!/usr/bin/python3
"""Debian's python3-exchangelib as a judge of exchange-sim's calendars: single and all-day appointments, zones, series, exceptions
and deleted occurrences are created, read, edited, listed and synced on old and new version profiles, over https.

usage: calendar_items.py EXCHANGE-SIM [EWS-DATA-DIRECTORY]
"""

import datetime
import os
import sys
import unittest

try:
    import exchangelib
except ImportError:
    sys.exit("python3-exchangelib is not installed")

from exchangelib import (BASIC, DELEGATE, UTC, Account, Attendee, Build, CalendarItem, Configuration, Credentials, EWSDate, EWSDateTime,
                         EWSTimeZone, Version)
from exchangelib.errors import (ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange, ErrorCalendarOccurrenceIsDeletedFromRecurrence,
                                ErrorOccurrenceCrossingBoundary)
from exchangelib.items import SEND_TO_ALL_AND_SAVE_COPY, SEND_TO_NONE
from exchangelib.protocol import close_connections
from exchangelib.recurrence import (AbsoluteMonthlyPattern, AbsoluteYearlyPattern, DailyPattern, Recurrence, RelativeMonthlyPattern,
                                    RelativeYearlyPattern, WeeklyPattern)

from simulator import Simulator

BERLIN = EWSTimeZone("Europe/Berlin")
NEW_YORK = EWSTimeZone("America/New_York")
PROFILES = {"e2010": ("Exchange2010_SP2", Version(Build(14, 3, 248, 2), "Exchange2010_SP2")),
            "e2013": ("Exchange2013_SP1", Version(Build(15, 0, 1497, 7), "Exchange2013_SP1")),
            "e2016": ("Exchange2016", Version(Build(15, 1, 2507, 57), "Exchange2016")),
            "se": ("ExchangeSE", Version(Build(15, 2, 2562, 17), "Exchange2016"))}
CONFIG = {"servers": [{"name": name, "version": profile, "mailboxes": [
    {"address": f"jane@{name}.example", "display_name": "Jane Doe", "password": "password"}]} for name, (profile, _) in PROFILES.items()]}


class CalendarTest:
    """Every test runs once for each version; see the classes below."""

    server = None

    def setUp(self):
        self.mailbox = f"jane@{self.server}.example"
        config = Configuration(service_endpoint=sim.url(self.server), credentials=Credentials(self.mailbox, "password"),
                               auth_type=BASIC, version=PROFILES[self.server][1])
        self.account = Account(self.mailbox, config=config, access_type=DELEGATE, autodiscover=False, default_timezone=BERLIN)
        self.calendar = self.account.calendar

    def seen(self, subject):
        return next(i for i in sim.control("contents", mailbox=self.mailbox, folder="calendar")["items"] if i["subject"] == subject)

    def appointment(self, subject, start, end, **fields):
        item = CalendarItem(account=self.account, folder=self.calendar, subject=subject, start=start, end=end, **fields)
        return item.save(send_meeting_invitations=SEND_TO_NONE)

    def reread(self, item):
        return self.calendar.get(id=item.id)

    def test_a_single_appointment_is_created_read_edited_and_deleted(self):
        made = self.appointment("Zahnarzt", EWSDateTime(2026, 7, 1, 9, 0, tzinfo=BERLIN), EWSDateTime(2026, 7, 1, 10, 0, tzinfo=BERLIN),
                                location="Köln", legacy_free_busy_status="OOF", sensitivity="Private", categories=["Rot"],
                                reminder_is_set=True, reminder_minutes_before_start=45, body="Karte mitnehmen")
        read = self.reread(made)
        self.assertEqual((read.subject, read.location, read.legacy_free_busy_status, read.sensitivity, read.categories, read.type),
                         ("Zahnarzt", "Köln", "OOF", "Private", ["Rot"], "Single"))
        self.assertEqual((read.start, read.end), (made.start, made.end))
        self.assertEqual((read.reminder_is_set, read.reminder_minutes_before_start), (True, 45))
        self.assertEqual((read._start_timezone, read._end_timezone), (BERLIN, BERLIN))
        self.assertFalse(read.is_meeting)
        self.assertEqual(read.organizer.email_address, self.mailbox)
        self.assertTrue(read.uid)
        self.assertEqual(self.seen("Zahnarzt")["appointment"]["start"], "2026-07-01T07:00:00Z")
        read.location = "Bonn"
        read.start = EWSDateTime(2026, 7, 1, 9, 0, tzinfo=NEW_YORK)
        read.end = EWSDateTime(2026, 7, 1, 11, 0, tzinfo=NEW_YORK)
        # exchangelib keeps the zone that it read beside a new time.
        read._start_timezone = read._end_timezone = NEW_YORK
        read.save(update_fields=["location", "start", "end"], send_meeting_invitations=SEND_TO_NONE)
        seen = self.seen("Zahnarzt")["appointment"]
        self.assertEqual((seen["location"], seen["start"], seen["end"], seen["start_zone"]),
                         ("Bonn", "2026-07-01T13:00:00Z", "2026-07-01T15:00:00Z", "Eastern Standard Time"))
        read.delete(send_meeting_cancellations=SEND_TO_NONE)
        self.assertEqual(self.calendar.filter(subject="Zahnarzt").count(), 0)

    def test_an_all_day_event_is_a_day_in_its_zone(self):
        made = self.appointment("Urlaub", EWSDate(2026, 7, 1), EWSDate(2026, 7, 2), is_all_day=True)
        read = self.reread(made)
        self.assertEqual((read.start, read.end), (EWSDate(2026, 7, 1), EWSDate(2026, 7, 2)))
        seen = self.seen("Urlaub")["appointment"]
        self.assertEqual((seen["start"], seen["end"]), ("2026-06-30T22:00:00Z", "2026-07-02T22:00:00Z"))
        read.delete()

    def test_series_of_every_pattern_come_back_as_they_went(self):
        start = EWSDateTime(2026, 1, 12, 9, 0, tzinfo=BERLIN)
        day = EWSDate(2026, 1, 12)
        patterns = [DailyPattern(interval=2), WeeklyPattern(interval=1, weekdays=["Monday", "Thursday"], first_day_of_week="Monday"),
                    AbsoluteMonthlyPattern(interval=1, day_of_month=31), RelativeMonthlyPattern(interval=1, weekday="Friday", week_number="Last"),
                    AbsoluteYearlyPattern(day_of_month=12, month="January"), RelativeYearlyPattern(weekday="Weekday", week_number="First", month="May")]
        for at, pattern in enumerate(patterns):
            subject = f"series {at}"
            made = self.appointment(subject, start, start + datetime.timedelta(hours=1), recurrence=Recurrence(pattern=pattern, start=day, number=5))
            read = self.reread(made)
            self.assertEqual(read.type, "RecurringMaster")
            self.assertEqual(read.recurrence.pattern, pattern)
            self.assertEqual(read.recurrence.boundary.number, 5)
            self.assertTrue(read.first_occurrence.start <= read.last_occurrence.start)
            read.delete()

    def test_occurrences_are_changed_and_deleted_one_by_one(self):
        start = EWSDateTime(2026, 1, 12, 9, 0, tzinfo=BERLIN)
        made = self.appointment("standup", start, start + datetime.timedelta(hours=1),
                                recurrence=Recurrence(pattern=DailyPattern(interval=1), start=start.date(), number=4))
        master = self.reread(made)
        second = master.occurrence(index=2)
        second.refresh()
        self.assertEqual((second.type, second.start), ("Occurrence", start + datetime.timedelta(days=1)))
        self.assertNotEqual(second.id, master.id)
        self.assertEqual(second.changekey, master.changekey)
        second.subject = "moved"
        second.start += datetime.timedelta(hours=2)
        second.end += datetime.timedelta(hours=2)
        second.save(update_fields=["subject", "start", "end"], send_meeting_invitations=SEND_TO_NONE)
        master = self.reread(made)
        self.assertNotEqual(master.changekey, made.changekey)
        self.assertEqual([(o.original_start, o.start) for o in master.modified_occurrences],
                         [(start + datetime.timedelta(days=1), start + datetime.timedelta(days=1, hours=2))])
        third = master.occurrence(index=3)
        third.refresh()
        third.delete(send_meeting_cancellations=SEND_TO_NONE)
        master = self.reread(made)
        self.assertEqual([o.start for o in master.deleted_occurrences], [start + datetime.timedelta(days=2)])
        with self.assertRaises(ErrorCalendarOccurrenceIsDeletedFromRecurrence):
            master.occurrence(index=3).refresh()
        with self.assertRaises(ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange):
            master.occurrence(index=5).refresh()
        fourth = master.occurrence(index=4)
        fourth.refresh()
        self.assertEqual(fourth.start, start + datetime.timedelta(days=3))
        fourth.start -= datetime.timedelta(days=3)
        fourth.end -= datetime.timedelta(days=3)
        with self.assertRaises(ErrorOccurrenceCrossingBoundary):
            fourth.save(update_fields=["start", "end"], send_meeting_invitations=SEND_TO_NONE)
        shown = self.calendar.view(start=start - datetime.timedelta(days=1), end=start + datetime.timedelta(days=9))
        self.assertEqual([(i.subject, i.type) for i in shown], [("standup", "Occurrence"), ("moved", "Exception"), ("standup", "Occurrence")])
        self.assertEqual([i.subject for i in self.calendar.filter(subject="standup")], ["standup"])
        recurring = self.calendar.get(subject="standup").occurrence(index=1)
        recurring.refresh()
        back = recurring.recurring_master()
        back.refresh()
        self.assertEqual(back.id, made.id)
        back.delete()

    def test_a_sync_lists_series_once(self):
        state = self.calendar.item_sync_state
        list(self.calendar.sync_items())
        start = EWSDateTime(2026, 2, 2, 9, 0, tzinfo=BERLIN)
        made = self.appointment("synced", start, start + datetime.timedelta(hours=1),
                                recurrence=Recurrence(pattern=DailyPattern(interval=1), start=start.date(), number=4))
        self.assertEqual([kind for kind, _ in self.calendar.sync_items()], ["create"])
        occurrence = made.occurrence(index=2)
        occurrence.refresh()
        occurrence.location = "elsewhere"
        occurrence.save(update_fields=["location"], send_meeting_invitations=SEND_TO_NONE)
        changes = list(self.calendar.sync_items())
        self.assertEqual([(kind, item.id) for kind, item in changes], [("update", made.id)])
        self.reread(made).delete()
        self.assertEqual([kind for kind, _ in self.calendar.sync_items()], ["delete"])
        self.calendar.item_sync_state = state

    def test_attendees_are_mailed_only_where_that_is_asked_for(self):
        before = sim.control("counters", server=self.server)["mails_out"]["invitations"]
        start = EWSDateTime(2026, 3, 2, 9, 0, tzinfo=BERLIN)
        made = self.appointment("quiet", start, start + datetime.timedelta(hours=1), required_attendees=["bob@x.example"])
        self.assertEqual(sim.control("counters", server=self.server)["mails_out"]["invitations"], before)
        read = self.reread(made)
        self.assertTrue(read.is_meeting)
        self.assertEqual([a.mailbox.email_address for a in read.required_attendees], ["bob@x.example"])
        self.assertFalse(read.meeting_request_was_sent)
        loud = CalendarItem(account=self.account, folder=self.calendar, subject="loud", start=start, end=start + datetime.timedelta(hours=1),
                            optional_attendees=[Attendee(mailbox=read.required_attendees[0].mailbox)])
        loud.save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
        self.assertEqual(sim.control("counters", server=self.server)["mails_out"]["invitations"], before + 1)
        for one in (read, loud):
            one.delete(send_meeting_cancellations=SEND_TO_NONE)

    def test_a_user_s_calendar_is_read_as_it_is(self):
        sim.control("seed_appointments", mailbox=self.mailbox, folder="calendar/Seeded", count=20, seed=3, first="2026-01-05T00:00:00Z")
        folder = self.calendar / "Seeded"
        contents = {i["id"]: i for i in sim.control("contents", mailbox=self.mailbox, folder="calendar/Seeded")["items"]}
        items = list(folder.all())
        self.assertEqual(len(items), 20)
        for item in items:
            seen = contents[item.id]
            self.assertEqual((item.subject, item.sensitivity, item.legacy_free_busy_status, item.location or ""),
                             (seen["subject"], seen["sensitivity"], seen["appointment"]["free_busy"], seen["appointment"]["location"]))
            if not item.is_all_day:
                self.assertEqual(item.start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), seen["appointment"]["start"], item.subject)
            self.assertEqual(item.type, seen["appointment"]["type"])
            self.assertEqual(len(item.modified_occurrences or []), len(seen["appointment"]["modified"]))
            self.assertEqual(len(item.deleted_occurrences or []), len(seen["appointment"]["deleted"]))
            self.assertEqual(item.uid, seen["appointment"]["uid"])
            self.assertEqual(item.reminder_is_set, seen["appointment"]["reminder"] is not None)

    def test_the_server_knows_zones_by_their_windows_names(self):
        zones = {zone.id: zone for zone in self.account.protocol.get_timezones(timezones=[BERLIN, NEW_YORK], return_full_timezone_data=True)}
        self.assertEqual(set(zones), {"W. Europe Standard Time", "Eastern Standard Time"})
        standard, daylight, _ = zones["Eastern Standard Time"].get_std_and_dst(for_year=2026)
        self.assertEqual([(t.iso_month, t.occurrence, t.time) for t in (standard, daylight)],
                         [(11, 1, datetime.time(2)), (3, 2, datetime.time(2))])


class OldCalendar(CalendarTest, unittest.TestCase):
    server = "e2010"


class Calendar2013(CalendarTest, unittest.TestCase):
    server = "e2013"


class Calendar2016(CalendarTest, unittest.TestCase):
    server = "e2016"


class NewCalendar(CalendarTest, unittest.TestCase):
    server = "se"


class After(unittest.TestCase):
    """Runs last, by its name in the list below."""

    def test_every_answer_was_valid(self):
        self.assertEqual(sim.control("counters")["schema_bugs"], 0)


if __name__ == "__main__":
    data = sys.argv[2] if len(sys.argv) > 2 else ""
    if not data:
        print("EWS_DATA_DIR is not set: answers are not validated", file=sys.stderr)
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in
                               (OldCalendar, Calendar2013, Calendar2016, NewCalendar, After))
    with Simulator(sys.argv[1], CONFIG, os.path.join(data, "schemas") if data else None) as sim:
        os.environ["REQUESTS_CA_BUNDLE"] = sim.ready["ca_file"]
        result = unittest.TextTestRunner(verbosity=2).run(suite)
        close_connections()
    sys.exit(not result.wasSuccessful())
