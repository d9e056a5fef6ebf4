#!/usr/bin/python3
"""The demo: mail, calendars, contacts and tasks of two mailboxes on two simulated Exchange servers become and stay the same.

usage: demo.py --programs DIRECTORY [--report FILE]
DEMO_ONCE=1: ends by itself, and fails where anything is out of step. Else everything runs on until Ctrl-C.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
import acts  # noqa: E402
import programs  # noqa: E402
from acts import BRANCH, HQ  # noqa: E402
from live_view import LiveView  # noqa: E402
from screen import Screen  # noqa: E402

MAILS = 500
ON_BOTH = 20
#: New mails whose way is timed. So few that the slowest stands for the 99th in a hundred.
LATENCIES = 30
#: How the names of operations begin that change nothing.
READING = ("Get", "Find", "Sync", "Resolve", "Autodiscover")
FOLDERS = {"inbox": {"primary": "inbox", "replica": "inbox"},
           "projects": {"primary": "inbox/Projects", "replica": "inbox/From HQ", "direction": "primary-to-replica", "drift": "revert",
                        "include_subfolders": True},
           "calendar": {"primary": "calendar", "replica": "calendar"},
           "contacts": {"primary": "contacts", "replica": "contacts"},
           "tasks": {"primary": "tasks", "replica": "tasks"}}
#: Seeds of the other classes: at hq, at branch.
OTHERS = {"calendar": ("seed_appointments", 60, 20), "contacts": ("seed_contacts", 48, 0), "tasks": ("seed_tasks", 40, 0)}
OTHER_PAIRS = [(folder, folder) for folder in OTHERS]
ALL = MAILS + sum(at_hq + at_branch for _, at_hq, at_branch in OTHERS.values())
SAM = {HQ: "sam@hq.example", BRANCH: "sam@branch.example"}
NOTICES, TEAM = "publicfoldersroot/Notices", "publicfoldersroot/Team"
#: Branch has one too, as `programs.two_servers` gives to hq.
SERVICE = "svc-sync@branch.example"
SERVICES = {"hq": "svc-sync@hq.example", "branch": SERVICE}
FOLDER_PAIRS = [("inbox", "inbox"), ("inbox/Projects", "inbox/From HQ")]


class Demo:
    def __init__(self, sim, daemon, screen, watch):
        self.sim, self.daemon, self.screen, self.watch = sim, daemon, screen, watch
        self.kills, self.wrong, self.latency, self.sam_is_there, self.team_is_there = 0, [], {}, False, False

    def expect(self, fine, text, seconds=None, why=""):
        """One line of the story; what is wrong is told at once and remembered."""
        if fine:
            self.screen.done(text, seconds)
        else:
            self.screen.failed(f"{text}: {why}" if why else text)
            self.wrong.append(text)

    def timed(self, what):
        began = self.screen.seconds()
        result = what()
        return result, self.screen.seconds() - began

    # The chapters

    def fill(self):
        sim, say = self.sim, self.screen
        say.chapter("Two Exchange servers, and a service account on each that stands in for mailboxes")
        sim.control("add_folder", mailbox=HQ, path="inbox/Projects")
        sim.control("add_folder", mailbox=BRANCH, path="inbox/From HQ")
        acts.deliver(sim)
        # Mail to a list has reached both mailboxes before they are paired.
        for number in range(ON_BOTH):
            mime = acts.mail(f"To all of us ({number})", f"<all-{number}@demo.example>")
            for mailbox in (HQ, BRANCH):
                sim.control("add_message", mailbox=mailbox, folder="inbox", mime_base64=mime, received="2026-01-07T08:00:00Z",
                            sent="2026-01-07T08:00:00Z")
        at_branch, projects = 80, 120
        sim.control("seed_messages", mailbox=BRANCH, folder="inbox", count=at_branch, seed=2)
        sim.control("seed_messages", mailbox=HQ, folder="inbox/Projects", count=projects, seed=3)
        sim.control("seed_messages", mailbox=HQ, folder="inbox", count=MAILS - len(acts.ACTS) - ON_BOTH - at_branch - projects, seed=1)
        for folder, (seed, at_hq, at_branch_too) in OTHERS.items():
            sim.control(seed, mailbox=HQ, folder=folder, count=at_hq, seed=7)
            if at_branch_too:
                sim.control(seed, mailbox=BRANCH, folder=folder, count=at_branch_too, seed=8)
        count = {place: len(programs.mails(sim, *place)) for place in ((HQ, "inbox"), (HQ, "inbox/Projects"), (BRANCH, "inbox"))}
        self.before = count[HQ, "inbox"] + count[BRANCH, "inbox"]
        say.line(f"  hq      Exchange 2010 SP2  {HQ}      inbox {count[HQ, 'inbox']} mails, inbox/Projects {count[HQ, 'inbox/Projects']}")
        say.line(f"  branch  Exchange SE        {BRANCH}  inbox {count[BRANCH, 'inbox']} mails, {ON_BOTH} of them as at hq")
        say.line(f"  and on both sides together {', '.join(f'{at_hq + at_branch} in {folder}' for folder, (_, at_hq, at_branch) in OTHERS.items())}")
        say.line("  exsyncd keeps  inbox, calendar, contacts, tasks  (both ways, hq wins)  and  inbox/Projects -> inbox/From HQ  (one way, with subfolders)")

    def first_synchronisation(self):
        self.screen.chapter(f"First synchronisation of {MAILS} mails and {ALL - MAILS} appointments, contacts and tasks")
        self.daemon.start()
        began = self.screen.seconds()
        self.screen.line("  what exsyncctl watch shows after some of them" if not self.screen.live else "  exsyncctl watch shows it")
        self.show(self.in_background(until_creates=MAILS // 10))
        self.daemon.kill()
        self.kills += 1
        copied = sum(len(programs.mails(self.sim, *place)) for place in ((HQ, "inbox"), (BRANCH, "inbox"), (BRANCH, "inbox/From HQ")))
        self.screen.line(f"  kill -9 in the middle: {copied - self.before} mails were copied")
        self.daemon.start()
        self.in_background()
        self.expect_equal("started again: both sides are equal, nothing twice", self.screen.seconds() - began)

    def users_act(self):
        self.screen.chapter("Users act on both sides")
        for number, act in enumerate(acts.ACTS):
            listed = len(self.conflicts())
            acts.perform(self.sim, number, act)
            writes, seconds = self.timed(self.daemon.sync)
            found = acts.problems(self.sim, number, act)
            if act.writes is not None and writes != act.writes:
                found.append(f"{writes} writes, not {act.writes}")
            if len(self.conflicts()) != listed + act.conflict:
                found.append(f"{len(self.conflicts()) - listed} conflicts listed, not {int(act.conflict)}")
            self.expect(not found, act.says, seconds, "; ".join(found))

    def other_classes(self):
        """Acts of users in calendar, contacts and tasks; hq wins, and a series keeps its exceptions."""
        self.screen.chapter("Calendar, contacts and tasks")

        def contents(mailbox, folder):
            return self.sim.control("contents", mailbox=mailbox, folder=folder)["items"]

        def one(mailbox, folder, **wanted):
            return next(item for item in contents(mailbox, folder) if item["sensitivity"] == "Normal"
                        and all(item.get("appointment", {}).get(key) == value for key, value in wanted.items()))["id"]

        def mate(item):
            folder = item["folder"]
            return next(other for other in contents(BRANCH, folder) if programs.comparable(other) == programs.comparable(item))

        def user(mailbox, do, folder, item, **arguments):
            self.sim.control(do, mailbox=mailbox, folder=folder, item=item, **arguments)

        def both_edit():
            item = next(i for i in contents(HQ, "contacts") if i["sensitivity"] == "Normal")
            theirs = mate(item)["id"]
            user(HQ, "user_edit", "contacts", item["id"], contact={"JobTitle": "from hq"})
            user(BRANCH, "user_edit", "contacts", theirs, contact={"JobTitle": "from branch"})

        single = {"type": "Single", "is_meeting": False}
        series = next(i for i in contents(BRANCH, "calendar") if i["appointment"]["type"] == "RecurringMaster" and i["appointment"]["modified"])
        for says, act in (
                ("a contact's telephone number, changed at branch",
                 lambda: user(BRANCH, "user_edit", "contacts", one(BRANCH, "contacts"), contact={"PhoneNumbers": {"MobilePhone": "+49 30 1"}})),
                ("a file attached to a contact at hq",
                 lambda: user(HQ, "user_add_attachment", "contacts", one(HQ, "contacts"), name="card.txt", content="A business card")),
                ("an appointment moved to another room at hq",
                 lambda: user(HQ, "user_edit_appointment", "calendar", one(HQ, "calendar", **single), location="Room 7")),
                ("an occurrence of a series renamed at branch",
                 lambda: user(BRANCH, "user_edit_occurrence", "calendar", series["id"],
                              occurrence=series["appointment"]["modified"][0]["day"], subject="Only this once")),
                ("a task deleted at branch", lambda: user(BRANCH, "user_delete", "tasks", one(BRANCH, "tasks"))),
                ("one contact edited on both sides: hq wins", both_edit)):
            act()
            _, seconds = self.timed(self.daemon.sync)
            _, found = programs.other_differences(self.sim, OTHER_PAIRS)
            self.expect(not found, says, seconds, "; ".join(found[:2]))

    def subfolders(self):
        self.screen.chapter("Subfolders of Projects")
        self.sim.control("add_folder", mailbox=HQ, path="inbox/Projects/Bridge")
        self.sim.control("add_message", mailbox=HQ, folder="inbox/Projects/Bridge", mime_base64=acts.mail("The bridge", "<bridge@demo.example>"))
        _, seconds = self.timed(self.daemon.sync)
        there = programs.mails(self.sim, BRANCH, "inbox/From HQ/Bridge")
        self.expect(len(there) == 1, "made at hq: made at branch, with the mail in it", seconds, f"{len(there)} mails")
        self.sim.control("user_rename_folder", mailbox=HQ, folder="inbox/Projects/Bridge", name="Tunnel")
        _, seconds = self.timed(self.daemon.sync)
        there = programs.mails(self.sim, BRANCH, "inbox/From HQ/Tunnel")
        self.expect(len(there) == 1, "renamed at hq: renamed at branch", seconds, f"{len(there)} mails")

    def more_pairs(self):
        self.screen.chapter("Two more pairs, made over the admin socket")
        self.pair_of_sam()
        self.pair_of_public_folders()

    def pair_of_sam(self):
        """Own passwords on both sides, and a folder of hq's public folders."""
        for server, secret in (("hq", "sam at hq"), ("branch", "sam at branch")):
            self.sim.control("add_mailbox", server=server, address=f"sam@{server}.example", display_name="Sam", password=secret)
        self.sim.control("seed_messages", mailbox=SAM[HQ], folder="inbox", count=40, seed=4)
        self.sim.control("add_public_folders", server="hq")
        self.sim.control("add_folder", server="hq", mailbox="publicfolders", path=NOTICES)
        for number in range(10):
            self.sim.control("add_message", server="hq", mailbox="publicfolders", folder=NOTICES, mime_base64=acts.mail(f"Notice {number}", f"<notice-{number}@demo.example>"))
        self.sim.control("add_folder", mailbox=SAM[BRANCH], path="inbox/Notices")

        def own(server):
            address = f"sam@{server}.example"
            return {"url": self.sim.url(server), "mailbox": address, "ca_file": self.sim.ready["ca_file"], "streaming": False,
                    "auth": {"type": "basic", "user": address, "password": f"sam at {server}"}}

        self.sam_is_there = True
        self.daemon.call("pair.create", pair="sam", settings={"primary": own("hq"), "replica": own("branch"), "polling_interval": "1h", "folders": {
            "inbox": {"primary": "inbox", "replica": "inbox"},
            "notices": {"primary": "public:/Notices", "replica": "inbox/Notices"}}})
        self.daemon.call("pair.start", pair="sam")
        _, seconds = self.timed(lambda: self.daemon.sync("sam"))
        self.expect_equal("sam: his own passwords; inbox, and public:/Notices -> inbox/Notices", seconds)

    def pair_of_public_folders(self):
        """Nobody's mailbox: posts of both servers in one folder."""
        self.sim.control("add_public_folders", server="branch")
        for server, account in SERVICES.items():
            where = {"server": server, "mailbox": "publicfolders"}
            self.sim.control("add_folder", path=TEAM, **where)
            self.sim.control("set_permission", folder=TEAM, account=account, level="Owner", **where)
            for number in range(8):
                self.sim.control("add_message", folder=TEAM, mime_base64=acts.mail(f"Post {number} of {server}", f"<post-{number}-{server}@demo.example>"), **where)
        self.team_is_there = True
        self.daemon.call("pair.create_public", pair="team", settings={
            "primary": {"server": "hq", "folder": "/Team"}, "replica": {"server": "branch", "folder": "/Team"}, "polling_interval": "1h", "start": True})
        _, seconds = self.timed(lambda: self.daemon.sync("team"))
        self.expect_equal("team: public:/Team of both servers", seconds)

    def new_mails(self):
        self.screen.chapter("New mail")
        for says, where in (("at hq: arrives at branch", [HQ]), ("at branch: arrives at hq", [BRANCH]), ("the same mail at both: one copy each", [HQ, BRANCH])):
            mime = acts.mail("New mail " + says, f"<new-{len(where)}-{where[0]}>")
            for mailbox in where:
                self.sim.control("add_message", mailbox=mailbox, folder="inbox", mime_base64=mime, received="2026-01-08T08:00:00Z", sent="2026-01-08T08:00:00Z")
            writes, seconds = self.timed(self.daemon.sync)
            _, found = programs.differences(self.sim, FOLDER_PAIRS)
            if writes != 2 - len(where):
                found.append(f"{writes} writes")
            self.expect(not found, says, seconds, "; ".join(found))

    def killed_between_act_and_answer(self):
        self.screen.chapter("The worst moment for a kill -9")
        for number in range(6):
            self.sim.control("add_message", mailbox=HQ, folder="inbox", mime_base64=acts.mail(f"Answer {number}", f"<answer-{number}@demo.example>"))
        self.sim.control("fault", what="delay", milliseconds=10000, server="branch", operation="CreateItem")
        asked = self.ask_for_a_round()
        met = lambda: self.sim.control("faults")["faults"][0]["hits"] > 0  # noqa: E731
        while not met():
            asked.wait(0.05)
        self.daemon.kill()
        self.kills += 1
        self.sim.control("clear_faults")
        asked.wait()
        self.screen.line("  6 new mails at hq; branch has stored them, and its answer is under way: kill -9")
        began = self.screen.seconds()
        self.daemon.start()
        self.in_background()
        self.expect_equal("started again: finds its own copies, writes nothing twice", self.screen.seconds() - began)

    def streaming(self):
        """Nobody asks and the poll timer is far away: how long a new mail takes to be on the other side."""
        self.screen.chapter("Streaming notifications")
        self.configure(streaming=True)
        self.daemon.reload()
        self.daemon.wait_until_streaming()
        took = []
        for number in range(LATENCIES):
            lines, began = len(self.daemon.log), time.monotonic()
            self.sim.control("add_message", mailbox=HQ, folder="inbox", mime_base64=acts.mail(f"Told at once {number}", f"<told-{number}@demo.example>"))
            self.daemon.wait_for_log("1 changes? carried over", after=lines)
            took.append(1000 * (time.monotonic() - began))
        took.sort()
        self.latency = {"p50": round(took[len(took) // 2]), "p99": round(took[-1])}
        self.expect_equal(f"{LATENCIES} mails at hq are at branch after {self.latency['p50']} ms (median), {self.latency['p99']} ms (slowest)")

    def by_itself(self):
        """A reload, and the poll timer."""
        self.screen.chapter("By itself")
        self.configure(polling_interval="1s")
        lines = len(self.daemon.log)
        self.daemon.reload()
        self.daemon.wait_for_log("reloaded", after=lines)
        self.sim.control("add_message", mailbox=BRANCH, folder="inbox", mime_base64=acts.mail("Noticed by the poll timer", "<poll@demo.example>"))
        _, seconds = self.timed(lambda: self.daemon.wait_for_log("1 changes? carried over", after=lines))
        self.expect_equal("configuration reloaded, polling every second: new mail arrives unasked", seconds)

    # What the chapters share

    def configure(self, **pair):
        """Jane's pair: a service account on each server stands in for her."""
        said = self.daemon.configuration(self.sim, FOLDERS, **pair)
        self.daemon.secret("branch.password", "service at branch")
        said["servers"]["branch"].update(access="impersonation", auth={"type": "basic", "user": SERVICE, "password_file": "branch.password"})
        said["pairs"]["jane"]["replica"].pop("auth")
        self.daemon.configure(said)

    def status(self):
        return self.daemon.call("pair.get", pair="jane")

    def conflicts(self):
        return self.daemon.call("conflict.list", pair="jane")["conflicts"]

    def ask_for_a_round(self):
        """Asks for rounds until the pair is in step; the event is set when they have ended, or the daemon has."""
        ended = threading.Event()

        def rounds():
            try:
                self.daemon.sync()
            except (OSError, ValueError):
                pass  # the daemon was killed: the story goes on elsewhere
            except (AssertionError, programs.Refused) as wrong:
                self.wrong.append(str(wrong))
            ended.set()
        threading.Thread(target=rounds, daemon=True).start()
        return ended

    def in_background(self, until_creates=None):
        """Shows `exsyncctl watch` during a synchronisation, to its end or until the servers were asked so often to create mails.

        Returns its last picture, where there is no terminal that shows it.
        """
        ended, began, waiting = self.ask_for_a_round(), self.screen.seconds(), 0
        with LiveView(self.watch, self.daemon.socket, self.screen.live) as view:
            while not ended.wait(0.05):
                if until_creates and self.sim.control("counters")["requests"].get("CreateItem", 0) >= until_creates:
                    break
                if not waiting and self.screen.seconds() - began > 10:
                    waiting = self.status()["items"]["waiting"]
        if waiting:
            self.screen.line(f"  {waiting} writes were cut off and left no trace: exsyncd gave the server 90 s to commit them before it wrote again")
        return view.picture

    def show(self, picture):
        for line in picture:
            self.screen.line("    " + self.screen.dim(line))

    def expect_equal(self, text, seconds=None):
        count, found = self.differences()
        self.expect(not found, f"{text} ({count} items)", seconds, "; ".join(found[:3]))

    def differences(self):
        count, found = programs.differences(self.sim, FOLDER_PAIRS)
        more, others = programs.other_differences(self.sim, OTHER_PAIRS)
        of_others, theirs = self.of_other_pairs()
        return count + more + of_others, found + others + theirs

    def of_other_pairs(self):
        """The same of the pairs that are there later."""
        count, found = 0, []
        if self.sam_is_there:
            count, found = programs.differences(self.sim, [("inbox", "inbox")], mailbox="sam")
            hq = self.public("hq", NOTICES)
            count, found = count + len(hq), found + programs.compare(NOTICES, hq, programs.mails(self.sim, SAM[BRANCH], "inbox/Notices"))
        if self.team_is_there:
            hq = self.public("hq", TEAM)
            count, found = count + len(hq), found + programs.compare(TEAM, hq, self.public("branch", TEAM))
        return count, found

    def public(self, server, folder):
        return programs.mails(self.sim, "publicfolders", folder, server=server)

    def counts(self):
        """How many items of each class both sides have."""
        of = {"message": programs.differences(self.sim, FOLDER_PAIRS)[0] + self.of_other_pairs()[0]}
        for folder, name in (("contacts", "contact"), ("tasks", "task"), ("calendar", "appointment")):
            of[name] = programs.other_differences(self.sim, [(folder, folder)])[0]
        return of

    def result(self):
        """The daemon ends; what both servers hold is compared, and one more run may write nothing."""
        self.screen.chapter("At the end")
        code, seconds = self.timed(self.daemon.stop)
        self.expect(code == 0, "SIGTERM: ended in order", seconds, f"exit code {code}")
        before = self.sim.control("counters")["requests"]
        (code, report), seconds = self.timed(self.daemon.once)
        after = self.sim.control("counters")["requests"]
        # A lease is a property of a folder. That no folder was renamed shows below, where items are compared by their folders.
        written = sum(after.get(name, 0) - before.get(name, 0) for name in after if not name.startswith(READING) and name != "UpdateFolder")
        writes = max(report["writes"], written)
        ran = [pair["pair"] for pair in report["pairs"]]
        self.expect(code == 0 and writes == 0 and sorted(ran) == ["jane", "sam", "team"], "exsyncd --once: in step, nothing to write but its leases", seconds, f"exit code {code}, {writes} writes, pairs {ran}")
        count, found = self.differences()
        self.expect(not found, f"{count} items are the same on both sides", None, "; ".join(found[:5]))
        counters = self.sim.control("counters")
        mails_out = sum(n for kind, n in counters["mails_out"].items() if kind != "details")
        self.expect(mails_out == 0, "nobody got a mail, an invitation or a receipt because of exsyncd", None, f"{counters['mails_out']}")
        self.expect(counters["schema_bugs"] == 0, "every request was as Exchange's schema demands" if self.sim.schemas else "no answer was broken",
                    None, f"{counters['schema_bugs']} were not")
        return {"converged": not found and not self.wrong, "items": self.counts(), "differences": len(found), "second_run_writes": writes,
                "invitations_sent": mails_out, "kills": self.kills, "latency_ms": self.latency, "seconds": round(self.screen.seconds(), 1)}

    def commands(self):
        sock = self.daemon.socket
        return [f"""echo '{{"method":"pair.list"}}' | nc -NU {sock} | jq .result""",
                f"""echo '{{"method":"conflict.list"}}' | nc -NU {sock} | jq '.result.conflicts[] | {{subject, loser, reason}}'""",
                f"""echo '{{"method":"help"}}' | nc -NU {sock} | jq -r '.result.methods[] | "\\(.name)  \\(.text)"'"""]

    def try_commands(self):
        self.screen.chapter("To try next" + ("" if once() else ", from another terminal"))
        for command in self.commands():
            self.screen.line("  " + command)
            tried = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=programs.PATIENCE, check=False)
            if tried.returncode != 0 or not tried.stdout.strip():
                self.expect(False, command, None, tried.stderr.strip() or "says nothing")

    def tell(self):
        self.fill()
        self.configure()
        self.first_synchronisation()
        self.users_act()
        self.other_classes()
        self.subfolders()
        self.new_mails()
        self.more_pairs()
        self.killed_between_act_and_answer()
        self.by_itself()
        self.streaming()
        if once():
            self.try_commands()
        return self.result()

    def stay(self):
        """Everything runs on, for whoever watches to try things."""
        self.daemon.start()
        self.try_commands()
        self.screen.line(f"""  curl -s {self.sim.ready['control']} -d '{{"do":"user_edit","mailbox":"{HQ}","item":{{"subject":"To all of us (1)"}},"subject":"Hello branch"}}'""")
        self.screen.line(f"""  curl -s {self.sim.ready['control']} -d '{{"do":"contents","mailbox":"{BRANCH}"}}' | jq -r '.items[].subject' | grep Hello""")
        self.screen.line(f"  less {self.daemon.log_file.name}")
        self.screen.line("\nEverything runs until Ctrl-C.")
        self.daemon.process.wait()


def once():
    return os.environ.get("DEMO_ONCE", "") not in ("", "0")


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument("--programs", required=True)
    parse.add_argument("--schemas", help="Microsoft's EWS schemas: every request is validated")
    parse.add_argument("--report")
    given = parse.parse_args()
    screen = Screen()
    world = programs.two_servers()
    world["servers"][1]["mailboxes"].append({"address": SERVICE, "display_name": "Service", "password": "service at branch", "may_impersonate": ["*"]})
    servers = programs.Servers(os.path.join(given.programs, "exchange-sim"), world, given.schemas)
    servers.schemas = given.schemas
    try:
        with servers as sim, programs.Daemon(os.path.join(given.programs, "exsyncd")) as daemon:
            demo = Demo(sim, daemon, screen, os.path.join(given.programs, "exsyncctl"))
            try:
                report = demo.tell()
            except (AssertionError, programs.Refused, OSError, RuntimeError, ValueError, KeyError) as broken:
                screen.failed(f"{type(broken).__name__}: {broken}")
                report = None
            if given.report and report:
                os.makedirs(os.path.dirname(os.path.abspath(given.report)), exist_ok=True)
                with open(given.report, "w", encoding="utf-8") as file:
                    json.dump(report, file)
                    file.write("\n")
            if not report or not report["converged"] or report["second_run_writes"] or report["invitations_sent"]:
                kept = os.path.abspath(os.path.join(os.path.dirname(given.report or "."), "demo.log"))
                os.makedirs(os.path.dirname(kept), exist_ok=True)
                with open(daemon.log_file.name, encoding="utf-8") as log, open(kept, "w", encoding="utf-8") as copy:
                    lines = log.readlines()
                    copy.writelines(lines)
                screen.chapter("Something is wrong. The daemon's last words:")
                screen.line("".join(lines[-30:]))
                screen.line(f"The whole log: {kept}")
                return 1
            screen.chapter("Summary")
            screen.line("  " + json.dumps(report))
            if not once():
                demo.stay()
    except KeyboardInterrupt:
        screen.line("\nEnded.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
