#include "actors/ews/mailbox_attachments.hpp"

#include "actors/ews/mailbox_outcomes.hpp"
#include "ews/codec/canonical.hpp"
#include "ews/codec/create_attachment.hpp"
#include "ews/codec/delete_attachment.hpp"
#include "ews/codec/get_attachment.hpp"
#include "ews/codec/get_item.hpp"
#include "ews/model/too_large.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace exsyncd {
namespace {

constexpr std::size_t request_size = 8'000'000; // of a batch; one attachment may be as large as it is
constexpr std::size_t batch = 20;
constexpr int deepest = 8; // items attached to attached items

/// Asks for an item and what is attached to it.
void list_attachments(mailbox_pointer self, const item_id& item,
                      std::function<void(std::variant<ews::got_item, ews::meaning>)> then) {
  auto request = std::make_shared<ews::get_item>();
  request->wanted = ews::get_item::what::attachments;
  request->items.push_back(item);
  self->state.call<ews::got_item, ews::get_item>(
      request_kind::read, "GetItem", request, ews::read_get_item, [then = std::move(then)](auto outcome) {
        if (auto* why = std::get_if<ews::meaning>(&outcome)) return then(std::move(*why));
        auto& entries = std::get<0>(outcome);
        if (entries.empty()) return then(ews::meaning_of(ews::broken_document{"nothing in the answer"}, "GetItem"));
        if (auto* error = std::get_if<ews::item_error>(&entries.front()))
          return then(ews::meaning_of(*error, "GetItem"));
        then(std::move(std::get<ews::got_item>(entries.front())));
      });
}

// ---- reading
// ---------------------------------------------------------------------------------------------------------

using attachments_or_why = std::variant<std::vector<carried_attachment>, failure>;

/// Reads a list of attachments with all that is in them, one batch after the other.
struct attachments_reading : std::enable_shared_from_this<attachments_reading> {
  attachments_reading(mailbox_pointer self, item_id of, std::vector<ews::listed_attachment> listed, int depth,
                      std::function<void(attachments_or_why)> then)
      : self(self), of(std::move(of)), listed(std::move(listed)), depth(depth), then(std::move(then)) {}

  mailbox_pointer self;
  item_id of; // the item that all of it is attached to
  std::vector<ews::listed_attachment> listed;
  int depth;
  std::function<void(attachments_or_why)> then;
  std::vector<carried_attachment> read;

  void next() {
    if (read.size() == listed.size()) return then(std::move(read));
    std::vector<std::string> ids;
    std::size_t bytes = 0;
    // What has no size may be of any.
    for (auto i = read.size(); i < listed.size() && ids.size() < batch; ++i) {
      const auto more = listed[i].size ? listed[i].size : request_size;
      if (!ids.empty() && bytes + more > request_size) break;
      bytes += more;
      ids.push_back(listed[i].id);
    }
    get(std::move(ids), false,
        [me = shared_from_this()](std::vector<ews::got_attachment> got) { me->took(std::move(got), 0); });
  }

  void get(std::vector<std::string> ids, bool mime, std::function<void(std::vector<ews::got_attachment>)> took) {
    auto request = std::make_shared<ews::get_attachment>();
    request->attachments = std::move(ids);
    request->mime = mime;
    self->state.call<ews::got_attachment, ews::get_attachment>(
        request_kind::read, "GetAttachment", request, ews::read_get_attachment,
        [me = shared_from_this(), took = std::move(took)](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) {
            me->self->state.blame("GetAttachment", me->of, *why);
            return me->then(std::move(why->why));
          }
          auto& entries = std::get<0>(outcome);
          std::vector<ews::got_attachment> got;
          for (auto& e : entries) {
            if (auto* error = std::get_if<ews::item_error>(&e)) {
              auto why = ews::meaning_of(*error, "GetAttachment");
              // It was there a moment ago: its item is being changed.
              if (why.refusal == ews::refusal::gone) why.why.retry = retry::later;
              return me->then(std::move(why.why));
            }
            auto& one = got.emplace_back(std::move(std::get<ews::got_attachment>(e))).attachment;
            const auto& as_listed = me->listed[me->read.size() + got.size() - 1];
            one.is_inline |= as_listed.is_inline;
            one.contact_photo |= as_listed.contact_photo;
          }
          took(std::move(got));
        },
        {of});
  }

  /// Takes over what came from `at` on: an attached item needs more requests.
  void took(std::vector<ews::got_attachment> got, std::size_t at) {
    for (; at < got.size(); ++at) {
      const auto* item = got[at].attachment.item.get();
      if (item && needs_mime(item->item)) return complete_mail(std::move(got), at);
      if (item && item->item.mime_base64.empty() && !got[at].inside.empty()) return look_inside(std::move(got), at);
      read.push_back(std::move(got[at].attachment));
    }
    next();
  }

  static bool needs_mime(const carried_item& item) {
    return (item.item_class == item_class::message || item.item_class == item_class::other) && item.mime_base64.empty();
  }

  /// An attached mail is carried by its MIME; where the server gives none, by its fields.
  void complete_mail(std::vector<ews::got_attachment> got, std::size_t at) {
    get({listed[read.size()].id}, true,
        [me = shared_from_this(), got = std::move(got), at](std::vector<ews::got_attachment> again) mutable {
          auto& now = again.front();
          if (now.attachment.item && !now.attachment.item->item.mime_base64.empty()) {
            auto held = std::make_shared<attached_item>(*now.attachment.item);
            std::erase_if(held->item.fields, [](const field_value& f) {
              return f.field != field::categories && f.field != field::importance && f.field != field::sensitivity &&
                     f.field != field::flag;
            });
            got[at].attachment.item = std::move(held);
            me->read.push_back(std::move(got[at].attachment));
            return me->took(std::move(got), at + 1);
          }
          if (got[at].attachment.item->item.item_class == item_class::other)
            return me->then(failure{reach::item,
                                    retry::never,
                                    {},
                                    "attached_item",
                                    "GetAttachment: an attached item of class " +
                                        got[at].attachment.item->item.item_class_name + " that has no MIME",
                                    {}});
          me->look_inside(std::move(got), at);
        });
  }

  void look_inside(std::vector<ews::got_attachment> got, std::size_t at) {
    if (depth == deepest)
      return then(failure{reach::item,
                          retry::never,
                          {},
                          "attached_item",
                          "GetAttachment: items are attached to items more than " + std::to_string(deepest) + " deep",
                          {}});
    auto inside = std::move(got[at].inside);
    std::make_shared<attachments_reading>(
        self, of, std::move(inside), depth + 1,
        [me = shared_from_this(), got = std::move(got), at](attachments_or_why outcome) mutable {
          if (auto* why = std::get_if<failure>(&outcome)) return me->then(std::move(*why));
          auto held = std::make_shared<attached_item>(*got[at].attachment.item);
          held->attachments = std::move(std::get<0>(outcome));
          got[at].attachment.item = std::move(held);
          me->read.push_back(std::move(got[at].attachment));
          me->took(std::move(got), at + 1);
        })
        ->next();
  }
};

// ---- writing
// ---------------------------------------------------------------------------------------------------------

/// The characters of a base64 text, without the line ends that servers put where they like.
class base64_characters {
public:
  explicit base64_characters(const large_text& of) : of_(of) {}
  /// -1 at the end.
  int next() {
    for (;;) {
      if (at_ == piece_.size()) {
        piece_.resize(64 * 1024);
        piece_.resize(of_.read(read_, piece_.data(), piece_.size()));
        read_ += piece_.size();
        at_ = 0;
        if (piece_.empty()) return -1;
      }
      const char c = piece_[at_++];
      if (c != '\r' && c != '\n' && c != ' ' && c != '\t') return static_cast<unsigned char>(c);
    }
  }

private:
  const large_text& of_;
  std::string piece_;
  std::size_t at_ = 0, read_ = 0;
};

bool same_base64(const large_text& a, const large_text& b) {
  base64_characters of_a(a), of_b(b);
  for (;;) {
    const int c = of_a.next();
    if (c != of_b.next()) return false;
    if (c < 0) return true;
  }
}

bool same_file(const carried_attachment& wanted, const carried_attachment& there) {
  return wanted.name == there.name && wanted.is_inline == there.is_inline &&
         wanted.contact_photo == there.contact_photo &&
         (wanted.content_id.empty() || wanted.content_id == there.content_id) &&
         ews::type_of_file(wanted.content_type) == ews::type_of_file(there.content_type) &&
         same_base64(wanted.content_base64, there.content_base64);
}

/// Whether the two may be one file, as far as can be told without reading the one that is there. A server's size counts
/// what it keeps beside the bytes, and base64 may hold line ends.
bool may_be(const carried_attachment& wanted, const ews::listed_attachment& there) {
  constexpr std::size_t beside = 64 * 1024;
  if (wanted.item || there.is_item || wanted.name != there.name) return false;
  const auto characters = wanted.content_base64.size();
  return there.size == 0 || (there.size + 2 >= characters / 10 * 7 && there.size <= characters / 4 * 3 + beside);
}

/// One write_attachments: look, create, delete.
struct attachments_writing : std::enable_shared_from_this<attachments_writing> {
  attachments_writing(mailbox_pointer self, wanted_attachments wanted, std::function<void(write_outcome)> then)
      : self(self), wanted(std::move(wanted)), then(std::move(then)), order(this->wanted.attachments->size()) {
    std::iota(order.begin(), order.end(), std::size_t{0});
    // The largest is what a server refuses, if any: then nothing is there to be taken back.
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return bytes(a) > bytes(b); });
  }

  mailbox_pointer self;
  wanted_attachments wanted;
  std::function<void(write_outcome)> then;
  std::vector<std::size_t> order; // of creation
  std::size_t at = 0;             // in it
  ews::item_key item;             // with the last key; none where the last answer did not tell it
  std::vector<std::string> old, created;
  std::map<std::string, std::string> names; // of the old ones, by their ids
  bool taken_away = false, removed = false; // one of those that are replaced, by its user; one of them, by us

  std::size_t bytes(std::size_t i) const { return ews::request_bytes((*wanted.attachments)[i]); }
  /// Without base64, which is what people see.
  static std::size_t unpacked(std::size_t request_bytes) { return request_bytes / 4 * 3; }
  std::string named(std::size_t i) const { return "the attachment \"" + (*wanted.attachments)[i].name + '"'; }

  void start() {
    const auto most = self->state.version().request_bytes;
    if (!order.empty() && bytes(order.front()) > most)
      return then(refused{too_large(named(order.front()), unpacked(bytes(order.front())), unpacked(most))});
    list_attachments(self, wanted.item, [me = shared_from_this()](auto outcome) {
      if (auto* why = std::get_if<ews::meaning>(&outcome)) {
        me->self->state.blame("GetItem 1", me->wanted.item, *why);
        if (why->refusal == ews::refusal::gone) return me->then(gone{});
        return me->then(not_done{std::move(why->why)}); // a read: nothing was written
      }
      auto& there = std::get<0>(outcome);
      if (there.item.key != me->wanted.guard) return me->then(stale{});
      me->item = {there.item.id, there.item.key};
      for (const auto& a : there.attachments) {
        me->old.push_back(a.id);
        me->names[a.id] = a.name;
      }
      me->keep_equal(std::move(there.attachments));
    });
  }

  /// What is there as it is wanted stays: it is left over from a try that was cut, or was there before. Otherwise each
  /// try would create it once more.
  void keep_equal(std::vector<ews::listed_attachment> there) {
    std::erase_if(there, [&](const ews::listed_attachment& a) {
      return std::none_of(wanted.attachments->begin(), wanted.attachments->end(),
                          [&](const carried_attachment& w) { return may_be(w, a); });
    });
    if (there.empty()) return create();
    auto read = std::make_shared<attachments_reading>(
        self, item.id, there, 0, [me = shared_from_this(), there](attachments_or_why outcome) {
          if (auto* why = std::get_if<failure>(&outcome)) {
            // What can never be read is replaced.
            if (why->retry == retry::never) return me->create();
            return me->then(not_done{std::move(*why)}); // a read: nothing was written
          }
          const auto& files = std::get<0>(outcome);
          for (std::size_t n = 0; n < files.size(); ++n) {
            const auto equal = std::find_if(me->order.begin(), me->order.end(), [&](std::size_t i) {
              const auto& w = (*me->wanted.attachments)[i];
              return !w.item && same_file(w, files[n]);
            });
            if (equal == me->order.end()) continue;
            me->order.erase(equal);
            std::erase(me->old, there[n].id);
          }
          me->create();
        });
    read->next();
  }

  void create() {
    if (at == order.size()) return remove(std::move(old), [me = shared_from_this()] { me->finish(); });
    auto request = std::make_shared<ews::create_attachments>();
    request->parent = item;
    std::size_t size = 0;
    while (at < order.size() && request->attachments.size() < batch) {
      const auto more = bytes(order[at]);
      if (!request->attachments.empty() && size + more > request_size) break;
      size += more;
      request->attachments.push_back(&(*wanted.attachments)[order[at++]]);
    }
    const auto count = request->attachments.size();
    self->state.call<ews::created_attachment, ews::create_attachments>(
        request_kind::write, "CreateAttachment", request, ews::read_create_attachments,
        [me = shared_from_this(), count, first = at - count](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) {
            me->self->state.blame("CreateAttachment", me->item.id, *why);
            return me->failed(*why, me->order[first]);
          }
          auto& entries = std::get<0>(outcome);
          std::optional<std::pair<ews::meaning, std::size_t>> why;
          for (std::size_t n = 0; n < count; ++n) {
            if (auto* error = std::get_if<ews::item_error>(&entries[n])) {
              if (!why) why.emplace(ews::meaning_of(*error, "CreateAttachment"), me->order[first + n]);
              continue;
            }
            auto& one = std::get<ews::created_attachment>(entries[n]);
            me->created.push_back(std::move(one.id));
            me->take_key(std::move(one.root));
          }
          if (why) return me->failed(why->first, why->second);
          me->create();
        });
  }

  /// An older key is not that of what was just written: who would take it for that takes our write for a user's edit.
  void take_key(ews::item_key root) { item.key = std::move(root.key); }

  /// Attachment i was not created.
  void failed(const ews::meaning& why, std::size_t i) {
    auto outcome = outcome_of(why);
    if (auto* no = std::get_if<refused>(&outcome))
      no->why.what += " (" + named(i) + ", " + size_text(unpacked(bytes(i))) + ")";
    // What may have been created unseen cannot be taken back.
    if (created.empty() || std::holds_alternative<unknown>(outcome)) return then(std::move(outcome));
    take_back(std::move(outcome));
  }

  void take_back(write_outcome outcome) {
    remove(std::move(created), [me = shared_from_this(), outcome = std::move(outcome)]() mutable {
      if (std::holds_alternative<stale>(outcome) || std::holds_alternative<gone>(outcome)) return me->then(stale{});
      auto* no = std::get_if<refused>(&outcome);
      if (!no || !me->item.key.empty()) {
        // The item is as it was, under another key.
        if (no) no->key = me->item.key;
        return me->then(std::move(outcome));
      }
      list_attachments(me->self, me->item.id, [me, outcome = std::move(outcome)](auto found) mutable {
        auto* there = std::get_if<ews::got_item>(&found);
        if (!there) return me->then(unknown{std::move(std::get<ews::meaning>(found).why)});
        std::get<refused>(outcome).key = there->item.key;
        me->then(std::move(outcome));
      });
    });
  }

  /// Deletes attachments; those that are gone already are no error. Ends in `after`, or in unknown.
  void remove(std::vector<std::string> which, std::function<void()> after) {
    std::erase(which, std::string());
    if (which.empty()) return after();
    auto request = std::make_shared<ews::delete_attachments>();
    const auto count = std::min(which.size(), batch);
    const auto middle = which.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<std::string> asked(which.begin(), middle);
    request->attachments = asked;
    which.erase(which.begin(), middle);
    self->state.call<ews::item_key, ews::delete_attachments>(
        request_kind::write, "DeleteAttachment", request, ews::read_delete_attachments,
        [me = shared_from_this(), asked = std::move(asked), which = std::move(which),
         after = std::move(after)](auto outcome) mutable {
          // Something was created before, or some of them are deleted: in no case is all as it was.
          if (auto* why = std::get_if<ews::meaning>(&outcome)) {
            me->self->state.blame("DeleteAttachment", me->item.id, *why);
            return me->then(unknown{std::move(why->why)});
          }
          auto& entries = std::get<0>(outcome);
          for (std::size_t n = 0; n < entries.size(); ++n) {
            auto& e = entries[n];
            if (auto* error = std::get_if<ews::item_error>(&e)) {
              auto why = ews::meaning_of(*error, "DeleteAttachment");
              if (why.refusal != ews::refusal::gone && error->code != "ErrorInvalidAttachmentId" &&
                  error->code != "ErrorInvalidIdNotAnItemAttachmentId")
                return me->then(unknown{std::move(why.why)});
              me->taken_away |= me->is_created_anew(asked[n]);
              continue;
            }
            me->removed |= me->names.contains(asked[n]);
            me->take_key(std::move(std::get<ews::item_key>(e)));
          }
          me->remove(std::move(which), std::move(after));
        },
        {item.id});
  }

  /// Whether an old attachment has its like among those that were created.
  bool is_created_anew(const std::string& id) const {
    const auto name = names.find(id);
    return name != names.end() && std::any_of(order.begin(), order.end(), [&](std::size_t i) {
             return (*wanted.attachments)[i].name == name->second;
           });
  }

  /// What was to be replaced was gone before: its user has put another one there, or wants none. That is his edit, and
  /// decided before anything is written; unless something has gone by now that he did not take away.
  void finish() {
    const bool all_known = std::find(created.begin(), created.end(), std::string()) == created.end();
    if (taken_away && !removed && all_known) return take_back(stale{});
    then(written{std::move(item.id), std::move(item.key)});
  }
};

} // namespace

void write_attachments(mailbox_pointer self, wanted_attachments wanted, std::function<void(write_outcome)> then) {
  std::make_shared<attachments_writing>(self, std::move(wanted), std::move(then))->start();
}

caf::typed_response_promise<attachments_fetched> handle(mailbox_pointer self, const fetch_attachments& asked) {
  auto promise = self->make_response_promise<attachments_fetched>();
  auto answer =
      std::make_shared<owed<attachments_fetched>>(promise, [] { return attachments_fetched{mailbox_ended()}; });
  list_attachments(self, asked.item, [self, answer, item = asked.item, largest = asked.largest](auto outcome) {
    if (auto* why = std::get_if<ews::meaning>(&outcome)) {
      if (why->refusal == ews::refusal::gone) return answer->give({gone{}});
      return answer->give({std::move(why->why)});
    }
    auto& listed = std::get<0>(outcome).attachments;
    // What an attached item makes of its size on the way is not known before.
    for (const auto& a : listed)
      if (largest && !a.is_item && a.size > largest) return answer->give({too_large("an attachment", a.size, largest)});
    const auto at = std::get<0>(outcome).item.key;
    std::make_shared<attachments_reading>(self, item, std::move(listed), 0, [answer, at](attachments_or_why read) {
      if (auto* why = std::get_if<failure>(&read)) return answer->give({std::move(*why)});
      answer->give({attachments_of_item{std::move(std::get<0>(read)), at}});
    })->next();
  });
  return promise;
}

} // namespace exsyncd
