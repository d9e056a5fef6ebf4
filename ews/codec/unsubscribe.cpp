#include "ews/codec/unsubscribe.hpp"

namespace exsyncd::ews {

std::string write(const request_context& context, const unsubscribe& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:Unsubscribe");
    out.text("m:SubscriptionId", request.subscription.value);
    out.close("m:Unsubscribe");
  });
}

answer_reader<done> read_unsubscribe() {
  return {"Unsubscribe", [](element&) -> std::variant<done, std::string> { return done{}; }};
}

} // namespace exsyncd::ews
