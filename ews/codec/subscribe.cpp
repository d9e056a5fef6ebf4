#include "ews/codec/subscribe.hpp"

namespace exsyncd::ews {

std::string write(const request_context& context, const subscribe& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:Subscribe");
    out.open("m:StreamingSubscriptionRequest");
    out.open("t:FolderIds");
    for (const auto& folder : request.folders)
      write_folder_reference(out, folder);
    out.close("t:FolderIds");
    out.open("t:EventTypes");
    // Without FreeBusyChangedEvent, which comes beside the others and says nothing more.
    for (auto kind : {"CopiedEvent", "CreatedEvent", "DeletedEvent", "ModifiedEvent", "MovedEvent", "NewMailEvent"})
      out.text("t:EventType", kind);
    out.close("t:EventTypes");
    out.close("m:StreamingSubscriptionRequest");
    out.close("m:Subscribe");
  });
}

answer_reader<subscription_id> read_subscribe() {
  return {"Subscribe", [](element& message) -> std::variant<subscription_id, std::string> {
            subscription_id id{std::string(message.word_of("SubscriptionId"))};
            if (id.empty()) return "a success without a SubscriptionId";
            return id;
          }};
}

} // namespace exsyncd::ews
