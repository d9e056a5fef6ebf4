#pragma once

#include "config/settings.hpp"
#include "daemon/admin/control.hpp"
#include "daemon/engine_room.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <optional>
#include <variant>

/// pair.create_public: pairs of public folders. What is given becomes an ordinary pair, whose folders are called
/// "public:/…"; before it is declared, both servers are asked whether it can be kept in step.
namespace exsyncd {

/// `given`: as for pair.create, but that each side may have a "folder" ("/Sales/Contacts") in place of "folders", whose
/// paths may begin with "/" too, and that no side needs a mailbox. Or what is wrong with it; what pair.create checks
/// is not checked here.
std::variant<nlohmann::ordered_json, admin::call_error> ordinary_pair_of(const nlohmann::ordered_json& given);

/// Asks both servers, as the accounts that would keep the pair in step: every folder is there, may be read, may be
/// written to where the direction wants it, and is of the class of its counterpart. Calls `then` once, from any thread,
/// with what stands against it.
void find_public_folders(engine_room& room, const pair_settings& pair,
                         std::function<void(std::optional<admin::call_error>)> then);

} // namespace exsyncd
