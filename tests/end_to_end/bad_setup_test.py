"""Configurations, socket clients and state directories that are not as they should be."""

import json
import os
import resource
import shutil
import subprocess

import case
import programs


class Configurations(case.EndToEnd):
    def test_ten_mistakes_are_told_at_once(self):
        configuration = self.configuration()
        jane = configuration["pairs"]["jane"]
        configuration["colour"] = "blue"
        configuration["log"]["level"] = "loud"
        configuration["servers"]["hq"]["access"] = "magic"
        configuration["servers"]["hq"]["auth"]["password_file"] = "no-such.password"
        configuration["servers"]["branch"]["url"] = "ftp://mail.branch.example/"
        configuration["servers"]["branch"]["concurrency"] = 0
        jane["direction"] = "sideways"
        jane["polling_interval"] = "often"
        jane["primary"]["mailbox"] = "jane"
        jane["replica"]["server"] = "brunch"
        jane["folders"]["again"] = {"primary": "inbox", "replica": 7}
        jane["start_date"] = "yesterday"
        self.daemon.configure(configuration)
        for arguments in (["--check-config"], ["--once"], []):
            code, _, told = self.daemon.run(*arguments)
            self.assertEqual(code, 2, arguments)
            for path in ("colour", "log.level", "servers.hq.access", "servers.hq.auth.password_file", "servers.branch.url", "servers.branch.concurrency",
                         "pairs.jane.direction", "pairs.jane.polling_interval", "pairs.jane.primary.mailbox", "pairs.jane.replica.server",
                         "pairs.jane.folders.again.replica", "pairs.jane.start_date"):
                self.assertRegex(told, rf"(?m)^{self.daemon.config_file}: {path}: \S", f"{arguments} does not name {path}:\n{told}")
        self.assertIn('did you mean "branch"', told)
        self.assertFalse(os.path.exists(self.daemon.path("state")), "nothing is begun on a wrong configuration")

    def test_syntax_is_told_with_its_place(self):
        self.daemon.configure('{\n  "pairs": {\n    "jane": }\n}\n')
        code, _, told = self.daemon.run("--check-config")
        self.assertEqual(code, 2)
        self.assertRegex(told, rf"^{self.daemon.config_file}:3:\d+: ")

    def test_no_configuration_at_all(self):
        code, _, told = self.daemon.run()
        self.assertEqual(code, 2)
        self.assertIn(self.daemon.config_file, told)
        self.assertIn("No such file", told)

    def test_password_file_that_everybody_reads(self):
        self.daemon.configure(self.configuration())
        os.chmod(self.daemon.path("svc-sync.password"), 0o644)
        code, _, told = self.daemon.run("--check-config")
        self.assertEqual(code, 2)
        self.assertIn("servers.hq.auth.password_file: ", told)

    def test_a_right_one_is_said_to_be_right(self):
        self.daemon.configure(self.configuration())
        code, said, told = self.daemon.run("--check-config")
        self.assertEqual((code, told), (0, ""))
        self.assertIn("1 pair", said)


class Lines(case.EndToEnd):
    def setUp(self):
        super().setUp()
        self.run_daemon()

    def ask(self, line):
        """One raw line; the raw answer."""
        with self.daemon.connect() as connection, connection.makefile("rb") as answers:
            connection.sendall(line)
            return json.loads(answers.readline())

    def test_wrong_lines_are_answered_with_what_is_wrong(self):
        for line, code, field, *words in (
                (b"hello\n", -32700, None, "JSON"), (b'"hello"\n', -32600, None), (b'{"method": 7}\n', -32600, "method"),
                (b'{"method": "pair.lisst"}\n', -32601, "method", "pair.lisst"),
                (b'{"method": "pair.get"}\n', -32602, "pair", "pair"), (b'{"method": "pair.get", "params": {"pair": 7}}\n', -32602, "pair"),
                (b'{"method": "pair.get", "params": {"pair": "jane", "colour": "blue"}}\n', -32602, "colour", "colour"),
                (b'{"method": "pair.get", "params": {"pair": "joan"}}\n', -32001, "pair", "joan")):
            with self.subTest(line):
                error = self.ask(line)["error"]
                self.assertEqual((error["code"], error.get("data", {}).get("field")), (code, field), error)
                for word in words:
                    self.assertIn(word, error["message"])
        self.assertIn("pair.list", self.ask(b'{"method": "pair.lisst"}\n')["error"]["data"]["hint"])

    def test_a_line_that_is_too_long(self):
        answer = self.ask(b'{"method": "' + b"x" * (1 << 20) + b'"}\n')
        self.assertIn("at most 1048576 bytes", answer["error"]["message"])
        self.assertIn("pairs", self.daemon.call("pair.list"))

    def test_a_client_that_never_reads_harms_nobody(self):
        self.deliver(self.hq, "while somebody does not read")
        with self.daemon.connect() as deaf:
            deaf.setblocking(False)
            try:
                while True:
                    deaf.send(b'{"method": "help"}\n' * 100)
            except (BlockingIOError, ConnectionError):
                pass  # the daemon has stopped to read from this one, or has closed it
            self.daemon.sync()
            self.assertEqual(self.subjects(self.branch), ["while somebody does not read"])

    def test_a_client_that_leaves_in_the_middle(self):
        for part in (b"", b'{"meth', b'{"method": "pair.sync_now", "params": {"pair": "jane"}}\n'):
            with self.daemon.connect() as connection:
                connection.sendall(part)
        self.assertIn("pairs", self.daemon.call("pair.list"))

    def test_the_socket_is_not_for_everybody(self):
        self.assertEqual(os.stat(self.daemon.socket).st_mode & 0o777, 0o660)

    def test_a_second_daemon_leaves_the_socket_alone(self):
        other = self.new_daemon()
        configuration = self.configuration()
        configuration["state_directory"] = other.path("state")
        other.configure({**configuration, "servers": {}, "pairs": {}})
        code, _, told = other.run()
        self.assertEqual(code, 1)
        self.assertIn(self.daemon.socket, told)
        self.assertIn("pairs", self.daemon.call("pair.list"))

    def test_a_socket_that_a_killed_daemon_left_is_taken_over(self):
        self.daemon.kill()
        self.assertTrue(os.path.exists(self.daemon.socket))
        self.daemon.start()
        self.assertIn("pairs", self.daemon.call("pair.list"))


class StateDirectories(case.EndToEnd):
    def refused(self, *words, daemon=None):
        """Neither the daemon nor --once runs on it: exit code 3, and what is wrong."""
        for arguments in ([], ["--once"]):
            code, _, told = (daemon or self.daemon).run(*arguments)
            self.assertEqual(code, 3, told)
            for word in words:
                self.assertIn(word, told)

    def use(self, directory):
        self.daemon.configure({**self.configuration(), "state_directory": directory})

    def test_not_writable(self):
        with open(self.daemon.path("a-file"), "w", encoding="utf-8"):
            pass
        for directory, word in (("/proc/exsyncd", "/proc/exsyncd"), (self.daemon.path("a-file"), "a-file")):
            with self.subTest(directory):
                self.use(directory)
                self.refused("state directory", word)

    def test_locked_by_another_daemon(self):
        self.run_daemon()
        other = self.new_daemon()
        other.configure({**self.configuration(), "admin_socket": other.path("other.sock"), "servers": {}, "pairs": {}})
        self.refused("in use by another exsyncd", self.daemon.path("state"), daemon=other)
        self.assertIn("pairs", self.daemon.call("pair.list"))

    def filled(self):
        """A state directory with something in it, and nobody in it."""
        self.deliver(self.hq, "known")
        self.run_daemon().sync()
        self.assertEqual(self.daemon.stop(), 0)
        return self.daemon.path("state/store")

    def test_damaged(self):
        store = self.filled()
        for name in os.listdir(store):
            if name.startswith("MANIFEST"):
                with open(os.path.join(store, name), "r+b") as file:
                    file.write(b"\0garbage" * 4)
        self.refused("damaged", store)
        # As it says: removed, everything is paired anew, and nothing is doubled or deleted.
        shutil.rmtree(self.daemon.path("state"))
        self.daemon.start()
        self.assertEqual(self.daemon.sync(), 0)
        self.assertEqual((self.subjects(self.hq), self.subjects(self.branch)), (["known"], ["known"]))

    def test_written_by_a_newer_version(self):
        store = self.filled()
        subprocess.run(["ldb", f"--db={store}", "put", "F", "exsyncd 99"], check=True, capture_output=True)
        self.refused("newer", "99")

    def test_out_of_memory(self):
        """It says so before it ends, and with memory again it goes on from what is on disk."""
        self.filled()
        self.deliver(self.hq, "later")
        self.daemon.start()
        with open(f"/proc/{self.daemon.process.pid}/statm", encoding="ascii") as file:
            pages = int(file.read().split()[0])
        has = pages * os.sysconf("SC_PAGE_SIZE")
        resource.prlimit(self.daemon.process.pid, resource.RLIMIT_AS, (has, has))
        with self.daemon.connect() as connection:
            try:
                connection.sendall(b'{"method":"' + b"x" * 1_000_000 + b'"}\n')
                connection.recv(1)
            except OSError:
                pass  # it has ended
        self.assertNotEqual(self.daemon.ended(), 0)
        self.assertIn("exsyncd: out of memory; what is on disk is whole", self.daemon.text())
        self.daemon.start()
        self.daemon.sync()
        self.assertEqual(self.subjects(self.branch), ["known", "later"])

    def test_full(self):
        """A disk of a few megabytes: the daemon says so and ends; with room again it goes on, and nothing is lost or doubled."""
        small = self.daemon.path("small")
        os.mkdir(small)
        self.use(os.path.join(small, "state"))
        self.sim.control("seed_messages", mailbox=self.hq, folder="inbox", count=60, seed=6)
        script = ('mount -t tmpfs -o size=4m tmpfs "$0" && head -c 3900k /dev/zero >"$0/ballast"; '
                  '"$1" --config "$2" --once; echo "first: $?" >&2; rm "$0/ballast" && "$1" --config "$2" --once; echo "second: $?" >&2')
        command = ["sh", "-c", script, small, self.daemon.program, self.daemon.config_file]
        # The mount is seen in this namespace only. Where nobody may mount, storage's own test of a full disk has to do.
        for own in (["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"]):
            if subprocess.run([*own, "mount", "-t", "tmpfs", "tmpfs", small], capture_output=True, check=False).returncode == 0:
                break
        else:
            self.skipTest("nothing may be mounted here")
        done = subprocess.run([*own, *command], capture_output=True, text=True, timeout=10 * programs.PATIENCE, check=False)
        self.assertIn("first: 3", done.stderr)
        self.assertIn("disk is full", done.stderr)
        self.assertIn("second: 0", done.stderr, done.stdout)
        self.assert_equal_sides()


if __name__ == "__main__":
    case.main()
