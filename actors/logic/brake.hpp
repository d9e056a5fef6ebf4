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
  /// All of them are merely not in a list that was read from the beginning: nobody was seen taking them away.
  bool absent = false;
  /// And the folder is another one than that in which they were: how that is told.
  std::string another_folder = {};
};

/// Stand in the reason where what is missing was not seen leaving: then nothing is ever deleted, whatever an
/// administrator decides.
inline constexpr std::string_view another_mailbox = "it is another mailbox than before";
inline constexpr std::string_view another_folder = "it is another folder than before";
inline constexpr std::string_view listed_anew = "it was listed from the beginning";

/// Why the folder pair is to be frozen: at least three items have left and none stays; of at least ten, more than half
/// have left; or anything at all while nobody looked.
std::optional<std::string> brake(const leaving&);

/// The same for a whole pair: more than `most` deletes in a day, with those that are carried over already.
std::optional<std::string> brake_of_day(std::uint64_t left, std::uint64_t deleted_today, std::uint64_t most);

} // namespace exsyncd::logic
