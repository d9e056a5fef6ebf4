#include "actors/ews/mailbox_calls.hpp"

#include "ews/codec/get_folder.hpp"
#include "ews/codec/set_folder_marks.hpp"

/// What daemons write at folders for each other.
namespace exsyncd {
namespace {

folder_outcome outcome_of(const ews::meaning& why) {
  switch (why.refusal) {
  case ews::refusal::unknown:
    return unknown{of_folder(why.why)};
  case ews::refusal::stale:
    return stale{};
  case ews::refusal::gone:
    return gone{};
  case ews::refusal::item:
  case ews::refusal::not_done:
  case ews::refusal::cursor_invalid:
    break;
  }
  if (why.why.code == "ErrorFolderNotFound") return gone{};
  return not_done{of_folder(why.why)};
}

leases_written all(std::size_t count, const folder_outcome& what) {
  return {std::vector<folder_outcome>(count, what)};
}

} // namespace

caf::typed_response_promise<leases_written> handle(mailbox_pointer self, const write_leases& asked) {
  auto promise = self->make_response_promise<leases_written>();
  const auto count = asked.folders.size();
  auto sent = std::make_shared<bool>(false);
  auto answer = std::make_shared<owed<leases_written>>(promise, [sent, count] {
    return *sent ? all(count, unknown{mailbox_ended()}) : all(count, not_done{mailbox_ended()});
  });
  self->state.find_version([=](const ews::meaning* why) {
    if (why) return answer->give(all(count, not_done{why->why}));
    auto request = std::make_shared<ews::set_folder_marks>();
    for (const auto& f : asked.folders)
      request->folders.push_back({f.id, f.key, f.folder_class, f.leases});
    *sent = true;
    self->state.call<ews::keyed_folder, ews::set_folder_marks>(
        request_kind::write, "UpdateFolder", request, ews::read_set_folder_marks, [=](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) return answer->give(all(count, outcome_of(*why)));
          leases_written done;
          auto& entries = std::get<0>(outcome);
          for (std::size_t i = 0; i < entries.size(); ++i) {
            if (auto* error = std::get_if<ews::item_error>(&entries[i])) {
              done.outcomes.push_back(outcome_of(ews::meaning_of(*error, "UpdateFolder")));
              continue;
            }
            auto state = std::get<ews::keyed_folder>(entries[i]).folder;
            state.folder_class = asked.folders[i].folder_class;
            state.leases = asked.folders[i].leases;
            state.read_at = self->state.server_time();
            done.outcomes.emplace_back(std::move(state));
          }
          answer->give(std::move(done));
        });
  });
  return promise;
}

caf::typed_response_promise<leases_read> handle(mailbox_pointer self, const read_leases& asked) {
  auto promise = self->make_response_promise<leases_read>();
  auto answer = std::make_shared<owed<leases_read>>(promise, [] { return leases_read{mailbox_ended()}; });
  auto request = std::make_shared<ews::get_folder>();
  for (const auto& id : asked.folders)
    request->folders.emplace_back(id);
  self->state.call<ews::keyed_folder, ews::get_folder>(
      request_kind::read, "GetFolder", request, ews::read_get_folder, [self, answer](auto outcome) {
        if (auto* why = std::get_if<ews::meaning>(&outcome)) return answer->give({why->why});
        std::vector<result<folder_state>> found;
        for (auto& entry : std::get<0>(outcome)) {
          if (auto* error = std::get_if<ews::item_error>(&entry)) {
            found.emplace_back(of_folder(ews::meaning_of(*error, "GetFolder").why));
            continue;
          }
          auto state = std::move(std::get<ews::keyed_folder>(entry).folder);
          state.read_at = self->state.server_time();
          found.emplace_back(std::move(state));
        }
        answer->give({std::move(found)});
      });
  return promise;
}

} // namespace exsyncd
