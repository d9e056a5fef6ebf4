#include "actors/logic/subfolders.hpp"

#include <algorithm>
#include <cctype>
#include <list>
#include <map>
#include <optional>

namespace exsyncd::logic {
namespace {

/// What ends so is a name that we have given, and no user.
constexpr std::string_view for_a_moment = " (exsyncd renames it)";

/// As Exchange compares the names of folders, as far as ASCII goes.
std::string folded(std::string name) {
  for (char& c : name)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

/// "inbox/A\/B" → {"inbox", "A\/B"}; the names stay escaped.
std::pair<std::string, std::string> split(const std::string& path) {
  for (std::size_t at = path.size(); at-- > 0;)
    if (path[at] == '/' && (at == 0 || path[at - 1] != '\\')) return {path.substr(0, at), path.substr(at + 1)};
  return {{}, path};
}

class planning {
public:
  explicit planning(const subfolder_question& q) : q_(q) {
    for (side s : both_sides) {
      pair_of_[s][q.root.ids[s]] = &q.root;
      std::set<folder_id> hidden = q.taken[s];
      // Both sides may be one tree: a root that lies below the other would be copied into itself again and again.
      hidden.insert(q.taken[other(s)].begin(), q.taken[other(s)].end());
      hidden.insert(q.root.ids[other(s)]);
      hidden.erase(q.root.ids[s]);
      for (const auto& f : q.trees[s]) {
        if (f.left_out || hidden.contains(f.state.id) || hidden.contains(f.state.parent))
          hidden.insert(f.state.id);
        else
          there_[s][f.state.id] = &f;
      }
    }
  }

  subfolder_plan run() {
    bind_anew();
    for (const auto* k : known_)
      if (stands(*k))
        for (side s : both_sides)
          pair_of_[s][k->ids[s]] = k;
    for (const auto* k : known_)
      place(*k);
    for (side s : both_sides)
      for (const auto& f : q_.trees[s])
        if (there_[s].contains(f.state.id) && !pair_of_[s].contains(f.state.id)) join(f, s);
    renames_in_order();
    return std::move(plan_);
  }

private:
  const subfolder_question& q_;
  both<std::map<folder_id, const tree_folder*>> there_;
  both<std::map<folder_id, const known_subfolder*>> pair_of_;
  both<std::set<folder_id>> joined_;
  /// Their mates were deleted by a user: that neither deletes them nor makes the mates anew.
  both<std::set<folder_id>> left_alone_;
  std::list<known_subfolder> paired_now_; // pointed at
  std::vector<const known_subfolder*> known_;
  subfolder_plan plan_;

  bool goes(side from) const {
    switch (q_.direction) {
    case direction::bidirectional:
      return true;
    case direction::primary_to_replica:
      return from == side::primary;
    case direction::replica_to_primary:
      return from == side::replica;
    }
    return false;
  }
  side winner() const { return q_.direction == direction::replica_to_primary ? side::replica : side::primary; }

  const tree_folder* there(side s, const folder_id& id) const {
    auto at = there_[s].find(id);
    return at == there_[s].end() ? nullptr : at->second;
  }

  bool is_in_tree(side s, const folder_id& id) const {
    return q_.taken[s].contains(id) ||
           std::any_of(q_.trees[s].begin(), q_.trees[s].end(), [&](const tree_folder& f) { return f.state.id == id; });
  }

  bool stands(const known_subfolder& k) const {
    return there(side::primary, k.ids.primary) && there(side::replica, k.ids.replica);
  }

  /// A folder pair that lost a folder takes the one that is at its path now, as a declared one would: a mailbox that
  /// was moved has other ids, and a folder that was made again holds the items of the old one.
  void bind_anew() {
    both<std::set<folder_id>> held;
    std::vector<const known_subfolder*> lost;
    for (const auto& k : q_.known)
      if (k.of_another) {
        continue;
      } else if (stands(k)) {
        known_.push_back(&k);
        for (side s : both_sides)
          held[s].insert(k.ids[s]);
      } else {
        lost.push_back(&k);
      }
    for (const auto& k : q_.known) {
      if (!k.of_another || !stands(k) || held.primary.contains(k.ids.primary) || held.replica.contains(k.ids.replica))
        continue;
      auto taken_in = k;
      taken_in.of_another = false;
      taken_in.name = free_name(name_below(there(side::primary, k.ids.primary)->path, side::primary));
      known_.push_back(&paired_now_.emplace_back(std::move(taken_in)));
      for (side s : both_sides)
        held[s].insert(k.ids[s]);
    }
    // Where one folder is still there it tells more than a path does.
    std::stable_partition(lost.begin(), lost.end(), [this](const known_subfolder* k) {
      return there(side::primary, k->ids.primary) || there(side::replica, k->ids.replica);
    });
    for (const auto* k : lost) {
      auto bound = *k;
      for (side s : both_sides) {
        if (there(s, k->ids[s])) continue;
        for (const auto& [id, f] : there_[s])
          if (folded(f->path) == folded(k->paths[s]) && !held[s].contains(id)) bound.ids[s] = id;
      }
      const bool whole =
          stands(bound) && !held.primary.contains(bound.ids.primary) && !held.replica.contains(bound.ids.replica);
      known_.push_back(whole ? &paired_now_.emplace_back(std::move(bound)) : k);
      if (whole)
        for (side s : both_sides)
          held[s].insert(known_.back()->ids[s]);
    }
  }

  /// A folder pair of an earlier round: does it still stand, and did a user rename or move one of its folders?
  void place(const known_subfolder& k) {
    both<const tree_folder*> now{there(side::primary, k.ids.primary), there(side::replica, k.ids.replica)};
    if (!now.primary || !now.replica) {
      for (side s : both_sides)
        if (now[s]) {
          // One that another folder pair has now is not gone, and does without this one.
          const bool gone = !is_in_tree(other(s), k.ids[other(s)]);
          if (gone || is_name_in_use(*now[s], s)) left_alone_[s].insert(k.ids[s]);
          if (gone) plan_.halves.push_back({k.name, other(s), k.paths[other(s)], now[s]->path});
        }
      if (is_in_tree(side::primary, k.ids.primary) && is_in_tree(side::replica, k.ids.replica))
        plan_.apart.push_back(k.name);
      return;
    }
    bool waits = rename(k, now);
    waits = move(k, now) || waits;
    auto stands = k;
    // While a step is under way the old paths stay: they tell which side it was that changed.
    if (!waits)
      for (side s : both_sides)
        stands.paths[s] = now[s]->path;
    plan_.pairs.push_back(std::move(stands));
  }

  /// Whether a folder of its name is on the other side already, where one would be made for it.
  bool is_name_in_use(const tree_folder& f, side s) const {
    const auto parent = pair_of_[s].find(f.state.parent);
    if (parent == pair_of_[s].end()) return false;
    const auto& tree = q_.trees[other(s)];
    return std::any_of(tree.begin(), tree.end(), [&](const tree_folder& there) {
      return there.state.parent == parent->second->ids[other(s)] &&
             folded(there.state.display_name) == folded(f.state.display_name);
    });
  }

  /// The side whose change goes over; none where neither changed, or the change is one that does not go over.
  std::optional<side> changed(const both<bool>& did) const {
    side first = winner();
    for (side s : {first, other(first)})
      if (did[s] && goes(s)) return s;
    return {};
  }

  bool rename(const known_subfolder& k, const both<const tree_folder*>& now) {
    if (folded(now.primary->state.display_name) == folded(now.replica->state.display_name)) return false;
    both<bool> did;
    for (side s : both_sides) {
      const auto name = split(now[s]->path).second;
      did[s] = name != split(k.paths[s]).second && !name.ends_with(for_a_moment);
    }
    auto from = changed(did);
    if (!from) return false;
    const auto& target = now[other(*from)]->state;
    plan_.steps.push_back(rename_subfolder{other(*from), target.id, target.key, now[*from]->state.display_name});
    return true;
  }

  /// Another folder beside it that has the name that it is to get.
  const tree_folder* in_the_way(const rename_subfolder& of) const {
    const auto* renamed = there(of.target, of.id);
    for (const auto& f : q_.trees[of.target])
      if (f.state.id != of.id && f.state.parent == renamed->state.parent &&
          folded(f.state.display_name) == folded(of.name))
        return &f;
    return nullptr;
  }

  /// Users exchange names: a folder gets its new one once the one that has it has another. Where each waits for the
  /// next, one of them steps aside, and gets its own when the trees have been read again.
  void renames_in_order() {
    std::vector<rename_subfolder> waiting;
    std::vector<subfolder_step> rest, ordered;
    for (auto& step : plan_.steps)
      if (auto* r = std::get_if<rename_subfolder>(&step))
        waiting.push_back(std::move(*r));
      else
        rest.push_back(std::move(step));
    while (!waiting.empty()) {
      const auto may_go = [&](const rename_subfolder& r) {
        const auto* other = in_the_way(r);
        return !other || std::none_of(waiting.begin(), waiting.end(), [&](const rename_subfolder& w) {
          return w.target == r.target && w.id == other->state.id;
        });
      };
      auto next = std::find_if(waiting.begin(), waiting.end(), may_go);
      if (next == waiting.end()) {
        next = waiting.begin();
        next->name += for_a_moment;
      }
      ordered.emplace_back(std::move(*next));
      waiting.erase(next);
    }
    std::move(rest.begin(), rest.end(), std::back_inserter(ordered));
    plan_.steps = std::move(ordered);
  }

  bool move(const known_subfolder& k, const both<const tree_folder*>& now) {
    both<const known_subfolder*> parent;
    both<bool> did;
    for (side s : both_sides) {
      auto at = pair_of_[s].find(now[s]->state.parent);
      if (at == pair_of_[s].end()) return false; // below one that has no pair yet
      parent[s] = at->second;
      did[s] = parent[s]->paths[s] != split(k.paths[s]).first;
    }
    if (parent.primary == parent.replica) return false;
    auto from = changed(did);
    if (!from) return false;
    side to = other(*from);
    plan_.steps.push_back(move_subfolder{to, now[to]->state.id, parent[*from]->ids[to]});
    return true;
  }

  /// A folder that no pair has: with the one of its name opposite, or with one that is to be created there.
  void join(const tree_folder& f, side s) {
    if (joined_[s].contains(f.state.id)) return;
    auto at = pair_of_[s].find(f.state.parent);
    if (at == pair_of_[s].end()) return; // its parent comes first
    const auto& parent = *at->second;
    side opposite = other(s);
    if (!there(opposite, parent.ids[opposite]) && parent.ids[opposite] != q_.root.ids[opposite]) return;
    for (const auto& [id, candidate] : there_[opposite]) {
      if (candidate->state.parent != parent.ids[opposite] || pair_of_[opposite].contains(id) ||
          joined_[opposite].contains(id) || folded(candidate->state.display_name) != folded(f.state.display_name))
        continue;
      known_subfolder k;
      k.name = free_name(name_below(f.path, s));
      k.ids[s] = f.state.id;
      k.ids[opposite] = id;
      k.paths[s] = f.path;
      k.paths[opposite] = candidate->path;
      joined_[s].insert(f.state.id);
      joined_[opposite].insert(id);
      // What is below is paired now as well, not a round later.
      const auto& kept = paired_now_.emplace_back(std::move(k));
      pair_of_[s][f.state.id] = pair_of_[opposite][id] = &kept;
      plan_.pairs.push_back(kept);
      return;
    }
    if (goes(s) && !left_alone_[s].contains(f.state.id))
      plan_.steps.push_back(
          create_subfolder{opposite, parent.ids[opposite], f.state.display_name, f.state.folder_class});
  }

  std::string name_below(const std::string& path, side s) const {
    return q_.root.name.value + path.substr(std::min(path.size(), q_.root.paths[s].size()));
  }

  folder_pair_id free_name(const std::string& wanted) const {
    const auto taken = [this](const std::string& name) {
      const auto has = [&](const auto& all) {
        return std::any_of(all.begin(), all.end(), [&](const auto& k) { return k.name.value == name; });
      };
      return has(q_.known) || has(plan_.pairs) || has(paired_now_) || q_.names.contains(folder_pair_id{name});
    };
    std::string name = wanted;
    for (int n = 2; taken(name); ++n)
      name = wanted + " (" + std::to_string(n) + ")";
    return folder_pair_id{name};
  }
};

} // namespace

subfolder_plan plan_subfolders(const subfolder_question& q) {
  return planning(q).run();
}

std::string kind_of_folder(const std::string& folder_class) {
  if (folder_class.empty()) return "IPF.Note";
  const auto first = folder_class.find('.');
  if (first == std::string::npos) return folder_class;
  return folder_class.substr(0, folder_class.find('.', first + 1));
}

} // namespace exsyncd::logic
