"""The man pages say what the programs know: every key of the configuration, every command, every option, and nothing else.

usage: manual_test.py PROJECT-DIRECTORY EXSYNCD EXSYNCCTL [unittest's arguments]
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

PAGES = ("exsyncctl.1", "exsyncd.json.5", "exsyncd.8")

#: No key is called so, nor nearly so: what refuses it lists what is known in its place.
NONSENSE = "?"

#: Where each object of the configuration is described, and a configuration that has NONSENSE in that object alone.
SERVER = {"url": "https://x.example/EWS/Exchange.asmx", "access": "direct"}
OBJECTS = {
    "The file": {NONSENSE: 0},
    "log": {"log": {NONSENSE: 0}},
    "servers.NAME": {"servers": {"a": {NONSENSE: 0}}},
    "auth": {"servers": {"a": {"auth": {NONSENSE: 0}}}},
    "timeouts": {"servers": {"a": {**SERVER, "timeouts": {NONSENSE: 0}}}},
    "pairs.NAME": {"pairs": {"a": {NONSENSE: 0}}},
    "primary and replica, on one of the servers": {"pairs": {"a": {"primary": {"server": "a", NONSENSE: 0}}}},
    "primary and replica, with a server of its own": {"pairs": {"a": {"primary": {"url": "a", NONSENSE: 0}}}},
    "pairs.NAME.folders.NAME": {"pairs": {"a": {"folders": {"a": {NONSENSE: 0}}}}},
}


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def page(name):
    with open(os.path.join(PROJECT, "docs", "man", name), encoding="utf-8") as file:
        return file.read().replace("\\\n", "")  # a line that goes on in the next one


def section(text, macro, title):
    """What stands below a heading, down to the next one."""
    found = re.search(rf"^\.{macro} {re.escape(title)}\n(.*?)(?=^\.S[hs] |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def read_help(*path):
    """Of a command: sub-commands, parameters, options with the names of their values."""
    text = run(EXSYNCCTL, *path, "--help").stdout
    below = re.search(r"^Subcommands:\n((?:  .*\n)+)", text, re.MULTILINE)
    subcommands = re.findall(r"^  (\S+)", below[1], re.MULTILINE) if below else []
    parameters = re.findall(r"^  (\w+(?: \.\.\.)?) REQUIRED", text, re.MULTILINE)
    options = re.findall(r"^  (?:-\w,)?--([\w-]+)", text, re.MULTILINE)
    return subcommands, parameters, options


class Pages(unittest.TestCase):
    def test_they_are_well_formed(self):
        files = [os.path.join(PROJECT, "docs", "man", name) for name in PAGES]
        done = run("mandoc", "-Tlint", "-Wwarning", *files)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_there_is_no_other_one(self):
        self.assertEqual(sorted(os.listdir(os.path.join(PROJECT, "docs", "man"))), sorted(PAGES))


class Configuration(unittest.TestCase):
    def known(self, configuration):
        """The keys that the parser names where it refuses one."""
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "c.json"), "w", encoding="utf-8") as file:
                json.dump(configuration, file)
            done = run(EXSYNCD, "--config", "c.json", "--check-config", cwd=directory)
        found = re.search(r"is unknown; known here: (.*)", done.stderr)
        self.assertTrue(found, done.stderr)
        return sorted(re.findall(r'"(\w+)"', found[1]))

    def test_exsyncd_json_describes_every_key(self):
        text = page("exsyncd.json.5")
        for title, configuration in OBJECTS.items():
            with self.subTest(title):
                described = re.findall(r"^\.It Cm (\w+) No \(", section(text, "Ss", title), re.MULTILINE)
                self.assertEqual(sorted(described), self.known(configuration))

    def test_its_example_is_right(self):
        example = re.search(r"^\.Bd -literal\n(.*?)^\.Ed", page("exsyncd.json.5"), re.MULTILINE | re.DOTALL)[1].replace("\\e", "\\")
        with tempfile.TemporaryDirectory() as directory:
            for name, content in (("c.json", example), ("hq.password", "x\n"), ("branch.password", "x\n")):
                with open(os.open(os.path.join(directory, name), os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
                    file.write(content)
            done = run(EXSYNCD, "--config", "c.json", "--check-config", cwd=directory)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class Commands(unittest.TestCase):
    def leaves(self, *path):
        subcommands, parameters, options = read_help(*path)
        if subcommands:
            return [leaf for name in subcommands for leaf in self.leaves(*path, name)]
        return [(" ".join(path), parameters, [option for option in options if option != "help"])]

    def test_exsyncctl_describes_every_command(self):
        described = []
        for line in re.findall(r"^\.It Ic (.*)$", section(page("exsyncctl.1"), "Sh", "COMMANDS"), re.MULTILINE):
            command = re.match(r"[a-z_ -]+?(?= Ar | Oo | Fl |$)", line)[0]
            parameters = re.sub(r"Oo .*? Oc|Fl -\S+( Ar \S+)?", "", line[len(command):])
            described.append((command, re.findall(r"Ar (\w+(?: \.\.\.)?)", parameters), re.findall(r"Fl -([\w-]+)", line)))
        self.assertEqual(described, self.leaves())

    def test_options_are_described(self):
        for program, name in ((EXSYNCCTL, "exsyncctl.1"), (EXSYNCD, "exsyncd.8")):
            with self.subTest(name):
                options = re.findall(r"^  (?:-\w,)?--([\w-]+)", run(program, "--help").stdout, re.MULTILINE)
                described = re.findall(r"^\.It .*Fl -([\w-]+)", section(page(name), "Sh", "DESCRIPTION"), re.MULTILINE)
                self.assertEqual(sorted(described), sorted(options))


if __name__ == "__main__":
    PROJECT, EXSYNCD, EXSYNCCTL = (os.path.abspath(name) for name in sys.argv[1:4])
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
