#include "ews/codec/sync_folder_hierarchy.hpp"

namespace exsyncd::ews {

std::string write(const request_context& context, const sync_folder_hierarchy& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:SyncFolderHierarchy");
    write_folder_shape(out);
    if (request.root) {
      out.open("m:SyncFolderId");
      write_folder_reference(out, *request.root);
      out.close("m:SyncFolderId");
    }
    if (!request.cursor.empty()) out.text("m:SyncState", request.cursor.value);
    out.close("m:SyncFolderHierarchy");
  });
}

answer_reader<hierarchy_page> read_sync_folder_hierarchy() {
  return {"SyncFolderHierarchy", [](element& message) -> std::variant<hierarchy_page, std::string> {
            hierarchy_page page;
            page.cursor = sync_cursor(std::string(message.text_of("SyncState")));
            if (page.cursor.empty()) return "a success without SyncState";
            page.last = read_bool(message.text_of("IncludesLastFolderInRange"));
            const auto* changes = message.child("Changes");
            if (!changes) return page;
            for (const auto& change : changes->children) {
              if (change.name == "Delete") {
                const auto* id = change.child("FolderId");
                if (!id) return "a Delete without FolderId";
                page.changes.emplace_back(folder_left{folder_id(std::string(id->attribute("Id")))});
              } else if (change.name == "Create" || change.name == "Update") {
                if (change.children.empty()) return "a change without a folder";
                page.changes.emplace_back(read_folder(change.children.front()));
              }
            }
            return page;
          }};
}

} // namespace exsyncd::ews
