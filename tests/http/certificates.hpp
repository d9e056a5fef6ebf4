#pragma once

#include <filesystem>
#include <memory>
#include <string>

/// Certificates for a test, made when it runs: an authority, and servers that it vouches for.
namespace tests {

/// A directory of its own below the system's temporary one, gone with the object.
class scratch_directory {
public:
  scratch_directory();
  ~scratch_directory();
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

/// PEM files of one server.
struct server_certificate {
  std::string certificate_file;
  std::string key_file;
};

class certificate_authority {
public:
  explicit certificate_authority(std::string name);
  ~certificate_authority();
  /// PEM: what a client is to trust.
  std::string file() const;
  /// `subject_names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1". `days` negative: it has expired.
  server_certificate issue(const std::string& subject_names, int days = 1) const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace tests
