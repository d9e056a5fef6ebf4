#pragma once

#include "storage/records.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Values that are written entry by entry: the names of attachments, a line each, and the exceptions of a series, which
/// begin with "deleted=" or "changed=" and their original start. A recurrence is one entry. Beside the names of
/// attachments stands what is in them (hint::attachment_contents), a line each: of two files of one name it tells which
/// one is ours.
namespace exsyncd::logic {

std::vector<std::string> entries_of(field, std::string_view value);

/// Which of the fields that an update writes take requests of their own. The recurrence of a task does, where dates or
/// progress are written with it: it is taken away with them, so that no task of its own is made of the current one, and
/// set again.
std::vector<field> in_steps(item_class, const std::vector<field>& written);

/// What of `there` can come from nobody but a user, while this was written: cut halfway, what was there before and what
/// is wanted may stand beside each other; done, only what is wanted may.
std::vector<std::string> users_entries(const part_values&, std::string_view there, bool done);

/// Whether a user has taken something away of what was written whole.
bool lacks_entries(const part_values&, std::string_view there);

/// Of `entries`, those in whose place something else is to stand: both users have changed the same occurrence.
std::vector<std::string> disputed_entries(const part_values&, const std::vector<std::string>& entries);

/// Whether a user has taken away, while this was written, a file that was there before and stays wanted. An occurrence
/// may be missing halfway.
bool is_taken_away(const part_values&, std::string_view there);

/// Whether both are known, what was in the files before and what is in those that are wanted.
bool knows_files(const part_values* files);

/// The same by what is in the files. We take away what was there before only when all that is wanted is there:
/// `all_came` says that it was.
bool are_taken_away(const part_values& files, std::string_view there, bool all_came);

/// Of a user's files, those that have the name of one that was to be written and is not there.
std::vector<std::string> in_place_of_wanted(const part_values& files, std::string_view there,
                                            const std::vector<std::string>& users);

/// Of the names that are there, those of these files.
std::vector<std::string> names_of(const std::vector<std::string>& files, std::string_view names);

/// `value` with these entries; one of a series takes the place of what stands for the same occurrence.
std::string with_entries(field, std::string_view value, const std::vector<std::string>& entries);

} // namespace exsyncd::logic
