#pragma once

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace exsyncd::ctl {

/// The daemon said no, or what it said is no answer.
struct refusal {
  std::string message, hint, field;
  std::vector<std::pair<std::string, std::string>> problems; // path, text
};

/// The daemon cannot be reached: what is wrong, and what to do.
struct unreachable {
  std::string message, hint;
};

/// One connection to the admin socket. Throws `unreachable` where there is none, or it ends.
class connection {
public:
  explicit connection(const std::string& path);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// The result, or the refusal.
  std::variant<nlohmann::json, refusal> call(const std::string& method, const nlohmann::json& params);
  /// The next line of a stream, waiting at most so long (milliseconds; -1: for ever); null where nothing came.
  nlohmann::json next_event(int patience);

private:
  bool read_some(int patience);
  std::string path_;
  int fd_ = -1;
  std::string input_;
};

} // namespace exsyncd::ctl
