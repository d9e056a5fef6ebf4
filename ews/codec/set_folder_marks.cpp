#include "ews/codec/set_folder_marks.hpp"

#include "ews/codec/get_folder.hpp"
#include "ews/codec/properties.hpp"

namespace exsyncd::ews {
namespace {

std::string_view element_of(const std::string& folder_class) {
  if (folder_class.starts_with("IPF.Appointment")) return "t:CalendarFolder";
  if (folder_class.starts_with("IPF.Contact")) return "t:ContactsFolder";
  if (folder_class.starts_with("IPF.Task")) return "t:TasksFolder";
  return "t:Folder";
}

} // namespace

std::string write(const request_context& context, const set_folder_marks& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:UpdateFolder");
    out.open("m:FolderChanges");
    for (const auto& f : request.folders) {
      out.open("t:FolderChange");
      if (f.guard.empty())
        out.empty("t:FolderId", {{"Id", f.folder.value}});
      else
        out.empty("t:FolderId", {{"Id", f.folder.value}, {"ChangeKey", f.guard.value}});
      out.open("t:Updates");
      if (f.value.empty()) {
        out.open("t:DeleteFolderField");
        write_property_name(out, property::mark);
        out.close("t:DeleteFolderField");
      } else {
        const auto element = element_of(f.folder_class);
        out.open("t:SetFolderField");
        write_property_name(out, property::mark);
        out.open(element);
        write_property(out, property::mark, f.value);
        out.close(element);
        out.close("t:SetFolderField");
      }
      out.close("t:Updates");
      out.close("t:FolderChange");
    }
    out.close("m:FolderChanges");
    out.close("m:UpdateFolder");
  });
}

answer_reader<keyed_folder> read_set_folder_marks() {
  return {"UpdateFolder", read_one_folder};
}

} // namespace exsyncd::ews
