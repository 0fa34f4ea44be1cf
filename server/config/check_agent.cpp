#include "server/config/check_agent.hpp"

#include <algorithm>
#include <string_view>

#include "server/config/kinds.hpp"
#include "server/config/nearest.hpp"

namespace caisson::config {
namespace {

bool has(const std::vector<std::string>& list, std::string_view what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

bool offered(const settings& made, std::string_view model) {
  auto dependency = model.substr(0, model.find('/'));
  return std::any_of(made.models.begin(), made.models.end(),
                     [&](auto& one) { return one.name == model; })
         || std::any_of(made.dependencies.begin(), made.dependencies.end(),
                        [&](auto& one) {
                          return serves_models(one)
                                 && (has(one.models, model)
                                     || (dependency.size() < model.size()
                                         && one.name == dependency));
                        });
}

} // namespace

void check_agent(const settings& made, const origins& from, problems& wrong) {
  auto& model = made.agent.model;
  if (model.empty() || offered(made, model))
    return;
  wrong.push_back(
    {from.of("agent.model"),
     "agent.model is " + in_quotes(model) + ", which nobody here offers",
     "the name of a [models.NAME], \"dependency/model\", or a "
     "name in the models of a dependency"});
}

} // namespace caisson::config
