#pragma once

#include "actors/ews/gateway.hpp"
#include "ews/codec/response_codes.hpp"
#include "ews/model/item.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// What every request to EWS has in common, and what every way of not being answered means. Only for actors/ews.
namespace exsyncd {

/// Where requests go and as whom.
struct ews_account {
  std::string url;
  http::identity who;
  std::string ca_file; // empty: the system's authorities
  http::time_limits limits;
};

/// `anchor`: the mailbox that leads the request to the right server of a group (X-AnchorMailbox); `public_mailbox`:
/// that of public folders which is to answer it (X-PublicFolderMailbox). Empty: no such header.
std::shared_ptr<http::request> make_ews_request(const ews_account& account, const std::string& anchor,
                                                ews::segmented_text body, const std::string& public_mailbox = {});

/// What the connection failing means.
ews::meaning meaning_of(const http::failed& failed, std::string_view operation);

/// A body that may be SOAP, or what came instead. The status is 0 where nothing was answered.
struct raw_answer {
  std::variant<large_text, ews::meaning> what;
  int status = 0;
  byte_count bytes = {};
  /// The server's clock, where it has told it.
  std::optional<utc_seconds> at = {};
};
raw_answer raw_answer_of(exchanged& came, std::string_view operation);

/// Feeds a reader with all of it, piece by piece.
template <class Reader>
void feed_all(Reader& reader, const large_text& body) {
  body.each_piece([&](std::string_view piece) { return reader.feed(piece); });
}

} // namespace exsyncd
