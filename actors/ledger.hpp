#pragma once

#include "storage/store.hpp"

#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace exsyncd {

struct bind_folders {
  std::vector<bind_folder> folders;
};
struct folders_bound {
  std::vector<folder_side> folders;
};
struct ask_now {};
struct now_is {
  sequence now = 0;
};
struct observe_contents {
  std::vector<observe_content> contents;
};
struct begin_intents {
  std::vector<begin_intent> intents;
};
/// One answer for each intent, in order: whether it is open now.
struct intents_begun {
  std::vector<bool> open;
};
struct abandon_intents {
  std::vector<abandon_intent> intents;
};
struct settle_twins {
  std::vector<settle_twin> twins;
};
struct absorb_twins {
  std::vector<absorb_twin> twins;
};
struct note_copies {
  std::vector<note_copy> copies;
};
struct note_troubles {
  std::vector<note_trouble> troubles;
};
struct stored {};

/// The leases of a pair, and what tells this daemon from others.
struct load_leases {
  pair_id pair;
};
struct leases_loaded {
  std::string installation;
  std::vector<lease_record> leases;
};

struct load_unsettled {
  pair_id pair;
};
struct load_twins {
  std::vector<twin_id> ids;
};
struct load_unpaired {
  pair_id pair;
  std::vector<message_id> message_ids;
};
struct load_troubles {
  pair_id pair;
};
/// Only those that are there.
struct twins_loaded {
  std::vector<twin> twins;
};
struct load_folder_sides {
  pair_id pair;
};
struct folder_sides_loaded {
  std::vector<folder_side> folders;
  store::brakes brakes;
};
struct brakes_released {
  std::vector<folder_pair_id> folders;
};
/// Those that something is known of, declared or not.
struct load_pairs {};
struct pairs_loaded {
  std::vector<pair_id> pairs;
};
struct load_counts {
  pair_id pair;
};
struct load_conflicts {
  pair_id pair;
  std::size_t limit = 100;
};
struct conflicts_loaded {
  std::vector<conflict> conflicts;
};
struct load_memory {
  pair_id pair;
};
struct memory_loaded {
  std::optional<pair_memory> memory;
};
struct leave_pairs {
  std::vector<leave_pair> pairs;
};
struct forget_pairs {
  std::vector<forget_pair> pairs;
};
struct keep_declarations {
  std::vector<keep_declaration> declarations;
};
struct load_declarations {};
struct declarations_loaded {
  std::vector<declaration> declarations;
};
struct load_traffic {
  enum class by { day, month } by = by::day;
  utc_seconds first{};
};
struct traffic_loaded {
  std::vector<traffic_period> periods; // by time, then by pair
};
struct load_costly {
  utc_seconds month{};
  pair_id pair; // empty: of all
  std::size_t limit = 10;
};
struct costly_loaded {
  std::vector<costly_item> items;
};
struct load_allowances {};
struct allowances_loaded {
  std::vector<allowance> allowances;
  allowance_month month;
};
struct browse_twins {
  std::string id_prefix; // see store::browse
};
/// A store of its own that begins as this one is now: for what is tried and not kept.
struct fork_store {
  std::function<std::string()> mint;
};
struct store_forked {
  std::shared_ptr<forked_store> fork;
};
struct load_by_items {
  pair_id pair;
  enum side side = side::primary;
  mailbox_identity mailbox;
  std::vector<item_id> items;
};
struct reopen_twins {
  std::vector<reopen_twin> twins;
};
struct keep_undos {
  std::vector<keep_undo> records;
};
struct drop_undos {
  std::vector<undo_record> records;
};
struct load_undos {
  pair_id pair; // empty: of all
  undo_id id;   // empty: all
};
struct undos_loaded {
  std::vector<undo_record> records; // the newest first
};
struct prune_buried {
  pair_id pair;
  utc_seconds before{};
};

/// To itself: what was changed since the last commit goes to disk now.
struct commit_changes {};

/// Owns the store. Every reply to a change means "on disk"; changes that queue up while one commit runs share the next.
/// Where the disk fails, whoever waits for a change gets an error in place of the answer (it may or may not be on
/// disk), and the actor exits with the storage_failure's text as its reason: whoever monitors it ends the process. Told
/// to exit, it commits first.
using ledger_actor = caf::typed_actor<
    // Binds folder pairs to folders.
    caf::replies_to<bind_folders>::with<folders_bound>,
    // The sequence to state as `asked_at` of a listing that starts now.
    caf::replies_to<ask_now>::with<now_is>,
    // A page of changes together with its cursor.
    caf::replies_to<accept_page>::with<page_accepted>,
    // Contents as facts.
    caf::replies_to<observe_contents>::with<stored>,
    // Intents, before their requests leave.
    caf::replies_to<begin_intents>::with<intents_begun>,
    // A step of a write of several.
    caf::replies_to<progress_intent>::with<stored>,
    // Intents without effect.
    caf::replies_to<abandon_intents>::with<stored>,
    // Agreements.
    caf::replies_to<settle_twins>::with<stored>,
    // Two records that are one item.
    caf::replies_to<absorb_twins>::with<stored>,
    // Users' copies.
    caf::replies_to<note_copies>::with<stored>,
    // Items that rest.
    caf::replies_to<note_troubles>::with<stored>,
    // The brake.
    caf::replies_to<note_brake>::with<stored>, caf::replies_to<release_brake>::with<brakes_released>,
    caf::replies_to<restart_listing>::with<stored>,
    // Started or stopped by an administrator.
    caf::replies_to<set_pair_memory>::with<stored>,
    // Who looks after a folder pair.
    caf::replies_to<keep_leases>::with<stored>, caf::replies_to<load_leases>::with<leases_loaded>,
    // What was declared over the admin socket.
    caf::replies_to<keep_declarations>::with<stored>,
    // What was counted of the traffic, and what the allowances have come to.
    caf::replies_to<keep_traffic>::with<traffic_kept>,
    // Folder pairs that have other names now.
    caf::replies_to<rename_folder_pairs>::with<stored>,
    // Pairs that are not looked after any more.
    caf::replies_to<leave_pairs>::with<stored>, caf::replies_to<forget_pairs>::with<stored>,
    caf::replies_to<load_pairs>::with<pairs_loaded>,
    // Old tombstones, old conflicts.
    caf::replies_to<prune_buried>::with<stored>, caf::replies_to<prune_conflicts>::with<stored>,
    // What can be put back.
    caf::replies_to<keep_undos>::with<stored>, caf::replies_to<drop_undos>::with<stored>,
    caf::replies_to<load_undos>::with<undos_loaded>,
    // What is to be decided anew.
    caf::replies_to<reopen_twins>::with<stored>,
    // A store to try things on.
    caf::replies_to<fork_store>::with<store_forked>,
    // Loads.
    caf::replies_to<load_by_items>::with<twins_loaded>, caf::replies_to<load_unsettled>::with<twins_loaded>,
    caf::replies_to<load_twins>::with<twins_loaded>, caf::replies_to<load_unpaired>::with<twins_loaded>,
    caf::replies_to<load_troubles>::with<twins_loaded>, caf::replies_to<load_folder_sides>::with<folder_sides_loaded>,
    caf::replies_to<load_counts>::with<pair_counts>, caf::replies_to<load_conflicts>::with<conflicts_loaded>,
    caf::replies_to<load_memory>::with<memory_loaded>, caf::replies_to<load_declarations>::with<declarations_loaded>,
    caf::replies_to<browse_twins>::with<twins_loaded>, caf::replies_to<load_traffic>::with<traffic_loaded>,
    caf::replies_to<load_costly>::with<costly_loaded>, caf::replies_to<load_allowances>::with<allowances_loaded>,
    // The commit.
    caf::reacts_to<commit_changes>>;

struct ledger_state {
  explicit ledger_state(ledger_actor::pointer) {}
  std::shared_ptr<store> records;
  bool commit_scheduled = false;
  /// Answers that wait for the commit; called with the error where it failed, else with nothing.
  std::vector<std::function<void(const caf::error*)>> held;
};

/// `records` is used by this actor only. Spawn it detached in production, not under the test scheduler.
ledger_actor::behavior_type ledger(ledger_actor::stateful_pointer<ledger_state> self, std::shared_ptr<store> records);

} // namespace exsyncd

// Messages stay inside the process: they are never serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::accept_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::page_accepted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::bind_folders)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::folders_bound)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::ask_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::now_is)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::observe_contents)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::begin_intents)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::intents_begun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::progress_intent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::abandon_intents)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::settle_twins)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::absorb_twins)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::note_copies)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::note_troubles)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::note_brake)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::release_brake)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::brakes_released)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::restart_listing)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::leave_pairs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::rename_folder_pairs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::forget_pairs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::load_pairs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::pairs_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::set_pair_memory)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::stored)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::load_unsettled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::load_twins)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::load_unpaired)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::load_troubles)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::twins_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::load_folder_sides)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::folder_sides_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::load_counts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::pair_counts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::load_conflicts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::conflicts_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::load_memory)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::memory_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::keep_leases)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::load_leases)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::leases_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::keep_declarations)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::load_declarations)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::declarations_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::browse_twins)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::keep_traffic)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::traffic_kept)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::load_traffic)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::traffic_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::load_costly)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::costly_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::load_allowances)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::allowances_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::prune_conflicts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::prune_buried)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::fork_store)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::store_forked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::load_by_items)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::reopen_twins)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::keep_undos)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::drop_undos)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::load_undos)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::undos_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::commit_changes)
