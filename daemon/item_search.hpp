#pragma once

#include "daemon/engine_room.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace exsyncd {

/// Goes over every item that the store knows, in small portions, so that the ledger answers others in between.
class item_search : public std::enable_shared_from_this<item_search> {
public:
  /// `visit` says false to end the search; `done` is called once, with what went wrong or an empty text. Both are
  /// called one after the other, from other threads. `room` must outlive the search.
  static void start(engine_room& room, std::function<bool(const twin&)> visit,
                    std::function<void(const std::string& failed)> done);

private:
  item_search(engine_room& room, std::function<bool(const twin&)> visit, std::function<void(const std::string&)> done)
      : room_(room), visit_(std::move(visit)), done_(std::move(done)) {}
  void next();

  engine_room& room_;
  std::function<bool(const twin&)> visit_;
  std::function<void(const std::string&)> done_;
  unsigned portion_ = 0;
};

} // namespace exsyncd
