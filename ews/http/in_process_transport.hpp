#pragma once

#include "ews/http/transport.hpp"

#include <functional>
#include <map>
#include <optional>

/// A transport without network, threads or time of its own: a function answers. It puts a simulated server behind the
/// real client in one thread, so that a whole run follows from its seed.
namespace exsyncd::http {

/// What an answer that goes on says next.
struct in_process_piece {
  std::string bytes;                 // perhaps none
  std::chrono::milliseconds next{0}; // when to ask again
  bool last = false;                 // nothing follows
  bool cut = false;                  // the connection closes, and the answer was not whole
};

struct in_process_answer {
  int status = 200;
  std::vector<header> headers;
  std::string body;
  /// The connection closes after so many bytes of the body; 0: before the head.
  std::optional<std::size_t> cut_at;
  /// How late it arrives. Later than the request's idle or total limit is a timeout, though the server has acted.
  std::chrono::milliseconds delay{0};
  /// Where it is set, this is asked for the body, piece by piece, and forgotten once nobody waits for more.
  std::function<in_process_piece()> pieces{};
};

/// What the server does with a request: an answer, or a failure of the connection.
using in_process_server = std::function<std::variant<in_process_answer, failed>(const request&)>;
/// Runs something once so much (virtual) time has passed, in the same thread.
using run_after = std::function<void(std::chrono::milliseconds, std::function<void()>)>;

/// Not thread-safe: everything happens in the caller's thread. The server is asked within start. The handler is called
/// through `after`, or, where that is empty, within start without any delay; it may start and cancel from there.
class in_process_transport final : public transport {
public:
  explicit in_process_transport(in_process_server server, run_after after = {});
  ~in_process_transport() override;
  transfer_id start(std::shared_ptr<const request> what, std::shared_ptr<handler> to) override;
  void cancel(transfer_id id) override;
  void shutdown() override;

private:
  struct pending {
    std::shared_ptr<const request> what;
    std::shared_ptr<handler> to;
  };
  /// Shared with the callbacks that wait in `after`, which may outlive the transport.
  struct pendings {
    std::map<std::uint64_t, pending> by_id;
  };
  static void arrive(pendings& all, std::uint64_t id, const std::variant<in_process_answer, failed>& came);
  /// An answer in pieces that has begun; `silent`: since when nothing came, `open`: since it began.
  struct going_on {
    std::function<in_process_piece()> pieces;
    std::chrono::milliseconds silent{0}, open{0};
    byte_count bytes{};
  };
  static void go_on(std::shared_ptr<pendings> all, run_after after, std::uint64_t id, going_on so_far);

  in_process_server server_;
  run_after after_;
  std::shared_ptr<pendings> pending_ = std::make_shared<pendings>();
  std::uint64_t last_id_ = 0;
  bool closed_ = false;
};

} // namespace exsyncd::http
