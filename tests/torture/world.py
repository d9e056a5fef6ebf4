"""One world: exchange-sim with two servers, exsyncd between them over TLS, two users, and somebody who pulls plugs."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
import programs  # noqa: E402  (found through the line above)
from history import SIDES, History  # noqa: E402
from judge import judge  # noqa: E402
from users import FOLDERS, Users  # noqa: E402

VERSIONS = ("Exchange2007_SP1", "Exchange2010_SP2", "Exchange2013_SP1", "Exchange2016", "ExchangeSE")
#: A request is given up after so many seconds without a byte: what a busy machine needs, and no more. Whoever is stopped for longer comes back to somebody who has given up.
IDLE = 12
#: Longer than that nothing takes: a write that was cut off is looked after again once its server cannot commit it any more (90 s).
PATIENCE = 900
#: What is done to the world, and how often of a hundred times.
BLOWS = {"kill the daemon": 50, "kill the servers": 16, "kill both": 18, "stop the daemon for a while": 4, "stop the servers for a while": 4,
         "back up": 3, "restore": 3, "fill the disk": 2}


class Violation(Exception):
    """What must not be, as sentences."""

    def __init__(self, wrong):
        super().__init__("\n".join(wrong))
        self.wrong = wrong


class World:
    """`number`: which of the run's worlds; everything that chance draws comes from it and from `seed`. `often`: blows that come
    as often as the commonest one. A context manager."""

    def __init__(self, bin_directory, directory, seed, number, often=()):
        self.chance = random.Random(f"{seed}/{number}")
        self.name, self.directory = f"seed {seed}, world {number}", directory
        versions = [self.chance.choice(VERSIONS), self.chance.choice(VERSIONS)]
        self.about = " and ".join(versions)
        self.history, self.kills, self.disk, self.backup, self.conflicts = History(), 0, None, None, {}
        self.counts = {}
        self.blows = {**BLOWS, **{blow: max(BLOWS.values()) for blow in often}}
        #: Held by users while they act, and by whoever takes the servers away.
        self.servers_are_there = threading.Lock()
        os.makedirs(self.path("state"), exist_ok=True)
        self.sim = programs.Servers(os.path.join(bin_directory, "exchange-sim"), programs.two_servers(versions=versions),
                                    more=("--keep-before-answer",))
        self.daemon = programs.Daemon(os.path.join(bin_directory, "exsyncd"), directory)
        self.users = Users(self.history, random.Random(f"{seed}/{number}/first"), self.ask)

    def path(self, name):
        return os.path.join(self.directory, name)

    def __enter__(self):
        self.sim.__enter__()
        self.disk = self._small_disk()
        for side in SIDES:
            # Silence on a stream must not look like a server that has stopped.
            self.sim.control("set_notifications", server=side, heartbeat_milliseconds=2000)
            for folder, kind in FOLDERS.items():
                if "/" in folder:
                    self.sim.control("add_folder", mailbox=f"jane@{side}.example", path=folder, **{"class": "IPF.Note"})
        pairs = {folder.replace("/", "-"): {"primary": folder, "replica": folder} for folder in FOLDERS}
        made = self.daemon.configuration(self.sim, pairs, streaming=True, polling_interval="10s", deletes_a_day=100000)
        for server in made["servers"].values():
            server["timeouts"] = {"connect": f"{IDLE}s", "idle": f"{IDLE}s", "total": f"{5 * IDLE}s"}
        self.daemon.configure(made)
        for folder in FOLDERS:
            for _ in range(8):
                self.users.make(self.users.chance.choice(SIDES), folder)
        return self

    def __exit__(self, *_):
        self.daemon.__exit__()
        self.sim.kill()
        self.sim.directory.cleanup()
        if self.disk:
            subprocess.run(["umount", self.path("state")], check=False)

    def _small_disk(self):
        """A file system of its own for the state directory, which can be filled; only root may make one."""
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", self.path("state")], capture_output=True, check=False)
        return made.returncode == 0

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def ask(self, *commands):
        return self.sim.control("together", commands=list(commands))["answers"]

    def start(self):
        """The first synchronisation, undisturbed."""
        self._start_daemon()
        self.judge_when_quiet()

    # Users while the world is beaten

    def batch(self, blows):
        """Users act on both sides while `blows` things happen; ends with all quiet and judged."""
        over, failed, threads = threading.Event(), [], []
        for side in SIDES:
            threads.append(threading.Thread(target=self._act, args=(side, random.Random(self.chance.random()), over, failed)))
            threads[-1].start()
        try:
            for _ in range(blows):
                # The moment is drawn: most fall into the work that the users' acts have made.
                time.sleep(self.chance.uniform(0.05, 1.2))
                self._is_running()
                self.blow(self._drawn_blow())
        finally:
            over.set()
            for thread in threads:
                thread.join()
        if failed:
            raise failed[0]
        self.judge_when_quiet()

    def _act(self, side, chance, over, failed):
        try:
            while not over.wait(chance.uniform(0.01, 0.15)):
                with self.servers_are_there:
                    self.users.chance = chance
                    self.users.act(side)
        except Exception as wrong:  # pylint: disable=broad-except
            failed.append(wrong)

    def _is_running(self):
        if self.daemon.process.poll() is not None:
            raise Violation([f"exsyncd has ended by itself with {self.daemon.process.returncode}:", *self.daemon.log[-20:]])

    def _drawn_blow(self):
        possible = [blow for blow in self.blows if not (blow == "fill the disk" and not self.disk or blow == "restore" and not self.backup)]
        return self.chance.choices(possible, [self.blows[blow] for blow in possible])[0]

    # What happens to the world

    def blow(self, what):
        self.count(what)
        with self.servers_are_there:
            self.history.tell(f"** {what}")
        getattr(self, "_" + what.replace(" ", "_"))()

    def _start_daemon(self):
        try:
            self.daemon.start()
        except RuntimeError as wrong:
            raise Violation([str(wrong)]) from None

    def _kill_the_daemon(self):
        self.daemon.kill()
        self.kills += 1
        self._start_daemon()

    def _kill_the_servers(self):
        with self.servers_are_there:
            self.sim.kill()
            self.kills += 1
            self.sim.start()

    def _kill_both(self):
        with self.servers_are_there:
            for one in self.chance.sample((self.sim, self.daemon), 2):
                one.kill()
            self.kills += 1
            self.sim.start()
        self._start_daemon()

    def _stop_the_daemon_for_a_while(self):
        self.daemon.process.send_signal(signal.SIGSTOP)
        time.sleep(self.chance.uniform(IDLE + 1, IDLE + 4))
        self.daemon.process.send_signal(signal.SIGCONT)

    def _stop_the_servers_for_a_while(self):
        """What they were asked meanwhile they do afterwards, for a client that has given up."""
        with self.servers_are_there:
            self.sim.process.send_signal(signal.SIGSTOP)
            time.sleep(self.chance.uniform(IDLE + 1, IDLE + 4))
            self.sim.process.send_signal(signal.SIGCONT)

    def _back_up(self):
        self.daemon.kill()
        self.kills += 1
        self.backup = self.history.number
        shutil.rmtree(self.path("backup"), ignore_errors=True)
        shutil.copytree(self.path("state"), self.path("backup"))
        self._start_daemon()

    def _restore(self):
        with self.servers_are_there:
            self._keep_conflicts()
            self.daemon.kill()
            self.kills += 1
            for name in os.listdir(self.path("state")):
                path = os.path.join(self.path("state"), name)
                shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
            shutil.copytree(self.path("backup"), self.path("state"), dirs_exist_ok=True)
            self.history.restored(self.backup)
        self._start_daemon()

    def _fill_the_disk(self):
        """The daemon may end, with the code that says so; with room again it goes on."""
        filler = os.path.join(self.path("state"), "filler")
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                pass
        time.sleep(self.chance.uniform(0.5, 3))
        if self.chance.random() < 0.5:
            self.daemon.kill()
            self.kills += 1
        if self.daemon.process is None or self.daemon.process.poll() is not None:
            if self.daemon.process is not None:
                self._ended_for_want_of_room(self.daemon.ended())
            try:
                self.daemon.start()
            except RuntimeError:
                self._ended_for_want_of_room(self.daemon.process.wait())
                self.daemon.process = None
        os.remove(filler)
        if self.daemon.process is not None and self.daemon.process.poll() is not None:
            self._ended_for_want_of_room(self.daemon.ended())
        if self.daemon.process is None:
            self._start_daemon()

    def _ended_for_want_of_room(self, code):
        self.count("ended on a full disk")
        if code != 3:
            raise Violation([f"exsyncd ended with {code} on a full disk:", *self.daemon.log[-20:]])

    # Quiet

    def judge_when_quiet(self):
        began = time.monotonic()
        self._wait_until_quiet(began + PATIENCE)
        self._keep_conflicts()
        at = {side: self.users.view(side) for side in SIDES}
        wrong = judge(self.history, at["hq"], at["branch"], list(self.conflicts.values()))
        wrong += self._one_more_round() + self._verified() + self._mailed()
        if wrong:
            raise Violation(wrong)
        self.history.judged({item["label"]: item["seen"] for item in at["hq"]})
        self.count("judged")

    def _call(self, method, **params):
        self._is_running()
        return self.daemon.call(method, **params)

    def _wait_until_quiet(self, deadline):
        """By what the daemon says of itself. What it leaves to an administrator is decided: frozen folders, and what rests with back-off."""
        tried = False
        while True:
            try:
                report = self._call("pair.sync_now", pair="jane")["pairs"][0]
            except TimeoutError:  # a round of a busy machine; how long all of it may take is judged below
                report = {"in_step": False, "waiting": 1}
            state = self._call("pair.get", pair="jane")
            bans = self._call("ban.list", pair="jane")["bans"]
            if any(folder.get("lease", {}).get("state") == "elsewhere" for folder in state["folders"]):
                self.count("taken over")  # a restored state does not know the lease that was written since
                self._call("pair.take_over", pair="jane")
            elif any(folder["status"] == "frozen" for folder in state["folders"]):
                self.count("approved")
                self._call("pair.approve", pair="jane")
            elif bans and not tried:
                self.count("tried again")
                tried = self._call("ban.delete", pair="jane") or True
            elif bans and report["waiting"] == 0:
                raise Violation([f"banned: {json.dumps(ban)}" for ban in bans])
            elif report["in_step"] and not state["round"]["running"] and not state["items"]["waiting"]:
                return
            if time.monotonic() > deadline:
                raise Violation([f"not quiet after {PATIENCE} s: {json.dumps(report)} {json.dumps(state['items'])}", *self.daemon.log[-20:]])
            with self.daemon.news:  # the next line of the log may say why it can go on; else look again in some seconds
                self.daemon.news.wait(5)

    def _keep_conflicts(self):
        for conflict in self._call("conflict.list", pair="jane", limit=10000)["conflicts"]:
            self.conflicts[json.dumps([conflict[key] for key in ("id", "when", "loser", "fields", "subject")])] = conflict

    def _one_more_round(self):
        self.sim.control("reset_counters")
        report = self._call("pair.sync_now", pair="jane")["pairs"][0]
        requests = self.sim.control("counters")["requests"]
        writes = {name: n for name, n in requests.items() if name.startswith(("Create", "Update", "Delete", "Move", "Copy")) and name != "UpdateFolder"}
        return [f"one more round writes: {json.dumps(report)} {writes}"] if writes or report["writes"] or not report["in_step"] else []

    def _verified(self):
        found = self._call("pair.verify", pair="jane")
        return [f"pair.verify: {json.dumps(found)}"] if found["differences"] or found["errors"] else []

    def _mailed(self):
        mails = self.sim.control("counters")["mails_out"]
        return [f"somebody was mailed: {json.dumps(mails['details'])}"] if mails["details"] else []

    def keep_evidence(self, where, wrong):
        """For whoever looks into a violation: what happened, both mailboxes, the daemon's log."""
        os.makedirs(where, exist_ok=True)
        with open(os.path.join(where, "story.txt"), "w", encoding="utf-8") as file:
            file.write("\n".join([f"{self.name}: {self.about}", *(f"!! {one}" for one in wrong), "", *self.history.story]) + "\n")
        self.daemon.log_file.flush()
        shutil.copy(self.path("exsyncd.log"), where)
        if self.sim.process:
            for side in SIDES:
                contents = self.sim.control("contents", mailbox=f"jane@{side}.example")
                for item in contents["items"]:
                    item["label"] = self.users.label(item)
                with open(os.path.join(where, f"{side}.json"), "w", encoding="utf-8") as file:
                    json.dump(contents, file, indent=1)
