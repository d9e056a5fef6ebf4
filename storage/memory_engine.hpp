#pragma once

#include "storage/engine.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace exsyncd {

/// An engine without a disk, for tests and dry runs. What `write` was not called for is lost with the store above it,
/// as it is with a process that ends; `synced` is what a crash leaves, and a new engine can be made of it.
class memory_engine : public engine {
public:
  using contents = std::map<std::string, std::string, std::less<>>;
  enum class moment { before, after };
  /// Asked before and after the n-th write (from 1) takes effect; a failure is returned to the caller of `write`: from
  /// `before` nothing was written, from `after` everything was. It may throw, which is a crash at that moment.
  using write_hook = std::function<std::optional<storage_failure>(std::uint64_t n, moment)>;

  memory_engine() = default;
  explicit memory_engine(contents from) : synced_(std::move(from)) {}

  const contents& synced() const { return synced_; }
  std::uint64_t writes() const { return writes_; }
  write_hook on_write;

  std::optional<std::string> get(std::string_view key) const override;
  void scan(std::string_view prefix, const visitor& visit) const override;
  std::optional<storage_failure> write(const batch&) override;
  std::optional<storage_failure> failure() const override { return {}; }
  std::unique_ptr<engine> snapshot() const override;

private:
  contents synced_;
  std::uint64_t writes_ = 0;
};

} // namespace exsyncd
