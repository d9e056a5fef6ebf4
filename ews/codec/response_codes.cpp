#include "ews/codec/response_codes.hpp"

#include "ews/model/too_large.hpp"

#include <algorithm>
#include <iterator>

namespace exsyncd::ews {
namespace {

using enum refusal;

struct row {
  std::string_view code;
  enum refusal refusal;
  enum reach reach;
  enum retry retry;
  std::string_view hint;
};

constexpr auto later = retry::later;
constexpr auto after_change = retry::after_change;
constexpr auto never = retry::never;

constexpr std::string_view server_trouble = "the server is busy or broken; exsyncd tries again";
constexpr std::string_view impersonation =
    "give the account the ApplicationImpersonation role for this mailbox, or use the mailbox's own credentials";
constexpr std::string_view no_target_right =
    "check that the folder exists and that the account may create items in it; what is removed goes to Deleted Items";
constexpr std::string_view wrong_public_mailbox =
    "the server did not find the public folder where it was asked for; exsyncd looks again where it is";
constexpr std::string_view no_folder_right =
    "check that the folder exists and that the account may read and write it (make it an owner of the folder)";

// Meanings: Microsoft's ResponseCode page. Which are worth a retry and which are a property of the item: experience of
// EWS clients. Sorted by code (checked below).
constexpr row rows[] = {
    {"ErrorADOperation", not_done, reach::server, later, ""},
    {"ErrorADUnavailable", not_done, reach::server, later, ""},
    {"ErrorAccessDenied", item, reach::item, after_change,
     "the account may not do this to this item: make it an owner of the folder"},
    {"ErrorAccountDisabled", not_done, reach::account, after_change, "enable the account"},
    {"ErrorAttachmentNestLevelLimitExceeded", item, reach::item, never, "the attachments are nested too deeply"},
    {"ErrorAttachmentSizeLimitExceeded", item, reach::item, never, what_to_do_about_size},
    {"ErrorBatchProcessingStopped", not_done, reach::item, later, ""},
    {"ErrorCalendarDurationIsTooLong", item, reach::item, never, ""},
    {"ErrorCalendarEndDateIsEarlierThanStartDate", item, reach::item, never, ""},
    {"ErrorCalendarInvalidDayForWeeklyRecurrence", item, reach::item, never, ""},
    {"ErrorCalendarInvalidPropertyState", item, reach::item, never,
     "the server finds the recurrence of this item damaged"},
    {"ErrorCalendarInvalidRecurrence", item, reach::item, never, ""},
    {"ErrorCalendarInvalidTimeZone", item, reach::item, never, "the server does not know the time zone of this item"},
    {"ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange", item, reach::item, later, ""},
    {"ErrorCalendarOccurrenceIsDeletedFromRecurrence", item, reach::item, later, ""},
    {"ErrorCalendarOutOfRange", item, reach::item, never, ""},
    {"ErrorCannotDeleteObject", item, reach::item, after_change, "the account may not delete this item"},
    {"ErrorCannotOpenFileAttachment", item, reach::item, after_change,
     "the server cannot open an attachment of this item"},
    {"ErrorChangeKeyRequired", stale, reach::item, later, ""},
    {"ErrorChangeKeyRequiredForWriteOperations", stale, reach::item, later, ""},
    {"ErrorClientDisconnected", unknown, reach::item, later, ""},
    {"ErrorConnectionFailed", unknown, reach::mailbox, later, ""},
    {"ErrorContentConversionFailed", item, reach::item, never, "the server cannot convert this item"},
    {"ErrorCorruptData", item, reach::item, never, "the server finds this item damaged"},
    {"ErrorCreateItemAccessDenied", not_done, reach::folder, after_change, no_target_right},
    {"ErrorDataSizeLimitExceeded", item, reach::item, never, what_to_do_about_size},
    {"ErrorDataSourceOperation", unknown, reach::item, later, ""},
    {"ErrorExceededConnectionCount", not_done, reach::account, later, ""},
    {"ErrorExceededSubscriptionCount", not_done, reach::account, later, ""},
    {"ErrorExpiredSubscription", not_done, reach::mailbox, later, ""},
    {"ErrorFolderCorrupt", not_done, reach::folder, after_change, "the server finds this folder damaged"},
    {"ErrorFolderNotFound", not_done, reach::folder, after_change, no_folder_right},
    {"ErrorImpersonateUserDenied", not_done, reach::mailbox, after_change, impersonation},
    {"ErrorImpersonationDenied", not_done, reach::mailbox, after_change, impersonation},
    {"ErrorImpersonationFailed", not_done, reach::mailbox, after_change, impersonation},
    {"ErrorIncorrectSchemaVersion", not_done, reach::server, after_change,
     "set \"version\" of this server to \"auto\", or to an older version"},
    {"ErrorInsufficientResources", not_done, reach::server, later, ""},
    {"ErrorInternalServerError", unknown, reach::item, later, ""},
    {"ErrorInternalServerTransientError", unknown, reach::item, later, ""},
    {"ErrorInvalidChangeKey", stale, reach::item, later, ""},
    {"ErrorInvalidCompleteDate", item, reach::item, never,
     "the task was completed in the future, as this server's clock tells: check the clocks of both servers"},
    {"ErrorInvalidContactEmailAddress", item, reach::item, never,
     "the server refuses an e-mail address of this contact"},
    {"ErrorInvalidExtendedPropertyValue", item, reach::item, never, ""},
    {"ErrorInvalidItemForOperationCreateItem", item, reach::item, never, "the server does not create this class"},
    {"ErrorInvalidPercentCompleteValue", item, reach::item, never, ""},
    {"ErrorInvalidPropertySet", item, reach::item, never, "a property of this item cannot be set"},
    {"ErrorInvalidPropertyUpdateSentMessage", item, reach::item, never, "a sent mail does not let this be changed"},
    {"ErrorInvalidRecipients", item, reach::item, never, ""},
    {"ErrorInvalidSchemaVersionForMailboxVersion", not_done, reach::mailbox, later, ""},
    {"ErrorInvalidServerVersion", not_done, reach::server, after_change,
     "set \"version\" of this server to \"auto\", or to an older version"},
    // The server has been started anew, or has forgotten the subscription.
    {"ErrorInvalidSubscription", not_done, reach::mailbox, later, ""},
    {"ErrorInvalidSyncStateData", cursor_invalid, reach::folder, later, ""},
    {"ErrorIrresolvableConflict", stale, reach::item, later, ""},
    {"ErrorItemCorrupt", item, reach::item, never, "the server finds this item damaged"},
    {"ErrorItemNotFound", gone, reach::item, later, ""},
    {"ErrorItemPropertyRequestFailed", item, reach::item, after_change,
     "the server cannot read a property of this item"},
    {"ErrorItemSave", unknown, reach::item, later, ""},
    {"ErrorItemSavePropertyError", item, reach::item, never, "the server refuses a property of this item"},
    {"ErrorMailboxConfiguration", not_done, reach::mailbox, after_change,
     "the mailbox's entry in Active Directory is not in order"},
    {"ErrorMailboxFailover", unknown, reach::mailbox, later, ""},
    {"ErrorMailboxLogonFailed", not_done, reach::mailbox, later, ""},
    {"ErrorMailboxMoveInProgress", not_done, reach::mailbox, later, ""},
    {"ErrorMailboxStoreUnavailable", not_done, reach::mailbox, later, ""},
    {"ErrorMessagePerFolderCountReceiveQuotaExceeded", not_done, reach::folder, after_change,
     "the folder holds as many items as this server allows"},
    {"ErrorMessageSizeExceeded", item, reach::item, never, what_to_do_about_size},
    {"ErrorMimeContentConversionFailed", item, reach::item, never, "the server cannot convert this mail"},
    {"ErrorMimeContentInvalid", item, reach::item, never, "the server finds this mail damaged"},
    {"ErrorMimeContentInvalidBase64String", item, reach::item, never, "the server finds this mail damaged"},
    {"ErrorMissingEmailAddress", not_done, reach::mailbox, after_change, "the account has no mailbox on this server"},
    // Says no more than that: a part of the batch may have moved.
    {"ErrorMoveCopyFailed", unknown, reach::item, later, ""},
    {"ErrorNewEventStreamConnectionOpened", not_done, reach::account, later, ""},
    {"ErrorNoRespondingCASInDestinationSite", not_done, reach::mailbox, later, ""},
    {"ErrorNonExistentMailbox", not_done, reach::mailbox, after_change,
     "check the address: it must be the primary one of a mailbox on this server (Get-Mailbox ADDRESS | Format-List "
     "PrimarySmtpAddress)"},
    {"ErrorNonPrimarySmtpAddress", not_done, reach::mailbox, after_change, "use the mailbox's primary address"},
    {"ErrorNotEnoughMemory", unknown, reach::server, later, ""},
    {"ErrorObjectTypeChanged", item, reach::item, never, ""},
    {"ErrorOccurrenceCrossingBoundary", item, reach::item, never, ""},
    {"ErrorOccurrenceTimeSpanTooBig", item, reach::item, never, ""},
    {"ErrorPasswordChangeRequired", not_done, reach::account, after_change, "change the account's password"},
    {"ErrorPasswordExpired", not_done, reach::account, after_change, "change the account's password"},
    {"ErrorPropertyUpdate", item, reach::item, never, "the server refuses a property of this item"},
    {"ErrorProxyRequestProcessingFailed", unknown, reach::mailbox, later, ""},
    {"ErrorProxyServiceDiscoveryFailed", unknown, reach::mailbox, later, ""},
    // Of the operation on a public folder as a whole; which part of it was done is not said.
    {"ErrorPublicFolderMailboxDiscoveryFailed", unknown, reach::folder, later, wrong_public_mailbox},
    {"ErrorPublicFolderOperationFailed", unknown, reach::folder, later, wrong_public_mailbox},
    // Done in the mailbox of the tree, but not in the others yet.
    {"ErrorPublicFolderSyncException", unknown, reach::folder, later, ""},
    {"ErrorQuotaExceeded", not_done, reach::mailbox, after_change,
     "the mailbox is full: free space or raise its quota"},
    {"ErrorRecurrenceEndDateTooBig", item, reach::item, never, ""},
    {"ErrorRecurrenceHasNoOccurrence", item, reach::item, never, ""},
    {"ErrorSavedItemFolderNotFound", not_done, reach::folder, after_change, no_target_right},
    {"ErrorSchemaValidation", item, reach::item, never, "this is a mistake of exsyncd: please report it"},
    {"ErrorServerBusy", not_done, reach::account, later, ""},
    {"ErrorServiceDiscoveryFailed", unknown, reach::mailbox, later, ""},
    {"ErrorStaleObject", stale, reach::item, later, ""},
    {"ErrorSubscriptionDelegateAccessNotSupported", not_done, reach::mailbox, after_change,
     "only the owner of a mailbox, or an account that impersonates it, is told what happens in it; exsyncd polls"},
    {"ErrorSubscriptionNotFound", not_done, reach::mailbox, later, ""},
    {"ErrorSyncFolderNotFound", not_done, reach::folder, after_change, no_folder_right},
    {"ErrorTimeZone", item, reach::item, never, "the server does not know the time zone of this item"},
    {"ErrorTimeoutExpired", unknown, reach::item, later, ""},
    {"ErrorToFolderNotFound", not_done, reach::folder, after_change, no_target_right},
    {"ErrorTooManyObjectsOpened", not_done, reach::mailbox, later, ""},
    {"ErrorUnsupportedMimeConversion", item, reach::item, never, "the server cannot convert this mail"},
    {"ErrorUnsupportedRecurrence", item, reach::item, never, ""},
    {"ErrorVirusDetected", item, reach::item, never, "the server finds a virus in this item"},
    {"ErrorVirusMessageDeleted", item, reach::item, never, "the server finds a virus in this item"},
    {"ErrorWrongServerVersion", not_done, reach::mailbox, after_change,
     "this server does not hold the mailbox: check the URL"},
    // A success that lacks what it must hold: the server did something, we do not know what.
    {"protocol", unknown, reach::item, later, ""},
};
static_assert(std::is_sorted(std::begin(rows), std::end(rows),
                             [](const row& a, const row& b) { return a.code < b.code; }));

// An unknown no is still a no of this item; it rests and is listed under its name.
constexpr row unknown_code{"", item, reach::item, after_change, "exsyncd does not know this answer of the server"};

const row& row_of(std::string_view code) {
  const auto at = std::lower_bound(std::begin(rows), std::end(rows), code,
                                   [](const row& r, std::string_view wanted) { return r.code < wanted; });
  return at != std::end(rows) && at->code == code ? *at : unknown_code;
}

std::string described(std::string_view operation, std::string_view code, std::string_view text) {
  std::string out(operation);
  out += ": ";
  out += code;
  if (!text.empty()) {
    out += ": ";
    out += text.substr(0, 300);
  }
  return out;
}

/// The mail address in an error, from its values or its text: the reference says that the answer names the right one,
/// but not where.
std::string address_in(const item_error& error) {
  for (const auto& [name, value] : error.values)
    if (value.find('@') != std::string::npos) return value;
  const auto at = error.text.find('@');
  if (at == std::string::npos) return {};
  constexpr std::string_view around = " \t\r\n<>()[]\"',;:";
  const auto before = error.text.find_last_of(around, at);
  const auto from = before == std::string::npos ? 0 : before + 1;
  auto address = error.text.substr(from, error.text.find_first_of(around, at) - from);
  while (address.ends_with('.'))
    address.pop_back();
  return address;
}

} // namespace

meaning meaning_of(const item_error& error, std::string_view operation) {
  const std::string_view code = error.throttled() ? std::string_view("ErrorServerBusy") : error.code;
  const auto& r = row_of(code);
  meaning out;
  out.refusal = r.refusal;
  out.why = {r.reach,
             r.retry,
             error.wait,
             std::string(code),
             described(operation, error.code, error.text),
             std::string(r.hint)};
  out.busy = error.throttled() || code == "ErrorExceededConnectionCount";
  out.version_unknown = code == "ErrorInvalidServerVersion" || code == "ErrorIncorrectSchemaVersion" ||
                        code == "ErrorInvalidSchemaVersionForMailboxVersion";
  out.misrouted = code == "ErrorPublicFolderOperationFailed" || code == "ErrorPublicFolderMailboxDiscoveryFailed";
  if (code == "ErrorNonPrimarySmtpAddress") out.primary_address = address_in(error);
  if (!out.primary_address.empty()) out.why.hint += ": " + out.primary_address;
  return out;
}

meaning meaning_of(const soap_fault& fault, std::string_view operation) {
  auto out = meaning_of(item_error{fault.code, fault.text, fault.wait, fault.values}, operation);
  out.busy = out.busy || fault.wait.has_value();
  if (out.busy) out.refusal = refusal::not_done;
  // Of the codes that speak of an item, a known one may be true of one item among several of the request; an unknown
  // one is a matter of the request: it fails, and nothing is banned for it.
  const bool of_an_item = out.refusal == refusal::item && &row_of(out.why.code) != &unknown_code;
  if (!of_an_item && out.refusal != refusal::unknown && out.refusal != refusal::cursor_invalid)
    out.refusal = refusal::not_done;
  if (out.why.code == "ErrorAccessDenied") {
    out.refusal = refusal::not_done;
    out.why.hint = impersonation;
  }
  out.answered = true;
  // Unless the code speaks of more than an item, one item among several can have spoiled the request.
  out.of_one_item = out.why.reach == reach::item && out.why.code != "ErrorAccessDenied" && !out.busy &&
                    !out.misrouted && out.refusal != refusal::cursor_invalid;
  if (out.refusal != refusal::item && out.why.reach == reach::item) out.why.reach = reach::mailbox;
  return out;
}

meaning meaning_of(const broken_document& broken, std::string_view operation) {
  meaning out;
  out.refusal = refusal::unknown;
  out.answered = true;
  out.of_one_item = true;
  out.why = {reach::mailbox,
             retry::later,
             {},
             "protocol",
             described(operation, "protocol", broken.what),
             "the answer was not what Exchange sends: check the URL and what stands between exsyncd and the server"};
  return out;
}

meaning meaning_of_status(int status, std::string_view operation) {
  meaning out;
  const auto code = "HTTP " + std::to_string(status);
  out.why = {
      reach::mailbox, retry::later, {}, code, described(operation, code, status == 401 ? "access refused" : ""), {}};
  // A gateway between may say it of a request that the server behind it still works at.
  out.answered = status != 502 && status != 503 && status != 504;
  // What says who asks, where, or how often, is of no item.
  constexpr int of_all[] = {401, 404, 405, 407, 410, 429, 503};
  out.of_one_item = status >= 400 && std::find(std::begin(of_all), std::end(of_all), status) == std::end(of_all);
  switch (status) {
  case 400: // said at random on kept connections too, by things that stand between
    out.refusal = refusal::unknown;
    break;
  case 401:
    out.why.reach = reach::account;
    out.why.retry = retry::after_change;
    out.why.hint = "the server refuses the user name or the password";
    break;
  case 403:
    out.why.reach = reach::account;
    out.why.retry = retry::after_change;
    out.why.hint = "the account may not use EWS on this server: allow it (Set-CASMailbox -EwsEnabled $true, no EWS "
                   "block list), and check what stands between exsyncd and the server";
    break;
  case 404:
    out.why.reach = reach::server;
    out.why.retry = retry::after_change;
    out.why.hint = "there is no EWS at this URL; it usually ends in /EWS/Exchange.asmx";
    break;
  case 413:
  case 507:
    out.refusal = refusal::item;
    out.why.reach = reach::item;
    out.why.retry = retry::never;
    out.why.hint = what_to_do_about_size;
    break;
  case 429: // said before anything is done
    out.why.reach = reach::account;
    out.busy = true;
    break;
  case 503: // a front end may say it of a request that a server behind it has taken
    out.why.reach = reach::account;
    out.refusal = refusal::unknown;
    out.busy = true;
    out.why.hint = server_trouble;
    break;
  default:
    if (status >= 500) {
      out.refusal = refusal::unknown;
      out.why.hint = server_trouble;
    } else if (status >= 300 && status < 400) {
      out.why.reach = reach::server;
      out.why.retry = retry::after_change;
      out.why.hint = "the server answers with a redirect: check the URL";
    } else {
      out.why.reach = reach::server;
    }
  }
  return out;
}

meaning meaning_of_status(int status, std::string_view operation, std::size_t request_bytes) {
  constexpr std::size_t not_small =
      1'000'000; // far below every default limit, far above every request without contents
  auto out = meaning_of_status(status, operation);
  // What says that no EWS is here can only be of what the request holds, where EWS has answered before. Should it be
  // gone after all, every item fails alike, and none is blamed.
  if (status == 404 || status == 405 || status == 410) out.of_one_item = true;
  if ((status != 400 && status != 404) || request_bytes < not_small) return out;
  out.refusal = refusal::item;
  out.of_one_item = true;
  out.why.reach = reach::item;
  out.why.retry = retry::never;
  out.why.what += " to a request of " + size_text(request_bytes) + ", which is how a server refuses its size";
  out.why.hint = what_to_do_about_size;
  return out;
}

} // namespace exsyncd::ews
