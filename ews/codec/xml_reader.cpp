#include "ews/codec/xml_reader.hpp"

#include <expat.h>

#include <system_error>

namespace exsyncd::ews {

const element* element::child(std::string_view wanted) const {
  for (const auto& c : children)
    if (c.name == wanted) return &c;
  return nullptr;
}

element* element::child(std::string_view wanted) {
  return const_cast<element*>(std::as_const(*this).child(wanted));
}

const element* element::find(std::initializer_list<std::string_view> path) const {
  const element* at = this;
  for (auto name : path)
    if (!at || !(at = at->child(name))) return nullptr;
  return at;
}

std::string_view element::text_of(std::string_view wanted) const {
  const auto* c = child(wanted);
  return c ? std::string_view(c->text) : std::string_view();
}

std::string_view element::word_of(std::string_view wanted) const {
  const auto text = text_of(wanted);
  const auto from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

std::string_view element::attribute(std::string_view wanted) const {
  for (const auto& [name, value] : attributes)
    if (name == wanted) return value;
  return {};
}

namespace {

constexpr char separator = '|'; // in no namespace that matters here

std::pair<std::string_view, std::string_view> split(std::string_view qualified) {
  const auto at = qualified.rfind(separator);
  if (at == std::string_view::npos) return {{}, qualified};
  return {qualified.substr(0, at), qualified.substr(at + 1)};
}

/// Whether "&#…;" names a character that XML 1.0 forbids. Anything else is expat's business.
bool forbidden_reference(std::string_view reference) {
  auto digits = reference.substr(2, reference.size() - 3);
  int base = 10;
  if (!digits.empty() && digits.front() == 'x') {
    base = 16;
    digits.remove_prefix(1);
  }
  if (digits.empty() || digits.size() > 8) return false;
  unsigned long code = 0;
  for (char c : digits) {
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : 99;
    if (digit >= base) return false;
    code = code * static_cast<unsigned long>(base) + static_cast<unsigned long>(digit);
  }
  return (code < 0x20 && code != 9 && code != 10 && code != 13) || (code >= 0xD800 && code <= 0xDFFF) ||
         code == 0xFFFE || code == 0xFFFF;
}

constexpr std::size_t longest_reference = 11; // &#x0010FFFF; without its end

} // namespace

struct xml_reader::state {
  on_start start;
  on_subtree subtree;
  xml_limits limits;
  XML_Parser parser = nullptr;
  std::vector<std::string> path; // outside a wanted subtree
  std::vector<element> open;     // inside one: from its root to where we are
  int depth = 0;
  std::size_t elements = 0;
  std::size_t bytes = 0;
  std::optional<std::string> broken;
  spool spool_to;
  std::optional<large_text_builder> diverted; // of the innermost open element
  bool begun = false; // something besides a byte order mark and white space has come
  std::string before; // of what may be a byte order mark, or white space after it
  std::string held;                           // the beginning of what may be a reference, cut by the end of a chunk

  ~state() {
    if (parser) XML_ParserFree(parser);
  }

  void refuse(std::string why) {
    if (!broken) broken = std::move(why);
    XML_StopParser(parser, XML_FALSE);
  }

  static state& of(void* data) { return *static_cast<state*>(data); }

  static void XMLCALL started(void* data, const XML_Char* name, const XML_Char** attributes) {
    auto& s = of(data);
    if (s.broken) return;
    const auto [space, local] = split(name);
    if (++s.depth > s.limits.depth) return s.refuse("too deep");
    if (++s.elements > s.limits.elements) return s.refuse("too many elements");
    if (s.open.empty()) {
      s.path.emplace_back(local);
      auto v = s.start(s.path, space);
      if (v.refuse) return s.refuse(std::move(*v.refuse));
      if (!v.collect) return;
      s.path.pop_back();
    }
    s.diverted.reset(); // what it stands in has children: its text does not count
    auto& e = s.open.emplace_back();
    e.name = local;
    if (s.spool_to && (local == "MimeContent" || local == "Content")) s.diverted.emplace(s.spool_to);
    for (; *attributes; attributes += 2)
      e.attributes.emplace_back(split(attributes[0]).second, attributes[1]);
  }

  static void XMLCALL ended(void* data, const XML_Char*) {
    auto& s = of(data);
    if (s.broken) return;
    --s.depth;
    if (s.open.empty()) {
      s.path.pop_back();
      return;
    }
    element done = std::move(s.open.back());
    s.open.pop_back();
    if (s.diverted) {
      auto text = s.diverted->take();
      s.diverted.reset();
      if (text.is_stored())
        done.large = std::move(text);
      else
        done.text = text.text();
    }
    if (!done.children.empty()) done.text.clear();
    if (s.open.empty())
      s.subtree(s.path, std::move(done));
    else
      s.open.back().children.push_back(std::move(done));
  }

  static void XMLCALL characters(void* data, const XML_Char* text, int length) {
    auto& s = of(data);
    if (s.broken || s.open.empty()) return;
    const std::string_view more(text, static_cast<std::size_t>(length));
    if (!s.diverted) {
      s.open.back().text += more;
      return;
    }
    try {
      s.diverted->append(more);
    } catch (const std::system_error& e) { // must not pass through expat
      s.refuse(e.what());
    }
  }

  static void XMLCALL doctype(void* data, const XML_Char* name, const XML_Char*, const XML_Char*, int) {
    const std::string_view root(name);
    of(data).refuse(
        std::string(root == "html" || root == "HTML" ? html_in_place_of_soap : "a document type declaration"));
  }

  void parse(std::string_view part, bool last) {
    if (broken) return;
    if (XML_Parse(parser, part.data(), static_cast<int>(part.size()), last) != XML_STATUS_OK && !broken)
      broken = std::string(XML_ErrorString(XML_GetErrorCode(parser))) + " at byte " +
               std::to_string(XML_GetCurrentByteIndex(parser));
  }

  /// What stands before the document, as proxies put it there: expat takes nothing before a declaration.
  std::string_view without_lead(std::string_view part) {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (begun) return part;
    before += part;
    if (before.size() < mark.size() && mark.starts_with(before)) return {};
    const std::size_t from = before.starts_with(mark) ? mark.size() : 0;
    const auto first = before.find_first_not_of(" \t\r\n", from);
    if (first == std::string::npos) {
      before.erase(from);
      return {};
    }
    begun = true;
    before.erase(0, first);
    return before;
  }

  /// Passes bytes on, with forbidden references replaced. A reference cut by the end of the chunk waits for the rest.
  void filter(std::string_view part) {
    std::string joined;
    if (!held.empty()) {
      joined = std::move(held) + std::string(part);
      held.clear();
      part = joined;
    }
    std::size_t from = 0;
    for (std::size_t at = part.find('&'); at != std::string_view::npos; at = part.find('&', at + 1)) {
      const auto rest = part.substr(at);
      if (rest.size() > 1 && rest[1] != '#') continue;
      const auto end = rest.substr(0, longest_reference + 1).find(';');
      if (end == std::string_view::npos) {
        if (rest.size() > longest_reference) continue;
        parse(part.substr(from, at - from), false);
        held = rest;
        return;
      }
      if (!forbidden_reference(rest.substr(0, end + 1))) continue;
      parse(part.substr(from, at - from), false);
      parse("\xEF\xBF\xBD", false);
      from = at + end + 1;
      at = from - 1;
    }
    parse(part.substr(from), false);
  }
};

xml_reader::xml_reader(on_start start, on_subtree subtree, xml_limits limits) : state_(std::make_unique<state>()) {
  state_->start = std::move(start);
  state_->subtree = std::move(subtree);
  state_->limits = limits;
  state_->parser = XML_ParserCreateNS("UTF-8", separator);
  if (!state_->parser) throw std::bad_alloc();
  XML_SetUserData(state_->parser, state_.get());
  XML_SetElementHandler(state_->parser, state::started, state::ended);
  XML_SetCharacterDataHandler(state_->parser, state::characters);
  XML_SetStartDoctypeDeclHandler(state_->parser, state::doctype);
}

xml_reader::~xml_reader() = default;
xml_reader::xml_reader(xml_reader&&) noexcept = default;
xml_reader& xml_reader::operator=(xml_reader&&) noexcept = default;

void xml_reader::divert_to(spool where) {
  state_->spool_to = std::move(where);
}

bool xml_reader::feed(std::string_view bytes) {
  auto& s = *state_;
  if (s.broken) return false;
  if ((s.bytes += bytes.size()) > s.limits.bytes) {
    s.broken = "too large";
    return false;
  }
  constexpr std::size_t piece = std::size_t{64} << 20; // XML_Parse takes an int
  for (std::size_t at = 0; at < bytes.size() && !s.broken; at += piece)
    s.filter(s.without_lead(bytes.substr(at, piece)));
  return !s.broken;
}

std::optional<std::string> xml_reader::finish() {
  auto& s = *state_;
  if (!s.broken) s.parse(s.held, true);
  return s.broken;
}

} // namespace exsyncd::ews
