#include "actors/logic/naming.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace exsyncd::logic {
namespace {

using known_sides = std::map<folder_pair_id, both<const folder_side*>>;

class naming {
public:
  explicit naming(const naming_question& q) : q_(q) {
    for (const auto& f : q.known)
      known_[f.folder_pair][f.side] = &f;
  }

  std::vector<std::pair<folder_pair_id, folder_pair_id>> run() {
    // What is known under its own name of its own folders stays.
    for (const auto& p : q_.placed)
      if (const auto at = known_.find(p.name); at != known_.end() && shared(*at, p) == 2) claim(p.name, p.name);
    for (const auto& p : q_.placed)
      if (!is_found(p.name)) find(p, 2);
    // What is known of it under a second name as well is joined with that.
    for (const auto& k : known_)
      for (const auto& p : q_.placed)
        if (!q_.looked_after.contains(k.first) && shared(k, p) == 2) claimed_.try_emplace(k.first, p.name);
    // A folder pair that is as it was but for a folder: under its own name, if it still has it.
    for (const auto& p : q_.placed)
      if (!is_found(p.name) && known_.contains(p.name) && !claimed_.contains(p.name)) claim(p.name, p.name);
    for (const auto& p : q_.placed)
      if (!is_found(p.name)) find(p, 1);
    return renamed();
  }

private:
  const naming_question& q_;
  known_sides known_;
  std::map<folder_pair_id, folder_pair_id> claimed_; // known name to present name
  std::set<folder_pair_id> found_;

  bool is_found(const folder_pair_id& name) const { return found_.contains(name); }

  /// How many of its folders this one has.
  static int shared(const known_sides::value_type& known, const placed_folder_pair& p) {
    int result = 0;
    for (side s : both_sides)
      if (const auto* f = known.second[s]) result += f->folder == p.folders[s] && f->mailbox == p.mailboxes[s];
    return result;
  }

  void claim(const folder_pair_id& known, const folder_pair_id& name) {
    claimed_.emplace(known, name);
    found_.insert(name);
  }

  void find(const placed_folder_pair& p, int folders) {
    for (const auto& k : known_) {
      if (claimed_.contains(k.first) || shared(k, p) < folders) continue;
      if (folders < 2 && q_.looked_after.contains(k.first)) continue;
      return claim(k.first, p.name);
    }
  }

  /// Under which what is known is found no more by who looks for something else.
  folder_pair_id free_name(const folder_pair_id& wanted) const {
    for (int n = 2;; ++n) {
      const folder_pair_id name{wanted.value + " (" + std::to_string(n) + ")"};
      if (!known_.contains(name) && !q_.looked_after.contains(name)) return name;
    }
  }

  std::vector<std::pair<folder_pair_id, folder_pair_id>> renamed() const {
    std::vector<std::pair<folder_pair_id, folder_pair_id>> result;
    for (const auto& [from, to] : claimed_) {
      if (from == to) continue;
      result.emplace_back(from, to);
      if (known_.contains(to) && !claimed_.contains(to)) result.emplace_back(to, free_name(to));
    }
    return result;
  }
};

} // namespace

std::vector<std::pair<folder_pair_id, folder_pair_id>> names_by_folders(const naming_question& q) {
  return naming(q).run();
}

} // namespace exsyncd::logic
