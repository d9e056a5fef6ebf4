#pragma once

#include "ews/model/byte_count.hpp"
#include "ews/model/change.hpp"
#include "ews/model/ids.hpp"
#include "ews/model/item.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What is kept on disk: facts (observations), what was agreed (bases) and what is under way (intents). Work is not
/// kept: it is derived from these by actors/logic.
namespace exsyncd {

enum class side : std::uint8_t { primary = 0, replica = 1 };
constexpr side other(side s) {
  return s == side::primary ? side::replica : side::primary;
}
constexpr std::array<side, 2> both_sides{side::primary, side::replica};

/// One thing a side.
template <class T>
struct both {
  T primary{};
  T replica{};
  T& operator[](side s) { return s == side::primary ? primary : replica; }
  const T& operator[](side s) const { return s == side::primary ? primary : replica; }
  friend bool operator==(const both&, const both&) = default;
};

using pair_id = text_id<struct pair_id_tag>;               // the pair's name in the configuration
using folder_pair_id = text_id<struct folder_pair_id_tag>; // its name within the pair
using twin_id = text_id<struct twin_id_tag>;               // ours, random, never reused
using intent_id = text_id<struct intent_id_tag>;
using undo_id = text_id<struct undo_id_tag>;

/// Counts the store's changes: a fact with a higher number is newer. Never goes back, also over restarts.
using sequence = std::uint64_t;

/// The first 16 bytes of SHA-256 over a canonical value.
using digest = std::array<std::uint8_t, 16>;
struct field_digest {
  enum field field;
  digest value;
  friend bool operator==(const field_digest&, const field_digest&) = default;
};
/// Sorted by field; a field that is not in it was empty.
using field_digests = std::vector<field_digest>;

enum class presence : std::uint8_t {
  present = 0,
  left = 1,  // a change list of its folder said so: deleted, purged or moved
  absent = 2 // not in a complete listing from the beginning; never proof of a deletion
};

/// What one side was last seen to hold. Facts, no judgements.
struct observation {
  exsyncd::sequence sequence = 0;
  enum presence presence = exsyncd::presence::present;
  item_id item;
  mailbox_identity mailbox;
  folder_pair_id folder; // the folder pair whose folder of this side holds it
  change_key key;
  std::optional<bool> read;
  bool draft = false;
  enum item_class item_class = exsyncd::item_class::message;
  bool meeting = false;
  std::string subject;
  exsyncd::search_key search_key;
  exsyncd::message_id message_id;
  operation_mark mark;
  std::optional<utc_seconds> received;
  std::optional<utc_seconds> sent;
  std::uint64_t size = 0;
  std::uint64_t generation = 0; // of the listing that saw it last
  /// Only the answer of our write has told of this item, at this sequence; 0: a change list has shown it. What leaves
  /// before a list has shown it is in no later list either: lists tell the leaving only of what they have shown.
  exsyncd::sequence unlisted_since = 0;
  /// A request of ours has not found it under this id, at this sequence: lists tell whether it was moved or has left.
  /// 0: none has.
  exsyncd::sequence missed_since = 0;
  /// Of a half twin: lists have shown it beside what it is its user's copy of. It is an item of its own, whatever
  /// becomes of that one.
  bool copied = false;
  /// Of what has left: lists had told that it is nowhere else, and so its mate was looked for.
  bool given_up = false;
  /// The contents at `content_key`, once they were read.
  std::optional<field_digests> content;
  change_key content_key;
  /// Read with `content`: digests of what stays the same where servers rewrite it (of a body its words), to recognise
  /// an item in another mailbox. Never compared to tell an edit.
  field_digests likeness;
  friend bool operator==(const observation&, const observation&) = default;
};

/// What was last agreed, on one side, as that side's server gave it back.
struct side_base {
  change_key key;
  std::optional<bool> read;
  field_digests content;
  /// False until the contents were read back from the server after our write.
  bool read_back = false;
  friend bool operator==(const side_base&, const side_base&) = default;
};

enum class operation : std::uint8_t {
  create = 0,
  update = 1,
  set_read = 2,
  move = 3,
  remove = 4,
  replace = 5 // create a new copy, then remove the old one
};

/// How far a replacement has come. Who deleted the old copy is known by it: before `removing`, it was not us.
namespace replace_step {
constexpr std::uint8_t creating = 0;
constexpr std::uint8_t made = 1;        // the new copy exists
constexpr std::uint8_t removing = 2;    // the removal of the old copy may have been sent
constexpr std::uint8_t withdrawing = 3; // the new copy goes again: its user did something to the old one meanwhile
} // namespace replace_step

/// What lost against what.
struct conflict {
  pair_id pair;
  folder_pair_id folder_pair;
  twin_id twin;
  std::string subject;
  side loser = side::replica;
  std::string reason;        // "edited on both sides", "deleted on primary, edited on replica", …
  std::vector<field> fields; // what was overwritten; empty for a delete
  both<change_key> keys;
  utc_seconds when{};
  friend bool operator==(const conflict&, const conflict&) = default;
};

/// A field that takes several requests, as values: only they tell what of it is ours halfway, and what a user's.
struct part_values {
  enum field field = field::attachments;
  std::string before; // on the target when the write began
  std::string wanted; // as the source has it
  std::string kept;   // what a user added while an earlier try was cut: written along, and carried over afterwards
  friend bool operator==(const part_values&, const part_values&) = default;
};

/// A write that is under way: on disk before the request leaves, gone when its outcome is known.
struct intent {
  intent_id id;
  enum operation operation = exsyncd::operation::create;
  side target = side::replica;
  folder_pair_id folder;     // create, replace, move: where to
  item_id item;              // the item written to; empty for create
  change_key source_key;     // what the decision was made on …
  change_key guard;          // … on both sides
  std::vector<field> fields; // update: what is written
  field_digests expected;    // the contents afterwards as we sent them; of an update, those of `fields`
  std::optional<bool> read;
  operation_mark mark;    // create, replace
  std::uint8_t step = 0;  // replace: replace_step; update: 1 where an earlier try of it has taken effect in part
  item_id made;           // create, replace, move: the new item, once known
  change_key made_key;    //
  both<sequence> answers; // the observations it answers
  utc_seconds begun{};    // wall clock
  /// What loses by it: recorded when it has taken effect, also where that is learnt after a crash.
  std::optional<conflict> loses;
  std::vector<part_values> parts; // update: those of `fields` that take several requests
  friend bool operator==(const intent&, const intent&) = default;
};

/// Why an item is not in step, and when to try again.
struct trouble {
  std::string code;
  std::string what;
  std::string hint;
  std::uint32_t tries = 0;
  bool banned = false;                     // rests until the item changes or an administrator lifts it
  utc_seconds since{};                     //
  utc_seconds next{};                      // not before; no meaning when banned
  both<change_key> at;                     // the keys it happened at: another key lifts it
  enum side side = exsyncd::side::replica; // the side that refused
  /// What was refused, as the other side has it: those fields rest while they have these values, and nothing else does.
  field_digests refused;
  /// An update of several fields was refused: each goes alone, so that it shows which one it is.
  bool one_by_one = false;
  friend bool operator==(const trouble&, const trouble&) = default;
};

/// trouble.code of an item that an administrator wants to be left alone: no change of the item lifts it.
inline constexpr auto banned_by_administrator = "banned-by-administrator";

/// One item as the pair knows it.
struct twin {
  twin_id id;
  pair_id pair;
  folder_pair_id folder_pair; // where it was last agreed, or a create was, to be; before that, where it was first seen
  both<std::optional<observation>> seen;
  /// Both or none: agreed means agreed by both.
  std::optional<both<side_base>> base;
  std::optional<exsyncd::intent> intent;
  std::optional<exsyncd::trouble> trouble;
  /// Marks of creates that were given up as lost: whoever turns up with one is a duplicate of ours.
  std::vector<operation_mark> abandoned;
  /// Both sides are gone; kept for a while, so that a late create of ours is recognised.
  std::optional<utc_seconds> buried;
  std::uint32_t times_synced = 0;
  /// What the last agreement answered; an observation with a higher number is unanswered.
  both<sequence> answered;
  /// The last settlement, or an abandoned intent, left something to be done.
  bool unfinished = false;
  friend bool operator==(const twin&, const twin&) = default;
};

enum class listing_phase : std::uint8_t {
  from_beginning = 0, // the first pass, or again after another folder id or an invalid cursor: absence never deletes
  following = 1       // changes since the cursor
};

/// One folder on one side of one folder pair.
struct folder_side {
  pair_id pair;
  folder_pair_id folder_pair;
  enum side side = exsyncd::side::primary;
  mailbox_identity mailbox;
  folder_id folder;
  std::string path;
  sync_cursor cursor;
  enum listing_phase phase = listing_phase::from_beginning;
  std::uint64_t generation = 0; // counts the passes from the beginning, and those of a listing by comparison
  /// Of the last listing by comparison that was whole: what neither it nor the next one shows has left.
  std::uint64_t whole_generation = 0;
  /// The store's sequence when the last complete listing was asked for: what happened before it is in it. 0 where
  /// none was complete since the folder was bound.
  sequence listed_at = 0;
  /// The store's sequence when it was bound to this folder, or started again: pages asked for before are void.
  sequence bound_at = 0;
  /// The settings that leave items alone (start date, direction, meetings), as they were when it was bound last.
  std::string left_alone_by;
  friend bool operator==(const folder_side&, const folder_side&) = default;
};

/// Why the brake holds a folder pair.
struct frozen {
  std::string reason;
  utc_seconds since{};
  friend bool operator==(const frozen&, const frozen&) = default;
};

/// What an administrator has decided about the items that had left a frozen folder pair: those that were seen leaving
/// up to then, and no later ones. It ends when nothing of that is left to be done.
struct release {
  /// They come back from the other side, and so does whatever comes to be absent; else they go there as well.
  bool put_back = false;
  sequence up_to = 0;
  utc_seconds when{};
  friend bool operator==(const release&, const release&) = default;
};

/// The folder pair has not been looked after for a while, though what was known of it was kept: whatever has left in
/// that time freezes it, however little it is.
struct wary {
  sequence since = 0; // a listing that was asked for later tells
  utc_seconds when{};
  friend bool operator==(const wary&, const wary&) = default;
};

/// So much has left a side of the folder pair that the brake may have to hold it, which is not known before those
/// deletes are believed: what stayed there then. What comes in meanwhile does not count.
struct departure {
  both<sequence> up_to;       // of those that had left; 0: nothing is waited for on that side
  both<std::uint64_t> stayed; // agreed items
  friend bool operator==(const departure&, const departure&) = default;
};

/// Deletes of a pair that were carried over on a day (UTC) without an administrator having asked for them.
struct delete_count {
  utc_seconds day{};
  std::uint64_t count = 0;
  friend bool operator==(const delete_count&, const delete_count&) = default;
};

/// What the store remembers of a pair beside its items.
struct pair_memory {
  /// Started or stopped over the socket; holds until "start" changes in the file.
  std::optional<bool> started;
  bool start_in_file = false;
  friend bool operator==(const pair_memory&, const pair_memory&) = default;
};

/// The lease that this daemon has on a folder pair: where it is written, and how it is told from those of others.
struct lease_record {
  folder_pair_id folder_pair;
  enum side side = exsyncd::side::replica;
  folder_id folder;
  std::string nonce; // that was written last; empty: none was
  std::string next;  // that may have been written: on disk before the request leaves
  friend bool operator==(const lease_record&, const lease_record&) = default;
};

/// What was there before we overwrote or deleted it; the item itself is a file of that name (storage/undo_files.hpp).
struct undo_record {
  undo_id id;
  pair_id pair;
  folder_pair_id folder_pair;
  twin_id twin;
  intent_id intent; // of the write
  enum side side = exsyncd::side::replica;
  enum operation operation = exsyncd::operation::update; // update, replace, remove
  enum item_class item_class = exsyncd::item_class::message;
  std::string subject;
  item_id item;
  mailbox_identity mailbox;
  std::vector<field> fields;      // of an update: what was overwritten
  std::vector<std::string> lacks; // what of it cannot be brought back
  std::uint64_t bytes = 0;        // of the file; 0: there is none, and `lacks` says why
  utc_seconds when{};
  /// The write took effect. Until then it may still turn out that nothing was overwritten.
  bool done = false;
  std::optional<utc_seconds> put_back;
  /// It lost against the other side, and is to be copied into a folder of its own side.
  bool copy_wanted = false;
  friend bool operator==(const undo_record&, const undo_record&) = default;
};

enum class declared : std::uint8_t { server = 0, pair = 1 };

/// A server or a pair that was made over the admin socket, not in the configuration file.
struct declaration {
  declared kind = declared::server;
  std::string name;
  std::string text; // a JSON object as it would stand in the file; its secrets are sealed (daemon/secrets.hpp)
  friend bool operator==(const declaration&, const declaration&) = default;
};

// ---- traffic and what it may come to ----

/// `items`: reading and writing items and their attachments; `polling`: everything that finds out what there is to do.
struct traffic_count {
  byte_count items;
  byte_count polling;
  std::uint64_t requests = 0;
  friend bool operator==(const traffic_count&, const traffic_count&) = default;
};

/// What a pair has caused on a day (UTC), or in a month.
struct traffic_period {
  pair_id pair;
  utc_seconds begin{}; // midnight of the day, or of the month's first day
  traffic_count count;
  friend bool operator==(const traffic_period&, const traffic_period&) = default;
};

/// What one item has cost in a month, and how it was when it last cost something.
struct costly_item {
  pair_id pair;
  twin_id twin;
  utc_seconds month{};
  folder_pair_id folder_pair;
  enum item_class item_class = item_class::message;
  std::string subject;
  both<item_id> items;               // empty where that side has none
  both<bool> in_owa;                 // that side's server is one whose Outlook on the web takes EWS ids
  std::optional<utc_seconds> date{}; // received, else sent
  std::uint64_t size = 0;            // as the servers count it; the larger one
  byte_count bytes;
  utc_seconds updated{}; // when it last cost something
  std::uint32_t times_synced = 0;
  friend bool operator==(const costly_item&, const costly_item&) = default;
};

enum class allowance_kind : std::uint8_t {
  subscription = 0, // so many pairs and so many bytes each month, from a day to another
  top_up = 1        // bytes that are used up once, when the month's subscriptions are
};

/// What a signed code has allowed. It stays when it is removed, so that no code counts twice.
struct allowance {
  std::string id; // of the code
  allowance_kind kind = allowance_kind::subscription;
  utc_seconds from{}; // midnight of the first day
  utc_seconds to{};   // midnight after the last one
  std::uint32_t pairs = 0;
  std::uint64_t bytes = 0; // a month; of a top-up: in all
  std::uint64_t used = 0;  // of a top-up
  utc_seconds added{};
  std::optional<utc_seconds> removed;
  friend bool operator==(const allowance&, const allowance&) = default;
};

/// What was taken of the subscriptions in one month.
struct allowance_month {
  utc_seconds month{};
  std::uint64_t used = 0;
  friend bool operator==(const allowance_month&, const allowance_month&) = default;
};

/// True where facts are unanswered, an intent is open, or the last settlement left work.
inline bool has_work(const twin& t) {
  if (t.buried) return false;
  for (const side s : both_sides)
    if (t.seen[s] && t.seen[s]->sequence > t.answered[s]) return true;
  return t.intent.has_value() || t.unfinished;
}

/// True where this side's item is known from our write's answer only.
inline bool is_unlisted(const twin& t, side s) {
  return t.seen[s] && t.seen[s]->presence == presence::present && t.seen[s]->unlisted_since > 0;
}

/// True where the arbiter has to look: there is work, or an item of ours is still to be shown by a list.
inline bool is_unsettled(const twin& t) {
  return has_work(t) || (!t.buried && (is_unlisted(t, side::primary) || is_unlisted(t, side::replica)));
}

} // namespace exsyncd
