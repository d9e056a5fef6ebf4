#pragma once

#include "tests/exchange_sim/world.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace exchange_sim {

/// One contact or task as a test mailbox holds it: what `world::add_item` takes.
struct seeded_item {
  item_edit content;
  std::vector<user_attachment> attached;
};

/// People from all over: one name to many lines of address, every dictionary entry, notes, birthdays, photos, files.
/// The same for the same seed; twelve in a row hold one of each kind.
std::vector<seeded_item> seed_contacts(std::size_t count, std::uint64_t seed);
/// Tasks of every status with their dates, reminders, recurring and regenerating ones, files, messages; days lie around
/// `today`.
std::vector<seeded_item> seed_tasks(std::size_t count, std::uint64_t seed, sys_time today);

} // namespace exchange_sim
