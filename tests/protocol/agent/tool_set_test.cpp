#include "protocol/agent/tool_set.hpp"

#include <boost/json/parse.hpp>

#include "tests/support/catch.hpp"

using namespace caisson::protocol;

namespace bj = boost::json;

namespace {

mcp::tool_offer offer(std::string name, std::string definition = "{}") {
  return {std::move(name), "A title", "What it does.", "up",
          std::move(definition)};
}

bj::value tools(const tool_set& of) {
  return bj::parse('[' + of.json() + ']');
}

} // namespace

TEST_CASE("a model is told of a tool with its schema", "[agent]") {
  tool_set it;
  CHECK(it.empty());
  CHECK(it.add(offer("read", R"({"name":"read","inputSchema":{"type":)"
                             R"("object","required":["a"]}})")));
  CHECK_FALSE(it.empty());
  auto read = tools(it).at(0).at("function");
  CHECK(tools(it).at(0).at("type") == "function");
  CHECK(read.at("name") == "read");
  CHECK(read.at("description") == "What it does.");
  CHECK(read.at("parameters").at("required").at(0) == "a");
}

TEST_CASE("a tool without a schema takes nothing", "[agent]") {
  tool_set it;
  it.add(offer("read"));
  CHECK(tools(it).at(0).at("function").at("parameters").at("type") == "object");
}

TEST_CASE("a name that vendors do not take has another one like it",
          "[agent]") {
  tool_set it;
  it.add(offer("files/read.all"));
  auto said = tools(it).at(0).at("function").at("name").as_string();
  CHECK(said == "files_read_all");
  CHECK(it.offered_as("files_read_all") == "files/read.all");
  CHECK(it.offered_as("unknown") == "unknown");
  // Of two that would be called the same the first is.
  CHECK_FALSE(it.add(offer("files.read/all")));
  it.add(offer(std::string(100, 'x')));
  CHECK(tools(it).at(1).at("function").at("name").as_string().size() == 64);
}

TEST_CASE("no tool is there twice, and no more than vendors take", "[agent]") {
  tool_set it;
  CHECK(it.add(offer("a")));
  CHECK_FALSE(it.add(offer("a")));
  for (std::size_t i = 1; i < tool_set::most; ++i)
    CHECK(it.add(offer("t" + std::to_string(i))));
  CHECK_FALSE(it.add(offer("one more")));
  CHECK(tools(it).as_array().size() == tool_set::most);
}
