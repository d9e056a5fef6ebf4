#pragma once

#include "ews/codec/copy_item.hpp"
#include "ews/codec/create_attachment.hpp"
#include "ews/codec/create_item.hpp"
#include "ews/codec/delete_attachment.hpp"
#include "ews/codec/delete_item.hpp"
#include "ews/codec/get_attachment.hpp"
#include "ews/codec/get_folder.hpp"
#include "ews/codec/get_item.hpp"
#include "ews/codec/move_item.hpp"
#include "ews/codec/series.hpp"
#include "ews/codec/set_folder_marks.hpp"
#include "ews/codec/update_item.hpp"
#include "ews/model/change.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// Whether an answer answers the question: as many entries as were asked for, about the same items, of the same class.
/// Only for actors/ews.
namespace exsyncd {

/// How many entries an answer must have.
template <class Request>
std::size_t asked_for(const Request& request) {
  if constexpr (requires { request.items.size(); })
    return request.items.size();
  else if constexpr (std::same_as<Request, ews::get_folder> || std::same_as<Request, ews::set_folder_marks>)
    return request.folders.size();
  else if constexpr (std::same_as<Request, ews::get_occurrences>)
    return request.occurrences.size();
  else if constexpr (std::same_as<Request, ews::create_attachments> || std::same_as<Request, ews::get_attachment> ||
                     std::same_as<Request, ews::delete_attachments>)
    return request.attachments.size();
  else
    return 1;
}

/// Puts entries that name what they are about into the order of the question. False where they are not about that.
template <class T, class Named, class Asked>
bool in_order(std::vector<ews::entry<T>>& entries, Named named, Asked asked) {
  std::vector<ews::entry<T>> sorted(entries.size(), ews::entry<T>(ews::item_error{}));
  std::vector<bool> taken(entries.size());
  std::vector<std::size_t> nameless;
  bool moved = false;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const T* one = std::get_if<T>(&entries[i]);
    if (!one) {
      nameless.push_back(i);
      continue;
    }
    std::size_t at = i;
    if (named(*one) != asked(at) || taken[at])
      for (at = 0; at < entries.size() && (taken[at] || named(*one) != asked(at));)
        ++at;
    if (at == entries.size()) return false;
    moved = moved || at != i;
    taken[at] = true;
    sorted[at] = std::move(entries[i]);
  }
  // An error names no item. Where the others stand in their places it stands in its own; else they must be all alike.
  for (const auto i : nameless)
    if (moved &&
        std::get<ews::item_error>(entries[i]).code != std::get<ews::item_error>(entries[nameless.front()]).code)
      return false;
  std::size_t next = 0;
  for (std::size_t at = 0; at < sorted.size(); ++at)
    if (!taken[at]) sorted[at] = std::move(entries[nameless[next++]]);
  entries = std::move(sorted);
  return true;
}

/// What makes new ones of something must name each of them but once. An empty id is none.
template <class T, class Named>
bool all_different(const std::vector<ews::entry<T>>& entries, Named named) {
  std::set<std::string> seen;
  for (const auto& e : entries)
    if (const T* one = std::get_if<T>(&e))
      if (const std::string id = named(*one); !id.empty() && !seen.insert(id).second) return false;
  return true;
}

/// Whether a page of changes gives one id to two items: what was told of the one would be taken for the other's. A list
/// tells of each item once, as it is now; of a new one twice at most, where it was changed as well.
inline bool gives_one_id_twice(const change_page& page) {
  std::map<item_id, const listed_item*> seen;
  const auto differ = [](const auto& a, const auto& b) { return !a.empty() && !b.empty() && a != b; };
  for (const auto& c : page.changes) {
    const auto* present = std::get_if<item_present>(&c);
    const auto* left = std::get_if<item_left>(&c);
    const auto& id = present ? present->item.id : left ? left->id : std::get<item_read_changed>(c).id;
    const auto [at, fresh] = seen.try_emplace(id, present ? &present->item : nullptr);
    if (fresh) continue;
    if (!present || !at->second) return true;
    const auto& first = *at->second;
    if (differ(first.search_key, present->item.search_key) || differ(first.message_id, present->item.message_id))
      return true;
  }
  return false;
}

/// Of a list's "message" and "other" both are mails to the protocol.
inline enum item_class as_element(enum item_class c) {
  return c == item_class::other ? item_class::message : c;
}

/// Folders that are named in the answer as in the question, by id or by the name that every mailbox knows, are put into
/// its order. Where some are not, nothing is known; false where the names are those of other folders.
template <class T>
bool named_in_order(const ews::get_folder& request, std::vector<ews::entry<T>>& entries) {
  std::vector<std::string> asked;
  bool by_id = false;
  for (const auto& f : request.folders) {
    const auto* known = std::get_if<ews::distinguished_folder>(&f);
    by_id = by_id || !known;
    asked.push_back(known ? known->name : std::get<folder_id>(f).value);
  }
  const auto name = [by_id](const T& got) { return by_id ? got.folder.id.value : got.distinguished; };
  for (const auto& e : entries)
    if (const T* got = std::get_if<T>(&e); got && std::find(asked.begin(), asked.end(), name(*got)) == asked.end())
      return true;
  return in_order<T>(entries, name, [&](std::size_t i) { return asked[i]; });
}

/// What is wrong with an answer as a whole, or nothing. Entries in another order are put in the order of the question,
/// where they tell which they are.
template <class Request, class T>
std::string mismatch(const Request& request, std::vector<ews::entry<T>>& entries) {
  if (entries.size() != asked_for(request))
    return std::to_string(entries.size()) + " answers to a question about " + std::to_string(asked_for(request));
  [[maybe_unused]] const std::string others = "the answer is about other items than the question";
  [[maybe_unused]] const std::string twice = "the answer names one item twice";
  if constexpr (std::same_as<Request, ews::get_item>) {
    if (!in_order<T>(
            entries, [](const T& got) -> const item_id& { return got.item.id; },
            [&](std::size_t i) -> const item_id& { return request.items[i]; }))
      return others;
    // What is nothing but a key, a list or a state is asked for without knowing the class.
    using what = ews::get_item::what;
    if (request.wanted == what::content || request.wanted == what::whole)
      for (auto& e : entries)
        if (const auto* got = std::get_if<T>(&e);
            got && as_element(got->item.item_class) != as_element(request.item_class))
          e = ews::item_error{"protocol", "an item of another class than asked for", {}, {}};
  } else if constexpr (std::same_as<Request, ews::update_contents>) {
    bool tasks = false; // an update of one of recurring tasks answers with one that it has made
    for (const auto& one : request.items)
      tasks = tasks || one.item_class == item_class::task;
    const auto id = [](const T& key) { return key.id.value; };
    if (!all_different<T>(entries, id)) return twice;
    const bool all_named = std::none_of(entries.begin(), entries.end(), [](const auto& e) {
      const T* key = std::get_if<T>(&e);
      return key && key->id.empty();
    });
    if (!tasks && all_named &&
        !in_order<T>(entries, id, [&](std::size_t i) { return request.items[i].guard.id.value; }))
      return others;
  } else if constexpr (std::same_as<Request, ews::update_read_states>) {
    const bool all_named = std::none_of(entries.begin(), entries.end(), [](const auto& e) {
      const T* key = std::get_if<T>(&e);
      return key && key->id.empty();
    });
    if (all_named && !in_order<T>(
                         entries, [](const T& key) { return key.id.value; },
                         [&](std::size_t i) { return request.items[i].first.id.value; }))
      return others;
  } else if constexpr (std::same_as<T, ews::item_key> &&
                       (std::same_as<Request, ews::create_items> || std::same_as<Request, ews::move_items> ||
                        std::same_as<Request, ews::copy_items>)) {
    if (!all_different<T>(entries, [](const T& key) { return key.id.value; })) return twice;
  } else if constexpr (std::same_as<T, change_page>) {
    for (const auto& e : entries)
      if (const auto* page = std::get_if<T>(&e); page && gives_one_id_twice(*page))
        return "the list gives one id to two items";
  } else if constexpr (std::same_as<Request, ews::set_folder_marks>) {
    if (!in_order<T>(
            entries, [](const T& got) -> const folder_id& { return got.folder.id; },
            [&](std::size_t i) -> const folder_id& { return request.folders[i].folder; }))
      return "the answer is about other folders than the question";
  } else if constexpr (std::same_as<Request, ews::get_folder>) {
    if (!named_in_order<T>(request, entries)) return "the answer is about other folders than the question";
  } else if constexpr (std::same_as<Request, ews::create_attachments>) {
    if (!all_different<T>(entries, [](const T& made) { return made.id; })) return twice;
  }
  return {};
}

} // namespace exsyncd
