"""The real programs, for the end-to-end tests and the demo: exsyncd with a configuration of its own, between simulated servers.

Nothing here sleeps to synchronise: what is waited for is an answer of the admin socket, the end of a process or a line of the log.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "exchange_sim_tests", "exchangelib"))
from simulator import Simulator  # noqa: E402  (found through the line above)

#: Nothing takes so many seconds; what does is broken.
PATIENCE = 60


class Refused(Exception):
    """An error answer of the admin socket: its code, message and data."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.error = error


class Servers(Simulator):
    """exchange-sim that comes back on the same ports when it is started again."""

    def start(self):
        super().start()
        if "--control-port" not in self.command:
            for name, server in self.ready["servers"].items():
                self.command += ["--port", f"{name}={server['port']}"]
            self.command += ["--control-port", str(self.ready["control_port"])]

    def kill(self):
        """As when the machine loses its power."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None


def two_servers(mailboxes=("jane",), versions=("Exchange2010_SP2", "ExchangeSE")):
    """A configuration of exchange-sim: "hq" reached by a service account, "branch" by each mailbox's own password."""
    return {"servers": [
        {"name": "hq", "version": versions[0], "mailboxes":
            [{"address": f"{m}@hq.example", "display_name": m.title(), "password": f"{m} at hq"} for m in mailboxes]
            + [{"address": "svc-sync@hq.example", "password": "service at hq", "may_impersonate": ["*"]}]},
        {"name": "branch", "version": versions[1], "mailboxes":
            [{"address": f"{m}@branch.example", "display_name": m.title(), "password": f"{m} at branch"} for m in mailboxes]}]}


class Daemon:
    """exsyncd in a directory of its own: configuration, passwords, state, socket and log. A context manager."""

    def __init__(self, program, directory=None):
        self.program = os.path.abspath(program)
        self.temporary = None if directory else tempfile.TemporaryDirectory(prefix="exsyncd-")
        self.directory = directory or self.temporary.name
        self.config_file = self.path("exsyncd.json")
        self.socket = self.path("admin.sock")
        self.process, self.log, self.news, self.reader = None, [], threading.Condition(), None
        self.log_file = open(self.path("exsyncd.log"), "a", encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.log_file.close()
        if self.temporary:
            self.temporary.cleanup()

    def path(self, name):
        return os.path.join(self.directory, name)

    # Configuration

    def secret(self, name, text):
        """A password file that only its owner reads."""
        with open(os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text + "\n")

    def configuration(self, sim, folders, mailbox="jane", name=None, streaming=False, **pair):
        """A pair between the two servers of `two_servers`. Without streaming nothing happens unasked but polling, so that rounds count."""
        for user, password in (("svc-sync", "service at hq"), (mailbox, f"{mailbox} at branch")):
            self.secret(user + ".password", password)
        ca = sim.ready["ca_file"]
        return {
            "state_directory": self.path("state"), "admin_socket": self.socket, "log": {"level": "info", "target": "stderr"},
            "servers": {
                "hq": {"url": sim.url("hq"), "version": "auto", "access": "impersonation", "ca_file": ca, "streaming": streaming,
                       "auth": {"type": "basic", "user": "svc-sync@hq.example", "password_file": "svc-sync.password"}},
                "branch": {"url": sim.url("branch"), "version": "auto", "access": "direct", "ca_file": ca, "streaming": streaming}},
            "pairs": {name or mailbox: {
                "primary": {"server": "hq", "mailbox": f"{mailbox}@hq.example"},
                "replica": {"server": "branch", "mailbox": f"{mailbox}@branch.example",
                            "auth": {"type": "basic", "user": f"{mailbox}@branch.example", "password_file": mailbox + ".password"}},
                "direction": "bidirectional", "polling_interval": "1h", "folders": folders, **pair}}}

    def configure(self, configuration):
        text = configuration if isinstance(configuration, str) else json.dumps(configuration, indent=2)
        with open(self.config_file, "w", encoding="utf-8") as file:
            file.write(text)

    # The process

    def start(self):
        """Starts the daemon, and returns when it answers."""
        self.log = []
        self.process = subprocess.Popen([self.program, "--config", self.config_file], stderr=subprocess.PIPE, text=True,
                                        errors="replace", start_new_session=True)
        self.reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self.reader.start()
        self.wait_for_log(r"runs with \d+ pair", or_end=True)
        if self.process.poll() is not None:
            raise RuntimeError("exsyncd ended before it was ready:\n" + self.text())

    def _read(self, process):
        for line in process.stderr:
            with self.news:
                self.log.append(line.rstrip("\n"))
                self.log_file.write(line)
                self.log_file.flush()
                self.news.notify_all()
        process.stderr.close()
        process.wait()
        with self.news:
            self.news.notify_all()

    def text(self):
        return "\n".join(self.log)

    def wait_for_log(self, pattern, or_end=False, after=0):
        """The first line of the log, from line `after`, that the pattern is found in."""
        looked_for = re.compile(pattern)
        found = []

        def there():
            found[:] = [line for line in self.log[after:] if looked_for.search(line)]
            return found or not self.reader.is_alive() or self.process.poll() is not None

        with self.news:
            self.news.wait_for(there, PATIENCE)
        if found:
            return found[0]
        if or_end:
            return None
        raise AssertionError(f"the log never said {pattern!r}:\n{self.text()}")

    def kill(self):
        """SIGKILL: no chance to tidy up."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.reader.join()
            self.process = None

    def stop(self):
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self):
        code = self.process.wait(PATIENCE)
        self.reader.join()
        self.process = None
        return code

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def run(self, *arguments, **environment):
        """One run of the program to its end: exit code, standard output, standard error."""
        done = subprocess.run([self.program, "--config", self.config_file, *arguments], capture_output=True, text=True, errors="replace",
                              timeout=10 * PATIENCE, env={**os.environ, **environment}, check=False)
        return done.returncode, done.stdout, done.stderr

    def once(self):
        """`exsyncd --once`: exit code and report."""
        code, out, err = self.run("--once")
        try:
            return code, json.loads(out)
        except ValueError:
            raise AssertionError(f"--once ended with {code} and no report:\n{out}{err}") from None

    def wait_until(self, holds, what, patience=PATIENCE):
        """Looks again and again, as soon as the log goes on; returns how long it took, in seconds."""
        begun = time.monotonic()
        while not holds():
            if time.monotonic() - begun > patience:
                raise AssertionError(f"never: {what}\n{self.text()}")
            with self.news:
                self.news.wait(0.02)
        return time.monotonic() - begun

    def wait_until_streaming(self, pair="jane"):
        return self.wait_until(lambda: self.call("pair.get", pair=pair)["mode"] == "streaming", f"streaming of {pair}")

    # The admin socket

    def connect(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(3 * PATIENCE)  # a round waits with a server that asked to be left alone
        connection.connect(self.socket)
        return connection

    def call(self, method, **params):
        """One request in the short form; raises Refused for an error."""
        request = {"method": method, **({"params": params} if params else {})}
        with self.connect() as connection, connection.makefile("rw", encoding="utf-8") as lines:
            lines.write(json.dumps(request) + "\n")
            lines.flush()
            answer = lines.readline()
        if not answer:
            raise ConnectionError(f"no answer to {method}")
        answer = json.loads(answer)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def sync(self, pair="jane"):
        """Rounds until the pair is in step; returns how many writes that took.

        A write that was cut off is looked after again only when the server cannot commit it any more (90 s): patience is longer.
        """
        writes, deadline = 0, time.monotonic() + 3 * PATIENCE
        while True:
            report = self.call("pair.sync_now", pair=pair)["pairs"][0]
            writes += report.get("writes", 0)
            if report["in_step"]:
                return writes
            if time.monotonic() > deadline:
                raise AssertionError(f"{pair} did not come into step: {json.dumps(report)}\n{self.text()}")
            with self.news:  # the next line of the log may say why it can go on; else look again in a second
                self.news.wait(1)


#: What two copies of a mail have in common. Ids, keys, the search key and the time of the last change are each server's own.
OF_A_MAIL = ("class", "subject", "body_sha256", "from", "to", "cc", "message_id", "received", "sent", "read", "draft", "categories",
             "importance", "sensitivity", "flag", "attachments")


def mails(sim, mailbox, folder, **where):
    """The mails of one folder by exchange-sim's own contents, sorted, as comparable JSON."""
    items = sim.control("contents", mailbox=mailbox, folder=folder, **where)["items"]
    return sorted(({key: item[key] for key in OF_A_MAIL} for item in items if item["folder"] == folder),
                  key=lambda mail: (mail["message_id"], json.dumps(mail, sort_keys=True)))


#: What an appointment that is a copy of a meeting does not share with it: nobody can be mailed from the copy.
OF_A_MEETING = ("is_meeting", "required", "optional", "resources", "request_sent", "state", "my_response", "organizer",
                "response_requested", "new_time_proposal", "conference_type")


def comparable(item):
    """What two copies of a contact, task or appointment have in common."""
    out = {key: item[key] for key in ("class", "subject", "body_sha256", "categories", "importance", "sensitivity")}
    out["attachments"] = sorted(({key: a.get(key) for key in ("name", "type", "inline", "photo", "sha256")} for a in item["attachments"]),
                                key=lambda a: json.dumps(a, sort_keys=True))
    out["reminder"] = {"is_set": item["reminder"]["is_set"], **(item["reminder"] if item["reminder"]["is_set"] else {})}
    if "contact" in item:
        out["contact"] = item["contact"]
    if "task" in item:
        out["task"] = {key: sorted(value) if key in ("Companies", "Contacts") else value
                       for key, value in item["task"].items() if key not in ("ChangeCount", "Owner")}
    if "appointment" in item:
        out["appointment"] = {key: value for key, value in item["appointment"].items() if key not in OF_A_MEETING}
        pattern = out["appointment"].get("recurrence")
        # Whether weeks begin on Sunday or Monday tells days apart only where a Sunday is among them; older versions cannot say it.
        if pattern and (pattern.get("interval") == 1 or "Sunday" not in pattern.get("days", ())):
            out["appointment"]["recurrence"] = {key: value for key, value in pattern.items() if key != "first_day"}
        out["appointment"]["modified"] = [{key: value for key, value in one.items() if key not in OF_A_MEETING}
                                          for one in item["appointment"].get("modified", [])]
    return json.dumps(out, sort_keys=True, ensure_ascii=False)


def other_items(sim, mailbox, folder, **where):
    """The contacts, tasks or appointments of one folder, sorted, as comparable text."""
    return sorted(comparable(item) for item in sim.control("contents", mailbox=mailbox, folder=folder, **where)["items"]
                  if item["folder"] == folder)


def other_differences(sim, folder_pairs, mailbox="jane"):
    """The same as `differences`, for folders of contacts, tasks and appointments."""
    count, found = 0, []
    for at_hq, at_branch in folder_pairs:
        hq, branch = other_items(sim, f"{mailbox}@hq.example", at_hq), other_items(sim, f"{mailbox}@branch.example", at_branch)
        count += len(hq)
        for text in hq:
            if text in branch:
                branch.remove(text)
            else:
                found.append(f"{at_hq}: only at hq: {text}")
        found += [f"{at_branch}: only at branch: {text}" for text in branch]
    return count, found


def differences(sim, folder_pairs, mailbox="jane"):
    """(number of mails, list of differences) over folder pairs [(folder at hq, folder at branch)]."""
    count, found = 0, []
    for at_hq, at_branch in folder_pairs:
        hq, branch = mails(sim, f"{mailbox}@hq.example", at_hq), mails(sim, f"{mailbox}@branch.example", at_branch)
        count += len(hq)
        found += compare(at_hq, hq, branch)
    return count, found


def compare(where, hq, branch):
    """Sentences about what two sorted lists of mails do not share."""
    found = []
    by_id = lambda list_: {id_: [m for m in list_ if m["message_id"] == id_] for id_ in {m["message_id"] for m in list_}}  # noqa: E731
    left, right = by_id(hq), by_id(branch)
    for id_ in sorted(left.keys() | right.keys()):
        mine, theirs = left.get(id_, []), right.get(id_, [])
        subject = (mine + theirs)[0]["subject"]
        if len(mine) != len(theirs):
            found.append(f"{where}: {subject!r} is there {len(mine)} times at hq, {len(theirs)} times at branch")
            continue
        for a, b in zip(mine, theirs):
            for key in OF_A_MAIL:
                if a[key] != b[key]:
                    found.append(f"{where}: {subject!r}: {key} is {a[key]!r} at hq, {b[key]!r} at branch")
    return found
