"""The rules of the house as data: who may include whom, and what no file may hold. Reasons are in docs/ARCHITECTURE.md."""

from dataclasses import dataclass, field

#: Libraries that hide in a few headers or directories of their own; every other <header> is the standard library's or the system's.
LIBRARIES = {"caf": "CAF", "nlohmann": "JSON", "curl": "curl", "openssl": "OpenSSL", "expat.h": "expat", "rocksdb": "RocksDB",
             "spdlog": "spdlog", "fmt": "fmt", "CLI": "CLI11", "systemd": "systemd", "libxml": "libxml2", "gmime": "GMime", "unicode": "ICU",
             "httplib.h": "httplib", "sodium.h": "libsodium", "catch2": "Catch2"}


@dataclass(frozen=True)
class Folder:
    """What the files of one folder may include besides the standard library and the folder itself."""
    ours: tuple = ()          # folders or single headers of the project
    libraries: tuple = ()     # in any file
    sources_only: tuple = ()  # libraries for .cpp files; costly or private to the folder
    one_file: tuple = ()      # libraries that exactly one .cpp file may include
    system: bool = True       # POSIX and Linux headers (<unistd.h>, <sys/…>): whether the folder may do I/O


#: A file belongs to the longest of these that it lies under.
FOLDERS = {
    "config": Folder(sources_only=("JSON",)),
    "ews/model": Folder(system=False),
    "ews/codec": Folder(ours=("ews/model",), sources_only=("expat",), system=False),
    "ews/spool": Folder(ours=("ews/model",)),
    "ews/http": Folder(ours=("ews/model",), libraries=("curl",), sources_only=("OpenSSL", "JSON")),
    "storage": Folder(ours=("ews/model",), sources_only=("JSON",), one_file=("RocksDB",)),
    # Decisions are made of facts alone; the hashes that tell contents apart are OpenSSL's.
    "actors/logic": Folder(ours=("ews/model", "storage/records.hpp", "storage/marks.hpp", "storage/store.hpp", "config/policy.hpp"), one_file=("OpenSSL",),
                           system=False),
    "actors": Folder(ours=("ews/model", "storage", "config", "actors/logic"), libraries=("CAF",), sources_only=("OpenSSL",)),
    "actors/ews": Folder(ours=("actors", "actors/logic/back_off.hpp", "ews", "config"), libraries=("CAF",), sources_only=("OpenSSL",)),
    "daemon": Folder(ours=("actors", "ews", "storage", "config"), libraries=("CAF",),
                     sources_only=("JSON", "OpenSSL", "CLI11", "systemd", "curl", "fmt"), one_file=("spdlog", "libsodium")),
    # The judge shares nothing with what it judges.
    "tests/exchange_sim": Folder(libraries=("JSON", "libxml2", "GMime", "OpenSSL"), sources_only=("httplib", "CLI11"), one_file=("ICU",)),
    # What users did is known from the simulator alone; the daemon's code and records are no witness.
    "tests/simulate/model": Folder(ours=("tests/exchange_sim",), sources_only=("JSON",), system=False),
    "tests": Folder(ours=("actors", "ews", "storage", "config", "daemon", "tests"), libraries=tuple(LIBRARIES.values())),
}

#: Exceptions to the table, by what is included: cheap declarations that headers may have as well.
CHEAP_HEADERS = {"nlohmann/json_fwd.hpp": "JSON"}

#: The top level is given; nothing else may grow there.
TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "Makefile", "README.md", "CHANGELOG.md", "LICENSE", ".clang-format", ".clang-tidy",
             ".gitignore", ".ci", "docs", "actors", "config", "daemon", "ews", "storage", "systemd", "tests"}

#: Files longer than this hold more than one thing.
LONGEST = 600
