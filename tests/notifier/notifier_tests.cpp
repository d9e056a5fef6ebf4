#include "tests/notifier/notifier_stage.hpp"

using namespace exsyncd;
using namespace std::chrono_literals;
using tests::heard;
using tests::notifier_stage;
using tests::streaming_server;

using folders = std::vector<std::string>;
using hints = std::vector<folders>;

TEST_CASE_METHOD(notifier_stage, "A mailbox is subscribed, and once its stream tells, everything is looked at once") {
  auto h = watch("ann@hq.example", {"f1", "f2"});
  settle();
  REQUIRE(server->subscribed.size() == 1);
  const auto& asked = server->subscribed[0];
  CHECK(asked.body.find("<t:FolderId Id=\"f1\"/><t:FolderId Id=\"f2\"/>") != std::string::npos);
  CHECK(asked.body.find("<t:PrimarySmtpAddress>ann@hq.example<") != std::string::npos);
  CHECK(streaming_server::header_of(asked, "X-AnchorMailbox") == "ann@hq.example");
  CHECK(streaming_server::header_of(asked, "X-PreferServerAffinity") == "true");

  REQUIRE(server->streams.size() == 1);
  CHECK(server->carried() == folders{"s1"});
  const auto& stream = server->streams[0].request;
  CHECK(streaming_server::inside(stream.body, "<m:ConnectionTimeout>") == "29");
  CHECK(stream.limits.total == 30min);
  CHECK(streaming_server::header_of(stream, "Cookie") == "X-BackEndOverrideCookie=mb1");
  CHECK(streaming_server::header_of(stream, "X-AnchorMailbox") == "ann@hq.example");

  CHECK(h->states.empty());
  CHECK(h->hints.empty());
  server->heartbeat();
  settle();
  CHECK(h->states == decltype(h->states){{true, ""}});
  CHECK(h->hints == hints{{"f1", "f2"}});
  server->heartbeat();
  settle();
  CHECK(h->hints.size() == 1);
  CHECK(status().streams == 1);
}

TEST_CASE_METHOD(notifier_stage, "Events are gathered for 300 ms, and only whose folders they are of is told") {
  auto ann = started("ann@hq.example", {"f1", "f2"});
  auto bob = watch("bob@hq.example", {"g1", "g2"});
  settle();
  server->heartbeat();
  settle();
  bob->hints.clear();
  server->new_item("s1", "f2");
  advance(200ms, 100ms);
  server->event("s1", "ModifiedEvent", "<t:ItemId Id='i'/><t:ParentFolderId Id='f2'/>");
  advance(50ms, 50ms);
  CHECK(ann->hints.empty());
  advance(50ms, 50ms);
  CHECK(ann->hints == hints{{"f2"}});
  CHECK(bob->hints.empty());
  // Both ends of a move, and what a server calls otherwise than we know it: then it may be any.
  server->event("s1", "MovedEvent",
                "<t:ItemId Id='j'/><t:ParentFolderId Id='f1'/><t:OldItemId Id='i'/>"
                "<t:OldParentFolderId Id='f2'/>");
  server->event("s2", "ModifiedEvent", "<t:FolderId Id='g1'/><t:ParentFolderId Id='root'/>");
  settle(1s);
  CHECK(ann->hints == hints{{"f2"}, {"f1", "f2"}});
  CHECK(bob->hints == hints{{"g1"}});
  server->new_item("s2", "another spelling");
  server->new_item("of nobody", "f1");
  settle(1s);
  CHECK(ann->hints.size() == 2);
  CHECK(bob->hints == hints{{"g1"}, {"g1", "g2"}});
}

TEST_CASE_METHOD(notifier_stage,
                 "Mailboxes of one account share a connection, led to one server by the first one's cookies") {
  for (int i = 0; i < 5; ++i)
    watch("m" + std::to_string(i) + "@hq.example", {"f"});
  settle();
  REQUIRE(server->subscribed.size() == 5);
  CHECK(streaming_server::header_of(server->subscribed[0], "Cookie").empty());
  for (int i = 1; i < 5; ++i) {
    CHECK(streaming_server::header_of(server->subscribed[i], "Cookie").starts_with("X-BackEndOverrideCookie=mb"));
    CHECK(streaming_server::header_of(server->subscribed[i], "X-AnchorMailbox") == "m0@hq.example");
    CHECK(server->subscribed[i].body.find("PrimarySmtpAddress>m" + std::to_string(i)) != std::string::npos);
  }
  CHECK(server->open_streams() == 1);
  CHECK(server->carried().size() == 5);
}

TEST_CASE_METHOD(notifier_stage, "No connection carries more than 200, and there are no more than the version allows") {
  const bool newer = GENERATE(false, true);
  server->minor_version = newer ? 1 : 0;
  const std::size_t most = newer ? 799 : 600;
  std::shared_ptr<heard> last;
  watch("first@hq.example", {"f"});
  for (std::size_t i = 1; i <= most; ++i)
    last = watch("m" + std::to_string(i) + "@hq.example", {"f"});
  advance(60s);
  CHECK(server->open_streams() == (newer ? 4 : 3));
  std::size_t sum = 0;
  for (std::size_t i = 0; i < server->streams.size(); ++i)
    if (server->streams[i].to) {
      CHECK(server->carried(i).size() == 200);
      sum += server->carried(i).size();
    }
  CHECK(sum == (newer ? most + 1 : most));
  if (newer) { // a fourth connection, and six more were possible
    CHECK(last->states.empty());
    return;
  }
  REQUIRE(last->states.size() == 1);
  CHECK_FALSE(last->states[0].first);
  CHECK(last->states[0].second.find("more mailboxes") != std::string::npos);
}

TEST_CASE_METHOD(notifier_stage, "An orderly end is followed by the next connection, and nobody hears of it") {
  auto h = started();
  settle(29min);
  server->close();
  settle(1s);
  CHECK(server->streams.size() == 2);
  CHECK(server->carried() == folders{"s1"});
  server->heartbeat();
  settle();
  CHECK(h->states.empty());
  CHECK(h->hints.empty());
  server->new_item("s1", "f1");
  settle(1s);
  CHECK(h->hints == hints{{"f1"}});
}

TEST_CASE_METHOD(notifier_stage, "A connection that closes at once is not opened again and again") {
  auto h = watch("ann@hq.example", {"f"});
  settle();
  for (int i = 0; i < 5; ++i) {
    server->close();
    settle(20s);
  }
  // After 1, 2, 4, 8 and 16 s, and not once more.
  CHECK(server->streams.size() == 6);
  CHECK_FALSE(h->states.back().first);
  CHECK(h->states.back().second.find("closes") != std::string::npos);
}

TEST_CASE_METHOD(notifier_stage,
                 "A lost connection is told, opened again after a growing rest, and then everything is looked at") {
  auto h = started();
  settle(60s);
  server->cut();
  settle(500ms);
  REQUIRE(h->states.size() == 1);
  CHECK_FALSE(h->states[0].first);
  CHECK(h->states[0].second.find("the cable") != std::string::npos);
  CHECK(server->streams.size() == 1);
  CHECK(server->subscribed.size() == 1);
  settle(1s);
  REQUIRE(server->streams.size() == 2);
  server->cut();
  settle(1900ms);
  CHECK(server->streams.size() == 2);
  settle(300ms);
  REQUIRE(server->streams.size() == 3);
  random = 1000; // a quarter of the 4 s
  server->cut();
  settle(4900ms);
  CHECK(server->streams.size() == 3);
  settle(300ms);
  REQUIRE(server->streams.size() == 4);
  CHECK(h->hints.empty());
  server->heartbeat();
  settle();
  CHECK(h->states.back().first);
  CHECK(h->hints == hints{{"f1", "f2"}});
  CHECK(server->subscribed.size() == 1); // the subscriptions have outlived it
}

TEST_CASE_METHOD(notifier_stage, "What is no stream of envelopes counts as a lost connection") {
  auto h = started();
  settle(60s);
  SECTION("a page") {
    server->send("<html><body>Sign in</body></html>");
  }
  SECTION("nothing more") {
    server->end({http::completed{}, {}});
  }
  SECTION("an envelope that is cut") {
    server->send("<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>");
    server->end({http::completed{}, {}});
  }
  settle(500ms);
  REQUIRE(h->states.size() == 1);
  CHECK_FALSE(h->states[0].first);
  CHECK(server->open_streams() == 0);
  settle(1s);
  CHECK(server->open_streams() == 1);
}

TEST_CASE_METHOD(notifier_stage,
                 "An error of the connection is told as it is, and the server's wish for rest is kept") {
  auto h = started();
  settle(60s);
  SECTION("as a message") {
    server->say("<m:MessageXml><t:Value Name='BackOffMilliseconds'>20000</t:Value></m:MessageXml>", "ErrorServerBusy");
  }
  SECTION("as a fault") {
    server->cut();
    settle(2s);
    server->send("<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault><faultcode>x"
                 "</faultcode><detail><ResponseCode>ErrorServerBusy</ResponseCode><MessageXml><Value "
                 "Name='BackOffMilliseconds'>20000</Value></MessageXml></detail></s:Fault></s:Body></s:Envelope>",
                 streaming_server::last, 500);
  }
  const auto before = server->streams.size();
  settle(19s);
  CHECK(h->states.back().second.find("ErrorServerBusy") != std::string::npos);
  CHECK(server->streams.size() == before);
  settle(2s);
  CHECK(server->streams.size() == before + 1);
}

TEST_CASE_METHOD(notifier_stage, "A refusal without SOAP is told with its status") {
  auto h = watch("ann@hq.example", {"f"});
  settle();
  server->send("<html/>", streaming_server::last, 403);
  server->end({http::completed{}, {}});
  settle(500ms);
  REQUIRE(h->states.size() == 1);
  CHECK(h->states[0].second.find("HTTP 403") != std::string::npos);
}

TEST_CASE_METHOD(notifier_stage,
                 "A bad subscription is made anew, and only its mailbox is looked at; the others go on") {
  auto ann = started("ann@hq.example", {"f"});
  auto bob = watch("bob@hq.example", {"g"});
  settle(60s);
  server->heartbeat();
  settle();
  ann->hints.clear();
  bob->hints.clear();
  server->say("<m:ErrorSubscriptionIds><m:SubscriptionId>s2</m:SubscriptionId></m:ErrorSubscriptionIds>"
              "<m:ConnectionStatus>Closed</m:ConnectionStatus>",
              "ErrorInvalidSubscription");
  settle();
  CHECK(server->subscribed.size() == 3);
  CHECK(server->subscribed[2].body.find("bob@hq.example") != std::string::npos);
  CHECK(server->subscribed[2].body.find("Watermark") == std::string::npos);
  CHECK(server->carried() == folders{"s1", "s3"});
  server->heartbeat();
  settle();
  CHECK(bob->hints == hints{{"g"}});
  CHECK(ann->hints.empty());
  CHECK((ann->states.back().first && bob->states.back().first));
}

TEST_CASE_METHOD(notifier_stage,
                 "When the server has forgotten everything, all is subscribed anew at whichever server answers") {
  auto ann = started("ann@hq.example", {"f"});
  auto bob = watch("bob@hq.example", {"g"});
  settle(60s);
  server->heartbeat();
  settle();
  ann->hints.clear();
  bob->hints.clear();
  server->say("<m:ConnectionStatus>Closed</m:ConnectionStatus>", "ErrorSubscriptionNotFound");
  settle();
  REQUIRE(server->subscribed.size() == 4);
  CHECK(streaming_server::header_of(server->subscribed[2], "Cookie").empty());
  CHECK(streaming_server::header_of(server->subscribed[3], "Cookie") == "X-BackEndOverrideCookie=mb3");
  CHECK(server->carried() == folders{"s3", "s4"});
  server->heartbeat();
  settle();
  CHECK(ann->hints == hints{{"f"}});
  CHECK(bob->hints == hints{{"g"}});
}

TEST_CASE_METHOD(notifier_stage, "A subscription that never lasts is not made again and again") {
  auto h = watch("ann@hq.example", {"f"});
  for (int i = 0; i < 60; ++i) {
    settle(1s);
    if (server->open_streams() > 0) server->say("", "ErrorSubscriptionNotFound");
  }
  CHECK(server->subscribed.size() <= 5);
  CHECK(server->subscribed.size() >= 2);
  CHECK_FALSE(h->states.back().first);
}

TEST_CASE_METHOD(notifier_stage, "Who may not subscribe is polled and told why; the others are streamed") {
  server->refuse = [&](const http::request& r) -> std::optional<std::string> {
    if (r.body.find("bob") == std::string::npos) return {};
    return server->envelope("Subscribe", "", "ErrorSubscriptionDelegateAccessNotSupported");
  };
  auto bob = watch("bob@hq.example", {"g"});
  auto ann = started("ann@hq.example", {"f"});
  REQUIRE(bob->states.size() == 1);
  CHECK_FALSE(bob->states[0].first);
  CHECK(bob->states[0].second.find("ErrorSubscriptionDelegateAccessNotSupported") != std::string::npos);
  CHECK(server->open_streams() == 1);
  const auto asked = server->subscribed.size();
  settle(30min);
  CHECK(server->subscribed.size() == asked);
  settle(31min);
  CHECK(server->subscribed.size() == asked + 1);
}

TEST_CASE_METHOD(notifier_stage, "A mailbox that could not be subscribed is tried again, ever later") {
  server->refuse = [&](const http::request&) -> std::optional<std::string> {
    return server->envelope("Subscribe", "", "ErrorMailboxStoreUnavailable");
  };
  watch("ann@hq.example", {"f"});
  settle(29s);
  CHECK(server->subscribed.size() == 1);
  settle(2s);
  CHECK(server->subscribed.size() == 2);
  settle(58s);
  CHECK(server->subscribed.size() == 2);
  server->refuse = {};
  settle(2s);
  CHECK(server->subscribed.size() == 3);
  settle();
  CHECK(server->open_streams() == 1);
}

TEST_CASE_METHOD(notifier_stage,
                 "Other folders are a new subscription; the old one is given back once the new one is heard") {
  auto h = started("ann@hq.example", {"f1"});
  auto more = watch("ann@hq.example", {"f1", "f2"}, "ann@hq.example");
  run();
  CHECK(server->unsubscribed.empty());
  settle();
  CHECK(server->subscribed.size() == 2);
  CHECK(server->carried() == folders{"s2"});
  CHECK(server->open_streams() == 1);
  CHECK(server->unsubscribed == folders{"s1"});
  server->heartbeat();
  settle();
  CHECK(more->hints == hints{{"f1", "f2"}});
  CHECK(h->hints.empty());
}

TEST_CASE_METHOD(notifier_stage,
                 "Two pairs that share a mailbox share its subscription, each hears of its own folders") {
  auto one = started("ann@hq.example", {"f1", "f2"});
  auto two = watch("ann@hq.example", {"f2"}, "another pair");
  settle();
  CHECK(server->subscribed.size() == 1);
  CHECK(two->states == decltype(two->states){{true, ""}});
  server->new_item("s1", "f1");
  settle(1s);
  CHECK(one->hints == hints{{"f1"}});
  CHECK(two->hints.empty());
  server->new_item("s1", "f2");
  settle(1s);
  CHECK(one->hints == hints{{"f1"}, {"f2"}});
  CHECK(two->hints == hints{{"f2"}});
}

TEST_CASE_METHOD(notifier_stage, "What nobody watches any more is given back, and no connection stays for nobody") {
  started("ann@hq.example", {"f"});
  auto bob = watch("bob@hq.example", {"g"});
  settle();
  watch("bob@hq.example", {}, "bob@hq.example");
  settle();
  CHECK(server->carried() == folders{"s1"});
  CHECK(server->unsubscribed == folders{"s2"});
  watch("ann@hq.example", {}, "ann@hq.example");
  settle();
  CHECK(server->open_streams() == 0);
  CHECK(server->unsubscribed == folders{"s2", "s1"});
  CHECK(status().mailboxes == 0);
}

TEST_CASE("A hanging connection takes no credit from the requests that do the work") {
  notifier_stage stage(mailbox_access::direct, "auto", 1);
  stage.started();
  CHECK(stage.server->open_streams() == 1);
  CHECK(stage.server->streams[0].request.body.find("Impersonation") == std::string::npos);
  const auto g = stage.ask_now<gateway_status>(stage.gateway, ask_gateway_status{});
  CHECK(g.in_flight == 0);
  CHECK(g.credit == 1);
}

TEST_CASE_METHOD(notifier_stage, "A server that does not know the version is asked in an older one") {
  server->refuse = [&](const http::request& r) -> std::optional<std::string> {
    if (r.body.find("Exchange2010_SP2") != std::string::npos) return {};
    return "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault><faultcode>x</faultcode>"
           "<detail><ResponseCode>ErrorInvalidServerVersion</ResponseCode></detail></s:Fault></s:Body></s:Envelope>";
  };
  auto h = started();
  CHECK(server->open_streams() == 1);
  CHECK(server->streams[0].request.body.find("Exchange2010_SP2") != std::string::npos);
}

TEST_CASE_METHOD(notifier_stage, "Subscriptions of one moment that are refused lower the version once") {
  server->refuse = [&](const http::request& r) -> std::optional<std::string> {
    if (r.body.find("Exchange2013_SP1") != std::string::npos) return {};
    return "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault><faultcode>x</faultcode>"
           "<detail><ResponseCode>ErrorInvalidServerVersion</ResponseCode></detail></s:Fault></s:Body></s:Envelope>";
  };
  for (int i = 0; i < 8; ++i)
    watch("m" + std::to_string(i) + "@hq.example", {"f"});
  settle(60s);
  CHECK_FALSE(status().polling_only);
  CHECK(status().subscriptions == 8);
}

TEST_CASE_METHOD(notifier_stage, "A server that has told what it is is not taken for an older one") {
  auto h = started(); // 15.2
  server->refuse = [&](const http::request&) -> std::optional<std::string> {
    return "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault><faultcode>x</faultcode>"
           "<detail><ResponseCode>ErrorInvalidServerVersion</ResponseCode></detail></s:Fault></s:Body></s:Envelope>";
  };
  auto other = watch("bea@hq.example", {"g"});
  settle(60s);
  CHECK_FALSE(status().polling_only);
  for (const auto& r : server->subscribed)
    CHECK(r.body.find("\"Exchange2016\"") != std::string::npos);
  REQUIRE(other->states.size() == 1);
  CHECK_FALSE(other->states[0].first);
}

TEST_CASE_METHOD(notifier_stage, "A connection that brings white space or signs of life without end is given up") {
  auto h = started();
  settle(60s);
  SECTION("white space") {
    server->send(std::string(2u << 20, ' '));
  }
  SECTION("signs of life") {
    std::string many;
    while (many.size() < 2u << 20)
      many += server->envelope("GetStreamingEvents", "<m:ConnectionStatus>OK</m:ConnectionStatus>");
    server->send(many);
  }
  settle(500ms);
  CHECK(server->open_streams() == 0);
  REQUIRE_FALSE(h->states.empty());
  CHECK_FALSE(h->states.back().first);
  CHECK(h->states.back().second.find("more than events") != std::string::npos);
}
