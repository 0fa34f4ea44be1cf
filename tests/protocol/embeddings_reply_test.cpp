#include "protocol/embeddings_reply.hpp"

#include <boost/json.hpp>

#include "protocol/embeddings_request.hpp"
#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;
namespace json = boost::json;

namespace {

const std::string three
  = R"({"object":"list","data":[)"
    R"({"object":"embedding","index":0,"embedding":[0.10,1e-7]},)"
    R"({"index":1,"embedding":"AACAPw==","object":"embedding"},)"
    R"({"object":"embedding","embedding":[3],"index":2,"new":{"a":1}}],)"
    R"("model":"m","usage":{"prompt_tokens":7,"total_tokens":7}})";

embeddings_reply split(std::string_view body, std::size_t count) {
  auto reply = split_embeddings(body, count);
  if (reply.has_error())
    FAIL(reply.error().detail);
  return *reply;
}

std::string compose(const embeddings_reply& what) {
  return compose_embeddings(
    what.model, {what.values.begin(), what.values.end()}, what.usage);
}

} // namespace

TEST_CASE("a reply taken apart and put together again says the same") {
  const auto reply = split(three, 3);
  CHECK(reply.model == "m");
  CHECK(reply.usage.known);
  CHECK(reply.usage.input == 7);
  CHECK(reply.values[0] == R"("object":"embedding","embedding":[0.10,1e-7])");
  CHECK(json::parse(compose(reply)) == json::parse(three));
  const auto again = split(compose(reply), 3);
  CHECK(again.values == reply.values);
}

TEST_CASE("the vectors of a reply are put in the order of their index") {
  const auto reply = split(R"({"data":[{"index":1,"embedding":[1]},)"
                           R"({"embedding":[0],"index":0}],"model":"m"})",
                           2);
  CHECK(
    reply.values
    == std::vector<std::string>{R"("embedding":[0])", R"("embedding":[1])"});
  CHECK_FALSE(reply.usage.known);
  const auto silent = split(R"({"data":[{"embedding":[0]},{"embedding":[1]}]})",
                            2); // imitators
  CHECK(silent.values == reply.values);
}

TEST_CASE("values of several replies make up one") {
  const auto kept = split(three, 3);
  const auto asked
    = split(R"({"data":[{"object":"embedding","index":0,"embedding":[9]}],)"
            R"("model":"m","usage":{"prompt_tokens":2,"total_tokens":2}})",
            1);
  const auto said = json::parse(compose_embeddings(
    "m", {kept.values[2], asked.values[0], kept.values[0]}, asked.usage));
  CHECK(said.at("data").at(1)
        == json::parse(R"({"object":"embedding","index":1,"embedding":[9]})"));
  CHECK(said.at("data").at(0).at("index") == 0);
  CHECK(said.at("data").at(2).at("embedding") == json::parse("[0.1,1e-7]"));
  CHECK(said.at("usage").at("total_tokens") == 2);
}

TEST_CASE("a reply without a provider's count has no usage") {
  embeddings_reply quiet{"m", {R"("embedding":[1])"}, {}};
  CHECK_FALSE(json::parse(compose(quiet)).as_object().contains("usage"));
}

TEST_CASE("a reply that does not answer each input once is not taken apart") {
  for (const auto* body :
       {R"({"data":[{"index":0,"embedding":[1]}]})",
        R"({"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]})",
        R"({"data":[{"index":0,"embedding":[1]},{"index":2,"embedding":[1]}]})",
        R"({"data":[{"index":0,"embedding":[1]},{"index":-1,"embedding":[]}]})",
        R"({"data":[{"index":0,"embedding":[1]},{"index":1}]})",
        R"({"data":[1,2]})", R"({"data":{}})", R"({"model":"m"})", "[]", "",
        R"({"data":[{"embedding":[1]},{"embedding":[1]},{"embedding":[1]}]})",
        R"({"data":[{"embedding":[1]},{"embedding")"}) {
    INFO(body);
    const auto reply = split_embeddings(body, 2);
    REQUIRE(reply.has_error());
    CHECK(reply.error().kind == failure_kind::decode);
  }
}

TEST_CASE("asking for the parts of a request and composing their replies is "
          "asking for all of it") {
  // A provider whose vector for a text is the text's length.
  const auto answer = [](const embeddings_request& asked) {
    embeddings_reply said{"m", {}, {0, 0, 0, true}};
    for (std::size_t at = 0; at < asked.count(); ++at) {
      const auto size = asked.text(at).size();
      said.values.push_back(R"("object":"embedding","embedding":[)"
                            + std::to_string(size) + ']');
      said.usage.input += size;
    }
    return compose(said);
  };
  const auto all = embeddings_request::read(
                     R"({"model":"m","input":["e","aa","bbb","cccc","ddddd"]})")
                     .value();
  for (unsigned known = 0; known < 31; ++known) {
    std::vector<std::size_t> missing;
    for (std::size_t at = 0; at < all->count(); ++at)
      if ((known >> at & 1) == 0)
        missing.push_back(at);
    auto whole = split(answer(*all), all->count());
    const auto part = split(answer(*all->only(missing)), missing.size());
    auto kept = whole;
    for (std::size_t at = 0; at < missing.size(); ++at)
      kept.values[missing[at]] = part.values[at];
    CHECK(compose(kept) == answer(*all));
  }
}
