#include "ews/codec/canonical.hpp"
#include "ews/codec/dates.hpp"
#include "ews/codec/field_rows.hpp"

#include <algorithm>
#include <array>

namespace exsyncd::ews {
namespace {

// ---- names
// -----------------------------------------------------------------------------------------------------------

/// A value that EWS has only read-only elements for (CompleteName, Phonetic…), as an extended property.
field_row property_row(field which, const extended_property& property) {
  field_row row{which, settable_when::always};
  row.ask = [&property](item_shape& shape, const schema_version&) { shape.properties.push_back(property); };
  row.read = [&property](const element& item, bool) {
    return std::string(trimmed(property_value(item, property).value_or("")));
  };
  row.update = [&property](update_writer& out, std::string_view value) {
    if (value.empty()) return out.erase(property);
    out.set(property, value);
  };
  return row;
}
create_part property_part(field which, const extended_property& property) {
  return {which, [&property](xml_writer& out, std::string_view value, const schema_version&) {
            write_property(out, property, value);
          }};
}

struct named_property {
  std::string_view name;
  const extended_property& property;
};
const std::array phonetic{named_property{"first", property::yomi_first_name},
                          named_property{"last", property::yomi_last_name},
                          named_property{"company", property::yomi_company_name}};

field_row phonetic_row() {
  field_row row{field::phonetic_names, settable_when::always};
  row.ask = [](item_shape& shape, const schema_version&) {
    for (const auto& [name, property] : phonetic)
      shape.properties.push_back(property);
  };
  row.read = [](const element& item, bool) {
    std::string out;
    for (const auto& [name, property] : phonetic)
      if (const auto value = trimmed(property_value(item, property).value_or("")); !value.empty())
        add_line(out, name, value);
    return out;
  };
  row.update = [](update_writer& out, std::string_view value) {
    for (const auto& [name, property] : phonetic)
      if (const auto text = named_line(value, name))
        out.set(property, unfolded(*text));
      else
        out.erase(property);
  };
  return row;
}
create_part phonetic_part() {
  return {field::phonetic_names, [](xml_writer& out, std::string_view value, const schema_version&) {
            for (const auto& [name, property] : phonetic)
              if (const auto text = named_line(value, name)) write_property(out, property, unfolded(*text));
          }};
}

// ---- what it is filed as
// ---------------------------------------------------------------------------------------------

// "mapping=LastCommaFirst": each server composes the text by itself from the names, and servers compose differently, so
// it is no part of the value. Without a mapping the text is the value: "text=…" (FileAsMappingType in MS-OXWSCONT).
std::string read_file_as(const element& item, bool) {
  const auto mapping = item.word_of("FileAsMapping");
  if (!mapping.empty() && mapping != "None") return "mapping=" + std::string(mapping);
  std::string out;
  if (const auto text = trimmed(item.text_of("FileAs")); !text.empty()) add_line(out, "text", text);
  return out;
}

/// The nearest mapping that a version knows (MS-OXWSCONT: five came with Exchange 2010).
std::string_view known_mapping(std::string_view mapping, const schema_version& version) {
  if (version.age >= schema_age::exchange2010_sp1) return mapping;
  if (mapping == "LastFirstMiddleSuffix") return "LastFirstSuffix";
  if (mapping == "LastName") return "LastCommaFirst";
  if (mapping == "FirstName" || mapping == "DisplayName") return "FirstSpaceLast";
  if (mapping == "Empty") return "None";
  return mapping;
}

void update_file_as(update_writer& out, std::string_view value) {
  const auto mapping = named_line(value, "mapping");
  // The mapping first: it composes the text, which is then set over it.
  out.set("contacts:FileAsMapping",
          [&](xml_writer& x) { x.text("t:FileAsMapping", mapping ? known_mapping(*mapping, out.version) : "None"); });
  if (const auto text = named_line(value, "text"))
    out.set("contacts:FileAs", [&](xml_writer& x) { x.text("t:FileAs", unfolded(*text)); });
  else if (value.empty())
    out.erase("contacts:FileAs");
}

field_row file_as_row() {
  field_row row{field::file_as, settable_when::always};
  row.ask = [](item_shape& shape, const schema_version&) {
    shape.uris.insert(shape.uris.end(), {"contacts:FileAs", "contacts:FileAsMapping"});
  };
  row.read = read_file_as;
  row.update = update_file_as;
  return row;
}
create_part file_as_part() {
  return {field::file_as, [](xml_writer& out, std::string_view value, const schema_version& version) {
            if (const auto text = named_line(value, "text")) out.text("t:FileAs", unfolded(*text));
            const auto mapping = named_line(value, "mapping");
            out.text("t:FileAsMapping", mapping ? known_mapping(*mapping, version) : "None");
          }};
}

// ---- days
// ------------------------------------------------------------------------------------------------------------

// A day is kept as a moment: midnight in the zone of whoever wrote it, or 11:59 UTC, which is the same day in nearly
// every zone and what is written here. So the day is that of the nearest midnight UTC.
std::string read_day(const element& item, std::string_view name) {
  const auto when = parse_date(trimmed(item.text_of(name)));
  return when ? write_date(*when + std::chrono::hours(12)).substr(0, 10) : std::string();
}
std::string written_day(std::string_view day) {
  return std::string(day) + "T11:59:00Z";
}
field_row day_row(field which, std::string_view uri) {
  auto row = text_row(which, uri);
  row.read = [uri](const element& item, bool) { return read_day(item, element_of(uri)); };
  row.update = [uri](update_writer& out, std::string_view value) {
    if (value.empty()) return out.erase(uri);
    out.set(uri, [&](xml_writer& x) { x.text("t:" + std::string(element_of(uri)), written_day(value)); });
  };
  return row;
}
create_part day_part(field which, std::string_view uri) {
  return {which, [uri](xml_writer& out, std::string_view value, const schema_version&) {
            out.text("t:" + std::string(element_of(uri)), written_day(value));
          }};
}

// ---- collections
// -----------------------------------------------------------------------------------------------------

struct collection {
  enum field field;
  std::string_view uri;       // of the whole, for reading
  std::string_view entry_uri; // of one entry, for writing
  std::vector<std::string_view> keys;
};
// In the order in which entries are written and canonical lines stand.
const collection email_addresses{field::email_addresses,
                                 "contacts:EmailAddresses",
                                 "contacts:EmailAddress",
                                 {"EmailAddress1", "EmailAddress2", "EmailAddress3"}};
const collection im_addresses{
    field::im_addresses, "contacts:ImAddresses", "contacts:ImAddress", {"ImAddress1", "ImAddress2", "ImAddress3"}};
// Those that every version knows; the three that later servers add are of accounts elsewhere, or of no client.
const collection phone_numbers{field::phone_numbers,
                               "contacts:PhoneNumbers",
                               "contacts:PhoneNumber",
                               {"AssistantPhone", "BusinessFax", "BusinessPhone", "BusinessPhone2", "Callback",
                                "CarPhone", "CompanyMainPhone", "HomeFax", "HomePhone", "HomePhone2", "Isdn",
                                "MobilePhone", "OtherFax", "OtherTelephone", "Pager", "PrimaryPhone", "RadioPhone",
                                "Telex", "TtyTddPhone"}};

const element* entry_of(const element& item, std::string_view uri, std::string_view key) {
  if (const auto* all = item.child(element_of(uri)))
    for (const auto& entry : all->children)
      if (entry.attribute("Key") == key) return &entry;
  return nullptr;
}

void write_entries(xml_writer& out, const collection& which, std::string_view value,
                   const std::vector<std::string_view>& keys) {
  const auto name = "t:" + std::string(element_of(which.uri));
  out.open(name);
  for (auto key : keys)
    if (const auto text = named_line(value, key)) out.text("t:Entry", unfolded(*text), {{"Key", key}});
  out.close(name);
}

/// "BusinessPhone=…": a line for each entry that is there.
field_row collection_row(const collection& which) {
  field_row row{which.field, settable_when::always};
  row.ask = [&which](item_shape& shape, const schema_version&) { shape.uris.push_back(which.uri); };
  row.read = [&which](const element& item, bool) {
    std::string out;
    for (auto key : which.keys)
      if (const auto* entry = entry_of(item, which.uri, key))
        if (const auto text = trimmed(entry->text); !text.empty()) add_line(out, key, text);
    return out;
  };
  row.update = [&which](update_writer& out, std::string_view value) {
    for (auto key : which.keys) {
      const indexed_uri path{which.entry_uri, key};
      if (named_line(value, key))
        out.set(path, [&](xml_writer& x) { write_entries(x, which, value, {key}); });
      else
        out.erase(path);
    }
  };
  return row;
}
create_part collection_part(const collection& which) {
  return {which.field, [&which](xml_writer& out, std::string_view value, const schema_version&) {
            write_entries(out, which, value, which.keys);
          }};
}

// ---- addresses of places
// ---------------------------------------------------------------------------------------------

constexpr std::array<std::string_view, 3> places{"Business", "Home", "Other"};
struct place_part {
  std::string_view name; // of the element
  std::string_view uri;
};
constexpr std::array place_parts{place_part{"Street", "contacts:PhysicalAddress:Street"},
                                 place_part{"City", "contacts:PhysicalAddress:City"},
                                 place_part{"State", "contacts:PhysicalAddress:State"},
                                 place_part{"CountryOrRegion", "contacts:PhysicalAddress:CountryOrRegion"},
                                 place_part{"PostalCode", "contacts:PhysicalAddress:PostalCode"}};

/// "Business.Street": the name of a canonical line.
std::string line_of(std::string_view place, std::string_view part) {
  return std::string(place) + "." + std::string(part);
}

field_row physical_addresses_row() {
  field_row row{field::physical_addresses, settable_when::always};
  row.ask = [](item_shape& shape, const schema_version&) { shape.uris.push_back("contacts:PhysicalAddresses"); };
  row.read = [](const element& item, bool) {
    std::string out;
    for (auto place : places)
      if (const auto* entry = entry_of(item, "contacts:PhysicalAddresses", place))
        for (const auto& part : place_parts)
          if (const auto text = trimmed(entry->text_of(part.name)); !text.empty())
            add_line(out, line_of(place, part.name), text);
    return out;
  };
  row.update = [](update_writer& out, std::string_view value) {
    for (auto place : places)
      for (const auto& part : place_parts) {
        const indexed_uri path{part.uri, place};
        const auto text = named_line(value, line_of(place, part.name));
        if (!text) {
          out.erase(path);
          continue;
        }
        out.set(path, [&](xml_writer& x) {
          x.open("t:PhysicalAddresses");
          x.open("t:Entry", {{"Key", place}});
          x.text("t:" + std::string(part.name), with_returns(unfolded(*text)));
          x.close("t:Entry");
          x.close("t:PhysicalAddresses");
        });
      }
  };
  return row;
}
create_part physical_addresses_part() {
  return {field::physical_addresses, [](xml_writer& out, std::string_view value, const schema_version&) {
            out.open("t:PhysicalAddresses");
            for (auto place : places) {
              bool any = false;
              for (const auto& part : place_parts) {
                const auto text = named_line(value, line_of(place, part.name));
                if (!text) continue;
                if (!any) out.open("t:Entry", {{"Key", place}});
                any = true;
                out.text("t:" + std::string(part.name), with_returns(unfolded(*text)));
              }
              if (any) out.close("t:Entry");
            }
            out.close("t:PhysicalAddresses");
          }};
}

} // namespace

const class_fields& contact_fields() {
  static const class_fields table{
      item_class::contact,
      "Contact",
      {subject_row(), sensitivity_row(), body_row(), replaceable_attachments_row(), attachment_sizes_row(),
       attachment_ids_row(), attachment_holder_row(), categories_row(), importance_row(),
       property_row(field::title, property::display_name_prefix), text_row(field::given_name, "contacts:GivenName"),
       text_row(field::initials, "contacts:Initials"), text_row(field::middle_name, "contacts:MiddleName"),
       text_row(field::surname, "contacts:Surname"), text_row(field::nickname, "contacts:Nickname"),
       text_row(field::generation, "contacts:Generation"), phonetic_row(),
       text_row(field::company_name, "contacts:CompanyName"), collection_row(email_addresses), physical_addresses_row(),
       collection_row(phone_numbers), text_row(field::assistant_name, "contacts:AssistantName"),
       day_row(field::birthday, "contacts:Birthday"), text_row(field::business_home_page, "contacts:BusinessHomePage"),
       strings_row(field::children, "contacts:Children"), strings_row(field::companies, "contacts:Companies"),
       text_row(field::department, "contacts:Department"), collection_row(im_addresses),
       text_row(field::job_title, "contacts:JobTitle"), text_row(field::manager, "contacts:Manager"),
       text_row(field::mileage, "contacts:Mileage"), text_row(field::office_location, "contacts:OfficeLocation"),
       word_row(field::postal_address_index, "contacts:PostalAddressIndex", "None"),
       text_row(field::profession, "contacts:Profession"), text_row(field::spouse_name, "contacts:SpouseName"),
       day_row(field::wedding_anniversary, "contacts:WeddingAnniversary"),
       // Servers compute these two from the names above, so they come after them: what is asked for has the last word.
       text_row(field::display_name, "contacts:DisplayName"), file_as_row()},
      {subject_part(), sensitivity_part(), body_part(), categories_part(), importance_part()},
      {property_part(field::title, property::display_name_prefix), phonetic_part()},
      {file_as_part(),
       text_part(field::display_name, "contacts:DisplayName"),
       text_part(field::given_name, "contacts:GivenName"),
       text_part(field::initials, "contacts:Initials"),
       text_part(field::middle_name, "contacts:MiddleName"),
       text_part(field::nickname, "contacts:Nickname"),
       text_part(field::company_name, "contacts:CompanyName"),
       collection_part(email_addresses),
       physical_addresses_part(),
       collection_part(phone_numbers),
       text_part(field::assistant_name, "contacts:AssistantName"),
       day_part(field::birthday, "contacts:Birthday"),
       text_part(field::business_home_page, "contacts:BusinessHomePage"),
       strings_part(field::children, "contacts:Children"),
       strings_part(field::companies, "contacts:Companies"),
       text_part(field::department, "contacts:Department"),
       text_part(field::generation, "contacts:Generation"),
       collection_part(im_addresses),
       text_part(field::job_title, "contacts:JobTitle"),
       text_part(field::manager, "contacts:Manager"),
       text_part(field::mileage, "contacts:Mileage"),
       text_part(field::office_location, "contacts:OfficeLocation"),
       word_part(field::postal_address_index, "contacts:PostalAddressIndex"),
       text_part(field::profession, "contacts:Profession"),
       text_part(field::spouse_name, "contacts:SpouseName"),
       text_part(field::surname, "contacts:Surname"),
       day_part(field::wedding_anniversary, "contacts:WeddingAnniversary")}};
  return table;
}

} // namespace exsyncd::ews
