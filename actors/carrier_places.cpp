#include "actors/carrier.hpp"

namespace exsyncd {

void carrier::set_read(std::vector<task> tasks, side target) {
  auto me = shared_from_this();
  std::vector<loaded> ready;
  for (auto& t : tasks)
    ready.push_back(
        {t, logic::intent_of(t.twin, std::get<logic::set_read_on>(t.verdict.what), new_intent(), now()), {}, {}, {}});
  begin(std::move(ready), [me, target](std::vector<loaded> open) {
    set_read_states request;
    std::vector<opened> intents;
    for (auto& l : open) {
      request.items.emplace_back(l.intent.item, *l.intent.read);
      intents.push_back({std::move(l.what), std::move(l.intent)});
    }
    me->write(target, std::move(request), intents,
              [me, intents](std::vector<write_outcome> outcomes) { me->conclude(intents, std::move(outcomes)); });
  });
}

void carrier::no_place(std::vector<task> tasks, const folder_pair_id& to) {
  aftermath after;
  for (const auto& t : tasks) {
    const failure why{reach::item,
                      retry::later,
                      {},
                      "no_folder_pair",
                      "the folder pair \"" + to.value +
                          "\" is not in the configuration any more, or cannot be used now",
                      "put the folder pair back into the configuration, or move the item into a folder that is paired"};
    // It waits for an administrator, as often as it takes.
    auto trouble = trouble_of(t, side::replica, why, false);
    trouble.banned = false;
    after.troubled.push_back({t.twin.id, std::move(trouble)});
    ++result_.failed;
  }
  store(std::move(after));
}

void carrier::move(std::vector<task> tasks, side target, const folder_pair_id& to) {
  auto me = shared_from_this();
  auto place = work_.where->find(to);
  if (place == work_.where->end()) return no_place(std::move(tasks), to);
  std::vector<loaded> ready;
  for (auto& t : tasks)
    ready.push_back(
        {t, logic::intent_of(t.twin, std::get<logic::move_on>(t.verdict.what), new_intent(), now()), {}, {}, {}});
  begin(std::move(ready), [me, target, folder = place->second[target]](std::vector<loaded> open) {
    move_items request{folder, {}};
    std::vector<opened> intents;
    for (auto& l : open) {
      request.items.push_back(l.intent.item);
      intents.push_back({std::move(l.what), std::move(l.intent)});
    }
    me->write(target, std::move(request), intents,
              [me, intents](std::vector<write_outcome> outcomes) { me->conclude(intents, std::move(outcomes)); });
  });
}

void carrier::remove(std::vector<task> tasks, side target) {
  auto me = shared_from_this();
  std::vector<loaded> ready;
  for (auto& t : tasks)
    ready.push_back(
        {t, logic::intent_of(t.twin, std::get<logic::remove_on>(t.verdict.what), new_intent(), now()), {}, {}, {}});
  begin(std::move(ready), [me, target](std::vector<loaded> open) {
    remove_items request;
    std::vector<opened> intents;
    for (auto& l : open) {
      request.items.push_back(l.intent.item);
      intents.push_back({std::move(l.what), std::move(l.intent)});
    }
    me->write(target, std::move(request), intents, [me, intents](std::vector<write_outcome> outcomes) {
      std::vector<std::pair<opened, item_id>> removed;
      aftermath after;
      for (std::size_t i = 0; i < intents.size(); ++i) {
        const auto* done = std::get_if<written>(&outcomes[i]);
        if (done && !done->id.empty() && !intents[i].intent.loses) removed.emplace_back(intents[i], done->id);
        me->conclude(intents[i], outcomes[i], after);
        if (!std::holds_alternative<unknown>(outcomes[i])) continue;
        ++me->in_flight_; // it ends as a batch of its own
        me->look_for_removed(intents[i]);
      }
      me->read_removed(std::move(removed), std::move(after));
    });
  });
}

} // namespace exsyncd
