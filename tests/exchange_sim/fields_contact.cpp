// ContactItemType and DistributionListType: what users write, and what the server makes of it (MS-OXWSCONT,
// MS-OXOCNTC).
#include "tests/exchange_sim/fields_item.hpp"
#include "tests/exchange_sim/item_types.hpp"

#include <algorithm>
#include <array>

namespace exchange_sim {

namespace {

using reading = field_reading;
using w = xml_writer;
constexpr auto e2007 = schema_version::e2007;
constexpr auto e2010 = schema_version::e2010;
constexpr auto standard = shape_set::standard;
constexpr auto all = shape_set::all;

std::string text_of(const item& of, const char* element) {
  auto at = of.contact.text.find(element);
  return at == of.contact.text.end() ? std::string() : at->second;
}

void write_text(w& out, const char* element, const std::string& text) {
  if (!text.empty()) out.leaf(std::string("t:") + element, text);
}

void set_text(item& of, const char* element, const std::string& text) {
  if (text.empty())
    of.contact.text.erase(element);
  else
    of.contact.text[element] = text;
}

/// The non-empty parts with a separator between them.
std::string joined(std::initializer_list<std::string> parts, std::string_view separator = " ") {
  std::string out;
  for (const auto& part : parts) {
    if (part.empty()) continue;
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

std::string full_name(const item& of) {
  return joined(
      {text_of(of, "GivenName"), text_of(of, "MiddleName"), text_of(of, "Surname"), text_of(of, "Generation")});
}

/// How FileAsMapping builds FileAs (PidLidFileUnderId, MS-OXOCNTC); none: FileAs is what was written.
std::optional<std::string> mapped_file_as(const item& of) {
  auto mapping = text_of(of, "FileAsMapping");
  auto last = text_of(of, "Surname"), company = text_of(of, "CompanyName"), suffix = text_of(of, "Generation");
  auto first = joined({text_of(of, "GivenName"), text_of(of, "MiddleName")});
  auto comma = joined({last, first}, ", "), space = joined({last, first}), tight = last + first;
  auto lines = [](const std::string& a, const std::string& b) { return joined({a, b}, "\r\n"); };
  if (mapping == "LastCommaFirst") return comma;
  if (mapping == "FirstSpaceLast") return full_name(of);
  if (mapping == "Company") return company;
  if (mapping == "LastCommaFirstCompany") return lines(comma, company);
  if (mapping == "CompanyLastCommaFirst") return lines(company, comma);
  if (mapping == "LastFirst") return tight;
  if (mapping == "LastFirstCompany") return lines(tight, company);
  if (mapping == "CompanyLastFirst") return lines(company, tight);
  if (mapping == "LastFirstSuffix") return joined({tight, suffix});
  if (mapping == "LastSpaceFirst") return space;
  if (mapping == "LastSpaceFirstCompany") return lines(space, company);
  if (mapping == "CompanyLastSpaceFirst") return lines(company, space);
  if (mapping == "LastFirstMiddleSuffix") return joined({space, suffix});
  if (mapping == "DisplayName") return text_of(of, "DisplayName");
  if (mapping == "FirstName") return text_of(of, "GivenName");
  if (mapping == "LastName") return last;
  if (mapping == "Empty") return "";
  return std::nullopt;
}

/// A display name that follows the names, until somebody writes one: `before` is what they made of it.
void compute_names(const server& host, item& of, const std::string& name_before, const std::string& display_before) {
  auto display = text_of(of, "DisplayName");
  if (display == display_before && (display.empty() || display == name_before))
    set_text(of, "DisplayName", full_name(of));
  if (auto filed = mapped_file_as(of)) set_text(of, "FileAs", *filed);
  // 2010 and later show the display name as subject; a contact of 2007 has the one it was given, or none.
  bool followed = of.subject.empty() || of.subject == display_before;
  if (followed && host.profile.newest >= e2010) of.subject = text_of(of, "DisplayName");
}

void write_complete_name(const reading& r, w& out) {
  w inside;
  auto part = [&](const char* element, const std::string& text) { write_text(inside, element, text); };
  auto prefix = r.of.extended.find("0x3a45/String");
  if (prefix != r.of.extended.end()) part("Title", prefix->second.values.front());
  part("FirstName", text_of(r.of, "GivenName"));
  part("MiddleName", text_of(r.of, "MiddleName"));
  part("LastName", text_of(r.of, "Surname"));
  part("Suffix", text_of(r.of, "Generation"));
  part("Initials", text_of(r.of, "Initials"));
  part("FullName", text_of(r.of, "DisplayName"));
  part("Nickname", text_of(r.of, "Nickname"));
  if (inside.text().empty()) return;
  out.open("t:CompleteName");
  out.raw(inside.text());
  out.close();
}

/// The keys of a dictionary that the shape asks for: all of them, or those that IndexedFieldURIs name.
bool entry_asked(const reading& r, std::string_view uri, std::string_view whole, std::string_view index) {
  if (r.shape.base >= shape_set::standard) return true;
  for (const auto& asked : r.shape.fields)
    if (asked == whole) return true;
  for (const auto& [asked, key] : r.shape.entries)
    if (asked == uri && key == index) return true;
  return false;
}

void write_entries(const reading& r, w& out, const char* dictionary, const char* uri, const char* whole) {
  auto at = r.of.contact.entries.find(dictionary);
  if (at == r.of.contact.entries.end()) return;
  w inside;
  for (const auto& [key, text] : at->second) {
    if (!entry_asked(r, uri, whole, key)) continue;
    attributes with{{"Key", key}};
    // Since 2010 an address comes with its name and kind.
    if (std::string_view(dictionary) == "EmailAddresses" && r.s.knows(e2010)) {
      with.emplace_back("Name", text);
      with.emplace_back("RoutingType", "SMTP");
      with.emplace_back("MailboxType", "Contact");
    }
    inside.leaf("t:Entry", text, with);
  }
  if (inside.text().empty()) return;
  out.open(std::string("t:") + dictionary);
  out.raw(inside.text());
  out.close();
}

constexpr std::array address_parts{"Street", "City", "State", "CountryOrRegion", "PostalCode"};

void write_addresses(const reading& r, w& out) {
  auto at = r.of.contact.entries.find("PhysicalAddresses");
  if (at == r.of.contact.entries.end()) return;
  w entries;
  for (const char* key : {"Business", "Home", "Other"}) {
    w inside;
    for (const char* part : address_parts) {
      auto value = at->second.find(std::string(key) + "/" + part);
      if (value == at->second.end()) continue;
      if (entry_asked(r, std::string("contacts:PhysicalAddress:") + part, "contacts:PhysicalAddresses", key))
        inside.leaf(std::string("t:") + part, value->second);
    }
    if (inside.text().empty()) continue;
    entries.open("t:Entry", {{"Key", key}});
    entries.raw(inside.text());
    entries.close();
  }
  if (entries.text().empty()) return;
  out.open("t:PhysicalAddresses");
  out.raw(entries.text());
  out.close();
}

void keep_entry(item& of, const std::string& dictionary, const std::string& key, const std::string& text) {
  auto& entries = of.contact.entries[dictionary];
  if (text.empty())
    entries.erase(key);
  else
    entries[key] = text;
  if (entries.empty()) of.contact.entries.erase(dictionary);
}

void read_entry(item& of, const std::string& dictionary, node entry) {
  keep_entry(of, dictionary, entry.attribute_or("Key", ""), entry.text());
}

// CreateItem takes whole dictionaries; UpdateItem sets them entry by entry only.
void refuse_whole(write_stage stage) {
  if (stage == write_stage::updating)
    throw response_error{"ErrorInvalidPropertySet", "Set action is invalid for property."};
}

void set_addresses(session&, item& of, node list, write_stage stage) {
  refuse_whole(stage);
  for (auto entry : list.children())
    for (auto part : entry.children())
      keep_entry(of, "PhysicalAddresses", entry.attribute_or("Key", "") + "/" + part.name(), part.text());
}

/// Kept as an instant; 2013 and later keep the day alone and show it as 11:59.
std::optional<sys_time> day_of(const session& s, node value) {
  auto at = parse_time(value.text());
  if (!at || s.host.profile.newest < schema_version::e2013) return at;
  return std::chrono::floor<std::chrono::days>(*at) + std::chrono::hours(11) + std::chrono::minutes(59);
}

void set_list(item& of, const char* element, node list) {
  auto& kept = of.contact.lists[element];
  kept.clear();
  for (auto one : list.children())
    kept.push_back(one.text());
  if (kept.empty()) of.contact.lists.erase(element);
}

void write_list(const reading& r, w& out, const char* element) {
  auto at = r.of.contact.lists.find(element);
  if (at == r.of.contact.lists.end()) return;
  out.open(std::string("t:") + element);
  for (const auto& one : at->second)
    out.leaf("t:String", one);
  out.close();
}

std::string list_text(const item& of, const char* element) {
  auto at = of.contact.lists.find(element);
  return at == of.contact.lists.end() ? std::string() : at->second.front();
}

bool has_picture(const item& of) {
  return std::any_of(of.attachments.begin(), of.attachments.end(),
                     [](const attachment& part) { return part.is_contact_photo; });
}

#define TEXT(element, set)                                                                                             \
  field {                                                                                                              \
    "contacts:" element, element, e2007, set, true,                                                                    \
        [](const reading& r, w& out) { write_text(out, element, text_of(r.of, element)); },                            \
        [](session&, item& i, node v, write_stage) { set_text(i, element, v.text()); },                                \
        [](item& i) { i.contact.text.erase(element); }, false, nullptr,                                                \
        [](session&, const item& i) { return text_of(i, element); }                                                    \
  }
#define ENTRIES(element, uri)                                                                                          \
  field {                                                                                                              \
    "contacts:" element, element, e2007, standard, true,                                                               \
        [](const reading& r, w& out) { write_entries(r, out, element, uri, "contacts:" element); },                    \
        [](session&, item& i, node v, write_stage stage) {                                                             \
          refuse_whole(stage);                                                                                         \
          for (auto entry : v.children())                                                                              \
            read_entry(i, element, entry);                                                                             \
        },                                                                                                             \
        nullptr, false, nullptr, nullptr                                                                               \
  }
#define LIST(element)                                                                                                  \
  field {                                                                                                              \
    "contacts:" element, element, e2007, all, true, [](const reading& r, w& out) { write_list(r, out, element); },     \
        [](session&, item& i, node v, write_stage) { set_list(i, element, v); },                                       \
        [](item& i) { i.contact.lists.erase(element); }, false, nullptr,                                               \
        [](session&, const item& i) { return list_text(i, element); }                                                  \
  }
#define DAY(element, member)                                                                                           \
  field {                                                                                                              \
    "contacts:" element, element, e2007, all, true,                                                                    \
        [](const reading& r, w& out) { write_time(out, "t:" element, r.of.contact.member); },                          \
        [](session& s, item& i, node v, write_stage) { i.contact.member = day_of(s, v); },                             \
        [](item& i) { i.contact.member.reset(); }, false, nullptr,                                                     \
        [](session&, const item& i) { return i.contact.member ? wire_time(*i.contact.member) : std::string(); }        \
  }
/// In the schema since 2010 SP2 for contacts of the directory; those of the store have none, and nobody sets them.
#define DIRECTORY(element)                                                                                             \
  field {                                                                                                              \
    "contacts:" element, element, schema_version::e2010_sp2, all, false, [](const reading&, w&) {}, nullptr, nullptr,  \
        false, nullptr, nullptr                                                                                        \
  }

const std::array contact_table{
    field{"contacts:FileAs", "FileAs", e2007, standard, true,
          [](const reading& r, w& out) { write_text(out, "FileAs", text_of(r.of, "FileAs")); },
          [](session&, item& i, node v, write_stage) {
            // What is written stands; a mapping that follows it in the request rules again.
            set_text(i, "FileAs", v.text());
            i.contact.text.erase("FileAsMapping");
          },
          [](item& i) {
            i.contact.text.erase("FileAs");
            i.contact.text.erase("FileAsMapping");
          },
          false, nullptr, [](session&, const item& i) { return text_of(i, "FileAs"); }},
    field{"contacts:FileAsMapping", "FileAsMapping", e2007, all, true,
          [](const reading& r, w& out) {
            auto mapping = text_of(r.of, "FileAsMapping");
            // 2007 has no word for what later versions added.
            bool newer = mapping == "DisplayName" || mapping == "FirstName" || mapping == "LastFirstMiddleSuffix" ||
                         mapping == "LastName" || mapping == "Empty";
            out.leaf("t:FileAsMapping", mapping.empty() || (newer && !r.s.knows(e2010)) ? "None" : mapping);
          },
          [](session&, item& i, node v, write_stage) {
            set_text(i, "FileAsMapping", v.text() == "None" ? "" : v.text());
          },
          [](item& i) { i.contact.text.erase("FileAsMapping"); }, false, nullptr, nullptr},
    TEXT("DisplayName", all),
    TEXT("GivenName", all),
    TEXT("Initials", all),
    TEXT("MiddleName", all),
    TEXT("Nickname", all),
    field{"contacts:CompleteName", "CompleteName", e2007, standard, true, write_complete_name, nullptr, nullptr, false,
          nullptr, nullptr},
    TEXT("CompanyName", standard),
    ENTRIES("EmailAddresses", "contacts:EmailAddress"),
    field{"contacts:PhysicalAddresses", "PhysicalAddresses", e2007, standard, true, write_addresses, set_addresses,
          nullptr, false, nullptr, nullptr},
    ENTRIES("PhoneNumbers", "contacts:PhoneNumber"),
    TEXT("AssistantName", all),
    DAY("Birthday", birthday),
    TEXT("BusinessHomePage", all),
    LIST("Children"),
    LIST("Companies"),
    field{"contacts:ContactSource", "ContactSource", e2007, shape_set::on_demand, true,
          [](const reading&, w& out) { out.leaf("t:ContactSource", "Store"); }, nullptr, nullptr, false, nullptr,
          nullptr},
    TEXT("Department", all),
    TEXT("Generation", all),
    ENTRIES("ImAddresses", "contacts:ImAddress"),
    TEXT("JobTitle", standard),
    TEXT("Manager", all),
    TEXT("Mileage", all),
    TEXT("OfficeLocation", all),
    field{"contacts:PostalAddressIndex", "PostalAddressIndex", e2007, all, true,
          [](const reading& r, w& out) {
            auto index = text_of(r.of, "PostalAddressIndex");
            out.leaf("t:PostalAddressIndex", index.empty() ? "None" : index);
          },
          [](session&, item& i, node v, write_stage) {
            set_text(i, "PostalAddressIndex", v.text() == "None" ? "" : v.text());
          },
          [](item& i) { i.contact.text.erase("PostalAddressIndex"); }, false, nullptr, nullptr},
    TEXT("Profession", all),
    TEXT("SpouseName", all),
    TEXT("Surname", all),
    DAY("WeddingAnniversary", wedding_anniversary),
    field{"contacts:HasPicture", "HasPicture", e2010, all, true,
          [](const reading& r, w& out) { out.leaf("t:HasPicture", flag_word(has_picture(r.of))); }, nullptr, nullptr,
          false, nullptr, [](session&, const item& i) { return flag_word(has_picture(i)); }},
    DIRECTORY("PhoneticFullName"),
    DIRECTORY("PhoneticFirstName"),
    DIRECTORY("PhoneticLastName"),
    DIRECTORY("Alias"),
    DIRECTORY("Notes"),
    DIRECTORY("Photo"),
    DIRECTORY("UserSMIMECertificate"),
    DIRECTORY("MSExchangeCertificate"),
    DIRECTORY("DirectoryId"),
    DIRECTORY("ManagerMailbox"),
    DIRECTORY("DirectReports"),
};

const std::array list_table{
    TEXT("DisplayName", standard),
    TEXT("FileAs", all),
    field{"contacts:ContactSource", "ContactSource", e2007, shape_set::on_demand, true,
          [](const reading&, w& out) { out.leaf("t:ContactSource", "Store"); }, nullptr, nullptr, false, nullptr,
          nullptr},
    field{"distributionlist:Members", "Members", e2010, all, false,
          [](const reading& r, w& out) {
            if (r.of.contact.members.empty()) return;
            out.open("t:Members");
            for (const auto& who : r.of.contact.members) {
              out.open("t:Member", {{"Key", base64(who.email)}});
              write_mailbox(out, who);
              out.leaf("t:Status", "Normal");
              out.close();
            }
            out.close();
          },
          [](session& s, item& i, node v, write_stage) {
            i.contact.members.clear();
            for (auto member : v.children())
              if (auto who = read_recipient(s, member)) i.contact.members.push_back(*who);
          },
          [](item& i) { i.contact.members.clear(); }, false, nullptr, nullptr},
};

#undef TEXT
#undef ENTRIES
#undef LIST
#undef DAY
#undef DIRECTORY

/// The one entry of this key that the value of a SetItemField holds.
node only_entry(node dictionary, const std::string& index) {
  auto entry = dictionary.first();
  if (!entry || entry.next())
    throw response_error{"ErrorIncorrectUpdatePropertyCount",
                         "An object within a change description must contain one and only one property to modify."};
  if (entry.attribute_or("Key", "") != index)
    throw response_error{"ErrorUpdatePropertyMismatch", "The property of the path is not the one that is set."};
  return entry;
}

std::optional<std::string> entry_of(const item& of, const char* dictionary, const std::string& key) {
  auto at = of.contact.entries.find(dictionary);
  if (at == of.contact.entries.end()) return std::nullopt;
  auto entry = at->second.find(key);
  return entry == at->second.end() ? std::nullopt : std::optional(entry->second);
}

#define ENTRY(uri, dictionary)                                                                                         \
  indexed_field {                                                                                                      \
    uri, dictionary,                                                                                                   \
        [](session&, item& i, const std::string& index, node v) { read_entry(i, dictionary, only_entry(v, index)); },  \
        [](item& i, const std::string& index) { keep_entry(i, dictionary, index, ""); },                               \
        [](const item& i, const std::string& index) { return entry_of(i, dictionary, index); }                         \
  }
#define ADDRESS(part)                                                                                                  \
  indexed_field {                                                                                                      \
    "contacts:PhysicalAddress:" part, "PhysicalAddresses",                                                             \
        [](session&, item& i, const std::string& index, node v) {                                                      \
          auto given = only_entry(v, index).first();                                                                   \
          if (!given || given.next() || !given.is(part))                                                               \
            throw response_error{"ErrorUpdatePropertyMismatch",                                                        \
                                 "The property of the path is not the one that is set."};                              \
          keep_entry(i, "PhysicalAddresses", index + "/" part, given.text());                                          \
        },                                                                                                             \
        [](item& i, const std::string& index) { keep_entry(i, "PhysicalAddresses", index + "/" part, ""); },           \
        [](const item& i, const std::string& index) { return entry_of(i, "PhysicalAddresses", index + "/" part); }     \
  }

const std::array entry_table{
    ENTRY("contacts:EmailAddress", "EmailAddresses"),
    ENTRY("contacts:PhoneNumber", "PhoneNumbers"),
    ENTRY("contacts:ImAddress", "ImAddresses"),
    ADDRESS("Street"),
    ADDRESS("City"),
    ADDRESS("State"),
    ADDRESS("CountryOrRegion"),
    ADDRESS("PostalCode"),
};

#undef ENTRY
#undef ADDRESS

} // namespace

std::span<const field> contact_fields() {
  return contact_table;
}
std::span<const field> distribution_list_fields() {
  return list_table;
}
std::span<const indexed_field> contact_entries() {
  return entry_table;
}

void contact_creating(session& s, node, node, item& made) {
  compute_names(s.host, made, "", text_of(made, "DisplayName"));
}

void contact_changing(const server& host, const item& stored, item& edited) {
  compute_names(host, edited, full_name(stored), text_of(stored, "DisplayName"));
}

void list_creating(session&, node, node, item& made) {
  if (made.subject.empty()) made.subject = text_of(made, "DisplayName");
}

} // namespace exchange_sim
