#include "daemon/ctl/session.hpp"
#include "daemon/ctl/steps.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace exsyncd::ctl {
namespace {

using nlohmann::json;

class examination {
public:
  explicit examination(const session& with) : with_(with) {}

  outcome run() {
    try {
      connection to(with_.socket);
      note({"socket", grade::ok, with_.socket + " answers", ""});
      daemon(to);
      configuration(to);
      servers(to);
      pairs(to);
    } catch (const unreachable& why) {
      note({"socket", grade::failed, why.message, why.hint});
    }
    if (with_.json)
      std::puts(findings_.dump(2, ' ', false, json::error_handler_t::replace).c_str());
    else
      std::puts(worst_ == grade::failed    ? "\nSomething is wrong; what to do stands behind the arrows."
                : worst_ == grade::warning ? "\nIt works; something deserves a look."
                                           : "\nEverything is well.");
    return worst_ == grade::failed ? outcome::refused : outcome::done;
  }

private:
  void note(const step& s) {
    if (s.came == grade::failed || (s.came == grade::warning && worst_ == grade::ok)) worst_ = s.came;
    if (with_.json)
      findings_.push_back({{"check", s.name}, {"outcome", name_of(s.came)}, {"text", s.text}, {"hint", s.hint}});
    else
      std::fputs(text_of(with_.look, s).c_str(), stdout);
  }

  /// The result, or a null where the daemon refuses, which is noted.
  json ask(connection& to, const std::string& check, const std::string& method, const json& params = json::object()) {
    auto answer = to.call(method, params);
    if (const auto* no = std::get_if<refusal>(&answer)) {
      note({check, grade::failed, no->message, no->hint});
      return nullptr;
    }
    return std::get<json>(std::move(answer));
  }

  void daemon(connection& to) {
    const auto status = ask(to, "daemon", "daemon.status");
    if (status.is_null()) return;
    note({"daemon", grade::ok,
          "exsyncd " + status.value("version", "") + " runs since " +
              local_time(status.value("started", ""), with_.now()) + ", " + status.value("summary", ""),
          ""});
  }

  void configuration(connection& to) {
    const auto checked = ask(to, "configuration", "config.check");
    if (checked.is_null()) return;
    const auto file = checked.value("file", "");
    for (const auto& p : checked.value("problems", json::array())) {
      const auto path = p.value("path", "");
      note({"configuration", grade::failed, file + ": " + (path.empty() ? "" : path + ": ") + p.value("text", ""),
            "put it right, then: exsyncctl daemon reload"});
    }
    if (checked.value("right", false)) note({"configuration", grade::ok, file + " is right", ""});
  }

  void servers(connection& to) {
    const auto known = ask(to, "servers", "server.list");
    const auto used = ask(to, "pairs", "pair.list");
    const auto folders = ask(to, "pairs", "folder_pair.list");
    if (known.is_null() || used.is_null() || folders.is_null()) return;
    for (const auto& s : known.value("servers", json::array())) {
      const auto name = s.value("name", "");
      const auto check = "server " + name;
      const auto tested = ask(to, check, "server.test", about(name, used));
      if (tested.is_null()) continue;
      bool is_well = true;
      for (auto& one : steps_of(tested)) {
        if (one.came == grade::ok || one.came == grade::skipped) continue;
        if (one.name == "public folders" && !has_public(name, used, folders)) continue;
        is_well = false;
        one.name = check + ", " + one.name;
        note(one);
      }
      if (is_well) note({check, grade::ok, s.value("url", "") + " can be reached", ""});
    }
  }

  void pairs(connection& to) {
    const auto known = ask(to, "pairs", "pair.list");
    if (known.is_null()) return;
    if (known.value("pairs", json::array()).empty())
      note({"pairs", grade::warning, "there is no pair yet", "exsyncctl setup makes one"});
    for (const auto& p : known.value("pairs", json::array()))
      pair(p);
  }

  void pair(const json& p) {
    const auto name = p.value("name", "");
    const auto check = "pair " + name;
    const auto status = p.value("status", "");
    const auto errors = p.value("errors", json::array());
    for (const auto& e : errors) {
      const auto folder = e.value("folder", "");
      note({check + (folder.empty() ? "" : "/" + folder),
            status == "throttled" || status == "paused" ? grade::warning : grade::failed, e.value("message", ""),
            e.value("hint", "")});
    }
    for (const auto& f : p.value("frozen", json::array()))
      note({check + "/" + f.value("folder", ""), grade::failed, "frozen: " + f.value("reason", ""),
            "exsyncctl pair plan " + name + ", and if that is right: exsyncctl pair approve " + name +
                ", else: exsyncctl pair restore " + name});
    for (const auto& u : p.value("out_of_sight", json::array()))
      note({check + "/" + u.value("folder", ""), grade::warning, u.value("side", "") + ": " + u.value("reason", ""),
            u.value("hint", "")});
    for (const auto& u : p.value("not_looked_after", json::array())) {
      const auto items = u.value("items", 0);
      note({check + "/" + u.value("folder", ""), grade::ok,
            "is not looked after, " + std::to_string(items) + (items == 1 ? " item: " : " items: ") +
                u.value("reason", ""),
            u.value("hint", "")});
    }
    const auto banned = p.value("items", json::object()).value("banned", 0);
    if (banned > 0)
      note({check, grade::warning, std::to_string(banned) + (banned == 1 ? " item is" : " items are") + " banned",
            "exsyncctl ban list --pair " + name + " tells why"});
    if (status == "stopped")
      note({check, grade::ok, "is stopped", "exsyncctl pair start " + name + " starts it"});
    else if (errors.empty() && !p.contains("frozen"))
      note({check, grade::ok, "is " + status, ""});
  }

  /// A service account need not have a mailbox: it is tried on the first one that a pair reaches by it.
  static json about(const std::string& server, const json& used) {
    json params{{"server", server}};
    for (const auto& p : used.value("pairs", json::array()))
      for (const auto* side : {"primary", "replica"})
        if (const auto at = p.value(side, json::object());
            at.value("server", "") == server && !params.contains("mailbox"))
          params["mailbox"] = at.value("mailbox", "");
    return params;
  }

  /// Whether any pair has a public folder there: else it is of no matter who may see them.
  static bool has_public(const std::string& server, const json& pairs, const json& folders) {
    for (const auto& p : pairs.value("pairs", json::array()))
      for (const auto* side : {"primary", "replica"}) {
        if (p.value(side, json::object()).value("server", "") != server) continue;
        for (const auto& f : folders.value("folder_pairs", json::array()))
          if (f.value("pair", "") == p.value("name", "") && f.value(side, "").starts_with("public:")) return true;
      }
    return false;
  }

  const session& with_;
  grade worst_ = grade::ok;
  json findings_ = json::array();
};

} // namespace

outcome doctor(const session& with) {
  return examination(with).run();
}

} // namespace exsyncd::ctl
