#include "daemon/metrics.hpp"

#include "actors/folder_pairs.hpp"
#include "daemon/show.hpp"

#include <array>
#include <initializer_list>
#include <utility>

namespace exsyncd {
namespace {

/// A label's value; OpenMetrics escapes these three.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out + '"';
}

using labels = std::initializer_list<std::pair<const char*, std::string>>;

class family {
public:
  family(std::string& into, std::string name, const char* type, const char* help)
      : into_(into), name_(std::move(name)), suffix_(std::string(type) == "counter" ? "_total" : "") {
    into_ += "# TYPE " + name_ + " " + type + "\n# HELP " + name_ + " " + help + "\n";
    if (std::string(type) == "info") suffix_ = "_info";
  }
  void add(labels with, std::uint64_t value) {
    into_ += name_ + suffix_;
    auto separator = '{';
    for (const auto& [label, text] : with) {
      into_ += separator + std::string(label) + "=" + quoted(text);
      separator = ',';
    }
    into_ += (separator == ',' ? "} " : " ") + std::to_string(value) + "\n";
  }

private:
  std::string& into_;
  std::string name_, suffix_;
};

std::uint64_t seconds(utc_seconds when) {
  return static_cast<std::uint64_t>(when.time_since_epoch().count());
}

constexpr std::array conditions{pair_condition::stopped,   pair_condition::starting, pair_condition::started,
                                pair_condition::throttled, pair_condition::error,    pair_condition::paused};

} // namespace

std::string show_metrics(const std::string& version, utc_seconds started, const std::vector<pair_overview>& pairs) {
  std::string text;
  family(text, "exsyncd", "info", "The version that runs.").add({{"version", version}}, 1);
  family(text, "exsyncd_start_time_seconds", "gauge", "When the daemon was started, in seconds since 1970.")
      .add({}, seconds(started));
  {
    family status(text, "exsyncd_pair_status", "gauge", "1 for the status that the pair has.");
    for (const auto& p : pairs)
      for (const auto c : conditions)
        status.add({{"pair", p.settings.name}, {"status", show(c)}}, p.condition == c ? 1 : 0);
  }
  {
    family items(text, "exsyncd_items", "gauge", "Items of a folder pair by their state.");
    for (const auto& p : pairs)
      for (const auto& f : p.counts.folder_pairs) {
        if (!find_folder_pair(p.folders, f.folder_pair)) continue; // nobody looks after it
        const auto add = [&](const char* state, std::uint64_t count) {
          items.add({{"pair", p.settings.name}, {"folder", f.folder_pair.value}, {"state", state}}, count);
        };
        add("in_step", f.agreed);
        add("waiting", f.unsettled);
        add("banned", f.banned);
        add("skipped", skipped_of(f));
      }
  }
  const auto each = [&](const char* name, const char* type, const char* help, auto value) {
    family of(text, name, type, help);
    for (const auto& p : pairs)
      if (const std::optional<std::uint64_t> v = value(p)) of.add({{"pair", p.settings.name}}, *v);
  };
  const auto at = [](const std::optional<utc_seconds>& when) {
    return when ? std::optional<std::uint64_t>(seconds(*when)) : std::nullopt;
  };
  each("exsyncd_pair_rounds", "counter", "Rounds since the pair was started.",
       [](const pair_overview& p) { return std::optional<std::uint64_t>(p.status.rounds); });
  each("exsyncd_pair_restarts", "counter", "How often the pair ended by itself and was started anew.",
       [](const pair_overview& p) { return std::optional<std::uint64_t>(p.restarts); });
  each("exsyncd_pair_frozen_folders", "gauge", "Folder pairs that the brake holds.",
       [](const pair_overview& p) { return std::optional<std::uint64_t>(p.held.size()); });
  each("exsyncd_pair_last_sync_seconds", "gauge", "When the pair was last in step, in seconds since 1970.",
       [&](const pair_overview& p) { return at(p.status.last_sync); });
  each("exsyncd_pair_last_change_seconds", "gauge", "When something was last written, in seconds since 1970.",
       [&](const pair_overview& p) { return at(p.status.last_change); });
  return text + "# EOF\n";
}

} // namespace exsyncd
