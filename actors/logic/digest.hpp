#pragma once

#include "ews/model/field_hints.hpp"
#include "ews/model/item.hpp"
#include "storage/records.hpp"

#include <array>
#include <string>
#include <vector>

namespace exsyncd::logic {

bool contains(const std::vector<field>&, field);

/// The digests of canonical field values, sorted by field; empty values are left out, so that "not there" and "empty"
/// are the same.
field_digests digests_of(const std::vector<field_value>& fields);

/// The fields in which two contents differ, in the order of their numbers.
std::vector<field> differing_fields(const field_digests& a, const field_digests& b);

/// The digests of `of` for `fields`; what it does not have is left out.
field_digests only(const field_digests& of, const std::vector<field>& fields);

/// `base` with every field of `fields` as it is in `from` (removed where `from` has none).
field_digests with_fields(field_digests base, const field_digests& from, const std::vector<field>& fields);

/// `of` without `fields`.
field_digests without(field_digests of, const std::vector<field>& fields);

/// What is in these attachments, as a value of hint::attachment_contents: of a file its bytes, of an attached item its
/// name, since no two servers write that one alike.
std::string contents_of(const std::vector<carried_attachment>&);
/// The line of one of them there: its name and a digest.
std::string contents_line(const carried_attachment&);

/// Fields that tell of attachments what is compared with the same side's base only, and is no content.
inline constexpr std::array<field, 3> attachment_hints{field::attachment_sizes, hint::attachment_ids,
                                                       hint::attachment_holder};
/// Those, and the words of a body that we sent.
bool is_hint(field);
void erase_hints(std::vector<field>&);
/// `base` with the attachment hints of `from`.
field_digests with_hints(field_digests base, const field_digests& from);

/// The digest of no value: a base that has it for a field leaves that field to be carried over, whatever it holds.
inline constexpr digest to_be_carried{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

} // namespace exsyncd::logic
