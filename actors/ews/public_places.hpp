#pragma once

#include "actors/ews/item_shares.hpp"

#include "ews/codec/create_folder.hpp"
#include "ews/codec/find_folder.hpp"
#include "ews/codec/find_item.hpp"
#include "ews/codec/get_folder.hpp"
#include "ews/codec/move_folder.hpp"
#include "ews/codec/update_folder.hpp"
#include "ews/model/ids.hpp"

#include <concepts>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

/// Which mailbox of public folders a request is for. Since 2013 the tree of public folders is in one mailbox and the
/// content of each folder in that or in another one (guide "Public folder access with EWS in Exchange").
namespace exsyncd {

struct public_destination {
  bool hierarchy = false;
  std::string content; // else: the GUID of the content's mailbox; empty: not known, that of the tree is asked
  friend bool operator==(const public_destination&, const public_destination&) = default;
};

/// What is known of where things are: told by the listings of folders and of what is in them. Of items and attachments
/// only a hash is kept. One thread.
class public_places {
public:
  void learn_root(const folder_id& root) { root_ = root; }
  void learn(const folder_id& folder, const std::string& content) { folders_[folder].content = content; }
  /// An item, an attachment or an occurrence, by its id.
  void learn(std::string_view id, const folder_id& in);
  /// A listing of the folder begins; once it has ended, what it did not show is forgotten.
  void begin_listing(const folder_id& folder) { folders_[folder].next.clear(); }
  void end_listing(const folder_id& folder);

  std::string content_of(const folder_id& folder) const;
  /// The folder of an item, an attachment or an occurrence; empty where it is not known.
  folder_id folder_of(std::string_view id) const;
  /// Whether the content is known to lie elsewhere than the tree.
  bool is_apart(const folder_id& folder) const;

private:
  struct place {
    std::string content;
    std::unordered_set<std::size_t> now, next;
  };
  std::unordered_map<folder_id, place> folders_;
  folder_id root_;
};

/// What a request names first that is in a folder: the id of an item or an attachment, or of one of `about`.
template <class Request>
std::string first_named(const Request& request, const std::vector<item_id>& about) {
  if constexpr (requires { request.attachments.front().starts_with(""); }) {
    if (!request.attachments.empty()) return request.attachments.front();
  } else if constexpr (std::same_as<Request, ews::get_item>) {
    if (!request.items.empty()) return request.items.front().value;
  } else {
    const std::vector<ews::entry<ews::item_key>>* no_answer = nullptr;
    for (const auto& share : shares_of(request, no_answer))
      if (!share.item.empty()) return share.item.value;
  }
  return about.empty() ? std::string() : about.front().value;
}

/// Which of the two guides a request falls under, and for which folder (guide "Public folder access with EWS in
/// Exchange", table of operations).
template <class Request>
public_destination destination_of(const public_places& places, const Request& request,
                                  const std::vector<item_id>& about) {
  if constexpr (std::same_as<Request, ews::find_folder> || std::same_as<Request, ews::create_folder> ||
                std::same_as<Request, ews::update_folder> || std::same_as<Request, ews::move_folder>) {
    return {true, {}};
  } else if constexpr (std::same_as<Request, ews::find_item> || std::same_as<Request, ews::create_items>) {
    return {false, places.content_of(request.folder)};
  } else if constexpr (std::same_as<Request, ews::get_folder>) {
    const auto* id = request.folders.empty() ? nullptr : std::get_if<folder_id>(&request.folders.front());
    return {false, id ? places.content_of(*id) : std::string()};
  } else {
    // What is moved is led to the folder that it moves to: "that holds the content for the target folder", as the guide
    // to content requests has it.
    if constexpr (std::same_as<Request, ews::move_items>)
      if (const auto* to = std::get_if<folder_id>(&request.to)) return {false, places.content_of(*to)};
    return {false, places.content_of(places.folder_of(first_named(request, about)))};
  }
}

/// Takes from an answer where things are.
template <class T, class Request>
void learn_places(public_places& places, const Request& request, const std::vector<ews::entry<T>>& entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto* got = std::get_if<T>(&entries[i]);
    if (!got) continue;
    if constexpr (std::same_as<T, ews::folder_page>) {
      for (const auto& f : got->folders)
        places.learn(f.folder.id, f.content_mailbox);
    } else if constexpr (std::same_as<Request, ews::get_folder>) {
      if (!got->content_mailbox.empty()) places.learn(got->folder.id, got->content_mailbox);
      if (i < request.folders.size() && std::holds_alternative<ews::distinguished_folder>(request.folders[i]))
        places.learn_root(got->folder.id);
    } else if constexpr (std::same_as<T, ews::item_page>) {
      for (const auto& item : got->items)
        places.learn(item.id.value, request.folder);
    } else if constexpr (std::same_as<Request, ews::create_items>) {
      places.learn(got->id.value, request.folder);
    } else if constexpr (std::same_as<Request, ews::move_items>) {
      if (const auto* to = std::get_if<folder_id>(&request.to)) places.learn(got->id.value, *to);
    } else if constexpr (std::same_as<Request, ews::get_item> && std::same_as<T, ews::got_item>) {
      if (i >= request.items.size()) continue;
      const auto in = places.folder_of(request.items[i].value);
      for (const auto& a : got->attachments)
        places.learn(a.id, in);
      for (const auto& o : got->series.changed)
        places.learn(o.id.value, in);
    } else if constexpr (std::same_as<T, ews::got_attachment>) {
      const auto in = places.folder_of(first_named(request, {}));
      for (const auto& a : got->inside)
        places.learn(a.id, in);
    } else if constexpr (std::same_as<T, ews::created_attachment>) {
      places.learn(got->id, places.folder_of(request.parent.id.value));
    }
  }
}

} // namespace exsyncd
