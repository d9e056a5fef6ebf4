// The mailboxes as one JSON document: ids, change numbers and so SyncStates survive a restart.
#include "tests/exchange_sim/calendar_json.hpp"
#include "tests/exchange_sim/ids.hpp"
#include "tests/exchange_sim/item_json.hpp"
#include "tests/exchange_sim/session.hpp"
#include "tests/exchange_sim/world.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace exchange_sim {

using nlohmann::json;

static json time_json(const std::optional<sys_time>& at) {
  return at ? json(at->time_since_epoch().count()) : json(nullptr);
}
static std::optional<sys_time> time_from(const json& j) {
  if (j.is_null()) return std::nullopt;
  return sys_time(std::chrono::milliseconds(j.get<std::int64_t>()));
}

static void to_json(json& j, const address& a) {
  j = {a.name, a.email, a.routing};
}
static void from_json(const json& j, address& a) {
  a = {j.at(0), j.at(1), j.at(2)};
}

static json one_json(const std::optional<address>& a) {
  return a ? json(*a) : json(nullptr);
}
static std::optional<address> one_from(const json& j) {
  if (j.is_null()) return std::nullopt;
  return j.get<address>();
}

static void to_json(json& j, const extended_value& v) {
  j = {{"type", v.type}, {"values", v.values}};
}
static void from_json(const json& j, extended_value& v) {
  v = {j.at("type"), j.at("values")};
}

static json item_json(const item&);
static item item_from(const json&);

static void to_json(json& j, const attachment& a) {
  j = {{"key", a.key},
       {"name", a.name},
       {"type", a.content_type},
       {"cid", a.content_id},
       {"location", a.content_location},
       {"inline", a.is_inline},
       {"photo", a.is_contact_photo},
       {"message", a.is_message},
       {"content", base64(a.content)},
       {"embedded", a.embedded == nullptr ? json(nullptr) : item_json(*a.embedded)},
       {"modified", time_json(a.modified)}};
}
static void from_json(const json& j, attachment& a) {
  a.key = j.at("key");
  a.name = j.at("name");
  a.content_type = j.at("type");
  a.content_id = j.at("cid");
  a.content_location = j.at("location");
  a.is_inline = j.at("inline");
  a.is_contact_photo = j.at("photo");
  a.is_message = j.at("message");
  if (!j.at("embedded").is_null()) a.embedded = std::make_shared<item>(item_from(j.at("embedded")));
  a.content = from_base64(j.at("content").get<std::string>()).value_or("");
  a.modified = time_from(j.at("modified")).value_or(sys_time{});
}

static void to_json(json& j, const flag_value& f) {
  j = {{"status", f.status},
       {"start", time_json(f.start)},
       {"due", time_json(f.due)},
       {"complete", time_json(f.complete)}};
}
static void from_json(const json& j, flag_value& f) {
  f = {j.at("status"), time_from(j.at("start")), time_from(j.at("due")), time_from(j.at("complete"))};
}

/// One list of the plain members of an item, used to write and to read.
template <class Item, class Visit>
static void plain_members(Item& i, Visit visit) {
  visit("arrived", i.arrived);
  visit("changed", i.changed);
  visit("read_changed", i.read_changed);
  visit("class", i.item_class);
  visit("subject", i.subject);
  visit("sensitivity", i.sensitivity);
  visit("importance", i.importance);
  visit("culture", i.culture);
  visit("in_reply_to", i.in_reply_to);
  visit("references", i.references);
  visit("message_id", i.message_id);
  visit("topic", i.conversation_topic);
  visit("html", i.body.html);
  visit("body", i.body.text);
  visit("attachments", i.attachments);
  visit("categories", i.categories);
  visit("headers", i.headers);
  visit("to", i.to);
  visit("cc", i.cc);
  visit("bcc", i.bcc);
  visit("reply_to", i.reply_to);
  visit("modified_by", i.modified_by);
  visit("flag", i.flag);
  visit("reminder_is_set", i.reminder_is_set);
  visit("reminder_minutes", i.reminder_minutes);
  visit("draft", i.draft);
  visit("submitted", i.submitted);
  visit("from_me", i.from_me);
  visit("resend", i.resend);
  visit("unmodified", i.unmodified);
  visit("associated", i.associated);
  visit("read", i.read);
  visit("read_receipt_requested", i.read_receipt_requested);
  visit("delivery_receipt_requested", i.delivery_receipt_requested);
  visit("response_requested", i.response_requested);
  visit("receipt_pending", i.receipt_pending);
  visit("created_by", i.created_by);
  visit("read_by", i.read_by);
  visit("kept", i.kept);
  visit("extended", i.extended);
}

static json item_json(const item& i) {
  json j{{"key", i.key.value},
         {"topic_index", base64(i.conversation_index)},
         {"search_key", base64(i.search_key)},
         {"from", one_json(i.from)},
         {"sender", one_json(i.sender)},
         {"received_by", one_json(i.received_by)},
         {"received_representing", one_json(i.received_representing)},
         {"received", time_json(i.received)},
         {"sent", time_json(i.sent)},
         {"created", time_json(i.created)},
         {"modified", time_json(i.modified)},
         {"reminder_due", time_json(i.reminder_due)},
         {"retention_date", time_json(i.retention_date)},
         {"contact", contact_json(i.contact)},
         {"task", task_json(i.task)},
         {"policy_tag", i.policy_tag ? json(*i.policy_tag) : json(nullptr)},
         {"archive_tag", i.archive_tag ? json(*i.archive_tag) : json(nullptr)},
         {"icon_index", i.icon_index ? json(*i.icon_index) : json(nullptr)}};
  plain_members(i, [&](const char* name, const auto& member) { j[name] = member; });
  if (i.calendar) j["calendar"] = calendar_json(*i.calendar, item_json);
  return j;
}

static std::optional<std::string> text_from(const json& j) {
  if (j.is_null()) return std::nullopt;
  return j.get<std::string>();
}

static item item_from(const json& j) {
  item i;
  i.key = {j.at("key").get<std::uint64_t>()};
  i.conversation_index = from_base64(j.at("topic_index").get<std::string>()).value_or("");
  i.search_key = from_base64(j.at("search_key").get<std::string>()).value_or("");
  i.from = one_from(j.at("from"));
  i.sender = one_from(j.at("sender"));
  i.received_by = one_from(j.at("received_by"));
  i.received_representing = one_from(j.at("received_representing"));
  i.received = time_from(j.at("received"));
  i.sent = time_from(j.at("sent"));
  i.created = time_from(j.at("created")).value_or(sys_time{});
  i.modified = time_from(j.at("modified")).value_or(sys_time{});
  i.reminder_due = time_from(j.at("reminder_due"));
  i.retention_date = time_from(j.at("retention_date"));
  i.contact = contact_from(j.at("contact"));
  i.task = task_from(j.at("task"));
  i.policy_tag = text_from(j.at("policy_tag"));
  i.archive_tag = text_from(j.at("archive_tag"));
  i.icon_index = text_from(j.at("icon_index"));
  plain_members(i, [&](const char* name, auto& member) { j.at(name).get_to(member); });
  if (j.contains("calendar")) i.calendar = calendar_from(j.at("calendar"), item_from);
  return i;
}

static json folder_json(const folder& f) {
  json items = json::array(), tombstones = json::array();
  for (const auto& [key, i] : f.items)
    items.push_back(item_json(i));
  for (const auto& t : f.tombstones)
    tombstones.push_back({t.key.value, t.arrived, t.gone});
  return {{"key", f.key.value},           {"parent", f.parent.value},         {"name", f.name},
          {"class", f.folder_class},      {"distinguished", f.distinguished}, {"created", f.created},
          {"permissions", f.permissions}, {"withdrawn", f.withdrawn},         {"content_guid", f.content_guid},
          {"changed", f.changed},         {"extended", f.extended},           {"items", items},
          {"tombstones", tombstones}};
}

static folder folder_from(const json& j, mailbox& box) {
  folder f;
  f.key = {j.at("key").get<std::uint64_t>()};
  f.parent = {j.at("parent").get<std::uint64_t>()};
  f.name = j.at("name");
  f.folder_class = j.at("class");
  f.distinguished = j.at("distinguished");
  f.created = j.at("created");
  f.changed = j.at("changed");
  j.at("permissions").get_to(f.permissions);
  j.at("withdrawn").get_to(f.withdrawn);
  f.content_guid = j.at("content_guid");
  j.at("extended").get_to(f.extended);
  for (const auto& one : j.at("items")) {
    auto i = item_from(one);
    i.folder = f.key;
    box.where[i.key] = f.key;
    f.items.emplace(i.key, std::move(i));
  }
  for (const auto& t : j.at("tombstones"))
    f.tombstones.push_back({{t.at(0).get<std::uint64_t>()}, t.at(1), t.at(2)});
  return f;
}

static json mailbox_json(const mailbox& box) {
  json folders = json::array(), gone = json::array();
  for (const auto& [key, f] : box.folders)
    folders.push_back(folder_json(f));
  for (const auto& t : box.folder_tombstones)
    gone.push_back({t.key.value, t.created, t.gone});
  return {{"guid", base64(box.guid)},
          {"address", box.who.address},
          {"display_name", box.who.display_name},
          {"password", box.who.password},
          {"aliases", box.who.aliases},
          {"may_impersonate", box.who.may_impersonate},
          {"denied", box.denied},
          {"public", box.is_public},
          {"hierarchy_guid", box.hierarchy_guid},
          {"full_access", box.full_access},
          {"quota_bytes", box.quota_bytes},
          {"view_private", box.view_private},
          {"last_change", box.last_change},
          {"last_key", box.last_key},
          {"sync_epoch", box.sync_epoch},
          {"folders", folders},
          {"folder_tombstones", gone}};
}

static mailbox mailbox_from(const json& j, const std::string& server) {
  mailbox box;
  box.guid = from_base64(j.at("guid").get<std::string>()).value_or("");
  box.who = {server, j.at("address"), j.at("display_name"), j.at("password"), j.at("aliases"), j.at("may_impersonate")};
  j.at("denied").get_to(box.denied);
  box.is_public = j.at("public");
  box.hierarchy_guid = j.at("hierarchy_guid");
  j.at("full_access").get_to(box.full_access);
  box.quota_bytes = j.at("quota_bytes");
  j.at("view_private").get_to(box.view_private);
  box.last_change = j.at("last_change");
  box.last_key = j.at("last_key");
  box.sync_epoch = j.at("sync_epoch");
  for (const auto& one : j.at("folders")) {
    auto f = folder_from(one, box);
    auto key = f.key;
    box.folders.emplace(key, std::move(f));
  }
  for (const auto& t : j.at("folder_tombstones"))
    box.folder_tombstones.push_back({{t.at(0).get<std::uint64_t>()}, t.at(1), t.at(2)});
  return box;
}

static json traffic_json(const traffic& t) {
  json mails = json::array();
  for (const auto& mail : t.mails_out)
    mails.push_back({mail.mailbox, mail.item, mail.kind});
  return {{"requests", t.requests},
          {"bytes_in", t.bytes_in},
          {"bytes_out", t.bytes_out},
          {"schema_bugs", t.schema_bugs},
          {"mails_out", mails}};
}

static traffic traffic_from(const json& j) {
  traffic t;
  j.at("requests").get_to(t.requests);
  t.bytes_in = j.at("bytes_in");
  t.bytes_out = j.at("bytes_out");
  t.schema_bugs = j.at("schema_bugs");
  for (const auto& mail : j.at("mails_out"))
    t.mails_out.push_back({mail.at(0), mail.at(1), mail.at(2)});
  return t;
}

static json discovery_json(const std::map<std::string, discovery>& all) {
  json out = json::object();
  for (const auto& [address, said] : all)
    out[address] = {said.redirect_address, said.redirect_url, said.grouping};
  return out;
}

// Subscriptions themselves end with the process, as they do on a real server.
static json notifications_json(const notification_settings& n) {
  return {n.gather.count(), n.heartbeat.count(), n.status_events, n.hanging_connections, n.subscriptions};
}

static notification_settings notifications_from(const json& j) {
  return {std::chrono::milliseconds(j.at(0).get<std::int64_t>()),
          std::chrono::milliseconds(j.at(1).get<std::int64_t>()), j.at(2), j.at(3), j.at(4)};
}

json world::save() const {
  json servers = json::array();
  for (const auto& [name, host] : universe_->servers) {
    json boxes = json::array();
    for (const auto& [key, box] : host.mailboxes)
      boxes.push_back(mailbox_json(box));
    servers.push_back({{"name", name},
                       {"profile", host.profile.name},
                       {"limits",
                        {host.profile.request_bytes, host.profile.attachment_bytes, host.profile.find_page,
                         host.profile.find_page_restricted, host.sync_page}},
                       {"notifications", notifications_json(host.notifications.settings)},
                       {"strict", {host.strict_routing, host.strict_affinity}},
                       {"meetings", host.refuses_zones_of_received_meetings},
                       {"message_bytes", host.message_bytes},
                       {"grouping", host.grouping},
                       {"discovery", discovery_json(host.discovery)},
                       {"counters", traffic_json(host.counted)},
                       {"mailboxes", boxes}});
  }
  return {{"format", "exchange-sim 1"}, {"servers", servers}};
}

void world::load(const json& saved) {
  if (!saved.is_object() || saved.value("format", "") != "exchange-sim 1")
    throw std::runtime_error("this is no state of exchange-sim");
  universe fresh;
  fresh.revision = universe_->revision + 1;
  for (const auto& one : saved.at("servers")) {
    auto name = one.at("name").get<std::string>();
    const auto* profile = find_profile(one.at("profile").get<std::string>());
    if (profile == nullptr) throw std::runtime_error("the state names an unknown version profile");
    server host{name, *profile, one.at("limits").at(4), {}, traffic_from(one.at("counters"))};
    host.profile.request_bytes = one.at("limits").at(0);
    host.profile.attachment_bytes = one.at("limits").at(1);
    host.profile.find_page = one.at("limits").at(2);
    host.profile.find_page_restricted = one.at("limits").at(3);
    host.notifications.settings = notifications_from(one.at("notifications"));
    host.strict_routing = one.at("strict").at(0);
    host.strict_affinity = one.at("strict").at(1);
    host.refuses_zones_of_received_meetings = one.value("meetings", false);
    host.message_bytes = one.at("message_bytes");
    host.grouping = one.at("grouping");
    for (const auto& [address, said] : one.at("discovery").items())
      host.discovery[address] = {said.at(0), said.at(1), said.at(2)};
    for (const auto& box : one.at("mailboxes"))
      host.mailboxes[lower(box.at("address").get<std::string>())] = mailbox_from(box, name);
    fresh.servers.emplace(name, std::move(host));
  }
  fresh.log.to = options_.watcher;
  *universe_ = std::move(fresh);
}

} // namespace exchange_sim
