"""Reads the tree and tells where it breaks the rules of the house (rules.py). Every function gives a list of sentences."""

import os
import re
import subprocess

import rules

SOURCES = (".cpp", ".hpp", ".h")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
# A path that exists on the machine of whoever wrote it only. (Written apart, or this very file would break the rule.)
MACHINE_PATH = re.compile(r"(?<![\w.$}{])/(?:" + "|".join(("wo" + "rk", "fa" + "rm", "ro" + "ot", "home/[a-z]+")) + r")/")


def tracked(top):
    """The project's files: what git tracks, or, in a tree without git, all that is not built."""
    listing = subprocess.run(["git", "-C", top, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True, check=False)
    if listing.returncode == 0 and os.path.exists(os.path.join(top, ".git")):
        return sorted(name for name in listing.stdout.decode().split("\0") if name and os.path.exists(os.path.join(top, name)))
    found = []
    for directory, folders, files in os.walk(top):
        if directory == top:
            folders[:] = [f for f in folders if f not in ("build", ".git")]
        folders[:] = [f for f in folders if f != "__pycache__"]
        found += [os.path.relpath(os.path.join(directory, f), top) for f in files]
    return sorted(found)


def text(top, name):
    with open(os.path.join(top, name), encoding="utf-8", errors="replace") as file:
        return file.read()


def folder_of(path):
    """The row of the table that a file or folder of the project falls under, or None."""
    under = [folder for folder in rules.FOLDERS if path == folder or path.startswith(folder + "/")]
    return max(under, key=len, default=None)


def library_of(header):
    return rules.LIBRARIES.get(header.split("/")[0])


def may_include(includer, header):
    """Whether a file of folder `includer` may include this header of the project."""
    row, target = rules.FOLDERS[includer], folder_of(header)
    if target == includer:
        return True
    for allowed in row.ours:
        if header == allowed or target == allowed or (allowed not in rules.FOLDERS and header.startswith(allowed + "/")):
            return True
        # "tests" and "actors" as a right of the test programs and of main mean all of their folders.
        if includer in ("tests", "daemon") and header.startswith(allowed + "/"):
            return True
    return False


def include_problems(top, names):
    """Every #include line that the table forbids."""
    problems, users = [], {}
    for name in names:
        folder = folder_of(name) if name.endswith(SOURCES) else None
        if not folder:
            if name.endswith(SOURCES):
                problems.append(f"{name}: lies in no folder of the table")
            continue
        row = rules.FOLDERS[folder]
        for number, line in enumerate(text(top, name).splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            where, header = f"{name}:{number}", match[2]
            library = library_of(header)
            if match[1] == '"' and not library:
                if not folder_of(header):
                    problems.append(f'{where}: "{header}" is not written from the top of the tree')
                elif not may_include(folder, header):
                    problems.append(f"{where}: {folder}/ may not include {header}")
            elif library:
                cheap = rules.CHEAP_HEADERS.get(header) == library
                users.setdefault((folder, library), set()).add(name)
                allowed = row.libraries + row.sources_only + row.one_file
                if library not in allowed:
                    problems.append(f"{where}: {folder}/ may not use {library}")
                elif library not in row.libraries and not name.endswith(".cpp") and not cheap:
                    problems.append(f"{where}: {library} belongs into .cpp files")
            elif ("/" in header or header.endswith(".h")) and not row.system:
                problems.append(f"{where}: {folder}/ does no I/O and needs no <{header}>")
    for (folder, library), files in sorted(users.items()):
        if library in rules.FOLDERS[folder].one_file and len(files) > 1:
            problems.append(f"{folder}/: {library} is included by {len(files)} files, one is enough: {', '.join(sorted(files))}")
    return problems


def top_level_problems(names):
    return [f"{entry}: the top level is given and has no place for it"
            for entry in sorted({name.split("/")[0] for name in names} - rules.TOP_LEVEL)]


def path_problems(top, names):
    """Paths of somebody's machine: the tree has to work everywhere."""
    problems = []
    for name in names:
        for number, line in enumerate(text(top, name).splitlines(), 1):
            found = MACHINE_PATH.search(line)
            if found:
                problems.append(f"{name}:{number}: names a path of one machine ({found[0]}…)")
    return problems


def readme_problems(top, names):
    """A newcomer finds a README in each room, and each test folder in the list of tests/."""
    rooms = {folder for folder in rules.FOLDERS} | {name.split("/")[0] for name in names if "/" in name and not name.startswith(".")}
    problems = [f"{room}/: has no README.md" for room in sorted(rooms) if f"{room}/README.md" not in names
                and any(name.startswith(room + "/") for name in names)]
    listed = text(top, "tests/README.md") if "tests/README.md" in names else ""
    for folder in sorted({name.split("/")[1] for name in names if name.startswith("tests/") and name.count("/") > 1}):
        if f"`{folder}/`" not in listed:
            problems.append(f"tests/README.md: does not say what `{folder}/` is")
    return problems


def length_problems(top, names):
    return [f"{name}: {lines} lines; over {rules.LONGEST} a file holds more than one thing" for name in names
            if name.endswith(SOURCES + (".py", ".sh")) and (lines := text(top, name).count("\n")) > rules.LONGEST]


def make_target_problems(top, names):
    """What the documents tell people to type exists."""
    targets = set(re.findall(r"^([a-z][\w-]*):", text(top, "Makefile"), re.MULTILINE)) if "Makefile" in names else set()
    return [f"{name}: names `make {target}`, which the Makefile does not have" for name in names if name.endswith(".md")
            for target in sorted(set(re.findall(r"\bmake ([a-z][a-z-]+)`", text(top, name)))) if target not in targets]


def all_problems(top):
    names = tracked(top)
    return (include_problems(top, names) + top_level_problems(names) + path_problems(top, names) + readme_problems(top, names)
            + length_problems(top, names) + make_target_problems(top, names))
