#pragma once

#include "ews/codec/field_table.hpp"

/// What the tables of the classes are made of. Only for fields_*.cpp.
namespace exsyncd::ews {

const class_fields& mail_fields();
const class_fields& contact_fields();
const class_fields& task_fields();
const class_fields& appointment_fields();

// ---- rows of several classes, with what a create writes of them
// ------------------------------------------------------------------------------

field_row subject_row();
field_row body_row();
field_row categories_row();
field_row importance_row();
field_row sensitivity_row();
field_row attachments_row(); // of a mail: in its MIME, never set
/// Of the other classes: set by requests of their own, an update of fields writes nothing for them.
field_row replaceable_attachments_row();
field_row attachment_sizes_row();
field_row attachment_ids_row();
field_row attachment_holder_row();
create_part subject_part();
create_part body_part();
create_part categories_part();
create_part importance_part();
create_part sensitivity_part();

/// A reminder at a moment ("at=2026-11-25T08:00:00Z"), of tasks.
field_row reminder_at_row();
create_part reminder_at_due_part(); // ReminderDueBy
/// A reminder a number of minutes before the start ("minutes=15"), of appointments.
field_row reminder_before_start_row();
create_part reminder_minutes_part(); // ReminderMinutesBeforeStart
/// Of both: ReminderIsSet. An appointment without a reminder says so, since servers give one by default: its value
/// is "none" there.
create_part reminder_is_set_part();

// ---- simple rows
// ------------------------------------------------------------------------------------------------------

/// A text property: trimmed, CRLF to LF; an empty value deletes it. `uri`: "contacts:GivenName", whose element is
/// t:GivenName.
field_row text_row(field which, std::string_view uri);
create_part text_part(field which, std::string_view uri);
/// A list of t:String in any order.
field_row strings_row(field which, std::string_view uri);
create_part strings_part(field which, std::string_view uri);
/// Whole numbers that are zero by default.
field_row number_row(field which, std::string_view uri);
create_part number_part(field which, std::string_view uri);
/// A word whose default (the empty value) is set, not deleted.
field_row word_row(field which, std::string_view uri, std::string_view default_word);
create_part word_part(field which, std::string_view uri);
/// A row that asks for one FieldURI.
field_row row_with(field which, std::string_view uri, settable_when settable, std::string (*read)(const element&, bool),
                   void (*update)(update_writer&, std::string_view) = nullptr);

/// "t:GivenName" of "contacts:GivenName"; without prefix for reading.
std::string_view element_of(std::string_view uri);
std::string with_returns(std::string_view text); // Exchange keeps text with CRLF
std::string without_returns(std::string_view text);

} // namespace exsyncd::ews
