#include "daemon/show.hpp"

#include <nlohmann/json.hpp>

#include <array>

// What a comparison of both sides found, as its readers see it.
namespace exsyncd {
namespace {

using nlohmann::json;
using kind = difference::kind;

std::string show(kind what) {
  static constexpr std::array names{"only_on", "fields", "place", "read_state"};
  return names.at(static_cast<std::size_t>(what));
}

json show(const difference& d) {
  json j{{"what", show(d.what)}, {"folder", d.folder.value}, {"subject", d.subject}, {"class", show(d.item_class)}};
  if (!d.id.empty()) j["id"] = d.id.value;
  switch (d.what) {
  case kind::only_on:
    if (d.on) j["on"] = show(*d.on);
    break;
  case kind::fields:
    j["fields"] = show(d.fields);
    break;
  case kind::place:
    for (const auto s : both_sides)
      j[show(s)] = d.places[s].empty() ? json("outside the folder pairs") : json(d.places[s].value);
    break;
  case kind::read_state:
    for (const auto s : both_sides)
      if (d.read[s]) j[show(s)] = *d.read[s] ? "read" : "unread";
    break;
  }
  if (!d.explained.empty()) j["explained"] = d.explained;
  if (!d.repair.empty()) j["repair"] = d.repair;
  return j;
}

json show(const std::map<kind, std::uint64_t>& counts) {
  auto j = json::object();
  for (const auto& [what, count] : counts)
    j[show(what)] = count;
  return j;
}

} // namespace

json show(const verification& found, bool repaired) {
  json j{{"compared", found.compared},    {"in_step", found.in_step},           {"waiting", found.waiting},
         {"counts", show(found.counts)},  {"explained", show(found.explained)}, {"differences", json::array()},
         {"errors", show(found.failures)}};
  for (const auto& d : found.differences)
    j["differences"].push_back(show(d));
  std::uint64_t all = 0;
  for (const auto* counts : {&found.counts, &found.explained})
    for (const auto& [what, count] : *counts)
      all += count;
  if (all > found.differences.size()) j["not_named"] = all - found.differences.size();
  if (repaired) j["mended"] = found.mended;
  return j;
}

} // namespace exsyncd
