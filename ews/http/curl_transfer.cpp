#include "ews/http/curl_transfer.hpp"

#include <algorithm>
#include <cerrno>
#include <exception>

namespace exsyncd::http {

namespace {

/// IIS closes a connection that was idle for 120 s. A request sent while the server closes is a request whose outcome
/// nobody knows, so connections retire well before.
constexpr long connection_max_idle_seconds = 60;

constexpr std::size_t max_head_bytes = 256 * 1024;

template <class T>
T info(CURL* easy, CURLINFO which) {
  T value{};
  curl_easy_getinfo(easy, which, &value);
  return value;
}

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.substr(0, word.size()) == word;
}

std::string trimmed(std::string_view text) {
  auto from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return std::string(text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1));
}

} // namespace

curl_transfer::curl_transfer(transfer_id id, std::shared_ptr<const request> what, std::shared_ptr<handler> to)
    : id_(id), what_(std::move(what)), to_(std::move(to)), body_(*what_), created_(std::chrono::steady_clock::now()),
      last_moved_(created_) {}

curl_transfer::~curl_transfer() {
  if (easy_) curl_easy_cleanup(easy_);
  curl_slist_free_all(header_list_);
}

std::optional<failed> curl_transfer::prepare() {
  auto bad = [](std::string why) { return failed{failed_kind::bad_request, false, std::move(why)}; };
  for (const header& h : what_->headers)
    if ((h.name + h.value).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos || h.name.empty())
      return bad("a header cannot be sent: " + trimmed(h.name));
  easy_ = curl_easy_init();
  if (!easy_) return bad("out of memory");
  CURLcode first_error = CURLE_OK;
  auto set = [&](CURLoption option, auto value) {
    CURLcode code = curl_easy_setopt(easy_, option, value);
    if (first_error == CURLE_OK) first_error = code;
  };
  auto append = [&](const std::string& line) {
    if (auto* list = curl_slist_append(header_list_, line.c_str()))
      header_list_ = list;
    else
      first_error = CURLE_OUT_OF_MEMORY;
  };
  for (const header& h : what_->headers)
    append(h.value.empty() ? h.name + ";" : h.name + ": " + h.value); // libcurl's way to send an empty header
  if (!what_->hanging) append("Accept-Encoding: gzip");               // content_decoder takes it off
  append("Expect:"); // no round trip before a large body: the identity is sent at once, nothing is asked twice

  set(CURLOPT_ERRORBUFFER, error_text_.data());
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L); // a hanging name server must not hold up the I/O thread when a transfer is ended
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_URL, what_->url.c_str());
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_HTTP09_ALLOWED, 0L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_MAXAGE_CONN, connection_max_idle_seconds);
  if (what_->fresh_connection) set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_BUFFERSIZE, 64L * 1024);

  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!what_->ca_file.empty()) set(CURLOPT_CAINFO, what_->ca_file.c_str());
  // Without this the system's directory of authorities would be trusted beside the file, and libcurl would read the
  // file anew for each connection.
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));

  if (what_->who.kind == auth_kind::basic) {
    set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(CURLOPT_USERNAME, what_->who.user.c_str());
    set(CURLOPT_PASSWORD, what_->who.secret.c_str());
  }

  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(1, what_->limits.connect.count())));
  auto left = std::chrono::ceil<std::chrono::milliseconds>(due() - std::chrono::steady_clock::now());
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(1, left.count())));

  if (what_->method == method::get) {
    set(CURLOPT_HTTPGET, 1L);
  } else {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
  }
  // libcurl repeats a request by itself when a kept connection turns out to be closed before an answer. The server may
  // have acted by then, and a second CreateItem is a second item. It can repeat only what it can rewind: the body
  // comes from a callback, and there is no seek function on purpose.
  set(CURLOPT_READFUNCTION, &curl_transfer::on_upload);
  set(CURLOPT_READDATA, static_cast<void*>(this));
  set(CURLOPT_HEADERFUNCTION, &curl_transfer::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &curl_transfer::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(CURLOPT_HTTPHEADER, header_list_);
  if (first_error != CURLE_OK) return bad(curl_easy_strerror(first_error));
  return std::nullopt;
}

std::size_t curl_transfer::on_upload(char* buffer, std::size_t size, std::size_t count, void* self) {
  auto& t = *static_cast<curl_transfer*>(self);
  std::size_t n = 0;
  try {
    n = t.body_.read(buffer, size * count);
  } catch (const std::exception& e) { // must not pass through libcurl
    t.unreadable_ = e.what();
    return CURL_READFUNC_ABORT;
  }
  t.uploaded_ += n;
  t.last_moved_ = std::chrono::steady_clock::now();
  return n;
}

std::size_t curl_transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& t = *static_cast<curl_transfer*>(self);
  std::size_t n = size * count;
  t.last_moved_ = std::chrono::steady_clock::now();
  t.head_bytes_ += n;
  if (t.head_bytes_ > max_head_bytes) {
    t.too_large_ = true;
    return 0; // ends the transfer
  }
  t.take_header_line({data, n});
  return n;
}

void curl_transfer::take_header_line(std::string_view line) {
  if (starts_with_word(line, "HTTP/")) {
    head_ = {};
    head_whole_ = false;
    return;
  }
  if (trimmed(line).empty()) {
    head_whole_ = true;
    return;
  }
  auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  head_.headers.push_back({trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1))});
}

void curl_transfer::show_head() {
  if (head_shown_) return;
  head_shown_ = true;
  head_.status = static_cast<int>(info<long>(easy_, CURLINFO_RESPONSE_CODE));
  to_->on_head(std::move(head_));
}

std::size_t curl_transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& t = *static_cast<curl_transfer*>(self);
  const std::size_t n = size * count;
  t.last_moved_ = std::chrono::steady_clock::now();
  t.progress(n);
  if (!t.encoding_known_) {
    t.encoding_known_ = true;
    const std::string encoding(t.head_.value_of("Content-Encoding"));
    t.decoder_ = content_decoder::of(encoding);
    if (!t.decoder_ && !encoding.empty() && encoding != "identity") {
      t.undecodable_ = "the answer has an encoding that was not asked for: " + encoding;
      return 0; // ends the transfer
    }
  }
  if (!t.decoder_) return t.take({data, n}) ? n : 0;
  bool taken = true;
  const auto wrong = t.decoder_->feed({data, n}, [&](std::string_view out) { return taken = t.take(out); });
  if (wrong) t.undecodable_ = *wrong;
  return wrong || !taken ? 0 : n;
}

bool curl_transfer::take(std::string_view bytes) {
  if (bytes.size() > what_->max_response_bytes - downloaded_) {
    too_large_ = true;
    return false;
  }
  downloaded_ += bytes.size();
  show_head();
  to_->on_chunk(bytes);
  return true;
}

void curl_transfer::progress(std::size_t bytes) {
  if (!progress_from_) progress_from_ = last_moved_;
  progressed_ += bytes;
  if (progressed_ < least_progress) return;
  progress_from_ = last_moved_;
  progressed_ = 0;
}

steady_time curl_transfer::idle_at(steady_time now) const {
  auto at = (sent_anything() ? last_moved_ : now) + what_->limits.idle;
  if (progress_from_ && !what_->hanging) at = std::min(at, *progress_from_ + what_->limits.slow);
  return at;
}

bool curl_transfer::is_slow(steady_time now) const {
  return progress_from_ && !what_->hanging && now >= *progress_from_ + what_->limits.slow;
}

bool curl_transfer::sent_anything() const {
  return easy_ && (uploaded_ > 0 || info<long>(easy_, CURLINFO_REQUEST_SIZE) > 0);
}

byte_count curl_transfer::bytes() const {
  if (!easy_) return {};
  return {static_cast<std::uint64_t>(info<long>(easy_, CURLINFO_REQUEST_SIZE)) +
              static_cast<std::uint64_t>(info<curl_off_t>(easy_, CURLINFO_SIZE_UPLOAD_T)),
          static_cast<std::uint64_t>(info<long>(easy_, CURLINFO_HEADER_SIZE)) +
              static_cast<std::uint64_t>(info<curl_off_t>(easy_, CURLINFO_SIZE_DOWNLOAD_T))};
}

void curl_transfer::end(CURLcode code) {
  if (code != CURLE_OK) return end(explain(code));
  // libcurl takes a connection that closes in the middle of the head for the end of an empty answer.
  if (!head_whole_) return end(explain(CURLE_PARTIAL_FILE));
  if (decoder_ && !decoder_->is_whole())
    return end(failed{failed_kind::protocol, true, "the compressed answer is not whole"});
  show_head();
  to_->on_end({completed{}, bytes()});
}

void curl_transfer::end(failed why) {
  why.may_have_reached_server = sent_anything();
  to_->on_end({std::move(why), bytes()});
}

failed curl_transfer::explain(CURLcode code) const {
  std::string text = error_text_[0] ? error_text_.data() : curl_easy_strerror(code);
  auto is = [&](failed_kind kind, std::string what) { return failed{kind, true, std::move(what)}; };
  if (!unreadable_.empty()) return is(failed_kind::cancelled, "the request cannot be read: " + unreadable_);
  if (!undecodable_.empty()) return is(failed_kind::protocol, undecodable_);
  switch (code) {
  case CURLE_URL_MALFORMAT:
    return is(failed_kind::bad_request, "not a URL: " + text);
  case CURLE_UNSUPPORTED_PROTOCOL: // also what libcurl says when the answer does not begin like HTTP
    return sent_anything() ? is(failed_kind::protocol, "the answer is not HTTP: " + text)
                           : is(failed_kind::bad_request, text);
  case CURLE_SSL_CACERT_BADFILE:
    return is(failed_kind::bad_request, "the file of trusted authorities cannot be used: " + text);
  case CURLE_COULDNT_RESOLVE_HOST:
    return is(failed_kind::dns, "name not found: " + text);
  case CURLE_COULDNT_CONNECT:
    return info<long>(easy_, CURLINFO_OS_ERRNO) == ECONNREFUSED
               ? is(failed_kind::refused, "connection refused: " + text)
               : is(failed_kind::unreachable, "cannot connect: " + text);
  case CURLE_OPERATION_TIMEDOUT:
    if (sent_anything()) return is(failed_kind::timeout, "no whole answer in time: " + text);
    return info<curl_off_t>(easy_, CURLINFO_NAMELOOKUP_TIME_T) == 0
               ? is(failed_kind::dns, "the name servers did not answer: " + text)
               : is(failed_kind::unreachable, "nobody answered the connection attempt: " + text);
  case CURLE_PEER_FAILED_VERIFICATION: {
    constexpr std::string_view untrusted = "SSL certificate problem: ";
    return is(failed_kind::tls, starts_with_word(text, untrusted)
                                    ? "certificate not trusted: " + text.substr(untrusted.size())
                                    : "certificate not valid for this server: " + text);
  }
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_ENGINE_NOTFOUND:
  case CURLE_SSL_ENGINE_SETFAILED:
  case CURLE_SSL_ISSUER_ERROR:
    return is(failed_kind::tls, "no TLS connection: " + text);
  case CURLE_BAD_CONTENT_ENCODING:
  case CURLE_WEIRD_SERVER_REPLY:
    return is(failed_kind::protocol, "the answer is not sound HTTP: " + text);
  case CURLE_WRITE_ERROR:
    return too_large_ ? is(failed_kind::too_large, "the answer is larger than allowed (" +
                                                       std::to_string(what_->max_response_bytes) + " bytes)")
                      : is(failed_kind::protocol, "the answer is not sound HTTP: " + text);
  default: // sent or received in part: CURLE_PARTIAL_FILE, _GOT_NOTHING, _RECV_ERROR, _SEND_ERROR, _SEND_FAIL_REWIND
    return is(failed_kind::cut, "the connection closed before the answer was whole: " + text);
  }
}

} // namespace exsyncd::http
