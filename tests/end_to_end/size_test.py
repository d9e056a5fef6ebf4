"""What is too large for a server, or is left alone by the settings: it is listed with its size and what to do, and costs nothing twice."""

import base64
import email.message
import random

import case
import programs

CONTACTS = {"contacts": {"primary": "contacts", "replica": "contacts"}}
GENEROUS = 67_108_864


def noise(size, seed):
    """Bytes that nothing compresses away."""
    return random.Random(seed).randbytes(size)


class TooLarge(case.EndToEnd):
    def setUp(self):
        super().setUp()
        for server in ("hq", "branch"):
            self.limit(server, request_bytes=GENEROUS, message_bytes=GENEROUS, attachment_bytes=GENEROUS)

    def limit(self, server, **bytes_):
        self.sim.control("set_limits", server=server, **bytes_)

    def deliver_large(self, mailbox, subject, size):
        made = email.message.EmailMessage()
        made["From"], made["To"], made["Subject"] = "Ana <ana@somewhere.example>", "You <you@somewhere.example>", subject
        made["Message-ID"], made["Date"] = f"<{subject}@somewhere.example>", "Wed, 07 Jan 2026 08:00:00 +0000"
        made.set_content("The plan is attached.\n")
        made.add_attachment(noise(size, subject), maintype="application", subtype="octet-stream", filename="plan.bin")
        self.sim.control("add_message", mailbox=mailbox, folder="inbox", mime_base64=base64.b64encode(made.as_bytes()).decode(),
                         received="2026-01-07T08:00:00Z", sent="2026-01-07T08:00:00Z")

    def contact(self, mailbox, *sizes):
        made = self.sim.control("add_contact", mailbox=mailbox, folder="contacts", contact={"GivenName": "Ann", "Surname": "Smith"})["id"]
        for number, size in enumerate(sizes):
            self.sim.control("user_add_attachment", mailbox=mailbox, folder="contacts", item=made, name=f"{number}.bin",
                             type="application/octet-stream", content_base64=base64.b64encode(noise(size, number)).decode())
        return made

    def attached(self, mailbox):
        """The names of what is attached to the only contact."""
        [contact] = self.sim.control("contents", mailbox=mailbox, folder="contacts")["items"]
        return sorted(a["name"] for a in contact["attachments"])

    def round(self, count=1):
        """Rounds until nothing waits; and what they asked of the servers."""
        self.sim.control("reset_counters")
        for _ in range(count):
            report = self.daemon.call("pair.sync_now", pair="jane")["pairs"][0]
            self.assertEqual((report["errors"], report["waiting"]), ([], 0), report)
        return self.requests()

    def ban(self):
        [ban] = self.daemon.call("ban.list", pair="jane")["bans"]
        return ban

    def check_ban(self, code, at_least, at_most, **more):
        """The only ban: with its size, and a text that says what to do."""
        ban = self.ban()
        self.assertEqual((ban["state"], ban["code"]), ("banned", code), ban)
        self.assertTrue(at_least < ban["size_mb"] < at_most, ban)
        self.assertIn("make it smaller", ban["hint"])
        self.assertEqual({key: ban[key] for key in more}, more)
        why = self.why(ban)
        self.assertIn(code, why, self.daemon.call("item.why", item=ban["id"])["items"])
        return ban

    def why(self, ban):
        return self.daemon.call("item.why", item=ban["id"])["items"][0]["why"]

    def check_it_is_not_fetched_again(self, *operations):
        for again in (False, True):
            if again:  # a daemon that was started anew knows it too
                self.daemon.kill()
                self.daemon.start()
            asked = self.round(count=3)
            self.assertEqual({operation: asked[operation] for operation in operations if asked.get(operation)}, {}, asked)

    def check_it_passes_once_the_limit_is_raised(self, server, operation, *folder_pairs, **limits):
        """ban.delete alone tries it again, in vain; with a higher limit it comes."""
        self.assertEqual(self.daemon.call("ban.delete", pair="jane", id=self.ban()["id"]), {"lifted": 1})
        self.assertIn(operation, self.round())
        self.assertEqual(self.ban()["state"], "banned")
        self.limit(server, **limits)
        self.assertNotIn(operation, self.round())  # nobody tells the daemon
        self.daemon.call("ban.delete", pair="jane", id=self.ban()["id"])
        self.daemon.sync()
        self.assertEqual(self.daemon.call("ban.list", pair="jane")["bans"], [])

    def test_a_mail_that_the_server_refuses_for_its_size(self):
        self.limit("branch", message_bytes=200_000)
        self.deliver_large(self.hq, "plan", 400_000)
        self.deliver(self.hq, "small")
        self.run_daemon()
        self.round()
        self.assertEqual(self.subjects(self.branch), ["small"])  # nothing else waits for it
        self.check_ban("ErrorMessageSizeExceeded", 0.4, 0.6, side="replica", owner=self.branch, subject="plan",
                       link=None)  # 2010 has other ids in Outlook on the web
        self.check_it_is_not_fetched_again("GetItem", "CreateItem")
        self.check_it_passes_once_the_limit_is_raised("branch", "CreateItem", message_bytes=GENEROUS)
        self.assert_equal_sides()
        self.assert_nothing_left_to_write()

    def test_a_mail_that_the_way_to_the_server_refuses_for_its_size(self):
        """IIS refuses requests that are too large as if EWS were not there; proxies say HTTP 413."""
        for status in (404, 413):
            with self.subTest(status):
                self.sim.control("fault", what="http_status", status=status, server="hq", operation="CreateItem", always=True)
                self.deliver_large(self.branch, f"plan{status}", 1_200_000)
                if not self.daemon.process:
                    self.run_daemon()
                self.round()
                ban = self.check_ban(f"HTTP {status}", 1.1, 1.8, side="primary", owner=self.hq, subject=f"plan{status}")
                self.assertTrue(ban["link"].startswith(self.sim.url("branch").replace("/EWS/Exchange.asmx", "/owa/?ItemID=")), ban)
                self.assertEqual(self.daemon.call("pair.get", pair="jane")["status"], "started")
                self.check_it_is_not_fetched_again("GetItem", "CreateItem")
                self.sim.control("clear_faults")
                self.daemon.call("ban.delete", pair="jane", id=ban["id"])
                self.daemon.sync()
                self.assert_equal_sides()

    def test_a_mail_that_fits_into_no_request_is_not_even_read(self):
        self.limit("hq", request_bytes=35_000_000)
        self.deliver_large(self.branch, "film", 27_000_000)
        self.run_daemon()
        self.assertNotIn("CreateItem", self.round())
        self.check_ban("too_large", 26, 40, side="primary", owner=self.hq)
        self.check_it_is_not_fetched_again("GetItem", "CreateItem")

    def test_an_attachment_of_a_contact_that_the_server_refuses_for_its_size(self):
        self.limit("branch", attachment_bytes=200_000)
        self.contact(self.hq, 400_000)
        self.run_daemon(CONTACTS)
        self.round()
        self.assertEqual(self.attached(self.branch), [])  # the contact itself is there
        ban = self.check_ban("ErrorAttachmentSizeLimitExceeded", 0.4, 0.6, side="replica", owner=self.branch)
        self.assertIn('"0.bin", 401 kB', ban["message"])
        self.check_it_is_not_fetched_again("GetAttachment", "CreateAttachment")
        self.check_it_passes_once_the_limit_is_raised("branch", "CreateAttachment", attachment_bytes=GENEROUS)
        self.assertEqual(programs.other_differences(self.sim, [("contacts", "contacts")], mailbox=self.name), (1, []))
        self.assert_nothing_left_to_write()

    def test_what_was_attached_beside_it_is_taken_back_and_that_is_no_news(self):
        """The key of the copy moves by that, but nothing has changed: it is neither tried nor fetched a second time."""
        self.limit("branch", attachment_bytes=200_000)
        self.contact(self.hq, 400_000, 1000, 2000)
        self.run_daemon(CONTACTS)
        asked = self.round()
        self.assertEqual([asked.get(what) for what in ("GetAttachment", "CreateAttachment", "DeleteAttachment")], [1, 1, 1], asked)
        self.assertEqual(self.attached(self.branch), [])
        self.check_ban("ErrorAttachmentSizeLimitExceeded", 0.4, 0.6, side="replica")
        self.check_it_is_not_fetched_again("GetItem", "GetAttachment", "CreateAttachment", "DeleteAttachment")
        self.check_it_passes_once_the_limit_is_raised("branch", "CreateAttachment", attachment_bytes=GENEROUS)
        self.assertEqual(self.attached(self.branch), ["0.bin", "1.bin", "2.bin"])

    def test_an_attachment_that_fits_into_no_request_is_not_even_read(self):
        self.contact(self.branch, 27_000_000)
        self.run_daemon(CONTACTS)
        self.assertNotIn("GetAttachment", self.round())
        self.check_ban("too_large", 26, 40, side="primary", owner=self.hq)
        self.check_it_is_not_fetched_again("GetAttachment", "CreateAttachment")

    def test_large_attachments_pass_whole(self):
        self.contact(self.hq, 3_000_000, 700_000)
        self.run_daemon(CONTACTS)
        self.daemon.sync()
        self.assertEqual(programs.other_differences(self.sim, [("contacts", "contacts")], mailbox=self.name), (1, []))
        self.assert_nothing_left_to_write()


class LeftAlone(case.EndToEnd):
    def got(self):
        return self.daemon.call("pair.get", pair="jane")

    def test_mails_before_the_start_date_are_counted_and_come_with_an_earlier_one(self):
        for year in (2024, 2025):
            self.deliver(self.hq, f"of {year}", received=f"{year}-05-01T08:00:00Z", sent=f"{year}-05-01T08:00:00Z")
        self.deliver(self.hq, "new")
        self.run_daemon(start_date="2026-01-01")
        self.daemon.sync()
        self.assertEqual(self.subjects(self.branch), ["new"])
        self.assertEqual(self.got()["skipped"], {"message": {"before the start date": 2}})
        [told] = self.daemon.call("item.why", item="of 2024")["items"]
        self.assertIn("before the start date (an earlier start_date lets it come)", told["why"])
        self.daemon.configure(self.configuration(start_date="2025-01-01"))
        self.daemon.call("daemon.reload")
        self.daemon.sync()
        self.assertEqual(self.subjects(self.branch), ["new", "of 2025"])
        self.assertEqual(self.got()["skipped"], {"message": {"before the start date": 1}})
        self.assert_nothing_left_to_write()


if __name__ == "__main__":
    case.main()
