#include "ews/http/content_decoder.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <new>

namespace exsyncd::http {
namespace {

constexpr int with_gzip_header = 15 + 16, with_zlib_header = 15, without_header = -15;

class inflating final : public content_decoder {
public:
  explicit inflating(bool gzip) : gzip_(gzip) {}
  ~inflating() override {
    if (begun_) inflateEnd(&stream_);
  }

  std::optional<std::string> feed(std::string_view bytes, const output& to) override {
    std::string joined;
    if (!held_.empty()) {
      joined = std::move(held_) + std::string(bytes);
      held_.clear();
      bytes = joined;
    }
    while (!bytes.empty()) {
      if (!begun_ || whole_) {
        // Two bytes tell what begins here.
        if (bytes.size() < 2) {
          held_ = bytes;
          return {};
        }
        if (!begin(static_cast<unsigned char>(bytes[0]), static_cast<unsigned char>(bytes[1]))) return {};
      }
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
      stream_.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size(), 1u << 30));
      const auto given = stream_.avail_in;
      int result = Z_OK;
      do {
        stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
        stream_.avail_out = static_cast<uInt>(out_.size());
        result = inflate(&stream_, Z_NO_FLUSH);
        const auto made = out_.size() - stream_.avail_out;
        if (made > 0 && !to({out_.data(), made})) return {};
        if (result == Z_BUF_ERROR) break; // it wants more
        if (result != Z_OK && result != Z_STREAM_END)
          return std::string("damaged compression: ") + (stream_.msg ? stream_.msg : "unknown");
      } while (result != Z_STREAM_END && (stream_.avail_in > 0 || stream_.avail_out == 0));
      whole_ = result == Z_STREAM_END;
      bytes.remove_prefix(given - stream_.avail_in);
    }
    return {};
  }

  bool is_whole() const override { return whole_; }

private:
  /// False: what comes after the end is no further member, and of no account.
  bool begin(unsigned char first, unsigned char second) {
    if (whole_ && !(gzip_ && first == 0x1f && second == 0x8b)) return false;
    const bool zlib = (first & 0x0f) == 8 && (first * 256 + second) % 31 == 0;
    const int form = gzip_ ? with_gzip_header : zlib ? with_zlib_header : without_header;
    const int done = begun_ ? inflateReset(&stream_) : inflateInit2(&stream_, form);
    if (done != Z_OK) throw std::bad_alloc();
    begun_ = true;
    whole_ = false;
    return true;
  }

  bool gzip_;
  bool begun_ = false;
  bool whole_ = false; // a member has ended, and nothing has come since
  z_stream stream_ = {};
  std::string held_;
  std::array<char, 32 * 1024> out_{};
};

} // namespace

std::unique_ptr<content_decoder> content_decoder::of(std::string_view encoding) {
  std::string lower(encoding);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (lower == "gzip" || lower == "x-gzip") return std::make_unique<inflating>(true);
  if (lower == "deflate") return std::make_unique<inflating>(false);
  return nullptr;
}

} // namespace exsyncd::http
