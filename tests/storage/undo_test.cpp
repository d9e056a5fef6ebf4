#include "storage/undo_files.hpp"
#include "tests/storage/bench.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace exsyncd;
using namespace exsyncd::testing;

namespace {

struct kept_directory {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("exsyncd-undo-files-" + std::to_string(::getpid()));
  undo_files files{path};
  ~kept_directory() { std::filesystem::remove_all(path); }
};

kept_item an_item() {
  kept_item item;
  auto& whole = item.whole.emplace();
  whole.item_class = item_class::contact;
  whole.item_class_name = "IPM.Contact";
  whole.mime_base64 = large_text(std::string(2'000'000, 'm'));
  whole.read = false;
  whole.sent = utc_seconds(std::chrono::seconds(-5));
  whole.fields = {{field::subject, "one"}, {field::body, std::string("with a \0 in it", 14)}};
  item.fields = {{field::categories, "red"}};
  carried_attachment file;
  file.name = "photo";
  file.contact_photo = true;
  file.content_base64 = large_text("aGk=");
  carried_attachment inside;
  auto mail = std::make_shared<attached_item>();
  mail->item.item_class_name = "IPM.Note";
  mail->attachments = {file};
  inside.item = mail;
  item.attachments = {file, inside};
  item.search_keys = {search_key{"p"}, search_key{"r"}};
  return item;
}

} // namespace

TEST_CASE("an item that was kept is read back as it was, large values from the file") {
  kept_directory d;
  const undo_id id{"one"};
  const auto kept = d.files.keep(id, an_item());
  REQUIRE(std::holds_alternative<std::uint64_t>(kept));
  CHECK(std::get<std::uint64_t>(kept) > 2'000'000);
  auto loaded = d.files.load(id);
  REQUIRE(std::holds_alternative<kept_item>(loaded));
  const auto& item = std::get<kept_item>(loaded);
  const auto wanted = an_item();
  REQUIRE(item.whole);
  CHECK(item.whole->mime_base64.is_stored());
  CHECK(item.whole->mime_base64 == wanted.whole->mime_base64);
  CHECK(item.whole->item_class == item_class::contact);
  CHECK(item.whole->item_class_name == "IPM.Contact");
  CHECK(item.whole->read == false);
  CHECK_FALSE(item.whole->received);
  CHECK(item.whole->sent == wanted.whole->sent);
  CHECK(item.whole->fields == wanted.whole->fields);
  CHECK(item.fields == wanted.fields);
  REQUIRE(item.attachments.size() == 2);
  CHECK(item.attachments[0].name == "photo");
  CHECK(item.attachments[0].contact_photo);
  CHECK(item.attachments[0].content_base64.text() == "aGk=");
  REQUIRE(item.attachments[1].item);
  CHECK(item.attachments[1].item->item.item_class_name == "IPM.Note");
  CHECK(item.attachments[1].item->attachments.size() == 1);
  CHECK(item.search_keys == wanted.search_keys);
  // It can be read on after it was removed.
  d.files.remove(id);
  CHECK(item.whole->mime_base64.text() == std::string(2'000'000, 'm'));
  CHECK(d.files.all().empty());
}

TEST_CASE("a file from before the search keys were kept is read without them") {
  kept_directory d;
  const undo_id id{"one"};
  REQUIRE(std::holds_alternative<std::uint64_t>(d.files.keep(id, an_item())));
  std::fstream file(d.path / "one", std::ios::binary | std::ios::in | std::ios::out);
  file << "exsyncd item 1\n";
  file.close();
  std::filesystem::resize_file(d.path / "one", std::filesystem::file_size(d.path / "one") - 2 * (8 + 1));
  const auto loaded = d.files.load(id);
  REQUIRE(std::holds_alternative<kept_item>(loaded));
  CHECK(std::get<kept_item>(loaded).search_keys == both<search_key>{});
}

TEST_CASE("a file that is cut anywhere, or is none of ours, is a failure and no crash") {
  kept_directory d;
  const undo_id id{"one"};
  auto item = an_item();
  item.whole->mime_base64 = large_text("short");
  REQUIRE(std::holds_alternative<std::uint64_t>(d.files.keep(id, item)));
  std::ifstream in(d.path / "one", std::ios::binary);
  const std::string all(std::istreambuf_iterator<char>(in), {});
  for (std::size_t n = 0; n < all.size(); ++n) {
    std::ofstream(d.path / "one", std::ios::binary | std::ios::trunc) << all.substr(0, n);
    CHECK(std::holds_alternative<storage_failure>(d.files.load(id)));
  }
  std::ofstream(d.path / "one", std::ios::binary | std::ios::trunc) << "something else";
  CHECK(std::holds_alternative<storage_failure>(d.files.load(id)));
  CHECK(std::holds_alternative<storage_failure>(d.files.load(undo_id{"not there"})));
}

TEST_CASE("a snapshot, and a fork, stay as the store was, and keep their own changes to themselves") {
  memory_engine disk;
  store records(disk, [n = 0]() mutable { return "t" + std::to_string(++n); });
  REQUIRE_FALSE(records.open());
  const pair_id jane{"jane"}, joe{"joe"};
  records.remember({jane, pair_memory{true, false}});
  REQUIRE_FALSE(records.commit());
  records.remember({joe, pair_memory{true, false}}); // not committed yet
  const auto fork = records.fork([] { return std::string("forked"); });
  records.remember({jane, pair_memory{false, false}});
  REQUIRE_FALSE(records.commit());
  CHECK(fork->records.memory(jane)->started == true);
  CHECK(fork->records.memory(joe));
  fork->records.remember({joe, pair_memory{false, false}});
  REQUIRE_FALSE(fork->records.commit());
  CHECK(fork->records.memory(joe)->started == false);
  CHECK(records.memory(joe)->started == true);
  CHECK(records.memory(jane)->started == false);
  CHECK(fork->base->write({{"x", "y"}}));
}
