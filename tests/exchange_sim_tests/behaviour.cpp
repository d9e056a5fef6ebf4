// What a client relies on, asked for over the wire and written from Microsoft's documents by another hand than the
// operations'.
#include "tests/exchange_sim_tests/judge.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace exchange_sim;
using namespace exchange_sim::test;
using nlohmann::json;

namespace {

const std::string mark_path =
    R"(<t:ExtendedFieldURI PropertySetId="c11ff724-aa03-4555-9952-8fa248a11c3e" PropertyName="exsyncd-test" PropertyType="String"/>)";
const std::string search_key_path = R"(<t:ExtendedFieldURI PropertyTag="0x300b" PropertyType="Binary"/>)";

/// One mailbox of one server, spoken to in EWS.
struct client {
  fixture& world;
  std::string server;

  std::string address() const { return "ann@" + server + ".example"; }

  std::string deliver(const std::string& subject, const std::string& headers = {}, json more = json::object()) {
    more["do"] = "add_message";
    more["mailbox"] = address();
    more["mime"] = "From: bob@x.example\r\nTo: " + address() + "\r\nSubject: " + subject + "\r\nMessage-ID: <" +
                   subject + "@x.example>\r\n" + headers + "\r\nHello\r\n";
    return world.control(more)["id"];
  }

  std::string item_id(const std::string& id, const std::string& key = {}) const {
    return "<t:ItemId Id=\"" + id + "\"" + (key.empty() ? "" : " ChangeKey=\"" + key + "\"") + "/>";
  }

  std::string get(const std::string& id, const std::string& more = {}) {
    return world.call(server,
                      "<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape><t:AdditionalProperties>" +
                          search_key_path + mark_path + more + "</t:AdditionalProperties></m:ItemShape><m:ItemIds>" +
                          item_id(id) + "</m:ItemIds></m:GetItem>");
  }
  std::string key(const std::string& id) { return first_attribute(get(id), "ItemId", "ChangeKey"); }

  std::string update(const std::string& id, const std::string& key, const std::string& changes,
                     const std::string& attributes = {}) {
    return world.call(server, "<m:UpdateItem MessageDisposition=\"SaveOnly\" ConflictResolution=\"NeverOverwrite\"" +
                                  attributes + "><m:ItemChanges><t:ItemChange>" + item_id(id, key) + "<t:Updates>" +
                                  changes + "</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>");
  }

  std::string create(const std::string& fields, const std::string& folder = "inbox",
                     const std::string& disposition = "SaveOnly") {
    return world.call(server, "<m:CreateItem MessageDisposition=\"" + disposition +
                                  "\"><m:SavedItemFolderId><t:DistinguishedFolderId Id=\"" + folder +
                                  "\"/></m:SavedItemFolderId><m:Items><t:Message>" + fields +
                                  "</t:Message></m:Items></m:CreateItem>");
  }

  std::string sync(const std::string& state, int most = 512) {
    return world.call(
        server,
        "<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI "
        "FieldURI=\"item:Subject\"/></t:AdditionalProperties></m:ItemShape><m:SyncFolderId><t:DistinguishedFolderId "
        "Id=\"inbox\"/></m:SyncFolderId>" +
            (state.empty() ? "" : "<m:SyncState>" + state + "</m:SyncState>") + "<m:MaxChangesReturned>" +
            std::to_string(most) + "</m:MaxChangesReturned></m:SyncFolderItems>");
  }

  json mails_out() { return world.control({{"do", "counters"}, {"server", server}})["mails_out"]; }
};

std::string set(const std::string& uri, const std::string& element) {
  return "<t:SetItemField><t:FieldURI FieldURI=\"" + uri + "\"/><t:Message>" + element +
         "</t:Message></t:SetItemField>";
}

const std::string set_read = set("message:IsRead", "<t:IsRead>true</t:IsRead>");
const std::string set_importance = set("item:Importance", "<t:Importance>High</t:Importance>");
const std::string wants_receipt = "Disposition-Notification-To: bob@x.example\r\n";

std::string code(const std::string& answer) {
  return first_element(answer, "ResponseCode");
}

template <class Test>
void at_both(Test test) {
  for (const std::string server : {"old", "new"})
    // A section: inside of a plain loop Catch2 would enter a test's own sections for the first server only.
    DYNAMIC_SECTION("at " << server) {
      fixture world;
      client ann{world, server};
      test(ann);
      CHECK(world.control({{"do", "counters"}})["schema_bugs"] == 0);
    }
}

} // namespace

TEST_CASE("read state moves neither ChangeKey nor LastModifiedTime, content moves both") {
  at_both([](client& ann) {
    const auto id = ann.deliver("Lunch");
    const auto before = ann.get(id);
    ann.world.now += std::chrono::minutes(5);
    CHECK(code(ann.update(id, first_attribute(before, "ItemId", "ChangeKey"), set_read)) == "NoError");
    const auto read = ann.get(id);
    CHECK(first_element(read, "IsRead") == "true");
    CHECK(first_attribute(read, "ItemId", "ChangeKey") == first_attribute(before, "ItemId", "ChangeKey"));
    CHECK(first_element(read, "LastModifiedTime") == first_element(before, "LastModifiedTime"));

    CHECK(code(ann.update(id, first_attribute(read, "ItemId", "ChangeKey"), set_importance)) == "NoError");
    const auto edited = ann.get(id);
    CHECK(first_element(edited, "Importance") == "High");
    CHECK(first_attribute(edited, "ItemId", "ChangeKey") != first_attribute(before, "ItemId", "ChangeKey"));
    CHECK(first_element(edited, "LastModifiedTime") != first_element(before, "LastModifiedTime"));
  });
}

TEST_CASE("a stale key stops an update, and neither a move nor a delete") {
  at_both([](client& ann) {
    const auto id = ann.deliver("Lunch");
    const auto stale = ann.key(id);
    ann.world.control({{"do", "user_edit"}, {"mailbox", ann.address()}, {"item", id}, {"categories", {"Red"}}});
    CHECK(code(ann.update(id, stale, set_importance)) == "ErrorIrresolvableConflict");
    CHECK(first_element(ann.get(id), "Importance") == "Normal");
    CHECK(code(ann.update(id, "", set_importance)) == "ErrorChangeKeyRequiredForWriteOperations");
    const auto moved = ann.world.call(
        ann.server, "<m:MoveItem><m:ToFolderId><t:DistinguishedFolderId Id=\"drafts\"/></m:ToFolderId><m:ItemIds>" +
                        ann.item_id(id, stale) + "</m:ItemIds></m:MoveItem>");
    CHECK(code(moved) == "NoError");
    const auto gone = ann.world.call(ann.server, "<m:DeleteItem DeleteType=\"HardDelete\"><m:ItemIds>" +
                                                     ann.item_id(first_attribute(moved, "ItemId", "Id"), stale) +
                                                     "</m:ItemIds></m:DeleteItem>");
    CHECK(code(gone) == "NoError");
  });
}

TEST_CASE("a move and a copy give new ids and keep search key and marks") {
  at_both([](client& ann) {
    const auto created = ann.create("<t:Subject>Lunch</t:Subject><t:ExtendedProperty>" + mark_path +
                                    "<t:Value>m-1</t:Value></t:ExtendedProperty>");
    const auto id = first_attribute(created, "ItemId", "Id");
    const auto first = all_elements(ann.get(id), "Value");
    REQUIRE(first.size() == 2);
    CHECK(std::find(first.begin(), first.end(), "m-1") != first.end());
    for (const std::string operation : {"CopyItem", "MoveItem"}) {
      const auto answer = ann.world.call(
          ann.server, "<m:" + operation +
                          "><m:ToFolderId><t:DistinguishedFolderId Id=\"drafts\"/></m:ToFolderId><m:ItemIds>" +
                          ann.item_id(id) + "</m:ItemIds></m:" + operation + ">");
      const auto other = first_attribute(answer, "ItemId", "Id");
      CHECK_FALSE(other.empty());
      CHECK(other != id);
      CHECK(all_elements(ann.get(other), "Value") == first);
    }
    CHECK(code(ann.get(id)) == "ErrorItemNotFound");
    // The copy is a second holder of both.
    CHECK(ann.world.control({{"do", "contents"}, {"mailbox", ann.address()}, {"folder", "drafts"}})["items"].size() ==
          2);
  });
}

TEST_CASE("a change list tells each kind of change in its own way") {
  at_both([](client& ann) {
    const auto read = ann.deliver("read later"), edited = ann.deliver("edited later"),
               removed = ann.deliver("removed later");
    auto state = first_element(ann.sync(""), "SyncState");
    const auto act = [&](const char* what, const std::string& id, json more = json::object()) {
      more["do"] = what, more["mailbox"] = ann.address(), more["item"] = id;
      ann.world.control(more);
    };
    act("user_mark_read", read);
    act("user_edit", edited, {{"subject", "edited"}});
    act("user_mark_read", edited);
    act("user_purge", removed);
    ann.deliver("new");
    const auto answer = ann.sync(state);
    CHECK(all_elements(answer, "Create").size() == 1);
    CHECK(all_elements(answer, "Update").size() == 1);
    CHECK(all_elements(answer, "Delete").size() == 1);
    // Only where nothing else changed.
    CHECK(all_elements(answer, "ReadFlagChange").size() == 1);
    // Neither has an item to show the key of: a mere type, as in Microsoft's sample.
    CHECK(first_attribute(answer, "Delete/ItemId", "ChangeKey") == "CQAAAA==");
    CHECK(first_attribute(answer, "ReadFlagChange/ItemId", "ChangeKey") == "CQAAAA==");
    CHECK(first_attribute(answer, "Update/Message/ItemId", "ChangeKey") == ann.key(edited));
    CHECK(first_element(answer, "IncludesLastItemInRange") == "true");
    CHECK(first_element(ann.sync(first_element(answer, "SyncState")), "Changes").empty());
    // The same state again gives the same answer: a lost answer costs nothing.
    CHECK(all_attributes(ann.sync(state), "ItemId", "Id") == all_attributes(answer, "ItemId", "Id"));
  });
}

TEST_CASE("a change list comes in pages, newest first") {
  at_both([](client& ann) {
    for (int n = 0; n < 7; ++n)
      ann.deliver("mail-" + std::to_string(n), {},
                  {{"received", "2026-01-0" + std::to_string(1 + (n * 3) % 7) + "T08:00:00Z"}});
    std::vector<std::string> subjects;
    std::string state;
    int pages = 0;
    for (bool last = false; !last; ++pages) {
      REQUIRE(pages < 10);
      const auto page = ann.sync(state, 3);
      const auto some = all_elements(page, "Subject");
      CHECK(some.size() <= 3);
      subjects.insert(subjects.end(), some.begin(), some.end());
      state = first_element(page, "SyncState");
      last = first_element(page, "IncludesLastItemInRange") == "true";
    }
    CHECK(pages == 3);
    CHECK(subjects == std::vector<std::string>{"mail-2", "mail-4", "mail-6", "mail-1", "mail-3", "mail-5", "mail-0"});
  });
}

TEST_CASE("a search finds what matches, page by page, and never more than the cap") {
  at_both([](client& ann) {
    for (int n = 0; n < 5; ++n)
      ann.deliver("mail-" + std::to_string(n), {}, {{"read", n % 2 == 0}});
    const auto find = [&](const std::string& view, const std::string& restriction) {
      return "<m:FindItem "
             "Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI "
             "FieldURI=\"item:Subject\"/></t:AdditionalProperties></m:ItemShape>" +
             view + restriction +
             "<m:SortOrder><t:FieldOrder Order=\"Ascending\"><t:FieldURI "
             "FieldURI=\"item:Subject\"/></t:FieldOrder></m:SortOrder>"
             "<m:ParentFolderIds><t:DistinguishedFolderId Id=\"inbox\"/></m:ParentFolderIds></m:FindItem>";
    };
    const auto page = [](int offset, int most) {
      return "<m:IndexedPageItemView MaxEntriesReturned=\"" + std::to_string(most) + "\" Offset=\"" +
             std::to_string(offset) + "\" BasePoint=\"Beginning\"/>";
    };
    const std::string unread =
        "<m:Restriction><t:IsEqualTo><t:FieldURI FieldURI=\"message:IsRead\"/><t:FieldURIOrConstant><t:Constant "
        "Value=\"false\"/></t:FieldURIOrConstant></t:IsEqualTo></m:Restriction>";
    using names = std::vector<std::string>;
    CHECK(all_elements(ann.world.call(ann.server, find("", unread)), "Subject") == names{"mail-1", "mail-3"});
    const auto second = ann.world.call(ann.server, find(page(2, 2), ""));
    CHECK(all_elements(second, "Subject") == names{"mail-2", "mail-3"});
    CHECK(first_attribute(second, "RootFolder", "IncludesLastItemInRange") == "false");
    CHECK(first_attribute(second, "RootFolder", "IndexedPagingOffset") == "4");
    CHECK(first_attribute(second, "RootFolder", "TotalItemsInView") == "5");

    ann.world.control({{"do", "set_limits"}, {"server", ann.server}, {"find_page", 3}});
    const auto capped = ann.world.call(ann.server, find(page(0, 1000), ""));
    CHECK(all_elements(capped, "Subject") == names{"mail-0", "mail-1", "mail-2"});
    CHECK(first_attribute(capped, "RootFolder", "IncludesLastItemInRange") == "false");
    // Before 2010 SP1 a client did not expect a part, and is told that the server is busy (ews-throttling-in-exchange).
    const auto old = ann.world.post(ann.server, replace_all(fixture::envelope(ann.server, find("", "")),
                                                            fixture::newest_version(ann.server), "Exchange2007_SP1"));
    CHECK((code(old.body) == "ErrorServerBusy" || fault_code(old) == "ErrorServerBusy"));
  });
}

TEST_CASE("a state that is invalid is answered with an empty one, as if all had been told") {
  at_both([](client& ann) {
    ann.deliver("Lunch");
    const auto state = first_element(ann.sync(""), "SyncState");
    for (const auto* wrong : {"bm9uc2Vuc2U=", "H4sIAAAAAAAEAO29"}) {
      const auto answer = ann.sync(wrong);
      CHECK(code(answer) == "ErrorInvalidSyncStateData");
      CHECK(first_element(answer, "SyncState").empty());
      CHECK(first_element(answer, "IncludesLastItemInRange") == "true");
    }
    ann.world.control({{"do", "invalidate_sync_states"}, {"mailbox", ann.address()}});
    CHECK(code(ann.sync(state)) == "ErrorInvalidSyncStateData");
    CHECK(code(ann.sync("")) == "NoError");
  });
}

TEST_CASE("what was sent or received keeps its recipients; a draft does not") {
  at_both([](client& ann) {
    const auto received = ann.deliver("Lunch");
    const std::string to =
        "<t:ToRecipients><t:Mailbox><t:EmailAddress>eve@x.example</t:EmailAddress></t:Mailbox></t:ToRecipients>";
    CHECK(code(ann.update(received, ann.key(received), set("message:ToRecipients", to))) ==
          "ErrorInvalidPropertyUpdateSentMessage");
    CHECK(code(ann.update(received, ann.key(received),
                          set("message:IsReadReceiptRequested",
                              "<t:IsReadReceiptRequested>true</t:IsReadReceiptRequested>"))) != "NoError");
    CHECK(code(ann.update(received, ann.key(received),
                          set("item:Categories", "<t:Categories><t:String>Red</t:String></t:Categories>"))) ==
          "NoError");
    const auto draft = first_attribute(ann.create("<t:Subject>Draft</t:Subject>", "drafts"), "ItemId", "Id");
    CHECK(first_element(ann.get(draft), "IsDraft") == "true");
    CHECK(code(ann.update(draft, ann.key(draft), set("message:ToRecipients", to))) == "NoError");
  });
}

TEST_CASE("message flags at the first save decide for good between draft and received") {
  at_both([](client& ann) {
    const auto flags = [](int value) {
      return "<t:Subject>x</t:Subject><t:ExtendedProperty><t:ExtendedFieldURI PropertyTag=\"0x0e07\" "
             "PropertyType=\"Integer\"/><t:Value>" +
             std::to_string(value) + "</t:Value></t:ExtendedProperty>";
    };
    const auto id = first_attribute(ann.create(flags(1)), "ItemId", "Id");
    const auto received = ann.get(id);
    CHECK(first_element(received, "IsDraft") == "false");
    CHECK(first_element(received, "IsRead") == "true");
    CHECK(first_element(ann.get(first_attribute(ann.create(flags(0)), "ItemId", "Id")), "IsRead") == "false");
    const std::string undo =
        "<t:SetItemField><t:ExtendedFieldURI PropertyTag=\"0x0e07\" PropertyType=\"Integer\"/><t:Message>"
        "<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag=\"0x0e07\" PropertyType=\"Integer\"/><t:Value>9</t:Value>"
        "</t:ExtendedProperty></t:Message></t:SetItemField>";
    ann.update(id, ann.key(id), undo);
    CHECK(first_element(ann.get(id), "IsDraft") == "false");
  });
}

TEST_CASE("one request does what it can and says for each item how it went") {
  at_both([](client& ann) {
    const auto good = ann.deliver("good");
    const auto answer =
        ann.world.call(ann.server, "<m:DeleteItem DeleteType=\"HardDelete\"><m:ItemIds><t:ItemId Id=\"AAAA\"/>" +
                                       ann.item_id(good) + ann.item_id(good) + "</m:ItemIds></m:DeleteItem>");
    CHECK(all_elements(answer, "ResponseCode") ==
          std::vector<std::string>{"ErrorInvalidIdMalformed", "NoError", "ErrorItemNotFound"});
  });
}

TEST_CASE(
    "a pending receipt goes out when the mail is read or deleted, unless it is suppressed as the version allows") {
  at_both([](client& ann) {
    SECTION("read without a word: one receipt, and never a second") {
      const auto id = ann.deliver("Lunch", wants_receipt);
      ann.update(id, ann.key(id), set_read);
      CHECK(ann.mails_out()["read_receipts"] == 1);
      ann.update(id, ann.key(id), set("message:IsRead", "<t:IsRead>false</t:IsRead>"));
      ann.update(id, ann.key(id), set_read);
      CHECK(ann.mails_out()["read_receipts"] == 1);
    }
    SECTION("deleted unread without a word") {
      const auto id = ann.deliver("Lunch", wants_receipt);
      ann.world.call(ann.server, "<m:DeleteItem DeleteType=\"MoveToDeletedItems\"><m:ItemIds>" + ann.item_id(id) +
                                     "</m:ItemIds></m:DeleteItem>");
      CHECK(ann.mails_out()["read_receipts"] == 1);
    }
    SECTION("suppressed by its response object") {
      const auto id = ann.deliver("Lunch", wants_receipt);
      const std::string suppress =
          "<m:CreateItem MessageDisposition=\"SaveOnly\"><m:Items><t:SuppressReadReceipt><t:ReferenceItemId Id=\"" +
          id + "\" ChangeKey=\"" + ann.key(id) + "\"/></t:SuppressReadReceipt></m:Items></m:CreateItem>";
      CHECK(code(ann.world.call(ann.server, suppress)) == "NoError");
      ann.update(id, ann.key(id), set_read);
      CHECK(ann.mails_out()["read_receipts"] == 0);
      CHECK(code(ann.world.call(ann.server, suppress)) == "ErrorReadReceiptNotPending");
    }
    SECTION("suppressed by the attribute, where the version has it") {
      const auto id = ann.deliver("Lunch", wants_receipt), other = ann.deliver("Dinner", wants_receipt);
      const std::string update = "<m:UpdateItem MessageDisposition=\"SaveOnly\" ConflictResolution=\"NeverOverwrite\" "
                                 "SuppressReadReceipts=\"true\">"
                                 "<m:ItemChanges><t:ItemChange>" +
                                 ann.item_id(id, ann.key(id)) + "<t:Updates>" + set_read +
                                 "</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>";
      const auto answer = ann.world.post(ann.server, fixture::envelope(ann.server, update));
      if (ann.server == "old") {
        CHECK_FALSE(fault_code(answer).empty());
      } else {
        CHECK(answer.status == 200);
        ann.world.call(ann.server, "<m:DeleteItem DeleteType=\"HardDelete\" SuppressReadReceipts=\"true\"><m:ItemIds>" +
                                       ann.item_id(other) + "</m:ItemIds></m:DeleteItem>");
        CHECK(first_element(ann.get(id), "IsRead") == "true");
      }
      CHECK(ann.mails_out()["read_receipts"] == 0);
    }
    SECTION("a mail that asks for none sends none") {
      const auto id = ann.deliver("Lunch");
      ann.update(id, ann.key(id), set_read);
      CHECK(ann.mails_out()["read_receipts"] == 0);
    }
  });
}

TEST_CASE("what is sent is counted, what is saved is not") {
  at_both([](client& ann) {
    const std::string mail = "<t:Subject>x</t:Subject><t:ToRecipients><t:Mailbox><t:EmailAddress>eve@x.example</"
                             "t:EmailAddress></t:Mailbox></t:ToRecipients>";
    ann.create(mail, "drafts", "SaveOnly");
    CHECK(ann.mails_out()["submitted"] == 0);
    ann.create(mail, "sentitems", "SendAndSaveCopy");
    CHECK(ann.mails_out()["submitted"] == 1);
  });
}

TEST_CASE("a mail keeps its text and files through MIME that is made anew at each read") {
  at_both([](client& ann) {
    const auto id = ann.deliver("Lunch");
    const std::string with_mime =
        "<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent>"
        "</m:ItemShape><m:ItemIds>" +
        ann.item_id(id) + "</m:ItemIds></m:GetItem>";
    const auto once = first_element(ann.world.call(ann.server, with_mime), "MimeContent");
    CHECK_FALSE(once.empty());
    const auto copy = first_attribute(ann.create("<t:MimeContent CharacterSet=\"UTF-8\">" + once + "</t:MimeContent>"),
                                      "ItemId", "Id");
    const auto first = ann.get(id), second = ann.get(copy);
    for (const auto* field : {"Subject", "InternetMessageId", "From", "ToRecipients"})
      CHECK(first_element(first, field) == first_element(second, field));
  });
}

TEST_CASE("an alias is named its primary address, a stranger is denied, nobody is unknown") {
  at_both([](client& ann) {
    const auto as = [&](const std::string& who, const std::string& logs_in) {
      auto envelope = fixture::envelope(
          ann.server, "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>"
                      "<t:DistinguishedFolderId Id=\"inbox\"/></m:FolderIds></m:GetFolder>");
      envelope = replace_all(envelope, "</soap:Header>",
                             "<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>" + who +
                                 "</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation></soap:Header>");
      return ann.world.post(ann.server, envelope, logs_in);
    };
    const std::string service = "service@" + ann.server + ".example";
    CHECK(as(ann.address(), service).status == 200);
    CHECK(fault_code(as("ann.alias@" + ann.server + ".example", service)) == "ErrorNonPrimarySmtpAddress");
    CHECK(fault_code(as("nobody@" + ann.server + ".example", service)) == "ErrorNonExistentMailbox");
    CHECK(fault_code(as(service, ann.address())) == "ErrorImpersonateUserDenied");
  });
}

TEST_CASE("a version is answered as servers of that version do") {
  fixture world;
  const std::string get = "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>"
                          "<t:DistinguishedFolderId Id=\"inbox\"/></m:FolderIds></m:GetFolder>";
  const auto ask = [&](const std::string& server, const std::string& version) {
    return world.post(server, replace_all(fixture::envelope(server, get), fixture::newest_version(server), version));
  };
  for (const std::string version : {"Exchange2007_SP1", "Exchange2010", "Exchange2010_SP2"}) {
    // 14.x echoes what it was asked for, 15.x always answers its newest name.
    CHECK(first_attribute(ask("old", version).body, "ServerVersionInfo", "Version") == version);
    CHECK(first_attribute(ask("new", version).body, "ServerVersionInfo", "Version") == "V2017_07_11");
  }
  CHECK(first_attribute(ask("old", "Exchange2010_SP2").body, "ServerVersionInfo", "MajorVersion") == "14");
  CHECK(first_attribute(ask("new", "Exchange2013").body, "ServerVersionInfo", "MajorVersion") == "15");
  CHECK(fault_code(ask("old", "Exchange2013")) == "ErrorInvalidServerVersion");
  CHECK(fault_code(ask("new", "Exchange2030")) == "ErrorInvalidServerVersion");
}

TEST_CASE("an element that is newer than the stated version is refused") {
  fixture world;
  client ann{world, "new"};
  const auto id = ann.deliver("Lunch");
  // Flag came with 2013, SuppressReadReceipts with 2013 SP1.
  const std::string with_flag =
      "<m:CreateItem MessageDisposition=\"SaveOnly\"><m:Items><t:Message><t:Subject>x</t:Subject><t:Flag>"
      "<t:FlagStatus>Flagged</t:FlagStatus></t:Flag></t:Message></m:Items></m:CreateItem>";
  CHECK(world.post("new", fixture::envelope("new", with_flag)).status == 200);
  for (const bool schemas : {true, false}) {
    fixture other(schemas);
    INFO((schemas ? "with schemas" : "without schemas"));
    const auto old = replace_all(fixture::envelope("new", with_flag), "V2017_07_11", "Exchange2010_SP2");
    CHECK_FALSE(fault_code(other.post("new", old)).empty());
  }
}
