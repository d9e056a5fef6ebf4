#include "tests/mailbox/scripted_server.hpp"

using namespace exsyncd;
using namespace tests;
using Catch::Matchers::Contains;

namespace {

std::string there(const std::string& id, const std::string& inside = {}) {
  return success("<m:Folders><t:Folder><t:FolderId Id='" + id + "' ChangeKey='k'/>" + inside +
                 "</t:Folder></m:Folders>");
}
std::string allowed(const std::string& view_private, bool read = true) {
  return "<t:EffectiveRights><t:CreateAssociated>true</"
         "t:CreateAssociated><t:CreateContents>true</t:CreateContents>"
         "<t:CreateHierarchy>true</t:CreateHierarchy><t:Delete>true</"
         "t:Delete><t:Modify>true</t:Modify><t:Read>" +
         std::string(read ? "true" : "false") + "</t:Read>" +
         (view_private.empty() ? "" : "<t:ViewPrivateItems>" + view_private + "</t:ViewPrivateItems>") +
         "</t:EffectiveRights>";
}
/// The folder with so many items and what the account may do there.
scripted counted(int total, const std::string& view_private, bool read = true) {
  return answers("GetFolder", {there("f", "<t:TotalCount>" + std::to_string(total) + "</t:TotalCount>" +
                                              allowed(view_private, read))});
}
scripted in_view(int count) {
  return answers("FindItem", {success("<m:RootFolder TotalItemsInView='" + std::to_string(count) +
                                      "' IncludesLastItemInRange='true'><t:Items/></m:RootFolder>")});
}
scripted list_page(const std::string& changes, const std::string& state, bool last = true) {
  return answers("SyncFolderItems", {success("<m:SyncState>" + state + "</m:SyncState><m:IncludesLastItemInRange>" +
                                             (last ? "true" : "false") + "</m:IncludesLastItemInRange><m:Changes>" +
                                             changes + "</m:Changes>")});
}
std::string left(const std::string& id) {
  return "<t:Delete><t:ItemId Id='" + id + "' ChangeKey='E'/></t:Delete>";
}
std::string present(const std::string& id) {
  return "<t:Create><t:Message><t:ItemId Id='" + id + "' ChangeKey='k'/></t:Message></t:Create>";
}
std::size_t lefts(const change_page& p) {
  return std::count_if(p.changes.begin(), p.changes.end(),
                       [](auto& c) { return std::holds_alternative<item_left>(c); });
}

struct delegate {
  mailbox_stage stage{"Exchange2016", mailbox_access::delegate};
  sync_cursor cursor;

  std::variant<change_page, cursor_invalid, failure> list(std::vector<scripted> script) {
    return stage.ask<changes_listed>(list_changes{folder_id("f"), cursor}, std::move(script)).outcome;
  }
  /// The same, going on from there next time.
  change_page listed(std::vector<scripted> script) {
    auto got = std::get<change_page>(list(std::move(script)));
    cursor = got.cursor;
    return got;
  }
};

} // namespace

TEST_CASE("with every item in sight, what left the list has left") {
  delegate d;
  auto first = d.listed({list_page(present("a"), "S1"), counted(3, "true"), in_view(3), counted(3, "true")});
  CHECK(first.hidden == 0u);
  CHECK(d.listed({list_page("", "S2")}).hidden == 0u); // nothing changed, nothing to ask
  CHECK(holds(d.stage.seen[0], "<m:SyncState>S1</m:SyncState>"));
  auto second =
      d.listed({list_page(left("a") + present("b"), "S3"), counted(3, "true"), in_view(3), counted(3, "true")});
  CHECK(holds(d.stage.seen[0], "<m:SyncState>S2</m:SyncState>"));
  CHECK(lefts(second) == 1);
  CHECK(second.changes.size() == 2);
  CHECK(second.doubted == 0);
}

TEST_CASE("a right to private items that is withdrawn deletes nothing, on "
          "however many pages they leave") {
  delegate d;
  d.listed({list_page(present("a") + present("b"), "S1"), counted(5, "true"), in_view(5), counted(5, "true")});
  auto one = d.listed(
      {list_page(left("a") + present("n"), "S2", false), counted(6, "false"), in_view(4), counted(6, "false")});
  CHECK(lefts(one) == 0);
  CHECK(one.changes.size() == 1);
  CHECK(one.doubted == 1);
  auto two = d.listed({list_page(left("b"), "S3"), counted(6, "false"), in_view(4), counted(6, "false")});
  CHECK(lefts(two) == 0);
  CHECK(two.doubted == 2);
  CHECK(two.hidden == 2u);
  // From then on deletes of what can be seen are believed again.
  auto three = d.listed({list_page(left("n"), "S4"), counted(5, "false"), in_view(3), counted(5, "false")});
  CHECK(lefts(three) == 1);
  CHECK(three.hidden == 2u);
}

TEST_CASE("an old server that tells no rights hides items all the same, and "
          "the counts show it") {
  delegate d;
  d.listed({list_page(present("a"), "S1"), counted(5, ""), in_view(5), counted(5, "")});
  auto hidden = d.listed({list_page(left("a"), "S2"), counted(5, ""), in_view(4), counted(5, "")});
  CHECK(lefts(hidden) == 0);
  CHECK(hidden.doubted == 1);
  CHECK(hidden.hidden == 1u);
  auto deleted = d.listed({list_page(left("b"), "S3"), counted(4, ""), in_view(3), counted(4, "")});
  CHECK(lefts(deleted) == 1);
}

TEST_CASE("where more comes into sight, everything is listed once more, and changes go on from where they were") {
  delegate d;
  d.listed({list_page(present("a"), "S1"), counted(3, "false"), in_view(1), counted(3, "false")});
  auto end = d.listed({list_page("", "S2"), counted(3, "true"), in_view(3), counted(3, "true")});
  CHECK_FALSE(end.last);
  auto one = d.listed({list_page(present("a") + present("p"), "R1", false)});
  CHECK_FALSE(holds(d.stage.seen[0], "<m:SyncState>"));
  CHECK(one.changes.size() == 2);
  CHECK_FALSE(one.last);
  auto two = d.listed({list_page(present("q"), "R2")});
  CHECK(holds(d.stage.seen[0], "<m:SyncState>R1</m:SyncState>"));
  CHECK(two.last);
  CHECK(two.hidden == 0u);
  auto on = d.listed({list_page(left("a"), "S3"), counted(2, "true"), in_view(2), counted(2, "true")});
  CHECK(holds(d.stage.seen[0], "<m:SyncState>S2</m:SyncState>"));
  CHECK(lefts(on) == 1);
}

TEST_CASE("a folder that is in use while it is counted is counted until two counts agree") {
  delegate d;
  auto first = d.listed({list_page(present("a") + present("b"), "S1"), counted(2, ""), in_view(2), counted(2, "")});
  CHECK(first.hidden == 0u);
  // One more is deleted between the two counts: it looks as if one were hidden.
  auto deleted =
      d.listed({list_page(left("a"), "S2"), counted(2, ""), in_view(1), counted(1, ""), in_view(1), counted(1, "")});
  CHECK(lefts(deleted) == 1);
  CHECK(deleted.doubted == 0);
  CHECK(deleted.hidden == 0u);
}

TEST_CASE("a folder that is in use however often it is counted is taken to hide more rather than less") {
  delegate d;
  std::vector<scripted> restless{list_page(present("a"), "S1"), counted(5, "false")};
  for (int total = 6; total < 11; ++total) {
    restless.push_back(in_view(total - 2));
    restless.push_back(counted(total, "false"));
  }
  d.listed(restless); // 1 hidden, or 2
  auto doubted = d.listed({list_page(left("a"), "S2"), counted(9, "false"), in_view(7), counted(9, "false")});
  CHECK(lefts(doubted) == 0);
  CHECK(doubted.doubted == 1);
}

TEST_CASE("what left while sight was lost is told apart once everything is in sight: hidden then, or deleted") {
  delegate d;
  d.listed({list_page(present("a") + present("b") + present("c"), "S1"), counted(3, ""), in_view(3), counted(3, "")});
  // One was marked private, and the other was deleted at the same time.
  auto doubted = d.listed({list_page(left("a") + left("b"), "S2"), counted(2, ""), in_view(1), counted(2, "")});
  CHECK(lefts(doubted) == 0);
  CHECK(doubted.doubted == 2);
  auto still = d.listed({list_page("", "S3"), counted(2, ""), in_view(1), counted(2, "")});
  CHECK(still.doubted == 2);
  auto again = d.listed({list_page("", "S4"), counted(2, ""), in_view(2), counted(2, "")});
  CHECK_FALSE(again.last);
  auto told = d.listed({list_page(present("a") + present("c"), "R1"), counted(2, ""), in_view(2), counted(2, "")});
  CHECK(told.last);
  CHECK(told.doubted == 0);
  REQUIRE(lefts(told) == 1);
  CHECK(std::get<item_left>(told.changes.back()).id == item_id("b"));
  auto on = d.listed({list_page("", "S5"), counted(2, ""), in_view(2), counted(2, "")});
  CHECK(on.last);
  CHECK(lefts(on) == 0);
}

TEST_CASE("what left while sight was lost stays in doubt where sight is lost again while everything is listed") {
  delegate d;
  d.listed({list_page(present("a") + present("b"), "S1"), counted(2, ""), in_view(2), counted(2, "")});
  d.listed({list_page(left("a"), "S2"), counted(2, ""), in_view(1), counted(2, "")});
  CHECK_FALSE(d.listed({list_page("", "S3"), counted(2, ""), in_view(2), counted(2, "")}).last);
  auto hidden_again = d.listed({list_page(present("b"), "R1"), counted(2, ""), in_view(1), counted(2, "")});
  CHECK(hidden_again.last);
  CHECK(lefts(hidden_again) == 0);
  CHECK(hidden_again.doubted == 1);
}

TEST_CASE("the right to read that is withdrawn fails the folder, and the list "
          "is read again from where it was") {
  delegate d;
  d.listed({list_page(present("a"), "S1"), counted(1, "true"), in_view(1), counted(1, "true")});
  auto refused = std::get<failure>(d.list({list_page(left("a"), "S2"), counted(1, "true", false)}));
  CHECK(refused.reach == reach::folder);
  CHECK(refused.retry == retry::after_change);
  CHECK_THAT(refused.hint, Contains("Owner"));
  refused =
      std::get<failure>(d.list({list_page(left("a"), "S2"), answers("GetFolder", {error("ErrorFolderNotFound")})}));
  CHECK(refused.reach == reach::folder);
  refused = std::get<failure>(d.list({answers("SyncFolderItems", {error("ErrorAccessDenied")})}));
  CHECK(refused.reach == reach::folder);
  d.list({list_page("", "S2")});
  CHECK(holds(d.stage.seen[0], "<m:SyncState>S1</m:SyncState>"));
}

TEST_CASE("a cursor of the time before is one of an account that saw everything") {
  delegate d;
  d.cursor = sync_cursor("S1");
  auto got = d.listed({list_page(left("a"), "S2"), counted(2, "false"), in_view(1), counted(2, "false")});
  CHECK(holds(d.stage.seen[0], "<m:SyncState>S1</m:SyncState>"));
  CHECK(got.doubted == 1);
  // And back: nobody else minds the sign in front of it.
  mailbox_stage own("Exchange2016", mailbox_access::impersonation);
  own.ask<changes_listed>(list_changes{folder_id("f"), d.cursor}, {list_page("", "S3")});
  CHECK(holds(own.seen[0], "<m:SyncState>S2</m:SyncState>"));
}

TEST_CASE("what could not be seen any more is not written") {
  delegate d;
  const auto write = [&](const std::string& sensitivity, std::vector<scripted> script) {
    carried_item mail;
    mail.mime_base64 = "eA==";
    mail.item_class_name = "IPM.Note";
    mail.fields = {{field::sensitivity, sensitivity}};
    return d.stage.write(create_items{folder_id("f"), {{mail, operation_mark("p/t/i")}}}, std::move(script)).at(0);
  };
  const auto why = std::get<refused>(write("Private", {})).why;
  CHECK(why.code == "private_item");
  CHECK(why.retry == retry::after_change);
  CHECK(std::holds_alternative<written>(write("Confidential", {answers("CreateItem", {item("i", "k")})})));
  CHECK(std::get<refused>(
            d.stage.write(update_items{{{item_id("i"), change_key("k"), {{field::sensitivity, "Private"}}}}}, {}).at(0))
            .why.code == "private_item");
  d.listed({list_page(present("a"), "S1"), counted(1, "true"), in_view(1), counted(1, "true")});
  CHECK(std::holds_alternative<written>(write("Private", {answers("CreateItem", {item("i", "k")})})));
}

TEST_CASE("what cannot be read is gone only for an account that sees everything") {
  delegate d;
  const auto read = [&] {
    const auto got =
        d.stage.ask<content_read>(read_content{{item_id("i")}}, {answers("GetItem", {error("ErrorItemNotFound")})});
    return std::get<0>(got.outcome).at(0);
  };
  CHECK(std::get<failure>(read()).reach == reach::item);
  d.listed({list_page(present("a"), "S1"), counted(1, "true"), in_view(1), counted(1, "true")});
  CHECK(std::holds_alternative<gone>(read()));
}

TEST_CASE("what cannot be read is gone where nothing is hidden after the read, though the account may not see all") {
  delegate d;
  const auto read = [&](std::vector<scripted> script) {
    script.insert(script.begin(), answers("GetItem", {error("ErrorItemNotFound"), item("j", "k")}));
    const auto got = d.stage.ask<content_read>(read_content{{item_id("i"), item_id("j")}}, std::move(script));
    return std::get<0>(got.outcome).at(0);
  };
  d.listed({list_page(present("a"), "S1"), counted(1, "false"), in_view(1), counted(1, "false")});
  CHECK(std::holds_alternative<gone>(read({counted(1, "false"), in_view(1), counted(1, "false")})));
  CHECK(std::get<failure>(read({answers("GetFolder", {error("ErrorFolderNotFound")})})).reach == reach::item);
  CHECK(std::get<failure>(read({counted(2, "false"), in_view(1), counted(2, "false")})).reach == reach::item);
  d.listed({list_page(present("b"), "S2"), counted(3, "false"), in_view(2), counted(3, "false")});
  CHECK(std::get<failure>(read({})).reach == reach::item); // what is hidden already need not be counted
}

TEST_CASE("a folder that is no more, and so is not listed any more, hides nothing") {
  delegate d;
  const auto list = [&](const std::string& folder) {
    d.stage.ask<changes_listed>(list_changes{folder_id(folder), {}},
                                {list_page(present("a"), "S1"), counted(1, "false"), in_view(1), counted(1, "false")});
  };
  const auto read = [&](std::vector<scripted> counts) {
    counts.insert(counts.begin(), answers("GetFolder", {error("ErrorFolderNotFound")}));
    counts.insert(counts.begin(), answers("GetItem", {error("ErrorItemNotFound")}));
    const auto got = d.stage.ask<content_read>(read_content{{item_id("i")}}, std::move(counts));
    return std::get<0>(got.outcome).at(0);
  };
  list("f");
  list("z");
  CHECK(std::get<failure>(read({})).reach == reach::item); // it may have come to be hidden itself
  d.stage.ask<identified>(identify{}, {answers("GetFolder", {there("root-1")})});
  list("f");
  CHECK(std::holds_alternative<gone>(read({counted(1, "false"), in_view(1), counted(1, "false")})));
}

TEST_CASE("what a delegate removes is moved to the mailbox's Deleted Items") {
  for (const std::string version : {"Exchange2010_SP2", "Exchange2016"}) {
    mailbox_stage stage(version, mailbox_access::delegate);
    std::vector<scripted> script;
    script.push_back(answers("GetItem", {item("i", "k", "<t:IsRead>true</t:IsRead>")}));
    script.push_back(answers("MoveItem", {item("j", "k2")}));
    const auto done = stage.write(remove_items{{item_id("i")}}, script);
    CHECK(std::get<written>(done.at(0)).id.value == "j");
    CHECK(std::get<written>(done.at(0)).key.value == "k2");
    CHECK(holds(stage.seen.back(), "<t:DistinguishedFolderId Id=\"deleteditems\"><t:Mailbox>"));
  }
}

TEST_CASE("a delegate who may not see the root knows the mailbox by the "
          "folders under it") {
  delegate d;
  const auto identity = [&](std::vector<scripted> script) {
    return d.stage.ask<identified>(identify{}, std::move(script)).outcome;
  };
  const auto denied = answers("GetFolder", {error("ErrorAccessDenied")});
  std::vector<std::string> some(8, error("ErrorFolderNotFound"));
  const auto none = some;
  some[1] = there("cal", "<t:ParentFolderId Id='root-1'/>");
  CHECK(std::get<mailbox_identity>(identity({answers("GetFolder", {there("root-1")})})).value == "root-1");
  CHECK(std::get<mailbox_identity>(identity({denied, answers("GetFolder", some)})).value == "root-1");
  const auto why = std::get<failure>(identity({denied, answers("GetFolder", none)}));
  CHECK(why.reach == reach::mailbox);
  CHECK_THAT(why.hint, Contains("owner"));
}
