#include "actors/carrier.hpp"

#include "actors/logic/digest.hpp"

#include <algorithm>
#include <memory>

// What is about to be overwritten or deleted is read once more and kept, before the intent of the write.
namespace exsyncd {

struct carrier::keeping {
  struct one {
    keep_items::one what;
    bool whole = false; // or only the fields that are overwritten
    bool read = false;  // there is something to be kept
    bool wants_attachments = false;
    both<search_key> search_keys = {};
    /// It is not as it was when its removal was decided: that is a fact first, and decided anew.
    std::optional<content> changed;
  };
  side target = side::replica;
  enum item_class item_class = item_class::message;
  std::vector<one> items;
  std::uint64_t largest = 0;
  std::vector<loaded> ready; // what it is read for
  std::function<void(std::vector<loaded>)> then;

  void done() { then(std::move(ready)); }
};

namespace {

bool holds_attachments(const std::vector<field_value>& fields) {
  return std::any_of(fields.begin(), fields.end(),
                     [](const field_value& f) { return f.field == field::attachments && !f.value.empty(); });
}

/// Whether an update completes what our own create has begun: it overwrites nothing of anybody's.
bool completes_a_create(const twin& t, const intent& in) {
  if (in.operation != operation::update || !t.base) return false;
  const auto& source = (*t.base)[other(in.target)].content;
  const auto& there = (*t.base)[in.target].content;
  return std::all_of(in.fields.begin(), in.fields.end(), [&](field f) {
    const auto named = [f](const field_digest& d) { return d.field == f; };
    const auto at = std::find_if(source.begin(), source.end(), named);
    return at != source.end() && at->value == logic::to_be_carried && std::none_of(there.begin(), there.end(), named);
  });
}

/// Whether an item has been edited since its removal was decided, maybe under the same key.
template <class Loaded>
bool is_news(const std::vector<Loaded>& ready, const intent_id& of, const content& there) {
  const auto at = std::find_if(ready.begin(), ready.end(), [&](const Loaded& l) { return l.intent.id == of; });
  if (at == ready.end()) return false;
  const auto& o = *at->what.twin.seen[at->intent.target];
  if (there.key != o.key) return true;
  return o.content && o.content_key == o.key && logic::digests_of(there.fields) != *o.content;
}

/// What of an item no write brings back.
std::vector<std::string> lacks_of(const std::vector<field_value>& fields) {
  std::vector<std::string> lacks;
  for (const auto& f : fields) {
    if (f.field == field::attendees && !f.value.empty()) lacks.emplace_back("the answers of its attendees");
    if (f.field == field::exceptions && !f.value.empty()) lacks.emplace_back("attachments of single occurrences");
  }
  return lacks;
}

} // namespace

void carrier::keep_first(std::vector<loaded> ready, std::function<void(std::vector<loaded>)> then) {
  auto all = std::make_shared<keeping>();
  all->ready = std::move(ready);
  all->then = std::move(then);
  for (const auto& l : all->ready) {
    const auto& in = l.intent;
    if (l.instead_of) continue; // what was there is kept for the one before
    if (in.operation != operation::update && in.operation != operation::replace && in.operation != operation::remove)
      continue;
    const auto& o = l.what.twin.seen[in.target];
    if (!o || completes_a_create(l.what.twin, in)) continue;
    keeping::one one;
    auto& r = one.what.record;
    r.id = undo_id{options().context.mint()};
    r.pair = options().pair;
    r.folder_pair = o->folder;
    r.twin = l.what.twin.id;
    r.intent = in.id;
    r.side = in.target;
    r.operation = in.operation;
    r.item_class = o->item_class;
    r.subject = o->subject;
    r.item = in.item;
    r.mailbox = o->mailbox;
    if (in.operation == operation::update) r.fields = in.fields;
    const auto& loses = l.what.verdict.loses;
    r.copy_wanted = options().settings.policy.keep_conflict_copies && loses && loses->loser == in.target;
    one.whole = in.operation != operation::update || r.copy_wanted;
    for (side s : both_sides)
      if (const auto& seen = l.what.twin.seen[s]) one.search_keys[s] = seen->search_key;
    all->target = in.target;
    all->item_class = o->item_class;
    all->items.push_back(std::move(one));
  }
  if (all->items.empty()) return all->done();
  auto me = shared_from_this();
  self_->request(options().undo, ledger_patience, ask_largest_kept{})
      .then(
          [me, all](const largest_kept& most) {
            all->largest = most.bytes;
            // Where nothing is to be kept, what lost a conflict is, until it is copied.
            if (most.bytes == 0)
              std::erase_if(all->items, [](const auto& one) { return !one.what.record.copy_wanted; });
            if (all->items.empty()) return all->done();
            for (auto& one : all->items)
              for (const auto& l : all->ready)
                if (l.intent.id == one.what.record.intent && one.whole &&
                    l.what.twin.seen[all->target]->size > most.bytes && !one.what.record.copy_wanted)
                  one.what.record.lacks = {"all of it: it is larger than what is kept of one item"};
            me->read_to_keep(all);
          },
          [self = self_](const caf::error& e) { self->quit(e); });
}

void carrier::read_to_keep(std::shared_ptr<keeping> all) {
  fetch_items items{{}, all->item_class};
  read_content contents{{}, all->item_class};
  for (const auto& one : all->items) {
    if (!one.what.record.lacks.empty()) continue;
    (one.whole ? items.items : contents.items).push_back(one.what.record.item);
  }
  const auto could_not = [](keeping::one& one, const failure& why) {
    one.what.record.lacks = {"all of it: it could not be read (" + why.what + ")"};
  };
  auto me = shared_from_this();
  const std::function<void()> read_fields = [me, all, could_not, contents] {
    if (contents.items.empty()) return me->read_attached_to_keep(all, 0);
    me->ask_mailbox<content_read>(all->target, contents, [me, all, could_not](std::vector<content_outcome>& outcomes) {
      std::size_t at = 0;
      for (auto& one : all->items) {
        if (one.whole || at == outcomes.size()) continue;
        auto& outcome = outcomes[at++];
        if (auto* f = std::get_if<failure>(&outcome)) could_not(one, *f);
        auto* c = std::get_if<content>(&outcome);
        if (!c) continue;
        one.read = true;
        const auto& fields = one.what.record.fields;
        std::erase_if(c->fields, [&](const field_value& v) {
          return std::find(fields.begin(), fields.end(), v.field) == fields.end();
        });
        one.wants_attachments = all->item_class != item_class::message && holds_attachments(c->fields);
        one.what.item = kept_item{{}, std::move(c->fields), {}};
      }
      me->read_attached_to_keep(all, 0);
    });
  };
  if (items.items.empty()) return read_fields();
  ask_mailbox<items_fetched>(
      all->target, std::move(items), [all, could_not, read_fields](std::vector<fetch_outcome>& outcomes) {
        std::size_t at = 0;
        for (auto& one : all->items) {
          if (!one.whole || !one.what.record.lacks.empty() || at == outcomes.size()) continue;
          auto& outcome = outcomes[at++];
          if (auto* f = std::get_if<failure>(&outcome)) could_not(one, *f);
          auto* got = std::get_if<fetched>(&outcome);
          if (!got) continue;
          if (one.what.record.operation == operation::remove && is_news(all->ready, one.what.record.intent, got->at)) {
            one.changed = std::move(got->at);
            continue;
          }
          one.read = true;
          one.wants_attachments = all->item_class != item_class::message && holds_attachments(got->at.fields);
          one.what.item = kept_item{std::move(got->item), std::move(got->at.fields), {}};
        }
        read_fields();
      });
}

void carrier::read_attached_to_keep(std::shared_ptr<keeping> all, std::size_t at) {
  while (at < all->items.size() && !all->items[at].wants_attachments)
    ++at;
  if (at == all->items.size()) return store_kept(std::move(all));
  auto me = shared_from_this();
  self_
      ->request(options().mailboxes[all->target], mailbox_patience,
                fetch_attachments{all->items[at].what.record.item, all->largest})
      .then(
          [me, all, at](attachments_fetched& answer) {
            auto& one = all->items[at].what;
            if (auto* got = std::get_if<attachments_of_item>(&answer.outcome))
              one.item->attachments = std::move(got->all);
            else
              one.record.lacks.emplace_back("its attachments: they could not be read, or are too large");
            me->read_attached_to_keep(all, at + 1);
          },
          [me, target = all->target](const caf::error& e) { me->mailbox_died(target, e); });
}

void carrier::store_kept(std::shared_ptr<keeping> all) {
  keep_items call;
  aftermath after;
  for (auto& one : all->items) {
    if (one.changed) {
      const auto at = std::find_if(all->ready.begin(), all->ready.end(),
                                   [&](const loaded& l) { return l.intent.id == one.what.record.intent; });
      observe(at->what, all->target, *one.changed, after);
      all->ready.erase(at);
      continue;
    }
    // What is not there any more is neither overwritten nor deleted.
    if (!one.read && one.what.record.lacks.empty()) continue;
    if (one.what.item) one.what.item->search_keys = one.search_keys;
    if (one.what.item)
      for (auto& lack : lacks_of(one.what.item->fields))
        one.what.record.lacks.push_back(std::move(lack));
    call.items.push_back(std::move(one.what));
  }
  if (!after.observed.empty()) {
    ++in_flight_; // what cannot go ends as a batch of its own
    store(std::move(after));
  }
  if (call.items.empty()) return all->done();
  self_->request(options().undo, ledger_patience, std::move(call))
      .then([all](const stored&) { all->done(); }, [self = self_](const caf::error& e) { self->quit(e); });
}

} // namespace exsyncd
