#pragma once

#include "config/parse.hpp"
#include "daemon/secrets.hpp"
#include "storage/store.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace exsyncd {

/// Which server or pair.
struct declared_name {
  declared kind = declared::pair;
  std::string name;
  auto operator<=>(const declared_name&) const = default;
};

/// What the administrators have declared: in the configuration file, and beside it over the admin socket. One thread.
///
/// What came over the socket is held as it is kept in the store: with sealed secrets, {"sealed": …}. They are opened
/// for as long as the settings are read.
class declarations {
public:
  struct options {
    std::string file;
    key_places keys;
  };
  explicit declarations(options with);
  declarations(declarations&&) noexcept;
  ~declarations();

  /// What the store holds; once, before anything else.
  void take(const std::vector<declaration>& kept);

  /// Reads the file again, and what is kept beside it. Its text is remembered where it is right.
  std::variant<added_settings, problems> read();

  /// What is wrong with the file as it stands now, and with what is kept beside it; nothing is taken over.
  problems look() const;

  /// A change of what is declared over the socket: the new object, with its secrets as they were given or still sealed;
  /// or empty, where it goes.
  using edit = std::pair<declared_name, std::unique_ptr<nlohmann::ordered_json>>;
  /// What a change comes to; nothing has happened yet.
  struct change {
    change();
    change(change&&) noexcept;
    ~change();
    std::vector<keep_declaration> to_keep;
    settings all;
    std::map<declared_name, nlohmann::ordered_json> kept;
  };
  /// Refused with every problem of what is edited, and of what is right now and would no longer be.
  std::variant<change, problems> check(std::vector<edit> edits);
  /// After the store has it.
  void apply(change&& done);

  /// A server's settings that are declared nowhere, as if they stood beside the file; the paths of what is wrong begin
  /// with "settings". Nothing is remembered.
  std::variant<server_settings, problems> read_server(const nlohmann::ordered_json& given) const;

  bool is_in_file(const declared_name&) const;
  /// As it is declared, wherever; a null where it is nowhere. Secrets are sealed: never show it as it is.
  nlohmann::ordered_json find(const declared_name&) const;
  /// The same, fit to be shown: "secret": "kept" in place of secrets.
  nlohmann::ordered_json show(const declared_name&) const;
  /// Those of one kind: the file's first, in its order, then the others by name.
  std::vector<std::string> names(declared kind) const;
  /// The names of the servers that a pair uses.
  static std::vector<std::string> servers_of(const nlohmann::ordered_json& pair);
  std::vector<std::string> pairs_with(const std::string& server) const;
  /// What was wrong with a declaration of the socket when all was read last; empty where it is right.
  problems wrong_with(const declared_name&) const;
  /// Settings together with what is wrong with the rest, as it was when all was read last.
  added_settings with_problems(settings all) const;
  /// Everything as one configuration, fit to be shown.
  nlohmann::ordered_json everything() const;
  const std::string& file() const { return with_.file; }

  /// What is given over the socket may hold secrets as strings only. Empty, or the path of one that is something else.
  static std::string odd_secret(const nlohmann::ordered_json& given);
  /// A kept secret goes nowhere but where it was meant for: those that would stay while the server or the user beside
  /// them changes. Else whoever may edit could have it sent to himself.
  static problems secrets_gone_astray(const nlohmann::ordered_json& before, const nlohmann::ordered_json& after,
                                      const std::string& path);
  static bool keeps_secrets(const nlohmann::ordered_json& value);

private:
  std::variant<added_settings, problems> read(const std::map<declared_name, nlohmann::ordered_json>& kept,
                                              const configuration_text& text,
                                              const std::set<std::string>& edited_pairs = {}) const;

  options with_;
  configuration_text text_;                              // of the file, as it was right last
  std::unique_ptr<nlohmann::ordered_json> document_;     // the same
  std::map<declared_name, nlohmann::ordered_json> kept_; // with sealed secrets
  std::map<std::string, problems> wrong_servers_, wrong_pairs_;
};

} // namespace exsyncd
