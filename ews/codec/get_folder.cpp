#include "ews/codec/get_folder.hpp"

namespace exsyncd::ews {

std::string write(const request_context& context, const get_folder& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:GetFolder");
    // Since 2013 (UnindexedFieldURIType of its schema).
    const bool tells_names = context.version->age >= schema_age::exchange2013_sp1;
    write_folder_shape(out, request.is_public, tells_names && request.folders.size() > 1);
    out.open("m:FolderIds");
    for (const auto& folder : request.folders)
      write_folder_reference(out, folder);
    out.close("m:FolderIds");
    out.close("m:GetFolder");
  });
}

std::variant<keyed_folder, std::string> read_one_folder(element& message) {
  const auto* folders = message.child("Folders");
  if (!folders || folders->children.empty()) return "a success without a folder";
  auto folder = read_folder(folders->children.front());
  if (folder.folder.id.empty()) return "a folder without an id";
  return folder;
}

answer_reader<keyed_folder> read_get_folder() {
  return {"GetFolder", read_one_folder};
}

} // namespace exsyncd::ews
