#include "tests/model_tests/written_history.hpp"

namespace simulate::model::test {

namespace {

const std::string primary_box = "hq/jane@hq.example", replica_box = "branch/jane@branch.example";

std::string id_of(item_number n) {
  return "id-" + std::to_string(n);
}

} // namespace

written_history::written_history() {
  pair_settings jane;
  jane.name = "jane";
  jane.primary = primary_box;
  jane.replica = replica_box;
  jane.folders.resize(2);
  jane.folders[0].name = "inbox";
  jane.folders[0].primary = jane.folders[0].replica = "inbox";
  jane.folders[1].name = "projects";
  jane.folders[1].primary = "inbox/Projects";
  jane.folders[1].replica = "inbox/From HQ";
  given.pairs.push_back(jane);
}

void written_history::one_way(direction d, drift how) {
  for (auto& one : given.pairs[0].folders) {
    one.direction = d;
    one.drift = how;
  }
}

step& written_history::next(who by, const std::string& act, const std::string& mailbox) {
  step made;
  made.number = so_far.steps.size() + 1;
  made.at = made.asked = instant(std::chrono::seconds(1'767'600'000 + 10 * made.number));
  made.by = by;
  made.act = act;
  made.mailbox = mailbox;
  so_far.steps.push_back(made);
  return so_far.steps.back();
}

void written_history::put(step& at, item_number n, std::optional<snapshot> after) {
  effect what;
  what.item = n;
  if (auto was = now_.find(n); was != now_.end()) what.before = was->second;
  what.after = after;
  at.effects.push_back(what);
  if (after)
    now_[n] = *after;
  else
    now_.erase(n);
}

item_number written_history::makes(who by, side where, const std::string& label, const fields& says,
                                   const std::string& place) {
  auto n = ++last_;
  side_of_[n] = where;
  snapshot is;
  is.mailbox = where == side::primary ? primary_box : replica_box;
  is.place = place;
  is.label = label;
  is.version = 1;
  contents all{{"/class", "\"IPM.Note\""}, {"/draft", "false"}, {"/received", "\"2026-01-05T08:00:00Z\""}};
  for (const auto& [key, value] : says)
    if (value.empty())
      all.erase("/" + key);
    else
      all["/" + key] = value;
  is.says = std::make_shared<const contents>(all);
  so_far.ids[id_of(n)] = n;
  so_far.labels[n] = label;
  put(next(by, by == who::daemon ? "CreateItem" : "add_message", is.mailbox), n, is);
  return n;
}

item_number written_history::copies(who by, item_number from, const std::string& place) {
  auto is = now_.at(from);
  auto n = ++last_;
  side_of_[n] = side_of_[from];
  is.place = place;
  so_far.ids[id_of(n)] = n;
  so_far.labels[n] = is.label;
  auto& at = next(by, "user_copy", is.mailbox);
  put(at, n, is);
  at.effects.back().copy_of = from;
  return n;
}

void written_history::edits(who by, item_number n, const fields& says, bool answered) {
  auto is = now_.at(n);
  auto all = *is.says;
  for (const auto& [key, value] : says)
    if (value.empty())
      all.erase("/" + key);
    else
      all["/" + key] = value;
  is.says = std::make_shared<const contents>(all);
  ++is.version;
  auto& at = next(by, by == who::daemon ? "UpdateItem" : "user_edit", is.mailbox);
  at.answered = answered;
  put(at, n, is);
}

void written_history::moves(who by, item_number n, const std::string& place, const std::string& act) {
  auto is = now_.at(n);
  is.place = place;
  put(next(by, by == who::daemon ? "MoveItem" : act, is.mailbox), n, is);
}

void written_history::marks(who by, item_number n, bool read) {
  auto is = now_.at(n);
  is.read = read;
  put(next(by, by == who::daemon ? "UpdateItem" : "user_mark_read", is.mailbox), n, is);
}

void written_history::invites(item_number n) {
  auto is = now_.at(n);
  is.meeting = true;
  put(next(who::user, "user_edit_appointment", is.mailbox), n, is);
}

void written_history::deletes(who by, item_number n) {
  auto is = now_.at(n);
  is.place = "deleteditems";
  put(next(by, by == who::daemon ? "DeleteItem" : "user_delete", is.mailbox), n, is);
}

void written_history::purges(who by, item_number n) {
  put(next(by, by == who::daemon ? "DeleteItem" : "user_purge", now_.at(n).mailbox), n, std::nullopt);
}

void written_history::lists(item_number n, bool answered) {
  const auto& is = now_.at(n);
  auto& at = next(who::daemon, "SyncFolderItems", is.mailbox);
  at.answered = answered;
  at.told.push_back({told::how::listed, n, is.version, is.read, is.place});
  so_far.listings.push_back({so_far.steps.size(), is.mailbox, is.place, answered});
}

void written_history::list_fails(item_number n, const std::string& place) {
  so_far.listings.push_back({so_far.steps.size(), now_.at(n).mailbox, place, false});
}

void written_history::reads(item_number n) {
  const auto& is = now_.at(n);
  next(who::daemon, "GetItem", is.mailbox).told.push_back({told::how::read, n, is.version, is.read, is.place});
}

void written_history::tells_gone(item_number n) {
  auto& at = next(who::daemon, "SyncFolderItems", now_.at(n).mailbox);
  at.told.push_back({told::how::gone, n, 0, false, {}});
}

void written_history::administrator(const std::string& act) {
  next(who::administrator, act, "").pair = "jane";
}

item_number written_history::carried(item_number from, const std::string& place) {
  lists(from);
  reads(from);
  fields says;
  for (const auto& [path, value] : *now_.at(from).says)
    says[path.substr(1)] = value;
  auto twin = makes(who::daemon, other(side_of_.at(from)), now_.at(from).label, says, place);
  now_[twin].read = now_.at(from).read;
  so_far.steps.back().effects.back().after->read = now_.at(from).read;
  return twin;
}

void written_history::carries_edit(item_number from, item_number to) {
  lists(from);
  reads(from);
  fields says;
  for (const auto& [path, value] : *now_.at(from).says)
    says[path.substr(1)] = value;
  edits(who::daemon, to, says);
}

void written_history::lists_conflict(item_number n) {
  said.conflicts.push_back({"jane", {{id_of(n)}, ""}});
}

void written_history::bans(item_number n) {
  said.bans.push_back({"jane", {{id_of(n)}, ""}, "ErrorItemCorrupt"});
}

final_contents written_history::held_now() const {
  final_contents held;
  for (const auto& [n, is] : now_)
    held.push_back({n, is});
  return held;
}

std::vector<violation> written_history::verdict() const {
  return judge(given, so_far, held_now(), said, excuses);
}

std::vector<rule> written_history::broken() const {
  std::vector<rule> out;
  for (const auto& one : verdict())
    out.push_back(one.broken);
  return out;
}

std::string written_history::words() const {
  std::string out;
  for (const auto& one : verdict())
    out += std::string(name_of(one.broken)) + ": " + one.text + "\n";
  return out;
}

} // namespace simulate::model::test
