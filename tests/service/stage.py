"""What the tests of the program itself share: a directory, a daemon in it, systemd's socket, the admin socket."""

import json
import os
import socket
import subprocess
import tempfile
import unittest

PROGRAMS = {}
PATIENCE = 60  # seconds; what takes longer is broken

GOOD = {"state_directory": "state", "admin_socket": "admin.sock", "log": {"level": "debug", "target": "stderr"}}


def side(address):
    # Nobody listens on port 1.
    return {"url": "http://127.0.0.1:1/EWS/Exchange.asmx", "mailbox": address,
            "auth": {"type": "basic", "user": address, "password_file": "password"}}


def pair(whose="jane", **more):
    return {"primary": side(f"{whose}@hq.example"), "replica": side(f"{whose}@branch.example"),
            "folders": {"inbox": {"primary": "inbox", "replica": "inbox"}}, **more}


class Stage(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="exsyncd-")
        self.addCleanup(temporary.cleanup)
        self.directory = temporary.name
        with open(os.open(self.path("password"), os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write("secret\n")
        # What this test is told by systemd's socket, as systemd would be.
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.notify.close)
        self.notify.settimeout(PATIENCE)
        self.notify.bind(self.path("notify"))

    def path(self, name):
        return os.path.join(self.directory, name)

    def configure(self, configuration):
        with open(self.path("c.json"), "w", encoding="utf-8") as file:
            file.write(configuration if isinstance(configuration, str) else json.dumps(configuration))

    def run_to_end(self, *arguments):
        done = subprocess.run([PROGRAMS["exsyncd"], "--config", "c.json", *arguments], cwd=self.directory, capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        return done.returncode, done.stdout, done.stderr

    def start(self, **environment):
        """The daemon, ready as it tells systemd."""
        self.notify.setblocking(False)
        try:
            while True:  # what an earlier daemon told is no news of this one
                self.notify.recv(4096)
        except BlockingIOError:
            self.notify.settimeout(PATIENCE)
        log = open(self.path("log"), "a", encoding="utf-8")
        self.addCleanup(log.close)
        process = subprocess.Popen([PROGRAMS["exsyncd"], "--config", "c.json"], cwd=self.directory, stderr=log,
                                   env={**os.environ, "NOTIFY_SOCKET": self.path("notify"), **environment})
        self.addCleanup(lambda: (process.kill(), process.wait()))
        self.told("READY=1")
        return process

    def told(self, what):
        """Waits until systemd is told this."""
        while True:
            message = self.notify.recv(4096).decode()
            if what in message:
                return message

    def log(self):
        with open(self.path("log"), encoding="utf-8") as file:
            return file.read()

    def ask(self, method, **params):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(self.path("admin.sock"))
            connection.sendall(json.dumps({"method": method, "params": params}).encode() + b"\n")
            return json.loads(connection.makefile().readline())
