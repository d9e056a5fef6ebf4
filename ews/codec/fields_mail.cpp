#include "ews/codec/canonical.hpp"
#include "ews/codec/dates.hpp"
#include "ews/codec/field_rows.hpp"

#include <algorithm>

namespace exsyncd::ews {
namespace {

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

void update_flag(update_writer& out, std::string_view value) {
  if (out.version.flag_element) return out.set("item:Flag", [&](xml_writer& x) { write_flag(x, value); });
  for (const auto& [which, text] : flag_properties(value))
    if (text)
      out.set(which, *text);
    else
      out.erase(which);
}

field_row flag_row() {
  field_row row{field::flag, settable_when::always, true};
  row.ask = [](item_shape& shape, const schema_version& version) {
    if (version.flag_element)
      shape.uris.push_back("item:Flag");
    else
      for (const auto& [which, value] : flag_properties({}))
        shape.properties.push_back(which);
  };
  row.read = read_flag;
  row.update = update_flag;
  return row;
}

field_row beside_mime(field_row row) {
  row.beside_mime = true;
  return row;
}

field_row recipients_row(field which, std::string_view uri, std::string (*read)(const element&, bool)) {
  auto row = row_with(which, uri, settable_when::draft, read);
  row.update = [uri](update_writer& out, std::string_view value) {
    if (value.empty()) return out.erase(uri);
    out.set(uri, [&](xml_writer& x) { write_mailboxes(x, "t:" + std::string(element_of(uri)), value); });
  };
  return row;
}

create_part recipients_part(field which, std::string_view name) {
  return {which, [name](xml_writer& out, std::string_view value, const schema_version&) {
            write_mailboxes(out, name, value);
          }};
}

} // namespace

const class_fields& mail_fields() {
  static const class_fields table{
      item_class::message,
      "Message",
      {subject_row(), beside_mime(sensitivity_row()), body_row(), attachments_row(), attachment_sizes_row(),
       attachment_ids_row(), attachment_holder_row(), beside_mime(categories_row()), beside_mime(importance_row()),
       row_with(field::draft, "item:IsDraft", settable_when::never, read_draft),
       row_with(field::sent, "item:DateTimeSent", settable_when::never, read_sent), flag_row(),
       recipients_row(field::to, "message:ToRecipients", read_to),
       recipients_row(field::cc, "message:CcRecipients", read_cc),
       recipients_row(field::bcc, "message:BccRecipients", read_bcc),
       row_with(field::from, "message:From", settable_when::never, read_from),
       recipients_row(field::reply_to, "message:ReplyTo", read_reply_to)},
      // By its MIME a mail brings subject, body and addresses itself: those are of attached mails that come without.
      {subject_part(), sensitivity_part(), body_part(), categories_part(), importance_part()},
      {{field::flag,
        [](xml_writer& out, std::string_view value, const schema_version& version) {
          if (version.flag_element) return;
          for (const auto& [which, text] : flag_properties(value))
            if (text) write_property(out, which, *text);
        }}},
      {{field::flag,
        [](xml_writer& out, std::string_view value, const schema_version& version) {
          if (version.flag_element) write_flag(out, value);
        }},
       recipients_part(field::to, "t:ToRecipients"),
       recipients_part(field::cc, "t:CcRecipients"),
       recipients_part(field::bcc, "t:BccRecipients"),
       recipients_part(field::from, "t:From")}};
  return table;
}

} // namespace exsyncd::ews
