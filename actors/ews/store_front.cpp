#include "actors/ews/folder_paths.hpp"
#include "actors/ews/mailbox_calls.hpp"
#include "actors/ews/public_ids.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <optional>
#include <utility>

/// A mailbox actor as pairs see it: what is about the mailbox goes to the actor that stands for it, what is about
/// public folders to another one, which asks as the account itself and lists by comparison. Which of them an id belongs
/// to is written in front of it, see public_ids.hpp.
namespace exsyncd {
namespace {

struct front_state {
  front_state() = default; // CAF builds it with the actor; an aggregate would be initialised by it
  mailbox_options options;
  mailbox_actor mailbox;
  mailbox_actor publics; // made when it is first needed
  const char* name = "mailbox front";
};
using front_pointer = mailbox_actor::stateful_pointer<front_state>;

const mailbox_actor& publics_of(front_pointer self) {
  auto& s = self->state;
  if (!s.publics) {
    auto options = s.options;
    options.store = mailbox_store::public_folders;
    if (!options.account.empty()) options.address = options.account;
    s.publics = spawn_store(self->home_system(), std::move(options));
    self->link_to(s.publics);
  }
  return s.publics;
}

// ---- which store a question is about, without the sign in front of its ids
// -------------------------------------------

template <class Ids>
bool first_is_public(const Ids& ids) {
  return !ids.empty() && is_public(ids.front());
}

bool take_public(list_folders& m) {
  return is_public_path(m.root);
}
bool take_public(list_changes& m) {
  return strip(m.folder);
}
bool take_public(read_content& m) {
  const bool is = first_is_public(m.items);
  for (auto& id : m.items)
    strip(id);
  return is;
}
bool take_public(fetch_attachments& m) {
  return strip(m.item);
}
bool take_public(fetch_items& m) {
  const bool is = first_is_public(m.items);
  for (auto& id : m.items)
    strip(id);
  return is;
}
bool take_public(find_by_mark& m) {
  return strip(m.folder);
}
bool take_public(create_items& m) {
  return strip(m.folder);
}
bool take_public(update_items& m) {
  const bool is = !m.items.empty() && is_public(m.items.front().id);
  for (auto& i : m.items)
    strip(i.id);
  return is;
}
bool take_public(set_read_states& m) {
  const bool is = !m.items.empty() && is_public(m.items.front().first);
  for (auto& i : m.items)
    strip(i.first);
  return is;
}
bool take_public(remove_items& m) {
  const bool is = first_is_public(m.items);
  for (auto& id : m.items)
    strip(id);
  return is;
}
bool take_public(create_folder& m) {
  return strip(m.parent);
}
bool take_public(rename_folder& m) {
  return strip(m.id);
}
bool take_public(move_folder& m) {
  strip(m.to);
  return strip(m.id);
}

// ---- the sign in front of the ids of an answer
// -----------------------------------------------------------------------

void sign(folder_state& f) {
  mark_public(f.id);
  if (!f.parent.empty()) mark_public(f.parent);
}
void sign(folders_listed& a) {
  if (auto* all = std::get_if<std::vector<folder_below>>(&a.outcome))
    for (auto& f : *all)
      sign(f.state);
}
/// Who has read what is kept for each user of a public folder: it is nobody's business to keep it in step.
void sign(listed_item& item) {
  mark_public(item.id);
  item.read.reset();
  // Listed again and again, while what is read of one item has drafts among mails only: that is no news each time.
  if (item.item_class != item_class::message && item.item_class != item_class::other) item.draft = false;
}
void sign(changes_listed& a) {
  if (auto* page = std::get_if<change_page>(&a.outcome))
    for (auto& c : page->changes)
      if (auto* there = std::get_if<item_present>(&c)) sign(there->item);
}
void sign(content_read& a) {
  if (auto* all = std::get_if<std::vector<content_outcome>>(&a.outcome))
    for (auto& one : *all)
      if (auto* c = std::get_if<content>(&one)) c->read.reset();
}
void sign(attachments_fetched&) {}
void sign(items_fetched& a) {
  if (auto* all = std::get_if<std::vector<fetch_outcome>>(&a.outcome))
    for (auto& one : *all)
      if (auto* f = std::get_if<fetched>(&one)) {
        f->at.read.reset();
        f->item.read.reset();
      }
}
void sign(found_by_mark& a) {
  if (auto* all = std::get_if<std::vector<listed_item>>(&a.outcome))
    for (auto& item : *all)
      sign(item);
}
void sign(write_done& a) {
  for (auto& one : a.outcomes)
    if (auto* w = std::get_if<written>(&one); w && !w->id.empty()) mark_public(w->id);
}
void sign(folder_done& a) {
  if (auto* f = std::get_if<folder_state>(&a.outcome)) sign(*f);
}

// ---- the calls
// -------------------------------------------------------------------------------------------------------

template <class Answer>
Answer no_answer() {
  return Answer{mailbox_ended()};
}
template <>
folder_done no_answer<folder_done>() {
  return {unknown{mailbox_ended()}};
}

/// Asks the public folders; `tidy` makes the answer the asker's.
template <class Answer, class Question>
caf::result<Answer> ask_publics(front_pointer self, Question question, std::function<void(Answer&)> tidy,
                                std::function<Answer()> otherwise = no_answer<Answer>) {
  auto promise = self->make_response_promise<Answer>();
  auto owes = std::make_shared<owed<Answer>>(promise, otherwise);
  self->request(publics_of(self), caf::infinite, std::move(question))
      .then(
          [owes, tidy](Answer& a) {
            tidy(a);
            owes->give(std::move(a));
          },
          [owes, otherwise](const caf::error&) { owes->give(otherwise()); });
  return promise;
}

/// A question that is about one store.
template <class Answer, class Question>
caf::result<Answer> route(front_pointer self, Question question) {
  if (!take_public(question)) return self->delegate(self->state.mailbox, std::move(question));
  return ask_publics<Answer>(self, std::move(question), [](Answer& a) { sign(a); });
}

/// A write of several items: where no answer comes, each may have been done.
template <class Question>
caf::result<write_done> route_write(front_pointer self, Question question, std::size_t count) {
  if (!take_public(question)) return self->delegate(self->state.mailbox, std::move(question));
  return ask_publics<write_done>(
      self, std::move(question), [](write_done& a) { sign(a); },
      [count] { return write_done{std::vector<write_outcome>(count, unknown{mailbox_ended()})}; });
}

/// The items' own store is asked; the ids that they then have are those of the folder's store.
caf::result<write_done> route_move(front_pointer self, move_items m) {
  const bool into_public = strip(m.to);
  const bool from_public = first_is_public(m.items);
  for (auto& id : m.items)
    strip(id);
  if (!into_public && !from_public) return self->delegate(self->state.mailbox, std::move(m));
  const auto count = m.items.size();
  auto promise = self->make_response_promise<write_done>();
  const auto lost = [count] { return write_done{std::vector<write_outcome>(count, unknown{mailbox_ended()})}; };
  auto owes = std::make_shared<owed<write_done>>(promise, lost);
  self->request(from_public ? publics_of(self) : self->state.mailbox, caf::infinite, std::move(m))
      .then(
          [owes, into_public](write_done& a) {
            if (into_public) sign(a);
            owes->give(std::move(a));
          },
          [owes, lost](const caf::error&) { owes->give(lost()); });
  return promise;
}

/// Paths of both stores may stand side by side.
struct path_split : std::enable_shared_from_this<path_split> {
  path_split(caf::typed_response_promise<folders_found> promise)
      : answer(std::move(promise), no_answer<folders_found>) {}
  owed<folders_found> answer;
  std::vector<std::size_t> at[2]; // positions of those of the mailbox, of the public folders
  std::vector<std::optional<result<folder_state>>> found;
  int open = 0;

  void take(int store, folders_found& a) {
    auto* failed = std::get_if<failure>(&a.outcome);
    // Public folders that cannot be reached are no reason to leave the mailbox alone.
    if (failed && (store == 0 || at[0].empty())) return answer.give({std::move(*failed)});
    for (std::size_t i = 0; i < at[store].size(); ++i) {
      auto one = failed ? result<folder_state>(of_public(*failed)) : std::move(std::get<0>(a.outcome).at(i));
      if (auto* f = std::get_if<folder_state>(&one); f && store == 1) sign(*f);
      found[at[store][i]] = std::move(one);
    }
    if (--open > 0) return;
    std::vector<result<folder_state>> all;
    for (auto& one : found)
      all.push_back(std::move(*one));
    answer.give({std::move(all)});
  }

  static failure of_public(failure why) {
    why.reach = reach::folder;
    return in_context("public folders", std::move(why));
  }
};

caf::result<folders_found> find_in_both(front_pointer self, const find_folders& m) {
  if (std::none_of(m.paths.begin(), m.paths.end(), is_public_path)) return self->delegate(self->state.mailbox, m);
  auto split = std::make_shared<path_split>(self->make_response_promise<folders_found>());
  split->found.resize(m.paths.size());
  find_folders asked[2];
  for (std::size_t i = 0; i < m.paths.size(); ++i) {
    const int store = is_public_path(m.paths[i]) ? 1 : 0;
    split->at[store].push_back(i);
    asked[store].paths.push_back(m.paths[i]);
  }
  for (int store : {0, 1})
    if (!asked[store].paths.empty()) ++split->open;
  auto promise = split->answer.promise();
  for (int store : {0, 1}) {
    if (asked[store].paths.empty()) continue;
    self->request(store == 0 ? self->state.mailbox : publics_of(self), caf::infinite, std::move(asked[store]))
        .then([split, store](folders_found& a) { split->take(store, a); },
              [split, store](const caf::error&) {
                folders_found none{mailbox_ended()};
                split->take(store, none);
              });
  }
  return promise;
}

/// Without a mailbox the public folders are the store.
caf::result<identified> identify_public(front_pointer self) {
  auto promise = self->make_response_promise<identified>();
  auto owes = std::make_shared<owed<identified>>(promise, no_answer<identified>);
  self->request(publics_of(self), caf::infinite, find_folders{{std::string("public:/")}})
      .then(
          [owes](folders_found& a) {
            auto* failed = std::get_if<failure>(&a.outcome);
            if (!failed) failed = std::get_if<failure>(&std::get<0>(a.outcome).at(0));
            if (!failed) return owes->give({std::get<folder_state>(std::get<0>(a.outcome).at(0)).store});
            if (failed->reach == reach::item || failed->reach == reach::folder) failed->reach = reach::mailbox;
            owes->give({std::move(*failed)});
          },
          [owes](const caf::error&) { owes->give({mailbox_ended()}); });
  return promise;
}

mailbox_actor::behavior_type front(front_pointer self, mailbox_options options) {
  auto& s = self->state;
  s.options = options;
  s.mailbox = spawn_store(self->home_system(), std::move(options));
  self->link_to(s.mailbox);
  return {
      [self](const identify& m) -> caf::result<identified> {
        if (self->state.options.address.empty()) return identify_public(self);
        return self->delegate(self->state.mailbox, m);
      },
      [self](const find_folders& m) { return find_in_both(self, m); },
      [self](const list_folders& m) { return route<folders_listed>(self, m); },
      [self](const list_changes& m) { return route<changes_listed>(self, m); },
      [self](const read_content& m) { return route<content_read>(self, m); },
      [self](const fetch_items& m) { return route<items_fetched>(self, m); },
      [self](const fetch_attachments& m) { return route<attachments_fetched>(self, m); },
      [self](const find_by_mark& m) { return route<found_by_mark>(self, m); },
      [self](create_items& m) {
        const auto count = m.items.size();
        return route_write(self, std::move(m), count);
      },
      [self](update_items& m) {
        const auto count = m.items.size();
        return route_write(self, std::move(m), count);
      },
      [self](set_read_states& m) {
        const auto count = m.items.size();
        return route_write(self, std::move(m), count);
      },
      [self](move_items& m) { return route_move(self, std::move(m)); },
      [self](remove_items& m) {
        const auto count = m.items.size();
        return route_write(self, std::move(m), count);
      },
      [self](const create_folder& m) { return route<folder_done>(self, m); },
      [self](const rename_folder& m) { return route<folder_done>(self, m); },
      [self](const move_folder& m) { return route<folder_done>(self, m); },
      [self](const write_leases& m) { return self->delegate(self->state.mailbox, m); },
      [self](const read_leases& m) { return self->delegate(self->state.mailbox, m); },
      [self](const ask_settable& m) {
        const auto& s = self->state;
        return self->delegate(s.options.address.empty() ? publics_of(self) : s.mailbox, m);
      },
  };
}

} // namespace

mailbox_actor spawn_mailbox(caf::actor_system& system, mailbox_options options) {
  return system.spawn(front, std::move(options));
}

} // namespace exsyncd
