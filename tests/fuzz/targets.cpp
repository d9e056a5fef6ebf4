#include "tests/fuzz/targets.hpp"

#include "config/parse.hpp"
#include "daemon/admin/protocol.hpp"
#include "ews/codec/envelope_splitter.hpp"
#include "ews/codec/get_item.hpp"
#include "ews/codec/get_streaming_events.hpp"
#include "ews/codec/sync_folder_items.hpp"
#include "storage/codec.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <variant>
#include <vector>

namespace exsyncd::fuzz {
namespace {

void must(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

/// In pieces of a size that the input itself decides, so that every cut is tried.
template <class Feed>
void in_pieces(std::string_view bytes, Feed feed) {
  const std::size_t piece = 1 + (bytes.empty() ? 0 : static_cast<unsigned char>(bytes.back()) % 61);
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    if (!feed(bytes.substr(at, piece))) return;
}

template <class T>
void read_twice(ews::answer_reader<T> (*reader)(), std::string_view bytes) {
  auto whole = reader();
  whole.feed(bytes);
  auto cut = reader();
  in_pieces(bytes, [&](auto piece) { return cut.feed(piece); });
  const auto a = whole.finish(), b = cut.finish();
  must(a.outcome.index() == b.outcome.index(), "an answer means something else in pieces");
  if (const auto* entries = std::get_if<0>(&a.outcome))
    must(entries->size() == std::get<0>(b.outcome).size(), "an answer has other entries in pieces");
}

void soap(std::string_view bytes) {
  read_twice(ews::read_sync_folder_items, bytes);
  read_twice(ews::read_get_item, bytes);
}

void splitter(std::string_view bytes) {
  std::string a, b;
  ews::envelope_splitter whole([&](std::string&& document) { a += document + '\n'; });
  whole.feed(bytes);
  ews::envelope_splitter cut([&](std::string&& document) { b += document + '\n'; });
  in_pieces(bytes, [&](auto piece) { return cut.feed(piece); });
  must(a == b, "a stream has other envelopes in pieces");
  ews::stream_reader reader;
  in_pieces(bytes, [&](auto piece) {
    reader.feed(piece);
    return true;
  });
}

void configuration(std::string_view bytes) {
  const auto read = parse_settings(bytes, {});
  if (const auto* found = std::get_if<problems>(&read)) must(!found->empty(), "a configuration is wrong for no reason");
}

void admin_line(std::string_view bytes) {
  static const auto methods = [] {
    auto all = admin::describe_methods();
    for (auto& m : all)
      m.run = [](const auto&, const admin::reply& to) { to.done("done"); };
    return all;
  }();
  int answers = 0;
  std::string line;
  admin::handle_line(methods, bytes, [&](std::string answer) {
    ++answers;
    line = std::move(answer);
  });
  must(answers == 1, "a line is not answered once");
  must(line.empty() || (line.back() == '\n' && line.find('\n') == line.size() - 1), "an answer is not one line");
}

template <class Record>
void read_record(std::string_view bytes) {
  auto read = decode<Record>(bytes);
  if (const auto* record = std::get_if<Record>(&read)) {
    const auto again = encode(*record);
    auto same = decode<Record>(again);
    must(std::holds_alternative<Record>(same), "a record that was read cannot be read again");
    must(encode(std::get<Record>(same)) == again, "a record changes by being read");
  }
}

void record(std::string_view bytes) {
  read_record<twin>(bytes);
  read_record<folder_side>(bytes);
  read_record<conflict>(bytes);
  read_record<pair_memory>(bytes);
}

const std::vector<std::string>& soap_seeds() {
  static const std::vector<std::string> all{
      "<?xml version='1.0'?><s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' xmlns:m='m' xmlns:t='t'>"
      "<s:Header><t:ServerVersionInfo MajorVersion='15' "
      "MinorVersion='2'/></s:Header><s:Body><m:SyncFolderItemsResponse>"
      "<m:ResponseMessages><m:Message ResponseClass='Success'><m:ResponseCode>NoError</m:ResponseCode>"
      "<m:SyncState>S&#x1;</m:SyncState><m:IncludesLastItemInRange>true</"
      "m:IncludesLastItemInRange><m:Changes><t:Create>"
      "<t:Message><t:ItemId Id='a' "
      "ChangeKey='k'/><t:Subject>s</t:Subject></t:Message></t:Create></m:Changes></m:Message>"
      "</m:ResponseMessages></m:SyncFolderItemsResponse></s:Body></s:Envelope>",
      "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault><faultcode>a:E</faultcode>"
      "<detail><ResponseCode>ErrorServerBusy</ResponseCode><MessageXml><Value Name='BackOffMilliseconds'>5</Value>"
      "</MessageXml></detail></s:Fault></s:Body></s:Envelope>",
      "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' xmlns:m='m' xmlns:t='t'><s:Body>"
      "<m:GetItemResponse><m:ResponseMessages><m:Message ResponseClass='Success'><m:ResponseCode>NoError"
      "</m:ResponseCode><m:Items><t:CalendarItem><t:ItemId Id='a' "
      "ChangeKey='k'/><t:Start>2026-01-01T00:00:00Z</t:Start>"
      "<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence></t:Recurrence></t:CalendarItem>"
      "</m:Items></m:Message></m:ResponseMessages></m:GetItemResponse></s:Body></s:Envelope>"};
  return all;
}

const std::vector<std::string>& stream_seeds() {
  static const std::vector<std::string> all{
      soap_seeds()[1] + "\r\n" + soap_seeds()[1] + soap_seeds()[0],
      "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' xmlns:m='m' xmlns:t='t'><s:Body>"
      "<m:GetStreamingEventsResponse><m:ResponseMessages><m:Message ResponseClass='Success'><m:ResponseCode>NoError"
      "</m:ResponseCode><m:ConnectionStatus>OK</m:ConnectionStatus></m:Message></m:ResponseMessages>"
      "</m:GetStreamingEventsResponse></s:Body></s:Envelope>"};
  return all;
}

const std::vector<std::string>& configuration_seeds() {
  static const std::vector<std::string> all{
      R"({ // a comment
        "state_directory": "/s", "servers": {"hq": {"url": "https://x/EWS/Exchange.asmx", "access": "direct"}},
        "pairs": {"jane": {"primary": {"server": "hq", "mailbox": "j@x"}, "replica": {"server": "hq", "mailbox": "k@x"},
        "direction": "bidirectional", "folders": {"inbox": {"primary": "inbox", "replica": "inbox/A\/B"}}}}})",
      R"({"log": {"level": "info", "target": "stderr"}, "pairs": [[[[]]]], "servers": null})", "3E2080"};
  return all;
}

const std::vector<std::string>& admin_seeds() {
  static const std::vector<std::string> all{
      R"({"method":"help"})", R"({"jsonrpc":"2.0","id":7,"method":"pair.get","params":{"pair":["a","b"]}})",
      R"({"jsonrpc":"2.0","method":"pair.start","params":{"pair":"jane"}})",
      R"({"method":"pair.create","params":{"pair":"x","settings":{"folders":{"inbox":{}}}}})", "[1,[2,[3]]]"};
  return all;
}

const std::vector<std::string>& record_seeds() {
  static const std::vector<std::string> all = [] {
    twin t;
    t.id = twin_id{"t"};
    t.pair = pair_id{"p"};
    t.folder_pair = folder_pair_id{"inbox"};
    auto& o = t.seen.primary.emplace();
    o.item = item_id("i");
    o.subject = "s";
    t.trouble.emplace().code = "HTTP 500";
    folder_side f;
    f.pair = pair_id{"p"};
    f.cursor = sync_cursor("S");
    return std::vector<std::string>{encode(t), encode(f), encode(pair_memory{})};
  }();
  return all;
}

} // namespace

std::span<const target> targets() {
  static const std::vector<target> all{{"soap", soap, soap_seeds()},
                                       {"splitter", splitter, stream_seeds()},
                                       {"configuration", configuration, configuration_seeds()},
                                       {"admin", admin_line, admin_seeds()},
                                       {"record", record, record_seeds()}};
  return all;
}

} // namespace exsyncd::fuzz
