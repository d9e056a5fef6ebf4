#include "actors/logic/alike.hpp"

#include "actors/logic/decide.hpp"
#include "actors/logic/digest.hpp"
#include "actors/logic/match.hpp"
#include "storage/marks.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>

namespace exsyncd::logic {
namespace {

using members = both<std::vector<const twin*>>;

const observation& of(const twin* half) {
  return half->seen.primary ? *half->seen.primary : *half->seen.replica;
}

bool has(const std::vector<field>& fields, field f) {
  return std::find(fields.begin(), fields.end(), f) != fields.end();
}

/// How alike two items must be; what is empty on both counts as alike.
struct level {
  std::vector<field> fields;    // these …
  bool all_but = false;         // … or all but these
  bool words = false;           // of the body its words, else the whole body
  bool also_where_empty = true; // false: at least one of the fields must be there
  bool for_drafts = true;
};

using f = field;
/// The strictest first.
std::vector<level> levels_of(item_class c) {
  // Servers derive these in their own ways from what the user typed.
  const std::vector<field> derived{f::subject, f::file_as, f::display_name, f::initials, f::body};
  const level everything{{}, true};
  switch (c) {
  case item_class::contact:
    return {everything,
            {derived, true, true},
            {{f::given_name, f::middle_name, f::surname, f::company_name, f::email_addresses, f::phone_numbers},
             false,
             false,
             false}};
  case item_class::task:
    return {everything, {{f::body}, true, true}, {{f::subject, f::task_dates}, false, true}};
  case item_class::appointment:
    return {everything,
            {{f::subject, f::time, f::recurrence, f::location}, false, true},
            {{f::subject, f::time, f::recurrence}, false, false}};
  case item_class::message:
  case item_class::other:
    break;
  }
  const std::vector<field> letter{f::subject, f::attachments, f::sent, f::draft};
  auto addressed = letter, marked = letter;
  for (field each : {f::to, f::cc, f::bcc})
    addressed.push_back(each);
  marked = addressed;
  for (field each : {f::categories, f::importance, f::sensitivity, f::flag})
    marked.push_back(each);
  return {everything, {marked, false, true}, {addressed, false, true}, {letter, false, true, true, false}};
}

class likening {
public:
  likening(item_class c, members halves, const std::function<bool(field)>& held_by_both)
      : class_(c), left_(std::move(halves)), held_by_both_(held_by_both) {
    for (side s : both_sides)
      std::sort(left_[s].begin(), left_[s].end(), [](const twin* a, const twin* b) {
        return std::tie(of(a).received, of(a).read, of(a).item.value, a->id) <
               std::tie(of(b).received, of(b).read, of(b).item.value, b->id);
      });
  }

  alike run() {
    by_strong_key();
    if (class_ != item_class::other) without_key();
    return std::move(result_);
  }

private:
  item_class class_;
  members left_;
  const std::function<bool(field)>& held_by_both_;
  alike result_;

  void pair(const twin* primary, const twin* replica) { result_.same.emplace_back(primary, replica); }

  static bool both_have(const members& m) { return !m.primary.empty() && !m.replica.empty(); }
  static bool one_each(const members& m) { return m.primary.size() == 1 && m.replica.size() == 1; }

  void by_strong_key() {
    std::map<message_id, members> groups;
    members rest;
    for (side s : both_sides)
      for (const twin* half : left_[s])
        if (of(half).message_id.empty())
          rest[s].push_back(half);
        else
          groups[of(half).message_id][s].push_back(half);
    for (auto& [key, group] : groups) {
      if (one_each(group) && !may_be_two(of(group.primary.front()), of(group.replica.front())))
        pair(group.primary.front(), group.replica.front());
      else if (both_have(group))
        tell_apart(std::move(group), true);
      else
        for (side s : both_sides)
          rest[s].insert(rest[s].end(), group[s].begin(), group[s].end());
    }
    left_ = std::move(rest);
  }

  /// Some programs give one Message-ID to many mails: where their dates, or the subjects of drafts, say that they are
  /// two, what they hold tells. The subject of one that came from outside says nothing: gateways write into it.
  bool may_be_two(const observation& a, const observation& b) const {
    if (class_ != item_class::message) return false;
    if (a.draft && b.draft) return a.subject != b.subject;
    return a.sent && b.sent && a.sent != b.sent;
  }

  /// Those of which one has no strong key may be the same where the list does not say otherwise.
  void without_key() {
    using hint = std::tuple<std::string, std::optional<utc_seconds>, bool>;
    const bool lists_tell = class_ == item_class::message || class_ == item_class::appointment;
    std::map<hint, members> groups;
    for (side s : both_sides)
      for (const twin* half : left_[s]) {
        const auto& o = of(half);
        groups[lists_tell ? hint{o.subject, o.draft ? std::nullopt : o.sent, o.draft} : hint{}][s].push_back(half);
      }
    for (auto& [key, group] : groups) {
      const auto any_without = [&](side s) {
        return std::any_of(group[s].begin(), group[s].end(), [](const twin* t) { return of(t).message_id.empty(); });
      };
      if (both_have(group) && (any_without(side::primary) || any_without(side::replica)))
        tell_apart(std::move(group), false);
    }
  }

  /// The trouble of an item that cannot be read, as long as it holds.
  static const trouble* trouble_of(const twin* t) {
    if (!t->trouble) return nullptr;
    if (t->trouble->code == banned_by_administrator) return &*t->trouble;
    for (side s : both_sides)
      if (trouble_key(t->seen[s]) != t->trouble->at[s]) return nullptr;
    return &*t->trouble;
  }

  /// What cannot be read now may be anything of its subject. A contact or task of which no list tells one may be
  /// anything.
  struct resting {
    std::set<std::string> subjects;
    bool nameless = false;
  };

  /// Nothing where contents are still to be read, so that all wait; what goes on without them stays in the group.
  std::optional<resting> read_of(members& group) {
    bool wait = false;
    resting rest;
    for (side s : both_sides)
      for (const twin* half : group[s]) {
        if (contents_known(of(half))) continue;
        const auto* t = trouble_of(half);
        if (t && t->banned) continue;
        result_.unread.push_back(half);
        if (!t)
          wait = true;
        else if (of(half).subject.empty() && (class_ == item_class::contact || class_ == item_class::task))
          rest.nameless = true;
        else
          rest.subjects.insert(of(half).subject);
      }
    for (side s : both_sides)
      std::erase_if(group[s], [&](const twin* half) {
        const bool known = contents_known(of(half));
        const bool held = known && (wait || rest.subjects.contains(of(half).subject));
        if (held) result_.held.push_back(half);
        return held || !known;
      });
    if (wait) return {};
    return rest;
  }

  void tell_apart(members group, bool strong) {
    const auto rest = read_of(group);
    if (!rest) return;
    if (rest->nameless) return equal_before(std::move(group));
    if (!both_have(group)) return;
    const auto before = group;
    bool strictest = true;
    for (const auto& l : levels_of(class_)) {
      by_contents(group, l, strictest);
      strictest = false;
    }
    by_origin(group);
    if (strong)
      left_of_one_key(group, before);
    else
      by_name(group, before);
  }

  /// One that is still to be read may be any of what has no equal here: only that waits for it.
  void equal_before(members group) {
    bool strictest = true;
    for (const auto& l : levels_of(class_)) {
      if (l.all_but) by_contents(group, l, strictest);
      strictest = false;
    }
    for (side s : both_sides)
      result_.held.insert(result_.held.end(), group[s].begin(), group[s].end());
  }

  // ---- contents
  // ------------------------------------------------------------------------------------------------

  /// Empty: it has nothing by which to tell it.
  std::string key_of(const twin* half, const level& l) const {
    const auto& o = of(half);
    std::string key(1, o.draft ? 'd' : '-');
    const auto add = [&](const field_digest& d) {
      key += static_cast<char>(d.field);
      key.append(d.value.begin(), d.value.end());
    };
    bool any = false;
    for (const auto& d : *o.content)
      if (has(l.fields, d.field) != l.all_but && !is_hint(d.field) &&
          (class_ == item_class::message || held_by_both_(d.field)))
        add(d), any = true;
    if (l.words)
      for (const auto& d : only(o.likeness, {field::body}))
        add(d);
    if (!any && !l.also_where_empty) return {};
    return key;
  }

  /// What one server tells apart: the contents as it gives them, the sizes of attachments among them.
  static bool all_equal(const std::vector<const twin*>& of_one_side) {
    const std::vector<field> own{hint::attachment_ids, hint::attachment_holder}; // no two items have the same
    return std::all_of(of_one_side.begin(), of_one_side.end(), [&](const twin* t) {
      return without(*of(t).content, own) == without(*of(of_one_side.front()).content, own);
    });
  }

  void by_contents(members& group, const level& l, bool strictest) {
    std::map<std::string, members> classes;
    for (side s : both_sides)
      for (const twin* half : group[s])
        if (!of(half).draft || l.for_drafts)
          if (auto key = key_of(half, l); !key.empty()) classes[key][s].push_back(half);
    std::set<const twin*> done;
    for (auto& [key, alike] : classes) {
      if (!both_have(alike)) continue;
      // Of several that are alike and not equal nobody knows which is which; of equal ones it makes no difference.
      const bool no_difference = all_equal(alike.primary) && all_equal(alike.replica);
      const bool by_size = strictest && alike.primary.size() == alike.replica.size();
      if (!one_each(alike) && !no_difference && !by_size) continue;
      if (!no_difference && !one_each(alike))
        for (side s : both_sides) // each server counts bytes in its way, but larger is larger on both
          std::stable_sort(alike[s].begin(), alike[s].end(),
                           [](const twin* a, const twin* b) { return of(a).size < of(b).size; });
      link(alike, done);
    }
    drop(group, done);
  }

  /// One with the next one. Two strong keys that differ are two items, whatever they hold.
  void link(members& alike, std::set<const twin*>& done) {
    const auto keyed = [](const twin* t) { return !of(t).message_id.empty(); };
    const auto may_be_one = [&](const twin* a, const twin* b) {
      return !keyed(a) || !keyed(b) || of(a).message_id == of(b).message_id;
    };
    auto open = alike.replica;
    std::stable_partition(alike.primary.begin(), alike.primary.end(), keyed);
    for (const twin* p : alike.primary) {
      auto mate = std::find_if(open.begin(), open.end(), [&](const twin* r) { return may_be_one(p, r); });
      if (mate == open.end()) continue;
      pair(p, *mate);
      done.insert({p, *mate});
      open.erase(mate);
    }
  }

  static void drop(members& group, const std::set<const twin*>& done) {
    for (side s : both_sides)
      std::erase_if(group[s], [&](const twin* t) { return done.contains(t); });
  }

  // ---- what else tells
  // -----------------------------------------------------------------------------------------

  template <class Key, class MayBeOne>
  void where_one_each(members& group, Key key, MayBeOne may_be_one) {
    std::map<decltype(key(nullptr)), members> classes;
    for (side s : both_sides)
      for (const twin* half : group[s])
        classes[key(half)][s].push_back(half);
    std::set<const twin*> done;
    for (auto& [k, alike] : classes)
      if (k != decltype(key(nullptr)){} && one_each(alike) && may_be_one(alike.primary.front(), alike.replica.front()))
        link(alike, done);
    drop(group, done);
  }

  void by_origin(members& group) {
    const auto any = [](const twin*, const twin*) { return true; };
    where_one_each(
        group, [](const twin* t) { return origin_of(of(t)); }, any);
    if (class_ != item_class::task) return;
    // What was split off a series when its user completed one of it has the origin of the series, which goes on.
    where_one_each(
        group,
        [](const twin* t) {
          const auto origin = origin_of(of(t));
          return only(*of(t).content, {f::recurrence}).empty() ? std::string() : origin;
        },
        any);
  }

  /// `key` of what is the only one of its side to have it; else nothing.
  template <class Key>
  static auto alone(Key key, const members& all) {
    return [key, &all](const twin* t) {
      const auto k = key(t);
      for (side s : both_sides)
        if (std::count_if(all[s].begin(), all[s].end(), [&](const twin* b) { return key(b) == k; }) != 1)
          return std::string();
      return k;
    };
  }

  /// Of several mails of one key, what each side has one of with a date is the same mail, and so are the last two that
  /// have the same words, whatever their users did to them.
  void left_of_one_key(members& group, const members& before) {
    if (class_ == item_class::message) {
      const auto sent = [](const twin* t) {
        const auto& o = of(t);
        return o.draft || !o.sent ? std::string() : std::to_string(o.sent->time_since_epoch().count());
      };
      where_one_each(group, alone(sent, before), [](const twin*, const twin*) { return true; });
      level words;
      words.words = true;
      by_contents(group, words, false);
    }
    if (!one_each(group)) return;
    const auto &p = of(group.primary.front()), &r = of(group.replica.front());
    if (class_ == item_class::message && (!(p.draft && r.draft) || may_be_two(p, r))) return;
    pair(group.primary.front(), group.replica.front());
    group = {};
  }

  /// A name alone is that of two people, or of two errands, as often as not: taken for one, one of them would be lost.
  void by_name(members& group, const members& before) {
    if (class_ != item_class::contact && class_ != item_class::task) return;
    const auto full_name = [this](const twin* t) {
      level name{{f::given_name, f::middle_name, f::surname, f::company_name}, false, false, false};
      return key_of(t, name);
    };
    const auto subject = [](const twin* t) { return of(t).subject; };
    const auto unique = [&](auto key, const std::vector<field>& shared) {
      where_one_each(group, alone(key, before), [&](const twin* p, const twin* r) { return share(p, r, shared); });
    };
    const std::vector<field> personal{f::email_addresses, f::phone_numbers, f::physical_addresses, f::birthday};
    if (class_ == item_class::contact) {
      unique(full_name, personal);
      unique(subject, personal);
    } else {
      unique(subject, {f::body, f::task_dates});
    }
  }

  /// Whether both have one of these, and have it alike.
  static bool share(const twin* p, const twin* r, const std::vector<field>& any) {
    return std::any_of(any.begin(), any.end(), [&](field each) {
      const auto value = [each](const twin* t) {
        const auto words = each == f::body ? only(of(t).likeness, {each}) : field_digests{};
        return words.empty() ? only(*of(t).content, {each}) : words;
      };
      return !value(p).empty() && value(p) == value(r);
    });
  }
};

} // namespace

bool contents_known(const observation& o) {
  return o.content && o.content_key == o.key;
}

alike find_alike(item_class c, both<std::vector<const twin*>> halves, const std::function<bool(field)>& held_by_both) {
  return likening(c, std::move(halves), held_by_both).run();
}

} // namespace exsyncd::logic
