#include "ews/codec/create_folder.hpp"

#include "ews/codec/get_folder.hpp"

namespace exsyncd::ews {

std::string write(const request_context& context, const create_folder& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:CreateFolder");
    out.open("m:ParentFolderId");
    write_folder_reference(out, request.parent);
    out.close("m:ParentFolderId");
    out.open("m:Folders");
    out.open("t:Folder");
    if (!request.folder_class.empty()) out.text("t:FolderClass", request.folder_class);
    out.text("t:DisplayName", request.display_name);
    out.close("t:Folder");
    out.close("m:Folders");
    out.close("m:CreateFolder");
  });
}

answer_reader<keyed_folder> read_create_folder() {
  return {"CreateFolder", read_one_folder};
}

} // namespace exsyncd::ews
