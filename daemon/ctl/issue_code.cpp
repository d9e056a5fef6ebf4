#include "daemon/ctl/issue_code.hpp"

#include "config/values.hpp"
#include "daemon/codes/code.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <random>
#include <unistd.h>

namespace exsyncd::ctl {
namespace {

using std::chrono::sys_days;

outcome refuse(const session& with, const std::string& what, const std::string& hint) {
  tell(with, refusal{what, hint, "", {}});
  return outcome::refused;
}

/// Only its owner may read it, and none that is there is overwritten.
std::string write_private(const std::string& file, const std::string& text) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return file + ": " + std::strerror(errno);
  const bool whole = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const auto error = errno;
  ::close(fd);
  return whole ? std::string() : file + ": " + std::strerror(error);
}

outcome make_key(const session& with, const std::string& file) {
  const auto made = codes::new_key_pair();
  if (auto wrong = write_private(file, made.private_pem); !wrong.empty())
    return refuse(with, wrong, "a private key is made once and kept; choose another file");
  if (with.json)
    std::printf("%s\n", nlohmann::json{{"key_file", file}, {"public_key", made.public_key}}.dump(2).c_str());
  else
    std::printf("The private key is in %s: keep it secret, and keep a copy.\n"
                "Daemons that are to run on codes signed with it have in their configuration:\n"
                "  \"allowance_key\": \"%s\"\n",
                file.c_str(), made.public_key.c_str());
  return outcome::done;
}

std::string random_id() {
  std::random_device from;
  constexpr auto digits = "0123456789abcdef";
  std::string id;
  for (int i = 0; i < 16; ++i)
    id += digits[from() & 15];
  return id;
}

} // namespace

outcome issue_code(const session& with, const issue_options& asked) {
  if (asked.new_key) return make_key(with, asked.key_file);
  std::ifstream file(asked.key_file, std::ios::binary);
  if (!file) return refuse(with, asked.key_file + ": cannot be read", "make one with --new-key");
  const std::string pem{std::istreambuf_iterator<char>(file), {}};

  codes::grant g;
  g.kind = asked.top_up ? codes::grant::kind::top_up : codes::grant::kind::subscription;
  g.id = asked.id.empty() ? random_id() : asked.id;
  g.pairs = asked.pairs;
  if (asked.top_up && asked.pairs > 0)
    return refuse(with, "a top-up is bytes alone: it allows no pairs", "leave out --pairs, or --top-up");
  g.from = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  for (const auto& [text, into, name] : {std::tuple(&asked.from, &g.from, "--from"), {&asked.to, &g.to, "--to"}}) {
    if (text->empty()) continue;
    const auto day = parse_date(*text);
    if (const auto* wrong = std::get_if<objection>(&day))
      return refuse(with, std::string(name) + ": " + wrong->text, "");
    *into = std::get<sys_days>(day);
  }
  if (asked.to.empty()) return refuse(with, "the code's last day is missing", "say it with --to, like 2027-12-31");
  const auto bytes = codes::read_size(asked.bytes);
  if (const auto* wrong = std::get_if<codes::refusal>(&bytes))
    return refuse(with, "--bytes: " + wrong->what, wrong->hint);
  g.bytes = std::get<std::uint64_t>(bytes);

  const auto code = codes::issue(g, pem);
  if (const auto* no = std::get_if<codes::refusal>(&code)) return refuse(with, no->what, no->hint);
  if (with.json)
    std::printf("%s\n", nlohmann::json{{"id", g.id}, {"code", std::get<std::string>(code)}}.dump(2).c_str());
  else
    std::printf("%s\n", std::get<std::string>(code).c_str());
  return outcome::done;
}

} // namespace exsyncd::ctl
