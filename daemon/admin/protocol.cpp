#include "daemon/admin/protocol.hpp"

#include "config/json_depth.hpp"

#include "config/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace exsyncd::admin {
namespace {

using nlohmann::json;

/// What the answer repeats of the request.
struct envelope {
  bool versioned = false; // "jsonrpc" was there
  json id;
  bool has_id = false;
  bool is_notification() const { return versioned && !has_id; }
};

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// `member` is "result":… or "error":… as JSON text: a large result is not parsed again.
std::string answer_line(const envelope& e, const std::string& member) {
  std::string line = "{";
  if (e.versioned) line += R"("jsonrpc":"2.0",)";
  line += member;
  if (e.has_id) line += ",\"id\":" + dump(e.id);
  return line + "}\n";
}

std::string error_member(const call_error& why) {
  json error{{"code", static_cast<int>(why.code)}, {"message", why.message}};
  if (!why.hint.empty()) error["data"]["hint"] = why.hint;
  if (!why.field.empty()) error["data"]["field"] = why.field;
  for (const auto& [path, text] : why.problems)
    error["data"]["problems"].push_back({{"path", path}, {"text", text}});
  return "\"error\":" + dump(error);
}

call_error invalid(std::string message, std::string field = {}) {
  return {error_code::invalid_request, std::move(message), R"(write one object a line, like {"method":"help"})",
          std::move(field)};
}

/// Fills the envelope as far as the request allows, so that even a refusal carries its id.
std::optional<call_error> read_envelope(const json& request, envelope& e) {
  constexpr std::array<std::string_view, 4> members{"jsonrpc", "id", "method", "params"};
  if (!request.is_object()) return invalid("a request must be an object");
  if (request.contains("id")) {
    const auto& id = request.at("id");
    if (!id.is_string() && !id.is_number() && !id.is_null()) return invalid("id must be a string or a number", "id");
    e.id = id;
    e.has_id = true;
  }
  if (request.contains("jsonrpc")) {
    if (request.at("jsonrpc") != "2.0") return invalid("jsonrpc must be \"2.0\"", "jsonrpc");
    e.versioned = true;
  }
  for (const auto& [key, unused] : request.items())
    if (std::find(members.begin(), members.end(), key) == members.end())
      return invalid("a request holds no \"" + key + "\"; it holds " + listed(members), key);
  if (!request.contains("method")) return invalid("method is missing", "method");
  if (!request.at("method").is_string()) return invalid("method must be a string", "method");
  return std::nullopt;
}

call_error unknown_method(const std::vector<method>& methods, const std::string& name) {
  std::vector<std::string_view> known;
  for (const auto& m : methods)
    known.push_back(m.name);
  const auto meant = nearest(name, known);
  return {error_code::unknown_method, "there is no method \"" + name + '"',
          meant.empty() ? "the method \"help\" lists them all" : "did you mean \"" + meant + "\"?", "method"};
}

} // namespace

void handle_line(const std::vector<method>& methods, std::string_view line, std::function<void(std::string)> send,
                 std::function<bool(std::string)> push) {
  envelope e;
  const auto refuse = [&](const call_error& why) { send(answer_line(e, error_member(why))); };

  if (nests_too_deep(line))
    return refuse({error_code::no_json, "the line nests deeper than " + std::to_string(deepest_json) + " values",
                   "no method takes anything like it", ""});
  const auto request = json::parse(line, nullptr, false);
  if (request.is_discarded())
    return refuse(
        {error_code::no_json, "the line is no JSON", R"(write one object a line, like {"method":"help"})", ""});
  if (const auto wrong = read_envelope(request, e)) return refuse(*wrong);

  const auto name = request.at("method").get<std::string>();
  const auto m = std::find_if(methods.begin(), methods.end(), [&](auto& m) { return m.name == name; });
  const auto params = request.value("params", json::object());
  std::optional<call_error> wrong;
  if (m == methods.end())
    wrong = unknown_method(methods, name);
  else
    wrong = refusal(*m, params);

  if (wrong) return e.is_notification() ? send({}) : refuse(*wrong);
  m->run(params, reply(
                     [e, send = std::move(send)](std::variant<std::string, call_error> answer) {
                       if (e.is_notification()) return send({});
                       if (const auto* why = std::get_if<call_error>(&answer))
                         return send(answer_line(e, error_member(*why)));
                       send(answer_line(e, "\"result\":" + std::get<std::string>(answer)));
                     },
                     std::move(push)));
}

std::string too_long(std::size_t limit) {
  return answer_line({}, error_member(invalid("a request is at most " + std::to_string(limit) + " bytes")));
}

} // namespace exsyncd::admin
