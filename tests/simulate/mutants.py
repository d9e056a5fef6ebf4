"""Plants the bugs of mutants_table.py into a copy of the tree, and has the random worlds look for each, one at a time.

usage: mutants.py --build DIRECTORY --report FILE.json [--seeds N] [--only NAME…]
       mutants.py --check

A seed that fails with a bug is played without any as well: one that fails by itself tells nothing, and the search goes on. Each bug has to be
found within N seeds.
`--check` builds nothing: it fails where the text of a bug no longer stands in its file.
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


def copy_tree(to, instead):
    """Only what differs, so that only that is compiled again; files of `instead` have other texts."""
    names = list(FILES)
    for folder in FOLDERS:
        for at, folders, files in os.walk(os.path.join(TOP, folder)):
            folders[:] = [f for f in folders if f != "__pycache__"]
            names += [os.path.relpath(os.path.join(at, f), TOP) for f in files]
    for name in names:
        old, new = os.path.join(TOP, name), os.path.join(to, name)
        with open(old, "rb") as file:
            text = instead[name].encode() if name in instead else file.read()
        if os.path.exists(new):
            with open(new, "rb") as file:
                if file.read() == text:
                    continue
        os.makedirs(os.path.dirname(new) or ".", exist_ok=True)
        with open(new, "wb") as file:
            file.write(text)
        shutil.copymode(old, new)


#: What stands on top of a file with bugs: whether the one of this name is planted in this run.
WHICH = """#include <cstdlib>
#include <string_view>
namespace planted_bugs {
inline bool is(std::string_view name) {
  static const char* chosen = std::getenv("PLANTED_BUG");
  return chosen && name == chosen;
}
}
"""


def planted(mutants):
    """The texts of all files that get bugs, by name."""
    texts, gone = {}, []
    for m in mutants:
        for edit in m.edits:
            if edit.file not in texts:
                with open(os.path.join(TOP, edit.file), encoding="utf-8") as file:
                    texts[edit.file] = file.read()
            found = texts[edit.file].count(edit.old)
            if found != 1:
                gone.append(f"{m.name}: {edit.file} holds {found} times, not once: {edit.old!r}")
                continue
            texts[edit.file] = texts[edit.file].replace(edit.old, edit.new.replace("BUG", f'::planted_bugs::is("{m.name}")'))
    if gone:
        raise SystemExit("\n".join(gone))
    pragma = "#pragma once\n"
    return {name: pragma + guarded(WHICH) + text.removeprefix(pragma) if name.endswith(".hpp") else guarded(WHICH) + text
            for name, text in texts.items()}


def told_of(mutants):
    """Whether docs/TESTING.md has a row for each bug, and no others."""
    with open(os.path.join(TOP, "docs", "TESTING.md"), encoding="utf-8") as file:
        after = file.read().split("| bug | what it is |", 1)[1].split("\n\n", 1)[0]
    rows = [line.split("|")[1].strip() for line in after.splitlines()[2:]]
    differs = sorted(set(rows) ^ {m.name for m in mutants})
    if differs:
        print("docs/TESTING.md and mutants_table.py do not name the same bugs: " + ", ".join(differs))
    return 1 if differs else 0


def guarded(text):
    """Several files with bugs may be one translation unit."""
    return "#ifndef PLANTED_BUGS\n#define PLANTED_BUGS\n" + text + "#endif\n"


def run(program, bug, report, seeds, *more):
    """The report of the program, which ends with 1 where something was found."""
    if os.path.exists(report):
        os.remove(report)
    environment = {**os.environ, "PLANTED_BUG": bug}
    subprocess.run([program, "--seeds", str(seeds), "--report", report, "--no-coverage", *more], stdout=subprocess.DEVNULL, env=environment,
                   check=False)
    with open(report, encoding="utf-8") as file:
        return json.load(file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build")
    parser.add_argument("--report")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--only", nargs="*", default=[])
    wanted = parser.parse_args()
    chosen = [m for m in mutants_table.MUTANTS if not wanted.only or m.name in wanted.only]
    texts = planted(mutants_table.MUTANTS)
    if wanted.check:
        return told_of(mutants_table.MUTANTS)
    if not wanted.build or not wanted.report:
        parser.error("--build and --report are missing")
    tree, directory = os.path.abspath(os.path.join(wanted.build, "tree")), os.path.abspath(os.path.join(wanted.build, "release"))
    program = os.path.join(directory, "bin", "exsyncd_simulate")
    copy_tree(tree, texts)
    if not os.path.exists(os.path.join(directory, "build.ninja")):
        subprocess.run(["cmake", "-S", tree, "-B", directory, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                        "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2"], check=True, stdout=subprocess.DEVNULL)
    compiled = subprocess.run(["ninja", "-C", directory, "exsyncd_simulate"], capture_output=True, text=True, check=False)
    if compiled.returncode != 0:
        raise SystemExit(compiled.stdout[-3000:])
    return hunt(wanted, chosen, program)


def drawn(worlds):
    """What has these worlds drawn in each seed."""
    return ("--with", worlds) if worlds else ()


def looked_for(mutant, program, report, seeds):
    """Plays seeds with this bug until one fails that holds without any bug: (how many were played, what it showed, which fail by themselves)."""
    played, first, by_themselves = 0, 1, []
    while first <= seeds:
        told = run(program, mutant.name, report, seeds - first + 1, "--first", str(first), "--stop-at-first", *drawn(mutant.worlds))
        played += told["seeds"]
        for failed in {failed["seed"]: failed for failed in told["failed"]}.values():
            if not run(program, "", report, 1, "--first", failed["seed"], *drawn(mutant.worlds))["failed"]:
                return played, failed, by_themselves
            by_themselves.append(failed["seed"])
        if not told["failed"]:
            break
        first = max(int(failed["seed"]) for failed in told["failed"]) + 1
    return played, None, by_themselves


def hunt(wanted, chosen, program):
    """Looks for each bug, and writes the report anew after each."""
    scratch = os.path.abspath(os.path.join(wanted.build, "run.json"))
    results = []
    for m in chosen:
        began = time.monotonic()
        played, violation, by_themselves = looked_for(m, program, scratch, wanted.seeds)
        results.append({"name": m.name, "what": m.what, "worlds": m.worlds or "all", "found": violation is not None, "seeds": played,
                        "violation": violation, "failing_without_a_bug": by_themselves, "seconds": round(time.monotonic() - began)})
        print(f"{'found' if violation else 'NOT FOUND':9} {m.name} after {played} seeds: {violation['kind'] if violation else ''}", flush=True)
        os.makedirs(os.path.dirname(wanted.report) or ".", exist_ok=True)
        with open(wanted.report, "w", encoding="utf-8") as file:
            json.dump({"seeds": wanted.seeds, "found": sum(r["found"] for r in results), "mutants": results}, file, indent=1)
    missed = [r["name"] for r in results if not r["found"]]
    print(f"{len(results) - len(missed)} of {len(results)} found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
