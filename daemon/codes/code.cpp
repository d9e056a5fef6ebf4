#include "daemon/codes/code.hpp"

#include "config/json_depth.hpp"

#include "ews/model/date.hpp"

#include <nlohmann/json.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

namespace exsyncd::codes {
namespace {

using nlohmann::json;
using key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using digest_context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

constexpr std::string_view mark = "exs1.";
constexpr std::size_t longest = 4096;
constexpr auto check_it = "copy it whole, from \"exs1.\" to its end";

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string to_base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  text.resize(
      static_cast<std::size_t>(EVP_EncodeBlock(bytes_of(text), bytes_of(bytes), static_cast<int>(bytes.size()))));
  return text;
}

std::optional<std::string> from_base64(std::string text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(bytes_of(bytes), bytes_of(std::string_view(text)), static_cast<int>(text.size())) < 0)
    return std::nullopt;
  const auto padding = text.size() - text.find_last_not_of('=') - 1;
  if (padding > 2) return std::nullopt;
  bytes.resize(bytes.size() - padding);
  // One text for each value: no two codes are the same.
  if (to_base64(bytes) != text) return std::nullopt;
  return bytes;
}

std::string to_url(std::string_view bytes) {
  auto text = to_base64(bytes);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

std::optional<std::string> from_url(std::string text) {
  if (text.find_first_of("+/=") != std::string::npos) return std::nullopt;
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return from_base64(std::move(text));
}

/// Which key a code was issued with, for the error text alone: the signature decides.
std::string hint_of(const std::string& public_key) {
  return public_key.substr(0, 8);
}

std::string public_part(EVP_PKEY* of) {
  std::string bytes(32, '\0');
  auto size = bytes.size();
  if (EVP_PKEY_get_raw_public_key(of, bytes_of(bytes), &size) != 1 || size != bytes.size())
    throw std::runtime_error("OpenSSL gives no public key");
  return to_base64(bytes);
}

std::variant<key, refusal> read_private(const std::string& pem) {
  const bio from(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  key made(PEM_read_bio_PrivateKey(from.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  if (!made || EVP_PKEY_id(made.get()) != EVP_PKEY_ED25519)
    return refusal{"this is no Ed25519 private key in PEM", "make one with: exsyncctl issue-code --key FILE --new-key"};
  return made;
}

bool is_signed(std::string_view text, const std::string& signature, const std::string& public_key) {
  const auto raw = from_base64(public_key);
  if (!raw) return false;
  const key by(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(std::string_view(*raw)), raw->size()),
               EVP_PKEY_free);
  const digest_context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return by && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, by.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(std::string_view(signature)), signature.size(), bytes_of(text),
                          text.size()) == 1;
}

std::optional<std::chrono::sys_days> read_day(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0;
  char more = 0;
  if (std::sscanf(text.c_str(), "%4d-%2u-%2u%c", &year, &month, &day, &more) != 3) return std::nullopt;
  const std::chrono::year_month_day parts{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!parts.ok()) return std::nullopt;
  return std::chrono::sys_days{parts};
}

json as_json(const grant& g, const std::string& public_key) {
  json j{{"key", hint_of(public_key)},
         {"id", g.id},
         {"kind", g.kind == grant::kind::top_up ? "top-up" : "subscription"},
         {"from", date_text(g.from)},
         {"to", date_text(g.to)},
         {"bytes", g.bytes}};
  if (g.kind == grant::kind::subscription) j["pairs"] = g.pairs;
  return j;
}

/// What is signed is right unless a newer version wrote it.
std::optional<grant> from_json(const json& j) {
  try {
    grant g;
    g.id = j.at("id").get<std::string>();
    const auto kind = j.at("kind").get<std::string>();
    if (kind == "top-up")
      g.kind = grant::kind::top_up;
    else if (kind != "subscription")
      return std::nullopt;
    const auto from = read_day(j.at("from").get<std::string>()), to = read_day(j.at("to").get<std::string>());
    if (!from || !to || g.id.empty()) return std::nullopt;
    g.from = *from;
    g.to = *to;
    g.bytes = j.at("bytes").get<std::uint64_t>();
    if (g.kind == grant::kind::subscription) g.pairs = j.at("pairs").get<std::uint32_t>();
    return g;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

} // namespace

key_pair new_key_pair() {
  const key made(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
  const bio to(BIO_new(BIO_s_secmem()), BIO_free);
  if (!made || !to || PEM_write_bio_PrivateKey(to.get(), made.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    throw std::runtime_error("OpenSSL makes no key");
  char* text = nullptr;
  const auto size = BIO_get_mem_data(to.get(), &text);
  return {std::string(text, static_cast<std::size_t>(size)), public_part(made.get())};
}

std::variant<std::string, refusal> public_key_of(const std::string& private_pem) {
  auto read = read_private(private_pem);
  if (auto* no = std::get_if<refusal>(&read)) return std::move(*no);
  return public_part(std::get<key>(read).get());
}

std::variant<std::string, refusal> issue(const grant& what, const std::string& private_pem) {
  auto read = read_private(private_pem);
  if (auto* no = std::get_if<refusal>(&read)) return std::move(*no);
  const auto& by = std::get<key>(read);
  if (what.to < what.from) return refusal{"the last day is before the first one", "look at --from and --to"};
  if (what.bytes == 0) return refusal{"a code must allow some bytes", "say them with --bytes, like 50GB"};
  if (what.kind == grant::kind::subscription && what.pairs == 0)
    return refusal{"a subscription must be for at least one pair", "say how many with --pairs"};
  auto text = std::string(mark) + to_url(as_json(what, public_part(by.get())).dump());
  std::string signature(64, '\0');
  auto size = signature.size();
  const digest_context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, by.get()) != 1 ||
      EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(std::string_view(text)), text.size()) != 1)
    throw std::runtime_error("OpenSSL does not sign");
  return text + '.' + to_url(signature);
}

std::variant<grant, refusal> read(std::string_view code, const std::string& public_key) {
  std::string whole;
  std::copy_if(code.begin(), code.end(), std::back_inserter(whole),
               [](char c) { return c != ' ' && c != '\t' && c != '\r' && c != '\n'; });
  const auto dot = whole.rfind('.');
  if (whole.size() > longest || !whole.starts_with(mark) || dot < mark.size())
    return refusal{"this is no code of exsyncd", check_it};
  const auto payload = from_url(whole.substr(mark.size(), dot - mark.size()));
  const auto signature = from_url(whole.substr(dot + 1));
  const auto what = payload && !nests_too_deep(*payload) ? json::parse(*payload, nullptr, false) : json();
  if (!signature || !what.is_object()) return refusal{"the code is not complete, or was altered", check_it};
  if (!is_signed(std::string_view(whole).substr(0, dot), *signature, public_key)) {
    if (what.contains("key") && what.at("key") != hint_of(public_key))
      return refusal{"the code was issued for another key than this exsyncd's allowance_key",
                     "ask for a code that is signed with the key of " + public_key};
    return refusal{"the code's signature is wrong: it was altered or mistyped", check_it};
  }
  if (auto g = from_json(what)) return *g;
  return refusal{"the code is of a kind that this version does not know", "update exsyncd, then add it again"};
}

std::variant<std::uint64_t, refusal> read_size(const std::string& text) {
  const refusal no{'"' + text + "\" is no size", "write it like 500MB, 50GB or 1.5TB"};
  std::size_t used = 0;
  double number = 0;
  if (text.empty() || text[0] < '0' || text[0] > '9') return no;
  try {
    number = std::stod(text, &used);
  } catch (const std::exception&) {
    return no;
  }
  auto unit = text.substr(used);
  std::erase(unit, ' ');
  constexpr std::string_view units = "KMGT";
  double factor = 1;
  if (!unit.empty() && unit != "B") {
    const auto at = units.find(unit[0] == 'k' ? 'K' : unit[0]);
    if (at == std::string_view::npos || (unit.size() > 1 && unit.substr(1) != "B")) return no;
    factor = std::pow(1000.0, static_cast<double>(at + 1));
  }
  const auto bytes = number * factor;
  if (!(bytes >= 0 && bytes <= 1e18)) return no;
  return static_cast<std::uint64_t>(std::llround(bytes));
}

} // namespace exsyncd::codes
