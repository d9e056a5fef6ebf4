#include "tests/mailbox_sim/sim_stage.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace exsyncd;
using namespace tests;
using nlohmann::json;

namespace {

/// A stage whose server must not have sent anything, nor have found an answer of its own invalid, when the test ends.
struct quiet_stage : sim_stage {
  using sim_stage::sim_stage;
  ~quiet_stage() {
    CHECK(mails_out() == 0);
    CHECK(control({{"do", "counters"}, {"server", server}}).at("schema_bugs") == 0);
  }

  fetched fetch(const item_id& id) {
    return std::get<fetched>(std::get<std::vector<fetch_outcome>>(ask<items_fetched>(fetch_items{{id}}).outcome).at(0));
  }
  content read(const item_id& id) {
    return std::get<content>(
        std::get<std::vector<content_outcome>>(ask<content_read>(read_content{{id}}).outcome).at(0));
  }
  std::vector<listed_item> with_mark(const std::string& folder_path, const std::string& mark) {
    return std::get<std::vector<listed_item>>(
        ask<found_by_mark>(exsyncd::find_by_mark{folder(folder_path), operation_mark(mark)}).outcome);
  }
};

std::string both() {
  return GENERATE(as<std::string>{}, "old", "new");
}

const written& took_effect(const write_outcome& o) {
  INFO("outcome " << o.index());
  if (auto* r = std::get_if<refused>(&o)) FAIL(r->why.code << ": " << r->why.what);
  if (auto* r = std::get_if<not_done>(&o)) FAIL(r->why.code << ": " << r->why.what);
  if (auto* r = std::get_if<unknown>(&o)) FAIL(r->why.code << ": " << r->why.what);
  REQUIRE(std::holds_alternative<written>(o));
  return std::get<written>(o);
}

utc_seconds at(int hour) {
  return utc_seconds(std::chrono::sys_days(std::chrono::January / 3 / 2026)) + std::chrono::hours(hour);
}

carried_item mail(const std::string& subject) {
  carried_item m;
  m.mime_base64 = base64("From: Bob <bob@elsewhere.example>\r\nTo: Ann <ann@here.example>\r\nSubject: " + subject +
                         "\r\nMessage-ID: <" + subject +
                         "@elsewhere.example>\r\nDate: Sat, 03 Jan 2026 08:00:00 +0000\r\n"
                         "Disposition-Notification-To: bob@elsewhere.example\r\n"
                         "Content-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n");
  m.item_class_name = "IPM.Note";
  m.read = false;
  m.received = at(9);
  m.sent = at(8);
  return m;
}

} // namespace

TEST_CASE("A created mail is the mail it was: read state, times, draft state, mark") {
  quiet_stage s(both(), GENERATE(mailbox_access::direct, mailbox_access::impersonation));
  bool read = GENERATE(false, true), draft = GENERATE(false, true);
  auto m = mail("created");
  m.read = read;
  m.draft = draft;
  auto inbox = s.folder("inbox");
  auto w = took_effect(s.write(create_items{inbox, {{m, operation_mark("pair/1/2")}}}));
  auto truth = s.item("created");
  CHECK(w.id.value == truth.at("id"));
  CHECK(w.key.value == truth.at("change_key"));
  CHECK(truth.at("folder") == "inbox");
  CHECK(truth.at("class") == "IPM.Note");
  CHECK(truth.at("read") == (draft ? truth.at("read").get<bool>() : read));
  CHECK(truth.at("draft") == draft);
  CHECK(truth.at("message_id") == "<created@elsewhere.example>");
  CHECK(truth.at("received").get<std::string>().substr(0, 16) == "2026-01-03T09:00");
  CHECK(truth.at("sent").get<std::string>().substr(0, 16) == "2026-01-03T08:00");
  auto found = s.with_mark("inbox", "pair/1/2");
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == w.id);
  CHECK(s.with_mark("inbox", "pair/1/3").empty());
  CHECK(s.with_mark("inbox", "pair/1").empty());
}

TEST_CASE("A mail that is carried from one version to the other has the same contents there") {
  bool to_new = GENERATE(true, false);
  quiet_stage from(to_new ? "old" : "new"), to(to_new ? "new" : "old");
  from.control({{"do", "seed_messages"}, {"count", 80}, {"seed", 11}});
  auto inbox = to.folder("inbox");
  for (auto& truth : from.contents()) {
    auto f = from.fetch(item_id(truth.at("id").get<std::string>()));
    auto w = took_effect(to.write(create_items{inbox, {{f.item, operation_mark("m")}}}));
    auto there = to.read(w.id);
    INFO(truth.dump());
    CHECK(there.draft == f.at.draft);
    if (!f.at.draft) CHECK(there.read == f.at.read);
    auto without_sizes = [](content c) {
      std::erase_if(c.fields, [](auto& v) { return tells_of_attachments(v.field); });
      return c.fields;
    };
    auto a = without_sizes(f.at), b = without_sizes(there);
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      INFO("field " << static_cast<int>(a[i].field));
      CHECK(a[i].field == b[i].field);
      CHECK(a[i].value == b[i].value);
    }
  }
}

TEST_CASE("Each field is updated alone, under its guard, and nothing else changes") {
  quiet_stage s(both());
  auto can = s.ask<settable>(ask_settable{});
  REQUIRE_FALSE(can.on_mail.empty());
  // Values of another mail, so that each is one that this server writes itself.
  s.deliver("plain");
  s.deliver("model");
  s.control({{"do", "user_edit"},
             {"item", {{"subject", "model"}}},
             {"subject", "other subject"},
             {"body", "other body"},
             {"categories", {"Blue", "Red"}},
             {"importance", "High"},
             {"sensitivity", "Private"},
             {"flag", {{"status", "Flagged"}, {"start", "2026-02-01T00:00:00Z"}, {"due", "2026-02-02T00:00:00Z"}}}});
  auto model = s.read(item_id(s.item("other subject").at("id").get<std::string>()));
  item_id id(s.item("plain").at("id").get<std::string>());
  for (auto which : can.on_mail) {
    auto value = std::ranges::find(model.fields, which, &field_value::field);
    if (value == model.fields.end()) continue;
    auto before = s.read(id);
    INFO("field " << static_cast<int>(which));
    auto w = took_effect(s.write(update_items{{{id, before.key, {*value}}}}));
    CHECK(w.id == id);
    auto after = s.read(id);
    CHECK(after.key == w.key);
    CHECK(after.key != before.key);
    CHECK(after.read == before.read);
    std::erase_if(before.fields, [&](auto& f) { return f.field == which; });
    auto changed = std::ranges::find(after.fields, which, &field_value::field);
    REQUIRE(changed != after.fields.end());
    CHECK(changed->value == value->value);
    std::erase_if(after.fields, [&](auto& f) { return f.field == which; });
    CHECK(after.fields == before.fields);
    // And back to nothing, where it can be nothing.
    if (which == field::subject || which == field::body) continue;
    took_effect(s.write(update_items{{{id, w.key, {{which, ""}}}}}));
    auto cleared = s.read(id);
    auto left = std::ranges::find(cleared.fields, which, &field_value::field);
    CHECK((left == cleared.fields.end() || left->value.empty()));
  }
}

TEST_CASE("A draft's recipients can be updated; a received mail's cannot, and that is refused by name") {
  quiet_stage s(both());
  auto can = s.ask<settable>(ask_settable{});
  REQUIRE(std::ranges::count(can.on_draft, field::to) == 1);
  auto m = mail("draft");
  m.draft = true;
  auto w = took_effect(s.write(create_items{s.folder("drafts"), {{m, operation_mark("d")}}}));
  auto model_mail = mail("model");
  model_mail.draft = true;
  model_mail.mime_base64 =
      base64("From: ann@here.example\r\nTo: \"Carl, C.\" <carl@elsewhere.example>, dora@elsewhere.example\r\n"
             "Subject: model\r\nContent-Type: text/plain\r\n\r\nx\r\n");
  auto model = s.read(took_effect(s.write(create_items{s.folder("drafts"), {{model_mail, operation_mark("e")}}})).id);
  auto to = *std::ranges::find(model.fields, field::to, &field_value::field);
  auto then = took_effect(s.write(update_items{{{w.id, w.key, {to}}}}));
  auto after = s.read(w.id);
  CHECK(after.key == then.key);
  CHECK(std::ranges::find(after.fields, field::to, &field_value::field)->value == to.value);
  CHECK(after.draft);

  auto received = s.deliver("received");
  auto o = s.write(update_items{{{received, s.read(received).key, {to}}}});
  REQUIRE(std::holds_alternative<refused>(o));
  CHECK(std::get<refused>(o).why.reach == reach::item);
}

TEST_CASE("An edit that the server has and we have not seen is never overwritten") {
  quiet_stage s(both());
  auto id = s.deliver("theirs");
  auto seen = s.read(id);
  s.control({{"do", "user_edit"}, {"item", {{"subject", "theirs"}}}, {"categories", {"Theirs"}}});
  auto o = s.write(update_items{{{id, seen.key, {{field::categories, "Ours"}}}}});
  CHECK(std::holds_alternative<stale>(o));
  CHECK(s.item("theirs").at("categories") == json{"Theirs"});
}

TEST_CASE("A batch of updates answers each item in order") {
  quiet_stage s(both());
  auto a = s.deliver("a"), b = s.deliver("b"), c = s.deliver("c"), d = s.deliver("d");
  auto key = [&](const item_id& id) { return s.read(id).key; };
  auto ka = key(a), kb = key(b), kc = key(c), kd = key(d);
  s.control({{"do", "user_edit"}, {"item", {{"subject", "b"}}}, {"importance", "Low"}});
  s.control({{"do", "user_purge"}, {"item", {{"subject", "c"}}}});
  auto done = s.ask<write_done>(update_items{{{a, ka, {{field::categories, "X"}}},
                                              {b, kb, {{field::categories, "X"}}},
                                              {c, kc, {{field::categories, "X"}}},
                                              {d, kd, {{field::categories, "X"}}}}});
  REQUIRE(done.outcomes.size() == 4);
  CHECK(took_effect(done.outcomes[0]).id == a);
  CHECK(std::holds_alternative<stale>(done.outcomes[1]));
  CHECK(std::holds_alternative<gone>(done.outcomes[2]));
  CHECK(took_effect(done.outcomes[3]).id == d);
  CHECK(s.item("d").at("categories").size() == 1);
}

TEST_CASE("Marking as read answers no read receipt, and moves no change key") {
  quiet_stage s(both());
  auto w = took_effect(s.write(create_items{s.folder("inbox"), {{mail("receipt"), operation_mark("r")}}}));
  auto plain = s.deliver("plain");
  auto key = s.item("plain").at("change_key");
  auto done = s.ask<write_done>(set_read_states{{{w.id, true}, {plain, true}}});
  REQUIRE(done.outcomes.size() == 2);
  took_effect(done.outcomes[0]);
  CHECK(took_effect(done.outcomes[1]).key.value == key);
  CHECK(s.item("receipt").at("read") == true);
  CHECK(s.item("plain").at("read") == true);
  CHECK(s.item("plain").at("change_key") == key);
  CHECK(s.mails_out() == 0);
  // Again, and back.
  done = s.ask<write_done>(set_read_states{{{w.id, true}, {plain, false}}});
  took_effect(done.outcomes[0]);
  took_effect(done.outcomes[1]);
  CHECK(s.item("plain").at("read") == false);
  // The user's own later reading sends nothing either: the receipt is gone, not put off.
  s.control({{"do", "user_mark_read"}, {"item", {{"subject", "receipt"}}}, {"read", false}});
  s.control({{"do", "user_mark_read"}, {"item", {{"subject", "receipt"}}}, {"read", true}});
  CHECK(s.mails_out() == 0);
}

TEST_CASE("Moving gives a new id and keeps the rest; removing puts a mail where its user finds it, without a receipt") {
  quiet_stage s(both());
  s.control({{"do", "add_folder"}, {"path", "inbox/Projects"}});
  auto w = took_effect(s.write(create_items{s.folder("inbox"), {{mail("travels"), operation_mark("t")}}}));
  auto search_key = s.item("travels").at("search_key");
  auto moved = took_effect(s.write(move_items{s.folder("inbox/Projects"), {w.id}}));
  CHECK(moved.id != w.id);
  CHECK(moved.id.value == s.item("travels").at("id"));
  CHECK(s.item("travels").at("folder") == "inbox/Projects");
  CHECK(s.item("travels").at("search_key") == search_key);
  CHECK(s.with_mark("inbox/Projects", "t").size() == 1);
  CHECK(std::holds_alternative<gone>(s.write(move_items{s.folder("inbox"), {w.id}})));

  auto other = s.deliver("goes too");
  auto done = s.ask<write_done>(remove_items{{moved.id, w.id, other}});
  REQUIRE(done.outcomes.size() == 3);
  CHECK(took_effect(done.outcomes[0]).id.value == s.item("travels").at("id"));
  CHECK(std::holds_alternative<gone>(done.outcomes[1]));
  CHECK(took_effect(done.outcomes[2]).id.value == s.item("goes too").at("id"));
  CHECK(s.item("travels").at("folder") == "deleteditems");
  CHECK(s.item("goes too").at("folder") == "deleteditems");
  CHECK(s.mails_out() == 0);
}

TEST_CASE("Leases are written at folders of every class, read with them, guarded by their keys, and taken away") {
  quiet_stage s(both());
  for (const std::string path : {"inbox", "calendar", "contacts", "tasks"}) {
    INFO(path);
    const auto found = [&] {
      return std::get<folder_state>(std::get<0>(s.ask<folders_found>(find_folders{{path}}).outcome).at(0));
    };
    const auto before = found();
    CHECK(before.leases.empty());
    CHECK(before.read_at);
    const auto write = [&](const change_key& key, const std::string& text) {
      return s.ask<leases_written>(write_leases{{{before.id, key, before.folder_class, text}}}).outcomes.at(0);
    };
    const auto first = write(before.key, "1 a b c 0 60 host");
    REQUIRE(std::holds_alternative<folder_state>(first));
    CHECK(found().leases == "1 a b c 0 60 host");
    CHECK(found().key == std::get<folder_state>(first).key);
    CHECK(std::holds_alternative<stale>(write(before.key, "1 d e f 0 60 host")));
    const auto read = s.ask<leases_read>(read_leases{{before.id}});
    CHECK(std::get<folder_state>(std::get<0>(read.outcome).at(0)).leases == "1 a b c 0 60 host");
    CHECK(std::holds_alternative<folder_state>(write(found().key, "")));
    CHECK(found().leases.empty());
  }
  CHECK(s.mails_out() == 0);
}

TEST_CASE("Many mails go in batches, each answered in order") {
  quiet_stage s(both());
  create_items c{s.folder("inbox"), {}};
  for (int i = 0; i < 60; ++i)
    c.items.emplace_back(mail("batch" + std::to_string(i)), operation_mark("b/" + std::to_string(i)));
  auto done = s.ask<write_done>(c);
  REQUIRE(done.outcomes.size() == 60);
  for (int i = 0; i < 60; ++i)
    CHECK(took_effect(done.outcomes[i]).id.value == s.item("batch" + std::to_string(i)).at("id"));
  CHECK(s.contents("inbox").size() == 60);
  CHECK(s.requests("CreateItem") > 1);
  CHECK(s.requests("CreateItem") < 60);
}

TEST_CASE("A mail too large for the server is refused, and the others of its batch are created") {
  quiet_stage s(both());
  s.control({{"do", "set_limits"}, {"server", s.server}, {"request_bytes", 200'000}});
  auto big = mail("big");
  big.mime_base64 = base64("From: a@b.example\r\nSubject: big\r\nContent-Type: text/plain\r\n\r\n" +
                           std::string(300'000, 'x') + "\r\n");
  auto done = s.ask<write_done>(create_items{
      s.folder("inbox"),
      {{mail("before"), operation_mark("1")}, {big, operation_mark("2")}, {mail("after"), operation_mark("3")}}});
  REQUIRE(done.outcomes.size() == 3);
  took_effect(done.outcomes[0]);
  REQUIRE(std::holds_alternative<refused>(done.outcomes[1]));
  CHECK(std::get<refused>(done.outcomes[1]).why.reach == reach::item);
  took_effect(done.outcomes[2]);
  CHECK(s.contents("inbox").size() == 2);
}
