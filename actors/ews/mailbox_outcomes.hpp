#pragma once

#include "actors/mailbox.hpp"

#include "ews/codec/items.hpp"
#include "ews/codec/response_codes.hpp"

#include <string_view>

namespace exsyncd {

/// What a refusal of one item's write is to whoever asked for it.
inline write_outcome outcome_of(const ews::meaning& why) {
  switch (why.refusal) {
  case ews::refusal::unknown:
    return unknown{why.why};
  case ews::refusal::stale:
    return stale{};
  case ews::refusal::gone:
    return gone{};
  case ews::refusal::item:
    return refused{why.why};
  case ews::refusal::not_done:
  case ews::refusal::cursor_invalid:
    break;
  }
  return not_done{why.why};
}

/// A success that names no id: done, and nobody knows where.
inline write_outcome nameless(std::string_view operation) {
  return unknown{ews::meaning_of(ews::item_error{"protocol", "a success without an id", {}, {}}, operation).why};
}

/// A request has one mailbox of public folders that it is led to: a server that wants those of both folders takes none
/// of it, however often it is asked.
inline write_outcome moves_to_no_other_mailbox(failure why) {
  why.reach = reach::item;
  why.retry = retry::after_change;
  why.hint = "the two public folders lie in different public folder mailboxes, and the server does not move items "
             "between them: move it there in Outlook, or keep both folders in one mailbox";
  return refused{std::move(why)};
}

} // namespace exsyncd
