"""Builds the Debian package in a copy of the tree at another place, and looks at it: what lintian says, where its files go, that it
installs and purges. No CTest: `make nightly` runs it, since a package takes minutes to build.

usage: deb_check.py PROJECT-DIRECTORY [unittest's arguments]
"""

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="exsyncd-elsewhere-")
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.tree = os.path.join(cls.temporary.name, "tree")
        shutil.copytree(PROJECT, cls.tree, ignore=shutil.ignore_patterns("build", ".git"))
        cls.built = run(os.path.join(cls.tree, ".ci", "deb"))
        cls.packages = [p for p in glob.glob(os.path.join(cls.tree, "build", "deb", "*.deb")) if "dbgsym" not in p]

    def test_it_is_built_outside_the_tree_that_it_was_written_in(self):
        self.assertEqual(self.built.returncode, 0, self.built.stdout + self.built.stderr)
        self.assertEqual(len(self.packages), 1)

    def test_lintian_finds_no_place_of_the_build_in_it(self):
        with open(os.path.join(self.tree, "build", "deb", "lintian.txt"), encoding="utf-8") as file:
            said = file.read()
        self.assertNotIn("dir-or-file-in", said)
        self.assertNotIn("E: ", said)

    def test_every_file_goes_where_debian_has_it(self):
        listed = run("dpkg-deb", "--contents", self.packages[0])
        self.assertEqual(listed.returncode, 0, listed.stderr)
        places = {line.split()[5][1:] for line in listed.stdout.splitlines()}
        self.assertIn("/usr/share/zsh/vendor-completions/_exsyncctl", places)
        for place in places - {"/"}:
            self.assertRegex(place, r"^/(usr|lib|etc)(/|$)")

    @unittest.skipUnless(os.geteuid() == 0, "installing takes root")
    def test_it_installs_and_purges_and_leaves_nothing(self):
        with tempfile.TemporaryDirectory(prefix="exsyncd-root-") as root:
            made = run("debootstrap", "--variant=minbase", "bookworm", root)
            self.assertEqual(made.returncode, 0, made.stdout[-2000:])
            shutil.copy(self.packages[0], os.path.join(root, "exsyncd.deb"))
            for step in (("apt-get", "install", "-y", "--no-install-recommends", "/exsyncd.deb"), ("exsyncd", "--version"), ("apt-get", "purge", "-y", "exsyncd")):
                done = run("chroot", root, *step, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
                self.assertEqual(done.returncode, 0, f"{step}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
            for left in ("etc/exsyncd", "var/lib/exsyncd", "usr/bin/exsyncd"):
                self.assertFalse(os.path.exists(os.path.join(root, left)), left)


if __name__ == "__main__":
    PROJECT = os.path.abspath(sys.argv[1])
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
