#pragma once

#include "tests/exchange_sim/state.hpp"
#include "tests/exchange_sim/xml.hpp"

#include <functional>
#include <string>

namespace exchange_sim {

/// Fills subject, people, body, attachments, headers and times of an item from RFC 5322 bytes. False where they are no
/// message.
bool take_mime(item&, const std::string& mime);

/// The message as Exchange writes it now: built anew from the properties at each call, so the bytes of two calls differ
/// (boundaries come from `random`).
std::string make_mime(const item&, const std::function<std::uint64_t()>& random);

/// t:InternetMessageHeaders with the headers of these names (all where empty); nothing where there are none.
void write_headers(const item&, const std::vector<std::string>& names, xml_writer&);

} // namespace exchange_sim
