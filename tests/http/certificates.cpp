#include "tests/http/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <stdexcept>

namespace tests {

namespace {

struct closer {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
  void operator()(BIO* p) const { BIO_free_all(p); }
};
template <class T>
using owned = std::unique_ptr<T, closer>;

template <class T>
T* checked(T* p) {
  if (!p) throw std::runtime_error("OpenSSL refuses");
  return p;
}

void add(X509* to, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  owned<X509_EXTENSION> e(checked(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())));
  X509_add_ext(to, e.get(), -1);
}

owned<X509> certificate(EVP_PKEY* key, const std::string& name, long serial, int days) {
  owned<X509> x(checked(X509_new()));
  X509_set_version(x.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x.get()), serial);
  constexpr long day = 24 * 60 * 60;
  X509_gmtime_adj(X509_getm_notBefore(x.get()), -10 * day);
  X509_gmtime_adj(X509_getm_notAfter(x.get()), days * day);
  X509_set_pubkey(x.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return x;
}

} // namespace

scratch_directory::scratch_directory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "exsyncd-test-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary directory");
  path_ = pattern;
}

scratch_directory::~scratch_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

struct certificate_authority::state {
  scratch_directory directory;
  owned<EVP_PKEY> key;
  owned<X509> certificate;
  long issued = 1;

  std::string write(const std::string& name, auto&& what) {
    std::string file = (directory.path() / name).string();
    owned<BIO> out(checked(BIO_new_file(file.c_str(), "w")));
    what(out.get());
    return file;
  }
};

certificate_authority::certificate_authority(std::string name) : state_(std::make_unique<state>()) {
  state_->key.reset(checked(EVP_EC_gen("P-256")));
  state_->certificate = certificate(state_->key.get(), name, 1, 30);
  X509* x = state_->certificate.get();
  X509_set_issuer_name(x, X509_get_subject_name(x));
  add(x, x, NID_basic_constraints, "critical,CA:TRUE");
  add(x, x, NID_key_usage, "critical,keyCertSign,cRLSign");
  X509_sign(x, state_->key.get(), EVP_sha256());
  state_->write("ca.pem", [&](BIO* out) { PEM_write_bio_X509(out, x); });
}

certificate_authority::~certificate_authority() = default;

std::string certificate_authority::file() const {
  return (state_->directory.path() / "ca.pem").string();
}

server_certificate certificate_authority::issue(const std::string& subject_names, int days) const {
  long serial = ++state_->issued;
  owned<EVP_PKEY> key(checked(EVP_EC_gen("P-256")));
  owned<X509> x = certificate(key.get(), "exsyncd test server", serial, days);
  X509_set_issuer_name(x.get(), X509_get_subject_name(state_->certificate.get()));
  add(x.get(), state_->certificate.get(), NID_subject_alt_name, subject_names);
  X509_sign(x.get(), state_->key.get(), EVP_sha256());
  std::string stem = std::to_string(serial);
  return {state_->write(stem + ".crt", [&](BIO* out) { PEM_write_bio_X509(out, x.get()); }),
          state_->write(stem + ".key", [&](BIO* out) {
            PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

} // namespace tests
