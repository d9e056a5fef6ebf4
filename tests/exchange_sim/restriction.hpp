#pragma once

#include "tests/exchange_sim/xml.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace exchange_sim {

/// The values of a property of the object that is tried; none where it has no such property. Throws response_error for
/// a path that cannot be searched.
using value_of_path = std::function<std::optional<std::vector<std::string>>(node path)>;

/// Whether an object matches the search expression inside a Restriction.
bool matches(node expression, const value_of_path&);

/// Compares as numbers where both are numbers, else as text. Times are in one form, so their text sorts by time.
int compare_values(const std::string&, const std::string&);

/// One page of a listing, by an IndexedPageItemView or FractionalPageItemView (or their folder forms).
struct page {
  std::size_t first = 0, count = 0, next = 0;
  bool last = true;
  bool backwards = false;
};
/// `view` may be none: everything up to `cap`. Throws response_error ErrorInvalidPagingMaxRows.
page read_page(node view, std::size_t total, std::size_t cap);
void open_root_folder(xml_writer&, const page&, std::size_t total);

} // namespace exchange_sim
