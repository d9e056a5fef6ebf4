#include "ews/model/too_large.hpp"
#include "tests/mailbox/scripted_server.hpp"

using namespace exsyncd;
using namespace tests;

namespace {

std::string attached(const std::string& id, std::uint64_t size = 10, const std::string& element = "FileAttachment") {
  return "<t:" + element + "><t:AttachmentId Id='" + id + "'/><t:Name>" + id + "</t:Name><t:Size>" +
         std::to_string(size) + "</t:Size></t:" + element + ">";
}
std::string with_attachments(const std::string& key, const std::string& inside) {
  return item("i", key, "<t:Attachments>" + inside + "</t:Attachments>");
}
std::string attachment(const std::string& inside, const std::string& element = "FileAttachment") {
  return success("<m:Attachments><t:" + element + ">" + inside + "</t:" + element + "></m:Attachments>");
}
std::string made(const std::string& id, const std::string& key) {
  return attachment("<t:AttachmentId Id='" + id + "' RootItemId='i' RootItemChangeKey='" + key + "'/>");
}
std::string unmade(const std::string& key) {
  return success("<m:RootItemId RootItemId='i' RootItemChangeKey='" + key + "'/>");
}

carried_attachment file(const std::string& name, std::size_t bytes = 4) {
  carried_attachment out;
  out.name = name;
  out.content_type = "text/plain";
  out.content_base64 = std::string(bytes, 'A');
  return out;
}

update_items replace(std::vector<carried_attachment> files, std::vector<field_value> more = {}) {
  update_item one{item_id("i"), change_key("g"), std::move(more)};
  one.item_class = item_class::contact;
  one.fields.push_back({field::attachments, "as they come"});
  one.attachments = std::move(files);
  update_items out;
  out.items.push_back(std::move(one));
  return out;
}

template <class T>
const T& as(const std::vector<write_outcome>& outcomes) {
  REQUIRE(outcomes.size() == 1);
  REQUIRE(std::holds_alternative<T>(outcomes.front()));
  return std::get<T>(outcomes.front());
}

const std::vector<carried_attachment>& read(const attachments_fetched& got) {
  REQUIRE(std::holds_alternative<attachments_of_item>(got.outcome));
  return std::get<attachments_of_item>(got.outcome).all;
}

} // namespace

TEST_CASE("attachments are fetched with all that they are") {
  for (const std::string version : {"Exchange2010_SP2", "Exchange2016"}) {
    mailbox_stage stage(version);
    const auto got = stage.ask<attachments_fetched>(
        fetch_attachments{item_id("i")},
        {answers("GetItem",
                 {with_attachments("k", attached("a") + "<t:FileAttachment><t:AttachmentId Id='b'/><t:Size>1</t:Size>"
                                                        "<t:IsInline>true</t:IsInline></t:FileAttachment>")}),
         answers("GetAttachment",
                 {attachment("<t:Name>photo.jpg</t:Name><t:ContentType>image/jpeg</t:ContentType><t:ContentId>c@x"
                             "</t:ContentId><t:ContentLocation>http://x/</t:ContentLocation><t:IsInline>true"
                             "</t:IsInline><t:IsContactPhoto>true</t:IsContactPhoto><t:Content>QUJD</t:Content>"),
                  attachment("<t:Name>b</t:Name><t:Content/>")})});
    const auto& all = read(got);
    REQUIRE(all.size() == 2);
    CHECK(all[0].name == "photo.jpg");
    CHECK(all[0].content_type == "image/jpeg");
    CHECK(all[0].content_id == "c@x");
    CHECK(all[0].content_location == "http://x/");
    CHECK(all[0].is_inline);
    CHECK(all[0].contact_photo);
    CHECK(all[0].content_base64.text() == "QUJD");
    CHECK_FALSE(all[0].item);
    CHECK(all[1].content_base64.empty());
    CHECK(all[1].is_inline); // said by the item alone
    CHECK_FALSE(all[1].contact_photo);
    CHECK_FALSE(holds(stage.seen[1], "IncludeMimeContent"));
  }
}

TEST_CASE("large attachments are asked for one at a time, and those of no known size too") {
  mailbox_stage stage;
  const auto one = [] { return answers("GetAttachment", {attachment("<t:Content>QUJD</t:Content>")}); };
  const auto got = stage.ask<attachments_fetched>(
      fetch_attachments{item_id("i")},
      {answers("GetItem",
               {with_attachments("k", attached("a", 7'000'000) + attached("b", 7'000'000) + attached("c", 0))}),
       one(), one(), one()});
  CHECK(read(got).size() == 3);
}

TEST_CASE("where a file is larger than is wanted nothing is read, an attached item may turn out smaller") {
  mailbox_stage stage;
  const fetch_attachments wanted{item_id("i"), 5'000'000};
  const auto listed = [](const std::string& large) { return answers("GetItem", {with_attachments("k", large)}); };
  auto got = stage.ask<attachments_fetched>(wanted, {listed(attached("a", 10) + attached("b", 6'000'000))});
  REQUIRE(std::holds_alternative<failure>(got.outcome));
  const auto& why = std::get<failure>(got.outcome);
  CHECK(why.code == too_large_code);
  CHECK(why.reach == reach::item);
  CHECK(why.retry == retry::never);
  CHECK(why.what == "an attachment has 6.0 MB, the server takes up to 5.0 MB");
  got = stage.ask<attachments_fetched>(
      wanted, {listed(attached("c", 6'000'000, "ItemAttachment")),
               answers("GetAttachment", {attachment("<t:Name>c</t:Name><t:Contact><t:ItemId Id='y'/>"
                                                    "<t:ItemClass>IPM.Contact</t:ItemClass></t:Contact>",
                                                    "ItemAttachment")})});
  CHECK(read(got).size() == 1);
}

TEST_CASE("attached mails come with their MIME, other attached items with their fields, and what is attached to them") {
  mailbox_stage stage("Exchange2010_SP2");
  const auto listed = attached("mail", 10, "ItemAttachment") + attached("contact", 10, "ItemAttachment");
  const auto mail = [](const std::string& inside) {
    return attachment("<t:Name>a mail</t:Name><t:Message><t:ItemId Id='x'/>" + inside +
                          "<t:ItemClass>IPM.Note</t:ItemClass><t:Subject>s</t:Subject><t:Importance>High"
                          "</t:Importance></t:Message>",
                      "ItemAttachment");
  };
  const auto contact = attachment("<t:Name>Ann</t:Name><t:Contact><t:ItemId Id='y'/><t:ItemClass>IPM.Contact"
                                  "</t:ItemClass><t:Attachments>" +
                                      attached("deep") + "</t:Attachments><t:GivenName>Ann</t:GivenName></t:Contact>",
                                  "ItemAttachment");
  const auto got = stage.ask<attachments_fetched>(
      fetch_attachments{item_id("i")},
      {answers("GetItem", {with_attachments("k", listed)}), answers("GetAttachment", {mail(""), contact}),
       answers("GetAttachment", {mail("<t:MimeContent>QUJD</t:MimeContent>")}),
       answers("GetAttachment", {attachment("<t:Name>deep.txt</t:Name><t:Content>QQ==</t:Content>")})});
  // MIME is asked for mails only: of other classes servers before 2013 refuse it.
  CHECK_FALSE(holds(stage.seen[1], "IncludeMimeContent"));
  CHECK(holds(stage.seen[2], "<t:IncludeMimeContent>true"));
  CHECK_FALSE(holds(stage.seen[2], "Id=\"contact\""));
  const auto& all = read(got);
  REQUIRE(all.size() == 2);
  REQUIRE(all[0].item);
  CHECK(all[0].item->item.mime_base64 == "QUJD");
  CHECK(all[0].item->item.fields == std::vector<field_value>{{field::importance, "High"}});
  REQUIRE(all[1].item);
  CHECK(all[1].item->item.item_class == item_class::contact);
  CHECK(all[1].item->item.mime_base64.empty());
  REQUIRE(all[1].item->attachments.size() == 1);
  CHECK(all[1].item->attachments[0].name == "deep.txt");
}

TEST_CASE("an attached mail without MIME is carried by its fields, and another class without it is said not to be") {
  const auto without = [](const std::string& name) {
    return answers("GetAttachment", {attachment("<t:Name>n</t:Name><t:Message><t:ItemId Id='x'/><t:ItemClass>" + name +
                                                    "</t:ItemClass><t:Subject>s</t:Subject></t:Message>",
                                                "ItemAttachment")});
  };
  const auto list = answers("GetItem", {with_attachments("k", attached("a", 10, "ItemAttachment"))});
  mailbox_stage stage;
  const auto mail =
      stage.ask<attachments_fetched>(fetch_attachments{item_id("i")}, {list, without("IPM.Note"), without("IPM.Note")});
  CHECK(read(mail).at(0).item->item.fields == std::vector<field_value>{{field::subject, "s"}});
  const auto note = stage.ask<attachments_fetched>(fetch_attachments{item_id("i")},
                                                   {list, without("IPM.StickyNote"), without("IPM.StickyNote")});
  CHECK(std::get<failure>(note.outcome).code == "attached_item");
}

TEST_CASE("attachments that cannot be fetched say why") {
  mailbox_stage stage;
  const fetch_attachments ask{item_id("i")};
  const auto list = answers("GetItem", {with_attachments("k", attached("a"))});
  CHECK(std::holds_alternative<gone>(
      stage.ask<attachments_fetched>(ask, {answers("GetItem", {error("ErrorItemNotFound")})}).outcome));
  CHECK(std::get<failure>(stage.ask<attachments_fetched>(ask, {lost()}).outcome).code == "cut");
  const auto vanished = std::get<failure>(
      stage.ask<attachments_fetched>(ask, {list, answers("GetAttachment", {error("ErrorItemNotFound")})}).outcome);
  CHECK(vanished.code == "ErrorItemNotFound");
  CHECK(vanished.retry == retry::later);
  CHECK(std::get<failure>(stage.ask<attachments_fetched>(ask, {list, answers("GetAttachment", {})}).outcome).code ==
        "protocol");
}

TEST_CASE("new attachments replace the old ones, one key after the other, and the fields come last") {
  for (const std::string version : {"Exchange2010_SP2", "Exchange2016"}) {
    mailbox_stage stage(version);
    auto photo = file("photo.jpg", 100);
    photo.is_inline = true;
    photo.contact_photo = true;
    photo.content_id = "c@x";
    const auto got =
        stage.write(replace({file("a.txt"), photo}, {{field::given_name, "Ann"}}),
                    {answers("GetItem", {with_attachments("g", attached("old"))}),
                     answers("CreateAttachment", {made("n1", "k1"), made("n2", "k2")}),
                     answers("DeleteAttachment", {unmade("k3")}), answers("UpdateItem", {item("i", "k4")})});
    CHECK(as<written>(got).key == change_key("k4"));
    CHECK(holds(stage.seen[1], "<m:ParentItemId Id=\"i\" ChangeKey=\"g\"/>"));
    CHECK(stage.seen[1].body.find("photo.jpg") < stage.seen[1].body.find("a.txt")); // the largest first
    CHECK(holds(stage.seen[1], "<t:IsInline>true</t:IsInline>"));
    CHECK(holds(stage.seen[1], "<t:IsContactPhoto>true</t:IsContactPhoto>"));
    CHECK(holds(stage.seen[2], "<t:AttachmentId Id=\"old\"/>"));
    CHECK(holds(stage.seen[3], "<t:ItemId Id=\"i\" ChangeKey=\"k3\"/>"));
    CHECK_FALSE(holds(stage.seen[3], "Attachment"));
  }
}

TEST_CASE("files that are there as they are wanted stay, one for one") {
  const auto there = [](const std::string& id, const std::string& name, std::uint64_t size) {
    return "<t:FileAttachment><t:AttachmentId Id='" + id + "'/><t:Name>" + name + "</t:Name><t:Size>" +
           std::to_string(size) + "</t:Size></t:FileAttachment>";
  };
  const auto holding = [](const std::string& name, const std::string& base64, const std::string& more = {}) {
    return attachment("<t:Name>" + name + "</t:Name><t:ContentType>text/plain; charset=utf-8</t:ContentType>" + more +
                      "<t:Content>" + base64 + "</t:Content>");
  };
  mailbox_stage stage;
  SECTION("what a cut try has left is not created again") {
    const auto got =
        stage.write(replace({file("a"), file("b", 52)}),
                    {answers("GetItem", {with_attachments("g", there("1", "a", 3) + there("2", "a", 3) +
                                                                   there("3", "a", 3) + there("4", "old", 3))}),
                     answers("GetAttachment", {holding("a", "BBBB"), holding("a", "AA\r\nAA"), holding("a", "AAAA")}),
                     answers("CreateAttachment", {made("n", "k1")}),
                     answers("DeleteAttachment", {unmade("k2"), unmade("k3"), unmade("k4")})});
    CHECK(as<written>(got).key == change_key("k4"));
    CHECK_FALSE(holds(stage.seen[1], "Id=\"4\""));
    CHECK(holds(stage.seen[2], "<t:Name>b</t:Name>"));
    CHECK_FALSE(holds(stage.seen[2], "<t:Name>a</t:Name>"));
    CHECK_FALSE(holds(stage.seen[3], "Id=\"2\"")); // the one that stays
  }
  SECTION("where all is there already nothing is written") {
    const auto got = stage.write(replace({file("a")}), {answers("GetItem", {with_attachments("g", there("1", "a", 3))}),
                                                        answers("GetAttachment", {holding("a", "AAAA")})});
    CHECK(as<written>(got).key == change_key("g"));
  }
  SECTION("a server that tells no sizes is asked") {
    const auto got = stage.write(replace({file("a")}), {answers("GetItem", {with_attachments("g", there("1", "a", 0))}),
                                                        answers("GetAttachment", {holding("a", "AAAA")})});
    CHECK(as<written>(got).key == change_key("g"));
  }
  SECTION("what differs in its bytes or in how it is shown is replaced") {
    for (const auto& other :
         {holding("a", "BBBB"), holding("a", "AAAA", "<t:IsInline>true</t:IsInline>"),
          attachment("<t:Name>a</t:Name><t:ContentType>image/png</t:ContentType><t:Content>AAAA</t:Content>")})
      as<written>(stage.write(replace({file("a")}),
                              {answers("GetItem", {with_attachments("g", there("1", "a", 3))}),
                               answers("GetAttachment", {other}), answers("CreateAttachment", {made("n", "k1")}),
                               answers("DeleteAttachment", {unmade("k2")})}));
  }
  SECTION("what cannot be equal is not read") {
    as<written>(stage.write(
        replace({file("a", 400'000)}),
        {answers("GetItem", {with_attachments("g", there("1", "a", 200'000) + there("2", "A", 300'000))}),
         answers("CreateAttachment", {made("n", "k1")}), answers("DeleteAttachment", {unmade("k2"), unmade("k3")})}));
  }
  SECTION("what cannot be read now is waited for, what never can be is replaced") {
    const auto look = answers("GetItem", {with_attachments("g", there("1", "a", 3))});
    CHECK(as<not_done>(stage.write(replace({file("a")}), {look, lost()})).why.code == "cut");
    as<written>(
        stage.write(replace({file("a")}),
                    {look, answers("GetAttachment", {error("ErrorContentConversionFailed")}),
                     answers("CreateAttachment", {made("n", "k1")}), answers("DeleteAttachment", {unmade("k2")})}));
  }
}

TEST_CASE("attachments alone end with the last key") {
  mailbox_stage stage;
  CHECK(
      as<written>(stage.write(replace({}), {answers("GetItem", {with_attachments("g", attached("a") + attached("b"))}),
                                            answers("DeleteAttachment", {unmade("k1"), unmade("k2")})}))
          .key == change_key("k2"));
  CHECK(as<written>(stage.write(replace({file("a")}),
                                {answers("GetItem", {item("i", "g")}), answers("CreateAttachment", {made("n", "k1")})}))
            .key == change_key("k1"));
  CHECK(as<written>(stage.write(replace({}), {answers("GetItem", {item("i", "g")})})).key == change_key("g"));
}

TEST_CASE("a last answer that does not tell the key leaves it untold: an older one is not that of the item") {
  mailbox_stage stage;
  const auto keyless = [](const std::string& id) { return attachment("<t:AttachmentId Id='" + id + "'/>"); };
  const auto look = answers("GetItem", {with_attachments("g", attached("old"))});
  const auto create = answers("CreateAttachment", {keyless("n")});
  CHECK(as<written>(stage.write(replace({file("a")}), {answers("GetItem", {item("i", "g")}), create})).key.empty());
  CHECK(as<written>(stage.write(replace({file("a"), file("b", 52)}),
                                {answers("GetItem", {item("i", "g")}),
                                 answers("CreateAttachment", {made("n", "k1"), keyless("m")})}))
            .key.empty());
  CHECK(as<written>(stage.write(replace({file("a")}),
                                {look, answers("CreateAttachment", {made("n", "k1")}),
                                 answers("DeleteAttachment", {success("<m:RootItemId RootItemId='i'/>")})}))
            .key.empty());
  // A later answer tells it.
  CHECK(
      as<written>(stage.write(replace({file("a")}), {look, create, answers("DeleteAttachment", {unmade("k2")})})).key ==
      change_key("k2"));
  SECTION("fields that would follow have nothing that guards them, and do not go out") {
    const auto got =
        stage.write(replace({file("a")}, {{field::given_name, "Ann"}}), {answers("GetItem", {item("i", "g")}), create});
    CHECK(as<unknown>(got).why.code == "protocol");
  }
  SECTION("what was taken back is read, so that the next list brings no news") {
    const auto got =
        stage.write(replace({file("a"), file("b", 52)}),
                    {answers("GetItem", {item("i", "g")}),
                     answers("CreateAttachment", {keyless("n"), error("ErrorAttachmentNestLevelLimitExceeded")}),
                     answers("DeleteAttachment", {success("<m:RootItemId RootItemId='i'/>")}),
                     answers("GetItem", {item("i", "k9")})});
    CHECK(as<refused>(got).key == change_key("k9"));
  }
}

TEST_CASE("attachments of an item that changed since it was compared are left alone") {
  mailbox_stage stage;
  as<stale>(stage.write(replace({file("a")}), {answers("GetItem", {with_attachments("other", attached("old"))})}));
  as<gone>(stage.write(replace({file("a")}), {answers("GetItem", {error("ErrorItemNotFound")})}));
  CHECK(as<not_done>(stage.write(replace({file("a")}), {lost()})).why.code == "cut");
}

TEST_CASE("a cut between the requests of an attachment update is unknown") {
  const auto look = answers("GetItem", {with_attachments("g", attached("old"))});
  const auto create = answers("CreateAttachment", {made("n", "k1")});
  const auto remove = answers("DeleteAttachment", {unmade("k2")});
  const auto files = [] { return replace({file("a")}, {{field::given_name, "Ann"}}); };
  mailbox_stage stage;
  CHECK(as<unknown>(stage.write(files(), {look, lost()})).why.code == "cut");
  CHECK(as<unknown>(stage.write(files(), {look, create, lost()})).why.code == "cut");
  CHECK(as<unknown>(stage.write(files(), {look, create, unreached()})).why.code == "refused");
  CHECK(as<unknown>(stage.write(files(), {look, create, remove, lost()})).why.code == "cut");
  CHECK(as<unknown>(
            stage.write(files(), {look, create, remove, answers("UpdateItem", {error("ErrorIrresolvableConflict")})}))
            .why.code == "stale");
  CHECK(as<unknown>(stage.write(files(), {look, create, remove, unreached()})).why.code == "refused");
  // Repeating it replaces what the first try left.
  const auto again = answers("GetItem", {with_attachments("g", attached("old") + attached("n"))});
  const auto got =
      stage.write(files(), {again, create, answers("DeleteAttachment", {unmade("k2"), error("ErrorItemNotFound")}),
                            answers("UpdateItem", {item("i", "k3")})});
  CHECK(as<written>(got).key == change_key("k3"));
  CHECK(holds(stage.seen[2], "Id=\"old\""));
}

TEST_CASE("a file that its user has replaced meanwhile is not replaced beside him: what was written goes again") {
  mailbox_stage stage;
  const auto look = [](const std::string& there) { return answers("GetItem", {with_attachments("g", there)}); };
  const auto old = attached("a", 1'000'000), other = attached("b", 1'000'000);
  const auto create = answers("CreateAttachment", {made("n", "k1")});
  const auto gone_by_now = error("ErrorInvalidAttachmentId");
  const auto got = stage.write(replace({file("a")}), {look(old), create, answers("DeleteAttachment", {gone_by_now}),
                                                      answers("DeleteAttachment", {unmade("k2")})});
  CHECK(std::holds_alternative<stale>(got.front()));
  CHECK(holds(stage.seen[3], "<t:AttachmentId Id=\"n\"/>"));
  // What the source has no more either is no reason, nor can be taken back what is half done.
  as<written>(stage.write(replace({file("a")}), {look(other), create, answers("DeleteAttachment", {gone_by_now})}));
  as<written>(stage.write(replace({file("a")}),
                          {look(old + other), create, answers("DeleteAttachment", {gone_by_now, unmade("k2")})}));
}

TEST_CASE("a refused attachment leaves its item as it was, and says its size and the limit") {
  mailbox_stage stage("Exchange2010_SP2");
  SECTION("more than any server of this age takes is not even tried") {
    const auto why = as<refused>(stage.write(replace({file("big", 36'000'000)}), {})).why;
    CHECK(why.code == "too_large");
    CHECK(why.what == "the attachment \"big\" has 27.0 MB, the server takes up to 26.2 MB");
  }
  const auto look = answers("GetItem", {item("i", "g")});
  SECTION("by this server") {
    const auto why =
        as<refused>(stage.write(replace({file("big", 5000)}, {{field::given_name, "Ann"}}),
                                {look, answers("CreateAttachment", {error("ErrorAttachmentSizeLimitExceeded")})}))
            .why;
    CHECK(why.code == "ErrorAttachmentSizeLimitExceeded");
    CHECK(why.what.find("(the attachment \"big\", 5 kB)") != std::string::npos);
    CHECK(why.hint.find("ban.delete") != std::string::npos);
    CHECK(why.retry == retry::never);
  }
  SECTION("what was created before it is taken back") {
    const auto got = stage.write(
        replace({file("a"), file("b", 52)}),
        {look, answers("CreateAttachment", {made("n", "k1"), error("ErrorAttachmentNestLevelLimitExceeded")}),
         answers("DeleteAttachment", {unmade("k2")})});
    CHECK(as<refused>(got).why.code == "ErrorAttachmentNestLevelLimitExceeded");
    CHECK(as<refused>(got).key == change_key("k2")); // no news when a list shows it
    CHECK(holds(stage.seen[2], "<t:AttachmentId Id=\"n\"/>"));
  }
  SECTION("and where even that fails, nobody knows") {
    const auto got = stage.write(
        replace({file("a"), file("b", 52)}),
        {look, answers("CreateAttachment", {made("n", "k1"), error("ErrorAttachmentNestLevelLimitExceeded")}), lost()});
    CHECK(as<unknown>(got).why.code == "cut");
  }
}

TEST_CASE("attached items are created as items, with what is attached to them") {
  auto inner = std::make_shared<attached_item>();
  inner->item.item_class = item_class::contact;
  inner->item.fields = {{field::body, "Text\nx"}, {field::categories, "red"}, {field::given_name, "Ann"}};
  inner->attachments.push_back(file("deep.txt"));
  carried_attachment of_contact;
  of_contact.name = "Ann";
  of_contact.item = inner;
  auto mail = std::make_shared<attached_item>();
  mail->item.mime_base64 = "QUJD";
  mail->item.read = true;
  carried_attachment of_mail;
  of_mail.name = "mail";
  of_mail.item = mail;
  auto bare = std::make_shared<attached_item>();
  bare->item.fields = {{field::subject, "s"}, {field::to, "ann@a.example"}, {field::from, "bob@b.example"}};
  carried_attachment of_bare;
  of_bare.item = bare;
  for (const std::string version : {"Exchange2010_SP2", "Exchange2013_SP1", "Exchange2016"}) {
    mailbox_stage stage(version);
    stage.write(replace({of_contact, of_mail, of_bare}),
                {answers("GetItem", {item("i", "g")}),
                 answers("CreateAttachment", {made("a", "k1"), made("b", "k2"), made("c", "k3")})});
    CHECK(holds(stage.seen[1], "<t:ItemAttachment><t:Name>Ann</t:Name><t:Contact><t:Body BodyType=\"Text\">x</t:Body>"
                               "<t:Attachments><t:FileAttachment><t:Name>deep.txt</t:Name>"));
    CHECK(holds(stage.seen[1], "<t:Message><t:MimeContent>QUJD</t:MimeContent>"));
    CHECK(holds(stage.seen[1], "<t:Name>attachment</t:Name><t:Message><t:Subject>s</t:Subject>"));
  }
}
