#pragma once

#include "actors/logic/decide.hpp"
#include "ews/model/item.hpp"

#include <optional>
#include <string>
#include <vector>

/// Two copies of one item, read just now, against each other and against what was agreed. Pure.
namespace exsyncd::logic {

struct compared {
  std::vector<field> fields; // that differ
  bool read_differs = false;
  /// Neither side has changed since they were agreed: what was agreed was not the same.
  bool silent = false;
  /// The side that has changed, where only one has.
  std::optional<side> changed = {};
  /// Why the settings let them differ; empty where they do not.
  std::string explained = {};
  bool equal() const { return fields.empty() && !read_differs; }
};

/// `t` has a base. `settable`: what each side can hold on items of its class.
compared compare(const twin& t, const both<content>& now, const policy& of, const both<std::vector<field>>& settable);

} // namespace exsyncd::logic
