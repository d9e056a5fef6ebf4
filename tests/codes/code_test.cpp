#include "daemon/codes/code.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exsyncd::codes;
using namespace std::chrono_literals;

namespace {

const key_pair& operator_key() {
  static const auto made = new_key_pair();
  return made;
}

grant subscription() {
  return {"hq-2026", grant::kind::subscription, 2026y / 11 / 1, 2027y / 10 / 31, 25, 50'000'000'000};
}

std::string code_of(const grant& g, const key_pair& by = operator_key()) {
  return std::get<std::string>(issue(g, by.private_pem));
}

std::string why(const std::string& code, const std::string& key = operator_key().public_key) {
  const auto read_it = read(code, key);
  const auto* no = std::get_if<refusal>(&read_it);
  return no ? no->what : "it was taken";
}

} // namespace

TEST_CASE("A code says what was issued, to whoever knows the public key") {
  const auto& key = operator_key();
  CHECK(key.public_key.size() == 44);
  CHECK(std::get<std::string>(public_key_of(key.private_pem)) == key.public_key);
  CHECK(std::get<grant>(read(code_of(subscription()), key.public_key)) == subscription());
  const grant top_up{"more", grant::kind::top_up, 2026y / 11 / 1, 2027y / 10 / 31, 0, 5'000'000'000};
  CHECK(std::get<grant>(read(code_of(top_up), key.public_key)) == top_up);
}

TEST_CASE("A code may be broken over lines") {
  auto code = code_of(subscription());
  for (std::size_t at = 60; at < code.size(); at += 62)
    code.insert(at, "\r\n");
  CHECK(std::get<grant>(read("  " + code + "\n", operator_key().public_key)) == subscription());
}

TEST_CASE("No character of a code can be changed") {
  const auto code = code_of(subscription());
  for (std::size_t i = 0; i < code.size(); ++i) {
    auto other = code;
    other[i] = other[i] == 'A' ? 'B' : 'A';
    INFO(i);
    CHECK(std::holds_alternative<refusal>(read(other, operator_key().public_key)));
    CHECK(std::holds_alternative<refusal>(read(code.substr(0, i), operator_key().public_key)));
  }
}

TEST_CASE("What is wrong with a code is told apart") {
  const auto code = code_of(subscription());
  CHECK(why("nonsense") == "this is no code of exsyncd");
  CHECK(why("") == "this is no code of exsyncd");
  CHECK(why("exs1.e30") == "this is no code of exsyncd");
  CHECK(why("exs1.%%%.AAAA") == "the code is not complete, or was altered");
  CHECK(why(code.substr(0, code.size() - 1)) == "the code is not complete, or was altered");
  auto mistyped = code;
  auto& last = mistyped[mistyped.size() - 10];
  last = last == 'A' ? 'B' : 'A';
  CHECK(why(mistyped) == "the code's signature is wrong: it was altered or mistyped");
  const auto foreign = code_of(subscription(), new_key_pair());
  CHECK(why(foreign) == "the code was issued for another key than this exsyncd's allowance_key");
  // A signature of something else that is right by itself.
  auto other = subscription();
  other.bytes *= 10;
  const auto larger = code_of(other);
  CHECK(why(larger.substr(0, larger.rfind('.')) + code.substr(code.rfind('.'))) ==
        "the code's signature is wrong: it was altered or mistyped");
}

TEST_CASE("Codes that would allow nothing are not issued") {
  auto g = subscription();
  g.to = g.from - std::chrono::days(1);
  CHECK(std::holds_alternative<refusal>(issue(g, operator_key().private_pem)));
  g = subscription();
  g.bytes = 0;
  CHECK(std::holds_alternative<refusal>(issue(g, operator_key().private_pem)));
  g = subscription();
  g.pairs = 0;
  CHECK(std::holds_alternative<refusal>(issue(g, operator_key().private_pem)));
  CHECK(std::holds_alternative<refusal>(issue(subscription(), "no key")));
  CHECK(std::holds_alternative<refusal>(public_key_of("")));
}

TEST_CASE("Sizes are read in decimal units") {
  CHECK(std::get<std::uint64_t>(read_size("1000")) == 1000);
  CHECK(std::get<std::uint64_t>(read_size("50GB")) == 50'000'000'000);
  CHECK(std::get<std::uint64_t>(read_size("1.5 TB")) == 1'500'000'000'000);
  CHECK(std::get<std::uint64_t>(read_size("7K")) == 7000);
  CHECK(std::get<std::uint64_t>(read_size("30kB")) == 30'000);
  for (const std::string wrong : {"", "GB", "-1", "5XB", "5GiB", "nan", "1e30", "5 G B C"}) {
    INFO(wrong);
    CHECK(std::holds_alternative<refusal>(read_size(wrong)));
  }
}
