#include "ews/codec/field_table.hpp"

#include "ews/codec/dates.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace exsyncd::ews {
namespace {

// ---- canonical text
// --------------------------------------------------------------------------------------------------

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) {
    if (!out.empty()) out += '\n';
    out += line;
  }
  return out;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return out;
}

// ---- subject, body
// ---------------------------------------------------------------------------------------------------

std::string read_subject(const element& item, bool) {
  return std::string(trimmed(item.text_of("Subject")));
}
void write_subject(xml_writer& out, std::string_view value) {
  out.text("t:Subject", value);
}

/// "HTML\n…" or "Text\n…": the kind is part of the value, since it is written with it.
std::string read_body(const element& item, bool) {
  const auto* body = item.child("Body");
  if (!body) return {};
  std::string text;
  text.reserve(body->text.size());
  for (char c : body->text)
    if (c != '\r') text += c;
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
  std::string with_returns; // Exchange keeps text with CRLF
  for (char c : text) {
    if (c == '\n') with_returns += '\r';
    with_returns += c;
  }
  out.text("t:Body", with_returns, {{"BodyType", html ? "HTML" : "Text"}});
}

// ---- words
// -----------------------------------------------------------------------------------------------------------

std::string read_word(const element& item, std::string_view name) {
  const auto value = item.text_of(name);
  return value == "Normal" ? std::string() : std::string(value);
}
std::string read_importance(const element& item, bool) {
  return read_word(item, "Importance");
}
std::string read_sensitivity(const element& item, bool) {
  return read_word(item, "Sensitivity");
}
void write_importance(xml_writer& out, std::string_view value) {
  out.text("t:Importance", value.empty() ? "Normal" : value);
}
void write_sensitivity(xml_writer& out, std::string_view value) {
  out.text("t:Sensitivity", value.empty() ? "Normal" : value);
}

std::string read_categories(const element& item, bool) {
  std::vector<std::string> names;
  if (const auto* list = item.child("Categories"))
    for (const auto& c : list->children)
      if (const auto name = trimmed(c.text); !name.empty()) names.emplace_back(name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return joined(names);
}
void write_categories(xml_writer& out, std::string_view value) {
  out.open("t:Categories");
  for (auto name : lines_of(value))
    out.text("t:String", name);
  out.close("t:Categories");
}

// ---- flag
// ------------------------------------------------------------------------------------------------------------

/// "Flagged", "Flagged\nstart=…\ndue=…", "Complete\ncompleted=…"; empty: no flag.
struct flag_value {
  std::string status;
  std::optional<utc_seconds> start, due, completed;
};

std::string canonical(const flag_value& flag) {
  if (flag.status != "Flagged" && flag.status != "Complete") return {};
  std::string out = flag.status;
  const auto add = [&](std::string_view name, const std::optional<utc_seconds>& when) {
    if (when) out += "\n" + std::string(name) + "=" + write_date(*when);
  };
  if (flag.status == "Flagged") {
    add("start", flag.start);
    add("due", flag.due);
  } else {
    add("completed", flag.completed);
  }
  return out;
}

flag_value flag_of(std::string_view value) {
  flag_value out;
  for (auto line : lines_of(value)) {
    if (out.status.empty()) out.status = line;
    if (line.starts_with("start=")) out.start = parse_date(line.substr(6));
    if (line.starts_with("due=")) out.due = parse_date(line.substr(4));
    if (line.starts_with("completed=")) out.completed = parse_date(line.substr(10));
  }
  return out;
}

std::string read_flag(const element& item, bool) {
  flag_value out;
  const auto date = [](std::optional<std::string_view> text) { return text ? parse_date(*text) : std::nullopt; };
  if (const auto* flag = item.child("Flag")) {
    out.status = flag->text_of("FlagStatus");
    out.start = parse_date(flag->text_of("StartDate"));
    out.due = parse_date(flag->text_of("DueDate"));
    out.completed = parse_date(flag->text_of("CompleteDate"));
  } else if (const auto status = property_value(item, property::flag_status)) {
    // [MS-OXOFLAG] 2.2.1.1: 1 complete, 2 flagged
    out.status = *status == "2" ? "Flagged" : *status == "1" ? "Complete" : "";
    out.start = date(property_value(item, property::flag_start));
    out.due = date(property_value(item, property::flag_due));
    out.completed = date(property_value(item, property::flag_complete_time));
  }
  // MS-OXWSCORE R2002: start and due are set in pair; a server that holds only one of them compares like one that
  // was given both.
  if (out.start || out.due) {
    if (!out.start) out.start = out.due;
    if (!out.due) out.due = out.start;
  }
  return canonical(out);
}

void write_flag(xml_writer& out, std::string_view value) {
  const auto flag = flag_of(value);
  out.open("t:Flag");
  out.text("t:FlagStatus", flag.status.empty() ? "NotFlagged" : flag.status);
  if (flag.start) out.text("t:StartDate", write_date(*flag.start));
  if (flag.due) out.text("t:DueDate", write_date(*flag.due));
  if (flag.completed) out.text("t:CompleteDate", write_date(*flag.completed));
  out.close("t:Flag");
}

/// The same flag as properties: each with its value, or nothing where it must not be there.
std::vector<std::pair<extended_property, std::optional<std::string>>> flag_properties(std::string_view value) {
  const auto flag = flag_of(value);
  const auto date = [](const std::optional<utc_seconds>& when) -> std::optional<std::string> {
    return when ? std::optional(write_date(*when)) : std::nullopt;
  };
  const bool flagged = flag.status == "Flagged";
  const bool complete = flag.status == "Complete";
  using text = std::optional<std::string>;
  return {
      {property::flag_status, flagged    ? text("2")
                              : complete ? text("1")
                                         : text()},
      {property::flag_icon, flagged ? text("6") : text()}, // red: [MS-OXOFLAG] 2.2.1.2
      {property::flag_complete_time, complete ? date(flag.completed) : text()},
      {property::flag_start, flagged ? date(flag.start) : text()},
      {property::flag_due, flagged ? date(flag.due) : text()},
  };
}

// ---- addresses
// -------------------------------------------------------------------------------------------------------

/// "address" or, of a draft, "Name <address>"; of an entry without an address, its name.
std::string read_mailbox(const element& mailbox, bool with_name) {
  const auto name = trimmed(mailbox.text_of("Name"));
  const auto address = trimmed(mailbox.text_of("EmailAddress"));
  if (address.empty()) return std::string(name);
  if (!with_name) return lower(address);
  if (name.empty() || name == address) return std::string(address);
  return std::string(name) + " <" + std::string(address) + ">";
}

std::string read_mailboxes(const element& item, std::string_view name, bool draft) {
  std::vector<std::string> out;
  if (const auto* list = item.child(name))
    for (const auto& c : list->children)
      if (c.name == "Mailbox")
        if (auto line = read_mailbox(c, draft); !line.empty()) out.push_back(std::move(line));
  if (!draft) std::sort(out.begin(), out.end());
  return joined(out);
}

std::string read_to(const element& item, bool draft) {
  return read_mailboxes(item, "ToRecipients", draft);
}
std::string read_cc(const element& item, bool draft) {
  return read_mailboxes(item, "CcRecipients", draft);
}
std::string read_bcc(const element& item, bool draft) {
  return read_mailboxes(item, "BccRecipients", draft);
}
std::string read_reply_to(const element& item, bool draft) {
  return read_mailboxes(item, "ReplyTo", draft);
}
/// Of a draft the server writes its own mailbox here: nothing to compare.
std::string read_from(const element& item, bool draft) {
  return draft ? std::string() : read_mailboxes(item, "From", false);
}

void write_mailboxes(xml_writer& out, std::string_view name, std::string_view value) {
  out.open(name);
  for (auto line : lines_of(value)) {
    out.open("t:Mailbox");
    const auto angle = line.rfind(" <");
    if (angle != std::string_view::npos && line.ends_with(">")) {
      out.text("t:Name", line.substr(0, angle));
      out.text("t:EmailAddress", line.substr(angle + 2, line.size() - angle - 3));
    } else {
      out.text(line.find('@') == std::string_view::npos ? "t:Name" : "t:EmailAddress", line);
    }
    out.close("t:Mailbox");
  }
  out.close(name);
}
void write_to(xml_writer& out, std::string_view value) {
  write_mailboxes(out, "t:ToRecipients", value);
}
void write_cc(xml_writer& out, std::string_view value) {
  write_mailboxes(out, "t:CcRecipients", value);
}
void write_bcc(xml_writer& out, std::string_view value) {
  write_mailboxes(out, "t:BccRecipients", value);
}
void write_reply_to(xml_writer& out, std::string_view value) {
  write_mailboxes(out, "t:ReplyTo", value);
}

// ---- the rest
// --------------------------------------------------------------------------------------------------------

/// Of a draft this is the moment of its creation on this server: nothing to compare.
std::string read_sent(const element& item, bool draft) {
  const auto when = draft ? std::nullopt : parse_date(item.text_of("DateTimeSent"));
  return when ? write_date(*when) : std::string();
}

std::string read_draft(const element&, bool draft) {
  return draft ? "true" : "";
}

struct attachment_facts {
  std::string what; // "name\ttype"
  std::string size;
  auto operator<=>(const attachment_facts&) const = default;
};

std::vector<attachment_facts> attachments_of(const element& item) {
  std::vector<attachment_facts> out;
  if (const auto* list = item.child("Attachments"))
    for (const auto& a : list->children) {
      const bool is_item = a.name == "ItemAttachment";
      const auto type = a.text_of("ContentType");
      out.push_back({std::string(trimmed(a.text_of("Name"))) + "\t" +
                         (is_item ? "message/rfc822" : lower(trimmed(type.substr(0, type.find(';'))))),
                     std::string(a.text_of("Size"))});
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
std::string read_attachment_sizes(const element& item, bool) {
  std::vector<std::string> out;
  for (auto& a : attachments_of(item))
    out.push_back(std::move(a.size));
  return joined(out);
}

using when = settable_when;
constexpr std::array table{
    field_row{field::subject, "item:Subject", when::always, false, read_subject, write_subject},
    field_row{field::sensitivity, "item:Sensitivity", when::always, true, read_sensitivity, write_sensitivity, true},
    field_row{field::body, "item:Body", when::always, false, read_body, write_body},
    field_row{field::attachments, "item:Attachments", when::never, false, read_attachments, nullptr},
    field_row{field::attachment_sizes, {}, when::never, false, read_attachment_sizes, nullptr},
    field_row{field::categories, "item:Categories", when::always, true, read_categories, write_categories},
    field_row{field::importance, "item:Importance", when::always, true, read_importance, write_importance, true},
    field_row{field::draft, "item:IsDraft", when::never, false, read_draft, nullptr},
    field_row{field::sent, "item:DateTimeSent", when::never, false, read_sent, nullptr},
    field_row{field::flag, "item:Flag", when::always, true, read_flag, write_flag, true},
    field_row{field::to, "message:ToRecipients", when::draft, false, read_to, write_to},
    field_row{field::cc, "message:CcRecipients", when::draft, false, read_cc, write_cc},
    field_row{field::bcc, "message:BccRecipients", when::draft, false, read_bcc, write_bcc},
    field_row{field::from, "message:From", when::never, false, read_from, nullptr},
    field_row{field::reply_to, "message:ReplyTo", when::draft, false, read_reply_to, write_reply_to},
};

bool as_properties(const field_row& row, const schema_version& version) {
  return row.field == field::flag && !version.flag_element;
}

const field_value* value_of(const std::vector<field_value>& fields, field which) {
  const auto at = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.field == which; });
  return at == fields.end() ? nullptr : &*at;
}

} // namespace

std::span<const field_row> field_table() {
  return table;
}

const field_row& row_of(field which) {
  return *std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.field == which; });
}

item_shape content_shape(const schema_version& version) {
  item_shape shape;
  for (const auto& row : table) {
    if (as_properties(row, version)) {
      for (const auto& [which, value] : flag_properties({}))
        shape.properties.push_back(which);
    } else if (!row.uri.empty()) {
      shape.uris.push_back(row.uri);
    }
  }
  shape.uris.push_back("message:IsRead");
  return shape;
}

content read_content_of(const element& item) {
  content out;
  if (const auto* id = item.child("ItemId")) out.key = change_key(std::string(id->attribute("ChangeKey")));
  if (const auto* read = item.child("IsRead")) out.read = read->text == "true" || read->text == "1";
  const auto draft = item.text_of("IsDraft");
  out.draft = draft == "true" || draft == "1";
  for (const auto& row : table)
    if (auto value = row.read(item, out.draft); !value.empty()) out.fields.push_back({row.field, std::move(value)});
  std::sort(out.fields.begin(), out.fields.end(), [](const auto& a, const auto& b) { return a.field < b.field; });
  return out;
}

void write_fields_before_properties(xml_writer& out, const std::vector<field_value>& fields) {
  for (const auto& row : table)
    if (row.beside_mime && row.field != field::flag)
      if (const auto* f = value_of(fields, row.field); f && !f->value.empty()) row.write(out, f->value);
}

void write_fields_as_properties(xml_writer& out, const std::vector<field_value>& fields,
                                const schema_version& version) {
  const auto* flag = value_of(fields, field::flag);
  if (!flag || flag->value.empty() || version.flag_element) return;
  for (const auto& [which, value] : flag_properties(flag->value))
    if (value) write_property(out, which, *value);
}

void write_fields_after_properties(xml_writer& out, const std::vector<field_value>& fields,
                                   const schema_version& version) {
  const auto* flag = value_of(fields, field::flag);
  if (flag && !flag->value.empty() && version.flag_element) write_flag(out, flag->value);
}

void write_update(xml_writer& out, const field_value& f, const schema_version& version) {
  const auto& row = row_of(f.field);
  if (!row.write) return;
  const auto erase = [&](auto&& name) {
    out.open("t:DeleteItemField");
    name();
    out.close("t:DeleteItemField");
  };
  const auto set = [&](auto&& name, auto&& value) {
    out.open("t:SetItemField");
    name();
    out.open("t:Message");
    value();
    out.close("t:Message");
    out.close("t:SetItemField");
  };
  if (as_properties(row, version)) {
    for (const auto& [which, value] : flag_properties(f.value)) {
      const auto name = [&, &which = which] { write_property_name(out, which); };
      if (value)
        set(name, [&, &which = which, &value = value] { write_property(out, which, *value); });
      else
        erase(name);
    }
    return;
  }
  const auto name = [&] { out.empty("t:FieldURI", {{"FieldURI", row.uri}}); };
  if (f.value.empty() && !row.empty_is_set)
    erase(name);
  else
    set(name, [&] { row.write(out, f.value); });
}

} // namespace exsyncd::ews
