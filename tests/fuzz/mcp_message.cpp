// A body of MCP: read as JSON-RPC, its params, its era.

#include "protocol/mcp/era.hpp"
#include "protocol/mcp/listen.hpp"
#include "protocol/mcp/reply.hpp"
#include "protocol/mcp/server_card.hpp"
#include "tests/fuzz/laws.hpp"

using namespace caisson::fuzz;
using namespace caisson::protocol::mcp;

namespace {

/// The headers that most requests of the seeds come with, by turns.
standard_headers headers_for(std::uint8_t knob) {
  standard_headers result;
  if (knob & 1)
    result.protocol_version = revision_names[knob / 16 % 5];
  if (knob & 2)
    result.method = "tools/call";
  if (knob & 4)
    result.name = "=?base64?dGVzdA==?=";
  return result;
}

void must_be_sound(const rpc_error& what) {
  must(!what.message.empty() && what.message.size() <= 300,
       "a refusal says something short");
  must(what.status >= 200 && what.status < 500, "a refusal is the client's");
  const auto text = json_of(write_error(what));
  must(text.has_value(), "a refusal is JSON");
  const auto& id = text->at("id");
  must(id.is_null() || id.is_string() || id.is_number(), "its id is one");
}

void check_message(const message& one, std::string_view body) {
  for (auto part : {one.id, one.params, one.result, one.error})
    must(within(part, body), "what is read stands in the body");
  must((one.kind == message_kind::notification) == one.id.empty(),
       "all but notifications have an id");
  must((one.kind == message_kind::response) == one.method.empty(),
       "all but responses have a method");
  if (!one.id.empty()) {
    const auto id = json_of(one.id);
    must(id && (id->is_string() || id->is_number()), "an id is one");
  }
  if (!one.params.empty()) {
    const auto params = json_of(one.params);
    must(params && params->is_object(), "params are an object");
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  input from{data, size};
  const auto came = from.text;
  const auto read = read_body(from.text);
  must(from.text == came, "the body stays as it came");
  if (!read) {
    must_be_sound(read.error());
    return 0;
  }
  must(json_of(came).has_value(), "what is taken is JSON");
  must(!read->messages.empty(), "there is a message");
  for (const auto& one : read->messages)
    check_message(one, from.text);
  const auto& first = read->messages.front();
  const auto params = read_params(first.params);
  const auto where = decide_era(*read, params, headers_for(from.knob));
  if (!where)
    must_be_sound(where.error());
  else
    must(where->spoken == era::legacy || !read->batch, "no modern arrays");
  if (const auto hello = read_initialize(params))
    must(era_of(hello->spoken) == era::legacy, "sessions are legacy");
  if (const auto filter = read_listen(first.params))
    must(json_of(write_acknowledged("1", *filter)).has_value(),
         "an acknowledgement is JSON");
  return 0;
}
