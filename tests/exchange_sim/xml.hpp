#pragma once

#include <libxml/tree.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exchange_sim {

inline constexpr std::string_view soap_namespace = "http://schemas.xmlsoap.org/soap/envelope/";
inline constexpr std::string_view types_namespace = "http://schemas.microsoft.com/exchange/services/2006/types";
inline constexpr std::string_view messages_namespace = "http://schemas.microsoft.com/exchange/services/2006/messages";

/// One element of a parsed document, or none. A view: the document outlives it.
class node {
public:
  node() = default;
  explicit node(xmlNode* raw) : raw_(raw) {}
  explicit operator bool() const { return raw_ != nullptr; }
  xmlNode* raw() const { return raw_; }
  std::string name() const;
  std::string space() const;
  bool is(std::string_view local_name) const { return raw_ != nullptr && name() == local_name; }
  /// The text of the element and everything below it.
  std::string text() const;
  std::optional<std::string> attribute(const char* local_name) const;
  std::string attribute_or(const char* local_name, std::string_view fallback) const;
  /// First child element of this name, or of any name.
  node child(std::string_view local_name) const;
  node first() const;
  node next() const;
  std::vector<node> children() const;
  /// "true" and "1"; anything else is false.
  bool truth() const;

private:
  xmlNode* raw_ = nullptr;
};

/// A parsed document; DOCTYPE and entities of its own are refused, nothing is fetched.
class document {
public:
  /// None where the text is not well-formed or has a DOCTYPE.
  static std::optional<document> parse(std::string_view text);
  node root() const;
  xmlDoc* raw() const { return doc_.get(); }

private:
  struct freer {
    void operator()(xmlDoc* doc) const { xmlFreeDoc(doc); }
  };
  explicit document(xmlDoc* doc) : doc_(doc) {}
  std::unique_ptr<xmlDoc, freer> doc_;
};

using attributes = std::vector<std::pair<std::string_view, std::string>>;

/// Text for XML: markup escaped, characters that XML 1.0 cannot hold left out.
std::string escaped(std::string_view text);

/// Appends elements to a string; names carry their prefix ("t:Subject").
class xml_writer {
public:
  void open(std::string_view name, const attributes& with = {});
  void close();
  void leaf(std::string_view name, std::string_view text, const attributes& with = {});
  void empty(std::string_view name, const attributes& with = {});
  void raw(std::string_view xml) { out_ += xml; }
  const std::string& text() const { return out_; }
  std::string take() { return std::move(out_); }

private:
  std::string out_;
  std::vector<std::string> open_;
};

} // namespace exchange_sim
