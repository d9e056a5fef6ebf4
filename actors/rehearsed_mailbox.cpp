#include "actors/rehearsed_mailbox.hpp"

#include "actors/context.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

namespace exsyncd {
namespace {

using self_pointer = rehearsed_mailbox_actor::stateful_pointer<rehearsed_mailbox_state>;
using act = planned_folder_act::kind;

std::string next(self_pointer self, const char* what) {
  return std::string("rehearsed-") + what + "-" + std::to_string(++self->state.last);
}

/// What was written over what is there. `of` holds fields sorted by field, and so does the result.
content patched(content of, const rehearsed_mailbox_state::item& with) {
  if (!with.key.empty()) of.key = with.key;
  if (with.read) of.read = with.read;
  for (const auto& [field, value] : with.fields) {
    std::erase_if(of.fields, [f = field](const field_value& v) { return v.field == f; });
    if (!value.empty()) of.fields.push_back({field, value});
  }
  std::sort(of.fields.begin(), of.fields.end(), [](const auto& a, const auto& b) { return a.field < b.field; });
  return of;
}

/// Reads what is in the real mailbox and adds what was written; `then` gets an outcome for each item.
void read(self_pointer self, const read_content& what, std::function<void(content_read)> then) {
  auto& items = self->state.items;
  auto outcomes = std::make_shared<std::vector<content_outcome>>(what.items.size(), gone{});
  read_content of_real{{}, what.item_class};
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < what.items.size(); ++i) {
    const auto at = items.find(what.items[i]);
    if (at != items.end() && at->second.gone) continue;
    if (at != items.end() && at->second.made_in && !at->second.stands_for) {
      const auto& made = at->second;
      (*outcomes)[i] = patched({made.key, made.read, made.draft, {}}, made);
      continue;
    }
    of_real.items.push_back(at != items.end() && at->second.stands_for ? *at->second.stands_for : what.items[i]);
    places.push_back(i);
  }
  if (places.empty()) return then({std::move(*outcomes)});
  self->request(self->state.real, mailbox_patience, std::move(of_real))
      .then(
          [self, outcomes, places, asked = what.items, then](content_read& answer) {
            if (auto* f = std::get_if<failure>(&answer.outcome)) return then({*f});
            auto& found = std::get<0>(answer.outcome);
            for (std::size_t n = 0; n < std::min(places.size(), found.size()); ++n) {
              const auto i = places[n];
              const auto at = self->state.items.find(asked[i]);
              if (const auto* c = std::get_if<content>(&found[n]))
                self->state.known[asked[i]] = {c->key, c->read, c->draft};
              if (auto* c = std::get_if<content>(&found[n]); c && at != self->state.items.end())
                found[n] = patched(std::move(*c), at->second);
              (*outcomes)[i] = std::move(found[n]);
            }
            then({std::move(*outcomes)});
          },
          [then](const caf::error& e) {
            then({failure{reach::mailbox,
                          retry::later,
                          {},
                          "mailbox",
                          "the mailbox actor did not answer: " + caf::to_string(e),
                          {}}});
          });
}

/// What is carried is not read: a plan tells that it is carried. Only what no list has told is asked for.
void fetch(self_pointer self, const fetch_items& what, std::function<void(items_fetched)> then) {
  const auto& state = self->state;
  std::vector<fetch_outcome> known;
  for (const auto& id : what.items) {
    const auto at = state.known.find(id);
    if (at == state.known.end() || state.items.contains(id)) break;
    fetched f;
    f.item.item_class = what.item_class;
    f.item.read = at->second.read;
    f.item.draft = at->second.draft;
    f.at = {at->second.key, at->second.read, at->second.draft, {}};
    known.emplace_back(std::move(f));
  }
  if (known.size() == what.items.size()) return then({std::move(known)});
  read(self, {what.items, what.item_class}, [then, of = what.item_class](content_read answer) {
    if (auto* f = std::get_if<failure>(&answer.outcome)) return then({*f});
    std::vector<fetch_outcome> outcomes;
    for (auto& one : std::get<0>(answer.outcome)) {
      if (auto* f = std::get_if<failure>(&one)) {
        outcomes.emplace_back(*f);
      } else if (auto* c = std::get_if<content>(&one)) {
        fetched f;
        f.item.item_class = of;
        f.item.read = c->read;
        f.item.draft = c->draft;
        f.at = {c->key, c->read, c->draft, {}};
        outcomes.emplace_back(std::move(f));
      } else {
        outcomes.emplace_back(gone{});
      }
    }
    then({std::move(outcomes)});
  });
}

/// A page as it would be after the writes. Where the server lists everything again and again, what was made is listed
/// too: what such a list does not show has left.
void patch(self_pointer self, const folder_id& folder, change_page& page) {
  auto& state = self->state;
  std::vector<change> changes;
  for (auto& entry : page.changes) {
    if (auto* present = std::get_if<item_present>(&entry)) {
      auto& item = present->item;
      state.known[item.id] = {item.key, item.read, item.draft};
      if (const auto at = state.items.find(item.id); at != state.items.end()) {
        if (at->second.gone) continue;
        if (!at->second.key.empty()) item.key = at->second.key;
        if (at->second.read) item.read = at->second.read;
      }
    }
    changes.push_back(std::move(entry));
  }
  if (page.last && page.pass)
    for (const auto& [id, made] : state.items)
      if (!made.gone && made.made_in == folder) {
        listed_item item;
        item.id = id;
        item.key = made.key;
        item.item_class = made.item_class;
        item.read = made.read;
        item.draft = made.draft;
        changes.emplace_back(item_present{std::move(item)});
      }
  page.changes = std::move(changes);
}

// ---- folders ----

std::string escaped(const std::string& name) {
  std::string text;
  for (const char c : name)
    text += c == '/' ? std::string("\\/") : std::string(1, c);
  return text;
}

/// Gives a folder and all that is below it another path.
void put_at(std::vector<folder_below>& tree, const folder_id& id, const std::string& path) {
  const auto at = std::find_if(tree.begin(), tree.end(), [&](const auto& f) { return f.state.id == id; });
  if (at == tree.end()) return;
  const auto before = at->path;
  for (auto& f : tree)
    if (f.path == before || f.path.starts_with(before + "/")) f.path = path + f.path.substr(before.size());
}

/// The tree as it would be after what was done to folders.
std::vector<folder_below> grown(self_pointer self, const std::string& root, std::vector<folder_below> tree) {
  const auto path_of = [&](const folder_id& id) -> std::optional<std::string> {
    if (const auto at = self->state.paths.find(root); at != self->state.paths.end() && at->second == id) return root;
    for (const auto& f : tree)
      if (f.state.id == id) return f.path;
    return std::nullopt;
  };
  for (const auto& done : self->state.acts) {
    const auto& s = done.state;
    const auto parent = path_of(s.parent);
    if (!parent) continue; // of another tree
    const auto path = *parent + "/" + escaped(s.display_name);
    if (done.what == act::create) {
      tree.push_back({s, path, {}});
      continue;
    }
    for (auto& f : tree)
      if (f.state.id == s.id) {
        f.state.display_name = s.display_name;
        f.state.parent = s.parent;
        f.state.key = s.key;
      }
    put_at(tree, s.id, path);
  }
  std::stable_sort(tree.begin(), tree.end(), [](const auto& a, const auto& b) {
    return std::count(a.path.begin(), a.path.end(), '/') < std::count(b.path.begin(), b.path.end(), '/');
  });
  return tree;
}

/// The folder as it stands after what was done to it, as far as it has been listed.
folder_state standing(self_pointer self, const folder_id& id) {
  folder_state s;
  s.id = id;
  if (const auto at = self->state.folders.find(id); at != self->state.folders.end()) s = at->second.state;
  for (const auto& done : self->state.acts)
    if (done.state.id == id) s = done.state;
  return s;
}

folder_done did(self_pointer self, act what, folder_state state) {
  state.key = change_key{next(self, "key")};
  self->state.acts.push_back({what, state});
  return {std::move(state)};
}

template <class Answer>
caf::result<Answer> promised(self_pointer self, std::function<void(std::function<void(Answer)>)> run) {
  auto promise = self->make_response_promise<Answer>();
  run([promise](Answer answer) mutable { promise.deliver(std::move(answer)); });
  return promise;
}

template <class Answer, class Request>
caf::result<Answer> passed_on(
    self_pointer self, const Request& what, std::function<void(Answer&)> look = [](Answer&) {}) {
  auto promise = self->make_response_promise<Answer>();
  self->request(self->state.real, mailbox_patience, what)
      .then(
          [promise, look = std::move(look)](Answer& answer) mutable {
            look(answer);
            promise.deliver(std::move(answer));
          },
          [promise](const caf::error& e) mutable { promise.deliver(e); });
  return promise;
}

} // namespace

rehearsed_mailbox_actor::behavior_type rehearsed_mailbox(self_pointer self, mailbox_actor real) {
  self->state.real = std::move(real);
  auto& state = self->state;
  return {
      [self](const identify& m) { return passed_on<identified>(self, m); },
      [self](const find_folders& m) {
        return passed_on<folders_found>(self, m, [self, paths = m.paths](folders_found& answer) {
          if (auto* found = std::get_if<0>(&answer.outcome))
            for (std::size_t i = 0; i < std::min(paths.size(), found->size()); ++i)
              if (auto* f = std::get_if<folder_state>(&(*found)[i])) {
                self->state.paths[paths[i]] = f->id;
                self->state.folders[f->id] = {*f, paths[i], {}};
              }
        });
      },
      [self](const list_folders& m) {
        return passed_on<folders_listed>(self, m, [self, root = m.root](folders_listed& answer) {
          auto* tree = std::get_if<0>(&answer.outcome);
          if (!tree) return;
          *tree = grown(self, root, std::move(*tree));
          for (const auto& f : *tree)
            self->state.folders[f.state.id] = f;
        });
      },
      [self](const list_changes& m) -> caf::result<changes_listed> {
        const auto& acts = self->state.acts;
        if (std::any_of(acts.begin(), acts.end(),
                        [&](const auto& a) { return a.what == act::create && a.state.id == m.folder; }))
          return changes_listed{change_page{{}, sync_cursor{"rehearsed"}, true, {}, {}, 0}};
        return passed_on<changes_listed>(self, m, [self, folder = m.folder](changes_listed& answer) {
          if (auto* page = std::get_if<change_page>(&answer.outcome)) patch(self, folder, *page);
        });
      },
      [self](const read_content& m) {
        return promised<content_read>(self, [self, m](auto then) { read(self, m, then); });
      },
      [self](const fetch_items& m) {
        return promised<items_fetched>(self, [self, m](auto then) { fetch(self, m, then); });
      },
      [&state](const fetch_attachments& m) {
        // As of the moment of the contents that were read last: that they are carried is all that a plan tells.
        attachments_of_item none;
        if (const auto at = state.items.find(m.item); at != state.items.end() && !at->second.key.empty())
          none.at = at->second.key;
        else if (const auto known = state.known.find(m.item); known != state.known.end())
          none.at = known->second.key;
        return attachments_fetched{std::move(none)};
      },
      [self](const find_by_mark& m) { return passed_on<found_by_mark>(self, m); },
      [self, &state](const create_items& m) {
        write_done done;
        for (const auto& [item, mark] : m.items) {
          const item_id id{next(self, "item")};
          auto& made = state.items[id];
          made.made_in = m.folder;
          made.key = change_key{next(self, "key")};
          made.read = item.read;
          made.draft = item.draft;
          made.item_class = item.item_class;
          done.outcomes.emplace_back(written{id, made.key});
        }
        return done;
      },
      [self, &state](const update_items& m) {
        write_done done;
        for (const auto& u : m.items) {
          auto& item = state.items[u.id];
          item.key = change_key{next(self, "key")};
          for (const auto& f : u.fields)
            item.fields[f.field] = f.value;
          done.outcomes.emplace_back(written{u.id, item.key});
        }
        return done;
      },
      [&state](const set_read_states& m) {
        write_done done;
        for (const auto& [id, read] : m.items) {
          state.items[id].read = read;
          done.outcomes.emplace_back(written{id, {}});
        }
        return done;
      },
      [self, &state](const move_items& m) {
        write_done done;
        for (const auto& id : m.items) {
          auto moved = state.items[id];
          if (!moved.made_in) moved.stands_for = id;
          state.items[id].gone = true;
          moved.made_in = m.to;
          moved.key = change_key{next(self, "key")};
          const item_id now{next(self, "item")};
          done.outcomes.emplace_back(written{now, moved.key});
          state.items[now] = std::move(moved);
        }
        return done;
      },
      [&state](const remove_items& m) {
        write_done done;
        for (const auto& id : m.items) {
          state.items[id].gone = true;
          done.outcomes.emplace_back(written{});
        }
        return done;
      },
      [self](const create_folder& m) {
        folder_state s;
        s.id = folder_id{next(self, "folder")};
        s.parent = m.parent;
        s.display_name = m.name;
        s.folder_class = m.folder_class;
        return did(self, act::create, std::move(s));
      },
      [self](const rename_folder& m) -> caf::result<folder_done> {
        auto s = standing(self, m.id);
        s.display_name = m.name;
        return did(self, act::rename, std::move(s));
      },
      [self](const move_folder& m) -> caf::result<folder_done> {
        auto s = standing(self, m.id);
        s.parent = m.to;
        return did(self, act::move, std::move(s));
      },
      [self](const write_leases& m) {
        leases_written done;
        for (const auto& f : m.folders) {
          auto s = standing(self, f.id);
          s.leases = f.leases;
          done.outcomes.emplace_back(std::move(s));
        }
        return done;
      },
      [self](const read_leases& m) { return passed_on<leases_read>(self, m); },
      [self](const ask_settable& m) { return passed_on<settable>(self, m); },
      [&state](const ask_folder_acts&) {
        folder_acts all;
        for (const auto& a : state.acts) {
          const auto& of = a.what == act::rename ? a.state.id : a.state.parent;
          const auto at = state.folders.find(of);
          all.acts.push_back(
              {a.what, a.state.display_name, at == state.folders.end() ? std::string() : at->second.path});
        }
        return all;
      },
  };
}

} // namespace exsyncd
