#include "ews/codec/find_item.hpp"
#include "ews/codec/response_codes.hpp"
#include "ews/codec/sync_folder_items.hpp"
#include "ews/codec/xml_reader.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::ews;

namespace {

std::string envelope(const std::string& body) {
  return "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>" + body + "</s:Body></s:Envelope>";
}

std::string page(const std::string& inside, const std::string& cls = "Success") {
  return envelope("<m:SyncFolderItemsResponse xmlns:m='m' xmlns:t='t'><m:ResponseMessages>"
                  "<m:SyncFolderItemsResponseMessage ResponseClass='" +
                  cls + "'>" + inside +
                  "</m:SyncFolderItemsResponseMessage></m:ResponseMessages></m:SyncFolderItemsResponse>");
}

answer<change_page> read(std::string_view bytes, std::size_t piece = 1 << 20) {
  auto reader = read_sync_folder_items();
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    if (!reader.feed(bytes.substr(at, piece))) break;
  return reader.finish();
}

std::string broken(std::string_view bytes) {
  const auto a = read(bytes);
  const auto* b = std::get_if<broken_document>(&a.outcome);
  return b ? b->what : "not broken";
}

} // namespace

TEST_CASE("what proxies put before a document does not matter, in whichever pieces it comes") {
  const auto whole = page("<m:SyncState>S</m:SyncState><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>");
  for (const std::string before : {"", "<?xml version='1.0' encoding='utf-8'?>"})
    for (const std::string lead : {"", "\r\n", "\xEF\xBB\xBF", "\xEF\xBB\xBF\r\n \t"})
      for (std::size_t piece : {1u, 2u, 1000u}) {
        const auto got = read(lead + before + whole, piece);
        REQUIRE(std::holds_alternative<std::vector<entry<change_page>>>(got.outcome));
        CHECK(std::get<0>(got.outcome).size() == 1);
      }
}

TEST_CASE("what is no answer is refused by name") {
  using Catch::Matchers::Contains;
  CHECK_THAT(broken("<!DOCTYPE x><x/>"), Contains("document type"));
  CHECK_THAT(broken("<!DOCTYPE s [<!ENTITY a 'aaaaaaaa'>]>" + page("<m:SyncState>&a;</m:SyncState>")),
             Contains("document type"));
  CHECK_THAT(broken("<!DOCTYPE html><html><body>Sign in</body></html>"), Contains("HTML"));
  CHECK_THAT(broken("<html><body>Sign in</body></html>"), Contains("HTML"));
  CHECK_THAT(broken("Service Unavailable"), Contains("byte"));
  CHECK_THAT(broken(""), Contains("no element"));
  CHECK_THAT(broken("<a/>"), Contains("<a>"));
  CHECK_THAT(broken("<Envelope/>"), Contains("not a SOAP envelope"));
  CHECK_THAT(broken(envelope("")), Contains("without an answer"));
  CHECK_THAT(broken(envelope("<m:GetItemResponse xmlns:m='m'/>")), Contains("GetItemResponse"));
  const auto whole = page("<m:SyncState>S</m:SyncState>");
  CHECK(broken(whole) == "not broken");
  CHECK_THAT(broken(whole + whole), Contains("junk"));
  CHECK_THAT(broken(whole.substr(0, whole.size() / 2) + "=== Truncated Data ==="), Contains("byte"));
  std::string deep;
  for (int i = 0; i < 100; ++i)
    deep += "<a>";
  CHECK_THAT(broken(envelope("<m:SyncFolderItemsResponse xmlns:m='m'>" + deep)), Contains("too deep"));
}

TEST_CASE("a document has a size, and no more") {
  int collected = 0;
  const auto collect = [](const auto&, auto) { return xml_reader::verdict{true, {}}; };
  const auto count = [&](const auto&, element&&) { ++collected; };
  xml_reader small(collect, count, {.depth = 64, .elements = 3, .bytes = 1000});
  CHECK(small.feed("<a><b/><c/></a>"));
  CHECK_FALSE(small.finish());
  CHECK(collected == 1);
  xml_reader many(collect, count, {.depth = 64, .elements = 3, .bytes = 1000});
  CHECK_FALSE(many.feed("<a><b/><c/><d/></a>"));
  CHECK(many.finish() == "too many elements");
  xml_reader long_one(collect, count, {.depth = 64, .elements = 3, .bytes = 1000});
  CHECK_FALSE(long_one.feed("<a>" + std::string(1000, 'x')));
  CHECK(long_one.finish() == "too large");
}

TEST_CASE("characters that XML forbids are replaced, wherever the bytes are cut") {
  const auto bytes = page("<m:SyncState>S</m:SyncState><m:Changes><t:Create><t:Message><t:ItemId Id='a&#x1;b'/>"
                          "<t:Subject>x&#x0B;y&#11;z&amp;&#13;&#x20AC;&#xFFFF;</t:Subject></t:Message></t:Create>"
                          "</m:Changes>");
  for (std::size_t piece = 1; piece < 40; ++piece) {
    const auto a = read(bytes, piece);
    INFO(piece);
    REQUIRE(std::holds_alternative<std::vector<entry<change_page>>>(a.outcome));
    const auto& item = std::get<item_present>(std::get<change_page>(std::get<0>(a.outcome).at(0)).changes.at(0)).item;
    CHECK(item.subject == "x\xEF\xBF\xBDy\xEF\xBF\xBDz&\r\xE2\x82\xAC\xEF\xBF\xBD");
    CHECK(item.id.value == "a\xEF\xBF\xBD"
                           "b");
  }
}

TEST_CASE("an empty SyncState is never a cursor") {
  const auto error_of_page = [](const answer<change_page>& a) {
    return std::get<item_error>(std::get<0>(a.outcome).at(0)).code;
  };
  CHECK(error_of_page(read(page("<m:SyncState/><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>"))) ==
        "protocol");
  CHECK(error_of_page(read(page("<m:ResponseCode>ErrorInvalidSyncStateData</m:ResponseCode><m:SyncState/>"
                                "<m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>",
                                "Error"))) == "ErrorInvalidSyncStateData");
}

TEST_CASE("each way of saying no has its meaning") {
  struct row {
    const char* code;
    enum refusal refusal;
    enum reach reach;
    enum retry retry;
  };
  // As the page on throttling and errors lists them.
  const row rows[] = {
      {"ErrorServerBusy", refusal::not_done, reach::account, retry::later},
      {"ErrorInternalServerTransientError", refusal::unknown, reach::item, retry::later},
      {"ErrorTimeoutExpired", refusal::unknown, reach::item, retry::later},
      {"ErrorInsufficientResources", refusal::not_done, reach::server, retry::later},
      {"ErrorTooManyObjectsOpened", refusal::not_done, reach::mailbox, retry::later},
      {"ErrorADUnavailable", refusal::not_done, reach::server, retry::later},
      {"ErrorMailboxMoveInProgress", refusal::not_done, reach::mailbox, retry::later},
      {"ErrorBatchProcessingStopped", refusal::not_done, reach::item, retry::later},
      {"ErrorItemNotFound", refusal::gone, reach::item, retry::later},
      {"ErrorIrresolvableConflict", refusal::stale, reach::item, retry::later},
      {"ErrorStaleObject", refusal::stale, reach::item, retry::later},
      {"ErrorChangeKeyRequiredForWriteOperations", refusal::stale, reach::item, retry::later},
      {"ErrorInvalidChangeKey", refusal::stale, reach::item, retry::later},
      {"ErrorMoveCopyFailed", refusal::unknown, reach::item, retry::later},
      {"ErrorInvalidSyncStateData", refusal::cursor_invalid, reach::folder, retry::later},
      {"ErrorFolderNotFound", refusal::not_done, reach::folder, retry::after_change},
      {"ErrorSyncFolderNotFound", refusal::not_done, reach::folder, retry::after_change},
      {"ErrorNonExistentMailbox", refusal::not_done, reach::mailbox, retry::after_change},
      {"ErrorImpersonateUserDenied", refusal::not_done, reach::mailbox, retry::after_change},
      {"ErrorQuotaExceeded", refusal::not_done, reach::mailbox, retry::after_change},
      {"ErrorAccountDisabled", refusal::not_done, reach::account, retry::after_change},
      {"ErrorPasswordExpired", refusal::not_done, reach::account, retry::after_change},
      {"ErrorAccessDenied", refusal::item, reach::item, retry::after_change},
      {"ErrorMimeContentInvalid", refusal::item, reach::item, retry::never},
      {"ErrorInvalidPropertyUpdateSentMessage", refusal::item, reach::item, retry::never},
      {"ErrorItemCorrupt", refusal::item, reach::item, retry::never},
      {"ErrorMessageSizeExceeded", refusal::item, reach::item, retry::never},
      // What passes by itself is never held against an item.
      {"ErrorItemSave", refusal::unknown, reach::item, retry::later},
      {"ErrorNoRespondingCASInDestinationSite", refusal::not_done, reach::mailbox, retry::later},
      {"ErrorNotEnoughMemory", refusal::unknown, reach::server, retry::later},
      {"ErrorProxyRequestProcessingFailed", refusal::unknown, reach::mailbox, retry::later},
      {"ErrorCreateItemAccessDenied", refusal::not_done, reach::folder, retry::after_change},
      {"ErrorMessagePerFolderCountReceiveQuotaExceeded", refusal::not_done, reach::folder, retry::after_change},
      {"ErrorInvalidCompleteDate", refusal::item, reach::item, retry::never},
      {"ErrorNobodyHasHeardOf", refusal::item, reach::item, retry::after_change},
  };
  for (const auto& r : rows) {
    INFO(r.code);
    const auto m = meaning_of(item_error{r.code, "text", {}, {}}, "UpdateItem");
    CHECK(m.refusal == r.refusal);
    CHECK(m.why.reach == r.reach);
    CHECK(m.why.retry == r.retry);
    CHECK(m.why.code == r.code);
    CHECK(m.why.what == std::string("UpdateItem: ") + r.code + ": text");
  }
}

TEST_CASE("a busy server is seen through its disguises") {
  using std::chrono::milliseconds;
  const item_error inner{"ErrorInternalServerError", "", {}, {{"InnerErrorResponseCode", "ErrorServerBusy"}}};
  CHECK(meaning_of(inner, "x").busy);
  CHECK(meaning_of(inner, "x").refusal == refusal::not_done);
  const item_error other{"ErrorInternalServerError", "", {}, {{"InnerErrorResponseCode", "ErrorElse"}}};
  CHECK_FALSE(meaning_of(other, "x").busy);
  CHECK(meaning_of(other, "x").refusal == refusal::unknown);
  const soap_fault fault{"ErrorInternalServerError", "", milliseconds(7), {}};
  CHECK(meaning_of(fault, "x").busy);
  CHECK(meaning_of(fault, "x").refusal == refusal::not_done);
  CHECK(meaning_of(fault, "x").why.wait == milliseconds(7));
  CHECK(meaning_of_status(429, "x").busy);
  CHECK(meaning_of_status(503, "x").busy);
}

TEST_CASE("a fault bans nothing that nobody knows to be the item's fault") {
  const auto of = [](const char* code) { return meaning_of(soap_fault{code, "", {}, {}}, "x"); };
  CHECK(of("ErrorSchemaValidation").refusal == refusal::item);
  CHECK(of("ErrorMimeContentInvalid").refusal == refusal::item);
  for (const char* code : {"ErrorAccessDenied", "ErrorItemNotFound", "ErrorNobodyHasHeardOf", "Client"}) {
    INFO(code);
    CHECK(of(code).refusal == refusal::not_done);
    CHECK(of(code).why.reach == reach::mailbox);
  }
  CHECK(of("ErrorInternalServerError").refusal == refusal::unknown);
  for (const char* code :
       {"ErrorInvalidServerVersion", "ErrorIncorrectSchemaVersion", "ErrorInvalidSchemaVersionForMailboxVersion"})
    CHECK(of(code).version_unknown);
}

TEST_CASE("an answer that is no SOAP says by its status what it did") {
  struct row {
    int status;
    enum refusal refusal;
    enum reach reach;
    enum retry retry;
  };
  for (const auto& r :
       {row{401, refusal::not_done, reach::account, retry::after_change},
        row{403, refusal::not_done, reach::account, retry::after_change},
        row{404, refusal::not_done, reach::server, retry::after_change},
        row{413, refusal::item, reach::item, retry::never}, row{507, refusal::item, reach::item, retry::never},
        row{429, refusal::not_done, reach::account, retry::later},
        row{302, refusal::not_done, reach::server, retry::after_change},
        row{500, refusal::unknown, reach::mailbox, retry::later},
        row{502, refusal::unknown, reach::mailbox, retry::later},
        row{503, refusal::unknown, reach::account, retry::later}}) {
    INFO(r.status);
    const auto m = meaning_of_status(r.status, "CreateItem");
    CHECK(m.refusal == r.refusal);
    CHECK(m.why.reach == r.reach);
    CHECK(m.why.retry == r.retry);
    CHECK(m.why.code == "HTTP " + std::to_string(r.status));
    // That a request was small does not change it, and of most not that it was large.
    CHECK(meaning_of_status(r.status, "CreateItem", 10'000).why == m.why);
    if (r.status != 404) CHECK(meaning_of_status(r.status, "CreateItem", 40'000'000).why == m.why);
  }
  for (int status : {400, 404}) {
    const auto large = meaning_of_status(status, "CreateItem", 40'000'000);
    CHECK(large.refusal == refusal::item);
    CHECK(large.why.retry == retry::never);
    CHECK(large.why.what.find("40.0 MB") != std::string::npos);
    CHECK(large.why.hint.find("maxAllowedContentLength") != std::string::npos);
  }
  CHECK(meaning_of(broken_document{"cut"}, "CreateItem").refusal == refusal::unknown);
}

TEST_CASE("the right address is taken from the refusal of a wrong one") {
  const item_error e{"ErrorNonPrimarySmtpAddress", "", {}, {{"Primary", "ann@a.example"}}};
  CHECK(meaning_of(e, "GetFolder").primary_address == "ann@a.example");
  const auto in_text = [](const char* text) {
    return meaning_of(item_error{"ErrorNonPrimarySmtpAddress", text, {}, {}}, "GetFolder").primary_address;
  };
  CHECK(in_text("The primary address must be specified: ann@a.example.") == "ann@a.example");
  CHECK(in_text("ann@a.example") == "ann@a.example");
  CHECK(in_text("nothing here") == "");
  CHECK(meaning_of(item_error{"ErrorItemNotFound", "ann@a.example", {}, {}}, "GetFolder").primary_address == "");
}
