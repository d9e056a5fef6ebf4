#pragma once

#include "storage/engine.hpp"
#include "storage/records.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace exsyncd {

// ---- the ledger's calls: each is one atomic change of the store ----

/// A page of a change list with its cursor: facts, minted twins and cursor become durable together or not at all.
struct accept_page {
  pair_id pair;
  folder_pair_id folder_pair;
  enum side side = exsyncd::side::primary;
  change_page page;
  /// store::now() before the first request of this listing left.
  sequence asked_at = 0;
};
struct page_accepted {
  /// The page was void and nothing was changed: the folder is not bound, or was bound anew since `asked_at`.
  bool ignored = false;
  std::uint32_t minted = 0;  // items that were not known
  std::uint32_t changed = 0; // known items with news
  /// Items that a listing by comparison has not shown, once so far: the next pass tells whether they have left.
  std::uint32_t suspected = 0;
};

/// Binds a folder pair's side to a folder. The same (mailbox, folder) changes nothing but the path. Another one, or
/// `restart` (the cursor was invalid), starts from the beginning: empty cursor, a new generation, phase from_beginning.
struct bind_folder {
  pair_id pair;
  folder_pair_id folder_pair;
  enum side side = exsyncd::side::primary;
  mailbox_identity mailbox;
  folder_id folder;
  std::string path;
  bool restart = false;
  /// folder_side::left_alone_by; nothing: as it was. Where it is another one, what was left alone in this folder is
  /// unsettled again, so that it is decided by the new settings.
  std::optional<std::string> left_alone_by = {};
};

/// Contents that were read, as facts about one side of a twin. Ignored where the item id is no longer that side's, and
/// where they have another key than an observation that is newer than `seen`: they may be the older ones then. Contents
/// at the observed key are no news (the sequence stays); another key or read state is.
struct observe_content {
  twin_id twin;
  /// The sequence of that side's observation when the read was asked for.
  sequence seen = 0;
  enum side side = exsyncd::side::primary;
  item_id item;
  change_key key;
  std::optional<bool> read;
  bool draft = false;
  field_digests content;
  /// It was read because a complete listing that was asked for after our write has not shown it.
  bool unlisted = false;
  /// It was not found. Where no list has ever shown it (`unlisted`) it has left; otherwise lists are to tell, and it
  /// is missed (observation::missed_since).
  bool gone = false;
  /// observation::likeness
  field_digests likeness = {};
};

/// Opens intents. One is refused where its twin has an open intent, or an observation of it is newer than `answers`.
struct begin_intent {
  twin_id twin;
  exsyncd::intent intent;
  /// The open intent that this one goes on with.
  std::optional<intent_id> instead_of = {};
};

/// A step of a write that has several: durable before the next request leaves. What is empty stays as it is known.
struct progress_intent {
  twin_id twin;
  intent_id intent;
  std::optional<std::uint8_t> step;
  item_id made;
  change_key made_key;
  /// Where its answer was lost: when it may have left last. It may have waited for its server since it was begun.
  std::optional<utc_seconds> left = {};
};

/// Closes an intent that surely had no effect (any more); the twin stays unsettled. `lost` is set where a create may
/// still turn up: its mark is remembered in twin.abandoned.
/// `in_part`: part of an update has taken effect, so what loses by it is recorded.
struct abandon_intent {
  twin_id twin;
  intent_id intent;
  bool lost = false;
  bool in_part = false;
};

/// The only call that writes a base. Everything in it is one batch: closes `intent` (where set), records what the
/// write's answer told of the target (`wrote`: becomes that side's observation, so that the echo finds its twin),
/// sets base and place, answers observations up to `answers`, appends the conflict.
/// The twin leaves the unsettled set only where `settled` and no observation is newer than `answers`.
/// Refused where another intent than `intent` is open.
/// What `wrote` says is no news. Where that very item was observed since `answers`, the observation stays as it is,
/// also where it had made a twin of its own (an echo before the answer): that one gives it up, and disappears if it has
/// no other.
struct settle_twin {
  twin_id twin;
  std::optional<intent_id> intent;
  struct write_result {
    enum side side = exsyncd::side::replica;
    item_id item;
    change_key key;
    std::optional<bool> read;
    folder_pair_id folder;
    operation_mark mark;
    /// Its contents at `key`, where they were read back.
    std::optional<field_digests> content = {};
    /// It was made, and its user has deleted it since.
    bool left = false;
  };
  /// Where a change list has shown the new item before its answer came, it is known as a half twin: that one is
  /// absorbed.
  std::optional<write_result> wrote;
  std::optional<both<side_base>> base;
  std::optional<folder_pair_id> folder_pair;
  both<sequence> answers;
  std::optional<exsyncd::conflict> conflict;
  /// This side no longer has the item (deleted by us, or forgotten after a first pairing): its observation and the
  /// base go; not where it was observed since `answers`. A twin of which nothing is left, no abandoned mark either,
  /// goes altogether.
  std::optional<side> forget;
  /// Both sides are gone. A side that was observed present since `answers` stays, as a half twin that is not buried.
  std::optional<utc_seconds> bury;
  bool clear_trouble = false;
  bool settled = false;
  bool count_sync = false; // something was written for it
};

/// `from` is a half twin whose observation of `side` belongs to `keep` (the same mail in both mailboxes, or the same
/// item after a move): the observation goes over and `from` disappears. Ignored where `from` has another observation, a
/// base or an open intent. The observation keeps its sequence unless `keep` has answered that one already.
struct absorb_twin {
  twin_id keep;
  twin_id from;
  enum side side = exsyncd::side::replica;
  /// Wall clock: where `from` has abandoned marks it is buried then, so that its late creates are still recognised.
  utc_seconds when{};
  /// What counts as agreed from then on, in the twin's folder pair; empty: as before.
  std::optional<both<side_base>> base{};
};

/// Lists have shown a half twin beside what it is a copy of.
struct note_copy {
  twin_id twin;
  enum side side = exsyncd::side::replica;
  friend bool operator==(const note_copy&, const note_copy&) = default;
};

/// Items that fail rest until trouble.next, banned ones until they change.
struct note_trouble {
  twin_id twin;
  std::optional<exsyncd::trouble> trouble; // empty: lifts it
};

/// Has a settled twin decided anew. `drop_base`: as if it had never been agreed, since the sides differ though neither
/// has changed since. Nothing happens where an intent is open, or where it has been observed since `seen`.
struct reopen_twin {
  twin_id twin;
  both<sequence> seen;
  bool drop_base = false;
};

/// Keeps a record of what is about to be overwritten, or changes one that is kept.
struct keep_undo {
  undo_record record;
};

/// What a look at the brake has come to, in one batch.
struct note_brake {
  pair_id pair;
  std::vector<std::pair<folder_pair_id, frozen>> freeze; // they are wary no longer
  std::vector<folder_pair_id> calm;                      // nothing had left while they were not looked after
  std::vector<folder_pair_id> released;                  // nothing is left of what was decided about them
  /// What is to be known when deletes are believed; nothing waited for on either side: it is over.
  std::vector<std::pair<folder_pair_id, departure>> departing = {};
};

/// Lets folder pairs go on that the brake holds. What has left them by now is deleted on the other side as well, or,
/// with `put_back`, is taken for absent, so that it is created again from there.
struct release_brake {
  pair_id pair;
  folder_pair_id folder_pair; // empty: all that are frozen
  bool put_back = false;
  utc_seconds when{};
};

/// Binds anew from the beginning what is bound, and takes for absent what has left: nothing is deleted by what is known
/// so far. The brake lets go.
struct restart_listing {
  pair_id pair;
  folder_pair_id folder_pair; // empty: all
  utc_seconds when{};
};

/// Removes all that is kept of a pair, but the bytes that it has cost.
struct forget_pair {
  pair_id pair;
};

/// The pair, or some folder pairs of it, are not looked after from now on, but what is known of them is kept: they are
/// wary. One that is wary already stays as it is.
struct leave_pair {
  pair_id pair;
  utc_seconds when{};
  std::vector<folder_pair_id> folders = {}; // empty: all
};

/// What is known of folder pairs under one name is known under another from now on: items, cursors, what the brake
/// holds, leases, conflicts, what can be put back. All at once, so that two may exchange their names. Of the same two
/// folders something may be known under the new name as well: then it is one folder pair, and the cursors of the old
/// name hold, since what came after them is told once more.
struct rename_folder_pairs {
  pair_id pair;
  std::vector<std::pair<folder_pair_id, folder_pair_id>> names; // from, to
};

struct set_pair_memory {
  pair_id pair;
  pair_memory memory;
};

/// Keeps leases in place of those of the same folder pairs; one without nonces is forgotten.
struct keep_leases {
  pair_id pair;
  std::vector<lease_record> leases;
};

/// Keeps what was declared over the admin socket, in place of what had its name; without a text it is forgotten. A
/// pair that is forgotten takes along all that is known of it (forget_pair): a new one of that name begins anew. With
/// `keep_state` only what was said about its start goes, and what is known is left (leave_pair) as of `when`.
struct keep_declaration {
  declared kind = declared::server;
  std::string name;
  std::optional<std::string> text;
  bool keep_state = false;
  utc_seconds when{};
};

/// Removes the conflicts of a pair but its newest `most`, and all from before `before`.
struct prune_conflicts {
  pair_id pair;
  std::size_t most = 0;
  utc_seconds before{};
};

/// Adds to what was counted, and keeps what the allowances have come to. Of one month and pair about the
/// `most_costly` costliest items are kept; what is older than its time goes with the first count of a new day.
struct keep_traffic {
  struct of_day {
    pair_id pair;
    utc_seconds day{}; // midnight
    traffic_count count;
  };
  struct of_item {
    pair_id pair;
    enum side side = exsyncd::side::primary;
    item_id item;
    utc_seconds when{};
    byte_count bytes;
    bool in_owa = false;
  };
  std::vector<of_day> days;
  std::vector<of_item> items;
  std::vector<allowance> allowances; // each in place of the one with its id
  std::optional<allowance_month> month;
};
/// Items that no twin is known of (yet): of a create before it is settled, or of what has left.
struct traffic_kept {
  std::vector<keep_traffic::of_item> unknown;
};
inline constexpr std::size_t most_costly = 200;
inline constexpr int days_kept = 62, months_kept = 36, months_of_items_kept = 3;

utc_seconds day_of(utc_seconds);
/// Midnight of the first day of its month, or of one so many months later.
utc_seconds month_of(utc_seconds, int later = 0);

// ---- what can be read ----

struct forked_store;

struct pair_counts {
  struct of_folder_pair {
    folder_pair_id folder_pair;
    std::uint64_t known = 0;     // twins that are not buried
    std::uint64_t agreed = 0;    // with a base and settled
    std::uint64_t unsettled = 0; // with unanswered facts or an open intent
    std::uint64_t banned = 0;
  };
  std::vector<of_folder_pair> folder_pairs;
};

/// Records over an engine. Not thread safe: one owner (the ledger actor). Calls change an overlay that reads see at
/// once; `commit` makes it durable in one batch. A call about a twin, an intent or a folder that is not there, or a
/// twin that is buried, changes nothing. After a failed commit the store must not be used any further.
class store {
public:
  /// `mint` gives ids that never repeat (random in production, counted in tests).
  store(engine& on, std::function<std::string()> mint);

  /// Checks the format mark, and writes it into an empty engine. A failure where the data are of a newer format or
  /// damaged.
  std::optional<storage_failure> open();

  /// Higher than the sequence of every fact recorded so far; the next fact gets it.
  sequence now() const;
  std::optional<storage_failure> commit();
  /// A record that could not be read, or the failed commit: what was read since is not to be used, commits refuse.
  std::optional<storage_failure> failure() const;
  /// A store that begins as this one is now and keeps its changes to itself: commits succeed and write nothing. It may
  /// be used by another thread.
  std::shared_ptr<forked_store> fork(std::function<std::string()> mint) const;

  page_accepted accept(const accept_page&);
  folder_side bind(const bind_folder&);
  void observe(const observe_content&);
  /// True where the intent is open now.
  bool begin(const begin_intent&);
  void progress(const progress_intent&);
  void abandon(const abandon_intent&);
  /// False where the twin or the intent is not there (any more): nothing was changed.
  bool settle(const settle_twin&);
  void absorb(const absorb_twin&);
  void note_users_copy(const note_copy&);
  void note(const note_trouble&);
  void note(const note_brake&);
  /// The folder pairs that were held, or had been let go before and are not through yet.
  std::vector<folder_pair_id> release(const release_brake&);
  void restart(const restart_listing&);
  /// How many items were known.
  std::uint64_t forget(const forget_pair&);
  void leave(const leave_pair&);
  void rename(const rename_folder_pairs&);
  void remember(const set_pair_memory&);
  void keep(const keep_declaration&);
  void keep(const keep_leases&);
  /// What tells this daemon from others, for as long as its store is the same; made when it is first asked for.
  std::string installation();
  void prune(const prune_conflicts&);
  traffic_kept keep(const keep_traffic&);
  void reopen(const reopen_twin&);
  /// A record that is not done stands until its intent ends: settled, it is done; abandoned, it is forgotten.
  void keep(const keep_undo&);
  void drop(const undo_record&);
  /// Removes twins buried before `before`, their marks with them.
  void exhume(const pair_id&, utc_seconds before);

  std::optional<twin> load(const twin_id&) const;
  /// By pair and side, since one mailbox may belong to several pairs.
  std::optional<twin> find(const pair_id&, side, const mailbox_identity&, const item_id&) const;
  /// Twins with unanswered facts or an open intent, those in trouble among them: the arbiter's input, ordered by id.
  std::vector<twin> unsettled(const pair_id&) const;
  std::vector<twin> in_trouble(const pair_id&) const;
  /// Settled twins with one observation and no base that hold one of these Message-IDs: what was left alone so far, and
  /// may be the mate of something new.
  std::vector<twin> unpaired(const pair_id&, const std::vector<message_id>&) const;
  std::vector<folder_side> folder_sides(const pair_id&) const;
  std::optional<frozen> frozen_state(const pair_id&, const folder_pair_id&) const;
  /// All that the brake has to know of a pair.
  struct brakes {
    std::vector<std::pair<folder_pair_id, frozen>> held;
    std::vector<std::pair<folder_pair_id, exsyncd::release>> released;
    std::vector<std::pair<folder_pair_id, wary>> unattended;
    std::vector<std::pair<folder_pair_id, departure>> departing;
    delete_count deletes;
  };
  brakes brakes_of(const pair_id&) const;
  /// Every folder pair that is bound or has twins; counted as twins change, since counting them would read them all.
  pair_counts counts(const pair_id&) const;
  /// The newest first.
  std::vector<conflict> conflicts(const pair_id&, std::size_t limit) const;
  /// The newest of a pair first, those of writes under way among them; of all pairs where it is empty.
  std::vector<undo_record> undos(const pair_id&) const;
  std::optional<undo_record> undo(const pair_id&, const undo_id&) const;
  std::optional<pair_memory> memory(const pair_id&) const;
  std::vector<lease_record> leases(const pair_id&) const;
  std::vector<pair_id> pairs() const;
  /// Servers first, each kind by name.
  std::vector<declaration> declarations() const;
  /// By time, then by pair: days from `first` on, or months.
  std::vector<traffic_period> traffic_by_day(utc_seconds first) const;
  std::vector<traffic_period> traffic_by_month(utc_seconds first) const;
  /// Those of one month, the costliest first; of all pairs where `pair` is empty.
  std::vector<costly_item> costly(utc_seconds month, const pair_id& pair, std::size_t limit) const;
  /// In the order of their ids, removed ones among them.
  std::vector<allowance> allowances() const;
  allowance_month spent() const;
  /// Twins of all pairs whose ids begin so, buried ones among them. Ids of production are hexadecimal: two digits give
  /// a 256th of all.
  std::vector<twin> browse(std::string_view id_prefix) const;

private:
  std::optional<std::string> get(const std::string& key) const;
  void scan(const std::string& prefix, const engine::visitor&) const;
  template <class Record>
  std::optional<Record> read(const std::string& key) const;
  template <class Record>
  void scan_records(const std::string& prefix, const std::function<bool(Record)>&) const;
  std::vector<twin> twins_of(const std::string& prefix) const;
  void fail(storage_failure) const;

  void put(const std::string& key, std::string value);
  void erase(const std::string& key);
  sequence advance();
  bool edit(const twin_id&, const std::function<bool(twin&)>& change);
  void replace(const twin* before, const twin* after);
  void count(const twin&, bool add);

  bool accept_present(const folder_side&, const listed_item&, sequence at, page_accepted&);
  bool accept_left(const folder_side&, const item_id&, sequence at);
  bool accept_read(const folder_side&, const item_read_changed&, sequence at);
  bool end_pass(const folder_side&, sequence at);
  bool end_comparison(const folder_side&, sequence at, page_accepted&);
  void add_item(const twin&, const keep_traffic::of_item&);
  void drop_cheap(const pair_id&, utc_seconds month);
  void drop_old_traffic(utc_seconds today);
  std::vector<twin_id> not_seen_since(const folder_side&, std::uint64_t generation) const;
  bool record_write(twin&, const settle_twin&);
  void end_undo(const intent_id&, bool took_effect);
  void hand_undo_on(const intent_id& from, const intent_id& to);
  void reopen_left_alone(const bind_folder&);
  void put_back(const pair_id&, const folder_pair_id&, sequence at);
  void count_delete(const twin&);
  void forget_costs(const pair_id&, std::vector<std::string>& keys) const;
  std::set<std::string> ids_of_all(const pair_id&) const;
  void rename_sides(const rename_folder_pairs&);
  std::optional<observation> take_from_owner(const twin_id& but, const folder_side&, const item_id&);

  engine& engine_;
  std::function<std::string()> mint_;
  engine::batch overlay_;
  sequence now_ = 1;
  bool forked_ = false;
  mutable std::optional<storage_failure> failure_;
};

/// What a fork reads from, and the fork.
struct forked_store {
  std::unique_ptr<engine> base;
  store records;
};

} // namespace exsyncd
