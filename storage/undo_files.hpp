#pragma once

#include "ews/model/item.hpp"
#include "storage/engine.hpp"
#include "storage/records.hpp"

#include <filesystem>
#include <variant>
#include <vector>

namespace exsyncd {

/// An item as it was before it was overwritten or deleted.
struct kept_item {
  /// All of it; of an update that is to put back single fields only, none.
  std::optional<carried_item> whole;
  std::vector<field_value> fields; // comparable values: of an update those that it overwrote
  std::vector<carried_attachment> attachments;
  /// Of the item and of what it was on the other side: by these it is found where its user has put it back himself.
  both<search_key> search_keys = {};
};

/// Items in files of their own, one for each undo_record, which only the owner may read. Any thread; one file is used
/// by one at a time.
class undo_files {
public:
  /// The directory is made with the first file.
  explicit undo_files(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// Bytes on disk; it is there when this returns.
  std::variant<std::uint64_t, storage_failure> keep(const undo_id& id, const kept_item& item) const;
  /// Large values stay in the file, which may be removed meanwhile.
  std::variant<kept_item, storage_failure> load(const undo_id& id) const;
  void remove(const undo_id& id) const;
  std::vector<undo_id> all() const;

private:
  std::filesystem::path directory_;
};

} // namespace exsyncd
