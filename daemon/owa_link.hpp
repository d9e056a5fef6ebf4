#pragma once

#include "config/settings.hpp"
#include "ews/model/ids.hpp"
#include "ews/model/item.hpp"

#include <string>

namespace exsyncd {

/// Where Outlook on the web of Exchange 2013 or newer shows an item: its server's "/owa/?ItemID=…&exvsurl=1", as these
/// versions answer it in WebClientReadFormQueryString. Empty where its host is not known by the settings (a server that
/// Autodiscover finds), and of a public folder's item. `id` as the store has it.
std::string owa_link(const server_settings& server, const item_id& id, item_class of);

} // namespace exsyncd
