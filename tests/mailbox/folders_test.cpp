#include "tests/mailbox/scripted_server.hpp"

using namespace exsyncd;
using namespace tests;

namespace {

/// A folder under another, as FindFolder tells it.
std::string below(const std::string& parent, const std::string& id, const std::string& name,
                  const std::string& folder_class = "IPF.Note", const std::string& more = {},
                  const std::string& element = "Folder") {
  return "<t:" + element + "><t:FolderId Id='" + id + "' ChangeKey='k-" + id + "'/><t:ParentFolderId Id='" + parent +
         "'/><t:FolderClass>" + folder_class + "</t:FolderClass><t:DisplayName>" + name + "</t:DisplayName>" +
         "<t:TotalCount>3</t:TotalCount>" + more + "<t:UnreadCount>1</t:UnreadCount></t:" + element + ">";
}
scripted page(const std::string& folders, const std::string& attributes = "IncludesLastItemInRange='true'") {
  return answers("FindFolder",
                 {success("<m:RootFolder " + attributes + "><t:Folders>" + folders + "</t:Folders></m:RootFolder>")});
}
std::string one(const std::string& id, const std::string& name) {
  return success("<m:Folders>" + root_folder(id, name) + "</m:Folders>");
}
const std::string hidden = "<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag='0x10f4' PropertyType='Boolean'/>"
                           "<t:Value>true</t:Value></t:ExtendedProperty>";

const folder_below& at(const std::vector<folder_below>& all, const std::string& path) {
  for (const auto& f : all)
    if (f.path == path) return f;
  throw std::runtime_error("not listed: " + path);
}

} // namespace

TEST_CASE("a tree is listed with its paths, classes and counts, parents first, whatever the order of the answer") {
  mailbox_stage stage("Exchange2016");
  std::vector<std::string> well_known(9, error("ErrorFolderNotFound"));
  well_known[0] = one("trash", "Deleted Items");
  well_known[1] = one("out", "Outbox");
  const auto got = stage.ask<folders_listed>(
      list_folders{"msgfolderroot"},
      {answers("GetFolder", {one("trash", "Deleted Items"), one("root", "Top")}), answers("GetFolder", well_known),
       page(below("in", "ab", "A/B\\C") + below("root", "in", "Inbox") + below("root", "trash", "Deleted Items") +
                below("trash", "old", "Old"),
            "IndexedPagingOffset='4' IncludesLastItemInRange='false'"),
       page(below("root", "out", "Outbox") + below("root", "cal", "Calendar", "IPF.Appointment", {}, "CalendarFolder") +
            below("root", "s", "Unread", "IPF.Note", {}, "SearchFolder") + below("root", "h", "Settings", "", hidden) +
            below("h", "hh", "Below") + below("root", "conf", "Quick Steps", "IPF.Configuration"))});
  const auto& all = std::get<std::vector<folder_below>>(got.outcome);
  REQUIRE(all.size() == 10);
  std::vector<std::string> seen;
  for (const auto& f : all) {
    if (f.state.parent.value != "root")
      CHECK(std::count_if(all.begin(), &f - &all[0] + all.begin(),
                          [&](auto& p) { return p.state.id == f.state.parent; }) == 1);
    seen.push_back(f.path);
  }
  const auto& ab = at(all, "msgfolderroot/Inbox/A\\/B\\\\C");
  CHECK(ab.state.id.value == "ab");
  CHECK(ab.state.key.value == "k-ab");
  CHECK(ab.state.total == 3);
  CHECK(ab.state.unread == 1);
  CHECK(ab.left_out == "");
  CHECK(at(all, "msgfolderroot/Calendar").state.folder_class == "IPF.Appointment");
  CHECK(at(all, "msgfolderroot/Deleted Items").left_out == "deleted items");
  CHECK(at(all, "msgfolderroot/Deleted Items/Old").left_out == "deleted items");
  CHECK(at(all, "msgfolderroot/Deleted Items/Old").state.in_deleted_items);
  CHECK(at(all, "msgfolderroot/Outbox").left_out == "outbox");
  CHECK(at(all, "msgfolderroot/Unread").left_out == "search folder");
  CHECK(at(all, "msgfolderroot/Settings").left_out == "hidden");
  CHECK(at(all, "msgfolderroot/Settings/Below").left_out == "hidden");
  CHECK(at(all, "msgfolderroot/Quick Steps").left_out == "settings of a program");
  CHECK(holds(stage.seen[1], "Id=\"syncissues\""));
  CHECK(holds(stage.seen[2], "Traversal=\"Deep\""));
  CHECK(holds(stage.seen[3], "Offset=\"4\""));
}

TEST_CASE("an old server is not asked for folders that it has no names for") {
  mailbox_stage stage("Exchange2010_SP2");
  const auto got = stage.ask<folders_listed>(
      list_folders{"inbox"},
      {answers("GetFolder", {one("trash", "Deleted Items"), one("in", "Inbox")}),
       answers("GetFolder", {one("trash", "Deleted Items"), one("out", "Outbox"), error("ErrorFolderNotFound")}),
       page(below("in", "p", "Projects") + below("in", "s", "Sync Issues"))});
  const auto& all = std::get<std::vector<folder_below>>(got.outcome);
  CHECK_FALSE(holds(stage.seen[1], "syncissues"));
  CHECK(at(all, "inbox/Projects").left_out == "");
  CHECK(at(all, "inbox/Sync Issues").left_out == "sync issues");
}

TEST_CASE("a tree that cannot be listed says why") {
  mailbox_stage stage;
  const auto list = [&](std::vector<scripted> script) {
    return std::get<failure>(stage.ask<folders_listed>(list_folders{"inbox/None"}, std::move(script)).outcome);
  };
  const auto root = answers("GetFolder", {one("trash", "Deleted Items"), one("in", "Inbox")});
  CHECK(list({root, page("")}).code == "ErrorFolderNotFound");
  CHECK(list({root, answers("FindFolder", {error("ErrorAccessDenied")})}).reach == reach::folder);
  CHECK(list({status(403)}).code == "HTTP 403");
}

TEST_CASE("folders are created, renamed and moved, each with its id and key afterwards") {
  for (const std::string version : {"Exchange2010_SP2", "Exchange2016"}) {
    mailbox_stage stage(version);
    auto created = stage.ask<folder_done>(
        create_folder{folder_id("in"), "A/B", "IPF.Note"},
        {answers("CreateFolder", {success("<m:Folders>" + folder("new", "") + "</m:Folders>")})});
    const auto& made = std::get<folder_state>(created.outcome);
    CHECK(made.id.value == "new");
    CHECK(made.key.value == "k");
    CHECK(made.parent.value == "in");
    CHECK(made.display_name == "A/B");
    CHECK(holds(stage.seen[0], "<t:FolderClass>IPF.Note</t:FolderClass>"));
    stage.ask<folder_done>(create_folder{folder_id("cal"), "B", "IPF.Appointment"},
                           {answers("CreateFolder", {success("<m:Folders>" + folder("b", "") + "</m:Folders>")})});
    CHECK(holds(stage.seen[0], "<t:CalendarFolder><t:DisplayName>B</t:DisplayName></t:CalendarFolder>"));
    auto renamed =
        stage.ask<folder_done>(rename_folder{folder_id("f"), change_key("K"), "New"},
                               {answers("UpdateFolder", {success("<m:Folders>" + folder("f", "") + "</m:Folders>")})});
    CHECK(std::get<folder_state>(renamed.outcome).display_name == "New");
    CHECK(holds(stage.seen[0], "ChangeKey=\"K\""));
    auto moved =
        stage.ask<folder_done>(move_folder{folder_id("f"), folder_id("in")},
                               {answers("MoveFolder", {success("<m:Folders>" + folder("f", "") + "</m:Folders>")})});
    CHECK(std::get<folder_state>(moved.outcome).parent.value == "in");
  }
}

TEST_CASE("what becomes of a change of a folder is told exactly") {
  mailbox_stage stage;
  const auto create = [&](scripted answer) {
    return stage.ask<folder_done>(create_folder{folder_id("in"), "A", ""}, {std::move(answer)}).outcome;
  };
  CHECK(std::holds_alternative<folder_exists>(create(answers("CreateFolder", {error("ErrorFolderExists")}))));
  CHECK(std::holds_alternative<gone>(create(answers("CreateFolder", {error("ErrorParentFolderNotFound")}))));
  CHECK(std::holds_alternative<gone>(create(answers("CreateFolder", {error("ErrorFolderNotFound")}))));
  CHECK(std::holds_alternative<stale>(create(answers("CreateFolder", {error("ErrorIrresolvableConflict")}))));
  CHECK(std::holds_alternative<unknown>(create(answers("CreateFolder", {error("ErrorInternalServerError")}))));
  CHECK(std::holds_alternative<unknown>(create(answers("CreateFolder", {}))));
  CHECK(std::holds_alternative<unknown>(create(lost())));
  CHECK(std::get<not_done>(create(answers("CreateFolder", {error("ErrorAccessDenied")}))).why.reach == reach::folder);
  CHECK(std::get<not_done>(create(unreached())).why.reach == reach::server);
}

TEST_CASE("with rights on folders, every well-known folder is named with its mailbox, and nobody is impersonated") {
  mailbox_stage stage("Exchange2016", mailbox_access::delegate);
  stage.ask<folders_found>(find_folders{{"inbox"}},
                           {answers("GetFolder", {one("trash", "Deleted Items"), one("in", "Inbox")})});
  CHECK(holds(stage.seen[0], "<t:DistinguishedFolderId Id=\"inbox\"><t:Mailbox><t:EmailAddress>ann@a.example"
                             "</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>"));
  CHECK_FALSE(holds(stage.seen[0], "DistinguishedFolderId Id=\"inbox\"/>"));
  CHECK_FALSE(holds(stage.seen[0], "ExchangeImpersonation"));
  bool anchored = false;
  for (const auto& h : stage.seen[0].headers)
    anchored = anchored || (h.name == "X-AnchorMailbox" && h.value == "ann@a.example");
  CHECK(anchored);
}

TEST_CASE("what the account may do in a folder is told where the server tells it") {
  mailbox_stage stage;
  const auto rights = [&](const std::string& inside) {
    const auto got = stage.ask<folders_found>(
        find_folders{{"inbox"}},
        {answers("GetFolder",
                 {one("trash", "Deleted Items"), success("<m:Folders><t:Folder><t:FolderId Id='in' ChangeKey='k'/>"
                                                         "<t:DistinguishedFolderId>inbox</t:DistinguishedFolderId>" +
                                                         inside + "</t:Folder></m:Folders>")})});
    return std::get<folder_state>(std::get<0>(got.outcome)[0]).rights;
  };
  CHECK(rights("") == std::nullopt);
  const std::string common = "<t:CreateAssociated>true</t:CreateAssociated><t:CreateContents>true</t:CreateContents>"
                             "<t:CreateHierarchy>false</t:CreateHierarchy><t:Delete>true</t:Delete>"
                             "<t:Modify>false</t:Modify><t:Read>true</t:Read>";
  CHECK(rights("<t:EffectiveRights>" + common + "</t:EffectiveRights>") ==
        folder_rights{true, true, false, true, false, std::nullopt});
  CHECK(rights("<t:EffectiveRights>" + common + "<t:ViewPrivateItems>false</t:ViewPrivateItems></t:EffectiveRights>") ==
        folder_rights{true, true, false, true, false, false});
}

TEST_CASE("an answer about several well-known folders in another order does not take one for another") {
  mailbox_stage stage("Exchange2016");
  const auto unnamed = [](const std::string& id) { return success("<m:Folders>" + folder(id, id) + "</m:Folders>"); };
  const auto in = unnamed("in"), trash = unnamed("trash");
  const auto inbox = [&](std::vector<scripted> script) {
    const auto got = stage.ask<folders_found>(find_folders{{"inbox"}}, std::move(script));
    return std::get<folder_state>(std::get<0>(got.outcome).front()).id.value;
  };
  CHECK(inbox({answers("GetFolder", {trash, in})}) == "in");
  CHECK(inbox({answers("GetFolder", {in, trash}), answers("GetFolder", {in}), answers("GetFolder", {trash})}) == "in");
  CHECK(holds(stage.seen[1], "Id=\"inbox\""));
  CHECK(!holds(stage.seen[1], "Id=\"deleteditems\""));
  // A mailbox that was made again.
  CHECK(inbox({answers("GetFolder", {trash, unnamed("new")}), answers("GetFolder", {unnamed("new")})}) == "new");
  CHECK(inbox({answers("GetFolder", {trash, unnamed("new")})}) == "new");
}

TEST_CASE("what an answer names as every mailbox knows it is that folder, in whatever order it comes") {
  mailbox_stage stage("Exchange2016");
  const auto ask = [&](std::vector<std::string> in_answer) {
    const auto got =
        stage.ask<folders_found>(find_folders{{"inbox", "outbox"}}, {answers("GetFolder", std::move(in_answer))});
    std::string ids;
    for (const auto& one : std::get<0>(got.outcome)) {
      const auto* found = std::get_if<folder_state>(&one);
      ids += (found ? found->id.value : std::get<failure>(one).code) + " ";
    }
    return ids;
  };
  const auto in = one("in", "Inbox"), out = one("out", "Outbox"), trash = one("trash", "Deleted Items");
  CHECK(ask({out, trash, in}) == "in out ");
  CHECK(holds(stage.seen[0], "folder:DistinguishedFolderId"));
  CHECK(ask({error("ErrorFolderNotFound"), in, trash}) == "in ErrorFolderNotFound ");
  CHECK(ask({trash, one("new", "Inbox"), out}) == "new out ");
  // What lies somewhere is found by its id.
  const auto leases = [&](std::vector<std::string> in_answer) {
    const auto got = stage.ask<leases_read>(read_leases{{folder_id("a"), folder_id("b")}},
                                            {answers("GetFolder", std::move(in_answer))});
    return std::get<folder_state>(std::get<0>(got.outcome).front()).id.value;
  };
  CHECK(leases({one("b", "B"), one("a", "A")}) == "a");
}
