#pragma once

#include <cstddef>
#include <string>

/// A client of a stream socket, as a test needs it. Every wait ends after ten seconds with a failure of the test.
class line_client {
public:
  explicit line_client(const std::string& path);
  ~line_client();
  line_client(const line_client&) = delete;
  line_client& operator=(const line_client&) = delete;

  void write(const std::string& text);
  /// For texts that the other side may answer before it has read them all.
  void write_all_while_reading(const std::string& text);
  /// Writes without reading until the other side takes no more; gives the bytes that were taken.
  std::size_t write_until_full(std::size_t most);
  void write_no_more();
  /// Without its newline; empty where the connection ended first.
  std::string read_line();
  /// Waits until the other side closes; false where it says something instead.
  bool is_closed();

  /// Reads what is left, up to the end: the other side closes, at the latest after ten seconds.
  void read_to_end();

private:
  bool read_some();
  int fd_;
  std::string input_;
};

/// What a daemon that was killed leaves behind.
void leave_dead_socket(const std::string& path);
