#include "storage/rocksdb_engine.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace exsyncd {
namespace {

using kind = enum storage_failure::kind;

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}

std::string_view view(const rocksdb::Slice& s) {
  return {s.data(), s.size()};
}

bool mentions(const std::string& text, std::initializer_list<std::string_view> words) {
  for (auto word : words)
    if (text.find(word) != std::string::npos) return true;
  return false;
}

/// RocksDB tells most of what went wrong with a file in words only: those of strerror and of its own messages.
kind kind_of(const rocksdb::Status& status) {
  if (status.IsNoSpace()) return kind::full;
  if (status.IsCorruption() || status.IsNotFound()) return kind::damaged;
  const auto text = status.ToString();
  if (mentions(text, {"lock hold by current process", "While lock file"})) return kind::locked;
  if (mentions(text, {"No space left", "Disk quota exceeded"})) return kind::full;
  if (mentions(text, {"Permission denied", "Read-only file system", "Not a directory", "not permitted"}))
    return kind::not_writable;
  if (status.IsInvalidArgument() || mentions(text, {"No such file"})) return kind::damaged;
  return kind::other;
}

std::string advice(kind k) {
  switch (k) {
  case kind::locked:
    return "it is in use by another exsyncd: stop that one, or give this one a state directory of its own";
  case kind::damaged:
    return "its data base is damaged: restore it from a backup, or remove it; then everything is paired anew, and "
           "nothing is deleted. Either way pair.take_over spares the wait until the leases of before have run out";
  case kind::newer:
    return "it was written by a newer version: install that one again";
  case kind::not_writable:
    return "it cannot be written to: give it to the user that exsyncd runs as";
  case kind::full:
    return "its disk is full: make room. Nothing is lost: exsyncd does nothing that it could not remember, so it ends; "
           "it "
           "goes on once it is started again with room, which systemd tries every 30 seconds";
  case kind::other:
    return "its data base does not work";
  }
  return {};
}

storage_failure failure_at(const std::filesystem::path& directory, kind k, const std::string& detail) {
  // What the library says of a full disk is that, in other words.
  return {k, "state directory " + directory.string() + ": " + advice(k) + (k == kind::full ? "" : " (" + detail + ")")};
}

std::optional<storage_failure> make_directory(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (!error && !std::filesystem::is_directory(directory, error))
    error = std::make_error_code(std::errc::not_a_directory);
  // Subjects lie in it. systemd makes its own so; what is there for others already is taken back.
  if (!error) {
    std::error_code not_ours;
    using std::filesystem::perms;
    std::filesystem::permissions(directory, perms::group_all | perms::others_all, std::filesystem::perm_options::remove,
                                 not_ours);
  }
  if (!error && ::access(directory.c_str(), W_OK | X_OK) != 0) error = {errno, std::generic_category()};
  if (!error) return {};
  const bool full = error == std::errc::no_space_on_device;
  return failure_at(directory, full ? kind::full : kind::not_writable, error.message());
}

/// Thousands of pairs, mostly idle: little memory whatever the number of items.
rocksdb::Options options() {
  rocksdb::Options o;
  o.create_if_missing = true;
  o.write_buffer_size = 8 << 20;
  o.max_write_buffer_number = 2;
  o.max_open_files = 256;
  o.max_background_jobs = 2;
  o.keep_log_file_num = 2;
  o.max_log_file_size = 1 << 20;
  o.info_log_level = rocksdb::WARN_LEVEL;
  o.compression = rocksdb::kLZ4Compression;
  // A torn record at the end was never confirmed; a damaged one before it was, and must not be skipped.
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(8 << 20);
  table.cache_index_and_filter_blocks = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10)); // most ids that are looked up are new
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return o;
}

/// An open data base; closed with the last one who reads it.
struct open_base {
  std::unique_ptr<rocksdb::Env> env; // outlives the data base
  std::unique_ptr<rocksdb::DB> db;
};

class rocksdb_reader : public engine {
public:
  rocksdb_reader(std::filesystem::path directory, std::shared_ptr<open_base> base, const rocksdb::Snapshot* at)
      : directory_(std::move(directory)), base_(std::move(base)) {
    read_.snapshot = at;
  }

  std::optional<std::string> get(std::string_view key) const override {
    std::string value;
    const auto status = base_->db->Get(read_, slice(key), &value);
    if (status.ok()) return value;
    if (!status.IsNotFound()) remember(status);
    return {};
  }

  void scan(std::string_view prefix, const visitor& visit) const override {
    const std::unique_ptr<rocksdb::Iterator> at(base_->db->NewIterator(read_));
    for (at->Seek(slice(prefix)); at->Valid() && at->key().starts_with(slice(prefix)); at->Next())
      if (!visit(view(at->key()), view(at->value()))) return;
    if (!at->status().ok()) remember(at->status());
  }

  std::optional<storage_failure> failure() const override { return failure_; }

protected:
  void remember(const rocksdb::Status& status) const {
    if (!failure_) failure_ = failure_at(directory_, kind_of(status), status.ToString());
  }

  std::filesystem::path directory_;
  std::shared_ptr<open_base> base_;
  rocksdb::ReadOptions read_;
  mutable std::optional<storage_failure> failure_;
};

class rocksdb_snapshot : public rocksdb_reader {
public:
  rocksdb_snapshot(const std::filesystem::path& directory, const std::shared_ptr<open_base>& base)
      : rocksdb_reader(directory, base, base->db->GetSnapshot()) {}
  ~rocksdb_snapshot() override { base_->db->ReleaseSnapshot(read_.snapshot); }
  rocksdb_snapshot(const rocksdb_snapshot&) = delete;

  std::optional<storage_failure> write(const batch&) override {
    return storage_failure{kind::not_writable, "a snapshot is not written to"};
  }
  std::unique_ptr<engine> snapshot() const override { return std::make_unique<rocksdb_snapshot>(directory_, base_); }
};

class rocksdb_engine : public rocksdb_reader {
public:
  rocksdb_engine(std::filesystem::path directory, std::unique_ptr<rocksdb::Env> env, std::unique_ptr<rocksdb::DB> db)
      : rocksdb_reader(std::move(directory), std::make_shared<open_base>(open_base{std::move(env), std::move(db)}),
                       nullptr) {}

  std::optional<storage_failure> write(const batch& changes) override {
    if (failure_) return failure_;
    rocksdb::WriteBatch all;
    for (const auto& [key, value] : changes)
      if (value)
        all.Put(key, *value);
      else
        all.Delete(key);
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const auto status = base_->db->Write(synced, &all);
    if (status.ok()) return {};
    // No DB::Resume where the disk was full: tried before there is room, it makes the error a fatal one (seen with
    // RocksDB 7.8). Opening the directory again always works once there is room.
    return failure_at(directory_, kind_of(status), status.ToString());
  }

  std::unique_ptr<engine> snapshot() const override { return std::make_unique<rocksdb_snapshot>(directory_, base_); }
};

} // namespace

namespace {

/// RocksDB ends the process where the disk is full while it opens (seen with 7.8): there has to be room for what it
/// writes then.
std::optional<storage_failure> look_for_room(const std::filesystem::path& directory, rocksdb::Env& files) {
  constexpr std::size_t enough = 1 << 20;
  const auto name = (directory / "room.probe").string();
  std::unique_ptr<rocksdb::WritableFile> file;
  auto status = files.NewWritableFile(name, &file, {});
  if (status.ok()) status = file->Append(std::string(enough, '\1'));
  if (status.ok()) status = file->Sync();
  if (file) file->Close().PermitUncheckedError();
  files.DeleteFile(name).PermitUncheckedError();
  if (status.ok()) return {};
  return failure_at(directory, kind_of(status), status.ToString());
}

} // namespace

opened_engine open_rocksdb(const std::filesystem::path& directory, std::shared_ptr<rocksdb::FileSystem> files) {
  if (auto failed = make_directory(directory)) return *failed;
  auto with = options();
  std::unique_ptr<rocksdb::Env> env;
  if (files) {
    env = rocksdb::NewCompositeEnv(files);
    with.env = env.get();
  }
  if (auto failed = look_for_room(directory, *with.env)) return *failed;
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::Open(with, directory.string(), &opened);
  if (!status.ok()) return failure_at(directory, kind_of(status), status.ToString());
  return std::make_unique<rocksdb_engine>(directory, std::move(env), std::unique_ptr<rocksdb::DB>(opened));
}

} // namespace exsyncd
