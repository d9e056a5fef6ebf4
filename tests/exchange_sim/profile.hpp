#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exchange_sim {

/// Schema versions in the order in which Microsoft made them; a later one knows everything of an earlier one.
enum class schema_version { e2007, e2007_sp1, e2010, e2010_sp1, e2010_sp2, e2013, e2013_sp1, e2016, v2017_07_11 };

/// What differs between the Exchange versions that we stand in for. A new version is a new row in profile.cpp.
struct version_profile {
  std::string name;
  int major, minor, build, revision;
  schema_version newest;
  /// 15.x answers this name whatever was asked; empty: the name that was asked for is echoed (14.x).
  std::string answers_schema;
  std::size_t request_bytes;
  std::size_t attachment_bytes;
  std::size_t find_page;            ///< FindItem's cap on one page
  std::size_t find_page_restricted; ///< the same where a restriction is given
  /// UpdateItem and DeleteItem take SuppressReadReceipts (2013 SP1 and later).
  bool suppress_attribute;
  /// SyncFolderItems lists the newest first by delivery time (2010 SP2 and later); before, in the order of the changes.
  bool sync_newest_first;
  std::string newest_schemas; ///< the folder of Microsoft's schemas that `newest` is checked against
};

/// One row: a RequestServerVersion value and the schema that it means.
struct version_name {
  std::string_view name;
  schema_version version;
};

/// Null where no such profile exists.
const version_profile* find_profile(std::string_view name);
/// Absent where no Exchange ever had this value.
std::optional<schema_version> version_called(std::string_view name);
/// The folder of Microsoft's schemas that a request of this version is checked against by a server of this profile.
std::string_view schema_folder(const version_profile&, schema_version);

} // namespace exchange_sim
