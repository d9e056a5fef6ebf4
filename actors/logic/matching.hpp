#pragma once

#include "actors/logic/match.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

/// One matching: what `match` goes through, step by step. Each step takes what it explains out of the half twins, so
/// that the next ones see only the rest.
namespace exsyncd::logic {

/// Refers to the twins and the surroundings, which have to outlive it.
class matching {
public:
  matching(const std::vector<twin>& unsettled, const std::vector<twin>& marked, const match_surroundings&);
  matches run();

private:
  const match_surroundings& around_;
  std::set<folder_pair_id> listed_;
  std::map<twin_id, const twin*> by_id_;
  std::vector<const twin*> halves_; // not yet explained
  std::vector<const twin*> vacant_; // known ones, of which a side may be missing
  /// Search keys of agreed items that are there, as far as is known: what else has one is a copy that its user made.
  std::set<std::pair<side, search_key>> agreed_there_;
  std::set<std::pair<twin_id, side>> filled_;
  /// Late creates of twins that have lost another item on that side: what came of that one is told first.
  std::vector<std::pair<const twin*, const twin*>> late_;
  matches result_;

  static const observation& of(const twin& half) { return *half.seen[*half_of(half)]; }
  void take(const twin& keep, const twin& half, side s);
  /// The same where `half` is what had left. That a file was put in place of another one stays known: its new ids do
  /// not tell it.
  void take_back(const twin& keep, const twin& half, side s);
  template <class Explained>
  void drop_halves(Explained explained) {
    std::erase_if(halves_, explained);
  }

  // ---- match.cpp: creates of ours, and what is new on both sides

  /// Whose create has made an item: one whose answer is open, or one that was given up.
  struct made_by {
    const twin* owner = nullptr; // nobody's: somebody has moved or copied an item that we once made
    bool open = false;
  };
  made_by maker_of(const twin&, side) const;
  /// What a create that was given up has made after all stands for its twin, once it has been read.
  void take_late(const twin& owner, const twin& half, side s);
  /// Where what a half names knows nothing of it, or of any other on that side, an older state has come back since it
  /// was made: it is that twin's, or waits for what is open there. False where it is no such copy.
  bool take_forgotten_copy(const twin& half, side);
  void by_mark();
  /// What a create that was given up had made, as lists have shown, and its user has deleted before it was read.
  void by_deleted_create();
  static bool is_left_half(const twin&, side);
  /// Of two copies that we had made its user deleted the one that we know: the other one stays, and is that item now.
  /// Where the known one was moved, this one is left over from a create that had been given up.
  void by_late_create();
  /// Where no list has shown yet what we wrote, it may be gone from there by now, and be this: first it is looked at.
  /// The same where its folder cannot be listed now, of whatever has its mark or search key.
  void hold_what_may_have_moved();
  /// What may be the same as something that is held is not new as long as that is not known.
  void hold_mates();
  void opposite();

  // ---- match_ways.cpp: what other pairs have made

  /// What another pair has put in place of an item of ours, to change what cannot be changed in it. While both are
  /// there that one may still take the new one away.
  void by_replacement();
  static bool is_removing(const twin&, side);
  /// A create of what had left there is under way.
  static bool is_made_anew(const twin&, side);
  /// The same of our own, where the state is older than it. What was moved is told before.
  void by_forgotten_replacement();
  /// What another pair, or another daemon, copied to where we have a copy of that item ourselves. It is not copied on:
  /// in a ring that would never end. Of two copies the one that came the shorter way stays, and who made the other one
  /// takes that one in and removes his own; every daemon comes to the same, and nobody removes what he has not made.
  void by_lineage();
  /// How near another pair's copy `half` is to what `t` is on the other side; 0: it is another item.
  std::size_t may_be(const twin& half, const twin& t, side) const;
  /// `half` is another pair's copy of what `t` is.
  void stands_in(const twin& half, const twin& t, side);

  // ---- match_copies.cpp

  /// Which halves are users' copies of what is still there, as lists of every folder have shown both since.
  void note_copies();

  // ---- match_origins.cpp: what was brought back, on both sides

  /// What was deleted and is brought back, at one side after the other or in another folder: where each side has one of
  /// an origin that is nobody's copy of something that is here, they are one item.
  void by_origin();
  /// What is new while it is not known whether something like it has been copied here: the other one of two that were
  /// brought back, or that both users have made. Once it is known, they are matched.
  void beside_open_creates();
  /// What a listing from the beginning does not show, and what is new there and of one origin with it, may be one item
  /// that its user has brought back. First it is given up on that side: then contents tell which of both counts.
  void beside_what_is_missing();
  /// By which two in one folder may be the same, before either was read.
  static std::string name_of(const observation&);
  /// What a create of ours has made, its answer open, known or given up, or a replacement that was withdrawn: it is
  /// that twin's, and says nothing of others.
  bool is_of_a_create(const twin&, side) const;
  /// A copy of a copy of ours that is still where we know it to be, or a copy that was once seen beside its original.
  bool is_users_copy(const twin&, side) const;

  // ---- match_returns.cpp: what left its folder, or its mailbox's ids, and turns up again

  using reader = std::function<std::string(const observation&)>;
  using asker = std::function<bool(const observation&)>;
  /// Items whose side is empty now, and new items of that side with the same key: a move, or new ids of the mailbox.
  void by_return(const reader& key, const asker& empty);
  /// Where a mailbox has other ids and an item no key that lasts, it is known by what it holds.
  void by_return_of_contents();
  bool hold_until_read(const std::vector<const twin*>& come, const std::vector<const twin*>& gone);
  void take_equal(std::vector<const twin*>& come, std::vector<const twin*>& gone, side,
                  const std::function<bool(const twin*, const observation&)>& same);
  /// A Message-ID alone may be that of several mails: one that comes while another one goes is not that one, moved.
  /// A move keeps the search key, so what is found by this was filed by a client that copies and deletes.
  static std::string named_letter(const observation&);
  /// Where ids are new, what its user changed meanwhile has changed as well: only when it was sent has not.
  static std::string dated_id(const observation&);
};

} // namespace exsyncd::logic
