#include "tests/mailbox/scripted_server.hpp"

#include "actors/ews/suspicion.hpp"

// One item that spoils every request that it is in, and answers that do not fit their questions.

using namespace exsyncd;
using namespace tests;

namespace {

const failure& why_of(const write_outcome& outcome) {
  if (auto* no = std::get_if<not_done>(&outcome)) return no->why;
  REQUIRE(std::holds_alternative<unknown>(outcome));
  return std::get<unknown>(outcome).why;
}

std::string got(const std::string& id) {
  return item(id, "k", "<t:Subject>of " + id + "</t:Subject>");
}

read_content reading(std::vector<std::string> ids) {
  read_content out;
  for (auto& id : ids)
    out.items.emplace_back(std::move(id));
  return out;
}

std::string subject_of(const content_outcome& outcome) {
  return std::get<content>(outcome).fields.at(0).value;
}

create_items mails(int count, const std::string& attempt = "1") {
  create_items out;
  out.folder = folder_id("f");
  for (int i = 0; i < count; ++i) {
    carried_item mail;
    mail.mime_base64 = "AAAA";
    out.items.emplace_back(std::move(mail), operation_mark("p/t" + std::to_string(i) + "/" + attempt));
  }
  return out;
}

update_items edits(int count) {
  update_items out;
  for (int i = 0; i < count; ++i)
    out.items.push_back({item_id("i" + std::to_string(i)), change_key("g"), {{field::subject, "new"}}});
  return out;
}

scripted made(const std::vector<std::string>& ids) {
  std::vector<std::string> entries;
  for (const auto& id : ids)
    entries.push_back(item(id, "k"));
  return answers("CreateItem", entries);
}

const scripted nobody = answers("FindItem", {success("<m:RootFolder IncludesLastItemInRange='true'/>")});
/// The item "n0" has the mark of the first of `mails`.
const scripted holder =
    answers("FindItem", {success("<m:RootFolder IncludesLastItemInRange='true'><t:Items><t:Message><t:ItemId Id='n0'/>"
                                 "<t:ExtendedProperty><t:ExtendedFieldURI DistinguishedPropertySetId='PublicStrings' "
                                 "PropertyName='exsyncd' PropertyType='String'/><t:Value>p/t0/1</t:Value>"
                                 "</t:ExtendedProperty></t:Message></t:Items></m:RootFolder>")});

std::string page(const std::vector<std::string>& ids, const std::string& state, bool last) {
  std::string changes;
  for (const auto& id : ids)
    changes += "<t:Create><t:Message><t:ItemId Id='" + id + "' ChangeKey='k'/></t:Message></t:Create>";
  return success("<m:SyncState>" + state + "</m:SyncState><m:IncludesLastItemInRange>" + (last ? "true" : "false") +
                 "</m:IncludesLastItemInRange><m:Changes>" + changes + "</m:Changes>");
}

} // namespace

// ---- whose fault it is
// -----------------------------------------------------------------------------------------------

TEST_CASE("a try counts against an item only where something alike has passed since its last try") {
  suspicion s;
  using enum suspicion::verdict;
  CHECK(s.failed_alone("CreateItem", "a") == everything);
  CHECK(s.failed_alone("CreateItem", "a") == uncounted);
  s.succeeded("GetItem");
  CHECK(s.failed_alone("CreateItem", "a") == uncounted);
  s.succeeded("CreateItem");
  CHECK(s.failed_alone("CreateItem", "a") == counts);
  CHECK(s.failed_alone("CreateItem", "a") == uncounted);
  CHECK(s.failed_alone("CreateItem", "b") == counts);
  CHECK_FALSE(s.is_suspect("CreateItem", "b"));
  s.suspect("CreateItem", "b");
  CHECK(s.is_suspect("CreateItem", "b"));
  s.clear("CreateItem", "b");
  CHECK_FALSE(s.is_suspect("CreateItem", "b"));
}

// ---- reads
// -------------------------------------------------------------------------------------------------------------

TEST_CASE("whatever comes in place of an answer, the item that causes it is read alone, and then last") {
  for (const auto& broken : {status(500), status(403), status(406), status(200), fault("ErrorInternalServerError"),
                             fault("ErrorNobodyHasHeardOf")}) {
    mailbox_stage stage;
    auto first = stage.ask<content_read>(reading({"a", "bad", "c"}), {broken, broken, answers("GetItem", {got("a")}),
                                                                      broken, answers("GetItem", {got("c")})});
    auto& all = std::get<0>(first.outcome);
    REQUIRE(all.size() == 3);
    CHECK(subject_of(all[0]) == "of a");
    CHECK(subject_of(all[2]) == "of c");
    CHECK(std::get<failure>(all[1]).reach == reach::item);
    CHECK(std::get<failure>(all[1]).counts);
    // Next time the others do not wait for it.
    auto second = stage.ask<content_read>(reading({"a", "bad", "c"}),
                                          {answers("GetItem", {got("a"), got("c")}), answers("GetItem", {got("bad")})});
    CHECK(subject_of(std::get<0>(second.outcome)[1]) == "of bad");
  }
}

TEST_CASE("where EWS has answered before, an answer that nothing is there is of an item too") {
  for (int code : {404, 405, 410}) {
    INFO(code);
    mailbox_stage stage;
    auto read = stage.ask<content_read>(reading({"a", "bad", "c"}), {status(code)});
    CHECK(std::get<failure>(read.outcome).reach == reach::server);
    stage.ask<content_read>(reading({"a"}), {answers("GetItem", {got("a")})});
    read =
        stage.ask<content_read>(reading({"a", "bad", "c"}), {status(code), status(code), answers("GetItem", {got("a")}),
                                                             status(code), answers("GetItem", {got("c")})});
    auto& all = std::get<0>(read.outcome);
    CHECK(subject_of(all.at(0)) == "of a");
    CHECK(subject_of(all.at(2)) == "of c");
    CHECK(std::get<failure>(all.at(1)).reach == reach::item);
    // Gone altogether, it is said of the place.
    read = stage.ask<content_read>(reading({"d", "e", "f"}), std::vector<scripted>(5, status(code)));
    CHECK(std::get<failure>(read.outcome).reach == reach::server);
  }
}

TEST_CASE("what hangs or is cut is waited for twice, not at every half") {
  const auto kind = GENERATE(http::failed_kind::timeout, http::failed_kind::cut);
  mailbox_stage stage;
  const scripted hangs = http::failed{kind, true, "nothing came"};
  auto read = stage.ask<content_read>(
      reading({"a", "bad", "c", "d"}),
      {hangs, answers("GetItem", {got("a")}), hangs, answers("GetItem", {got("c")}), answers("GetItem", {got("d")})});
  auto& all = std::get<0>(read.outcome);
  CHECK(std::get<failure>(all[1]).code == http::name_of(kind));
  CHECK(std::get<failure>(all[1]).reach == reach::item);
  CHECK(subject_of(all[3]) == "of d");
}

TEST_CASE("an outage is held against nobody") {
  mailbox_stage stage;
  auto down = stage.ask<content_read>(reading({"a", "b"}), {status(500), status(500), status(500)});
  CHECK(std::get<failure>(down.outcome).reach == reach::mailbox);
  // And while it lasts, the same items are tried and none is banned for it.
  for (int i = 0; i < 3; ++i) {
    auto again = stage.ask<content_read>(reading({"a"}), {status(500)});
    CHECK_FALSE(std::get<failure>(std::get<0>(again.outcome).at(0)).counts);
  }
}

TEST_CASE("a read that is answered with HTTP 400 is repeated at once on a new connection") {
  mailbox_stage stage;
  auto read = stage.ask<content_read>(reading({"a"}), {status(400), answers("GetItem", {got("a")})});
  CHECK(subject_of(std::get<0>(read.outcome).at(0)) == "of a");
  CHECK_FALSE(stage.seen[0].fresh_connection);
  CHECK(stage.seen[1].fresh_connection);
}

// ---- writes
// ------------------------------------------------------------------------------------------------------------

TEST_CASE("what is surely not done goes out item by item, and the one that is refused rests") {
  for (int code : {403, 406}) {
    mailbox_stage stage;
    auto out = stage.write(mails(3), {status(code), made({"n0"}), status(code), made({"n2"})});
    CHECK(std::get<written>(out[0]).id.value == "n0");
    CHECK(std::get<written>(out[2]).id.value == "n2");
    CHECK(std::holds_alternative<not_done>(out[1]));
    CHECK(why_of(out[1]).reach == reach::item);
    CHECK(why_of(out[1]).counts);
    // Another attempt of the same item goes alone and last.
    out = stage.write(mails(3, "2"), {made({"m0", "m2"}), made({"m1"})});
    CHECK(std::get<written>(out[1]).id.value == "m1");
  }
}

TEST_CASE("an answer without a word about the items makes their marks be looked for before anything is repeated") {
  for (const auto& broken : {status(200), fault("ErrorInternalServerError"), status(500)}) {
    mailbox_stage stage;
    // The first was made, the others were not; the second is the cause.
    const auto out =
        stage.write(mails(3), {broken, holder, nobody, nobody, nobody, nobody, broken, nobody, nobody, made({"n2"})});
    CHECK(std::get<written>(out[0]).id.value == "n0");
    CHECK(std::get<written>(out[0]).key.empty()); // its user may have edited it since: it is read
    CHECK(std::holds_alternative<not_done>(out[1]));
    CHECK(why_of(out[1]).reach == reach::item);
    CHECK(std::get<written>(out[2]).id.value == "n2");
  }
}

TEST_CASE("what was made by a create without a word about it, and lies in Deleted Items already, is not made again") {
  mailbox_stage stage;
  const auto out = stage.write(mails(1), {status(500), nobody, holder});
  CHECK(std::holds_alternative<unknown>(out[0]));
  CHECK(stage.seen.size() == 3);
}

TEST_CASE("a single HTTP 400 to a write is looked at, and the batch goes out on a new connection") {
  mailbox_stage stage;
  const auto out = stage.write(mails(2), {status(400), nobody, nobody, nobody, nobody, made({"n0", "n1"})});
  CHECK(std::get<written>(out[1]).id.value == "n1");
  CHECK(stage.seen.back().fresh_connection);
}

TEST_CASE("an update whose answer says nothing is repeated only where the key is as it was") {
  mailbox_stage stage;
  const auto out = stage.write(edits(2), {fault("ErrorInternalServerError"),
                                          answers("GetItem", {item("i0", "moved on"), item("i1", "g")}),
                                          answers("UpdateItem", {item("i1", "k")})});
  CHECK(std::holds_alternative<unknown>(out[0]));
  CHECK(std::get<written>(out[1]).key.value == "k");
}

TEST_CASE("writes that hang are unknown, and next time each of them goes alone") {
  mailbox_stage stage;
  const scripted hangs = http::failed{http::failed_kind::timeout, true, "nothing came"};
  auto out = stage.write(mails(2), {hangs});
  CHECK(why_of(out[0]).reach == reach::mailbox);
  out = stage.write(mails(2, "2"), {hangs, made({"n1"})});
  CHECK(std::holds_alternative<unknown>(out[0]));
  CHECK(why_of(out[0]).reach == reach::item);
  CHECK(std::get<written>(out[1]).id.value == "n1");
}

// ---- lists
// -------------------------------------------------------------------------------------------------------------

TEST_CASE("an item that no list can name is stepped over by name, and told of") {
  mailbox_stage stage;
  const auto inside = answers(
      "FindItem", {success("<m:RootFolder IncludesLastItemInRange='true'><t:Items>"
                           "<t:Message><t:ItemId Id='a' ChangeKey='k'/></t:Message>"
                           "<t:Message><t:ItemId Id='bad' ChangeKey='k'/><t:Subject>s</t:Subject></t:Message>"
                           "<t:Message><t:ItemId Id='c' ChangeKey='k'/></t:Message></t:Items></m:RootFolder>")});
  // A connection that closes again and again is a sign of load elsewhere: here the item makes it close.
  const scripted closed = http::failed{http::failed_kind::cut, true, "nothing came"};
  const auto [broken, code] =
      GENERATE_COPY(table<scripted, std::string>({{fault("ErrorInternalServerError"), "ErrorInternalServerError"},
                                                  {closed, std::string(http::name_of(http::failed_kind::cut))}}));
  const auto passes = answers("SyncFolderItems", {page({}, "S2", false)});
  const auto got = stage.ask<changes_listed>(list_changes{folder_id("f"), sync_cursor("S1")},
                                             // 512, 64, 8, 1; all three left out; one; two; then the page without it.
                                             {broken, broken, broken, broken, inside, passes, broken, passes,
                                              answers("SyncFolderItems", {page({"a"}, "S2", false)})});
  const auto& page = std::get<change_page>(got.outcome);
  REQUIRE(page.unlistable.size() == 1);
  CHECK(page.unlistable[0].first.value == "bad");
  CHECK(page.unlistable[0].second.reach == reach::item);
  CHECK(page.unlistable[0].second.code == code);
  REQUIRE(page.changes.size() == 2);
  CHECK(std::get<item_present>(page.changes[1]).item.subject == "s");
  CHECK(holds(stage.seen[3], "<m:MaxChangesReturned>1</m:MaxChangesReturned>"));
  CHECK(holds(stage.seen[8], "<m:Ignore><t:ItemId Id=\"bad\"/></m:Ignore>"));
  CHECK(stage.gateway_state().resting_mailboxes.empty());
}

TEST_CASE("a list that fails whatever is left out is the list's failure") {
  mailbox_stage stage;
  const auto broken = fault("ErrorInternalServerError");
  const auto inside = answers("FindItem", {success("<m:RootFolder IncludesLastItemInRange='true'><t:Items><t:Message>"
                                                   "<t:ItemId Id='a' ChangeKey='k'/></t:Message></t:Items>"
                                                   "</m:RootFolder>")});
  const auto got =
      stage.ask<changes_listed>(list_changes{folder_id("f"), {}}, {broken, broken, broken, broken, inside, broken});
  CHECK(std::get<failure>(got.outcome).code == "ErrorInternalServerError");
  CHECK(std::get<failure>(got.outcome).reach != reach::item);
}

TEST_CASE("where a list fails and its folder is empty, nothing is left out of it") {
  mailbox_stage stage;
  const auto broken = fault("ErrorInternalServerError");
  const auto got =
      stage.ask<changes_listed>(list_changes{folder_id("f"), {}}, {broken, broken, broken, broken, nobody});
  CHECK(std::get<failure>(got.outcome).code == "ErrorInternalServerError");
}

// ---- answers that do not fit
// -------------------------------------------------------------------------------------------

TEST_CASE("contents in another order go to the items that they are of") {
  mailbox_stage stage;
  const auto out =
      stage.ask<content_read>(reading({"a", "b", "c"}), {answers("GetItem", {got("c"), got("a"), got("b")})});
  const auto& all = std::get<0>(out.outcome);
  CHECK(subject_of(all[0]) == "of a");
  CHECK(subject_of(all[1]) == "of b");
  CHECK(subject_of(all[2]) == "of c");
  // An error names no item: it is of the one that is left.
  const auto one =
      stage.ask<content_read>(reading({"a", "b"}), {answers("GetItem", {got("b"), error("ErrorItemNotFound")})});
  CHECK(std::holds_alternative<gone>(std::get<0>(one.outcome)[0]));
  CHECK(subject_of(std::get<0>(one.outcome)[1]) == "of b");
}

TEST_CASE("contents of other items than asked for are no answer") {
  for (const auto& wrong : {answers("GetItem", {got("a"), got("x")}), answers("GetItem", {got("a"), got("a")}),
                            answers("GetItem", {got("a")}), answers("GetItem", {got("a"), got("b"), got("c")})}) {
    mailbox_stage stage;
    auto both_of = stage.ask<content_read>(reading({"a", "b"}),
                                           {wrong, answers("GetItem", {got("a")}), answers("GetItem", {got("b")})});
    CHECK(subject_of(std::get<0>(both_of.outcome)[0]) == "of a");
    CHECK(subject_of(std::get<0>(both_of.outcome)[1]) == "of b");
  }
}

TEST_CASE("a contact in place of a mail is a failure of that item") {
  mailbox_stage stage;
  const auto contact = success("<m:Items><t:Contact><t:ItemId Id='b' ChangeKey='k'/></t:Contact></m:Items>");
  const auto out = stage.ask<content_read>(reading({"a", "b"}), {answers("GetItem", {got("a"), contact})});
  CHECK(std::get<failure>(std::get<0>(out.outcome)[1]).code == "protocol");
}

TEST_CASE("one id for all that was created is never settled") {
  mailbox_stage stage;
  const auto out =
      stage.write(mails(2), {made({"n", "n"}), nobody, nobody, nobody, nobody, made({"n0"}), made({"n1"})});
  CHECK(std::get<written>(out[0]).id.value == "n0");
  CHECK(std::get<written>(out[1]).id.value == "n1");
}

TEST_CASE("new keys in another order go to the items that they are of") {
  mailbox_stage stage;
  const auto out = stage.write(edits(2), {answers("UpdateItem", {item("i1", "k1"), item("i0", "k0")})});
  CHECK(std::get<written>(out[0]).key.value == "k0");
  CHECK(std::get<written>(out[1]).key.value == "k1");
}
