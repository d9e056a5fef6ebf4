#pragma once

#include "ews/model/ids.hpp"
#include "storage/records.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What daemons write at a folder so that two of them do not keep the same two folders in step: a lease for each folder
/// that it is paired with. It runs out unless it is renewed. Pure.
namespace exsyncd::logic {

struct lease {
  std::string partner; // the folder on the other side (lease_key)
  std::string holder;  // the daemon's installation
  std::string nonce;   // another one with each renewal: a copy of the holder's state does not know it
  utc_seconds at{};    // by the server's clock; 0: not told
  std::chrono::seconds life{};
  std::string host; // where it runs, for people
  friend bool operator==(const lease&, const lease&) = default;
};

/// What cannot be read is left out: it is of another version, or of somebody else.
std::vector<lease> leases_in(std::string_view text);
std::string text_of(const std::vector<lease>& all);

/// A list of folders may show no more of a text than that: one that is so long is read by itself.
inline constexpr std::size_t longest_listed_text = 250;

/// Twelve hexadecimal digits for a folder of a store, the same for everybody who asks its server.
std::string lease_key(const mailbox_identity& store, const folder_id& folder);
/// Twelve hexadecimal digits for an id of ours.
std::string short_form(const std::string& id);

/// Whether a lease of another daemon holds no more: by the server's clock, where the lease and its reading have it; or
/// since it has been seen unchanged for its life. Clocks of two hosts are never compared.
bool has_run_out(const lease& of, const std::optional<utc_seconds>& read_at,
                 std::chrono::steady_clock::duration seen_unchanged_for);

} // namespace exsyncd::logic
