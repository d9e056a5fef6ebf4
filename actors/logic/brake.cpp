#include "actors/logic/brake.hpp"

namespace exsyncd::logic {
namespace {

constexpr std::uint64_t least_of_an_emptied_folder = 3;
constexpr std::uint64_t least_known_of_a_half = 10;

std::string counted(std::uint64_t n) {
  return std::to_string(n) + (n == 1 ? " item" : " items");
}

} // namespace

std::optional<std::string> brake(const leaving& now) {
  const auto known = now.left + now.stay;
  const bool emptied = now.left >= least_of_an_emptied_folder && now.stay == 0;
  const bool most_of_many = known >= least_known_of_a_half && now.left * 2 > known;
  if ((now.replaced || now.absent) && (emptied || most_of_many || (now.unattended && now.left > 0))) {
    const auto which = now.replaced                 ? std::string(another_mailbox)
                       : now.another_folder.empty() ? std::string(listed_anew)
                                                    : std::string(another_folder) + " (" + now.another_folder + ")";
    return which + ", and " + std::to_string(now.left) + " of " + counted(known) +
           " are not in it; nothing was done about them";
  }
  if (emptied || most_of_many)
    return std::to_string(now.left) + " of " + std::to_string(known) +
           " items vanished at once; nothing was deleted on the other side";
  if (now.unattended && now.left > 0)
    return counted(now.left) +
           " vanished while the folder pair was not looked after; nothing was deleted on the other side";
  return {};
}

std::optional<std::string> brake_of_day(std::uint64_t left, std::uint64_t deleted_today, std::uint64_t most) {
  if (left == 0 || left + deleted_today <= most) return {};
  return counted(left) + " vanished, after " + std::to_string(deleted_today) + " deletes today: more than " +
         std::to_string(most) + " in a day; nothing more was deleted on the other side";
}

} // namespace exsyncd::logic
