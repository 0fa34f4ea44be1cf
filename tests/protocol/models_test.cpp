#include "protocol/models.hpp"

#include <boost/json.hpp>

#include "tests/support/catch.hpp"

using namespace caisson::protocol;

TEST_CASE("the models of a node are a list in OpenAI's shape") {
  CHECK(
    boost::json::parse(models_body({{"gpt-4.1", "openai"}, {"a\"b", "local"}}))
    == boost::json::parse(R"({"object":"list","data":[
          {"id":"gpt-4.1","object":"model","created":0,"owned_by":"openai"},
          {"id":"a\"b","object":"model","created":0,"owned_by":"local"}]})"));
}

TEST_CASE("a node without models has an empty list") {
  CHECK(models_body({}) == R"({"object":"list","data":[]})");
}

TEST_CASE("one model is an object of its own") {
  CHECK(model_body({"simulated", "simulated"})
        == R"({"id":"simulated","object":"model","created":0,)"
           R"("owned_by":"simulated"})");
}
