#include "actors/ews/mailbox_calls.hpp"

#include "ews/codec/find_folder.hpp"
#include "ews/codec/get_folder.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

namespace exsyncd {
namespace {

using path = std::vector<std::string>;

failure no_such_folder(const std::string& written, const std::string& missing) {
  return {reach::folder,
          retry::after_change,
          {},
          "ErrorFolderNotFound",
          "folder " + written + ": there is no \"" + missing + "\"",
          "check the path: a well-known name (inbox, calendar, …) and names separated by /"};
}

/// "inbox/A\/B" → inbox, A/B.
std::variant<path, failure> parse_path(const std::string& written) {
  if (written.starts_with("public:"))
    return failure{reach::folder,
                   retry::after_change,
                   {},
                   "public_folder",
                   "folder " + written + ": public folders cannot be synced yet",
                   "use a folder of the mailbox"};
  path out(1);
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] == '\\' && i + 1 < written.size() && (written[i + 1] == '/' || written[i + 1] == '\\'))
      out.back() += written[++i];
    else if (written[i] == '/')
      out.emplace_back();
    else
      out.back() += written[i];
  }
  if (!ews::is_distinguished_folder(out.front())) return no_such_folder(written, out.front());
  for (const auto& name : out)
    if (name.empty()) return no_such_folder(written, "");
  return out;
}

/// As Exchange compares the names of folders, as far as ASCII goes.
bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

constexpr const char* trash = "deleteditems";

/// One find_folders: the well-known folders in one request, then level by level those that the paths need.
struct folder_search : std::enable_shared_from_this<folder_search> {
  folder_search(mailbox_pointer self, caf::typed_response_promise<folders_found> promise, const find_folders& asked)
      : self(self), answer(std::move(promise), [] { return folders_found{mailbox_ended()}; }), written(asked.paths) {}

  mailbox_pointer self;
  owed<folders_found> answer;
  std::vector<std::string> written;
  std::vector<std::variant<path, failure>> paths;
  std::map<std::string, result<folder_state>> roots;
  std::map<folder_id, std::vector<folder_state>> children;

  void start() {
    std::vector<std::string> names{trash};
    for (const auto& text : written) {
      paths.push_back(parse_path(text));
      if (const auto* p = std::get_if<path>(&paths.back())) names.push_back(p->front());
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    auto request = std::make_shared<ews::get_folder>();
    for (const auto& name : names)
      request->folders.emplace_back(ews::distinguished_folder{name});
    self->state.call<ews::keyed_folder, ews::get_folder>(
        request_kind::read, "GetFolder", request, ews::read_get_folder, [me = shared_from_this(), names](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) return me->answer.give({why->why});
          auto& entries = std::get<0>(outcome);
          if (entries.size() != names.size())
            return me->answer.give({ews::meaning_of(ews::broken_document{"a folder is missing"}, "GetFolder").why});
          for (std::size_t i = 0; i < names.size(); ++i) {
            if (auto* error = std::get_if<ews::item_error>(&entries[i])) {
              auto why = ews::meaning_of(*error, "GetFolder").why;
              if (why.reach == reach::item) why.reach = reach::folder;
              me->roots.emplace(names[i], std::move(why));
            } else {
              me->roots.emplace(names[i], std::move(std::get<ews::keyed_folder>(entries[i]).folder));
            }
          }
          me->walk();
        });
  }

  /// Answers, or asks for the first level that is not known yet.
  void walk() {
    std::vector<result<folder_state>> found;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (auto* why = std::get_if<failure>(&paths[i])) {
        found.emplace_back(*why);
        continue;
      }
      auto one = follow(std::get<path>(paths[i]), written[i]);
      if (!one) return;
      found.push_back(std::move(*one));
    }
    answer.give({std::move(found)});
  }

  /// The folder at the end of a path; nothing: a level had to be asked for.
  std::optional<result<folder_state>> follow(const path& p, const std::string& text) {
    const auto& root = roots.at(p.front());
    if (const auto* why = std::get_if<failure>(&root)) return in_context("folder " + text, *why);
    folder_state at = std::get<folder_state>(root);
    at.in_deleted_items = p.front() == trash;
    for (std::size_t level = 1; level < p.size(); ++level) {
      const auto known = children.find(at.id);
      if (known == children.end()) {
        ask_children(at.id, 0);
        return std::nullopt;
      }
      const auto& under = known->second;
      auto next = std::find_if(under.begin(), under.end(), [&](const auto& f) { return f.display_name == p[level]; });
      if (next == under.end())
        next = std::find_if(under.begin(), under.end(),
                            [&](const auto& f) { return same_name(f.display_name, p[level]); });
      if (next == under.end()) return no_such_folder(text, p[level]);
      const bool in_trash = at.in_deleted_items || is_trash(next->id);
      at = *next;
      at.in_deleted_items = in_trash;
    }
    return at;
  }

  bool is_trash(const folder_id& id) const {
    const auto* folder = std::get_if<folder_state>(&roots.at(trash));
    return folder && folder->id == id;
  }

  void ask_children(const folder_id& parent, std::uint32_t offset) {
    auto request = std::make_shared<ews::find_folder>();
    request->parent = parent;
    request->offset = offset;
    self->state.call<ews::folder_page, ews::find_folder>(
        request_kind::read, "FindFolder", request, ews::read_find_folder,
        [me = shared_from_this(), parent, offset](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) return me->answer.give({why->why});
          auto& entries = std::get<0>(outcome);
          const auto* page = entries.empty() ? nullptr : std::get_if<ews::folder_page>(&entries.front());
          if (!page) {
            const auto* error = entries.empty() ? nullptr : std::get_if<ews::item_error>(&entries.front());
            return me->answer.give(
                {error ? ews::meaning_of(*error, "FindFolder").why
                       : ews::meaning_of(ews::broken_document{"nothing in the answer"}, "FindFolder").why});
          }
          auto& known = me->children[parent];
          for (const auto& f : page->folders)
            known.push_back(f.folder);
          const auto next = std::max<std::uint32_t>(page->next_offset, offset + page->folders.size());
          if (!page->last && next > offset)
            me->ask_children(parent, next);
          else
            me->walk();
        });
  }
};

} // namespace

caf::typed_response_promise<folders_found> handle(mailbox_pointer self, const find_folders& asked) {
  auto promise = self->make_response_promise<folders_found>();
  std::make_shared<folder_search>(self, promise, asked)->start();
  return promise;
}

caf::typed_response_promise<identified> handle(mailbox_pointer self, const identify&) {
  auto promise = self->make_response_promise<identified>();
  auto answer = std::make_shared<owed<identified>>(promise, [] { return identified{mailbox_ended()}; });
  auto request = std::make_shared<ews::get_folder>();
  // The root's id belongs to the store: another one after a re-creation or a migration, the same after a change of
  // address.
  request->folders.emplace_back(ews::distinguished_folder{"msgfolderroot"});
  self->state.call<ews::keyed_folder, ews::get_folder>(
      request_kind::read, "GetFolder", request, ews::read_get_folder, [answer](auto outcome) {
        if (auto* why = std::get_if<ews::meaning>(&outcome)) return answer->give({why->why});
        auto& entries = std::get<0>(outcome);
        if (entries.empty())
          return answer->give({ews::meaning_of(ews::broken_document{"nothing in the answer"}, "GetFolder").why});
        if (auto* error = std::get_if<ews::item_error>(&entries.front())) {
          auto why = ews::meaning_of(*error, "GetFolder").why;
          // Whoever may not see the root may not see the mailbox.
          if (why.reach == reach::item || why.reach == reach::folder) why.reach = reach::mailbox;
          return answer->give({std::move(why)});
        }
        answer->give({mailbox_identity(std::get<ews::keyed_folder>(entries.front()).folder.id.value)});
      });
  return promise;
}

} // namespace exsyncd
