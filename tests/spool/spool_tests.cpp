#include "ews/spool/spool_directory.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace exsyncd;

namespace {

/// A directory of this test, gone with it.
struct place {
  place() {
    std::string name = std::filesystem::temp_directory_path() / "exsyncd-spool-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~place() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

std::string pieces_of(const large_text& text) {
  std::string all;
  text.each_piece([&](std::string_view piece) {
    all += piece;
    return true;
  });
  return all;
}

std::string pattern(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>('a' + i * i % 26);
  return text;
}

} // namespace

TEST_CASE("Short text stays in memory, long text goes to a file without a name, and both read the same") {
  place here;
  const auto spool = spool_into(here.path / "spool");
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, largest_in_memory, largest_in_memory + 1,
                           std::size_t{3'000'001}}) {
    INFO(size);
    const auto text = pattern(size);
    large_text_builder builder(spool);
    for (std::size_t at = 0; at < size; at += 10'007)
      builder.append(std::string_view(text).substr(at, 10'007));
    const auto built = builder.take();
    CHECK(built.is_stored() == (size > largest_in_memory));
    CHECK(built.size() == size);
    CHECK(built.text() == text);
    CHECK(pieces_of(built) == text);
    CHECK(built == large_text(text));
    char some[5] = {};
    const std::size_t at = size / 2, there = std::min(sizeof some, size - at);
    CHECK(built.read(at, some, sizeof some) == there);
    CHECK(std::string(some, there) == text.substr(at, there));
    CHECK(built.read(size, some, sizeof some) == 0);
  }
  CHECK(std::filesystem::is_empty(here.path / "spool")); // nothing is left, also after a crash
  CHECK((std::filesystem::status(here.path / "spool").permissions() & std::filesystem::perms::all) ==
        std::filesystem::perms::owner_all);
}

TEST_CASE("Copies share what is stored, and it outlives who made it") {
  place here;
  large_text kept;
  {
    large_text_builder builder(spool_into(here.path.string()));
    builder.append(pattern(largest_in_memory * 2));
    const auto first = builder.take();
    kept = first;
  }
  std::filesystem::remove_all(here.path);
  CHECK(kept.text() == pattern(largest_in_memory * 2));
  CHECK_FALSE(kept == large_text("other"));
}

TEST_CASE("Where nothing can be spooled, text stays in memory") {
  place here;
  std::ofstream(here.path / "file") << "in the way";
  large_text_builder builder(spool_into(here.path / "file" / "spool"));
  builder.append(pattern(largest_in_memory));
  builder.append("and more");
  const auto built = builder.take();
  CHECK_FALSE(built.is_stored());
  CHECK(built.size() == largest_in_memory + 8);
}
