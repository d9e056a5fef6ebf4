#include "tests/actors/scenario.hpp"

#include "storage/store.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <utility>

// What lists and reads tell of attachments are hints: ids, sizes, times. What is in them decides.
using namespace exsyncd;
using namespace exsyncd::testing;

namespace {

using kind = enum fault::kind;

constexpr item_class classes[] = {item_class::message, item_class::contact, item_class::task, item_class::appointment};

item_id on(const virtual_world& w, side s, const std::string& folder = "inbox") {
  return w.mailbox(s).find(folder, id_of("m"));
}

std::vector<std::string> files(const virtual_world& w, const std::set<std::string>& expected) {
  std::vector<std::string> wrong;
  for (const auto s : both_sides) {
    const auto found = mails(w, s, id_of("m"));
    const std::string name = s == side::primary ? "primary" : "replica";
    if (found.size() != 1) {
      wrong.push_back(name + " holds " + std::to_string(found.size()));
      continue;
    }
    if (found.front().attachments == expected) continue;
    for (const auto& file : found.front().attachments)
      wrong.push_back(name + " has " + file);
  }
  return wrong;
}

std::size_t conflicts(const virtual_world& w) {
  std::size_t found = 0;
  w.look_at_disk([&](const store& s) { found = s.conflicts(pair_id{w.settings().name}, 100).size(); });
  return found;
}

/// An item that both sides have, on servers that tell sizes or not.
outer_world in_step(item_class of, both<bool> sizes, std::vector<std::string> folders = {"inbox"}) {
  outer_world before(settings_for(folders, {}));
  for (const auto s : both_sides) {
    if (!sizes[s])
      before.mailboxes[s].normalise = [](field f, const std::string& v) {
        return f == field::attachment_sizes ? std::string() : v;
      };
    before.mailboxes[s].tells_when_attached = false;
  }
  before.mailboxes.primary.user_create("inbox", item_named("m", of));
  virtual_world w(before);
  w.run();
  REQUIRE(w.violations.empty());
  return w.snapshot();
}

} // namespace

TEST_CASE("a file put in place of one of the same name goes over, where the server tells neither size nor time") {
  for (const auto of : classes)
    for (const auto s : both_sides)
      for (const bool sizes : {true, false}) {
        INFO(static_cast<int>(of) << (s == side::primary ? " primary" : " replica") << (sizes ? " sizes" : ""));
        both<bool> tells{sizes, sizes};
        virtual_world w(in_step(of, tells));
        w.mailbox(s).user_attach(on(w, s), "file", "BYTES OF m");
        w.run();
        CHECK(files(w, {"file=BYTES OF m"}).empty());
        CHECK(conflicts(w) == 0);
        const auto writes = w.writes;
        w.run();
        CHECK(w.writes == writes);
      }
}

TEST_CASE("a move, which gives attachments other ids, carries the move alone") {
  for (const auto of : classes)
    for (const bool sizes : {true, false}) {
      INFO(static_cast<int>(of) << (sizes ? " sizes" : ""));
      virtual_world w(in_step(of, {sizes, sizes}, {"inbox", "inbox/other"}));
      w.mailbox(side::replica).user_move(on(w, side::replica), "inbox/other");
      w.run();
      CHECK(w.writes == 1);
      CHECK(files(w, {"file=bytes of m"}).empty());
      CHECK(on(w, side::primary, "inbox/other") != item_id{});
    }
}

TEST_CASE("of two files put in place of one, the primary's stays and the other is listed") {
  for (const auto of : classes) {
    virtual_world w(in_step(of, {false, false}));
    w.mailbox(side::primary).user_attach(on(w, side::primary), "file", "BYTES of P");
    w.mailbox(side::replica).user_attach(on(w, side::replica), "file", "BYTES of R");
    w.run();
    CHECK(files(w, {"file=BYTES of P"}).empty());
    CHECK(conflicts(w) == 1);
  }
}

TEST_CASE("a file put in place of another is listed where the other side's user has taken it away") {
  for (const auto of : classes) {
    virtual_world w(in_step(of, {false, false}));
    w.mailbox(side::primary).user_detach(on(w, side::primary), "file");
    w.mailbox(side::replica).user_attach(on(w, side::replica), "file", "BYTES of R");
    w.run();
    CHECK(files(w, {}).empty());
    CHECK(conflicts(w) == 1);
    CHECK(w.violations.empty());
  }
}

TEST_CASE("a file put in place of one whose writing was not answered goes over as well") {
  for (const auto of : {item_class::contact, item_class::task, item_class::appointment})
    for (const auto s : both_sides)
      for (const auto lost : {kind::answer_lost_after, kind::halfway}) {
        outer_world before = in_step(of, {false, false});
        auto& box = before.mailboxes[s];
        box.user_detach(box.find("inbox", id_of("m")), "file");
        virtual_world w(before);
        w.run();
        w.mailbox(s).user_attach(on(w, s), "file", "first");
        w.mailbox(s).user_edit(on(w, s), field::categories, "red");
        bool done = false;
        w.before_call = [&](virtual_world&, const mailbox_call& call, std::uint64_t) {
          const bool this_one = call.side == other(s) && call.name == "update_items" && !std::exchange(done, true);
          return this_one ? fault{lost} : fault{};
        };
        w.after_call = [&, replaced = false](virtual_world& now, const mailbox_call& call, std::uint64_t) mutable {
          if (call.side == other(s) && call.name == "update_items" && !std::exchange(replaced, true))
            now.mailbox(s).user_attach(on(now, s), "file", "other");
        };
        w.run();
        w.run();
        REQUIRE(done);
        CHECK(files(w, {"file=other"}).empty());
      }
}

TEST_CASE("what a user changes of our copy before we have read it is carried back") {
  struct change {
    const char* what;
    std::function<void(model_mailbox&, const item_id&)> make;
    std::function<bool(const seen_mail&)> there;
  };
  const change changes[] = {
      {"the file", [](model_mailbox& m, const item_id& i) { m.user_attach(i, "file", "BYTES OF m"); },
       [](const seen_mail& m) { return m.attachments == std::set<std::string>{"file=BYTES OF m"}; }},
      {"the body", [](model_mailbox& m, const item_id& i) { m.user_edit(i, field::body, "Text\nother words"); },
       [](const seen_mail& m) { return m.body == "Text\nother words"; }},
  };
  for (const auto& c : changes)
    for (const bool draft : {false, true})
      for (const bool answered : {true, false})
        for (const char* before : {"read_content", "list_changes"}) {
          INFO(c.what << (draft ? ", a draft" : "") << (answered ? "" : ", unanswered") << ", before " << before);
          outer_world world(settings_for({"inbox"}, {}));
          auto m = item_named("m", item_class::message);
          m.draft = draft;
          m.body = "Text\nwords";
          world.mailboxes.primary.user_create("inbox", m);
          for (auto s : both_sides)
            world.mailboxes[s].settable_on_draft = {field::to, field::cc, field::bcc};
          virtual_world w(world);
          bool made = false, done = false;
          w.before_call = [&](virtual_world& now, const mailbox_call& call, std::uint64_t) {
            if (call.side != side::replica) return fault{};
            if (made && !done && call.name == before) {
              done = true;
              c.make(now.mailbox(side::replica), on(now, side::replica));
            }
            if (call.name == "create_items" && !std::exchange(made, true) && !answered)
              return fault{kind::answer_lost_after};
            return fault{};
          };
          w.run();
          w.run();
          REQUIRE(done);
          for (const auto s : both_sides) {
            const auto found = mails(w, s, id_of("m"));
            REQUIRE(found.size() == 1);
            CHECK(c.there(found.front()));
          }
          CHECK(conflicts(w) == 0);
        }
}

TEST_CASE("a round that has made an item ends with a list of it, also where what is attached to it is refused") {
  outer_world before(settings_for({"inbox"}, {}));
  before.mailboxes.primary.user_create("inbox", item_named("m", item_class::contact));
  before.mailboxes.replica.refuses_values = {"file\n"};
  virtual_world w(before);
  w.round();
  std::vector<twin> found;
  w.look_at_disk([&](const store& s) { found = s.in_trouble(pair_id{w.settings().name}); });
  REQUIRE(found.size() == 1);
  CHECK(found.front().trouble->banned);
  CHECK(!is_unlisted(found.front(), side::replica));
}
