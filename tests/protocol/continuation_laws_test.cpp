// Whatever stream dies, wherever, and whoever goes on with it.
#include <filesystem>
#include <random>

#include "protocol/continuation.hpp"
#include "tests/protocol/streams.hpp"
#include "tests/support/catch.hpp"

namespace fs = std::filesystem;
using namespace caisson;
using namespace caisson::protocol;

namespace {

const std::vector<std::string> vendors = {"openai", "anthropic", "google"};

/// The streams that clients got, by file.
std::vector<std::string> client_streams() {
  std::vector<std::string> found;
  for (auto& vendor : vendors)
    for (auto& entry : fs::directory_iterator{
           CAISSON_SOURCE_DIR "/tests/protocol/golden/" + vendor})
      if (entry.path().string().ends_with(".client.sse"))
        found.push_back(vendor + '/' + entry.path().filename().string());
  std::sort(found.begin(), found.end());
  return found;
}

/// The client's stream when `so_far` has come and `vendor` goes on, or the
/// fault. `reply` is what the vendor sends.
result<std::string> joined(const std::string& so_far, std::string_view vendor,
                           const std::string& reply, unsigned seed) {
  auto made = continuation::read(so_far, asked());
  if (!made)
    return made.error();
  if (made->complete())
    return so_far + made->rest();
  REQUIRE(made->request().has_value());
  auto reader = made->reader(reader_of(vendor, seed % 2 == 0), "b");
  return so_far + all_of(*reader, reply, seed);
}

void check_form(const stream_facts& facts) {
  CHECK(facts.well_formed);
  CHECK(facts.ids.size() == 1);
  CHECK(facts.models.size() == 1);
  CHECK(facts.times.size() == 1);
  CHECK(facts.roles == 1);
  CHECK(facts.starts_with_role);
  CHECK(facts.finishes.size() == 1);
  CHECK(facts.usages <= 1);
  CHECK(facts.ends == 1);
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

/// Cut behind each event, gone on with by each vendor: `check` gets what the
/// client had, the stream as joined, and what it was to become.
template <class Check>
void every_cut(Check check) {
  auto files = client_streams();
  REQUIRE(files.size() >= 18);
  unsigned seed = 20261124;
  for (auto& file : files)
    for (auto& vendor : vendors) {
      auto reply = golden(vendor + "/stream_text.reply.sse");
      std::string so_far;
      for (auto& event : events_of(golden(file))) {
        so_far += event;
        INFO(file << " by " << vendor << " after " << so_far);
        check(so_far, joined(so_far, vendor, reply, ++seed), vendor);
      }
    }
}

} // namespace

TEST_CASE("a stream that is gone on with is one well-formed stream") {
  std::size_t went_on = 0;
  every_cut([&](const std::string& so_far, const result<std::string>& stream,
                const std::string& vendor) {
    auto before = facts_of(so_far);
    if (!stream || !before.finishes.empty())
      return;
    ++went_on;
    auto facts = facts_of(*stream);
    check_form(facts);
    CHECK(facts.ids == before.ids);
    CHECK(facts.models == before.models);
    CHECK(facts.times == before.times);
    auto second = facts_of(golden(vendor + "/stream_text.client.sse"));
    CHECK(facts.text == before.text + second.text);
    CHECK(facts.finishes == second.finishes);
    CHECK(facts.marks
          == std::vector<std::string>{
            R"({"degraded":"stream_failover","provider":"b"})"});
  });
  CHECK(went_on > 100);
}

TEST_CASE("a stream that had finished gets its end and nobody is asked") {
  std::size_t ended = 0;
  every_cut([&](const std::string& so_far, const result<std::string>& stream,
                const std::string&) {
    if (facts_of(so_far).finishes.empty())
      return;
    ++ended;
    REQUIRE(stream.has_value());
    check_form(facts_of(*stream));
    CHECK(facts_of(*stream).marks.empty());
  });
  CHECK(ended > 100);
}

TEST_CASE("a stream is refused exactly where it cannot go on") {
  std::size_t refused = 0;
  every_cut([&](const std::string& so_far, const result<std::string>& stream,
                const std::string&) {
    auto begun = facts_of(so_far).calls > 0 || has(so_far, "\"refusal\":\"I");
    CHECK(stream.has_error() == (begun && facts_of(so_far).finishes.empty()));
    if (stream)
      return;
    ++refused;
    CHECK(stream.error().code == errc::llm_error);
    CHECK(stream.error().kind == failure_kind::eof);
  });
  CHECK(refused > 30);
}

TEST_CASE("whoever goes on may do it however the network splits the reply") {
  std::mt19937 random{7};
  auto so_far = chunk(R"({"role":"assistant","content":"Hel"})");
  for (auto& file : client_streams()) {
    auto vendor = file.substr(0, file.find('/'));
    auto reply = golden(file.substr(0, file.find(".client")) + ".reply.sse");
    INFO(file);
    auto once = [&](unsigned seed) {
      auto made = continuation::read(so_far, asked());
      auto reader = made->reader(reader_of(vendor, true), "b");
      return so_far + all_of(*reader, reply, seed);
    };
    auto whole = once(0);
    check_form(facts_of(whole));
    for (int round = 0; round < 50; ++round)
      REQUIRE(once(random()) == whole);
  }
}
