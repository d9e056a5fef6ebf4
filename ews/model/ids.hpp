#pragma once

#include <compare>
#include <functional>
#include <string>

namespace exsyncd {

/// A string with a meaning: two different ids cannot be mixed up, and none is made from a string by accident.
template <class Tag>
struct text_id {
  std::string value;
  text_id() = default;
  explicit text_id(std::string text) : value(std::move(text)) {}
  bool empty() const { return value.empty(); }
  auto operator<=>(const text_id&) const = default;
};

/// EWS ids are opaque, case-sensitive, up to 512 bytes, and valid in one mailbox only.
using item_id = text_id<struct item_id_tag>;
using folder_id = text_id<struct folder_id_tag>;
using attachment_id = text_id<struct attachment_id_tag>;
/// Moves with every content change, not with read state; in Delete and ReadFlagChange entries it is a mere type prefix.
using change_key = text_id<struct change_key_tag>;
/// SyncState of one folder, as the server gave it.
using sync_cursor = text_id<struct sync_cursor_tag>;
/// What a server calls one subscription to notifications; known to that server process only, so it can be lost.
using subscription_id = text_id<struct subscription_id_tag>;
/// PR_SEARCH_KEY in base64: kept by a move and by a user's copy.
using search_key = text_id<struct search_key_tag>;
/// Internet Message-ID, with its angle brackets.
using message_id = text_id<struct message_id_tag>;
/// What a create of ours writes into the one named property of exsyncd: "<pair>/<twin>/<intent>".
using operation_mark = text_id<struct operation_mark_tag>;
/// What stays the same for one mailbox store whatever its address: folder and item ids belong to it.
using mailbox_identity = text_id<struct mailbox_identity_tag>;

} // namespace exsyncd

template <class Tag>
struct std::hash<exsyncd::text_id<Tag>> {
  std::size_t operator()(const exsyncd::text_id<Tag>& id) const { return std::hash<std::string>{}(id.value); }
};
