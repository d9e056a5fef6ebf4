#include "actors/missing_folders.hpp"

#include "config/sides.hpp"

#include <algorithm>
#include <deque>
#include <memory>

namespace exsyncd {
namespace {

using pair_self = pair_actor::stateful_pointer<pair_state>;

constexpr auto whole_mailbox = "msgfolderroot";

std::string name_of(side s) {
  return s == side::primary ? "primary" : "replica";
}

/// "inbox" of "inbox/Projects".
std::string first_of(const std::string& path) {
  return path.substr(0, path.find('/'));
}

class explanation : public std::enable_shared_from_this<explanation> {
public:
  explanation(pair_self self, std::vector<missing_folder> all, std::function<void(std::vector<missing_folder>)> done)
      : self_(self), all_(std::move(all)), done_(std::move(done)) {}

  void start() {
    self_->request(options().ledger, ledger_patience, load_folder_sides{pair_id{options().settings.name}})
        .then([me = shared_from_this()](folder_sides_loaded& known) { me->look(known); },
              [self = self_](const caf::error& e) { self->quit(e); });
  }

private:
  /// A tree in which some of them are looked for: below the place where they were, else anywhere.
  struct search {
    side in = side::primary;
    std::string root;
  };
  struct known {
    std::size_t of = 0; // which of `all_`
    folder_id id;
    bool found = false;
  };

  pair_self self_;
  std::vector<missing_folder> all_;
  std::function<void(std::vector<missing_folder>)> done_;
  std::vector<known> known_;
  std::deque<search> searches_;

  const pair_options& options() const { return self_->state.options; }

  void look(const folder_sides_loaded& stored) {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const auto& m = all_[i];
      if (names_public_folder(m.path)) continue;
      all_[i].why.hint = "was it renamed, moved or deleted? put it back, or name the folder's path of now in the "
                         "configuration; " +
                         m.why.hint;
      for (const auto& f : stored.folders)
        // Another path: it is the configuration that has changed.
        if (f.folder_pair == m.folder_pair && f.side == m.side && f.path == m.path) known_.push_back({i, f.folder});
    }
    for (const auto& root : {std::string(), std::string(whole_mailbox)})
      for (const auto& k : known_) {
        const auto& m = all_[k.of];
        const search one{m.side, root.empty() ? first_of(m.path) : root};
        const auto is_same = [&](const search& s) { return s.in == one.in && s.root == one.root; };
        if (std::none_of(searches_.begin(), searches_.end(), is_same)) searches_.push_back(one);
      }
    next();
  }

  void next() {
    const auto is_open = [this](side s) {
      return std::any_of(known_.begin(), known_.end(),
                         [&](const known& k) { return !k.found && all_[k.of].side == s; });
    };
    while (!searches_.empty() && !is_open(searches_.front().in))
      searches_.pop_front();
    if (searches_.empty()) return done_(std::move(all_));
    const auto where = searches_.front();
    searches_.pop_front();
    self_->request(options().mailboxes[where.in], mailbox_patience, list_folders{where.root})
        .then(
            [me = shared_from_this(), where](const folders_listed& answer) {
              if (const auto* tree = std::get_if<0>(&answer.outcome)) me->compare(where.in, *tree);
              me->next();
            },
            [me = shared_from_this()](const caf::error&) { me->next(); });
  }

  void compare(side in, const std::vector<folder_below>& tree) {
    for (auto& k : known_) {
      auto& m = all_[k.of];
      if (k.found || m.side != in) continue;
      const auto at = std::find_if(tree.begin(), tree.end(), [&](const auto& f) { return f.state.id == k.id; });
      if (at == tree.end()) continue;
      k.found = true;
      if (at->state.in_deleted_items) {
        m.why.what += "; the folder that was there is in Deleted Items";
        m.why.hint = "move it back to " + m.path + ", or take the folder pair out of the configuration";
        continue;
      }
      m.why.what += "; the folder that was there is now at " + at->path;
      m.why.hint = "was it renamed or moved? give it its place and name back on " + name_of(in) + ", or write \"" +
                   at->path + "\" in place of \"" + m.path + "\" as the " + name_of(in) +
                   " of this folder pair: it is the same folder, so nothing is lost or doubled by that";
    }
  }
};

} // namespace

void explain_missing(pair_self self, std::vector<missing_folder> all,
                     std::function<void(std::vector<missing_folder>)> done) {
  std::make_shared<explanation>(self, std::move(all), std::move(done))->start();
}

void note_other_folders(pair_self self, const bind_folders& now, const std::vector<folder_side>& known,
                        std::vector<arbitrated_folder>& folders) {
  auto& others = self->state.other_folders;
  const auto& failures = self->state.status.failures;
  for (const auto& b : now.folders)
    for (const auto& k : known) {
      if (k.folder_pair != b.folder_pair || k.side != b.side) continue;
      auto& was = others[b.folder_pair][b.side];
      if (k.folder != b.folder)
        was = {k.path, b.path};
      else if (std::none_of(failures.begin(), failures.end(),
                            [&](const auto& f) { return f.first.empty() || f.first == b.folder_pair; }))
        was.reset(); // a whole round has decided about that
    }
  for (auto& f : folders)
    if (const auto at = others.find(f.name); at != others.end()) f.was_at = at->second;
}

} // namespace exsyncd
