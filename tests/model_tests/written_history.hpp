#pragma once

#include "tests/simulate/model/judge.hpp"

#include <map>
#include <string>
#include <vector>

namespace simulate::model::test {

using fields = std::map<std::string, std::string>;
using who = step::who;

/// A history that a test writes by hand: one pair, "jane", with the folder pairs inbox and projects ("inbox/Projects"
/// at the primary, "inbox/From HQ" at the replica). Items are mails.
class written_history {
public:
  settings given;
  history so_far;
  statement said;
  std::vector<excuse> excuses;

  written_history();

  folder_pair& inbox() { return given.pairs[0].folders[0]; }
  folder_pair& projects() { return given.pairs[0].folders[1]; }
  /// Both folder pairs one way.
  void one_way(direction, drift);

  item_number makes(who, side, const std::string& label, const fields&, const std::string& place = "inbox");
  item_number copies(who, item_number, const std::string& place = "inbox");
  void edits(who, item_number, const fields&, bool answered = true);
  void moves(who, item_number, const std::string& place, const std::string& act = "user_move");
  void marks(who, item_number, bool read);
  /// Invites others: from here on the item is a meeting.
  void invites(item_number);
  /// To Deleted Items.
  void deletes(who, item_number);
  void purges(who, item_number);
  void lists(item_number, bool answered = true);
  /// A folder of the item's mailbox cannot be listed.
  void list_fails(item_number, const std::string& place);
  void reads(item_number);
  void tells_gone(item_number);
  void administrator(const std::string& act);

  /// What the daemon does where all goes well: reads the item and makes its twin on the other side.
  item_number carried(item_number, const std::string& place = "inbox");
  /// An edit of one, read and written to the other.
  void carries_edit(item_number from, item_number to);

  /// The conflict list names it; the ban list does.
  void lists_conflict(item_number);
  void bans(item_number);

  final_contents held_now() const;
  std::vector<violation> verdict() const;
  /// The rules that are broken, in order.
  std::vector<rule> broken() const;
  std::string words() const;

private:
  step& next(who, const std::string& act, const std::string& mailbox);
  void put(step&, item_number, std::optional<snapshot>);

  std::map<item_number, snapshot> now_;
  std::map<item_number, side> side_of_;
  item_number last_ = 0;
};

/// A mail of the primary's that both sides hold.
struct mail_on_both : written_history {
  item_number p = makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  item_number r = carried(p);
};

/// No rule is broken.
inline const std::vector<rule> nothing;

} // namespace simulate::model::test
