#pragma once

#include "ews/model/large_text.hpp"

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exsyncd::ews {

using attribute = std::pair<std::string_view, std::string_view>;

/// Text with large values between: each stands before the byte `at` of `text`.
struct segmented_text {
  std::string text;
  std::vector<std::pair<std::size_t, large_text>> large; // in order
  segmented_text(std::string all) : text(std::move(all)) {}
  segmented_text(std::string around, std::vector<std::pair<std::size_t, large_text>> values)
      : text(std::move(around)), large(std::move(values)) {}
  /// All of it in one string: for what is known to be short, and for tests.
  operator std::string() const;
};

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
  /// The same of a value that may be large: it is not copied, and take_segments leaves it apart.
  void large(std::string_view name, const large_text& value);
  std::size_t size() const { return out_.size(); }
  std::string take();
  segmented_text take_segments() { return {std::move(out_), std::move(large_)}; }

private:
  void start(std::string_view name, std::span<const attribute> attributes);
  void escaped(std::string_view value);
  std::string out_;
  std::vector<std::pair<std::size_t, large_text>> large_;
};

} // namespace exsyncd::ews
