#pragma once

#include <chrono>
#include <optional>

namespace exsyncd {

enum class direction { bidirectional, primary_to_replica, replica_to_primary };

/// One-way only: what is done about changes that somebody makes on the target.
enum class drift {
  leave, // until the source changes again; then only what the source changed is written
  revert // put back at once
};

/// What is done where an edit of a mail cannot be written onto its copy (a sent mail's recipients, an attachment).
enum class unchangeable {
  replace, // a new copy first, then the old one is removed
  report   // the item is listed as banned with the reason, and left
};

/// How meetings are carried over: whoever holds one as its organiser mails its attendees with the next edit.
enum class meetings {
  appointment, // as an appointment with the attendees as text: nobody can be mailed
  copy,        // with its attendees
  skip         // not at all; counted as skipped
};

/// The settings that decide about items, of one folder pair after inheritance from its pair.
struct policy {
  enum direction direction = direction::bidirectional;
  enum drift drift = drift::leave;
  enum unchangeable unchangeable = unchangeable::replace;
  /// Items received before this day are skipped, and counted as skipped.
  std::optional<std::chrono::sys_days> start_date;
  enum meetings meetings = meetings::appointment;
  /// What loses a conflict is copied into the folder "Sync Conflicts" of its own side.
  bool keep_conflict_copies = false;

  friend bool operator==(const policy&, const policy&) = default;
};

} // namespace exsyncd
