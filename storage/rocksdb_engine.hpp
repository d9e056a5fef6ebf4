#pragma once

#include "storage/engine.hpp"

#include <filesystem>
#include <memory>
#include <variant>

namespace rocksdb {
class FileSystem;
}

namespace exsyncd {

using opened_engine = std::variant<std::unique_ptr<engine>, storage_failure>;

/// Opens, or makes, the data base in this directory; a second opener is refused while the first one lives. Every write
/// is synced. Memory: some 30 MB whatever the size of the data. The failures' texts name the directory and tell the
/// administrator what to do. After a failed write, a full disk among them, nothing more is written until the directory
/// is opened again. `files` stands between it and the disk in tests.
opened_engine open_rocksdb(const std::filesystem::path& directory, std::shared_ptr<rocksdb::FileSystem> files = {});

} // namespace exsyncd
