#include "daemon/declarations.hpp"

#include "config/json_depth.hpp"

#include "config/document.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace exsyncd {
namespace {

using nlohmann::ordered_json;

/// The members of an "auth" whose values are secrets.
constexpr std::array<std::string_view, 1> secret_keys{"password"};

bool is_secret(const std::string& parent, const std::string& key) {
  return parent == "auth" && std::find(secret_keys.begin(), secret_keys.end(), key) != secret_keys.end();
}

const char* section(declared kind) {
  return kind == declared::server ? "servers" : "pairs";
}

std::string path_of(const declared_name& what) {
  return exsyncd::path_of(section(what.kind), what.name);
}

/// Calls `visit` with each secret and its path; what it makes of it stands there afterwards.
void each_secret(ordered_json& value, const std::string& path,
                 const std::function<void(ordered_json& secret, const std::string& path)>& visit,
                 const std::string& parent = {}) {
  if (!value.is_object()) return;
  for (auto& [key, child] : value.items()) {
    const auto here = exsyncd::path_of(path, key);
    if (is_secret(parent, key))
      visit(child, here);
    else
      each_secret(child, here, visit, key);
  }
}

bool is_sealed(const ordered_json& value) {
  return value.is_object() && value.size() == 1 && value.contains("sealed") && value.at("sealed").is_string();
}

ordered_json without_secrets(const ordered_json& value, const std::string& parent = {}) {
  if (!value.is_object()) return value;
  auto shown = ordered_json::object();
  for (const auto& [key, child] : value.items()) {
    if (is_secret(parent, key))
      shown["secret"] = "kept";
    else
      shown[key] = without_secrets(child, key);
  }
  return shown;
}

std::string dump(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

const ordered_json* member(const ordered_json& object, const std::string& key) {
  const auto at = object.is_object() ? object.find(key) : object.end();
  return at == object.end() ? nullptr : &*at;
}

} // namespace

declarations::change::change() = default;
declarations::change::change(change&&) noexcept = default;
declarations::change::~change() = default;

declarations::declarations(options with)
    : with_(std::move(with)), document_(std::make_unique<ordered_json>(ordered_json::object())) {}
declarations::declarations(declarations&&) noexcept = default;
declarations::~declarations() = default;

void declarations::take(const std::vector<declaration>& kept) {
  for (const auto& d : kept)
    kept_[{d.kind, d.name}] = nests_too_deep(d.text) ? ordered_json() : ordered_json::parse(d.text, nullptr, false);
}

std::variant<added_settings, problems> declarations::read(const std::map<declared_name, ordered_json>& kept,
                                                          const configuration_text& text,
                                                          const std::set<std::string>& edited_pairs) const {
  additions more;
  more.edited_pairs = edited_pairs;
  std::map<declared_name, problems> unreadable;
  std::optional<std::variant<secret_box, std::string>> box; // opened when it is needed first
  for (const auto& [name, value] : kept) {
    auto opened = value;
    each_secret(opened, path_of(name), [&](ordered_json& secret, const std::string& path) {
      if (!is_sealed(secret)) return; // as it was given
      if (!box) box.emplace(secret_box::open(with_.keys, false));
      std::optional<std::string> plain;
      if (const auto* with = std::get_if<secret_box>(&*box))
        plain = with->unseal(secret.at("sealed").get<std::string>(), path);
      if (plain) {
        secret = *plain;
        return;
      }
      const auto* why = std::get_if<std::string>(&*box);
      unreadable[name].push_back(
          {path, "cannot be read, give it again: " + (why ? *why : "it was sealed with another key"), 0, 0});
      secret = "unreadable";
    });
    (name.kind == declared::server ? more.servers : more.pairs)[name.name] = dump(opened);
  }
  auto result = parse_settings(text.text, text.places, more);
  auto* right = std::get_if<added_settings>(&result);
  if (right == nullptr) return result;
  for (const auto& [name, found] : unreadable) {
    auto& wrong = (name.kind == declared::server ? right->wrong_servers : right->wrong_pairs)[name.name];
    wrong.insert(wrong.end(), found.begin(), found.end());
    const auto drop = [&, n = name.name](auto& list) { std::erase_if(list, [&](auto& one) { return one.name == n; }); };
    if (name.kind == declared::pair) {
      drop(right->all.pairs);
      continue;
    }
    drop(right->all.servers);
    for (const auto& [user, value] : kept) {
      const auto used = servers_of(value);
      if (user.kind != declared::pair || std::find(used.begin(), used.end(), name.name) == used.end()) continue;
      right->wrong_pairs[user.name].push_back(
          {path_of(user), "server \"" + name.name + "\" is not right itself", 0, 0});
      std::erase_if(right->all.pairs, [&](auto& p) { return p.name == user.name; });
    }
  }
  return result;
}

std::variant<added_settings, problems> declarations::read() {
  auto loaded = load_text(with_.file, with_.keys.credentials);
  if (auto* wrong = std::get_if<problems>(&loaded)) return std::move(*wrong);
  auto& text = std::get<configuration_text>(loaded);
  auto result = read(kept_, text);
  if (const auto* right = std::get_if<added_settings>(&result)) {
    problems none;
    *document_ = parse_document(text.text, none);
    text_ = std::move(text);
    wrong_servers_ = right->wrong_servers;
    wrong_pairs_ = right->wrong_pairs;
  }
  return result;
}

problems declarations::look() const {
  auto loaded = load_text(with_.file, with_.keys.credentials);
  if (auto* wrong = std::get_if<problems>(&loaded)) return std::move(*wrong);
  auto result = read(kept_, std::get<configuration_text>(loaded));
  if (auto* wrong = std::get_if<problems>(&result)) return std::move(*wrong);
  problems found;
  const auto& right = std::get<added_settings>(result);
  for (const auto* wrong : {&right.wrong_servers, &right.wrong_pairs})
    for (const auto& [name, more] : *wrong)
      found.insert(found.end(), more.begin(), more.end());
  return found;
}

std::variant<server_settings, problems> declarations::read_server(const ordered_json& given) const {
  const std::string name = "settings";
  additions more;
  more.servers[name] = dump(given);
  auto result = parse_settings("{}", text_.places, more);
  if (auto* wrong = std::get_if<problems>(&result)) return std::move(*wrong);
  auto& read = std::get<added_settings>(result);
  if (const auto at = read.wrong_servers.find(name); at != read.wrong_servers.end()) {
    const std::string above = section(declared::server) + std::string(".");
    for (auto& p : at->second)
      if (p.path.starts_with(above)) p.path.erase(0, above.size());
    return at->second;
  }
  return read.all.servers.front();
}

std::variant<declarations::change, problems> declarations::check(std::vector<edit> edits) {
  change result;
  result.kept = kept_;
  std::set<std::string> edited_pairs;
  for (auto& [name, value] : edits) {
    if (name.kind == declared::pair) edited_pairs.insert(name.name);
    if (value)
      result.kept[name] = *value;
    else
      result.kept.erase(name);
  }
  auto read_again = read(result.kept, text_, edited_pairs);
  if (auto* wrong = std::get_if<problems>(&read_again))
    return std::move(*wrong); // the password files it names, perhaps
  auto& right = std::get<added_settings>(read_again);
  problems found;
  const auto collect = [&](declared kind, const auto& now, const auto& before) {
    for (const auto& [name, wrong] : now) {
      const declared_name what{kind, name};
      const bool is_edited = std::any_of(edits.begin(), edits.end(), [&](auto& e) { return e.first == what; });
      // What was wrong before and is not touched stays as it is.
      if (is_edited || !before.contains(name)) found.insert(found.end(), wrong.begin(), wrong.end());
    }
  };
  collect(declared::server, right.wrong_servers, wrong_servers_);
  collect(declared::pair, right.wrong_pairs, wrong_pairs_);
  if (!found.empty()) return found;

  result.all = std::move(right.all);
  std::optional<std::variant<secret_box, std::string>> box;
  for (const auto& [name, value] : edits) {
    keep_declaration keep{name.kind, name.name, {}};
    if (value) {
      auto& kept = result.kept[name];
      each_secret(kept, path_of(name), [&](ordered_json& secret, const std::string& path) {
        if (is_sealed(secret)) return;
        if (!box) box.emplace(secret_box::open(with_.keys, true));
        if (const auto* with = std::get_if<secret_box>(&*box))
          secret = {{"sealed", with->seal(secret.get<std::string>(), path)}};
        else
          found.push_back({path, "cannot be kept: " + std::get<std::string>(*box), 0, 0});
      });
      keep.text = dump(kept);
    }
    result.to_keep.push_back(std::move(keep));
  }
  if (!found.empty()) return found;
  return result;
}

void declarations::apply(change&& done) {
  kept_ = std::move(done.kept);
  // What was wrong and was edited is right now; what was deleted is no more.
  const auto forget = [&](declared kind, auto& wrong) {
    for (const auto& k : done.to_keep)
      if (k.kind == kind) wrong.erase(k.name);
  };
  forget(declared::server, wrong_servers_);
  forget(declared::pair, wrong_pairs_);
}

bool declarations::is_in_file(const declared_name& what) const {
  const auto* all = member(*document_, section(what.kind));
  return all != nullptr && member(*all, what.name) != nullptr;
}

ordered_json declarations::find(const declared_name& what) const {
  if (const auto* all = member(*document_, section(what.kind)))
    if (const auto* one = member(*all, what.name)) return *one;
  const auto at = kept_.find(what);
  return at == kept_.end() ? ordered_json() : at->second;
}

ordered_json declarations::show(const declared_name& what) const {
  return without_secrets(find(what));
}

std::vector<std::string> declarations::names(declared kind) const {
  std::vector<std::string> result;
  if (const auto* all = member(*document_, section(kind)))
    for (const auto& [name, unused] : all->items())
      result.push_back(name);
  for (const auto& [what, unused] : kept_)
    if (what.kind == kind && std::find(result.begin(), result.end(), what.name) == result.end())
      result.push_back(what.name);
  return result;
}

std::vector<std::string> declarations::servers_of(const ordered_json& pair) {
  std::vector<std::string> result;
  for (const auto* side : {"primary", "replica"})
    if (const auto* s = member(pair, side))
      if (const auto* server = member(*s, "server"); server != nullptr && server->is_string())
        result.push_back(server->get<std::string>());
  return result;
}

std::vector<std::string> declarations::pairs_with(const std::string& server) const {
  std::vector<std::string> result;
  for (const auto& name : names(declared::pair)) {
    const auto used = servers_of(find({declared::pair, name}));
    if (std::find(used.begin(), used.end(), server) != used.end()) result.push_back(name);
  }
  return result;
}

problems declarations::wrong_with(const declared_name& what) const {
  const auto& all = what.kind == declared::server ? wrong_servers_ : wrong_pairs_;
  const auto at = all.find(what.name);
  return at == all.end() ? problems() : at->second;
}

added_settings declarations::with_problems(settings all) const {
  return {std::move(all), wrong_servers_, wrong_pairs_};
}

ordered_json declarations::everything() const {
  auto all = without_secrets(*document_);
  if (!all.is_object()) all = ordered_json::object();
  for (const auto& [what, value] : kept_)
    if (!is_in_file(what)) all[section(what.kind)][what.name] = without_secrets(value);
  return all;
}

std::string declarations::odd_secret(const ordered_json& given) {
  std::string odd;
  auto copy = given;
  each_secret(copy, "", [&](ordered_json& secret, const std::string& path) {
    if (!secret.is_string() && !secret.is_null()) odd = path;
  });
  return odd;
}

problems declarations::secrets_gone_astray(const ordered_json& before, const ordered_json& after,
                                           const std::string& path) {
  problems found;
  if (!before.is_object() || !after.is_object()) return found;
  const auto* auth = member(after, "auth");
  const auto* old_auth = member(before, "auth");
  const auto differs = [](const ordered_json& a, const ordered_json& b, const char* key) {
    const auto *x = member(a, key), *y = member(b, key);
    return (x == nullptr) != (y == nullptr) || (x != nullptr && *x != *y);
  };
  if (auth != nullptr && old_auth != nullptr)
    for (const auto& [key, value] : auth->items()) {
      if (!is_secret("auth", key) || !is_sealed(value)) continue;
      bool astray = differs(*auth, *old_auth, "user");
      for (const auto* where : {"url", "server", "ca_file"})
        astray = astray || differs(before, after, where);
      if (astray)
        found.push_back({exsyncd::path_of(exsyncd::path_of(path, "auth"), key),
                         "must be given again: it was given for another server or user", 0, 0});
    }
  for (const auto& [key, child] : after.items())
    if (const auto* old = member(before, key)) {
      const auto inner = secrets_gone_astray(*old, child, exsyncd::path_of(path, key));
      found.insert(found.end(), inner.begin(), inner.end());
    }
  return found;
}

bool declarations::keeps_secrets(const ordered_json& value) {
  bool keeps = false;
  auto copy = value;
  each_secret(copy, "", [&](ordered_json& secret, const std::string&) { keeps = keeps || is_sealed(secret); });
  return keeps;
}

} // namespace exsyncd
