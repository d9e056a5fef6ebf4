#pragma once

#include "actors/ews/mailbox.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Folder paths as a configuration writes them: "inbox/Projects", "public:/Sales/A\\/B".
namespace exsyncd {

/// The well-known folder that a path begins with, then names.
using folder_path = std::vector<std::string>;

inline constexpr std::string_view public_root = "publicfoldersroot";

bool is_public_path(std::string_view written);

/// The path within this store; a failure of the folder where it cannot be one.
result<folder_path> parse_folder_path_of(mailbox_store store, const std::string& written);

/// `below` as it stands in a path, with the slash in front of it: "A/B" gives "/A\\/B".
std::string escaped_step(std::string_view name);

failure no_such_folder(const std::string& written, const std::string& missing);

/// As Exchange compares the names of folders, as far as ASCII goes.
bool same_name(std::string_view a, std::string_view b);

} // namespace exsyncd
