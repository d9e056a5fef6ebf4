#pragma once

#include "daemon/admin/methods.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// One line in, one line out: JSON-RPC 2.0, and a short form without "jsonrpc" and "id" that is answered as short.
namespace exsyncd::admin {

/// Handles a request line (without its newline). `send` is called exactly once, from any thread, with the answer and
/// its newline, or with nothing where the request was a notification of JSON-RPC. `push` takes the later lines of a
/// method that is answered by a stream.
void handle_line(const std::vector<method>& methods, std::string_view line, std::function<void(std::string)> send,
                 std::function<bool(std::string)> push = {});

/// The answer to a line that is longer than allowed.
std::string too_long(std::size_t limit);

} // namespace exsyncd::admin
