#pragma once

#include "ews/codec/soap.hpp"

#include <string>
#include <string_view>
#include <variant>

/// Autodiscover, which is not EWS: asks by mail address where a mailbox is. Two services speak of the same: SOAP
/// (2010+, GetUserSettings) and POX ("plain old XML").
namespace exsyncd::ews {

/// What is asked for and read; whatever the server does not tell is empty.
struct autodiscover_settings {
  std::string external_ews_url;
  std::string internal_ews_url;
  std::string supported_schemas;         // EwsSupportedSchemas: "Exchange2007, Exchange2010"
  std::string grouping_information;      // mailboxes of one group can be streamed on one connection
  std::string public_folder_information; // address of the mailbox that holds the tree of public folders
  std::string public_folder_mailbox;     // InternalRpcClientServer of it: GUID@domain
  std::string address;                   // AutoDiscoverSMTPAddress
  friend bool operator==(const autodiscover_settings&, const autodiscover_settings&) = default;
};
/// Ask about another address, or at another URL.
struct autodiscover_redirect {
  enum class kind { address, url } kind = kind::url;
  std::string target;
  friend bool operator==(const autodiscover_redirect&, const autodiscover_redirect&) = default;
};
struct autodiscover_refusal {
  std::string code; // "InvalidUser", "500", …
  std::string text;
  friend bool operator==(const autodiscover_refusal&, const autodiscover_refusal&) = default;
};
using autodiscover_answer =
    std::variant<autodiscover_settings, autodiscover_redirect, autodiscover_refusal, broken_document>;

std::string write_soap_autodiscover(std::string_view address, std::string_view url);
std::string write_pox_autodiscover(std::string_view address);
/// Of either service.
autodiscover_answer read_autodiscover(std::string_view bytes);

} // namespace exsyncd::ews
