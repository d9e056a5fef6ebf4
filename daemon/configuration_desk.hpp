#pragma once

#include "daemon/admin/control.hpp"
#include "daemon/declarations.hpp"
#include "daemon/engine_room.hpp"

#include <nlohmann/json_fwd.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace exsyncd {

/// The admin socket's methods about what is declared. All calls in the main thread; so are its answers.
///
/// Changes are carried out one at a time: what is checked is what is kept.
class configuration_desk {
public:
  struct options {
    declarations& book;
    engine_room& room;
    /// Runs something in the main thread, soon.
    std::function<void(std::function<void()>)> run;
    /// Takes new settings into use; calls `then` in any thread once every later request finds them.
    std::function<void(settings, std::function<void()> then)> use;
  };
  explicit configuration_desk(options with) : with_(std::move(with)) {}

  void config_export(const admin::reply& to) const;
  void config_check(const admin::reply& to) const;
  void server_list(const admin::reply& to) const;
  void server_get(const std::vector<std::string>& servers, const admin::reply& to) const;
  void edit(admin::edit_request what, admin::reply to);
  /// A server that is declared nowhere, from its settings as they would stand in the configuration; "access" may be
  /// missing: direct. Nothing of it is kept.
  std::variant<server_settings, admin::call_error> read_server(const std::string& json) const;
  /// Where the pair is declared, and how.
  void add_declaration(const std::string& pair, nlohmann::json& shown) const;

private:
  using stopped = std::set<std::string>; // names of pairs
  using edits = std::vector<declarations::edit>;

  void next();
  void carry_out(const admin::edit_request& what, const admin::reply& to, const stopped& pairs);
  void look_at_public_folders(const admin::edit_request& what, const admin::reply& to, const settings& all);
  /// What is still known of pairs that are declared no more.
  void forget(const admin::edit_request& what, const admin::reply& to);
  void done();
  std::variant<edits, admin::call_error> edits_of(const admin::edit_request& what, const stopped& pairs) const;
  std::variant<edits, admin::call_error> folder_edits(const admin::edit_request& what, const stopped& pairs) const;
  std::optional<admin::call_error> refusal(const admin::edit_request& what, const declared_name& one,
                                           const stopped& pairs) const;

  options with_;
  std::deque<std::pair<admin::edit_request, admin::reply>> waiting_;
  bool busy_ = false;
};

/// Everything that is wrong, as one error.
admin::call_error to_error(const problems& found, std::string hint);

} // namespace exsyncd
