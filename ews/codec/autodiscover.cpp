#include "ews/codec/autodiscover.hpp"

#include "ews/codec/xml_reader.hpp"
#include "ews/codec/xml_writer.hpp"

#include <array>
#include <utility>

namespace exsyncd::ews {
namespace {

constexpr std::string_view service = "http://schemas.microsoft.com/exchange/2010/Autodiscover";
constexpr std::string_view request_schema =
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006";
constexpr std::string_view response_schema =
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

// UserSettingName values (Setting page).
constexpr std::array<std::pair<std::string_view, std::string autodiscover_settings::*>, 7> wanted{
    std::pair{"ExternalEwsUrl", &autodiscover_settings::external_ews_url},
    std::pair{"InternalEwsUrl", &autodiscover_settings::internal_ews_url},
    std::pair{"EwsSupportedSchemas", &autodiscover_settings::supported_schemas},
    std::pair{"GroupingInformation", &autodiscover_settings::grouping_information},
    std::pair{"PublicFolderInformation", &autodiscover_settings::public_folder_information},
    std::pair{"InternalRpcClientServer", &autodiscover_settings::public_folder_mailbox},
    std::pair{"AutoDiscoverSMTPAddress", &autodiscover_settings::address}};

autodiscover_answer of_soap(const element& envelope) {
  const auto* body = envelope.child("Body");
  if (!body) return broken_document{"an envelope without a body"};
  if (const auto* fault = body->child("Fault")) {
    auto code = fault->word_of("faultcode");
    if (const auto colon = code.rfind(':'); colon != std::string_view::npos) code.remove_prefix(colon + 1);
    return autodiscover_refusal{std::string(code), std::string(fault->word_of("faultstring"))};
  }
  const auto* response = body->find({"GetUserSettingsResponseMessage", "Response"});
  if (!response) return broken_document{"the answer of another operation"};
  if (const auto code = response->word_of("ErrorCode"); !code.empty() && code != "NoError")
    return autodiscover_refusal{std::string(code), std::string(response->word_of("ErrorMessage"))};
  const auto* user = response->find({"UserResponses", "UserResponse"});
  if (!user) return broken_document{"an answer without a user"};
  const auto code = user->word_of("ErrorCode");
  const std::string target(user->word_of("RedirectTarget"));
  if (code == "RedirectAddress") return autodiscover_redirect{autodiscover_redirect::kind::address, target};
  if (code == "RedirectUrl") return autodiscover_redirect{autodiscover_redirect::kind::url, target};
  if (!code.empty() && code != "NoError")
    return autodiscover_refusal{std::string(code), std::string(user->word_of("ErrorMessage"))};
  autodiscover_settings out;
  if (const auto* settings = user->child("UserSettings"))
    for (const auto& setting : settings->children)
      for (const auto& [name, member] : wanted)
        if (setting.word_of("Name") == name) out.*member = setting.word_of("Value");
  return out;
}

autodiscover_answer of_pox(const element& root) {
  const auto* response = root.child("Response");
  if (!response) return broken_document{"an answer without a response"};
  if (const auto* error = response->child("Error"))
    return autodiscover_refusal{std::string(error->word_of("ErrorCode")), std::string(error->word_of("Message"))};
  const auto* account = response->child("Account");
  if (!account) return broken_document{"an answer without an account"};
  const auto action = account->word_of("Action");
  if (action == "redirectAddr")
    return autodiscover_redirect{autodiscover_redirect::kind::address, std::string(account->word_of("RedirectAddr"))};
  if (action == "redirectUrl")
    return autodiscover_redirect{autodiscover_redirect::kind::url, std::string(account->word_of("RedirectUrl"))};
  autodiscover_settings out;
  if (const auto* user = response->child("User")) out.address = user->word_of("AutoDiscoverSMTPAddress");
  for (const auto& protocol : account->children) {
    if (protocol.name == "PublicFolderInformation") out.public_folder_information = protocol.word_of("SmtpAddress");
    if (protocol.name != "Protocol") continue;
    const std::string url(protocol.word_of("EwsUrl"));
    // EXPR is what is reached from outside, EXCH from within (Type page).
    if (protocol.word_of("Type") == "EXPR" && !url.empty()) out.external_ews_url = url;
    if (protocol.word_of("Type") == "EXCH") {
      if (!url.empty()) out.internal_ews_url = url;
      out.public_folder_mailbox = protocol.word_of("Server");
    }
  }
  return out;
}

} // namespace

std::string write_soap_autodiscover(std::string_view address, std::string_view url) {
  xml_writer out;
  const std::string action = std::string(service) + "/Autodiscover/GetUserSettings";
  out.open("soap:Envelope", {{"xmlns:soap", "http://schemas.xmlsoap.org/soap/envelope/"},
                             {"xmlns:a", service},
                             {"xmlns:wsa", "http://www.w3.org/2005/08/addressing"}});
  out.open("soap:Header");
  out.text("a:RequestedServerVersion", "Exchange2010");
  out.text("wsa:Action", action);
  out.text("wsa:To", url);
  out.close("soap:Header");
  out.open("soap:Body");
  out.open("a:GetUserSettingsRequestMessage");
  out.open("a:Request");
  out.open("a:Users");
  out.open("a:User");
  out.text("a:Mailbox", address);
  out.close("a:User");
  out.close("a:Users");
  out.open("a:RequestedSettings");
  for (const auto& [name, member] : wanted)
    out.text("a:Setting", name);
  out.close("a:RequestedSettings");
  out.close("a:Request");
  out.close("a:GetUserSettingsRequestMessage");
  out.close("soap:Body");
  out.close("soap:Envelope");
  return out.take();
}

std::string write_pox_autodiscover(std::string_view address) {
  xml_writer out;
  out.open("Autodiscover", {{"xmlns", request_schema}});
  out.open("Request");
  out.text("EMailAddress", address);
  out.text("AcceptableResponseSchema", response_schema);
  out.close("Request");
  out.close("Autodiscover");
  return out.take();
}

autodiscover_answer read_autodiscover(std::string_view bytes) {
  std::optional<element> root;
  xml_reader reader(
      [](const std::vector<std::string>& path, std::string_view) -> xml_reader::verdict {
        if (path.front() == "html" || path.front() == "HTML") return {false, std::string(html_in_place_of_soap)};
        if (path.front() != "Envelope" && path.front() != "Autodiscover")
          return {false, "not an answer of Autodiscover: <" + path.front() + ">"};
        return {true, {}};
      },
      [&](const std::vector<std::string>&, element&& tree) { root = std::move(tree); },
      {.depth = 32, .elements = 20'000, .bytes = std::size_t{4} << 20});
  reader.feed(bytes);
  if (auto broken = reader.finish()) return broken_document{*broken};
  if (!root) return broken_document{"an empty document"};
  return root->name == "Envelope" ? of_soap(*root) : of_pox(*root);
}

} // namespace exsyncd::ews
