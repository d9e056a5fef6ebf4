// What users do with appointments in Outlook, and what Outlook would mail to others for it.
#include "tests/exchange_sim/calendar_acts.hpp"

#include "tests/exchange_sim/calendar.hpp"
#include "tests/exchange_sim/ids.hpp"
#include "tests/exchange_sim/item_writing.hpp"
#include "tests/exchange_sim/world.hpp"
#include "tests/exchange_sim/world_parts.hpp"

namespace exchange_sim {

namespace {

std::vector<attendee> people(const std::vector<std::string>& addresses) {
  std::vector<attendee> out;
  for (const auto& email : addresses)
    out.push_back({email, email, "SMTP", "Unknown", std::nullopt});
  return out;
}

time_zone named_zone(const std::string& id) {
  auto zone = zone_called(id);
  if (!zone) throw response_error{"no such Windows zone: " + id};
  return *zone;
}

/// Whether Outlook offers to send an update for this.
bool concerns_others(const appointment_edit& e) {
  return e.subject || e.body || e.start || e.end || e.zone || e.location || e.all_day || e.required || e.optional ||
         e.resources || e.repeats || e.no_recurrence;
}

void apply(const appointment_edit& e, item& i, const item* before, const change_context& changes) {
  if (!i.calendar) i.calendar.emplace();
  auto& c = *i.calendar;
  if (e.subject) {
    i.subject = *e.subject;
    i.conversation_topic = topic_of(i.subject);
  }
  if (e.body) i.body = {e.body_type ? lower(*e.body_type) == "html" : i.body.html, *e.body};
  if (e.sensitivity) i.sensitivity = *e.sensitivity;
  if (e.importance) i.importance = *e.importance;
  if (e.categories) i.categories = *e.categories;
  if (e.location) c.location = *e.location;
  if (e.free_busy) c.free_busy = *e.free_busy;
  if (e.when) c.when = *e.when;
  if (e.all_day) c.all_day = *e.all_day;
  if (e.response_requested) c.response_requested = *e.response_requested;
  if (e.new_time_proposal) c.new_time_proposal = *e.new_time_proposal;
  if (e.required) c.required = people(*e.required);
  if (e.optional) c.optional = people(*e.optional);
  if (e.resources) c.resources = people(*e.resources);
  if (e.reminder) {
    i.reminder_is_set = *e.reminder >= 0;
    if (i.reminder_is_set) i.reminder_minutes = *e.reminder;
  }
  c.given.start = e.start;
  c.given.end = e.end;
  if (e.zone) c.given.start_zone = named_zone(*e.zone);
  if (e.end_zone) c.given.end_zone = named_zone(*e.end_zone);
  if (e.repeats) c.repeats = e.repeats;
  if (e.no_recurrence) c.repeats.reset();
  c.given.recurrence = e.repeats || e.no_recurrence;
  auto zone = before != nullptr ? before->calendar->start_zone : time_zone{};
  settle_times(i, before, zone, changes.host.profile.newest, changes.now);
  i.unmodified = false;
}

item occurrence_named(const item& series, const std::string& text) {
  auto day = parse_day(text);
  if (!day) throw response_error{"no date: " + text};
  if (!is_series(series)) throw response_error{"the appointment is no series"};
  auto found = occurrence_of(series, *day);
  if (!found) throw response_error{"the series has no occurrence on " + text};
  return *found;
}

template <class Act>
outcome<std::string> on_appointment(universe& all, const world_options& options, const mailbox_ref& ref,
                                    const item_locator& wanted, Act act) {
  auto found = find_mailbox(all, ref);
  if (found.box == nullptr) return refusal{found.why};
  auto* named = locate(*found.box, wanted);
  if (named == nullptr || !named->calendar)
    return refusal{"no such appointment: " + (wanted.id.empty() ? wanted.subject : wanted.id)};
  change_context changes{all, *found.host, *found.box, options.now(), options.random, found.box->who.display_name};
  try {
    act(changes, *named);
  } catch (const response_error& error) {
    return refusal{error.code + (error.text.empty() ? "" : ": " + error.text)};
  }
  return wire_id(*found.box, named->key);
}

} // namespace

outcome<std::string> world::add_appointment(const mailbox_ref& ref, const new_appointment& given) {
  act_scope act(*universe_, options_, "add_appointment", ref);
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  auto* to = folder_at(*found.box, given.folder);
  if (to == nullptr) return refusal{"no such folder: " + given.folder};
  change_context changes{*universe_,     *found.host,     *found.box,
                         options_.now(), options_.random, found.box->who.display_name};
  try {
    item made;
    made.item_class = "IPM.Appointment";
    made.read = true;
    made.sent = made.received = changes.now;
    auto& c = made.calendar.emplace();
    if (given.uid) c.uid = *given.uid;
    apply(given.values, made, nullptr, changes);
    if (given.organizer) {
      c.organizer = people({*given.organizer}).front();
      c.state = 3;
      c.my_response = "Accept";
    }
    if (given.response) c.my_response = *given.response;
    c.request_sent = given.sent;
    settle_identity(made, changes.now, options_.random);
    for (const auto& [day, edit] : given.modified) {
      auto before = occurrence_named(made, day);
      auto edited = before;
      apply(edit, edited, &before, changes);
      save_occurrence(changes, made, std::move(edited));
    }
    for (const auto& day : given.deleted)
      delete_occurrence(changes, made, occurrence_named(made, day).calendar->shows->day);
    return wire_id(*found.box, put_item(changes, *to, std::move(made)).key);
  } catch (const response_error& error) {
    return refusal{error.code + (error.text.empty() ? "" : ": " + error.text)};
  }
}

outcome<std::string> world::user_edit_appointment(const mailbox_ref& ref, const item_locator& wanted,
                                                  const appointment_edit& edit) {
  act_scope act(*universe_, options_, "user_edit_appointment", ref);
  return on_appointment(*universe_, options_, ref, wanted, [&](change_context& changes, item& i) {
    auto edited = i;
    apply(edit, edited, &i, changes);
    i = std::move(edited);
    touch_item(changes, i);
    if (concerns_others(edit) && is_live_meeting(i)) count_mail(changes, i, "invitations");
  });
}

outcome<std::string> world::user_edit_occurrence(const mailbox_ref& ref, const item_locator& wanted,
                                                 const std::string& day, const appointment_edit& edit) {
  act_scope act(*universe_, options_, "user_edit_occurrence", ref);
  return on_appointment(*universe_, options_, ref, wanted, [&](change_context& changes, item& i) {
    auto before = occurrence_named(i, day);
    auto edited = before;
    apply(edit, edited, &before, changes);
    save_occurrence(changes, i, std::move(edited));
    if (concerns_others(edit) && is_live_meeting(i)) count_mail(changes, i, "invitations");
  });
}

outcome<std::string> world::user_delete_occurrence(const mailbox_ref& ref, const item_locator& wanted,
                                                   const std::string& day) {
  act_scope act(*universe_, options_, "user_delete_occurrence", ref);
  return on_appointment(*universe_, options_, ref, wanted, [&](change_context& changes, item& i) {
    auto gone = occurrence_named(i, day);
    delete_occurrence(changes, i, gone.calendar->shows->day);
    if (is_live_meeting(i)) count_mail(changes, i, "cancellations");
  });
}

void tell_of_deletion(change_context& changes, const item& gone) {
  if (!gone.calendar) return;
  const auto* in = changes.box.find_folder(gone.folder);
  if (in != nullptr && in->distinguished == "deleteditems") return;
  if (is_live_meeting(gone)) count_mail(changes, gone, "cancellations");
  bool received = (gone.calendar->state & 2) != 0;
  if (received && gone.calendar->my_response != "Decline") count_mail(changes, gone, "responses");
}

} // namespace exchange_sim
