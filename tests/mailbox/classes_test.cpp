#include "tests/mailbox/scripted_server.hpp"

#include <algorithm>

// Contacts and tasks: reading, creating, updating, and what the answers say of recurring tasks.

using namespace exsyncd;
using namespace tests;

namespace {

std::string of_class(const std::string& element, const std::string& id, const std::string& key,
                     const std::string& inside = {}) {
  return success("<m:Items><t:" + element + "><t:ItemId Id='" + id + "' ChangeKey='" + key + "'/>" + inside +
                 "</t:" + element + "></m:Items>");
}

update_items task_update(std::vector<field_value> fields, int count = 1) {
  update_items out;
  for (int i = 0; i < count; ++i) {
    update_item one{item_id("t" + std::to_string(i)), change_key("g"), fields};
    one.item_class = item_class::task;
    out.items.push_back(std::move(one));
  }
  return out;
}

const written& as_written(const write_outcome& outcome) {
  REQUIRE(std::holds_alternative<written>(outcome));
  return std::get<written>(outcome);
}

std::string code_of(const write_outcome& outcome) {
  REQUIRE(std::holds_alternative<unknown>(outcome));
  return std::get<unknown>(outcome).why.code;
}

} // namespace

TEST_CASE("contacts are read and fetched by their fields, without MIME") {
  mailbox_stage stage;
  read_content ask{{item_id("a")}};
  ask.item_class = item_class::contact;
  const auto contact = of_class("Contact", "a", "k",
                                "<t:ItemClass>IPM.Contact.Big</t:ItemClass><t:GivenName>Ann</t:GivenName>"
                                "<t:PhoneNumbers><t:Entry Key='HomePhone'>1</t:Entry></t:PhoneNumbers>");
  const auto read = stage.ask<content_read>(ask, {answers("GetItem", {contact})});
  const auto& content_of_it = std::get<content>(std::get<0>(read.outcome).at(0));
  const std::vector<field_value> fields{{field::given_name, "Ann"}, {field::phone_numbers, "HomePhone=1"}};
  CHECK(content_of_it.fields == fields);
  CHECK_FALSE(content_of_it.read);
  CHECK(holds(stage.seen[0], "FieldURI=\"contacts:PhoneNumbers\""));
  CHECK_FALSE(holds(stage.seen[0], "message:"));

  fetch_items whole{{item_id("a")}};
  whole.item_class = item_class::contact;
  const auto got = stage.ask<items_fetched>(whole, {answers("GetItem", {contact})});
  const auto& item = std::get<fetched>(std::get<0>(got.outcome).at(0)).item;
  CHECK(item.item_class == item_class::contact);
  CHECK(item.item_class_name == "IPM.Contact.Big");
  CHECK(item.fields == fields);
  CHECK_FALSE(holds(stage.seen[0], "MimeContent"));
}

TEST_CASE("what a list shows has a class") {
  mailbox_stage stage;
  const auto create = [](const std::string& element, const std::string& name) {
    return "<t:Create><t:" + element + "><t:ItemId Id='" + name + "' ChangeKey='k'/><t:ItemClass>" + name +
           "</t:ItemClass></t:" + element + "></t:Create>";
  };
  const std::vector<std::tuple<std::string, std::string, enum item_class>> rows {
    {"Message", "IPM.Note", item_class::message},
    {"Contact", "IPM.Contact", item_class::contact},
    {"Task", "IPM.Task", item_class::task},
    {"CalendarItem", "IPM.Appointment", item_class::appointment},
    {"DistributionList", "IPM.DistList", item_class::other},
    {"PostItem", "IPM.Post", item_class::other},
    {"Message", "IPM.StickyNote", item_class::other},
    {"Message", "IPM.Activity", item_class::other},
    {"Message", "IPM.TaskRequest.Accept", item_class::other},
    {"MeetingRequest", "IPM.Schedule.Meeting.Request", item_class::other},
  };
  std::string changes;
  for (const auto& [element, name, which] : rows)
    changes += create(element, name);
  const auto got = stage.ask<changes_listed>(
      list_changes{folder_id("f"), {}},
      {answers("SyncFolderItems", {success("<m:SyncState>S</m:SyncState><m:IncludesLastItemInRange>true"
                                           "</m:IncludesLastItemInRange><m:Changes>" +
                                           changes + "</m:Changes>")})});
  const auto& page = std::get<change_page>(got.outcome);
  REQUIRE(page.changes.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    INFO(std::get<1>(rows[i]));
    CHECK(std::get<item_present>(page.changes[i]).item.item_class == std::get<2>(rows[i]));
  }
}

TEST_CASE("a contact or task is created by its fields, with its mark") {
  for (const std::string version : {"Exchange2010_SP2", "Exchange2016"}) {
    mailbox_stage stage(version);
    create_items asked;
    asked.folder = folder_id("f");
    carried_item task;
    task.item_class = item_class::task;
    task.fields = {{field::subject, "shoes"}, {field::attachments, "a\t"}, {field::task_dates, "DueDate=2026-11-25"}};
    asked.items.emplace_back(task, operation_mark("p/1"));
    const auto got = stage.write(std::move(asked), {answers("CreateItem", {of_class("Task", "n", "k")})});
    CHECK(as_written(got.at(0)).id == item_id("n"));
    CHECK(holds(stage.seen[0], "<t:Task><t:Subject>shoes</t:Subject>"));
    CHECK(holds(stage.seen[0], "<t:Value>p/1</t:Value>"));
    CHECK(holds(stage.seen[0], "<t:DueDate>2026-11-25T00:00:00Z</t:DueDate>"));
    CHECK_FALSE(holds(stage.seen[0], "Attachment"));
  }
}

TEST_CASE("updates name the class of their item") {
  mailbox_stage stage;
  stage.write(task_update({{field::mileage, "5"}}), {answers("UpdateItem", {of_class("Task", "t0", "k2")})});
  CHECK(holds(stage.seen[0], "<t:FieldURI FieldURI=\"task:Mileage\"/><t:Task><t:Mileage>5</t:Mileage></t:Task>"));
  // And what the class does not have is refused without asking.
  const auto got = stage.write(task_update({{field::given_name, "Ann"}}), {});
  CHECK(std::get<refused>(got.at(0)).why.code == "not_settable");
}

TEST_CASE("a mailbox tells what its version can hold of each class") {
  mailbox_stage stage;
  const auto got = stage.ask<settable>(ask_settable{}, {});
  const auto has = [](const std::vector<field>& fields, field f) {
    return std::find(fields.begin(), fields.end(), f) != fields.end();
  };
  CHECK(has(got.on_contact, field::birthday));
  CHECK(has(got.on_contact, field::attachments));
  CHECK_FALSE(has(got.on_contact, field::attachment_sizes));
  CHECK_FALSE(has(got.on_contact, field::progress));
  CHECK(has(got.on_task, field::progress));
  CHECK(has(got.on_task, field::recurrence));
  CHECK(has(got.on_appointment, field::subject));
  CHECK_FALSE(has(got.on_mail, field::attachments));
}

TEST_CASE("a task that is split off a series does not take the series' place, and goes again") {
  const auto done = task_update({{field::progress, "Status=Completed\nCompleteDate=2026-11-25"}}, 2);
  mailbox_stage stage;
  const auto update = answers("UpdateItem", {of_class("Task", "t0", "k2"), of_class("Task", "one-off", "k9")});
  SECTION("the series has its next key") {
    const auto got = stage.write(
        done, {update, answers("GetItem", {of_class("Task", "t1", "k3")}), answers("DeleteItem", {success()})});
    CHECK(as_written(got.at(0)).key == change_key("k2"));
    CHECK(as_written(got.at(1)).id == item_id("t1"));
    CHECK(as_written(got.at(1)).key == change_key("k3"));
    CHECK(holds(stage.seen[1], "Id=\"t1\""));
    CHECK(holds(stage.seen[2], "Id=\"one-off\""));
    CHECK(holds(stage.seen[2], "DeleteType=\"MoveToDeletedItems\""));
    CHECK_FALSE(holds(stage.seen[2], "Id=\"t1\""));
  }
  SECTION("a key that cannot be read is unknown, not the other task's") {
    const auto got = stage.write(done, {update, lost()});
    CHECK(as_written(got.at(0)).key == change_key("k2"));
    CHECK(code_of(got.at(1)) == "cut");
  }
  SECTION("nor is one of a series that is gone meanwhile") {
    const auto got = stage.write(
        done, {update, answers("GetItem", {error("ErrorItemNotFound")}), answers("DeleteItem", {success()})});
    CHECK(code_of(got.at(1)) == "ErrorItemNotFound");
  }
}
