#pragma once

#include <string>
#include <string_view>

namespace exsyncd::ews {

/// The value of field::attendees for a write that makes its item a meeting with these attendees. As it is, a value is
/// written as text that nobody can be mailed by.
std::string as_recipients(std::string_view attendees);

} // namespace exsyncd::ews
