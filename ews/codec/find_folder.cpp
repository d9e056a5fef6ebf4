#include "ews/codec/find_folder.hpp"

#include <charconv>

namespace exsyncd::ews {

std::string write(const request_context& context, const find_folder& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:FindFolder", {{"Traversal", request.deep ? "Deep" : "Shallow"}});
    write_folder_shape(out, request.is_public);
    out.empty("m:IndexedPageFolderView", {{"MaxEntriesReturned", std::to_string(request.page)},
                                          {"Offset", std::to_string(request.offset)},
                                          {"BasePoint", "Beginning"}});
    out.open("m:ParentFolderIds");
    write_folder_reference(out, request.parent);
    out.close("m:ParentFolderIds");
    out.close("m:FindFolder");
  });
}

answer_reader<folder_page> read_find_folder() {
  return {"FindFolder", [](element& message) -> std::variant<folder_page, std::string> {
            const auto* root = message.child("RootFolder");
            if (!root) return "a success without RootFolder";
            folder_page page;
            if (const auto* folders = root->child("Folders"))
              for (const auto& folder : folders->children) {
                auto& read = page.folders.emplace_back(read_folder(folder));
                if (read.folder.id.empty()) return "a folder without an id";
              }
            const auto next = root->attribute("IndexedPagingOffset");
            std::from_chars(next.data(), next.data() + next.size(), page.next_offset);
            const auto last = root->attribute("IncludesLastItemInRange");
            page.last = last.empty() || read_bool(last);
            return page;
          }};
}

} // namespace exsyncd::ews
