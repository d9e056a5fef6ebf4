#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace exsyncd::http {

/// Takes compression off a body as it arrives. libcurl's own gives up where proxies join compressed parts (a gzip file
/// may have several members, RFC 1952 2.2), and where "deflate" means what some servers take it for (without zlib's
/// header).
class content_decoder {
public:
  using output = std::function<bool(std::string_view)>; // false: enough

  /// For a value of Content-Encoding ("gzip", "x-gzip", "deflate"); nothing where it is none that we know.
  static std::unique_ptr<content_decoder> of(std::string_view encoding);
  virtual ~content_decoder() = default;
  /// What is wrong with the bytes, or nothing.
  virtual std::optional<std::string> feed(std::string_view bytes, const output& to) = 0;
  /// Whether what has come is whole.
  virtual bool is_whole() const = 0;
};

} // namespace exsyncd::http
