#include "tests/mailbox_sim/sim_stage.hpp"
#include "tests/support/class_values.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

// Contacts, tasks and attachments against the strict stand-in.

using namespace exsyncd;
using namespace tests;
using nlohmann::json;

namespace {

struct class_stage : sim_stage {
  class_stage(std::string on, enum item_class which) : sim_stage(std::move(on)), which(which) {}
  ~class_stage() {
    CHECK(mails_out() == 0);
    CHECK(control({{"do", "counters"}, {"server", server}}).at("schema_bugs") == 0);
  }
  enum item_class which;

  folder_id home() { return folder(which == item_class::contact ? "contacts" : "tasks"); }
  const std::vector<field_value>& values() const {
    return which == item_class::contact ? test::contact_values() : test::task_values();
  }
  fetch_outcome fetch_any(const item_id& id) {
    fetch_items what{{id}};
    what.item_class = which;
    auto answer = ask<items_fetched>(std::move(what));
    if (auto* why = std::get_if<failure>(&answer.outcome)) return *why;
    return std::move(std::get<0>(answer.outcome).at(0));
  }
  fetched fetch(const item_id& id) {
    auto outcome = fetch_any(id);
    if (auto* why = std::get_if<failure>(&outcome)) FAIL(why->code << ": " << why->what);
    REQUIRE(std::holds_alternative<fetched>(outcome));
    return std::get<fetched>(std::move(outcome));
  }
  content read(const item_id& id) { return fetch(id).at; }
  std::vector<carried_attachment> attachments(const item_id& id) {
    auto answer = ask<attachments_fetched>(fetch_attachments{id});
    if (auto* why = std::get_if<failure>(&answer.outcome)) FAIL(why->code << ": " << why->what);
    REQUIRE(answer.outcome.index() == 0);
    return std::get<0>(std::move(answer.outcome)).all;
  }
  write_outcome create_with(std::vector<field_value> fields) {
    carried_item item;
    item.item_class = which;
    item.fields = std::move(fields);
    return write(create_items{home(), {{item, operation_mark("p/1/2")}}});
  }
  write_outcome update(const written& item, std::vector<field_value> fields,
                       std::vector<carried_attachment> files = {}) {
    update_item one{item.id, item.key, std::move(fields)};
    one.item_class = which;
    one.attachments = std::move(files);
    return write(update_items{{one}});
  }
};

std::string value_of(const content& c, field which) {
  for (const auto& f : c.fields)
    if (f.field == which) return f.value;
  return {};
}

const written& took_effect(const write_outcome& o) {
  if (auto* r = std::get_if<refused>(&o)) FAIL(r->why.code << ": " << r->why.what);
  if (auto* r = std::get_if<not_done>(&o)) FAIL(r->why.code << ": " << r->why.what);
  if (auto* r = std::get_if<unknown>(&o)) FAIL(r->why.code << ": " << r->why.what);
  REQUIRE(std::holds_alternative<written>(o));
  return std::get<written>(o);
}

std::string both() {
  return GENERATE(as<std::string>{}, "old", "new");
}

/// One value of each field that says something, the last one of the table.
std::vector<field_value> one_of_each(const std::vector<field_value>& values) {
  std::map<field, field_value> last;
  for (const auto& v : values)
    last[v.field] = v;
  // A pattern moves the dates of a task.
  last.erase(field::recurrence);
  std::vector<field_value> out;
  for (auto& [f, v] : last)
    out.push_back(v);
  return out;
}

/// What two servers must agree on: the sizes are each one's own.
std::vector<field_value> comparable(const content& c) {
  auto out = c.fields;
  std::erase_if(out, [](const auto& f) { return tells_of_attachments(f.field); });
  return out;
}

carried_attachment file(const std::string& name, const std::string& bytes) {
  carried_attachment out;
  out.name = name;
  out.content_type = "text/plain";
  out.content_base64 = base64(bytes);
  return out;
}

} // namespace

TEST_CASE("A contact or task is created with every field, found by its mark, and the same on the other version") {
  const auto which = GENERATE(item_class::contact, item_class::task);
  const bool to_new = GENERATE(false, true);
  class_stage from(to_new ? "old" : "new", which), to(to_new ? "new" : "old", which);
  const auto fields = one_of_each(from.values());
  const auto made = took_effect(from.create_with(fields));
  const auto got = from.fetch(made.id);
  CHECK(got.at.key == made.key);
  CHECK(got.item.item_class == which);
  for (const auto& f : fields) {
    INFO("field " << static_cast<int>(f.field));
    // Since 2010 the subject of a contact is its display name.
    if (which == item_class::contact && f.field == field::subject) continue;
    CHECK(value_of(got.at, f.field) == f.value);
  }
  const auto found =
      std::get<0>(from.ask<found_by_mark>(exsyncd::find_by_mark{from.home(), operation_mark("p/1/2")}).outcome);
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == made.id);
  CHECK(found[0].item_class == which);

  const auto copy = took_effect(to.write(create_items{to.home(), {{got.item, operation_mark("m")}}}));
  CHECK(comparable(to.read(copy.id)) == comparable(got.at));
}

TEST_CASE("Each field of a contact or task is updated alone to any value and away again, and nothing else changes") {
  class_stage s(both(), GENERATE(item_class::contact, item_class::task));
  auto now = took_effect(s.create_with({{field::subject, "plain"}}));
  for (const auto& v : s.values()) {
    if (v.field == field::recurrence) continue; // moves the dates
    INFO("field " << static_cast<int>(v.field) << ' ' << v.value);
    const auto before = s.read(now.id);
    now = took_effect(s.update(now, {v}));
    const auto after = s.read(now.id);
    CHECK(value_of(after, v.field) == v.value);
    CHECK(after.key == now.key);
    const auto rest = [&](const content& c) {
      auto out = comparable(c);
      // What a server computes from the names follows them.
      std::erase_if(out, [&](const auto& f) {
        return f.field == v.field || f.field == field::display_name || f.field == field::file_as ||
               f.field == field::subject;
      });
      return out;
    };
    CHECK(rest(after) == rest(before));
    if (v.field == field::subject) continue;
    now = took_effect(s.update(now, {{v.field, ""}}));
    if (v.field != field::display_name && v.field != field::file_as) CHECK(value_of(s.read(now.id), v.field) == "");
  }
}

TEST_CASE("Of several that are created, each is known by its mark, in whatever order their ids are answered") {
  class_stage s(both(), item_class::contact);
  s.control({{"do", "fault"}, {"server", s.server}, {"operation", "CreateItem"}, {"what", "answers_reordered"}});
  create_items several{s.home(), {}};
  const std::vector<std::string> names{"Ann", "Bob", "Cid"};
  for (const auto& name : names) {
    carried_item item;
    item.item_class = item_class::contact;
    item.fields = {{field::given_name, name}};
    several.items.emplace_back(std::move(item), operation_mark("p/" + name + "/2"));
  }
  const auto outcomes = s.ask<write_done>(std::move(several)).outcomes;
  REQUIRE(outcomes.size() == names.size());
  for (std::size_t n = 0; n < names.size(); ++n)
    CHECK(value_of(s.read(took_effect(outcomes[n]).id), field::given_name) == names[n]);
}

TEST_CASE("Every pattern of a recurring task is created and read as what it is") {
  class_stage s(both(), item_class::task);
  for (const auto& v : test::task_values()) {
    if (v.field != field::recurrence) continue;
    INFO(v.value);
    const auto made = took_effect(s.create_with({{field::subject, "again"}, v}));
    const auto there = value_of(s.read(made.id), field::recurrence);
    // The start may move to the first day that fits the pattern.
    CHECK(there.substr(0, there.find("\nRange")) == v.value.substr(0, v.value.find("\nRange")));
  }
}

TEST_CASE("A series of tasks whose current one is completed goes on under its own id") {
  class_stage s(both(), item_class::task);
  const auto made = took_effect(s.create_with(
      {{field::subject, "daily"}, {field::recurrence, "Daily\nInterval=1\nRange=NoEnd\nStartDate=2026-01-05"}}));
  const auto dates = value_of(s.read(made.id), field::task_dates);
  const auto done = took_effect(s.update(made, {{field::progress, "Status=Completed\nCompleteDate=2026-01-05"}}));
  CHECK(done.id == made.id);
  const auto next = s.read(made.id);
  CHECK(done.key == next.key);
  CHECK(value_of(next, field::task_dates) != dates);
  CHECK(value_of(next, field::progress) == "");
  // The one that was split off is in Deleted Items.
  CHECK(s.contents("tasks").size() == 1);
  CHECK(s.contents("deleteditems").size() == 1);
}

TEST_CASE("What is set beside the completion of a series of tasks is set of the series") {
  class_stage s(both(), item_class::task);
  const auto made = took_effect(s.create_with(
      {{field::subject, "daily"}, {field::recurrence, "Daily\nInterval=1\nRange=NoEnd\nStartDate=2026-01-05"}}));
  const auto done = took_effect(s.update(made, {{field::subject, "every day"},
                                                {field::categories, "red"},
                                                {field::progress, "Status=Completed\nCompleteDate=2026-01-05"}}));
  const auto next = s.read(made.id);
  CHECK(done.key == next.key);
  CHECK(value_of(next, field::subject) == "every day");
  CHECK(value_of(next, field::categories) == "red");
  CHECK(value_of(next, field::progress) == "");
  CHECK(s.contents("tasks").size() == 1);
}

TEST_CASE("A series of tasks that is written with its dates splits nothing off and stands where it was set") {
  class_stage s(both(), item_class::task);
  const std::string daily = "Daily\nInterval=1\nRange=NoEnd\nStartDate=2026-01-05";
  const auto made = took_effect(s.create_with({{field::subject, "daily"}, {field::recurrence, daily}}));
  const std::string dates = "StartDate=2026-01-09\nDueDate=2026-01-09";
  const auto done = took_effect(
      s.update(made, {{field::subject, "every day"}, {field::recurrence, daily}, {field::task_dates, dates}}));
  CHECK(done.id == made.id);
  const auto next = s.read(made.id);
  CHECK(done.key == next.key);
  CHECK(value_of(next, field::subject) == "every day");
  CHECK(value_of(next, field::task_dates) == dates);
  CHECK(value_of(next, field::recurrence) == daily);
  CHECK(s.contents("tasks").size() == 1);
  CHECK(s.contents("deleteditems").empty());
}

TEST_CASE("Attachments of contacts and tasks are replaced as a whole, and repeating it is harmless") {
  class_stage s(both(), GENERATE(item_class::contact, item_class::task));
  auto now = took_effect(s.create_with({{field::subject, "with files"}}));
  auto picture = file("picture.png", "not really");
  picture.content_type = "image/png";
  picture.is_inline = true;
  picture.content_id = "picture@here";
  for (int again = 0; again < 2; ++again) {
    now = took_effect(s.update(now, {{field::attachments, "as they come"}}, {file("a.txt", "first"), picture}));
    CHECK(s.read(now.id).key == now.key);
    auto all = s.attachments(now.id);
    REQUIRE(all.size() == 2);
    std::ranges::sort(all, {}, &carried_attachment::name);
    CHECK(all[0].content_base64.text() == base64("first"));
    CHECK(all[1].is_inline);
    CHECK(all[1].content_id == "picture@here");
    CHECK(value_of(s.read(now.id), field::attachments) == "a.txt\ttext/plain\npicture.png\timage/png");
  }
  now = took_effect(s.update(now, {{field::attachments, ""}, {field::subject, "without"}}));
  CHECK(s.attachments(now.id).empty());
  CHECK(value_of(s.read(now.id), field::subject) == "without");
  CHECK(s.read(now.id).key == now.key);
}

TEST_CASE("Attachments of an item that its user has changed meanwhile are left alone") {
  class_stage s(both(), item_class::contact);
  const auto made = took_effect(s.create_with({{field::subject, "busy"}}));
  s.control({{"do", "touch_change_key"}, {"item", made.id.value}});
  CHECK(std::holds_alternative<stale>(s.update(made, {{field::attachments, "x"}}, {file("a.txt", "first")})));
  CHECK(s.attachments(made.id).empty());
}

TEST_CASE("A contact's photo is its photo on the other version too") {
  const bool to_new = GENERATE(false, true);
  class_stage from(to_new ? "old" : "new", item_class::contact), to(to_new ? "new" : "old", item_class::contact);
  auto photo = file("ContactPicture.jpg", "a face");
  photo.content_type = "image/jpeg";
  photo.contact_photo = true;
  auto here = took_effect(from.create_with({{field::given_name, "Ann"}}));
  here = took_effect(from.update(here, {{field::attachments, "x"}}, {photo}));
  const auto carried = from.attachments(here.id);
  auto there = took_effect(to.create_with({{field::given_name, "Ann"}}));
  there = took_effect(to.update(there, {{field::attachments, "x"}}, carried));
  const auto all = to.attachments(there.id);
  REQUIRE(all.size() == 1);
  CHECK(all[0].contact_photo);
  CHECK(all[0].content_base64.text() == base64("a face"));
}

TEST_CASE("An attached item goes over with what is in it") {
  const bool to_new = GENERATE(false, true);
  class_stage from(to_new ? "old" : "new", item_class::task), to(to_new ? "new" : "old", item_class::task);
  auto mail = std::make_shared<attached_item>();
  mail->item.mime_base64 =
      base64("From: Bob <bob@elsewhere.example>\r\nTo: Ann <ann@here.example>\r\nSubject: inside\r\n"
             "Date: Sat, 03 Jan 2026 08:00:00 +0000\r\nContent-Type: text/plain\r\n\r\nHello\r\n");
  mail->item.item_class_name = "IPM.Note";
  auto contact = std::make_shared<attached_item>();
  contact->item.item_class = item_class::contact;
  contact->item.fields = {{field::given_name, "Ann"}, {field::surname, "Smith"}};
  carried_attachment a, b;
  a.name = "inside";
  a.item = mail;
  b.name = "Ann Smith";
  b.item = contact;
  auto here = took_effect(from.create_with({{field::subject, "holds items"}}));
  here = took_effect(from.update(here, {{field::attachments, "x"}}, {a, b}));
  auto carried = from.attachments(here.id);
  REQUIRE(carried.size() == 2);
  auto there = took_effect(to.create_with({{field::subject, "holds items"}}));
  there = took_effect(to.update(there, {{field::attachments, "x"}}, carried));
  auto all = to.attachments(there.id);
  REQUIRE(all.size() == 2);
  std::ranges::sort(all, {}, &carried_attachment::name);
  REQUIRE(all[0].item);
  CHECK(all[0].item->item.item_class == item_class::contact);
  const auto has = [](const carried_item& item, field f, const std::string& value) {
    return std::ranges::find(item.fields, field_value{f, value}) != item.fields.end();
  };
  CHECK(has(all[0].item->item, field::given_name, "Ann"));
  CHECK(has(all[0].item->item, field::surname, "Smith"));
  REQUIRE(all[1].item);
  CHECK(all[1].item->item.item_class == item_class::message);
}

TEST_CASE("An attachment that is larger than the server takes is refused, and its item stays as it was") {
  class_stage s(both(), item_class::contact);
  s.control({{"do", "set_limits"}, {"server", s.server}, {"attachment_bytes", 1000}});
  const auto made = took_effect(s.create_with({{field::subject, "small"}}));
  const auto got = s.update(made, {{field::attachments, "x"}, {field::given_name, "Ann"}},
                            {file("small.txt", "x"), file("large.txt", std::string(2000, 'x'))});
  REQUIRE(std::holds_alternative<refused>(got));
  CHECK(std::get<refused>(got).why.code == "ErrorAttachmentSizeLimitExceeded");
  CHECK(s.attachments(made.id).empty());
  CHECK(value_of(s.read(made.id), field::given_name) == "");
}

TEST_CASE("A contact or task that is removed lies in Deleted Items") {
  class_stage s(both(), GENERATE(item_class::contact, item_class::task));
  const auto made = took_effect(s.create_with({{field::subject, "old"}}));
  took_effect(s.write(remove_items{{made.id}}));
  CHECK(std::holds_alternative<gone>(s.fetch_any(made.id)));
  CHECK(s.contents("deleteditems").size() == 1);
}
