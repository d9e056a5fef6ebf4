#include "ews/codec/create_item.hpp"
#include "ews/codec/field_table.hpp"
#include "ews/codec/get_item.hpp"
#include "ews/codec/update_item.hpp"
#include "tests/support/class_values.hpp"
#include "tests/support/ews_schema.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

using namespace exsyncd;
using namespace exsyncd::ews;

namespace {

element parsed(const std::string& document) {
  element out;
  xml_reader reader(
      [](const auto&, auto) {
        return xml_reader::verdict{true, {}};
      },
      [&](const auto&, element&& e) { out = std::move(e); });
  reader.feed(document);
  REQUIRE(reader.finish().value_or("") == "");
  return out;
}

std::string value(const element& item, field which) {
  for (const auto& f : read_content_of(item).fields)
    if (f.field == which) return f.value;
  return {};
}
std::string read(const std::string& name, const std::string& inside, field which) {
  return value(parsed("<t:" + name + " xmlns:t='urn:t'>" + inside + "</t:" + name + ">"), which);
}

struct class_values {
  enum item_class which;
  const char* element;
  const std::vector<field_value>* values;
};
const std::vector<class_values> classes{{item_class::contact, "Contact", &test::contact_values()},
                                        {item_class::task, "Task", &test::task_values()}};

/// The item that a server holds after it was given all that stands in `from`, one after the other.
void take(element& item, const element& from) {
  for (const auto& part : from.children) {
    auto* there = part.name == "ExtendedProperty" ? nullptr : item.child(part.name);
    if (there && !part.children.empty() && part.child("Entry"))
      for (const auto& entry : part.children) {
        element* same = nullptr;
        for (auto& e : there->children)
          if (e.attribute("Key") == entry.attribute("Key")) same = &e;
        if (same)
          same->children.insert(same->children.end(), entry.children.begin(), entry.children.end());
        else
          there->children.push_back(entry);
      }
    else if (there)
      *there = part;
    else
      item.children.push_back(part);
  }
}

std::string create(const schema_version& version, const carried_item& item) {
  const std::pair one(item, operation_mark("p/t/i"));
  return write({&version, {}}, create_items{folder_id("F"), {&one}});
}

std::string update(const schema_version& version, enum item_class which, std::vector<field_value> fields) {
  return write({&version, {}}, update_contents{{{{item_id("I"), change_key("K")}, std::move(fields), which}}});
}

void check_schema(const std::string& request, const schema_version& version) {
  if (!test::have_schemas()) return;
  INFO(request);
  CHECK(test::schema_error(request, std::string(version.name)).value_or("") == "");
}

element sample_item(const char* file) {
  std::ifstream in(std::filesystem::path(EWS_DATA_DIR) / "samples" / file, std::ios::binary);
  if (!in) return {};
  const auto document = parsed({std::istreambuf_iterator<char>(in), {}});
  const auto* item = document.find({"Body", "GetItemResponse", "ResponseMessages", "GetItemResponseMessage", "Items"});
  REQUIRE(item);
  return item->children.front();
}

} // namespace

TEST_CASE("a contact or task is created and updated to any value of any field, in every version") {
  for (const auto& [which, name, values] : classes)
    for (const auto& version : schema_versions())
      for (const auto& v : *values) {
        INFO(name << ' ' << int(v.field) << ' ' << v.value << ' ' << version.name);
        carried_item carried;
        carried.item_class = which;
        carried.fields = {{v.field, v.value}};
        const auto created = create(version, carried);
        check_schema(created, version);
        const auto request = parsed(created);
        const auto* items = request.find({"Body", "CreateItem", "Items"});
        REQUIRE(items);
        REQUIRE(items->children.size() == 1);
        CHECK(items->children.front().name == name);
        CHECK(value(items->children.front(), v.field) == v.value);

        const auto updated = update(version, which, {{v.field, v.value}});
        check_schema(updated, version);
        const auto change = parsed(updated);
        const auto* updates = change.find({"Body", "UpdateItem", "ItemChanges", "ItemChange", "Updates"});
        REQUIRE(updates);
        element item;
        item.name = name;
        for (const auto& one : updates->children)
          if (const auto* held = one.child(name)) take(item, *held);
        CHECK(value(item, v.field) == v.value);
        // And away again.
        check_schema(update(version, which, {{v.field, ""}}), version);
      }
}

TEST_CASE("every field of a contact and of a task is tried, all of them in one request too") {
  for (const auto& [which, name, values] : classes) {
    std::set<field> tried;
    std::map<field, field_value> all;
    for (const auto& v : *values) {
      tried.insert(v.field);
      all[v.field] = {v.field, v.value};
    }
    for (const auto& row : fields_of(which).rows)
      if (row.settable == settable_when::always && row.field != field::attachments) CHECK(tried.count(row.field) == 1);
    carried_item carried;
    carried.item_class = which;
    carried.item_class_name = std::string("IPM.") + name + ".Custom";
    for (const auto& [f, v] : all)
      carried.fields.push_back(v);
    for (const auto& version : schema_versions()) {
      const auto created = create(version, carried);
      check_schema(created, version);
      CHECK(created.find("<t:ItemClass>IPM." + std::string(name) + ".Custom<") != std::string::npos);
      check_schema(update(version, which, carried.fields), version);
      check_schema(write({&version, {}}, get_item{get_item::what::content, which, {item_id("I")}}), version);
      check_schema(write({&version, {}}, get_item{get_item::what::whole, which, {item_id("I")}}), version);
      CHECK(write({&version, {}}, get_item{get_item::what::whole, which, {item_id("I")}}).find("MimeContent") ==
            std::string::npos);
    }
  }
}

TEST_CASE("values of contacts and tasks are canonical") {
  struct row {
    const char* element;
    std::string xml;
    enum field field;
    std::string value;
  };
  const std::string prefix = "<t:ExtendedProperty><t:ExtendedFieldURI ";
  const std::vector<row> rows{
      // A composed text is each server's own.
      {"Contact", "<t:FileAs>Smith, Ann</t:FileAs><t:FileAsMapping>LastCommaFirst</t:FileAsMapping>", field::file_as,
       "mapping=LastCommaFirst"},
      {"Contact", "<t:FileAs>me</t:FileAs><t:FileAsMapping>None</t:FileAsMapping>", field::file_as, "text=me"},
      {"Contact", "<t:FileAs> me </t:FileAs>", field::file_as, "text=me"},
      {"Contact", "<t:FileAsMapping>None</t:FileAsMapping>", field::file_as, ""},
      // A day, however a server writes it.
      {"Contact", "<t:Birthday>1970-03-05T11:59:00Z</t:Birthday>", field::birthday, "1970-03-05"},
      {"Contact", "<t:Birthday>1970-03-05T00:00:00Z</t:Birthday>", field::birthday, "1970-03-05"},
      {"Contact", "<t:Birthday>1970-03-04T23:00:00Z</t:Birthday>", field::birthday, "1970-03-05"},
      {"Contact", "<t:Birthday>1970-03-05T08:00:00Z</t:Birthday>", field::birthday, "1970-03-05"},
      {"Contact", "<t:Birthday>1970-03-05T00:00:00+02:00</t:Birthday>", field::birthday, "1970-03-05"},
      {"Contact", "<t:Birthday>1970-03-05T00:00:00</t:Birthday>", field::birthday, "1970-03-05"},
      {"Contact", "<t:WeddingAnniversary>2000-02-29T11:59:00Z</t:WeddingAnniversary>", field::wedding_anniversary,
       "2000-02-29"},
      // Entries in any order, empty ones, and the attributes that later servers add.
      {"Contact",
       "<t:EmailAddresses><t:Entry Key='EmailAddress2' Name='A' RoutingType='SMTP'> b@x.example </t:Entry>"
       "<t:Entry Key='EmailAddress1'>a@x.example</t:Entry><t:Entry Key='EmailAddress3'/></t:EmailAddresses>",
       field::email_addresses, "EmailAddress1=a@x.example\nEmailAddress2=b@x.example"},
      {"Contact",
       "<t:PhysicalAddresses><t:Entry Key='Home'><t:Street>a&#13;\nb</t:Street><t:City/></t:Entry>"
       "</t:PhysicalAddresses>",
       field::physical_addresses, "Home.Street=a\\nb"},
      {"Contact", "<t:PostalAddressIndex>None</t:PostalAddressIndex>", field::postal_address_index, ""},
      {"Contact", prefix + "PropertyTag='0x3a45' PropertyType='String'/><t:Value>Dr.</t:Value></t:ExtendedProperty>",
       field::title, "Dr."},
      {"Contact",
       prefix + "PropertySetId='00062004-0000-0000-C000-000000000046' PropertyId='32812' PropertyType='String'/>"
                "<t:Value>an</t:Value></t:ExtendedProperty>",
       field::phonetic_names, "first=an"},
      {"Contact", "<t:Children><t:String>b</t:String><t:String>a</t:String></t:Children>", field::children, "a\nb"},
      // Days of tasks, whatever zone they are written in.
      {"Task", "<t:DueDate>2026-11-27T00:00:00Z</t:DueDate><t:StartDate>2026-11-25T00:00:00+01:00</t:StartDate>",
       field::task_dates, "StartDate=2026-11-25\nDueDate=2026-11-27"},
      {"Task", "<t:DueDate>2006-10-26T21:32:52</t:DueDate>", field::task_dates, "DueDate=2006-10-26"},
      {"Task", "<t:Status>NotStarted</t:Status><t:PercentComplete>0</t:PercentComplete>", field::progress, ""},
      {"Task", "<t:Status>NotStarted</t:Status>", field::progress, ""},
      {"Task", "<t:Status>InProgress</t:Status><t:PercentComplete>33.4</t:PercentComplete>", field::progress,
       "Status=InProgress\nPercentComplete=33"},
      {"Task",
       "<t:CompleteDate>2026-11-25T00:00:00Z</t:CompleteDate><t:PercentComplete>100</t:PercentComplete>"
       "<t:Status>Completed</t:Status>",
       field::progress, "Status=Completed\nCompleteDate=2026-11-25"},
      {"Task", "<t:TotalWork>0</t:TotalWork>", field::total_work, ""},
      {"Task", "<t:ReminderDueBy>2026-11-25T08:00:00Z</t:ReminderDueBy><t:ReminderIsSet>false</t:ReminderIsSet>",
       field::reminder, ""},
      {"Task",
       "<t:Recurrence><t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Friday Monday</t:DaysOfWeek>"
       "<t:FirstDayOfWeek>Monday</t:FirstDayOfWeek></t:WeeklyRecurrence><t:EndDateRecurrence>"
       "<t:StartDate>2026-11-23-08:00</t:StartDate><t:EndDate>2027-01-01Z</t:EndDate></t:EndDateRecurrence>"
       "</t:Recurrence>",
       field::recurrence,
       "Weekly\nInterval=1\nDaysOfWeek=Monday Friday\nRange=EndDate\nStartDate=2026-11-23\nEndDate=2027-01-01"},
      {"Task",
       "<t:Recurrence><t:WeeklyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Sunday Monday</t:DaysOfWeek>"
       "<t:FirstDayOfWeek>Monday</t:FirstDayOfWeek></t:WeeklyRecurrence><t:NoEndRecurrence>"
       "<t:StartDate>2026-11-23</t:StartDate></t:NoEndRecurrence></t:Recurrence>",
       field::recurrence,
       "Weekly\nInterval=2\nDaysOfWeek=Sunday Monday\nFirstDayOfWeek=Monday\nRange=NoEnd\nStartDate=2026-11-23"},
  };
  for (const auto& r : rows) {
    INFO(r.element << ' ' << r.xml);
    CHECK(read(r.element, r.xml, r.field) == r.value);
  }
}

TEST_CASE("of what overwrites each other in a task, the last one written is what was asked for") {
  const auto& now = schema_versions().front();
  const auto names = [&](const std::string& request) {
    std::string out;
    const auto tree = parsed(request);
    const auto* updates = tree.find({"Body", "UpdateItem", "ItemChanges", "ItemChange", "Updates"});
    REQUIRE(updates);
    for (const auto& one : updates->children) {
      const auto uri = one.child("FieldURI") ? one.child("FieldURI")->attribute("FieldURI") : "";
      out += (out.empty() ? "" : " ") + std::string(one.name == "DeleteItemField" ? "-" : "") +
             std::string(uri.substr(uri.find(':') + 1));
    }
    return out;
  };
  const auto progress = [&](const char* to) { return names(update(now, item_class::task, {{field::progress, to}})); };
  CHECK(progress("Status=Completed\nCompleteDate=2026-11-25") == "CompleteDate");
  CHECK(progress("Status=Completed") == "Status");
  CHECK(progress("") == "Status");
  CHECK(progress("Status=InProgress\nPercentComplete=50") == "PercentComplete Status");
  CHECK(progress("Status=Deferred") == "PercentComplete Status");
  CHECK(names(update(now, item_class::task,
                     {{field::progress, ""}, {field::task_dates, "DueDate=2026-11-25"}, {field::recurrence, ""}})) ==
        "-Recurrence -StartDate DueDate Status");
  const auto composed = names(update(
      now, item_class::contact, {{field::file_as, "text=x"}, {field::display_name, "y"}, {field::given_name, "z"}}));
  CHECK(composed == "GivenName DisplayName FileAsMapping FileAs");
  carried_item completed;
  completed.item_class = item_class::task;
  completed.fields = {{field::progress, "Status=Completed\nCompleteDate=2026-11-25"}};
  const auto created = create(now, completed);
  CHECK(created.find("CompleteDate") != std::string::npos);
  CHECK(created.find("PercentComplete") == std::string::npos);
  CHECK(created.find("Status") == std::string::npos);
}

TEST_CASE("Microsoft's contact and task are read with what they hold") {
  if (!test::have_schemas()) return;
  const auto contact = sample_item("GetItem-response-getitem-op-contact-msdocs.xml");
  CHECK(read_content_of(contact).key == change_key("EQAAABYq"));
  CHECK(value(contact, field::file_as) == "text=SampleContact");
  CHECK(value(contact, field::display_name) == "Tanja Plate");
  CHECK(value(contact, field::email_addresses) == "EmailAddress1=tplate@example.com\nEmailAddress2=tplate@example.com");
  CHECK(value(contact, field::phone_numbers) == "BusinessPhone=5625550199");
  CHECK(value(contact, field::job_title) == "Project Manager");
  CHECK_FALSE(read_content_of(contact).draft);
  CHECK(value(sample_item("GetItem-response-getitem-op-task-msdocs.xml"), field::subject) == "Buy new shoes");
}
