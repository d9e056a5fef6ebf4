#pragma once

#include "actors/lease_keeper.hpp"
#include "config/sides.hpp"

#include <memory>

/// Who looks after folder pairs, for those who only look at them: nothing is written. A comparison and a dry run know
/// of what another daemon has only what is of former times.
namespace exsyncd {

/// The leases at the folders of one pair, as they come in.
class lease_look {
public:
  lease_look(std::vector<both<folder_side>> folders, leases_loaded ours);
  /// Those that can hold leases, in an order of their own.
  std::vector<folder_id> folders_of(side s) const;
  /// `found`: in the order of `folders_of`. What could not be read says nothing.
  void note(side s, const leases_read& found);
  /// The folder pairs that another daemon looks after, and how that is told.
  lease_failures elsewhere() const;

private:
  struct looked_at {
    both<folder_side> sides;
    bool is_ours = false;
    std::optional<failure> theirs = {};
  };
  std::vector<looked_at> all_;
  leases_loaded ours_;
};

/// Reads the leases of these folder pairs; `then` gets those that another daemon looks after.
template <class Self>
void look_for_leases_of_others(Self self, const ledger_actor& ledger, const both<mailbox_actor>& mailboxes,
                               std::vector<both<folder_side>> folders,
                               std::function<void(const lease_failures&)> then) {
  if (folders.empty()) return then({});
  const auto pair = folders.front().primary.pair;
  const auto nobody = [then](const caf::error&) { then({}); };
  const auto read = [=](side s, const std::shared_ptr<lease_look>& look, std::function<void()> next) {
    auto ids = look->folders_of(s);
    if (ids.empty()) return next();
    self->request(mailboxes[s], mailbox_patience, read_leases{std::move(ids)})
        .then(
            [=](const leases_read& found) {
              look->note(s, found);
              next();
            },
            nobody);
  };
  self->request(ledger, ledger_patience, load_leases{pair})
      .then(
          [=](leases_loaded& ours) {
            auto look = std::make_shared<lease_look>(folders, std::move(ours));
            read(side::primary, look, [=] { read(side::replica, look, [=] { then(look->elsewhere()); }); });
          },
          nobody);
}

} // namespace exsyncd
