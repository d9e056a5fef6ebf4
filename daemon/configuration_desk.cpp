#include "daemon/configuration_desk.hpp"

#include "config/document.hpp"
#include "config/values.hpp"
#include "daemon/public_pairs.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>

namespace exsyncd {
namespace {

using admin::call_error;
using admin::edit_request;
using admin::error_code;
using admin::reply;
using nlohmann::ordered_json;
using subject = edit_request::subject;
using deed = enum edit_request::deed;

constexpr std::chrono::seconds patience{60};

constexpr auto over_socket = "admin socket";

const char* word_of(declared kind) {
  return kind == declared::server ? "server" : "pair";
}

/// ` "a"`, `s "a" and "b"`: after a noun.
std::string several(const std::vector<std::string>& names) {
  std::string text = names.size() == 1 ? " " : "s ";
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "\"" : i + 1 == names.size() ? " and \"" : ", \"") + names[i] + '"';
  return text;
}

call_error not_there(const std::string& noun, const std::string& name, const std::vector<std::string>& known,
                     const std::string& lister, const std::string& field) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  const auto meant = nearest(name, views);
  return {error_code::not_found, "there is no " + noun + " \"" + name + '"',
          meant.empty() ? lister + " lists them all" : "did you mean \"" + meant + "\"?", field};
}

/// What a refusal tells about settings that were given: only texts of ours.
ordered_json given(const edit_request& what) {
  return what.settings.empty() ? ordered_json::object() : ordered_json::parse(what.settings);
}

call_error must_be_text(const std::string& path) {
  return {error_code::invalid_params, path + ": must be a string in quotes", "the password itself", path};
}

ordered_json answer_to(const edit_request& what) {
  auto list = ordered_json::array();
  for (const auto& name : what.names) {
    ordered_json one;
    if (what.what == subject::folder_pair) one["pair"] = what.pair;
    one[what.what == subject::server ? "server" : what.what == subject::pair ? "pair" : "folder"] = name;
    one["done"] = true;
    if (what.what == subject::pair && what.deed == deed::remove) {
      one["forgotten"] = !what.keep_state;
      one["note"] =
          what.keep_state
              ? "what is known of its items is kept; a pair of that name asks before it deletes what has left meanwhile"
              : "what was known of its items is forgotten; the mailboxes stay as they are";
    }
    if (what.what == subject::folder_pair && what.deed == deed::remove)
      one["note"] =
          "its folders stay, and what is known of their items is kept, as not looked after; where the same two "
          "folders are mapped again, it goes on where it was, and is frozen where something has left meanwhile";
    list.push_back(std::move(one));
  }
  const auto* plural = what.what == subject::server ? "servers" : what.what == subject::pair ? "pairs" : "folder_pairs";
  return {{plural, list}};
}

ordered_json show_problems(const problems& found) {
  auto list = ordered_json::array();
  for (const auto& p : found) {
    ordered_json one{{"path", p.path}, {"text", p.text}};
    if (p.line > 0) one["line"] = p.line, one["column"] = p.column;
    list.push_back(std::move(one));
  }
  return list;
}

} // namespace

call_error to_error(const problems& found, std::string hint) {
  call_error why{error_code::invalid_params, "", std::move(hint), found.empty() ? "" : found.front().path};
  for (const auto& p : found) {
    why.message += (why.message.empty() ? "" : "\n") + (p.path.empty() ? "" : p.path + ": ") + p.text;
    why.problems.emplace_back(p.path, p.text);
  }
  return why;
}

void configuration_desk::config_export(const reply& to) const {
  to.done_in_order(with_.book.everything());
}

void configuration_desk::config_check(const reply& to) const {
  auto found = with_.book.look();
  to.done({{"right", found.empty()}, {"file", with_.book.file()}, {"problems", nlohmann::json(show_problems(found))}});
}

void configuration_desk::server_list(const reply& to) const {
  auto list = nlohmann::json::array();
  for (const auto& name : with_.book.names(declared::server)) {
    const declared_name what{declared::server, name};
    const auto shown = with_.book.show(what);
    nlohmann::json one{{"name", name},
                       {"declared_in", with_.book.is_in_file(what) ? with_.book.file() : over_socket},
                       {"used_by", with_.book.pairs_with(name)}};
    for (const auto* key : {"url", "access", "version", "email"})
      if (shown.is_object() && shown.contains(key)) one[key] = shown.at(key);
    if (const auto wrong = with_.book.wrong_with(what); !wrong.empty()) one["problems"] = show_problems(wrong);
    list.push_back(std::move(one));
  }
  to.done({{"servers", list}});
}

void configuration_desk::server_get(const std::vector<std::string>& servers, const reply& to) const {
  auto list = nlohmann::json::array();
  for (const auto& name : servers) {
    const declared_name what{declared::server, name};
    const auto shown = with_.book.show(what);
    if (shown.is_null())
      return to.failed(not_there("server", name, with_.book.names(declared::server), "server.list", "server"));
    nlohmann::json one{{"name", name},
                       {"declared_in", with_.book.is_in_file(what) ? with_.book.file() : over_socket},
                       {"used_by", with_.book.pairs_with(name)},
                       {"settings", nlohmann::json(shown)}};
    if (const auto wrong = with_.book.wrong_with(what); !wrong.empty()) one["problems"] = show_problems(wrong);
    list.push_back(std::move(one));
  }
  if (list.size() == 1) return to.done(list[0]);
  to.done({{"servers", list}});
}

std::variant<server_settings, call_error> configuration_desk::read_server(const std::string& json) const {
  auto given = ordered_json::parse(json);
  if (const auto odd = declarations::odd_secret(given); !odd.empty()) return must_be_text("settings." + odd);
  if (!given.contains("access")) given["access"] = "direct";
  auto read = with_.book.read_server(given);
  if (const auto* found = std::get_if<problems>(&read)) return to_error(*found, "nothing was tried");
  return std::get<server_settings>(std::move(read));
}

void configuration_desk::add_declaration(const std::string& pair, nlohmann::json& shown) const {
  const declared_name what{declared::pair, pair};
  const auto settings = with_.book.show(what);
  if (settings.is_null()) return; // deleted since
  shown["declared_in"] = with_.book.is_in_file(what) ? with_.book.file() : over_socket;
  shown["settings"] = nlohmann::json(settings);
}

void configuration_desk::edit(edit_request what, reply to) {
  constexpr std::size_t most_waiting = 1000;
  if (waiting_.size() >= most_waiting)
    return to.failed({error_code::not_possible, "too many changes are waiting", "wait for their answers first", ""});
  if (what.of_public_folders) {
    auto ordinary = ordinary_pair_of(given(what));
    if (auto* why = std::get_if<call_error>(&ordinary)) return to.failed(std::move(*why));
    what.settings = std::get<ordered_json>(ordinary).dump();
  }
  waiting_.emplace_back(std::move(what), std::move(to));
  if (!busy_) next();
}

void configuration_desk::next() {
  busy_ = !waiting_.empty();
  if (!busy_) return;
  auto [what, to] = std::move(waiting_.front());
  waiting_.pop_front();
  with_.room.ask<pairs_are>(
      ask_pairs{}, patience,
      [this, what = what, to = to](pairs_are& all) {
        stopped pairs;
        for (const auto& p : all.pairs)
          if (p.condition == pair_condition::stopped && !p.planned) pairs.insert(p.settings.name);
        with_.run([this, what, to, pairs] { carry_out(what, to, pairs); });
      },
      [this, to = to](const std::string& why) {
        to.failed({error_code::internal, "the daemon gave no answer: " + why, "look into the log", ""});
        with_.run([this] { done(); });
      });
}

void configuration_desk::done() {
  busy_ = false;
  next();
}

void configuration_desk::carry_out(const edit_request& what, const reply& to, const stopped& pairs) {
  const auto is_declared = [this](const std::string& name) {
    return !with_.book.find({declared::pair, name}).is_null();
  };
  if (what.what == subject::pair && what.deed == deed::remove && !what.keep_state &&
      std::none_of(what.names.begin(), what.names.end(), is_declared))
    return forget(what, to);
  auto wanted = edits_of(what, pairs);
  if (auto* why = std::get_if<call_error>(&wanted)) {
    to.failed(std::move(*why));
    return done();
  }
  auto checked = with_.book.check(std::move(std::get<edits>(wanted)));
  if (const auto* found = std::get_if<problems>(&checked)) {
    to.failed(to_error(*found, "nothing was changed"));
    return done();
  }
  if (what.of_public_folders) {
    look_at_public_folders(what, to, std::get<declarations::change>(checked).all);
    return done();
  }
  auto change = std::make_shared<declarations::change>(std::move(std::get<declarations::change>(checked)));
  for (auto& k : change->to_keep) {
    k.keep_state = what.keep_state;
    k.when = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }
  with_.room.ask_ledger<stored>(
      keep_declarations{change->to_keep}, patience,
      [this, what, to, change](stored&) {
        with_.run([this, what, to, change] {
          auto all = std::move(change->all);
          with_.book.apply(std::move(*change));
          with_.use(std::move(all), [to, answer = answer_to(what)] { to.done(nlohmann::json(answer)); });
          done();
        });
      },
      [this, to](const std::string& why) {
        to.failed({error_code::internal, "it could not be kept: " + why, "look into the log", ""});
        with_.run([this] { done(); });
      });
}

void configuration_desk::forget(const edit_request& what, const reply& to) {
  const auto failed = [this, to](const std::string& why) {
    to.failed({error_code::internal, "it could not be forgotten: " + why, "look into the log", ""});
    with_.run([this] { done(); });
  };
  with_.room.ask_ledger<pairs_loaded>(
      load_pairs{}, patience,
      [this, what, to, failed](pairs_loaded& known) {
        forget_pairs call;
        for (const auto& name : what.names)
          if (std::find(known.pairs.begin(), known.pairs.end(), pair_id{name}) != known.pairs.end()) {
            call.pairs.push_back({pair_id{name}});
          } else {
            with_.run([this, name, to] {
              to.failed(not_there("pair", name, with_.book.names(declared::pair), "pair.list", "pair"));
              done();
            });
            return;
          }
        with_.room.ask_ledger<stored>(
            std::move(call), patience,
            [this, what, to](stored&) {
              to.done(nlohmann::json(answer_to(what)));
              with_.run([this] { done(); });
            },
            failed);
      },
      failed);
}

/// Both servers are asked before the pair is declared as any other. Nobody else's change waits for them.
void configuration_desk::look_at_public_folders(const edit_request& what, const reply& to, const settings& all) {
  const auto is_it = [&](const pair_settings& p) { return p.name == what.names.front(); };
  const auto pair = std::find_if(all.pairs.begin(), all.pairs.end(), is_it);
  find_public_folders(with_.room, *pair, [this, what, to](std::optional<call_error> why) {
    if (why) return to.failed(std::move(*why));
    auto ordinary = what;
    ordinary.of_public_folders = false;
    with_.run([this, ordinary, to] { edit(ordinary, to); });
  });
}

/// What stands against an edit of one server or pair.
std::optional<call_error> configuration_desk::refusal(const edit_request& what, const declared_name& one,
                                                      const stopped& pairs) const {
  const auto& book = with_.book;
  const std::string word = word_of(one.kind);
  const bool is_there = !book.find(one).is_null();
  if (what.what != subject::folder_pair && what.deed == deed::create) {
    if (!is_there) return std::nullopt;
    return call_error{error_code::not_possible, "there is a " + word + " \"" + one.name + "\" already",
                      word + ".update changes it", word};
  }
  if (!is_there) return not_there(word, one.name, book.names(one.kind), word + ".list", word);
  if (book.is_in_file(one))
    return call_error{error_code::not_possible, word + " \"" + one.name + "\" is declared in " + book.file(),
                      "edit it there and reload (daemon.reload)", word};
  if (what.deed == deed::on || what.deed == deed::off) return std::nullopt;

  // A pair that is wrong is left out, so that it does not run.
  const auto runs = [&](const std::string& pair) {
    return !pairs.contains(pair) && book.wrong_with({declared::pair, pair}).empty();
  };
  if (one.kind == declared::pair) {
    if (!runs(one.name)) return std::nullopt;
    return call_error{error_code::not_possible, "pair \"" + one.name + "\" is started, or a plan of it is being made",
                      "stop the pair first: pair.stop", "pair"};
  }
  auto users = book.pairs_with(one.name);
  if (what.deed == deed::remove && !users.empty())
    return call_error{error_code::not_possible, "server \"" + one.name + "\" is used by pair" + several(users),
                      "delete these pairs, or give them another server, first", "server"};
  std::erase_if(users, [&](auto& pair) { return !runs(pair); });
  if (users.empty()) return std::nullopt;
  return call_error{error_code::not_possible,
                    "server \"" + one.name + "\" is used by pair" + several(users) + ", which " +
                        (users.size() == 1 ? "is" : "are") + " started",
                    users.size() == 1 ? "stop the pair first: pair.stop" : "stop the pairs first: pair.stop", "server"};
}

std::variant<configuration_desk::edits, call_error> configuration_desk::edits_of(const edit_request& what,
                                                                                 const stopped& pairs) const {
  const auto settings = given(what);
  if (const auto odd = declarations::odd_secret(settings); !odd.empty()) return must_be_text(odd);
  if (what.what == subject::folder_pair) return folder_edits(what, pairs);

  const auto kind = what.what == subject::server ? declared::server : declared::pair;
  edits result;
  for (const auto& name : std::set<std::string>(what.names.begin(), what.names.end())) {
    const declared_name one{kind, name};
    if (auto why = refusal(what, one, pairs)) return *why;
    if (what.deed == deed::remove) {
      result.emplace_back(one, nullptr);
      continue;
    }
    const auto path = path_of(kind == declared::server ? "servers" : "pairs", name);
    const auto before = with_.book.find(one);
    auto after = std::make_unique<ordered_json>(what.deed == deed::create ? settings : before);
    if (what.deed == deed::update) after->merge_patch(settings);
    // Made over the socket, a pair runs when it is told to, not as soon as it is known.
    if (what.deed == deed::create && kind == declared::pair && !after->contains("start")) (*after)["start"] = false;
    auto astray = declarations::secrets_gone_astray(before, *after, path);
    if (kind == declared::server && what.deed == deed::update)
      for (const auto& pair : with_.book.pairs_with(name)) {
        const auto user = with_.book.find({declared::pair, pair});
        if (before.value("url", ordered_json()) != after->value("url", ordered_json()) &&
            declarations::keeps_secrets(user))
          astray.push_back(
              {path_of("pairs", pair), "keeps a password for this server as it is; delete the pair first", 0, 0});
      }
    if (!astray.empty()) return to_error(astray, "nothing was changed");
    result.emplace_back(one, std::move(after));
  }
  return result;
}

std::variant<configuration_desk::edits, call_error> configuration_desk::folder_edits(const edit_request& what,
                                                                                     const stopped& pairs) const {
  const declared_name pair{declared::pair, what.pair};
  if (auto why = refusal(what, pair, pairs)) return *why;
  auto after = std::make_unique<ordered_json>(with_.book.find(pair));
  auto& folders = (*after)["folders"];
  if (!folders.is_object()) folders = ordered_json::object();
  for (const auto& name : what.names) {
    const bool is_there = folders.contains(name);
    if (what.deed == deed::create) {
      if (is_there)
        return call_error{error_code::not_possible,
                          "pair \"" + what.pair + "\" has a folder pair \"" + name + "\" already",
                          "folder_pair.update changes it", "folder"};
      folders[name] = given(what);
      continue;
    }
    if (!is_there) {
      std::vector<std::string> known;
      for (const auto& [folder, unused] : folders.items())
        known.push_back(folder);
      return not_there("folder pair", name, known, "folder_pair.list", "folder");
    }
    if (what.deed == deed::remove) folders.erase(name);
    if (what.deed == deed::update) folders[name].merge_patch(given(what));
    if (what.deed == deed::on) folders[name].erase("on");
    if (what.deed == deed::off) folders[name]["on"] = false;
  }
  edits result;
  result.emplace_back(pair, std::move(after));
  return result;
}

} // namespace exsyncd
