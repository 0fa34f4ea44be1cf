#include "protocol/dialects/simulated_embeddings.hpp"

#include <cmath>
#include <set>

#include <boost/json.hpp>

#include "protocol/embeddings_request.hpp"
#include "protocol/stable_hash.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;
namespace json = boost::json;

namespace {

result<simulated_vectors> asked(std::string members) {
  return simulate(
    *embeddings_request::read(R"({"model":"m",)" + members + "}").value(),
    "pretend");
}

double length_of(const std::vector<float>& vector) {
  double sum = 0;
  for (auto x : vector)
    sum += static_cast<double>(x) * static_cast<double>(x);
  return std::sqrt(sum);
}

} // namespace

TEST_CASE("a simulated vector depends on its text alone, and is of length 1") {
  for (std::size_t size : {1U, 2U, 256U, 4096U}) {
    const auto vector = simulated_vector("Grüße", size);
    CHECK(vector.size() == size);
    CHECK(std::abs(length_of(vector) - 1) < 1e-5);
    CHECK(vector == simulated_vector("Grüße", size));
    CHECK(vector != simulated_vector("Grüße ", std::max<std::size_t>(size, 2)));
  }
}

TEST_CASE("simulated vectors of two texts have little to do with each other") {
  const auto one = simulated_vector("one", 256);
  const auto other = simulated_vector("two", 256);
  double product = 0;
  for (std::size_t i = 0; i < one.size(); ++i)
    product += static_cast<double>(one[i]) * static_cast<double>(other[i]);
  CHECK(std::abs(product) < 0.3);
}

TEST_CASE("each simulated embedding says that it is one") {
  const auto said = asked(R"("input":["a","b"])");
  REQUIRE(said.has_value());
  const auto body = json::parse(said->body);
  CHECK(body.at("model") == "pretend");
  CHECK(body.at("object") == "list");
  for (auto& one : body.at("data").as_array()) {
    CHECK(one.at("simulated") == true);
    CHECK(one.at("embedding").as_array().size() == 256);
  }
  CHECK(body.at("data").at(1).at("index") == 1);
  CHECK(said->usage.known);
  CHECK(said->usage.input == 2);
}

TEST_CASE("simulated embeddings have the size and the form asked for") {
  const auto said
    = asked(R"("input":"a","dimensions":3,"encoding_format":"base64")");
  REQUIRE(said.has_value());
  const auto body = json::parse(said->body);
  CHECK(body.at("data").at(0).at("embedding").as_string().size() == 16);
  CHECK(asked(R"("input":[1,2])").has_value());
  for (const auto* most : {"4097", "1000000000000"}) {
    const auto refused
      = asked(R"("input":"a","dimensions":)" + std::string{most});
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::validation_constraint);
    CHECK(refused.error().param == "dimensions");
  }
  CHECK(asked(R"("input":"a","dimensions":4096)").has_value());
}

TEST_CASE("the stable hash is the same everywhere, and other for other texts "
          "and seeds") {
  // Written down: two nodes of different builds must agree.
  CHECK(stable_hash("") == 0xe220a8397b1dcdafULL);
  std::set<std::uint64_t> seen;
  std::string text;
  for (int i = 0; i < 40; ++i) {
    seen.insert(stable_hash(text));
    seen.insert(stable_hash(text, 1));
    text += '\0';
  }
  CHECK(seen.size() == 80);
}
