#include "actors/folder_pairs.hpp"

#include "actors/ledger.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace exsyncd {
namespace {

/// The folder pair below which this one was found, by its name.
const folder_pair_settings* root_of(const folder_pair_id& name, const std::vector<folder_pair_settings>& in) {
  const folder_pair_settings* root = nullptr;
  for (const auto& f : in)
    if (f.include_subfolders && name.value.starts_with(f.name + "/") && (!root || root->name.size() < f.name.size()))
      root = &f;
  return root;
}

} // namespace

std::vector<folder_pair_settings> folder_pairs_of(const pair_settings& of, const std::vector<folder_side>& known) {
  auto result = of.folders;
  std::map<folder_pair_id, both<const folder_side*>> sides;
  for (const auto& f : known)
    sides[f.folder_pair][f.side] = &f;
  for (const auto& [name, at] : sides) {
    if (!at.primary || !at.replica || find_folder_pair(of.folders, name)) continue;
    const auto* root = root_of(name, of.folders);
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

std::vector<folder_pair_settings> looked_after_of(const pair_settings& of, const folder_sides_loaded& known) {
  std::set<std::string> is_wary, is_held;
  for (const auto& [name, since] : known.brakes.unattended)
    is_wary.insert(name.value);
  for (const auto& [name, why] : known.brakes.held)
    is_held.insert(name.value);
  auto result = folder_pairs_of(of, known.folders);
  std::erase_if(result, [&](const folder_pair_settings& f) {
    const folder_pair_id name{f.name};
    if (!is_wary.contains(f.name) || is_held.contains(f.name) || find_folder_pair(of.folders, name)) return false;
    return !is_wary.contains(root_of(name, of.folders)->name);
  });
  return result;
}

const folder_pair_settings* find_folder_pair(const std::vector<folder_pair_settings>& in, const folder_pair_id& name) {
  const auto at = std::find_if(in.begin(), in.end(), [&](const auto& f) { return f.name == name.value; });
  return at == in.end() ? nullptr : &*at;
}

} // namespace exsyncd
