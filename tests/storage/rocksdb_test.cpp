#include "storage/keys.hpp"
#include "storage/rocksdb_engine.hpp"
#include "tests/storage/bench.hpp"

#include <catch2/catch.hpp>
#include <rocksdb/file_system.h>

#include <atomic>
#include <fcntl.h>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace exsyncd;
using namespace exsyncd::testing;
namespace fs = std::filesystem;

namespace {

using kind = enum storage_failure::kind;

std::unique_ptr<engine> must_open(const fs::path& directory, std::shared_ptr<rocksdb::FileSystem> files = {}) {
  auto opened = open_rocksdb(directory, std::move(files));
  if (auto* failed = std::get_if<storage_failure>(&opened)) FAIL(failed->what);
  return std::move(std::get<std::unique_ptr<engine>>(opened));
}

void must_refuse(const opened_engine& opened, kind why, const fs::path& directory) {
  const auto* failed = std::get_if<storage_failure>(&opened);
  REQUIRE(failed);
  INFO(failed->what);
  CHECK(failed->kind == why);
  CHECK(failed->what.find(directory.string()) != std::string::npos);
}

/// A disk that fills up and is cleared again by the test.
class small_disk : public rocksdb::FileSystemWrapper {
public:
  small_disk() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "small_disk"; }
  std::atomic<bool> full{false};

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override {
    if (full) return no_space();
    auto status = FileSystemWrapper::NewWritableFile(name, options, result, debug);
    if (status.ok()) *result = std::make_unique<file>(std::move(*result), full);
    return status;
  }

private:
  static rocksdb::IOStatus no_space() { return rocksdb::IOStatus::NoSpace("No space left on device"); }

  class file : public rocksdb::FSWritableFileOwnerWrapper {
  public:
    file(std::unique_ptr<rocksdb::FSWritableFile>&& of, const std::atomic<bool>& full)
        : FSWritableFileOwnerWrapper(std::move(of)), full_(full) {}
    using FSWritableFileOwnerWrapper::Append;
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      return full_ ? no_space() : FSWritableFileOwnerWrapper::Append(data, options, debug);
    }
    rocksdb::IOStatus Allocate(uint64_t offset, uint64_t length, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
      return full_ ? no_space() : FSWritableFileOwnerWrapper::Allocate(offset, length, options, debug);
    }

  private:
    const std::atomic<bool>& full_;
  };
};

fs::path first_file(const fs::path& directory, const std::string& suffix) {
  for (const auto& entry : fs::directory_iterator(directory))
    if (entry.path().string().ends_with(suffix) && fs::file_size(entry.path()) > 0) return entry.path();
  FAIL("no file like " << suffix);
  return {};
}

void overwrite(const fs::path& file, std::size_t at, const std::string& bytes) {
  std::fstream f(file, std::ios::in | std::ios::out | std::ios::binary);
  f.seekp(static_cast<std::streamoff>(at));
  f << bytes;
  REQUIRE(f.good());
}

} // namespace

TEST_CASE("What was written is there after reopening, what was removed is not", "[rocksdb]") {
  scratch_directory d;
  const auto deep = d.path() / "made" / "by exsyncd";
  {
    auto e = must_open(deep);
    REQUIRE_FALSE(e->write({{"a", "1"}, {"b", "2"}, {"bb", ""}, {"c", "3"}}));
    REQUIRE_FALSE(e->write({{"c", std::nullopt}, {"nothing", std::nullopt}, {"a", "4"}}));
  }
  auto e = must_open(deep);
  CHECK(e->get("a") == "4");
  CHECK_FALSE(e->get("c"));
  CHECK(e->get("bb") == "");
  std::vector<std::string> keys;
  e->scan("b", [&](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return true;
  });
  CHECK(keys == std::vector<std::string>{"b", "bb"});
  CHECK(contents_of(*e).size() == 3);
  std::size_t visited = 0;
  e->scan("", [&](auto, auto) { return ++visited < 2; });
  CHECK(visited == 2);
}

TEST_CASE("A snapshot shows what was there, whatever is written since, and outlives its engine", "[rocksdb]") {
  scratch_directory d;
  auto e = must_open(d.path());
  REQUIRE_FALSE(e->write({{"a", "1"}, {"b", "2"}}));
  const auto before = e->snapshot();
  REQUIRE_FALSE(e->write({{"a", "3"}, {"b", std::nullopt}}));
  e.reset();
  CHECK(before->get("a") == "1");
  CHECK(contents_of(*before).size() == 2);
  CHECK(before->write({{"c", "4"}}));
}

TEST_CASE("A second opener is refused", "[rocksdb]") {
  scratch_directory d;
  auto e = must_open(d.path());
  must_refuse(open_rocksdb(d.path()), kind::locked, d.path());
  e.reset();
  must_open(d.path());
}

TEST_CASE("A directory that another process has open is refused", "[rocksdb]") {
  scratch_directory d;
  must_open(d.path());
  int locked[2], done[2];
  REQUIRE(::pipe(locked) == 0);
  REQUIRE(::pipe(done) == 0);
  const auto name = (d.path() / "LOCK").string();
  const auto child = ::fork();
  if (child == 0) { // holds the lock as RocksDB does; no more than system calls, since the parent has threads
    struct flock whole {};
    whole.l_type = F_WRLCK;
    const int file = ::open(name.c_str(), O_RDWR);
    char byte = file >= 0 && ::fcntl(file, F_SETLK, &whole) == 0 ? 'y' : 'n';
    const bool told = ::write(locked[1], &byte, 1) == 1 && ::close(done[1]) == 0 && ::read(done[0], &byte, 1) == 0;
    ::_exit(told ? 0 : 1);
  }
  char byte = 'n';
  REQUIRE(::read(locked[0], &byte, 1) == 1);
  CHECK(byte == 'y');
  must_refuse(open_rocksdb(d.path()), kind::locked, d.path());
  ::close(done[1]);
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  must_open(d.path());
}

TEST_CASE("A file in place of the directory is refused", "[rocksdb]") {
  scratch_directory d;
  std::ofstream(d.path() / "state") << "a file";
  must_refuse(open_rocksdb(d.path() / "state"), kind::not_writable, d.path());
  must_refuse(open_rocksdb(d.path() / "state" / "below"), kind::not_writable, d.path());
}

TEST_CASE("A directory that cannot be written to is refused", "[rocksdb]") {
  scratch_directory d;
  fs::create_directory(d.path() / "state");
  fs::permissions(d.path(), fs::perms{0755});
  fs::permissions(d.path() / "state", fs::perms{0555});
  // Permissions stop nobody who is root: a child gives that up first.
  const auto child = ::fork();
  if (child == 0) {
    if (::getuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(2);
    const auto opened = open_rocksdb(d.path() / "state");
    const auto* failed = std::get_if<storage_failure>(&opened);
    ::_exit(failed && failed->kind == kind::not_writable ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("A full disk is told, and costs nothing that was confirmed", "[rocksdb]") {
  scratch_directory d;
  auto disk = std::make_shared<small_disk>();
  auto e = must_open(d.path(), disk);
  REQUIRE_FALSE(e->write({{"before", "1"}}));
  disk->full = true;
  for (int i = 0; i < 2; ++i) {
    const auto failed = e->write({{"during", "2"}, {"during too", "2"}});
    REQUIRE(failed);
    INFO(failed->what);
    CHECK(failed->kind == kind::full);
    CHECK(failed->what.find(d.path().string() + ": its disk is full: make room") != std::string::npos);
    CHECK(failed->what.find("IO error") == std::string::npos); // RocksDB's own words
  }
  CHECK(e->get("before") == "1");
  CHECK_FALSE(e->failure());
  disk->full = false;
  e.reset();
  e = must_open(d.path(), disk);
  CHECK(e->get("before") == "1");
  CHECK(e->get("during") == e->get("during too"));
  CHECK_FALSE(e->write({{"after", "3"}}));
  CHECK(e->get("after") == "3");
}

/// A disk with room for so many bytes more.
class filling_disk : public rocksdb::FileSystemWrapper {
public:
  explicit filling_disk(long room) : FileSystemWrapper(rocksdb::FileSystem::Default()), room_(room) {}
  const char* Name() const override { return "filling_disk"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override {
    auto status = FileSystemWrapper::NewWritableFile(name, options, result, debug);
    if (status.ok()) *result = std::make_unique<file>(std::move(*result), room_);
    return status;
  }

private:
  class file : public rocksdb::FSWritableFileOwnerWrapper {
  public:
    file(std::unique_ptr<rocksdb::FSWritableFile>&& of, std::atomic<long>& room)
        : FSWritableFileOwnerWrapper(std::move(of)), room_(room) {}
    using FSWritableFileOwnerWrapper::Append;
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      if ((room_ -= static_cast<long>(data.size())) < 0) return rocksdb::IOStatus::NoSpace("No space left on device");
      return FSWritableFileOwnerWrapper::Append(data, options, debug);
    }

  private:
    std::atomic<long>& room_;
  };
  std::atomic<long> room_;
};

TEST_CASE("A disk that fills up while the store is opened is told, and ends nothing", "[rocksdb]") {
  for (long room : {0, 10, 100, 1'000, 10'000, 100'000}) {
    scratch_directory d;
    must_refuse(open_rocksdb(d.path(), std::make_shared<filling_disk>(room)), kind::full, d.path());
  }
}

TEST_CASE("The state directory is its owner's alone, also where it was there for others", "[rocksdb]") {
  scratch_directory d;
  const auto inside = d.path() / "state";
  must_open(inside);
  CHECK((fs::status(inside).permissions() & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
  fs::permissions(inside, fs::perms::group_read | fs::perms::others_exec, fs::perm_options::add);
  must_open(inside);
  CHECK((fs::status(inside).permissions() & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
}

TEST_CASE("A disk that is full at the start is told", "[rocksdb]") {
  scratch_directory d;
  auto disk = std::make_shared<small_disk>();
  disk->full = true;
  must_refuse(open_rocksdb(d.path(), disk), kind::full, d.path());
}

TEST_CASE("A damaged data base is told, not repaired by forgetting", "[rocksdb]") {
  scratch_directory d;
  {
    auto e = must_open(d.path());
    for (int i = 0; i < 100; ++i)
      REQUIRE_FALSE(e->write({{"key" + std::to_string(i), std::string(1000, 'v')}}));
  }
  const std::string garbage(64, '\xa5');
  SECTION("its catalogue") {
    overwrite(first_file(d.path(), "CURRENT"), 0, "nonsense");
    must_refuse(open_rocksdb(d.path()), kind::damaged, d.path());
  }
  SECTION("the list of its files") {
    for (const auto& entry : fs::directory_iterator(d.path()))
      if (entry.path().filename().string().starts_with("MANIFEST")) overwrite(entry.path(), 10, garbage);
    must_refuse(open_rocksdb(d.path()), kind::damaged, d.path());
  }
  SECTION("the middle of its log") {
    overwrite(first_file(d.path(), ".log"), 40000, garbage);
    must_refuse(open_rocksdb(d.path()), kind::damaged, d.path());
  }
  SECTION("a table, found when it is read") {
    must_open(d.path()); // the log becomes a table
    overwrite(first_file(d.path(), ".sst"), 100, garbage);
    auto opened = open_rocksdb(d.path());
    if (std::holds_alternative<storage_failure>(opened)) {
      must_refuse(opened, kind::damaged, d.path());
      return;
    }
    auto& e = *std::get<std::unique_ptr<engine>>(opened);
    e.scan("", [](auto, auto) { return true; });
    REQUIRE(e.failure());
    CHECK(e.failure()->kind == kind::damaged);
    const auto refused = e.write({{"new", "1"}});
    REQUIRE(refused);
    CHECK(refused->kind == kind::damaged);
  }
}

TEST_CASE("What a crash tore at the end of the log was never confirmed", "[rocksdb]") {
  scratch_directory d;
  {
    auto e = must_open(d.path());
    REQUIRE_FALSE(e->write({{"first", "1"}}));
    REQUIRE_FALSE(e->write({{"second", std::string(5000, 'v')}}));
  }
  const auto log = first_file(d.path(), ".log");
  fs::resize_file(log, fs::file_size(log) - 100);
  auto e = must_open(d.path());
  CHECK(e->get("first") == "1");
  CHECK_FALSE(e->get("second"));
}

TEST_CASE("A data base of a newer exsyncd is left alone", "[rocksdb]") {
  scratch_directory d;
  auto e = must_open(d.path());
  REQUIRE_FALSE(e->write({{keys::format(), "exsyncd 1000"}}));
  store s(*e, [] { return std::string("t"); });
  const auto failed = s.open();
  REQUIRE(failed);
  CHECK(failed->kind == kind::newer);
}
