// FindItem: a listing of one folder, with paging, restriction and sort order.
#include "tests/exchange_sim/access.hpp"
#include "tests/exchange_sim/calendar_operations.hpp"
#include "tests/exchange_sim/item_types.hpp"
#include "tests/exchange_sim/restriction.hpp"

#include <algorithm>
#include <cstdlib>

namespace exchange_sim {

namespace {

std::optional<std::vector<std::string>> item_value(session& s, const item& of, node path) {
  if (path.is("ExtendedFieldURI")) {
    auto value = get_extended(s, of, read_property_path(path));
    return value ? std::optional(value->values) : std::nullopt;
  }
  auto uri = path.attribute_or("FieldURI", "");
  const auto& rules = rules_of_class(of.item_class);
  if (path.is("IndexedFieldURI")) {
    if (uri != "item:InternetMessageHeader") {
      const auto* row = indexed_of_uri(rules, uri);
      auto text = row == nullptr ? std::nullopt : row->text(of, path.attribute_or("FieldIndex", ""));
      return text ? std::optional<std::vector<std::string>>{{*text}} : std::nullopt;
    }
    auto wanted = lower(path.attribute_or("FieldIndex", ""));
    for (const auto& [name, value] : of.headers)
      if (lower(name) == wanted) return {{value}};
    return std::nullopt;
  }
  const auto* row = field_of_uri(rules, uri);
  // A folder holds items of several types; what an item's type does not have, it has no value of.
  if (row == nullptr && field_of_any(uri) != nullptr) return std::nullopt;
  if (row == nullptr || row->text == nullptr || !s.knows(row->since))
    throw response_error{"ErrorUnsupportedPathForQuery", "The property can not be used with this type of restriction."};
  if (uri == "item:Categories") {
    if (of.categories.empty()) return std::nullopt;
    return of.categories;
  }
  auto text = row->text(s, of);
  if (text.empty()) return std::nullopt;
  return {{text}};
}

void sort_items(session& s, std::vector<const item*>& found, node order) {
  auto keys = order.children();
  // The last key first, each time stable.
  for (auto at = keys.rbegin(); at != keys.rend(); ++at) {
    auto path = at->first();
    bool falling = at->attribute_or("Order", "Ascending") == "Descending";
    auto value = [&](const item* i) {
      auto values = item_value(s, *i, path);
      return values ? values->front() : std::string();
    };
    std::stable_sort(found.begin(), found.end(), [&](const item* a, const item* b) {
      auto compared = compare_values(value(a), value(b));
      return falling ? compared > 0 : compared < 0;
    });
  }
}

// 2013 and later cut a page short; for an older RequestServerVersion, whose clients do not expect that, the whole call
// is refused instead.
std::size_t allowed_rows(session& s, node view, bool restricted, std::size_t total) {
  auto cap = restricted ? s.host.profile.find_page_restricted : s.host.profile.find_page;
  auto asked = view.attribute("MaxEntriesReturned");
  auto wanted = asked ? static_cast<std::size_t>(std::max(0, std::atoi(asked->c_str()))) : total;
  if (std::min(wanted, total) > cap && !s.knows(schema_version::e2010_sp1))
    throw response_error{"ErrorServerBusy",
                         "The server cannot service this request right now. Try again later.",
                         {{"BackOffMilliseconds", "5000"}}};
  return cap;
}

void list_calendar(session& s, xml_writer& out, node view, const folder& f, const item_shape& shape) {
  auto shown = calendar_view(s, view, f);
  auto asked = view.attribute("MaxEntriesReturned");
  auto most = asked ? std::atoi(asked->c_str()) : static_cast<int>(s.host.profile.find_page);
  if (most <= 0) throw response_error{"ErrorInvalidPagingMaxRows", "The maximum number of rows must be positive."};
  auto count = std::min(shown.size(), static_cast<std::size_t>(most));
  out.open("m:RootFolder", {{"TotalItemsInView", std::to_string(shown.size())},
                            {"IncludesLastItemInRange", count == shown.size() ? "true" : "false"}});
  out.open("t:Items");
  for (std::size_t i = 0; i < count; ++i)
    write_item(s, out, shown[i], shape, shape_place::list);
  out.close();
  out.close();
}

} // namespace

void find_item(session& s, node request, xml_writer& out) {
  for (auto id : request.child("ParentFolderIds").children())
    respond(s, out, "m:FindItemResponseMessage", {}, [&](xml_writer& inside) {
      auto shape = read_shape(s, request.child("ItemShape"));
      auto& f = folder_named(s, id);
      require(s, f, &folder_rights::read);
      auto traversal = request.attribute_or("Traversal", "Shallow");
      if (request.child("GroupBy") || request.child("DistinguishedGroupBy"))
        throw response_error{"ErrorUnsupportedPathForSortGroup", "Grouping is not served."};
      // Better refused than answered with everything.
      if (request.child("QueryString") || request.child("SeekToConditionPageItemView"))
        throw response_error{"ErrorUnsupportedQueryFilter", "Queries in words and seeking are not served."};
      if (request.child("CalendarView") && !f.folder_class.starts_with("IPF.Appointment"))
        throw response_error{"ErrorCalendarFolderIsInvalidForCalendarView",
                             "Calendar view can only be performed on a calendar folder."};
      if (auto calendar = request.child("CalendarView")) {
        if (request.child("Restriction") || request.child("SortOrder"))
          throw response_error{"ErrorUnsupportedQueryFilter", "A calendar view takes no restriction and no order."};
        list_calendar(s, inside, calendar, f, shape);
        return;
      }
      std::vector<const item*> found;
      for (const auto& [key, i] : f.items)
        if (i.associated == (traversal == "Associated") && traversal != "SoftDeleted" && !is_hidden(s, i))
          found.push_back(&i);
      auto restriction = request.child("Restriction");
      if (restriction)
        std::erase_if(found, [&](const item* i) {
          return !matches(restriction.first(), [&](node path) { return item_value(s, *i, path); });
        });
      // Without an order of its own a listing is newest first, as a folder shows itself.
      std::stable_sort(found.begin(), found.end(), [](const item* a, const item* b) {
        auto when = [](const item* i) { return i->received.value_or(i->created); };
        return std::pair(when(b), b->key) < std::pair(when(a), a->key);
      });
      if (auto order = request.child("SortOrder")) sort_items(s, found, order);
      node view = request.child("IndexedPageItemView");
      if (!view) view = request.child("FractionalPageItemView");
      if (!view) view = request.child("ContactsView");
      auto p = read_page(view, found.size(), allowed_rows(s, view, static_cast<bool>(restriction), found.size()));
      open_root_folder(inside, p, found.size());
      inside.open("t:Items");
      for (auto i = p.first; i < p.first + p.count; ++i) {
        s.all.log.note(item_event::kind::listed, s.host, *s.box, found[i]->key.value);
        write_item(s, inside, *found[i], shape, shape_place::list);
      }
      inside.close();
      inside.close();
    });
}

} // namespace exchange_sim
