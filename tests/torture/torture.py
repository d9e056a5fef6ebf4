#!/usr/bin/python3
"""Real processes over TLS, killed at random moments while users act, and judged against what users did.

usage: torture.py --programs DIRECTORY [--kills N] [--seed S] [--worlds N] [--often BLOW]... [--report FILE]
Ends with 1 where anything that must hold did not. README.md says what that is, and how to play a run again.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import shutil
import sys
import tempfile
import threading
import time

from world import BLOWS, Violation, World

#: So much happens to a world between two times that it is left alone and judged.
A_BATCH = 10
SAYING = threading.Lock()


def say(text):
    with SAYING:
        print(text, flush=True)


def play(number, kills, given):
    """One world until it was killed `kills` times: what is worth reporting."""
    directory = tempfile.mkdtemp(prefix="torture-")
    wrong = []
    with World(given.programs, directory, given.seed, number, given.often) as world:
        began = time.monotonic()
        try:
            world.start()
            while world.kills < kills:
                world.batch(min(A_BATCH, kills - world.kills))
                say(f"{world.name} ({world.about}): {world.kills} of {kills} kills, {world.users.acts} acts of users, {time.monotonic() - began:.0f} s")
        except Violation as violation:
            wrong = violation.wrong
        except Exception as broken:  # pylint: disable=broad-except
            wrong = [f"the harness could not go on: {type(broken).__name__}: {broken}"]
        if wrong:
            where = os.path.join(os.path.dirname(given.report), "torture", f"{given.seed}-{number}")
            shutil.rmtree(where, ignore_errors=True)
            world.keep_evidence(where, wrong)
            say(f"!! {world.name} ({world.about}), after {world.kills} kills:\n   " + "\n   ".join(wrong) +
                f"\n   what happened: {where}; again: make torture SEED={given.seed} KILLS={given.kills} WORLDS={given.worlds}")
        counts = collections.Counter(world.counts)
        result = {"kills": world.kills, "user_actions": world.users.acts, "violations": len(wrong), "counts": counts, "disk": world.disk}
    shutil.rmtree(directory, ignore_errors=True)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", required=True)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worlds", type=int, default=6, help="played at once; most of a world's time is waiting")
    parser.add_argument("--often", action="append", default=[], choices=BLOWS, help="a blow that comes as often as killing the daemon does")
    parser.add_argument("--report", default="build/reports/torture.json")
    given = parser.parse_args()
    given.worlds = max(1, min(given.worlds, given.kills))
    began = time.monotonic()
    shares = [given.kills // given.worlds + (number < given.kills % given.worlds) for number in range(given.worlds)]
    with concurrent.futures.ThreadPoolExecutor(given.worlds) as at_once:
        results = list(at_once.map(lambda number: play(number, shares[number], given), range(given.worlds)))
    if not all(result["disk"] for result in results):
        say("The disk was never full: only root may mount a small one for the state directory.")
    report = {key: sum(result[key] for result in results) for key in ("kills", "violations", "user_actions")}
    report.update(worlds=given.worlds, seed=given.seed, seconds=round(time.monotonic() - began, 1),
                  met=dict(sum((result["counts"] for result in results), collections.Counter())))
    os.makedirs(os.path.dirname(given.report) or ".", exist_ok=True)
    with open(given.report, "w", encoding="utf-8") as file:
        file.write(json.dumps(report, indent=2) + "\n")
    say(json.dumps(report))
    return 1 if report["violations"] else 0


if __name__ == "__main__":
    sys.exit(main())
