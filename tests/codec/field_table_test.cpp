#include "ews/codec/dates.hpp"
#include "ews/codec/field_table.hpp"
#include "ews/codec/get_item.hpp"
#include "ews/codec/xml_reader.hpp"
#include "ews/model/field_hints.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <set>

using namespace exsyncd;
using namespace exsyncd::ews;

namespace {

element parsed(const std::string& inside) {
  element out;
  xml_reader reader(
      [](const auto&, auto) {
        return xml_reader::verdict{true, {}};
      },
      [&](const auto&, element&& e) { out = std::move(e); });
  reader.feed("<t:Message xmlns:t='urn:t'>" + inside + "</t:Message>");
  REQUIRE(reader.finish().value_or("") == "");
  return out;
}

std::string value(const std::string& inside, field which) {
  for (const auto& f : read_content_of(parsed(inside)).fields)
    if (f.field == which) return f.value;
  return {};
}

std::string flag_property(const std::string& uri, const std::string& text) {
  return "<t:ExtendedProperty><t:ExtendedFieldURI " + uri + "/><t:Value>" + text + "</t:Value></t:ExtendedProperty>";
}

const std::string draft = "<t:IsDraft>true</t:IsDraft>";

} // namespace

TEST_CASE("values are canonical") {
  struct row {
    const char* what;
    std::string xml;
    enum field field;
    std::string value;
  };
  const std::vector<row> rows{
      {"subject ends", "<t:Subject> Hello  you \r\n</t:Subject>", field::subject, "Hello  you"},
      {"no subject", "", field::subject, ""},
      {"body kind", "<t:Body BodyType='HTML'>&lt;p>a&#13;\nb&lt;/p>\n\n</t:Body>", field::body, "HTML\n<p>a\nb</p>"},
      {"text body", "<t:Body BodyType='Text'>a&#13;\n</t:Body>", field::body, "Text\na"},
      {"empty body", "<t:Body BodyType='Text'> &#13;\n</t:Body>", field::body, ""},
      {"categories",
       "<t:Categories><t:String>b</t:String><t:String> a </t:String><t:String>b</t:String></t:Categories>",
       field::categories, "a\nb"},
      {"normal importance", "<t:Importance>Normal</t:Importance>", field::importance, ""},
      {"high importance", "<t:Importance>High</t:Importance>", field::importance, "High"},
      {"sensitivity", "<t:Sensitivity>Private</t:Sensitivity>", field::sensitivity, "Private"},
      {"no flag", "<t:Flag><t:FlagStatus>NotFlagged</t:FlagStatus></t:Flag>", field::flag, ""},
      {"flag", "<t:Flag><t:FlagStatus>Flagged</t:FlagStatus></t:Flag>", field::flag, "Flagged"},
      {"flag dates",
       "<t:Flag><t:FlagStatus>Flagged</t:FlagStatus><t:StartDate>2026-01-01T01:00:00+01:00</t:StartDate>"
       "<t:DueDate>2026-01-02T00:00:00.5Z</t:DueDate></t:Flag>",
       field::flag, "Flagged\nstart=2026-01-01T00:00:00Z\ndue=2026-01-02T00:00:00Z"},
      {"flag by properties", flag_property("PropertyTag='0x1090' PropertyType='Integer'", "2"), field::flag, "Flagged"},
      {"flag by properties, due",
       flag_property("PropertyTag='0x1090' PropertyType='Integer'", "2") +
           flag_property("PropertySetId='00062003-0000-0000-C000-000000000046' PropertyId='33029' "
                         "PropertyType='SystemTime'",
                         "2026-01-02T00:00:00Z"),
       field::flag, "Flagged\nstart=2026-01-02T00:00:00Z\ndue=2026-01-02T00:00:00Z"},
      {"complete by properties",
       flag_property("PropertyTag='0x1090' PropertyType='Integer'", "1") +
           flag_property("PropertyTag='0x1091' PropertyType='SystemTime'", "2026-01-02T00:00:00Z"),
       field::flag, "Complete\ncompleted=2026-01-02T00:00:00Z"},
      {"recipients of a received mail",
       "<t:ToRecipients><t:Mailbox><t:Name>Zoe</t:Name><t:EmailAddress>Zoe@B.example</t:EmailAddress></t:Mailbox>"
       "<t:Mailbox><t:Name>Ann, as the directory says</t:Name><t:EmailAddress>ann@a.example</t:EmailAddress>"
       "</t:Mailbox></t:ToRecipients>",
       field::to, "ann@a.example\nzoe@b.example"},
      {"recipients of a draft",
       draft + "<t:ToRecipients><t:Mailbox><t:Name>Zoe</t:Name><t:EmailAddress>Zoe@B.example</t:EmailAddress>"
               "</t:Mailbox><t:Mailbox><t:EmailAddress>ann@a.example</t:EmailAddress></t:Mailbox></t:ToRecipients>",
       field::to, "Zoe <Zoe@B.example>\nann@a.example"},
      {"from", "<t:From><t:Mailbox><t:Name>A</t:Name><t:EmailAddress>A@x.example</t:EmailAddress></t:Mailbox></t:From>",
       field::from, "a@x.example"},
      {"sent", "<t:DateTimeSent>2026-01-02T03:04:05Z</t:DateTimeSent>", field::sent, "2026-01-02T03:04:05Z"},
      {"a draft was not sent", draft + "<t:DateTimeSent>2026-01-02T03:04:05Z</t:DateTimeSent>", field::sent, ""},
      {"draft", draft, field::draft, "true"},
      {"attachments",
       "<t:Attachments><t:FileAttachment><t:Name>b.txt</t:Name><t:ContentType>Text/Plain; charset=x</t:ContentType>"
       "<t:Size>7</t:Size></t:FileAttachment><t:ItemAttachment><t:Name>a mail</t:Name><t:Size>9</t:Size>"
       "</t:ItemAttachment></t:Attachments>",
       field::attachments, "a mail\tmessage/rfc822\nb.txt\ttext/plain"},
      {"an attachment without a type, and one of the type by which it is read back",
       "<t:Attachments><t:FileAttachment><t:Name>a</t:Name></t:FileAttachment><t:FileAttachment><t:Name>b</t:Name>"
       "<t:ContentType>application/octet-stream</t:ContentType></t:FileAttachment></t:Attachments>",
       field::attachments, "a\tapplication/octet-stream\nb\tapplication/octet-stream"},
      {"attachment sizes",
       "<t:Attachments><t:FileAttachment><t:Name>b</t:Name><t:Size>7</t:Size></t:FileAttachment><t:FileAttachment>"
       "<t:Name>a</t:Name><t:Size>9</t:Size></t:FileAttachment></t:Attachments>",
       field::attachment_sizes, "9\n7"},
      {"attachments that tell when they came",
       "<t:Attachments><t:FileAttachment><t:Name>b</t:Name><t:Size>7</t:Size>"
       "<t:LastModifiedTime>2026-01-02T03:04:05Z</t:LastModifiedTime></t:FileAttachment></t:Attachments>",
       field::attachment_sizes, "7@2026-01-02T03:04:05Z"},
      {"attachments of 2007, which tells no sizes",
       "<t:Attachments><t:FileAttachment><t:Name>b</t:Name></t:FileAttachment><t:FileAttachment><t:Name>a</t:Name>"
       "</t:FileAttachment></t:Attachments>",
       field::attachment_sizes, ""},
      {"the ids of attachments, in the order of their names",
       "<t:Attachments><t:FileAttachment><t:AttachmentId Id='B1'/><t:Name>b</t:Name></t:FileAttachment>"
       "<t:FileAttachment><t:AttachmentId Id='A2'/><t:Name>a</t:Name></t:FileAttachment></t:Attachments>",
       hint::attachment_ids, "A2\nB1"},
      {"whose attachments they are",
       "<t:ItemId Id='I' ChangeKey='K'/><t:Attachments><t:FileAttachment><t:AttachmentId Id='B1'/><t:Name>b</t:Name>"
       "</t:FileAttachment></t:Attachments>",
       hint::attachment_holder, "I"},
      {"nobody's, where there are none", "<t:ItemId Id='I' ChangeKey='K'/>", hint::attachment_holder, ""},
  };
  for (const auto& r : rows) {
    INFO(r.what);
    CHECK(value(r.xml, r.field) == r.value);
  }
}

TEST_CASE("what is written is read back as the same value") {
  const auto& old = *schema_version_of("Exchange2010_SP2");
  const auto& now = *schema_version_of("Exchange2016");
  struct row {
    enum field field;
    std::string value;
    bool draft = false;
  };
  const std::vector<row> rows{
      {field::subject, "a & <b>"},
      {field::body, "HTML\n<p>one\ntwo</p>"},
      {field::body, "Text\none\ntwo"},
      {field::categories, "a\nb c"},
      {field::importance, "High"},
      {field::sensitivity, "Private"},
      {field::flag, "Flagged"},
      {field::flag, "Flagged\nstart=2026-01-01T00:00:00Z\ndue=2026-01-02T00:00:00Z"},
      {field::flag, "Complete\ncompleted=2026-01-02T00:00:00Z"},
      {field::to, "Zoe (x) <zoe@b.example>\nann@a.example", true},
      {field::cc, "ann@a.example", true},
      {field::bcc, "ann@a.example", true},
      {field::reply_to, "ann@a.example", true},
  };
  for (const auto& r : rows)
    for (const auto* version : {&old, &now}) {
      INFO(int(r.field) << ' ' << r.value << ' ' << version->name);
      xml_writer out;
      write_updates(out, item_class::message, {{r.field, r.value}}, *version);
      // The items of all SetItemFields together are the item that the server then has.
      const auto updates = parsed(out.take());
      element item;
      if (r.draft) item.children.push_back({"IsDraft", "true", {}, {}, {}});
      for (const auto& change : updates.children)
        if (const auto* message = change.child("Message"))
          item.children.insert(item.children.end(), message->children.begin(), message->children.end());
      const auto read = read_content_of(item);
      std::string back;
      for (const auto& f : read.fields)
        if (f.field == r.field) back = f.value;
      CHECK(back == r.value);
    }
}

TEST_CASE("every comparable field of a class has one row, and only fields with a writer can be set") {
  for (auto which : {item_class::message, item_class::contact, item_class::task, item_class::appointment}) {
    std::map<field, int> rows;
    for (const auto& row : fields_of(which).rows) {
      INFO(int(which) << ' ' << int(row.field));
      CHECK(++rows[row.field] == 1);
      CHECK(row.read != nullptr);
      const bool by_update = row.settable == settable_when::always || row.settable == settable_when::draft;
      CHECK(by_update == (row.update != nullptr));
      CHECK(can_update(which, row.field, schema_versions().front()) == by_update);
    }
  }
  std::set<field> of_mail;
  for (const auto& row : fields_of(item_class::message).rows)
    of_mail.insert(row.field);
  for (int f = 1; f <= static_cast<int>(field::draft); ++f)
    CHECK(of_mail.count(static_cast<field>(f)) == 1);
}

TEST_CASE("dates of every written form are the same moment") {
  const auto moment = parse_date("2026-02-28T23:59:58Z");
  REQUIRE(moment);
  CHECK(write_date(*moment) == "2026-02-28T23:59:58Z");
  for (const char* same :
       {"2026-02-28T23:59:58", "2026-02-28T23:59:58.999Z", "2026-03-01T01:29:58+01:30", "2026-02-28T15:59:58-08:00"})
    CHECK(parse_date(same) == moment);
  for (const char* none : {"", "2026", "2026-02-30T00:00:00Z", "2026-02-28T25:00:00Z", "2026-02-28 00:00:00",
                           "2026-02-28T00:00:00Zx", "2026-02-28T00:00:00+1"})
    CHECK_FALSE(parse_date(none));
}

TEST_CASE("a mail is carried by its MIME and what MIME does not hold") {
  const std::string mime(3'000'000, 'A');
  auto reader = read_get_item();
  reader.feed("<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><m:GetItemResponse xmlns:m='m' "
              "xmlns:t='t'><m:ResponseMessages><m:GetItemResponseMessage ResponseClass='Success'><m:Items><t:Message>"
              "<t:MimeContent>");
  for (std::size_t at = 0; at < mime.size(); at += 1000)
    reader.feed(std::string_view(mime).substr(at, 1000));
  reader.feed(
      "</t:MimeContent><t:ItemId Id='I' ChangeKey='K'/><t:ItemClass>IPM.Note</t:ItemClass><t:Subject>s"
      "</t:Subject><t:DateTimeReceived>2026-01-01T00:00:00Z</t:DateTimeReceived><t:Categories><t:String>c"
      "</t:String></t:Categories><t:DateTimeSent>2026-01-01T00:00:01Z</t:DateTimeSent><t:IsRead>false</t:IsRead>"
      "</t:Message></m:Items></m:GetItemResponseMessage></m:ResponseMessages></m:GetItemResponse></s:Body>"
      "</s:Envelope>");
  auto answer = reader.finish();
  auto& entries = std::get<0>(answer.outcome);
  REQUIRE(entries.size() == 1);
  const auto mail = carried(std::move(std::get<got_item>(entries[0])));
  CHECK(mail.mime_base64 == mime);
  CHECK(mail.received == parse_date("2026-01-01T00:00:00Z"));
  CHECK(mail.sent == parse_date("2026-01-01T00:00:01Z"));
  CHECK(mail.read == false);
  CHECK(mail.fields == std::vector<field_value>{{field::categories, "c"}});
}
