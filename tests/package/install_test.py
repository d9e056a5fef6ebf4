"""What `cmake --install` puts where.

usage: install_test.py PROJECT-DIRECTORY BUILD-DIRECTORY CMAKE VERSION [unittest's arguments]
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

#: Below the prefix.
PROGRAMS = {"bin/exsyncd", "bin/exsyncctl"}
FILES = {"lib/sysusers.d/exsyncd.conf", "lib/tmpfiles.d/exsyncd.conf", "share/man/man1/exsyncctl.1", "share/man/man5/exsyncd.json.5",
         "share/man/man8/exsyncd.8", "share/bash-completion/completions/exsyncctl", "share/zsh/site-functions/_exsyncctl",
         "share/doc/exsyncd/README.md",
         "share/doc/exsyncd/ARCHITECTURE.md", "share/doc/exsyncd/examples/exsyncd.json", "share/doc/exsyncd/examples/direct.json"}


class Install(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="exsyncd-")
        self.addCleanup(temporary.cleanup)
        self.root = temporary.name
        done = subprocess.run([CMAKE, "--install", BUILD, "--strip"], capture_output=True, text=True, check=False, env={**os.environ, "DESTDIR": self.root})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.installed = {os.path.relpath(os.path.join(directory, name), self.root) for directory, _, names in os.walk(self.root) for name in names}
        self.prefix = next(name for name in self.installed if name.endswith("bin/exsyncd"))[:-len("bin/exsyncd")]

    def read(self, name):
        with open(os.path.join(self.root, name), encoding="utf-8") as file:
            return file.read()

    def test_everything_is_in_its_place(self):
        unit = {name for name in self.installed if name.endswith("systemd/system/exsyncd.service")}
        self.assertEqual(len(unit), 1)
        self.assertEqual(self.installed - unit, {self.prefix + name for name in PROGRAMS | FILES})
        self.assertIn(f"ExecStart=/{self.prefix}bin/exsyncd --config ", self.read(unit.pop()))

    def test_a_place_that_is_given_relative_is_below_the_prefix_wherever_cmake_runs(self):
        """As a packager gives it: without a type CMake takes a PATH for one in the directory it is run in."""
        with open(os.path.join(PROJECT, "systemd", "CMakeLists.txt"), encoding="utf-8") as file:
            kinds = dict(re.findall(r"^set\((\w+_DIR) .* CACHE (\w+) ", file.read(), flags=re.MULTILINE))
        self.assertEqual(kinds, dict.fromkeys(("SYSTEMD_UNIT_DIR", "SYSTEMD_SYSUSERS_DIR", "SYSTEMD_TMPFILES_DIR", "ZSH_COMPLETION_DIR"), "STRING"))
        with tempfile.TemporaryDirectory() as directory:
            lists = os.path.join(directory, "CMakeLists.txt")
            with open(lists, "w", encoding="utf-8") as file:
                file.write('cmake_minimum_required(VERSION 3.25)\nproject(p NONE)\nset(D x CACHE %s "")\nmessage("D is ${D}")\n' % kinds["ZSH_COMPLETION_DIR"])
            done = subprocess.run([CMAKE, "-S", directory, "-B", directory + "/build", "-DD=share/zsh"], capture_output=True, text=True, check=False)
            self.assertIn("D is share/zsh\n", done.stderr)

    def test_the_programs_run(self):
        for name in PROGRAMS:
            done = subprocess.run([os.path.join(self.root, self.prefix, name), "--version"], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout.split()), (0, [os.path.basename(name), VERSION]))

    def test_the_package_has_the_projects_version(self):
        with open(os.path.join(PROJECT, "systemd", "debian", "changelog"), encoding="utf-8") as file:
            self.assertEqual(re.match(r"exsyncd \((.*?)\)", file.readline())[1], VERSION)


if __name__ == "__main__":
    PROJECT, BUILD, CMAKE, VERSION = sys.argv[1:5]
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]])
