#include "actors/ews/folder_paths.hpp"
#include "actors/ews/mailbox_calls.hpp"

#include "ews/codec/find_folder.hpp"
#include "ews/codec/get_folder.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace exsyncd {
namespace {

constexpr const char* trash = "deleteditems";

/// One find_folders: the well-known folders in one request, then level by level those that the paths need.
struct folder_search : std::enable_shared_from_this<folder_search> {
  using callback = std::function<void(result<std::vector<result<folder_state>>>)>;
  folder_search(mailbox_pointer self, std::vector<std::string> paths, callback then)
      : self(self), answer(std::move(then)), written(std::move(paths)) {}

  mailbox_pointer self;
  callback answer;
  std::vector<std::string> written;
  std::vector<result<folder_path>> paths;
  std::map<std::string, result<folder_state>> roots;
  std::set<std::string> sure; // of those: what their answers have told by name
  std::map<folder_id, std::vector<folder_state>> children;

  void start() {
    const auto store = self->state.store();
    std::vector<std::string> names;
    if (store == mailbox_store::mailbox) names.push_back(trash);
    for (const auto& text : written) {
      paths.push_back(parse_folder_path_of(store, text));
      if (const auto* p = std::get_if<folder_path>(&paths.back())) names.push_back(p->front());
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    self->state.look_for_routes_again();
    ask_roots(names, [me = shared_from_this()] { me->confirm(me->doubted()); });
  }

  void ask_roots(const std::vector<std::string>& names, std::function<void()> then) {
    auto request = std::make_shared<ews::get_folder>();
    request->is_public = self->state.store() == mailbox_store::public_folders;
    for (const auto& name : names)
      request->folders.emplace_back(self->state.known_folder(name));
    self->state.call<ews::keyed_folder, ews::get_folder>(
        request_kind::read, "GetFolder", request, ews::read_get_folder,
        [me = shared_from_this(), names, then = std::move(then)](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) return me->answer(why->why);
          auto& entries = std::get<0>(outcome);
          if (entries.size() != names.size())
            return me->answer(ews::meaning_of(ews::broken_document{"a folder is missing"}, "GetFolder").why);
          for (std::size_t i = 0; i < names.size(); ++i) {
            if (auto* error = std::get_if<ews::item_error>(&entries[i])) {
              auto why = ews::meaning_of(*error, "GetFolder").why;
              if (why.reach == reach::item) why.reach = reach::folder;
              me->roots.insert_or_assign(names[i], std::move(why));
            } else {
              const auto& told = std::get<ews::keyed_folder>(entries[i]);
              if (told.distinguished == names[i]) me->sure.insert(names[i]);
              auto folder = told.folder;
              if (folder.rights && folder.rights->view_private)
                me->self->state.sight().seen = folder.rights->view_private;
              me->roots.insert_or_assign(names[i], std::move(folder));
            }
          }
          then();
        });
  }

  /// Which of them are other folders than before, and are not told by name.
  std::vector<std::string> doubted() const {
    std::vector<std::string> names;
    for (const auto& [name, root] : roots) {
      const auto* folder = std::get_if<folder_state>(&root);
      const auto before = self->state.well_known().find(name);
      const bool other = before != self->state.well_known().end() && folder && before->second != folder->id;
      if (other && !sure.contains(name)) names.push_back(name);
    }
    return names;
  }

  /// Before 2013 an answer about several tells by its order alone which of them is which: where one is not the folder
  /// that it was, it is asked for alone before anything is believed of it.
  void confirm(std::vector<std::string> doubted) {
    if (roots.size() > 1 && !doubted.empty()) {
      const auto name = doubted.back();
      doubted.pop_back();
      return ask_roots({name}, [me = shared_from_this(), doubted = std::move(doubted)] { me->confirm(doubted); });
    }
    for (const auto& [name, root] : roots)
      if (const auto* folder = std::get_if<folder_state>(&root)) self->state.well_known()[name] = folder->id;
    walk();
  }

  /// Answers, or asks for the first level that is not known yet.
  void walk() {
    std::vector<result<folder_state>> found;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (auto* why = std::get_if<failure>(&paths[i])) {
        found.emplace_back(*why);
        continue;
      }
      auto one = follow(std::get<folder_path>(paths[i]), written[i]);
      if (!one) return;
      found.push_back(std::move(*one));
    }
    answer(std::move(found));
  }

  /// The folder at the end of a path; nothing: a level had to be asked for.
  std::optional<result<folder_state>> follow(const folder_path& p, const std::string& text) {
    const auto& root = roots.at(p.front());
    if (const auto* why = std::get_if<failure>(&root)) return in_context("folder " + text, *why);
    folder_state at = std::get<folder_state>(root);
    at.in_deleted_items = p.front() == trash;
    if (self->state.store() == mailbox_store::public_folders) at.store = mailbox_identity("public:" + at.id.value);
    for (std::size_t level = 1; level < p.size(); ++level) {
      const auto known = children.find(at.id);
      if (known == children.end()) {
        ask_children(at.id);
        return std::nullopt;
      }
      const auto& under = known->second;
      auto next = std::find_if(under.begin(), under.end(), [&](const auto& f) { return f.display_name == p[level]; });
      if (next == under.end())
        next = std::find_if(under.begin(), under.end(),
                            [&](const auto& f) { return same_name(f.display_name, p[level]); });
      if (next == under.end()) return no_such_folder(text, p[level]);
      const bool in_trash = at.in_deleted_items || is_trash(next->id);
      auto store = std::move(at.store);
      at = *next;
      at.store = std::move(store);
      at.in_deleted_items = in_trash;
    }
    at.read_at = self->state.server_time();
    return at;
  }

  bool is_trash(const folder_id& id) const {
    const auto known = roots.find(trash);
    const auto* folder = known == roots.end() ? nullptr : std::get_if<folder_state>(&known->second);
    return folder && folder->id == id;
  }

  void ask_children(const folder_id& parent) {
    all_folders(self, parent, false, [me = shared_from_this(), parent](auto outcome) {
      if (auto* why = std::get_if<failure>(&outcome)) return me->answer(std::move(*why));
      auto& known = me->children[parent];
      for (auto& f : std::get<0>(outcome))
        known.push_back(std::move(f.folder));
      me->walk();
    });
  }
};

/// One tree or level of folders, page by page.
struct folder_paging : std::enable_shared_from_this<folder_paging> {
  mailbox_pointer self;
  folder_id parent;
  bool deep;
  std::function<void(result<std::vector<ews::keyed_folder>>)> then;
  std::vector<ews::keyed_folder> found = {};

  void next(std::uint32_t offset) {
    auto request = std::make_shared<ews::find_folder>();
    request->parent = parent;
    request->deep = deep;
    request->is_public = self->state.store() == mailbox_store::public_folders;
    request->offset = offset;
    self->state.call<ews::folder_page, ews::find_folder>(
        request_kind::read, "FindFolder", request, ews::read_find_folder,
        [me = shared_from_this(), offset](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) return me->then(why->why);
          auto& entries = std::get<0>(outcome);
          if (entries.empty()) return me->then(empty_answer("FindFolder"));
          if (auto* error = std::get_if<ews::item_error>(&entries.front()))
            return me->then(of_folder(ews::meaning_of(*error, "FindFolder").why));
          auto& page = std::get<ews::folder_page>(entries.front());
          const auto next = std::max<std::uint32_t>(page.next_offset, offset + page.folders.size());
          for (auto& f : page.folders)
            me->found.push_back(std::move(f));
          const bool barren = page.folders.empty(); // and not the last: it has no end
          if (!page.last && barren) return me->then(empty_answer("FindFolder"));
          if (!page.last && next > offset)
            me->next(next);
          else
            me->then(std::move(me->found));
        });
  }
};

} // namespace

failure of_folder(failure why) {
  if (why.reach == reach::item) why.reach = reach::folder;
  return why;
}

failure empty_answer(std::string_view operation) {
  return of_folder(ews::meaning_of(ews::broken_document{"nothing in the answer"}, operation).why);
}

void search_folders(mailbox_pointer self, std::vector<std::string> paths, folder_search::callback then) {
  std::make_shared<folder_search>(self, std::move(paths), std::move(then))->start();
}

void all_folders(mailbox_pointer self, const folder_id& parent, bool deep,
                 std::function<void(result<std::vector<ews::keyed_folder>>)> then) {
  auto paging = std::make_shared<folder_paging>();
  paging->self = self;
  paging->parent = parent;
  paging->deep = deep;
  paging->then = std::move(then);
  paging->next(0);
}

caf::typed_response_promise<folders_found> handle(mailbox_pointer self, const find_folders& asked) {
  auto promise = self->make_response_promise<folders_found>();
  auto answer = std::make_shared<owed<folders_found>>(promise, [] { return folders_found{mailbox_ended()}; });
  search_folders(self, asked.paths, [answer](auto found) { answer->give({std::move(found)}); });
  return promise;
}

namespace {

using identity_asked = std::shared_ptr<owed<identified>>;

/// Rights on single folders need not reach the root. Each of these lies right under it and names it.
void identify_by_folders(mailbox_pointer self, identity_asked answer, failure root_failed) {
  auto request = std::make_shared<ews::get_folder>();
  for (const char* name : {"inbox", "calendar", "contacts", "tasks", "notes", "sentitems", "drafts", "deleteditems"})
    request->folders.emplace_back(self->state.known_folder(name));
  self->state.call<ews::keyed_folder, ews::get_folder>(
      request_kind::read, "GetFolder", request, ews::read_get_folder, [answer, root_failed](auto outcome) {
        if (auto* why = std::get_if<ews::meaning>(&outcome)) return answer->give({why->why});
        for (auto& entry : std::get<0>(outcome))
          if (auto* f = std::get_if<ews::keyed_folder>(&entry); f && !f->folder.parent.empty())
            return answer->give({mailbox_identity(f->folder.parent.value)});
        answer->give({root_failed});
      });
}

} // namespace

caf::typed_response_promise<identified> handle(mailbox_pointer self, const identify&) {
  auto promise = self->make_response_promise<identified>();
  auto answer = std::make_shared<owed<identified>>(promise, [] { return identified{mailbox_ended()}; });
  self->state.sight().begin_round();
  auto request = std::make_shared<ews::get_folder>();
  // The root's id belongs to the store: another one after a re-creation or a migration, the same after a change of
  // address.
  request->folders.emplace_back(self->state.known_folder("msgfolderroot"));
  self->state.call<ews::keyed_folder, ews::get_folder>(
      request_kind::read, "GetFolder", request, ews::read_get_folder, [self, answer](auto outcome) {
        if (auto* why = std::get_if<ews::meaning>(&outcome)) return answer->give({why->why});
        auto& entries = std::get<0>(outcome);
        if (entries.empty())
          return answer->give({ews::meaning_of(ews::broken_document{"nothing in the answer"}, "GetFolder").why});
        if (auto* error = std::get_if<ews::item_error>(&entries.front())) {
          auto why = ews::meaning_of(*error, "GetFolder").why;
          // Whoever may not see the root may not see the mailbox.
          if (why.reach == reach::item || why.reach == reach::folder) why.reach = reach::mailbox;
          if (self->state.access() == mailbox_access::delegate) {
            why.hint =
                "make the account an owner of the folders that are kept in step, and check the mailbox's address";
            return identify_by_folders(self, answer, std::move(why));
          }
          return answer->give({std::move(why)});
        }
        answer->give({mailbox_identity(std::get<ews::keyed_folder>(entries.front()).folder.id.value)});
      });
  return promise;
}

} // namespace exsyncd
