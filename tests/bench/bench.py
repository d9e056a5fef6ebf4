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
FOLDERS = {"inbox": {"primary": "inbox", "replica": "inbox"}}
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


def large_item(daemon, servers, name, mime):
    """Relays one large mail and tells by how much the daemon's memory grew while it did."""
    deliver(servers["hq"], HQ, mime)
    pid = daemon.process.pid
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
        file.write("5")  # resets the highest mark
    before, begun = memory(pid)["VmRSS"], time.monotonic()
    writes = daemon.sync()
    took, highest = time.monotonic() - begun, memory(pid)["VmHWM"]
    return {"item": name, "mime_bytes": len(mime), "arrived": writes == 1, "seconds": round(took, 2),
            "rss_before": before, "rss_highest": highest, "rss_growth_mb": round((highest - before) / MB, 1)}


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
            large_item(daemon, sims, "a 24 MB mail", mail("large mail", attachments=[4_400_000] * 4)),
            large_item(daemon, sims, "a 24 MB attachment", mail("large attachment", attachments=[24 * MB]))]
        daemon.stop()
        configure(daemon, sims, streaming=True)
        daemon.start()
        report["streaming_latency"] = latencies(daemon, sims)
        daemon.stop()
    reports.keep(report, options.report)


if __name__ == "__main__":
    main()
