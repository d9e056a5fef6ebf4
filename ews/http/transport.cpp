#include "ews/http/transport.hpp"

#include <algorithm>

namespace exsyncd::http {

std::size_t body_reader::size() const {
  std::size_t sum = of_.body.size();
  for (const auto& [at, text] : of_.large)
    sum += text.size();
  return sum;
}

std::size_t body_reader::read(char* into, std::size_t most) {
  std::size_t done = 0;
  while (done < most) {
    const bool more = next_ < of_.large.size();
    if (more && of_.large[next_].first == at_) {
      const auto& value = of_.large[next_].second;
      const auto n = value.read(within_, into + done, most - done);
      within_ += n;
      done += n;
      if (within_ == value.size()) {
        ++next_;
        within_ = 0;
      }
      continue;
    }
    const auto end = more ? of_.large[next_].first : of_.body.size();
    const auto n = of_.body.copy(into + done, std::min(most - done, end - at_), at_);
    if (n == 0) break;
    at_ += n;
    done += n;
  }
  return done;
}

std::string whole_body(const request& of) {
  body_reader reader(of);
  std::string all(reader.size(), '\0');
  all.resize(reader.read(all.data(), all.size()));
  return all;
}

std::string_view response_head::value_of(std::string_view name) const {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  auto same = [&](const header& h) { return std::ranges::equal(h.name, name, {}, lower, lower); };
  auto at = std::ranges::find_if(headers, same);
  return at == headers.end() ? std::string_view{} : std::string_view{at->value};
}

std::string_view name_of(failed_kind kind) {
  switch (kind) {
  case failed_kind::bad_request:
    return "bad request";
  case failed_kind::dns:
    return "dns";
  case failed_kind::refused:
    return "refused";
  case failed_kind::unreachable:
    return "unreachable";
  case failed_kind::tls:
    return "tls";
  case failed_kind::timeout:
    return "timeout";
  case failed_kind::cut:
    return "cut";
  case failed_kind::protocol:
    return "protocol";
  case failed_kind::too_large:
    return "too large";
  case failed_kind::cancelled:
    return "cancelled";
  case failed_kind::overloaded:
    return "overloaded";
  }
  return "unknown";
}

} // namespace exsyncd::http
