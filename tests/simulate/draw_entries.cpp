// What administrators do to the entries of `folders`: another name, out and in again, a subfolder's own, another
// folder.
#include "tests/simulate/draw_addition.hpp"
#include "tests/simulate/draw_items.hpp"

namespace simulate {

using nlohmann::json;

namespace {

const char* class_of_kind(const std::string& kind) {
  return kind == "mail"       ? "IPF.Note"
         : kind == "contacts" ? "IPF.Contact"
         : kind == "tasks"    ? "IPF.Task"
                              : "IPF.Appointment";
}

std::int64_t later(addition& a, std::int64_t at, int most) {
  return at + a.d.between(1'000, most);
}

/// Users who act on the items of an entry at about a time: what they take away, edit or file then is easily lost.
void act_around(addition& a, const pair_plan& p, const folder_plan& f, std::int64_t from, std::int64_t to, int value) {
  item_drawer items(a.d, value);
  for (int n = a.d.between(3, 7); n > 0; --n) {
    const bool primary = p.direction == "bidirectional" ? a.d.chance(50) : p.direction == "primary_to_replica";
    std::vector<std::string> places{"msgfolderroot"};
    for (const auto& one : p.folders)
      if (one.kind == f.kind) places.push_back(primary ? one.primary : one.replica);
    json act = items.act(f.kind, places);
    if (a.d.chance(35)) act = {{"do", "delete"}, {"pick", a.d.below(1'000'000)}, {"kind", f.kind}};
    if (a.d.chance(20)) act = items.item(f.kind, primary ? f.primary : f.replica);
    const auto at = from - 60'000 + static_cast<std::int64_t>(a.d.below(static_cast<std::size_t>(to - from + 180'000)));
    a.add(std::max<std::int64_t>(at, 0), primary ? p.primary : p.replica, act);
  }
}

/// Another name, and for some the old one again.
void rename(addition& a, const pair_plan& p, const folder_plan& f, int n) {
  const auto at = a.some_time(), again = later(a, at, 300'000);
  const auto name = f.name + " renamed " + std::to_string(n);
  act_around(a, p, f, at, at, 13'000 + n * 100);
  a.add(at, "", {{"do", "rename entry"}, {"pair", p.name}, {"entry", f.name}, {"name", name}});
  if (a.d.chance(30))
    a.at_once(again, "", {{"do", "rename entry"}, {"pair", p.name}, {"entry", f.name}, {"name", f.name}});
}

/// Taken out, and put in again under another name: while the pair is stopped, or with rounds in between.
void out_and_in(addition& a, const pair_plan& p, const folder_plan& f, int n) {
  const bool stopped = a.d.chance(60);
  const auto at = a.some_time(), again = later(a, at, stopped ? 60'000 : 300'000);
  act_around(a, p, f, at, again, 14'000 + n * 100);
  if (stopped) a.at_once(at, "", {{"do", "stop"}, {"pair", p.name}});
  a.at_once(at + 500, "", {{"do", "take entry out"}, {"pair", p.name}, {"entry", f.name}});
  json back{{"do", "put entry back"}, {"pair", p.name}, {"entry", f.name}};
  back["name"] = a.d.chance(80) ? f.name + " once more " + std::to_string(n) : f.name;
  a.at_once(again, "", back);
  if (stopped) a.at_once(again + 500, "", {{"do", "start"}, {"pair", p.name}});
}

/// A subfolder of an entry gets one of its own, and for some that is taken out again.
void own_entry(addition& a, pair_plan& p, folder_plan& f, int n) {
  f.subfolders = true;
  const auto sub = "Own " + std::to_string(n);
  item_drawer items(a.d, 15'000 + n * 100);
  for (const bool primary : {true, false}) {
    const auto& who = primary ? p.primary : p.replica;
    const auto path = (primary ? f.primary : f.replica) + "/" + sub;
    a.at_once(-950, who, {{"do", "user_create_folder"}, {"path", path}, {"class", class_of_kind(f.kind)}});
    for (int each = a.d.between(1, 3); each > 0; --each)
      a.at_once(-900, who, items.item(f.kind, path));
  }
  const auto at = a.some_time(), again = later(a, at, 400'000);
  for (int each = a.d.between(2, 6); each > 0; --each) {
    const bool primary = a.d.chance(50);
    const auto path = (primary ? f.primary : f.replica) + "/" + sub;
    json act{{"do", "move"}, {"to", path}, {"pick", a.d.below(1'000'000)}, {"kind", f.kind}};
    if (a.d.chance(50)) act = {{"do", "delete"}, {"from", path}, {"pick", a.d.below(1'000'000)}, {"kind", f.kind}};
    a.add(a.some_time(), primary ? p.primary : p.replica, act);
  }
  json own{{"do", "give subfolder an entry"}, {"pair", p.name}, {"entry", f.name}, {"folder", sub}};
  own["name"] = "own " + std::to_string(n);
  a.add(at, "", own);
  if (a.d.chance(60))
    a.at_once(again, "", {{"do", "end entry of subfolder"}, {"pair", p.name}, {"name", own.at("name")}});
}

bool may_have_subfolders(const folder_plan& f) {
  return f.name == "inbox" || f.name == "friends" || f.name == "tasks";
}

} // namespace

void renamed_entries(addition& a) {
  auto& p = a.plan.world.pairs[0];
  for (int n = a.d.between(1, 3); n > 0; --n) {
    auto& f = p.folders[a.d.below(p.folders.size())];
    const int which = a.d.between(0, 99);
    if (which < 40 && may_have_subfolders(f))
      own_entry(a, p, f, n);
    else if (which < 65 || p.folders.size() < 2)
      rename(a, p, f, n);
    else
      out_and_in(a, p, f, n);
  }
}

/// An entry means another folder of one side for a while, in which something may lie.
void remapped_entries(addition& a) {
  auto& p = a.plan.world.pairs[0];
  p.direction = "bidirectional";
  const auto& f = a.d.one_of(p.folders);
  const bool primary = a.d.chance(50);
  const auto& who = primary ? p.primary : p.replica;
  const std::string elsewhere = "msgfolderroot/Elsewhere";
  a.at_once(-950, who, {{"do", "user_create_folder"}, {"path", elsewhere}, {"class", class_of_kind(f.kind)}});
  item_drawer items(a.d, 16'000);
  for (int n = a.d.between(0, 4); n > 0; --n)
    a.at_once(-900, who, items.item(f.kind, elsewhere));
  json act{{"do", "remap entry"}, {"pair", p.name}, {"entry", f.name}};
  act.update({{"side", primary ? "primary" : "replica"}, {"to", elsewhere}});
  for (int n = a.d.between(1, 2); n > 0; --n) {
    const auto at = a.some_time(), again = later(a, at, 400'000);
    act_around(a, p, f, at, again, 17'000 + n * 100);
    a.add(at, "", act);
    a.at_once(again, "", {{"do", "map entry back"}, {"pair", p.name}, {"entry", f.name}});
  }
}

} // namespace simulate
