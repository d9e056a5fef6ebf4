#pragma once

#include "actors/logic/match.hpp"
#include "tests/logic/builders.hpp"

#include <algorithm>
#include <string>
#include <vector>

/// Half twins, and what a matching has found in words.
namespace exsyncd::tests {

inline constexpr auto P = side::primary;
inline constexpr auto R = side::replica;
inline const logic::match_surroundings in_inbox{{folder_pair_id{"inbox"}}};

inline twin half(const std::string& id, side s, const std::string& message = "<m@example>",
                 const std::string& search = "") {
  twin t;
  t.id = twin_id{id};
  t.pair = pair_id{"jane"};
  t.folder_pair = folder_pair_id{"inbox"};
  t.seen[s] = seen_at(s, 30);
  t.seen[s]->item = item_id{"item of " + id};
  t.seen[s]->message_id = message_id{message};
  t.seen[s]->search_key = search_key{search};
  return t;
}

inline std::string in_words(const logic::matches& m) {
  std::vector<std::string> words;
  for (const auto& s : m.same)
    words.push_back(s.keep.value + "=" + s.from.value + "@" + name(s.side));
  for (const auto& h : m.held)
    words.push_back("held " + h.value);
  for (const auto& d : m.duplicates)
    words.push_back("duplicate " + d.value);
  for (const auto& r : m.redundant)
    words.push_back("redundant " + r.value);
  for (const auto& u : m.unread)
    words.push_back("read " + u.value);
  std::sort(words.begin(), words.end());
  std::string all;
  for (const auto& w : words)
    all += (all.empty() ? "" : "; ") + w;
  return all;
}

} // namespace exsyncd::tests
