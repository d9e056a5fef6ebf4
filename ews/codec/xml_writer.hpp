#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace exsyncd::ews {

using attribute = std::pair<std::string_view, std::string_view>;

/// Appends elements to a string. Names come from the code and are written as they are; values are escaped, and what
/// XML 1.0 cannot hold (most control characters) becomes U+FFFD, so that no value can make a request ill-formed.
class xml_writer {
public:
  void open(std::string_view name, std::initializer_list<attribute> attributes = {});
  void open(std::string_view name, std::span<const attribute> attributes);
  void close(std::string_view name);
  void empty(std::string_view name, std::initializer_list<attribute> attributes = {});
  void text(std::string_view name, std::string_view value, std::initializer_list<attribute> attributes = {});
  /// A value that is known to need no escaping: base64. It is copied once.
  void plain(std::string_view name, std::string_view value, std::initializer_list<attribute> attributes = {});
  std::size_t size() const { return out_.size(); }
  std::string take() { return std::move(out_); }

private:
  void start(std::string_view name, std::span<const attribute> attributes);
  void escaped(std::string_view value);
  std::string out_;
};

} // namespace exsyncd::ews
