#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "tests/simulation/cluster/fleet.hpp"

namespace caisson::simulation {

/// People who ask the nodes' caches for values, hear what others fetch, and
/// fetch for all where they are sent to: as front ends do. Each fetching is a
/// stream of its own words, so that whoever hears of it can be held to them.
class inquiries {
public:
  using verdict = std::function<void(std::string_view law, std::string how)>;

  inquiries(fleet& all, dice chance, verdict broken);
  ~inquiries();
  inquiries(const inquiries&) = delete;
  inquiries& operator=(const inquiries&) = delete;

  /// `halted`: when its machine was stopped last; null: that is not looked at.
  void ask(std::size_t node, const std::string& key, bool streams,
           const time_point* halted = nullptr);

  /// From now on all that is fetched is had, and nobody leaves.
  void be_calm() { calm_ = true; }

  std::uint64_t count() const { return last_; }

  // -- laws -------------------------------------------------------------------

  /// All asked since `first` were for one key: one has fetched it.
  void look_at_one_for_all(std::uint64_t first);
  /// Each has heard how it ended.
  void look_at_all();

private:
  using kind = cache_verdict::kind;

  /// Somebody's fetching of a value: what its client hears.
  struct fetching_of {
    std::string key;
    std::string said;
    bool whole = false;
    bool brought = false;
  };

  struct inquiry {
    std::size_t node = 0;
    std::string key;
    time_point asked{};
    time_point process{}; ///< since when its node runs
    const time_point* halted = nullptr;
    bool left = false;
    std::weak_ptr<cache_lookup> lookup;
    std::shared_ptr<cache_lead> lead;
    std::uint64_t leads = 0; ///< number of its fetching; 0: it fetches nothing
    bool led = false;
    std::uint32_t ends = 0;
    kind how{};
    std::string heard;
  };

  void hear(const cache_verdict& x);
  void hear_words(inquiry& it, const std::string& words);
  void hear_end(inquiry& it, const cache_verdict& x);
  void lead(std::uint64_t id, std::shared_ptr<cache_lead> by);
  void tell(std::uint64_t id, std::uint32_t left);
  void bring(inquiry& it);
  void leave(std::uint64_t id);
  bool died(const inquiry& it);
  const fetching_of* fetching_in(std::string_view words) const;

  fleet& all_;
  dice chance_;
  verdict broken_;
  bool calm_ = false;
  cache_asker_actor asker_;
  std::uint64_t last_ = 0;
  std::uint64_t last_fetching_ = 0;
  std::map<std::uint64_t, inquiry> asked_;
  std::map<std::uint64_t, fetching_of> fetchings_;
};

} // namespace caisson::simulation
