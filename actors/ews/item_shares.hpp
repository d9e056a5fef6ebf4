#pragma once

#include "actors/traffic.hpp"
#include "ews/codec/copy_item.hpp"
#include "ews/codec/create_attachment.hpp"
#include "ews/codec/create_item.hpp"
#include "ews/codec/delete_attachment.hpp"
#include "ews/codec/delete_item.hpp"
#include "ews/codec/get_attachment.hpp"
#include "ews/codec/get_item.hpp"
#include "ews/codec/move_item.hpp"
#include "ews/codec/series.hpp"
#include "ews/codec/update_item.hpp"

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

/// How the bytes of one request and its answer are shared out among the items that it was about: by what each of them
/// brings along, so that a large mail is not paid for by the small ones of its batch. Only for actors/ews.
namespace exsyncd {

/// Whether a request reads or writes items; all others find out what there is to do.
template <class Request>
inline constexpr bool is_about_items = false;
template <>
inline constexpr bool is_about_items<ews::get_item> = true;
template <>
inline constexpr bool is_about_items<ews::get_attachment> = true;
template <>
inline constexpr bool is_about_items<ews::get_occurrences> = true;
template <>
inline constexpr bool is_about_items<ews::create_items> = true;
template <>
inline constexpr bool is_about_items<ews::suppress_read_receipts> = true;
template <>
inline constexpr bool is_about_items<ews::update_contents> = true;
template <>
inline constexpr bool is_about_items<ews::update_read_states> = true;
template <>
inline constexpr bool is_about_items<ews::update_occurrence> = true;
template <>
inline constexpr bool is_about_items<ews::delete_occurrence> = true;
template <>
inline constexpr bool is_about_items<ews::move_items> = true;
template <>
inline constexpr bool is_about_items<ews::copy_items> = true;
template <>
inline constexpr bool is_about_items<ews::delete_items> = true;
template <>
inline constexpr bool is_about_items<ews::create_attachments> = true;
template <>
inline constexpr bool is_about_items<ews::delete_attachments> = true;

/// An item and what it weighs in the request and in the answer.
struct item_share {
  item_id item;
  std::uint64_t sent = 1;
  std::uint64_t received = 1;
};

/// What an item takes besides large values, about.
inline constexpr std::uint64_t bare_item = 1024;

inline std::vector<item_share> even_shares(const std::vector<item_id>& items) {
  std::vector<item_share> shares;
  for (const auto& id : items)
    shares.push_back({id});
  return shares;
}

/// Item by item where the answer has an entry for each; `entries` is null where there was no such answer.
template <class Request, class T>
std::vector<item_share> shares_of(const Request& request, const std::vector<ews::entry<T>>* entries) {
  std::vector<item_share> shares;
  const auto answered = [&](std::size_t i) -> const T* {
    return entries && i < entries->size() ? std::get_if<T>(&(*entries)[i]) : nullptr;
  };
  if constexpr (std::same_as<Request, ews::get_item> && std::same_as<T, ews::got_item>) {
    for (std::size_t i = 0; i < request.items.size(); ++i) {
      std::uint64_t weight = bare_item;
      if (const T* got = answered(i)) {
        weight += got->mime_base64.size();
        for (const auto& f : got->contents.fields)
          weight += f.value.size();
      }
      shares.push_back({request.items[i], 1, weight});
    }
  } else if constexpr (std::same_as<Request, ews::create_items>) {
    // A new item's id is known by the answer only; what the others took is nobody's.
    for (std::size_t i = 0; i < request.items.size(); ++i) {
      item_share share{{}, bare_item + ews::request_bytes(request.items[i]->first), 1};
      if constexpr (std::same_as<T, ews::item_key>)
        if (const T* made = answered(i)) share.item = made->id;
      shares.push_back(std::move(share));
    }
  } else if constexpr (std::same_as<Request, ews::update_contents>) {
    for (const auto& one : request.items) {
      item_share share{one.guard.id, bare_item, 1};
      for (const auto& f : one.fields)
        share.sent += f.value.size();
      shares.push_back(std::move(share));
    }
  } else if constexpr (std::same_as<Request, ews::update_read_states>) {
    for (const auto& [key, read] : request.items)
      shares.push_back({key.id});
  } else if constexpr (std::same_as<Request, ews::suppress_read_receipts>) {
    for (const auto& key : request.items)
      shares.push_back({key.id});
  } else if constexpr (std::same_as<Request, ews::move_items> || std::same_as<Request, ews::copy_items>) {
    for (std::size_t i = 0; i < request.items.size(); ++i) {
      shares.push_back({request.items[i]});
      if constexpr (std::same_as<T, ews::item_key>)
        if (const T* moved = answered(i); moved && !moved->id.empty()) shares.back().item = moved->id;
    }
  } else if constexpr (std::same_as<Request, ews::delete_items>) {
    shares = even_shares(request.items);
  } else if constexpr (std::same_as<Request, ews::create_attachments>) {
    shares.push_back({request.parent.id});
  } else if constexpr (std::same_as<Request, ews::get_occurrences>) {
    for (const auto& o : request.occurrences)
      shares.push_back({o.master.id});
  } else if constexpr (std::same_as<Request, ews::update_occurrence> || std::same_as<Request, ews::delete_occurrence>) {
    shares.push_back({request.occurrence.master.id});
  }
  return shares;
}

/// Each item's part of the bytes, together all of them but for rounding; those without an id are left out.
inline std::vector<std::pair<item_id, byte_count>> share_out(const byte_count& bytes,
                                                             const std::vector<item_share>& shares) {
  std::uint64_t sent = 0, received = 0;
  for (const auto& s : shares) {
    sent += s.sent;
    received += s.received;
  }
  const auto part = [](std::uint64_t of, std::uint64_t weight, std::uint64_t all) {
    return all == 0 ? 0
                    : static_cast<std::uint64_t>(static_cast<long double>(of) * static_cast<long double>(weight) /
                                                 static_cast<long double>(all));
  };
  std::vector<std::pair<item_id, byte_count>> parts;
  for (const auto& s : shares)
    if (!s.item.empty())
      parts.emplace_back(s.item,
                         byte_count{part(bytes.sent, s.sent, sent), part(bytes.received, s.received, received)});
  return parts;
}

} // namespace exsyncd
