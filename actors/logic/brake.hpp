#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Whether so much has left at once that an administrator shall look first. A folder that somebody emptied by mistake,
/// a restored or migrated mailbox and a broken server look alike. What README and man page promise stands here.
namespace exsyncd::logic {

/// One side of a folder pair, by the items that both sides were agreed to have.
struct leaving {
  std::uint64_t left = 0; // to no other folder of the pair, and nobody has decided about it yet
  std::uint64_t stay = 0;
  /// Nobody looked after the folder pair when they left.
  bool unattended = false;
  /// The mailbox is another one than that in which they were: all of them are merely not in it.
  bool replaced = false;
};

/// Stands in the reason where a mailbox was replaced: then nothing is ever deleted, whatever an administrator decides.
inline constexpr std::string_view another_mailbox = "it is another mailbox than before";

/// Why the folder pair is to be frozen: at least three items have left and none stays; of at least ten, more than half
/// have left; or anything at all while nobody looked.
std::optional<std::string> brake(const leaving&);

/// The same for a whole pair: more than `most` deletes in a day, with those that are carried over already.
std::optional<std::string> brake_of_day(std::uint64_t left, std::uint64_t deleted_today, std::uint64_t most);

} // namespace exsyncd::logic
