#include "ews/codec/field_rows.hpp"

namespace exsyncd::ews {

const class_fields& appointment_fields() {
  static const class_fields table{item_class::appointment,
                                  "CalendarItem",
                                  {subject_row(), sensitivity_row(), body_row(), replaceable_attachments_row(),
                                   attachment_sizes_row(), categories_row(), importance_row(),
                                   reminder_before_start_row()},
                                  {subject_part(), sensitivity_part(), body_part(), categories_part(),
                                   importance_part(), reminder_is_set_part(), reminder_minutes_part()},
                                  {},
                                  {}};
  return table;
}

} // namespace exsyncd::ews
