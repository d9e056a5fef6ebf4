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

} // namespace exsyncd
