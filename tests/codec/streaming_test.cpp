#include "ews/codec/get_streaming_events.hpp"
#include "ews/codec/subscribe.hpp"
#include "ews/codec/unsubscribe.hpp"
#include "tests/support/ews_schema.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

using namespace exsyncd;
using namespace exsyncd::ews;

namespace {

std::string sample(const std::string& name) {
  std::ifstream file(std::filesystem::path(EWS_DATA_DIR) / "samples" / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// An envelope of the stream with this inside its one message.
std::string envelope(const std::string& inside, const std::string& cls = "Success",
                     const std::string& code = "NoError") {
  return "<?xml version='1.0' encoding='utf-8'?><s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'>"
         "<s:Header><t:ServerVersionInfo xmlns:t='t' MajorVersion='15' MinorVersion='1' MajorBuildNumber='2507'/>"
         "</s:Header><s:Body><m:GetStreamingEventsResponse xmlns:m='m' xmlns:t='t'><m:ResponseMessages>"
         "<m:GetStreamingEventsResponseMessage ResponseClass='" +
         cls + "'><m:ResponseCode>" + code + "</m:ResponseCode>" + inside +
         "</m:GetStreamingEventsResponseMessage></m:ResponseMessages></m:GetStreamingEventsResponse></s:Body>"
         "</s:Envelope>";
}
const std::string heartbeat = envelope("<m:ConnectionStatus>OK</m:ConnectionStatus>");
const std::string closed = envelope("<m:ConnectionStatus>Closed</m:ConnectionStatus>");
std::string notification(const std::string& prefix, const std::string& events) {
  return envelope("<m:Notifications><" + prefix + ":Notification><t:SubscriptionId>s1</t:SubscriptionId>" + events +
                  "</" + prefix + ":Notification></m:Notifications>");
}
std::string event(const std::string& name, const std::string& inside) {
  return "<t:" + name + "><t:TimeStamp>2026-01-05T08:00:00Z</t:TimeStamp>" + inside + "</t:" + name + ">";
}

std::vector<stream_part> read(const std::string& bytes, std::size_t piece) {
  stream_reader reader;
  std::vector<stream_part> all;
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    for (auto& part : reader.feed(std::string_view(bytes).substr(at, piece)).parts)
      all.push_back(std::move(part));
  return all;
}

} // namespace

TEST_CASE("the requests of streaming validate and say what was asked") {
  for (const std::string version : {"Exchange2010_SP2", "Exchange2013_SP1", "Exchange2016"}) {
    const request_context context{schema_version_of(version), version == "Exchange2016" ? "" : "jane@hq.example"};
    const auto all = {write(context, subscribe{{folder_id("f&1"), folder_id("f2")}}),
                      write(context, unsubscribe{subscription_id("s<1>")}),
                      write(context, get_streaming_events{{subscription_id("s<1>"), subscription_id("s2")}})};
    for (const auto& text : all) {
      INFO(text);
      if (test::have_schemas()) CHECK(test::schema_error(text, version).value_or("") == "");
    }
    CHECK(all.begin()[0].find("Id=\"f&amp;1\"") != std::string::npos);
    CHECK(all.begin()[2].find("<t:SubscriptionId>s&lt;1&gt;</t:SubscriptionId><t:SubscriptionId>s2<") !=
          std::string::npos);
    CHECK(all.begin()[2].find("<m:ConnectionTimeout>29</m:ConnectionTimeout>") != std::string::npos);
  }
}

TEST_CASE("one answer holds many envelopes, and each is read when its last byte has come, however it is cut") {
  const std::string between = GENERATE("", "\r\n", " \n\t");
  const std::string documents[] = {heartbeat,
                                   notification("m", event("NewMailEvent", "<t:ItemId Id='i'/>"
                                                                           "<t:ParentFolderId Id='f'/>")),
                                   heartbeat, closed};
  std::string bytes;
  std::vector<std::size_t> ends;
  for (const auto& d : documents) {
    bytes += d;
    ends.push_back(bytes.size());
    bytes += between;
  }
  for (std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{512}, bytes.size()}) {
    INFO(piece);
    const auto parts = read(bytes, piece);
    REQUIRE(parts.size() == 4);
    for (std::size_t i : {0, 2}) {
      const auto& m = std::get<stream_message>(parts[i]);
      CHECK((m.notifications.empty() && !m.error && m.bad.empty() && !m.closed));
    }
    CHECK(std::get<stream_message>(parts[1]).notifications.at(0).events.at(0).item == item_id("i"));
    CHECK(std::get<stream_message>(parts[3]).closed);
  }
  // Not a byte later.
  stream_reader reader;
  std::size_t seen = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const auto news = reader.feed(std::string_view(bytes).substr(at, 1));
    seen += news.parts.size();
    const auto complete = std::count_if(ends.begin(), ends.end(), [&](auto end) { return end <= at + 1; });
    REQUIRE(seen == static_cast<std::size_t>(complete));
    if (!news.parts.empty()) CHECK(news.server.value().build == 2507);
  }
}

TEST_CASE("every kind of event is read, with the ids from before a move, in either namespace") {
  const auto* prefix = GENERATE("m", "t");
  const std::string item = "<t:ItemId Id='i' ChangeKey='k'/><t:ParentFolderId Id='f' ChangeKey='k'/>";
  const std::string old = "<t:OldItemId Id='oi'/><t:OldParentFolderId Id='of'/>";
  const std::string bytes = notification(
      prefix, event("CopiedEvent", item + old) + event("CreatedEvent", item) + event("DeletedEvent", item) +
                  event("ModifiedEvent", item) + event("MovedEvent", item + old) + event("NewMailEvent", item) +
                  event("FreeBusyChangedEvent", item) +
                  event("ModifiedEvent", "<t:FolderId Id='f'/><t:ParentFolderId Id='r'/><t:UnreadCount>1"
                                         "</t:UnreadCount>") +
                  event("MovedEvent", "<t:FolderId Id='f'/><t:ParentFolderId Id='r'/><t:OldFolderId Id='of'/>"
                                      "<t:OldParentFolderId Id='or'/>"));
  const auto parts = read(bytes, bytes.size());
  REQUIRE(parts.size() == 1);
  const auto& told = std::get<stream_message>(parts[0]).notifications.at(0);
  CHECK(told.subscription == subscription_id("s1"));
  using enum stream_event::what;
  const item_id i("i"), oi("oi");
  const folder_id f("f"), of("of"), r("r"), before("or");
  CHECK(told.events == std::vector<stream_event>{{copied, i, {}, f, oi, {}, of},
                                                 {created, i, {}, f, {}, {}, {}},
                                                 {deleted, i, {}, f, {}, {}, {}},
                                                 {modified, i, {}, f, {}, {}, {}},
                                                 {moved, i, {}, f, oi, {}, of},
                                                 {new_mail, i, {}, f, {}, {}, {}},
                                                 {free_busy_changed, i, {}, f, {}, {}, {}},
                                                 {modified, {}, f, r, {}, {}, {}},
                                                 {moved, {}, f, r, {}, of, before}});
}

TEST_CASE("a sign of life of a subscription is a notification without events") {
  const auto bytes = notification("t", "<t:StatusEvent><t:Watermark>w</t:Watermark></t:StatusEvent>");
  CHECK(std::get<stream_message>(read(bytes, bytes.size()).at(0)).notifications.at(0).events.empty());
}

TEST_CASE("bad subscriptions are told by name, as faults and broken answers are") {
  auto bytes = envelope("<m:ErrorSubscriptionIds><t:SubscriptionId>s1</t:SubscriptionId><t:SubscriptionId>s2"
                        "</t:SubscriptionId></m:ErrorSubscriptionIds><m:ConnectionStatus>Closed</m:ConnectionStatus>",
                        "Error", "ErrorInvalidSubscription");
  const auto bad = std::get<stream_message>(read(bytes, 11).at(0));
  CHECK(bad.bad == std::vector{subscription_id("s1"), subscription_id("s2")});
  CHECK(bad.error.value().code == "ErrorInvalidSubscription");
  CHECK(bad.closed);

  const std::string fault =
      "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault><faultcode>"
      "x</faultcode><detail><ResponseCode>ErrorInvalidServerVersion</ResponseCode></detail>"
      "</s:Fault></s:Body></s:Envelope>";
  CHECK(std::get<soap_fault>(read(fault, 5).at(0)).code == "ErrorInvalidServerVersion");

  for (const std::string what :
       {"<html><body>Sign in</body></html>", "<!DOCTYPE html><html></html>", "no XML", "<a></b>", "<a/>"}) {
    INFO(what);
    const auto parts = read(heartbeat + what + heartbeat, 3);
    REQUIRE(parts.size() == 2); // and nothing of what follows
    CHECK_FALSE(std::get<broken_document>(parts[1]).what.empty());
  }
}

TEST_CASE("a document without an end is given up") {
  stream_reader reader;
  std::vector<stream_part> parts = reader.feed("<a>").parts;
  const std::string more(1 << 20, ' ');
  for (int i = 0; i < 9 && parts.empty(); ++i)
    parts = reader.feed(more).parts;
  REQUIRE(parts.size() == 1);
  CHECK(std::get<broken_document>(parts[0]).what == "too large");
}

TEST_CASE("Microsoft's samples of the stream are read") {
  if (std::string(EWS_DATA_DIR).empty()) return;
  const auto told = sample("GetStreamingEvents-response-getstreamingevents-op-frag-msdocs.xml");
  const auto first = read(told, 64);
  REQUIRE(first.size() == 1);
  const auto& n = std::get<stream_message>(first[0]).notifications.at(0);
  CHECK(n.subscription.value == "f6bc657d-dde1-4f94-952d-143b95d6483d");
  REQUIRE(n.events.size() == 3);
  CHECK(n.events[0].kind == stream_event::what::created);
  CHECK(n.events[1].kind == stream_event::what::new_mail);
  CHECK(n.events[0].parent == n.events[2].folder);

  const auto refused = sample("GetStreamingEvents-response-getstreamingevents-op-msdocs.xml");
  const auto end =
      sample("GetStreamingEvents-response-test-sync-test-get-streaming-events-connection-close-exchangelib.xml");
  const auto both = read(refused + end, 100);
  REQUIRE(both.size() == 2);
  CHECK(std::get<stream_message>(both[0]).error.value().code == "ErrorInvalidSubscription");
  CHECK(std::get<stream_message>(both[1]).closed);
  CHECK_FALSE(std::get<stream_message>(both[1]).error);
}
