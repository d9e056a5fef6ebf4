#include "storage/undo_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <memory>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

// A file is a row of numbers (eight bytes) and texts (their length, then the bytes), in the order in which both
// functions called `transfer` name them; texts may be of any size and never have to be in memory as a whole.
namespace exsyncd {
namespace {

constexpr std::string_view heading = "exsyncd item 2\n";
constexpr std::string_view without_keys = "exsyncd item 1\n"; // an older file, that ends before them

class descriptor {
public:
  explicit descriptor(int fd) : fd_(fd) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category());
  }
  ~descriptor() { ::close(fd_); }
  descriptor(const descriptor&) = delete;
  int get() const { return fd_; }

private:
  int fd_;
};

/// A part of a file that stays open for as long as somebody needs it.
class file_text : public stored_text {
public:
  file_text(std::shared_ptr<const descriptor> file, std::uint64_t at, std::size_t size)
      : file_(std::move(file)), at_(at), size_(size) {}
  std::size_t size() const override { return size_; }
  std::size_t read(std::size_t from, char* into, std::size_t most) const override {
    std::size_t done = 0;
    most = from < size_ ? std::min(most, size_ - from) : 0;
    while (done < most) {
      const auto n = ::pread(file_->get(), into + done, most - done, static_cast<off_t>(at_ + from + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) throw std::runtime_error("a kept item cannot be read");
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

private:
  std::shared_ptr<const descriptor> file_;
  std::uint64_t at_;
  std::size_t size_;
};

class writer {
public:
  explicit writer(int fd) : fd_(fd) { bytes(heading); }
  static constexpr bool reads = false;

  void number(std::uint64_t n) {
    std::array<char, 8> raw{};
    for (auto& c : raw) {
      c = static_cast<char>(n & 0xff);
      n >>= 8;
    }
    bytes({raw.data(), raw.size()});
  }
  void text(const std::string& t) {
    number(t.size());
    bytes(t);
  }
  void text(const large_text& t) {
    number(t.size());
    t.each_piece([this](std::string_view piece) {
      bytes(piece);
      return true;
    });
  }
  void end() { flush(); }

private:
  void bytes(std::string_view more) {
    if (waiting_.size() + more.size() > 64 * 1024) flush();
    if (more.size() > 64 * 1024) return put(more);
    waiting_ += more;
  }
  void flush() {
    put(waiting_);
    waiting_.clear();
  }
  void put(std::string_view all) const {
    while (!all.empty()) {
      const auto n = ::write(fd_, all.data(), all.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw std::system_error(errno, std::generic_category());
      all.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  int fd_;
  std::string waiting_;
};

class reader {
public:
  explicit reader(std::shared_ptr<const descriptor> file) : file_(std::move(file)) {
    struct stat about {};
    if (::fstat(file_->get(), &about) != 0) throw std::system_error(errno, std::generic_category());
    left_ = static_cast<std::uint64_t>(about.st_size);
    std::string begin(heading.size(), '\0');
    bytes(begin.data(), begin.size());
    has_keys = begin == heading;
    if (!has_keys && begin != without_keys) throw std::runtime_error("it is no kept item");
  }
  static constexpr bool reads = true;
  bool has_keys = true;

  std::uint64_t number() {
    std::array<char, 8> raw{};
    bytes(raw.data(), raw.size());
    std::uint64_t n = 0;
    for (auto c = raw.rbegin(); c != raw.rend(); ++c)
      n = n << 8 | static_cast<unsigned char>(*c);
    return n;
  }
  std::string text() {
    std::string t(length(), '\0');
    bytes(t.data(), t.size());
    return t;
  }
  large_text large() {
    const auto size = length();
    if (size <= largest_in_memory) {
      std::string t(size, '\0');
      bytes(t.data(), t.size());
      return large_text(std::move(t));
    }
    large_text t(std::make_shared<file_text>(file_, at_, size));
    at_ += size;
    left_ -= size;
    return t;
  }
  /// How many of something follow, each of which takes some bytes.
  std::size_t count() { return length(); }

private:
  std::size_t length() {
    const auto n = number();
    if (n > left_) throw std::runtime_error("it is cut");
    return static_cast<std::size_t>(n);
  }
  void bytes(char* into, std::size_t n) {
    if (n > left_) throw std::runtime_error("it is cut");
    file_text(file_, at_, n).read(0, into, n);
    at_ += n;
    left_ -= n;
  }
  std::shared_ptr<const descriptor> file_;
  std::uint64_t at_ = 0, left_ = 0;
};

// ---- the same order both ways ----

void transfer(writer& to, const std::string& t) {
  to.text(t);
}
void transfer(reader& from, std::string& t) {
  t = from.text();
}
void transfer(writer& to, const large_text& t) {
  to.text(t);
}
void transfer(reader& from, large_text& t) {
  t = from.large();
}
template <class E>
requires std::is_enum_v<E> || std::is_same_v<E, bool>
void transfer(writer& to, const E& e) {
  to.number(static_cast<std::uint64_t>(e));
}
template <class E>
requires std::is_enum_v<E> || std::is_same_v<E, bool>
void transfer(reader& from, E& e) {
  e = static_cast<E>(from.number());
}
void transfer(writer& to, const utc_seconds& t) {
  to.number(static_cast<std::uint64_t>(t.time_since_epoch().count()));
}
void transfer(reader& from, utc_seconds& t) {
  t = utc_seconds(std::chrono::seconds(static_cast<std::int64_t>(from.number())));
}
template <class S, class V>
void parts(S& s, V& v) requires std::is_same_v<std::remove_const_t<V>, field_value> {
  transfer(s, v.field);
  transfer(s, v.value);
}
template <class S, class V>
void parts(S& s, V& v) requires std::is_same_v<std::remove_const_t<V>, carried_item> {
  transfer(s, v.item_class);
  transfer(s, v.item_class_name);
  transfer(s, v.mime_base64);
  transfer(s, v.draft);
  transfer(s, v.read);
  transfer(s, v.received);
  transfer(s, v.sent);
  transfer(s, v.fields);
}
template <class S, class V>
void parts(S& s, V& v) requires std::is_same_v<std::remove_const_t<V>, attached_item> {
  transfer(s, v.item);
  transfer(s, v.attachments);
}
template <class S, class V>
void parts(S& s, V& v) requires std::is_same_v<std::remove_const_t<V>, carried_attachment> {
  transfer(s, v.name);
  transfer(s, v.content_type);
  transfer(s, v.content_id);
  transfer(s, v.content_location);
  transfer(s, v.is_inline);
  transfer(s, v.contact_photo);
  transfer(s, v.content_base64);
  bool attached = v.item != nullptr;
  transfer(s, attached);
  if (!attached) return;
  if constexpr (S::reads) {
    auto inside = std::make_shared<attached_item>();
    parts(s, *inside);
    v.item = std::move(inside);
  } else {
    parts(s, *v.item);
  }
}
template <class S, class V>
void parts(S& s, V& v) requires std::is_same_v<std::remove_const_t<V>, kept_item> {
  transfer(s, v.whole);
  transfer(s, v.fields);
  transfer(s, v.attachments);
  if constexpr (S::reads)
    if (!s.has_keys) return;
  for (side each : both_sides)
    transfer(s, v.search_keys[each].value);
}

template <class V>
concept has_parts = requires(writer& s, const V& v) {
  parts(s, v);
};
template <has_parts V>
void transfer(writer& to, const V& v) {
  parts(to, v);
}
template <has_parts V>
void transfer(reader& from, V& v) {
  parts(from, v);
}

template <class T>
void transfer(writer& to, const std::optional<T>& value) {
  to.number(value ? 1 : 0);
  if (value) transfer(to, *value);
}
template <class T>
void transfer(reader& from, std::optional<T>& value) {
  value.reset();
  if (from.number() != 0) transfer(from, value.emplace());
}
template <class T>
void transfer(writer& to, const std::vector<T>& all) {
  to.number(all.size());
  for (const auto& one : all)
    transfer(to, one);
}
template <class T>
void transfer(reader& from, std::vector<T>& all) {
  all.clear();
  for (auto n = from.count(); n > 0; --n)
    transfer(from, all.emplace_back());
}

storage_failure failed(const std::filesystem::path& file, const char* what) {
  return {storage_failure::kind::other, file.string() + ": " + what};
}

} // namespace

std::variant<std::uint64_t, storage_failure> undo_files::keep(const undo_id& id, const kept_item& item) const {
  const auto file = directory_ / id.value;
  try {
    std::error_code ignored;
    if (std::filesystem::create_directory(directory_, ignored))
      std::filesystem::permissions(directory_, std::filesystem::perms::owner_all);
    const descriptor fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    writer to(fd.get());
    parts(to, item);
    to.end();
    if (::fsync(fd.get()) != 0) throw std::system_error(errno, std::generic_category());
    return static_cast<std::uint64_t>(std::filesystem::file_size(file));
  } catch (const std::system_error& why) {
    remove(id);
    if (why.code() != std::errc::no_space_on_device) return failed(file, why.what());
    return storage_failure{storage_failure::kind::full, "the disk of " + directory_.string() + " is full: make room"};
  } catch (const std::exception& why) {
    remove(id);
    return failed(file, why.what());
  }
}

std::variant<kept_item, storage_failure> undo_files::load(const undo_id& id) const {
  const auto file = directory_ / id.value;
  try {
    reader from(std::make_shared<descriptor>(::open(file.c_str(), O_RDONLY | O_CLOEXEC)));
    kept_item item;
    parts(from, item);
    return item;
  } catch (const std::exception& why) {
    return failed(file, why.what());
  }
}

void undo_files::remove(const undo_id& id) const {
  std::error_code ignored;
  std::filesystem::remove(directory_ / id.value, ignored);
}

std::vector<undo_id> undo_files::all() const {
  std::vector<undo_id> ids;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(directory_, failed), end; !failed && at != end; at.increment(failed))
    ids.emplace_back(at->path().filename().string());
  return ids;
}

} // namespace exsyncd
