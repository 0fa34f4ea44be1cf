#include "actors/routing_table.hpp"

#include "actors/dependency/compartment.hpp"

namespace caisson {

routing_table::routing_table(const std::vector<compartment_ptr>& places,
                             const std::vector<model_settings>& models) {
  for (auto& x : places)
    places_.emplace(x->name(), x);
  for (auto& x : models) {
    target_chain chain;
    for (auto& step : x.chain)
      if (auto found = direct(step))
        chain.push_back(found->front());
    if (!chain.empty())
      offer(x.name, std::move(chain));
  }
  for (auto& x : places)
    for (auto& model : x->settings()->models)
      offer(model, {{x, model}});
}

void routing_table::offer(std::string id, target_chain chain) {
  auto shared = std::make_shared<const target_chain>(std::move(chain));
  if (chains_.emplace(id, shared).second)
    names_.push_back({std::move(id), shared->front().where->name()});
}

std::shared_ptr<const target_chain>
routing_table::direct(std::string_view model) const {
  auto slash = model.find('/');
  if (slash == std::string_view::npos || slash + 1 == model.size())
    return nullptr;
  auto where = places_.find(model.substr(0, slash));
  if (where == places_.end())
    return nullptr;
  return std::make_shared<const target_chain>(
    target_chain{{where->second, std::string{model.substr(slash + 1)}}});
}

std::shared_ptr<const target_chain>
routing_table::find(std::string_view model) const {
  if (auto known = chains_.find(model); known != chains_.end())
    return known->second;
  return direct(model);
}

} // namespace caisson
