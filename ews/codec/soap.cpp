#include "ews/codec/soap.hpp"

#include <charconv>

namespace exsyncd::ews {
namespace {

constexpr std::string_view soap_space = "http://schemas.xmlsoap.org/soap/envelope/";

int number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<std::chrono::milliseconds> milliseconds(std::string_view text) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // A wait of more than a day is a mistake of the server, not something to obey.
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > 86'400'000) return std::nullopt;
  return std::chrono::milliseconds(value);
}

/// The Value elements of a MessageXml, at whatever depth of it they stand.
void collect_values(const element& in, std::vector<std::pair<std::string, std::string>>& into) {
  for (const auto& c : in.children) {
    if (c.name == "Value") into.emplace_back(c.attribute("Name"), c.text);
    collect_values(c, into);
  }
}

std::optional<std::chrono::milliseconds> back_off(const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& [name, value] : values)
    if (name == "BackOffMilliseconds") return milliseconds(value);
  return std::nullopt;
}

soap_fault fault_of(const element& fault) {
  soap_fault out;
  out.text = fault.word_of("faultstring");
  std::string_view code = fault.word_of("faultcode");
  if (const auto colon = code.rfind(':'); colon != std::string_view::npos) code.remove_prefix(colon + 1);
  out.code = code;
  if (const auto* detail = fault.child("detail")) {
    if (auto exact = detail->word_of("ResponseCode"); !exact.empty()) out.code = exact;
    if (auto text = detail->word_of("Message"); !text.empty()) out.text = text;
    collect_values(*detail, out.values);
    out.wait = back_off(out.values);
  }
  if (out.code.empty()) out.code = "Fault";
  return out;
}

void write_around(xml_writer& out, const request_context& context, const std::function<void(xml_writer&)>& body) {
  out.open("soap:Envelope", {{"xmlns:soap", soap_space},
                             {"xmlns:m", "http://schemas.microsoft.com/exchange/services/2006/messages"},
                             {"xmlns:t", "http://schemas.microsoft.com/exchange/services/2006/types"}});
  out.open("soap:Header");
  out.empty("t:RequestServerVersion", {{"Version", context.version->name}});
  if (!context.impersonate.empty()) {
    out.open("t:ExchangeImpersonation");
    out.open("t:ConnectingSID");
    out.text("t:PrimarySmtpAddress", context.impersonate);
    out.close("t:ConnectingSID");
    out.close("t:ExchangeImpersonation");
  }
  out.close("soap:Header");
  out.open("soap:Body");
  body(out);
  out.close("soap:Body");
  out.close("soap:Envelope");
}

} // namespace

std::string write_envelope(const request_context& context, const std::function<void(xml_writer&)>& body) {
  xml_writer out;
  write_around(out, context, body);
  return out.take();
}

segmented_text write_large_envelope(const request_context& context, const std::function<void(xml_writer&)>& body) {
  xml_writer out;
  write_around(out, context, body);
  return out.take_segments();
}

std::string_view item_error::value(std::string_view name) const {
  for (const auto& [key, text] : values)
    if (key == name) return text;
  return {};
}

bool item_error::throttled() const {
  return code == "ErrorServerBusy" || value("InnerErrorResponseCode") == "ErrorServerBusy";
}

std::optional<item_error> error_of(const element& message) {
  const auto cls = message.attribute("ResponseClass");
  std::string_view code = message.word_of("ResponseCode");
  if (cls == "Success" || (cls.empty() && (code.empty() || code == "NoError"))) return std::nullopt;
  item_error out;
  out.code = code.empty() ? "protocol" : code;
  out.text = message.word_of("MessageText");
  if (const auto* xml = message.child("MessageXml")) collect_values(*xml, out.values);
  out.wait = back_off(out.values);
  return out;
}

struct envelope_reader::state {
  std::string expected; // the local name of the operation's answer
  std::function<void(element&&)> on_message;
  std::optional<server_build> server;
  std::optional<soap_fault> fault;
  bool answered = false;
  std::optional<xml_reader> xml;

  xml_reader::verdict at_start(const std::vector<std::string>& path, std::string_view space) {
    const auto& name = path.back();
    switch (path.size()) {
    case 1:
      if (name == "html" || name == "HTML") return {false, std::string(html_in_place_of_soap)};
      if (name != "Envelope" || space != soap_space) return {false, "not a SOAP envelope: <" + name + ">"};
      return {};
    case 2:
      return {};
    case 3:
      if (path[1] == "Header") return {name == "ServerVersionInfo", {}};
      if (path[1] != "Body") return {};
      if (name == "Fault") return {true, {}};
      if (name != expected) return {false, "the answer of another operation: <" + name + ">"};
      answered = true;
      return {};
    case 5:
      return {path[1] == "Body" && path[3] == "ResponseMessages", {}};
    default:
      return {};
    }
  }

  void at_subtree(const std::vector<std::string>& path, element&& tree) {
    if (path.size() == 4) {
      on_message(std::move(tree));
    } else if (tree.name == "Fault") {
      fault = fault_of(tree);
    } else {
      server = server_build{number(tree.attribute("MajorVersion")), number(tree.attribute("MinorVersion")),
                            number(tree.attribute("MajorBuildNumber")), number(tree.attribute("MinorBuildNumber")),
                            std::string(tree.attribute("Version"))};
    }
  }
};

envelope_reader::envelope_reader(const std::string& operation, std::function<void(element&&)> on_message,
                                 xml_limits limits)
    : state_(std::make_unique<state>()) {
  state_->expected = operation + "Response";
  state_->on_message = std::move(on_message);
  auto* s = state_.get();
  s->xml.emplace([s](const auto& path, auto space) { return s->at_start(path, space); },
                 [s](const auto& path, element&& tree) { s->at_subtree(path, std::move(tree)); }, limits);
}

envelope_reader::envelope_reader(envelope_reader&&) noexcept = default;
envelope_reader& envelope_reader::operator=(envelope_reader&&) noexcept = default;
envelope_reader::~envelope_reader() = default;

void envelope_reader::divert_to(spool where) {
  state_->xml->divert_to(std::move(where));
}

bool envelope_reader::feed(std::string_view bytes) {
  return state_->xml->feed(bytes);
}

envelope_reader::outcome envelope_reader::finish() {
  auto& s = *state_;
  const auto broken = s.xml->finish();
  outcome out{std::move(s.server), {}};
  if (broken)
    out.end = broken_document{*broken};
  else if (s.fault)
    out.end = std::move(*s.fault);
  else if (!s.answered)
    out.end = broken_document{"an envelope without an answer"};
  return out;
}

} // namespace exsyncd::ews
