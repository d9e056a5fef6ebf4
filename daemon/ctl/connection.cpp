#include "daemon/ctl/connection.hpp"

#include "config/json_depth.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace exsyncd::ctl {
namespace {

using nlohmann::json;

std::string hint_for(int error) {
  switch (error) {
  case ENOENT:
  case ECONNREFUSED:
    return "is exsyncd running? systemctl status exsyncd; another socket: --socket PATH";
  case EACCES:
  case EPERM:
    return "only members of the group exsyncd may: usermod -aG exsyncd USER, then log in again; or use sudo";
  default:
    return "journalctl -u exsyncd may tell more";
  }
}

} // namespace

connection::connection(const std::string& path) : path_(path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    throw unreachable{path + ": is no usable name for a socket", "give the one of \"admin_socket\" with --socket"};
  path.copy(address.sun_path, path.size());
  fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ >= 0 && ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
  const auto error = errno;
  if (fd_ >= 0) ::close(fd_);
  throw unreachable{path + ": " + std::strerror(error), hint_for(error)};
}

connection::~connection() {
  ::close(fd_);
}

/// False where nothing came in time.
bool connection::read_some(int patience) {
  pollfd waiting{fd_, POLLIN, 0};
  const auto ready = ::poll(&waiting, 1, patience);
  if (ready == 0 || (ready < 0 && errno == EINTR)) return false;
  std::array<char, 65536> buffer;
  const auto n = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (n < 0 && errno == EINTR) return false;
  if (n <= 0) throw unreachable{path_ + ": exsyncd ended the connection", "journalctl -u exsyncd tells why"};
  input_.append(buffer.data(), static_cast<std::size_t>(n));
  return true;
}

json connection::next_event(int patience) {
  for (;;) {
    const auto end = input_.find('\n');
    if (end != std::string::npos) {
      const auto text = std::string_view(input_).substr(0, end);
      auto line = nests_too_deep(text) ? json(json::value_t::discarded) : json::parse(text, nullptr, false);
      input_.erase(0, end + 1);
      if (line.is_discarded())
        throw unreachable{path_ + ": what answers there is not exsyncd", "give the right --socket"};
      return line;
    }
    if (!read_some(patience) && patience >= 0) return nullptr;
  }
}

std::variant<json, refusal> connection::call(const std::string& method, const json& params) {
  const auto line = json{{"method", method}, {"params", params}}.dump() + "\n";
  std::size_t written = 0;
  while (written < line.size()) {
    const auto n = ::send(fd_, line.data() + written, line.size() - written, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw unreachable{path_ + ": " + std::strerror(errno), hint_for(errno)};
    written += static_cast<std::size_t>(n);
  }
  const auto answer = next_event(-1);
  if (answer.is_object() && answer.contains("result")) return answer.at("result");
  const auto error = answer.is_object() ? answer.value("error", json::object()) : json::object();
  const auto data = error.value("data", json::object());
  refusal no{error.value("message", "exsyncd gave no answer"), data.value("hint", ""), data.value("field", ""), {}};
  for (const auto& p : data.value("problems", json::array()))
    no.problems.emplace_back(p.value("path", ""), p.value("text", ""));
  return no;
}

} // namespace exsyncd::ctl
