#include "tests/actors/scenario.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace exsyncd::testing {

namespace {

constexpr casting castings[] = {
    {direction::bidirectional, side::primary},      {direction::bidirectional, side::replica},
    {direction::primary_to_replica, side::primary}, {direction::primary_to_replica, side::replica},
    {direction::replica_to_primary, side::primary}, {direction::replica_to_primary, side::replica},
};

/// What is wrong with a mailbox whatever the scenario.
std::vector<std::string> doubles(const virtual_world& world) {
  std::vector<std::string> wrong;
  for (const auto s : both_sides) {
    std::map<std::string, int> times;
    for (const auto& m : contents_of(world, s))
      if (++times[m.message_id] == 2) wrong.push_back("a double of " + m.message_id);
  }
  return wrong;
}

std::vector<std::string> differences(const virtual_world& world) {
  const auto p = contents_of(world, side::primary), r = contents_of(world, side::replica);
  std::vector<std::string> wrong;
  for (const auto& m : p)
    if (!r.contains(m)) wrong.push_back("only on primary: " + m.text());
  for (const auto& m : r)
    if (!p.contains(m)) wrong.push_back("only on replica: " + m.text());
  if (wrong.empty() && p != r) wrong.push_back("not the same number on both sides");
  return wrong;
}

void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

/// One run to the end, and one more that must not write.
std::vector<std::string> run(virtual_world& world, const scenario& what, casting cast) {
  const auto script = what.during(cast);
  world.before_call = script.before_call;
  world.after_call = script.after_call;
  const auto end = world.run();
  auto wrong = world.violations;
  append(wrong, what.then(world, cast, end));
  if (what.converges && cast.two_way()) append(wrong, differences(world));
  if (!what.several_of_one_id) append(wrong, doubles(world));
  world.kill();
  world.pass(std::chrono::minutes(10));
  if (world.round().writes != 0) wrong.push_back("one more run has written");
  return wrong;
}

/// Every point at which the process can end: before and after every call, and halfway through those of several
/// requests. What differs between two of them is only what outlives the process. Where no call and nobody else has
/// changed that in between, they are one point, and it is taken once; acts and faults of a script may come at any call.
std::vector<crash_point> points_in(const virtual_world& plain) {
  const bool scripted = plain.before_call || plain.after_call;
  std::vector<crash_point> points;
  const auto& calls = plain.counted_calls;
  for (std::uint64_t call = 1; call <= calls.size(); ++call) {
    const auto until = call < calls.size() ? calls[call].lasting : plain.lasting;
    const auto changes = until - calls[call - 1].lasting;
    const bool writes = calls[call - 1].writes;
    if (scripted) points.push_back({call, false});
    if (scripted || (writes && changes > 0)) points.push_back({call, true});
    if (plain.divisible.contains(call)) points.push_back({call, true, true});
    // A commit of earlier calls may lie between this one's effect and the next.
    if (!scripted && call < calls.size() && changes > (writes ? 1U : 0U)) points.push_back({call + 1, false});
  }
  return points;
}

std::string report(const scenario& what, casting cast, const std::string& crash, const std::vector<std::string>& wrong,
                   const virtual_world& world) {
  std::string text = what.name + ", " + cast.text() + ", " + crash + ":\n";
  for (const auto& w : wrong)
    text += "  WRONG: " + w + "\n";
  for (const auto s : both_sides) {
    text += s == side::primary ? "  primary:\n" : "  replica:\n";
    for (const auto& m : contents_of(world, s))
      text += "    " + m.text() + "\n";
  }
  return text + world.story();
}

} // namespace

std::string casting::text() const {
  const std::string way = direction == direction::bidirectional        ? "two-way"
                          : direction == direction::primary_to_replica ? "primary to replica"
                                                                       : "replica to primary";
  return way + (a == side::primary ? ", A is primary" : ", A is replica");
}

std::string seen_mail::text() const {
  std::string t = folder + " " + message_id + " \"" + subject + "\"";
  if (!categories.empty()) t += " [" + categories + "]";
  if (!to.empty()) t += " to " + to;
  if (!recurrence.empty()) t += " every " + recurrence;
  if (!exceptions.empty()) t += " except " + exceptions;
  for (const auto& a : attachments)
    t += " +" + a;
  return t + (read ? " read" : " unread") + (draft ? " draft" : "");
}

seen_mailbox contents_of(const virtual_world& world, side s) {
  // What one server makes of a value, the other one cannot undo: values are compared as both would store them.
  const auto stored = [&](field f, std::string v) {
    for (const auto each : both_sides)
      if (const auto& n = world.mailbox(each).normalise) v = n(f, v);
    return v;
  };
  seen_mailbox all;
  for (const auto& f : world.settings().folders)
    for (const auto& [id, i] : world.mailbox(s).items(s == side::primary ? f.primary : f.replica)) {
      seen_mail m;
      m.folder = f.name;
      m.message_id = i.message_id.value;
      m.subject = stored(field::subject, i.value(field::subject));
      m.body = stored(field::body, i.value(field::body));
      m.categories = stored(field::categories, i.value(field::categories));
      m.to = stored(field::to, i.value(field::to));
      for (const auto& [name, bytes] : i.attachments)
        m.attachments.insert(name + "=" + bytes);
      m.recurrence = i.value(field::recurrence);
      m.exceptions = i.value(field::exceptions);
      m.read = i.read;
      m.draft = i.draft;
      all.insert(std::move(m));
    }
  return all;
}

std::vector<seen_mail> mails(const virtual_world& world, side s, const std::string& message_id) {
  std::vector<seen_mail> found;
  for (const auto& m : contents_of(world, s))
    if (m.message_id == message_id) found.push_back(m);
  return found;
}

void play(const scenario& what, casting cast, crashes when) {
  auto policy = what.policy;
  policy.direction = cast.direction;
  outer_world before(settings_for(what.folders, policy));
  what.given(before, cast);
  if (what.in_step_first) {
    virtual_world world(before);
    world.run();
    REQUIRE(world.violations.empty());
    before = world.snapshot();
  }
  what.when(before, cast);

  virtual_world plain(before);
  if (const auto wrong = run(plain, what, cast); !wrong.empty()) {
    FAIL_CHECK(report(what, cast, "no crash", wrong, plain));
    return; // the crashes would say the same again
  }
  if (when == crashes::none) return;
  int failures = 0;
  for (const auto& point : points_in(plain)) {
    virtual_world world(before);
    world.crash = point;
    const auto wrong = run(world, what, cast);
    if (wrong.empty()) continue;
    const std::string where = std::string(point.halfway ? "crash halfway "
                                          : point.after ? "crash after"
                                                        : "crash before") +
                              " call " + std::to_string(point.call);
    FAIL_CHECK(report(what, cast, where, wrong, world));
    if (++failures == 2) break;
  }
  SUCCEED(what.name);
}

void play_all_ways(const scenario& what, crashes when) {
  for (const auto& cast : castings)
    play(what, cast, when);
}

void play_two_way(const scenario& what, crashes when) {
  for (const auto& cast : castings)
    if (cast.two_way()) play(what, cast, when);
}

new_mail mail_named(const std::string& name, int minute) {
  new_mail m;
  m.message_id = id_of(name);
  m.subject = name;
  m.received = utc_seconds(std::chrono::minutes(minute));
  return m;
}

new_mail item_named(const std::string& name, item_class of) {
  auto m = mail_named(name);
  m.item_class = of;
  m.attachments = {{"file", "bytes of " + name}};
  if (of == item_class::appointment) m.fields = {{field::recurrence, "week"}, {field::exceptions, "monday"}};
  return m;
}

std::string id_of(const std::string& name) {
  return "<" + name + "@test>";
}

std::vector<std::string> has(const virtual_world& world, side s, const std::string& name, const std::string& subject) {
  const auto found = mails(world, s, id_of(name));
  const std::string where = s == side::primary ? "primary" : "replica";
  if (found.size() != 1) return {where + " holds " + std::to_string(found.size()) + " of " + name};
  if (found.front().subject != subject) return {where + " holds " + found.front().text() + ", not " + subject};
  return {};
}

std::vector<std::string> has_none(const virtual_world& world, side s, const std::string& name) {
  if (mails(world, s, id_of(name)).empty()) return {};
  return {std::string(s == side::primary ? "primary" : "replica") + " still holds " + name};
}

std::vector<std::string> all_of(std::vector<std::vector<std::string>> complaints) {
  std::vector<std::string> all;
  for (const auto& c : complaints)
    append(all, c);
  return all;
}

} // namespace exsyncd::testing
