#pragma once

#include <string_view>

/// Ids of public folders and of what is in them are told apart by a sign in front of what the server calls them. EWS
/// ids are base64, which holds no colon.
namespace exsyncd {

inline constexpr std::string_view public_sign = "public:";

template <class Id>
bool is_public(const Id& id) {
  return id.value.starts_with(public_sign);
}

/// Takes the sign away; whether there was one.
template <class Id>
bool strip(Id& id) {
  if (!is_public(id)) return false;
  id.value.erase(0, public_sign.size());
  return true;
}

template <class Id>
void mark_public(Id& id) {
  id.value.insert(0, public_sign);
}

} // namespace exsyncd
