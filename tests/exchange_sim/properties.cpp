#include "tests/exchange_sim/properties.hpp"

#include "tests/exchange_sim/item_types.hpp"
#include "tests/exchange_sim/mime.hpp"

namespace exchange_sim {

void write_mailbox(xml_writer& out, const address& who) {
  out.open("t:Mailbox");
  out.leaf("t:Name", who.name.empty() ? who.email : who.name);
  if (!who.email.empty()) out.leaf("t:EmailAddress", who.email);
  out.leaf("t:RoutingType", who.routing.empty() ? "SMTP" : who.routing);
  out.close();
}

std::string display_of(const std::vector<address>& list) {
  std::string out;
  for (const auto& who : list) {
    if (!out.empty()) out += "; ";
    out += who.name.empty() ? who.email : who.name;
  }
  return out;
}

std::string html_of_text(std::string_view text) {
  std::string out =
      "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head><body><pre>";
  for (char c : text)
    out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  return out + "</pre></body></html>";
}

std::string text_of_html(std::string_view html) {
  std::string out;
  bool tag = false;
  const auto lowered = lower(html);
  for (std::size_t i = 0; i < html.size(); ++i) {
    char c = html[i];
    if (c == '<') {
      tag = true;
      auto word = lowered.substr(i + 1, 6);
      if (word.starts_with("br") || word.starts_with("p>") || word.starts_with("/p") || word.starts_with("/div"))
        out += "\r\n";
      for (std::string_view skipped : {"style", "head", "script"})
        if (word.starts_with(skipped) && word.substr(0, 6) != "header") {
          auto end = lowered.find("</" + std::string(skipped), i);
          if (end != std::string::npos) i = end;
        }
    } else if (c == '>') {
      tag = false;
    } else if (!tag) {
      out += c;
    }
  }
  for (auto [from, to] : {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&nbsp;", " "}, {"&quot;", "\""}, {"&amp;", "&"}})
    for (auto at = out.find(from); at != std::string::npos; at = out.find(from, at + 1))
      out.replace(at, std::string_view(from).size(), to);
  return out;
}

item_shape read_shape(session& s, node shape) {
  item_shape out;
  auto base = shape.child("BaseShape").text();
  out.base = base == "AllProperties" ? shape_set::all : base == "Default" ? shape_set::standard : shape_set::id_only;
  out.mime = shape.child("IncludeMimeContent").truth();
  auto body = shape.child("BodyType").text();
  out.body = body == "HTML" ? body_wish::html : body == "Text" ? body_wish::text : body_wish::best;
  for (auto path : shape.child("AdditionalProperties").children()) {
    if (path.is("ExtendedFieldURI")) {
      out.extended.emplace_back(read_property_path(path), path);
    } else if (path.is("IndexedFieldURI")) {
      auto uri = path.attribute_or("FieldURI", "");
      auto index = path.attribute_or("FieldIndex", "");
      if (uri == "item:InternetMessageHeader")
        out.headers.push_back(index);
      else
        out.entries.emplace_back(uri, index);
    } else {
      auto uri = path.attribute_or("FieldURI", "");
      const auto* known = field_of_any(uri);
      if (known != nullptr && !s.knows(known->since))
        throw response_error{"ErrorInvalidPropertyForOperation", "The property is not known to this version.", {}, {}};
      out.fields.push_back(uri);
    }
  }
  return out;
}

namespace {

/// An entry of the dictionary was asked for ("contacts:EmailAddress" for contacts:EmailAddresses).
bool entry_wanted(const field& f, const item_shape& shape, const item_rules& rules) {
  for (const auto& [uri, index] : shape.entries)
    if (const auto* row = indexed_of_uri(rules, uri); row != nullptr && std::string_view(row->element) == f.element)
      return true;
  return false;
}

bool wanted(const field& f, const item_shape& shape, shape_place place, session& s) {
  if (!s.knows(f.since)) return false;
  if (place == shape_place::list && !f.in_lists) return false;
  if (std::string_view(f.uri) == "item:MimeContent" && shape.mime) return true;
  if (f.set <= shape.base) return true;
  for (const auto& uri : shape.fields)
    if (uri == f.uri) return true;
  return false;
}

void write_fields(session& s, xml_writer& out, const item& of, const item_shape& shape, shape_place place,
                  bool embedded) {
  const auto& rules = rules_of_class(of.item_class);
  field_reading reading{s, of, shape, place};
  for (const auto& f : fields_of(rules)) {
    std::string_view uri(f.uri);
    if (embedded && (uri == "item:MimeContent" || uri == "item:ItemId" || uri == "item:ParentFolderId" ||
                     uri == "item:ResponseObjects" || uri == "item:EffectiveRights" || uri == "item:InstanceKey"))
      continue;
    // ExtendedProperty stands between HasAttachments and Culture.
    if (uri == "item:Culture")
      for (const auto& [path, asked] : shape.extended)
        if (auto value = get_extended(s, of, path)) write_extended(out, asked, *value);
    if (uri == "item:InternetMessageHeaders" && !shape.headers.empty() && place == shape_place::get_item) {
      write_headers(of, shape.headers, out);
      continue;
    }
    if (wanted(f, shape, place, s) || (s.knows(f.since) && entry_wanted(f, shape, rules))) f.write(reading, out);
  }
}

} // namespace

void write_item(session& s, xml_writer& out, const item& of, const item_shape& shape, shape_place place) {
  out.open("t:" + element_of_class(of.item_class));
  write_fields(s, out, of, shape, place, false);
  out.close();
}

void write_embedded_item(session& s, xml_writer& out, const item& of, const item_shape& shape,
                         std::string_view before) {
  out.open("t:" + element_of_class(of.item_class));
  out.raw(before);
  write_fields(s, out, of, shape, shape_place::get_item, true);
  out.close();
}

} // namespace exchange_sim
