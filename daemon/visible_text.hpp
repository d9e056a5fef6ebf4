#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace exsyncd {

/// One character of a text in UTF-8: its bytes, and whether it can do something to whoever reads it: a control
/// character (C0, C1), one that turns the direction of writing or breaks the line, or bytes that are no character.
struct text_character {
  std::string_view bytes;
  char32_t code = 0;
  bool is_harmful = false;
};

inline text_character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = byte(0) < 0x80 ? 1 : byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : byte(0) >= 0xc2 ? 2 : 0;
  const text_character broken{text.substr(0, 1), byte(0), true};
  if (length == 0 || length > text.size() || byte(0) > 0xf4) return broken;
  char32_t code = length == 1 ? byte(0) : byte(0) & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0u) != 0x80) return broken;
    code = code << 6 | (byte(i) & 0x3fu);
  }
  const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
  const bool direction = code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
                         (code >= 0x2066 && code <= 0x2069);
  const bool line = code == 0x2028 || code == 0x2029 || code == 0xfeff;
  return {text.substr(0, length), code, control || direction || line};
}

/// Calls `take` with each character in turn.
template <class Take>
void each_character_of(std::string_view text, Take take) {
  while (!text.empty()) {
    const auto c = first_character(text);
    take(c);
    text.remove_prefix(c.bytes.size());
  }
}

} // namespace exsyncd
