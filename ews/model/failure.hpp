#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>

namespace exsyncd {

/// How far a failure reaches: what must stop because of it. Everything else goes on.
enum class reach { item, folder, mailbox, account, server };

/// Whether the same thing may succeed later without anybody doing something.
enum class retry { later, after_change, never };

/// What went wrong, for the program (reach, retry, wait) and for the administrator (code, what, hint).
/// Context is added in front of `what` on the way up; it is logged once, at the top.
struct failure {
  enum reach reach = reach::item;
  enum retry retry = retry::later;
  /// How long the server asked us to wait, or empty: the back-off decides.
  std::optional<std::chrono::milliseconds> wait;
  /// An EWS ResponseCode ("ErrorServerBusy"), "HTTP 503", or a word of our own ("connect", "tls", "timeout",
  /// "protocol").
  std::string code;
  /// What was being done and what was answered; never a secret, never a message body.
  std::string what;
  /// What the administrator can do about it; may be empty.
  std::string hint;
  /// Whether it is held against the item that it is about: false where nothing alike has succeeded since the item was
  /// tried last, so that it may be the way to the server and no fault of the item.
  bool counts = true;

  friend bool operator==(const failure&, const failure&) = default;
};

template <class T>
using result = std::variant<T, failure>;

template <class T>
bool succeeded(const result<T>& r) {
  return std::holds_alternative<T>(r);
}

/// The failure with context in front: "pair jane, folder inbox: SyncFolderItems: …".
inline failure in_context(const std::string& context, failure f) {
  f.what = f.what.empty() ? context : context + ": " + f.what;
  return f;
}

} // namespace exsyncd
