#include "tests/mailbox/scripted_server.hpp"

using namespace exsyncd;
using namespace tests;

namespace {

std::string words(const write_outcome& outcome) {
  struct {
    std::string operator()(const written& w) const { return "written " + w.id.value + " " + w.key.value; }
    std::string operator()(const stale&) const { return "stale"; }
    std::string operator()(const gone&) const { return "gone"; }
    std::string operator()(const refused& r) const { return "refused " + r.why.code; }
    std::string operator()(const not_done& n) const { return "not_done " + n.why.code; }
    std::string operator()(const unknown& u) const { return "unknown " + u.why.code; }
  } say;
  return std::visit(say, outcome);
}

std::vector<std::string> words(const std::vector<write_outcome>& outcomes) {
  std::vector<std::string> out;
  for (const auto& o : outcomes)
    out.push_back(words(o));
  return out;
}

using said = std::vector<std::string>;

create_items mails(int count, std::size_t bytes = 4) {
  create_items out;
  out.folder = folder_id("f");
  for (int i = 0; i < count; ++i) {
    carried_item mail;
    mail.mime_base64 = std::string(bytes, 'A');
    mail.read = true;
    out.items.emplace_back(std::move(mail), operation_mark("p/" + std::to_string(i) + "/1"));
  }
  return out;
}

update_items edits(int count) {
  update_items out;
  for (int i = 0; i < count; ++i)
    out.items.push_back({item_id("i" + std::to_string(i)), change_key("g"), {{field::subject, "new"}}});
  return out;
}

std::vector<std::string> created(int from, int count) {
  std::vector<std::string> out;
  for (int i = from; i < from + count; ++i)
    out.push_back(item("n" + std::to_string(i), "k"));
  return out;
}

std::vector<std::string> edited(int from, int count) {
  std::vector<std::string> out;
  for (int i = from; i < from + count; ++i)
    out.push_back(item("i" + std::to_string(i), "k"));
  return out;
}

/// One item as a look at its read state answers it.
std::string state(const std::string& id, bool read, bool receipt) {
  return item(id, "k-" + id,
              std::string("<t:IsReadReceiptRequested>") + (receipt ? "true" : "false") +
                  "</t:IsReadReceiptRequested><t:IsRead>" + (read ? "true" : "false") + "</t:IsRead>");
}

} // namespace

TEST_CASE("each item of a batch has its own outcome") {
  for (const std::string version : {"Exchange2010_SP2", "Exchange2016"}) {
    mailbox_stage stage(version);
    const auto got = stage.write(
        edits(9),
        {answers("UpdateItem", {item("i0", "k0"), error("ErrorIrresolvableConflict"), error("ErrorItemNotFound"),
                                error("ErrorInvalidPropertyUpdateSentMessage"), error("ErrorTimeoutExpired"),
                                error("ErrorInvalidChangeKey"), error("ErrorNobodyHasHeardOf"), success(),
                                error("ErrorBatchProcessingStopped")})});
    CHECK(words(got) == said{"written i0 k0", "stale", "gone", "refused ErrorInvalidPropertyUpdateSentMessage",
                             "unknown ErrorTimeoutExpired", "stale", "refused ErrorNobodyHasHeardOf",
                             "unknown protocol", "not_done ErrorBatchProcessingStopped"});
    CHECK(holds(stage.seen[0], "Id=\"i0\" ChangeKey=\"g\""));
  }
}

TEST_CASE("a create that is answered as if its item were not there has not been done") {
  mailbox_stage stage;
  const auto got = words(stage.write(mails(2), {answers("CreateItem", {error("ErrorItemNotFound"), item("n1", "k")})}));
  CHECK(got == said{"not_done ErrorItemNotFound", "written n1 k"});
}

TEST_CASE("a lost answer leaves every item of its request unknown, and the next request is not sent") {
  mailbox_stage stage;
  auto got = words(stage.write(edits(60), {answers("UpdateItem", edited(0, 50)), lost()}));
  CHECK(got[49] == "written i49 k");
  CHECK(got[50] == "unknown cut");
  CHECK(got[59] == "unknown cut");
  got = words(stage.write(edits(60), {lost()}));
  CHECK(got[0] == "unknown cut");
  CHECK(got[49] == "unknown cut");
  CHECK(got[50] == "not_done cut");
  for (const auto& [answer, first, second] : std::vector<std::tuple<scripted, std::string, std::string>>{
           {status(502), "unknown HTTP 502", "not_done HTTP 502"},
           {unreached(), "not_done refused", "not_done refused"},
           {fault("ErrorServerBusy"), "not_done ErrorServerBusy", "not_done ErrorServerBusy"},
           {fault("ErrorImpersonateUserDenied"), "not_done ErrorImpersonateUserDenied",
            "not_done ErrorImpersonateUserDenied"},
           {status(401), "not_done HTTP 401", "not_done HTTP 401"}}) {
    mailbox_stage fresh;
    got = words(fresh.write(edits(60), {answer}));
    CHECK(got[0] == first);
    CHECK(got[59] == second);
  }
}

TEST_CASE("what stops more than an item stops the rest") {
  mailbox_stage stage;
  auto first = edited(0, 49);
  first.push_back(error("ErrorQuotaExceeded"));
  const auto got = words(stage.write(edits(60), {answers("UpdateItem", first)}));
  CHECK(got[48] == "written i48 k");
  CHECK(got[49] == "not_done ErrorQuotaExceeded");
  CHECK(got[59] == "not_done ErrorQuotaExceeded");
}

TEST_CASE("mails go out in batches by count and by size") {
  mailbox_stage stage;
  auto got =
      words(stage.write(mails(25), {answers("CreateItem", created(0, 20)), answers("CreateItem", created(20, 5))}));
  CHECK(got[0] == "written n0 k");
  CHECK(got[24] == "written n24 k");
  CHECK(holds(stage.seen[0], "p/19"));
  CHECK_FALSE(holds(stage.seen[0], "p/20"));
  got = words(
      stage.write(mails(3, 3'500'000), {answers("CreateItem", created(0, 2)), answers("CreateItem", created(2, 1))}));
  CHECK(got == said{"written n0 k", "written n1 k", "written n2 k"});
}

TEST_CASE("a mail that no server of this age takes is not sent, and its neighbours are") {
  mailbox_stage stage("Exchange2010_SP2");
  auto three = mails(3);
  three.items[1].first.mime_base64 = std::string(36'000'000, 'A');
  const auto got = words(
      stage.write(std::move(three), {answers("CreateItem", created(0, 1)), answers("CreateItem", created(2, 1))}));
  CHECK(got == said{"written n0 k", "refused too_large", "written n2 k"});
}

const scripted nobody = answers("FindItem", {success("<m:RootFolder IncludesLastItemInRange='true'/>")});

TEST_CASE("a server that answers to a large request as if it were not there refuses its size") {
  for (int code : {400, 404}) {
    const auto no = "HTTP " + std::to_string(code);
    mailbox_stage stage;
    // A small one, and nobody has answered yet: the URL may be wrong.
    std::vector<scripted> script{status(code)};
    // The one is said at random too: it is looked for, and written once more.
    if (code == 400) script = {status(400), nobody, nobody, status(400), nobody, nobody};
    CHECK(words(stage.write(mails(1, 100'000), script)) == said{"not_done " + no});
    CHECK(words(stage.write(mails(1), {answers("CreateItem", created(0, 1))})) == said{"written n0 k"});
    CHECK(words(stage.write(mails(1), script)) == said{"not_done " + no});
    mailbox_stage other;
    CHECK(words(other.write(mails(1), {answers("CreateItem", created(0, 1))})) == said{"written n0 k"});
    const auto got =
        words(other.write(mails(2, 1'000'000), {status(code), answers("CreateItem", created(0, 1)), status(code)}));
    CHECK(got == said{"written n0 k", "refused " + no});
  }
}

TEST_CASE("a batch that is refused because of one mail goes out mail by mail") {
  for (const auto& [answer, code] :
       std::vector<std::pair<scripted, std::string>>{{status(413), "HTTP 413"},
                                                     {status(507), "HTTP 507"},
                                                     {fault("ErrorSchemaValidation"), "ErrorSchemaValidation"}}) {
    mailbox_stage stage;
    const auto got = words(stage.write(
        mails(3), {answer, answers("CreateItem", created(0, 1)), answer, answers("CreateItem", created(2, 1))}));
    CHECK(got == said{"written n0 k", "refused " + code, "written n2 k"});
  }
}

TEST_CASE("a fault that no mail is known to cause bans none") {
  mailbox_stage stage;
  CHECK(words(stage.write(mails(2), std::vector<scripted>(3, fault("ErrorNobodyHasHeardOf")))) ==
        said{"not_done ErrorNobodyHasHeardOf", "not_done ErrorNobodyHasHeardOf"});
}

TEST_CASE("a field that cannot be set is refused without asking") {
  mailbox_stage stage;
  auto asked = edits(2);
  asked.items[0].fields = {{field::subject, "x"}, {field::attachments, "y"}};
  CHECK(words(stage.write(std::move(asked), {answers("UpdateItem", {item("i1", "k")})})) ==
        said{"refused not_settable", "written i1 k"});
}

TEST_CASE("moved items have new ids") {
  mailbox_stage stage;
  const auto got = words(stage.write(
      move_items{folder_id("to"), {item_id("a"), item_id("b"), item_id("c"), item_id("d")}},
      {answers("MoveItem", {item("a2", "k"), error("ErrorItemNotFound"), error("ErrorMoveCopyFailed"), success()})}));
  CHECK(got == said{"written a2 k", "gone", "unknown ErrorMoveCopyFailed", "unknown protocol"});
}

TEST_CASE("a mailbox tells what an update may set") {
  mailbox_stage stage;
  const auto got = stage.ask<settable>(ask_settable{}, {});
  CHECK(got.on_mail == std::vector<field>{field::subject, field::sensitivity, field::body, field::categories,
                                          field::importance, field::flag});
  CHECK(got.on_draft == std::vector<field>{field::to, field::cc, field::bcc, field::reply_to});
}

// ---- nobody is answered
// ----------------------------------------------------------------------------------------------

TEST_CASE("marking as read suppresses the receipts that somebody waits for") {
  const set_read_states asked{
      {{item_id("a"), true}, {item_id("b"), true}, {item_id("c"), true}, {item_id("d"), false}, {item_id("e"), true}}};
  // a: a receipt is pending; b: none; c: read already; d: to be unread; e: not there.
  const auto look = answers("GetItem", {state("a", false, true), state("b", false, false), state("c", true, true),
                                        state("d", true, true), error("ErrorItemNotFound")});
  const auto done = answers("UpdateItem", {item("a", "k2"), item("b", "k2"), item("d", "k2")});
  const said all{"written a k2", "written b k2", "written c k-c", "written d k2", "gone"};
  SECTION("by the attribute where there is one") {
    mailbox_stage stage("Exchange2016");
    CHECK(words(stage.write(asked, {look, done})) == all);
    CHECK(holds(stage.seen[1], "SuppressReadReceipts=\"true\""));
    CHECK(holds(stage.seen[1], "Id=\"a\" ChangeKey=\"k-a\""));
    CHECK_FALSE(holds(stage.seen[1], "Id=\"c\""));
  }
  SECTION("by a response object before") {
    mailbox_stage stage("Exchange2010_SP2");
    CHECK(words(stage.write(asked, {look, answers("CreateItem", {success()}), done})) == all);
    CHECK(holds(stage.seen[1], "<t:SuppressReadReceipt><t:ReferenceItemId Id=\"a\" ChangeKey=\"k-a\"/>"));
    CHECK_FALSE(holds(stage.seen[1], "Id=\"b\""));
  }
  SECTION("and one that is not pending any more is no error") {
    mailbox_stage stage("Exchange2010_SP2");
    CHECK(words(stage.write(asked, {look, answers("CreateItem", {error("ErrorReadReceiptNotPending")}), done})) == all);
  }
  SECTION("and where that fails, the mail stays unread") {
    mailbox_stage stage("Exchange2010_SP2");
    const auto rest = answers("UpdateItem", {item("b", "k2"), item("d", "k2")});
    CHECK(words(stage.write(asked, {look, answers("CreateItem", {error("ErrorAccessDenied")}), rest})) ==
          said{"not_done ErrorAccessDenied", "written b k2", "written c k-c", "written d k2", "gone"});
    CHECK_FALSE(holds(stage.seen[2], "Id=\"a\""));
    CHECK(words(stage.write(asked, {look, lost()})) ==
          said{"not_done cut", "not_done cut", "written c k-c", "not_done cut", "gone"});
  }
  SECTION("and a look that fails leaves all as it is") {
    mailbox_stage stage("Exchange2010_SP2");
    const auto got = words(stage.write(asked, {lost()}));
    CHECK(got == said(5, "not_done cut"));
  }
}

TEST_CASE("an item without a read state is refused, since setting one fails its whole batch") {
  mailbox_stage stage;
  CHECK(words(stage.write(set_read_states{{{item_id("a"), true}}}, {answers("GetItem", {item("a", "k")})})) ==
        said{"refused not_settable"});
}

TEST_CASE("removing moves to Deleted Items, tells what is there now, and answers nobody") {
  const remove_items asked{{item_id("a"), item_id("b"), item_id("c")}};
  for (const std::string version : {"Exchange2010_SP2", "Exchange2016"}) {
    // A move suppresses nothing by itself: a pending receipt is suppressed first.
    mailbox_stage stage(version);
    CHECK(
        words(stage.write(
            asked, {answers("GetItem", {state("a", false, true), state("b", true, true), error("ErrorItemNotFound")}),
                    answers("CreateItem", {success()}), answers("MoveItem", {item("x", "k-x"), item("y", "k-y")})})) ==
        said{"written x k-x", "written y k-y", "gone"});
    CHECK(holds(stage.seen[1], "<t:SuppressReadReceipt>"));
    CHECK_FALSE(holds(stage.seen[1], "Id=\"b\""));
    CHECK(holds(stage.seen[2], "<t:DistinguishedFolderId Id=\"deleteditems\"/>"));
  }
}

TEST_CASE("no write leaves before the version is known, since it decides how receipts are suppressed") {
  const std::string old_build = "MajorVersion='14' MinorVersion='3' MajorBuildNumber='248'";
  const auto root = answers("GetFolder", {success("<m:Folders>" + folder("r", "Top") + "</m:Folders>")}, old_build);
  mailbox_stage stage("auto");
  const auto got =
      words(stage.write(remove_items{{item_id("a")}}, {root, answers("GetItem", {state("a", false, true)}, old_build),
                                                       answers("CreateItem", {success()}, old_build),
                                                       answers("MoveItem", {item("b", "k")}, old_build)}));
  CHECK(got == said{"written b k"});
  // And one that stays unknown leaves all as it is.
  mailbox_stage down("auto");
  CHECK(words(down.write(remove_items{{item_id("a")}}, {unreached()})) == said{"not_done refused"});
}

TEST_CASE("a write that meets another version is not sent again as it was decided for the first one") {
  const std::string new_build = "MajorVersion='15' MinorVersion='2' MajorBuildNumber='2562'";
  mailbox_stage stage("auto");
  stage.ask<identified>(
      identify{}, {answers("GetFolder", {success("<m:Folders>" + folder("r", "Top") + "</m:Folders>")}, new_build)});
  CHECK(words(stage.write(move_items{folder_id("f"), {item_id("a")}},
                          {fault("ErrorInvalidSchemaVersionForMailboxVersion")})) ==
        said{"not_done ErrorInvalidSchemaVersionForMailboxVersion"});
  CHECK(words(stage.write(move_items{folder_id("f"), {item_id("a")}}, {answers("MoveItem", {item("b", "k")})})) ==
        said{"written b k"});
  CHECK(holds(stage.seen[0], "\"Exchange2013_SP1\""));
}

TEST_CASE("a write that is under way when the mailbox ends is unknown") {
  mailbox_stage stage;
  stage.hold = true;
  std::optional<write_done> got;
  stage.system.spawn([&](caf::event_based_actor* self) {
    self->request(stage.mailbox, caf::infinite, edits(60)).then([&](const write_done& a) { got = a; });
  });
  stage.run();
  CHECK(stage.held.size() == 1);
  caf::anon_send_exit(stage.mailbox, caf::exit_reason::user_shutdown);
  stage.run();
  REQUIRE(got);
  CHECK(words(got->outcomes.front()) == "unknown ended");
  CHECK(words(got->outcomes.back()) == "not_done ended");
}
