#pragma once

#include "actors/supervisor.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

/// What the daemon knows, as the JSON that its users see. Never a secret.
namespace exsyncd {

/// "2026-11-22T16:40:00Z".
std::string show_time(utc_seconds when);
std::string show(pair_condition condition);

nlohmann::json show(const failure& why);
/// Status, mailboxes and progress of a pair; with its folder pairs where `whole`.
nlohmann::json show(const pair_overview& pair, bool whole);
nlohmann::json show(const pair_plan& plan);
nlohmann::json show(const conflict& lost);
/// An item that is not in step; `of` is its pair.
nlohmann::json show_trouble(const twin& item, const pair_settings& of);
nlohmann::json show(const pairs_synced::of_pair& round);

/// One line for `systemctl status`.
std::string show_summary(const std::vector<pair_overview>& pairs);

} // namespace exsyncd
