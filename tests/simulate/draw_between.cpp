// What users do while the daemon is in the middle of something: between its lists, while it writes, and while what it
// has just written is not in any list yet.
#include "tests/simulate/draw_addition.hpp"
#include "tests/simulate/draw_items.hpp"

namespace simulate {

using nlohmann::json;

namespace {

/// At least three folders of mail.
void add_mail_folders(pair_plan& p) {
  for (const auto& f : {folder_plan{"inbox", "mail", "inbox", "inbox", false},
                        folder_plan{"projects", "mail", "inbox/Projects", "inbox/Work", false},
                        folder_plan{"sent", "mail", "sentitems", "sentitems", false}})
    if (std::none_of(p.folders.begin(), p.folders.end(), [&](const folder_plan& one) { return one.name == f.name; }))
      p.folders.push_back(f);
}

std::vector<std::string> mail_folders_of(const pair_plan& p, bool primary) {
  std::vector<std::string> all;
  for (const auto& f : p.folders)
    if (f.kind == "mail" && f.name != "drafts") all.push_back(primary ? f.primary : f.replica);
  return all;
}

} // namespace

/// Users who act on what is just being written, before the daemon knows what became of its write.
void quick_hands(addition& a) {
  static const std::vector<std::string> writes{"CreateItem",       "UpdateItem",       "UpdateItem", "MoveItem",
                                               "CreateAttachment", "DeleteAttachment", "DeleteItem"};
  item_drawer items(a.d, 5000);
  for (int n = a.d.between(3, 9); n > 0; --n) {
    const auto& p = a.pair();
    const auto& f = a.d.one_of(p.folders);
    const bool primary = a.d.chance(50);
    auto act = items.act(f.kind, {primary ? f.primary : f.replica, "msgfolderroot"});
    act["written"] = true;
    act["at_operation"] = a.d.one_of(writes);
    a.plan.events.push_back({a.some_time(), a.d.chance(30) ? moment::before_request : moment::after_request, 1,
                             primary ? p.primary : p.replica, act});
  }
}

/// A user who files many mails at a time into several folders, also while these are listed, and another one who files
/// what is just being written.
void filing(addition& a) {
  auto& p = a.plan.world.pairs[0];
  add_mail_folders(p);
  const bool primary = p.direction == "bidirectional" ? a.d.chance(50) : p.direction == "primary_to_replica";
  const auto &who = primary ? p.primary : p.replica, &other = primary ? p.replica : p.primary;
  const auto folders = mail_folders_of(p, primary), others = mail_folders_of(p, !primary);
  item_drawer items(a.d, 7000);
  std::vector<std::string> labels;
  for (int n = a.d.between(4, 9); n > 0; --n) {
    const auto item = items.item("mail", folders.front());
    labels.push_back(item.at("label"));
    a.at_once(a.d.chance(60) ? -900 : a.some_time() / 2, who, item);
  }
  for (int times = a.d.between(1, 3); times > 0; --times) {
    const auto at = a.some_time();
    for (const auto& label : labels)
      if (a.d.chance(70)) a.at_once(at, who, {{"do", "move"}, {"label", label}, {"to", a.d.one_of(folders)}});
  }
  const auto file = [&](const std::string& user, const std::vector<std::string>& into, json more) {
    json act{{"do", "move"}, {"to", a.d.one_of(into)}, {"pick", a.d.below(1'000'000)}, {"kind", "mail"}};
    act.update(more);
    a.plan.events.push_back(
        {a.some_time(), moment::after_request, more.contains("written") ? 1 : a.d.between(1, 4), user, act});
  };
  for (int n = a.d.between(3, 8); n > 0; --n)
    file(who, folders, {{"at_operation", "SyncFolderItems"}});
  for (int n = a.d.between(2, 6); n > 0; --n)
    file(
        other, others,
        {{"written", true},
         {"at_operation", a.d.one_of(std::vector<std::string>{"CreateItem", "CreateItem", "MoveItem", "UpdateItem"})}});
}

/// Lists of many pages, of which one that is not the first fails for a while: at the start, and when cursors are lost.
void cut_lists(addition& a) {
  const auto& p = a.plan.world.pairs[0];
  const auto f = std::find_if(p.folders.begin(), p.folders.end(), [](const auto& one) { return one.kind == "mail"; });
  if (f == p.folders.end()) return;
  for (auto& s : a.plan.world.servers)
    s.sync_page = static_cast<std::size_t>(a.d.between(2, 4));
  item_drawer items(a.d, 8000);
  for (int n = a.d.between(6, 12); n > 0; --n) {
    auto item = items.item("mail", f->primary);
    a.at_once(-900, p.primary, item);
    item["folder"] = f->replica;
    a.at_once(-900, p.replica, item);
  }
  static const std::vector<std::string> codes{"ErrorInternalServerError", "ErrorMailboxStoreUnavailable",
                                              "ErrorInternalServerTransientError", "ErrorTimeoutExpired"};
  for (int n = a.d.between(2, 4), first = n; n > 0; --n) {
    const auto at = n == first ? 0 : a.some_time();
    const auto& who = a.d.chance(50) ? p.primary : p.replica;
    if (n != first) a.at_once(at, who, {{"do", "invalidate_sync_states"}});
    a.plan.events.push_back({at,
                             moment::after_request,
                             a.d.between(1, 5),
                             "",
                             {{"do", "fault"},
                              {"what", "response_error"},
                              {"code", a.d.one_of(codes)},
                              {"operation", "SyncFolderItems"},
                              {"server", server_of(who)},
                              {"next", a.d.between(1, 4)},
                              {"at_operation", "SyncFolderItems"}}});
  }
}

/// Users who edit an item once more while it is read to be carried, or while it is read since the other side's user has
/// deleted it.
void second_thoughts(addition& a) {
  std::vector<event> made;
  for (const auto& e : a.plan.events)
    if (e.act.contains("folder") && e.act.contains("label")) made.push_back(e);
  if (made.empty()) return;
  for (int n = a.d.between(2, 6); n > 0; --n) {
    const auto& one = made[a.d.below(made.size())];
    const auto& pairs = a.plan.world.pairs;
    const auto p = std::find_if(pairs.begin(), pairs.end(),
                                [&](const auto& each) { return one.who == each.primary || one.who == each.replica; });
    if (p == pairs.end()) continue;
    const auto& other = one.who == p->primary ? p->replica : p->primary;
    const json label = one.act.at("label");
    const auto what = one.act.at("do") == "appointment" ? "edit appointment" : "edit";
    const auto at = std::max<std::int64_t>(one.at, 0) + a.d.between(60'000, 500'000);
    const auto number = std::to_string(n);
    if (a.d.chance(50))
      a.at_once(at, other, {{"do", "delete"}, {"label", label}});
    else
      a.at_once(at, one.who, {{"do", what}, {"label", label}, {"set", {{"subject", "First thought " + number}}}});
    a.plan.events.push_back({at,
                             moment::before_request,
                             a.d.between(1, 3),
                             one.who,
                             {{"do", what},
                              {"label", label},
                              {"set", {{"categories", {"second thought " + number}}}},
                              {"at_operation", "GetItem"}}});
  }
}

namespace {

/// The mailbox whose items are carried, and the other one.
struct way {
  std::string who, other;
  std::vector<std::string> folders, others; ///< of mail, on each side
};

way way_of(addition& a) {
  auto& p = a.plan.world.pairs[0];
  add_mail_folders(p);
  const bool primary = p.direction == "bidirectional" ? a.d.chance(50) : p.direction == "primary_to_replica";
  return {primary ? p.primary : p.replica, primary ? p.replica : p.primary, mail_folders_of(p, primary),
          mail_folders_of(p, !primary)};
}

/// One of the ways in which a request fails without having acted.
json failure_of(addition& a, const std::string& operation, const std::string& server) {
  const std::vector<json> ways{{{"what", "http_status"}, {"status", 500}},
                               {{"what", "html_page"}, {"status", 200}},
                               {{"what", "soap_fault"}, {"code", "ErrorInternalServerError"}},
                               {{"what", "close_before_acting"}}};
  auto fault = a.d.one_of(ways);
  fault.update({{"do", "fault"}, {"operation", operation}, {"server", server}});
  return fault;
}

} // namespace

/// A user moves many mails into another folder, whose list then breaks off before it has shown all of them, and in the
/// next rounds again.
void torn_lists(addition& a) {
  const auto w = way_of(a);
  for (auto& s : a.plan.world.servers)
    s.sync_page = static_cast<std::size_t>(a.d.between(2, 3));
  item_drawer items(a.d, 10'000);
  std::vector<json> mails;
  for (int n = a.d.between(6, 10); n > 0; --n) {
    mails.push_back(items.item("mail", w.folders[0]));
    a.at_once(-900, w.who, mails.back());
  }
  auto at = a.d.between(100'000, 300'000);
  for (int n = 0, times = a.d.between(1, 3); n < times; ++n, at += a.d.between(200'000, 400'000))
    for (std::size_t i = 0; i < mails.size(); ++i) {
      const auto& label = mails[i].at("label");
      a.at_once(at, w.who, {{"do", "move"}, {"label", label}, {"to", w.folders[n % 2 == 0 ? 1 : 0]}});
      if (i < 2 || a.d.chance(50)) continue;
      const auto code =
          a.d.one_of(std::vector<std::string>{"ErrorMailboxStoreUnavailable", "ErrorMailboxMoveInProgress"});
      a.at_once(at, "",
                {{"do", "fault"},
                 {"what", "soap_fault"},
                 {"code", code},
                 {"operation", "SyncFolderItems"},
                 {"server", server_of(w.who)},
                 {"item", {{"body", label}}},
                 {"shown", true},
                 {"next", a.d.between(1, 2)}});
    }
}

/// Creates that are given up and come after all, so that two lie there; a user who takes one of them away while his
/// folders are listed, and one who files what came so.
void late_copies(addition& a) {
  const auto w = way_of(a);
  item_drawer items(a.d, 11'000);
  for (int n = a.d.between(2, 4); n > 0; --n) {
    const auto item = items.item("mail", w.folders[0]);
    const auto& label = item.at("label");
    const auto at = a.some_time() / 2;
    json late{{"do", "fault"}, {"what", "commit_later"}, {"operation", "CreateItem"}};
    late.update({{"item", {{"body", label}}}, {"after_seconds", a.d.between(95, 300)}});
    a.at_once(at, "", late);
    if (a.d.chance(30)) {
      auto again = failure_of(a, "CreateItem", server_of(w.other));
      again.update({{"item", {{"body", label}}}, {"next", a.d.between(1, 3)}});
      a.at_once(at, "", again);
    }
    a.at_once(at, w.who, item);
    const bool takes_away = a.d.chance(70);
    for (int acts = 0; acts < (takes_away ? 40 : 15); ++acts) {
      json act{{"do", "move"}, {"label", label}, {"to", a.d.one_of(w.others)}, {"at_operation", "SyncFolderItems"}};
      if (takes_away)
        act = {{"do", "delete"}, {"label", label}, {"beside", true}, {"at_operation", "SyncFolderItems"}};
      else if (a.d.chance(60))
        continue;
      a.plan.events.push_back({at + 95'000 + acts * (takes_away ? 12'000 : 30'000), moment::after_request,
                               a.d.between(1, 6), w.other, act});
    }
  }
}

/// A user who files what has just been made, before any list has shown it, while it cannot be read for a moment.
void moved_unseen(addition& a) {
  const auto w = way_of(a);
  item_drawer items(a.d, 12'000);
  for (int n = a.d.between(3, 6); n > 0; --n) {
    const auto at = a.some_time();
    a.at_once(at, w.who, items.item("mail", a.d.one_of(w.folders)));
    a.plan.events.push_back({at,
                             moment::after_request,
                             1,
                             w.other,
                             {{"do", "move"},
                              {"to", a.d.one_of(w.others)},
                              {"pick", a.d.below(1'000'000)},
                              {"kind", "mail"},
                              {"written", true},
                              {"at_operation", "CreateItem"}}});
    auto fault = failure_of(a, "GetItem", server_of(w.other));
    fault.update({{"next", a.d.between(1, 4)}, {"at_operation", "CreateItem"}});
    a.plan.events.push_back({at, moment::after_request, 1, "", fault});
  }
}

} // namespace simulate
