#pragma once

#include "tests/simulate/model/settings.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace simulate::model {

/// Where a folder lies among the folder pairs of one pair.
struct place_in_pair {
  const folder_pair* of = nullptr;
  std::string below; ///< "" for the folder itself, "/Plans" for one below it
};

/// The folder pairs of one pair as a map of places. Folder names differ in case alone no more than Exchange's do.
class scope {
public:
  explicit scope(const pair_settings& pair) : pair_(pair) {}

  /// None: the folder belongs to no folder pair that is on. A declared folder pair beats one above it.
  std::optional<place_in_pair> locate(side, std::string_view path) const;
  /// The same word for the two folders that belong together.
  std::string common_name(side, std::string_view path) const;
  /// Whether it is left open if the folder belongs to a folder pair: below a root that includes its subfolders lie
  /// the standard folders too, some of which are left out.
  bool is_open(side, std::string_view path) const;

  const pair_settings& pair() const { return pair_; }
  /// None: the mailbox is not of this pair.
  std::optional<side> side_of(const std::string& mailbox) const;

private:
  const pair_settings& pair_;
};

/// What the settings of a pair mean to users: entries without their names, in a fixed order, and without those that
/// only repeat of a subfolder what the entry above it says.
pair_settings meaning_of(pair_settings);

} // namespace simulate::model
