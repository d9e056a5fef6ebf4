#include "actors/logic/digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string_view>

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

bool contains(const std::vector<field>& fields, field f) {
  return std::find(fields.begin(), fields.end(), f) != fields.end();
}

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

std::string contents_line(const carried_attachment& a) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  bool good = hash && EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) == 1;
  if (!a.item)
    a.content_base64.each_piece([&](std::string_view piece) {
      std::string text(piece); // servers break its lines where they like
      std::erase_if(text, [](char c) { return c == '\r' || c == '\n' || c == ' ' || c == '\t'; });
      good = good && EVP_DigestUpdate(hash.get(), text.data(), text.size()) == 1;
      return good;
    });
  unsigned char whole[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (!good || EVP_DigestFinal_ex(hash.get(), whole, &size) != 1)
    throw std::runtime_error("SHA-256 is not available in this OpenSSL");
  std::string line = a.name;
  std::replace(line.begin(), line.end(), '\n', ' ');
  line += '\t';
  for (unsigned int i = 0; i < size; ++i)
    for (const unsigned digit : {whole[i] / 16u, whole[i] % 16u})
      line += "0123456789abcdef"[digit];
  return line;
}

std::string contents_of(const std::vector<carried_attachment>& all) {
  std::vector<std::string> lines;
  for (const auto& a : all)
    lines.push_back(contents_line(a));
  std::sort(lines.begin(), lines.end());
  std::string value = "read\n"; // no attachments are a value, too
  for (const auto& line : lines)
    value += line + "\n";
  return value;
}

bool is_hint(field f) {
  return f == hint::body_words ||
         std::find(attachment_hints.begin(), attachment_hints.end(), f) != attachment_hints.end();
}

void erase_hints(std::vector<field>& fields) {
  std::erase_if(fields, is_hint);
}

field_digests with_hints(field_digests base, const field_digests& from) {
  return with_fields(std::move(base), from, {attachment_hints.begin(), attachment_hints.end()});
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
