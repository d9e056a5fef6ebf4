#include "ews/codec/get_streaming_events.hpp"

#include <utility>

namespace exsyncd::ews {
namespace {

std::optional<stream_event::what> kind_of(std::string_view name) {
  using enum stream_event::what;
  constexpr std::pair<std::string_view, stream_event::what> kinds[] = {
      {"CopiedEvent", copied},
      {"CreatedEvent", created},
      {"DeletedEvent", deleted},
      {"MovedEvent", moved},
      {"ModifiedEvent", modified},
      {"NewMailEvent", new_mail},
      {"FreeBusyChangedEvent", free_busy_changed},
  };
  for (const auto& [known, kind] : kinds)
    if (known == name) return kind;
  return std::nullopt;
}

template <class Id>
Id id_in(const element& event, std::string_view name) {
  const auto* child = event.child(name);
  return Id(child ? std::string(child->attribute("Id")) : std::string());
}

stream_notification read_notification(const element& from) {
  stream_notification out;
  out.subscription = subscription_id(std::string(from.word_of("SubscriptionId")));
  for (const auto& child : from.children) {
    const auto kind = kind_of(child.name);
    if (!kind) continue; // ids, watermarks, StatusEvent
    stream_event e;
    e.kind = *kind;
    e.item = id_in<item_id>(child, "ItemId");
    e.folder = id_in<folder_id>(child, "FolderId");
    e.parent = id_in<folder_id>(child, "ParentFolderId");
    e.old_item = id_in<item_id>(child, "OldItemId");
    e.old_folder = id_in<folder_id>(child, "OldFolderId");
    e.old_parent = id_in<folder_id>(child, "OldParentFolderId");
    out.events.push_back(std::move(e));
  }
  return out;
}

stream_message read_message(const element& from) {
  stream_message out;
  out.error = error_of(from);
  // Servers write m:Notification where the schema says t:Notification; names are compared without namespaces.
  if (const auto* all = from.child("Notifications"))
    for (const auto& child : all->children)
      if (child.name == "Notification") out.notifications.push_back(read_notification(child));
  if (const auto* bad = from.child("ErrorSubscriptionIds"))
    for (const auto& child : bad->children)
      out.bad.emplace_back(child.text);
  out.closed = from.word_of("ConnectionStatus") == "Closed";
  return out;
}

} // namespace

std::string write(const request_context& context, const get_streaming_events& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:GetStreamingEvents");
    out.open("m:SubscriptionIds");
    for (const auto& id : request.subscriptions)
      out.text("t:SubscriptionId", id.value);
    out.close("m:SubscriptionIds");
    out.text("m:ConnectionTimeout", std::to_string(request.open_for.count()));
    out.close("m:GetStreamingEvents");
  });
}

stream_reader::stream_reader() : splitter_([this](std::string&& document) { read(std::move(document)); }) {}

stream_read stream_reader::feed(std::string_view bytes) {
  if (!broken_ && !splitter_.feed(bytes)) {
    broken_ = true;
    news_.parts.emplace_back(broken_document{*splitter_.broken()});
  }
  return std::exchange(news_, {});
}

void stream_reader::read(std::string&& document) {
  if (broken_) return;
  envelope_reader envelope("GetStreamingEvents",
                           [this](element&& message) { news_.parts.emplace_back(read_message(message)); });
  envelope.feed(document);
  auto end = envelope.finish();
  if (end.server) news_.server = std::move(end.server);
  if (auto* fault = std::get_if<soap_fault>(&end.end)) {
    news_.parts.emplace_back(std::move(*fault));
  } else if (auto* broken = std::get_if<broken_document>(&end.end)) {
    broken_ = true;
    news_.parts.emplace_back(std::move(*broken));
  }
}

} // namespace exsyncd::ews
