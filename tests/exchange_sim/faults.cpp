#include "tests/exchange_sim/faults.hpp"

#include "tests/exchange_sim/answer_faults.hpp"
#include "tests/exchange_sim/fields.hpp"
#include "tests/exchange_sim/xml.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace exchange_sim {
namespace {

constexpr const char* busy_text = "The server cannot service this request right now. Try again later.";

/// A SOAP fault as Exchange sends it: no header, the code in the types namespace, the detail in the errors namespace.
http_response soap_fault(int status, const std::string& code, const std::string& message,
                         const std::vector<std::pair<std::string, std::string>>& values) {
  std::string xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope "
                    "xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><s:Fault>"
                    "<faultcode xmlns:a=\"http://schemas.microsoft.com/exchange/services/2006/types\">a:" +
                    escaped(code) +
                    "</faultcode>"
                    "<faultstring xml:lang=\"en-US\">" +
                    escaped(message) +
                    "</faultstring><detail>"
                    "<e:ResponseCode xmlns:e=\"http://schemas.microsoft.com/exchange/services/2006/errors\">" +
                    escaped(code) +
                    "</e:ResponseCode>"
                    "<e:Message xmlns:e=\"http://schemas.microsoft.com/exchange/services/2006/errors\">" +
                    escaped(message) + "</e:Message>";
  if (!values.empty()) {
    xml += "<t:MessageXml xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\">";
    for (const auto& [name, value] : values)
      xml += "<t:Value Name=\"" + escaped(name) + "\">" + escaped(value) + "</t:Value>";
    xml += "</t:MessageXml>";
  }
  http_response answer;
  answer.status = status;
  answer.headers = {{"Content-Type", "text/xml; charset=utf-8"}};
  answer.body = xml + "</detail></s:Fault></s:Body></s:Envelope>";
  return answer;
}

http_response html_page(int status) {
  http_response answer;
  answer.status = status;
  answer.headers = {{"Content-Type", "text/html; charset=utf-8"}};
  answer.body = "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" "
                "\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd\">"
                "<html><head><title>Runtime Error</title></head><body><h1>Server Error in '/EWS' Application.<hr></h1>"
                "<p>Sorry, something went wrong &nbsp; please wait.</body></html>";
  return answer;
}

http_response plain_status(fields& record) {
  http_response answer;
  answer.status = record.required<int>("status");
  if (answer.status < 200 || answer.status > 599)
    throw std::invalid_argument("status: not an HTTP status of an answer");
  if (const auto seconds = record.optional<int>("retry_after"))
    answer.headers.emplace_back("Retry-After", std::to_string(*seconds));
  if (const auto target = record.optional<std::string>("location")) answer.headers.emplace_back("Location", *target);
  // What Exchange offers with a refusal to log in; without it a client cannot tell which scheme to use.
  if (answer.status == 401) answer.headers.emplace_back("WWW-Authenticate", "Basic realm=\"exchange-sim\"");
  return answer;
}

using effect_reader = fault_effect (*)(fields&);

/// The vocabulary of `what`.
const std::map<std::string, effect_reader>& effects() {
  using namespace fault_kind;
  static const std::map<std::string, effect_reader> table{
      {"http_status", [](fields& f) -> fault_effect { return answer_instead{plain_status(f)}; }},
      {"html_page",
       [](fields& f) -> fault_effect { return answer_instead{html_page(f.optional<int>("status").value_or(200))}; }},
      {"soap_fault",
       [](fields& f) -> fault_effect {
         const auto code = f.required<std::string>("code");
         return answer_instead{soap_fault(f.optional<int>("status").value_or(500), code,
                                          f.optional<std::string>("message").value_or("The request failed."), {})};
       }},
      {"busy_fault",
       [](fields& f) -> fault_effect {
         const auto wait = f.optional<std::uint64_t>("back_off_milliseconds").value_or(1000);
         return answer_instead{soap_fault(f.optional<int>("status").value_or(500), "ErrorServerBusy", busy_text,
                                          {{"BackOffMilliseconds", std::to_string(wait)}})};
       }},
      {"ok_with_inner_busy",
       [](fields&) -> fault_effect {
         return fail_items{{"ErrorInternalServerError",
                            "An internal server error occurred. Try again later.",
                            {{"InnerErrorMessageText", busy_text}, {"InnerErrorResponseCode", "ErrorServerBusy"}}}};
       }},
      {"response_error",
       [](fields& f) -> fault_effect {
         return fail_items{
             {f.required<std::string>("code"), f.optional<std::string>("message").value_or("The request failed."), {}}};
       }},
      {"close_before_acting", [](fields&) -> fault_effect { return close_before_acting{}; }},
      {"close_after_acting", [](fields&) -> fault_effect { return close_after_acting{}; }},
      {"cut_at", [](fields& f) -> fault_effect { return cut_after_acting{f.required<std::size_t>("bytes")}; }},
      {"truncated_data", [](fields&) -> fault_effect { return truncated_data{}; }},
      {"garbage_xml", [](fields&) -> fault_effect { return garbage_xml{}; }},
      {"delay",
       [](fields& f) -> fault_effect {
         return hold{std::chrono::milliseconds(f.required<std::uint32_t>("milliseconds"))};
       }},
      {"commit_later",
       [](fields& f) -> fault_effect {
         commit_later later;
         if (const auto seconds = f.optional<std::uint32_t>("after_seconds"))
           later.after = std::chrono::seconds(*seconds);
         return later;
       }},
      {"endless_answer",
       [](fields& f) -> fault_effect {
         return endless{f.optional<std::string>("filler").value_or(" "),
                        std::chrono::milliseconds(f.optional<std::uint32_t>("milliseconds").value_or(1))};
       }},
      {"slow_answer",
       [](fields& f) -> fault_effect {
         return endless{"", std::chrono::milliseconds(f.optional<std::uint32_t>("milliseconds").value_or(1000))};
       }},
      {"touch_later",
       [](fields& f) -> fault_effect {
         return touch_later{std::chrono::seconds(f.optional<std::uint32_t>("after_seconds").value_or(5))};
       }},
  };
  return table;
}

const char* name_of(const fault_effect& effect) {
  constexpr const char* names[] = {"answer_instead",
                                   "fail_items",
                                   "close_before_acting",
                                   "close_after_acting",
                                   "cut_at",
                                   "truncated_data",
                                   "garbage_xml",
                                   "delay",
                                   "commit_later",
                                   "rewrite",
                                   "endless",
                                   "touch_later"};
  static_assert(std::size(names) == std::variant_size_v<fault_effect>);
  if (const auto* other = std::get_if<fault_kind::rewrite>(&effect)) return other->name.c_str();
  return names[effect.index()];
}

bool is_same(const item_fact& wanted, const item_fact& seen) {
  return (wanted.id.empty() || wanted.id == seen.id) && (wanted.subject.empty() || wanted.subject == seen.subject) &&
         (wanted.message_id.empty() || wanted.message_id == seen.message_id) &&
         (wanted.body.empty() || seen.body.find(wanted.body) != std::string::npos);
}

bool names_item(const fault_scope& scope) {
  return !scope.item.id.empty() || !scope.item.subject.empty() || !scope.item.message_id.empty() ||
         !scope.item.body.empty();
}

bool covers_request(const fault_scope& scope, const request_fact& fact) {
  if (!scope.server.empty() && scope.server != fact.server) return false;
  if (!scope.mailbox.empty() && scope.mailbox != fact.mailbox) return false;
  return scope.operation.empty() || scope.operation == fact.operation;
}

bool names_one_of(const fault_scope& scope, const std::vector<item_fact>& items) {
  return std::any_of(items.begin(), items.end(), [&](const auto& seen) { return is_same(scope.item, seen); });
}

bool covers(const fault_scope& scope, const request_fact& fact) {
  return covers_request(scope, fact) && (!names_item(scope) || names_one_of(scope, fact.items));
}

http_response closed() {
  http_response answer;
  answer.cut_at = 0;
  return answer;
}

} // namespace

void fault_plan::add(const nlohmann::json& record) {
  fields read(record);
  fault added;
  const auto what = read.required<std::string>("what");
  const auto reader = effects().find(what);
  if (auto* change = answer_rewriting(what))
    added.effect = fault_kind::rewrite{what, change};
  else if (reader == effects().end())
    throw std::invalid_argument("what: no such fault: " + what);
  else
    added.effect = reader->second(read);
  added.scope.server = read.optional<std::string>("server").value_or("");
  added.scope.mailbox = read.optional<std::string>("mailbox").value_or("");
  added.scope.operation = read.optional<std::string>("operation").value_or("");
  if (auto item = read.object("item")) {
    added.scope.item.id = item->optional<std::string>("id").value_or("");
    added.scope.item.subject = item->optional<std::string>("subject").value_or("");
    added.scope.item.message_id = item->optional<std::string>("message_id").value_or("");
    added.scope.item.body = item->optional<std::string>("body").value_or("");
    item->finish();
  }
  added.scope.shown = read.optional<bool>("shown").value_or(false);
  if (added.scope.shown && !names_item(added.scope)) throw std::invalid_argument("shown: needs an item");
  const bool always = read.optional<bool>("always").value_or(false);
  const auto next = read.optional<std::size_t>("next");
  if (always && next) throw std::invalid_argument("next: cannot be together with always");
  if (!always) added.left = next.value_or(1);
  read.finish();
  faults_.push_back(std::move(added));
}

std::string fault_plan::knows() {
  std::string line = "server mailbox operation item{id subject message_id body} shown next always what:";
  for (const auto& [name, reader] : effects())
    line += " " + name;
  for (const auto& name : answer_rewritings())
    line += " " + name;
  return line + " with: status retry_after location code message back_off_milliseconds bytes milliseconds "
                "after_seconds filler";
}

fault* fault_plan::first_match(const request_fact& fact, bool whole_requests, bool holds) {
  for (auto& candidate : faults_) {
    if (candidate.left == 0u || !covers(candidate.scope, fact)) continue;
    const bool one_item =
        std::holds_alternative<fault_kind::fail_items>(candidate.effect) && names_item(candidate.scope);
    if (one_item == whole_requests) continue;
    if (std::holds_alternative<fault_kind::hold>(candidate.effect) != holds) continue;
    return &candidate;
  }
  return nullptr;
}

void fault_plan::use(fault& met) {
  ++met.hits;
  if (met.left) --*met.left;
}

http_response fault_plan::apply(const request_fact& fact, sys_time now, std::function<http_response()> act) {
  std::chrono::milliseconds delay{0};
  if (fault* hold = first_match(fact, true, true)) {
    use(*hold);
    delay = std::get<fault_kind::hold>(hold->effect).delay;
  }
  http_response answer;
  if (fault* met = first_match(fact, true, false)) {
    use(*met);
    answer = this->meet(*met, now, act);
  } else {
    answer = act();
    // Who is shown the item meets the fault as well: reading does nothing that could not be done for nothing.
    if (fault* shown = fact.shown ? first_shown(fact, answer) : nullptr) {
      use(*shown);
      answer = this->meet(*shown, now, [done = std::move(answer)] { return done; });
    }
  }
  answer.delay += delay;
  return answer;
}

fault* fault_plan::first_shown(const request_fact& fact, const http_response& answer) {
  std::optional<std::vector<item_fact>> items;
  for (auto& candidate : faults_) {
    if (candidate.left == 0u || !candidate.scope.shown || !covers_request(candidate.scope, fact)) continue;
    if (!items) items = fact.shown(answer);
    if (names_one_of(candidate.scope, *items)) return &candidate;
  }
  return nullptr;
}

http_response fault_plan::meet(const fault& met, sys_time now, std::function<http_response()> act) {
  struct meeting {
    fault_plan& plan;
    sys_time now;
    std::function<http_response()>& act;
    http_response operator()(const fault_kind::answer_instead& f) { return f.answer; }
    http_response operator()(const fault_kind::fail_items& f) {
      plan.whole_request_ = f.failure;
      auto result = act();
      plan.whole_request_.reset();
      return result;
    }
    http_response operator()(const fault_kind::close_before_acting&) { return closed(); }
    http_response operator()(const fault_kind::close_after_acting&) {
      act();
      return closed();
    }
    http_response operator()(const fault_kind::cut_after_acting& f) {
      auto result = act();
      result.cut_at = f.bytes;
      return result;
    }
    http_response operator()(const fault_kind::truncated_data&) {
      auto result = act();
      result.body.resize(result.body.size() / 2);
      result.body += "=== Truncated Data ===";
      return result;
    }
    http_response operator()(const fault_kind::garbage_xml&) {
      auto result = act();
      result.body.insert(result.body.size() / 2, "<<\x01 & </m:Nonsense>");
      return result;
    }
    http_response operator()(const fault_kind::hold&) { return act(); }
    http_response operator()(const fault_kind::commit_later& f) {
      std::optional<sys_time> due;
      if (f.after) due = now + *f.after;
      plan.put_off_.push_back({due, std::move(act)});
      return closed();
    }
    http_response operator()(const fault_kind::rewrite& f) { return f.how(act()); }
    http_response operator()(const fault_kind::endless& f) {
      auto result = act();
      // Without its end: what never ends is never whole.
      if (!f.filler.empty()) result.body.resize(result.body.size() / 2);
      result.filler = f.filler;
      result.pace = f.pace;
      return result;
    }
    http_response operator()(const fault_kind::touch_later& f) {
      auto result = act();
      for (const auto& id : item_ids_of(result.body))
        plan.put_off_.push_back({now + f.after, [&plan = plan, id] {
                                   if (plan.touch) plan.touch(id);
                                   return http_response{};
                                 }});
      return result;
    }
  };
  return std::visit(meeting{*this, now, act}, met.effect);
}

bool fault_plan::looks_at_bodies() const {
  return std::any_of(faults_.begin(), faults_.end(), [](const fault& f) { return !f.scope.item.body.empty(); });
}

std::optional<item_failure> fault_plan::item_error(const request_fact& fact) {
  if (whole_request_) return whole_request_;
  fault* met = first_match(fact, false, false);
  if (!met) return std::nullopt;
  use(*met);
  return std::get<fault_kind::fail_items>(met->effect).failure;
}

void fault_plan::run_due(sys_time now) {
  std::vector<put_off_act> due;
  std::erase_if(put_off_, [&](auto& waiting) {
    if (!waiting.due || *waiting.due > now) return false;
    due.push_back(std::move(waiting));
    return true;
  });
  std::stable_sort(due.begin(), due.end(), [](const auto& a, const auto& b) { return *a.due < *b.due; });
  for (auto& waiting : due)
    waiting.act();
}

std::size_t fault_plan::commit_now() {
  auto all = std::move(put_off_);
  put_off_.clear();
  for (auto& waiting : all)
    waiting.act();
  return all.size();
}

nlohmann::json fault_plan::describe() const {
  auto list = nlohmann::json::array();
  for (const auto& f : faults_) {
    nlohmann::json entry{{"what", name_of(f.effect)}, {"hits", f.hits}};
    if (f.left) entry["left"] = *f.left;
    list.push_back(std::move(entry));
  }
  return list;
}

} // namespace exchange_sim
