"""What a daemon with many pairs costs while nothing happens; a number to read, nothing here passes or fails.

usage: idle.py --programs DIRECTORY --report FILE [--pairs N] [--direct N] [--seconds N]

All pairs run as they would in an organisation: four folder pairs each, streaming on, the usual polling interval. The stretch that is
measured is one polling interval long if not said otherwise, so that the polls of every pair are in it whenever they come.
"""

import argparse
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
import programs  # noqa: E402  (found through the line above)
import reports  # noqa: E402

FOLDERS = {name: {"primary": name, "replica": name} for name in ("inbox", "calendar", "contacts", "tasks")}
SERVICE = {"hq": "service at hq", "branch": "service at branch"}
POLLING_INTERVAL = 300  # seconds, what exsyncd does if the configuration says nothing
MB = 1_000_000


def two_servers(names):
    """Both with a service account that may stand in for everybody."""
    config = programs.two_servers(names)
    branch = config["servers"][1]
    branch["mailboxes"].append({"address": "svc-sync@branch.example", "password": SERVICE["branch"], "may_impersonate": ["*"]})
    return config


def configuration(daemon, sim, names, direct):
    """All pairs by service accounts, but that the last `direct` ones reach their replica with its own password."""
    ca = sim.ready["ca_file"]
    servers = {}
    for name, password in SERVICE.items():
        daemon.secret(f"{name}.password", password)
        servers[name] = {"url": sim.url(name), "access": "impersonation", "ca_file": ca,
                         "auth": {"type": "basic", "user": f"svc-sync@{name}.example", "password_file": f"{name}.password"}}
    servers["branch-direct"] = {"url": sim.url("branch"), "access": "direct", "ca_file": ca}
    pairs = {}
    for number, name in enumerate(names):
        replica = {"server": "branch", "mailbox": f"{name}@branch.example"}
        if number >= len(names) - direct:
            daemon.secret(f"{name}.password", f"{name} at branch")
            replica = {"server": "branch-direct", "mailbox": f"{name}@branch.example",
                       "auth": {"type": "basic", "user": f"{name}@branch.example", "password_file": f"{name}.password"}}
        pairs[name] = {"primary": {"server": "hq", "mailbox": f"{name}@hq.example"}, "replica": replica,
                       "direction": "bidirectional", "folders": FOLDERS}
    return {"state_directory": daemon.path("state"), "admin_socket": daemon.socket, "log": {"level": "info", "target": "stderr"},
            "servers": servers, "pairs": pairs}


def idle(pair):
    """In step, told of changes as they happen, and no round under way."""
    items = pair["items"]
    return pair["mode"] == "streaming" and 0 < items["known"] == items["in_step"] and not pair["round"]["running"] and not pair.get("errors")


def wait_until_idle(daemon, names, patience=600):
    pairs = []

    def all_idle():
        answer = daemon.call("pair.get", pair=names)
        pairs[:] = answer.get("pairs", [answer])
        return all(idle(pair) for pair in pairs)

    daemon.wait_until(all_idle, "all pairs at rest", patience)
    return sum(pair["items"]["known"] for pair in pairs)


def processor_seconds(pid):
    """User and system time of all threads of a process."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def status(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    switches = sum(int(line.split(":")[1]) for thread in os.listdir(f"/proc/{pid}/task")
                   for line in open(f"/proc/{pid}/task/{thread}/status", encoding="ascii") if "ctxt_switches" in line)
    return {"rss_mb": round(int(fields["VmRSS"].split()[0]) * 1024 / MB, 1), "threads": int(fields["Threads"])}, switches


def measure(pid, seconds):
    before, switches, begun = processor_seconds(pid), status(pid)[1], time.monotonic()
    time.sleep(seconds)
    took, used = time.monotonic() - begun, processor_seconds(pid) - before
    now, switched = status(pid)
    return {"seconds": round(took, 1), "processor_seconds": round(used, 2), "percent_of_a_core": round(100 * used / took, 3),
            "wake_ups_per_second": round((switched - switches) / took, 1), **now}


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("--programs", required=True)
    options.add_argument("--report", required=True)
    options.add_argument("--pairs", type=int, default=100)
    options.add_argument("--direct", type=int, default=10, help="how many of them reach a side with its own password")
    options.add_argument("--seconds", type=int, default=POLLING_INTERVAL)
    options = options.parse_args()
    names = [f"user{number}" for number in range(1, options.pairs + 1)]
    sim = programs.Servers(os.path.join(options.programs, "exchange-sim"), two_servers(names), None)
    with sim, programs.Daemon(os.path.join(options.programs, "exsyncd")) as daemon:
        for name in names:
            sim.control("seed_messages", mailbox=f"{name}@hq.example", folder="inbox", count=3)
        daemon.configure(configuration(daemon, sim, names, options.direct))
        daemon.start()
        items = wait_until_idle(daemon, names)
        print(f"{options.pairs} pairs are in step; measuring for {options.seconds} s", flush=True)
        report = {"pairs": options.pairs, "direct": options.direct, "folder_pairs": options.pairs * len(FOLDERS), "items": items,
                  **measure(daemon.process.pid, options.seconds)}
        daemon.stop()
    reports.keep(report, options.report)


if __name__ == "__main__":
    main()
