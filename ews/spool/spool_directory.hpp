#pragma once

#include "ews/model/large_text.hpp"

#include <string>

namespace exsyncd {

/// A spool of files without names: each is gone with its last holder, and with the process. `directory` is made where
/// it is not there (its parent must be); only its owner may enter. Makes no writer, but leaves the text in memory,
/// where the directory cannot be used: a full disk must not stop small mails.
spool spool_into(std::string directory);

} // namespace exsyncd
