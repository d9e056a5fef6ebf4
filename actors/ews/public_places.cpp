#include "actors/ews/public_places.hpp"

namespace exsyncd {

void public_places::learn(std::string_view id, const folder_id& in) {
  if (id.empty() || in.empty()) return;
  auto& there = folders_[in];
  const auto hash = std::hash<std::string_view>()(id);
  there.now.insert(hash);
  there.next.insert(hash);
}

void public_places::end_listing(const folder_id& folder) {
  auto& there = folders_[folder];
  there.now = std::exchange(there.next, {});
}

std::string public_places::content_of(const folder_id& folder) const {
  const auto at = folders_.find(folder);
  return at == folders_.end() ? std::string() : at->second.content;
}

folder_id public_places::folder_of(std::string_view id) const {
  const auto hash = std::hash<std::string_view>()(id);
  for (const auto& [folder, there] : folders_)
    if (there.now.contains(hash)) return folder;
  return {};
}

bool public_places::is_apart(const folder_id& folder) const {
  const auto content = content_of(folder), tree = content_of(root_);
  return !content.empty() && !tree.empty() && content != tree;
}

} // namespace exsyncd
