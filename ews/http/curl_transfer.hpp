#pragma once

#include "ews/http/content_decoder.hpp"
#include "ews/http/transport.hpp"

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <optional>

namespace exsyncd::http {

using steady_time = std::chrono::steady_clock::time_point;

/// One transfer as libcurl sees it: its options, its callbacks, and what its end means. Lives in the I/O thread.
class curl_transfer {
public:
  curl_transfer(transfer_id id, std::shared_ptr<const request> what, std::shared_ptr<handler> to);
  ~curl_transfer();
  curl_transfer(const curl_transfer&) = delete;
  curl_transfer& operator=(const curl_transfer&) = delete;

  /// Sets up the easy handle with what is left of the total limit; what cannot be set up is the failure of this
  /// request.
  std::optional<failed> prepare();
  /// Tells the handler how libcurl ended it.
  void end(CURLcode code);
  /// Tells the handler that we ended it.
  void end(failed why);

  CURL* easy() const { return easy_; }
  transfer_id id() const { return id_; }
  const request& what() const { return *what_; }
  /// When its total limit is over.
  steady_time due() const { return created_ + what_->limits.total; }
  /// When it counts as idle, going by what has moved so far; before the connection stands, that is not judged.
  steady_time idle_at(steady_time now) const;
  /// Whether its answer has begun, and has brought too little since.
  bool is_slow(steady_time now) const;

private:
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_upload(char* buffer, std::size_t size, std::size_t count, void* self);
  void take_header_line(std::string_view line);
  void show_head();
  void progress(std::size_t bytes);
  bool take(std::string_view bytes);
  byte_count bytes() const;
  bool sent_anything() const;
  failed explain(CURLcode code) const;

  transfer_id id_;
  std::shared_ptr<const request> what_;
  std::shared_ptr<handler> to_;
  CURL* easy_ = nullptr;
  curl_slist* header_list_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  response_head head_;
  bool head_whole_ = false; // its blank line has come
  bool head_shown_ = false;
  bool too_large_ = false;
  bool encoding_known_ = false;
  std::unique_ptr<content_decoder> decoder_; // where it is compressed
  std::string undecodable_;                  // why its encoding cannot be taken off
  std::size_t head_bytes_ = 0;
  std::size_t uploaded_ = 0;
  body_reader body_;
  std::string unreadable_;     // why the body could not be read
  std::size_t downloaded_ = 0; // after decompression
  steady_time created_;
  steady_time last_moved_;
  std::optional<steady_time> progress_from_; // since when so many bytes are awaited, once the body has begun
  std::size_t progressed_ = 0;               // of least_progress
};

} // namespace exsyncd::http
