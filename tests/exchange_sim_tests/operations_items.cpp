// CreateItem, UpdateItem, DeleteItem, GetItem, FindItem: what is kept, what is refused, what would have been mailed.
#include "tests/exchange_sim_tests/operations_support.hpp"

#include <catch2/catch.hpp>

using namespace exchange_sim;
using namespace exchange_sim::test;
using nlohmann::json;

namespace {

using names = std::vector<std::string>;

std::string base64_of(const std::string& bytes) {
  static constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned n = 0;
    for (std::size_t k = 0; k < 3; ++k)
      n = n << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      out += k > bytes.size() - i ? '=' : letters[n >> (18 - 6 * k) & 63];
  }
  return out;
}

std::string received_mime(const std::string& subject, const std::string& headers = "") {
  return "From: Bob <bob@x.example>\r\nTo: Ann <ann@old.example>\r\nSubject: " + subject + "\r\nMessage-ID: <" +
         subject + "@x.example>\r\nDate: Mon, 05 Jan 2026 08:00:00 +0000\r\n" + headers + "\r\nText\r\n";
}

const std::string received_flags = extended(R"(PropertyTag="0x0E07" PropertyType="Integer")", "0");

std::string create_received(const std::string& subject, const std::string& headers = "", const std::string& more = "") {
  return create_message("<t:MimeContent>" + base64_of(received_mime(subject, headers)) + "</t:MimeContent>" +
                        received_flags +
                        extended(R"(PropertyTag="0x0E06" PropertyType="SystemTime")", "2026-01-05T08:00:05Z") + more);
}

std::string field_uri(const std::string& uri) {
  return "<t:FieldURI FieldURI=\"" + uri + "\"/>";
}

json mails_out(fixture& world) {
  auto counted = world.control({{"do", "counters"}})["mails_out"];
  return json{counted["submitted"], counted["read_receipts"], counted["invitations"]};
}

const std::string asks_receipt = "Disposition-Notification-To: bob@x.example\r\n";
const std::string overwrite = R"(MessageDisposition="SaveOnly" ConflictResolution="AlwaysOverwrite")";

} // namespace

TEST_CASE("a mail created from MIME is what it was told to be") {
  for (const auto& server : both_servers) {
    fixture world;
    world.call(server, create_received("mail"));
    const auto mail = seen(world, server, "mail");
    CHECK(mail["draft"] == false);
    CHECK(mail["read"] == false);
    CHECK(mail["received"] == "2026-01-05T08:00:05Z");
    CHECK(mail["sent"] == "2026-01-05T08:00:00Z");
    CHECK(mail["message_id"] == "<mail@x.example>");
    CHECK(mail["from"] == "bob@x.example");
    // Without PR_MESSAGE_FLAGS the first save makes a draft, for ever.
    world.call(server, create_message("<t:MimeContent>" + base64_of(received_mime("draft")) + "</t:MimeContent>"));
    const auto draft = seen(world, server, "draft");
    CHECK(draft["draft"] == true);
    world.call(server, update_message(draft["id"], draft["change_key"],
                                      set_field(R"(<t:ExtendedFieldURI PropertyTag="0x0E07" PropertyType="Integer"/>)",
                                                received_flags)));
    CHECK(seen(world, server, "draft")["draft"] == true);
  }
}

TEST_CASE("MIME is written anew at each read") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto id = deliver(
        world, server, "mail",
        {{"mime", "From: bob@x.example\r\nSubject: mail\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
                  "boundary=b\r\n\r\n"
                  "--b\r\nContent-Type: text/plain\r\n\r\nText\r\n--b\r\nContent-Type: "
                  "application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nPDF\r\n--b--\r\n"}});
    const std::string with_mime = "<t:IncludeMimeContent>true</t:IncludeMimeContent>";
    const auto first = first_element(world.call(server, get_message(id, with_mime, "IdOnly")), "MimeContent");
    const auto second = first_element(world.call(server, get_message(id, with_mime, "IdOnly")), "MimeContent");
    CHECK_FALSE(first.empty());
    CHECK(first != second);
    world.call(server, create_message("<t:MimeContent>" + second + "</t:MimeContent><t:Subject>again</t:Subject>" +
                                      received_flags));
    CHECK(seen(world, server, "again")["attachments"] == seen(world, server, "mail")["attachments"]);
    CHECK(seen(world, server, "again")["body_sha256"] == seen(world, server, "mail")["body_sha256"]);
  }
}

TEST_CASE("only UpdateItem looks at the ChangeKey") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto id = deliver(world, server, "mail");
    const std::string stale = seen(world, server, "mail")["change_key"];
    world.control({{"do", "touch_change_key"}, {"mailbox", ann(server)}, {"item", {{"subject", "mail"}}}});
    const std::string current = seen(world, server, "mail")["change_key"];
    CHECK(current != stale);
    const auto edit = set_field(field_uri("item:Importance"), "<t:Importance>High</t:Importance>");
    CHECK(codes(world.call(server, update_message(id, stale, edit))) == names{"ErrorIrresolvableConflict"});
    CHECK(seen(world, server, "mail")["importance"] == "Normal");
    CHECK(codes(world.call(server, update_message(id, "", edit))) == names{"ErrorChangeKeyRequiredForWriteOperations"});
    CHECK(codes(world.call(server, update_message(id, "bm8=", edit))) == names{"ErrorInvalidChangeKey"});
    const auto done = world.call(server, update_message(id, current, edit));
    CHECK(codes(done) == names{"NoError"});
    CHECK(first_attribute(done, "ItemId", "ChangeKey") == seen(world, server, "mail")["change_key"]);
    CHECK(codes(world.call(server, update_message(id, stale, edit, overwrite))) == names{"NoError"});
    const auto moved =
        world.call(server, "<m:MoveItem><m:ToFolderId>" + inbox_folder() + "</m:ToFolderId><m:ItemIds><t:ItemId Id=\"" +
                               id + "\" ChangeKey=\"" + stale + "\"/></m:ItemIds></m:MoveItem>");
    CHECK(codes(moved) == names{"NoError"});
  }
}

TEST_CASE("what was sent or received stays as it is, drafts do not") {
  struct row {
    const char *uri, *property;
    const char* sent;  ///< code for a received mail
    const char* draft; ///< code for a draft
  };
  const row rows[] = {
      {"item:Subject", "<t:Subject>x</t:Subject>", "NoError", "NoError"},
      {"item:Body", "<t:Body BodyType=\"Text\">x</t:Body>", "NoError", "NoError"},
      {"item:Categories", "<t:Categories><t:String>x</t:String></t:Categories>", "NoError", "NoError"},
      {"item:Importance", "<t:Importance>Low</t:Importance>", "NoError", "NoError"},
      {"item:Sensitivity", "<t:Sensitivity>Private</t:Sensitivity>", "NoError", "NoError"},
      {"message:IsRead", "<t:IsRead>true</t:IsRead>", "NoError", "NoError"},
      {"message:ToRecipients",
       "<t:ToRecipients><t:Mailbox><t:EmailAddress>a@x.example</t:EmailAddress></t:Mailbox></t:ToRecipients>",
       "ErrorInvalidPropertyUpdateSentMessage", "NoError"},
      {"message:From", "<t:From><t:Mailbox><t:EmailAddress>a@x.example</t:EmailAddress></t:Mailbox></t:From>",
       "ErrorInvalidPropertyUpdateSentMessage", "NoError"},
      {"message:InternetMessageId", "<t:InternetMessageId>&lt;x@x&gt;</t:InternetMessageId>",
       "ErrorInvalidPropertyUpdateSentMessage", "NoError"},
      {"item:MimeContent", "<t:MimeContent>RnJvbTogYUBiDQpTdWJqZWN0OiB4DQoNCmhpDQo=</t:MimeContent>",
       "ErrorInvalidPropertyUpdateSentMessage", "NoError"},
      {"item:DateTimeReceived", "<t:DateTimeReceived>2026-01-01T00:00:00Z</t:DateTimeReceived>",
       "ErrorInvalidPropertySet", "ErrorInvalidPropertySet"},
      {"item:DateTimeSent", "<t:DateTimeSent>2026-01-01T00:00:00Z</t:DateTimeSent>", "ErrorInvalidPropertySet",
       "ErrorInvalidPropertySet"},
      {"item:Size", "<t:Size>1</t:Size>", "ErrorInvalidPropertySet", "ErrorInvalidPropertySet"},
      {"item:IsDraft", "<t:IsDraft>true</t:IsDraft>", "ErrorInvalidPropertySet", "ErrorInvalidPropertySet"},
      {"item:HasAttachments", "<t:HasAttachments>true</t:HasAttachments>", "ErrorInvalidPropertySet",
       "ErrorInvalidPropertySet"},
      {"item:LastModifiedTime", "<t:LastModifiedTime>2026-01-01T00:00:00Z</t:LastModifiedTime>",
       "ErrorInvalidPropertySet", "ErrorInvalidPropertySet"},
      {"message:ConversationIndex", "<t:ConversationIndex>AQ==</t:ConversationIndex>", "ErrorInvalidPropertySet",
       "ErrorInvalidPropertySet"},
      {"item:Subject", "<t:Importance>Low</t:Importance>", "ErrorUpdatePropertyMismatch",
       "ErrorUpdatePropertyMismatch"},
  };
  for (const auto& server : both_servers)
    for (const auto& r : rows)
      for (bool draft : {false, true}) {
        INFO(server << " " << r.uri << (draft ? " of a draft" : " of a received mail"));
        fixture world;
        const auto id = deliver(world, server, "mail", {{"draft", draft}});
        const std::string key = seen(world, server, "mail")["change_key"];
        const auto answer = world.call(server, update_message(id, key, set_field(field_uri(r.uri), r.property)));
        CHECK(codes(answer) == names{draft ? r.draft : r.sent});
        // A refused change leaves nothing behind.
        if (codes(answer) != names{"NoError"}) CHECK(seen(world, server, "mail")["change_key"] == key);
      }
}

TEST_CASE("in a batch some items succeed and some fail, each for itself") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto id = deliver(world, server, "mail");
    const auto other = both_servers[server == "old"];
    const auto foreign = deliver(world, other, "elsewhere");
    auto folder = first_attribute(
        world.call(server,
                   "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>" +
                       inbox_folder() + "</m:FolderIds></m:GetFolder>"),
        "FolderId", "Id");
    std::string ids;
    for (const auto& one : {id, foreign, folder, std::string("AAMk"), std::string("x"), std::string()})
      ids += "<t:ItemId Id=\"" + one + "\"/>";
    const auto answer =
        world.call(server, "<m:GetItem><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape><m:ItemIds>" + ids +
                               "</m:ItemIds></m:GetItem>");
    CHECK(codes(answer) == names{"NoError", "ErrorNonExistentMailbox", "ErrorCannotUseFolderIdForItemId",
                                 "ErrorInvalidIdMalformed", "ErrorInvalidIdMalformed", "ErrorInvalidIdEmpty"});
    // Ids are case-sensitive.
    auto changed = id;
    for (auto& c : changed)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    CHECK(codes(world.call(server, get_message(changed))) == names{"ErrorInvalidIdMalformed"});
    CHECK(codes(world.call(server, get_message(id))) == names{"NoError"});
  }
}

TEST_CASE("receipts and mails are counted as they would have gone out") {
  fixture world;
  const auto mark_read = set_field(field_uri("message:IsRead"), "<t:IsRead>true</t:IsRead>");
  auto fresh = [&](const std::string& server, const std::string& subject) {
    world.call(server, create_received(subject, asks_receipt));
    const auto mail = seen(world, server, subject);
    CHECK(mail["receipt_pending"] == true);
    return std::pair{mail["id"].get<std::string>(), mail["change_key"].get<std::string>()};
  };
  CHECK(mails_out(world) == json{0, 0, 0});
  auto [id, key] = fresh("old", "a");
  world.call("old", update_message(id, key, mark_read));
  CHECK(mails_out(world) == json{0, 1, 0});
  // 2010 SP2 has no SuppressReadReceipts attribute, only the response object.
  std::tie(id, key) = fresh("old", "b");
  CHECK(fault_code(world.post(
            "old", fixture::envelope(
                       "old", update_message(id, key, mark_read, overwrite + R"( SuppressReadReceipts="true")")))) ==
        "ErrorSchemaValidation");
  const auto suppress = [&](const std::string& server, const std::string& item) {
    return world.call(
        server,
        "<m:CreateItem MessageDisposition=\"SaveOnly\"><m:Items><t:SuppressReadReceipt><t:ReferenceItemId Id=\"" +
            item + "\"/></t:SuppressReadReceipt></m:Items></m:CreateItem>");
  };
  CHECK(codes(suppress("old", id)) == names{"NoError"});
  CHECK(codes(suppress("old", id)) == names{"ErrorReadReceiptNotPending"});
  world.call("old", update_message(id, key, mark_read));
  CHECK(mails_out(world) == json{0, 1, 0});
  std::tie(id, key) = fresh("new", "c");
  world.call("new", update_message(id, key, mark_read, overwrite + R"( SuppressReadReceipts="true")"));
  std::tie(id, key) = fresh("new", "d");
  world.call("new", delete_message(id, R"(DeleteType="HardDelete" SuppressReadReceipts="true")"));
  CHECK(mails_out(world) == json{0, 1, 0});
  std::tie(id, key) = fresh("new", "e");
  world.call("new", delete_message(id, R"(DeleteType="MoveToDeletedItems")"));
  CHECK(mails_out(world) == json{0, 2, 0});
  std::tie(id, key) = fresh("new", "f");
  world.control({{"do", "user_mark_read"}, {"mailbox", ann("new")}, {"item", {{"id", id}}}, {"read", true}});
  CHECK(mails_out(world) == json{0, 3, 0});
  const std::string to =
      "<t:ToRecipients><t:Mailbox><t:EmailAddress>bob@x.example</t:EmailAddress></t:Mailbox></t:ToRecipients>";
  world.call("new", create_message("<t:Subject>sent</t:Subject>" + to, "SendAndSaveCopy"));
  CHECK(mails_out(world) == json{1, 3, 0});
  CHECK(codes(world.call("new", create_message("<t:Subject>nobody</t:Subject>", "SendOnly"))) ==
        names{"ErrorInvalidRecipients"});
  world.call("new", create_message("<t:Subject>saved</t:Subject>" + to));
  CHECK(mails_out(world) == json{1, 3, 0});
}

TEST_CASE("the four ways to be rid of a mail") {
  for (const auto& server : both_servers) {
    fixture world;
    auto after = [&](const std::string& how) {
      const auto id = deliver(world, server, "m" + how);
      CHECK(codes(world.call(server, delete_message(id, "DeleteType=\"" + how + "\""))) == names{"NoError"});
      CHECK(codes(world.call(server, get_message(id))) == names{"ErrorItemNotFound"});
      const auto all = world.control({{"do", "contents"}, {"mailbox", ann(server)}})["items"];
      for (const auto& one : all)
        if (one["subject"] == "m" + how) return one["folder"].get<std::string>();
      return std::string();
    };
    CHECK(after("HardDelete").empty());
    CHECK(after("SoftDelete") == "recoverableitemsdeletions");
    CHECK(after("MoveToDeletedItems") == "deleteditems");
    const auto trashed = seen(world, server, "mMoveToDeletedItems");
    world.call(server, delete_message(trashed["id"], R"(DeleteType="MoveToDeletedItems")"));
    CHECK(seen(world, server, "mMoveToDeletedItems")["folder"] == "recoverableitemsdeletions");
  }
}

TEST_CASE("flags are one thing under two names") {
  fixture world;
  const std::string status = R"(PropertyTag="0x1090" PropertyType="Integer")";
  for (const auto& server : both_servers) {
    world.call(server, create_message("<t:Subject>flagged</t:Subject>" + extended(status, "2")));
    CHECK(seen(world, server, "flagged")["flag"]["status"] == "Flagged");
  }
  const auto mail = seen(world, "new", "flagged");
  CHECK(first_element(world.call("new", get_message(mail["id"])), "FlagStatus") == "Flagged");
  CHECK(first_element(world.call("old", get_message(seen(world, "old", "flagged")["id"])), "FlagStatus").empty());
  auto set = [&](const std::string& flag) {
    const auto now = seen(world, "new", "flagged");
    return codes(world.call("new", update_message(now["id"], now["change_key"],
                                                  set_field(field_uri("item:Flag"), "<t:Flag>" + flag + "</t:Flag>"))));
  };
  CHECK(set("<t:FlagStatus>Complete</t:FlagStatus><t:CompleteDate>2026-01-02T00:00:00Z</t:CompleteDate>") ==
        names{"NoError"});
  CHECK(seen(world, "new", "flagged")["flag"]["complete"] == "2026-01-02T00:00:00Z");
  CHECK(set("<t:FlagStatus>NotFlagged</t:FlagStatus><t:DueDate>2026-01-02T00:00:00Z</t:DueDate>") ==
        names{"ErrorInvalidArgument"});
  CHECK(
      fault_code(world.post(
          "old", fixture::envelope(
                     "old", update_message(seen(world, "old", "flagged")["id"], "CQAAAA==",
                                           set_field(field_uri("item:Flag"),
                                                     "<t:Flag><t:FlagStatus>NotFlagged</t:FlagStatus></t:Flag>"))))) ==
      "ErrorSchemaValidation");
}

TEST_CASE("a listing finds by mark, by number, by text, and keeps to its caps") {
  for (const auto& server : both_servers) {
    fixture world;
    for (int i = 0; i < 5; ++i)
      world.call(server, create_message("<t:Subject>m" + std::to_string(i) + "</t:Subject>" +
                                        extended(mark, "k" + std::to_string(i))));
    auto find = [&](const std::string& restriction, const std::string& view = "") {
      return world.call(
          server,
          "<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape>" + view +
              (restriction.empty() ? "" : "<m:Restriction>" + restriction + "</m:Restriction>") +
              R"(<m:SortOrder><t:FieldOrder Order="Ascending"><t:FieldURI FieldURI="item:Subject"/></t:FieldOrder></m:SortOrder><m:ParentFolderIds>)" +
              inbox_folder() + "</m:ParentFolderIds></m:FindItem>");
    };
    auto equals = [](const std::string& path, const std::string& value) {
      return "<t:IsEqualTo>" + path + "<t:FieldURIOrConstant><t:Constant Value=\"" + value +
             "\"/></t:FieldURIOrConstant></t:IsEqualTo>";
    };
    CHECK(all_elements(find(equals("<t:ExtendedFieldURI " + mark + "/>", "k3")), "Subject") == names{"m3"});
    CHECK(all_elements(find("<t:Contains ContainmentMode=\"Substring\" ContainmentComparison=\"IgnoreCase\">" +
                            field_uri("item:Subject") + "<t:Constant Value=\"M4\"/></t:Contains>"),
                       "Subject") == names{"m4"});
    CHECK(all_elements(find("<t:Or>" + equals(field_uri("item:Subject"), "m1") +
                            "<t:Not><t:Exists><t:ExtendedFieldURI " + mark + "/></t:Exists></t:Not></t:Or>"),
                       "Subject") == names{"m1"});
    CHECK(codes(find(equals(field_uri("item:Attachments"), "x"))) == names{"ErrorUnsupportedPathForQuery"});
    const auto page = find("", R"(<m:IndexedPageItemView MaxEntriesReturned="2" Offset="1" BasePoint="Beginning"/>)");
    CHECK(all_elements(page, "Subject") == names{"m1", "m2"});
    CHECK(first_attribute(page, "RootFolder", "TotalItemsInView") == "5");
    CHECK(first_attribute(page, "RootFolder", "IncludesLastItemInRange") == "false");
    CHECK(first_attribute(page, "RootFolder", "IndexedPagingOffset") == "3");
    world.control({{"do", "set_limits"}, {"server", server}, {"find_page", 3}});
    CHECK(all_elements(find(""), "Subject").size() == 3);
    CHECK(first_attribute(find(""), "RootFolder", "IncludesLastItemInRange") == "false");
  }
}

TEST_CASE("who may do what") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto get = "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>" +
                     inbox_folder() + "</m:FolderIds></m:GetFolder>";
    auto as = [&](const std::string& user, const std::string& address, const std::string& version = "") {
      auto envelope = fixture::envelope(server, get);
      if (!version.empty()) envelope = replace_all(envelope, fixture::newest_version(server), version);
      if (!address.empty())
        envelope = replace_all(envelope, "</soap:Header>",
                               "<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>" + address +
                                   "</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation></soap:Header>");
      return world.post(server, envelope, user);
    };
    const auto service = "service@" + server + ".example";
    CHECK(as("nobody@" + server + ".example", "").status == 401);
    CHECK(as(service, ann(server)).status == 200);
    CHECK(fault_code(as(ann(server), service)) == "ErrorImpersonateUserDenied");
    CHECK(fault_code(as(service, "ann.alias@" + server + ".example")) == "ErrorNonPrimarySmtpAddress");
    CHECK(first_element(as(service, "ann.alias@" + server + ".example").body, "Value") == ann(server));
    CHECK(fault_code(as(service, "nobody@" + server + ".example")) == "ErrorNonExistentMailbox");
    world.control({{"do", "deny"}, {"mailbox", ann(server)}, {"account", service}});
    CHECK(fault_code(as(service, ann(server))) == "ErrorImpersonateUserDenied");
    CHECK(fault_code(as(ann(server), "", "Exchange2099")) == "ErrorInvalidServerVersion");
    if (server == "old") CHECK(fault_code(as(ann(server), "", "Exchange2013")) == "ErrorInvalidServerVersion");
    // 14.x answers the name it was asked by, 15.x always its own.
    const auto asked = as(ann(server), "", "Exchange2007_SP1").body;
    CHECK(first_attribute(asked, "ServerVersionInfo", "Version") ==
          (server == "old" ? "Exchange2007_SP1" : "V2017_07_11"));
  }
}

TEST_CASE("what a version does not know is refused, with and without Microsoft's schemas") {
  for (bool schemas : {true, false}) {
    fixture world(schemas);
    const auto read =
        update_message("AAMk", "CQAAAA==", set_field(field_uri("message:IsRead"), "<t:IsRead>true</t:IsRead>"),
                       overwrite + R"( SuppressReadReceipts="true")");
    CHECK(fault_code(world.post("old", fixture::envelope("old", read))) == "ErrorSchemaValidation");
    CHECK(fault_code(world.post("new", fixture::envelope("new", read))).empty());
    const auto stated_older = replace_all(fixture::envelope("new", read), "V2017_07_11", "Exchange2010_SP2");
    CHECK(fault_code(world.post("new", stated_older)) == "ErrorIncorrectSchemaVersion");
    const auto two_fields = update_message(
        "AAMk", "CQAAAA==", "<t:SetItemField>" + field_uri("item:Subject") + "<t:Message/></t:SetItemField>");
    CHECK(codes(world.call("new", two_fields)) == names{"ErrorInvalidIdMalformed"});
  }
}
