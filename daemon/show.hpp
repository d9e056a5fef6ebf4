#pragma once

#include "actors/supervisor.hpp"
#include "config/problem.hpp"
#include "daemon/host/log_ring.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

/// What the daemon knows, as the JSON that its users see. Never a secret.
namespace exsyncd {

/// "2026-11-22T16:40:00Z".
std::string show_time(utc_seconds when);
std::string show(pair_condition condition);

std::string show(item_class c);
std::string show(side s);
/// As Microsoft writes them, where EWS has one name for it.
std::string show(field f);
nlohmann::json show(const std::vector<field>& fields);
/// Those of folder pairs, and of the whole pair where the name is empty.
nlohmann::json show(const std::vector<std::pair<folder_pair_id, failure>>& failures);
nlohmann::json show(const host::kept_line& line);
/// Items that are left alone on one side by the settings.
std::uint64_t skipped_of(const pair_counts::of_folder_pair& counts);

nlohmann::json show(const failure& why);
/// Status, mailboxes and progress of a pair; with its folder pairs where `whole`.
nlohmann::json show(const pair_overview& pair, bool whole);
/// Its folder pairs: status, settings, counts.
nlohmann::json show_folders(const pair_overview& pair);
/// What the last round could not do of a folder pair and of those below it; of the whole pair where the name is empty.
nlohmann::json show_failures_of(const pair_overview& pair, const std::string& folder);
/// What is known of folder pairs that nobody looks after any more; it is in no other count.
nlohmann::json show_left(const pair_overview& pair);
/// A pair that cannot run: what was declared over the admin socket no longer fits.
nlohmann::json show_wrong(const std::string& pair, const problems& found);
nlohmann::json show(const pair_plan& plan);
/// What differs; `repaired`: what could be mended is being mended.
nlohmann::json show(const verification& found, bool repaired);
nlohmann::json show(const conflict& lost);
/// An item that is not in step; `of` is its pair. `in_owa`: the sides that there can be a link to, as in bans_are.
nlohmann::json show_trouble(const twin& item, const pair_settings& of, const both<bool>& in_owa = {});
nlohmann::json show(const pairs_synced::of_pair& round);

/// One line for `systemctl status`.
std::string show_summary(const std::vector<pair_overview>& pairs);

} // namespace exsyncd
