#include "tests/mailbox_sim/sim_stage.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <algorithm>

using namespace exsyncd;

namespace tests {

namespace {

/// What waits for its time, as a message.
struct due {
  std::shared_ptr<std::function<void()>> what;
};

} // namespace

} // namespace tests

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tests::due)

namespace tests {

std::string base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                                       static_cast<int>(bytes.size()))));
  return text;
}

http::in_process_server serve(exchange_sim::world& world) {
  return [&world](const http::request& r) -> std::variant<http::in_process_answer, http::failed> {
    auto host = r.url.find("://") + 3;
    auto path = r.url.find('/', host);
    exchange_sim::http_request q{r.url.substr(host, path - host), "POST", r.url.substr(path), {}, r.body};
    if (!world.has_server(q.server)) return http::failed{http::failed_kind::dns, false, "name not found: " + q.server};
    for (auto& h : r.headers)
      q.headers.emplace_back(h.name, h.value);
    q.headers.emplace_back("Authorization", "Basic " + base64(r.who.user + ":" + r.who.secret));
    auto came = world.handle(q);
    http::in_process_answer a{came.status, {}, std::move(came.body), came.cut_at, came.delay};
    for (auto& [name, value] : came.headers)
      a.headers.push_back({name, value});
    return a;
  };
}

sim_stage::sim_stage(std::string on, mailbox_access by, schemas check) : server(std::move(on)), access(by) {
  exchange_sim::world_options options;
  auto begin = scheduler.clock().now();
  options.now = [this, begin] {
    return exchange_sim::sys_time(std::chrono::milliseconds(1'767'600'000'000)) +
           std::chrono::duration_cast<std::chrono::milliseconds>(scheduler.clock().now() - begin);
  };
  options.random = [numbers = std::mt19937_64(20260105)]() mutable { return numbers(); };
  if (*EWS_DATA_DIR && check == schemas::checked) options.schema_directory = std::string(EWS_DATA_DIR) + "/schemas";
  world = std::make_unique<exchange_sim::world>(std::move(options));
  std::string domain = "@" + server + ".example";
  const std::string version = server == "oldest" ? "Exchange2007_SP1"
                              : server == "old"  ? "Exchange2010_SP2"
                                                 : "ExchangeSE";
  control({{"do", "add_server"}, {"name", server}, {"version", version}});
  control({{"do", "add_mailbox"},
           {"server", server},
           {"address", "ann" + domain},
           {"display_name", "Ann \u00c4pfel"},
           {"password", "secret"},
           {"aliases", {"ann.alias" + domain}}});
  control({{"do", "add_mailbox"},
           {"server", server},
           {"address", "service" + domain},
           {"password", "secret"},
           {"may_impersonate", {"*"}}});
  transport = std::make_shared<http::in_process_transport>(
      [this, answer = serve(*world)](const http::request& r) {
        bodies_.push_back(r.body);
        return answer(r);
      },
      after());
  gateway = on_stage(spawn_gateway(system, {.transport = transport, .random = [] { return 0u; }}));
  mailbox = spawn();
}

sim_stage::~sim_stage() {
  empty();
}

http::run_after sim_stage::after() {
  auto clock =
      system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](const due& d) { (*d.what)(); }}; });
  on_stage(clock);
  return [clock](std::chrono::milliseconds delay, std::function<void()> f) {
    due message{std::make_shared<std::function<void()>>(std::move(f))};
    if (delay.count() == 0)
      caf::anon_send(clock, std::move(message));
    else
      caf::delayed_anon_send(clock, delay, std::move(message));
  };
}

mailbox_actor sim_stage::spawn(const std::string& version, const std::string& secret) {
  return spawn_for("ann@" + server + ".example", version, secret);
}

mailbox_actor sim_stage::spawn_for(const std::string& address, const std::string& version, const std::string& secret) {
  mailbox_options o;
  o.url = "https://" + server + "/EWS/Exchange.asmx";
  o.address = address;
  o.access = access;
  o.who = {(access == mailbox_access::direct ? "ann@" : "service@") + server + ".example", secret,
           http::auth_kind::basic};
  o.limits.idle = std::chrono::seconds(60);
  o.version = version;
  o.gateway = gateway;
  return on_stage(spawn_mailbox(system, std::move(o)));
}

nlohmann::json sim_stage::control(nlohmann::json command) {
  std::string what = command.at("do");
  bool about_mailbox = what.rfind("add_server", 0) != 0 && what != "add_mailbox" && what != "counters" &&
                       what != "reset_counters" && what != "set_limits" && what != "clear_faults" &&
                       what != "commit_now" && what != "faults" && what != "fault";
  if (about_mailbox && !command.contains("mailbox")) command["mailbox"] = "ann@" + server + ".example";
  auto answer = world->control(command);
  if (answer.contains("error")) throw std::runtime_error(command.dump() + ": " + answer.dump());
  return answer;
}

void sim_stage::fault(nlohmann::json what, const std::string& operation) {
  what["do"] = "fault";
  if (!operation.empty()) what["operation"] = operation;
  control(std::move(what));
}

nlohmann::json sim_stage::contents(const std::string& in) {
  nlohmann::json command{{"do", "contents"}};
  if (!in.empty()) command["folder"] = in;
  return control(command).at("items");
}

nlohmann::json sim_stage::item(const std::string& subject) {
  for (auto& i : contents())
    if (i.at("subject") == subject) return i;
  throw std::runtime_error("no item " + subject);
}

item_id sim_stage::deliver(const std::string& subject, const std::string& in, bool read) {
  std::string mime = "From: Bob <bob@elsewhere.example>\r\nTo: ann@" + server + ".example\r\nSubject: " + subject +
                     "\r\nMessage-ID: <" + std::to_string(std::hash<std::string>{}(subject)) +
                     "@elsewhere.example>\r\nDate: Mon, 05 Jan 2026 07:00:00 +0000\r\n"
                     "Content-Type: text/plain; charset=utf-8\r\n\r\nHello Ann,\r\n\r\nabout " +
                     subject + ".\r\n";
  return item_id(control({{"do", "add_message"}, {"folder", in}, {"mime", mime}, {"read", read}}).at("id"));
}

std::size_t sim_stage::requests(const std::string& operation) const {
  return static_cast<std::size_t>(std::ranges::count_if(bodies_, [&](auto& body) {
    return body.find(":" + operation + " ") != body.npos || body.find(":" + operation + ">") != body.npos;
  }));
}

std::size_t sim_stage::mails_out() {
  auto out = control({{"do", "counters"}, {"server", server}}).at("mails_out");
  std::size_t sum = 0;
  for (auto kind : {"submitted", "read_receipts", "invitations"})
    sum += out.at(kind).get<std::size_t>();
  return sum;
}

folder_id sim_stage::folder(const std::string& path) {
  auto found = std::get<std::vector<result<folder_state>>>(ask<folders_found>(find_folders{{path}}).outcome);
  if (auto* failed = std::get_if<failure>(&found.at(0))) throw std::runtime_error(path + ": " + failed->what);
  return std::get<folder_state>(found.at(0)).id;
}

} // namespace tests
