#pragma once

#include "ews/codec/soap.hpp"
#include "ews/model/failure.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// What each way of saying no means: one table for reads and writes, of items and of whole requests.
namespace exsyncd::ews {

/// What a no means for a write of that item. For a read only `gone` and `cursor_invalid` matter besides the failure.
enum class refusal {
  not_done,      // surely nothing happened; the failure says when to try again
  unknown,       // may have happened, or may still
  stale,         // the guard is not the current key
  gone,          // no such item, or no permission to see it
  item,          // refused for good, because of what the item is
  cursor_invalid // of a change list: start from the beginning
};

struct meaning {
  enum refusal refusal = refusal::not_done;
  failure why; // code, what, hint, reach, retry and wait are set
  /// The server does not know the version of the request: nothing was done, step down.
  bool version_unknown = false;
  /// A public folder was asked for where it is not: its requests must be led elsewhere.
  bool misrouted = false;
  /// What one of several items of the request can cause: ask item by item.
  bool of_one_item = false;
  /// An answer came, of whatever kind: nothing of the request is under way any more, though a part of it may be done.
  bool answered = false;
  /// The server is busy: the gateway is to be told.
  bool busy = false;
  /// ErrorNonPrimarySmtpAddress names the address to use in place of the one used; otherwise empty.
  std::string primary_address;
};

/// `operation`: "GetItem", for `what`. A code that the table does not know is named, never fatal.
meaning meaning_of(const item_error& error, std::string_view operation);
/// A fault refuses the whole request. refusal::item: because of an item of it, as far as the code tells; of several,
/// ask one by one.
meaning meaning_of(const soap_fault& fault, std::string_view operation);
/// Of an answer with status 200 (or a 500 that is no fault): the server may have acted.
meaning meaning_of(const broken_document& broken, std::string_view operation);
/// Of an answer that is no SOAP at all. 4xx: not done, save 400. 5xx and 400: unknown.
meaning meaning_of_status(int status, std::string_view operation);
/// The same of a request of so many bytes to a place where EWS has answered before: IIS answers one that is too large
/// as if nothing were there (404.13, of which the wire shows 404 only), and WCF as if it were damaged (400). Such a no
/// is one to the item. There a small request that is told that nothing is there (404, 405, 410) may hold an item that
/// causes it: of_one_item.
meaning meaning_of_status(int status, std::string_view operation, std::size_t request_bytes);

} // namespace exsyncd::ews
