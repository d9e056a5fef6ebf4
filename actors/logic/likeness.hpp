#pragma once

#include "ews/model/item.hpp"
#include "storage/records.hpp"

#include <string>
#include <string_view>

namespace exsyncd::logic {

/// observation::likeness of contents that were read: of a body its words.
field_digests likeness_of(const content&);

/// `sent` with the words of the body that goes along.
field_digests with_words(field_digests sent, const content& source);

/// What a person reads of a body ("HTML\n…" or "Text\n…"), without mark-up, white space and punctuation: servers turn
/// one kind into the other, wrap lines and sanitise mark-up, and leave this.
std::string words_of(std::string_view body);

} // namespace exsyncd::logic
