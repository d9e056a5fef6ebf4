#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace exsyncd {

/// Where the key is: systemd's credential "exsyncd.key" where there is one, else the file "secret.key" in the state
/// directory, of mode 0600.
struct key_places {
  std::string credentials; // $CREDENTIALS_DIRECTORY, or empty
  std::string state_directory;
};

/// Seals the secrets that were given over the admin socket, so that neither the store nor a copy of it holds them.
/// XChaCha20-Poly1305 with a random nonce; the text is bound to its place.
class secret_box {
public:
  ~secret_box();
  secret_box(secret_box&& other) noexcept;
  secret_box& operator=(secret_box&&) = delete;
  secret_box(const secret_box&) = delete;
  secret_box& operator=(const secret_box&) = delete;

  /// The box; or, for the administrator, why there is none. Without a credential a key file that is missing is made
  /// where `may_make`; it is on disk when this returns.
  static std::variant<secret_box, std::string> open(const key_places& places, bool may_make);

  /// In base64. `place` is where the secret stands: sealed text does not open anywhere else.
  std::string seal(std::string_view secret, std::string_view place) const;
  /// Empty where it was sealed with another key, at another place, or is damaged.
  std::optional<std::string> unseal(std::string_view sealed, std::string_view place) const;

private:
  using key = std::array<unsigned char, 32>;
  explicit secret_box(const key& with) : key_(with) {}
  key key_;
};

} // namespace exsyncd
