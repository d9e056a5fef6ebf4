// Attachments of items of every class: keys, ids, nests, limits, versions.
#include "tests/exchange_sim_tests/items_support.hpp"

#include <catch2/catch.hpp>

using namespace exchange_sim;
using namespace exchange_sim::test;
using nlohmann::json;

namespace {

using names = std::vector<std::string>;

std::string file(const std::string& name, const std::string& content, const std::string& more = "") {
  return "<t:FileAttachment><t:Name>" + name + "</t:Name>" + more + "<t:Content>" + encoded(content) +
         "</t:Content></t:FileAttachment>";
}

std::string attach(fixture& world, const std::string& server, const std::string& id, const std::string& attachments) {
  return world.call(server, "<m:CreateAttachment><m:ParentItemId Id=\"" + id + "\"/><m:Attachments>" + attachments +
                                "</m:Attachments></m:CreateAttachment>");
}

std::string fetch(fixture& world, const std::string& server, const std::string& id, const std::string& shape = "") {
  return world.call(server, "<m:GetAttachment>" + shape + "<m:AttachmentIds><t:AttachmentId Id=\"" + id +
                                "\"/></m:AttachmentIds></m:GetAttachment>");
}

std::string detach(fixture& world, const std::string& server, const names& ids) {
  std::string all;
  for (const auto& id : ids)
    all += "<t:AttachmentId Id=\"" + id + "\"/>";
  return world.call(server, "<m:DeleteAttachment><m:AttachmentIds>" + all + "</m:AttachmentIds></m:DeleteAttachment>");
}

/// One item of each class that users attach to.
std::vector<std::string> items_of(fixture& world, const std::string& server) {
  return {deliver(world, server, "mail"),
          first_attribute(world.call(server, create_item("Contact", "<t:GivenName>Jane</t:GivenName>")),
                          "Contact/ItemId", "Id"),
          first_attribute(world.call(server, create_item("Task", "<t:Subject>task</t:Subject>")), "Task/ItemId", "Id")};
}

} // namespace

TEST_CASE("a file is attached, read and removed again, and each time the root item gets a new key") {
  for (const auto& server : all_servers) {
    fixture world;
    for (const auto& id : items_of(world, server)) {
      const auto before = shown(world, server, id);
      INFO(server << " " << before["class"]);
      const auto two = attach(world, server, id,
                              file("a ä.txt", "one", "<t:ContentType>text/plain</t:ContentType>") +
                                  file("b.bin", std::string("\0\xff", 2), "<t:ContentId>c@x</t:ContentId>"));
      CHECK(codes(two) == names{"NoError", "NoError"});
      CHECK(all_attributes(two, "AttachmentId", "RootItemId") == names{id, id});
      const auto keys = all_attributes(two, "AttachmentId", "RootItemChangeKey");
      const auto after = shown(world, server, id);
      REQUIRE(keys.size() == 2);
      CHECK(keys[1] == after["change_key"]);
      CHECK(after["change_key"] != before["change_key"]);
      // 15.x saves once, before each attachment was saved for itself.
      CHECK((keys[0] == keys[1]) == (server != "2007" && server != "old"));
      CHECK(after["attachments"].size() == 2);

      const auto ids = all_attributes(two, "AttachmentId", "Id");
      const auto content = fetch(world, server, ids[0]);
      CHECK(first_element(content, "FileAttachment/Name") == "a ä.txt");
      CHECK(first_element(content, "FileAttachment/ContentType") == "text/plain");
      CHECK(first_element(content, "FileAttachment/Content") == encoded("one"));
      const auto listed = get(world, server, id);
      CHECK(all_attributes(listed, "FileAttachment/AttachmentId", "Id") == ids);
      CHECK(first_element(listed, "HasAttachments") == "true");
      CHECK(all_elements(listed, "FileAttachment/Size").size() == (server == "2007" ? 0 : 2));
      // More than the bytes of the content: the properties count too.
      if (server != "2007") CHECK(std::stoi(first_element(listed, "FileAttachment/Size")) > 100);

      const auto gone = detach(world, server, {ids[0], ids[0]});
      CHECK(codes(gone) == names{"NoError", "ErrorInvalidAttachmentId"});
      CHECK(first_attribute(gone, "RootItemId", "RootItemId") == id);
      CHECK(first_attribute(gone, "RootItemId", "RootItemChangeKey") == shown(world, server, id)["change_key"]);
      CHECK(codes(fetch(world, server, ids[0])) == names{"ErrorInvalidAttachmentId"});
      CHECK(codes(fetch(world, server, id)) == names{"ErrorInvalidAttachmentId"});
    }
  }
}

TEST_CASE("inline files do not count, and a photo gives the contact a picture") {
  for (const auto& server : all_servers) {
    if (server == "2007") continue; // knows neither
    INFO(server);
    fixture world;
    const auto mail = deliver(world, server, "mail");
    attach(world, server, mail,
           file("logo.png", "png", "<t:ContentId>logo@x</t:ContentId><t:IsInline>true</t:IsInline>"));
    const auto answer = get(world, server, mail);
    CHECK(first_element(answer, "HasAttachments") == "false");
    CHECK(first_element(answer, "FileAttachment/IsInline") == "true");
    CHECK(first_element(answer, "FileAttachment/ContentId") == "logo@x");
    const auto contact = items_of(world, server)[1];
    const auto photo = [](const std::string& bytes) {
      return "<t:FileAttachment><t:Name>ContactPicture.jpg</t:Name><t:IsContactPhoto>true</"
             "t:IsContactPhoto><t:Content>" +
             encoded(bytes) + "</t:Content></t:FileAttachment>";
    };
    CHECK(first_element(get(world, server, contact), "HasPicture") == "false");
    attach(world, server, contact, photo("one"));
    attach(world, server, contact, photo("two"));
    const auto pictured = get(world, server, contact);
    CHECK(first_element(pictured, "HasPicture") == "true");
    CHECK(all_elements(pictured, "IsContactPhoto") == names{"true"});
  }
}

TEST_CASE("items are attached to items, as deep as the server allows") {
  for (const auto& server : all_servers) {
    INFO(server);
    fixture world;
    const auto id = items_of(world, server)[2];
    const std::string attached =
        "<t:ItemAttachment><t:Name>who</t:Name><t:Contact><t:GivenName>Jane</t:GivenName><t:Surname>Doe</t:Surname>"
        "</t:Contact></t:ItemAttachment><t:ItemAttachment><t:Name>what</t:Name><t:Message><t:Subject>inner</t:Subject>"
        "<t:Body BodyType=\"Text\">Text</t:Body></t:Message></t:ItemAttachment>";
    const auto made = attach(world, server, id, attached);
    CHECK(codes(made) == names{"NoError", "NoError"});
    const auto ids = all_attributes(made, "ItemAttachment/AttachmentId", "Id");
    const auto contact = fetch(world, server, ids[0]);
    CHECK(first_element(contact, "ItemAttachment/Contact/DisplayName") == "Jane Doe");
    CHECK(all_elements(contact, "Contact/ItemId").empty());
    const std::string with_mime =
        "<m:AttachmentShape><t:IncludeMimeContent>true</t:IncludeMimeContent></m:AttachmentShape>";
    const auto message = fetch(world, server, ids[1], with_mime);
    CHECK(first_element(message, "Message/Subject") == "inner");
    CHECK(first_element(message, "Message/Body") == "Text");
    CHECK_FALSE(first_element(message, "Message/MimeContent").empty());
    const auto twice =
        fetch(world, server, ids[1],
              "<m:AttachmentShape><t:IncludeMimeContent>true</t:IncludeMimeContent><t:AdditionalProperties>" +
                  uri("item:MimeContent") + "</t:AdditionalProperties></m:AttachmentShape>");
    CHECK(all_elements(twice, "Message/MimeContent").size() == 1);
    const bool old = server == "2007" || server == "old";
    CHECK(codes(fetch(world, server, ids[0], with_mime)) == names{old ? "ErrorUnsupportedMimeConversion" : "NoError"});
    // A message that came as MIME is the same to a reader.
    const auto nested = deliver(
        world, server, "outer",
        {{"mime",
          "From: bob@x.example\r\nSubject: outer\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
          "boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nText\r\n--b\r\nContent-Type: "
          "message/rfc822\r\n\r\nFrom: eve@x.example\r\nSubject: within\r\nMIME-Version: 1.0\r\nContent-Type: "
          "multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: text/plain\r\n\r\nDeep\r\n--c\r\nContent-Type: "
          "application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nPDF\r\n--c--\r\n\r\n--b--\r\n"}});
    const auto outer = get(world, server, nested);
    const auto within = fetch(world, server, first_attribute(outer, "ItemAttachment/AttachmentId", "Id"));
    CHECK(first_element(within, "Message/Subject") == "within");
    // What lies inside can be fetched by its own id.
    const auto deep = first_attribute(within, "Message/Attachments/FileAttachment/AttachmentId", "Id");
    CHECK(first_element(fetch(world, server, deep), "FileAttachment/Name") == "a.pdf");

    CHECK(codes(attach(world, server, id, "<t:ItemAttachment><t:Name>x</t:Name></t:ItemAttachment>")) ==
          names{"ErrorMissingItemForCreateItemAttachment"});
    CHECK(codes(attach(world, server, id,
                       "<t:ItemAttachment><t:Name>x</t:Name><t:MeetingRequest/></t:ItemAttachment>")) ==
          names{"ErrorInvalidItemForOperationCreateItemAttachment"});
  }
  fixture world;
  std::string deep = "<t:Message><t:Subject>deepest</t:Subject></t:Message>";
  for (int level = 0; level < 11; ++level)
    deep = "<t:Message><t:Subject>level</t:Subject><t:Attachments><t:ItemAttachment><t:Name>x</t:Name>" + deep +
           "</t:ItemAttachment></t:Attachments></t:Message>";
  const auto id = deliver(world, "new", "mail");
  CHECK(codes(attach(world, "new", id, "<t:ItemAttachment><t:Name>x</t:Name>" + deep + "</t:ItemAttachment>")) ==
        names{"ErrorAttachmentNestLevelLimitExceeded"});
}

TEST_CASE("CreateItem takes attachments since 2010 SP2, and passes over them before") {
  for (const auto& server : all_servers) {
    INFO(server);
    fixture world;
    const std::string with = "<t:Subject>task</t:Subject><t:Attachments>" + file("a.txt", "one") + "</t:Attachments>";
    const auto made = world.call(server, create_item("Task", with));
    CHECK(codes(made) == names{"NoError"});
    const auto id = first_attribute(made, "Task/ItemId", "Id");
    CHECK(shown(world, server, id)["attachments"].size() == (server == "2007" ? 0 : 1));
    CHECK(all_attributes(made, "AttachmentId", "Id").size() == (server == "2007" ? 0 : 1));
    // The version that is asked for is what counts.
    const auto older =
        world.post(server, replace_all(fixture::envelope(server, create_item("Task", with)),
                                       "\"" + fixture::newest_version(server) + "\"", "\"Exchange2007_SP1\""));
    CHECK(codes(older.body) == names{"NoError"});
    CHECK(all_attributes(older.body, "AttachmentId", "Id").empty());
    world.control({{"do", "set_limits"}, {"server", server}, {"attachment_bytes", 10}});
    CHECK(codes(attach(world, server, id, file("big", "12345678901") + file("small", "1234567890"))) ==
          names{"ErrorAttachmentSizeLimitExceeded", "NoError"});
  }
}

TEST_CASE("users attach, replace and remove files") {
  for (const auto& server : all_servers) {
    fixture world;
    for (const auto& id : items_of(world, server)) {
      INFO(server << " " << id);
      const auto act = [&](const char* what, json more) {
        more["do"] = what, more["mailbox"] = ann(server), more["item"] = id;
        return world.control(more);
      };
      const auto hashes = [&] {
        names out;
        const auto item = shown(world, server, id);
        for (const auto& part : item["attachments"])
          out.push_back(part["name"].get<std::string>() + " " + std::to_string(part["size"].get<int>()));
        return out;
      };
      const std::string before = shown(world, server, id)["change_key"];
      act("user_add_attachment", {{"name", "a.txt"}, {"content", "one"}, {"type", "text/plain"}});
      act("user_add_attachment", {{"name", "b.bin"}, {"content_base64", "AP8="}});
      CHECK(hashes() == names{"a.txt 3", "b.bin 2"});
      act("user_replace_attachment", {{"name", "a.txt"}, {"content", "other"}});
      act("user_remove_attachment", {{"name", "b.bin"}});
      CHECK(hashes() == names{"a.txt 5"});
      CHECK(shown(world, server, id)["change_key"] != before);
      act("user_add_attachment", {{"name", "m"}, {"mime", "From: bob@x.example\r\nSubject: inner\r\n\r\nHello\r\n"}});
      const auto answer = get(world, server, id);
      const auto inner = fetch(world, server, first_attribute(answer, "ItemAttachment/AttachmentId", "Id"));
      CHECK(first_element(inner, "Message/Subject") == "inner");
      const auto contents = shown(world, server, id);
      world.sim->load(world.sim->save());
      CHECK(shown(world, server, id) == contents);
      CHECK(first_element(fetch(world, server, first_attribute(answer, "ItemAttachment/AttachmentId", "Id")),
                          "Message/Subject") == "inner");
    }
  }
}
