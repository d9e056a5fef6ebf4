#include "ews/codec/delete_folder.hpp"

#include "ews/codec/properties.hpp"

namespace exsyncd::ews {

std::string write(const request_context& context, const delete_folder& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:DeleteFolder", {{"DeleteType", "MoveToDeletedItems"}});
    out.open("m:FolderIds");
    for (const auto& folder : request.folders)
      write_folder_reference(out, folder);
    out.close("m:FolderIds");
    out.close("m:DeleteFolder");
  });
}

answer_reader<done> read_delete_folder() {
  return {"DeleteFolder", [](element&) -> std::variant<done, std::string> { return done{}; }};
}

} // namespace exsyncd::ews
