#include "daemon/ctl/folder_trees.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace exsyncd::ctl {
namespace {

using nlohmann::json;

bool is_below(const std::string& path, const std::string& above) {
  return path.size() > above.size() && path.starts_with(above) && path[above.size()] == '/';
}

/// Exchange keeps what a folder is for as "IPF.Note" or "IPF.Note.Something"; of old ones, for mail, nothing. Empty
/// where it is for what exsyncd does not sync.
std::string kind_of(const std::string& folder_class) {
  constexpr std::array<std::string_view, 4> known{"IPF.Note", "IPF.Contact", "IPF.Task", "IPF.Appointment"};
  if (folder_class.empty()) return std::string(known[0]);
  for (const auto k : known)
    if (folder_class.starts_with(k) && (folder_class.size() == k.size() || folder_class[k.size()] == '.'))
      return std::string(k);
  return {};
}

std::vector<std::string> missing_in(const std::vector<known_folder>& there, const std::vector<known_folder>& from) {
  std::vector<std::string> result;
  for (const auto& f : there)
    if (std::none_of(from.begin(), from.end(), [&](auto& o) { return o.path == f.path; })) result.push_back(f.path);
  return result;
}

} // namespace

std::vector<known_folder> syncable(const json& told) {
  std::vector<known_folder> result;
  for (const auto& f : told.value("folders", json::array())) {
    known_folder one{f.value("path", ""), kind_of(f.value("class", "")), f.value("items", std::size_t{0})};
    const bool is_junk = one.path == "junkemail" || is_below(one.path, "junkemail"); // whoever wants it names it
    if (!one.path.empty() && !f.contains("left_out") && !one.kind.empty() && !is_junk) result.push_back(std::move(one));
  }
  return result;
}

trees_compared compare_trees(const std::vector<known_folder>& primary, const std::vector<known_folder>& replica,
                             bool subfolders_come_along) {
  trees_compared result;
  const auto comes_along = [&](const std::string& path) {
    return subfolders_come_along &&
           std::any_of(result.both.begin(), result.both.end(), [&](auto& b) { return is_below(path, b.path); });
  };
  for (const auto& p : primary) {
    const auto at =
        std::find_if(replica.begin(), replica.end(), [&](auto& r) { return r.path == p.path && r.kind == p.kind; });
    if (at != replica.end() && !comes_along(p.path)) result.both.push_back({p.path, p.items, at->items});
  }
  result.primary_only = missing_in(primary, replica);
  result.replica_only = missing_in(replica, primary);
  std::erase_if(result.primary_only, comes_along);
  std::erase_if(result.replica_only, comes_along);
  return result;
}

std::string name_of_folder_pair(const std::string& path, const json& folders) {
  std::string name;
  for (const char c : path.substr(path.find_last_of('/') + 1))
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.') name += c;
  if (name.empty() || std::isalnum(static_cast<unsigned char>(name[0])) == 0) name = "folder" + name;
  constexpr std::size_t longest = 60; // of 64, with a number behind it
  name.resize(std::min(name.size(), longest));
  auto unique = name;
  for (int i = 2; folders.contains(unique); ++i)
    unique = name + std::to_string(i);
  return unique;
}

} // namespace exsyncd::ctl
