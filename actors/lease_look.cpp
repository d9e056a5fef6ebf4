#include "actors/lease_look.hpp"

#include <algorithm>

namespace exsyncd {
namespace {

bool can_hold_leases(const folder_side& f) {
  return !names_public_folder(f.path);
}

} // namespace

lease_look::lease_look(std::vector<both<folder_side>> folders, leases_loaded ours) : ours_(std::move(ours)) {
  for (auto& f : folders)
    all_.push_back({std::move(f)});
}

std::vector<folder_id> lease_look::folders_of(side s) const {
  std::vector<folder_id> ids;
  for (const auto& f : all_)
    if (can_hold_leases(f.sides[s])) ids.push_back(f.sides[s].folder);
  return ids;
}

void lease_look::note(side s, const leases_read& answer) {
  const auto* found = std::get_if<0>(&answer.outcome);
  if (!found) return;
  std::size_t n = 0;
  for (auto& f : all_) {
    if (!can_hold_leases(f.sides[s])) continue;
    if (n == found->size()) return;
    const auto* there = std::get_if<folder_state>(&(*found)[n++]);
    if (!there) continue;
    const auto& mate = f.sides[other(s)];
    for (const auto& l : logic::leases_in(there->leases)) {
      if (l.partner != logic::lease_key(mate.mailbox, mate.folder)) continue;
      const bool is_ours = std::any_of(ours_.leases.begin(), ours_.leases.end(), [&](const lease_record& r) {
        return r.folder_pair == mate.folder_pair && !l.nonce.empty() && (l.nonce == r.nonce || l.nonce == r.next);
      });
      if (is_ours)
        f.is_ours = true;
      else if (!logic::has_run_out(l, there->read_at, {}))
        f.theirs = looked_after_elsewhere(l, logic::short_form(ours_.installation));
    }
  }
}

lease_failures lease_look::elsewhere() const {
  lease_failures result;
  for (const auto& f : all_)
    if (f.theirs && !f.is_ours) result.emplace_back(f.sides.primary.folder_pair, *f.theirs);
  return result;
}

} // namespace exsyncd
