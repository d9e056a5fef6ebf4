#pragma once

#include "actors/ews/mailbox.hpp"
#include "ews/http/in_process_transport.hpp"
#include "tests/support/actor_stage.hpp"
#include "tests/support/ews_schema.hpp"

#include <caf/event_based_actor.hpp>
#include <catch2/catch.hpp>

#include <deque>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace tests {

using scripted = std::variant<exsyncd::http::in_process_answer, exsyncd::http::failed>;

/// The envelope of an answer to this operation with these response messages.
inline scripted answers(const std::string& operation, const std::vector<std::string>& messages,
                        const std::string& build = "MajorVersion='15' MinorVersion='2' MajorBuildNumber='2562'") {
  std::string body =
      "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' xmlns:m='m' xmlns:t='t'><s:Header>"
      "<t:ServerVersionInfo " +
      build + "/></s:Header><s:Body><m:" + operation + "Response><m:ResponseMessages>";
  for (const auto& message : messages)
    body += message;
  body += "</m:ResponseMessages></m:" + operation + "Response></s:Body></s:Envelope>";
  return exsyncd::http::in_process_answer{.status = 200, .headers = {}, .body = std::move(body), .cut_at = {}};
}
inline std::string success(const std::string& inside = {}) {
  return "<m:Message ResponseClass='Success'><m:ResponseCode>NoError</m:ResponseCode>" + inside + "</m:Message>";
}
inline std::string error(const std::string& code, const std::string& inside = {}) {
  return "<m:Message ResponseClass='Error'><m:ResponseCode>" + code + "</m:ResponseCode>" + inside + "</m:Message>";
}
/// A success that holds one message of this id, key and further properties.
inline std::string item(const std::string& id, const std::string& key, const std::string& inside = {}) {
  return success("<m:Items><t:Message><t:ItemId Id='" + id + "' ChangeKey='" + key + "'/>" + inside +
                 "</t:Message></m:Items>");
}
/// `distinguished`: by which name every mailbox knows it, where the server tells that.
inline std::string folder(const std::string& id, const std::string& name, const std::string& distinguished = {}) {
  return "<t:Folder><t:FolderId Id='" + id + "' ChangeKey='k'/><t:DisplayName>" + name + "</t:DisplayName>" +
         (distinguished.empty() ? "" : "<t:DistinguishedFolderId>" + distinguished + "</t:DistinguishedFolderId>") +
         "</t:Folder>";
}
/// The same of one that every mailbox has.
inline std::string root_folder(const std::string& id, const std::string& name) {
  const std::map<std::string, std::string> known{{"Deleted Items", "deleteditems"},
                                                 {"Deleted", "deleteditems"},
                                                 {"Inbox", "inbox"},
                                                 {"Top", "msgfolderroot"},
                                                 {"Outbox", "outbox"}};
  const auto at = known.find(name);
  return folder(id, name, at == known.end() ? "" : at->second);
}
inline scripted fault(const std::string& code, const std::string& value = {}, int status = 500) {
  return exsyncd::http::in_process_answer{
      .status = status,
      .headers = {},
      .body = "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault><faultcode>" + code +
              "</faultcode><detail><ResponseCode>" + code + "</ResponseCode><MessageXml>" + value +
              "</MessageXml></detail></s:Fault></s:Body></s:Envelope>",
      .cut_at = {}};
}
inline scripted lost() {
  return exsyncd::http::failed{exsyncd::http::failed_kind::cut, true, "closed"};
}
inline scripted unreached() {
  return exsyncd::http::failed{exsyncd::http::failed_kind::refused, false, "refused"};
}
inline scripted status(int code) {
  return exsyncd::http::in_process_answer{.status = code, .headers = {}, .body = "<html/>", .cut_at = {}};
}

/// A mailbox actor and its gateway before a server that answers what the test says, in one thread and virtual time.
/// Every request is validated against the schema of the version it states.
class mailbox_stage : public actor_stage {
public:
  explicit mailbox_stage(std::string version = "Exchange2016", exsyncd::mailbox_access access = {}) {
    mailbox = on_stage(exsyncd::spawn_mailbox(system, {.url = "https://server/EWS/Exchange.asmx",
                                                       .address = "ann@a.example",
                                                       .access = access,
                                                       .who = {"ann", "secret"},
                                                       .ca_file = {},
                                                       .limits = {},
                                                       .version = std::move(version),
                                                       .gateway = gateway}));
  }
  ~mailbox_stage() { empty(); }

  template <class Answer, class Question>
  Answer ask(Question question, std::vector<scripted> script) {
    return ask_of<Answer>(mailbox, std::move(question), std::move(script));
  }
  /// The same of another actor on this stage.
  template <class Answer, class Actor, class Question>
  Answer ask_of(const Actor& whom, Question question, std::vector<scripted> script) {
    answers_.assign(script.begin(), script.end());
    seen.clear();
    auto got = ask_now<Answer>(whom, std::move(question));
    CHECK(answers_.empty()); // everything that was expected was asked for
    return got;
  }
  template <class Question>
  std::vector<exsyncd::write_outcome> write(Question question, std::vector<scripted> script) {
    return ask<exsyncd::write_done>(std::move(question), std::move(script)).outcomes;
  }
  exsyncd::gateway_status gateway_state() {
    return ask_now<exsyncd::gateway_status>(gateway, exsyncd::ask_gateway_status{});
  }

  std::vector<exsyncd::http::request> seen;
  /// Answers wait here while the test wants them to.
  bool hold = false;
  std::vector<std::function<void()>> held;

private:
  /// Which of several new items is which is looked at by their marks. This server tells none, whatever the script says.
  static std::optional<scripted> marks(const exsyncd::http::request& request) {
    const auto has = [&](const char* part) { return request.body.find(part) != std::string::npos; };
    if (!has("<m:GetItem>") || !has("PropertyName=\"exsyncd\"") || has("FieldURI FieldURI=")) return {};
    std::vector<std::string> items;
    const std::string begin = "<t:ItemId Id=\"";
    for (std::size_t at = 0; (at = request.body.find(begin, at)) != std::string::npos;) {
      at += begin.size();
      items.push_back(item(request.body.substr(at, request.body.find('"', at) - at), "k"));
    }
    return answers("GetItem", items);
  }
  scripted serve(const exsyncd::http::request& request) {
    if (auto asked = marks(request)) return *asked;
    seen.push_back(request);
    const std::string marker = "RequestServerVersion Version=\"";
    const auto from = request.body.find(marker) + marker.size();
    const auto version = request.body.substr(from, request.body.find('"', from) - from);
    if (exsyncd::test::have_schemas()) {
      INFO(request.body.substr(0, 2000));
      CHECK(exsyncd::test::schema_error(request.body, version).value_or("") == "");
    }
    if (hold) return status(200);
    if (answers_.empty()) {
      FAIL_CHECK("not expected: " + request.body.substr(request.body.find("<soap:Body>"), 300));
      return status(400);
    }
    auto next = std::move(answers_.front());
    answers_.pop_front();
    return next;
  }

  std::deque<scripted> answers_;
  std::shared_ptr<exsyncd::http::transport> transport_ = std::make_shared<exsyncd::http::in_process_transport>(
      [this](const exsyncd::http::request& r) { return serve(r); },
      [this](std::chrono::milliseconds, std::function<void()> deliver) {
        if (hold)
          held.push_back(std::move(deliver));
        else
          deliver();
      });

public:
  exsyncd::gateway_actor gateway =
      on_stage(exsyncd::spawn_gateway(system, {.transport = transport_, .random = [] { return 0u; }}));
  exsyncd::mailbox_actor mailbox;
};

inline bool holds(const exsyncd::http::request& request, const std::string& part) {
  return request.body.find(part) != std::string::npos;
}

} // namespace tests
