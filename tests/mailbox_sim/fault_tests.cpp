#include "tests/mailbox_sim/sim_stage.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <map>

using namespace exsyncd;
using namespace tests;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

std::string both() {
  return GENERATE(as<std::string>{}, "old", "new");
}

// ---- what a read makes of each fault
// ---------------------------------------------------------------------------------

struct read_row {
  json fault;
  std::string code;
  enum retry retry = retry::later;
  /// How long the server is left alone after it: at least so long until the next answer.
  std::chrono::milliseconds rest{0};
};

std::vector<read_row> read_rows() {
  return {
      {{{"what", "http_status"}, {"status", 503}}, "HTTP 503", retry::later, 60s},
      {{{"what", "http_status"}, {"status", 503}, {"retry_after", 20}}, "HTTP 503", retry::later, 20s},
      {{{"what", "http_status"}, {"status", 429}, {"retry_after", 20}}, "HTTP 429", retry::later, 20s},
      {{{"what", "http_status"}, {"status", 401}}, "HTTP 401", retry::later, 60s},
      {{{"what", "http_status"}, {"status", 302}, {"location", "/owa/genericerrorpage.htm"}},
       "HTTP 302",
       retry::later,
       60s},
      {{{"what", "http_status"}, {"status", 302}, {"location", "https://other.example/"}},
       "HTTP 302",
       retry::after_change},
      {{{"what", "http_status"}, {"status", 403}}, "HTTP 403", retry::after_change},
      {{{"what", "http_status"}, {"status", 500}}, "HTTP 500"},
      {{{"what", "html_page"}}, "protocol"},
      {{{"what", "html_page"}, {"status", 500}}, "HTTP 500"},
      {{{"what", "soap_fault"}, {"code", "ErrorMailboxMoveInProgress"}}, "ErrorMailboxMoveInProgress"},
      {{{"what", "soap_fault"}, {"code", "ErrorMailboxMoveInProgress"}, {"status", 200}}, "ErrorMailboxMoveInProgress"},
      {{{"what", "soap_fault"}, {"code", "ErrorNobodyKnows"}}, "ErrorNobodyKnows", retry::after_change},
      {{{"what", "busy_fault"}, {"back_off_milliseconds", 20'000}}, "ErrorServerBusy", retry::later, 20s},
      {{{"what", "busy_fault"}, {"back_off_milliseconds", 20'000}, {"status", 200}},
       "ErrorServerBusy",
       retry::later,
       20s},
      {{{"what", "ok_with_inner_busy"}}, "ErrorServerBusy", retry::later, 60s},
      {{{"what", "response_error"}, {"code", "ErrorInternalServerTransientError"}},
       "ErrorInternalServerTransientError"},
      {{{"what", "response_error"}, {"code", "ErrorTimeoutExpired"}}, "ErrorTimeoutExpired"},
      {{{"what", "response_error"}, {"code", "ErrorMailboxStoreUnavailable"}}, "ErrorMailboxStoreUnavailable"},
      {{{"what", "close_before_acting"}}, "cut"},
      {{{"what", "close_after_acting"}}, "cut"},
      {{{"what", "cut_at"}, {"bytes", 300}}, "cut"},
      {{{"what", "truncated_data"}}, "protocol"},
      {{{"what", "garbage_xml"}}, "protocol"},
      {{{"what", "delay"}, {"milliseconds", 700'000}}, "timeout"},
  };
}

} // namespace

TEST_CASE("Each fault of a read is a failure with a name, and the next read succeeds once the server had its rest") {
  auto name = both();
  auto reads_content = GENERATE(false, true);
  for (auto& row : read_rows()) {
    sim_stage s(name, mailbox_access::direct, schemas::unchecked);
    INFO(row.fault.dump());
    auto id = s.deliver("one");
    auto inbox = s.folder("inbox");
    auto operation = reads_content ? "GetItem" : "SyncFolderItems";
    s.fault(row.fault, operation);
    auto outcome = [&]() -> std::optional<failure> {
      if (!reads_content) {
        auto answer = s.ask<changes_listed>(list_changes{inbox, {}}).outcome;
        if (auto* f = std::get_if<failure>(&answer)) return *f;
        CHECK(std::get<change_page>(answer).changes.size() == 1);
        return std::nullopt;
      }
      auto answer = s.ask<content_read>(read_content{{id}}).outcome;
      if (auto* f = std::get_if<failure>(&answer)) return *f;
      auto& item = std::get<std::vector<content_outcome>>(answer).at(0);
      if (auto* f = std::get_if<failure>(&item)) return *f;
      CHECK(std::holds_alternative<content>(item));
      return std::nullopt;
    };
    auto f = outcome();
    auto failed_at = s.scheduler.clock().now();
    // What may be for one item of a page is asked for again at once, by smaller pages, which pass; not where the server
    // wants rest, or has sent us elsewhere.
    if (!reads_content && !f) {
      CHECK(row.rest == 0ms);
      CHECK(row.code != "HTTP 302");
      CHECK(s.requests(operation) > 1);
      continue;
    }
    REQUIRE(f);
    CHECK(f->code == row.code);
    CHECK(f->retry == row.retry);
    CHECK(s.requests(operation) == 1);
    CHECK_FALSE(outcome());
    CHECK(s.scheduler.clock().now() - failed_at >= row.rest);
    if (row.rest == 0ms) CHECK(s.scheduler.clock().now() - failed_at < 1s);
  }
}

TEST_CASE("An error of one item of a read is that item's; the others are read") {
  sim_stage s(both());
  std::vector<item_id> ids{s.deliver("a"), s.deliver("b"), s.deliver("c")};
  s.fault({{"what", "response_error"}, {"code", "ErrorItemCorrupt"}, {"item", {{"subject", "b"}}}, {"always", true}});
  auto read = std::get<std::vector<content_outcome>>(s.ask<content_read>(read_content{ids}).outcome);
  CHECK(std::holds_alternative<content>(read.at(0)));
  CHECK(std::get<failure>(read.at(1)).code == "ErrorItemCorrupt");
  CHECK(std::get<failure>(read.at(1)).reach == reach::item);
  CHECK(std::get<failure>(read.at(1)).retry == retry::never);
  CHECK(std::holds_alternative<content>(read.at(2)));
}

// ---- what a write makes of each fault
// --------------------------------------------------------------------------------

namespace {

struct write_row {
  json fault;
  std::string outcome, code;
  /// Whether the server acts: at once, never, or at commit_now.
  enum { no, yes, later } acts = no;
};

/// An answer that is whole ends the request, whatever it says: the mailbox looks for what it was to make before it says
/// `not_done`. Only where the answer is missing or broken off may the server still act.
std::vector<write_row> write_rows() {
  using r = write_row;
  return {
      {{{"what", "http_status"}, {"status", 503}}, "unknown", "HTTP 503"},
      {{{"what", "http_status"}, {"status", 500}}, "not_done", "HTTP 500"},
      {{{"what", "http_status"}, {"status", 429}, {"retry_after", 20}}, "not_done", "HTTP 429"},
      {{{"what", "http_status"}, {"status", 401}}, "not_done", "HTTP 401"},
      {{{"what", "http_status"}, {"status", 403}}, "not_done", "HTTP 403"},
      {{{"what", "http_status"}, {"status", 302}, {"location", "/owa/genericerrorpage.htm"}}, "not_done", "HTTP 302"},
      {{{"what", "http_status"}, {"status", 413}}, "refused", "HTTP 413"},
      {{{"what", "http_status"}, {"status", 507}}, "refused", "HTTP 507"},
      {{{"what", "html_page"}}, "not_done", "protocol"},
      {{{"what", "html_page"}, {"status", 500}}, "not_done", "HTTP 500"},
      {{{"what", "soap_fault"}, {"code", "ErrorMailboxMoveInProgress"}}, "not_done", "ErrorMailboxMoveInProgress"},
      {{{"what", "soap_fault"}, {"code", "ErrorInternalServerError"}}, "not_done", "ErrorInternalServerError"},
      {{{"what", "busy_fault"}, {"back_off_milliseconds", 20'000}}, "not_done", "ErrorServerBusy"},
      {{{"what", "busy_fault"}, {"back_off_milliseconds", 20'000}, {"status", 200}}, "not_done", "ErrorServerBusy"},
      {{{"what", "ok_with_inner_busy"}}, "not_done", "ErrorServerBusy"},
      {{{"what", "response_error"}, {"code", "ErrorItemNotFound"}}, "gone", ""},
      {{{"what", "response_error"}, {"code", "ErrorIrresolvableConflict"}}, "stale", ""},
      {{{"what", "response_error"}, {"code", "ErrorItemCorrupt"}}, "refused", "ErrorItemCorrupt"},
      {{{"what", "response_error"}, {"code", "ErrorAccessDenied"}}, "refused", "ErrorAccessDenied"},
      {{{"what", "response_error"}, {"code", "ErrorQuotaExceeded"}}, "not_done", "ErrorQuotaExceeded"},
      {{{"what", "response_error"}, {"code", "ErrorBatchProcessingStopped"}},
       "not_done",
       "ErrorBatchProcessingStopped"},
      {{{"what", "response_error"}, {"code", "ErrorTimeoutExpired"}}, "unknown", "ErrorTimeoutExpired"},
      {{{"what", "response_error"}, {"code", "ErrorNobodyKnows"}}, "refused", "ErrorNobodyKnows"},
      {{{"what", "close_before_acting"}}, "unknown", "cut"},
      {{{"what", "close_after_acting"}}, "unknown", "cut", r::yes},
      {{{"what", "cut_at"}, {"bytes", 300}}, "unknown", "cut", r::yes},
      {{{"what", "truncated_data"}}, "unknown", "protocol", r::yes},
      {{{"what", "garbage_xml"}}, "unknown", "protocol", r::yes},
      {{{"what", "delay"}, {"milliseconds", 700'000}}, "unknown", "timeout", r::yes},
      {{{"what", "commit_later"}}, "unknown", "cut", r::later},
  };
}

std::pair<std::string, std::string> told(const write_outcome& o) {
  struct names {
    std::pair<std::string, std::string> operator()(const written&) { return {"written", ""}; }
    std::pair<std::string, std::string> operator()(const stale&) { return {"stale", ""}; }
    std::pair<std::string, std::string> operator()(const gone&) { return {"gone", ""}; }
    std::pair<std::string, std::string> operator()(const refused& r) { return {"refused", r.why.code}; }
    std::pair<std::string, std::string> operator()(const not_done& r) { return {"not_done", r.why.code}; }
    std::pair<std::string, std::string> operator()(const unknown& r) { return {"unknown", r.why.code}; }
  };
  return std::visit(names{}, o);
}

/// A write of one item, and whether the server shows its effect.
struct write_case {
  std::string name, operation;
  std::function<write_outcome(sim_stage&)> act;
  std::function<bool(sim_stage&)> done;
};

std::string folder_of(sim_stage& s, const std::string& subject) {
  return s.item(subject).at("folder");
}

item_id id_of(sim_stage& s, const std::string& subject) {
  return item_id(s.item(subject).at("id").get<std::string>());
}

carried_item new_mail() {
  carried_item m;
  m.mime_base64 = base64("From: bob@elsewhere.example\r\nTo: ann@here.example\r\nSubject: created\r\n"
                         "Content-Type: text/plain\r\n\r\nx\r\n");
  m.item_class_name = "IPM.Note";
  m.read = true;
  return m;
}

std::vector<write_case> writes() {
  return {
      {"create", "CreateItem",
       [](sim_stage& s) {
         return s.write(create_items{s.folder("inbox"), {{new_mail(), operation_mark("m")}}});
       },
       [](sim_stage& s) { return s.contents("inbox").size() == 2; }},
      {"update", "UpdateItem",
       [](sim_stage& s) {
         change_key key(s.item("one").at("change_key").get<std::string>());
         return s.write(update_items{{{id_of(s, "one"), key, {{field::categories, "X"}}}}});
       },
       [](sim_stage& s) { return s.item("one").at("categories").size() == 1; }},
      {"read state", "UpdateItem",
       [](sim_stage& s) {
         return s.write(set_read_states{{{id_of(s, "one"), true}}});
       },
       [](sim_stage& s) { return s.item("one").at("read").get<bool>(); }},
      {"move", "MoveItem",
       [](sim_stage& s) {
         return s.write(move_items{s.folder("sentitems"), {id_of(s, "one")}});
       },
       [](sim_stage& s) { return folder_of(s, "one") == "sentitems"; }},
      {"remove", "MoveItem", [](sim_stage& s) { return s.write(remove_items{{id_of(s, "one")}}); },
       [](sim_stage& s) { return folder_of(s, "one") == "deleteditems"; }},
  };
}

} // namespace

TEST_CASE("Each fault of a write has the outcome that is true, and no write is sent twice") {
  auto name = both();
  for (auto& w : writes())
    for (auto& row : write_rows()) {
      // Each begins anew, so that no rest of the one before is in the way; compiling the schemas would take the time.
      sim_stage s(name, mailbox_access::direct, schemas::unchecked);
      INFO(w.name << " on " << name << ": " << row.fault.dump());
      s.deliver("one");
      s.folder("inbox"); // the password has worked
      s.fault(row.fault, w.operation);
      auto outcome = told(w.act(s));
      // Setting a read state twice does no harm: what was answered with rubbish is simply done again.
      const bool again = w.name == "read state" && row.outcome == "unknown" && row.code == "protocol";
      // What was created is found by its mark, so that the outcome is known all the same.
      const bool found = w.name == "create" && row.outcome == "unknown" && row.code == "protocol";
      // It names no item that could be gone.
      const bool nothing_named = w.name == "create" && row.outcome == "gone";
      CHECK(outcome.first == (again || nothing_named ? "not_done" : found ? "written" : row.outcome));
      CHECK(outcome.second == (found ? "" : nothing_named ? "ErrorItemNotFound" : row.code));
      CHECK(s.requests(w.operation) == 1);
      CHECK(w.done(s) == (row.acts == write_row::yes));
      if (row.acts == write_row::later) {
        s.control({{"do", "commit_now"}});
        CHECK(w.done(s));
      }
      CHECK(s.mails_out() == 0);
    }
}

TEST_CASE("Without a fault each of these writes is done") {
  auto name = both();
  for (auto& w : writes()) {
    sim_stage s(name);
    INFO(w.name);
    s.deliver("one");
    CHECK(told(w.act(s)).first == "written");
    CHECK(w.done(s));
  }
}

TEST_CASE("One refused item among others is refused by itself") {
  sim_stage s(both());
  std::vector<item_id> ids{s.deliver("a"), s.deliver("b"), s.deliver("c")};
  s.fault({{"what", "response_error"}, {"code", "ErrorItemCorrupt"}, {"item", {{"subject", "b"}}}, {"always", true}});
  auto done = s.ask<write_done>(move_items{s.folder("sentitems"), ids});
  REQUIRE(done.outcomes.size() == 3);
  CHECK(told(done.outcomes[0]).first == "written");
  CHECK(told(done.outcomes[1]) == std::pair<std::string, std::string>{"refused", "ErrorItemCorrupt"});
  CHECK(told(done.outcomes[2]).first == "written");
}

TEST_CASE("A lost answer of a batch leaves every item of its request unknown, and those of no other") {
  sim_stage s(both());
  std::vector<item_id> ids;
  for (int i = 0; i < 250; ++i)
    ids.push_back(s.deliver("m" + std::to_string(i)));
  auto to = s.folder("sentitems");
  s.fault({{"what", "close_after_acting"}, {"item", {{"subject", "m0"}}}}, "MoveItem");
  auto done = s.ask<write_done>(move_items{to, ids});
  REQUIRE(done.outcomes.size() == 250);
  std::map<std::string, std::size_t> by;
  for (auto& o : done.outcomes)
    ++by[told(o).first];
  CHECK(told(done.outcomes[0]).first == "unknown");
  // The server acted on exactly those of which that is not known; requests that were not sent are surely not done.
  CHECK(by["unknown"] < 250);
  CHECK(by["unknown"] + by["written"] + by["not_done"] == 250);
  CHECK(s.contents("sentitems").size() == by["unknown"] + by["written"]);
}

TEST_CASE("An alias as the address of an impersonated mailbox is replaced by the address that the server names") {
  sim_stage s(both(), mailbox_access::impersonation);
  auto id = std::get<mailbox_identity>(s.ask<identified>(identify{}).outcome);
  s.deliver("one");
  s.mailbox = s.spawn_for("ann.alias@" + s.server + ".example");
  CHECK(std::get<mailbox_identity>(s.ask<identified>(identify{}).outcome) == id);
  CHECK(std::get<change_page>(s.ask<changes_listed>(list_changes{s.folder("inbox"), {}}).outcome).changes.size() == 1);
  s.mailbox = s.spawn_for("nobody@" + s.server + ".example");
  auto f = std::get<failure>(s.ask<identified>(identify{}).outcome);
  CHECK(f.code == "ErrorNonExistentMailbox");
  CHECK(f.reach == reach::mailbox);
  CHECK(f.retry == retry::after_change);
}
