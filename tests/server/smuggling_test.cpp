// The published ways to smuggle a request past a front door, in requests of
// ours: garden.json has the anomalies that the HTTP Garden has found in servers
// and proxies, te_mutations.json the disguises of a Transfer-Encoding field.
#include <algorithm>

#include "tests/server/http_corpus.hpp"
#include "tests/support/catch.hpp"

using namespace caisson::http;

namespace {

/// A request with `field` whose body is a request to who takes the field for
/// an announcement of chunks.
std::string disguised(std::string_view field, bool length_first) {
  std::string body = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
  auto length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  std::string raw = "GET /health/live HTTP/1.1\r\n";
  if (length_first)
    raw += "Host: a\r\n" + length;
  raw += field;
  raw += "\r\n";
  if (!length_first)
    raw += "Host: a\r\n" + length;
  return raw + "\r\n" + body;
}

} // namespace

TEST_CASE("every request of the garden gets the verdicts it deserves") {
  auto cases = corpus("garden.json");
  CHECK(cases.size() >= 150);
  std::size_t accepted = 0;
  for (auto& item : cases) {
    INFO(item.at("name").as_string().c_str());
    std::vector<unsigned> expected;
    for (auto& one : item.at("expect").as_array())
      expected.push_back(verdict_of(one));
    CHECK(verdicts_on(bytes_of(item.at("raw"))) == expected);
    accepted += expected.front() == 200;
  }
  CHECK(accepted >= 10);
}

TEST_CASE("no disguise of Transfer-Encoding passes beside a Content-Length") {
  auto cases = corpus("te_mutations.json");
  CHECK(cases.size() >= 1100);
  std::size_t accepted = 0;
  for (auto& item : cases) {
    INFO(item.at("name").as_string().c_str());
    std::vector<unsigned> expected{verdict_of(item.at("expect"))};
    for (auto length_first : {false, true})
      CHECK(verdicts_on(disguised(bytes_of(item.at("field")), length_first))
            == expected);
    accepted += expected.front() == 200;
  }
  // Other fields, which announce nothing.
  CHECK(accepted == 6);
}
