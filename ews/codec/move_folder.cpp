#include "ews/codec/move_folder.hpp"

#include "ews/codec/get_folder.hpp"

namespace exsyncd::ews {

std::string write(const request_context& context, const move_folder& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:MoveFolder");
    out.open("m:ToFolderId");
    write_folder_reference(out, request.to);
    out.close("m:ToFolderId");
    out.open("m:FolderIds");
    write_folder_reference(out, request.folder);
    out.close("m:FolderIds");
    out.close("m:MoveFolder");
  });
}

answer_reader<keyed_folder> read_move_folder() {
  return {"MoveFolder", read_one_folder};
}

} // namespace exsyncd::ews
