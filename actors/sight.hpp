#pragma once

#include "ews/model/ids.hpp"

#include <cstdint>
#include <string>

namespace exsyncd {

/// What an account with rights on folders only (delegate) cannot see of a folder (change_page in ews/model/change.hpp).
struct out_of_sight {
  std::uint32_t hidden = 0; // items that no list shows; left alone
  std::uint32_t doubted = 0; // left a list as sight was lost, and are not taken for deleted yet
  bool nothing() const { return hidden == 0 && doubted == 0; }
  friend bool operator==(const out_of_sight&, const out_of_sight&) = default;
};

/// In words for an administrator; empty where nothing is out of sight.
std::string text_of(const out_of_sight& what);
std::string hint_for(const out_of_sight& what);

} // namespace exsyncd
