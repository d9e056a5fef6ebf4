#pragma once

#include <string>
#include <string_view>

namespace exsyncd::ews {

/// The Windows id of a time zone ("Pacific Standard Time"), whatever a server calls it: by its id, by its display name
/// with its offset ("(GMT-08:00) Pacific Time (US & Canada)", which 2007 answers as TimeZone), or as
/// "tzone://Microsoft/Utc". An id that is not known here is kept; a display name that is not known (in the server's
/// language) and no zone at all are "UTC", which is what servers take where a request names none (Microsoft's page
/// "Time zones and EWS in Exchange").
std::string zone_id(std::string_view said);

} // namespace exsyncd::ews
