"""Starts exchange-sim for a test, and steers it over its control port."""

import json
import os
import subprocess
import tempfile
import urllib.error
import urllib.request


class Simulator:
    """The real program over https with an authority of its own; a context manager."""

    def __init__(self, program, config, schemas=None, more=()):
        self.directory = tempfile.TemporaryDirectory(prefix="exchange-sim-")
        self.config_file = os.path.join(self.directory.name, "config.json")
        with open(self.config_file, "w", encoding="utf-8") as f:
            json.dump(config, f)
        self.command = [program, "--config", self.config_file, "--state", os.path.join(self.directory.name, "state.json"),
                        "--https", "--ca-dir", os.path.join(self.directory.name, "ca"), *more]
        if schemas:
            self.command += ["--schemas", schemas]
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process:
            self.stop()
        self.directory.cleanup()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"exchange-sim ended with {self.process.wait()} before it was ready")
        self.ready = json.loads(line)

    def stop(self):
        self.process.terminate()
        status = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.process = None
        if status != 0:
            raise RuntimeError(f"exchange-sim ended with {status}")

    def url(self, server):
        return self.ready["servers"][server]["url"]

    def control(self, do, **arguments):
        body = json.dumps({"do": do, **arguments}).encode()
        request = urllib.request.Request(self.ready["control"], data=body, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            raise RuntimeError(f"{do}: {refused.read().decode()}") from refused
