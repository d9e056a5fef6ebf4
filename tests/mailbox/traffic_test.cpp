#include "actors/ews/notifier.hpp"
#include "tests/mailbox/scripted_server.hpp"

#include <map>

using namespace exsyncd;
using namespace tests;

namespace {

/// A mailbox of a pair, and what its counter is told.
class counted_stage : public mailbox_stage {
public:
  explicit counted_stage(mailbox_store store = mailbox_store::mailbox) {
    counter_ = on_stage(system.spawn([this](traffic_counter::pointer) -> traffic_counter::behavior_type {
      return {[this](const count_traffic& m) { told.push_back(m); }};
    }));
    counted = on_stage(spawn_mailbox(system, {.url = "https://server/EWS/Exchange.asmx",
                                              .address = "ann@a.example",
                                              .store = store,
                                              .who = {"ann", "secret"},
                                              .ca_file = {},
                                              .limits = {},
                                              .version = "Exchange2016",
                                              .gateway = gateway,
                                              .counter = counter_,
                                              .payer = "jane/replica"}));
  }
  ~counted_stage() { empty(); }

  byte_count all() const {
    byte_count sum;
    for (const auto& m : told)
      sum += m.bytes;
    return sum;
  }
  std::map<std::string, byte_count> items() const {
    std::map<std::string, byte_count> sums;
    for (const auto& m : told)
      for (const auto& [id, bytes] : m.items)
        sums[id.value] += bytes;
    return sums;
  }

  std::vector<count_traffic> told;
  mailbox_actor counted;

private:
  traffic_counter counter_;
};

std::string mime(std::size_t bytes) {
  return "<t:MimeContent CharacterSet='UTF-8'>" + std::string(bytes, 'A') + "</t:MimeContent>";
}

} // namespace

TEST_CASE("What is read is counted, a large mail for itself and not for its neighbours") {
  counted_stage s;
  s.ask_of<items_fetched>(
      s.counted, fetch_items{{item_id("a"), item_id("b"), item_id("c")}, item_class::message},
      {answers("GetItem", {item("a", "k", mime(400)), item("b", "k", mime(1'000'000)), error("ErrorItemNotFound")})});
  REQUIRE(s.told.size() == 1);
  CHECK_FALSE(s.told[0].polling);
  CHECK(s.told[0].in_owa); // as its build says
  CHECK(s.told[0].payer == "jane/replica");
  const auto bytes = s.gateway_state().bytes;
  CHECK(s.all() == byte_count{bytes.sent, bytes.received});
  const auto items = s.items();
  CHECK(items.at("b").received > 990'000);
  CHECK(items.at("a").received < 2'000);
  CHECK(items.at("a").sent == items.at("b").sent);
  CHECK(items.at("a").total() + items.at("b").total() + items.at("c").total() <= s.all().total());
}

TEST_CASE("A new item is counted under the id that its server gave it") {
  counted_stage s;
  create_items mails;
  mails.folder = folder_id("f");
  for (const std::size_t size : {400, 200'000}) {
    carried_item mail;
    mail.mime_base64 = std::string(size, 'A');
    mail.read = true;
    mails.items.emplace_back(std::move(mail), operation_mark("p/" + std::to_string(size)));
  }
  s.ask_of<write_done>(s.counted, mails, {answers("CreateItem", {item("small", "k"), item("large", "k")})});
  const auto items = s.items();
  CHECK(items.size() == 2);
  CHECK(items.at("large").sent > 190'000);
  CHECK(items.at("small").sent < 10'000);
}

TEST_CASE("A request that fails is counted for what it asked about") {
  counted_stage s;
  s.ask_of<content_read>(s.counted, read_content{{item_id("a")}, item_class::message}, {status(500)});
  CHECK_FALSE(s.told.empty());
  CHECK(s.items().contains("a"));
  const auto bytes = s.gateway_state().bytes;
  CHECK(s.all() == byte_count{bytes.sent, bytes.received});
}

TEST_CASE("Lists are polling, and belong to no item") {
  counted_stage s;
  s.ask_of<changes_listed>(
      s.counted, list_changes{folder_id("f"), {}},
      {answers("SyncFolderItems",
               {success("<m:SyncState>s</m:SyncState><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>"
                        "<m:Changes/>")})});
  REQUIRE(s.told.size() == 1);
  CHECK(s.told[0].polling);
  CHECK(s.items().empty());
  CHECK(s.all().total() > 0);
}
