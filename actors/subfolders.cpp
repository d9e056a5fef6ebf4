#include "actors/subfolders.hpp"

#include "actors/conflict_copies.hpp"

#include <algorithm>

namespace exsyncd {
namespace {

using pair_self = pair_actor::stateful_pointer<pair_state>;

/// A tree is at most so deep: each level is one time of reading both trees.
constexpr int most_readings = 64;

std::string name_of(side s) {
  return s == side::primary ? "primary" : "replica";
}

/// Its mate may hold what nobody else has any more, so it stays; and since nobody would know that it is not looked
/// after, that is told until somebody has decided.
failure told_of(const logic::subfolder_plan::halved& h) {
  const auto gone = name_of(h.gone) + " folder " + h.path, there = name_of(other(h.gone)) + " folder " + h.there;
  return {reach::folder,
          retry::after_change,
          {},
          half_deleted,
          gone + " was deleted or moved away by its user; " + there +
              " stays, and what is in it and comes into it is not carried over",
          "delete " + there + " as well, or move the " + name_of(h.gone) +
              " one back to its place, or make one there by that name: it is then filled again"};
}

class search : public std::enable_shared_from_this<search> {
public:
  search(pair_self self, folder_pair_settings root, logic::subfolder_question what,
         std::function<void(subfolders_found)> done)
      : self_(self), root_(std::move(root)), question_(std::move(what)), done_(std::move(done)) {}

  void start() {
    ++readings_;
    open_ = 2;
    for (side s : both_sides)
      read(s);
  }

private:
  pair_self self_;
  folder_pair_settings root_;
  logic::subfolder_question question_;
  std::function<void(subfolders_found)> done_;
  logic::subfolder_plan plan_;
  subfolders_found result_;
  int readings_ = 0;
  int open_ = 0;
  std::size_t at_ = 0;

  const pair_options& options() const { return self_->state.options; }
  const std::string& path(side s) const { return s == side::primary ? root_.primary : root_.replica; }

  template <class Answer, class Request>
  void ask(side s, Request what, std::function<void(Answer&)> then) {
    self_->request(options().mailboxes[s], mailbox_patience, std::move(what))
        .then(std::move(then), [me = shared_from_this(), s](const caf::error& e) {
          me->fail(s, {reach::mailbox,
                       retry::later,
                       {},
                       "mailbox",
                       "the mailbox actor did not answer: " + caf::to_string(e),
                       {}});
        });
  }

  void fail(side s, failure f) {
    if (!result_.failed[s]) result_.failed[s] = std::move(f);
    if (open_ > 0 && --open_ > 0) return;
    finish();
  }

  void read(side s) {
    ask<folders_listed>(s, list_folders{path(s)}, [me = shared_from_this(), s](folders_listed& answer) {
      if (auto* f = std::get_if<failure>(&answer.outcome)) return me->fail(s, *f);
      auto& tree = me->question_.trees[s];
      tree.clear();
      for (auto& f : std::get<0>(answer.outcome))
        tree.push_back({std::move(f.state), f.path, !f.left_out.empty() || is_conflict_folder(f.path)});
      if (--me->open_ > 0) return;
      if (me->result_.failed.primary || me->result_.failed.replica) return me->finish();
      me->plan();
    });
  }

  void plan() {
    plan_ = logic::plan_subfolders(question_);
    at_ = 0;
    if (plan_.steps.empty() || readings_ > most_readings) return finish();
    // What stands now is known when the trees are read again, so that a name given to a pair stays.
    for (const auto& p : plan_.pairs) {
      auto known =
          std::find_if(question_.known.begin(), question_.known.end(), [&](const auto& k) { return k.name == p.name; });
      if (known == question_.known.end())
        question_.known.push_back(p);
      else
        *known = p;
    }
    next_step();
  }

  void next_step() {
    if (at_ == plan_.steps.size()) return start();
    const auto step = plan_.steps[at_++];
    struct {
      search& me;
      void operator()(const logic::create_subfolder& c) {
        me.carry(c.target, create_folder{c.parent, c.name, c.folder_class}, "created folder " + c.name);
      }
      void operator()(const logic::rename_subfolder& r) {
        me.carry(r.target, rename_folder{r.id, r.key, r.name}, "renamed a folder to " + r.name);
      }
      void operator()(const logic::move_subfolder& m) { me.carry(m.target, move_folder{m.id, m.to}, "moved a folder"); }
    } act{*this};
    std::visit(act, step);
  }

  template <class Request>
  void carry(side s, Request what, std::string did) {
    ask<folder_done>(s, std::move(what), [me = shared_from_this(), s, did = std::move(did)](folder_done& answer) {
      if (auto* n = std::get_if<not_done>(&answer.outcome)) return me->fail(s, n->why);
      if (auto* u = std::get_if<unknown>(&answer.outcome)) return me->fail(s, u->why);
      if (std::holds_alternative<folder_exists>(answer.outcome))
        return me->fail(s, {reach::folder,
                            retry::later,
                            {},
                            "ErrorFolderExists",
                            "a folder of that name is there already: " + did,
                            "rename one of the two"});
      if (std::holds_alternative<folder_state>(answer.outcome))
        me->options().context.log({log_level::info,
                                   did + (s == side::primary ? " on primary" : " on replica"),
                                   me->options().settings.name,
                                   me->root_.name,
                                   {},
                                   {}});
      // Stale or gone: the trees say what became of it.
      me->next_step();
    });
  }

  void finish() {
    if (result_.failed.primary || result_.failed.replica) plan_.pairs = question_.known;
    for (const auto& p : plan_.pairs) {
      subfolders_found::one found{p, {}};
      bool whole = true;
      for (side s : both_sides) {
        const auto& tree = question_.trees[s];
        auto at = std::find_if(tree.begin(), tree.end(), [&](const auto& f) { return f.state.id == p.ids[s]; });
        if (at == tree.end())
          whole = false;
        else
          found.folders[s] = at->state;
      }
      if (whole) result_.pairs.push_back(std::move(found));
    }
    // With one tree alone nobody knows what is gone.
    if (!result_.failed.primary && !result_.failed.replica)
      for (const auto& h : plan_.halves)
        result_.halved.emplace_back(h.name, told_of(h));
    if (done_) std::exchange(done_, nullptr)(std::move(result_));
  }
};

} // namespace

void find_subfolders(pair_self self, const folder_pair_settings& root, logic::subfolder_question what,
                     std::function<void(subfolders_found)> done) {
  std::make_shared<search>(self, root, std::move(what), std::move(done))->start();
}

} // namespace exsyncd
