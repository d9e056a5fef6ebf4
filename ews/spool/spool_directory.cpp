#include "ews/spool/spool_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace exsyncd {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class file_text final : public stored_text {
public:
  file_text(int fd, std::size_t size) : fd_(fd), size_(size) {}
  ~file_text() override { ::close(fd_); }
  file_text(const file_text&) = delete;
  file_text& operator=(const file_text&) = delete;
  std::size_t size() const override { return size_; }
  std::size_t read(std::size_t at, char* into, std::size_t most) const override {
    if (at >= size_) return 0;
    most = std::min(most, size_ - at);
    for (std::size_t done = 0; done < most;) {
      const auto n = ::pread(fd_, into + done, most - done, static_cast<off_t>(at + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) fail("reading a spooled item");
      done += static_cast<std::size_t>(n);
    }
    return most;
  }

private:
  int fd_;
  std::size_t size_;
};

class file_writer final : public text_writer {
public:
  file_writer(int fd, std::string directory) : fd_(fd), directory_(std::move(directory)) {}
  ~file_writer() override {
    if (fd_ >= 0) ::close(fd_);
  }
  file_writer(const file_writer&) = delete;
  file_writer& operator=(const file_writer&) = delete;
  void append(std::string_view text) override {
    while (!text.empty()) {
      const auto n = ::write(fd_, text.data(), text.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && (errno == ENOSPC || errno == EDQUOT))
        throw std::runtime_error("the disk of " + directory_ + " is full: make room; it is read again then");
      if (n < 0) fail(("writing to " + directory_).c_str());
      text.remove_prefix(static_cast<std::size_t>(n));
      size_ += static_cast<std::size_t>(n);
    }
  }
  std::shared_ptr<const stored_text> finish() override {
    return std::make_shared<file_text>(std::exchange(fd_, -1), size_);
  }

private:
  int fd_;
  std::string directory_;
  std::size_t size_ = 0;
};

/// An open file without a name, or -1. Not all file systems have O_TMPFILE.
int open_nameless(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return fd;
  std::string name = directory + "/item-XXXXXX";
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

} // namespace

spool spool_into(std::string directory) {
  return [directory = std::move(directory)]() -> std::unique_ptr<text_writer> {
    int fd = open_nameless(directory);
    if (fd < 0 && errno == ENOENT && ::mkdir(directory.c_str(), 0700) == 0) fd = open_nameless(directory);
    if (fd < 0) return nullptr;
    return std::make_unique<file_writer>(fd, directory);
  };
}

} // namespace exsyncd
