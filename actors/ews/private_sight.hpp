#pragma once

#include "ews/model/ids.hpp"

#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// With rights on folders only (mailbox_access::delegate), items that are marked private are hidden from an account
/// that may not see them: they are in no list, and nobody says why. An item that its user marks private leaves the
/// lists as if it were deleted, and none comes into a change list because the right to see it has come. What the
/// account could see when a cursor was given is therefore written in front of it: deletes are believed only where it
/// sees as much as it did then, and where it sees more, everything is listed once more. What left while it saw less
/// is remembered: hidden or deleted, that is known once nothing is hidden any more.
namespace exsyncd {

struct private_sight {
  /// ViewPrivateItems, one for the whole mailbox; nothing: the server has not told (R1486: not in 2010).
  std::optional<bool> seen;
  /// How much each folder that was listed hid when it was counted last.
  std::map<folder_id, std::uint32_t> hidden;
  /// Those of them that were not listed since the last round began. One that cannot be counted then is no more, or is
  /// not kept in step any more: nothing that somebody asks for lies in it.
  std::set<folder_id> unlisted;

  void begin_round() {
    for (const auto& [folder, most] : hidden)
      unlisted.insert(folder);
  }
};

/// A SyncState with what could be seen when it was given.
struct sighted_cursor {
  std::optional<bool> seen; // as private_sight
  std::uint32_t hidden = 0; // items in the folder that no list shows
  bool known = false;       // the two are known: not so before the first listing has ended
  std::string state;        // the server's own
  /// What left the list while sight of items was lost.
  std::vector<std::string> doubted;
  /// Set while everything is listed once more because more is in sight: how far that has come. Changes go on from
  /// `state` afterwards, so that no delete is passed over.
  std::optional<std::string> relist;
};

/// "sight/seen/0/<SyncState>", with "/doubted:<id>" behind it for each, and "/again:<SyncState>" at the end while
/// relisting. One without it is of other times, when the account saw everything. Base64 holds slashes but no colon.
inline sighted_cursor parse_sighted(const std::string& text) {
  constexpr std::string_view sign = "sight/";
  constexpr std::string_view again = "/again:";
  constexpr std::string_view doubt = "/doubted:";
  sighted_cursor out;
  if (!text.starts_with(sign)) {
    out.known = !text.empty();
    if (out.known) out.seen = true;
    out.state = text;
    return out;
  }
  std::string_view rest = std::string_view(text).substr(sign.size());
  const auto take = [&] {
    const auto end = rest.find('/');
    const auto word = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return word;
  };
  const auto word = take();
  if (word == "seen" || word == "hidden") out.seen = word == "seen";
  out.known = word != "unknown";
  const auto number = take();
  std::from_chars(number.data(), number.data() + number.size(), out.hidden);
  if (const auto at = rest.find(again); at != std::string_view::npos) {
    out.relist = rest.substr(at + again.size());
    rest = rest.substr(0, at);
  }
  for (auto at = rest.rfind(doubt); at != std::string_view::npos; at = rest.rfind(doubt)) {
    out.doubted.emplace(out.doubted.begin(), rest.substr(at + doubt.size()));
    rest = rest.substr(0, at);
  }
  out.state = rest;
  return out;
}

inline std::string write_sighted(const sighted_cursor& c) {
  const char* word = !c.known ? "unknown" : !c.seen ? "untold" : *c.seen ? "seen" : "hidden";
  auto text = std::string("sight/") + word + '/' + std::to_string(c.hidden) + '/' + c.state;
  for (const auto& id : c.doubted)
    text += "/doubted:" + id;
  return text + (c.relist ? "/again:" + *c.relist : std::string());
}

} // namespace exsyncd
