// The servers, the disk and time, and the lives of the daemon between them.
#include "tests/simulate/stage.hpp"

#include "actors/logic/cells.hpp"
#include "tests/exchange_sim/faults.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace simulate {

using namespace exsyncd;
using nlohmann::json;

namespace {

/// Monday, 5 January 2026, 8:00 UTC.
constexpr std::int64_t begin_of_time = 1'767'600'000'000;
/// Between two moments of time no run of ours needs as many turns of actors.
constexpr std::uint64_t most_jobs_at_once = 400'000;
constexpr std::uint64_t most_requests = 40'000;
/// A hanging connection is looked at so often, in virtual time.
constexpr std::chrono::milliseconds stream_pulse{500};

bool writes_items(const std::string& operation) {
  static const std::set<std::string> all{"CreateItem",       "UpdateItem",       "MoveItem",     "DeleteItem",
                                         "CreateAttachment", "DeleteAttachment", "CreateFolder", "UpdateFolder",
                                         "MoveFolder",       "CopyItem"};
  return all.contains(operation);
}

/// What a daemon writes at folders for other daemons is nothing that users have.
bool is_lease(const std::string& operation, const std::string& body) {
  return operation == "UpdateFolder" && body.find("PropertyName=\"exsyncd\"") != body.npos &&
         body.find("folder:DisplayName") == body.npos;
}

bool lists_items(const std::string& operation) {
  return operation == "SyncFolderItems" || operation == "FindItem";
}

/// Of which items an answer told, and how, for the trace.
std::string words_of_told(const model::history& seen, const std::string& operation, std::size_t steps_before) {
  if (seen.steps.size() == steps_before || seen.steps.back().act != operation) return {};
  std::string words;
  for (const auto& one : seen.steps.back().told) {
    const auto label = seen.labels.find(one.item);
    words += (label == seen.labels.end() || label->second.empty() ? " an item" : " " + label->second) +
             (one.as == model::told::how::gone ? " gone" : "");
  }
  return words.empty() ? words : ":" + words;
}

std::string clock_text(std::int64_t milliseconds) {
  const auto tenths = (milliseconds < 0 ? -milliseconds : milliseconds) / 100;
  auto text = std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
  if (milliseconds < 0) text = "-" + text;
  return std::string(text.size() < 11 ? 11 - text.size() : 0, ' ') + text;
}

/// A folder as the settings name it.
std::string configured_path(const std::string& path) {
  constexpr std::string_view root = "publicfoldersroot";
  return path.starts_with(root) ? "public:" + path.substr(root.size()) : path;
}

} // namespace

std::string base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                                       static_cast<int>(bytes.size()))));
  return text;
}

std::string operation_of(const std::string& body) {
  auto at = body.find("Body>");
  if (at == std::string::npos) return "?";
  at = body.find('<', at);
  if (at == std::string::npos) return "?";
  const auto end = body.find_first_of(" />", at + 1);
  auto name = body.substr(at + 1, end - at - 1);
  return name.substr(name.find(':') == std::string::npos ? 0 : name.find(':') + 1);
}

stage::stage(const schedule& played, bool with_trace)
    : plan_(played), with_trace_(with_trace), choices_(played.world.noise, "choices"),
      latency_(played.world.noise, "latency"), jitter_(played.world.noise, "jitter"), ids_(played.world.noise, "ids"),
      world_dice_(played.world.noise, "world"), pairs_(played.world.pairs), happened_(played.events.size(), false) {
  disk_.on_write = [this](std::uint64_t, memory_engine::moment when) { return on_commit(when); };
}

stage::~stage() {
  logic::listen_to_cells({});
  dead_ = true;
  process_.reset();
}

std::int64_t stage::now() const {
  if (!process_) return life_began_;
  return life_began_ + std::chrono::duration_cast<std::chrono::milliseconds>(process_->uptime()).count();
}

exchange_sim::sys_time stage::world_time() const {
  return exchange_sim::sys_time(std::chrono::milliseconds(begin_of_time + now()));
}

void stage::say(const std::function<std::string()>& line) {
  if (with_trace_) result_.trace.push_back(clock_text(now()) + "  " + line());
}

void stage::wrong(std::string kind, std::string what, bool fatal) {
  say([&] { return "!! " + kind + ": " + what; });
  result_.violations.push_back({std::move(kind), std::move(what)});
  if (fatal) fatal_ = dead_ = true;
}

json stage::control(json command) {
  return world_->control(command);
}

void stage::set_up() {
  exchange_sim::world_options options;
  options.now = [this] { return world_time(); };
  options.random = [this] { return world_dice_.throw_once(); };
  options.watcher = &watcher_;
  if (*EWS_DATA_DIR && plan_.world.schemas) options.schema_directory = std::string(EWS_DATA_DIR) + "/schemas";
  world_ = std::make_unique<exchange_sim::world>(std::move(options));
  const auto must = [&](const json& command) {
    const auto told = control(command);
    if (told.contains("error")) throw std::runtime_error(command.dump() + ": " + told.dump());
  };
  std::set<std::string> mailboxes;
  for (const auto& s : plan_.world.servers) {
    must({{"do", "add_server"}, {"name", s.name}, {"version", s.version}});
    must({{"do", "set_limits"}, {"server", s.name}, {"sync_page", s.sync_page}});
    must({{"do", "add_mailbox"},
          {"server", s.name},
          {"address", "service@" + s.name + ".example"},
          {"password", "secret"},
          {"may_impersonate", {"*"}}});
    cover("version: " + s.version);
    cover("access: " + s.access);
    if (s.streaming) cover("setting: streaming");
  }
  for (const auto& p : pairs_)
    for (const auto& address : {p.primary, p.replica})
      if (mailboxes.insert(address).second)
        must(is_public(address)
                 ? json{{"do", "add_public_folders"}, {"server", server_of(address)}, {"everybody", "PublishingEditor"}}
                 : json{{"do", "add_mailbox"},
                        {"server", server_of(address)},
                        {"address", address},
                        {"password", "secret"}});
  for (const auto& p : pairs_) {
    for (const auto& f : p.folders) {
      const std::string made = f.kind == "mail"       ? "IPF.Note"
                               : f.kind == "contacts" ? "IPF.Contact"
                               : f.kind == "tasks"    ? "IPF.Task"
                                                      : "IPF.Appointment";
      for (const auto& [address, path] : {std::pair(p.primary, f.primary), std::pair(p.replica, f.replica)}) {
        must({{"do", "add_folder"},
              {"server", server_of(address)},
              {"mailbox", box_of(address)},
              {"path", path},
              {"class", made}});
        if (is_public(address)) cover("setting: public folders");
      }
      cover("class: " + f.kind);
      if (f.subfolders) cover("setting: include_subfolders");
    }
    cover("setting: direction " + p.direction);
    if (p.direction != "bidirectional") cover("setting: drift " + p.drift);
    cover("setting: unchangeable " + p.unchangeable);
    cover("setting: meetings " + p.meetings);
    if (!p.start_date.empty()) cover("setting: start_date");
  }
  cover("pairs: " + std::to_string(pairs_.size()));
  for (const auto& s : plan_.world.servers)
    if (s.access == "delegate")
      for (const auto& address : mailboxes)
        if (server_of(address) == s.name && !is_public(address))
          must({{"do", "set_permission"},
                {"mailbox", address},
                {"folder", "msgfolderroot"},
                {"account", "service@" + s.name + ".example"},
                {"level", "Owner"},
                {"below", true}});
}

std::vector<pair_settings> stage::configured() const {
  std::vector<pair_settings> all;
  for (const auto& p : pairs_) {
    if (away_.contains(p.name)) continue;
    pair_settings made;
    made.name = p.name;
    const auto side_of = [&](const std::string& address) {
      side_settings s;
      const auto host = server_of(address);
      const auto& plan = *std::find_if(plan_.world.servers.begin(), plan_.world.servers.end(),
                                       [&](const auto& one) { return one.name == host; });
      s.server.name = host;
      s.server.url = "https://" + host + "/EWS/Exchange.asmx";
      s.server.access = plan.access == "impersonation" ? access_kind::impersonation
                        : plan.access == "delegate"    ? access_kind::delegate
                                                       : access_kind::direct;
      s.server.auth.user = plan.access == "direct" && !is_public(address) ? address : "service@" + host + ".example";
      s.server.auth.password.value = wrong_passwords_.contains(host) ? "mistaken" : "secret";
      s.server.streaming = plan.streaming;
      if (!is_public(address)) s.mailbox = address;
      return s;
    };
    made.primary = side_of(p.primary);
    made.replica = side_of(p.replica);
    for (const auto& f : p.folders) {
      if (is_out(p, f)) continue;
      folder_pair_settings folder;
      folder.name = f.name;
      folder.primary = configured_path(f.primary);
      folder.replica = configured_path(f.replica);
      folder.include_subfolders = f.subfolders;
      folder.polling_interval = std::chrono::seconds(p.poll_seconds);
      auto& policy = folder.policy;
      policy.direction = p.direction == "bidirectional"        ? direction::bidirectional
                         : p.direction == "primary_to_replica" ? direction::primary_to_replica
                                                               : direction::replica_to_primary;
      policy.drift = p.drift == "leave" ? drift::leave : drift::revert;
      policy.unchangeable = p.unchangeable == "replace" ? unchangeable::replace : unchangeable::report;
      policy.meetings = p.meetings == "appointment" ? meetings::appointment
                        : p.meetings == "copy"      ? meetings::copy
                                                    : meetings::skip;
      if (p.start_date == "2026-01-01") policy.start_date = std::chrono::sys_days(std::chrono::days(20454));
      made.folders.push_back(std::move(folder));
    }
    all.push_back(std::move(made));
  }
  return all;
}

void stage::start_process() {
  dead_ = false;
  outside ports;
  ports.servers = [this](const http::request& r) { return answer(r); };
  ports.disk = &disk_;
  ports.wall_clock = [this] {
    return utc_seconds(std::chrono::seconds((begin_of_time + now()) / 1000 + clock_error_));
  };
  ports.mint = [this] {
    constexpr auto digits = "0123456789abcdef";
    std::string id;
    for (auto [bits, i] = std::pair(ids_.throw_once(), 0); i < 16; ++i, bits >>= 4)
      id += digits[bits & 15];
    return id;
  };
  ports.random = [this] { return jitter_.throw_once(); };
  ports.log = [this](const log_line& line) {
    if (dead_) return;
    ++result_.counts.log_lines;
    say([&] {
      return "log: " + line.pair + (line.folder.empty() ? "" : "/" + line.folder) + ": " + line.text +
             (line.item.empty() ? "" : " [" + line.item + "]") + (line.code.empty() ? "" : " (" + line.code + ")");
    });
  };
  ports.on_fatal = [this](const std::string& why) {
    if (dead_) return;
    say([&] { return "the daemon ends: " + why; });
    watcher_.recorder().administrator(world_time(), model::act::crash);
    dead_ = true;
    downtime_ = 60'000; // systemd starts it again
  };
  say([] { return "the daemon starts"; });
  ended_ = away_;
  try {
    process_ = std::make_unique<daemon_process>(std::move(ports), configured());
  } catch (const std::runtime_error& failed) {
    if (!disk_full_) return wrong("start", failed.what(), true);
    down_until_ = life_began_ + 60'000;
  }
}

void stage::end_process() {
  life_began_ = now();
  dead_ = true;
  process_.reset();
  if (watcher_.recorder().rehearsing()) watcher_.recorder().administrator(world_time(), model::act::rehearsal_over);
  if (old_state_) disk_.put_back(*std::exchange(old_state_, std::nullopt));
  dead_ = fatal_;
  down_until_ = life_began_ + downtime_;
  downtime_ = 0;
}

std::optional<storage_failure> stage::on_commit(memory_engine::moment when) {
  const bool before = when == memory_engine::moment::before;
  if (dead_) return storage_failure{storage_failure::kind::other, "the process has crashed"};
  if (before && disk_full_) return storage_failure{storage_failure::kind::full, "no space left on device"};
  fire(before ? moment::before_commit : moment::after_commit, "commit");
  if (dead_) return storage_failure{storage_failure::kind::other, "the process has crashed"};
  return {};
}

namespace {

/// The ids of items that a request names, in order.
std::vector<std::string> ids_of_items(const std::string& body) {
  std::vector<std::string> out;
  constexpr std::string_view named = "ItemId Id=\"";
  for (auto at = body.find(named); at != body.npos; at = body.find(named, at + 1)) {
    const auto from = at + named.size();
    out.push_back(body.substr(from, body.find('"', from) - from));
  }
  return out;
}

} // namespace

void stage::note_what_is_written(const std::string& operation, const std::string& body) {
  if (!writes_items(operation)) return;
  std::vector<std::string> labels;
  const auto& seen = watcher_.recorder();
  for (const auto& id : ids_of_items(body))
    labels.push_back(seen.label_of(id));
  const auto& steps = seen.so_far().steps;
  if (body.empty() && !steps.empty() && steps.back().act == operation)
    for (const auto& one : steps.back().effects)
      if (const auto label = seen.so_far().labels.find(one.item); label != seen.so_far().labels.end())
        labels.push_back(label->second);
  std::erase(labels, "");
  if (!labels.empty()) being_written_ = std::move(labels);
}

void stage::note_unanswered(const std::string& operation, const std::string& body) {
  // What is moved elsewhere stays.
  const bool removes =
      operation == "DeleteItem" || (operation == "MoveItem" && body.find("Id=\"deleteditems\"") != body.npos);
  if (!removes) return;
  watcher_.recorder().removal_unanswered(ids_of_items(body));
}

std::variant<http::in_process_answer, http::failed> stage::answer(const http::request& r) {
  const http::failed gone{http::failed_kind::cut, true, "the process has ended"};
  if (dead_) return gone;
  if (++result_.counts.requests > most_requests) {
    wrong("without end", "more than " + std::to_string(most_requests) + " requests", true);
    return gone;
  }
  const auto host = r.url.find("://") + 3;
  const auto path = r.url.find('/', host);
  exchange_sim::http_request q{r.url.substr(host, path - host), "POST", r.url.substr(path), {}, http::whole_body(r)};
  const auto operation = operation_of(q.body);
  note_what_is_written(operation, q.body);
  fire(moment::before_request, operation);
  if (dead_) {
    note_unanswered(operation, q.body);
    return gone;
  }
  for (const auto& h : r.headers)
    q.headers.emplace_back(h.name, h.value);
  q.headers.emplace_back("Authorization", "Basic " + base64(r.who.user + ":" + r.who.secret));
  const auto steps_before = watcher_.recorder().so_far().steps.size();
  const auto lists_before = watcher_.recorder().so_far().listings.size();
  auto came = world_->handle(q);
  note_what_is_written(operation, {});
  if (writes_items(operation) && !is_lease(operation, q.body)) ++writes_;
  if (lists_items(operation)) ++lists_;
  auto& print = result_.fingerprint;
  print = (print ^ std::hash<std::string>{}(q.body) ^ (std::hash<std::string>{}(came.body) << 1)) * 0x100000001b3u;
  say([&] {
    std::string line = "  " + q.server + " " + operation;
    std::set<std::string> labels;
    for (auto at = q.body.find("label-"); at != q.body.npos; at = q.body.find("label-", at + 1))
      labels.insert(model::label_in(std::string_view(q.body).substr(at)));
    for (const auto& l : labels)
      line += " " + l;
    std::map<std::string, int> codes;
    for (auto at = came.body.find("ResponseCode"); at != came.body.npos; at = came.body.find("ResponseCode", at + 1)) {
      const auto from = came.body.find('>', at);
      if (from == came.body.npos || came.body[at - 1] == '/' || came.body.rfind('<', at) < came.body.rfind('/', at))
        continue;
      ++codes[came.body.substr(from + 1, came.body.find('<', from) - from - 1)];
    }
    line += " →";
    if (came.cut_at) line += " cut";
    if (came.status != 200) line += " HTTP " + std::to_string(came.status);
    for (const auto& [code, count] : codes)
      line += " " + code + (count > 1 ? " ×" + std::to_string(count) : "");
    return line + words_of_told(watcher_.recorder().so_far(), operation, steps_before);
  });
  if (auto again = repeats_.note(now(), q.server, operation, q.body, came.body, came.status != 200 || came.cut_at))
    wrong("again and again", *again);
  const bool late = came.delay + came.pace * came.body.size() >= timeout_settings{}.idle;
  if (late) watcher_.recorder().answer_came_too_late(steps_before, lists_before);
  fire(moment::after_request, operation);
  if (dead_ || late || came.status != 200 || came.cut_at) note_unanswered(operation, q.body);
  if (dead_) return gone;
  http::in_process_answer a{came.status, {}, std::move(came.body), came.cut_at, came.delay};
  a.delay += std::chrono::milliseconds(latency_.between(5, 120));
  // What never ends, or comes a byte at a time, is given up once its time is over.
  if (!came.filler.empty()) a.delay += std::chrono::hours(1);
  if (came.filler.empty()) a.delay += came.pace * a.body.size();
  for (auto& [name, value] : came.headers)
    a.headers.push_back({name, value});
  if (came.stream) a.pieces = pieces_of(q.server, *came.stream);
  return a;
}

std::function<http::in_process_piece()> stage::pieces_of(const std::string& server, std::uint64_t stream) {
  // The server forgets the connection once the client's end of it is gone.
  const std::shared_ptr<void> hold(nullptr, [this, server, stream](void*) { world_->end_stream(server, stream); });
  return [this, server, stream, hold] {
    const auto turn = world_->next_turn(server, stream);
    if (!turn.chunk.empty()) {
      cover("streaming: told");
      say([&] { return "  " + server + " tells of news"; });
    }
    http::in_process_piece piece{turn.chunk, stream_pulse, turn.closed, turn.hang_up};
    if (!turn.chunk.empty()) piece.next = std::chrono::milliseconds(latency_.between(5, 120));
    return piece;
  };
}

bool stage::run_actors() {
  const auto choose = [this](std::size_t n) { return choices_.below(n); };
  while (!dead_ && process_->step(choose))
    if (++jobs_at_once_ > most_jobs_at_once)
      wrong("without end", "the daemon is busy without end while no time passes", true);
  return !dead_;
}

void stage::run_until(std::int64_t moment) {
  while (!fatal_) {
    if (process_) run_actors();
    if (fatal_) return;
    if (dead_ && process_) {
      end_process();
      continue;
    }
    if (!process_ && now() >= down_until_) {
      start_process();
      continue;
    }
    const auto before = next_event_;
    arm_due();
    if (dead_ || next_event_ != before) continue;
    if (now() >= moment) return;
    auto next = moment;
    if (next_event_ < plan_.events.size() && !left_alone_) next = std::min(next, plan_.events[next_event_].at);
    if (!process_) {
      life_began_ = std::max(now(), std::min(next, down_until_));
      continue;
    }
    auto step = nanoseconds(std::chrono::milliseconds(next - now()));
    if (auto timer = process_->next_timer()) step = std::min(step, *timer);
    jobs_at_once_ = 0;
    process_->pass(std::max(step, nanoseconds(1)));
  }
}

outcome_of_run stage::play() {
  logic::listen_to_cells([this](const std::string& cell) { cover("cell: " + cell); });
  life_began_ = plan_.events.empty() ? 0 : std::min<std::int64_t>(0, plan_.events.front().at);
  down_until_ = 0;
  set_up();
  watcher_.recorder().administrator(world_time(), model::act::settings_changed, {},
                                    std::make_shared<const model::settings>(model_settings()));
  run_until(std::int64_t{plan_.world.active_minutes} * 60'000);
  if (!fatal_) heal();
  if (!fatal_) become_quiet();
  if (!fatal_) last_full_run();
  if (!fatal_) judge();
  result_.counts.virtual_milliseconds = now();
  result_.done.world = plan_.world;
  for (std::size_t i = 0; i < plan_.events.size(); ++i)
    if (happened_[i]) result_.done.events.push_back(plan_.events[i]);
  return std::move(result_);
}

outcome_of_run run(const schedule& played, bool with_trace) {
  return stage(played, with_trace).play();
}

} // namespace simulate
