#pragma once

#include "ews/model/byte_count.hpp"
#include "ews/model/large_text.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// HTTP as the EWS client needs it: a request in, the head, chunks and exactly one outcome out.
/// Real form: curl_transport.hpp. For deterministic runs: in_process_transport.hpp.
namespace exsyncd::http {

/// How an identity proves itself. Basic now; ntlm and oauth2 become further values.
enum class auth_kind { none, basic };

/// Who asks. Requests of two different identities never travel on the same connection.
struct identity {
  std::string user;
  std::string secret; // never in a log, never in an error text
  auth_kind kind = auth_kind::basic;
  friend bool operator==(const identity&, const identity&) = default;
};

/// Every request ends by itself. Each bound is greater than zero.
struct time_limits {
  std::chrono::milliseconds connect = std::chrono::seconds(30); // name, TCP and TLS together
  std::chrono::milliseconds idle = std::chrono::seconds(120);   // nothing arrived and nothing left
  std::chrono::milliseconds total = std::chrono::minutes(10);   // from start to outcome, waiting included
  /// Once the body of an answer has begun: each so long it must bring `least_progress` bytes, or its end. Not of one
  /// that hangs.
  std::chrono::milliseconds slow = std::chrono::seconds(30);
  friend bool operator==(const time_limits&, const time_limits&) = default;
};

inline constexpr std::size_t least_progress = 2'000;

struct header {
  std::string name;
  std::string value;
  friend bool operator==(const header&, const header&) = default;
};

enum class method { post, get };

struct request {
  std::string url; // http or https
  std::vector<header> headers;
  enum method method = method::post;
  std::string body; // sent with POST
  /// What stands in the body besides: each before this byte of `body`, in order. Read as it is sent.
  std::vector<std::pair<std::size_t, large_text>> large;
  identity who;
  std::string ca_file; // PEM file of the authorities to trust in place of the system's; empty: the system's
  time_limits limits;
  /// An answer that its server keeps open to write into it as things happen. It takes no place among the transfers at
  /// once, and is not compressed, so that nothing of it waits for more.
  bool hanging = false;
  /// Not on a connection that was used before: something on the way refuses requests on those that are kept.
  bool fresh_connection = false;
  /// More body than this (after decompression) ends the transfer as too_large.
  std::size_t max_response_bytes = std::size_t{256} << 20;
};

/// Reads a request's body, large values and all, from its beginning to its end. Throws where one cannot be read.
class body_reader {
public:
  explicit body_reader(const request& of) : of_(of) {}
  /// Bytes of the whole body.
  std::size_t size() const;
  /// Copies what comes next, as much as fits; 0 at the end.
  std::size_t read(char* into, std::size_t most);

private:
  const request& of_;
  std::size_t at_ = 0;     // of body
  std::size_t next_ = 0;   // large value
  std::size_t within_ = 0; // of it
};
/// All of it in memory: for tests.
std::string whole_body(const request& of);

struct response_head {
  int status = 0;
  std::vector<header> headers;
  /// The value of the first header of this name, whatever its case, or empty.
  std::string_view value_of(std::string_view name) const;
};

enum class failed_kind {
  bad_request, // the URL, a header or the CA file cannot be used
  dns,         // no such name
  refused,     // connection refused
  unreachable, // no route, or nobody answered the connection attempt
  tls,         // certificate not trusted, wrong name, protocol
  timeout,     // idle or total
  cut,         // the connection closed before the answer was whole
  protocol,    // what came is not HTTP
  too_large,   // more than max_response_bytes
  cancelled,   // cancel() or shutdown()
  overloaded,  // the queue was full: nothing was started
};

/// A short lower-case word for an error code or a log: "dns", "refused", …
std::string_view name_of(failed_kind kind);

struct completed {};
struct failed {
  failed_kind kind = failed_kind::cut;
  /// False only where no byte of the request can have reached the server: then it surely did not act.
  bool may_have_reached_server = true;
  /// One line for the administrator: "certificate not trusted: self-signed certificate (CN=…)". No secret.
  std::string what;
};

struct outcome {
  std::variant<completed, failed> end;
  byte_count bytes;
};

/// Receives one transfer. on_head at most once, then chunks, then on_end exactly once and last; head and chunks of an
/// interim or authentication answer are not shown. Called from the transport's thread, one call at a time: must return
/// quickly, must not throw, may call start and cancel.
class handler {
public:
  virtual ~handler() = default;
  virtual void on_head(response_head head) = 0;
  virtual void on_chunk(std::string_view bytes) = 0;
  virtual void on_end(outcome end) = 0;
};

enum class transfer_id : std::uint64_t {};

/// All functions may be called from any thread. The destructor shuts down.
class transport {
public:
  virtual ~transport() = default;
  /// Starts a transfer; whatever is wrong with it comes as its outcome. Redirects are not followed: a 3xx is an answer.
  virtual transfer_id start(std::shared_ptr<const request> what, std::shared_ptr<handler> to) = 0;
  /// Ends a transfer early with failed_kind::cancelled. One that has ended or is unknown is left alone.
  virtual void cancel(transfer_id id) = 0;
  /// Ends everything in flight as cancelled and returns when the last on_end has returned; later starts end as
  /// cancelled at once. Not to be called from a handler.
  virtual void shutdown() = 0;
};

} // namespace exsyncd::http
