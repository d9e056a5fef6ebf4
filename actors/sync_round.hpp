#pragma once

#include "actors/pair.hpp"

#include <functional>
#include <map>
#include <set>

namespace exsyncd {

using pair_self = pair_actor::stateful_pointer<pair_state>;

/// One round of a pair: both mailboxes identified, folders found and bound, change lists read to their ends, then
/// decided and carried out until nothing is left that can be done now. Runs in the pair's context.
class sync_round : public std::enable_shared_from_this<sync_round> {
public:
  struct outcome {
    round_report report;
    std::optional<utc_seconds> next_due; // something that rests is due then
  };
  /// `hinted`: folders of either side that may have news. Only they are listed, and the others where something waits
  /// for that; empty: all are.
  sync_round(pair_self self, std::set<folder_id> hinted, std::function<void(outcome)> done);
  void start();
  /// Nothing new is begun; the round ends when what is under way has been answered.
  void halt();
  /// Somebody else looks after this folder pair from now on: nothing new of it is begun.
  void lose(const folder_pair_id& name, const failure& why);

private:
  pair_self self_;
  std::set<folder_id> hinted_; // until the first listing
  bool halted_ = false;
  bool ending_ = false;
  std::function<void(outcome)> done_;

  bool unread_below_ = false;      // which subfolders there are is not known
  std::set<folder_pair_id> apart_; // of subfolders that belong to other folder pairs now
  both<mailbox_identity> identities_;
  arbitrate question_;                            // the folders and what is known of them
  both<std::vector<result<folder_state>>> found_; // those that the configuration names, in its order
  bind_folders binding_;
  folder_sides_loaded known_; // as it was when the folders had been found, under the names that they have since
  std::vector<guarded_folder_pair> guarded_;
  std::shared_ptr<places> places_ = std::make_shared<places>();
  std::uint32_t pulls_ = 0;
  std::uint32_t passes_ = 0;
  int open_ = 0; // parallel requests of the step under way
  bool came_further_ = false;
  std::map<twin_id, std::uint32_t> steps_; // how often each item was worked on
  bool news_ = false;
  bool suspects_ = false;
  std::uint32_t waiting_ = 0, failed_ = 0;
  outcome result_;

  const pair_options& options() const { return self_->state.options; }
  arbitrated_folder& folder(const folder_pair_id& name);
  /// Whether it is left alone for a while, with what is derived from it.
  bool is_off(const folder_pair_id& name) const;
  void fail(const folder_pair_id& name, failure f);
  void fail_side(side s, const failure& f);
  bool one_less() { return --open_ == 0; }

  void identify_both();
  void find_folders_of(side s);
  void place_folders();
  void place_what_is_below();
  /// False where a folder cannot be synced, or the two of a folder pair not with each other: that has been told.
  bool place(const folder_pair_id& name, const both<std::string>& paths, const both<const folder_state*>& found);
  /// The folders below the folder pair at `at` and after it, where they are included.
  void place_subfolders(std::size_t at);
  /// What is known of folder pairs that have other names now gets these, and what is not looked after is noted.
  void name_anew();
  void leave_unattended();
  void guard();
  void bind();
  /// Which mailboxes seem to have been replaced between the two requests that told who they are and what is in them.
  both<bool> have_other_folders() const;
  void identify_again(const both<bool>& which);
  void bind_folders_found();
  bool is_hinted(const folder_pair_id& name) const;
  void pull_all();
  void pulled_all();
  /// Whether a folder pair that cannot be read has not been so for too long for others to wait for it.
  bool may_be_awaited(const folder_pair_id& name) const;
  void note_unread();
  void decide();
  void decided(arbitrated& verdicts);
  bool is_to_be_listed_again(const arbitrated& verdicts) const;
  void let_rest_what_circles(arbitrated& verdicts);
  void look_ahead();
  /// Items that go back and forth without a user are taken out first, and named.
  void carry(arbitrated& verdicts);
  void carry_out_all(arbitrated& verdicts);
  void finish();
  void end();

  template <class Request, class Then>
  void ask_mailbox(side s, Request what, Then then);
};

/// Has the notifiers tell of these folders from now on, and of no others.
void watch(pair_self self, const places& where);

/// What this listing of one side of a folder pair could not see.
void note_sight(pair_self self, const folder_pair_id& folder, side s, const out_of_sight& now);

} // namespace exsyncd
