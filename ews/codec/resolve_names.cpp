#include "ews/codec/resolve_names.hpp"

#include "ews/codec/items.hpp"

namespace exsyncd::ews {

std::string write(const request_context& context, const resolve_names& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:ResolveNames", {{"ReturnFullContactData", "false"}, {"SearchScope", "ActiveDirectory"}});
    out.text("m:UnresolvedEntry", request.text);
    out.close("m:ResolveNames");
  });
}

answer_reader<resolution> read_resolve_names() {
  return {"ResolveNames",
          [](element& message) -> std::variant<resolution, std::string> {
            resolution out;
            const auto* set = message.child("ResolutionSet");
            if (!set) return out;
            const auto last = set->attribute("IncludesLastItemInRange");
            out.last = last.empty() || read_bool(last);
            for (const auto& resolution : set->children)
              if (const auto* mailbox = resolution.child("Mailbox"))
                out.names.push_back(
                    {std::string(mailbox->text_of("Name")), std::string(mailbox->text_of("EmailAddress")),
                     std::string(mailbox->text_of("RoutingType")), std::string(mailbox->text_of("MailboxType"))});
            return out;
          },
          "ErrorNameResolutionMultipleResults"};
}

} // namespace exsyncd::ews
