#include "actors/ews/ews_request.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace exsyncd {
namespace {

std::string lower(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// What a server that refuses the log-in would take instead.
std::string offered(const std::vector<http::header>& headers) {
  std::string out;
  for (const auto& h : headers) {
    if (lower(h.name) != "www-authenticate") continue;
    const auto scheme = h.value.substr(0, h.value.find(' '));
    if (out.find(scheme) == std::string::npos) out += (out.empty() ? "; it offers " : ", ") + scheme;
  }
  return out;
}

/// The Date header: "Sat, 28 Nov 2026 22:15:32 GMT" (RFC 9110, 5.6.7).
std::optional<utc_seconds> date_of(const std::vector<http::header>& headers) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  for (const auto& h : headers) {
    if (lower(h.name) != "date") continue;
    const auto comma = h.value.find(", ");
    int day = 0, year = 0, hour = 0, minute = 0, second = 0;
    std::array<char, 4> month{};
    if (comma == std::string::npos || std::sscanf(h.value.c_str() + comma + 2, "%2d %3s %4d %2d:%2d:%2d GMT", &day,
                                                  month.data(), &year, &hour, &minute, &second) != 6)
      return std::nullopt;
    const auto at = months.find(month.data());
    if (at == std::string_view::npos || at % 3 != 0) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(at / 3 + 1)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return std::nullopt;
    return utc_seconds(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
                       std::chrono::minutes(minute) + std::chrono::seconds(second));
  }
  return std::nullopt;
}

} // namespace

std::shared_ptr<http::request> make_ews_request(const ews_account& account, const std::string& anchor,
                                                ews::segmented_text body, const std::string& public_mailbox) {
  auto request = std::make_shared<http::request>();
  request->url = account.url;
  request->headers = {{"Content-Type", "text/xml; charset=utf-8"}, {"Accept", "text/xml"}, {"User-Agent", "exsyncd"}};
  // Impersonation without it can end at the wrong server of a group.
  if (!anchor.empty()) request->headers.push_back({"X-AnchorMailbox", anchor});
  if (!public_mailbox.empty()) request->headers.push_back({"X-PublicFolderMailbox", public_mailbox});
  request->body = std::move(body.text);
  request->large = std::move(body.large);
  request->who = account.who;
  request->ca_file = account.ca_file;
  request->limits = account.limits;
  return request;
}

ews::meaning meaning_of(const http::failed& failed, std::string_view operation) {
  ews::meaning out;
  out.refusal = failed.may_have_reached_server ? ews::refusal::unknown : ews::refusal::not_done;
  out.why.code = http::name_of(failed.kind);
  out.why.what = std::string(operation) + ": " + failed.what;
  using http::failed_kind;
  out.of_one_item =
      failed.may_have_reached_server && (failed.kind == failed_kind::timeout || failed.kind == failed_kind::cut ||
                                         failed.kind == failed_kind::protocol || failed.kind == failed_kind::too_large);
  switch (failed.kind) {
  case http::failed_kind::bad_request:
    out.why.reach = reach::server;
    out.why.retry = retry::after_change;
    out.why.hint = "check the URL and ca_file";
    break;
  case http::failed_kind::tls:
    out.why.reach = reach::server;
    out.why.retry = retry::after_change;
    out.why.hint = "name the authority's certificate in ca_file, or add it to the system's";
    break;
  case http::failed_kind::dns:
  case http::failed_kind::refused:
  case http::failed_kind::unreachable:
    out.why.reach = reach::server;
    out.why.hint = "check the URL, and that the server runs";
    break;
  // What one large or poisoned item can cause: the rest of the server goes on.
  case http::failed_kind::timeout:
    out.why.reach = reach::mailbox;
    out.why.hint = "the server is slow or hangs; exsyncd tries again";
    break;
  case http::failed_kind::cut:
  case http::failed_kind::protocol:
    out.why.reach = reach::mailbox;
    out.why.hint = "the connection breaks on the way or at the server; exsyncd tries again";
    break;
  case http::failed_kind::too_large:
  case http::failed_kind::cancelled:
    out.why.reach = reach::mailbox;
    break;
  case http::failed_kind::overloaded:
    out.why.reach = reach::account;
    break;
  }
  return out;
}

raw_answer raw_answer_of(exchanged& came, std::string_view operation) {
  if (auto* got = std::get_if<answer>(&came.outcome)) {
    if (!got->resting && (got->status == 200 || got->status == 500))
      return {std::move(got->body), got->status, came.bytes, date_of(got->headers)};
    auto why = ews::meaning_of_status(got->status, operation);
    if (got->status == 401) why.why.hint += offered(got->headers);
    if (got->resting) {
      // The gateway has seen that this is the server's way of asking for rest.
      why.why.wait = got->resting;
      why.why.retry = retry::later;
      why.why.reach = reach::account;
      why.busy = false;
      why.of_one_item = false;
    }
    return {std::move(why), got->status, came.bytes};
  }
  if (auto* failed = std::get_if<http::failed>(&came.outcome)) return {meaning_of(*failed, operation), 0, came.bytes};
  auto& waiting = std::get<not_sent>(came.outcome);
  ews::meaning why;
  why.why = {reach::account, retry::later, waiting.wait, "throttled", std::string(operation) + ": " + waiting.what, {}};
  if (waiting.locked_out) {
    // As the answer that began the rest.
    why.why.code = "HTTP 401";
    why.why.hint = ews::meaning_of_status(401, operation).why.hint;
  }
  return {std::move(why), 0};
}

} // namespace exsyncd
