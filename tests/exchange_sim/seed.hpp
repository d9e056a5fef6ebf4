#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace exchange_sim {

enum class seed_state { received, sent, draft };
enum class seed_flag { none, flagged, complete };

/// One mail as a test mailbox holds it: its MIME and what MIME does not say.
struct seeded_mail {
  std::string folder; ///< path from the root of the mailbox: "inbox", "inbox/Projects", "sentitems", "drafts"
  std::string mime;   ///< RFC 5322, CRLF line ends
  seed_state state = seed_state::received;
  bool read = false;
  std::chrono::system_clock::time_point received;
  std::vector<std::string> categories;
  std::string importance = "Normal";  ///< EWS: Low, Normal, High
  std::string sensitivity = "Normal"; ///< EWS: Normal, Personal, Private, Confidential
  seed_flag flag = seed_flag::none;
};

struct seed_settings {
  std::size_t count = 100;
  std::uint64_t seed = 1;
  std::string owner_address;
  std::string owner_name;
  std::chrono::system_clock::time_point newest; ///< the date of the first mail; the others are older
  /// Put every mail into this folder, drafts and sent ones too; empty spreads them over the usual folders.
  std::string folder;
};

/// Mails like those of a real mailbox, the same for the same settings: plain text, HTML, multipart, scripts and
/// charsets from all over, attachments, inline images, a mail within a mail, large ones, drafts, sent ones, threads,
/// and pairs that differ in nothing but their Message-ID. Twelve in a row hold one of each kind.
std::vector<seeded_mail> seed_mails(const seed_settings&);

} // namespace exchange_sim
