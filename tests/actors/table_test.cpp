#include "tests/actors/scenario.hpp"

#include "storage/store.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

#include <optional>

using namespace exsyncd;
using namespace exsyncd::testing;

namespace {

/// What one user does to the mail "m" between two rounds.
struct deed {
  std::string name;
  std::optional<std::string> subject = {}, categories = {}, folder = {};
  bool read = false, gone = false;
  std::optional<std::pair<std::string, std::string>> attach = {}; // name and bytes; a name that is there: instead of it
  std::optional<std::string> detach = {}, recurrence = {}, exceptions = {};

  bool attaches() const { return attach || detach; }
  bool edits() const { return subject || categories || attaches() || recurrence || exceptions; }

  void operator()(model_mailbox& box) const {
    auto item = box.find("inbox", id_of("m"));
    if (subject) box.user_edit(item, field::subject, *subject);
    if (categories) box.user_edit(item, field::categories, *categories);
    if (attach) box.user_attach(item, attach->first, attach->second);
    if (detach) box.user_detach(item, *detach);
    if (recurrence) box.user_edit(item, field::recurrence, *recurrence);
    if (exceptions) box.user_edit(item, field::exceptions, *exceptions);
    if (read) box.user_mark_read(item, true);
    if (folder) item = box.user_move(item, *folder);
    if (gone) box.user_delete(item);
  }
};

std::vector<deed> deeds_of(const std::string& who) {
  return {
      {"nothing"},
      {"edit", "edited by " + who},
      {"categorise", {}, "category of " + who},
      {"read", {}, {}, {}, true},
      {"move", {}, {}, "inbox/" + who},
      {"edit and move", "edited by " + who, {}, "inbox/" + who},
      {"edit and read", "edited by " + who, {}, {}, true},
      {"delete", {}, {}, {}, false, true},
      {"edit and delete", "edited by " + who, {}, {}, false, true},
  };
}

/// What takes several requests, and what stands beside it.
std::vector<deed> deeds_of(const std::string& who, item_class of) {
  std::vector<deed> all = {
      {"nothing"},
      {"edit", "edited by " + who},
      {"move", {}, {}, "inbox/" + who},
      {.name = "delete", .gone = true},
      {.name = "attach", .attach = {{"of " + who, "bytes of " + who}}},
      {.name = "attach anew", .attach = {{"file", "longer bytes of " + who}}},
      {.name = "detach", .detach = "file"},
  };
  if (of == item_class::appointment) {
    all.push_back({.name = "add an exception", .exceptions = "monday, and one of " + who});
    all.push_back({.name = "change the exception", .exceptions = "another monday of " + who});
    all.push_back({.name = "change the pattern", .recurrence = "month of " + who, .exceptions = "the third of " + who});
    all.push_back(
        {.name = "change the pattern, drop the exceptions", .recurrence = "year of " + who, .exceptions = ""});
  }
  return all;
}

/// What two such deeds do to each other, by their names.
constexpr std::pair<const char*, const char*> crossing[] = {
    {"edit", "edit"},
    {"edit", "delete"},
    {"edit", "move"},
    {"edit", "attach"},
    {"attach", "attach"},
    {"attach", "delete"},
    {"attach", "move"},
    {"attach anew", "detach"},
    {"move", "move"},
    {"move", "delete"},
    {"delete", "delete"},
    {"edit", "add an exception"},
    {"attach", "add an exception"},
    {"add an exception", "change the exception"},
    {"add an exception", "delete"},
    {"add an exception", "move"},
    {"change the pattern", "add an exception"},
    {"change the pattern", "delete"},
};

bool cross(const deed& one, const deed& another) {
  return std::any_of(std::begin(crossing), std::end(crossing), [&](const auto& c) {
    return (one.name == c.first && another.name == c.second) || (one.name == c.second && another.name == c.first);
  });
}

/// The mail as it shall be on one side; none: not there.
using outcome = std::optional<seen_mail>;

/// What "m" is after its user did this; "base" is what its user had, for what is written as a whole.
seen_mail with(seen_mail m, const deed& d, const seen_mail& base) {
  if (d.subject) m.subject = *d.subject;
  if (d.categories) m.categories = *d.categories;
  if (d.attaches()) m.attachments = base.attachments;
  const auto named = [&](const std::string& name) {
    return [&](const std::string& a) { return a.starts_with(name + "="); };
  };
  if (d.attach) {
    std::erase_if(m.attachments, named(d.attach->first));
    m.attachments.insert(d.attach->first + "=" + d.attach->second);
  }
  if (d.detach) std::erase_if(m.attachments, named(*d.detach));
  if (d.recurrence) m.recurrence = *d.recurrence;
  if (d.exceptions) m.exceptions = *d.exceptions;
  if (d.folder) m.folder = *d.folder;
  if (d.read) m.read = true;
  return m;
}

/// ARCHITECTURE.md, "The arbiter", as a table of outcomes: all that are allowed, as (primary, replica).
std::vector<both<outcome>> allowed(const seen_mail& base, const deed& p, const deed& r, const casting& cast) {
  if (cast.two_way()) {
    if (p.gone || r.gone) return {{}};
    // Read state and place are registers of their own; of contents, primary's stand where both were edited.
    auto m = with(base, p.edits() ? p : r, base);
    m.folder = p.folder ? *p.folder : r.folder.value_or(base.folder);
    m.read = p.read || r.read;
    return {{m, m}};
  }
  const bool primary_is_source = cast.source() == side::primary;
  const auto& from = primary_is_source ? p : r;
  const auto& to = primary_is_source ? r : p;
  const auto result = [&](outcome source, outcome target) {
    return primary_is_source ? both<outcome>{source, target} : both<outcome>{target, source};
  };
  if (from.gone) return {result({}, {})};
  const auto source = with(base, from, base);
  if (to.gone) {
    // Deleted on the target: a change of the source makes it anew. Whether being read or moved is one, the rule leaves
    // open.
    if (from.edits()) return {result(source, source)};
    if (from.read || from.folder) return {result(source, source), result(source, {})};
    return {result(source, {})};
  }
  // What the target's user did stands where the source says nothing.
  return {result(source, with(with(base, to, base), from, base))};
}

/// Who loses by the table, and is told about once, whatever crashed: nobody where only one user said something.
std::optional<side> loser_of(const deed& p, const deed& r, const casting& cast) {
  if (!cast.two_way() || (p.gone && r.gone)) return {};
  if (p.gone || r.gone) {
    if (p.gone && r.edits()) return side::replica;
    if (r.gone && p.edits()) return side::primary;
    return {};
  }
  if (p.edits() && r.edits()) return side::replica;
  return {};
}

std::vector<std::string> tells_who_lost(const virtual_world& w, std::optional<side> loser) {
  std::vector<conflict> found;
  w.look_at_disk([&](const store& s) { found = s.conflicts(pair_id{w.settings().name}, 10); });
  if (found.size() != (loser ? 1U : 0U)) return {std::to_string(found.size()) + " conflicts are recorded"};
  if (loser && found.front().loser != *loser) return {"the conflict names the wrong side"};
  return {};
}

std::string text(const outcome& o) {
  return o ? o->text() : "nothing";
}

const char* name_of(item_class c) {
  switch (c) {
  case item_class::message:
    return "mail";
  case item_class::contact:
    return "contact";
  case item_class::task:
    return "task";
  case item_class::appointment:
    return "appointment";
  case item_class::other:
    break;
  }
  return "other";
}

void check_cell(const deed& p, const deed& r, const casting& cast, crashes when, item_class of = item_class::message) {
  const auto made = of == item_class::message ? mail_named("m") : item_named("m", of);
  scenario cell;
  cell.name = std::string(name_of(of)) + ", primary: " + p.name + ", replica: " + r.name;
  cell.folders = {"inbox", "inbox/primary", "inbox/replica"};
  cell.given = [&](outer_world& w, casting c) {
    w.mailboxes[c.source()].user_create("inbox", made);
    w.mailboxes[c.source()].user_create("inbox", mail_named("bystander"));
  };
  cell.when = [&](outer_world& w, casting) {
    p(w.mailboxes.primary);
    r(w.mailboxes.replica);
  };
  cell.then = [&](const virtual_world& w, casting c, const round_end&) {
    seen_mail base;
    base.folder = "inbox";
    base.message_id = id_of("m");
    base.subject = "m";
    base.body = "body";
    for (const auto& [name, bytes] : made.attachments)
      base.attachments.insert(name + "=" + bytes);
    if (of == item_class::appointment) {
      base.recurrence = "week";
      base.exceptions = "monday";
    }
    both<outcome> is;
    for (const auto s : both_sides)
      if (const auto found = mails(w, s, base.message_id); !found.empty()) is[s] = found.front();
    auto wrong = all_of({has(w, side::primary, "bystander", "bystander"),
                         has(w, side::replica, "bystander", "bystander"), tells_who_lost(w, loser_of(p, r, c))});
    const auto may_be = allowed(base, p, r, c);
    if (std::find(may_be.begin(), may_be.end(), is) == may_be.end())
      wrong.push_back("primary has " + text(is.primary) + ", replica has " + text(is.replica) + "; allowed is " +
                      text(may_be.front().primary) + " and " + text(may_be.front().replica));
    return wrong;
  };
  play(cell, cast, when);
}

void check_table(direction d, crashes when) {
  for (const auto& p : deeds_of("primary"))
    for (const auto& r : deeds_of("replica"))
      check_cell(p, r, {d, side::primary}, when);
}

/// The other classes have no read state, and otherwise the same table.
void check_table_of(item_class of, direction d, crashes when) {
  for (const auto& p : deeds_of("primary"))
    for (const auto& r : deeds_of("replica"))
      if (!p.read && !r.read) check_cell(p, r, {d, side::primary}, when, of);
}

/// What is written in several steps, whenever the process ends, in every direction.
void check_steps_of(item_class of) {
  for (const auto d : {direction::bidirectional, direction::primary_to_replica, direction::replica_to_primary})
    for (const auto& p : deeds_of("primary", of))
      for (const auto& r : deeds_of("replica", of))
        if (p.name == "nothing" || r.name == "nothing" || cross(p, r))
          check_cell(p, r, {d, side::primary}, crashes::everywhere, of);
}

} // namespace

TEST_CASE("every cell of the table, two-way, through a crash at every call") {
  check_table(direction::bidirectional, crashes::everywhere);
}

TEST_CASE("every cell of the table, primary to replica, through a crash at every call") {
  check_table(direction::primary_to_replica, crashes::everywhere);
}

TEST_CASE("every cell of the table, replica to primary, through a crash at every call") {
  check_table(direction::replica_to_primary, crashes::everywhere);
}

TEST_CASE("every cell of the table for contacts, tasks and appointments, in the three directions") {
  for (const auto of : {item_class::contact, item_class::task, item_class::appointment})
    for (const auto d : {direction::bidirectional, direction::primary_to_replica, direction::replica_to_primary})
      check_table_of(of, d, crashes::none);
}

TEST_CASE("what is done to a contact and its attachments, in the three directions, through a crash at every call") {
  check_steps_of(item_class::contact);
}

TEST_CASE("what is done to a task and its attachments, in the three directions, through a crash at every call") {
  check_steps_of(item_class::task);
}

TEST_CASE("what is done to an appointment, its attachments and exceptions, in the three directions, through a crash at "
          "every call") {
  check_steps_of(item_class::appointment);
}
