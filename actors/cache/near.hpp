#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include "actors/cache/lookup.hpp"
#include "actors/cache/peek.hpp"
#include "actors/cache/settings.hpp"
#include "actors/messages.hpp"
#include "actors/policies/vector_index.hpp"

namespace caisson {

/// What the semantic cache needs to know of a call: made by `protocol/`, where
/// the answer to the same question in other words would do.
class near_order {
public:
  virtual ~near_order() = default;

  /// All but the question's own words, which must be the same: tenant, models,
  /// settings, what was said before. A digest.
  std::string context;
  std::string trace_id;

  /// Asks a model of embeddings for the vector of the question.
  virtual std::shared_ptr<const payload> question() const = 0;

  /// The vector in the answer to that; empty where there is none.
  virtual std::vector<float> vector_in(std::string_view answer) const = 0;

  /// Whether an answer may be told to one who has asked in other words: it is
  /// text, and nothing that acts.
  virtual bool suits(const cached_value& answer) const = 0;
};

/// What is told of an answer to a question so near, in place of a layer's name:
/// "semantic; similarity=0.97", rounded down.
std::string_view semantic_layer(float likeness) noexcept;

/// A lead on its way through the semantic cache: its asker hears either of an
/// answer that is near enough, or that it is to fetch its own. Whatever loses
/// the search, its destructor sends the asker to fetch.
class near_search {
public:
  near_search(std::shared_ptr<const near_order> what, cache_lookup_ptr who,
              std::shared_ptr<cache_lead> lead, cached_ptr stale)
    : what(std::move(what)), who_(std::move(who)), lead_(std::move(lead)),
      stale_(std::move(stale)) {}

  ~near_search() { nothing({}); }
  near_search(const near_search&) = delete;
  near_search& operator=(const near_search&) = delete;

  /// The answer, for all who wait for the same.
  void found(const cached_ptr& value, float likeness);
  /// `kept` is called once others may have the answer later.
  void nothing(std::function<void()> kept);

  bool wanted() const noexcept { return !who_->withdrawn(); }
  const cache_question& exact() const noexcept { return *who_->what; }
  time_point deadline() const noexcept { return who_->deadline; }

  const std::shared_ptr<const near_order> what;

private:
  cache_lookup_ptr who_;
  std::shared_ptr<cache_lead> lead_; ///< none: it is answered
  cached_ptr stale_;
};

using near_search_ptr = std::shared_ptr<near_search>;

/// A question whose answer is kept under `key`.
struct near_lesson {
  std::string context;
  std::string key;
  unit_vector where;
  /// Who has told the vector: others' are of another space.
  std::string embeddings;
};

using near_lesson_ptr = std::shared_ptr<const near_lesson>;

/// Other settings, and another to ask for vectors, hold from now on.
struct semantic_changed {
  semantic_settings settings;
  compartment_ptr where; ///< none: nothing is compared
};

/// The interface of the SEMANTIC cache, one in the node.
using semantic_actor = caf::typed_actor<
  // Looks for the answer to a question that is near enough.
  caf::reacts_to<near_search_ptr>,
  // INTERNAL: the vector of a question is there, or is not to be had.
  caf::reacts_to<job_finished>,
  // INTERNAL: what the cache has for the nearest question.
  caf::reacts_to<cache_sight>,
  // Takes a question in.
  caf::reacts_to<near_lesson_ptr>,
  // Takes new settings.
  caf::reacts_to<semantic_changed>>;

} // namespace caisson

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::near_search_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::near_lesson_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caisson::semantic_changed)
