#pragma once

#include "tests/exchange_sim/observer.hpp"
#include "tests/simulate/model/history.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>

namespace simulate::model {

/// Writes the history of a world down. Give it to world_options::watcher before anything is in the world:
///
///   simulate::model::recorder seen;
///   exchange_sim::world_options options{…};
///   options.watcher = &seen;
///   exchange_sim::world servers(options);
///   …
///   auto wrong = judge(settings, seen.so_far(), seen.contents_now(), statement);
///
/// It outlives the world. One recorder, one world; the world may be saved and loaded in between.
class recorder final : public exchange_sim::observer {
public:
  recorder();
  ~recorder() override;

  void happened(const exchange_sim::act_record&) override;

  /// Acts that are not the simulator's: `what` is one of namespace act, or words for the story.
  void administrator(instant at, std::string what, std::string pair = {},
                     std::shared_ptr<const settings> changed_to = nullptr);

  /// The daemon waits no more when the answer of a request comes, before which there were so many steps and lists.
  void answer_came_too_late(std::size_t steps_before, std::size_t lists_before);
  /// No whole answer came to a request of the daemon's to take away the items of these ids.
  void removal_unanswered(const std::vector<std::string>& ids);

  /// Until it is called again, what the simulator's user acts do is first contents and no act of a user's.
  void setting_up(bool first_contents);

  /// Whether a dry run is under way.
  bool rehearsing() const;

  const history& so_far() const;
  /// Every item that is there now, in every mailbox and folder.
  final_contents contents_now() const;
  /// The label of the item that has or had this id; empty: none.
  std::string label_of(const std::string& id) const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// What two servers can hold alike of an item, from what exchange-sim's `contents` shows of it.
contents comparable(const nlohmann::json& shown);

/// The first "label-" and digits of a text, or nothing.
std::string label_in(std::string_view text);

} // namespace simulate::model
