#pragma once

#include <cstdint>

namespace exsyncd {

/// A comparable part of an item. The numbers are stored in the data base: never renumber.
/// What a server sets together, or refuses to set apart, is one field: the times of an appointment, the progress of a
/// task.
enum class field : std::uint8_t {
  // ---- every class
  subject = 1,
  body = 2,
  categories = 3,
  importance = 4,
  sensitivity = 5,
  flag = 6, // mail only
  // ---- mail
  to = 7,
  cc = 8,
  bcc = 9,
  from = 10,
  reply_to = 11,
  sent = 12,
  // ---- every class
  /// The names and content types of the attachments, in a stable order.
  attachments = 13,
  /// Their sizes as this server counts them, and what else it tells of when they came: compared with the same side's
  /// base only, never across.
  attachment_sizes = 14,
  /// Whether it is a draft: fixed by the first save. Mail only.
  draft = 15,
  /// Whether there is one, and when: minutes before the start, or the moment it is due.
  reminder = 16,

  // ---- contact
  file_as = 20, // with its mapping
  display_name = 21,
  given_name = 22,
  middle_name = 23,
  surname = 24,
  initials = 25,
  nickname = 26,
  generation = 27,
  title = 28, // of the name ("Dr."): an extended property, CompleteName is read-only
  company_name = 29,
  department = 30,
  job_title = 31,
  profession = 32,
  office_location = 33,
  manager = 34,
  assistant_name = 35,
  spouse_name = 36,
  children = 37,
  companies = 38, // contacts and tasks
  birthday = 39,
  wedding_anniversary = 40,
  business_home_page = 41,
  mileage = 42,            // contacts and tasks
  email_addresses = 43,    // each indexed collection is one field; its entries are set and deleted one by one
  physical_addresses = 44, //
  phone_numbers = 45,      //
  im_addresses = 46,       //
  postal_address_index = 47,
  phonetic_names = 48,

  // ---- task
  task_dates = 60, // start and due
  progress = 61,   // status, percent complete, complete date
  total_work = 62,
  actual_work = 63,
  billing_information = 64,
  task_contacts = 65,
  /// Pattern and range, of tasks and appointments.
  recurrence = 66,
  owner = 67,

  // ---- appointment
  time = 80, // start, end, both zones, all day
  location = 81,
  free_busy = 82,
  attendees = 83, // required, optional, resources; of an "appointment" copy of a meeting, as text
  /// Deleted and changed occurrences of a series, by their original starts.
  exceptions = 84,
  uid = 85, // set at creation only
  online_meeting = 86,
};

} // namespace exsyncd
