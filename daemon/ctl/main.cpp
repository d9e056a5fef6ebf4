#include "daemon/admin/methods.hpp"

#include "config/json_depth.hpp"
#include "daemon/ctl/issue_code.hpp"
#include "daemon/ctl/session.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <list>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace exsyncd;
using namespace exsyncd::ctl;
using nlohmann::json;

/// What the command line says of one parameter.
struct argument {
  const admin::param* of;
  std::string text;
  std::vector<std::string> names;
  int count = 0;
  bool flag = false;
  CLI::Option* option = nullptr;
};

/// A settings object: JSON itself, "@FILE", or "-" for standard input, where a password is not seen by other users.
json read_object(const std::string& text) {
  std::string source = text;
  if (text == "-") {
    source.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else if (text.starts_with('@')) {
    std::ifstream file(text.substr(1), std::ios::binary);
    if (!file) throw CLI::ValidationError(text.substr(1) + ": cannot be read");
    source.assign(std::istreambuf_iterator<char>(file), {});
  }
  // Comments are welcome, as in the configuration.
  if (nests_too_deep(source)) throw CLI::ValidationError("SETTINGS are nested too deeply");
  auto value = json::parse(source, nullptr, false, true);
  if (!value.is_object())
    throw CLI::ValidationError("SETTINGS must be a JSON object { … }, @FILE, or - for standard input");
  return value;
}

json value_of(const argument& a) {
  switch (a.of->type) {
  case admin::param_type::names:
    return a.names.size() == 1 ? json(a.names[0]) : json(a.names);
  case admin::param_type::count:
    return a.count;
  case admin::param_type::flag:
    return a.flag;
  case admin::param_type::object:
    return read_object(a.text);
  case admin::param_type::text:
  case admin::param_type::level:
    return a.text;
  }
  return nullptr;
}

/// What the commands of a group are about.
std::string text_of_group(const std::string& group) {
  static const std::map<std::string, std::string> known{
      {"daemon", "exsyncd itself: how it is, and reading its configuration again"},
      {"config", "Everything that is declared: show it, check it"},
      {"server", "Exchange servers: declare and change them, test them, find users and folders"},
      {"pair", "Pairs of mailboxes: make and change them, start and stop them, look into them"},
      {"folder_pair", "The folders of a pair: add and change them, leave them alone for a while"},
      {"item", "One item: why it is in step or is not"},
      {"log", "The last lines of the log"},
      {"events", "What happens, as it happens"},
      {"conflict", "What lost where both sides were changed"},
      {"undo", "What exsyncd overwrote or deleted: see it, put it back"},
      {"ban", "Items that are left alone: refused ones, and those you want to be"},
      {"traffic", "Bytes on the wire: by day, by month, the costliest items"},
      {"allowance", "Codes that allow traffic, where it is limited"}};
  const auto at = known.find(group);
  return at == known.end() ? "Commands about " + group : at->second;
}

std::string capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string upper(std::string text) {
  for (auto& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

/// Required parameters stand in their order, the others are options but where the table says otherwise.
void add_argument(CLI::App& command, argument& a) {
  const auto& p = *a.of;
  const bool in_order = p.required || p.without_name;
  const auto name = in_order ? p.name : "--" + p.name;
  switch (p.type) {
  case admin::param_type::flag:
    a.option = command.add_flag(name, a.flag, p.text);
    return;
  case admin::param_type::names:
    a.option = command.add_option(name, a.names, p.text);
    break;
  case admin::param_type::count:
    a.option = command.add_option(name, a.count, p.text);
    break;
  case admin::param_type::text:
  case admin::param_type::object:
  case admin::param_type::level:
    a.option = command.add_option(
        name, a.text, p.type == admin::param_type::object ? p.text + "; JSON, @FILE or - (standard input)" : p.text);
    break;
  }
  a.option->type_name(in_order ? "" : upper(p.name));
  if (p.required) a.option->required();
}

class command_line {
public:
  command_line() {
    app_.add_option("--socket", with_.socket, "The admin socket of exsyncd")
        ->envname("EXSYNCD_SOCKET")
        ->capture_default_str();
    app_.add_flag("--json", with_.json, "Print what the daemon answers, as JSON");
    app_.set_version_flag("--version", std::string("exsyncctl " EXSYNCD_VERSION));
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.footer("Exit codes: 0 done; 1 refused, or something is wrong; 2 wrong usage; 3 exsyncd cannot be reached.\n"
                "The same without this program: echo '{\"method\":\"help\"}' | nc -NU SOCKET | jq .result");
    plain("watch", "Shows every pair and the log, live", [this] { return watch(with_); });
    plain("setup", "Makes a pair, step by step", [this] { return setup(with_); });
    plain("doctor", "Looks whether everything is well, and says what to do", [this] { return doctor(with_); });
    plain("status", "Short for daemon status",
          [this] { return call_and_show(with_, "daemon.status", json::object()); });
    add_issue_code();
    for (const auto& m : methods_)
      add(m);
  }

  outcome run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
      with_.look = style_of_output();
      return chosen_();
    } catch (const CLI::ParseError& error) {
      return app_.exit(error) == 0 ? outcome::done : outcome::usage;
    }
  }

private:
  void plain(const char* name, const char* text, std::function<outcome()> what) {
    app_.add_subcommand(name, text)->final_callback([this, what = std::move(what)] { chosen_ = what; });
  }

  void add_issue_code() {
    auto* command =
        app_.add_subcommand("issue-code", "Makes a code that allows traffic; for whoever holds the private key");
    command->add_option("--key", issue_.key_file, "The private key")->type_name("FILE")->required();
    command->add_flag("--new-key", issue_.new_key, "Makes that file, and prints the public key for the daemons");
    command->add_flag("--top-up", issue_.top_up, "Bytes that are used up once, when the month's subscriptions are");
    command->add_option("--bytes", issue_.bytes, "Each month, or in all of a top-up: 500MB, 50GB, 1.5TB")
        ->type_name("SIZE");
    command->add_option("--pairs", issue_.pairs, "For how many pairs a subscription is")->type_name("NUMBER");
    command->add_option("--from", issue_.from, "The first day (UTC); today if not said")->type_name("YYYY-MM-DD");
    command->add_option("--to", issue_.to, "The last day (UTC)")->type_name("YYYY-MM-DD");
    command->add_option("--id", issue_.id, "The code's name in allowance list; random if not said")->type_name("TEXT");
    command->final_callback([this] { chosen_ = [this] { return issue_code(with_, issue_); }; });
  }

  /// "pair.list" is the command "pair list".
  void add(const admin::method& m) {
    auto* parent = &app_;
    auto name = m.name;
    if (const auto dot = name.find('.'); dot != std::string::npos) {
      const auto group = name.substr(0, dot);
      name = name.substr(dot + 1);
      auto& known = groups_[group];
      if (known == nullptr) {
        known = app_.add_subcommand(group, text_of_group(group));
        known->require_subcommand(1);
      }
      parent = known;
    }
    auto* command = parent->add_subcommand(name, capital(m.text));
    auto& arguments = arguments_.emplace_back();
    for (const auto& p : m.params)
      arguments.push_back({&p, {}, {}, 0, false, nullptr});
    for (auto& a : arguments)
      add_argument(*command, a);
    command->final_callback([this, &m, &arguments] {
      chosen_ = [this, &m, &arguments] {
        json params = json::object();
        for (const auto& a : arguments)
          if (a.option->count() > 0) params[a.of->name] = value_of(a);
        return m.name == "events.follow" ? follow(with_, params) : call_and_show(with_, m.name, params);
      };
    });
  }

  session with_;
  issue_options issue_;
  CLI::App app_{"exsyncctl speaks to exsyncd through its admin socket.", "exsyncctl"};
  std::vector<admin::method> methods_ = admin::describe_methods();
  std::map<std::string, CLI::App*> groups_;    // "pair" of "pair list"
  std::list<std::vector<argument>> arguments_; // the options hold references into it
  std::function<outcome()> chosen_;
};

} // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, ""); // how wide characters are
  ::tzset();                    // localtime_r need not
  const session usual{};
  try {
    return static_cast<int>(command_line().run(argc, argv));
  } catch (const unreachable& why) {
    tell(usual, why);
    return static_cast<int>(outcome::unreachable);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "exsyncctl: %s\n", error.what());
    return static_cast<int>(outcome::usage);
  }
}
