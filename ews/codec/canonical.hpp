#pragma once

#include "ews/model/item.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The small grammar of canonical values: lines, and lines of "name=value".
namespace exsyncd::ews {

/// Without white space at its ends.
std::string_view trimmed(std::string_view text);
std::string lower(std::string_view text);
std::string joined(const std::vector<std::string>& lines);
std::vector<std::string_view> lines_of(std::string_view text);
/// The value of the first line "name=…", or nothing.
std::optional<std::string_view> named_line(std::string_view text, std::string_view name);
/// Adds a line "name=value"; a value of several lines becomes one, with \n and \\ written out.
void add_line(std::string& text, std::string_view name, std::string_view value);
/// A value as add_line wrote it.
std::string unfolded(std::string_view value);
/// The type of an attached file without its parameters. What was attached without a type is read back with this one, of
/// a copy that went over as MIME for example: the two are the same.
std::string type_of_file(std::string_view told);

} // namespace exsyncd::ews
