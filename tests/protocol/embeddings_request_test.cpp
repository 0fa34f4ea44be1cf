#include "protocol/embeddings_request.hpp"

#include <set>

#include <boost/json.hpp>

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::protocol;

namespace {

std::shared_ptr<const embeddings_request> read(std::string body) {
  INFO(body);
  auto request = embeddings_request::read(std::move(body));
  if (request.has_error())
    FAIL(request.error().detail);
  return *request;
}

std::shared_ptr<const embeddings_request> of(std::string_view input,
                                             std::string_view more = "") {
  std::string body = R"({"model":"m","input":)";
  return read(body.append(input).append(more) + "}");
}

fault refused(std::string body) {
  INFO(body);
  auto request = embeddings_request::read(std::move(body));
  REQUIRE(request.has_error());
  CHECK_FALSE(request.error().detail.empty());
  return request.error();
}

std::string wrong_input(std::string_view input) {
  std::string body = R"({"model":"m","input":)";
  return refused(body.append(input) + "}").param;
}

std::vector<std::string> texts(const embeddings_request& from) {
  std::vector<std::string> all;
  for (std::size_t at = 0; at < from.count(); ++at)
    all.push_back(from.text(at));
  return all;
}

using list = std::vector<std::string>;

} // namespace

TEST_CASE("an input is a text, texts, token ids, or lists of token ids") {
  CHECK(texts(*of(R"("a")")) == list{"a"});
  CHECK(texts(*of(R"( [ "a" , "b\n\u00e9" ] )")) == list{"a", "b\né"});
  CHECK(texts(*of("[1, 2 ,3]")) == list{"[1,2,3]"});
  CHECK(texts(*of("[[1, 2],[3]]")) == list{"[1,2]", "[3]"});
  CHECK(of(R"(["a","b"])")->token_ids().empty());
  CHECK(of("[7]")->token_ids() == "input");
  CHECK(of("[[7]]")->token_ids() == "input[0]");
  CHECK(of(R"(["a",[7]])")->token_ids() == "input[1]");
  CHECK(of(R"(" ")")->count() == 1);
}

TEST_CASE("the members of a request for embeddings are read in any order") {
  const auto request = read(R"({"user":"u","dimensions":12,"input":["x"],)"
                            R"("encoding_format":"base64","model":"a/b"})");
  CHECK(request->model() == "a/b");
  CHECK(request->format() == vector_format::base64);
  CHECK(request->dimensions() == 12);
  CHECK(request->body().substr(request->model_begin(),
                               request->model_end() - request->model_begin())
        == R"("a/b")");
  const auto plain
    = of(R"("x")", R"(,"dimensions":null,"encoding_format":null,"user":null)");
  CHECK(plain->format() == vector_format::floats);
  CHECK_FALSE(plain->dimensions());
}

TEST_CASE("what is no input is refused by its place") {
  CHECK(wrong_input("null") == "input");
  CHECK(wrong_input("{}") == "input");
  CHECK(wrong_input("7") == "input");
  CHECK(wrong_input(R"("")") == "input");
  CHECK(wrong_input("[]") == "input");
  CHECK(wrong_input("[ ]") == "input");
  CHECK(wrong_input(R"(["a",""])") == "input[1]");
  CHECK(wrong_input(R"(["a",null])") == "input[1]");
  CHECK(wrong_input(R"(["a",7])") == "input[1]");
  CHECK(wrong_input(R"([7,"a"])") == "input");
  CHECK(wrong_input("[1.5]") == "input[0]");
  CHECK(wrong_input("[-1]") == "input[0]");
  CHECK(wrong_input("[1,-1]") == "input");
  CHECK(wrong_input("[[1],[]]") == "input[1]");
  CHECK(wrong_input("[[[1]]]") == "input[0]");
  CHECK(wrong_input(R"([{"text":"a"}])") == "input[0]");
  CHECK(refused(R"({"model":"m"})").param == "input");
  CHECK(refused(R"({"model":"m","input":""})").code
        == errc::validation_constraint);
  CHECK(refused(R"({"model":"m","input":7})").code == errc::validation_schema);
}

TEST_CASE("what is wrong with the other members is refused by name") {
  CHECK(refused(R"({"input":"x"})").param == "model");
  CHECK(refused(R"({"input":"x","model":""})").param == "model");
  CHECK(refused(R"({"input":"x","model":null})").param == "model");
  for (std::string member :
       {R"("dimensions":0)", R"("dimensions":"9")", R"("dimensions":1.5)",
        R"("encoding_format":"hex")", R"("encoding_format":1)",
        R"("user":{})"}) {
    const auto name = member.substr(1, member.find('"', 1) - 1);
    CHECK(refused(R"({"input":"x","model":"m",)" + member + "}").param == name);
  }
  CHECK(refused("[]").code == errc::validation_schema);
  CHECK(refused(R"({"model":"m","input":"x","input":"y"})").code
        == errc::validation_schema);
}

TEST_CASE("2048 inputs are read, one more is refused") {
  std::string body = R"({"model":"m","input":["x")";
  for (std::size_t at = 1; at < embeddings_request::most_inputs; ++at)
    body += R"(,"x")";
  CHECK(read(body + "]}")->count() == 2048);
  const auto why = refused(body + R"(,"x"]})");
  CHECK(why.param == "input");
  CHECK(why.code == errc::validation_constraint);
  // One input of many tokens is one.
  std::string ids = R"({"model":"m","input":[1)";
  for (int at = 0; at < 5000; ++at)
    ids += ",1";
  CHECK(read(ids + "]}")->count() == 1);
}

TEST_CASE("a part of a request asks for its inputs in the order given, and is "
          "otherwise the same") {
  const auto all = read(
    R"({"x":[1.10], "input" : ["a","b\t", "c"], "model":"m","user":"u"})");
  CHECK(all->only({2, 0})->body()
        == R"({"x":[1.10], "input" : ["c","a"], "model":"m","user":"u"})");
  CHECK(texts(*all->only({1})) == list{"b\t"});
  CHECK(all->only({0, 1, 2})->count() == 3);
  CHECK(all->only({0})->model() == "m");
  CHECK(texts(*of(R"("a")")->only({0})) == list{"a"});
  CHECK(texts(*of("[1,2]")->only({0})) == list{"[1,2]"});
}

TEST_CASE("an input in any part of a request has the identity it has in the "
          "whole") {
  const auto all
    = of(R"(["a","b\u0020","c"])", R"(,"dimensions":3,"input_type":"query")");
  for (std::size_t at = 0; at < all->count(); ++at)
    CHECK(all->only({at})->identity(0, "m") == all->identity(at, "m"));
}

TEST_CASE("inputs that mean the same have the same identity, however they are "
          "written") {
  const auto one = [](std::string_view input, std::string_view more = "") {
    return of(input, more)->identity(0, "m");
  };
  CHECK(one(R"("a/é")") == one(R"(["\u0061\/\u00e9"])"));
  CHECK(one("[1,2]") == one("[[ 1 , 2 ]]"));
  CHECK(one(R"("a")") == one(R"("a")", R"(,"user":"somebody")"));
  CHECK(one(R"("a")")
        == one(R"("a")", R"(,"encoding_format":"float","dimensions":null)"));
  CHECK(one(R"("a")", R"(,"x":1,"y":2)") == one(R"("a")", R"(,"y":2,"x":1)"));
}

TEST_CASE("what decides a vector decides its identity") {
  std::set<std::string> all;
  std::size_t count = 0;
  const auto note = [&](std::string_view input, std::string_view more = "",
                        std::string_view model = "m") {
    ++count;
    all.insert(of(input, more)->identity(0, model));
  };
  note(R"("a")");
  note(R"("b")");
  note(R"("A")");
  note(R"("a")", "", "n");
  note(R"("a")", R"(,"dimensions":3)");
  note(R"("a")", R"(,"encoding_format":"base64")");
  note(R"("a")", R"(,"input_type":"query")");
  note(R"("a")", R"(,"input_type":"document")");
  note("[1]");
  note("[11]");
  note(R"("[1]")");
  note(R"("a\",\"b")");
  CHECK(all.size() == count);
}

TEST_CASE("the same request for embeddings is known again") {
  CHECK(of(R"("a")")->fingerprint() == of(R"("a")")->fingerprint());
  CHECK(of(R"("a")")->fingerprint() != of(R"("b")")->fingerprint());
  CHECK(of(R"("a")")->fingerprint() != 0);
}

TEST_CASE("a word to the node is read and cut out, wherever it stands") {
  for (std::string body :
       {R"({"cache":false,"model":"m","input":["a","b"]})",
        R"({"model":"m","cache" : false , "input":["a","b"]})",
        R"({"model":"m","input":["a","b"],"cache":false})"}) {
    INFO(body);
    const auto read = embeddings_request::read(body);
    REQUIRE(read.has_value());
    const auto& it = **read;
    CHECK(it.cache_wish() == false);
    CHECK(it.body().find("cache") == std::string_view::npos);
    CHECK(it.body().substr(it.model_begin(), it.model_end() - it.model_begin())
          == R"("m")");
    CHECK(it.text(1) == "b");
    CHECK(it.only({1})->body().find(R"("input":["b"])")
          != std::string_view::npos);
    CHECK(embeddings_request::read(std::string{it.body()}).has_value());
  }
}

TEST_CASE("a provider's own \"cache\" stays, and changes what is asked") {
  const auto plain
    = embeddings_request::read(R"({"model":"m","input":"a"})").value();
  const auto own
    = embeddings_request::read(R"({"model":"m","input":"a","cache":{"x":1}})")
        .value();
  CHECK_FALSE(own->cache_wish());
  CHECK(own->body().find("cache") != std::string_view::npos);
  CHECK(own->identity(0, "m") != plain->identity(0, "m"));
}
