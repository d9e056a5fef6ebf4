"""`exsyncctl watch`, as the demo's live view.

On a terminal it has the whole screen for as long as it runs. Elsewhere it draws on a pseudo terminal, and its last picture is kept.
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading

LINES, COLUMNS = 24, 118
PICTURE = "\x1b[H\x1b[J"


class LiveView:
    """A context manager; afterwards `picture` holds the lines of the last whole picture, or none where the terminal was the screen's."""

    def __init__(self, program, socket, on_terminal):
        self.command = [program, "--socket", socket, "watch"]
        self.on_terminal, self.picture = on_terminal, []
        self.process = self.reader = None

    def __enter__(self):
        if self.on_terminal:
            self.process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)
            return self
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.process = subprocess.Popen(self.command, stdout=theirs, stderr=subprocess.DEVNULL, env={**os.environ, "NO_COLOR": "1"})
        os.close(theirs)
        self.reader = threading.Thread(target=self._read, args=(ours,), daemon=True)
        self.reader.start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        if self.reader:
            self.reader.join()

    def _read(self, terminal):
        drawn = b""
        try:
            while chunk := os.read(terminal, 65536):
                drawn += chunk
        except OSError:
            pass  # EIO: the program has ended
        os.close(terminal)
        pictures = drawn.decode("utf-8", "replace").split(PICTURE)[1:]
        if pictures:
            text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", pictures[-1]).replace("\r", "")
            self.picture = text.rstrip("\n").split("\n")
