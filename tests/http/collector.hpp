#pragma once

#include "ews/http/transport.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>

namespace tests {

/// How long a test waits for what must come before it says that it did not.
constexpr auto long_enough = std::chrono::seconds(30);

/// A door that opens once.
class gate {
public:
  void open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  /// Bounded, so that a failed test ends.
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, long_enough, [&] { return open_; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

/// Gathers one transfer and lets the test wait for its end.
class collector final : public exsyncd::http::handler {
public:
  void on_head(exsyncd::http::response_head head) override {
    std::lock_guard lock(mutex_);
    head_ = std::move(head);
    ++heads_;
  }
  void on_chunk(std::string_view bytes) override {
    std::lock_guard lock(mutex_);
    body_ += bytes;
  }
  void on_end(exsyncd::http::outcome end) override {
    std::lock_guard lock(mutex_);
    end_ = std::move(end);
    ++ends_;
    changed_.notify_all();
  }

  exsyncd::http::outcome wait() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, long_enough, [&] { return end_.has_value(); }))
      throw std::runtime_error("no outcome came");
    return *end_;
  }
  /// Waits for the end, which must be a failure.
  exsyncd::http::failed failure() {
    auto o = wait();
    if (auto* f = std::get_if<exsyncd::http::failed>(&o.end)) return *f;
    throw std::runtime_error("it completed, with status " + std::to_string(head_.status));
  }
  bool completed() { return std::holds_alternative<exsyncd::http::completed>(wait().end); }

  // After the end.
  const exsyncd::http::response_head& head() const { return head_; }
  const std::string& body() const { return body_; }
  int heads() const { return heads_; }
  int ends() const {
    std::lock_guard lock(mutex_);
    return ends_;
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  exsyncd::http::response_head head_;
  std::string body_;
  std::optional<exsyncd::http::outcome> end_;
  int heads_ = 0, ends_ = 0;
};

inline exsyncd::http::request post(std::string url, std::string body = "<request/>", std::string user = "jane",
                                   std::string secret = "secret") {
  exsyncd::http::request r;
  r.url = std::move(url);
  r.headers = {{"Content-Type", "text/xml; charset=utf-8"}};
  r.body = std::move(body);
  r.who = {std::move(user), std::move(secret), exsyncd::http::auth_kind::basic};
  return r;
}

template <class... T>
std::shared_ptr<const exsyncd::http::request> shared_post(T&&... with) {
  return std::make_shared<exsyncd::http::request>(post(std::forward<T>(with)...));
}

/// Sends it and waits for its end.
inline std::shared_ptr<collector> run(exsyncd::http::transport& t, exsyncd::http::request r) {
  auto c = std::make_shared<collector>();
  t.start(std::make_shared<exsyncd::http::request>(std::move(r)), c);
  c->wait();
  return c;
}

} // namespace tests
