#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace exsyncd::admin {

struct socket_options {
  std::string path;
  std::string group = "exsyncd"; // owns the socket where there is such a group
  std::size_t longest_line = std::size_t{1} << 20;
  std::size_t most_clients = 64;
  /// What a longer line is answered.
  std::string too_long_answer;
  /// What a client may leave unread of a stream; one that leaves more is dropped.
  std::size_t longest_backlog = std::size_t{1} << 20;
  /// Called in the socket's thread with each line. `send` must be called exactly once, from any thread, with what is to
  /// be written, or with nothing. `push` writes more afterwards, as often as wanted and from any thread; it gives false
  /// where the client is gone. Pushing nothing only asks that, and keeps a client that writes no more.
  std::function<void(std::string_view line, std::function<void(std::string)> send,
                     std::function<bool(std::string)> push)>
      on_line;
};

/// Lines in, answers out, over a stream socket of mode 0660; its own thread.
///
/// A client's lines are answered in their order, one at a time: while a call runs or an answer waits to be read,
/// nothing more is read from that client, so that one client holds one line and one answer at most, and of a stream
/// what it leaves unread, up to a limit. One that never reads harms nobody: when there are too many clients, the one
/// that has been still for longest makes room.
class socket_server {
public:
  ~socket_server(); // ends all connections; calls under way are answered into the void
  socket_server(const socket_server&) = delete;
  socket_server& operator=(const socket_server&) = delete;

  /// A server that listens, or why it cannot (for the administrator). A socket file that nobody listens to is replaced.
  static std::variant<std::unique_ptr<socket_server>, std::string> listen(socket_options options);

private:
  class loop;
  explicit socket_server(std::shared_ptr<loop> running);
  std::shared_ptr<loop> loop_;
};

} // namespace exsyncd::admin
