#include "tests/exchange_sim/item_writing.hpp"

#include "tests/exchange_sim/access.hpp"
#include "tests/exchange_sim/attachments.hpp"
#include "tests/exchange_sim/item_types.hpp"
#include "tests/exchange_sim/limits.hpp"
#include "tests/exchange_sim/mime.hpp"
#include "tests/exchange_sim/soap.hpp"

namespace exchange_sim {

disposition read_disposition(node request) {
  auto word = request.attribute("MessageDisposition");
  if (!word)
    throw response_error{"ErrorMessageDispositionRequired", "Message disposition is required for this operation."};
  return *word == "SendOnly"          ? disposition::send_only
         : *word == "SendAndSaveCopy" ? disposition::send_and_save
                                      : disposition::save_only;
}

void send(session& s, const item& sent) {
  if (sent.to.empty() && sent.cc.empty() && sent.bcc.empty())
    throw response_error{"ErrorInvalidRecipients", "At least one recipient isn't valid."};
  auto changes = s.changes();
  count_mail(changes, sent, sent.item_class.starts_with("IPM.Schedule") ? "invitations" : "submitted");
}

std::string topic_of(std::string_view subject) {
  for (bool again = true; again;) {
    again = false;
    for (std::string_view prefix : {"re: ", "fw: ", "fwd: ", "aw: ", "wg: "})
      if (lower(subject.substr(0, prefix.size())) == prefix) {
        subject.remove_prefix(prefix.size());
        again = true;
      }
  }
  return std::string(subject);
}

namespace {

constexpr std::string_view no_items = "<m:Items/>";

} // namespace

item read_new_item(session& s, node element, const item_rules& rules, int depth) {
  item made;
  made.item_class = rules.item_class == nullptr ? "IPM.Note" : rules.item_class;
  made.draft = true;
  made.read = true;
  for (auto value : element.children()) {
    if (value.is("ExtendedProperty")) {
      auto path = read_property_path(value.child("ExtendedFieldURI"));
      set_extended(s, made, path, read_extended_value(path, value), write_stage::creating);
      continue;
    }
    if (value.is("Attachments") && s.knows(schema_version::e2010_sp2)) {
      for (auto one : value.children())
        made.attachments.push_back(read_attachment(s, one, depth));
      continue;
    }
    // Before 2010 SP2 the attachments of a CreateItem are passed over (MS-OXWSCORE R2281).
    if (value.is("Attachments") && !s.knows(schema_version::e2010_sp2)) continue;
    const auto* row = field_of_element(rules, value.name());
    if (row == nullptr || row->set_value == nullptr)
      throw response_error{"ErrorInvalidPropertySet",
                           "Set action is invalid for property.",
                           {},
                           row == nullptr ? std::string() : "<t:FieldURI FieldURI=\"" + std::string(row->uri) + "\"/>"};
    row->set_value(s, made, value, write_stage::creating);
  }
  return made;
}

namespace {

void check_sizes(const session& s, const item& made) {
  for (const auto& part : made.attachments)
    if (part.content.size() > s.host.profile.attachment_bytes)
      throw response_error{"ErrorMessageSizeExceeded", "The message exceeds the maximum supported size."};
}

// What the store fills in by itself at the first save.
void complete_new_item(session& s, item& made, bool sending, bool came_as_mime) {
  if (sending) {
    made.draft = false;
    made.read = true;
    made.from_me = true;
  }
  if (made.item_class == "IPM.Note" || made.item_class.starts_with("IPM.Note.")) {
    address self{s.box->who.display_name, s.box->who.address, "SMTP"};
    if (!made.from && !made.sender) made.from = made.sender = self;
    if (!made.sender) made.sender = made.from;
    if (!made.from) made.from = made.sender;
    // What somebody else wrote is kept as it came.
    if (made.message_id.empty() && (made.draft || sending || !came_as_mime)) {
      static constexpr char digits[] = "0123456789abcdef";
      made.message_id = "<";
      for (unsigned char c : random_bytes(s.options.random, 12)) {
        made.message_id += digits[c >> 4];
        made.message_id += digits[c & 0xf];
      }
      made.message_id += "@" + s.host.name + ".exchange-sim>";
    }
  }
  if (!made.sent) made.sent = s.now;
  if (!made.received) made.received = s.now;
  if (made.conversation_topic.empty()) made.conversation_topic = topic_of(made.subject);
  if (made.conversation_index.empty()) made.conversation_index = "\x01" + random_bytes(s.options.random, 21);
  // A copy keeps the sender's wish: whoever first reads it in this mailbox would send the receipt.
  made.receipt_pending = made.read_receipt_requested && !made.draft && !made.read && !made.from_me;
}

// Contacts, tasks, appointments and posts are made in folders of their class only; a move may put them anywhere.
void check_folder_class(std::string_view item_class, const folder& to) {
  auto element = element_of_class(item_class);
  auto holds = [&](std::string_view folder_class) { return to.folder_class.starts_with(folder_class); };
  const char* code = nullptr;
  if ((element == "Contact" || element == "DistributionList") && !holds("IPF.Contact"))
    code = "ErrorCannotCreateContactInNonContactFolder";
  if (element == "Task" && !holds("IPF.Task")) code = "ErrorCannotCreateTaskInNonTaskFolder";
  if (element == "CalendarItem" && !holds("IPF.Appointment")) code = "ErrorCannotCreateCalendarItemInNonCalendarFolder";
  if (element == "PostItem" && !holds("IPF.Note")) code = "ErrorCannotCreatePostItemInNonMailFolder";
  if (code != nullptr) throw response_error{code, "An item of this type cannot be created in a folder of this class."};
}

void write_created(session& s, xml_writer& out, const item& made) {
  out.open("m:Items");
  auto element = "t:" + element_of_class(made.item_class);
  out.open(element);
  write_item_id(*s.box, out, made);
  if (!made.attachments.empty()) {
    out.open("t:Attachments");
    for (const auto& part : made.attachments) {
      out.open(part.is_message ? "t:ItemAttachment" : "t:FileAttachment");
      out.empty("t:AttachmentId", {{"Id", wire_attachment_id(*s.box, made.key, part.key)}});
      out.close();
    }
    out.close();
  }
  out.close();
  out.close();
}

void create_one(session& s, node request, node element, xml_writer& out) {
  auto name = element.name();
  const auto* rules = rules_of_element(name);
  if (rules == nullptr || rules->item_class == nullptr)
    throw response_error{"ErrorInvalidItemForOperationCreateItem",
                         "Items of this type cannot be created by their fields: " + name + "."};
  auto how = name == "Message" ? read_disposition(request) : disposition::save_only;
  auto made = read_new_item(s, element, *rules);
  // A class of another type would make the item something else than its element says.
  if (name != "Item" && !element.child("MimeContent") && &rules_of_class(made.item_class) != rules)
    throw response_error{"ErrorObjectTypeChanged", "The item class does not go with the type of the item."};
  if (made.item_class.starts_with("IPM.Schedule") && !element.child("MimeContent"))
    throw response_error{"ErrorInvalidItemForOperationCreateItem",
                         "Meeting messages cannot be created by their fields."};
  if (rules->creating != nullptr) rules->creating(s, request, element, made);
  bool sending = how != disposition::save_only;
  complete_new_item(s, made, sending, static_cast<bool>(element.child("MimeContent")));
  check_sizes(s, made);
  auto saved = request.child("SavedItemFolderId");
  auto& to = saved ? target_folder(s, saved, "ErrorSavedItemFolderNotFound")
                   : *s.box->distinguished(sending ? "sentitems" : rules->folder);
  require(s, to, &folder_rights::create);
  check_folder_class(made.item_class, to);
  if (sending && s.box->is_public)
    throw response_error{"ErrorInvalidOperation", "Copies of sent messages are not saved into public folders."};
  check_room(s, made);
  if (sending) send(s, made);
  if (how == disposition::send_only) {
    out.raw(no_items);
    return;
  }
  auto changes = s.changes();
  write_created(s, out, put_item(changes, to, std::move(made)));
}

// Exchange keeps the mail as it is: the pending receipt is forgotten, the ChangeKey stays.
void suppress_receipt(session& s, node element, xml_writer& out) {
  auto reference = element.child("ReferenceItemId");
  if (!reference) throw response_error{"ErrorMissingInformationReferenceItemId", "The reference item id is missing."};
  auto& about = item_of_reference(s, reference);
  if (!about.receipt_pending)
    throw response_error{"ErrorReadReceiptNotPending", "The message has no read receipt pending."};
  about.receipt_pending = false;
  ++s.all.revision;
  out.raw(no_items);
}

} // namespace

item_fact fact_of_new_item(node element, bool with_body) {
  item_fact fact{"", element.child("Subject").text(), element.child("InternetMessageId").text()};
  if (with_body) fact.body = element.child("Body").text();
  if (auto mime = element.child("MimeContent")) {
    // So that a fault aimed at one mail meets it however it is created.
    item probe;
    if (auto bytes = from_base64(mime.text()); bytes && take_mime(probe, *bytes)) {
      if (fact.subject.empty()) fact.subject = probe.subject;
      if (fact.message_id.empty()) fact.message_id = probe.message_id;
      if (with_body && fact.body.empty()) fact.body = probe.body.text;
    }
  }
  return fact;
}

void create_item(session& s, node request, xml_writer& out) {
  for (auto element : request.child("Items").children()) {
    auto fact = fact_of_new_item(element, s.faults.looks_at_bodies());
    respond(
        s, out, "m:CreateItemResponseMessage", {fact},
        [&](xml_writer& inside) {
          if (element.is("SuppressReadReceipt"))
            suppress_receipt(s, element, inside);
          else
            create_one(s, request, element, inside);
        },
        no_items);
  }
}

} // namespace exchange_sim
