#include "ews/codec/envelope_splitter.hpp"

#include <expat.h>

#include <new>

// Debian's security updates of expat 2.5 put reparsing off until more bytes have come, and brought this function to
// say no to that: the end of an envelope must not wait for the next one. Older ones have neither.
extern "C" unsigned char XML_SetReparseDeferralEnabled(XML_Parser parser, XML_Bool enabled) __attribute__((weak));

namespace exsyncd::ews {

struct envelope_splitter::state {
  std::function<void(std::string&&)> whole;
  XML_Parser parser = nullptr; // of the document that has begun
  std::string document;        // its bytes so far
  int depth = 0;
  bool at_end = false;
  std::optional<std::string> broken;

  ~state() { forget(); }

  void forget() {
    if (parser) XML_ParserFree(parser);
    parser = nullptr;
    document.clear();
    depth = 0;
    at_end = false;
  }

  static state& of(void* data) { return *static_cast<state*>(data); }
  static void XMLCALL started(void* data, const XML_Char*, const XML_Char**) { ++of(data).depth; }
  static void XMLCALL ended(void* data, const XML_Char*) {
    auto& s = of(data);
    if (--s.depth > 0) return;
    s.at_end = true;
    XML_StopParser(s.parser, XML_FALSE);
  }
  static void XMLCALL doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    auto& s = of(data);
    s.broken = "a document type declaration";
    XML_StopParser(s.parser, XML_FALSE);
  }

  void begin() {
    parser = XML_ParserCreate("UTF-8");
    if (!parser) throw std::bad_alloc();
    if (XML_SetReparseDeferralEnabled) XML_SetReparseDeferralEnabled(parser, XML_FALSE);
    XML_SetUserData(parser, this);
    XML_SetElementHandler(parser, started, ended);
    XML_SetStartDoctypeDeclHandler(parser, doctype);
  }

  /// Takes bytes up to the end of the document that they belong to; answers how many.
  std::size_t take(std::string_view bytes) {
    const auto before = document.size();
    document += bytes;
    if (XML_Parse(parser, bytes.data(), static_cast<int>(bytes.size()), false) == XML_STATUS_OK) {
      if (document.size() > largest) broken = "too large";
      return bytes.size();
    }
    if (broken) return bytes.size();
    if (!at_end) {
      broken = XML_ErrorString(XML_GetErrorCode(parser));
      return bytes.size();
    }
    const auto end = static_cast<std::size_t>(XML_GetCurrentByteIndex(parser) + XML_GetCurrentByteCount(parser));
    document.resize(end);
    auto done = std::move(document);
    forget();
    whole(std::move(done));
    return end - before;
  }
};

envelope_splitter::envelope_splitter(std::function<void(std::string&&)> whole) : state_(std::make_unique<state>()) {
  state_->whole = std::move(whole);
}
envelope_splitter::~envelope_splitter() = default;
envelope_splitter::envelope_splitter(envelope_splitter&&) noexcept = default;
envelope_splitter& envelope_splitter::operator=(envelope_splitter&&) noexcept = default;

bool envelope_splitter::feed(std::string_view bytes) {
  auto& s = *state_;
  while (!bytes.empty() && !s.broken) {
    if (!s.parser) {
      const auto from = bytes.find_first_not_of(" \t\r\n");
      if (from == std::string_view::npos) return true;
      bytes.remove_prefix(from);
      s.begin();
    }
    constexpr std::size_t piece = largest; // XML_Parse takes an int
    bytes.remove_prefix(s.take(bytes.substr(0, piece)));
  }
  return !s.broken;
}

const std::optional<std::string>& envelope_splitter::broken() const {
  return state_->broken;
}

bool envelope_splitter::inside() const {
  return state_->parser != nullptr;
}

} // namespace exsyncd::ews
