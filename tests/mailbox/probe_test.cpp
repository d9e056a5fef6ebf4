#include "actors/ews/server_probe.hpp"
#include "tests/mailbox/scripted_server.hpp"

using namespace exsyncd;
using namespace tests;
using Catch::Matchers::Contains;

namespace {

using came = probe_step::outcome;

std::string rights(const std::string& missing = {}, const std::string& view_private = {}) {
  std::string out = "<t:EffectiveRights>";
  for (const std::string right : {"CreateAssociated", "CreateContents", "CreateHierarchy", "Delete", "Modify", "Read"})
    out += "<t:" + right + ">" + (right == missing ? "false" : "true") + "</t:" + right + ">";
  if (!view_private.empty()) out += "<t:ViewPrivateItems>" + view_private + "</t:ViewPrivateItems>";
  return out + "</t:EffectiveRights>";
}
std::string seen(const std::string& id, const std::string& inside) {
  return success("<m:Folders><t:Folder><t:FolderId Id='" + id + "' ChangeKey='k'/>" + inside +
                 "</t:Folder></m:Folders>");
}
std::vector<std::string> folders(const std::string& inside) {
  std::vector<std::string> out;
  for (const char* id : {"in", "cal", "con", "tasks", "drafts", "sent", "notes", "trash"})
    out.push_back(seen(id, inside));
  return out;
}

struct prober {
  mailbox_stage stage{"auto", mailbox_access::direct};
  prober_actor actor;
  explicit prober(mailbox_access access, std::string address = "ann@a.example") {
    actor = stage.on_stage(spawn_prober(stage.system, {.url = "https://server/EWS/Exchange.asmx",
                                                       .address = std::move(address),
                                                       .access = access,
                                                       .who = {"svc", "secret"},
                                                       .ca_file = {},
                                                       .limits = {},
                                                       .gateway = stage.gateway}));
  }
  server_probed probe(std::vector<scripted> script) {
    return stage.ask_of<server_probed>(actor, probe_server{}, std::move(script));
  }
};

const probe_step& step(const server_probed& told, const std::string& name) {
  for (const auto& s : told.steps)
    if (s.name == name) return s;
  throw std::runtime_error("no step " + name);
}

scripted root() {
  return answers("GetFolder", {seen("root", "")}, "MajorVersion='15' MinorVersion='2' MajorBuildNumber='1118'");
}

} // namespace

TEST_CASE("a server where everything is right passes every step") {
  for (auto access : {mailbox_access::direct, mailbox_access::impersonation, mailbox_access::delegate}) {
    prober p(access);
    const auto told = p.probe(
        {root(), answers("GetFolder", folders(rights({}, "true"))), answers("GetFolder", {seen("public", "")})});
    for (const auto& s : told.steps) {
      INFO(s.name << ": " << s.text);
      CHECK(s.came == came::ok);
    }
    CHECK(told.product == "Exchange Server 2019");
    CHECK(told.version == "Exchange2016");
    CHECK(told.steps.size() == 16);
  }
}

TEST_CASE("a step that fails is the first that failed, with a hint, and the rest was not tried") {
  const auto after = [](scripted answer, const std::string& failed, const std::string& passed) {
    prober p(mailbox_access::impersonation);
    const auto told = p.probe({std::move(answer)});
    INFO(failed);
    bool reached = false;
    for (const auto& s : told.steps) {
      INFO(s.name << ": " << s.text);
      if (s.name == failed) {
        reached = true;
        CHECK(s.came == came::failed);
        CHECK_FALSE(s.text.empty());
        CHECK_FALSE(s.hint.empty());
      } else {
        CHECK(s.came == (reached ? came::skipped : came::ok));
      }
      CHECK_THAT(s.text + s.hint, !Contains("secret"));
    }
    CHECK(reached);
    CHECK(step(told, passed).came == came::ok);
    return step(told, failed);
  };
  using http::failed_kind;
  after(http::failed{failed_kind::dns, false, "name not found"}, "connect", "address");
  after(http::failed{failed_kind::tls, false, "certificate not trusted"}, "tls", "connect");
  CHECK_THAT(after(http::in_process_answer{401, {{"WWW-Authenticate", "NTLM"}}, "", {}, {}}, "login", "tls").hint,
             Contains("NTLM"));
  CHECK_THAT(after(status(403), "version", "login").hint, Contains("EWS"));
  after(status(404), "version", "login");
  CHECK_THAT(after(fault("ErrorImpersonateUserDenied"), "mailbox", "version").hint,
             Contains("ApplicationImpersonation"));
  after(fault("ErrorNonExistentMailbox"), "mailbox", "login");
}

TEST_CASE("each right is tested by itself, and a missing one is named with what to do") {
  prober p(mailbox_access::delegate);
  auto all = folders(rights({}, "false"));
  all[1] = seen("cal", rights("CreateContents", "false"));
  all[3] = seen("tasks", rights("Delete", "false"));
  all[2] = seen("con", rights("Read", "false"));
  all[5] = error("ErrorAccessDenied");
  all[7] = error("ErrorFolderNotFound");
  const auto told =
      p.probe({answers("GetFolder", {error("ErrorAccessDenied")}), answers("GetFolder", all), status(500)});
  CHECK(step(told, "folder inbox").came == came::ok);
  CHECK(step(told, "folder calendar").came == came::warning);
  CHECK_THAT(step(told, "folder calendar").text, Contains("create items") && !Contains("read"));
  CHECK_THAT(step(told, "folder calendar").hint, Contains("Owner"));
  CHECK(step(told, "folder contacts").came == came::failed);
  CHECK(step(told, "folder tasks").came == came::ok);
  CHECK(step(told, "folder sentitems").came == came::warning);
  CHECK(step(told, "folder deleteditems").came == came::failed);
  CHECK(step(told, "private items").came == came::warning);
  CHECK_THAT(step(told, "private items").hint, Contains("FullAccess"));
  CHECK(step(told, "public folders").came == came::warning);
}

TEST_CASE("an old server does not tell whether private items are seen, and that is said") {
  prober p(mailbox_access::delegate);
  const auto told = p.probe({root(), answers("GetFolder", folders(rights())), answers("GetFolder", {seen("p", "")})});
  CHECK(step(told, "private items").came == came::warning);
  CHECK_THAT(step(told, "private items").text, Contains("does not tell"));
}

TEST_CASE("Microsoft's cloud is known by its address") {
  CHECK(is_exchange_online("https://outlook.office365.com/EWS/Exchange.asmx"));
  CHECK_FALSE(is_exchange_online("https://mail.example/outlook.office365.com/EWS/Exchange.asmx"));
  CHECK_THAT(exchange_online_retires, Contains("2027-04-01"));
}

TEST_CASE("users are found in the directory, and it is said when there are more") {
  prober p(mailbox_access::direct, "");
  const auto found = [&](scripted answer) {
    return p.stage.ask_of<users_found>(p.actor, search_users{"ann"}, {std::move(answer)}).outcome;
  };
  const auto names = [](int count, const std::string& last) {
    std::string out = "<m:Message ResponseClass='Warning'><m:ResponseCode>ErrorNameResolutionMultipleResults"
                      "</m:ResponseCode><m:ResolutionSet TotalItemsInView='" +
                      std::to_string(count) + "' IncludesLastItemInRange='" + last + "'>";
    for (int i = 0; i < count; ++i)
      out += "<t:Resolution><t:Mailbox><t:Name>Ann " + std::to_string(i) + "</t:Name><t:EmailAddress>ann" +
             std::to_string(i) +
             "@a.example</t:EmailAddress><t:RoutingType>SMTP</t:RoutingType><t:MailboxType>Mailbox"
             "</t:MailboxType></t:Mailbox></t:Resolution>";
    return answers("ResolveNames", {out + "</m:ResolutionSet></m:Message>"});
  };
  const auto two = std::get<users_found::list>(found(names(2, "true")));
  REQUIRE(two.users.size() == 2);
  CHECK(two.users[1].name == "Ann 1");
  CHECK(two.users[1].address == "ann1@a.example");
  CHECK(two.users[1].type == "Mailbox");
  CHECK_FALSE(two.cut);
  for (const auto& h : p.stage.seen[0].headers)
    CHECK(h.name != "X-AnchorMailbox");
  CHECK(std::get<users_found::list>(found(names(100, "true"))).cut);
  CHECK(std::get<users_found::list>(found(names(3, "false"))).cut);
  CHECK(std::get<users_found::list>(found(answers("ResolveNames", {error("ErrorNameResolutionNoResults")})))
            .users.empty());
  CHECK(std::get<failure>(found(status(403))).code == "HTTP 403");
}
