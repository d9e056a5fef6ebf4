// Requests that fail again and again.
#include "tests/simulate/model/repeats.hpp"

#include <algorithm>
#include <vector>

namespace simulate::model {

namespace {

/// What stands between the two, each time.
std::vector<std::string> all_between(std::string_view text, std::string_view before, char after) {
  std::vector<std::string> out;
  for (auto at = text.find(before); at != text.npos; at = text.find(before, at + 1)) {
    const auto from = at + before.size();
    out.emplace_back(text.substr(from, text.find(after, from) - from));
  }
  return out;
}

/// The mailbox that is acted in, and what is acted on there: items and folders by their ids, what is new by what it is.
/// That a folder of a well-known name is not there is an answer, and no failure to wait after.
std::vector<std::string> things_of(std::string_view question) {
  std::string mailbox;
  for (const char* element : {"PrimarySmtpAddress>", "EmailAddress>"})
    if (auto named = all_between(question, element, '<'); !named.empty()) mailbox = named.front();
  auto things = all_between(question, "ItemId Id=\"", '"');
  if (things.empty()) things = all_between(question, ":FolderId Id=\"", '"');
  if (things.empty()) things.emplace_back();
  for (auto& one : things)
    one = mailbox + " " + one;
  return things;
}

} // namespace

std::optional<std::string> repeats::note(std::int64_t now, const std::string& server, const std::string& operation,
                                         std::string_view question, std::string_view answer, bool failed) {
  auto things = things_of(question);
  const auto classes = all_between(answer, "ResponseClass=\"", '"');
  auto is_error = [&](std::size_t n) { return classes[n] == "Error"; };
  std::size_t errors = 0;
  for (std::size_t n = 0; n < classes.size(); ++n)
    errors += is_error(n);
  // Each thing has its own answer, or they fail together.
  const bool each = !failed && classes.size() == things.size();
  if (!failed && (errors == 0 || (!each && errors < classes.size()))) return std::nullopt;
  std::optional<std::string> told;
  for (std::size_t n = 0; n < things.size(); ++n)
    if (!each || is_error(n))
      if (auto words = count(now, server + " " + operation + " " + things[n]); words && !told) told = words;
  return told;
}

std::optional<std::string> repeats::count(std::int64_t now, std::string thing) {
  auto& times = failures_[thing];
  times.push_back(now);
  std::erase_if(times, [now](std::int64_t one) { return one + stretch < now; });
  worst_ = std::max(worst_, times.size());
  if (times.size() != most + 1) return std::nullopt;
  return thing + " failed " + std::to_string(times.size()) + " times in " + std::to_string(stretch / 60'000) +
         " minutes";
}

} // namespace simulate::model
