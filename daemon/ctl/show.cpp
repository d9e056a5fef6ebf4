#include "daemon/admin/methods.hpp"
#include "daemon/ctl/told_below.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <functional>
#include <map>
#include <set>

namespace exsyncd::ctl {
namespace {

using nlohmann::json;

/// A value in one cell.
std::string word(const json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return plain(value.get<std::string>());
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_float()) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2f", value.get<double>());
    return text.data();
  }
  if (value.is_array()) {
    std::string all;
    for (const auto& v : value)
      all += (all.empty() ? "" : ", ") + word(v);
    return all.empty() ? "-" : all;
  }
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json at(const json& row, const std::string& pointer) {
  const json::json_pointer where(pointer);
  return row.contains(where) ? row.at(where) : json();
}

colour colour_of_status(const std::string& status) {
  // "started, 1 folder pair frozen"
  if (status.find(',') != std::string::npos) return colour::yellow;
  if (status == "started") return colour::green;
  if (status == "error" || status == "frozen" || status == "banned") return colour::red;
  if (status == "throttled" || status == "paused" || status == "starting" || status == "resting") return colour::yellow;
  if (status == "stopped" || status == "off") return colour::dim;
  return colour::none;
}

struct column {
  enum class kind {
    word,
    count, // that may go where it is nought in each row
    size,  // bytes
    time,
    progress // how much is in step
  };
  const char* heading;
  const char* pointer;
  enum kind kind = kind::word;
};

/// Bytes in the unit that leaves them one to three digits before the point.
std::string size_word(const json& value) {
  if (!value.is_number()) return word(value);
  auto number = value.get<double>();
  const char* unit = "B";
  for (const auto* larger : {"kB", "MB", "GB", "TB"}) {
    if (number < 999.5) break;
    number /= 1000;
    unit = larger;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), *unit == 'B' ? "%.0f %s" : "%.1f %s", number, unit);
  return text.data();
}

/// The columns of the lists that people read most; other lists show what they hold.
const std::map<std::string, std::vector<column>>& columns() {
  static const std::map<std::string, std::vector<column>> known{
      {"pair.list",
       {{"PAIR", "/name"},
        {"STATUS", "/standing"},
        {"IN STEP", "", column::kind::progress},
        {"ITEMS", "/items/known"},
        {"WAITING", "/items/waiting"},
        {"SKIPPED", "/items/skipped", column::kind::count},
        {"BANNED", "/items/banned", column::kind::count},
        {"MODE", "/mode"},
        {"LAST SYNC", "/last_sync", column::kind::time},
        {"NEXT POLL", "/next_poll", column::kind::time}}},
      {"folder_pair.list",
       {{"PAIR", "/pair"},
        {"FOLDER", "/name"},
        {"STATUS", "/status"},
        {"IN STEP", "", column::kind::progress},
        {"PRIMARY", "/primary"},
        {"REPLICA", "/replica"},
        {"DIRECTION", "/direction"},
        {"ITEMS", "/items/known"},
        {"WAITING", "/items/waiting"},
        {"BANNED", "/items/banned", column::kind::count}}},
      {"server.list",
       {{"SERVER", "/name"},
        {"URL", "/url"},
        {"ACCESS", "/access"},
        {"VERSION", "/version"},
        {"DECLARED IN", "/declared_in"},
        {"USED BY", "/used_by"}}},
      {"ban.list",
       {{"STATE", "/state"},
        {"PAIR", "/pair"},
        {"FOLDER", "/folder"},
        {"SUBJECT", "/subject"},
        {"MB", "/size_mb"},
        {"OWNER", "/owner"},
        {"CODE", "/code"},
        {"SINCE", "/since", column::kind::time},
        {"ID", "/id"}}},
      {"conflict.list",
       {{"WHEN", "/when", column::kind::time},
        {"PAIR", "/pair"},
        {"FOLDER", "/folder"},
        {"SUBJECT", "/subject"},
        {"LOSER", "/loser"},
        {"REASON", "/reason"},
        {"FIELDS", "/fields"}}},
      {"pair.plan",
       {{"DO", "/do"},
        {"ON", "/on"},
        {"FOLDER", "/folder"},
        {"SUBJECT", "/subject"},
        {"FIELDS", "/what"},
        {"REASON", "/reason"}}},
      {"pair.verify",
       {{"DIFFERS", "/what"},
        {"FOLDER", "/folder"},
        {"SUBJECT", "/subject"},
        {"HOW", "/how"},
        {"EXPLAINED", "/explained"},
        {"REPAIR", "/repair"}}},
      {"undo.list",
       {{"WHEN", "/when", column::kind::time},
        {"PAIR", "/pair"},
        {"FOLDER", "/folder"},
        {"SUBJECT", "/subject"},
        {"DID", "/did"},
        {"ON", "/on"},
        {"FIELDS", "/fields"},
        {"SIZE", "/bytes", column::kind::size},
        {"LACKS", "/lacks"},
        {"ID", "/id"}}},
      {"undo.apply",
       {{"SUBJECT", "/subject"}, {"FOLDER", "/folder"}, {"ON", "/on"}, {"DONE", "/done"}, {"WHAT", "/what"}}},
      {"traffic.daily",
       {{"DAY", "/date"},
        {"ALL", "/bytes", column::kind::size},
        {"ITEMS", "/items_bytes", column::kind::size},
        {"POLLING", "/polling_bytes", column::kind::size},
        {"REQUESTS", "/requests"}}},
      {"traffic.monthly",
       {{"MONTH", "/month"},
        {"ALL", "/bytes", column::kind::size},
        {"ITEMS", "/items_bytes", column::kind::size},
        {"POLLING", "/polling_bytes", column::kind::size},
        {"REQUESTS", "/requests"}}},
      {"traffic.top",
       {{"TYPE", "/type"},
        {"SUBJECT", "/subject"},
        {"DATE", "/date", column::kind::time},
        {"UPDATED", "/updated", column::kind::time},
        {"ACCOUNT", "/account"},
        {"SIZE", "/size", column::kind::size},
        {"CONSUMPTION", "/consumption", column::kind::size},
        {"SYNCED", "/times_synced"},
        {"LINK", "/link"}}},
      {"allowance.list",
       {{"ID", "/id"},
        {"KIND", "/kind"},
        {"STATE", "/state"},
        {"FROM", "/from"},
        {"TO", "/to"},
        {"PAIRS", "/pairs"},
        {"BYTES", "/bytes", column::kind::size},
        {"LEFT", "/left", column::kind::size}}},
      {"server.folders",
       {{"FOLDER", "/path"},
        {"CLASS", "/class"},
        {"ITEMS", "/items"},
        {"UNREAD", "/unread"},
        {"LEFT OUT", "/left_out"}}},
      {"server.find_users", {{"NAME", "/name"}, {"ADDRESS", "/address"}, {"TYPE", "/type"}}},
      {"help", {{"METHOD", "/name"}, {"DOES", "/text"}}},
  };
  return known;
}

std::vector<column> columns_of(const std::string& method, const json& rows, std::vector<std::string>& keep) {
  if (const auto known = columns().find(method); known != columns().end()) return known->second;
  // In the order in which they turn up, plain values only.
  for (const auto& row : rows)
    for (const auto& [key, value] : row.items())
      if (!value.is_object() && std::find(keep.begin(), keep.end(), "/" + key) == keep.end()) keep.push_back("/" + key);
  std::vector<column> all;
  for (const auto& pointer : keep)
    all.push_back({pointer.c_str() + 1, pointer.c_str()});
  return all;
}

/// A new item is in step once its copy was read back, which comes after all have been written: what the running round
/// has written counts, so that the bar of a first synchronisation moves.
cell progress_of(const json& pair) {
  const auto items = pair.value("items", json::object()), round = pair.value("round", json::object());
  const auto known = items.value("known", std::size_t{0}), skipped = items.value("skipped", std::size_t{0});
  const auto whole = known - std::min(known, skipped);
  const auto written = round.value("running", false) ? round.value("writes", std::size_t{0}) : 0;
  const auto done = std::min(whole, items.value("in_step", std::size_t{0}) + written);
  // Of what could not be compared nobody knows whether it is in step: all of what is known is not all.
  if ((pair.contains("errors") || pair.contains("error")) && done == whole) return {"-"};
  return bar_cell(done, whole);
}

cell cell_of(const session& with, const column& c, const json& row) {
  switch (c.kind) {
  case column::kind::progress:
    return progress_of(row);
  case column::kind::size:
    return {size_word(at(row, c.pointer))};
  case column::kind::time:
    return time_cell(word(at(row, c.pointer)), with.now());
  case column::kind::word:
  case column::kind::count:
    break;
  }
  const std::string_view pointer = c.pointer;
  const bool is_standing = pointer == "/standing";
  // One whose settings are wrong has a status alone.
  const auto text = word(at(row, is_standing && !row.contains("standing") ? "/status" : c.pointer));
  const bool is_status = is_standing || pointer == "/status" || pointer == "/state";
  return {text, is_status ? colour_of_status(text) : colour::none};
}

std::string rows_as_table(const session& with, const std::string& method, const json& rows) {
  std::vector<std::string> names; // what the headings point at
  const auto wanted = columns_of(method, rows, names);
  std::vector<std::string> headings;
  for (const auto& c : wanted)
    headings.emplace_back(c.heading);
  table t(headings);
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (wanted[i].kind == column::kind::count) t.may_go(i);
  for (const auto& row : rows) {
    std::vector<cell> cells;
    for (const auto& c : wanted)
      cells.push_back(cell_of(with, c, row));
    t.row(std::move(cells));
  }
  return t.text(with.look);
}

/// What happened to items, and what to do, below their table.
std::string reasons_of(const session& with, const json& bans) {
  std::string text;
  for (const auto& b : bans) {
    if (!b.contains("message")) continue;
    text += paint(with.look, colour::bold, word(at(b, "/subject"))) + " (" + word(at(b, "/id")) +
            "): " + word(at(b, "/message")) + "\n";
    if (b.contains("hint")) text += "    → " + in_commands(word(at(b, "/hint"))) + "\n";
    if (at(b, "/link").is_string()) text += "    " + word(at(b, "/link")) + "\n";
  }
  return text.empty() ? text : "\n" + text;
}

std::string as_lines(const json& value, const std::string& indent) {
  std::string text;
  std::size_t width = 0;
  for (const auto& [key, child] : value.items())
    if (!child.is_structured()) width = std::max(width, width_of(key));
  const auto is_plain = [](const json& v) {
    return !v.is_structured() ||
           (v.is_array() && std::none_of(v.begin(), v.end(), [](auto& e) { return e.is_structured(); }));
  };
  for (const auto& [key, child] : value.items()) {
    const auto name = value.is_array() ? "-" : plain(key);
    if (is_plain(child))
      text += indent + fitted(name, std::max(width, width_of(name))) + "  " + word(child) + "\n";
    else if (child.empty())
      continue;
    else
      text += indent + name + "\n" + as_lines(child, indent + "  ");
  }
  return text;
}

std::string show_status(const session& with, const json& status) {
  const auto& pairs = status.at("pairs");
  std::string text = "exsyncd " + word(at(status, "/version")) + ", process " + word(at(status, "/pid")) + ", since " +
                     local_time(word(at(status, "/started")), with.now()) + "\n" + "configuration " +
                     word(at(status, "/configuration")) + ", state in " + word(at(status, "/state_directory")) + "\n" +
                     word(at(status, "/summary")) + "\n";
  if (!pairs.empty()) text += "\n" + rows_as_table(with, "pair.list", pairs);
  if (status.contains("kept_pairs"))
    text += "\nkept of pairs that are declared no more: " + word(status.at("kept_pairs")) + "\n    → " +
            in_commands("pair.delete forgets it") + "\n";
  return text + errors_of(with, pairs);
}

std::string show_items(const session& with, const json& result) {
  std::string text;
  for (const auto& i : result.at("items")) {
    const bool in_step = i.value("in_step", false);
    text += paint(with.look, in_step ? colour::green : colour::yellow, in_step ? "in step " : "not in step ") +
            paint(with.look, colour::bold, word(at(i, "/subject"))) + "  (" + word(at(i, "/class")) + ", " +
            word(at(i, "/pair")) + "/" + word(at(i, "/folder")) + ", id " + word(at(i, "/id")) + ")\n    " +
            word(at(i, "/why")) + "\n";
  }
  if (text.empty()) {
    text = "exsyncd knows no such item\n";
    for (const auto& u : result.value("unread", json::array())) {
      text += "what is new in " + word(at(u, "/pair")) + (u.contains("folder") ? "/" + word(at(u, "/folder")) : "") +
              " is not known: " + word(at(u, "/message")) + "\n";
      if (u.contains("hint")) text += "    → " + in_commands(word(at(u, "/hint"))) + "\n";
    }
    return text;
  }
  return text + (result.value("more", false) ? "… and more: say more of the subject, or --limit\n" : "");
}

std::string failures_as_lines(const session& with, const json& failures) {
  std::string text;
  for (const auto& e : failures) {
    const auto folder = e.value("folder", "");
    text +=
        (folder.empty() ? "" : paint(with.look, colour::red, plain(folder)) + ": ") + word(at(e, "/message")) + "\n";
    if (e.contains("hint")) text += "    → " + in_commands(word(at(e, "/hint"))) + "\n";
  }
  return text;
}

/// Every step of a dry run in one table, and below it what is no step.
std::string show_plan(const session& with, const json& plan) {
  auto rows = json::array();
  std::string rest;
  for (const auto& [name, folder] : plan.at("folders").items()) {
    for (auto step : folder.at("tasks")) {
      step["folder"] = name;
      step["what"] = step.contains("fields") ? step.at("fields") : step.value("to", json());
      rows.push_back(std::move(step));
    }
    if (folder.contains("not_named")) rest += plain(name) + ": " + word(folder.at("not_named")) + " more\n";
    if (folder.contains("frozen"))
      rest += paint(with.look, colour::red, plain(name)) + ": frozen: " + word(at(folder, "/frozen/reason")) +
              "\n    → " + in_commands(word(at(folder, "/frozen/hint"))) + "\n";
  }
  const auto changed = plan.value("folders_changed", json::object());
  for (const auto& [side, acts] : changed.items())
    for (const auto& a : acts)
      rest += "folder on " + plain(side) + ": " + word(at(a, "/do")) + " " + word(at(a, "/name")) + " (" +
              word(at(a, "/where")) + ")\n";
  rest += failures_as_lines(with, plan.at("errors")) + left_as_lines(plan, "");
  for (const auto* what : {"waiting", "banned"})
    if (plan.value(what, 0) > 0) rest += word(plan.at(what)) + " " + what + "\n";
  if (rows.empty()) return (changed.empty() ? "nothing is to be done\n" : "nothing is to be done with items\n") + rest;
  return rows_as_table(with, "pair.plan", rows) + rest;
}

/// What differs in one table; below it whether all is well.
std::string show_verification(const session& with, const json& found) {
  auto rows = found.at("differences");
  for (auto& row : rows) {
    if (row.contains("on"))
      row["how"] = "only on " + row.value("on", "");
    else if (row.contains("fields"))
      row["how"] = row.at("fields");
    else
      row["how"] = "primary: " + row.value("primary", "") + ", replica: " + row.value("replica", "");
  }
  auto text = rows.empty() ? std::string() : rows_as_table(with, "pair.verify", rows) + "\n";
  if (found.contains("not_named")) text += word(found.at("not_named")) + " more; --limit shows more\n";
  text += failures_as_lines(with, found.at("errors")) + left_as_lines(found, "");
  std::uint64_t unexplained = 0;
  for (const auto& [what, count] : found.at("counts").items())
    unexplained += count.get<std::uint64_t>();
  text += word(found.at("compared")) + " items were compared on both sides, " + word(found.at("waiting")) +
          " wait for a round; " +
          paint(with.look, unexplained == 0 ? colour::green : colour::red,
                std::to_string(unexplained) + " differences that should not be") +
          "\n";
  if (found.contains("mended"))
    text += word(found.at("mended")) + " of them are decided anew by the next round\n";
  else if (unexplained > 0)
    text += in_commands("pair.verify") + " --repair brings both in step\n";
  return text;
}

std::string show_allowances(const session& with, const json& all) {
  const auto& rows = all.at("allowances");
  auto text = rows.empty() ? std::string() : rows_as_table(with, "allowance.list", rows);
  if (all.contains("hint")) return text + in_commands(word(all.at("hint"))) + "\n";
  if (rows.empty()) text += "no code has been added: exsyncctl allowance add CODE\n";
  const auto state = word(at(all, "/state"));
  const bool is_well = state == "enough";
  return text + "\n" + word(at(all, "/month")) + ": " +
         paint(with.look,
               is_well                 ? colour::green
               : state == "on top-ups" ? colour::yellow
                                       : colour::red,
               state) +
         "; " + size_word(at(all, "/monthly/used")) + " of " + size_word(at(all, "/monthly/bytes")) + " used, " +
         size_word(at(all, "/top_ups/left")) + " left in top-ups; " + word(at(all, "/pairs/running")) +
         " pair(s) running, " + word(at(all, "/pairs/allowed")) + " allowed\n";
}

/// Lines that a reader needs whole, so they are no table.
std::string show_log(const session& with, const json& lines) {
  std::string text;
  for (const auto& line : lines)
    text += log_text(with.look, line, local_time(plain(line.value("time", "")), with.now())) + "\n";
  return text.empty() ? "none\n" : text;
}

/// The answers of methods that do something to things with names.
bool is_report(const json& rows) {
  return std::all_of(rows.begin(), rows.end(), [](auto& r) { return r.is_object() && r.contains("done"); });
}

std::string show_report(const session& with, const json& rows) {
  std::string text;
  for (const auto& r : rows) {
    const bool done = r.value("done", false);
    std::string name;
    for (const auto* key : {"server", "pair", "folder"})
      if (r.contains(key)) name += (name.empty() ? "" : "/") + word(r.at(key));
    text += (done ? paint(with.look, colour::green, "done") : paint(with.look, colour::red, "not done")) + "  " + name;
    if (r.contains("note")) text += ": " + word(at(r, "/note"));
    if (r.contains("error")) {
      text += ": " + word(at(r, "/error/message"));
      if (at(r, "/error/hint").is_string()) text += "\n    → " + in_commands(word(at(r, "/error/hint")));
    }
    for (const auto& s : r.value("stays", json::array())) {
      const auto folder = s.value("folder", "");
      text += "\n  " + paint(with.look, colour::yellow, "stays") + (folder.empty() ? "" : "  " + plain(folder)) + ": " +
              word(at(s, "/message"));
      if (s.contains("hint")) text += "\n    → " + in_commands(word(at(s, "/hint")));
    }
    text += "\n";
  }
  return text;
}

} // namespace

colour colour_of_level(const std::string& level) {
  if (level == "error") return colour::red;
  if (level == "warning") return colour::yellow;
  return level == "debug" ? colour::dim : colour::none;
}

std::string in_commands(const std::string& advice) {
  static const auto methods = admin::describe_methods();
  const auto is_part_of_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  std::string text = advice;
  for (const auto& m : methods) {
    const auto dot = m.name.find('.');
    if (dot == std::string::npos) continue;
    const auto command = "exsyncctl " + m.name.substr(0, dot) + " " + m.name.substr(dot + 1);
    for (auto at = text.find(m.name); at != std::string::npos; at = text.find(m.name, at + 1)) {
      const auto end = at + m.name.size();
      if ((at > 0 && (is_part_of_name(text[at - 1]) || text[at - 1] == '.')) ||
          (end < text.size() && is_part_of_name(text[end])))
        continue;
      text.replace(at, m.name.size(), command);
      at += command.size() - 1;
    }
  }
  return text;
}

std::string log_text(const style& look, const json& line, const std::string& time) {
  const auto level = line.value("level", "");
  auto text = time + " " + paint(look, colour_of_level(level), fitted(level, 7)) + " ";
  if (line.contains("pair"))
    text +=
        plain(line.value("pair", "")) + (line.contains("folder") ? "/" + plain(line.value("folder", "")) : "") + ": ";
  text += plain(line.value("text", ""));
  if (line.contains("item")) text += " «" + plain(line.value("item", "")) + "»";
  if (line.contains("code")) text += " (" + plain(line.value("code", "")) + ")";
  return text;
}

std::string shown(const session& with, const std::string& method, const json& result) {
  if (result.is_string()) return result.get<std::string>();
  if (method == "daemon.status") return show_status(with, result);
  if (method == "item.why") return show_items(with, result);
  if (method == "pair.verify") return show_verification(with, result);
  if (method == "pair.plan") return show_plan(with, result);
  if (method == "allowance.list") return show_allowances(with, result);
  if (method == "log.show") return show_log(with, result.at("lines"));
  if (method == "config.export") return result.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  // One list of objects is a table.
  const json* rows = nullptr;
  std::string rest;
  if (result.is_object())
    for (const auto& [key, value] : result.items()) {
      if (value.is_array() && rows == nullptr &&
          std::all_of(value.begin(), value.end(), [](auto& v) { return v.is_object(); }))
        rows = &value;
      else
        rest += key;
    }
  // What is said below a table, or of no matter beside it.
  static const std::set<std::string> beside{"",         "total", "more",    "month",           "root",
                                            "hintroot", "cut",   "cuthint", "not_looked_after"};
  if (rows == nullptr || !beside.contains(rest)) return as_lines(result, "");
  if (rows->empty()) return "none\n" + left_as_lines(result, "");
  if (is_report(*rows) && !columns().contains(method)) return show_report(with, *rows);
  auto text = rows_as_table(with, method, *rows);
  if (method == "pair.list") text += errors_of(with, *rows);
  text += left_as_lines(result, "");
  if (method == "ban.list") text += reasons_of(with, *rows);
  if (result.contains("hint")) text += in_commands(word(result.at("hint"))) + "\n";
  if (result.contains("total") && result.at("total") > rows->size())
    text += std::to_string(rows->size()) + " of " + word(result.at("total")) + "; --limit shows more\n";
  return text;
}

void tell(const session& with, const refusal& no) {
  std::string text = paint({with.look.colours, 0}, colour::red, "exsyncctl: ");
  if (no.problems.size() > 1) {
    text += std::to_string(no.problems.size()) + " things are wrong:\n";
    for (const auto& [path, why] : no.problems)
      text += "  " + plain(path) + ": " + plain(why) + "\n";
  } else {
    text += plain(no.message) + "\n";
  }
  if (!no.hint.empty()) text += "    → " + in_commands(plain(no.hint)) + "\n";
  std::fputs(text.c_str(), stderr);
}

void tell(const session& with, const unreachable& why) {
  tell(with, refusal{why.message, why.hint, "", {}});
}

/// A check that failed; or, of several things that were to be done, some were not.
bool something_is_wrong(const json& result) {
  if (!result.is_object()) return false;
  for (const auto* key : {"ok", "right"})
    if (const auto at = result.find(key); at != result.end() && *at == false) return true;
  const auto undone = [](const json& one) {
    return one.is_object() && one.contains("done") && one.at("done") == false;
  };
  return std::any_of(result.begin(), result.end(), [&](const json& value) {
    return value.is_array() && std::any_of(value.begin(), value.end(), undone);
  });
}

outcome call_and_show(const session& with, const std::string& method, const json& params) {
  connection to(with.socket);
  const auto answer = to.call(method, params);
  if (const auto* no = std::get_if<refusal>(&answer)) {
    tell(with, *no);
    return outcome::refused;
  }
  const auto& result = std::get<json>(answer);
  const auto text = with.json && !result.is_string() ? result.dump(2, ' ', false, json::error_handler_t::replace) + "\n"
                                                     : shown(with, method, result);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return something_is_wrong(result) ? outcome::refused : outcome::done;
}

} // namespace exsyncd::ctl
