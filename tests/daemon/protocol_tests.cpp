#include "daemon/admin/protocol.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <set>

using namespace exsyncd::admin;
using nlohmann::json;

namespace {

/// Answers every call with what it was called with.
class mirror : public daemon_control {
public:
  void daemon_status(reply to) override { to.done("daemon_status"); }
  void daemon_reload(reply to) override { to.done("daemon_reload"); }
  void ask_server(const server_question& q, reply to) override {
    to.done({"ask_server", static_cast<int>(q.kind), text(q.server), text(q.mailbox), q.text, q.settings});
  }
  void pair_list(reply to) override { to.done("pair_list"); }
  void pair_get(const std::vector<std::string>& pairs, reply to) override { to.done({"pair_get", pairs}); }
  void folder_pair_list(const std::optional<std::string>& pair, reply to) override {
    to.done({"folder_pair_list", text(pair)});
  }
  void config_export(reply to) override { to.done("config_export"); }
  void config_check(reply to) override { to.done("config_check"); }
  void server_list(reply to) override { to.done("server_list"); }
  void server_get(const std::vector<std::string>& servers, reply to) override { to.done({"server_get", servers}); }
  void edit(edit_request what, reply to) override {
    if (what.pair == "wrong")
      return to.failed(
          {error_code::invalid_params, "a: b\nc: d", "nothing was changed", "a", {{"a", "b"}, {"c", "d"}}});
    to.done({"edit", static_cast<int>(what.what), static_cast<int>(what.deed), what.pair, what.names, what.settings,
             what.keep_state});
  }
  void pair_start(const std::vector<std::string>& pairs, reply to) override { to.done({"pair_start", pairs}); }
  void pair_stop(const std::vector<std::string>& pairs, reply to) override { to.done({"pair_stop", pairs}); }
  void pair_sync_now(const std::vector<std::string>& pairs, reply to) override { to.done({"pair_sync_now", pairs}); }
  void undo_list(const std::optional<std::string>& pair, std::size_t, reply to) override {
    to.done({"undo_list", pair.value_or("all")});
  }
  void undo_apply(const undo_request& asked, reply to) override {
    to.done({"undo_apply", asked.pair, asked.id.value_or(""), asked.since.value_or("")});
  }
  void pair_verify(const std::string& pair, bool repair, std::size_t, reply to) override {
    to.done({"pair_verify", pair, repair});
  }
  void pair_plan(const std::string& pair, reply to) override { to.done({"pair_plan", pair}); }
  void pair_approve(const std::string& pair, const std::optional<std::string>& folder, reply to) override {
    to.done({"pair_approve", pair, text(folder)});
  }
  void pair_restore(const std::string& pair, const std::optional<std::string>& folder, reply to) override {
    to.done({"pair_restore", pair, text(folder)});
  }
  void pair_resync(const std::vector<std::string>& pairs, const std::optional<std::string>& folder, reply to) override {
    to.done({"pair_resync", pairs, text(folder)});
  }
  void pair_take_over(const std::string& pair, const std::optional<std::string>& folder, reply to) override {
    to.done({"pair_take_over", pair, text(folder)});
  }
  void item_why(const std::optional<std::string>& pair, const std::string& item, std::size_t limit, reply to) override {
    to.done({"item_why", text(pair), item, limit});
  }
  void log_show(const std::optional<std::string>& pair, const std::string& level, std::size_t limit,
                reply to) override {
    to.done({"log_show", text(pair), level, limit});
  }
  void events_follow(const std::optional<std::string>& pair, const std::string& level, reply to) override {
    to.done({"events_follow", text(pair), level});
    to.push("an event");
  }
  void metrics(reply to) override { to.done("metrics"); }
  void ban_add(const std::string& pair, const std::string& id, reply to) override { to.done({"ban_add", pair, id}); }
  void conflict_list(const std::optional<std::string>& pair, std::size_t limit, reply to) override {
    if (pair == "forgotten") return;
    to.done({"conflict_list", text(pair), limit});
  }
  void ban_list(const std::optional<std::string>& pair, std::size_t limit, reply to) override {
    to.done({"ban_list", text(pair), limit});
  }
  void traffic(const traffic_question& q, reply to) override {
    to.done({"traffic", static_cast<int>(q.kind), text(q.pair), text(q.month), q.limit});
  }
  void allowance(const allowance_request& r, reply to) override {
    to.done({"allowance", static_cast<int>(r.how), r.what});
  }
  void ban_delete(const std::string& pair, const std::optional<std::string>& id, reply to) override {
    if (pair == "none") return to.failed({error_code::not_found, "there is no pair \"none\"", "see pair.list", "pair"});
    to.done({"ban_delete", pair, text(id)});
    to.done("a second answer is ignored");
  }

private:
  static json text(const std::optional<std::string>& t) { return t ? json(*t) : json(); }
};

std::string raw_answer(const std::string& line) {
  mirror daemon;
  const auto methods = make_methods(daemon);
  std::string answer;
  int answers = 0;
  handle_line(methods, line, [&](std::string text) {
    answer = std::move(text);
    ++answers;
  });
  CHECK(answers == 1);
  return answer;
}

json answer(const std::string& line) {
  const auto text = raw_answer(line);
  INFO(line << " -> " << text);
  REQUIRE(text.ends_with('\n'));
  CHECK(text.find('\n') == text.size() - 1);
  return json::parse(text);
}

} // namespace

TEST_CASE("the short form is answered short, JSON-RPC as JSON-RPC") {
  CHECK(answer(R"({"method":"pair.list"})") == json::parse(R"({"result":"pair_list"})"));
  CHECK(answer(R"({"method":"pair.list","id":"x"})") == json::parse(R"({"result":"pair_list","id":"x"})"));
  CHECK(answer(R"({"jsonrpc":"2.0","method":"pair.list","id":7})") ==
        json::parse(R"({"jsonrpc":"2.0","result":"pair_list","id":7})"));
  CHECK(answer(R"({"jsonrpc":"2.0","method":"pair.list","id":null})") ==
        json::parse(R"({"jsonrpc":"2.0","result":"pair_list","id":null})"));
}

TEST_CASE("a notification is carried out and not answered, right or wrong") {
  CHECK(raw_answer(R"({"jsonrpc":"2.0","method":"pair.list"})").empty());
  CHECK(raw_answer(R"({"jsonrpc":"2.0","method":"pair.none"})").empty());
  CHECK(raw_answer(R"({"jsonrpc":"2.0","method":"ban.delete","params":{"pair":"none","id":"1"}})").empty());
}

TEST_CASE("what is no request is refused with its reason") {
  struct row {
    const char* line;
    int code;
    const char* message;
    const char* field;
  };
  const std::string deep(100'000, '[');
  for (const auto& row : {
           row{"hello", -32700, "no JSON", ""},
           row{deep.c_str(), -32700, "nests deeper than 64 values", ""},
           row{"", -32700, "no JSON", ""},
           row{"{\"method\":\"pair.list\"", -32700, "no JSON", ""},
           row{"{\"method\":\"\xff\"}", -32700, "no JSON", ""},
           row{"[]", -32600, "must be an object", ""},
           row{"\"help\"", -32600, "must be an object", ""},
           row{"{}", -32600, "method is missing", "method"},
           row{R"({"method":7})", -32600, "method must be a string", "method"},
           row{R"({"method":"help","id":{}})", -32600, "id must be", "id"},
           row{R"({"method":"help","jsonrpc":"1.0"})", -32600, "jsonrpc must be", "jsonrpc"},
           row{R"({"method":"help","param":{}})", -32600, "holds no \"param\"", "param"},
           row{R"({"method":"pair.lst"})", -32601, "there is no method \"pair.lst\"", "method"},
           row{R"({"method":"help","params":[]})", -32602, "params must be an object", "params"},
           row{R"({"method":"pair.get"})", -32602, "pair.get needs \"pair\": the pair's name", "pair"},
           row{R"({"method":"pair.get","params":{"pair":7}})", -32602, "\"pair\" must be a string", "pair"},
           row{R"({"method":"undo.apply","params":{"pair":"a"}})", -32602, "undo.apply needs one of", "id"},
           row{R"({"method":"undo.apply","params":{"pair":"a","id":"b","all":true}})", -32602,
               "undo.apply needs one of", "id"},
           row{R"({"method":"pair.verify","params":{"pair":"a","repair":1}})", -32602,
               "\"repair\" must be boolean: true or false", "repair"},
           row{R"({"method":"pair.plan","params":{"pair":["a"]}})", -32602, "\"pair\" must be a string", "pair"},
           row{R"({"method":"pair.create","params":{"pair":"a","settings":"b"}})", -32602, "must be an object",
               "settings"},
           row{R"({"method":"pair.start","params":{"pair":[]}})", -32602, "\"pair\" must be a string or list", "pair"},
           row{R"({"method":"pair.start","params":{"pair":["a",1]}})", -32602, "\"pair\" must be a string or list",
               "pair"},
           row{R"({"method":"pair.get","params":{"pair":"a","pari":1}})", -32602, "did you mean \"pair\"?", "pari"},
           row{R"({"method":"log.show","params":{"level":"loud"}})", -32602, "\"debug\", \"info\", \"warning\" or",
               "level"},
           row{R"({"method":"pair.list","params":{"x":1}})", -32602, "knows no parameter \"x\"", "x"},
           row{R"({"method":"ban.list","params":{"pair":"a","limit":0}})", -32602, "whole number from 1", "limit"},
           row{R"({"method":"ban.list","params":{"pair":"a","limit":2.5}})", -32602, "whole number from 1", "limit"},
           row{R"({"method":"ban.list","params":{"pair":"a","limit":99999999999999999999}})", -32602,
               "whole number from 1", "limit"},
           row{R"({"method":"ban.delete","params":{"pair":"none","id":"1"}})", -32001, "there is no pair", "pair"},
       }) {
    INFO(row.line);
    const auto error = answer(row.line).at("error");
    CHECK(error.at("code") == row.code);
    CHECK_THAT(error.at("message").get<std::string>(), Catch::Contains(row.message));
    CHECK_FALSE(error.at("data").at("hint").get<std::string>().empty());
    CHECK(error.at("data").value("field", "") == row.field);
  }
  CHECK(answer(R"({"method":"pair.lst"})")["error"]["data"]["hint"] == "did you mean \"pair.list\"?");
  CHECK(answer(R"({"method":"pair.lst","jsonrpc":"2.0","id":3})")["id"] == 3);
  CHECK(json::parse(too_long(1000))["error"]["message"] == "a request is at most 1000 bytes");
}

TEST_CASE("parameters reach the daemon as they were meant") {
  const auto result = [](const std::string& line) { return answer(line).at("result").dump(); };
  CHECK(result(R"({"method":"pair.start","params":{"pair":"a"}})") == R"(["pair_start",["a"]])");
  CHECK(result(R"({"method":"pair.start","params":{"pair":["a","b"]}})") == R"(["pair_start",["a","b"]])");
  CHECK(result(R"({"method":"pair.approve","params":{"pair":"a"}})") == R"(["pair_approve","a",null])");
  CHECK(result(R"({"method":"pair.approve","params":{"pair":"a","folder":"f"}})") == R"(["pair_approve","a","f"])");
  CHECK(result(R"({"method":"traffic.daily"})") == R"(["traffic",0,null,null,10])");
  CHECK(result(R"({"method":"traffic.monthly","params":{"pair":"a"}})") == R"(["traffic",1,"a",null,10])");
  CHECK(result(R"({"method":"traffic.top","params":{"month":"2026-11","limit":3}})") ==
        R"(["traffic",2,null,"2026-11",3])");
  CHECK(result(R"({"method":"allowance.list"})") == R"(["allowance",0,""])");
  CHECK(result(R"({"method":"allowance.add","params":{"code":"c"}})") == R"(["allowance",1,"c"])");
  CHECK(result(R"({"method":"allowance.remove","params":{"id":"i"}})") == R"(["allowance",2,"i"])");
  CHECK(result(R"({"method":"ban.list"})") == R"(["ban_list",null,100])");
  CHECK(result(R"({"method":"server.test","params":{"server":"hq","mailbox":"a@x"}})") ==
        R"(["ask_server",0,"hq","a@x","",""])");
  CHECK(result(R"({"method":"server.test","params":{"settings":{"url":"u"}}})") ==
        R"(["ask_server",0,null,null,"","{\"url\":\"u\"}"])");
  CHECK(result(R"({"method":"server.find_users","params":{"server":"hq","text":"ann"}})") ==
        R"(["ask_server",2,"hq",null,"ann",""])");
  CHECK(result(R"({"method":"server.folders","params":{"server":"hq","folder":"public:/"}})") ==
        R"(["ask_server",3,"hq",null,"public:/",""])");
  CHECK(result(R"({"method":"conflict.list","params":{"pair":"a"}})") == R"(["conflict_list","a",100])");
  CHECK(result(R"({"method":"ban.list","params":{"pair":"a","limit":7}})") == R"(["ban_list","a",7])");
  CHECK(result(R"({"method":"ban.delete","params":{"pair":"a","id":"i"}})") == R"(["ban_delete","a","i"])");
  CHECK(result(R"({"method":"ban.delete","params":{"pair":"a"}})") == R"(["ban_delete","a",null])");
  CHECK(result(R"({"method":"log.show"})") == R"(["log_show",null,"debug",100])");
  CHECK(result(R"({"method":"log.show","params":{"level":"error","pair":"a"}})") == R"(["log_show","a","error",100])");
  CHECK(result(R"({"method":"item.why","params":{"item":"x"}})") == R"(["item_why",null,"x",100])");
  CHECK(result(R"({"method":"pair.resync","params":{"pair":"a"}})") == R"(["pair_resync",["a"],null])");
  CHECK(result(R"({"method":"pair.take_over","params":{"pair":"a","folder":"f"}})") == R"(["pair_take_over","a","f"])");
  CHECK(result(R"({"method":"pair.restore","params":{"pair":"a","folder":"f"}})") == R"(["pair_restore","a","f"])");
}

TEST_CASE("changes of what is declared reach the daemon as they were meant") {
  const auto result = [](const std::string& line) { return answer(line).at("result").dump(); };
  CHECK(result(R"({"method":"server.create","params":{"server":"a","settings":{"x":1}}})") ==
        R"(["edit",0,0,"",["a"],"{\"x\":1}",false])");
  CHECK(result(R"({"method":"pair.update","params":{"pair":"a","settings":{"x":null}}})") ==
        R"(["edit",1,1,"",["a"],"{\"x\":null}",false])");
  CHECK(result(R"({"method":"pair.delete","params":{"pair":["a","b"]}})") == R"(["edit",1,2,"",["a","b"],"",false])");
  CHECK(result(R"({"method":"pair.delete","params":{"pair":"a","keep_state":true}})") ==
        R"(["edit",1,2,"",["a"],"",true])");
  CHECK(result(R"({"method":"folder_pair.off","params":{"pair":"a","folder":["f","g"]}})") ==
        R"(["edit",2,4,"a",["f","g"],"",false])");
  CHECK(result(R"({"method":"folder_pair.on","params":{"pair":"a","folder":"f"}})") ==
        R"(["edit",2,3,"a",["f"],"",false])");
}

TEST_CASE("an error tells each problem with its path") {
  const auto data =
      answer(R"({"method":"folder_pair.delete","params":{"pair":"wrong","folder":"f"}})").at("error").at("data");
  CHECK(data.at("problems") == json::parse(R"([{"path":"a","text":"b"},{"path":"c","text":"d"}])"));
}

TEST_CASE("what is pushed after the answer goes out as a line of its own") {
  mirror daemon;
  const auto methods = make_methods(daemon);
  std::vector<std::string> lines;
  const auto take = [&](std::string line) {
    lines.push_back(std::move(line));
    return true;
  };
  handle_line(methods, R"({"method":"events.follow"})", take, take);
  CHECK(lines == std::vector<std::string>{"{\"result\":[\"events_follow\",null,\"info\"]}\n", "\"an event\"\n"});
}

TEST_CASE("a call that the daemon forgets is answered all the same") {
  const auto error = answer(R"({"method":"conflict.list","params":{"pair":"forgotten"}})").at("error");
  CHECK(error.at("code") == -32603);
}

TEST_CASE("help lists every method, and its examples work") {
  const auto methods = answer(R"({"method":"help"})").at("result").at("methods");
  std::vector<std::string> names;
  for (const auto& m : methods) {
    names.push_back(m.at("name"));
    INFO(m.at("name"));
    CHECK_FALSE(m.at("text").get<std::string>().empty());
    const auto example = answer(m.at("example").dump());
    CHECK(example.contains("result"));
    for (const auto& p : m.at("params"))
      if (p.at("required") == true) CHECK(m.at("example").at("params").contains(p.at("name").get<std::string>()));
  }
  CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
  CHECK(names.front() == "help");
}
