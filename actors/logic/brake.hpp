#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

namespace exsyncd::logic {

/// Whether so many items of one folder vanished at once that an administrator shall look first: at least ten, and more
/// than half of those known. A folder that was emptied, a restored or migrated mailbox and a broken server look alike.
inline std::optional<std::string> brake(std::uint64_t vanished, std::uint64_t known) {
  if (vanished < 10 || vanished * 2 <= known) return {};
  return std::to_string(vanished) + " of " + std::to_string(std::max(known, vanished)) +
         " items vanished at once; nothing was deleted or created on the other side";
}

} // namespace exsyncd::logic
