// Refuses what Exchange's schema validation refuses, from a table of our own: for use without Microsoft's schemas.
#include "tests/exchange_sim/request_grammar.hpp"

#include "tests/exchange_sim/schema_check.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <sstream>
#include <vector>

namespace exchange_sim {

namespace {

using version = schema_version;

struct choice {
  std::string name, type;
  version since = version::e2007;
};

struct particle {
  std::vector<choice> choices;
  bool required = true, repeated = false;
  version since = version::e2007;
};

struct attribute_rule {
  std::string name, type = "-";
  bool required = false;
  version since = version::e2007;
};

struct type_rule {
  std::string_view space;
  std::vector<attribute_rule> attributes;
  std::vector<particle> particles;
};

struct grammar {
  std::map<std::string, std::string, std::less<>> elements;
  std::map<std::string, type_rule, std::less<>> types;
  std::map<std::string, std::vector<choice>, std::less<>> groups;
  std::map<std::string, version, std::less<>> uris;
};

/// Cuts ">2013" off a token.
version take_since(std::string& token) {
  auto at = token.rfind('>');
  if (at == std::string::npos) return version::e2007;
  auto word = token.substr(at + 1);
  token.resize(at);
  return word == "2010"       ? version::e2010
         : word == "2010_SP1" ? version::e2010_sp1
         : word == "2010_SP2" ? version::e2010_sp2
         : word == "2013"     ? version::e2013
         : word == "2013_SP1" ? version::e2013_sp1
         : word == "2016"     ? version::e2016
                              : version::v2017_07_11;
}

/// Cuts "?", "*" or "+" off a token.
void take_occurrence(std::string& token, particle& into) {
  if (token.empty()) return;
  char last = token.back();
  if (last != '?' && last != '*' && last != '+') return;
  token.pop_back();
  into.required = last == '+';
  into.repeated = last != '?';
}

choice read_choice(std::string token) {
  choice out;
  out.since = take_since(token);
  auto equals = token.find('=');
  out.name = token.substr(0, equals);
  out.type = token.substr(equals + 1);
  return out;
}

std::vector<particle> read_particles(std::istringstream& row, const grammar& known) {
  std::vector<particle> out;
  bool inside = false;
  for (std::string token; row >> token;) {
    if (token == "-") continue;
    if (token == "(") {
      out.emplace_back();
      inside = true;
    } else if (token[0] == ')') {
      out.back().since = take_since(token);
      take_occurrence(token, out.back());
      inside = false;
    } else if (token[0] == '$') {
      particle whole;
      take_occurrence(token, whole);
      whole.choices = known.groups.at(token);
      if (inside)
        out.back().choices.insert(out.back().choices.end(), whole.choices.begin(), whole.choices.end());
      else
        out.push_back(whole);
    } else if (inside) {
      // "( Value=-+ )" repeats inside of its choice.
      auto since = token.rfind('>');
      auto body = token.substr(0, since);
      take_occurrence(body, out.back());
      out.back().choices.push_back(read_choice(body + (since == std::string::npos ? "" : token.substr(since))));
    } else {
      particle single;
      single.since = take_since(token);
      take_occurrence(token, single);
      single.choices.push_back(read_choice(token));
      out.push_back(single);
    }
  }
  return out;
}

void read_type(const std::string& space, std::istringstream& row, grammar& into) {
  type_rule made;
  made.space = space == "m" ? messages_namespace : types_namespace;
  std::string name, token;
  row >> name;
  std::string base;
  while (row >> token && token != ":") {
    if (token == "is") {
      row >> base;
      continue;
    }
    attribute_rule rule;
    rule.since = take_since(token);
    if (auto equals = token.find('='); equals != std::string::npos) {
      rule.type = token.substr(equals + 1);
      token.resize(equals);
    }
    if (token.back() == '!') {
      rule.required = true;
      token.pop_back();
    }
    rule.name = token.substr(1);
    made.attributes.push_back(rule);
  }
  auto particles = read_particles(row, into);
  if (!base.empty()) {
    const auto& from = into.types.at(base);
    made.particles = from.particles;
    made.attributes.insert(made.attributes.end(), from.attributes.begin(), from.attributes.end());
  }
  made.particles.insert(made.particles.end(), particles.begin(), particles.end());
  into.types[name] = std::move(made);
}

grammar read_grammar() {
  std::vector<std::string> rows;
  std::istringstream text(std::string(request_grammar_table) + request_grammar_types);
  for (std::string line; std::getline(text, line);)
    if (!line.empty() && line[0] == ' ' && !rows.empty())
      rows.back() += line;
    else if (!line.empty())
      rows.push_back(line);
  // A base stands before what is made of it.
  std::stable_sort(rows.begin(), rows.end(), [](const std::string& a, const std::string& b) {
    auto rank = [](const std::string& row) {
      if (row.starts_with("group")) return 0;
      auto is = row.find(" is ");
      return is == std::string::npos ? 1 : row.find(" is Folder ") == std::string::npos ? 2 : 3;
    };
    return rank(a) < rank(b);
  });
  grammar out;
  for (const auto& line : rows) {
    std::istringstream row(line);
    std::string kind, name, colon;
    row >> kind;
    if (kind == "element") {
      row >> name >> out.elements[name];
    } else if (kind == "group") {
      row >> name >> colon;
      out.groups[name] = read_particles(row, out).front().choices;
    } else if (kind == "uris") {
      while (row >> name) {
        auto since = take_since(name);
        out.uris[name] = since;
      }
    } else {
      read_type(kind, row, out);
    }
  }
  return out;
}

class checker {
public:
  checker(const grammar& rules, version stated) : rules_(rules), version_(stated) {}

  std::optional<schema_violation> element(node at, const std::string& type) {
    if (type == "any") return std::nullopt;
    auto rule = rules_.types.find(type);
    if (rule == rules_.types.end()) return simple(at, "element", at.name(), at.text(), type);
    if (auto wrong = attributes_of(at, rule->second)) return wrong;
    return children_of(at, rule->second);
  }

private:
  static schema_violation violation(node at, std::string text) {
    return {std::move(text), static_cast<int>(xmlGetLineNo(at.raw()))};
  }

  std::optional<schema_violation> simple(node at, const char* what, const std::string& name, const std::string& value,
                                         const std::string& type) {
    bool good = true;
    if (type == "bool") good = value == "true" || value == "false" || value == "1" || value == "0";
    auto between = type[0] == '{' ? std::string::npos : type.find("..");
    if (type == "int" || type == "page" || between != std::string::npos) {
      int number = 0;
      auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      good = error == std::errc{} && end == value.data() + value.size();
      if (type == "page") good = good && number >= 1 && number <= 512;
      if (between != std::string::npos)
        good = good && number >= std::stoi(type) && number <= std::stoi(type.substr(between + 2));
    }
    if (type == "text") good = !value.empty();
    if (type == "field-uri") good = known_uri(value);
    if (type[0] == '{')
      good = ("|" + type.substr(1, type.size() - 2) + "|").find("|" + value + "|") != std::string::npos;
    if (good) return std::nullopt;
    return violation(at, std::string("The '") + name + "' " + what + " is invalid - The value '" + value +
                             "' is invalid according to its datatype");
  }

  // URIs of other classes are not listed: what belongs to them is not looked into.
  bool known_uri(const std::string& uri) const {
    auto colon = uri.find(':');
    if (colon == std::string::npos) return false;
    auto prefix = uri.substr(0, colon);
    static const std::set<std::string> listed{"item",     "message",          "folder",   "contacts", "task",
                                              "calendar", "distributionlist", "postitem", "meeting",  "meetingRequest"};
    if (!listed.contains(prefix)) return true;
    auto at = rules_.uris.find(uri);
    return at != rules_.uris.end() && at->second <= version_;
  }

  std::optional<schema_violation> attributes_of(node at, const type_rule& rule) {
    for (auto* given = at.raw()->properties; given != nullptr; given = given->next) {
      if (given->ns != nullptr) continue;
      std::string name(reinterpret_cast<const char*>(given->name));
      auto known = std::find_if(rule.attributes.begin(), rule.attributes.end(),
                                [&](const attribute_rule& one) { return one.name == name && one.since <= version_; });
      if (known == rule.attributes.end()) return violation(at, "The '" + name + "' attribute is not declared.");
      if (auto wrong = simple(at, "attribute", name, at.attribute_or(name.c_str(), ""), known->type)) return wrong;
    }
    for (const auto& one : rule.attributes)
      if (one.required && one.since <= version_ && !at.attribute(one.name.c_str()))
        return violation(at, "The required attribute '" + one.name + "' is missing.");
    return std::nullopt;
  }

  const choice* chosen(node child, const particle& among, std::string_view space) const {
    if (!child || child.space() != space || among.since > version_) return nullptr;
    for (const auto& one : among.choices)
      if (one.name == child.name() && one.since <= version_) return &one;
    return nullptr;
  }

  std::optional<schema_violation> children_of(node at, const type_rule& rule) {
    node child = at.first();
    for (const auto& one : rule.particles) {
      bool met = false;
      while (const auto* as = chosen(child, one, rule.space)) {
        if (auto wrong = element(child, as->type)) return wrong;
        met = true;
        child = child.next();
        if (!one.repeated) break;
      }
      if (!met && one.required && one.since <= version_)
        return child ? invalid_child(at, child)
                     : violation(at, "The element '" + at.name() + "' has incomplete content.");
    }
    if (child) return invalid_child(at, child);
    return std::nullopt;
  }

  static schema_violation invalid_child(node at, node child) {
    return violation(child, "The element '" + at.name() + "' has invalid child element '" + child.name() +
                                "' in namespace '" + child.space() + "'.");
  }

  const grammar& rules_;
  version version_;
};

} // namespace

std::optional<schema_violation> check_request_grammar(schema_version stated, node body) {
  static const auto rules = read_grammar();
  auto type = rules.elements.find(body.name());
  // An operation that we do not serve is refused as such.
  if (type == rules.elements.end()) return std::nullopt;
  return checker(rules, stated).element(body, type->second);
}

} // namespace exchange_sim
