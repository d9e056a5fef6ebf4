#include "tests/exchange_sim/restriction.hpp"

#include "tests/exchange_sim/session.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace exchange_sim {

namespace {

std::optional<long long> as_number(const std::string& text) {
  long long value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Times may be written with an offset or with fractions, truth values as 1 and 0; ours are not.
std::string in_our_form(const std::string& text, const std::string& compared_with) {
  if (compared_with == "true" || compared_with == "false")
    return text == "1" ? "true" : text == "0" ? "false" : lower(text);
  if (text.size() >= 19 && text[4] == '-' && text[10] == 'T')
    if (auto time = parse_time(text)) return wire_time(*time);
  return text;
}

bool compares(std::string_view kind, int order) {
  if (kind == "IsEqualTo") return order == 0;
  if (kind == "IsNotEqualTo") return order != 0;
  if (kind == "IsGreaterThan") return order > 0;
  if (kind == "IsGreaterThanOrEqualTo") return order >= 0;
  if (kind == "IsLessThan") return order < 0;
  return order <= 0;
}

bool contains(node expression, std::string text) {
  auto wanted = expression.child("Constant").attribute_or("Value", "");
  auto how = expression.attribute_or("ContainmentComparison", "Exact");
  if (how.find("IgnoreCase") != std::string::npos || how == "Loose") {
    wanted = lower(wanted);
    text = lower(text);
  }
  auto mode = expression.attribute_or("ContainmentMode", "FullString");
  if (mode == "FullString") return text == wanted;
  if (mode == "Prefixed") return text.starts_with(wanted);
  if (mode == "Substring") return text.find(wanted) != std::string::npos;
  // PrefixOnWords and ExactPhrase: at the start of a word.
  for (auto at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1))
    if (at == 0 || std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0) return true;
  return false;
}

} // namespace

int compare_values(const std::string& a, const std::string& b) {
  auto x = as_number(a), y = as_number(b);
  if (x && y) return *x < *y ? -1 : *x > *y ? 1 : 0;
  return a < b ? -1 : a > b ? 1 : 0;
}

bool matches(node expression, const value_of_path& value) {
  auto kind = expression.name();
  if (kind == "And") {
    for (auto part : expression.children())
      if (!matches(part, value)) return false;
    return true;
  }
  if (kind == "Or") {
    for (auto part : expression.children())
      if (matches(part, value)) return true;
    return false;
  }
  if (kind == "Not") return !matches(expression.first(), value);
  auto path = expression.first();
  auto values = value(path);
  if (kind == "Exists") return values.has_value();
  if (kind == "Excludes") {
    auto mask = std::strtoll(expression.child("Bitmask").attribute_or("Value", "0").c_str(), nullptr, 0);
    return !values || (as_number(values->front()).value_or(0) & mask) == 0;
  }
  if (kind == "Contains")
    return values && std::any_of(values->begin(), values->end(),
                                 [&](const std::string& text) { return contains(expression, text); });
  auto other = expression.child("FieldURIOrConstant").first();
  if (!other) throw response_error{"ErrorUnsupportedQueryFilter", "The restriction is not supported."};
  std::string wanted;
  if (other.is("Constant"))
    wanted = in_our_form(other.attribute_or("Value", ""), values ? values->front() : std::string());
  else if (auto of_other = value(other))
    wanted = of_other->front();
  if (!values) return kind == "IsNotEqualTo";
  return std::any_of(values->begin(), values->end(),
                     [&](const std::string& text) { return compares(kind, compare_values(text, wanted)); });
}

page read_page(node view, std::size_t total, std::size_t cap) {
  page out;
  auto number = [&](const char* name, long long fallback) {
    auto text = view.attribute(name);
    return text ? std::atoll(text->c_str()) : fallback;
  };
  auto wanted = number("MaxEntriesReturned", static_cast<long long>(cap));
  if (wanted <= 0) throw response_error{"ErrorInvalidPagingMaxRows", "The maximum number of rows must be positive."};
  auto most = std::min(cap, static_cast<std::size_t>(wanted));
  if (view && view.attribute("Numerator")) {
    auto numerator = number("Numerator", 0), denominator = number("Denominator", 1);
    if (denominator <= 0 || numerator < 0 || numerator > denominator)
      throw response_error{"ErrorInvalidFractionalPagingParameters", "The fraction is invalid."};
    out.first = static_cast<std::size_t>(static_cast<long long>(total) * numerator / denominator);
  } else {
    auto offset = number("Offset", 0);
    if (offset < 0) throw response_error{"ErrorInvalidIndexedPagingParameters", "The offset is invalid."};
    out.first = std::min(total, static_cast<std::size_t>(offset));
    out.backwards = view.attribute_or("BasePoint", "Beginning") == "End";
  }
  out.count = std::min(most, total - out.first);
  out.next = out.first + out.count;
  out.last = out.next >= total;
  if (out.backwards) {
    // Counted from the end: the page lies before the offset.
    auto end = total - out.first;
    out.count = std::min(most, end);
    out.next = out.first + out.count;
    out.last = out.count == end;
    out.first = end - out.count;
  }
  return out;
}

void open_root_folder(xml_writer& out, const page& p, std::size_t total) {
  out.open("m:RootFolder", {{"IndexedPagingOffset", std::to_string(p.next)},
                            {"TotalItemsInView", std::to_string(total)},
                            {"IncludesLastItemInRange", p.last ? "true" : "false"}});
}

} // namespace exchange_sim
