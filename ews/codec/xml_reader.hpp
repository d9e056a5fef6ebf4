#pragma once

#include "ews/model/large_text.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exsyncd::ews {

/// One element with what is in it. Names are local names: real servers put some elements into another namespace than
/// the schema does. Text is what stands directly inside an element without children; between children it is dropped.
struct element {
  std::string name;
  std::string text;
  /// The text of MimeContent or Content (of an attached file) where it is long and the reader has a spool: then `text`
  /// is empty.
  large_text large;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<element> children;

  const element* child(std::string_view wanted) const;
  element* child(std::string_view wanted);
  /// The child of a child …, or null.
  const element* find(std::initializer_list<std::string_view> path) const;
  /// The text of a child, or empty.
  std::string_view text_of(std::string_view wanted) const;
  /// The same without white space at its ends: for codes and other words.
  std::string_view word_of(std::string_view wanted) const;
  /// The text as it is kept, taken out: for what may be large.
  large_text take_large() { return large.empty() ? large_text(std::move(text)) : std::move(large); }
  /// The value of an attribute, or empty.
  std::string_view attribute(std::string_view wanted) const;
};

/// What a web page in place of a document is called, with or without its DOCTYPE.
inline constexpr std::string_view html_in_place_of_soap = "the server answered HTML (a web page), not SOAP";

/// What one document may cost.
struct xml_limits {
  int depth = 64;
  std::size_t elements = 4'000'000;
  std::size_t bytes = std::size_t{256} << 20; // of the document
};

/// Parses a document as its bytes arrive (expat). Decides by depth and names which subtrees are wanted; each is handed
/// over whole at its end, so that memory holds one of them and not the document. DOCTYPE and entities are refused.
/// References to characters that XML 1.0 forbids, which Exchange writes where a mail holds them, become U+FFFD.
class xml_reader {
public:
  /// Called at each start tag outside a wanted subtree, `path` being the names from the root to it; true: collect this
  /// element whole. To refuse the document, return an error text.
  struct verdict {
    bool collect = false;
    std::optional<std::string> refuse;
  };
  using on_start = std::function<verdict(const std::vector<std::string>& path, std::string_view space)>;
  /// Called at the end of a wanted element, `path` being the names of what it stands in.
  using on_subtree = std::function<void(const std::vector<std::string>& path, element&& subtree)>;

  xml_reader(on_start start, on_subtree subtree, xml_limits limits = {});
  ~xml_reader();
  xml_reader(xml_reader&&) noexcept;
  xml_reader& operator=(xml_reader&&) noexcept;

  /// Where the text of MimeContent and Content goes as it arrives, once it is long. Before the first byte.
  void divert_to(spool where);

  /// False once the document is known to be broken; further bytes are ignored then.
  bool feed(std::string_view bytes);
  /// What is wrong with the document, or nothing. No further bytes after it.
  std::optional<std::string> finish();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace exsyncd::ews
