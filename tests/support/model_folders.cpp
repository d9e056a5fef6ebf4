#include "tests/support/model_mailbox.hpp"

#include <algorithm>
#include <utility>

/// The folders of the model, as its users and a client see them.
namespace exsyncd::testing {

namespace {

constexpr const char* top = "msgfolderroot";

/// "inbox/" of "inbox/A", empty of "inbox".
std::string parent_path(const std::string& path) {
  return path.substr(0, path.rfind('/') + 1);
}

std::string last_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

} // namespace

void model_mailbox::user_rename_folder(const std::string& path, const std::string& name) {
  if (auto* f = folder_of(path)) put_folder(*f, parent_path(path) + name);
}

void model_mailbox::user_move_folder(const std::string& path, const std::string& to) {
  if (auto* f = folder_of(path)) put_folder(*f, (to == top ? std::string() : to + '/') + last_name(path));
}

void model_mailbox::user_delete_folder(const std::string& path) {
  user_move_folder(path, "deleteditems");
}

folder_id model_mailbox::root_id() const {
  return folder_id(name_ + "/root");
}

folder_state model_mailbox::state_of(const model_folder& f) const {
  folder_state s;
  s.id = f.id;
  s.key = f.key();
  s.parent = root_id();
  const auto parent = parent_path(f.path);
  for (const auto& other : folders_)
    if (other.path + '/' == parent) s.parent = other.id;
  s.display_name = last_name(f.path);
  s.folder_class = f.folder_class;
  s.total = static_cast<std::uint32_t>(f.items.size());
  s.unread = static_cast<std::uint32_t>(
      std::count_if(f.items.begin(), f.items.end(), [](const auto& i) { return !i.second.read; }));
  s.leases = f.leases;
  if (clock) s.read_at = clock();
  s.in_deleted_items = f.path == "deleteditems" || f.path.starts_with("deleteditems/");
  return s;
}

std::optional<folder_state> model_mailbox::folder(const std::string& path) const {
  if (path == top) {
    folder_state root;
    root.id = root_id();
    return root;
  }
  if (path.starts_with(std::string(top) + "/")) return folder(path.substr(std::string(top).size() + 1));
  for (const auto& f : folders_)
    if (f.path == path) return state_of(f);
  return std::nullopt;
}

std::optional<folder_state> model_mailbox::folder(const folder_id& id) const {
  const auto* f = folder_of(id);
  return f ? std::optional(state_of(*f)) : std::nullopt;
}

folder_outcome model_mailbox::write_leases(const folder_id& id, const change_key& guard, const std::string& leases) {
  auto* f = folder_of(id);
  if (!f) return exsyncd::gone{};
  if (no_leases_at.contains(f->path))
    return not_done{{reach::folder, retry::after_change, {}, "ErrorAccessDenied", "access is denied", {}}};
  if (!guard.empty() && guard != f->key()) return exsyncd::stale{};
  f->version = ++last_version_;
  f->leases = leases;
  return state_of(*f);
}

std::optional<std::vector<folder_below>> model_mailbox::below(const std::string& path) const {
  if (!folder(path)) return std::nullopt;
  std::vector<folder_below> all;
  for (const auto& f : folders_) {
    if (path != top && !f.path.starts_with(path + '/')) continue;
    const auto state = state_of(f);
    all.push_back({state, path == top ? path + '/' + f.path : f.path, state.in_deleted_items ? "deleted items" : ""});
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return all;
}

bool model_mailbox::put_folder(model_folder& f, const std::string& path) {
  if (path == f.path) return true;
  if (folder_of(path)) return false;
  f.version = ++last_version_;
  const auto before = std::exchange(f.path, path) + '/';
  for (auto& other : folders_)
    if (other.path.starts_with(before)) other.path = path + '/' + other.path.substr(before.size());
  return true;
}

folder_outcome model_mailbox::create_folder(const folder_id& parent, const std::string& name,
                                            const std::string& folder_class) {
  const auto* under = folder_of(parent);
  if (!under && parent != root_id()) return exsyncd::gone{};
  const auto path = under ? under->path + '/' + name : name;
  if (folder_of(path)) return folder_exists{};
  make_folder(path, folder_class);
  return *folder(path);
}

folder_outcome model_mailbox::rename_folder(const folder_id& id, const change_key& guard, const std::string& name) {
  auto* f = folder_of(id);
  if (!f) return exsyncd::gone{};
  if (!guard.empty() && guard != f->key()) return exsyncd::stale{};
  if (!put_folder(*f, parent_path(f->path) + name)) return folder_exists{};
  return state_of(*f);
}

folder_outcome model_mailbox::move_folder(const folder_id& id, const folder_id& to) {
  auto* f = folder_of(id);
  const auto* under = folder_of(to);
  if (!f || (!under && to != root_id())) return exsyncd::gone{};
  if (!put_folder(*f, (under ? under->path + '/' : std::string()) + last_name(f->path))) return folder_exists{};
  return state_of(*f);
}

} // namespace exsyncd::testing
