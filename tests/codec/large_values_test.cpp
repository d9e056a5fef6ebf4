#include "ews/codec/create_attachment.hpp"
#include "ews/codec/create_item.hpp"
#include "ews/codec/get_attachment.hpp"
#include "ews/codec/get_item.hpp"
#include "tests/support/memory_spool.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::ews;
using tests::memory_spool;

namespace {

std::string base64_like(std::size_t size) {
  std::string text(size, 'A');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>('a' + i * i % 26);
  return text;
}

std::string answer_with(const std::string& mime, const std::string& body) {
  return "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' xmlns:m='m' xmlns:t='t'><s:Body>"
         "<m:GetItemResponse><m:ResponseMessages><m:GetItemResponseMessage ResponseClass='Success'><m:ResponseCode>"
         "NoError</m:ResponseCode><m:Items><t:Message><t:MimeContent CharacterSet='UTF-8'>" +
         mime +
         "</t:MimeContent><t:ItemId Id='i' ChangeKey='k'/><t:Subject>after it</t:Subject><t:Body BodyType='Text'>" +
         body +
         "</t:Body></t:Message></m:Items></m:GetItemResponseMessage></m:ResponseMessages></m:GetItemResponse>"
         "</s:Body></s:Envelope>";
}

got_item read(const std::string& bytes, std::size_t piece, memory_spool* to) {
  auto reader = read_get_item();
  if (to) reader.divert_to(to->spool());
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    REQUIRE(reader.feed(std::string_view(bytes).substr(at, piece)));
  auto answer = reader.finish();
  return std::get<got_item>(std::get<0>(answer.outcome).at(0));
}

} // namespace

TEST_CASE("MIME goes to the spool as it arrives, once it is long, and nothing else does") {
  const std::size_t size = GENERATE(1000u, 3'000'000u);
  const auto mime = base64_like(size);
  const auto bytes = answer_with(mime, std::string(700'000, 'b'));
  memory_spool spool;
  const auto item = read(bytes, 64 * 1024, &spool);
  CHECK(item.mime_base64.is_stored() == (size > largest_in_memory));
  CHECK(spool.writers == (size > largest_in_memory ? 1 : 0));
  CHECK(spool.largest_piece <= largest_in_memory);
  CHECK(item.mime_base64.text() == mime);
  CHECK(item.item.id == item_id("i"));
  CHECK(item.item.subject == "after it");
  // The same without a spool.
  CHECK(read(bytes, 64 * 1024, nullptr).mime_base64 == item.mime_base64);
}

TEST_CASE("So do files that are attached, and they stand in the request that carries them on as they came") {
  const auto content = base64_like(3'000'000);
  const auto bytes =
      "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' xmlns:m='m' xmlns:t='t'><s:Body>"
      "<m:GetAttachmentResponse><m:ResponseMessages><m:GetAttachmentResponseMessage ResponseClass='Success'>"
      "<m:ResponseCode>NoError</m:ResponseCode><m:Attachments><t:FileAttachment><t:Name>a.bin</t:Name><t:Content>" +
      content +
      "</t:Content></t:FileAttachment></m:Attachments></m:GetAttachmentResponseMessage></m:ResponseMessages>"
      "</m:GetAttachmentResponse></s:Body></s:Envelope>";
  memory_spool spool;
  auto reader = read_get_attachment();
  reader.divert_to(spool.spool());
  for (std::size_t at = 0; at < bytes.size(); at += 64 * 1024)
    REQUIRE(reader.feed(std::string_view(bytes).substr(at, 64 * 1024)));
  const auto answer = reader.finish();
  const auto& got = std::get<got_attachment>(std::get<0>(answer.outcome).at(0)).attachment;
  CHECK(got.name == "a.bin");
  CHECK(got.content_base64.is_stored());
  CHECK(spool.largest_piece <= largest_in_memory);
  CHECK((got.content_base64.text() == content));
  create_attachments request;
  request.parent = {item_id("i"), change_key("k")};
  request.attachments = {&got};
  const auto segmented = write({schema_version_of("Exchange2016"), ""}, request);
  REQUIRE(segmented.large.size() == 1);
  CHECK(segmented.text.size() < 10'000);
  CHECK((std::string(segmented).find("<t:Content>" + content + "</t:Content>") != std::string::npos));
  CHECK(request_bytes(got) > content.size());
}

TEST_CASE("A large value stands in a request where a short one would stand, without being copied") {
  const auto mime = base64_like(2'000'000);
  const request_context context{schema_version_of("Exchange2016"), ""};
  const auto request_with = [&](large_text text) {
    std::pair<carried_item, operation_mark> one, two;
    one.first.mime_base64 = std::move(text);
    one.first.item_class_name = two.first.item_class_name = "IPM.Note";
    two.first.mime_base64 = "c2hvcnQ=";
    create_items request;
    request.folder = folder_id("f");
    request.items = {&one, &two, &one};
    return write(context, request);
  };
  const auto plain = request_with(mime);
  CHECK(plain.large.empty());
  const auto segmented = request_with(memory_spool::stored(mime));
  REQUIRE(segmented.large.size() == 2);
  CHECK(segmented.text.size() < 10'000);
  std::string whole;
  std::size_t from = 0;
  for (const auto& [at, text] : segmented.large) {
    whole += segmented.text.substr(from, at - from) + text.text();
    from = at;
  }
  whole += segmented.text.substr(from);
  CHECK((whole == plain.text));
}
