#include "ews/codec/update_folder.hpp"

#include "ews/codec/get_folder.hpp"

namespace exsyncd::ews {

std::string write(const request_context& context, const update_folder& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:UpdateFolder");
    out.open("m:FolderChanges");
    out.open("t:FolderChange");
    if (request.guard.empty())
      out.empty("t:FolderId", {{"Id", request.folder.value}});
    else
      out.empty("t:FolderId", {{"Id", request.folder.value}, {"ChangeKey", request.guard.value}});
    out.open("t:Updates");
    out.open("t:SetFolderField");
    out.empty("t:FieldURI", {{"FieldURI", "folder:DisplayName"}});
    out.open("t:Folder");
    out.text("t:DisplayName", request.display_name);
    out.close("t:Folder");
    out.close("t:SetFolderField");
    out.close("t:Updates");
    out.close("t:FolderChange");
    out.close("m:FolderChanges");
    out.close("m:UpdateFolder");
  });
}

answer_reader<keyed_folder> read_update_folder() {
  return {"UpdateFolder", read_one_folder};
}

} // namespace exsyncd::ews
