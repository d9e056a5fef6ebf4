#include "daemon/public_pairs.hpp"

#include "actors/logic/subfolders.hpp"
#include "config/document.hpp"
#include "config/sides.hpp"
#include "config/values.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace exsyncd {
namespace {

using admin::call_error;
using admin::error_code;
using nlohmann::ordered_json;

constexpr std::array side_names{"primary", "replica"};
const std::string like_this = R"(like {"primary":{"server":"hq","folder":"/Sales/Contacts"},"replica":{…}})";

call_error wrong(std::string message, std::string hint, std::string field) {
  return {error_code::invalid_params, std::move(message), std::move(hint), std::move(field)};
}

/// "/Sales/Contacts" as a pair has it; paths of other kinds stay what they are, or are refused.
std::variant<std::string, call_error> public_path(const ordered_json& path, const std::string& field) {
  const auto text = path.is_string() ? path.get<std::string>() : std::string();
  if (text.starts_with('/')) return "public:" + text;
  if (names_public_folder(text)) return text;
  return wrong(field + ": must be the path of a public folder, like \"/Sales/Contacts\"",
               "server.folders with the folder \"public:/\" lists them; pair.create pairs the folders of mailboxes",
               field);
}

/// What one folder pair is called that was given no name: as its folder, where that can be a name.
std::string name_after(const std::string& path) {
  auto name = path.substr(path.rfind('/') + 1);
  return std::holds_alternative<std::string>(parse_name(name)) ? name : "folder";
}

std::variant<ordered_json, call_error> with_public_folders(const ordered_json& folders) {
  auto result = folders;
  if (!result.is_object()) return result; // told by the check of the whole
  for (auto& [name, folder] : result.items())
    for (const std::string side : side_names) {
      if (!folder.is_object() || !folder.contains(side)) continue;
      auto path = public_path(folder.at(side), path_of(path_of("folders", name), side));
      if (auto* why = std::get_if<call_error>(&path)) return std::move(*why);
      folder[side] = std::get<std::string>(path);
    }
  return result;
}

/// One look at both sides.
class look : public std::enable_shared_from_this<look> {
public:
  look(const pair_settings& pair, std::function<void(std::optional<call_error>)> then)
      : pair_(pair), then_(std::move(then)) {}

  void start(engine_room& room) {
    // A server that hangs is told of: each request ends by itself.
    constexpr std::chrono::minutes patience{30};
    for (const side s : both_sides) {
      find_folders paths;
      for (const auto& f : pair_.folders)
        paths.paths.push_back(path(f, s));
      auto me = shared_from_this();
      room.ask_mailbox<folders_found>(
          side_of(s), std::move(paths), patience,
          [me, s](folders_found& found) { me->take(s, std::move(found.outcome)); },
          [me, s](const std::string& why) {
            me->take(s, failure{reach::server, retry::later, {}, "internal", "no answer: " + why, "look into the log"});
          });
    }
  }

private:
  using found_folders = result<std::vector<result<folder_state>>>;

  void take(side s, found_folders outcome) {
    {
      const std::lock_guard lock(mutex_);
      found_[s] = std::move(outcome);
      if (!found_.primary || !found_.replica) return;
    }
    then_(objection());
  }

  std::optional<call_error> objection() const {
    for (const side s : both_sides)
      if (const auto* why = std::get_if<failure>(&*found_[s])) return refused(*why, field(s));
    for (std::size_t i = 0; i < pair_.folders.size(); ++i)
      if (auto why = objection_to(i)) return why;
    return std::nullopt;
  }

  std::optional<call_error> objection_to(std::size_t i) const {
    const auto& f = pair_.folders[i];
    both<const folder_state*> there{};
    for (const side s : both_sides) {
      const auto& one = std::get<0>(*found_[s]).at(i);
      if (const auto* why = std::get_if<failure>(&one)) return refused(in_context(name(s), *why), field(s, f));
      there[s] = &std::get<folder_state>(one);
      if (auto why = missing_right(f, s, *there[s])) return why;
    }
    if (there.primary->id == there.replica->id)
      return call_error{error_code::not_possible, f.primary + " would be paired with itself",
                        "name another folder on one of the sides", field(side::replica, f)};
    const auto kind = [&](side s) { return logic::kind_of_folder(there[s]->folder_class); };
    if (kind(side::primary) == kind(side::replica)) return std::nullopt;
    return call_error{error_code::not_possible,
                      "primary folder " + f.primary + " is of class " + kind(side::primary) + " and replica folder " +
                          f.replica + " of class " + kind(side::replica),
                      "pair folders of the same class: mail with mail, contacts with contacts",
                      field(side::replica, f)};
  }

  std::optional<call_error> missing_right(const folder_pair_settings& f, side s, const folder_state& there) const {
    if (!there.rights) return std::nullopt; // the server does not say
    const auto target = f.policy.direction == direction::primary_to_replica   ? side::replica
                        : f.policy.direction == direction::replica_to_primary ? side::primary
                                                                              : s;
    const std::string missing = !there.rights->read                             ? "read"
                                : s == target && !there.rights->create_contents ? "create items in"
                                                                                : "";
    if (missing.empty()) return std::nullopt;
    return call_error{error_code::not_possible,
                      "the account \"" + side_of(s).server.auth.user + "\" may not " + missing + ' ' + name(s) +
                          " folder " + path(f, s),
                      "make it an owner of the folder (Add-PublicFolderClientPermission -AccessRights Owner)",
                      field(s, f)};
  }

  static call_error refused(const failure& why, std::string field) {
    return {error_code::not_possible, why.what.empty() ? why.code : why.what, why.hint, std::move(field)};
  }
  static std::string name(side s) { return side_names.at(s == side::primary ? 0 : 1); }
  static const std::string& path(const folder_pair_settings& f, side s) {
    return s == side::primary ? f.primary : f.replica;
  }
  const side_settings& side_of(side s) const { return s == side::primary ? pair_.primary : pair_.replica; }
  std::string field(side s) const { return path_of(path_of("pairs", pair_.name), name(s)); }
  std::string field(side s, const folder_pair_settings& f) const {
    return path_of(path_of(path_of(path_of("pairs", pair_.name), "folders"), f.name), name(s));
  }

  const pair_settings pair_;
  std::function<void(std::optional<call_error>)> then_;
  std::mutex mutex_; // each side is answered in a thread of its own
  both<std::optional<found_folders>> found_;
};

} // namespace

std::variant<ordered_json, call_error> ordinary_pair_of(const ordered_json& given) {
  auto result = given;
  std::vector<std::string> single;
  for (const std::string name : side_names) {
    if (!given.contains(name)) continue; // told by the check of the whole
    auto& side = result.at(name);
    if (!side.is_object() || !side.contains("folder")) continue;
    const auto field = path_of(name, "folder");
    if (given.contains("folders"))
      return wrong(field + ": stands beside \"folders\"; one of them must go",
                   "\"folder\" on each side for one folder pair, \"folders\" for several", field);
    auto path = public_path(side.at("folder"), field);
    if (auto* why = std::get_if<call_error>(&path)) return std::move(*why);
    single.push_back(std::get<std::string>(path));
    side.erase("folder");
  }
  if (given.contains("folders")) {
    auto folders = with_public_folders(given.at("folders"));
    if (auto* why = std::get_if<call_error>(&folders)) return std::move(*why);
    result["folders"] = std::get<ordered_json>(folders);
    return result;
  }
  for (const std::string name : side_names)
    if (!given.contains(name) || !given.at(name).is_object() || !given.at(name).contains("folder"))
      return wrong(path_of(name, "folder") + ": is missing: which public folder", like_this, path_of(name, "folder"));
  result["folders"] = {{name_after(single[0]), {{"primary", single[0]}, {"replica", single[1]}}}};
  return result;
}

void find_public_folders(engine_room& room, const pair_settings& pair,
                         std::function<void(std::optional<call_error>)> then) {
  std::make_shared<look>(pair, std::move(then))->start(room);
}

} // namespace exsyncd
