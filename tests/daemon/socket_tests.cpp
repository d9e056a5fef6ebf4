#include "daemon/admin/socket.hpp"

#include "tests/config/temporary_directory.hpp"
#include "tests/daemon/line_client.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <sys/stat.h>
#include <thread>
#include <vector>

using exsyncd::admin::socket_options;
using exsyncd::admin::socket_server;

namespace {

/// A server that answers "echo <line>"; "hold <name>" is answered when the test says so, "big" with 8 MB; after
/// "follow" the test pushes.
class echo_server {
public:
  explicit echo_server(std::size_t longest_line = 1000, std::size_t most_clients = 8) {
    socket_options options;
    options.path = directory_ / "admin.sock";
    options.longest_line = longest_line;
    options.most_clients = most_clients;
    options.too_long_answer = "too long\n";
    options.on_line = [this](std::string_view line, std::function<void(std::string)> send,
                             std::function<bool(std::string)> push) {
      if (line == "follow") {
        push("");
        const std::lock_guard lock(mutex_);
        push_ = std::move(push);
      }
      answer(std::string(line), std::move(send));
    };
    auto listening = socket_server::listen(options);
    REQUIRE(std::holds_alternative<std::unique_ptr<socket_server>>(listening));
    server_ = std::move(std::get<0>(listening));
  }

  std::string path() const { return directory_ / "admin.sock"; }
  const temporary_directory& directory() const { return directory_; }
  void end() { server_.reset(); }

  /// Waits for a call that is held.
  std::function<void(std::string)> held(std::size_t which = 0) {
    std::unique_lock lock(mutex_);
    REQUIRE(arrived_.wait_for(lock, std::chrono::seconds(10), [&] { return held_.size() > which; }));
    return held_[which];
  }
  /// After the answer to "follow".
  std::function<bool(std::string)> pushing() {
    const std::lock_guard lock(mutex_);
    return push_;
  }
  std::size_t calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

private:
  void answer(const std::string& line, std::function<void(std::string)> send) {
    const std::lock_guard lock(mutex_);
    ++calls_;
    if (line.starts_with("hold")) {
      held_.push_back(std::move(send));
      arrived_.notify_all();
    } else if (line == "big")
      send(std::string(8'000'000, 'x') + "\n");
    else if (line == "nothing")
      send("");
    else
      send("echo " + line + "\n");
  }

  temporary_directory directory_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::function<void(std::string)>> held_;
  std::function<bool(std::string)> push_;
  std::size_t calls_ = 0;
  std::unique_ptr<socket_server> server_;
};

} // namespace

TEST_CASE("lines are answered in their order") {
  echo_server server;
  line_client c(server.path());
  c.write("one\ntwo\n\n \r\nnothing\nthree\n");
  CHECK(c.read_line() == "echo one");
  CHECK(c.read_line() == "echo two");
  CHECK(c.read_line() == "echo three");
  c.write("fo");
  c.write("ur\n");
  CHECK(c.read_line() == "echo four");
}

TEST_CASE("the socket is for owner and group only") {
  echo_server server;
  struct stat status {};
  REQUIRE(::stat(server.path().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0660);
  server.end();
  CHECK_FALSE(std::filesystem::exists(server.path()));
}

TEST_CASE("a client that writes no more is answered, its last line needs no newline") {
  echo_server server;
  line_client c(server.path());
  c.write("one\nhold\nthree");
  c.write_no_more();
  CHECK(c.read_line() == "echo one");
  server.held()("held\n");
  CHECK(c.read_line() == "held");
  CHECK(c.read_line() == "echo three");
  CHECK(c.is_closed());
}

TEST_CASE("a line that is too long is refused, and the next one is answered") {
  echo_server server(1000);
  line_client c(server.path());
  const std::string longest(1000, 'a');
  c.write(longest + "\n" + longest + "a\nnext\n");
  CHECK(c.read_line() == "echo " + longest);
  CHECK(c.read_line() == "too long");
  CHECK(c.read_line() == "echo next");
  c.write_all_while_reading(std::string(5'000'000, 'b') + "\nafter\n");
  CHECK(c.read_line() == "too long");
  CHECK(c.read_line() == "echo after");
  c.write(longest + "begin");
  CHECK(c.read_line() == "too long"); // told before its end has come; the end is skipped
  c.write(" and end\nbeyond\n");
  CHECK(c.read_line() == "echo beyond");
  c.write(longest + "end without newline");
  c.write_no_more();
  CHECK(c.read_line() == "too long");
  CHECK(c.is_closed());
}

TEST_CASE("a call that takes its time holds up its own client only") {
  echo_server server;
  line_client slow(server.path()), quick(server.path());
  slow.write("hold\nnext\n");
  const auto answer = server.held();
  quick.write("one\n");
  CHECK(quick.read_line() == "echo one");
  CHECK(server.calls() == 2);
  std::thread([&] { answer("at last\n"); }).join(); // from any thread
  CHECK(slow.read_line() == "at last");
  CHECK(slow.read_line() == "echo next");
}

TEST_CASE("a client that never reads is not read from, and harms nobody") {
  echo_server server;
  line_client deaf(server.path()), other(server.path());
  deaf.write("big\nbig\nbig\n");
  other.write("one\n");
  CHECK(other.read_line() == "echo one");
  // What it goes on writing fills the kernel's buffers and nothing else.
  CHECK(deaf.write_until_full(100'000'000) < 10'000'000);
  CHECK(server.calls() == 2); // the second and third "big" wait for the first to be read
  other.write("two\n");
  CHECK(other.read_line() == "echo two");
  CHECK(deaf.read_line().size() == 8'000'000);
  CHECK(deaf.read_line().size() == 8'000'000);
}

TEST_CASE("a client that disconnects in the middle harms nobody") {
  echo_server server;
  {
    line_client c(server.path());
    c.write("hold\n");
    server.held();
  }
  { line_client(server.path()).write("half a li"); }
  { line_client(server.path()).write("big\n"); }
  line_client other(server.path());
  other.write("one\n");
  CHECK(other.read_line() == "echo one");
  server.held()("nobody reads this\n");
  other.write("two\n");
  CHECK(other.read_line() == "echo two");
}

TEST_CASE("the client that was still for longest makes room, unless it waits for an answer") {
  echo_server server(1000, 3);
  line_client waiting(server.path()), still(server.path()), active(server.path());
  waiting.write("hold\n");
  server.held();
  for (auto* c : {&still, &active}) {
    c->write("one\n");
    CHECK(c->read_line() == "echo one");
  }
  line_client fourth(server.path());
  fourth.write("four\n");
  CHECK(fourth.read_line() == "echo four");
  CHECK(still.is_closed());
  active.write("two\n");
  CHECK(active.read_line() == "echo two");
  server.held()("held\n");
  CHECK(waiting.read_line() == "held");
}

TEST_CASE("where everybody waits for an answer, one more is turned away") {
  echo_server server(1000, 2);
  line_client a(server.path()), b(server.path());
  a.write("hold\n");
  b.write("hold\n");
  server.held(1);
  line_client third(server.path());
  CHECK(third.is_closed());
  server.held(0)("done\n");
  CHECK(a.read_line() == "done");
}

TEST_CASE("hundreds of clients come and go") {
  echo_server server(1000, 64);
  std::vector<std::thread> threads;
  std::atomic<int> answered = 0;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        line_client c(server.path());
        const auto word = std::to_string(t * 1000 + i);
        c.write(word + "\n");
        if (c.read_line() == "echo " + word) ++answered;
      }
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(answered == 400);
}

TEST_CASE("the end of the server ends its clients, and late answers go nowhere") {
  echo_server server;
  line_client c(server.path());
  c.write("hold\n");
  const auto late = server.held();
  server.end();
  CHECK(c.is_closed());
  late("too late\n");
}

TEST_CASE("a socket that nobody listens to is replaced, a living one and other files are not") {
  echo_server server;
  socket_options options;
  options.on_line = [](auto, auto send, auto) { send(""); };
  const auto why = [&](const std::string& path) {
    options.path = path;
    auto listening = socket_server::listen(options);
    return listening.index() == 1 ? std::get<1>(listening) : std::string();
  };
  CHECK_THAT(why(server.path()), Catch::Contains("another daemon listens there"));
  line_client c(server.path());
  c.write("one\n");
  CHECK(c.read_line() == "echo one");
  CHECK_THAT(why(server.directory().write("file", "x")), Catch::Contains("is no socket"));
  CHECK_THAT(why(server.directory() / "file/admin.sock"), Catch::Contains("Not a directory"));
  CHECK_THAT(why(std::string(200, 'x')), Catch::Contains("no usable name"));
  leave_dead_socket(server.directory() / "dead.sock");
  REQUIRE(std::filesystem::exists(server.directory() / "dead.sock"));
  CHECK(why(server.directory() / "dead.sock").empty());
}

TEST_CASE("a stream goes on after the answer, also where its client writes no more") {
  echo_server server;
  line_client c(server.path());
  c.write("follow\n");
  c.write_no_more();
  CHECK(c.read_line() == "echo follow");
  const auto push = server.pushing();
  CHECK(push("one\n"));
  CHECK(push("two\n"));
  CHECK(c.read_line() == "one");
  CHECK(c.read_line() == "two");
  CHECK(push(""));
}

TEST_CASE("requests are answered between the lines of a stream") {
  echo_server server;
  line_client c(server.path());
  c.write("follow\n");
  CHECK(c.read_line() == "echo follow");
  CHECK(server.pushing()("event\n"));
  CHECK(c.read_line() == "event");
  c.write("one\n");
  CHECK(c.read_line() == "echo one");
}

TEST_CASE("who hangs up is pushed nothing more") {
  echo_server server;
  {
    line_client c(server.path());
    c.write("follow\n");
    CHECK(c.read_line() == "echo follow");
  }
  const auto push = server.pushing();
  // The server learns of it a little later; then it says so.
  const auto begin = std::chrono::steady_clock::now();
  while (push("event\n") && std::chrono::steady_clock::now() - begin < std::chrono::seconds(10))
    std::this_thread::yield();
  CHECK_FALSE(push("event\n"));
}

TEST_CASE("a follower that does not keep up is dropped, and holds nothing") {
  echo_server server;
  line_client deaf(server.path()), other(server.path());
  deaf.write("follow\n");
  CHECK(deaf.read_line() == "echo follow");
  const auto push = server.pushing();
  const std::string line(150'000, 'x');
  int pushed = 0;
  while (pushed < 1000 && push(line + "\n"))
    ++pushed;
  // What the kernel holds for it, and the backlog.
  CHECK(pushed < 100);
  CHECK_FALSE(push("more\n"));
  other.write("one\n");
  CHECK(other.read_line() == "echo one");
  // What the kernel held ends anywhere, also in the middle of a line.
  deaf.read_to_end();
}
