#pragma once

#include "tests/simulate/dice.hpp"
#include "tests/simulate/plan.hpp"

namespace simulate {

/// Draws items and what users do to them. Every value is one that was not there before, where there are many.
class item_drawer {
public:
  /// `values`: from where on values and labels are counted, where another one draws for the same items.
  explicit item_drawer(dice& from, int values = 0) : dice_(from), labels_(values), values_(values) {}
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
  int labels_, values_;
};

} // namespace simulate
