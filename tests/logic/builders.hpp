#pragma once

#include "actors/logic/decide.hpp"
#include "actors/logic/digest.hpp"
#include "storage/records.hpp"

#include <string>
#include <vector>

/// Twins in the few states that the tables are about, named as an administrator would say them.
namespace exsyncd::tests {

using values = std::vector<field_value>;

inline const values original{{field::subject, "Offer"}, {field::body, "Dear Jane"}, {field::categories, "Blue"}};

inline values with(field f, std::string value) {
  values v = original;
  for (auto& each : v)
    if (each.field == f) {
      each.value = std::move(value);
      return v;
    }
  v.push_back({f, std::move(value)});
  return v;
}

inline std::string name(side s) {
  return s == side::primary ? "P" : "R";
}

inline observation seen_at(side s, sequence seq, const std::string& key = "1") {
  observation o;
  o.sequence = seq;
  o.item = item_id{"item-" + name(s)};
  o.key = change_key{key + name(s)};
  o.folder = folder_pair_id{"inbox"};
  o.subject = "Offer";
  o.read = false;
  o.search_key = search_key{"search-" + name(s)};
  o.message_id = message_id{"<offer@example>"};
  return o;
}

/// Both sides as agreed, everything answered.
inline twin agreed_twin() {
  twin t;
  t.id = twin_id{"t1"};
  t.pair = pair_id{"jane"};
  t.folder_pair = folder_pair_id{"inbox"};
  both<side_base> base;
  for (side s : both_sides) {
    t.seen[s] = seen_at(s, 10);
    base[s] = {t.seen[s]->key, false, logic::digests_of(original), true};
    t.answered[s] = 10;
  }
  t.base = base;
  return t;
}

/// The user of side `s` changed the contents, and they were read.
inline void edit(twin& t, side s, const values& now) {
  auto& o = *t.seen[s];
  o.sequence = 20;
  o.key = change_key{"2" + name(s)};
  o.content = logic::digests_of(now);
  o.content_key = o.key;
}

inline void read_contents(twin& t, side s, const values& now) {
  t.seen[s]->content = logic::digests_of(now);
  t.seen[s]->content_key = t.seen[s]->key;
}

inline void leave(twin& t, side s) {
  t.seen[s]->sequence = 20;
  t.seen[s]->presence = presence::left;
}

/// Everything listed, everything settable that Exchange lets be set on a mail.
inline logic::surroundings quiet(direction d = direction::bidirectional) {
  logic::surroundings a;
  a.policy.direction = d;
  a.listed = true;
  a.listed_after = a.new_after = {100, 100};
  std::vector<field> usual{field::subject,    field::body,        field::categories,
                           field::importance, field::sensitivity, field::flag};
  a.settable = {usual, usual};
  a.settable_on_draft = {{field::to, field::cc}, {field::to, field::cc}};
  a.now = utc_seconds{std::chrono::seconds{1'000'000}};
  return a;
}

/// A verdict in words: "update R subject body", "remove P, R loses", "agree", "look P R", …
inline std::string in_words(const logic::verdict& v) {
  struct {
    std::string fields(const std::vector<field>& f) {
      static const char* names[] = {
          "",    "subject", "body",     "categories", "importance",  "sensitivity",      "flag", "to", "cc",
          "bcc", "from",    "reply_to", "sent",       "attachments", "attachment_sizes", "draft"};
      std::string s;
      for (auto each : f)
        s += std::string(" ") + names[static_cast<int>(each)];
      return s;
    }
    std::string operator()(const logic::wait& w) {
      switch (w.why) {
      case logic::wait::reason::listing:
        return "wait for listing";
      case logic::wait::reason::believable_delete:
        return "wait for belief";
      case logic::wait::reason::echo:
        return "wait for echo";
      case logic::wait::reason::rest:
        return "rest";
      case logic::wait::reason::banned:
        return "banned";
      }
      return "?";
    }
    std::string operator()(const logic::agree& a) {
      if (a.skipped) return "skip";
      return a.more ? "agree for now" : "agree";
    }
    std::string operator()(const logic::forget& f) {
      return "forget " + name(f.where) + (f.settled ? " and rest" : "");
    }
    std::string operator()(const logic::bury&) { return "bury"; }
    std::string operator()(const logic::look& l) {
      std::string s = "look";
      for (side each : l.sides)
        s += " " + name(each);
      return s;
    }
    std::string operator()(const logic::resolve&) { return "resolve"; }
    std::string operator()(const logic::create_on& w) { return "create " + name(w.target); }
    std::string operator()(const logic::update_on& w) { return "update " + name(w.target) + fields(w.fields); }
    std::string operator()(const logic::replace_on& w) { return "replace " + name(w.target); }
    std::string operator()(const logic::set_read_on& w) {
      return std::string(w.read ? "read " : "unread ") + name(w.target);
    }
    std::string operator()(const logic::move_on& w) { return "move " + name(w.target) + " to " + w.to.value; }
    std::string operator()(const logic::remove_on& w) { return "remove " + name(w.target); }
    std::string operator()(const logic::report_unchangeable& r) {
      std::vector<field> reported;
      for (const auto& d : r.fields)
        reported.push_back(d.field);
      return "report " + name(r.target) + fields(reported);
    }
  } say;
  auto s = std::visit(say, v.what);
  if (v.loses) s += ", " + name(v.loses->loser) + " loses";
  return s;
}

/// The same twin seen from the other side: what was the primary's is the replica's.
inline twin exchanged(twin t) {
  std::swap(t.seen.primary, t.seen.replica);
  if (t.base) std::swap(t.base->primary, t.base->replica);
  std::swap(t.answered.primary, t.answered.replica);
  if (t.trouble) {
    std::swap(t.trouble->at.primary, t.trouble->at.replica);
    t.trouble->side = other(t.trouble->side);
  }
  return t;
}

inline logic::surroundings exchanged(logic::surroundings a) {
  if (a.policy.direction == direction::primary_to_replica)
    a.policy.direction = direction::replica_to_primary;
  else if (a.policy.direction == direction::replica_to_primary)
    a.policy.direction = direction::primary_to_replica;
  std::swap(a.listed_after.primary, a.listed_after.replica);
  std::swap(a.new_after.primary, a.new_after.replica);
  std::swap(a.settable.primary, a.settable.replica);
  std::swap(a.settable_on_draft.primary, a.settable_on_draft.replica);
  return a;
}

/// The words with P and R exchanged; "look P R" keeps its order.
inline std::string exchanged(std::string words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    bool alone =
        (i == 0 || words[i - 1] == ' ') && (i + 1 == words.size() || words[i + 1] == ' ' || words[i + 1] == ',');
    if (alone && words[i] == 'P')
      words[i] = 'R';
    else if (alone && words[i] == 'R')
      words[i] = 'P';
  }
  return words == "look R P" ? "look P R" : words;
}

} // namespace exsyncd::tests
