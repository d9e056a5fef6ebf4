#include "tests/exchange_sim/seed.hpp"

#include <catch2/catch.hpp>
#include <gmime/gmime.h>

#include <algorithm>
#include <memory>
#include <set>

using namespace exchange_sim;

namespace {

seed_settings settings(std::size_t count, std::uint64_t seed = 1) {
  return {
      count, seed, "ann@old.example", "Ann Äpfel", std::chrono::system_clock::time_point(std::chrono::hours(490'000)),
      ""};
}

struct unref {
  void operator()(GMimeMessage* p) const { g_object_unref(p); }
};
using message_ptr = std::unique_ptr<GMimeMessage, unref>;

message_ptr parse(const std::string& mime) {
  GMimeStream* stream = g_mime_stream_mem_new_with_buffer(mime.data(), mime.size());
  GMimeParser* parser = g_mime_parser_new_with_stream(stream);
  message_ptr message(g_mime_parser_construct_message(parser, nullptr));
  g_object_unref(parser);
  g_object_unref(stream);
  return message;
}

std::string subject(const message_ptr& message) {
  const char* text = g_mime_message_get_subject(message.get());
  return text ? text : "";
}

} // namespace

TEST_CASE("the same settings give the same mails, another seed gives others") {
  const auto once = seed_mails(settings(40)), again = seed_mails(settings(40)), other = seed_mails(settings(40, 2));
  int same = 0;
  for (std::size_t i = 0; i < once.size(); ++i) {
    CHECK(once[i].mime == again[i].mime);
    CHECK(once[i].categories == again[i].categories);
    same += once[i].mime == other[i].mime;
  }
  CHECK(same == 0);
}

TEST_CASE("seeded mails are as varied as a real mailbox") {
  const auto mails = seed_mails(settings(120));
  std::set<std::string> ids, subjects, folders;
  int drafts = 0, sent = 0, unread = 0, flagged = 0, with_categories = 0, attachments = 0, non_ascii = 0, large = 0,
      replies = 0, nested = 0, important = 0, sensitive = 0, twins = 0, inline_images = 0, latin1 = 0;
  for (const auto& mail : mails) {
    const auto message = parse(mail.mime);
    REQUIRE(message);
    ids.insert(g_mime_message_get_message_id(message.get()));
    const auto text = subject(message);
    twins += !text.empty() && !subjects.insert(text).second;
    folders.insert(mail.folder);
    drafts += mail.state == seed_state::draft, sent += mail.state == seed_state::sent, unread += !mail.read;
    flagged += mail.flag != seed_flag::none, with_categories += !mail.categories.empty();
    attachments += mail.mime.find("Content-Disposition: attachment") != std::string::npos;
    inline_images += mail.mime.find("Content-Disposition: inline") != std::string::npos;
    nested += mail.mime.find("message/rfc822") != std::string::npos;
    latin1 += mail.mime.find("iso-8859-1") != std::string::npos;
    non_ascii += std::any_of(text.begin(), text.end(), [](char c) { return c & 0x80; });
    large += mail.mime.size() > 60'000;
    replies += g_mime_object_get_header(GMIME_OBJECT(message.get()), "In-Reply-To") != nullptr;
    important += mail.importance != "Normal", sensitive += mail.sensitivity != "Normal";
    CHECK(mail.mime.find("\r\n\r\n") != std::string::npos);
  }
  CHECK(ids.size() == mails.size());
  CHECK(folders == std::set<std::string>{"inbox", "inbox/Projects", "sentitems", "drafts"});
  for (const int of_each : {drafts, sent, unread, flagged, with_categories, attachments, non_ascii, large, replies,
                            nested, important, sensitive, twins, inline_images, latin1})
    CHECK(of_each >= 3);
}

TEST_CASE("one folder takes all where it is named, and dates go back in time") {
  auto wanted = settings(30);
  wanted.folder = "inbox/Everything";
  const auto mails = seed_mails(wanted);
  for (const auto& mail : mails) {
    CHECK(mail.folder == "inbox/Everything");
    CHECK(mail.received <= wanted.newest + std::chrono::minutes(1));
  }
  CHECK(mails.back().received < mails.front().received);
}
