"""What bash and zsh offer after exsyncctl, by calling the completion as they do.

usage: completion_test.py PROJECT-DIRECTORY EXSYNCD EXSYNCCTL [unittest's arguments]
"""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "service"))
import stage  # noqa: E402  (found through the line above)


class Shell:
    """The tests of both shells."""

    def run_shell(self, *command):
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.directory,
                              env={**os.environ, "EXSYNCD_SOCKET": self.path("admin.sock"),
                                   "PATH": os.path.dirname(EXSYNCCTL) + ":" + os.environ["PATH"]})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return sorted(done.stdout.split())

    def test_commands(self):
        for line, offered in (("exsyncctl pa", ["pair"]), ("exsyncctl fol", ["folder_pair"]), ("exsyncctl pair st", ["start", "stop"]),
                              ("exsyncctl --json pair pl", ["plan"]), ("exsyncctl --socket x ban ", ["add", "delete", "list"]),
                              ("exsyncctl pair list more ", [])):
            with self.subTest(line):
                self.assertEqual(self.complete(line), offered)

    def test_options_and_their_values(self):
        for line, offered in (("exsyncctl --js", ["--json"]), ("exsyncctl pair approve jane --f", ["--folder"]),
                              ("exsyncctl log show --l", ["--level", "--limit"]),
                              ("exsyncctl log show --level ", ["debug", "error", "info", "warning"]),
                              ("exsyncctl --socket pass", ["password"])):
            with self.subTest(line):
                self.assertEqual(self.complete(line), offered)

    def test_names_are_asked_for(self):
        folders = {name: {"primary": path, "replica": path} for name, path in (("inbox", "inbox"), ("sent", "sentitems"))}
        pairs = {}
        for name in ("jane", "joe@hq.example", "joe@branch.example"):
            side = lambda where, name=name: stage.side(f"{name.split('@')[0]}-{len(pairs)}@{where}.example")  # noqa: E731
            pairs[name] = {"primary": side("hq"), "replica": side("branch"), "start": False, "folders": folders}
        self.configure({**stage.GOOD, "servers": {"hq": {"url": "http://127.0.0.1:1/EWS/Exchange.asmx", "access": "direct"}}, "pairs": pairs})
        self.start()
        for line, offered in (
                ("exsyncctl pair start ", ["jane", "joe@branch.example", "joe@hq.example"]),
                ("exsyncctl pair start jane j", ["jane", "joe@branch.example", "joe@hq.example"]),
                ("exsyncctl pair get joe@b", [self.offered_after_at]), ("exsyncctl ban list --pair ja", ["jane"]),
                ("exsyncctl server test h", ["hq"]), ("exsyncctl pair create ", []), ("exsyncctl pair create_public ", []), ("exsyncctl pair get jane --pa", []),
                ("exsyncctl folder_pair off jane ", ["inbox", "sent"]), ("exsyncctl pair approve jane --folder s", ["sent"])):
            with self.subTest(line):
                self.assertEqual(self.complete(line), offered)

    def test_without_a_daemon_there_are_no_names(self):
        self.assertEqual(self.complete("exsyncctl pair start "), [])


class Bash(Shell, stage.Stage):
    #: readline takes a name after "@" for a word of its own.
    offered_after_at = "branch.example"

    def complete(self, line):
        """What is offered where somebody has typed this and presses TAB."""
        script = f"""source {PROJECT}/daemon/ctl/completion/exsyncctl.bash
            COMP_LINE=$1 COMP_POINT=${{#1}}
            complete -p exsyncctl | grep -q -- '-F _exsyncctl exsyncctl' || exit 1
            _exsyncctl exsyncctl
            printf '%s\\n' "${{COMPREPLY[@]}}" """
        return self.run_shell("bash", "-c", script, "bash", line)


class Zsh(Shell, stage.Stage):
    offered_after_at = "joe@branch.example"

    #: In place of what only exists while somebody types: each prints what it would offer for the word under the cursor.
    OFFERING = """
        offer() { for it in "$@"; do [[ $it == ${words[CURRENT]}* ]] && print -r -- $it; done; return 0 }
        compadd() { [[ $1 == -- ]] && shift; offer "$@" }
        _describe() { [[ $1 == -o ]] && shift; offer ${(P)2%%:*} }
        _files() { offer *(N) }
        compset() { }
        _message() { }"""

    def complete(self, line):
        os.makedirs(self.path("functions"), exist_ok=True)
        if not os.path.exists(self.path("functions/_exsyncctl")):
            os.symlink(f"{PROJECT}/daemon/ctl/completion/exsyncctl.zsh", self.path("functions/_exsyncctl"))
        # Words as zsh has split them: at spaces, and an empty one where the next begins.
        script = f"""fpath=({self.path('functions')} $fpath)
            autoload -Uz _exsyncctl
            {self.OFFERING}
            words=("${{(@s: :)1}}") CURRENT=${{#words}}
            _exsyncctl"""
        return self.run_shell("zsh", "-f", "-c", script, "zsh", line)

    def test_compinit_finds_it(self):
        self.complete("exsyncctl ")
        script = f"fpath=({self.path('functions')} $fpath); autoload -Uz compinit && compinit -D -u && print -r -- $_comps[exsyncctl]"
        self.assertEqual(self.run_shell("zsh", "-f", "-c", script), ["_exsyncctl"])

    def test_options_and_commands_have_their_texts(self):
        self.complete("exsyncctl ")
        script = f"""fpath=({self.path('functions')} $fpath); autoload -Uz _exsyncctl
            _describe() {{ [[ $1 == -o ]] && shift; print -rl -- ${{(P)2}} }}
            words=(exsyncctl ban '') CURRENT=3; _exsyncctl; words=(exsyncctl ban list --l) CURRENT=4; _exsyncctl"""
        told = " ".join(self.run_shell("zsh", "-f", "-c", script))
        for part in ("list:Items", "--limit:how", "--json:Print"):
            self.assertIn(part, told)


if __name__ == "__main__":
    PROJECT, EXSYNCD, EXSYNCCTL = (os.path.abspath(name) for name in sys.argv[1:4])
    stage.PROGRAMS["exsyncd"] = EXSYNCD
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
