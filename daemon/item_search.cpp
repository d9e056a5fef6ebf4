#include "daemon/item_search.hpp"

#include <utility>

namespace exsyncd {
namespace {

constexpr unsigned portions = 256; // ids are random and hexadecimal: two digits make so many
constexpr std::chrono::minutes patience{5};

} // namespace

void item_search::start(engine_room& room, std::function<bool(const twin&)> visit,
                        std::function<void(const std::string&)> done) {
  std::shared_ptr<item_search>(new item_search(room, std::move(visit), std::move(done)))->next();
}

void item_search::next() {
  if (portion_ == portions) return done_({});
  constexpr auto digits = "0123456789abcdef";
  const std::string prefix{digits[portion_ / 16], digits[portion_ % 16]};
  ++portion_;
  const auto me = shared_from_this();
  room_.ask_ledger<twins_loaded>(
      browse_twins{prefix}, patience,
      [me](twins_loaded& found) {
        for (const auto& t : found.twins)
          if (!me->visit_(t)) return me->done_({});
        me->next();
      },
      [me](const std::string& why) { me->done_(why); });
}

} // namespace exsyncd
