#pragma once

#include "storage/engine.hpp"
#include "storage/records.hpp"
#include "storage/store.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace exsyncd {

/// Records as bytes: a CBOR array without names, since there may be millions of twins, whose first element is the
/// version of the record. A change of a record's fields needs a new version here, or a new format in the store.
template <class Record>
std::string encode(const Record&);

/// The record, or storage_failure::damaged for bytes that are none; never an exception.
template <class Record>
std::variant<Record, storage_failure> decode(std::string_view bytes);

using folder_pair_counts = pair_counts::of_folder_pair;

// Both exist for: twin, folder_side, frozen, conflict, pair_memory, folder_pair_counts, lease_record, undo_record,
// declaration, traffic_period, costly_item, allowance, allowance_month.

} // namespace exsyncd
