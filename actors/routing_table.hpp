#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/messages.hpp"
#include "actors/settings.hpp"

namespace caisson {

/// One place a call may go to.
struct target {
  compartment_ptr where;
  std::string model; ///< at that dependency
  /// Which of the dependency's breakers judges it.
  std::uint16_t slot = 0;
};

/// Where a call may go, in order, and how.
struct model_route {
  std::vector<target> targets;
  std::optional<hedge_rule> hedge = std::nullopt;
  bool stream_failover = true;
};

/// The same without the targets behind the first.
std::shared_ptr<const model_route> first_alone(const model_route& of);

/// What a client asks for -> where it may go. Immutable: a reload makes another
/// one. Knows no kinds, only whether models live at a dependency: to the others
/// no name leads.
class routing_table {
public:
  /// A name that clients may ask for.
  struct name {
    std::string id;
    std::string owner; ///< the first dependency it leads to
  };

  /// `places` in the order of the config; chains name only known ones.
  routing_table(const std::vector<compartment_ptr>& places,
                const std::vector<model_settings>& models);

  /// The chain for a model name: a `[models.NAME]`, else
  /// `dependency/model`, else the first dependency that lists it. nullptr:
  /// nobody serves it.
  std::shared_ptr<const model_route> find(std::string_view model) const;

  /// All names, for `GET /v1/models`.
  const std::vector<name>& names() const noexcept { return names_; }

private:
  std::optional<target> direct(std::string_view model) const;
  void offer(std::string id, model_route where);

  std::map<std::string, compartment_ptr, std::less<>> places_;
  std::map<std::string, std::shared_ptr<const model_route>, std::less<>>
    routes_;
  std::vector<name> names_;
};

} // namespace caisson
