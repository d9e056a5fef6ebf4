"""The unit, its user and its directories, by systemd's own tools.

usage: unit_test.py PROJECT-DIRECTORY EXSYNCD EXSYNCCTL [unittest's arguments]
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

#: Of 10; what systemd-analyze calls "OK" ends at 4.
MOST_EXPOSURE = 1.5


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


class Unit(unittest.TestCase):
    def path(self, name):
        return os.path.join(PROJECT, "systemd", name)

    def unit(self):
        """The settings, by name; each with all of its values."""
        settings = {}
        with open(self.path("exsyncd.service"), encoding="utf-8") as file:
            for line in file:
                if match := re.match(r"([A-Z]\w+)=(.*)", line):
                    settings.setdefault(match[1], []).append(match[2])
        return settings

    def test_it_is_hardened(self):
        done = run("systemd-analyze", "security", "--offline=true", "--no-pager", self.path("exsyncd.service"))
        found = re.search(r"Overall exposure level for exsyncd.service: ([\d.]+)", done.stdout)
        self.assertTrue(found, done.stdout + done.stderr)
        self.assertLessEqual(float(found[1]), MOST_EXPOSURE)

    def test_reloading_needs_no_package_that_may_be_missing(self):
        """/bin/kill is procps'; the shell has a kill of its own."""
        self.assertEqual(self.unit()["ExecReload"][0].split()[0], "/bin/sh")
        with subprocess.Popen(["/bin/sh", "-c", "trap 'exit 7' HUP; echo ready; while :; do sleep 0.01; done"], stdout=subprocess.PIPE) as daemon:
            daemon.stdout.readline()
            command = re.search(r'-c "(.*)"', self.unit()["ExecReload"][0])[1].replace("$MAINPID", str(daemon.pid))
            done = run("env", "-i", "PATH=/nowhere", "/bin/sh", "-c", command)
            self.assertEqual((done.returncode, daemon.wait(60)), (0, 7))

    def test_it_waits_for_a_configuration(self):
        unit = self.unit()
        file = unit["ExecStart"][0].split("--config ")[1]
        self.assertEqual(unit["ConditionPathExists"], [file])

    def test_it_names_the_credential_that_the_daemon_looks_for(self):
        """A credential without a path may be missing: systemd looks for it in its stores."""
        with open(os.path.join(PROJECT, "daemon", "secrets.cpp"), encoding="utf-8") as file:
            name = re.search(r'places\.credentials \+ "/([\w.]+)"', file.read())[1]
        self.assertEqual(self.unit()["LoadCredential"], [name])

    def test_sysusers_makes_its_user(self):
        done = run("systemd-sysusers", "--dry-run", "--replace=/usr/lib/sysusers.d/exsyncd.conf", self.path("exsyncd.sysusers"))
        self.assertEqual(done.returncode, 0, done.stderr)
        with tempfile.TemporaryDirectory() as root:
            os.mkdir(os.path.join(root, "etc"))
            done = run("systemd-sysusers", f"--root={root}", self.path("exsyncd.sysusers"))
            self.assertEqual((done.returncode, [line for line in done.stderr.splitlines() if "Creating" not in line]), (0, []))
            for file in ("passwd", "group"):
                with open(os.path.join(root, "etc", file), encoding="utf-8") as lines:
                    self.assertTrue(any(line.startswith(self.unit()[{"passwd": "User", "group": "Group"}[file]][0] + ":") for line in lines))

    def test_tmpfiles_makes_its_directories(self):
        with tempfile.TemporaryDirectory() as root:
            # As this user calls itself: nobody but root may give a directory away.
            with open(self.path("exsyncd.tmpfiles"), encoding="utf-8") as file:
                text = file.read()
            own, count = re.subn(r"^(d \S+ \d+) \w+ \w+ -$", rf"\1 {os.geteuid()} {os.getegid()} -", text, flags=re.MULTILINE)
            self.assertEqual(count, 2)
            conf = os.path.join(root, "exsyncd.conf")
            with open(conf, "w", encoding="utf-8") as file:
                file.write(own)
            done = run("systemd-tmpfiles", f"--root={root}", "--create", conf)
            self.assertEqual(done.returncode, 0, done.stderr)
            unit = self.unit()
            for directory, mode in (("etc/exsyncd", unit["ConfigurationDirectoryMode"]), ("var/lib/exsyncd", unit["StateDirectoryMode"])):
                self.assertEqual(f"{os.stat(os.path.join(root, directory)).st_mode & 0o7777:04o}", mode[0])
        for owner in re.findall(r"^d \S+ \d+ (\w+ \w+) -$", text, re.MULTILINE):
            self.assertIn(owner, (f"root {unit['Group'][0]}", f"{unit['User'][0]} {unit['Group'][0]}"))


if __name__ == "__main__":
    PROJECT = os.path.abspath(sys.argv[1])
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
