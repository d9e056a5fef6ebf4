#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace exsyncd {

/// Text that is kept elsewhere than in memory. Any thread may read it.
class stored_text {
public:
  virtual ~stored_text() = default;
  virtual std::size_t size() const = 0;
  /// Copies bytes from `at` on, as many as fit and are there; fewer only at the end. Throws where it cannot be read.
  virtual std::size_t read(std::size_t at, char* into, std::size_t most) const = 0;
};

/// Where text goes that is too large for memory. Throws where it cannot be written.
class text_writer {
public:
  virtual ~text_writer() = default;
  virtual void append(std::string_view text) = 0;
  /// Everything that was appended. Nothing is appended after it.
  virtual std::shared_ptr<const stored_text> finish() = 0;
};

/// Makes such a place; empty: everything stays in memory.
using spool = std::function<std::unique_ptr<text_writer>()>;

/// More than this goes to a spool.
inline constexpr std::size_t largest_in_memory = 512 * 1024;

/// A value that may be many megabytes long: a short string, or text that is stored elsewhere. Copies share what is
/// stored. Values like base64 of mails are relayed in it as they came, and never decoded.
class large_text {
public:
  large_text() = default;
  large_text(std::string text) : short_(std::move(text)) {} // a string is a large text: no need to say so
  large_text(const char* text) : short_(text) {}
  explicit large_text(std::shared_ptr<const stored_text> stored) : stored_(std::move(stored)) {}

  std::size_t size() const { return stored_ ? stored_->size() : short_.size(); }
  bool empty() const { return size() == 0; }
  /// Whether it is kept elsewhere than in memory.
  bool is_stored() const { return stored_ != nullptr; }

  /// As stored_text::read.
  std::size_t read(std::size_t at, char* into, std::size_t most) const {
    if (stored_) return stored_->read(at, into, most);
    if (at >= short_.size()) return 0;
    return short_.copy(into, most, at);
  }

  /// Calls with one piece after the other until the function answers false or all is told.
  template <class Take>
  void each_piece(Take take) const {
    if (!stored_) {
      take(std::string_view(short_));
      return;
    }
    std::array<char, 64 * 1024> piece;
    for (std::size_t at = 0; at < stored_->size();) {
      const auto n = stored_->read(at, piece.data(), piece.size());
      if (n == 0 || !take(std::string_view(piece.data(), n))) return;
      at += n;
    }
  }

  /// All of it in memory: for what is known to be short, and for tests.
  std::string text() const {
    if (!stored_) return short_;
    std::string all(stored_->size(), '\0');
    all.resize(stored_->read(0, all.data(), all.size()));
    return all;
  }
  friend bool operator==(const large_text& a, const large_text& b) {
    return a.size() == b.size() && (a.stored_ == b.stored_ && a.stored_ ? true : a.text() == b.text());
  }

private:
  std::string short_;
  std::shared_ptr<const stored_text> stored_;
};

/// Gathers text of unknown length: in memory as long as it is short.
class large_text_builder {
public:
  explicit large_text_builder(spool to = {}) : to_(std::move(to)) {}
  void append(std::string_view text) {
    if (!writer_ && to_ && short_.size() + text.size() > largest_in_memory) {
      writer_ = to_();
      if (writer_) {
        writer_->append(short_);
        short_ = {};
      } else {
        to_ = {};
      }
    }
    if (writer_)
      writer_->append(text);
    else
      short_ += text;
  }
  large_text take() {
    if (!writer_) return large_text(std::exchange(short_, {}));
    return large_text(std::exchange(writer_, nullptr)->finish());
  }

private:
  spool to_;
  std::string short_;
  std::unique_ptr<text_writer> writer_;
};

} // namespace exsyncd
