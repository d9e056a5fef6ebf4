#include "daemon/show.hpp"

#include "ews/model/field_name.hpp"

#include <nlohmann/json.hpp>

namespace exsyncd {

using nlohmann::json;

std::string show(side s) {
  return s == side::primary ? "primary" : "replica";
}

std::string show(field f) {
  return name_of(f);
}

json show(const std::vector<field>& fields) {
  auto list = json::array();
  for (const auto f : fields)
    list.push_back(show(f));
  return list;
}

} // namespace exsyncd
