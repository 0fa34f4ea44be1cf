#include "actors/routing_table.hpp"

#include "actors/dependency/compartment.hpp"

namespace caisson {

std::shared_ptr<const model_route> first_alone(const model_route& of) {
  return std::make_shared<const model_route>(
    model_route{{of.targets.front()}, of.hedge, of.stream_failover});
}

routing_table::routing_table(const std::vector<compartment_ptr>& places,
                             const std::vector<model_settings>& models) {
  for (auto& x : places) {
    if (!x->family().serves_models)
      continue;
    places_.emplace(x->name(), x);
    for (auto& model : x->settings()->models)
      x->name_model(model);
  }
  for (auto& x : models) {
    model_route where{{}, x.hedge, x.stream_failover};
    for (auto& step : x.chain)
      if (auto found = direct(step)) {
        found->where->name_model(found->model);
        where.targets.push_back(*direct(step));
      }
    if (!where.targets.empty())
      offer(x.name, std::move(where));
  }
  for (auto& x : places)
    if (x->family().serves_models)
      for (auto& model : x->settings()->models)
        offer(model, {{{x, model, x->slot_of(model)}}});
}

void routing_table::offer(std::string id, model_route where) {
  auto shared = std::make_shared<const model_route>(std::move(where));
  if (routes_.emplace(id, shared).second)
    names_.push_back({std::move(id), shared->targets.front().where->name()});
}

std::optional<target> routing_table::direct(std::string_view model) const {
  auto slash = model.find('/');
  if (slash == std::string_view::npos || slash + 1 == model.size())
    return std::nullopt;
  auto where = places_.find(model.substr(0, slash));
  if (where == places_.end())
    return std::nullopt;
  auto there = model.substr(slash + 1);
  return target{where->second, std::string{there},
                where->second->slot_of(there)};
}

std::shared_ptr<const model_route>
routing_table::find(std::string_view model) const {
  if (auto known = routes_.find(model); known != routes_.end())
    return known->second;
  if (auto there = direct(model))
    return std::make_shared<const model_route>(
      model_route{{std::move(*there)}});
  return nullptr;
}

} // namespace caisson
