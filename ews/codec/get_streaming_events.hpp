#pragma once

#include "ews/codec/envelope_splitter.hpp"
#include "ews/codec/soap.hpp"
#include "ews/model/ids.hpp"

#include <chrono>

namespace exsyncd::ews {

/// GetStreamingEvents: a connection that the server keeps open and writes an envelope into whenever something happens
/// to what was subscribed to (Microsoft's page of this operation). One bad id fails the whole request.
struct get_streaming_events {
  static constexpr std::size_t most_subscriptions = 200;
  std::vector<subscription_id> subscriptions; // at least one
  std::chrono::minutes open_for{29};          // 1–30: the server closes it then
};
std::string write(const request_context& context, const get_streaming_events& request);

/// One thing that happened to an item or, where `item` is empty, to a folder.
struct stream_event {
  enum class what { copied, created, deleted, modified, moved, new_mail, free_busy_changed };
  what kind = what::modified;
  item_id item;
  folder_id folder; // of an event of a folder: which
  folder_id parent; // where it is
  // Where it was before: moved and copied only.
  item_id old_item;
  folder_id old_folder;
  folder_id old_parent;
  friend bool operator==(const stream_event&, const stream_event&) = default;
};

/// Without events: a sign of life of the subscription (StatusEvent).
struct stream_notification {
  subscription_id subscription;
  std::vector<stream_event> events;
};

/// What one response message says. Nothing at all: a heartbeat.
struct stream_message {
  std::vector<stream_notification> notifications;
  std::optional<item_error> error;
  /// Those that the server does not know, or knows no longer, where it names them.
  std::vector<subscription_id> bad;
  bool closed = false; // ConnectionStatus Closed: the answer ends here
};

/// What came next. After a broken document nothing more is read.
using stream_part = std::variant<stream_message, soap_fault, broken_document>;

struct stream_read {
  std::vector<stream_part> parts;
  std::optional<server_build> server;
};

/// Reads the many envelopes of one answer as their bytes arrive. For one answer only.
class stream_reader {
public:
  stream_reader();
  stream_reader(const stream_reader&) = delete;
  stream_reader& operator=(const stream_reader&) = delete;
  /// What these bytes completed.
  stream_read feed(std::string_view bytes);

private:
  void read(std::string&& document);
  envelope_splitter splitter_;
  bool broken_ = false;
  stream_read news_;
};

} // namespace exsyncd::ews
