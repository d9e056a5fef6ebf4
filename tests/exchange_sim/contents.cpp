// Looking at the world from outside: plain contents and counters.
#include "tests/exchange_sim/calendar_json.hpp"
#include "tests/exchange_sim/fields_item.hpp"
#include "tests/exchange_sim/ids.hpp"
#include "tests/exchange_sim/item_json.hpp"
#include "tests/exchange_sim/world.hpp"
#include "tests/exchange_sim/world_parts.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace exchange_sim {

namespace {

using nlohmann::json;

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out += digits[digest[i] >> 4];
    out += digits[digest[i] & 0xf];
  }
  return out;
}

// Servers and MIME differ in line ends and in trailing white space, which nobody sees.
std::string visible_text(const body_text& body) {
  auto text = body.html ? text_of_html(body.text) : body.text;
  std::string out;
  for (char c : text) {
    if (c == '\r') continue;
    if (c == '\n')
      while (!out.empty() && (out.back() == ' ' || out.back() == '\t'))
        out.pop_back();
    out += c;
  }
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ' || out.back() == '\t'))
    out.pop_back();
  out.erase(0, std::min(out.find_first_not_of(" \n\t"), out.size()));
  return out;
}

json person(const std::optional<address>& who) {
  return who ? json(lower(who->email)) : json(nullptr);
}

json people(const std::vector<address>& list) {
  json out = json::array();
  for (const auto& who : list)
    out.push_back(lower(who.email));
  return out;
}

json time_or_null(const std::optional<sys_time>& at) {
  return at ? json(wire_time(*at)) : json(nullptr);
}

json flag_json(const flag_value& flag) {
  return {{"status", flag.status},
          {"start", time_or_null(flag.start)},
          {"due", time_or_null(flag.due)},
          {"complete", time_or_null(flag.complete)}};
}

/// What the type of the item adds.
void show_type(json& out, const item& i) {
  auto element = element_of_class(i.item_class);
  if (element == "Contact" || element == "DistributionList") out["contact"] = contact_json(i.contact);
  if (element == "Task") out["task"] = task_json(i.task);
}

json marks_of(const item& i) {
  json out = json::object();
  for (const auto& [path, value] : i.extended)
    if (path.find("/name:") != std::string::npos)
      out[path] = value.values.size() == 1 ? json(value.values.front()) : json(value.values);
  return out;
}

json attachments_json(const item& i);

/// What an attached item is, without what differs between two that say the same.
json embedded_json(const item& i) {
  json out{{"class", i.item_class},      {"subject", i.subject},         {"body_sha256", sha256(visible_text(i.body))},
           {"from", person(i.from)},     {"to", people(i.to)},           {"cc", people(i.cc)},
           {"importance", i.importance}, {"sensitivity", i.sensitivity}, {"attachments", attachments_json(i)}};
  show_type(out, i);
  return out;
}

/// In a stable order. An attached item is shown by what it says, however it came: its bytes are no one's to compare.
json attachments_json(const item& i) {
  json out = json::array();
  for (const auto& part : i.attachments) {
    auto bytes = part.embedded == nullptr ? part.content : embedded_json(*part.embedded).dump();
    out.push_back({{"name", part.name},
                   {"type", part.embedded == nullptr ? part.content_type : part.embedded->item_class},
                   {"size", bytes.size()},
                   {"sha256", sha256(bytes)},
                   {"inline", part.is_inline},
                   {"photo", part.is_contact_photo}});
  }
  std::sort(out.begin(), out.end(), [](const json& a, const json& b) { return a.dump() < b.dump(); });
  return out;
}

json reminder_json(const item& i) {
  return {{"is_set", i.reminder_is_set}, {"due", time_or_null(i.reminder_due)}, {"minutes", i.reminder_minutes}};
}

} // namespace

json shown(const mailbox& box, const item& i) {
  auto categories = i.categories;
  std::sort(categories.begin(), categories.end());
  json out{{"folder", path_of(box, i.folder)},
           {"class", i.item_class},
           {"subject", i.subject},
           {"body_sha256", sha256(visible_text(i.body))},
           {"body_html", i.body.html},
           {"from", person(i.from)},
           {"to", people(i.to)},
           {"cc", people(i.cc)},
           {"bcc", people(i.bcc)},
           {"message_id", i.message_id},
           {"received", time_or_null(i.received)},
           {"sent", time_or_null(i.sent)},
           {"read", i.read},
           {"draft", i.draft},
           {"categories", categories},
           {"importance", i.importance},
           {"sensitivity", i.sensitivity},
           {"flag", flag_json(i.flag)},
           {"attachments", attachments_json(i)},
           {"reminder", reminder_json(i)},
           {"receipt_pending", i.receipt_pending},
           {"search_key", base64(i.search_key)},
           {"id", wire_id(box, i.key)},
           {"change_key", change_key(box, i)},
           {"modified", wire_time(i.modified)},
           {"marks", marks_of(i)}};
  if (i.calendar)
    out["appointment"] = appointment_shown(i, [](const item& of) { return sha256(visible_text(of.body)); });
  show_type(out, i);
  return out;
}

outcome<json> world::contents(const mailbox_ref& ref, const std::string& path) const {
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  const auto* only = path.empty() ? nullptr : folder_at(*found.box, path);
  if (!path.empty() && only == nullptr) return refusal{"no such folder: " + path};
  std::vector<json> items;
  for (const auto& [key, f] : found.box->folders)
    if (only == nullptr || f.key == only->key)
      for (const auto& [item_key, i] : f.items)
        if (!i.associated) items.push_back(shown(*found.box, i));
  std::sort(items.begin(), items.end(), [](const json& a, const json& b) {
    for (const char* key : {"folder", "received", "subject", "message_id", "id"})
      if (a[key] != b[key]) return a[key] < b[key];
    return false;
  });
  return json{{"items", items}};
}

json world::counters(const std::string& name) const {
  json requests = json::object(), details = json::array();
  json mails{{"submitted", 0}, {"read_receipts", 0}, {"invitations", 0}, {"cancellations", 0}, {"responses", 0}};
  std::uint64_t in = 0, out = 0, bugs = 0;
  for (const auto& [server_name, host] : universe_->servers) {
    if (!name.empty() && name != server_name) continue;
    for (const auto& [operation, count] : host.counted.requests)
      requests[operation] = requests.value(operation, 0U) + count;
    for (const auto& mail : host.counted.mails_out) {
      mails[mail.kind] = mails[mail.kind].get<std::uint64_t>() + 1;
      details.push_back({{"server", server_name}, {"mailbox", mail.mailbox}, {"item", mail.item}, {"kind", mail.kind}});
    }
    in += host.counted.bytes_in;
    out += host.counted.bytes_out;
    bugs += host.counted.schema_bugs;
  }
  mails["details"] = details;
  return {{"requests", requests}, {"bytes_in", in}, {"bytes_out", out}, {"schema_bugs", bugs}, {"mails_out", mails}};
}

} // namespace exchange_sim
