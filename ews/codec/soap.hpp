#pragma once

#include "ews/codec/versions.hpp"
#include "ews/codec/xml_reader.hpp"
#include "ews/codec/xml_writer.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// The envelope around every operation: what a request begins and ends with, and the three different ways in which an
/// answer can be other than wished: a fault (nothing of the request counts), an error of one item, a broken document.
namespace exsyncd::ews {

// ---- requests
// --------------------------------------------------------------------------------------------------------

/// As whom and how a request is made.
struct request_context {
  const schema_version* version = nullptr; // never null in a request
  /// The mailbox that a service account acts for (ExchangeImpersonation, PrimarySmtpAddress); empty: as oneself.
  std::string impersonate;
};

/// Writes one envelope; `body` writes the operation's element with the prefixes m: (messages) and t: (types).
std::string write_envelope(const request_context& context, const std::function<void(xml_writer&)>& body);
/// The same of an operation whose values may be large.
segmented_text write_large_envelope(const request_context& context, const std::function<void(xml_writer&)>& body);

// ---- answers
// ---------------------------------------------------------------------------------------------------------

/// A SOAP fault: the whole request was refused. Comes with HTTP 500 and with HTTP 200, with and without detail.
struct soap_fault {
  std::string code; // ResponseCode of the detail, or the local part of faultcode
  std::string text;
  std::optional<std::chrono::milliseconds> wait; // BackOffMilliseconds
  /// The Value elements of MessageXml.
  std::vector<std::pair<std::string, std::string>> values;
  friend bool operator==(const soap_fault&, const soap_fault&) = default;
};

/// What one response message says is wrong with its item.
struct item_error {
  std::string code; // ResponseCode; "protocol" where a success lacks what it must hold
  std::string text;
  std::optional<std::chrono::milliseconds> wait;
  /// The Value elements of MessageXml: "InnerErrorResponseCode", "PrimarySmtpAddress", …
  std::vector<std::pair<std::string, std::string>> values;
  friend bool operator==(const item_error&, const item_error&) = default;

  /// The value of this name, or empty.
  std::string_view value(std::string_view name) const;
  /// ErrorServerBusy, also where it hides inside an ErrorInternalServerError.
  bool throttled() const;
};

/// Not an answer to this operation: cut, not XML, not SOAP, of another operation, too large.
struct broken_document {
  std::string what;
  friend bool operator==(const broken_document&, const broken_document&) = default;
};

template <class T>
using entry = std::variant<T, item_error>;

/// One entry for each response message, in order.
template <class T>
struct answer {
  std::optional<server_build> server;
  std::variant<std::vector<entry<T>>, soap_fault, broken_document> outcome;
};

/// Reads the envelope of one operation's answer and hands out its response messages, one at a time.
class envelope_reader {
public:
  struct outcome {
    std::optional<server_build> server;
    std::variant<std::monostate, soap_fault, broken_document> end;
  };
  envelope_reader(const std::string& operation, std::function<void(element&&)> on_message, xml_limits limits = {});
  envelope_reader(envelope_reader&&) noexcept;
  envelope_reader& operator=(envelope_reader&&) noexcept;
  ~envelope_reader();
  /// As xml_reader::divert_to.
  void divert_to(spool where);
  bool feed(std::string_view bytes);
  outcome finish();

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The error that a response message carries, or nothing if it is a success. A warning counts as an error, save those
/// that an operation's own reader takes as a success.
std::optional<item_error> error_of(const element& message);

/// What an operation's reader makes of a message that is no error; a text says what is missing.
template <class T>
using message_parser = std::variant<T, std::string> (*)(element& message);

/// Fed with bytes as they arrive; finish() gives the typed answer. For one answer only.
template <class T>
class answer_reader {
public:
  /// `tolerated`: a warning code whose message is read like a success (ResolveNames), or empty.
  answer_reader(const std::string& operation, message_parser<T> parse, std::string_view tolerated = {})
      : entries_(std::make_unique<std::vector<entry<T>>>()),
        reader_(operation, [entries = entries_.get(), parse, tolerated](element&& message) {
          auto error = error_of(message);
          if (error && !(!tolerated.empty() && error->code == tolerated)) {
            entries->push_back(std::move(*error));
            return;
          }
          auto parsed = parse(message);
          if (auto* value = std::get_if<T>(&parsed))
            entries->push_back(std::move(*value));
          else
            entries->push_back(item_error{"protocol", std::move(std::get<std::string>(parsed)), {}, {}});
        }) {}

  void divert_to(spool where) { reader_.divert_to(std::move(where)); }
  bool feed(std::string_view bytes) { return reader_.feed(bytes); }

  answer<T> finish() {
    auto outcome = reader_.finish();
    answer<T> result{std::move(outcome.server), {}};
    if (auto* fault = std::get_if<soap_fault>(&outcome.end))
      result.outcome = std::move(*fault);
    else if (auto* broken = std::get_if<broken_document>(&outcome.end))
      result.outcome = std::move(*broken);
    else
      result.outcome = std::move(*entries_);
    return result;
  }

private:
  std::unique_ptr<std::vector<entry<T>>> entries_;
  envelope_reader reader_;
};

} // namespace exsyncd::ews
