#pragma once

#include "storage/records.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Where each record is in the engine, and under which further keys a twin is found. Every key begins with the letter
/// of its table; parts are length-prefixed, so that no id can be mistaken for the beginning of another, and numbers are
/// big-endian, so that their order is that of the keys.
namespace exsyncd::keys {

std::string format();
std::string last_sequence();

std::string of_twin(const twin_id&);
std::string item(const pair_id&, side, const mailbox_identity&, const item_id&);
std::string folder_side(const pair_id&, const folder_pair_id&, side);
std::string frozen(const pair_id&, const folder_pair_id&);
std::string release(const pair_id&, const folder_pair_id&);
std::string wary(const pair_id&, const folder_pair_id&);
std::string departure(const pair_id&, const folder_pair_id&);
std::string delete_count(const pair_id&);
std::string memory(const pair_id&);
std::string lease(const pair_id&, const folder_pair_id&);
std::string all_leases(const pair_id&);
std::string installation();
std::string counts(const pair_id&, const folder_pair_id&);
std::string declaration(declared, const std::string& name);
std::string all_declarations();
/// Twins whose ids begin so.
std::string twins_from(std::string_view id_prefix);
/// The newest first.
std::string conflict(const pair_id&, sequence);

// What can be put back, the newest first; and the key of the one that waits for the outcome of an intent.
std::string undo(const undo_record&);
std::string all_undo(const pair_id&);
std::string all_undo();
std::string undo_of(const intent_id&);

// Traffic: by time, then by pair.
std::string traffic_day(utc_seconds day, const pair_id&);
std::string traffic_month(utc_seconds month, const pair_id&);
std::string costly(utc_seconds month, const pair_id&, const twin_id&);
std::string all_costly(utc_seconds month);
std::string all_costly(utc_seconds month, const pair_id&);
std::string allowance(const std::string& id);
std::string allowance_month();
std::string all_traffic_days();
std::string all_traffic_months();
std::string all_costly();
std::string all_allowances();

// What a scan of one pair begins with; the values of the sets of twins are twin ids.
std::string all_folder_sides(const pair_id&);
std::string all_frozen(const pair_id&);
std::string all_released(const pair_id&);
std::string all_wary(const pair_id&);
std::string all_departures(const pair_id&);
std::string all_items(const pair_id&);
std::string all_counts(const pair_id&);
std::string all_conflicts(const pair_id&);
std::string all_unsettled(const pair_id&);
std::string all_in_trouble(const pair_id&);
/// In the order of their burials.
std::string all_buried(const pair_id&);
/// The first key of those buried at that time.
std::string buried_at(const pair_id&, utc_seconds);
/// Settled half twins with this Message-ID, or all settled twins of a lineage (key_of_lineage).
std::string all_unpaired(const pair_id&, const message_id&);
/// Twins present in one folder, those of older generations first.
std::string all_present(const pair_id&, const folder_pair_id&, side);
std::string present_since(const pair_id&, const folder_pair_id&, side, std::uint64_t generation);

/// What the keys of one pair begin with in every table that begins with a pair: all of it but twins and traffic.
std::vector<std::string> all_of(const pair_id&);
/// The folder pair of a key that ends with one.
folder_pair_id folder_of(const pair_id&, std::string_view key);

/// The tables that have an entry for every pair that is known, and the pair of one of their keys.
std::string_view tables_by_pair();
pair_id pair_of(std::string_view key);

/// The keys beside its own under which a twin is found; the values are its id. A function of the twin alone: whoever
/// replaces a twin removes the keys of the old one and adds those of the new one.
std::map<std::string, std::string> index_of(const twin&);

} // namespace exsyncd::keys
