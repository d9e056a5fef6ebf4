#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

/// Codes that allow traffic: what an operator issues with a private key, and a daemon that knows the public key reads.
/// "exs1.PAYLOAD.SIGNATURE", both parts in base64url without padding; the payload is JSON, the signature Ed25519 (RFC
/// 8032) over "exs1.PAYLOAD".
namespace exsyncd::codes {

struct grant {
  std::string id; // tells codes apart: each can be added once
  enum class kind { subscription, top_up } kind = kind::subscription;
  std::chrono::sys_days from, to; // the first and the last day, UTC
  std::uint32_t pairs = 0;        // of a subscription
  std::uint64_t bytes = 0;        // a month; of a top-up: in all
  friend bool operator==(const grant&, const grant&) = default;
};

struct refusal {
  std::string what;
  std::string hint;
};

struct key_pair {
  std::string private_pem; // PKCS#8; never in a log
  std::string public_key;  // 32 bytes in base64
};
/// Throws std::runtime_error where OpenSSL has no randomness.
key_pair new_key_pair();

/// The public key of a private one, or why that is none.
std::variant<std::string, refusal> public_key_of(const std::string& private_pem);

std::variant<std::string, refusal> issue(const grant& what, const std::string& private_pem);

/// What a code grants, or why it is none: mistyped, altered, or issued for another key. Whether its time is over, and
/// whether it was added before, is not looked at. White space in it is ignored, since mails break lines.
std::variant<grant, refusal> read(std::string_view code, const std::string& public_key);

/// "50GB", "1.5 TB", "1000": decimal units of 1000. Nothing where it is no such size, or more than 10^18.
std::variant<std::uint64_t, refusal> read_size(const std::string& text);

} // namespace exsyncd::codes
