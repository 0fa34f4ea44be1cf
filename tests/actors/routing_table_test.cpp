#include "actors/routing_table.hpp"

#include "actors/dependency/compartment.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;

namespace {

struct fixture {
  metrics::registry metrics;
  std::vector<compartment_ptr> places;

  fixture() {
    add("openai", {"gpt", "shared"});
    add("local", {"shared", "org/model"});
  }

  void add(std::string name, std::vector<std::string> models) {
    dependency_settings settings;
    settings.name = std::move(name);
    settings.models = std::move(models);
    places.push_back(std::make_shared<compartment>(
      std::make_shared<const dependency_settings>(settings), metrics));
  }

  /// The chain in words; "" when there is none.
  std::string route(std::string_view model,
                    std::vector<model_settings> models = {}) {
    auto chain = routing_table{places, models}.find(model);
    std::string result;
    if (chain)
      for (auto& x : chain->targets)
        result += x.where->name() + ":" + x.model + " ";
    return result;
  }
};

} // namespace

TEST_CASE("a model goes to the first dependency that lists it") {
  fixture it;
  CHECK(it.route("gpt") == "openai:gpt ");
  CHECK(it.route("shared") == "openai:shared ");
  CHECK(it.route("org/model") == "local:org/model ");
}

TEST_CASE("`dependency/model` names a target, listed or not, slashes and "
          "all") {
  fixture it;
  CHECK(it.route("local/shared") == "local:shared ");
  CHECK(it.route("openai/unlisted") == "openai:unlisted ");
  CHECK(it.route("local/org/model") == "local:org/model ");
}

TEST_CASE("a configured name goes along its chain, before anything else") {
  fixture it;
  std::vector<model_settings> models{
    {"smart", {"openai/gpt", "local/org/model"}}, {"gpt", {"local/shared"}}};
  CHECK(it.route("smart", models) == "openai:gpt local:org/model ");
  CHECK(it.route("gpt", models) == "local:shared ");
}

TEST_CASE("a step to a dependency that is not there is left out, and a chain "
          "of none is no name") {
  fixture it;
  std::vector<model_settings> models{{"smart", {"gone/x", "openai/gpt"}},
                                     {"lost", {"gone/x"}}};
  CHECK(it.route("smart", models) == "openai:gpt ");
  CHECK(it.route("lost", models).empty());
}

TEST_CASE("nobody serves what nobody names") {
  fixture it;
  for (auto model : {"", "/", "x", "openai", "openai/", "/gpt", "gone/gpt"})
    CHECK(it.route(model).empty());
}

TEST_CASE("the names are those that clients may ask for, once each, with "
          "their first owner") {
  fixture it;
  routing_table table{it.places, {{"smart", {"local/shared", "openai/gpt"}}}};
  std::string all;
  for (auto& x : table.names())
    all += x.id + "@" + x.owner + " ";
  CHECK(all == "smart@local gpt@openai shared@openai org/model@local ");
}
