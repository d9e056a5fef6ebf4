#pragma once

#include "tests/simulate/model/recorder.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace simulate {

/// What is where, kept up as it happens, so that users find what they act on. Passes everything on to the recorder.
class watcher final : public exchange_sim::observer {
public:
  struct sight {
    std::string id, folder, label;
  };
  void happened(const exchange_sim::act_record&) override;

  /// Of one mailbox ("ann@hq.example"), in the order of arrival.
  const std::map<std::uint64_t, sight>& items(const std::string& mailbox) const;
  bool is_there(const std::string& id) const { return there_.contains(id); }
  /// Mails that a request of the daemon would have sent.
  std::uint64_t mailed_by_daemon() const { return mailed_; }

  model::recorder& recorder() { return recorder_; }

private:
  model::recorder recorder_;
  std::map<std::string, std::map<std::uint64_t, sight>> items_;
  std::map<std::string, int> there_;
  std::uint64_t mailed_ = 0;
};

} // namespace simulate
