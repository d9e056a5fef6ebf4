#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

/// What single values of the configuration may look like. Each function gives the value, or what is wrong with it.
namespace exsyncd {

/// Why a value cannot be used: the second half of a sentence that begins with its path.
struct objection {
  std::string text;
  friend bool operator==(const objection&, const objection&) = default;
};
template <class T>
using checked = std::variant<T, objection>;

/// A time span as systemd writes it (systemd.time(7)): "5min", "1h 30min", "90s", "1.5h"; a bare number is seconds.
checked<std::chrono::milliseconds> parse_time_span(std::string_view text);

/// A number of bytes: "500MB", "50 GB", "1.5TB"; a bare number is bytes.
checked<std::uint64_t> parse_size(std::string_view text);

/// "2026-01-31".
checked<std::chrono::sys_days> parse_date(std::string_view text);

/// A folder path: the distinguished name of a mail folder, or "public:", then names after slashes; `\/` is a slash in a
/// name.
/// Distinguished names: Microsoft's page "DistinguishedFolderId".
checked<std::string> parse_folder_path(std::string_view text);

/// The URL of an EWS end point or of an Autodiscover service, or "autodiscover". Plain http only to this machine: a
/// password would travel in clear.
checked<std::string> parse_url(std::string_view text);

checked<std::string> parse_mail_address(std::string_view text);

/// A name of a server, a pair or a folder pair: it is written into items, logs and commands.
checked<std::string> parse_name(std::string_view text);

/// The one of `known` that `word` is probably meant to be, or empty.
std::string nearest(std::string_view word, std::span<const std::string_view> known);

/// `"a", "b" or "c"`.
std::string listed(std::span<const std::string_view> words);

/// ASCII letters only: what Exchange's folder names and mail addresses are compared by here.
std::string lower_case(std::string_view text);

} // namespace exsyncd
