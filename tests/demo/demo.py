#!/usr/bin/python3
"""The demo: mail of two mailboxes on two simulated Exchange servers becomes and stays the same.

usage: demo.py --programs DIRECTORY [--report FILE]
DEMO_ONCE=1: ends by itself, and fails where anything is out of step. Else everything runs on until Ctrl-C.
"""

import argparse
import json
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
import acts  # noqa: E402
import programs  # noqa: E402
from acts import BRANCH, HQ  # noqa: E402
from screen import Screen  # noqa: E402

MAILS = 500
ON_BOTH = 20
FOLDERS = {"inbox": {"primary": "inbox", "replica": "inbox"},
           "projects": {"primary": "inbox/Projects", "replica": "inbox/From HQ", "direction": "primary-to-replica", "drift": "revert"}}
FOLDER_PAIRS = [("inbox", "inbox"), ("inbox/Projects", "inbox/From HQ")]


class Demo:
    def __init__(self, sim, daemon, screen):
        self.sim, self.daemon, self.screen = sim, daemon, screen
        self.kills, self.wrong = 0, []

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
        say.chapter("Two Exchange servers")
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
        count = {place: len(programs.mails(sim, *place)) for place in ((HQ, "inbox"), (HQ, "inbox/Projects"), (BRANCH, "inbox"))}
        self.before = count[HQ, "inbox"] + count[BRANCH, "inbox"]
        say.line(f"  hq      Exchange 2010 SP2  {HQ}      inbox {count[HQ, 'inbox']} mails, inbox/Projects {count[HQ, 'inbox/Projects']}")
        say.line(f"  branch  Exchange SE        {BRANCH}  inbox {count[BRANCH, 'inbox']} mails, {ON_BOTH} of them as at hq")
        say.line("  exsyncd keeps  inbox <-> inbox  (both ways, hq wins)  and  inbox/Projects -> inbox/From HQ  (one way)")

    def first_synchronisation(self):
        self.screen.chapter(f"First synchronisation of {MAILS} mails")
        self.daemon.start()
        began = self.screen.seconds()
        self.in_background(until_creates=MAILS // 25)
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
        self.daemon.configure(self.daemon.configuration(self.sim, FOLDERS, **pair))

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
        """Draws the progress of a synchronisation, to its end or until the servers were asked so often to create mails."""
        ended, began, told = self.ask_for_a_round(), self.screen.seconds(), False
        while not ended.wait(0.05):
            if until_creates and self.sim.control("counters")["requests"].get("CreateItem", 0) >= until_creates:
                return
            status = self.status()
            items, round_ = status["items"], status["round"]
            if not round_["running"] and items["waiting"] and not told and self.screen.seconds() - began > 10:
                told = True
                self.screen.line(f"  {items['waiting']} writes were cut off and left no trace: exsyncd gives the server 90 s to commit them before it writes again")
            self.screen.bar(max(items["in_step"], min(round_["done"], items["known"])), max(items["known"], MAILS), f"{round_['writes']} writes")

    def expect_equal(self, text, seconds=None):
        count, found = programs.differences(self.sim, FOLDER_PAIRS)
        self.expect(not found, f"{text} ({count} mails)", seconds, "; ".join(found[:3]))

    def result(self):
        """The daemon ends; what both servers hold is compared, and one more run may write nothing."""
        self.screen.chapter("At the end")
        code, seconds = self.timed(self.daemon.stop)
        self.expect(code == 0, "SIGTERM: ended in order", seconds, f"exit code {code}")
        before = self.sim.control("counters")["requests"]
        (code, report), seconds = self.timed(self.daemon.once)
        after = self.sim.control("counters")["requests"]
        written = sum(after.get(name, 0) - before.get(name, 0) for name in after if not name.startswith(("Get", "Find", "Sync", "Resolve")))
        writes = max(report["writes"], written)
        ran = [pair["pair"] for pair in report["pairs"]]
        self.expect(code == 0 and writes == 0 and ran == ["jane"], "exsyncd --once: in step, nothing to write", seconds, f"exit code {code}, {writes} writes, pairs {ran}")
        count, found = programs.differences(self.sim, FOLDER_PAIRS)
        self.expect(not found, f"{count} mails are the same on both sides", None, "; ".join(found[:5]))
        counters = self.sim.control("counters")
        mails_out = sum(counters["mails_out"][kind] for kind in ("submitted", "read_receipts", "invitations"))
        self.expect(mails_out == 0, "nobody got a mail, an invitation or a receipt because of exsyncd", None, f"{counters['mails_out']}")
        self.expect(counters["schema_bugs"] == 0, "every request was as Exchange's schema demands" if self.sim.schemas else "no answer was broken",
                    None, f"{counters['schema_bugs']} were not")
        return {"converged": not found and not self.wrong, "items": {"message": count}, "differences": len(found), "second_run_writes": writes,
                "invitations_sent": mails_out, "kills": self.kills, "seconds": round(self.screen.seconds(), 1)}

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
        self.new_mails()
        self.killed_between_act_and_answer()
        self.by_itself()
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
    servers = programs.Servers(os.path.join(given.programs, "exchange-sim"), programs.two_servers(), given.schemas)
    servers.schemas = given.schemas
    try:
        with servers as sim, programs.Daemon(os.path.join(given.programs, "exsyncd")) as daemon:
            demo = Demo(sim, daemon, screen)
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
