#include "tests/exchange_sim/soap.hpp"

#include "tests/exchange_sim/affinity.hpp"
#include "tests/exchange_sim/answer_faults.hpp"
#include "tests/exchange_sim/notifications.hpp"
#include "tests/exchange_sim/operations.hpp"

#include <map>

namespace exchange_sim {

namespace {

constexpr std::string_view errors_namespace = "http://schemas.microsoft.com/exchange/services/2006/errors";
constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";

http_response xml_answer(int status, std::string body) {
  http_response out;
  out.status = status;
  out.headers = {{"Content-Type", "text/xml; charset=utf-8"}, {"X-FEServer", "EXCHANGE-SIM"}};
  out.body = std::move(body);
  return out;
}

// The shape of recorded faults: no soap:Header, code and message in the errors namespace.
http_response fault_answer(const soap_fault& fault) {
  xml_writer out;
  out.raw(declaration);
  out.open("s:Envelope", {{"xmlns:s", std::string(soap_namespace)}});
  out.open("s:Body");
  out.open("s:Fault");
  out.leaf("faultcode", "a:" + fault.code, {{"xmlns:a", std::string(types_namespace)}});
  out.leaf("faultstring",
           fault.violation.empty() ? fault.text : fault.text.substr(0, fault.text.size() - 1) + ": " + fault.violation,
           {{"xml:lang", "en-US"}});
  out.open("detail");
  out.leaf("e:ResponseCode", fault.code, {{"xmlns:e", std::string(errors_namespace)}});
  out.leaf("e:Message", fault.text, {{"xmlns:e", std::string(errors_namespace)}});
  if (!fault.violation.empty() || !fault.values.empty()) {
    out.open("t:MessageXml", {{"xmlns:t", std::string(types_namespace)}});
    if (!fault.violation.empty()) {
      out.leaf("t:LineNumber", std::to_string(fault.line));
      out.leaf("t:LinePosition", "1");
      out.leaf("t:Violation", fault.violation);
    }
    for (const auto& [name, value] : fault.values)
      out.leaf("t:Value", value, {{"Name", name}});
    out.close();
  }
  for (int i = 0; i < 4; ++i)
    out.close();
  return xml_answer(500, out.take());
}

struct parts {
  node header, body;
};

parts parts_of(const document& doc) {
  auto envelope = doc.root();
  if (!envelope.is("Envelope") || envelope.space() != soap_namespace)
    throw soap_fault{"ErrorSchemaValidation", "The request failed schema validation.", "The root is no soap:Envelope.",
                     1};
  auto body = envelope.child("Body").first();
  if (!body) throw soap_fault{"ErrorInvalidRequest", "The request is invalid: the body is empty."};
  return {envelope.child("Header"), body};
}

void read_version(session& s, node header, std::string& asked) {
  auto element = header.child("RequestServerVersion");
  if (!element) {
    // Exchange takes a request without the header for one of its first EWS version.
    s.version = schema_version::e2007_sp1;
    return;
  }
  asked = element.attribute_or("Version", "");
  auto version = version_called(asked);
  if (!version || *version > s.host.profile.newest)
    throw soap_fault{"ErrorInvalidServerVersion", "The specified server version is invalid."};
  s.version = *version;
}

std::string impersonated_address(node header) {
  auto sid = header.child("ExchangeImpersonation").child("ConnectingSID");
  for (const char* kind : {"PrimarySmtpAddress", "SmtpAddress", "PrincipalName"})
    if (auto element = sid.child(kind)) return element.text();
  return {};
}

void enter_mailbox(session& s, node header) {
  auto& account = *s.host.find_mailbox(s.account);
  auto wanted = header.child("ExchangeImpersonation");
  if (!wanted) {
    s.box = s.home = &account;
    return;
  }
  auto address = impersonated_address(header);
  auto* box = address.empty() ? nullptr : s.host.find_mailbox(address);
  if (box == nullptr || box->is_public)
    throw soap_fault{"ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it."};
  bool primary_asked = static_cast<bool>(wanted.child("ConnectingSID").child("PrimarySmtpAddress"));
  if (primary_asked && lower(box->who.address) != lower(address))
    throw soap_fault{"ErrorNonPrimarySmtpAddress",
                     "The primary SMTP address must be specified when referencing a mailbox: " + box->who.address + ".",
                     "",
                     0,
                     {{"Primary", box->who.address}}};
  bool allowed = box == &account;
  for (const auto& name : account.who.may_impersonate)
    if (name == "*" || lower(name) == lower(box->who.address)) allowed = true;
  if (!allowed || box->denied.contains(lower(account.who.address)))
    throw soap_fault{"ErrorImpersonateUserDenied",
                     "The account does not have permission to impersonate the requested user."};
  s.box = s.home = box;
  s.impersonates = true;
}

void check_request(const session& s, const schema_check& schemas, node body) {
  auto wrong = schemas.request(s.host.profile, s.version, body);
  if (!wrong) return;
  if (s.version < s.host.profile.newest && !schemas.request(s.host.profile, s.host.profile.newest, body))
    throw soap_fault{"ErrorIncorrectSchemaVersion",
                     "The request is valid but does not specify the correct server version in the RequestServerVersion "
                     "SOAP header.  Ensure that the RequestServerVersion SOAP header is set with the correct "
                     "RequestServerVersionValue."};
  throw soap_fault{"ErrorSchemaValidation", "The request failed schema validation.", wrong->text, wrong->line};
}

std::string envelope_around(const session& s, const std::string& asked, const std::string& inside) {
  xml_writer out;
  out.raw(declaration);
  out.open("s:Envelope", {{"xmlns:s", std::string(soap_namespace)}});
  out.open("s:Header");
  const auto& p = s.host.profile;
  attributes with{{"MajorVersion", std::to_string(p.major)},
                  {"MinorVersion", std::to_string(p.minor)},
                  {"MajorBuildNumber", std::to_string(p.build)},
                  {"MinorBuildNumber", std::to_string(p.revision)}};
  auto shown = p.answers_schema.empty() ? asked : p.answers_schema;
  if (!shown.empty()) with.emplace_back("Version", shown);
  with.emplace_back("xmlns:h", std::string(types_namespace));
  out.empty("h:ServerVersionInfo", with);
  out.close();
  out.open("s:Body");
  out.raw(inside);
  out.close();
  out.close();
  return out.take();
}

http_response act(session& s, const schema_check& schemas, const document& doc) {
  auto [header, body] = parts_of(doc);
  s.operation = body.name();
  s.header = header;
  std::string asked;
  read_version(s, header, asked);
  enter_mailbox(s, header);
  check_request(s, schemas, body);
  const auto* operation = find_operation(s.operation);
  if (operation == nullptr || !s.knows(operation->since) || body.space() != messages_namespace)
    throw soap_fault{"ErrorInvalidRequest", "The request is invalid: the operation is not known."};
  xml_writer inside;
  inside.open("m:" + s.operation + "Response",
              {{"xmlns:m", std::string(messages_namespace)}, {"xmlns:t", std::string(types_namespace)}});
  inside.open("m:ResponseMessages");
  operation->run(s, body, inside);
  inside.close();
  inside.close();
  auto with_cookies = [&](http_response answer) {
    for (const auto& cookie : s.set_cookies)
      answer.headers.emplace_back("Set-Cookie", cookie);
    // Pieces that a compressor holds back come too late, and clients read errors in the same way as pieces.
    if (s.operation == "GetStreamingEvents") answer.headers.emplace_back("Content-Encoding", "identity");
    return answer;
  };
  if (s.opened_stream != 0) {
    // What a response message of this connection stands in: the text around a place-holder.
    auto around = envelope_around(s, asked,
                                  "<m:GetStreamingEventsResponse xmlns:m=\"" + std::string(messages_namespace) +
                                      "\" xmlns:t=\"" + std::string(types_namespace) +
                                      "\"><m:ResponseMessages>\n</m:ResponseMessages></m:GetStreamingEventsResponse>");
    auto place = around.find('\n');
    auto& connection = s.host.notifications.connections.at(s.opened_stream);
    connection.before = around.substr(0, place);
    connection.after = around.substr(place + 1);
    auto streamed = xml_answer(200, "");
    streamed.stream = s.opened_stream;
    return with_cookies(std::move(streamed));
  }
  auto out = xml_answer(200, envelope_around(s, asked, inside.text()));
  if (auto wrong = answer_bug(s.host, schemas, out.body)) {
    out.status = 500;
    out.headers.emplace_back("X-Sim-Bug", *wrong);
  }
  return with_cookies(std::move(out));
}

} // namespace

std::optional<std::string> answer_bug(server& host, const schema_check& schemas, const std::string& answer) {
  if (!schemas.checks_answers()) return std::nullopt;
  auto written = document::parse(as_schemas_want(answer));
  auto wrong = written ? schemas.answer(host.profile, written->root().child("Body").first())
                       : schema_violation{"the answer is not well-formed", 0};
  if (!wrong) return std::nullopt;
  ++host.counted.schema_bugs;
  return wrong->text;
}

http_response dispatch(universe& all, fault_plan& faults, const world_options& options, const schema_check& schemas,
                       const soap_call& call) {
  try {
    auto at = all.servers.find(call.server);
    if (at == all.servers.end() || at->second.find_mailbox(call.account) == nullptr) return xml_answer(503, "");
    session s{all, at->second, nullptr, faults, options};
    s.account = call.account;
    s.routing = call.routing;
    s.now = options.now();
    auto doc = document::parse(call.body);
    if (!doc)
      throw soap_fault{"ErrorSchemaValidation", "The request failed schema validation.",
                       "The request is not well-formed XML.", 1};
    return act(s, schemas, *doc);
  } catch (const soap_fault& fault) {
    return fault_answer(fault);
  } catch (const unroutable&) {
    return xml_answer(503, "");
  }
}

namespace {

void note_folder(request_fact& into, server& host, node id) {
  const auto parsed = parse_id(id.attribute_or("Id", ""));
  if (!parsed || parsed->kind != id_kind::folder) return;
  for (auto& [name, box] : host.mailboxes)
    if (box.guid == parsed->mailbox_guid && box.find_folder({parsed->key}) != nullptr) {
      into.folder = path_of(box, {parsed->key});
      into.folder_of = lower(box.who.address);
    }
}

} // namespace

request_fact fact_of(universe& all, const soap_call& call, bool with_bodies) {
  request_fact out{call.server, call.account, "", {}};
  auto doc = document::parse(call.body);
  auto& host = all.servers.at(call.server);
  if (!doc) return out;
  out.shown = [&host, with_bodies](const http_response& answer) {
    std::vector<item_fact> items;
    for (const auto& id : item_ids_of(answer.body))
      items.push_back(fact_of_id(host, id, with_bodies));
    return items;
  };
  auto header = doc->root().child("Header");
  auto body = doc->root().child("Body").first();
  if (!body) return out;
  out.operation = body.name();
  if (auto address = impersonated_address(header); !address.empty())
    if (auto* box = host.find_mailbox(address)) out.mailbox = box->who.address;
  if (body.is("SyncFolderItems")) note_folder(out, host, body.child("SyncFolderId").first());
  auto about = [&](node id) { return fact_of_id(host, id.attribute_or("Id", ""), with_bodies); };
  if (auto parent = body.child("ParentItemId")) out.items.push_back(about(parent));
  for (auto id : body.child("AttachmentIds").children())
    out.items.push_back(about(id));
  for (auto list : body.children()) {
    // What a client asks to be left out is not what it asks for.
    if (list.is("Ignore")) continue;
    for (auto one : list.children()) {
      auto id = one.is("ItemId") ? one : one.child("ItemId");
      if (list.is("Items"))
        out.items.push_back(fact_of_new_item(one, with_bodies));
      else if (id)
        out.items.push_back(about(id));
    }
  }
  return out;
}

} // namespace exchange_sim
