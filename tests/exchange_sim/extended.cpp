#include "tests/exchange_sim/extended.hpp"

#include "tests/exchange_sim/calendar_extended.hpp"

#include <array>
#include <charconv>
#include <cstdlib>

namespace exchange_sim {

namespace {

struct property_set {
  const char *name, *guid;
};

// DistinguishedPropertySetType and the GUIDs of MS-OXPROPS.
constexpr std::array property_sets{
    property_set{"Meeting", "6ed8da90-450b-101b-98da-00aa003f1305"},
    property_set{"Appointment", "00062002-0000-0000-c000-000000000046"},
    property_set{"Common", "00062008-0000-0000-c000-000000000046"},
    property_set{"PublicStrings", "00020329-0000-0000-c000-000000000046"},
    property_set{"Address", "00062004-0000-0000-c000-000000000046"},
    property_set{"InternetHeaders", "00020386-0000-0000-c000-000000000046"},
    property_set{"CalendarAssistant", "11000e07-b51b-40d6-af21-caa85edab1d0"},
    property_set{"UnifiedMessaging", "4442858e-a9e3-4e80-b900-317a210cc15b"},
    property_set{"Task", "00062003-0000-0000-c000-000000000046"},
    property_set{"Sharing", "00062040-0000-0000-c000-000000000046"},
};

constexpr const char* task_set = "00062003-0000-0000-c000-000000000046";

bool is_integer(const std::string& text) {
  long long value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

std::string element_type(const std::string& type) {
  return type.ends_with("Array") ? type.substr(0, type.size() - 5) : type;
}

/// The value in the one way in which it is shown, or none where the text does not fit the type.
std::optional<std::string> canonical(const std::string& type, std::string text) {
  if (type == "Integer" || type == "Short" || type == "Long")
    return is_integer(text) ? std::optional(std::move(text)) : std::nullopt;
  if (type == "Boolean") {
    auto word = lower(text);
    if (word == "true" || word == "1") return "true";
    if (word == "false" || word == "0") return "false";
    return std::nullopt;
  }
  if (type == "SystemTime" || type == "ApplicationTime") {
    if (type == "ApplicationTime") return text;
    auto time = parse_time(text);
    return time ? std::optional(wire_time(*time)) : std::nullopt;
  }
  if (type == "Binary") {
    auto bytes = from_base64(text);
    return bytes ? std::optional(base64(*bytes)) : std::nullopt;
  }
  if (type == "Double" || type == "Float" || type == "Currency") {
    char* end = nullptr;
    std::strtod(text.c_str(), &end);
    return !text.empty() && *end == '\0' ? std::optional(std::move(text)) : std::nullopt;
  }
  return text;
}

int message_flags(const item& of) {
  int flags = 0;
  if (of.read) flags |= 0x01;
  if (of.unmodified) flags |= 0x02;
  if (of.submitted) flags |= 0x04;
  if (of.draft) flags |= 0x08;
  if (!of.attachments.empty()) flags |= 0x10;
  if (of.from_me) flags |= 0x20;
  if (of.associated) flags |= 0x40;
  if (of.resend) flags |= 0x80;
  if (of.receipt_pending) flags |= 0x100;
  return flags;
}

std::optional<extended_value> one(const char* type, std::string text) {
  return extended_value{type, {std::move(text)}};
}

std::optional<extended_value> time_value(const std::optional<sys_time>& at) {
  if (!at) return std::nullopt;
  return one("SystemTime", wire_time(*at));
}

int flag_number(const std::string& status) {
  return status == "Flagged" ? 2 : status == "Complete" ? 1 : 0;
}
int importance_number(const std::string& word) {
  return word == "Low" ? 0 : word == "High" ? 2 : 1;
}
int sensitivity_number(const std::string& word) {
  return word == "Personal" ? 1 : word == "Private" ? 2 : word == "Confidential" ? 3 : 0;
}

/// One MAPI property that a field shows too. `set` null: read-only, and computed by the store.
struct computed {
  const char* path;
  const char* type;
  std::optional<extended_value> (*get)(session&, const item&);
  void (*set)(item&, const std::string&, write_stage);
  void (*clear)(item&);
};

int number(const std::string& text) {
  return std::atoi(text.c_str());
}

// PR_MESSAGE_FLAGS is fixed by the first save; afterwards the store keeps it.
void set_message_flags(item& of, const std::string& text, write_stage stage) {
  if (stage == write_stage::updating) return;
  int flags = number(text);
  of.read = (flags & 0x01) != 0;
  of.unmodified = (flags & 0x02) != 0;
  of.draft = (flags & 0x08) != 0;
  of.from_me = (flags & 0x20) != 0;
  of.resend = (flags & 0x80) != 0;
}

const std::array table{
    computed{"0x001a", "String", [](session&, const item& i) { return one("String", i.item_class); },
             [](item& i, const std::string& v, write_stage) { i.item_class = v; }, nullptr},
    computed{"0x0037", "String", [](session&, const item& i) { return one("String", i.subject); },
             [](item& i, const std::string& v, write_stage) { i.subject = v; }, [](item& i) { i.subject.clear(); }},
    computed{"0x0e1d", "String", [](session&, const item& i) { return one("String", i.conversation_topic); }, nullptr,
             nullptr},
    computed{"0x0070", "String", [](session&, const item& i) { return one("String", i.conversation_topic); },
             [](item& i, const std::string& v, write_stage) { i.conversation_topic = v; }, nullptr},
    computed{"0x0017", "Integer",
             [](session&, const item& i) { return one("Integer", std::to_string(importance_number(i.importance))); },
             [](item& i, const std::string& v, write_stage) {
               i.importance = number(v) == 0 ? "Low" : number(v) == 2 ? "High" : "Normal";
             },
             nullptr},
    computed{"0x0036", "Integer",
             [](session&, const item& i) { return one("Integer", std::to_string(sensitivity_number(i.sensitivity))); },
             [](item& i, const std::string& v, write_stage) {
               constexpr std::array words{"Normal", "Personal", "Private", "Confidential"};
               auto at = number(v);
               if (at >= 0 && at < 4) i.sensitivity = words[static_cast<std::size_t>(at)];
             },
             nullptr},
    computed{"0x0029", "Boolean",
             [](session&, const item& i) { return one("Boolean", i.read_receipt_requested ? "true" : "false"); },
             [](item& i, const std::string& v, write_stage) {
               i.read_receipt_requested = v == "true";
               i.receipt_pending = i.read_receipt_requested && !i.draft && !i.read;
             },
             nullptr},
    computed{"0x0023", "Boolean",
             [](session&, const item& i) { return one("Boolean", i.delivery_receipt_requested ? "true" : "false"); },
             [](item& i, const std::string& v, write_stage) { i.delivery_receipt_requested = v == "true"; }, nullptr},
    computed{"0x0039", "SystemTime", [](session&, const item& i) { return time_value(i.sent); },
             [](item& i, const std::string& v, write_stage) { i.sent = parse_time(v); },
             [](item& i) { i.sent.reset(); }},
    computed{"0x0e06", "SystemTime", [](session&, const item& i) { return time_value(i.received); },
             [](item& i, const std::string& v, write_stage) { i.received = parse_time(v); },
             [](item& i) { i.received.reset(); }},
    computed{"0x0e07", "Integer",
             [](session&, const item& i) { return one("Integer", std::to_string(message_flags(i))); },
             set_message_flags, nullptr},
    computed{"0x0e08", "Integer", [](session&, const item& i) { return one("Integer", std::to_string(size_of(i))); },
             nullptr, nullptr},
    computed{"0x0e1b", "Boolean",
             [](session&, const item& i) { return one("Boolean", i.attachments.empty() ? "false" : "true"); }, nullptr,
             nullptr},
    computed{"0x0e69", "Boolean", [](session&, const item& i) { return one("Boolean", i.read ? "true" : "false"); },
             [](item& i, const std::string& v, write_stage stage) {
               if (stage == write_stage::creating) i.read = v == "true";
             },
             nullptr},
    computed{"0x1035", "String",
             [](session&, const item& i) { return i.message_id.empty() ? std::nullopt : one("String", i.message_id); },
             [](item& i, const std::string& v, write_stage) { i.message_id = v; }, nullptr},
    computed{"0x1039", "String",
             [](session&, const item& i) { return i.references.empty() ? std::nullopt : one("String", i.references); },
             [](item& i, const std::string& v, write_stage) { i.references = v; }, nullptr},
    computed{
        "0x1042", "String",
        [](session&, const item& i) { return i.in_reply_to.empty() ? std::nullopt : one("String", i.in_reply_to); },
        [](item& i, const std::string& v, write_stage) { i.in_reply_to = v; }, nullptr},
    computed{"0x0071", "Binary",
             [](session&, const item& i) {
               return i.conversation_index.empty() ? std::nullopt : one("Binary", base64(i.conversation_index));
             },
             [](item& i, const std::string& v, write_stage) { i.conversation_index = from_base64(v).value_or(""); },
             nullptr},
    computed{"0x1090", "Integer",
             [](session&, const item& i) {
               auto status = flag_number(i.flag.status);
               return status == 0 ? std::nullopt : one("Integer", std::to_string(status));
             },
             [](item& i, const std::string& v, write_stage) {
               i.flag.status = number(v) == 2 ? "Flagged" : number(v) == 1 ? "Complete" : "NotFlagged";
               if (number(v) != 1) i.flag.complete.reset();
             },
             [](item& i) { i.flag.status = "NotFlagged"; }},
    computed{"0x1091", "SystemTime", [](session&, const item& i) { return time_value(i.flag.complete); },
             [](item& i, const std::string& v, write_stage) { i.flag.complete = parse_time(v); },
             [](item& i) { i.flag.complete.reset(); }},
    computed{"task/id:33028", "SystemTime", [](session&, const item& i) { return time_value(i.flag.start); },
             [](item& i, const std::string& v, write_stage) { i.flag.start = parse_time(v); },
             [](item& i) { i.flag.start.reset(); }},
    computed{"task/id:33029", "SystemTime", [](session&, const item& i) { return time_value(i.flag.due); },
             [](item& i, const std::string& v, write_stage) { i.flag.due = parse_time(v); },
             [](item& i) { i.flag.due.reset(); }},
    computed{"0x3007", "SystemTime", [](session&, const item& i) { return time_value(i.created); }, nullptr, nullptr},
    computed{"0x3008", "SystemTime", [](session&, const item& i) { return time_value(i.modified); }, nullptr, nullptr},
    computed{"0x300b", "Binary", [](session&, const item& i) { return one("Binary", base64(i.search_key)); },
             [](item& i, const std::string& v, write_stage) { i.search_key = from_base64(v).value_or(""); }, nullptr},
    computed{"0x0fff", "Binary", [](session& s, const item& i) { return one("Binary", wire_id(*s.box, i.key)); },
             nullptr, nullptr},
    computed{"0x3ffa", "String", [](session&, const item& i) { return one("String", i.modified_by); }, nullptr,
             nullptr},
    computed{"0x1000", "String",
             [](session&, const item& i) { return i.body.html ? std::nullopt : one("String", i.body.text); }, nullptr,
             nullptr},
};

const computed* computed_for(const property_path& path) {
  auto key = path.text();
  auto slash = key.rfind('/');
  key.resize(slash);
  if (key.starts_with(task_set)) key.replace(0, 36, "task");
  for (const auto& row : table)
    if (key == row.path && path.type == row.type) return &row;
  return nullptr;
}

} // namespace

std::string property_path::text() const {
  std::string out = !tag.empty() ? tag : set + (name ? "/name:" + *name : "/id:" + std::to_string(id.value_or(0)));
  return out + "/" + type;
}

property_path read_property_path(node path) {
  property_path out;
  out.type = path.attribute_or("PropertyType", "");
  auto tag = path.attribute("PropertyTag");
  auto distinguished = path.attribute("DistinguishedPropertySetId");
  auto guid = path.attribute("PropertySetId");
  auto name = path.attribute("PropertyName");
  auto id = path.attribute("PropertyId");
  auto refuse = [] {
    throw response_error{"ErrorInvalidExtendedProperty", "Extended property attribute combination is invalid."};
  };
  if (out.type == "Object" || out.type == "ObjectArray" || out.type == "Error" || out.type == "Null")
    throw response_error{"ErrorUnsupportedMapiPropertyType", "The MAPI property type is not supported."};
  if (tag) {
    if (distinguished || guid || name || id) refuse();
    char* end = nullptr;
    bool hex = tag->starts_with("0x") || tag->starts_with("0X");
    auto number = std::strtoul(tag->c_str(), &end, hex ? 16 : 10);
    if (*end != '\0' || number > 0xffff || number >= 0x8000) refuse();
    static constexpr char digits[] = "0123456789abcdef";
    out.tag = "0x";
    for (int shift = 12; shift >= 0; shift -= 4)
      out.tag += digits[number >> shift & 0xf];
    return out;
  }
  if (static_cast<bool>(distinguished) == static_cast<bool>(guid)) refuse();
  if (static_cast<bool>(name) == static_cast<bool>(id)) refuse();
  if (distinguished) {
    for (const auto& row : property_sets)
      if (*distinguished == row.name) out.set = row.guid;
    if (out.set.empty()) refuse();
  } else {
    out.set = lower(*guid);
  }
  out.name = name;
  if (id) {
    if (!is_integer(*id)) refuse();
    out.id = std::atoi(id->c_str());
  }
  return out;
}

bool is_multiple(const extended_value& value) {
  return value.type.ends_with("Array");
}

extended_value read_extended_value(const property_path& path, node property) {
  extended_value out{path.type, {}};
  auto refuse = [&] {
    throw response_error{"ErrorInvalidExtendedPropertyValue", "The specified value is invalid for property."};
  };
  if (auto value = property.child("Value")) {
    if (is_multiple(out)) refuse();
    auto text = canonical(path.type, value.text());
    if (!text) refuse();
    out.values.push_back(*text);
  } else {
    if (!is_multiple(out)) refuse();
    for (auto value : property.child("Values").children()) {
      auto text = canonical(element_type(path.type), value.text());
      if (!text) refuse();
      out.values.push_back(*text);
    }
  }
  return out;
}

std::optional<extended_value> get_extended(session& s, const item& of, const property_path& path) {
  if (const auto* row = computed_for(path)) return row->get(s, of);
  if (of.calendar)
    if (auto value = calendar_extended(of, path)) return value;
  auto at = of.extended.find(path.text());
  if (at == of.extended.end()) return std::nullopt;
  return at->second;
}

void set_extended(session&, item& of, const property_path& path, extended_value value, write_stage stage) {
  if (const auto* row = computed_for(path)) {
    if (row->set == nullptr) throw response_error{"ErrorInvalidPropertySet", "Set action is invalid for property."};
    row->set(of, value.values.front(), stage);
    return;
  }
  if (set_calendar_extended(of, path, value)) return;
  of.extended[path.text()] = std::move(value);
}

void delete_extended(session&, item& of, const property_path& path) {
  if (const auto* row = computed_for(path)) {
    if (row->clear == nullptr)
      throw response_error{"ErrorInvalidPropertyDelete", "Delete action is invalid for property."};
    row->clear(of);
    return;
  }
  of.extended.erase(path.text());
}

void write_extended(xml_writer& out, node requested, const extended_value& value) {
  out.open("t:ExtendedProperty");
  attributes with;
  for (const char* name :
       {"DistinguishedPropertySetId", "PropertySetId", "PropertyTag", "PropertyName", "PropertyId", "PropertyType"})
    if (auto text = requested.attribute(name)) with.emplace_back(name, *text);
  out.empty("t:ExtendedFieldURI", with);
  if (is_multiple(value)) {
    out.open("t:Values");
    for (const auto& text : value.values)
      out.leaf("t:Value", text);
    out.close();
  } else {
    out.leaf("t:Value", value.values.front());
  }
  out.close();
}

} // namespace exchange_sim
