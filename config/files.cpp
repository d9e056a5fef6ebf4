#include "config/files.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace exsyncd {
namespace {

struct open_file {
  explicit open_file(const std::string& name)
      // Without O_NONBLOCK a named pipe would hang the daemon.
      : fd(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~open_file() {
    if (fd >= 0) ::close(fd);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  int fd;
};

objection cannot_read(const std::string& name) {
  return {name + ": cannot be read: " + std::strerror(errno)};
}

checked<std::string> contents(const open_file& file, const std::string& name, std::size_t limit) {
  std::string text;
  char buffer[65536];
  for (;;) {
    const auto n = ::read(file.fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot_read(name);
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > limit) return objection{name + ": is larger than " + std::to_string(limit) + " bytes"};
  }
}

} // namespace

checked<std::string> find_readable(const std::string& name, const file_places& places) {
  if (name.empty()) return objection{"must name a file"};
  std::string looked_in;
  const auto try_file = [&](const std::string& candidate) -> std::optional<checked<std::string>> {
    const open_file file(candidate);
    struct stat status {};
    if (file.fd < 0) {
      if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
      return cannot_read(candidate);
    }
    if (::fstat(file.fd, &status) != 0) return cannot_read(candidate);
    if (!S_ISREG(status.st_mode)) return objection{candidate + ": is no regular file"};
    return candidate;
  };
  if (name.starts_with('/')) {
    if (auto found = try_file(name)) return *found;
    return objection{name + ": there is no such file"};
  }
  for (const auto& place : {places.credentials, places.configuration}) {
    if (place.empty()) continue;
    if (auto found = try_file(place + "/" + name)) return *found;
    looked_in += (looked_in.empty() ? "" : " and ") + place;
  }
  return objection{"there is no file \"" + name + "\" in " + looked_in};
}

checked<std::string> read_file(const std::string& name, std::size_t limit) {
  const open_file file(name);
  if (file.fd < 0) return cannot_read(name);
  return contents(file, name, limit);
}

checked<std::string> read_secret(const std::string& name, const file_places& places) {
  const auto found = find_readable(name, places);
  if (std::holds_alternative<objection>(found)) return found;
  const auto& path = std::get<std::string>(found);
  const open_file file(path);
  struct stat status {};
  if (file.fd < 0 || ::fstat(file.fd, &status) != 0) return cannot_read(path);
  if ((status.st_mode & (S_IROTH | S_IWOTH)) != 0)
    return objection{path + ": every user of this machine may read or change it; run: chmod o= " + path};
  constexpr std::size_t longest = 4096;
  auto read = contents(file, path, longest);
  if (std::holds_alternative<objection>(read)) return read;
  auto& text = std::get<std::string>(read);
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return objection{path + ": is empty"};
  if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    return objection{path + ": must hold the password as its only line"};
  return read;
}

} // namespace exsyncd
