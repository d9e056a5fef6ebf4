#pragma once

#include "config/parse.hpp"
#include "config/settings.hpp"
#include "daemon/admin/control.hpp"
#include "daemon/configuration_desk.hpp"
#include "daemon/engine_room.hpp"
#include "daemon/events.hpp"

#include <nlohmann/json_fwd.hpp>

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
    /// What is declared; the settings in use, and what is wrong with the rest.
    std::shared_ptr<const added_settings> configuration;
    configuration_desk& desk;
    /// Runs something in the main thread, where the desk is, soon.
    std::function<void(std::function<void()>)> run;
    std::string configuration_file;
    std::string version;
    utc_seconds started{};
    /// Reads the configuration again; answers an empty list, or what is wrong with it, one line each.
    std::function<void(std::function<void(std::vector<std::string>)>)> reload;
    const host::log_ring& lines;
    event_hub& events;
    /// Tells the followers of events how the pairs are, now. In the main thread.
    std::function<void()> look;
  };
  explicit supervisor_control(options with) : with_(std::move(with)) {}

  /// After a reload. Any thread.
  void use(std::shared_ptr<const added_settings> configuration);

  void daemon_status(admin::reply to) override;
  void daemon_reload(admin::reply to) override;
  void ask_server(const admin::server_question& asked, admin::reply to) override;
  void config_export(admin::reply to) override;
  void config_check(admin::reply to) override;
  void server_list(admin::reply to) override;
  void server_get(const std::vector<std::string>& servers, admin::reply to) override;
  void edit(admin::edit_request what, admin::reply to) override;
  void pair_list(admin::reply to) override;
  void pair_get(const std::vector<std::string>& pairs, admin::reply to) override;
  void folder_pair_list(const std::optional<std::string>& pair, admin::reply to) override;
  void pair_start(const std::vector<std::string>& pairs, admin::reply to) override;
  void pair_stop(const std::vector<std::string>& pairs, admin::reply to) override;
  void pair_sync_now(const std::vector<std::string>& pairs, admin::reply to) override;
  void pair_plan(const std::string& pair, admin::reply to) override;
  void pair_verify(const std::string& pair, bool repair, std::size_t limit, admin::reply to) override;
  void pair_approve(const std::string& pair, const std::optional<std::string>& folder, admin::reply to) override;
  void pair_restore(const std::string& pair, const std::optional<std::string>& folder, admin::reply to) override;
  void pair_take_over(const std::string& pair, const std::optional<std::string>& folder, admin::reply to) override;
  void pair_resync(const std::vector<std::string>& pairs, const std::optional<std::string>& folder,
                   admin::reply to) override;
  void item_why(const std::optional<std::string>& pair, const std::string& item, std::size_t limit,
                admin::reply to) override;
  void log_show(const std::optional<std::string>& pair, const std::string& level, std::size_t limit,
                admin::reply to) override;
  void events_follow(const std::optional<std::string>& pair, const std::string& level, admin::reply to) override;
  void metrics(admin::reply to) override;
  void ban_add(const std::string& pair, const std::string& id, admin::reply to) override;
  void undo_list(const std::optional<std::string>& pair, std::size_t limit, admin::reply to) override;
  void undo_apply(const admin::undo_request& asked, admin::reply to) override;
  void conflict_list(const std::optional<std::string>& pair, std::size_t limit, admin::reply to) override;
  void ban_list(const std::optional<std::string>& pair, std::size_t limit, admin::reply to) override;
  void traffic(const admin::traffic_question& asked, admin::reply to) override;
  void allowance(const admin::allowance_request& asked, admin::reply to) override;
  void ban_delete(const std::string& pair, const std::optional<std::string>& id, admin::reply to) override;

private:
  std::shared_ptr<const added_settings> configuration() const;
  /// True where all of them are configured; else `to` has been answered.
  bool known(const std::vector<std::string>& pairs, const admin::reply& to) const;
  /// The same, but pairs whose settings are wrong are known as well.
  bool declared(const std::vector<std::string>& pairs, const admin::reply& to) const;
  template <class Answer, class Question>
  void ask(Question question, std::chrono::seconds patience, const admin::reply& to,
           std::function<void(Answer&)> answered);
  template <class Answer, class Question>
  void ask_ledger(Question question, const admin::reply& to, std::function<void(Answer&)> answered);
  /// Calls `then` where each of these pairs has this folder pair, of its settings or derived; else answers `to`.
  void with_folder(const std::vector<std::string>& pairs, const std::optional<std::string>& folder,
                   const admin::reply& to, std::function<void()> then);
  void show_found(const std::vector<twin>& found, bool more, const std::optional<std::string>& pair,
                  const admin::reply& to);
  /// Answers with what was shown of pairs, together with the items that they leave alone, by class and reason.
  void add_skipped(std::vector<std::string> pairs, nlohmann::json list, std::function<void(nlohmann::json)> then,
                   const admin::reply& to);
  /// Calls `then` once everything that was counted so far can be loaded.
  void with_counts(const admin::reply& to, std::function<void()> then);
  template <class Answer, class Question>
  void ask_meter(Question question, const admin::reply& to, std::function<void(Answer&)> answered);
  template <class Question>
  void change(Question question, const admin::reply& to);
  void add_left(const std::string& pair, nlohmann::json found, const admin::reply& to);
  template <class Question>
  void change_folders(Question question, const std::string& folder, const admin::reply& to);

  options with_;
  mutable std::mutex mutex_;
};

} // namespace exsyncd
