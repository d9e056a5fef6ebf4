#include "tests/mailbox/scripted_server.hpp"

using namespace exsyncd;
using namespace tests;

namespace {

std::string known(const std::string& id, const std::string& name) {
  return success("<m:Folders>" + root_folder(id, name) + "</m:Folders>");
}
scripted level(const std::string& folders) {
  return answers("FindFolder", {success("<m:RootFolder IncludesLastItemInRange='true'><t:Folders>" + folders +
                                        "</t:Folders></m:RootFolder>")});
}
scripted page(const std::vector<std::string>& ids, int total, bool last, int next = 0,
              const std::string& element = "Message") {
  std::string items;
  for (const auto& id : ids)
    items += "<t:" + element + "><t:ItemId Id='" + id + "' ChangeKey='k" + id +
             "'/><t:IsDraft>true</t:IsDraft><t:IsRead>true</t:IsRead></t:" + element + ">";
  return answers("FindItem",
                 {success("<m:RootFolder TotalItemsInView='" + std::to_string(total) + "' IndexedPagingOffset='" +
                          std::to_string(next) + "' IncludesLastItemInRange='" + (last ? "true" : "false") +
                          "'><t:Items>" + items + "</t:Items></m:RootFolder>")});
}

struct public_stage {
  mailbox_stage stage{"Exchange2016", mailbox_access::impersonation};
  folder_id sales{"public:s"};
  sync_cursor cursor;

  change_page list(std::vector<scripted> script) {
    auto got = stage.ask<changes_listed>(list_changes{sales, cursor}, std::move(script));
    auto p = std::get<change_page>(got.outcome);
    cursor = p.cursor;
    return p;
  }
};

} // namespace

TEST_CASE("public folders are found beside those of the mailbox, as the "
          "account itself") {
  public_stage p;
  const auto got = p.stage.ask<folders_found>(
      find_folders{{"public:/Sales/A\\/B", "inbox", "public:/None", "public:/"}},
      {answers("GetFolder", {known("trash", "Deleted Items"), known("in", "Inbox")}),
       answers("GetFolder", {known("pub", "Public")}), level(folder("s", "Sales")), level(folder("ab", "A/B"))});
  const auto& found = std::get<0>(got.outcome);
  REQUIRE(found.size() == 4);
  const auto& ab = std::get<folder_state>(found[0]);
  CHECK(ab.id.value == "public:ab");
  CHECK(ab.store.value == "public:pub");
  CHECK(std::get<folder_state>(found[1]).id.value == "in");
  CHECK(std::get<folder_state>(found[1]).store.empty());
  CHECK(std::get<failure>(found[2]).code == "ErrorFolderNotFound");
  CHECK(std::get<failure>(found[2]).reach == reach::folder);
  CHECK(std::get<folder_state>(found[3]).id.value == "public:pub");
  for (const auto& r : p.stage.seen) {
    const bool is_public = !holds(r, "inbox");
    CHECK(holds(r, "ExchangeImpersonation") != is_public);
  }
}

TEST_CASE("public folders that cannot be reached leave the mailbox alone") {
  public_stage p;
  const auto got =
      p.stage.ask<folders_found>(find_folders{{"public:/Sales", "inbox"}},
                                 {answers("GetFolder", {known("trash", "Deleted Items"), known("in", "Inbox")}),
                                  answers("GetFolder", {error("ErrorNoPublicFolderServerAvailable")})});
  const auto& found = std::get<0>(got.outcome);
  CHECK(std::get<failure>(found[0]).reach == reach::folder);
  CHECK(std::get<folder_state>(found[1]).id.value == "in");
}

TEST_CASE("a public tree is listed level by level") {
  public_stage p;
  const auto got = p.stage.ask<folders_listed>(
      list_folders{"public:/"},
      {answers("GetFolder", {known("pub", "Public")}), level(folder("s", "Sales") + folder("t", "Team")),
       answers("FindFolder", {error("ErrorAccessDenied")}), level(folder("ss", "Sub")), level("")});
  const auto& all = std::get<0>(got.outcome);
  REQUIRE(all.size() == 3);
  CHECK(all[0].path == "public:/Sales");
  CHECK(all[1].path == "public:/Sales/Sub");
  CHECK(all[1].state.id.value == "public:ss");
  CHECK(all[1].state.parent.value == "public:s");
  CHECK(all[1].state.store.value == "public:pub");
  CHECK(all[2].path == "public:/Team");
  for (const auto& r : p.stage.seen)
    CHECK_FALSE(holds(r, "Deep"));
}

TEST_CASE("a pass over a public folder shows everything, without read states, "
          "and says whether it was whole") {
  public_stage p;
  auto first = p.list({page({"a", "b"}, 3, false, 2)});
  REQUIRE(first.pass);
  CHECK(first.pass->first);
  CHECK_FALSE(first.pass->whole);
  CHECK_FALSE(first.last);
  CHECK(holds(p.stage.seen[0], "Offset=\"0\""));
  CHECK(holds(p.stage.seen[0], "<t:FolderId Id=\"s\"/>"));
  CHECK_FALSE(holds(p.stage.seen[0], "SyncFolderItems"));
  const auto& a = std::get<item_present>(first.changes.at(0)).item;
  CHECK(a.id.value == "public:a");
  CHECK(a.key.value == "ka");
  CHECK_FALSE(a.read);
  auto second = p.list({page({"c"}, 3, true)});
  CHECK(holds(p.stage.seen[0], "Offset=\"2\""));
  CHECK_FALSE(second.pass->first);
  CHECK(second.last);
  CHECK(second.pass->whole);
  auto again = p.list({page({"a", "b", "c"}, 3, true)});
  CHECK(again.pass->first);
  CHECK(again.pass->whole);
  CHECK(again.changes.size() == 3);
}

TEST_CASE("of what is in a public folder only a mail is a draft, as where it is read") {
  public_stage p;
  for (const auto& [element, draft] :
       {std::pair("Message", true), std::pair("Task", false), std::pair("Contact", false)}) {
    INFO(element);
    const auto listed = p.list({page({"1"}, 1, true, 0, element)});
    REQUIRE(listed.changes.size() == 1);
    CHECK(std::get<item_present>(listed.changes[0]).item.draft == draft);
  }
}

TEST_CASE("a pass over a folder that moved under it is not whole") {
  public_stage p;
  SECTION("one was deleted, and another one skipped") {
    p.list({page({"a", "b"}, 4, false, 2)});
    CHECK_FALSE(p.list({page({"d"}, 3, true)}).pass->whole);
  }
  SECTION("one came, and another one is shown twice") {
    p.list({page({"b", "c"}, 3, false, 2)});
    CHECK_FALSE(p.list({page({"c", "d"}, 4, true)}).pass->whole);
  }
  SECTION("one was deleted and one came: the number is the same, one is "
          "missing and one is there twice") {
    p.list({page({"a", "b"}, 3, false, 2)});
    CHECK_FALSE(p.list({page({"b"}, 3, true)}).pass->whole);
  }
  SECTION("a page holds less than the server counts") {
    CHECK_FALSE(p.list({page({"a", "b"}, 3, true)}).pass->whole);
  }
  SECTION("a page without items is the last") {
    p.list({page({"a"}, 3, false, 1)});
    auto end = p.list({page({}, 3, false, 1)});
    CHECK(end.last);
    CHECK_FALSE(end.pass->whole);
  }
  CHECK(p.list({page({"a"}, 1, true)}).pass->whole);
}

TEST_CASE("a cursor of a pass that nobody knows any more begins a new one") {
  public_stage p;
  p.list({page({"a", "b"}, 3, false, 2)});
  const auto middle = p.cursor;
  p.list({page({"c"}, 3, true)});
  p.cursor = middle;
  auto anew = p.list({page({"a"}, 3, false, 1)});
  CHECK(anew.pass->first);
  CHECK(holds(p.stage.seen[0], "Offset=\"0\""));
  p.cursor = sync_cursor();
  CHECK(p.list({page({"a"}, 1, true)}).pass->first);
  public_stage other;
  other.cursor = middle;
  CHECK(other.list({page({"a"}, 1, true)}).pass->first);
}

TEST_CASE("what is written to a public folder has its ids, and what is removed "
          "is removed softly") {
  public_stage p;
  carried_item mail;
  mail.mime_base64 = "eA==";
  mail.item_class_name = "IPM.Note";
  auto made = p.stage.write(create_items{p.sales, {{mail, operation_mark("p/t/i")}}},
                            {answers("CreateItem", {item("new", "k")})});
  CHECK(std::get<written>(made.at(0)).id.value == "public:new");
  CHECK(holds(p.stage.seen.back(), "<t:FolderId Id=\"s\"/>"));
  CHECK_FALSE(holds(p.stage.seen.back(), "ExchangeImpersonation"));
  auto removed = p.stage.write(remove_items{{item_id("public:x")}}, {answers("DeleteItem", {success()})});
  CHECK(std::get<written>(removed.at(0)).id.empty());
  CHECK(holds(p.stage.seen[0], "DeleteType=\"SoftDelete\""));
  CHECK(holds(p.stage.seen[0], "<t:ItemId Id=\"x\"/>"));
  auto kept = p.stage.write(remove_items{{item_id("x")}},
                            {answers("GetItem", {item("x", "k")}), answers("MoveItem", {item("y", "k")})});
  CHECK(holds(p.stage.seen[1], "<t:DistinguishedFolderId Id=\"deleteditems\"/>"));
  auto content = p.stage.ask<content_read>(read_content{{item_id("public:x")}},
                                           {answers("GetItem", {item("x", "k", "<t:IsRead>true</t:IsRead>")})});
  CHECK_FALSE(std::get<exsyncd::content>(std::get<0>(content.outcome).at(0)).read);
}
