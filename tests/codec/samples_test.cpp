#include "ews/codec/copy_item.hpp"
#include "ews/codec/create_attachment.hpp"
#include "ews/codec/create_folder.hpp"
#include "ews/codec/create_item.hpp"
#include "ews/codec/delete_attachment.hpp"
#include "ews/codec/delete_folder.hpp"
#include "ews/codec/delete_item.hpp"
#include "ews/codec/find_folder.hpp"
#include "ews/codec/find_item.hpp"
#include "ews/codec/get_attachment.hpp"
#include "ews/codec/get_folder.hpp"
#include "ews/codec/get_item.hpp"
#include "ews/codec/move_item.hpp"
#include "ews/codec/resolve_names.hpp"
#include "ews/codec/subscribe.hpp"
#include "ews/codec/sync_folder_hierarchy.hpp"
#include "ews/codec/sync_folder_items.hpp"
#include "ews/codec/unsubscribe.hpp"
#include "ews/codec/update_folder.hpp"
#include "ews/codec/update_item.hpp"

#include <catch2/catch.hpp>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

// Every recorded and documented envelope is read. What the right result is, is asked of libxml2, not of our own code.

using namespace exsyncd;
using namespace exsyncd::ews;

namespace {

/// What a reader made of a document, in words that can be compared.
struct told {
  std::string outcome;              // "answer", "fault CODE", "broken"
  std::vector<std::string> entries; // "ok ids…" or "error CODE"
  std::string build;
  friend bool operator==(const told&, const told&) = default;
};

std::string in_words(const item_key& k) {
  return k.id.empty() ? "" : " " + k.id.value;
}
std::string in_words(const done&) {
  return "";
}
std::string in_words(const subscription_id& s) {
  return " " + s.value;
}
std::string in_words(const keyed_folder& f) {
  return " " + f.folder.id.value;
}
std::string in_words(const got_item& i) {
  return in_words(item_key{i.item.id, {}});
}
std::string in_words(const got_attachment& a) {
  return a.attachment.name.empty() ? "" : " " + a.attachment.name;
}
std::string in_words(const created_attachment& a) {
  return " " + a.id;
}
std::string in_words(const folder_page& p) {
  std::string out;
  for (const auto& f : p.folders)
    out += in_words(f);
  return out;
}
std::string in_words(const item_page& p) {
  std::string out;
  for (const auto& i : p.items)
    out += " " + i.id.value;
  return out;
}
std::string in_words(const hierarchy_page& p) {
  std::string out;
  for (const auto& c : p.changes)
    out += std::holds_alternative<folder_left>(c) ? " " + std::get<folder_left>(c).id.value
                                                  : in_words(std::get<keyed_folder>(c));
  return out;
}
std::string in_words(const change_page& p) {
  std::string out;
  for (const auto& c : p.changes)
    out += " " + std::visit(
                     [](const auto& one) {
                       if constexpr (requires { one.item; })
                         return one.item.id.value;
                       else
                         return one.id.value;
                     },
                     c);
  return out;
}
std::string in_words(const resolution& found) {
  std::string out;
  for (const auto& n : found.names)
    out += " " + n.address;
  return out;
}

template <class T>
told read_all(answer_reader<T> reader, std::string_view bytes, std::size_t piece) {
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    if (!reader.feed(bytes.substr(at, piece))) break;
  auto answer = reader.finish();
  told out;
  if (answer.server) out.build = std::to_string(answer.server->major) + "." + std::to_string(answer.server->build);
  if (auto* fault = std::get_if<soap_fault>(&answer.outcome)) {
    out.outcome = "fault " + fault->code;
  } else if (auto* broken = std::get_if<broken_document>(&answer.outcome)) {
    out.outcome = "broken";
    CHECK_FALSE(broken->what.empty());
  } else {
    out.outcome = "answer";
    for (const auto& e : std::get<0>(answer.outcome)) {
      if (const auto* error = std::get_if<item_error>(&e))
        out.entries.push_back("error " + error->code);
      else
        out.entries.push_back("ok" + in_words(std::get<T>(e)));
    }
  }
  return out;
}

using reading = std::function<told(std::string_view, std::size_t)>;
template <class Make>
reading with(Make make) {
  return [make](std::string_view bytes, std::size_t piece) { return read_all(make(), bytes, piece); };
}

const std::map<std::string, reading>& readings() {
  static const std::map<std::string, reading> all{
      {"GetFolder", with(read_get_folder)},
      {"FindFolder", with(read_find_folder)},
      {"CreateFolder", with(read_create_folder)},
      {"UpdateFolder", with(read_update_folder)},
      {"DeleteFolder", with(read_delete_folder)},
      {"SyncFolderHierarchy", with(read_sync_folder_hierarchy)},
      {"SyncFolderItems", with(read_sync_folder_items)},
      {"FindItem", with(read_find_item)},
      {"GetItem", with(read_get_item)},
      {"CreateItem", with(read_create_items)},
      {"UpdateItem", with(read_update_item)},
      {"DeleteItem", with(read_delete_items)},
      {"GetAttachment", with(read_get_attachment)},
      {"CreateAttachment", with(read_create_attachments)},
      {"DeleteAttachment", with(read_delete_attachments)},
      {"MoveItem", with(read_move_items)},
      {"CopyItem", with(read_copy_items)},
      {"ResolveNames", with(read_resolve_names)},
      {"Subscribe", with(read_subscribe)},
      {"Unsubscribe", with(read_unsubscribe)},
  };
  return all;
}

struct sample {
  std::string file, operation, direction, bytes;
};

const std::vector<sample>& samples() {
  static const std::vector<sample> all = [] {
    std::vector<sample> out;
    const auto directory = std::filesystem::path(EWS_DATA_DIR) / "samples";
    std::ifstream index(directory / "INDEX.tsv");
    std::string line;
    std::getline(index, line);
    while (std::getline(index, line)) {
      std::istringstream columns(line);
      sample s;
      std::getline(columns, s.file, '\t');
      std::getline(columns, s.operation, '\t');
      std::getline(columns, s.direction, '\t');
      std::ifstream file(directory / s.file, std::ios::binary);
      s.bytes.assign(std::istreambuf_iterator<char>(file), {});
      out.push_back(std::move(s));
    }
    if (out.empty()) std::cerr << "EWS_DATA_DIR is not set: the samples are not read\n";
    return out;
  }();
  return all;
}

// ---- the other opinion
// -----------------------------------------------------------------------------------------------

std::vector<xmlNodePtr> nodes(xmlXPathContextPtr context, xmlNodePtr from, const std::string& path) {
  context->node = from;
  auto* found = xmlXPathEvalExpression(reinterpret_cast<const xmlChar*>(path.c_str()), context);
  std::vector<xmlNodePtr> out;
  if (found && found->nodesetval)
    for (int i = 0; i < found->nodesetval->nodeNr; ++i)
      out.push_back(found->nodesetval->nodeTab[i]);
  xmlXPathFreeObject(found);
  return out;
}

std::string text_of(xmlNodePtr node) {
  auto* text = xmlNodeGetContent(node);
  std::string out(reinterpret_cast<const char*>(text));
  xmlFree(text);
  if (node->type == XML_ATTRIBUTE_NODE) return out; // ids are opaque
  const auto from = out.find_first_not_of(" \n\t");
  return from == std::string::npos ? "" : out.substr(from, out.find_last_not_of(" \n\t") - from + 1);
}

std::string named(const char* name) {
  return std::string("*[local-name()='") + name + "']";
}

/// Where the ids of one message stand, by operation.
std::string ids_path(const std::string& operation) {
  if (operation == "GetFolder" || operation == "CreateFolder" || operation == "UpdateFolder")
    return named("Folders") + "/*[1]/" + named("FolderId") + "/@Id";
  if (operation == "FindFolder")
    return named("RootFolder") + "/" + named("Folders") + "/*/" + named("FolderId") + "/@Id";
  if (operation == "SyncFolderHierarchy") return named("Changes") + "/*//" + named("FolderId") + "/@Id";
  if (operation == "SyncFolderItems")
    return named("Changes") + "/*/*/" + named("ItemId") + "/@Id|" + named("Changes") + "/*/" + named("ItemId") + "/@Id";
  if (operation == "GetAttachment") return named("Attachments") + "/*[1]/" + named("Name");
  if (operation == "CreateAttachment") return named("Attachments") + "/*[1]/" + named("AttachmentId") + "/@Id";
  if (operation == "DeleteAttachment") return named("RootItemId") + "/@RootItemId";
  if (operation == "FindItem") {
    const auto items = named("Items") + "/*/" + named("ItemId") + "/@Id";
    return named("RootFolder") + "/" + items + "|" + named("RootFolder") + "/" + named("Groups") + "/*/" + items;
  }
  if (operation == "ResolveNames")
    return named("ResolutionSet") + "/*/" + named("Mailbox") + "/" + named("EmailAddress");
  if (operation == "Subscribe") return named("SubscriptionId");
  if (operation == "DeleteItem" || operation == "DeleteFolder" || operation == "Unsubscribe") return "nothing";
  return named("Items") + "/*[1]/" + named("ItemId") + "/@Id";
}

told expected(const sample& s) {
  told out;
  std::unique_ptr<xmlDoc, void (*)(xmlDocPtr)> document(
      xmlReadMemory(s.bytes.data(), static_cast<int>(s.bytes.size()), nullptr, nullptr,
                    XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NONET | XML_PARSE_HUGE),
      xmlFreeDoc);
  if (!document) return {"broken", {}, {}};
  auto* context = xmlXPathNewContext(document.get());
  auto* root = xmlDocGetRootElement(document.get());
  for (auto* info : nodes(context, root, "//" + named("ServerVersionInfo"))) {
    const auto value = [&](const char* name) {
      const auto found = nodes(context, info, std::string("@") + name);
      return found.empty() ? std::string("0") : text_of(found[0]);
    };
    out.build = value("MajorVersion") + "." + value("MajorBuildNumber");
  }
  const auto answers = nodes(
      context, root, "/" + named("Envelope") + "/" + named("Body") + "/" + named((s.operation + "Response").c_str()));
  if (answers.empty()) {
    out.outcome = "broken";
  } else {
    out.outcome = "answer";
    for (auto* message : nodes(context, answers[0], named("ResponseMessages") + "/*")) {
      const auto cls = nodes(context, message, "@ResponseClass");
      const auto code = nodes(context, message, named("ResponseCode"));
      const auto name = code.empty() ? std::string("NoError") : text_of(code[0]);
      if ((cls.empty() || text_of(cls[0]) != "Success") &&
          !(s.operation == "ResolveNames" && name == "ErrorNameResolutionMultipleResults")) {
        out.entries.push_back("error " + name);
        continue;
      }
      std::string ids = "ok";
      for (auto* id : nodes(context, message, ids_path(s.operation)))
        ids += " " + text_of(id);
      out.entries.push_back(ids);
    }
  }
  xmlXPathFreeContext(context);
  return out;
}

} // namespace

TEST_CASE("every response sample of our operations is read as it is") {
  int read = 0, good = 0;
  for (const auto& s : samples()) {
    if (s.direction != "response" || !readings().contains(s.operation)) continue;
    INFO(s.file);
    const auto ours = readings().at(s.operation)(s.bytes, s.bytes.size());
    const auto theirs = expected(s);
    CHECK(ours.outcome == theirs.outcome);
    if (theirs.outcome == "answer") {
      CHECK(ours.entries == theirs.entries);
      CHECK(ours.build == theirs.build);
      ++good;
    }
    ++read;
  }
  if (!samples().empty()) {
    CHECK(read > 150);
    CHECK(good > 150);
  }
}

TEST_CASE("every fault sample is a fault with its code") {
  int read = 0;
  for (const auto& s : samples()) {
    if (s.operation != "Fault") continue;
    INFO(s.file);
    for (const auto& [operation, reading] : readings()) {
      const auto ours = reading(s.bytes, s.bytes.size());
      CHECK(ours.outcome.starts_with("fault "));
      CHECK(ours.outcome.size() > 6);
      // The file's name says the code: Fault-response-ErrorServerBusy-….xml
      if (const auto at = s.file.find("-Error"); at != std::string::npos)
        CHECK(ours.outcome == "fault " + s.file.substr(at + 1, s.file.find('-', at + 1) - at - 1));
    }
    ++read;
  }
  if (!samples().empty()) CHECK(read == 19);
}

TEST_CASE("every other sample is refused by name, and none is read differently in pieces") {
  for (const auto& s : samples()) {
    INFO(s.file);
    for (const auto& [operation, reading] : readings()) {
      if (s.direction == "response" && s.operation == operation) continue;
      if (s.operation == "Fault") continue;
      const auto ours = reading(s.bytes, s.bytes.size());
      CHECK((ours.outcome == "broken" || ours.outcome.starts_with("fault ")));
    }
    const auto& own = readings().contains(s.operation) ? readings().at(s.operation) : readings().at("GetItem");
    const auto whole = own(s.bytes, s.bytes.size() + 1);
    CHECK(own(s.bytes, 1) == whole);
    CHECK(own(s.bytes, 37) == whole);
  }
}

TEST_CASE("a sample that is cut anywhere is a broken document") {
  for (const auto& s : samples()) {
    if (s.direction != "response" || !readings().contains(s.operation)) continue;
    INFO(s.file);
    const auto& reading = readings().at(s.operation);
    const auto whole = reading(s.bytes, s.bytes.size());
    const auto end = s.bytes.rfind("Envelope>");
    if (whole.outcome != "answer" || end == std::string::npos) continue;
    for (std::size_t cut : {std::size_t{0}, std::size_t{1}, s.bytes.size() / 7, s.bytes.size() / 3, s.bytes.size() / 2,
                            s.bytes.size() * 5 / 6, end}) {
      INFO(cut);
      CHECK(reading(std::string_view(s.bytes).substr(0, cut), 512).outcome == "broken");
    }
  }
}
