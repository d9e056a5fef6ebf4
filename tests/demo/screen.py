"""How the demo looks: short lines, what happened, where, how long."""

import os
import sys
import time


class Screen:
    def __init__(self):
        self.live = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.began = time.monotonic()

    def _paint(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.live else text

    def bold(self, text):
        return self._paint("1", text)

    def dim(self, text):
        return self._paint("2", text)

    def line(self, text=""):
        print(text, flush=True)

    def chapter(self, title):
        self.line()
        self.line(self.bold(title))

    def done(self, text, seconds=None):
        took = self.dim(f"  {seconds:.1f} s") if seconds is not None else ""
        self.line(f"  {self._paint('32', 'ok')}  {text}{took}")

    def failed(self, text):
        self.line(f"  {self._paint('31', 'NO')}  {text}")

    def seconds(self):
        return time.monotonic() - self.began
