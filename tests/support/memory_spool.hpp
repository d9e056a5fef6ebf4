#pragma once

#include "ews/model/large_text.hpp"

namespace tests {

/// A spool that tells what went into it: text that counts as stored elsewhere.
struct memory_spool {
  struct kept final : exsyncd::stored_text {
    std::string text;
    std::size_t size() const override { return text.size(); }
    std::size_t read(std::size_t at, char* into, std::size_t most) const override {
      return at < text.size() ? text.copy(into, most, at) : 0;
    }
  };
  struct writer final : exsyncd::text_writer {
    explicit writer(memory_spool& of) : of(of) {}
    void append(std::string_view more) override {
      to->text += more;
      of.largest_piece = std::max(of.largest_piece, more.size());
    }
    std::shared_ptr<const exsyncd::stored_text> finish() override { return to; }
    std::shared_ptr<kept> to = std::make_shared<kept>();
    memory_spool& of;
  };
  exsyncd::spool spool() {
    return [this] {
      ++writers;
      return std::make_unique<writer>(*this);
    };
  }
  static exsyncd::large_text stored(std::string text) {
    auto it = std::make_shared<kept>();
    it->text = std::move(text);
    return exsyncd::large_text(it);
  }
  int writers = 0;
  std::size_t largest_piece = 0;
};

} // namespace tests
