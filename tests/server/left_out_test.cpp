#include "server/providers/left_out.hpp"

#include <vector>

#include "tests/support/catch.hpp"

using namespace caisson;

namespace {

class lines final : public journal {
public:
  void note(severity, std::string_view,
            std::string_view what) noexcept override {
    all.emplace_back(what);
  }
  void note(severity, std::string_view, std::string_view,
            std::string_view) noexcept override {}
  std::vector<std::string> all;
};

std::shared_ptr<const std::string> text(std::string what) {
  return std::make_shared<const std::string>(std::move(what));
}

protocol::openapi::api without(std::vector<std::string> operations) {
  protocol::openapi::api made;
  made.left_out = std::move(operations);
  return made;
}

} // namespace

TEST_CASE("what a description has and nobody is offered is told once") {
  left_out it;
  lines log;
  it.note("shop", text("a"), without({"POST /files: a file"}), log);
  it.note("shop", text("a"), without({"POST /files: a file"}), log);
  CHECK(log.all
        == std::vector<std::string>{
          "shop: 1 operation is no tool: POST /files: a file"});
  CHECK(it.all().at("shop") == 1);
}

TEST_CASE("another description is told of anew") {
  left_out it;
  lines log;
  it.note("shop", text("a"), without({"x: y"}), log);
  it.note("shop", text("b"), without({}), log);
  CHECK(log.all.size() == 1);
  CHECK(it.all().at("shop") == 0);
}

TEST_CASE("a line names some of many") {
  left_out it;
  lines log;
  it.note("shop", text("a"), without(std::vector<std::string>(25, "x: y")),
          log);
  REQUIRE(log.all.size() == 1);
  CHECK(log.all[0].ends_with("x: y; and 5 more"));
}
