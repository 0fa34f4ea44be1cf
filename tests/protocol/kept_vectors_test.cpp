#include "protocol/kept_vectors.hpp"

#include <boost/json.hpp>

#include "protocol/cache_key.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;
namespace json = boost::json;

namespace {

std::shared_ptr<const cache_batch> batch(const std::string& input,
                                         const std::string& more = "",
                                         std::string_view tenant = "me",
                                         std::string_view route = "a/m ",
                                         cache_directives wish = {}) {
  auto made
    = embeddings_request::read(R"({"model":"m","input":)" + input + more + '}');
  REQUIRE(made.has_value());
  return keep_vectors(*made, tenant, route, wish);
}

std::string key_of(const std::string& input, const std::string& more = "",
                   std::string_view tenant = "me",
                   std::string_view route = "a/m ") {
  return batch(input, more, tenant, route)->parts.front()->key;
}

/// A provider's reply: the vector of an input is its number here.
std::string reply(std::size_t count, std::string usage = "") {
  std::string out = R"({"object":"list","model":"m-2","data":[)";
  for (std::size_t i = 0; i < count; ++i)
    out += (i == 0 ? "" : ",") + std::string{R"({"index":)"} + std::to_string(i)
           + R"(,"object":"embedding","embedding":[)" + std::to_string(i)
           + "]}";
  return out + ']' + usage + '}';
}

std::vector<cached_ptr> kept(const cache_batch& by, std::size_t count,
                             std::string usage = "") {
  part_list all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back(i);
  auto pieces = by.split(reply(count, std::move(usage)), all);
  REQUIRE(pieces);
  std::vector<cached_ptr> out;
  for (auto& x : *pieces) {
    auto value = std::make_shared<cached_value>();
    value->data = x.data;
    value->tokens = x.tokens;
    out.push_back(std::move(value));
  }
  return out;
}

json::value said(const cache_batch& by, const std::vector<cached_ptr>& values) {
  auto got = by.tell(values);
  REQUIRE(got);
  return json::parse(json::string_view{got->data.data(), got->data.size()});
}

} // namespace

TEST_CASE("each input has a key, with the tenant in it") {
  auto it = batch(R"(["one","two"])");
  REQUIRE(it->parts.size() == 2);
  for (auto& x : it->parts) {
    CHECK(x->kind == cache_kind::embeddings);
    CHECK(x->key.starts_with("embeddings:me:"));
    CHECK(x->key.ends_with(":1"));
    CHECK(x->key.size() <= longest_cache_key);
    CHECK(x->looks);
    CHECK(x->keeps);
  }
  CHECK(it->parts[0]->key != it->parts[1]->key);
  CHECK_FALSE(it->repeats);
}

TEST_CASE("C3: whatever changes a vector changes its key") {
  const auto it = key_of(R"("one")");
  CHECK(key_of(R"("one ")") != it);
  CHECK(key_of(R"("one")", R"(,"dimensions":8)") != it);
  CHECK(key_of(R"("one")", R"(,"encoding_format":"base64")") != it);
  CHECK(key_of(R"("one")", R"(,"new":1)") != it);
  CHECK(key_of(R"("one")", "", "other") != it);
  CHECK(key_of(R"("one")", "", "me", "b/m ") != it);
  CHECK(key_of("[1,2]") != key_of(R"("[1,2]")"));
  CHECK(key_of("[1,2]") != key_of("[12]"));
}

TEST_CASE("C3: what does not change a vector does not change its key") {
  const auto it = key_of(R"("one")");
  CHECK(key_of(R"(["\u006fne"])") == it);
  CHECK(key_of(R"(["one","two"])") == it);
  CHECK(key_of(R"("one")", R"(,"user":"u","encoding_format":"float")") == it);
  CHECK(key_of(R"("one")", R"(,"cache":true)") == it);
  CHECK(key_of("[1,2]") == key_of("[ [1, 2] ]"));
}

TEST_CASE("an input that stands twice is one part, in both of its places") {
  auto it = batch(R"(["a","b","a"])");
  CHECK(it->parts.size() == 2);
  CHECK(it->repeats);
  auto whole = said(*it, kept(*it, 2));
  auto& data = whole.at("data").as_array();
  REQUIRE(data.size() == 3);
  CHECK(data[0].at("embedding") == data[2].at("embedding"));
  CHECK(data[1].at("embedding") == json::parse("[1]"));
  CHECK(data[2].at("index") == 2);
  CHECK(whole.at("model") == "m-2");
}

TEST_CASE("what is missing is asked for in the order of the parts") {
  auto it = batch(R"(["a","b","a","c"])");
  auto body
    = std::dynamic_pointer_cast<const embeddings_request>(it->only({0, 2}));
  REQUIRE(body);
  CHECK(body->body() == R"({"model":"m","input":["a","c"]})");
}

TEST_CASE("the parts of what a provider counted are all of it") {
  auto it = batch(R"(["a","a longer one","of middle","x"])");
  auto total = GENERATE(0, 1, 3, 17, 1'000'003);
  auto values = kept(
    *it, 4, R"(,"usage":{"prompt_tokens":)" + std::to_string(total) + '}');
  std::uint64_t sum = 0;
  for (auto& x : values)
    sum += x->tokens;
  CHECK(sum == static_cast<std::uint64_t>(total));
  CHECK(said(*it, values).at("usage").at("prompt_tokens") == total);
  CHECK(values[1]->tokens >= values[0]->tokens);
}

TEST_CASE("where one part was not counted, no count is told") {
  auto it = batch(R"(["a","b"])");
  auto values = kept(*it, 2, R"(,"usage":{"prompt_tokens":4})");
  CHECK(said(*it, values).as_object().contains("usage"));
  values[1] = kept(*it, 2)[1];
  CHECK_FALSE(said(*it, values).as_object().contains("usage"));
}

TEST_CASE("a reply that has not a vector for each part is not taken apart") {
  auto it = batch(R"(["a","b"])");
  CHECK_FALSE(it->split(reply(1), {0, 1}));
  CHECK_FALSE(it->split("nonsense", {0, 1}));
}

TEST_CASE("what nobody of ours has kept is not told") {
  auto it = batch(R"("a")");
  for (auto* data : {"", "x", "V", "Vm", "Jm\n\"embedding\":[1]"}) {
    auto value = std::make_shared<cached_value>();
    value->data = data;
    CHECK_FALSE(it->tell({value}));
  }
}

TEST_CASE("a part's share of a question is that of its text") {
  auto it = batch(R"(["aaaaaa","bb","bb"])");
  CHECK(it->share({0, 1}) == 1);
  CHECK(it->share({}) == 0);
  CHECK(it->share({0}) > it->share({1}));
}

TEST_CASE("a client may refuse, or want them anew, or kept nowhere") {
  CHECK_FALSE(batch(R"("a")", R"(,"cache":false)"));
  CHECK(batch(R"("a")", R"(,"cache":{"a provider's":"own"})"));
  CHECK_FALSE(batch(R"("a")", "", "me", "r", {true, true}));
  CHECK_FALSE(batch(R"("a")", "", "me", "r", {true, false})->parts[0]->looks);
  CHECK_FALSE(batch(R"("a")", "", "me", "r", {false, true})->parts[0]->keeps);
}
