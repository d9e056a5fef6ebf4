// What an item says and whether it is read: each is what the last user who could know better made it, and where two
// could not know of each other the primary's.
#include "tests/simulate/model/trial.hpp"

#include <algorithm>
#include <functional>
#include <set>

namespace simulate::model {

namespace {

bool same_grain(const trial& t, const std::string& a, const std::string& b) {
  switch (t.given.conflicts) {
  case grain::item:
    return true;
  case grain::field:
    return field_of(a) == field_of(b);
  case grain::entry:
    return a == b;
  }
  return true;
}

/// Whether the two may compete. Where the item is the grain, an edit of the replica's does so too where it comes upon
/// an earlier one that competes and of which something still stands: the primary's item is not through yet.
bool may_compete_as_items(const trial& t, const lifeline& line, const std::vector<edit>& edits, const edit& p,
                          const edit& x) {
  if (may_compete(t, line, p, x)) return true;
  if (t.given.conflicts != grain::item) return false;
  std::vector<const edit*> open;
  auto stands = [&](const edit& z, std::uint64_t at) {
    return std::any_of(z.paths.begin(), z.paths.end(), [&](const std::string& path) {
      return !t.ignores(path, *z.by->what->after, *p.by->what->after) &&
             line.had(side::replica, path, z.value(path), at, at) &&
             !line.had(side::primary, path, z.value(path), at, at);
    });
  };
  for (const auto& e : edits) {
    if (e.by->where != side::replica || e.creates() || e.by->number() > x.by->number()) continue;
    auto meets = [&](const edit* z) { return stands(*z, e.by->number()); };
    if (may_compete(t, line, p, e) || std::any_of(open.begin(), open.end(), meets)) open.push_back(&e);
  }
  return std::find(open.begin(), open.end(), &x) != open.end();
}

/// Whether some edit of the primary's may have been preferred to this one of the replica's, so that the value is it.
bool may_lose(const trial& t, const lifeline& line, const std::vector<edit>& edits, const edit& x,
              const std::string& path, const std::string& value) {
  if (x.by->where != side::replica) return false;
  // Who has no state left does not know whose of two values is the new one: the primary's is the right one.
  const auto anew = t.began_anew(line);
  if (std::any_of(anew.begin(), anew.end(), [&](std::uint64_t step) {
        auto known = t.knows_again(line, step);
        bool carried = step > x.by->number() && line.had(side::primary, path, x.value(path), step, step);
        return known > x.by->number() && !carried && line.had(side::primary, path, value, step, known);
      }))
    return true;
  return std::any_of(edits.begin(), edits.end(), [&](const edit& p) {
    if (p.by->where != side::primary || !may_compete_as_items(t, line, edits, p, x)) return false;
    return std::any_of(p.paths.begin(), p.paths.end(),
                       [&](const std::string& changed) { return same_grain(t, changed, path); });
  });
}

bool writes(const edit& e, const std::string& path) {
  // Who makes an item says of each field that it is not there, too.
  return e.creates() || std::find(e.paths.begin(), e.paths.end(), path) != e.paths.end();
}

/// The daemon's next write over what an edit made of a path; 0: none.
std::uint64_t written_over(const lifeline& line, const edit& e, const std::string& path) {
  for (const auto& m : line.moments)
    if (m.by_daemon() && m.what->item == e.by->what->item && m.number() > e.by->number() && m.what->after &&
        lifeline::value(*m.what->after, path) != e.value(path))
      return m.number();
  return 0;
}

/// Whether the daemon may never have learned of an edit: it moved no key, and nobody read the item while it was there.
bool may_be_unknown(const lifeline& line, const edit& e, const std::string& path) {
  if (!e.under_key()) return false;
  auto over = written_over(line, e, path);
  return std::none_of(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
    return one.item == e.by->what->item && one.as == told::how::read && one.step > e.by->number() &&
           (over == 0 || one.step < over);
  });
}

} // namespace

bool is_written_unread(const lifeline& line, const std::vector<edit>& edits, const std::string& path) {
  return std::any_of(edits.begin(), edits.end(),
                     [&](const edit& e) { return writes(e, path) && may_be_unknown(line, e, path); });
}

namespace {

/// Whether a user removed a file of which the daemon may not know that it has come: its request acted, the answer was
/// lost or the daemon died, and the item was not read until the file had gone again. It looks as if the request had
/// never come.
bool is_of_a_file_that_came_unseen(const trial& t, const lifeline& line, const edit& e, const std::string& path) {
  if (!path.starts_with("/attachments/") || !e.value(path).empty()) return false;
  const moment* came = nullptr;
  for (const auto& m : line.moments)
    if (m.by_daemon() && m.what->item == e.by->what->item && m.number() < e.by->number() && m.what->content_changed() &&
        lifeline::value(*m.what->before, path).empty() && !lifeline::value(*m.what->after, path).empty())
      came = &m;
  if (came == nullptr) return false;
  auto looked = t.all.steps.size() + 1;
  for (const auto& one : line.tellings)
    if (one.item == came->what->item && one.as == told::how::read && one.answered && one.step > came->number())
      looked = std::min<std::size_t>(looked, one.step);
  return looked > e.by->number() && (!came->when->answered || t.crashed_between(came->number(), looked));
}

/// Whether the edit set a value back to what one of the sides had in an older state of the daemon's that came back
/// after it: to that state nobody has changed anything (ARCHITECTURE, limits).
bool is_undone_for_an_older_state(const trial& t, const lifeline& line, const edit& e, const std::string& path) {
  return std::any_of(t.went_back.begin(), t.went_back.end(), [&](const trial::older_state& one) {
    return one.kept != 0 && one.kept < e.by->number() && e.by->number() < one.at && !e.creates() &&
           (line.had(side::primary, path, e.value(path), one.kept, one.kept) ||
            line.had(side::replica, path, e.value(path), one.kept, one.kept));
  });
}

/// Whether the item that was edited is no longer there: it went down with a deletion, or for a new copy.
bool is_of_a_gone_item(const lifeline& line, const edit& e) {
  const auto& held = line.at(e.by->where);
  return std::none_of(held.begin(), held.end(), [&](const final_item& one) { return one.item == e.by->what->item; });
}

/// The last edit of a path on each side.
std::vector<const edit*> last_writers(const std::vector<edit>& edits, const std::string& path) {
  const edit* last[2] = {nullptr, nullptr};
  for (const auto& e : edits) {
    if (!writes(e, path)) continue;
    auto& of_side = last[e.by->where == side::primary ? 0 : 1];
    if (!e.brings_in())
      of_side = &e;
    else if (of_side != nullptr && of_side->by->what->item == e.by->what->item && of_side->value(path) != e.value(path))
      of_side = nullptr; // while it was away it was edited: what was said before counts no more
  }
  std::vector<const edit*> out;
  for (const auto* one : last)
    if (one != nullptr) out.push_back(one);
  return out;
}

/// Whether whoever made `w` may have had the value of `x` before him.
bool superseded(const lifeline& line, const edit& x, const edit& w, const std::string& path) {
  if (x.by->number() >= w.by->number()) return false;
  return x.by->where == w.by->where || line.had(w.by->where, path, x.value(path), x.by->number(), w.by->number());
}

/// When two full mailboxes are paired, what servers rewrite in mails is left as each has it.
bool left_as_planted(const lifeline& line, const std::string& path, const std::string& p, const std::string& r) {
  bool planted[2] = {false, false};
  for (const auto& m : line.moments)
    if (m.planted() && m.what->after)
      planted[m.where == side::primary ? 0 : 1] =
          lifeline::value(*m.what->after, path) == (m.where == side::primary ? p : r);
  return planted[0] && planted[1];
}

bool is_text_or_file(const std::string& path) {
  return path == "/body_sha256" || path.starts_with("/attachments/");
}

/// What an item said when a step was over.
contents said_at(const lifeline& line, item_number item, std::uint64_t step) {
  contents out;
  for (const auto& m : line.moments)
    if (m.what->item == item && m.number() <= step && m.what->after && m.what->after->says) out = *m.what->after->says;
  return out;
}

/// The step with which the two were agreed that had been read by then: where they differed in what is compared, the
/// daemon's next write to one of them.
std::uint64_t agreed_since(const trial& t, const lifeline& line, const item_number (&held)[2], std::uint64_t read) {
  auto here = said_at(line, held[0], read), there = said_at(line, held[1], read);
  std::erase_if(here, [](const auto& one) { return is_text_or_file(one.first); });
  std::erase_if(there, [](const auto& one) { return is_text_or_file(one.first); });
  const snapshot any;
  std::erase_if(here, [&](const auto& one) { return t.ignores(one.first, any, any); });
  std::erase_if(there, [&](const auto& one) { return t.ignores(one.first, any, any); });
  if (here == there) return read;
  for (const auto& m : line.moments)
    if (m.by_daemon() && m.number() > read && m.what->content_changed() &&
        (m.what->item == held[0] || m.what->item == held[1]))
      return m.number();
  return read;
}

/// The step until which both sides' items were found as they were and paired anew; 0: they never were.
std::uint64_t paired_anew(const trial& t, const lifeline& line) {
  const auto anew = t.began_anew(line);
  std::uint64_t since = anew.empty() ? 0 : anew.back();
  item_number held[2] = {line.at(side::primary)[0].item, line.at(side::replica)[0].item};
  // First contents of both sides are paired for the first time.
  bool planted[2] = {false, false};
  std::uint64_t last_planted = 0;
  for (const auto& m : line.moments)
    for (int at : {0, 1})
      if (m.planted() && m.what->made() && m.what->item == held[at]) planted[at] = true, last_planted = m.number();
  if (since == 0 && planted[0] && planted[1]) since = last_planted;
  bool lies[2] = {false, false}, away = false, brought[2] = {false, false};
  for (const auto& m : line.moments)
    for (int at : {0, 1}) {
      if (m.what->item != held[at]) continue;
      lies[at] = !m.to.empty();
      // Only what was away on both sides at one time is no pair any more.
      if (m.left()) away = away || !lies[1 - at];
      if (m.left() || m.entered()) brought[at] = away && m.entered() && m.by_user() && !m.what->made();
      if (!brought[0] || !brought[1]) continue;
      since = std::max(since, m.number());
      away = brought[0] = brought[1] = false;
    }
  if (since == 0) return 0;
  auto read = std::max(t.first_read(line, held[0], since), t.first_read(line, held[1], since));
  return agreed_since(t, line, held, read);
}

/// The step until which first contents of both sides were found as they were, whatever has taken their place since; 0:
/// there were none.
std::uint64_t first_paired(const trial& t, const lifeline& line) {
  auto since = first_contents_of_both(line);
  if (since == 0) return 0;
  std::uint64_t read = 0;
  for (const auto& m : line.moments)
    if (m.planted() && m.what->made()) read = std::max(read, t.first_read(line, m.what->item, since));
  return read;
}

} // namespace

bool left_by_pairing(const trial& t, const lifeline& line, const std::vector<edit>& edits, const std::string& path) {
  const auto& p = line.at(side::primary)[0].is;
  if (!is_mail(p)) return false;
  bool text = path == "/body_sha256" && lifeline::value(p, "/draft") != "true";
  if (!text && !path.starts_with("/attachments/")) return false;
  auto until = paired_anew(t, line);
  return until != 0 && std::none_of(edits.begin(), edits.end(), [&](const edit& e) {
           return !e.brings_in() && writes(e, path) && e.by->number() > until;
         });
}

namespace {

/// A series of tasks only goes forward: where both users moved it, the later day stays.
bool is_later_day(const lifeline& line, const std::vector<edit>& edits, const std::string& path,
                  const std::string& value) {
  if (path != "/task/DueDate" && path != "/task/StartDate") return false;
  bool series = std::any_of(line.at(side::primary)[0].is.says->begin(), line.at(side::primary)[0].is.says->end(),
                            [](const auto& one) { return one.first.starts_with("/task/Recurrence"); });
  auto last = last_writers(edits, path);
  return series && last.size() == 2 &&
         std::any_of(last.begin(), last.end(), [&](const edit* e) { return e->value(path) == value; }) &&
         std::all_of(last.begin(), last.end(), [&](const edit* e) { return e->value(path) <= value; });
}

/// Whether the text of a mail, or what is in a file of a name, was edited before the two were read and paired anew,
/// which compares neither (ARCHITECTURE: each side keeps its own until somebody edits it): `w` on the other side is
/// that edit.
bool is_text_of_before_pairing(const trial& t, const lifeline& line, const edit& x, const edit& w,
                               const std::string& path) {
  const auto& is = line.at(side::primary)[0].is;
  bool text = path == "/body_sha256" && lifeline::value(is, "/draft") != "true";
  if (!is_mail(is) || (!text && !path.starts_with("/attachments/")) || x.by->where == w.by->where) return false;
  auto until = std::max(paired_anew(t, line), first_paired(t, line));
  // The names of the files are compared.
  bool both = text || (!x.value(path).empty() && !w.value(path).empty());
  return both && until != 0 && x.by->number() < until && w.by->number() > until && !w.creates();
}

struct finding {
  bool right = false;
  std::vector<const edit*> lost;
};

/// Whether the value can be, and which users' edits it cost.
finding weigh(const trial& t, const lifeline& line, const std::vector<edit>& edits, const std::string& path,
              const std::string& value) {
  finding best;
  auto last = last_writers(edits, path);
  for (const auto& w : edits) {
    if (!writes(w, path) || w.value(path) != value) continue;
    finding now{true, {}};
    for (const auto* x : last) {
      if (x == &w || x->value(path) == value || superseded(line, *x, w, path)) continue;
      if (is_text_of_before_pairing(t, line, *x, w, path)) continue;
      if (may_be_unknown(line, *x, path) || is_of_a_file_that_came_unseen(t, line, *x, path) ||
          is_undone_for_an_older_state(t, line, *x, path))
        continue;
      if (is_of_a_gone_item(line, *x) || may_lose(t, line, edits, *x, path, value)) {
        if (!x->creates() && !given_up_by_its_user(line, *x->by)) now.lost.push_back(x);
      } else {
        now.right = false;
      }
    }
    if (now.right && (!best.right || now.lost.size() < best.lost.size())) best = now;
  }
  return best;
}

std::string edit_words(const edit& e) {
  return "the edit at the " + std::string(word(e.by->where)) + " in " + step_words(*e.by->when);
}

} // namespace

void judge_contents(const trial& t, const lifeline& line) {
  const auto& p = line.at(side::primary)[0].is;
  const auto& r = line.at(side::replica)[0].is;
  auto edits = edits_of(line);
  std::set<std::string> paths;
  for (const auto* of : {&p, &r})
    for (const auto& [path, value] : *of->says)
      paths.insert(path);
  for (const auto& e : edits)
    paths.insert(e.paths.begin(), e.paths.end());
  std::set<const edit*> lost;
  // What was lost before the list of what was lost was forgotten stands nowhere any more.
  auto is_forgotten = [&](const edit* x) {
    auto over = std::find_if(line.moments.begin(), line.moments.end(), [&](const moment& m) {
      return m.by_daemon() && m.what->item == x->by->what->item && m.number() > x->by->number() &&
             (m.what->content_changed() || m.left());
    });
    return over != line.moments.end() && t.list_forgotten_after(over->number());
  };
  int told = 0;
  for (const auto& path : paths) {
    if (t.ignores(path, p, r)) continue;
    auto here = lifeline::value(p, path), there = lifeline::value(r, path);
    if (here != there) {
      if (left_as_planted(line, path, here, there)) continue;
      if (!here.empty() && !there.empty() && left_by_pairing(t, line, edits, path)) continue;
      if (is_written_unread(line, edits, path)) continue;
      if (++told <= 3)
        t.violated(rule::contents, line,
                   path + " is " + shown(here) + " at the primary and " + shown(there) + " at the replica.");
      continue;
    }
    if (std::none_of(edits.begin(), edits.end(), [&](const edit& e) { return writes(e, path); })) continue;
    auto result = weigh(t, line, edits, path, here);
    lost.insert(result.lost.begin(), result.lost.end());
    if (result.right || is_later_day(line, edits, path, here) || ++told > 3) continue;
    std::string history_of_it;
    for (const auto* x : last_writers(edits, path))
      history_of_it += " " + edit_words(*x) + " made it " + shown(x->value(path)) + ".";
    t.violated(rule::contents, line, path + " is " + shown(here) + " on both sides, but" + history_of_it);
  }
  std::erase_if(lost, is_forgotten);
  if (lost.empty() || t.settings_changed || t.lists_conflict(line)) return;
  t.violated(rule::unlisted_loss, line, edit_words(**lost.begin()) + " was lost, and no conflict names it.");
}

namespace {

/// The deletion by a user of the other side for which the daemon removed an item; none: it had another reason.
const moment* cause_of(const lifeline& line, const moment& removed) {
  const moment* cause = nullptr;
  for (const auto& m : line.moments) {
    if (m.number() >= removed.number()) break;
    if (m.where == removed.where) continue;
    if (m.left() && m.by_user()) cause = &m;
    if (m.entered()) cause = nullptr;
  }
  return cause;
}

/// Whether the daemon read the edit before it made the copy that was deleted: the edit went over as part of that copy.
bool went_over_as_new(const lifeline& line, const edit& e, const moment& deleted) {
  const moment* made = nullptr;
  for (const auto& m : line.moments)
    if (m.what->item == deleted.what->item && m.what->made() && m.by_daemon()) made = &m;
  return made != nullptr && std::any_of(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
           return one.item == e.by->what->item && one.as == told::how::read && one.answered &&
                  one.step > e.by->number() && one.step < made->number();
         });
}

/// Whether a file was put in place of another one of its name where no sizes are told, and its item got another id
/// before it was read: nothing but the other side's, which had gone by then, could have told that (ARCHITECTURE,
/// limits).
bool is_replaced_unseen(const trial& t, const lifeline& line, const edit& e, const std::string& path,
                        const moment& deleted) {
  const auto& what = *e.by->what;
  const auto& untold = t.pair.sizes_untold;
  if (!path.starts_with("/attachments/") || e.value(path).empty() || lifeline::value(*what.before, path).empty() ||
      std::find(untold.begin(), untold.end(), what.after->mailbox) == untold.end())
    return false;
  std::uint64_t last = 0, until = t.all.steps.size() + 1;
  for (const auto& one : line.tellings) {
    if (one.item != what.item || one.as != told::how::read || !one.answered) continue;
    if (one.step < e.by->number())
      last = one.step;
    else
      until = std::min(until, one.step);
  }
  auto in_time = [&](std::uint64_t step) { return step > last && step < until; };
  bool renewed = std::any_of(t.all.steps.begin(), t.all.steps.end(), [&](const step& one) {
    return one.act == "recreate_mailbox" && one.mailbox == what.after->mailbox && in_time(one.number);
  });
  bool moved = std::any_of(line.moments.begin(), line.moments.end(), [&](const moment& one) {
    return one.what->item == what.item && one.by_user() && one.what->moved() && in_time(one.number());
  });
  return (renewed || moved) && deleted.number() < until;
}

/// Whether what was edited in a public folder was deleted there before anything told of the edit: it was gone at once,
/// and nobody could read it any more (ARCHITECTURE, limits).
bool is_gone_with_its_edit(const lifeline& line, const edit& e, const moment& removed) {
  if (removed.when->act != "DeleteItem" || removed.what->item != e.by->what->item ||
      !removed.what->before->place.starts_with("publicfolders"))
    return false;
  return std::none_of(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
    return one.item == removed.what->item && one.answered && one.step > e.by->number() && one.step < removed.number();
  });
}

/// The edit that a removal cost, where there is one.
const edit* lost_with(const trial& t, const lifeline& line, const std::vector<edit>& edits, const moment& removed,
                      const moment& deleted) {
  for (const auto& e : edits) {
    if (e.creates() || e.by->where != removed.where || e.by->number() > removed.number()) continue;
    if (given_up_by_its_user(line, *e.by) || went_over_as_new(line, e, deleted)) continue;
    if (is_gone_with_its_edit(line, e, removed)) continue;
    for (const auto& path : e.paths) {
      auto last = lifeline::value(*removed.what->before, path);
      if (t.ignores(path, *removed.what->before, *deleted.what->before)) continue;
      if (is_replaced_unseen(t, line, e, path, deleted)) continue;
      if (last != e.value(path) || last == lifeline::value(*deleted.what->before, path)) continue;
      if (!line.had(deleted.where, path, last, e.by->number(), deleted.number())) return &e;
    }
  }
  return nullptr;
}

} // namespace

void judge_losses_by_deletion(const trial& t, const lifeline& line) {
  if (t.lists_conflict(line) || t.settings_changed) return;
  auto edits = edits_of(line);
  for (const auto& removed : line.moments) {
    if (!removed.by_daemon() || !removed.left()) continue;
    const auto* deleted = cause_of(line, removed);
    if (deleted == nullptr || t.reset_after(deleted->number()) || t.list_forgotten_after(removed.number())) continue;
    if (const auto* e = lost_with(t, line, edits, removed, *deleted)) {
      t.violated(rule::unlisted_loss, line,
                 edit_words(*e) + " went down with the deletion in " + step_words(*deleted->when) +
                     ", and no conflict names it.");
      return;
    }
  }
}

bool taken_back_beside(const trial& t, const lifeline& line, const moment& by) {
  std::set<item_number> lie;
  bool made = std::any_of(t.rights.begin(), t.rights.end(), [&](std::uint64_t one) { return one < by.number(); });
  for (const auto& m : line.moments) {
    if (m.where != by.where) continue;
    made = made || (m.what->item == by.what->item && m.what->made() && m.by_daemon());
    if (m.to.empty())
      lie.erase(m.what->item);
    else
      lie.insert(m.what->item);
    if (made && m.what->item == by.what->item && m.left() && m.by_daemon() && !lie.empty()) return true;
  }
  return false;
}

namespace {

/// Whether all that users said was said before a daemon that began anew had read both sides, where the primary's mail
/// was so: without a base it is the primary's that counts.
bool was_so_anew(const trial& t, const lifeline& line, const std::vector<say>& last, bool read) {
  const auto anew = t.began_anew(line);
  return std::any_of(anew.begin(), anew.end(), [&](std::uint64_t since) {
    auto known = t.knows_again(line, since);
    if (std::any_of(last.begin(), last.end(), [&](const say& one) { return one.by->number() >= known; })) return false;
    std::map<item_number, bool> is;
    for (const auto& m : line.moments) {
      if (m.where != side::primary || m.number() >= known) continue;
      if (m.number() > since && std::any_of(is.begin(), is.end(), [&](const auto& one) { return one.second == read; }))
        return true;
      is.erase(m.what->item);
      if (!m.to.empty()) is[m.what->item] = m.what->after->read;
    }
    return std::any_of(is.begin(), is.end(), [&](const auto& one) { return one.second == read; });
  });
}

/// Whether the creation is all that was said on one side, and the other side's user then made it otherwise than `now`:
/// the creation on one side is known on the other, and what its user says afterwards is a change of it.
bool changes_a_creation(const std::vector<say>& last, const std::string& now) {
  if (last.size() != 2) return false;
  bool first_is_late = last[0].by->number() > last[1].by->number();
  const auto &late = last[first_is_late ? 0 : 1], &early = last[first_is_late ? 1 : 0];
  return early.by->what->made() && !early.by->planted() && late.by->what->read_changed() && late.value != now;
}

/// Whether somebody marks a draft that the daemon has made before it is told how the server has made it: no answer of a
/// create tells whether that is read, and servers do as they like (ARCHITECTURE, limits).
bool marks_a_draft_unseen(const trial& t, const lifeline& line, const moment& by) {
  if (!by.what->read_changed() || lifeline::value(*by.what->after, "/draft") != "true") return false;
  bool made = std::any_of(line.moments.begin(), line.moments.end(), [&](const moment& m) {
    return m.what->item == by.what->item && m.by_daemon() && m.what->made();
  });
  return made && std::none_of(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
           return one.item == by.what->item && one.step < by.number() && t.is_kept(one.step);
         });
}

/// Whether a write of the daemon's made it so, after the last that users said, that the server carried out so late that
/// it had been given up (90 s): who sees that takes it for a user's.
bool marked_late(const lifeline& line, const std::vector<say>& last, bool read) {
  return std::any_of(line.moments.begin(), line.moments.end(), [&](const moment& m) {
    bool over = std::all_of(last.begin(), last.end(), [&](const say& one) { return one.by->number() < m.number(); });
    return over && m.by_daemon() && !m.when->answered && m.when->at - m.when->asked > std::chrono::seconds(90) &&
           m.what->read_changed() && m.what->after->read == read;
  });
}

} // namespace

void judge_read_state(const trial& t, const lifeline& line) {
  const auto& p = line.at(side::primary)[0].is;
  const auto& r = line.at(side::replica)[0].is;
  // Read states of public folders are each user's own; what is no mail has none.
  if (!is_mail(p) || p.place.starts_with("publicfolders") || r.place.starts_with("publicfolders")) return;
  if (p.read != r.read) {
    t.violated(rule::read_state, line,
               std::string("it is ") + (p.read ? "read" : "unread") + " at the primary and " +
                   (r.read ? "read" : "unread") + " at the replica.");
    return;
  }
  std::vector<say> all;
  for (const auto& m : line.moments)
    if ((m.by_user() || m.planted()) && !m.to.empty() && (m.what->made() || m.what->read_changed() || m.entered()))
      all.push_back({&m, m.what->after->read ? "read" : "unread"});
  // What a user said of an item that he gave up afterwards, or of one of two that the daemon took back, may have gone
  // with it, or been carried before.
  auto given_up = [&](const say& one) {
    return given_up_by_its_user(line, *one.by) || marks_a_draft_unseen(t, line, *one.by) ||
           (!one.by->what->made() && taken_back_beside(t, line, *one.by));
  };
  std::string now = p.read ? "read" : "unread";
  auto is_now = [&](const say& one) { return one.value == now; };
  bool went = std::any_of(all.begin(), all.end(), [&](const say& one) { return given_up(one) && is_now(one); });
  const auto said = last_of_each_side(all);
  std::erase_if(all, given_up);
  const auto last = last_of_each_side(all);
  // Each is right: that what was given up counts, and that it does not.
  bool counts = std::any_of(said.begin(), said.end(), is_now) && !changes_a_creation(said, now);
  bool right = (went || std::any_of(last.begin(), last.end(), is_now)) && !changes_a_creation(last, now);
  if (counts || right || last.empty() || was_so_anew(t, line, last, p.read) || marked_late(line, last, p.read)) return;
  std::string marks;
  for (const auto& x : last)
    marks += " " + step_words(*x.by->when) + " left it " + x.value + ".";
  t.violated(rule::read_state, line, "it is " + now + " on both sides, but" + marks);
}

} // namespace simulate::model
