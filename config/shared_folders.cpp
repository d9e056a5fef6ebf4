#include "config/shared_folders.hpp"

#include "config/document.hpp"
#include "config/sides.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace exsyncd {
namespace {

constexpr std::string_view root = "msgfolderroot";

/// What is left of the path of a place behind the one of another: "" where they are the same, "/a" where it lies below.
std::optional<std::string> behind(const std::string& above, const std::string& below) {
  if (above == below) return std::string();
  if (below.starts_with(above) && below[above.size()] == '/' && below[above.size() - 1] != '\\')
    return below.substr(above.size());
  // Distinguished folders lie below the root, whatever they are called there.
  if (above.ends_with("\n" + std::string(root))) {
    const auto mailbox = above.substr(0, above.size() - root.size());
    if (below.starts_with(mailbox)) return "/" + below.substr(mailbox.size());
  }
  return {};
}

struct places_of_one {
  std::string primary, replica;
};

/// What Exchange calls the distinguished folders in an English mailbox: "msgfolderroot/Inbox" is "inbox".
std::string by_its_own_name(const std::string& folder) {
  static const std::map<std::string, std::string> english{
      {"inbox", "inbox"},   {"calendar", "calendar"},    {"contacts", "contacts"},    {"tasks", "tasks"},
      {"drafts", "drafts"}, {"sent items", "sentitems"}, {"junk email", "junkemail"}, {"junk e-mail", "junkemail"}};
  const auto path = lower_case(folder);
  const auto above = std::string(root) + "/";
  if (!path.starts_with(above)) return path;
  const auto end = std::min(path.find('/', above.size()), path.size());
  const auto known = english.find(path.substr(above.size(), end - above.size()));
  return known == english.end() ? path : known->second + path.substr(end);
}

places_of_one places_of(const pair_settings& pair, const folder_pair_settings& f) {
  return {place_of(pair.primary, f.primary), place_of(pair.replica, f.replica)};
}

/// Whether `f` of `pair` keeps these two in step. What lies below it and has a folder pair of its own is that one's.
bool keeps_in_step(const pair_settings& pair, const folder_pair_settings& f, const places_of_one& these) {
  const auto own = places_of(pair, f);
  const auto at_primary = behind(own.primary, these.primary), at_replica = behind(own.replica, these.replica);
  if (!at_primary || at_primary != at_replica) return false;
  if (at_primary->empty()) return true;
  if (!f.include_subfolders) return false;
  return std::none_of(pair.folders.begin(), pair.folders.end(), [&](const folder_pair_settings& other) {
    const auto there = places_of(pair, other);
    const auto takes = [](const std::string& outer, const std::string& inner, const std::string& what) {
      return inner != outer && behind(outer, inner) && behind(inner, what);
    };
    return takes(own.primary, there.primary, these.primary) || takes(own.replica, there.replica, these.replica);
  });
}

/// What is not right is told for itself, and is no place.
bool is_whole(const pair_settings& pair, const folder_pair_settings& f) {
  const auto side_is = [](const side_settings& side, const std::string& folder) {
    return !side.server.url.empty() && !folder.empty() && (!side.mailbox.empty() || names_public_folder(folder));
  };
  return f.on && side_is(pair.primary, f.primary) && side_is(pair.replica, f.replica);
}

/// Whether two folder pairs of two pairs have two folders in common, one of which may lie below the other's.
bool share(const pair_settings& a, const folder_pair_settings& f, const pair_settings& b,
           const folder_pair_settings& g) {
  const auto of_f = places_of(a, f), of_g = places_of(b, g);
  const auto turned = [](const places_of_one& p) { return places_of_one{p.replica, p.primary}; };
  return keeps_in_step(a, f, of_g) || keeps_in_step(a, f, turned(of_g)) || keeps_in_step(b, g, of_f) ||
         keeps_in_step(b, g, turned(of_f));
}

} // namespace

std::string place_of(const side_settings& side, const std::string& folder) {
  // A public folder is the same one from whichever mailbox it is looked at.
  if (names_public_folder(folder)) return lower_case(side.server.url + "\n\n" + folder);
  return lower_case(side.server.url + '\n' + side.mailbox + '\n') + by_its_own_name(folder);
}

problems shared_with(const std::vector<pair_settings>& others, const pair_settings& pair) {
  problems found;
  for (const auto& f : pair.folders) {
    if (!is_whole(pair, f)) continue;
    for (const auto& other : others) {
      const auto g = std::find_if(other.folders.begin(), other.folders.end(), [&](const folder_pair_settings& g) {
        return is_whole(other, g) && share(pair, f, other, g);
      });
      if (g == other.folders.end()) continue;
      const bool below = f.include_subfolders || g->include_subfolders;
      found.push_back({path_of(path_of(path_of("pairs", pair.name), "folders"), f.name),
                       "pair \"" + other.name +
                           "\" keeps these folders in step with each other already (folder pair \"" + g->name +
                           (below ? "\", subfolders included" : "\"") +
                           "); two pairs on the same folders would copy each other's copies",
                       0, 0});
      break;
    }
  }
  return found;
}

} // namespace exsyncd
