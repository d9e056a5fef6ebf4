#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace exchange_sim {

struct openssl_free {
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};
using certificate_ptr = std::unique_ptr<X509, openssl_free>;
using key_ptr = std::unique_ptr<EVP_PKEY, openssl_free>;

struct certified_key {
  certificate_ptr certificate;
  key_ptr key;
};

/// A certificate authority for tests. It is made at run time, so that no key is ever part of the project.
/// Throws std::runtime_error where OpenSSL or the file system refuses.
class certificate_authority {
public:
  /// Takes up the authority kept in `directory` (ca.pem, ca.key, the key readable by the owner only), or makes a new
  /// one there, valid for a year. A kept authority that has expired or does not load is replaced.
  static certificate_authority open(const std::filesystem::path& directory);

  /// The file that a client has to trust (PEM).
  const std::filesystem::path& trust_file() const { return trust_file_; }

  /// A new key with a server certificate for these DNS names and IP addresses, valid for 90 days.
  certified_key issue(const std::vector<std::string>& names) const;

private:
  certified_key self_;
  std::filesystem::path trust_file_;
};

} // namespace exchange_sim
