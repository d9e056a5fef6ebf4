#pragma once

#include "ews/codec/soap.hpp"

namespace exsyncd::ews {

/// ResolveNames in the directory: whoever the text may mean, at most 100. One entry.
struct resolve_names {
  std::string text; // not empty
};
struct resolved_name {
  std::string name;
  std::string address;
  std::string routing_type; // "SMTP"
  std::string mailbox_type; // "Mailbox", "PublicDL", …
};
struct resolution {
  std::vector<resolved_name> names;
  bool last = true; // nothing was left out
};
std::string write(const request_context& context, const resolve_names& request);
/// Several matches come as a warning and are a success here; no match is ErrorNameResolutionNoResults.
answer_reader<resolution> read_resolve_names();

} // namespace exsyncd::ews
