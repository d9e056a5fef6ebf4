#include "actors/ews/folder_paths.hpp"
#include "actors/ews/mailbox_calls.hpp"

#include "ews/codec/create_folder.hpp"
#include "ews/codec/get_folder.hpp"
#include "ews/codec/move_folder.hpp"
#include "ews/codec/update_folder.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>

/// Trees of folders: what is below a folder, and changes to it.
namespace exsyncd {
namespace {

// ---- listing
// ---------------------------------------------------------------------------------------------------------

struct left_out_folder {
  std::string_view name;
  std::string_view why;
  bool since_2013; // DistinguishedFolderIdNameType of the later schemas
};
// What no tree is copied with: a copy in an Outbox may be sent, the others belong to the mailbox that they are in.
constexpr std::array left_out_folders{
    left_out_folder{"deleteditems", "deleted items", false},
    left_out_folder{"outbox", "outbox", false},
    left_out_folder{"searchfolders", "search folder", false},
    left_out_folder{"syncissues", "sync issues", true},
    left_out_folder{"conflicts", "sync issues", true},
    left_out_folder{"localfailures", "sync issues", true},
    left_out_folder{"serverfailures", "sync issues", true},
    left_out_folder{"conversationhistory", "conversation history", true},
    left_out_folder{"recipientcache", "cache of the server", true},
};
// Before 2013 these have no well-known name; Outlook makes them, in English unless its user chose another language.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> left_out_names{
    std::pair{"Sync Issues", "sync issues"}, std::pair{"Conversation History", "conversation history"}};

/// One list_folders: the root, the well-known folders that are left out, then the tree.
struct tree_listing : std::enable_shared_from_this<tree_listing> {
  tree_listing(mailbox_pointer self, caf::typed_response_promise<folders_listed> promise, std::string root)
      : self(self), answer(std::move(promise), [] { return folders_listed{mailbox_ended()}; }),
        root_path(std::move(root)) {}

  mailbox_pointer self;
  owed<folders_listed> answer;
  std::string root_path;
  folder_state root;
  std::map<folder_id, std::string> known; // left out, and why
  std::vector<ews::keyed_folder> found;
  std::vector<folder_id> to_ask; // public folders: levels that are still to be listed

  bool is_public() const { return self->state.store() == mailbox_store::public_folders; }

  void start() {
    self->state.find_version([me = shared_from_this()](const ews::meaning* why) {
      if (why) return me->answer.give({why->why});
      search_folders(me->self, {me->root_path}, [me](auto outcome) { me->root_found(std::move(outcome)); });
    });
  }

  void root_found(result<std::vector<result<folder_state>>> outcome) {
    if (auto* why = std::get_if<failure>(&outcome)) return answer.give({std::move(*why)});
    auto& one = std::get<0>(outcome).at(0);
    if (auto* why = std::get_if<failure>(&one)) return answer.give({std::move(*why)});
    root = std::move(std::get<folder_state>(one));
    if (!is_public()) return ask_known();
    to_ask.push_back(root.id);
    next_level();
  }

  void ask_known() {
    auto request = std::make_shared<ews::get_folder>();
    std::vector<std::string_view> reasons;
    for (const auto& f : left_out_folders) {
      if (f.since_2013 && !self->state.version().flag_element) continue; // the flag came with 2013 as well
      request->folders.emplace_back(self->state.known_folder(std::string(f.name)));
      reasons.push_back(f.why);
    }
    self->state.call<ews::keyed_folder, ews::get_folder>(
        request_kind::read, "GetFolder", request, ews::read_get_folder,
        [me = shared_from_this(), reasons](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) return me->answer.give({why->why});
          auto& entries = std::get<0>(outcome);
          if (entries.size() != reasons.size()) return me->answer.give({empty_answer("GetFolder")});
          for (std::size_t i = 0; i < entries.size(); ++i) // one that is not there, or not ours to see, is in no tree
            if (const auto* f = std::get_if<ews::keyed_folder>(&entries[i]))
              me->known.emplace(f->folder.id, reasons[i]);
          all_folders(me->self, me->root.id, true, [me](auto all) {
            if (auto* why = std::get_if<failure>(&all)) return me->answer.give({std::move(*why)});
            me->found = std::move(std::get<0>(all));
            me->give();
          });
        });
  }

  /// Public folders refuse a deep traversal (ResponseCode page, ErrorInvalidOperation).
  void next_level() {
    if (to_ask.empty()) return give();
    const auto parent = to_ask.back();
    to_ask.pop_back();
    all_folders(self, parent, false, [me = shared_from_this(), parent](auto level) {
      if (auto* why = std::get_if<failure>(&level)) {
        // Somebody else's branch: the others are listed.
        if (why->reach != reach::folder || why->retry == retry::later || parent == me->root.id)
          return me->answer.give({std::move(*why)});
        return me->next_level();
      }
      for (auto& f : std::get<0>(level)) {
        f.folder.parent = parent;
        me->to_ask.push_back(f.folder.id);
        me->found.push_back(std::move(f));
      }
      me->next_level();
    });
  }

  std::string why_left_out(const ews::keyed_folder& f) const {
    if (const auto at = known.find(f.folder.id); at != known.end()) return at->second;
    if (f.kind == "SearchFolder") return "search folder";
    if (f.hidden) return "hidden";
    if (f.folder.folder_class.starts_with("IPF.Configuration")) return "settings of a program";
    for (const auto& [name, why] : left_out_names)
      if (same_name(f.folder.display_name, name)) return std::string(why);
    return {};
  }

  void give() {
    std::map<folder_id, std::vector<ews::keyed_folder*>> below;
    for (auto& f : found)
      below[f.folder.parent].push_back(&f);
    std::vector<folder_below> out;
    const auto path = root_path.ends_with('/') ? root_path.substr(0, root_path.size() - 1) : root_path;
    append(below, root.id, path, {}, root.in_deleted_items, out);
    answer.give({std::move(out)});
  }

  void append(std::map<folder_id, std::vector<ews::keyed_folder*>>& below, const folder_id& parent,
              const std::string& path, const std::string& left_out, bool in_trash, std::vector<folder_below>& out) {
    const auto at = below.find(parent);
    if (at == below.end()) return;
    const auto level = std::move(at->second);
    below.erase(at); // so that a server's ring of parents ends
    for (auto* f : level) {
      folder_below one;
      one.left_out = !left_out.empty() ? left_out : why_left_out(*f);
      one.path = path + escaped_step(f->folder.display_name);
      one.state = std::move(f->folder);
      one.state.store = root.store;
      one.state.read_at = self->state.server_time();
      one.state.in_deleted_items = in_trash || one.left_out == "deleted items";
      const auto id = one.state.id;
      const auto below_path = one.path;
      const auto below_out = one.left_out;
      const bool below_trash = one.state.in_deleted_items;
      out.push_back(std::move(one));
      append(below, id, below_path, below_out, below_trash, out);
    }
  }
};

// ---- changing
// --------------------------------------------------------------------------------------------------------

folder_outcome outcome_of_folder(const ews::meaning& why) {
  if (why.why.code == "ErrorFolderExists") return folder_exists{};
  switch (why.refusal) {
  case ews::refusal::unknown:
    return unknown{of_folder(why.why)};
  case ews::refusal::stale:
    return stale{};
  case ews::refusal::gone:
    return gone{};
  case ews::refusal::item:
  case ews::refusal::not_done:
  case ews::refusal::cursor_invalid:
    break;
  }
  if (why.why.code == "ErrorFolderNotFound" || why.why.code == "ErrorParentFolderNotFound") return gone{};
  return not_done{of_folder(why.why)};
}

/// One request that changes one folder. The server answers id and key; the rest is `as` was asked for.
template <class Request>
caf::typed_response_promise<folder_done>
change_folder(mailbox_pointer self, std::string_view operation, Request request,
              ews::answer_reader<ews::keyed_folder> (*reader)(), folder_state as) {
  auto promise = self->make_response_promise<folder_done>();
  auto sent = std::make_shared<bool>(false);
  auto answer = std::make_shared<owed<folder_done>>(promise, [sent] {
    return *sent ? folder_done{unknown{mailbox_ended()}} : folder_done{not_done{mailbox_ended()}};
  });
  self->state.find_version([=](const ews::meaning* why) {
    if (why) return answer->give({not_done{why->why}});
    *sent = true;
    self->state.call<ews::keyed_folder, Request>(
        request_kind::write, operation, std::make_shared<const Request>(request), reader, [=](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) return answer->give({outcome_of_folder(*why)});
          auto& entries = std::get<0>(outcome);
          if (entries.empty()) return answer->give({unknown{empty_answer(operation)}});
          if (auto* error = std::get_if<ews::item_error>(&entries.front()))
            return answer->give({outcome_of_folder(ews::meaning_of(*error, operation))});
          auto after = as;
          after.id = std::get<ews::keyed_folder>(entries.front()).folder.id;
          after.key = std::get<ews::keyed_folder>(entries.front()).folder.key;
          answer->give({std::move(after)});
        });
  });
  return promise;
}

} // namespace

caf::typed_response_promise<folders_listed> handle(mailbox_pointer self, const list_folders& asked) {
  auto promise = self->make_response_promise<folders_listed>();
  std::make_shared<tree_listing>(self, promise, asked.root)->start();
  return promise;
}

caf::typed_response_promise<folder_done> handle(mailbox_pointer self, const create_folder& asked) {
  folder_state as;
  as.parent = asked.parent;
  as.display_name = asked.name;
  as.folder_class = asked.folder_class;
  return change_folder(self, "CreateFolder", ews::create_folder{asked.parent, asked.name, asked.folder_class},
                       ews::read_create_folder, std::move(as));
}

caf::typed_response_promise<folder_done> handle(mailbox_pointer self, const rename_folder& asked) {
  folder_state as;
  as.display_name = asked.name;
  return change_folder(self, "UpdateFolder", ews::update_folder{asked.id, asked.key, asked.name},
                       ews::read_update_folder, std::move(as));
}

caf::typed_response_promise<folder_done> handle(mailbox_pointer self, const move_folder& asked) {
  folder_state as;
  as.parent = asked.to;
  return change_folder(self, "MoveFolder", ews::move_folder{asked.id, asked.to}, ews::read_move_folder, std::move(as));
}

} // namespace exsyncd
