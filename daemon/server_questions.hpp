#pragma once

#include "config/settings.hpp"
#include "daemon/admin/control.hpp"
#include "daemon/engine_room.hpp"

#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace exsyncd {

/// Reads a server that is declared nowhere yet, or says what is wrong with it.
using server_reader = std::function<std::variant<server_settings, admin::call_error>(const std::string& json)>;

/// Runs something in the main thread, soon.
using main_thread = std::function<void(std::function<void()>)>;

/// What the admin socket asks of a server itself: test, version, users, folders. In the main thread; answers when the
/// server has. A server that is given by its settings need not be declared anywhere, so that it can be tested
/// before it is.
void answer_server_question(engine_room& room, const main_thread& run, const settings& declared,
                            const server_reader& read, const admin::server_question& asked, const admin::reply& to);

} // namespace exsyncd
