#pragma once

#include "tests/exchange_sim/world.hpp"
#include "tests/simulate/daemon_process.hpp"
#include "tests/simulate/dice.hpp"
#include "tests/simulate/disk.hpp"
#include "tests/simulate/model/judge.hpp"
#include "tests/simulate/model/repeats.hpp"
#include "tests/simulate/run.hpp"
#include "tests/simulate/watcher.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace simulate {

/// One run: the servers, the disk and time, and the lives of the daemon between them.
class stage {
public:
  stage(const schedule& played, bool with_trace);
  ~stage();
  outcome_of_run play();

private:
  using nanoseconds = std::chrono::nanoseconds;

  // Time and the daemon's life (stage.cpp)
  void set_up();
  void start_process();
  void end_process();
  bool run_actors();
  void run_until(std::int64_t moment);
  std::int64_t now() const;
  exchange_sim::sys_time world_time() const;
  bool given_up() const { return !result_.violations.empty() && fatal_; }

  // Requests and commits (stage.cpp)
  std::variant<exsyncd::http::in_process_answer, exsyncd::http::failed> answer(const exsyncd::http::request&);
  /// What a hanging connection says, for as long as somebody listens.
  std::function<exsyncd::http::in_process_piece()> pieces_of(const std::string& server, std::uint64_t stream);
  /// Which items a request writes: by the ids in its body, and by what it did.
  void note_what_is_written(const std::string& operation, const std::string& body);
  /// Whether items are to be taken away is on disk before the request leaves, whatever becomes of that.
  void note_unanswered(const std::string& operation, const std::string& body);
  std::optional<exsyncd::storage_failure> on_commit(exsyncd::memory_engine::moment);

  // What happens (acts.cpp, administration.cpp)
  void arm_due();
  void fire(moment, const std::string& operation);
  void perform(std::size_t number, const std::string& where);
  std::string user_act(const std::string& who, nlohmann::json& act);
  std::string fault(const event&, nlohmann::json& act);
  std::string administer(nlohmann::json& act);
  /// What the settings hold, and what is known of a pair (administration_pairs.cpp).
  std::string change_settings(nlohmann::json& act);
  /// Takes a pair out of the settings, or back into them; it comes into effect when they are read again.
  void set_away(const std::string& pair, bool away);
  std::string ban(nlohmann::json& act);
  /// What the settings say of single folders (administration_entries.cpp). Entries go by the names that they had first.
  static bool changes_entries(const std::string& act);
  std::string change_entries(const nlohmann::json& act);
  bool is_out(const pair_plan&, const folder_plan&) const;
  folder_plan* entry(pair_plan& of, const std::string& first_name);
  void put_entry_back(const std::string& pair, const std::string& first_name);
  void map_back(const std::string& pair, const std::string& first_name);
  /// Every entry is there again, and means the folders that it meant first. False: it was so.
  bool entries_as_planned();
  /// Ends the entries of subfolders that are not there, or no longer, on one side; true: there were some.
  bool end_entries_of_nothing();
  /// Tells the model what the settings are from here on.
  void settings_became(const std::string& pair);
  void settings_changed();
  void crash(const nlohmann::json& act, const std::string& where);
  void heal();
  /// The id of the item that an act is about; draws one where the act leaves it open. Empty: there is none.
  std::string item_of(const std::string& who, nlohmann::json& act);
  nlohmann::json control(nlohmann::json command);

  // The end (quiet.cpp, invariants.cpp)
  void become_quiet();
  bool rests();
  void last_full_run();
  void judge();
  /// The ban list, before it is lifted.
  void judge_what_rests();
  model::statement said();
  model::settings model_settings() const;
  void check_store();
  std::vector<exsyncd::pair_overview> overview();
  template <class Answer, class Question>
  std::optional<Answer> ask(Question question, int seconds = 1800);

  void wrong(std::string kind, std::string what, bool fatal = false);
  void say(const std::function<std::string()>& line);
  void cover(const std::string& what) { ++result_.counts.coverage[what]; }

  schedule plan_;
  bool with_trace_;
  outcome_of_run result_;
  dice choices_, latency_, jitter_, ids_, world_dice_;
  watcher watcher_;
  std::unique_ptr<exchange_sim::world> world_;
  disk disk_;
  std::vector<pair_plan> pairs_; // as they are configured now
  std::vector<exsyncd::pair_settings> configured() const;

  std::unique_ptr<daemon_process> process_;
  std::int64_t life_began_ = 0; // when process_ was started
  std::int64_t down_until_ = 0; // while there is no process: when there will be one again
  std::int64_t downtime_ = 0;
  bool dead_ = false; // the process has crashed and is still to be cleared away
  bool fatal_ = false;
  std::int64_t clock_error_ = 0; // of the daemon's machine, in seconds
  bool disk_full_ = false;
  std::uint64_t minted_ = 0;

  std::size_t next_event_ = 0;
  struct armed {
    std::size_t number;
    int left;
  };
  std::vector<armed> armed_;
  std::vector<bool> happened_; // by number of the event: it did something

  std::uint64_t writes_ = 0, lists_ = 0, jobs_at_once_ = 0;
  model::repeats repeats_;
  bool left_alone_ = false;
  struct known_item {
    std::string kind;
    std::vector<std::string> files;
  };
  std::map<std::string, known_item> made_;   // by label
  std::vector<std::string> being_written_{}; // labels: of the last request that wrote items
  std::vector<model::excuse> excuses_;
  std::set<std::string> wrong_passwords_; // servers whose passwords the settings do not know
  std::set<std::string> away_;            // pairs that the settings do not hold for a while
  std::set<std::string> ended_;           // those of them that nothing is under way of any more
  using entry_of_pair = std::pair<std::string, std::string>;
  std::set<entry_of_pair> entries_out_; // that the settings do not hold for a while
  std::map<entry_of_pair, std::string> entry_names_;
  std::map<entry_of_pair, folder_plan> remapped_; // as they were before
  std::set<entry_of_pair> of_subfolders_;         // that were given one of their own
  std::optional<exsyncd::memory_engine::contents> kept_state_, old_state_;
};

/// The first element in the body of a SOAP request.
std::string operation_of(const std::string& body);
std::string base64(const std::string& bytes);

template <class Answer, class Question>
std::optional<Answer> stage::ask(Question question, int seconds) {
  auto got = std::make_shared<std::optional<Answer>>();
  if (!process_) return std::nullopt;
  process_->ask<Answer>(std::move(question), [got](const Answer& a) { *got = a; });
  for (int i = 0; !*got && i < seconds && !fatal_; ++i)
    run_until(now() + (i == 0 ? 0 : 1000));
  return *got;
}

} // namespace simulate
