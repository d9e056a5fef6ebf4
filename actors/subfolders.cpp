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

/// As a configuration writes it.
std::string escaped(const std::string& name) {
  std::string text;
  for (const char c : name)
    text += c == '/' ? std::string("\\/") : std::string(1, c);
  return text;
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
        me.carry(c.target, create_folder{c.parent, c.name, c.folder_class},
                 {"created folder " + me.below(c.target, c.parent, c.name), me.below(c.target, c.parent, c.name)});
      }
      void operator()(const logic::rename_subfolder& r) {
        const auto from = me.path_of(r.target, r.id), to = me.below(r.target, me.parent_of(r.target, r.id), r.name);
        me.carry(r.target, rename_folder{r.id, r.key, r.name}, {"renamed folder " + from + " to " + to, to});
      }
      void operator()(const logic::move_subfolder& m) {
        const auto from = me.path_of(m.target, m.id), to = me.below(m.target, m.to, me.display_name(m.target, m.id));
        me.carry(m.target, move_folder{m.id, m.to}, {"moved folder " + from + " to " + to, to});
      }
    } act{*this};
    std::visit(act, step);
  }

  /// What a step comes to, in words, and the path that its folder has then.
  struct deed {
    std::string done;
    std::string path;
  };

  template <class Request>
  void carry(side s, Request what, deed did) {
    ask<folder_done>(s, std::move(what), [me = shared_from_this(), s, did = std::move(did)](folder_done& answer) {
      const auto not_yet = "could not be done yet: \"" + did.done + "\"";
      if (auto* n = std::get_if<not_done>(&answer.outcome)) return me->fail(s, in_context(not_yet, n->why));
      if (auto* u = std::get_if<unknown>(&answer.outcome)) return me->fail(s, in_context(not_yet, u->why));
      if (std::holds_alternative<folder_exists>(answer.outcome))
        return me->fail(s, {reach::folder,
                            retry::later,
                            {},
                            "ErrorFolderExists",
                            not_yet + ": there is another folder " + did.path + " on " + name_of(s) + " already",
                            "rename, move or delete " + did.path + " on " + name_of(s) + ", or give the folder on " +
                                name_of(other(s)) + " another name"});
      if (std::holds_alternative<folder_state>(answer.outcome))
        me->options().context.log({log_level::info,
                                   did.done + " on " + name_of(s) + ", as on " + name_of(other(s)),
                                   me->options().settings.name,
                                   me->root_.name,
                                   {},
                                   {}});
      // Stale or gone: the trees say what became of it.
      me->next_step();
    });
  }

  // Folders of one side as its tree was read last.

  const logic::tree_folder* in_tree(side s, const folder_id& id) const {
    const auto& tree = question_.trees[s];
    const auto at = std::find_if(tree.begin(), tree.end(), [&](const auto& f) { return f.state.id == id; });
    return at == tree.end() ? nullptr : &*at;
  }
  std::string path_of(side s, const folder_id& id) const {
    if (id == question_.root.ids[s]) return path(s);
    const auto* f = in_tree(s, id);
    return f ? f->path : "?";
  }
  std::string display_name(side s, const folder_id& id) const {
    const auto* f = in_tree(s, id);
    return f ? f->state.display_name : "?";
  }
  folder_id parent_of(side s, const folder_id& id) const {
    const auto* f = in_tree(s, id);
    return f ? f->state.parent : folder_id();
  }
  std::string below(side s, const folder_id& parent, const std::string& name) const {
    return path_of(s, parent) + "/" + escaped(name);
  }

  void finish() {
    if (result_.failed.primary || result_.failed.replica) {
      plan_.pairs = question_.known;
      std::erase_if(plan_.pairs, [](const auto& k) { return k.of_another; });
    }
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
    if (!result_.failed.primary && !result_.failed.replica) {
      for (const auto& h : plan_.halves)
        result_.halved.emplace_back(h.name, told_of(h));
      result_.apart = plan_.apart;
    }
    if (done_) std::exchange(done_, nullptr)(std::move(result_));
  }
};

} // namespace

void find_subfolders(pair_self self, const folder_pair_settings& root, logic::subfolder_question what,
                     std::function<void(subfolders_found)> done) {
  std::make_shared<search>(self, root, std::move(what), std::move(done))->start();
}

} // namespace exsyncd
