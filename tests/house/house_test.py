"""The project keeps its rules, and the check would notice if it did not.

usage: house_test.py PROJECT-DIRECTORY
"""

import os
import sys
import tempfile
import unittest

import house


class TheProject(unittest.TestCase):
    def test_keeps_the_rules(self):
        problems = house.all_problems(PROJECT)
        self.assertFalse(problems, "\n" + "\n".join(problems))


class TheCheck(unittest.TestCase):
    """Each rule is broken once in a small tree of its own."""

    def problems(self, **files):
        with tempfile.TemporaryDirectory() as top:
            for name, content in files.items():
                path = os.path.join(top, name)
                os.makedirs(os.path.dirname(path) or top, exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(content)
            return house.all_problems(top)

    def test_forbidden_includes_are_named(self):
        for name, line, told in (
                ("storage/store.cpp", '#include "actors/pair.hpp"', "storage/ may not include actors/pair.hpp"),
                ("storage/store.cpp", "#include <caf/all.hpp>", "storage/ may not use CAF"),
                ("config/parse.cpp", '#include "ews/model/ids.hpp"', "config/ may not include ews/model/ids.hpp"),
                ("config/parse.hpp", "#include <nlohmann/json.hpp>", "JSON belongs into .cpp files"),
                ("ews/model/ids.hpp", "#include <unistd.h>", "ews/model/ does no I/O and needs no <unistd.h>"),
                ("ews/model/ids.hpp", '#include "ews/codec/soap.hpp"', "ews/model/ may not include ews/codec/soap.hpp"),
                ("ews/codec/soap.cpp", "#  include <curl/curl.h>", "ews/codec/ may not use curl"),
                ("ews/http/transport.cpp", '#include "ews/codec/soap.hpp"', "ews/http/ may not include ews/codec/soap.hpp"),
                ("actors/logic/decide.cpp", '#include "storage/engine.hpp"', "actors/logic/ may not include storage/engine.hpp"),
                ("actors/logic/decide.cpp", '#include "actors/pair.hpp"', "actors/logic/ may not include actors/pair.hpp"),
                ("actors/pair.cpp", '#include "ews/codec/soap.hpp"', "actors/ may not include ews/codec/soap.hpp"),
                ("actors/pair.cpp", '#include "actors/ews/mailbox.hpp"', "actors/ may not include actors/ews/mailbox.hpp"),
                ("actors/ews/mailbox.cpp", '#include "storage/store.hpp"', "actors/ews/ may not include storage/store.hpp"),
                ("actors/ews/mailbox.cpp", '#include "daemon/log.hpp"', "actors/ews/ may not include daemon/log.hpp"),
                ("daemon/main.cpp", '#include "tests/exchange_sim/world.hpp"', "daemon/ may not include tests/exchange_sim/world.hpp"),
                ("tests/exchange_sim/world.cpp", '#include "ews/model/ids.hpp"', "tests/exchange_sim/ may not include ews/model/ids.hpp"),
                ("daemon/main.cpp", '#include "log.hpp"', '"log.hpp" is not written from the top of the tree')):
            with self.subTest(told):
                self.assertIn(f"{name}:2: {told}", self.problems(**{name: f"#include <vector>\n{line}\n"}))

    def test_allowed_includes_are_not_named(self):
        for name, line in (
                ("actors/ews/mailbox.cpp", '#include "ews/codec/soap.hpp"'), ("actors/pair.hpp", '#include "actors/logic/decide.hpp"'),
                ("actors/logic/decide.cpp", '#include "storage/records.hpp"'), ("config/parse.hpp", "#include <nlohmann/json_fwd.hpp>"),
                ("daemon/main.cpp", '#include "actors/ews/mailbox.hpp"'), ("tests/pair/pair_test.cpp", '#include "actors/logic/decide.hpp"'),
                ("tests/mailbox_sim/a_test.cpp", '#include "tests/exchange_sim/world.hpp"'), ("storage/a.cpp", "#include <unistd.h>")):
            with self.subTest(line):
                self.assertEqual([], [p for p in self.problems(**{name: line + "\n"}) if p.startswith(name + ":")])

    def test_a_library_that_belongs_into_one_file_stays_there(self):
        found = self.problems(**{"storage/a.cpp": "#include <rocksdb/db.h>\n", "storage/b.cpp": "#include <rocksdb/db.h>\n"})
        self.assertIn("storage/: RocksDB is included by 2 files, one is enough: storage/a.cpp, storage/b.cpp", found)

    def test_other_rules(self):
        for name, content, told in (
                ("helpers/a.cpp", "", "helpers/a.cpp: lies in no folder of the table"),
                ("helpers/a.cpp", "", "helpers: the top level is given and has no place for it"),
                ("docs/a.md", "see /" + "work/main\n", "docs/a.md:1: names a path of one machine (/" + "work/…)"),
                ("storage/a.cpp", "", "storage/: has no README.md"),
                ("tests/pair/a.cpp", "", "tests/README.md: does not say what `pair/` is"),
                ("storage/a.cpp", "\n" * 601, "storage/a.cpp: 601 lines; over 600 a file holds more than one thing"),
                ("docs/a.md", "type `make coffee`\n", "docs/a.md: names `make coffee`, which the Makefile does not have")):
            with self.subTest(told):
                self.assertIn(told, self.problems(**{name: content}))


if __name__ == "__main__":
    PROJECT = sys.argv.pop(1)
    unittest.main(verbosity=2)
