#include "actors/folder_pairs.hpp"

#include <algorithm>
#include <map>

namespace exsyncd {

std::vector<folder_pair_settings> folder_pairs_of(const pair_settings& of, const std::vector<folder_side>& known) {
  auto result = of.folders;
  std::map<folder_pair_id, both<const folder_side*>> sides;
  for (const auto& f : known)
    sides[f.folder_pair][f.side] = &f;
  for (const auto& [name, at] : sides) {
    if (!at.primary || !at.replica || find_folder_pair(of.folders, name)) continue;
    const folder_pair_settings* root = nullptr;
    for (const auto& f : of.folders)
      if (f.include_subfolders && name.value.starts_with(f.name + "/") && (!root || root->name.size() < f.name.size()))
        root = &f;
    if (!root) continue; // what it was derived from is not configured any more
    auto derived = *root;
    derived.name = name.value;
    derived.primary = at.primary->path;
    derived.replica = at.replica->path;
    derived.include_subfolders = false;
    result.push_back(std::move(derived));
  }
  return result;
}

const folder_pair_settings* find_folder_pair(const std::vector<folder_pair_settings>& in, const folder_pair_id& name) {
  const auto at = std::find_if(in.begin(), in.end(), [&](const auto& f) { return f.name == name.value; });
  return at == in.end() ? nullptr : &*at;
}

} // namespace exsyncd
