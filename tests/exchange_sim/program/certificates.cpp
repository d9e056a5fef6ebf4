#include "tests/exchange_sim/program/certificates.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>
#include <sys/stat.h>

namespace exchange_sim {
namespace {

constexpr long day = 24 * 60 * 60;

[[noreturn]] void fail(const std::string& what) {
  char reason[256];
  ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
  throw std::runtime_error(what + ": " + reason);
}

struct file_close {
  void operator()(std::FILE* f) const { std::fclose(f); }
};
using file_ptr = std::unique_ptr<std::FILE, file_close>;

key_ptr new_key() {
  key_ptr key(EVP_EC_gen("P-256"));
  if (!key) fail("no new key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (!extension) fail("no certificate extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

certificate_ptr new_certificate(const std::string& common_name, EVP_PKEY* key, long days) {
  certificate_ptr certificate(X509_new());
  if (!certificate) fail("no new certificate");
  X509_set_version(certificate.get(), X509_VERSION_3);
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) fail("no random serial");
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1);
  // An hour of slack: the clocks of a container and of its host need not agree.
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60 * 60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), days * day);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("exchange-sim test authority"), -1, -1, 0);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name.c_str()), -1,
                             -1, 0);
  return certificate;
}

void sign(X509* certificate, EVP_PKEY* key) {
  if (X509_sign(certificate, key, EVP_sha256()) == 0) fail("certificate not signed");
}

certified_key new_authority() {
  certified_key made;
  made.key = new_key();
  made.certificate = new_certificate("exchange-sim", made.key.get(), 365);
  X509* certificate = made.certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(certificate, certificate, NID_subject_key_identifier, "hash");
  sign(certificate, made.key.get());
  return made;
}

/// Empty where there is none, or none that could still be used.
certified_key load_authority(const std::filesystem::path& certificate_file, const std::filesystem::path& key_file) {
  certified_key kept;
  if (file_ptr file{std::fopen(certificate_file.c_str(), "r")})
    kept.certificate.reset(PEM_read_X509(file.get(), nullptr, nullptr, nullptr));
  if (file_ptr file{std::fopen(key_file.c_str(), "r")})
    kept.key.reset(PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (!kept.certificate || !kept.key) return {};
  if (X509_check_private_key(kept.certificate.get(), kept.key.get()) != 1) return {};
  if (X509_cmp_current_time(X509_get0_notAfter(kept.certificate.get())) <= 0) return {};
  return kept;
}

bool is_address(const std::string& name) {
  ASN1_OCTET_STRING* octets = a2i_IPADDRESS(name.c_str());
  const bool result = octets != nullptr;
  ASN1_OCTET_STRING_free(octets);
  ERR_clear_error();
  return result;
}

} // namespace

certificate_authority certificate_authority::open(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  certificate_authority authority;
  authority.trust_file_ = std::filesystem::absolute(directory / "ca.pem");
  const auto key_file = directory / "ca.key";
  authority.self_ = load_authority(authority.trust_file_, key_file);
  if (authority.self_.certificate) return authority;

  authority.self_ = new_authority();
  const mode_t mask = umask(0077);
  file_ptr key{std::fopen(key_file.c_str(), "w")};
  umask(mask);
  if (!key || PEM_write_PrivateKey(key.get(), authority.self_.key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    throw std::runtime_error("cannot write " + key_file.string());
  file_ptr certificate{std::fopen(authority.trust_file_.c_str(), "w")};
  if (!certificate || PEM_write_X509(certificate.get(), authority.self_.certificate.get()) != 1)
    throw std::runtime_error("cannot write " + authority.trust_file_.string());
  return authority;
}

certified_key certificate_authority::issue(const std::vector<std::string>& names) const {
  if (names.empty()) throw std::invalid_argument("a server certificate needs a name");
  certified_key made;
  made.key = new_key();
  made.certificate = new_certificate(names.front(), made.key.get(), 90);
  X509* certificate = made.certificate.get();
  X509* issuer = self_.certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  std::string alternatives;
  for (const auto& name : names)
    alternatives += (alternatives.empty() ? "" : ",") + std::string(is_address(name) ? "IP:" : "DNS:") + name;
  add_extension(certificate, issuer, NID_subject_alt_name, alternatives);
  add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature");
  add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth");
  add_extension(certificate, issuer, NID_authority_key_identifier, "keyid");
  sign(certificate, self_.key.get());
  return made;
}

} // namespace exchange_sim
