#include "actors/logic/digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace exsyncd::logic {
namespace {

digest digest_of(const std::string& value) {
  unsigned char whole[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(value.data(), value.size(), whole, &size, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("SHA-256 is not available in this OpenSSL");
  digest result{};
  std::copy_n(whole, result.size(), result.begin());
  return result;
}

const digest* find(const field_digests& in, field f) {
  auto at = std::find_if(in.begin(), in.end(), [f](const field_digest& d) { return d.field == f; });
  return at == in.end() ? nullptr : &at->value;
}

void sort_by_field(field_digests& digests) {
  std::sort(digests.begin(), digests.end(),
            [](const field_digest& a, const field_digest& b) { return a.field < b.field; });
}

} // namespace

field_digests digests_of(const std::vector<field_value>& fields) {
  field_digests result;
  for (const auto& f : fields)
    if (!f.value.empty()) result.push_back({f.field, digest_of(f.value)});
  sort_by_field(result);
  return result;
}

std::vector<field> differing_fields(const field_digests& a, const field_digests& b) {
  std::vector<field> result;
  for (const auto& d : a)
    if (auto* there = find(b, d.field); !there || *there != d.value) result.push_back(d.field);
  for (const auto& d : b)
    if (!find(a, d.field)) result.push_back(d.field);
  std::sort(result.begin(), result.end());
  return result;
}

field_digests only(const field_digests& of, const std::vector<field>& fields) {
  field_digests result;
  for (const auto& d : of)
    if (std::find(fields.begin(), fields.end(), d.field) != fields.end()) result.push_back(d);
  return result;
}

field_digests without(field_digests of, const std::vector<field>& fields) {
  return with_fields(std::move(of), {}, fields);
}

field_digests with_fields(field_digests base, const field_digests& from, const std::vector<field>& fields) {
  std::erase_if(
      base, [&](const field_digest& d) { return std::find(fields.begin(), fields.end(), d.field) != fields.end(); });
  for (const auto& d : only(from, fields))
    base.push_back(d);
  sort_by_field(base);
  return base;
}

} // namespace exsyncd::logic
