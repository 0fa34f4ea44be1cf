#include "protocol/kept_answer.hpp"

#include "protocol/fronts/messages_request.hpp"
#include "tests/protocol/streams.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;

namespace {

std::shared_ptr<const cache_order> order_for(std::string more = "",
                                             cache_directives wish = {}) {
  auto made = chat_request::read(
    R"({"model":"m","temperature":0,"messages":[{"role":"user","content":"x"}])"
    + more + '}');
  REQUIRE(made.has_value());
  return keep_answer(*made, "tenant", "route", "t1", wish);
}

constexpr std::string_view body
  = R"({"id":"chatcmpl-1","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"yes"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4}})";

cached_ptr kept(const cache_order& by, std::string_view whole) {
  auto it = by.gatherer();
  it->whole(whole);
  auto got = it->take();
  if (!got || !got->keep)
    return nullptr;
  cached_value out;
  out.data = got->data;
  out.tokens = got->tokens;
  return std::make_shared<const cached_value>(out);
}

} // namespace

TEST_CASE("Cache-Control is read as HTTP writes it", "[kept_answer]") {
  CHECK(read_cache_control("no-cache").no_cache);
  CHECK(read_cache_control(" max-age=0 ,\tNO-STORE").no_store);
  CHECK_FALSE(read_cache_control("no-cached, x").no_cache);
  CHECK_FALSE(read_cache_control("").neither());
  CHECK(read_cache_control("no-store, no-cache").neither());
}

TEST_CASE("an order has the tenant in its key, and what the client wishes",
          "[kept_answer]") {
  auto it = order_for();
  REQUIRE(it);
  CHECK(it->key.starts_with("llm:tenant:"));
  CHECK(it->key.ends_with(":1"));
  CHECK(it->looks);
  CHECK(it->keeps);
  CHECK_FALSE(order_for("", {true, false})->looks);
  CHECK_FALSE(order_for("", {false, true})->keeps);
  CHECK_FALSE(order_for("", {true, true}));
  CHECK_FALSE(order_for(R"(,"n":2)"));
}

TEST_CASE("a whole answer is kept with its tokens and told in both forms",
          "[kept_answer]") {
  auto value = kept(*order_for(), body);
  REQUIRE(value);
  CHECK(value->tokens == 7);
  auto whole = order_for()->tell(value);
  REQUIRE(whole);
  CHECK(whole->data.find(R"("id":"chatcmpl-t1")") != std::string_view::npos);
  auto stream = order_for(R"(,"stream":true)")->tell(value);
  REQUIRE(stream);
  CHECK(facts_of(stream->data).text == "yes");
}

TEST_CASE("who wants a stream may follow another's, in its own way",
          "[kept_answer]") {
  CHECK_FALSE(order_for()->streams);
  CHECK_FALSE(order_for()->follower());
  auto said = chunk("{}") + "data: [DONE]\n\n";
  auto own = [&](const cache_order& by) {
    CHECK(by.streams);
    auto it = by.follower();
    auto out = it->more(said);
    return out + it->end({1, 2, 0, true});
  };
  auto plain = own(*order_for(R"(,"stream":true)"));
  CHECK(facts_of(plain).ids == std::set<std::string>{"chatcmpl-t1"});
  CHECK(facts_of(plain).usages == 0);
  auto with_usage = own(
    *order_for(R"(,"stream":true,"stream_options":{"include_usage":true})"));
  CHECK(facts_of(with_usage).usages == 1);
  auto elsewhere = read_messages_request(
    R"({"model":"m","max_tokens":5,"temperature":0,"stream":true,)"
    R"("messages":[{"role":"user","content":"x"}]})");
  REQUIRE(elsewhere.has_value());
  CHECK(own(*keep_answer(*elsewhere, "tenant", "route", "t1", {})) == said);
}

TEST_CASE("C6: half an answer is handed to those who wait and not kept",
          "[kept_answer]") {
  std::string cut{body};
  cut.replace(cut.find("stop"), 4, "length");
  auto it = order_for()->gatherer();
  it->whole(cut);
  auto got = it->take();
  REQUIRE(got);
  CHECK_FALSE(got->keep);
  it = order_for()->gatherer();
  it->whole("nonsense");
  CHECK_FALSE(it->take());
}

TEST_CASE("an answer larger than the largest has no stored form",
          "[kept_answer]") {
  auto it = order_for()->gatherer();
  it->whole(std::string(largest_cached + 1, 'x'));
  CHECK_FALSE(it->take());
}

TEST_CASE("what no gatherer made is not told", "[kept_answer]") {
  for (auto data : {"", "J", "Jnonsense", "X{}", "E"}) {
    auto value = std::make_shared<cached_value>();
    value->data = data;
    INFO(data);
    CHECK_FALSE(order_for()->tell(value));
  }
}
