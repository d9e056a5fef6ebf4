#pragma once

#include "storage/memory_engine.hpp"
#include "storage/records.hpp"

#include <map>
#include <set>
#include <string>

namespace simulate {

/// What its server calls an item: the daemon marks those of public folders.
std::string id_at_server(exsyncd::item_id);

/// A disk that remembers which items the daemon's conflicts are about: a conflict names a twin, and what both sides
/// have lost is forgotten with its ids.
class disk final : public exsyncd::memory_engine {
public:
  std::optional<exsyncd::storage_failure> write(const batch&) override;
  /// What it held once, as out of a backup.
  void put_back(contents once);
  const std::map<exsyncd::twin_id, std::set<std::string>>& ids_of_losers() const { return losers_; }

private:
  std::map<exsyncd::twin_id, std::set<std::string>> losers_;
};

} // namespace simulate
