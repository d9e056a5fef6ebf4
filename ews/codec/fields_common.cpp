#include "ews/codec/canonical.hpp"
#include "ews/codec/dates.hpp"
#include "ews/codec/field_rows.hpp"
#include "ews/model/field_hints.hpp"

#include <algorithm>
#include <charconv>

namespace exsyncd::ews {
namespace {

std::function<void(item_shape&, const schema_version&)> asks(std::string_view uri) {
  return [uri](item_shape& shape, const schema_version&) { shape.uris.push_back(uri); };
}

/// "t:GivenName": the element as requests write it.
std::string written_name(std::string_view uri) {
  return "t:" + std::string(element_of(uri));
}

std::string read_strings(const element& item, std::string_view name) {
  std::vector<std::string> names;
  if (const auto* list = item.child(name))
    for (const auto& c : list->children)
      if (const auto text = trimmed(c.text); !text.empty()) names.emplace_back(text);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return joined(names);
}

void write_strings(xml_writer& out, std::string_view uri, std::string_view value) {
  const auto name = written_name(uri);
  out.open(name);
  for (auto line : lines_of(value))
    out.text("t:String", line);
  out.close(name);
}

/// "HTML\n…" or "Text\n…": the kind is part of the value, since it is written with it.
std::string read_body(const element& item, bool) {
  const auto* body = item.child("Body");
  if (!body) return {};
  const auto text = without_returns(body->text);
  const auto kept = trimmed(text);
  if (kept.empty()) return {};
  std::string out(body->attribute("BodyType"));
  out += '\n';
  out += kept;
  return out;
}

void write_body(xml_writer& out, std::string_view value) {
  const auto kind = value.substr(0, value.find('\n'));
  const bool html = kind == "HTML";
  const auto text = html || kind == "Text" ? value.substr(std::min(value.size(), kind.size() + 1)) : value;
  out.text("t:Body", with_returns(text), {{"BodyType", html ? "HTML" : "Text"}});
}

struct attachment_facts {
  std::string what; // "name\ttype"
  std::string size;
  std::string modified, id;
  auto operator<=>(const attachment_facts&) const = default;
};

std::string id_of_attachment(const element& a) {
  const auto* id = a.child("AttachmentId");
  return id ? std::string(id->attribute("Id")) : std::string();
}

std::vector<attachment_facts> attachments_of(const element& item) {
  std::vector<attachment_facts> out;
  if (const auto* list = item.child("Attachments"))
    for (const auto& a : list->children) {
      const bool is_item = a.name == "ItemAttachment";
      out.push_back({std::string(trimmed(a.text_of("Name"))) + "\t" +
                         (is_item ? "message/rfc822" : type_of_file(a.text_of("ContentType"))),
                     std::string(a.text_of("Size")), std::string(a.text_of("LastModifiedTime")), id_of_attachment(a)});
    }
  std::sort(out.begin(), out.end());
  return out;
}
std::string read_attachments(const element& item, bool) {
  std::vector<std::string> out;
  for (auto& a : attachments_of(item))
    out.push_back(std::move(a.what));
  return joined(out);
}
/// What tells a file from another one of its name and size: when it was attached.
std::string state_of(const attachment_facts& a) {
  return a.modified.empty() ? a.size : a.size + "@" + a.modified;
}
std::string read_attachment_sizes(const element& item, bool) {
  std::vector<std::string> out;
  for (const auto& a : attachments_of(item)) {
    if (a.size.empty()) return {}; // 2007 tells neither size nor time
    out.push_back(state_of(a));
  }
  return joined(out);
}
std::string read_attachment_ids(const element& item, bool) {
  std::vector<std::string> out;
  for (const auto& a : attachments_of(item))
    out.push_back(a.id);
  return joined(out);
}
std::string read_attachment_holder(const element& item, bool) {
  const auto* id = item.child("ItemId");
  return id && !attachments_of(item).empty() ? std::string(id->attribute("Id")) : std::string();
}

bool has_reminder(const element& item) {
  const auto set = trimmed(item.text_of("ReminderIsSet"));
  return set == "true" || set == "1";
}

std::string read_reminder_at(const element& item, bool) {
  const auto when = has_reminder(item) ? parse_date(item.text_of("ReminderDueBy")) : std::nullopt;
  return when ? "at=" + write_date(*when) : std::string();
}

std::string read_reminder_before_start(const element& item, bool) {
  if (!has_reminder(item)) return "none";
  return "minutes=" + std::string(item.word_of("ReminderMinutesBeforeStart"));
}

void write_reminder_is_set(xml_writer& out, std::string_view value) {
  out.text("t:ReminderIsSet", value.empty() || value == "none" ? "false" : "true");
}

/// The entries of a reminder: its time or distance first, so that the moment it is set it is right.
void update_reminder(update_writer& out, std::string_view value, std::string_view line, std::string_view uri) {
  if (const auto is = named_line(value, line)) out.set(uri, [&](xml_writer& x) { x.text(written_name(uri), *is); });
  out.set("item:ReminderIsSet", [&](xml_writer& x) { write_reminder_is_set(x, value); });
}

} // namespace

std::string_view element_of(std::string_view uri) {
  return uri.substr(uri.find(':') + 1);
}

std::string with_returns(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

std::string without_returns(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text)
    if (c != '\r') out += c;
  return out;
}

field_row row_with(field which, std::string_view uri, settable_when settable, std::string (*read)(const element&, bool),
                   void (*update)(update_writer&, std::string_view)) {
  field_row row{which, settable};
  row.ask = asks(uri);
  row.read = read;
  if (update) row.update = update;
  return row;
}

// ---- simple rows
// ------------------------------------------------------------------------------------------------------

field_row text_row(field which, std::string_view uri) {
  field_row row{which, settable_when::always};
  row.ask = asks(uri);
  row.read = [uri](const element& item, bool) {
    return std::string(trimmed(without_returns(item.text_of(element_of(uri)))));
  };
  row.update = [uri](update_writer& out, std::string_view value) {
    if (value.empty()) return out.erase(uri);
    out.set(uri, [&](xml_writer& x) { x.text(written_name(uri), with_returns(value)); });
  };
  return row;
}
create_part text_part(field which, std::string_view uri) {
  return {which, [uri](xml_writer& out, std::string_view value, const schema_version&) {
            out.text(written_name(uri), with_returns(value));
          }};
}

field_row strings_row(field which, std::string_view uri) {
  field_row row{which, settable_when::always};
  row.ask = asks(uri);
  row.read = [uri](const element& item, bool) { return read_strings(item, element_of(uri)); };
  row.update = [uri](update_writer& out, std::string_view value) {
    if (value.empty()) return out.erase(uri);
    out.set(uri, [&](xml_writer& x) { write_strings(x, uri, value); });
  };
  return row;
}
create_part strings_part(field which, std::string_view uri) {
  return {which,
          [uri](xml_writer& out, std::string_view value, const schema_version&) { write_strings(out, uri, value); }};
}

field_row number_row(field which, std::string_view uri) {
  field_row row{which, settable_when::always};
  row.ask = asks(uri);
  row.read = [uri](const element& item, bool) {
    const auto text = item.word_of(element_of(uri));
    long long number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number ? std::to_string(number) : std::string();
  };
  row.update = [uri](update_writer& out, std::string_view value) {
    if (value.empty()) return out.erase(uri);
    out.set(uri, [&](xml_writer& x) { x.text(written_name(uri), value); });
  };
  return row;
}
create_part number_part(field which, std::string_view uri) {
  return text_part(which, uri);
}

field_row word_row(field which, std::string_view uri, std::string_view default_word) {
  field_row row{which, settable_when::always};
  row.ask = asks(uri);
  row.read = [uri, default_word](const element& item, bool) {
    const auto word = item.word_of(element_of(uri));
    return word == default_word ? std::string() : std::string(word);
  };
  row.update = [uri, default_word](update_writer& out, std::string_view value) {
    out.set(uri, [&](xml_writer& x) { x.text(written_name(uri), value.empty() ? default_word : value); });
  };
  return row;
}
create_part word_part(field which, std::string_view uri) {
  return text_part(which, uri);
}

// ---- rows of several classes
// ------------------------------------------------------------------------------------------

field_row subject_row() {
  return text_row(field::subject, "item:Subject");
}
create_part subject_part() {
  return text_part(field::subject, "item:Subject");
}

field_row body_row() {
  return row_with(field::body, "item:Body", settable_when::always, read_body,
                  [](update_writer& out, std::string_view value) {
                    if (value.empty()) return out.erase("item:Body");
                    out.set("item:Body", [&](xml_writer& x) { write_body(x, value); });
                  });
}
create_part body_part() {
  return {field::body, [](xml_writer& out, std::string_view value, const schema_version&) { write_body(out, value); }};
}

field_row categories_row() {
  return strings_row(field::categories, "item:Categories");
}
create_part categories_part() {
  return strings_part(field::categories, "item:Categories");
}

field_row importance_row() {
  return word_row(field::importance, "item:Importance", "Normal");
}
create_part importance_part() {
  return word_part(field::importance, "item:Importance");
}

field_row sensitivity_row() {
  return word_row(field::sensitivity, "item:Sensitivity", "Normal");
}
create_part sensitivity_part() {
  return word_part(field::sensitivity, "item:Sensitivity");
}

field_row attachments_row() {
  return row_with(field::attachments, "item:Attachments", settable_when::never, read_attachments);
}
field_row replaceable_attachments_row() {
  return row_with(field::attachments, "item:Attachments", settable_when::always, read_attachments,
                  [](update_writer&, std::string_view) {});
}
field_row attachment_sizes_row() {
  field_row row{field::attachment_sizes};
  row.read = read_attachment_sizes; // out of the same list
  return row;
}
field_row attachment_ids_row() {
  field_row row{hint::attachment_ids};
  row.read = read_attachment_ids;
  return row;
}
field_row attachment_holder_row() {
  field_row row{hint::attachment_holder};
  row.read = read_attachment_holder;
  return row;
}

// ---- reminders
// -------------------------------------------------------------------------------------------------------

field_row reminder_at_row() {
  field_row row{field::reminder, settable_when::always};
  row.ask = [](item_shape& shape, const schema_version&) {
    shape.uris.insert(shape.uris.end(), {"item:ReminderDueBy", "item:ReminderIsSet"});
  };
  row.read = read_reminder_at;
  row.update = [](update_writer& out, std::string_view value) {
    update_reminder(out, value, "at", "item:ReminderDueBy");
  };
  return row;
}
create_part reminder_at_due_part() {
  return {field::reminder, [](xml_writer& out, std::string_view value, const schema_version&) {
            if (const auto at = named_line(value, "at")) out.text("t:ReminderDueBy", *at);
          }};
}

field_row reminder_before_start_row() {
  field_row row{field::reminder, settable_when::always};
  row.ask = [](item_shape& shape, const schema_version&) {
    shape.uris.insert(shape.uris.end(), {"item:ReminderIsSet", "item:ReminderMinutesBeforeStart"});
  };
  row.read = read_reminder_before_start;
  row.update = [](update_writer& out, std::string_view value) {
    update_reminder(out, value, "minutes", "item:ReminderMinutesBeforeStart");
  };
  return row;
}
create_part reminder_minutes_part() {
  return {field::reminder, [](xml_writer& out, std::string_view value, const schema_version&) {
            if (const auto minutes = named_line(value, "minutes")) out.text("t:ReminderMinutesBeforeStart", *minutes);
          }};
}
create_part reminder_is_set_part() {
  return {field::reminder,
          [](xml_writer& out, std::string_view value, const schema_version&) { write_reminder_is_set(out, value); }};
}

} // namespace exsyncd::ews
