#pragma once

#include "tests/simulate/model/judge.hpp"
#include "tests/simulate/model/lifeline.hpp"

#include <set>
#include <string>
#include <vector>

namespace simulate::model {

/// What all rules of one pair share.
struct trial {
  const settings& given;
  const pair_settings& pair;
  const scope& within;
  const history& all;
  const statement& said;
  const std::vector<excuse>& excuses;
  std::vector<violation>& found;

  /// Steps after which the daemon starts from the mailboxes' contents: what it had not carried before may come back.
  std::vector<std::uint64_t> resets{};
  std::vector<std::uint64_t> rights{}; ///< were withdrawn or given back
  std::vector<std::uint64_t> crashes{}, stops{}, forgot{}, restored{}, away{}, lists_lost{};
  std::vector<std::uint64_t> wiped{}; ///< the daemon was left without any state
  /// The daemon went on with a state of a time ago; `kept`: when that was, 0 where nobody said.
  struct older_state {
    std::uint64_t at = 0, kept = 0;
  };
  std::vector<older_state> went_back{};
  /// Whether at one of them ids or the daemon's state were new, so that what is there was paired once more.
  bool paired_again = false;
  /// What of the pair's settings was otherwise while it ran: what goes where; and what matters to some items only.
  bool settings_changed = false, drift_changed = false, meetings_changed = false, unchangeable_changed = false;
  /// That is all of it: entries meant other folders for a while, and mean their own again.
  bool remapped = false;
  std::set<std::pair<side, std::string>> folders_for_a_while{}; ///< that they meant
  bool entries_away = false;                                    ///< some entry was out of the settings for a while
  bool folders_changed = false;                                 ///< a user renamed, moved or deleted folders
  std::set<std::string> may_be_linked{};                        ///< labels that pairing may take for another's item

  void violated(rule, const lifeline&, std::string text) const;
  bool is_banned(const lifeline&) const;
  bool lists_conflict(const lifeline&) const;
  /// Whether it lay in a folder that an entry meant for a while.
  bool is_for_a_while(side, const std::optional<snapshot>&) const;
  /// Whether it left the folders of the pair, and those that its entries meant for a while.
  bool takes_away(const moment&) const;
  /// The last reset before a step; 0: none.
  std::uint64_t last_reset_before(std::uint64_t step) const;
  bool reset_after(std::uint64_t step) const;
  /// Whether an administrator had what left here put back: the folder pair may have been frozen then.
  bool put_back_after(const moment& left) const;
  /// Whether the daemon could know that what left was there: it saw it after the last reset, or surely made it.
  bool knew_of(const lifeline&, const moment& left) const;
  /// Whether what a user took away was one of two in his mailbox where the other side has one, and the daemon had made
  /// one beside the other: a replacement that was cut, or a create that came late. Who takes one away may want the
  /// other; in a replacement that was not cut he does where he goes on writing that one.
  bool is_one_of_two(const lifeline&, const moment& left) const;
  /// The steps at which the daemon was left without any state of the item, in order.
  std::vector<std::uint64_t> began_anew(const lifeline&) const;
  /// The step at which a daemon that began anew at `since` had first read the item on both sides, or made one from the
  /// other: before it there is nothing that an edit could be told by.
  std::uint64_t knows_again(const lifeline&, std::uint64_t since) const;
  /// Whether what the daemon had read in a step is surely on disk: it did not die before it asked for another list.
  bool is_kept(std::uint64_t step) const;
  /// The step with which the daemon had first read an item since another step: where it died just after, and read it
  /// once more, the later one. 0: it has not. Where a stop ended that round before anything was paired by what was
  /// read, the list of the next round, which tells whether it is so still.
  std::uint64_t first_read(const lifeline&, item_number, std::uint64_t since) const;
  /// Whether the daemon lost its state after the step, or was given an older one.
  bool forgot_after(std::uint64_t step) const;
  /// Whether what had been listed until the step was forgotten since.
  bool list_forgotten_after(std::uint64_t step) const;
  /// Whether an administrator had what was missing put back.
  bool restored_before(std::uint64_t step) const;
  /// Whether a state from before the first of the two steps came back after the second.
  bool went_back_between(std::uint64_t from, std::uint64_t to) const;
  bool crashed_between(std::uint64_t from, std::uint64_t to) const;
  /// Whether the daemon died before it asked for anything more: what it was told in the step it may not know.
  bool died_upon(std::uint64_t step) const;
  /// Whether a path of these two is no matter: a server cannot hold it, or makes it by itself.
  bool ignores(const std::string& path, const snapshot&, const snapshot&) const;
};

/// How many originals of a label users made since both sides last held none of it: one is followed step by step,
/// several are counted (originals.cpp).
struct originals {
  std::uint64_t since = 0; ///< the step that brought the first one in
  /// By side: first contents, and what users put where nothing of it lay. What the two sides have so is one, item by
  /// item.
  int put[2] = {0, 0};
  /// By side: what users copied or brought in beside another, or in place of one that they had taken away.
  int made[2] = {0, 0};
  /// What users brought back that the daemon had put out, while the other side held one: the same original again, or
  /// not.
  int reborn = 0;
  /// By side: what a create made so late that nobody remembers it any more; it bears the mark of an item that is there,
  /// and is not carried.
  int forgotten[2] = {0, 0};
  /// How many more lay in one mailbox than users made: nobody can tell whether such instances are one item or several.
  int together = 0;
  /// The user who took one away last has left another in his mailbox, and the other side's users took none away.
  bool kept = false;
  /// First contents of the two sides that lie in folders which do not belong together: one item, or two.
  bool apart = false;
  /// Items of the two sides that a daemon which began anew found unlike: each may have become one of its own.
  int unlike = 0;

  int least() const;
  int most() const;
  bool is_one() const;
};
originals originals_of(const trial&, const lifeline&);
/// How many items of the two sides were found unlike by a daemon that began anew (anew.cpp).
std::size_t found_unlike(const trial&, const lifeline&);
/// The step with which the last of the first contents was there, where both sides have some; 0: they have not.
std::uint64_t first_contents_of_both(const lifeline&);
/// Whether one side ever held two at a time.
bool lay_beside_each_other(const lifeline&);

/// What must have become of an item.
enum class fate { present, absent, either };

/// A user's write of an item's fields: the creation of it, or an edit.
struct edit {
  const moment* by = nullptr;
  std::vector<std::string> paths;
  /// The user brought in an item as it was; all it says may be news, or no change at all.
  bool brings_in() const { return by->entered() && !by->what->made(); }
  bool creates() const { return by->what->made() || brings_in(); }
  /// No list told of it: only where somebody read the item afterwards it has to have come through.
  bool under_key() const { return by->when->act == "change_under_key"; }
  std::string value(const std::string& path) const { return lifeline::value(*by->what->after, path); }
};
/// In order; those of planted items too.
std::vector<edit> edits_of(const lifeline&);
/// Whether one order of the daemon's reads lets it take the two, on different sides, for edits of one state.
bool may_compete(const trial&, const lifeline&, const edit&, const edit&);

/// Whether somebody wrote the path under an unchanged key, and nobody has read the item since: nothing of it is owed.
bool is_written_unread(const lifeline&, const std::vector<edit>&, const std::string& path);

/// Whether both sides may have it otherwise: the text of two mails, and files of one name, are not compared when the
/// two are paired anew by what they go by (README, limits).
bool left_by_pairing(const trial&, const lifeline&, const std::vector<edit>&, const std::string& path);

/// Labels whose items may be taken for items of others when full mailboxes are paired.
std::set<std::string> labels_that_may_be_linked(const trial&, const std::map<std::string, lifeline>&);

/// Whether the daemon took the item out again while another of the same side lay beside it, which it had made or which
/// came to lie where rights were withdrawn for a while: nobody could tell then that the two are one.
bool taken_back_beside(const trial&, const lifeline&, const moment& by);

// The rules, one file each; each adds what it finds.
void judge_two_way_item(const trial&, const lifeline&);
void judge_one_way_item(const trial&, const lifeline&, side source, drift);
/// Whether so many of a label on the target of a one-way pair are its own: its users brought them there.
bool are_the_targets_own(const trial&, const lifeline&, side target, std::size_t count);
/// Several originals of one label: they are counted, and both sides must hold the same.
void judge_group(const trial&, const lifeline&, const originals&);
/// Whether both sides hold as many, and for each one an equal one.
bool are_alike(const trial&, const lifeline&);
/// Contents of an item that lies on both sides of a two-way pair.
void judge_contents(const trial&, const lifeline&);
void judge_place(const trial&, const lifeline&);
void judge_read_state(const trial&, const lifeline&);
/// Edits that went down with an item that a user of the other side deleted are listed.
void judge_losses_by_deletion(const trial&, const lifeline&);
/// Whether settings leave the item alone, or may do so, at some time.
bool is_skipped(const lifeline&, const std::vector<const folder_pair*>& in);
/// What settings leave alone all the time the daemon never makes on the other side.
void judge_left_alone(const trial&, const lifeline&, const std::vector<const folder_pair*>& in);
/// What its user only moves stays the item that it is on the other side.
void judge_made_anew(const trial&, const lifeline&);
/// What is in the folders of entries that meant others for a while: nothing is lost, and nothing doubled.
void judge_remapped(const trial&, const lifeline&);
/// Suddenly empty folders freeze, and nothing else does.
void judge_brake(const trial&, const std::map<std::string, lifeline>&);
/// Pairs that share mailboxes, all together.
void judge_shared(const std::vector<const pair_settings*>&, const history&, const final_contents&,
                  std::vector<violation>&);

// Words.
const char* word(side);
std::string shown(const std::string& value);
std::string step_words(const step&);
bool is_mail(const snapshot&);
const snapshot& last_look(const moment&);

} // namespace simulate::model
