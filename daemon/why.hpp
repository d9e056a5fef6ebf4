#pragma once

#include "config/settings.hpp"
#include "storage/records.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

namespace exsyncd {

/// What an administrator looks for: our id, an item id of EWS, a Message-ID (with or without <>), or a part of a
/// subject, whatever its case.
bool is_meant(const twin& item, const std::string& wanted);

/// The item that is left alone on one side, and why; empty for every other.
std::optional<std::string> why_skipped(const twin& item, const pair_settings& of, utc_seconds now);

/// What is known of an item: both sides, and in words why it is in step or is not. `of` is its pair, or nothing where
/// that is not configured any more; `held` the brake's reason, where it holds the folder pair.
nlohmann::json show_item(const twin& item, const pair_settings* of, const std::optional<frozen>& held, utc_seconds now);

} // namespace exsyncd
