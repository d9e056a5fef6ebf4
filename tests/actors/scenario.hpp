#pragma once

#include "tests/support/virtual_world.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

/// Runs what users do through every direction, with the sides exchanged, and with a crash before and after every single
/// call; after each the invariants of ARCHITECTURE.md must hold.
namespace exsyncd::testing {

/// Which way the pair syncs, and which side plays part A of a scenario (the other one plays B).
struct casting {
  enum direction direction = direction::bidirectional;
  side a = side::primary;
  side b() const { return other(a); }
  bool two_way() const { return direction == direction::bidirectional; }
  /// The side whose changes go over, and that wins a conflict.
  side source() const { return direction == direction::replica_to_primary ? side::replica : side::primary; }
  std::string text() const;
};

/// A mail as a test compares it across mailboxes.
struct seen_mail {
  std::string folder, message_id, subject, body, categories, to, recurrence, exceptions;
  std::set<std::string> attachments;
  bool read = false, draft = false;
  auto operator<=>(const seen_mail&) const = default;
  std::string text() const;
};
using seen_mailbox = std::multiset<seen_mail>;

/// What is in the folders of the pair on one side.
seen_mailbox contents_of(const virtual_world& world, side s);
/// Those of this Message-ID.
std::vector<seen_mail> mails(const virtual_world& world, side s, const std::string& message_id);

struct script {
  std::function<fault(virtual_world&, const mailbox_call&, std::uint64_t nth)> before_call = {};
  std::function<void(virtual_world&, const mailbox_call&, std::uint64_t nth)> after_call = {};
};

struct scenario {
  std::string name;
  std::vector<std::string> folders = {"inbox"};
  /// What there is before the first round.
  std::function<void(outer_world&, casting)> given = [](outer_world&, casting) {};
  /// Whether that is brought into step, without faults, before anything else happens.
  bool in_step_first = true;
  /// What happens then.
  std::function<void(outer_world&, casting)> when = [](outer_world&, casting) {};
  /// What goes wrong, and what users do, during the calls of one run; made anew for each.
  std::function<script(casting)> during = [](casting) { return script{}; };
  /// Anything here that is not allowed for what the users did, in words.
  std::function<std::vector<std::string>(const virtual_world&, casting, const round_end&)> then;
  /// Two-way: both sides hold the same in the end. Off where that cannot be (a refused item, a brake).
  bool converges = true;
  /// Users made several mails of one Message-ID.
  bool several_of_one_id = false;
  exsyncd::policy policy = {};
};

enum class crashes { none, everywhere };

/// Runs the scenario and reports to Catch.
void play(const scenario& what, casting cast, crashes when = crashes::everywhere);
/// In all three directions, with A as primary and as replica.
void play_all_ways(const scenario& what, crashes when = crashes::everywhere);
void play_two_way(const scenario& what, crashes when = crashes::everywhere);

// ---- words for scenarios
// -----------------------------------------------------------------------------------------------

/// A mail with this Message-ID ("<name@test>") and subject.
new_mail mail_named(const std::string& name, int minute = 0);
/// An item of this class with this name, and with all that takes requests of its own: an attachment, exceptions.
new_mail item_named(const std::string& name, item_class of);
std::string id_of(const std::string& name);

/// Complaints where the side does not hold exactly one mail of this name with this subject (in any folder of the pair).
std::vector<std::string> has(const virtual_world& world, side s, const std::string& name, const std::string& subject);
std::vector<std::string> has_none(const virtual_world& world, side s, const std::string& name);
std::vector<std::string> all_of(std::vector<std::vector<std::string>> complaints);

} // namespace exsyncd::testing
