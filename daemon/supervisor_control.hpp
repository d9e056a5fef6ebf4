#pragma once

#include "config/settings.hpp"
#include "daemon/admin/control.hpp"
#include "daemon/engine_room.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace exsyncd {

/// The admin socket's methods over the supervisor.
class supervisor_control : public admin::daemon_control {
public:
  struct options {
    engine_room& room;
    std::shared_ptr<const settings> configuration;
    std::string configuration_file;
    std::string version;
    utc_seconds started{};
    /// Reads the configuration again; answers an empty list, or what is wrong with it, one line each.
    std::function<void(std::function<void(std::vector<std::string>)>)> reload;
  };
  explicit supervisor_control(options with) : with_(std::move(with)) {}

  /// After a reload. Any thread.
  void use(std::shared_ptr<const settings> configuration);

  void daemon_status(admin::reply to) override;
  void daemon_reload(admin::reply to) override;
  void ask_server(const admin::server_question& asked, admin::reply to) override;
  void pair_list(admin::reply to) override;
  void pair_get(const std::string& pair, admin::reply to) override;
  void pair_start(const std::vector<std::string>& pairs, admin::reply to) override;
  void pair_stop(const std::vector<std::string>& pairs, admin::reply to) override;
  void pair_sync_now(const std::vector<std::string>& pairs, admin::reply to) override;
  void pair_plan(const std::string& pair, admin::reply to) override;
  void pair_approve(const std::string& pair, const std::optional<std::string>& folder, admin::reply to) override;
  void conflict_list(const std::optional<std::string>& pair, std::size_t limit, admin::reply to) override;
  void ban_list(const std::optional<std::string>& pair, std::size_t limit, admin::reply to) override;
  void ban_delete(const std::string& pair, const std::optional<std::string>& id, admin::reply to) override;

private:
  std::shared_ptr<const settings> configuration() const;
  /// True where all of them are configured; else `to` has been answered.
  bool known(const std::vector<std::string>& pairs, const admin::reply& to) const;
  template <class Answer, class Question>
  void ask(Question question, std::chrono::seconds patience, const admin::reply& to,
           std::function<void(Answer&)> answered);
  template <class Question>
  void change(Question question, const admin::reply& to);

  options with_;
  mutable std::mutex mutex_;
};

} // namespace exsyncd
