#include "tests/simulate/model/recorder.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace simulate::model {

namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

step::who actor_of(const exchange_sim::act_record& record, bool setting_up) {
  if (record.is_request) return step::who::daemon;
  if (is_one_of(record.name, {"recreate_folder", "recreate_mailbox", "touch_change_key", "invalidate_sync_states"}))
    return step::who::server;
  return setting_up ? step::who::transport : step::who::user;
}

/// Items change their places without being touched where a folder above them does.
bool moves_folders(std::string_view act) {
  return is_one_of(act, {"user_rename_folder", "user_move_folder", "UpdateFolder", "MoveFolder", "recreate_folder"});
}

} // namespace

std::string label_in(std::string_view text) {
  constexpr std::string_view word = "label-";
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    auto end = at + word.size();
    while (end < text.size() && text[end] >= '0' && text[end] <= '9')
      ++end;
    if (end > at + word.size()) return std::string(text.substr(at, end - at));
  }
  return {};
}

struct recorder::state {
  struct object {
    std::string server, mailbox; ///< as the simulator calls them
    std::uint64_t key = 0;
    std::uint64_t versions = 0;
    bool hidden = false;
    std::optional<snapshot> is;
  };

  model::history history;
  std::map<std::string, std::map<std::uint64_t, item_number>> numbers; ///< by mailbox, by key
  std::vector<object> objects;                                         ///< the number of the first is 1
  bool setting_up = false, rehearsing = false;

  object& at(item_number n) { return objects.at(n - 1); }
  const object& at(item_number n) const { return objects.at(n - 1); }

  item_number number_of(const std::string& box, std::uint64_t key) const {
    auto in = numbers.find(box);
    if (in == numbers.end()) return 0;
    auto found = in->second.find(key);
    return found == in->second.end() ? 0 : found->second;
  }

  item_number add(const exchange_sim::item_event& event, const std::string& box) {
    objects.push_back({event.server, event.mailbox, event.key, 0, false, std::nullopt});
    return numbers[box][event.key] = objects.size();
  }

  /// Whether a write of the daemon's has made another item of this one: its body has another label.
  bool is_another(const exchange_sim::act_record& record, item_number n) const {
    const auto& known = at(n);
    exchange_sim::item_now now;
    if (!record.is_request || !known.is || known.is->label.empty() ||
        !record.look(known.server, known.mailbox, known.key, now))
      return false;
    auto label = label_in(now.body);
    return !label.empty() && label != known.is->label;
  }

  /// The item that has taken the place of `n` under its id.
  item_number write_over(item_number n) {
    auto old = at(n);
    at(n).is.reset();
    objects.push_back({old.server, old.mailbox, old.key, 0, false, std::nullopt});
    auto fresh = static_cast<item_number>(objects.size());
    numbers[mailbox_name(old.server, old.mailbox)][old.key] = fresh;
    history.written_over[fresh] = n;
    return fresh;
  }

  /// Looks at the item anew; `contents_may_differ`: at what it says as well.
  void look(const exchange_sim::act_record& record, item_number n, bool contents_may_differ) {
    auto& known = at(n);
    exchange_sim::item_now now;
    if (!record.look(known.server, known.mailbox, known.key, now)) {
      known.is.reset();
      return;
    }
    known.hidden = now.associated;
    if (known.hidden) return;
    history.ids[now.id] = n;
    bool fresh = !known.is;
    if (fresh) known.is.emplace();
    auto& is = *known.is;
    is.mailbox = mailbox_name(known.server, known.mailbox);
    is.place = now.folder;
    is.read = now.read;
    if (!fresh && !contents_may_differ) return;
    if (is.label.empty()) is.label = label_in(now.body);
    history.labels[n] = is.label;
    const auto shown = now.shown();
    auto says = comparable(shown);
    is.meeting = shown.contains("appointment") && shown["appointment"].value("is_meeting", false);
    if (is.says && *is.says == says) return;
    is.says = std::make_shared<const contents>(std::move(says));
    is.version = ++known.versions;
  }
};

recorder::recorder() : state_(std::make_unique<state>()) {}
recorder::~recorder() = default;

void recorder::happened(const exchange_sim::act_record& record) {
  struct touched {
    item_number item;
    std::optional<snapshot> before;
    item_number copy_of = 0;
    bool contents = false;
  };
  std::vector<touched> changes;
  auto touch = [&](item_number n) -> touched& {
    auto found = std::find_if(changes.begin(), changes.end(), [n](const touched& t) { return t.item == n; });
    if (found != changes.end()) return *found;
    changes.push_back({n, state_->at(n).is});
    return changes.back();
  };
  step now;
  now.number = state_->history.steps.size() + 1;
  now.at = record.at;
  now.asked = record.asked;
  now.by = actor_of(record, state_->setting_up);
  now.act = record.name;
  now.mailbox = record.mailbox.empty() ? std::string() : mailbox_name(record.server, record.mailbox);
  // What a request told of tells the mailbox; its sender may be another.
  if (record.is_request && !record.events.empty())
    now.mailbox = mailbox_name(record.events.front().server, record.events.front().mailbox);
  now.answered = record.answered;
  now.rehearsed = record.is_request && state_->rehearsing;
  std::vector<std::pair<told::how, item_number>> answers;
  for (const auto& event : record.events) {
    using kind = exchange_sim::item_event::kind;
    auto box = mailbox_name(event.server, event.mailbox);
    auto n = state_->number_of(box, event.what == kind::moved ? event.before : event.key);
    switch (event.what) {
    case kind::created: {
      auto original = event.before == 0 ? 0 : state_->number_of(box, event.before);
      auto& made = touch(state_->add(event, box));
      made.copy_of = original;
      made.contents = true;
      break;
    }
    case kind::moved:
      if (n == 0) {
        touch(state_->add(event, box)).contents = true;
        break;
      }
      touch(n);
      state_->at(n).key = event.key;
      state_->numbers[box][event.key] = n;
      break;
    case kind::changed:
      if (n != 0) touch(n).contents = true;
      break;
    case kind::read_changed:
    case kind::removed:
      if (n != 0) touch(n);
      break;
    case kind::listed:
      if (n != 0) answers.emplace_back(told::how::listed, n);
      break;
    case kind::read:
      if (n != 0) answers.emplace_back(told::how::read, n);
      break;
    case kind::told_gone:
      if (n != 0) answers.emplace_back(told::how::gone, n);
      break;
    }
  }
  if (moves_folders(record.name))
    for (item_number n = 1; n <= state_->objects.size(); ++n)
      if (const auto& one = state_->at(n); one.is && one.is->mailbox == now.mailbox) touch(n);
  for (auto& change : changes) {
    if (change.contents && state_->is_another(record, change.item)) {
      now.effects.push_back({change.item, std::move(change.before), std::nullopt, 0});
      auto fresh = state_->write_over(change.item);
      state_->look(record, fresh, true);
      now.effects.push_back({fresh, std::nullopt, state_->at(fresh).is, 0});
      continue;
    }
    state_->look(record, change.item, change.contents);
    if (state_->at(change.item).hidden) continue;
    effect one{change.item, std::move(change.before), state_->at(change.item).is, change.copy_of};
    bool nothing = !one.before && !one.after;
    if (nothing) continue;
    if (one.made() || one.gone() || one.content_changed() || one.read_changed() || one.moved())
      now.effects.push_back(std::move(one));
  }
  for (auto [how, n] : answers) {
    const auto& known = state_->at(n);
    if (known.hidden) continue;
    told one{how, n};
    if (known.is && how != told::how::gone) {
      one.version = known.is->version;
      one.read_state = known.is->read;
      one.place = known.is->place;
    }
    now.told.push_back(std::move(one));
  }
  for (const auto& mail : record.mails)
    state_->history.mails.push_back(
        {mailbox_name(mail.server, mail.mailbox), mail.subject, mail.kind, now.number, !record.is_request});
  const bool rehearsed = now.rehearsed;
  bool takes_a_folder = is_one_of(now.act, {"delete_folder", "user_move_folder"});
  bool of_interest = !now.effects.empty() || !now.told.empty() || now.by == step::who::server || takes_a_folder;
  if (of_interest || !record.mails.empty()) state_->history.steps.push_back(std::move(now));
  if (record.list && !rehearsed)
    state_->history.listings.push_back({state_->history.steps.size(), mailbox_name(record.server, record.list->mailbox),
                                        record.list->folder, record.answered && !record.list->refused});
}

void recorder::administrator(instant at, std::string what, std::string pair,
                             std::shared_ptr<const settings> changed_to) {
  step now;
  now.number = state_->history.steps.size() + 1;
  now.at = now.asked = at;
  now.by = step::who::administrator;
  now.act = std::move(what);
  now.pair = std::move(pair);
  if (now.act == act::rehearsal) state_->rehearsing = true;
  if (now.act == act::rehearsal_over || now.act == act::crash) state_->rehearsing = false;
  now.changed_to = std::move(changed_to);
  state_->history.steps.push_back(std::move(now));
}

void recorder::answer_came_too_late(std::size_t steps_before, std::size_t lists_before) {
  auto& all = state_->history;
  for (auto n = steps_before; n < all.steps.size(); ++n)
    if (all.steps[n].by == step::who::daemon) all.steps[n].answered = false;
  for (auto n = lists_before; n < all.listings.size(); ++n)
    all.listings[n].came = false;
}

void recorder::removal_unanswered(const std::vector<std::string>& ids) {
  unanswered_removal now{state_->history.steps.size(), {}};
  for (const auto& id : ids)
    if (auto known = state_->history.ids.find(id); known != state_->history.ids.end())
      now.items.push_back(known->second);
  if (!now.items.empty() && !state_->rehearsing) state_->history.removals.push_back(std::move(now));
}

void recorder::setting_up(bool first_contents) {
  state_->setting_up = first_contents;
}

bool recorder::rehearsing() const {
  return state_->rehearsing;
}

const history& recorder::so_far() const {
  return state_->history;
}

final_contents recorder::contents_now() const {
  final_contents out;
  for (item_number n = 1; n <= state_->objects.size(); ++n)
    if (const auto& one = state_->at(n); one.is) out.push_back({n, *one.is});
  return out;
}

std::string recorder::label_of(const std::string& id) const {
  auto found = state_->history.ids.find(id);
  if (found == state_->history.ids.end()) return {};
  auto label = state_->history.labels.find(found->second);
  return label == state_->history.labels.end() ? std::string() : label->second;
}

} // namespace simulate::model
