// Autodiscover: where the EWS of an address is, in both of its forms.
#include "tests/exchange_sim/autodiscover.hpp"

#include "tests/exchange_sim/public_folders.hpp"
#include "tests/exchange_sim/xml.hpp"

#include <array>
#include <cstdio>

namespace exchange_sim {

namespace {

constexpr std::string_view soap_autodiscover = "http://schemas.microsoft.com/exchange/2010/Autodiscover";
constexpr std::string_view addressing = "http://www.w3.org/2005/08/addressing";
constexpr std::string_view instance = "http://www.w3.org/2001/XMLSchema-instance";
constexpr std::string_view pox_request =
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006";
constexpr std::string_view pox_answer =
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";
constexpr std::string_view pox_outer = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006";
constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";

http_response xml_answer(std::string body, int status = 200) {
  http_response out;
  out.status = status;
  out.headers = {{"Content-Type", "text/xml; charset=utf-8"}};
  out.body = std::move(body);
  return out;
}

/// What is known of an address.
struct discovered {
  enum class kind { settings, redirect_address, redirect_url, unknown } what = kind::unknown;
  std::string target;           ///< of a redirection
  const mailbox* box = nullptr; ///< null: a public folder mailbox
  std::string address, name;
  std::string public_guid; ///< of a public folder mailbox
  std::string grouping;
};

/// The GUID of the public folder mailbox that an address means, by its GUID or its name; empty: of none.
std::string public_guid_of(const mailbox& store, const std::string& address) {
  auto at = address.find('@');
  if (at == std::string::npos) return {};
  auto is_it = [&](const std::string& guid) {
    return !guid.empty() && (lower(address.substr(0, at)) == guid ||
                             lower(address) == lower(public_mailbox_address(guid, address.substr(at + 1))));
  };
  if (is_it(store.hierarchy_guid)) return store.hierarchy_guid;
  for (const auto& [key, f] : store.folders)
    if (is_it(f.content_guid)) return f.content_guid;
  return {};
}

std::string domain_of(const std::string& address) {
  return address.substr(address.find('@') + 1);
}

discovered look_up(server& host, const std::string& asked) {
  using kind = discovered::kind;
  auto special = host.discovery.find(lower(asked));
  if (special != host.discovery.end()) {
    const auto& said = special->second;
    if (!said.redirect_address.empty()) return {kind::redirect_address, said.redirect_address, nullptr, {}, {}, {}, {}};
    if (!said.redirect_url.empty()) return {kind::redirect_url, said.redirect_url, nullptr, {}, {}, {}, {}};
  }
  if (const auto* store = public_store(host); store != nullptr && host.profile.newest >= schema_version::e2013)
    if (auto guid = public_guid_of(*store, asked); !guid.empty())
      return {kind::settings,   {},   nullptr,      public_mailbox_address(guid, domain_of(asked)),
              "Public folders", guid, host.grouping};
  const auto* box = host.find_mailbox(asked);
  if (box == nullptr || box->is_public) return {};
  auto own = host.discovery.find(lower(box->who.address));
  bool grouped = own != host.discovery.end() && !own->second.grouping.empty();
  return {kind::settings,
          {},
          box,
          box->who.address,
          box->who.display_name,
          {},
          grouped ? own->second.grouping : host.grouping};
}

std::string supported_schemas(const server& host) {
  static constexpr std::array names{
      std::pair{schema_version::e2007, "Exchange2007"},
      std::pair{schema_version::e2007_sp1, "Exchange2007_SP1"},
      std::pair{schema_version::e2010, "Exchange2010"},
      std::pair{schema_version::e2010_sp1, "Exchange2010_SP1"},
      std::pair{schema_version::e2010_sp2, "Exchange2010_SP2"},
      std::pair{schema_version::e2013, "Exchange2013"},
      std::pair{schema_version::e2013_sp1, "Exchange2013_SP1"},
  };
  std::string out;
  for (const auto& [version, name] : names)
    if (version <= host.profile.newest) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

std::string server_version(const server& host) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%d.%02d.%04d.%03d", host.profile.major, host.profile.minor,
                host.profile.build, host.profile.revision);
  return text.data();
}

std::string hex(const std::string& bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (unsigned char c : bytes) {
    out += digits[c >> 4];
    out += digits[c & 0xf];
    if (out.size() == 8 || out.size() == 13 || out.size() == 18 || out.size() == 23) out += '-';
  }
  return out;
}

/// None where this server does not have the setting.
std::optional<std::string> setting(server& host, const discovered& of, const std::string& name) {
  if (name == "UserDisplayName") return of.name;
  if (name == "AutoDiscoverSMTPAddress") return of.address;
  if (name == "UserDN" && of.box != nullptr) return "/o=Sim/ou=Exchange/cn=Recipients/cn=" + of.address;
  if (name == "MailboxDN") return "/o=Sim/ou=Exchange/cn=Configuration/cn=Servers/cn=" + host.name;
  if (name == "ExternalEwsUrl") return host.external_url;
  if (name == "InternalEwsUrl") return host.internal_url;
  if (name == "EwsSupportedSchemas") return supported_schemas(host);
  if (name == "ExternalEwsVersion" || name == "CasVersion") return server_version(host);
  if (name == "InternalMailboxServer") return host.name + ".internal";
  // These came with the public folder mailboxes and the affinity of 2013.
  if (host.profile.newest < schema_version::e2013) return std::nullopt;
  if (name == "GroupingInformation") return of.grouping;
  if (name == "InternalRpcClientServer")
    return (of.box != nullptr ? hex(of.box->guid) : of.public_guid) + "@" + domain_of(of.address);
  const auto* store = public_store(host);
  if (store == nullptr || of.box == nullptr) return std::nullopt;
  if (name == "PublicFolderInformation") return public_mailbox_address(store->hierarchy_guid, domain_of(of.address));
  return std::nullopt;
}

void write_user(server& host, xml_writer& out, const std::string& asked, node settings) {
  using kind = discovered::kind;
  auto of = look_up(host, asked);
  auto code = of.what == kind::settings           ? "NoError"
              : of.what == kind::redirect_address ? "RedirectAddress"
              : of.what == kind::redirect_url     ? "RedirectUrl"
                                                  : "InvalidUser";
  std::vector<std::pair<std::string, std::string>> values;
  std::vector<std::string> missing;
  if (of.what == kind::settings)
    for (auto wanted : settings.children()) {
      auto name = wanted.text();
      auto value = setting(host, of, name);
      if (value && !value->empty())
        values.emplace_back(name, *value);
      else
        missing.push_back(name);
    }
  // Elements of a data contract: in the order of the alphabet.
  out.open("UserResponse");
  out.leaf("ErrorCode", code);
  out.leaf("ErrorMessage", of.what == kind::settings ? "No error." : of.what == kind::unknown ? "Invalid user." : code);
  if (of.target.empty())
    out.empty("RedirectTarget", {{"i:nil", "true"}});
  else
    out.leaf("RedirectTarget", of.target);
  out.open("UserSettingErrors");
  for (const auto& name : missing) {
    out.open("UserSettingError");
    out.leaf("ErrorCode", "SettingIsNotAvailable");
    out.leaf("ErrorMessage", "The setting is not available.");
    out.leaf("SettingName", name);
    out.close();
  }
  out.close();
  out.open("UserSettings");
  for (const auto& [name, value] : values) {
    out.open("UserSetting", {{"i:type", "StringSetting"}});
    out.leaf("Name", name);
    out.leaf("Value", value);
    out.close();
  }
  out.close();
  out.close();
}

http_response soap_fault_answer(const std::string& code, const std::string& text) {
  xml_writer out;
  out.raw(declaration);
  out.open("s:Envelope", {{"xmlns:s", std::string(soap_namespace)}});
  out.open("s:Body");
  out.open("s:Fault");
  out.leaf("faultcode", "a:" + code, {{"xmlns:a", std::string(soap_autodiscover)}});
  out.leaf("faultstring", text, {{"xml:lang", "en-US"}});
  for (int i = 0; i < 3; ++i)
    out.close();
  return xml_answer(out.take(), 500);
}

http_response answer_soap(server& host, const http_request& request) {
  auto doc = document::parse(request.body);
  auto body = doc ? doc->root().child("Body").first() : node();
  if (!body || !body.is("GetUserSettingsRequestMessage") || body.space() != soap_autodiscover)
    return soap_fault_answer("ActionNotSupported", "The message cannot be processed at the receiver, due to a "
                                                   "ContractFilter mismatch at the EndpointDispatcher.");
  auto asked = body.child("Request");
  auto users = asked.child("Users").children();
  auto settings = asked.child("RequestedSettings");
  xml_writer out;
  out.raw(declaration);
  out.open("s:Envelope", {{"xmlns:s", std::string(soap_namespace)}, {"xmlns:a", std::string(addressing)}});
  out.open("s:Header");
  out.leaf("a:Action", std::string(soap_autodiscover) + "/Autodiscover/GetUserSettingsResponse",
           {{"s:mustUnderstand", "1"}});
  out.open("h:ServerVersionInfo", {{"xmlns:h", std::string(soap_autodiscover)}, {"xmlns:i", std::string(instance)}});
  out.leaf("h:MajorVersion", std::to_string(host.profile.major));
  out.leaf("h:MinorVersion", std::to_string(host.profile.minor));
  out.leaf("h:MajorBuildNumber", std::to_string(host.profile.build));
  out.leaf("h:MinorBuildNumber", std::to_string(host.profile.revision));
  out.leaf("h:Version", "Exchange2010");
  out.close();
  out.close();
  out.open("s:Body");
  out.open("GetUserSettingsResponseMessage", {{"xmlns", std::string(soap_autodiscover)}});
  out.open("Response", {{"xmlns:i", std::string(instance)}});
  bool whole = !users.empty() && !settings.children().empty();
  out.leaf("ErrorCode", whole ? "NoError" : "InvalidRequest");
  out.leaf("ErrorMessage", whole ? "" : "The request is invalid.");
  out.open("UserResponses");
  if (whole)
    for (auto user : users)
      write_user(host, out, user.child("Mailbox").text(), settings);
  for (int i = 0; i < 5; ++i)
    out.close();
  return xml_answer(out.take());
}

http_response pox_error(const std::string& code, const std::string& text) {
  xml_writer out;
  out.raw(declaration);
  out.open("Autodiscover", {{"xmlns", std::string(pox_outer)}});
  out.open("Response");
  out.open("Error", {{"Time", "00:00:00.0000000"}, {"Id", "1"}});
  out.leaf("ErrorCode", code);
  out.leaf("Message", text);
  out.empty("DebugData");
  for (int i = 0; i < 3; ++i)
    out.close();
  return xml_answer(out.take());
}

void write_protocol(xml_writer& out, const server& host, const char* type, const std::string& url) {
  if (url.empty()) return;
  out.open("Protocol");
  out.leaf("Type", type);
  out.leaf("Server", host.name);
  out.leaf("ASUrl", url);
  out.leaf("OOFUrl", url);
  out.leaf("EwsUrl", url);
  out.close();
}

http_response answer_pox(server& host, const http_request& request) {
  using kind = discovered::kind;
  auto doc = document::parse(request.body);
  auto asked = doc ? doc->root().child("Request") : node();
  if (!asked || doc->root().space() != pox_request || asked.child("EMailAddress").text().empty())
    return pox_error("600", "Invalid Request");
  if (asked.child("AcceptableResponseSchema").text() != pox_answer)
    return pox_error("601", "Provider is not available");
  auto of = look_up(host, asked.child("EMailAddress").text());
  if (of.what == kind::unknown) return pox_error("500", "The email address can't be found.");
  xml_writer out;
  out.raw(declaration);
  out.open("Autodiscover", {{"xmlns", std::string(pox_outer)}});
  out.open("Response", {{"xmlns", std::string(pox_answer)}});
  if (of.what == kind::settings) {
    out.open("User");
    out.leaf("DisplayName", of.name);
    out.leaf("AutoDiscoverSMTPAddress", of.address);
    out.close();
  }
  out.open("Account");
  if (of.what == kind::redirect_address) {
    out.leaf("Action", "redirectAddr");
    out.leaf("RedirectAddr", of.target);
  } else if (of.what == kind::redirect_url) {
    out.leaf("Action", "redirectUrl");
    out.leaf("RedirectUrl", of.target);
  } else {
    out.leaf("AccountType", "email");
    out.leaf("Action", "settings");
    write_protocol(out, host, "EXCH", host.internal_url);
    write_protocol(out, host, "EXPR", host.external_url);
    if (const auto* store = public_store(host);
        store != nullptr && of.box != nullptr && host.profile.newest >= schema_version::e2013) {
      out.open("PublicFolderInformation");
      out.leaf("SmtpAddress", public_mailbox_address(store->hierarchy_guid, domain_of(of.address)));
      out.close();
    }
  }
  for (int i = 0; i < 3; ++i)
    out.close();
  return xml_answer(out.take());
}

} // namespace

bool is_autodiscover(std::string_view path) {
  auto asked = lower(path);
  return asked == "/autodiscover/autodiscover.xml" || asked == "/autodiscover/autodiscover.svc";
}

http_response autodiscover(server& host, const http_request& request) {
  auto path = lower(request.path.substr(0, request.path.find('?')));
  // SOAP came with 2010.
  if (path.ends_with(".svc") && host.profile.newest < schema_version::e2010) {
    http_response none;
    none.status = 404;
    return none;
  }
  return path.ends_with(".svc") ? answer_soap(host, request) : answer_pox(host, request);
}

outcome<done> world::set_urls(const std::string& name, const std::string& internal, const std::string& external) {
  auto at = universe_->servers.find(name);
  if (at == universe_->servers.end()) return refusal{"no such server: " + name};
  at->second.internal_url = internal;
  at->second.external_url = external;
  return done{};
}

outcome<done> world::set_autodiscover(const std::string& name, const std::string& address, const discovery& entry) {
  auto at = universe_->servers.find(name);
  if (at == universe_->servers.end()) return refusal{"no such server: " + name};
  at->second.discovery[lower(address)] = entry;
  ++universe_->revision;
  return done{};
}

} // namespace exchange_sim
