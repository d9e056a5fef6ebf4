#pragma once

#include <span>
#include <string>
#include <string_view>

namespace exsyncd::ews {

/// The schema versions that are told apart, oldest first: ask `version.age >= schema_age::exchange2013_sp1`.
enum class schema_age { exchange2007_sp1, exchange2010_sp1, exchange2010_sp2, exchange2013_sp1, exchange2016 };

/// What a schema version of a request can say. A new version is a new row of the table in versions.cpp.
struct schema_version {
  std::string_view name; // as RequestServerVersion writes it
  schema_age age = schema_age::exchange2016;
  /// item:Flag exists (Exchange 2013: MS-OXWSCORE R1346); before, a flag is made of extended properties.
  bool flag_element = false;
  /// SuppressReadReceipts exists on UpdateItem and DeleteItem (Exchange 2013 SP1: MS-OXWSCORE R2311, R2315); before,
  /// a pending receipt is suppressed by its response object.
  bool suppress_read_receipts_attribute = false;
  /// Bytes that a server of this age takes in one request by default (maxRequestLength, maxAllowedContentLength).
  std::size_t request_bytes = 0;
  /// Subscribe takes StreamingSubscriptionRequest (Exchange 2010 SP1).
  bool streaming = false;
};

/// The build of a server, from ServerVersionInfo: the only thing to go by, since its Version attribute is the newest
/// schema on 15.x and an echo of the request on 14.x.
struct server_build {
  int major = 0;
  int minor = 0;
  int build = 0;
  int revision = 0;
  std::string schema; // the Version attribute, for people
  friend bool operator==(const server_build&, const server_build&) = default;
};

/// "Exchange Server 2016", by the build.
std::string product_name(const server_build& build);

/// Newest first. The first one is what an unknown server is asked with.
std::span<const schema_version> schema_versions();
/// The row of this name, or null.
const schema_version* schema_version_of(std::string_view name);
/// The next older row, or null at the end: where to go on ErrorInvalidServerVersion.
const schema_version* older_than(const schema_version& version);
/// The newest row that a server of this build knows, or null for a build older than every row.
const schema_version* newest_for(const server_build& build);

} // namespace exsyncd::ews
