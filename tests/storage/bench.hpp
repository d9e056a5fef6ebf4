#pragma once

#include "storage/memory_engine.hpp"
#include "storage/store.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace exsyncd::testing {

/// A directory of its own that goes with it.
class scratch_directory {
public:
  scratch_directory();
  ~scratch_directory();
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

enum class kind_of_engine { memory, rocksdb };

inline const pair_id jane{"jane"};
inline const folder_pair_id inbox{"inbox"};
inline const folder_pair_id projects{"projects"};

/// A store over one engine, with two folder pairs of one pair bound on both sides. What is not committed is lost by
/// `crash`. Every commit checks that indexes and counters are what the twins say.
class bench {
public:
  explicit bench(kind_of_engine, bool bound = true);
  ~bench();

  store& operator*() { return *store_; }
  store* operator->() { return store_.get(); }
  engine& disk() { return *engine_; }
  /// Only of a bench over memory.
  memory_engine& memory() { return dynamic_cast<memory_engine&>(*engine_); }

  /// Commits, and requires that it succeeds and that the data base is consistent.
  void commit();
  /// Throws away the store and opens a new one on what the engine holds durably.
  void crash();

  // ---- short forms ----

  page_accepted list(side, std::vector<change>, bool last = true, folder_pair_id = inbox, std::string cursor = {});
  /// The twin of this item; required to be there.
  twin of(side, const std::string& item) const;
  bool known(side, const std::string& item) const;
  /// The ids of the unsettled ones.
  std::vector<std::string> unsettled() const;
  folder_side folder(side, folder_pair_id = inbox) const;
  pair_counts::of_folder_pair counts(folder_pair_id = inbox) const;
  /// A twin that was seen on both sides ("p-<name>", "r-<name>") and agreed upon.
  twin agreed(const std::string& name);
  void bind(side, folder_pair_id, const std::string& mailbox, const std::string& folder, bool restart = false);

private:
  void open();

  kind_of_engine kind_;
  scratch_directory directory_;
  std::unique_ptr<engine> engine_;
  std::unique_ptr<store> store_;
  int minted_ = 0;
};

listed_item item(const std::string& id, const std::string& key = "k1", std::optional<bool> read = false);
change present(const std::string& id, const std::string& key = "k1", std::optional<bool> read = false);
change left(const std::string& id);
change read_changed(const std::string& id, bool read);
field_digests digests(std::uint8_t seed);
mailbox_identity mailbox_of(side);
/// The sequences of what is seen: what a decision that is made now answers.
both<sequence> answers_of(const twin&);
/// A base that agrees with what is seen.
both<side_base> base_of(const twin&);
/// An intent on this twin, which answers what is seen.
begin_intent intent_on(const twin&, operation, side target, const std::string& id);
/// Everything that an engine holds.
memory_engine::contents contents_of(const engine&);
/// Requires that indexes and counters are exactly what the twins say, and that no item is two twins.
void require_consistent(const engine&);

/// Runs `test` once over each engine, each as a section of its own.
void over_each_engine(const std::function<void(kind_of_engine)>& test);

/// A settlement of the open intent, or of nothing, that answers what was decided on.
settle_twin settlement(const twin& t);
/// A mail of the primary side with an open intent to create it on the replica.
twin being_created(bench& b);

} // namespace exsyncd::testing
