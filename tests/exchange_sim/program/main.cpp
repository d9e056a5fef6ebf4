// exchange-sim: the simulated Exchange servers of a configuration file on ports of the loopback address, and one port
// more for the tests that steer them.
#include "tests/exchange_sim/fields.hpp"
#include "tests/exchange_sim/program/listener.hpp"
#include "tests/exchange_sim/program/simulator.hpp"
#include "tests/exchange_sim/session.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>

namespace exchange_sim {
namespace {

using nlohmann::json;

struct arguments {
  std::string config, schemas, state, ca_directory;
  std::vector<std::string> ports;
  int control_port = 0;
  bool https = false, keep = false;
};

/// "hq=8443", ... as a table. Throws std::invalid_argument.
std::map<std::string, int> port_table(const std::vector<std::string>& given) {
  std::map<std::string, int> table;
  for (const auto& entry : given) {
    const auto equals = entry.find('=');
    int port = 0;
    if (equals == std::string::npos || std::sscanf(entry.c_str() + equals + 1, "%d", &port) != 1 || port < 1 ||
        port > 65535)
      throw std::invalid_argument("--port " + entry + ": must be SERVER=PORT");
    table[entry.substr(0, equals)] = port;
  }
  return table;
}

json read_config(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::invalid_argument(file + ": cannot be read");
  json config = json::parse(in, nullptr, false, true);
  if (config.is_discarded()) throw std::invalid_argument(file + ": is not JSON");
  return config;
}

void command(simulator& sim, const json& what) {
  const json answer = sim.control(what);
  if (answer.contains("error"))
    throw std::invalid_argument(what.value("do", "?") + ": " + answer["error"].get<std::string>());
}

/// Servers with their mailboxes, then the commands of the file: done once, since the state file remembers them.
void set_up(simulator& sim, const json& servers, const json& commands) {
  for (const auto& server : servers) {
    fields read(server, "servers.");
    const auto name = read.required<std::string>("name");
    command(sim, {{"do", "add_server"}, {"name", name}, {"version", read.required<std::string>("version")}});
    for (auto mailbox : read.optional<json>("mailboxes").value_or(json::array())) {
      mailbox["do"] = "add_mailbox";
      mailbox["server"] = name;
      command(sim, mailbox);
    }
    read.finish();
  }
  for (const auto& one : commands)
    command(sim, one);
}

http_response control_answer(simulator& sim, const http_request& request) {
  http_response response;
  response.headers = {{"Content-Type", "application/json"}};
  if (request.method != "POST" || request.path != "/control") {
    response.status = 404;
    response.body = R"({"error":"POST one command to /control; {\"do\": \"help\"} lists them"})";
    return response;
  }
  const json parsed = json::parse(request.body, nullptr, false);
  const json answer = parsed.is_discarded() ? json{{"error", "the body is not JSON"}} : sim.control(parsed);
  if (answer.contains("error")) response.status = 400;
  // Subjects come from the wire; what is not UTF-8 in them must not keep a test from reading the rest.
  response.body = answer.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  return response;
}

void run(const arguments& args) {
  const json config = read_config(args.config);
  fields read(config);
  simulator_settings settings;
  settings.schema_directory = args.schemas;
  settings.state_file = args.state;
  settings.keep_before_answer = args.keep;
  if (const auto clock = read.optional<std::string>("clock")) {
    settings.clock = parse_time(*clock);
    if (!settings.clock) throw std::invalid_argument("clock: must be a time like 2026-01-31T08:15:00Z");
  }
  settings.seed = read.optional<std::uint64_t>("seed");
  const auto servers = read.optional<json>("servers").value_or(json::array());
  const auto commands = read.optional<json>("commands").value_or(json::array());
  read.finish();
  auto ports = port_table(args.ports);

  // Before the first thread: the signals that end the program are for sigwait below alone.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);

  simulator sim(settings);
  if (!sim.restored()) set_up(sim, servers, commands);

  std::optional<certificate_authority> authority;
  certified_key identity;
  if (args.https) {
    authority = certificate_authority::open(args.ca_directory);
    identity = authority->issue({"localhost", "127.0.0.1"});
  }

  const auto answer = [&](http_request request) {
    auto response = sim.handle(request);
    // A slow server, as a test has ordered it: the answer is ready, and held back.
    if (response.delay.count() > 0) std::this_thread::sleep_for(response.delay);
    return response;
  };

  // So often a connection that is silent looks whether its client is still there.
  constexpr std::chrono::milliseconds patience{500};
  const listener::streams pieces{
      [&](const std::string& server, std::uint64_t stream) { return sim.wait_for_turn(server, stream, patience); },
      [&](const std::string& server, std::uint64_t stream) { sim.end_stream(server, stream); }};

  json ready{{"ready", true}, {"servers", json::object()}};
  std::vector<std::unique_ptr<listener>> listeners;
  for (const auto& name : sim.servers()) {
    const int port = ports.contains(name) ? ports.extract(name).mapped() : 0;
    listeners.push_back(std::make_unique<listener>(name, port, args.https ? &identity : nullptr, answer, pieces));
    const auto url = std::string(args.https ? "https" : "http") +
                     "://localhost:" + std::to_string(listeners.back()->port()) + "/EWS/Exchange.asmx";
    command(sim, {{"do", "set_urls"}, {"server", name}, {"internal", url}, {"external", url}});
    ready["servers"][name] = {{"url", url}, {"port", listeners.back()->port()}};
  }
  if (!ports.empty()) throw std::invalid_argument("--port " + ports.begin()->first + ": there is no such server");
  listeners.push_back(std::make_unique<listener>("control", args.control_port, nullptr,
                                                 [&](http_request request) { return control_answer(sim, request); }));
  ready["control"] = "http://127.0.0.1:" + std::to_string(listeners.back()->port()) + "/control";
  ready["control_port"] = listeners.back()->port();
  if (authority) ready["ca_file"] = authority->trust_file().string();
  std::cout << ready.dump() << std::endl;

  int signal = 0;
  sigwait(&ending, &signal);
  sim.save_and_exit();
}

} // namespace
} // namespace exchange_sim

int main(int argc, char** argv) {
  exchange_sim::arguments args;
  CLI::App app{"A strict stand-in for Exchange servers: EWS on the loopback address, steered over a control port."};
  app.add_option("--config", args.config, "JSON: servers with mailboxes, and commands to set them up")->required();
  app.add_option("--schemas", args.schemas,
                 "Directory of Microsoft's EWS schemas; every request and answer is validated");
  app.add_option("--state", args.state, "File that keeps everything over a restart");
  app.add_flag("--keep-before-answer", args.keep,
               "What changes something is answered only once it is in the state file: SIGKILL loses nothing answered");
  app.add_flag("--https", args.https, "EWS over https, with a certificate of an authority made for it");
  app.add_option("--ca-dir", args.ca_directory, "Where the authority is kept (ca.pem is what clients have to trust)");
  app.add_option("--port", args.ports, "SERVER=PORT, may be repeated; the system chooses the others");
  app.add_option("--control-port", args.control_port, "Port of the control interface; the system chooses by default");
  CLI11_PARSE(app, argc, argv);
  if (args.https && args.ca_directory.empty()) {
    std::cerr << "exchange-sim: --https needs --ca-dir\n";
    return 2;
  }
  if (args.keep && args.state.empty()) {
    std::cerr << "exchange-sim: --keep-before-answer needs --state\n";
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  try {
    exchange_sim::run(args);
  } catch (const std::exception& wrong) {
    std::cerr << "exchange-sim: " << wrong.what() << "\n";
    return 2;
  }
}
