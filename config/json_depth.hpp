#pragma once

#include <cstddef>
#include <string_view>

namespace exsyncd {

/// Nothing that exsyncd reads nests deeper: what does is refused before it is parsed, since a tree of values is copied,
/// written and freed by functions that call themselves.
inline constexpr std::size_t deepest_json = 64;

/// Whether arrays and objects stand in one another deeper than that. Of a text that is no JSON it says anything.
inline bool nests_too_deep(std::string_view text, std::size_t most = deepest_json) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > most) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

} // namespace exsyncd
