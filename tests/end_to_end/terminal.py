"""A program on a terminal of its own: what it shows is read, and what somebody would type is typed when it is asked for."""

import os
import pty
import re
import select
import time

import programs


class Terminal:
    """A context manager. `env` is added to the environment."""

    def __init__(self, *command, **env):
        self.text, self.read_up_to = "", 0
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.environ.update(TERM="xterm", LC_ALL="C.UTF-8", NO_COLOR="1", **env)
            os.execv(command[0], command)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process:
            os.kill(self.process, 9)
            os.waitpid(self.process, 0)
        os.close(self.terminal)

    def _more(self, deadline):
        """False at the end of the program."""
        if not select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))[0]:
            raise AssertionError("nothing more is shown after:\n" + self.text)
        try:
            read = os.read(self.terminal, 65536)
        except OSError:  # it has ended
            return False
        self.text += read.decode(errors="replace").replace("\r\n", "\n")
        return bool(read)

    def wait_for(self, pattern):
        """Reads on until the pattern is found; returns what was shown since the last time, up to its end."""
        deadline = time.monotonic() + programs.PATIENCE
        while not (found := re.compile(pattern).search(self.text, self.read_up_to)):
            if not self._more(deadline):
                raise AssertionError(f"ended before {pattern!r}:\n{self.text}")
        shown = self.text[self.read_up_to:found.end()]
        self.read_up_to = found.end()
        return shown

    def type(self, pattern, answer, end="\n"):
        """Waits for a question, and answers it; returns what was shown up to it."""
        shown = self.wait_for(pattern)
        os.write(self.terminal, (answer + end).encode())
        return shown

    def ended(self):
        """Exit code."""
        deadline = time.monotonic() + programs.PATIENCE
        while self._more(deadline):
            pass
        code = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        self.process = None
        return code
