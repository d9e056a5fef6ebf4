#include "ews/codec/resolve_names.hpp"

namespace exsyncd::ews {

std::string write(const request_context& context, const resolve_names& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:ResolveNames", {{"ReturnFullContactData", "false"}, {"SearchScope", "ActiveDirectory"}});
    out.text("m:UnresolvedEntry", request.text);
    out.close("m:ResolveNames");
  });
}

answer_reader<std::vector<resolved_name>> read_resolve_names() {
  return {"ResolveNames",
          [](element& message) -> std::variant<std::vector<resolved_name>, std::string> {
            std::vector<resolved_name> out;
            const auto* set = message.child("ResolutionSet");
            if (!set) return out;
            for (const auto& resolution : set->children)
              if (const auto* mailbox = resolution.child("Mailbox"))
                out.push_back({std::string(mailbox->text_of("Name")), std::string(mailbox->text_of("EmailAddress")),
                               std::string(mailbox->text_of("RoutingType")),
                               std::string(mailbox->text_of("MailboxType"))});
            return out;
          },
          "ErrorNameResolutionMultipleResults"};
}

} // namespace exsyncd::ews
