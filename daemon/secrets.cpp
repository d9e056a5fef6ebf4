#include "daemon/secrets.hpp"

#include <sodium.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace exsyncd {
namespace {

constexpr std::size_t key_length = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t nonce_length = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_length = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t hex_length = 2 * key_length;

using bytes = std::vector<unsigned char>;

const unsigned char* data(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string why(const std::string& file) {
  return file + ": " + std::strerror(errno);
}

class descriptor {
public:
  explicit descriptor(int fd) : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

private:
  int fd_;
};

/// 32 bytes as they are, or as 64 hexadecimal digits in a line.
bool read_key(std::string_view text, unsigned char* key) {
  if (text.size() == key_length) {
    std::memcpy(key, text.data(), key_length);
    return true;
  }
  while (text.ends_with('\n') || text.ends_with('\r'))
    text.remove_suffix(1);
  std::size_t length = 0;
  return text.size() == hex_length &&
         sodium_hex2bin(key, key_length, text.data(), text.size(), nullptr, &length, nullptr) == 0 &&
         length == key_length;
}

/// A file that appears whole or not at all, and stays.
std::string make_key_file(const std::string& directory, const std::string& file, const unsigned char* key) {
  std::array<char, hex_length + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), key, key_length);
  hex.back() = '\n';
  const auto fresh = file + ".new";
  ::unlink(fresh.c_str()); // of a daemon that was killed right here
  const descriptor out(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) return why(fresh);
  const auto written = ::write(out.get(), hex.data(), hex.size());
  sodium_memzero(hex.data(), hex.size());
  if (written != static_cast<ssize_t>(hex.size()) || ::fsync(out.get()) != 0) return why(fresh);
  if (::rename(fresh.c_str(), file.c_str()) != 0) return why(file);
  const descriptor around(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!around || ::fsync(around.get()) != 0) return why(directory);
  return {};
}

} // namespace

secret_box::~secret_box() {
  sodium_memzero(key_.data(), key_.size());
}

secret_box::secret_box(secret_box&& other) noexcept : key_(other.key_) {
  sodium_memzero(other.key_.data(), other.key_.size());
}

std::variant<secret_box, std::string> secret_box::open(const key_places& places, bool may_make) {
  static_assert(sizeof(key) == key_length);
  if (sodium_init() < 0) return "libsodium cannot be used on this machine";
  const auto credential = places.credentials.empty() ? std::string() : places.credentials + "/exsyncd.key";
  const bool is_given = !credential.empty() && std::filesystem::exists(credential);
  const auto file = is_given ? credential : places.state_directory + "/secret.key";

  key found{};
  descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!in) {
    if (errno != ENOENT) return why(file);
    if (!may_make) return file + ": is not there: secrets that were sealed with it cannot be read";
    crypto_aead_xchacha20poly1305_ietf_keygen(found.data());
    if (auto wrong = make_key_file(places.state_directory, file, found.data()); !wrong.empty()) return wrong;
    return secret_box(found);
  }
  struct stat status {};
  if (::fstat(in.get(), &status) != 0) return why(file);
  if (!S_ISREG(status.st_mode)) return file + ": is no regular file";
  if (!is_given && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return file + ": others than its owner may read or change it; run: chmod 600 " + file;
  std::array<char, hex_length + 8> text{};
  const auto length = ::read(in.get(), text.data(), text.size());
  if (length < 0) return why(file);
  const bool usable = read_key({text.data(), static_cast<std::size_t>(length)}, found.data());
  sodium_memzero(text.data(), text.size());
  if (!usable) return file + ": holds no key: 32 bytes, or 64 hexadecimal digits";
  return secret_box(found);
}

std::string secret_box::seal(std::string_view secret, std::string_view place) const {
  bytes sealed(nonce_length + secret.size() + tag_length);
  randombytes_buf(sealed.data(), nonce_length);
  unsigned long long length = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + nonce_length, &length, data(secret), secret.size(),
                                             data(place), place.size(), nullptr, sealed.data(), key_.data());
  std::string text(sodium_base64_encoded_len(sealed.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), sealed.data(), sealed.size(), sodium_base64_VARIANT_ORIGINAL);
  text.resize(std::strlen(text.c_str()));
  return text;
}

std::optional<std::string> secret_box::unseal(std::string_view sealed, std::string_view place) const {
  bytes raw(sealed.size());
  std::size_t length = 0;
  if (sodium_base642bin(raw.data(), raw.size(), sealed.data(), sealed.size(), nullptr, &length, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      length < nonce_length + tag_length)
    return std::nullopt;
  std::string secret(length - nonce_length - tag_length, '\0');
  unsigned long long opened = 0;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(secret.data()), &opened, nullptr,
                                                 raw.data() + nonce_length, length - nonce_length, data(place),
                                                 place.size(), raw.data(), key_.data()) != 0)
    return std::nullopt;
  return secret;
}

} // namespace exsyncd
