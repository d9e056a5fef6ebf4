#pragma once

#include "actors/supervisor.hpp"
#include "config/settings.hpp"
#include "storage/records.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <vector>

namespace exsyncd {

/// What an administrator looks for: our id, an item id of EWS, a Message-ID (with or without <>), or a part of a
/// subject, whatever its case.
bool is_meant(const twin& item, const std::string& wanted);

/// The item that is left alone on one side, and why; empty for every other. `folders`: all of its pair.
std::optional<std::string> why_skipped(const twin& item, const std::vector<folder_pair_settings>& folders,
                                       utc_seconds now);

/// The pair of an item, and what its mailboxes can set.
struct known_pair {
  pair_overview pair;
  capabilities_are can;
};

/// Of the pair of this name, or of all: what is not read now, so that what is new in it is not known.
nlohmann::json show_unread(const std::vector<pair_overview>& pairs, const std::optional<std::string>& pair);

/// What is known of an item: both sides, and in words why it is in step or is not. `of` is its pair, or nothing where
/// that is not configured any more.
nlohmann::json show_item(const twin& item, const known_pair* of, utc_seconds now);

} // namespace exsyncd
