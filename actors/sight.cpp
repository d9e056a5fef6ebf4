#include "actors/sight.hpp"

namespace exsyncd {

std::string text_of(const out_of_sight& what) {
  const auto items = [](std::uint32_t n, const char* one, const char* more) {
    return std::to_string(n) + (n == 1 ? one : more);
  };
  std::string text;
  if (what.hidden > 0)
    text = items(what.hidden, " item is", " items are") +
           " hidden from the account (marked private); what is hidden is left alone";
  if (what.doubted > 0)
    text += (text.empty() ? "" : "; ") + items(what.doubted, " item has", " items have") +
            " left the list while the account lost sight of items: not taken for deleted, the other side keeps " +
            (what.doubted == 1 ? "its copy" : "its copies");
  return text;
}

std::string hint_for(const out_of_sight& what) {
  std::string hint;
  if (!what.nothing())
    hint = "if private items shall be kept in step, give the account full access to the mailbox "
           "(Add-MailboxPermission -AccessRights FullAccess)";
  if (what.doubted > 0)
    hint += "; what was really deleted is told once nothing is hidden any more, or can be deleted on the other side by "
            "hand";
  return hint;
}

} // namespace exsyncd
