// ResolveNames over the mailboxes of the server: its directory.
#include "tests/exchange_sim/properties.hpp"

namespace exchange_sim {

void resolve_names(session& s, node request, xml_writer& out) {
  constexpr std::size_t most = 100;
  auto wanted = lower(request.child("UnresolvedEntry").text());
  if (wanted.starts_with("smtp:")) wanted.erase(0, 5);
  std::vector<const mailbox*> found;
  for (const auto& [key, box] : s.host.mailboxes) {
    if (box.is_public) continue;
    bool match = lower(box.who.display_name).find(wanted) != std::string::npos || key.starts_with(wanted);
    for (const auto& alias : box.who.aliases)
      match = match || lower(alias).starts_with(wanted);
    if (match) found.push_back(&box);
  }
  const bool all = found.size() <= most;
  if (!all) found.resize(most);
  bool full = request.attribute_or("ReturnFullContactData", "false") == "true";
  auto write_set = [&](xml_writer& inside) {
    inside.open("m:ResolutionSet", {{"TotalItemsInView", std::to_string(found.size())},
                                    {"IncludesLastItemInRange", all ? "true" : "false"}});
    for (const auto* box : found) {
      inside.open("t:Resolution");
      inside.open("t:Mailbox");
      inside.leaf("t:Name", box->who.display_name);
      inside.leaf("t:EmailAddress", box->who.address);
      inside.leaf("t:RoutingType", "SMTP");
      inside.leaf("t:MailboxType", "Mailbox");
      inside.close();
      if (full) {
        inside.open("t:Contact");
        inside.leaf("t:DisplayName", box->who.display_name);
        inside.open("t:EmailAddresses");
        inside.leaf("t:Entry", "SMTP:" + box->who.address, {{"Key", "EmailAddress1"}});
        inside.close();
        inside.leaf("t:ContactSource", "ActiveDirectory");
        inside.close();
      }
      inside.close();
    }
    inside.close();
  };
  if (found.size() <= 1) {
    respond(s, out, "m:ResolveNamesResponseMessage", {}, [&](xml_writer& inside) {
      if (found.empty()) throw response_error{"ErrorNameResolutionNoResults", "No results were found."};
      write_set(inside);
    });
    return;
  }
  // Several matches are a warning that carries them all.
  out.open("m:ResolveNamesResponseMessage", {{"ResponseClass", "Warning"}});
  out.leaf("m:MessageText", "Multiple results were found.");
  out.leaf("m:ResponseCode", "ErrorNameResolutionMultipleResults");
  out.leaf("m:DescriptiveLinkKey", "0");
  write_set(out);
  out.close();
}

} // namespace exchange_sim
