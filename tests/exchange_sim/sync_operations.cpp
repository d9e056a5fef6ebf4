// SyncFolderItems and SyncFolderHierarchy.
#include "tests/exchange_sim/access.hpp"
#include "tests/exchange_sim/folder_shape.hpp"
#include "tests/exchange_sim/properties.hpp"
#include "tests/exchange_sim/sync_state.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace exchange_sim {

namespace {

constexpr std::string_view no_items_state = "<m:SyncState/><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>";
constexpr std::string_view no_folders_state =
    "<m:SyncState/><m:IncludesLastFolderInRange>true</m:IncludesLastFolderInRange>";

// The operations' pages say that it is not supported, and name no code.
constexpr const char* no_sync_of_public_folders = "Public folders cannot be synchronized.";

sync_state read_state(session& s, node request, sync_kind kind, folder_key root) {
  auto text = request.child("SyncState").text();
  if (text.empty()) return {kind, s.box->guid, s.box->sync_epoch, root, {}};
  auto state = decode_sync_state(text);
  if (!state || state->kind != kind || state->mailbox_guid != s.box->guid || state->epoch != s.box->sync_epoch ||
      state->root != root)
    throw response_error{"ErrorInvalidSyncStateData", "Synchronization state data is corrupt or otherwise invalid."};
  return *state;
}

struct item_change {
  enum class kind { create, update, gone, read, hidden } what;
  const item* of = nullptr;
  const item_tombstone* tombstone = nullptr;
};

std::vector<item_change> pending(session& s, const folder& f, const told_changes& told, bool newest_first,
                                 bool with_associated) {
  using kind = item_change::kind;
  std::vector<item_change> changed, gone, read;
  for (const auto& [key, i] : f.items) {
    if (i.associated && !with_associated) continue;
    if (is_hidden(s, i)) {
      // What the client knew and may no longer see leaves its list once.
      if (told.has(i.arrived) && !told.has(i.changed)) gone.push_back({kind::hidden, &i});
      continue;
    }
    if (!told.has(i.arrived))
      changed.push_back({kind::create, &i});
    else if (!told.has(i.changed))
      changed.push_back({kind::update, &i});
    else if (!told.has(i.read_changed))
      read.push_back({kind::read, &i});
  }
  for (const auto& t : f.tombstones)
    if (told.has(t.arrived) && !told.has(t.gone)) gone.push_back({kind::gone, nullptr, &t});
  std::stable_sort(changed.begin(), changed.end(), [newest_first](const item_change& a, const item_change& b) {
    if (!newest_first) return a.of->changed < b.of->changed;
    auto when = [](const item& i) { return i.received.value_or(i.created); };
    return std::pair(when(*b.of), b.of->key) < std::pair(when(*a.of), a.of->key);
  });
  // The order of the store's own stream: changes, deletions, read states (MS-OXCFXICS, contentsSync).
  changed.insert(changed.end(), gone.begin(), gone.end());
  changed.insert(changed.end(), read.begin(), read.end());
  return changed;
}

void mark_told(told_changes& told, const item_change& change) {
  if (change.tombstone != nullptr) {
    told.add(change.tombstone->gone);
    return;
  }
  told.add(change.of->arrived);
  told.add(change.of->changed);
  told.add(change.of->read_changed);
}

void write_change(session& s, xml_writer& out, const item_change& change, const item_shape& shape) {
  using kind = item_change::kind;
  switch (change.what) {
  case kind::create:
  case kind::update:
    out.open(change.what == kind::create ? "t:Create" : "t:Update");
    write_item(s, out, *change.of, shape, shape_place::list);
    out.close();
    break;
  case kind::gone:
    out.open("t:Delete");
    out.empty("t:ItemId", {{"Id", wire_id(*s.box, change.tombstone->key)}, {"ChangeKey", type_only_key_of_item()}});
    out.close();
    break;
  case kind::hidden:
    out.open("t:Delete");
    out.empty("t:ItemId", {{"Id", wire_id(*s.box, change.of->key)}, {"ChangeKey", type_only_key_of_item()}});
    out.close();
    break;
  case kind::read:
    out.open("t:ReadFlagChange");
    // The key is a mere type prefix here, as in Delete.
    out.empty("t:ItemId", {{"Id", wire_id(*s.box, change.of->key)}, {"ChangeKey", type_only_key_of_item()}});
    out.leaf("t:IsRead", change.of->read ? "true" : "false");
    out.close();
    break;
  }
}

} // namespace

void sync_folder_items(session& s, node request, xml_writer& out) {
  respond(
      s, out, "m:SyncFolderItemsResponseMessage", {},
      [&](xml_writer& inside) {
        auto shape = read_shape(s, request.child("ItemShape"));
        auto& f = target_folder(s, request.child("SyncFolderId"), "ErrorSyncFolderNotFound");
        if (s.box->is_public) throw response_error{"ErrorInvalidOperation", no_sync_of_public_folders};
        require(s, f, &folder_rights::read);
        auto state = read_state(s, request, sync_kind::items, f.key);
        auto wanted = static_cast<std::size_t>(std::atoi(request.child("MaxChangesReturned").text().c_str()));
        auto most = std::min(wanted, s.host.sync_page);
        std::set<std::string> ignored;
        for (auto id : request.child("Ignore").children())
          ignored.insert(id.attribute_or("Id", ""));
        bool with_associated = request.child("SyncScope").text() == "NormalAndAssociatedItems";
        auto changes = pending(s, f, state.told, s.host.profile.sync_newest_first, with_associated);
        xml_writer written;
        std::size_t count = 0, at = 0;
        for (; at < changes.size() && count < most; ++at) {
          const auto& change = changes[at];
          mark_told(state.told, change);
          auto key = change.of != nullptr ? change.of->key : change.tombstone->key;
          if (ignored.contains(wire_id(*s.box, key))) continue;
          s.all.log.note(change.of == nullptr ? item_event::kind::told_gone : item_event::kind::listed, s.host, *s.box,
                         key.value);
          write_change(s, written, change, shape);
          ++count;
        }
        bool last = at == changes.size();
        if (last) state.told.finish(s.box->last_change);
        inside.leaf("m:SyncState", encode(state));
        inside.leaf("m:IncludesLastItemInRange", last ? "true" : "false");
        inside.open("m:Changes");
        inside.raw(written.text());
        inside.close();
      },
      no_items_state);
}

void sync_folder_hierarchy(session& s, node request, xml_writer& out) {
  respond(
      s, out, "m:SyncFolderHierarchyResponseMessage", {},
      [&](xml_writer& inside) {
        auto shape = read_folder_shape(request.child("FolderShape"));
        auto named = request.child("SyncFolderId");
        auto& root = named ? target_folder(s, named, "ErrorSyncFolderNotFound") : *s.box->distinguished("root");
        if (s.box->is_public) throw response_error{"ErrorInvalidOperation", no_sync_of_public_folders};
        auto state = read_state(s, request, sync_kind::hierarchy, root.key);
        auto below = [&](const folder& f) {
          for (auto* at = s.box->find_folder(f.parent); at != nullptr; at = s.box->find_folder(at->parent))
            if (at->key == root.key) return true;
          return false;
        };
        xml_writer written;
        for (const auto& [key, f] : s.box->folders) {
          bool known = state.told.has(f.created);
          if ((known && state.told.has(f.changed)) || !below(f) || !rights_in(s, f).visible) continue;
          written.open(known ? "t:Update" : "t:Create");
          write_folder(s, written, f, shape);
          written.close();
        }
        for (const auto& t : s.box->folder_tombstones)
          if (state.told.has(t.created) && !state.told.has(t.gone)) {
            written.open("t:Delete");
            written.empty("t:FolderId", {{"Id", wire_id(*s.box, t.key)}, {"ChangeKey", type_only_key_of_folder()}});
            written.close();
          }
        state.told.finish(s.box->last_change);
        inside.leaf("m:SyncState", encode(state));
        inside.leaf("m:IncludesLastFolderInRange", "true");
        inside.open("m:Changes");
        inside.raw(written.text());
        inside.close();
      },
      no_folders_state);
}

} // namespace exchange_sim
