"""Performance of the real programs, as numbers and as ratios inside one run; nothing here passes or fails.

usage: bench.py --programs DIRECTORY --report FILE
"""

import argparse
import base64
import email.message
import os
import random
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
import programs  # noqa: E402  (found through the line above)
import reports  # noqa: E402

MB = 1_000_000
FOLDERS = {folder: {"primary": folder, "replica": folder} for folder in ("inbox", "contacts", "calendar", "tasks")}
HQ, BRANCH = "jane@hq.example", "jane@branch.example"


def two_processes():
    """The two servers, each in a process of its own; both of a version that takes 24 MB in base64 in base64."""
    both = programs.two_servers()
    for server in both["servers"]:
        server["version"] = "ExchangeSE"
        yield server["name"], {"servers": [server]}


class Sides:
    """What programs.Daemon.configuration wants to know of one exchange-sim, over two of them."""

    def __init__(self, servers):
        self.servers = servers
        self.ready = next(iter(servers.values())).ready

    def url(self, name):
        return self.servers[name].url(name)


def configure(daemon, sims, **more):
    configuration = daemon.configuration(Sides(sims), FOLDERS, **more)
    for name, server in configuration["servers"].items():
        server["ca_file"] = sims[name].ready["ca_file"]
    daemon.configure(configuration)


def mail(subject, text_bytes=1000, attachments=()):
    """A mail with random text, which nothing compresses away, and attachments of these sizes."""
    made, chance = email.message.EmailMessage(), random.Random(subject)
    made["From"], made["To"], made["Subject"] = "Ana <ana@somewhere.example>", "You <you@somewhere.example>", subject
    made["Message-ID"], made["Date"] = f"<{'-'.join(subject.split())}@somewhere.example>", "Wed, 07 Jan 2026 08:00:00 +0000"
    made.set_content(base64.encodebytes(chance.randbytes(text_bytes * 3 // 4)).decode())
    for number, size in enumerate(attachments):
        made.add_attachment(chance.randbytes(size), maintype="application", subtype="octet-stream", filename=f"{number}.bin")
    return made.as_bytes()


def deliver(server, mailbox, mime):
    server.control("add_message", mailbox=mailbox, folder="inbox", mime_base64=base64.b64encode(mime).decode(),
                   received="2026-01-07T08:00:00Z", sent="2026-01-07T08:00:00Z")


def memory(pid):
    """Resident bytes now, and their highest mark since the last reset."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    return {name: int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM")}


def attach(server, folder, do, size, **content):
    """A user makes an item in `folder` and attaches a file to it, which is no part of any MIME."""
    made = server.control(do, mailbox=HQ, folder=folder, **content)["id"]
    server.control("user_add_attachment", mailbox=HQ, folder=folder, item=made, name="large.bin", type="application/octet-stream",
                   content_base64=base64.b64encode(random.Random(do).randbytes(size)).decode())


def attached(server, mailbox, folder):
    """The hashes of what is attached to the items of a folder."""
    return sorted(a["sha256"] for item in server.control("contents", mailbox=mailbox, folder=folder)["items"] for a in item["attachments"])


def large_item(daemon, servers, name, size, folder="inbox"):
    """Relays one large item that is new at hq and tells by how much the daemon's memory grew while it did."""
    pid = daemon.process.pid
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
        file.write("5")  # resets the highest mark
    before, begun = memory(pid)["VmRSS"], time.monotonic()
    daemon.sync()
    took, highest = time.monotonic() - begun, memory(pid)["VmHWM"]
    there = attached(servers["hq"], HQ, folder)
    return {"item": name, "bytes": size, "arrived": bool(there) and there == attached(servers["branch"], BRANCH, folder),
            "seconds": round(took, 2), "rss_before": before, "rss_highest": highest, "rss_growth_mb": round((highest - before) / MB, 1)}


def large_mail(daemon, servers, name, attachments):
    mime = mail(name, attachments=attachments)
    deliver(servers["hq"], HQ, mime)
    return large_item(daemon, servers, name, len(mime))


def large_attachment(daemon, servers, name, folder, do, **content):
    attach(servers["hq"], folder, do, 24 * MB, subject=name, **content)
    return large_item(daemon, servers, name, 24 * MB, folder)


def latencies(daemon, servers, count=20):
    """Seconds from a delivery on one side to its arrival on the other, by streaming."""
    daemon.wait_until_streaming()
    daemon.sync()
    took = []
    for number in range(count):
        subject = f"small {number}"
        begun = time.monotonic()
        deliver(servers["hq"], HQ, mail(subject))
        daemon.wait_until(lambda: subject in {m["subject"] for m in programs.mails(servers["branch"], BRANCH, "inbox")}, f"arrival of {subject}")  # noqa: B023
        took.append(time.monotonic() - begun)
        daemon.wait_until(lambda: not daemon.call("pair.get", pair="jane")["round"]["running"], "the round's end")
    took.sort()
    return {"count": count, "p50_ms": round(statistics.median(took) * 1000), "p99_ms": round(took[-1] * 1000)}


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("--programs", required=True)
    options.add_argument("--report", required=True)
    options = options.parse_args()
    sims = {name: programs.Servers(os.path.join(options.programs, "exchange-sim"), config, None) for name, config in two_processes()}
    report = {}
    with sims["hq"], sims["branch"], programs.Daemon(os.path.join(options.programs, "exsyncd")) as daemon:
        configure(daemon, sims)
        daemon.start()
        for number in range(20):
            deliver(sims["hq"], HQ, mail(f"warm up {number}"))
        daemon.sync()
        report["large_items"] = [
            large_mail(daemon, sims, "a 24 MB mail", [4_400_000] * 4),
            large_mail(daemon, sims, "a mail with a 24 MB attachment", [24 * MB]),
            large_attachment(daemon, sims, "a contact with a 24 MB attachment", "contacts", "add_contact", contact={"GivenName": "Ann"}),
            large_attachment(daemon, sims, "a task with a 24 MB attachment", "tasks", "add_task"),
            large_attachment(daemon, sims, "an appointment with a 24 MB attachment", "calendar", "add_appointment",
                             start="2026-01-08T09:00:00Z", end="2026-01-08T10:00:00Z", zone="UTC")]
        daemon.stop()
        configure(daemon, sims, streaming=True)
        daemon.start()
        report["streaming_latency"] = latencies(daemon, sims)
        daemon.stop()
    reports.keep(report, options.report)


if __name__ == "__main__":
    main()
