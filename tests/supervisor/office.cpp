#include "tests/supervisor/office.hpp"

#include <catch2/catch.hpp>

#include <utility>

namespace exsyncd::testing {

using namespace std::chrono_literals;

pair_settings pair_named(const std::string& name, bool start) {
  pair_settings p;
  p.name = name;
  p.primary.mailbox = name + "@hq.example";
  p.replica.mailbox = name + "@branch.example";
  p.start = start;
  folder_pair_settings f;
  f.name = "inbox";
  f.primary = f.replica = "inbox";
  f.polling_interval = 5min;
  p.folders = {f};
  return p;
}

office::office(std::vector<pair_settings> pairs, memory_engine::contents disk)
    : pairs_(std::move(pairs)), disk_(std::move(disk)) {
  start();
}

office::office(std::vector<pair_settings> pairs, const office& beside, memory_engine::contents disk)
    : pairs_(std::move(pairs)), disk_(std::move(disk)), host_("two"), boxes_(beside.boxes_) {
  start();
}

office::~office() {
  stage_.empty();
}

model_mailbox& office::box(const std::string& address) {
  auto& b = (*boxes_)[address];
  if (!b) b = std::make_shared<model_mailbox>(address);
  return *b;
}

void office::same_box(const std::string& alias, const std::string& address) {
  box(address);
  (*boxes_)[alias] = boxes_->at(address);
}

void office::deliver(const std::string& address, const std::string& id, const std::string& folder) {
  new_mail m;
  m.message_id = "<" + id + ">";
  m.subject = id;
  box(address).user_create(folder, m);
}

void office::clear(const std::string& address, const std::string& folder, std::size_t most) {
  const auto all = box(address).items(folder);
  for (const auto& [id, item] : all)
    if (most-- > 0)
      box(address).user_delete(id);
    else
      break;
}

std::size_t office::mails(const std::string& address, const std::string& folder) {
  return box(address).items(folder).size();
}

round_report office::sync() {
  return ask<pairs_synced>(sync_pairs{}).pairs.at(0).report;
}

void office::advance(std::chrono::milliseconds t, std::chrono::milliseconds step) {
  stage_.advance(t, step);
}

pair_overview office::overview(const std::string& name) {
  for (const auto& p : ask<pairs_are>(ask_pairs{}).pairs)
    if (p.settings.name == name) return p;
  throw std::runtime_error("no pair " + name);
}

void office::restart(std::vector<pair_settings> pairs) {
  restart(std::move(pairs), disk());
}

void office::restart(std::vector<pair_settings> pairs, memory_engine::contents disk) {
  caf::anon_send_exit(supervisor_, caf::exit_reason::kill);
  stage_.empty();
  pairs_ = std::move(pairs);
  disk_ = std::move(disk);
  start();
}

void office::kill_mailbox(const std::string& address) {
  caf::anon_send_exit(open_.at(address), caf::exit_reason::kill);
  stage_.run();
}

void office::kill_ledger() {
  caf::anon_send_exit(ledger_, caf::exit_reason::kill);
  stage_.run();
}

void office::keep(const keep_declaration& what) {
  stage_.ask_now<stored>(ledger_, keep_declarations{{what}});
}

utc_seconds office::now() const {
  return utc_seconds{1'000'000s} + clock_set_by +
         std::chrono::duration_cast<std::chrono::seconds>(
             const_cast<tests::actor_stage&>(stage_).scheduler.clock().now().time_since_epoch());
}

void office::start() {
  engine_ = std::make_shared<memory_engine>(disk_);
  auto records = std::make_shared<store>(*engine_, [this] { return host_ + "-id" + std::to_string(++minted_); });
  REQUIRE_FALSE(records->open());
  ledger_ = stage_.on_stage(stage_.system.spawn(ledger, records));
  supervisor_options o;
  o.pairs = pairs_;
  o.ledger = ledger_;
  o.context.wall_clock = [this] { return now(); };
  o.context.mint = [this] { return host_ + "-i" + std::to_string(++minted_); };
  o.context.random = [] { return 0; };
  o.context.log = [this](const log_line& l) { log.push_back(l.pair + ": " + l.text); };
  o.open_mailbox = [this](const side_settings& s, const pair_id&, side which) -> mailbox_actor {
    box(s.mailbox);
    mailbox_script sc;
    sc.before = [this](const mailbox_call& c) {
      ++calls[c.name];
      return script ? script(c) : fault{};
    };
    sc.after = [](const mailbox_call&) {};
    sc.now = [] { return 0s; };
    auto actor = stage_.on_stage(stage_.system.spawn(scripted_mailbox, which, boxes_->at(s.mailbox), sc));
    open_[s.mailbox] = actor;
    return actor;
  };
  o.leases.host = host_;
  o.on_fatal = [this](std::string why) { fatal = std::move(why); };
  supervisor_ = stage_.on_stage(stage_.system.spawn(supervisor, std::move(o)));
  stage_.run();
}

} // namespace exsyncd::testing
