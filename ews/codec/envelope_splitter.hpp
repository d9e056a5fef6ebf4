#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace exsyncd::ews {

/// Cuts bytes that hold one XML document after the other, as the answer to GetStreamingEvents does, at the ends of
/// their roots (expat). A document is handed over as soon as its last byte is there.
class envelope_splitter {
public:
  /// More than this in one document is no envelope of notifications.
  static constexpr std::size_t largest = std::size_t{8} << 20;

  explicit envelope_splitter(std::function<void(std::string&& document)> whole);
  ~envelope_splitter();
  envelope_splitter(envelope_splitter&&) noexcept;
  envelope_splitter& operator=(envelope_splitter&&) noexcept;

  /// False once what came is known not to be such documents; further bytes are ignored then.
  bool feed(std::string_view bytes);
  /// What is wrong, where feed said so.
  const std::optional<std::string>& broken() const;
  /// Whether a document has begun and not ended.
  bool inside() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace exsyncd::ews
