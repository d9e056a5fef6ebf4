#include "actors/ews/folder_paths.hpp"

#include "ews/codec/properties.hpp"

#include <algorithm>
#include <cctype>

namespace exsyncd {
namespace {

constexpr std::string_view public_prefix = "public:";

folder_path split(std::string_view written) {
  folder_path out(1);
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] == '\\' && i + 1 < written.size() && (written[i + 1] == '/' || written[i + 1] == '\\'))
      out.back() += written[++i];
    else if (written[i] == '/')
      out.emplace_back();
    else
      out.back() += written[i];
  }
  return out;
}

} // namespace

failure no_such_folder(const std::string& written, const std::string& missing) {
  return {reach::folder,
          retry::after_change,
          {},
          "ErrorFolderNotFound",
          "folder " + written + ": there is no \"" + missing + "\", or the account may not see it",
          is_public_path(written)
              ? "check the path (public:/, then names separated by /) and that the account may read each of its folders"
              : "check the path: a well-known name (inbox, calendar, …) and names separated by /; and the account's "
                "right to the folder"};
}

bool is_public_path(std::string_view written) {
  return written.starts_with(public_prefix);
}

result<folder_path> parse_folder_path_of(mailbox_store store, const std::string& written) {
  const bool is_public = is_public_path(written);
  if (is_public != (store == mailbox_store::public_folders))
    return no_such_folder(written, is_public ? "public:" : written);
  folder_path out;
  if (is_public) {
    std::string_view names = written;
    names.remove_prefix(public_prefix.size());
    if (names.starts_with('/')) names.remove_prefix(1);
    out.emplace_back(public_root);
    if (!names.empty())
      for (auto& name : split(names))
        out.push_back(std::move(name));
  } else {
    out = split(written);
    if (!ews::is_distinguished_folder(out.front())) return no_such_folder(written, out.front());
  }
  for (const auto& name : out)
    if (name.empty()) return no_such_folder(written, "");
  return out;
}

std::string escaped_step(std::string_view name) {
  std::string out = "/";
  for (char c : name) {
    if (c == '/' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

} // namespace exsyncd
