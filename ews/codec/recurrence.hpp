#pragma once

#include "ews/codec/versions.hpp"
#include "ews/codec/xml_reader.hpp"
#include "ews/codec/xml_writer.hpp"

#include <string>
#include <string_view>

namespace exsyncd::ews {

/// The canonical text of an item's Recurrence, empty where there is none. Lines: the pattern's element without
/// "Recurrence" ("Weekly", "RelativeYearly", "DailyRegeneration"), its parts by their element names ("Interval=2",
/// "DaysOfWeek=Monday Tuesday"), the range ("Range=NoEnd", "Range=EndDate", "Range=Numbered") and its parts, dates
/// without zones. Days are in the order of the week. FirstDayOfWeek is left out where it means nothing: at an interval
/// of one week, where it is Sunday, which a server that does not say it takes (MS-OXWSCDATA 2.2.4.77; not in 2007), and
/// where the days are the same without it.
std::string read_recurrence(const element& item);
/// Writes t:Recurrence for a canonical text that is not empty.
void write_recurrence(xml_writer& out, std::string_view value, const schema_version& version);
/// "2026-11-25" of an xs:date, whose zone, where servers add one, is that of the server and not of the item.
std::string_view date_only(std::string_view date);

} // namespace exsyncd::ews
