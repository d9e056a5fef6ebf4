#include "tests/simulate/model/scope.hpp"

#include <algorithm>

namespace simulate::model {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
  });
  return out;
}

const std::string& path_of(const folder_pair& pair, side s) {
  return s == side::primary ? pair.primary : pair.replica;
}

bool is_root(std::string_view path) {
  return lower(path) == "msgfolderroot" || lower(path) == "publicfoldersroot";
}

} // namespace

std::optional<place_in_pair> scope::locate(side s, std::string_view path) const {
  auto wanted = lower(path);
  std::optional<place_in_pair> best;
  std::size_t longest = 0;
  for (const auto& one : pair_.folders) {
    auto base = lower(path_of(one, s));
    bool same = wanted == base;
    bool under = one.include_subfolders && wanted.starts_with(base + "/");
    if ((!same && !under) || (best && base.size() < longest)) continue;
    longest = base.size();
    best = place_in_pair{&one, wanted.substr(base.size())};
  }
  if (best && !best->of->on) return std::nullopt;
  return best;
}

std::string scope::common_name(side s, std::string_view path) const {
  auto found = locate(s, path);
  return found ? found->of->name + found->below : std::string();
}

bool scope::is_open(side s, std::string_view path) const {
  for (const auto& one : pair_.folders)
    if (one.on && one.include_subfolders && is_root(path_of(one, s)) && !locate(s, path)) return true;
  return false;
}

std::optional<side> scope::side_of(const std::string& mailbox) const {
  if (mailbox == pair_.primary) return side::primary;
  if (mailbox == pair_.replica) return side::replica;
  return std::nullopt;
}

namespace {

/// Whether `one` says of a subfolder of `above` what that says of it.
bool repeats(const folder_pair& above, const folder_pair& one) {
  auto tail_of = [&](side s) {
    auto base = lower(path_of(above, s)) + "/", path = lower(path_of(one, s));
    return path.starts_with(base) ? path.substr(base.size()) : std::string();
  };
  auto tail = tail_of(side::primary);
  auto alike = one;
  alike.name = above.name;
  alike.primary = above.primary;
  alike.replica = above.replica;
  return !tail.empty() && tail == tail_of(side::replica) && above.include_subfolders && alike == above;
}

} // namespace

pair_settings meaning_of(pair_settings pair) {
  const auto all = pair.folders;
  std::erase_if(pair.folders, [&](const folder_pair& one) {
    return std::any_of(all.begin(), all.end(), [&](const folder_pair& above) { return repeats(above, one); });
  });
  for (auto& one : pair.folders)
    one.name.clear();
  std::sort(pair.folders.begin(), pair.folders.end(), [](const folder_pair& a, const folder_pair& b) {
    return std::pair(a.primary, a.replica) < std::pair(b.primary, b.replica);
  });
  return pair;
}

} // namespace simulate::model
