#include "actors/logic/parts.hpp"

#include "actors/logic/decide.hpp"
#include "ews/model/field_hints.hpp"

#include <algorithm>
#include <map>

namespace exsyncd::logic {
namespace {

/// What tells an entry from another one: of an attachment its name, since a server may have its own idea of the type;
/// of an exception its occurrence.
std::string key_of(field f, const std::string& entry) {
  if (f == field::attachments) return entry.substr(0, entry.find('\t'));
  if (f == field::recurrence || f == hint::attachment_contents) return entry;
  const auto line = entry.substr(0, entry.find('\n'));
  const auto at = line.find('=');
  return at == std::string::npos ? line : line.substr(at + 1);
}

std::map<std::string, std::size_t> counted(field f, std::string_view value) {
  std::map<std::string, std::size_t> times;
  for (const auto& e : entries_of(f, value))
    ++times[key_of(f, e)];
  return times;
}

bool begins_one(std::string_view line) {
  return line.starts_with("deleted=") || line.starts_with("changed=");
}

} // namespace

std::vector<std::string> entries_of(field f, std::string_view value) {
  std::vector<std::string> all;
  if (f == field::recurrence && !value.empty()) return {std::string(value)};
  while (!value.empty()) {
    const auto end = std::min(value.find('\n'), value.size());
    const auto line = value.substr(0, end);
    value.remove_prefix(std::min(end + 1, value.size()));
    if (line.empty() || (f == hint::attachment_contents && line == "read")) continue;
    const bool goes_on = f == field::exceptions && !all.empty() && !begins_one(line) && begins_one(all.back());
    if (goes_on)
      all.back() += "\n" + std::string(line);
    else
      all.emplace_back(line);
  }
  return all;
}

std::vector<field> in_steps(item_class c, const std::vector<field>& written) {
  const auto writes = [&](field f) { return std::find(written.begin(), written.end(), f) != written.end(); };
  auto fields = parts_of(c);
  if (c == item_class::task && (writes(field::task_dates) || writes(field::progress)))
    fields.push_back(field::recurrence);
  std::erase_if(fields, [&](field f) { return !writes(f); });
  return fields;
}

std::vector<std::string> users_entries(const part_values& part, std::string_view there, bool done) {
  std::vector<std::string> users;
  if (part.field == field::attachments || part.field == hint::attachment_contents) {
    auto known = counted(part.field, part.wanted);
    if (!done)
      for (const auto* more : {&part.before, &part.kept})
        for (const auto& [name, times] : counted(part.field, *more))
          known[name] += times;
    auto all = entries_of(part.field, there);
    for (const auto& e : all)
      if (auto& left = known[key_of(part.field, e)]; left > 0)
        --left;
      else
        users.push_back(e);
    return users;
  }
  auto known = entries_of(part.field, part.wanted);
  if (!done)
    for (const auto* more : {&part.before, &part.kept})
      for (auto& e : entries_of(part.field, *more))
        known.push_back(std::move(e));
  for (auto& e : entries_of(part.field, there))
    if (std::find(known.begin(), known.end(), e) == known.end()) users.push_back(std::move(e));
  return users;
}

bool lacks_entries(const part_values& part, std::string_view there) {
  auto is = counted(part.field, there);
  for (const auto& [key, times] : counted(part.field, part.wanted))
    if (is[key] < times) return true;
  return false;
}

std::vector<std::string> disputed_entries(const part_values& part, const std::vector<std::string>& entries) {
  std::vector<std::string> disputed;
  if (part.field != field::exceptions) return disputed; // files of one name stand beside each other
  const auto wanted = counted(part.field, part.wanted);
  for (const auto& e : entries)
    if (wanted.contains(key_of(part.field, e))) disputed.push_back(e);
  return disputed;
}

bool is_taken_away(const part_values& part, std::string_view there) {
  if (part.field != field::attachments) return false;
  auto is = counted(part.field, there), was = counted(part.field, part.before);
  for (const auto& [key, times] : counted(part.field, part.wanted))
    if (is[key] < std::min(times, was[key])) return true;
  return false;
}

bool knows_files(const part_values* files) {
  return files && !files->before.empty() && !files->wanted.empty();
}

bool are_taken_away(const part_values& files, std::string_view there, bool all_came) {
  auto is = counted(files.field, there), was = counted(files.field, files.before);
  auto wanted = counted(files.field, files.wanted);
  for (const auto& [file, times] : counted(files.field, files.kept))
    wanted[file] += times;
  bool new_missing = false, old_missing = false;
  for (const auto& [file, times] : wanted) {
    if (is[file] < std::min(times, was[file])) return true;
    new_missing |= is[file] < times;
  }
  for (const auto& [file, times] : was)
    old_missing |= wanted[file] < times && is[file] < times;
  return new_missing && (old_missing || all_came);
}

std::vector<std::string> in_place_of_wanted(const part_values& files, std::string_view there,
                                            const std::vector<std::string>& users) {
  std::map<std::string, std::size_t> missing;
  auto is = counted(files.field, there);
  for (const auto& [file, times] : counted(files.field, files.wanted))
    if (is[file] < times) missing[file.substr(0, file.rfind('\t'))] += times - is[file];
  std::vector<std::string> in_place;
  for (const auto& file : users)
    if (auto& left = missing[file.substr(0, file.rfind('\t'))]; left > 0) {
      --left;
      in_place.push_back(file);
    }
  return in_place;
}

std::vector<std::string> names_of(const std::vector<std::string>& files, std::string_view names) {
  auto left = entries_of(field::attachments, names);
  std::vector<std::string> found;
  for (const auto& file : files) {
    const auto name = file.substr(0, file.rfind('\t'));
    const auto at =
        std::find_if(left.begin(), left.end(), [&](const auto& e) { return key_of(field::attachments, e) == name; });
    if (at == left.end()) continue;
    found.push_back(*at);
    left.erase(at);
  }
  return found;
}

std::string with_entries(field f, std::string_view value, const std::vector<std::string>& entries) {
  auto all = entries_of(f, value);
  for (const auto& e : entries) {
    if (f == field::exceptions)
      std::erase_if(all, [&](const std::string& old) { return key_of(f, old) == key_of(f, e); });
    all.push_back(e);
  }
  // As the codec sorts them: deleted occurrences first, each kind by its original start.
  std::sort(all.begin(), all.end(), [f](const std::string& a, const std::string& b) {
    const bool a_deleted = a.starts_with("deleted="), b_deleted = b.starts_with("deleted=");
    if (f == field::exceptions && a_deleted != b_deleted) return a_deleted;
    return a < b;
  });
  std::string text;
  for (const auto& e : all)
    text += (text.empty() ? "" : "\n") + e;
  return text;
}

} // namespace exsyncd::logic
