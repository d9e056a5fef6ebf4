#include "actors/sync_round.hpp"

#include "actors/folder_pairs.hpp"
#include "actors/logic/naming.hpp"

#include <algorithm>
#include <utility>

// Which folder pair is which, and which of them nobody looks after.
namespace exsyncd {

bool sync_round::is_off(const folder_pair_id& name) const {
  const auto& off = options().off;
  return std::any_of(off.begin(), off.end(),
                     [&](const folder_pair_id& f) { return name == f || name.value.starts_with(f.value + "/"); });
}

void sync_round::name_anew() {
  logic::naming_question what;
  what.known = known_.folders;
  for (const auto& f : known_.folders)
    if (is_off(f.folder_pair)) what.looked_after.insert(f.folder_pair);
  for (const auto& f : question_.folders)
    what.looked_after.insert(f.name);
  std::map<folder_pair_id, logic::placed_folder_pair> placed;
  for (const auto& b : binding_.folders) {
    auto& p = placed[b.folder_pair];
    p.name = b.folder_pair;
    p.mailboxes[b.side] = b.mailbox;
    p.folders[b.side] = b.folder;
  }
  for (auto& [name, p] : placed)
    what.placed.push_back(std::move(p));
  rename_folder_pairs call{pair_id{options().settings.name}, logic::names_by_folders(what)};
  if (call.names.empty()) return leave_unattended();
  const std::map<folder_pair_id, folder_pair_id> names(call.names.begin(), call.names.end());
  const auto rename = [&](folder_pair_id& name) {
    if (const auto at = names.find(name); at != names.end()) name = at->second;
  };
  for (const auto& [from, to] : names) {
    const bool is_kept_only = !what.looked_after.contains(to);
    options().context.log({log_level::info,
                           is_kept_only ? "its name is that of other folders now: what was known as \"" + from.value +
                                              "\" is kept under this one"
                                        : "it is what was known as \"" + from.value + "\", by its folders",
                           options().settings.name,
                           to.value,
                           {},
                           {}});
    // What could not be looked for below another one is this.
    std::erase_if(question_.folders, [&, &from = from](const arbitrated_folder& f) {
      const auto& all = options().settings.folders;
      return f.name == from && !placed.contains(from) &&
             std::none_of(all.begin(), all.end(), [&](const auto& named) { return named.name == from.value; });
    });
  }
  for (auto& f : known_.folders)
    rename(f.folder_pair);
  for (auto& [name, since] : known_.brakes.unattended)
    rename(name);
  auto& leases = self_->state.leases.mine;
  for (auto& [name, lease] : std::exchange(leases, {})) {
    rename(lease.folder_pair);
    leases.try_emplace(lease.folder_pair, lease);
  }
  self_->request(options().ledger, ledger_patience, std::move(call))
      .then([me = shared_from_this()](const stored&) { me->leave_unattended(); },
            [self = self_](const caf::error& e) { self->quit(e); });
}

/// What leaves a folder pair from now on is not told before it is looked after again, however long that takes.
void sync_round::leave_unattended() {
  leave_pair call{pair_id{options().settings.name}, options().context.wall_clock(), {}};
  const auto configured = folder_pairs_of(options().settings, known_.folders);
  for (const auto& f : known_.folders) {
    const auto is_this = [&](const auto& other) { return other.first == f.folder_pair; };
    const auto& noted = known_.brakes.unattended;
    const auto stands = [&](const arbitrated_folder& other) { return other.name == f.folder_pair; };
    const bool is_here = find_folder_pair(configured, f.folder_pair) && !apart_.contains(f.folder_pair);
    if (f.side == side::primary && !is_here && !is_off(f.folder_pair) &&
        std::none_of(question_.folders.begin(), question_.folders.end(), stands) &&
        std::none_of(noted.begin(), noted.end(), is_this))
      call.folders.push_back(f.folder_pair);
  }
  if (call.folders.empty() || unread_below_) return guard();
  self_->request(options().ledger, ledger_patience, leave_pairs{{std::move(call)}})
      .then([me = shared_from_this()](const stored&) { me->guard(); },
            [self = self_](const caf::error& e) { self->quit(e); });
}

} // namespace exsyncd
