"""Plants the bugs of mutants_table.py one at a time into a copy of the tree, and has the random worlds look for each.

usage: mutants.py --build DIRECTORY --report FILE.json [--seeds N] [--only NAME…]

A seed that fails without any bug tells nothing: those are found out first and left out. Each bug has to be found within N seeds.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time

import mutants_table

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ("actors", "config", "daemon", "ews", "storage", "systemd", "tests")
FILES = ("CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "Makefile", "CHANGELOG.md")


def copy_tree(to):
    """Only what differs, so that only that is compiled again."""
    names = list(FILES)
    for folder in FOLDERS:
        for at, folders, files in os.walk(os.path.join(TOP, folder)):
            folders[:] = [f for f in folders if f != "__pycache__"]
            names += [os.path.relpath(os.path.join(at, f), TOP) for f in files]
    for name in names:
        old, new = os.path.join(TOP, name), os.path.join(to, name)
        with open(old, "rb") as file:
            text = file.read()
        if os.path.exists(new):
            with open(new, "rb") as file:
                if file.read() == text:
                    continue
        os.makedirs(os.path.dirname(new) or ".", exist_ok=True)
        with open(new, "wb") as file:
            file.write(text)
        shutil.copymode(old, new)


def planted(edit):
    """The file's text with the bug in it."""
    with open(os.path.join(TOP, edit.file), encoding="utf-8") as file:
        text = file.read()
    if text.count(edit.old) != 1:
        raise SystemExit(f"{edit.file}: holds {text.count(edit.old)} times, not once: {edit.old!r}")
    return text.replace(edit.old, edit.new)


def build(directory):
    return subprocess.run(["ninja", "-C", directory, "exsyncd_simulate"], capture_output=True, text=True, check=False)


def run(program, report, seeds, *more):
    """The report of the program, which ends with 1 where something was found."""
    if os.path.exists(report):
        os.remove(report)
    subprocess.run([program, "--seeds", str(seeds), "--report", report, "--no-coverage", *more], stdout=subprocess.DEVNULL, check=False)
    with open(report, encoding="utf-8") as file:
        return json.load(file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--report", required=True)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--only", nargs="*", default=[])
    wanted = parser.parse_args()
    chosen = [m for m in mutants_table.MUTANTS if not wanted.only or m.name in wanted.only]
    for m in chosen:
        for edit in m.edits:
            planted(edit)
    tree, directory = os.path.abspath(os.path.join(wanted.build, "tree")), os.path.abspath(os.path.join(wanted.build, "release"))
    program, report = os.path.join(directory, "bin", "exsyncd_simulate"), os.path.join(wanted.build, "run.json")
    copy_tree(tree)
    if not os.path.exists(os.path.join(directory, "build.ninja")):
        subprocess.run(["cmake", "-S", tree, "-B", directory, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                        "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2"], check=True, stdout=subprocess.DEVNULL)
    sound = build(directory)
    if sound.returncode != 0:
        raise SystemExit(sound.stdout[-3000:])
    print(f"{wanted.seeds} seeds without any bug", flush=True)
    baseline = os.path.abspath(os.path.join(wanted.build, "baseline.json"))
    failing = {v["seed"] for v in run(program, baseline, wanted.seeds)["failed"]}
    print(f"{len(failing)} of them fail by themselves and are left out", flush=True)
    results = []
    for m in chosen:
        began = time.monotonic()
        for edit in m.edits:
            with open(os.path.join(tree, edit.file), "w", encoding="utf-8") as file:
                file.write(planted(edit))
        result = {"name": m.name, "what": m.what, "found": False}
        compiled = build(directory)
        if compiled.returncode != 0:
            result["does_not_build"] = compiled.stdout[-1000:]
        else:
            told = run(program, report, wanted.seeds, "--stop-at-first", "--except", baseline)
            result.update(found=bool(told["failed"]), seeds=told["seeds"], violations=told["failed"][:3])
        result["seconds"] = round(time.monotonic() - began)
        results.append(result)
        first = result.get("violations") or [{}]
        print(f"{'found' if result['found'] else 'NOT FOUND':9} {m.name} after {result.get('seeds', 0)} seeds: {first[0].get('kind', '')}",
              flush=True)
        copy_tree(tree)
        os.makedirs(os.path.dirname(wanted.report) or ".", exist_ok=True)
        with open(wanted.report, "w", encoding="utf-8") as file:
            json.dump({"seeds": wanted.seeds, "failing_without_a_bug": len(failing), "mutants": results}, file, indent=1)
    missed = [r["name"] for r in results if not r["found"]]
    print(f"{len(results) - len(missed)} of {len(results)} found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
