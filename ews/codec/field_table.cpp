#include "ews/codec/field_table.hpp"

#include "ews/codec/field_rows.hpp"

#include <algorithm>

namespace exsyncd::ews {
namespace {

void write_path(xml_writer& out, const property_path& path) {
  if (const auto* uri = std::get_if<std::string_view>(&path))
    out.empty("t:FieldURI", {{"FieldURI", *uri}});
  else if (const auto* entry = std::get_if<indexed_uri>(&path))
    out.empty("t:IndexedFieldURI", {{"FieldURI", entry->uri}, {"FieldIndex", entry->index}});
  else
    write_property_name(out, std::get<extended_property>(path));
}

} // namespace

void update_writer::set(const property_path& path, const std::function<void(xml_writer&)>& value) {
  out_.open("t:SetItemField");
  write_path(out_, path);
  out_.open(element_);
  value(out_);
  out_.close(element_);
  out_.close("t:SetItemField");
}

void update_writer::set(const extended_property& which, std::string_view value) {
  set(property_path(which), [&](xml_writer& out) { write_property(out, which, value); });
}

void update_writer::erase(const property_path& path) {
  out_.open("t:DeleteItemField");
  write_path(out_, path);
  out_.close("t:DeleteItemField");
}

const field_row* class_fields::row_of(field which) const {
  const auto at = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.field == which; });
  return at == rows.end() ? nullptr : &*at;
}

const class_fields& fields_of(enum item_class which) {
  switch (which) {
  case item_class::contact:
    return contact_fields();
  case item_class::task:
    return task_fields();
  case item_class::appointment:
    return appointment_fields();
  case item_class::message:
  case item_class::other:
    break;
  }
  return mail_fields();
}

enum item_class class_of_element(std::string_view name) {
  if (name == "Contact") return item_class::contact;
  if (name == "Task") return item_class::task;
  if (name == "CalendarItem") return item_class::appointment;
  return name == "Message" ? item_class::message : item_class::other;
}

item_shape content_shape(enum item_class which, const schema_version& version) {
  item_shape shape;
  for (const auto& row : fields_of(which).rows)
    if (row.ask && row.held_by(version)) row.ask(shape, version);
  if (which == item_class::message || which == item_class::other) shape.uris.push_back("message:IsRead");
  return shape;
}

content read_content_of(const element& item) {
  content out;
  if (const auto* id = item.child("ItemId")) out.key = change_key(std::string(id->attribute("ChangeKey")));
  if (const auto* read = item.child("IsRead")) out.read = read->text == "true" || read->text == "1";
  const auto& table = fields_of(class_of_element(item.name));
  if (table.item_class == item_class::message) {
    const auto draft = item.text_of("IsDraft");
    out.draft = draft == "true" || draft == "1";
  }
  for (const auto& row : table.rows)
    if (auto value = row.read(item, out.draft); !value.empty()) out.fields.push_back({row.field, std::move(value)});
  std::sort(out.fields.begin(), out.fields.end(), [](const auto& a, const auto& b) { return a.field < b.field; });
  return out;
}

void write_parts(xml_writer& out, const std::vector<create_part>& parts, const std::vector<field_value>& fields,
                 const schema_version& version) {
  for (const auto& part : parts)
    for (const auto& f : fields)
      if (f.field == part.field && !f.value.empty()) part.write(out, f.value, version);
}

bool can_update(enum item_class which, field what, const schema_version& version) {
  const auto* row = fields_of(which).row_of(what);
  return row && row->update && row->held_by(version);
}

void write_updates(xml_writer& out, enum item_class which, const std::vector<field_value>& values,
                   const schema_version& version) {
  const auto& table = fields_of(which);
  const auto element_name = "t:" + std::string(table.element);
  update_writer writer(out, element_name, version);
  for (const auto& row : table.rows)
    for (const auto& f : values)
      if (f.field == row.field && row.update && row.held_by(version)) row.update(writer, f.value);
}

} // namespace exsyncd::ews
