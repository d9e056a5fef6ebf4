#pragma once

#include "tests/simulate/dice.hpp"
#include "tests/simulate/plan.hpp"

namespace simulate {

/// Draws items and what users do to them. Every value is one that was not there before, where there are many.
class item_drawer {
public:
  explicit item_drawer(dice& from) : dice_(from) {}
  /// A new item of this kind with a label of its own.
  nlohmann::json item(const std::string& kind, const std::string& folder);
  /// What a user does with some item of this kind; `folders`: where else it may go.
  nlohmann::json act(const std::string& kind, const std::vector<std::string>& folders);

private:
  nlohmann::json mail(const std::string& folder);
  nlohmann::json contact(const std::string& folder);
  nlohmann::json task(const std::string& folder);
  nlohmann::json appointment(const std::string& folder);
  nlohmann::json edit(const std::string& kind);
  std::string label() { return "label-" + std::to_string(++labels_); }
  std::string words() { return "words " + std::to_string(++values_); }
  std::string number() { return std::to_string(++values_); }

  dice& dice_;
  int labels_ = 0, values_ = 0;
};

} // namespace simulate
