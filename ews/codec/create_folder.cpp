#include "ews/codec/create_folder.hpp"

#include "ews/codec/get_folder.hpp"

namespace exsyncd::ews {
namespace {

/// The element that stands for a class; its own class is the server's then (CreateFolder page, "Folders").
std::string_view element_of(std::string_view folder_class) {
  if (folder_class == "IPF.Appointment") return "t:CalendarFolder";
  if (folder_class == "IPF.Contact") return "t:ContactsFolder";
  if (folder_class == "IPF.Task") return "t:TasksFolder";
  return "t:Folder";
}

} // namespace

std::string write(const request_context& context, const create_folder& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:CreateFolder");
    out.open("m:ParentFolderId");
    write_folder_reference(out, request.parent);
    out.close("m:ParentFolderId");
    out.open("m:Folders");
    const auto element = element_of(request.folder_class);
    out.open(element);
    if (element == "t:Folder" && !request.folder_class.empty()) out.text("t:FolderClass", request.folder_class);
    out.text("t:DisplayName", request.display_name);
    out.close(element);
    out.close("m:Folders");
    out.close("m:CreateFolder");
  });
}

answer_reader<keyed_folder> read_create_folder() {
  return {"CreateFolder", read_one_folder};
}

} // namespace exsyncd::ews
