#include "protocol/fronts/messages_request.hpp"

#include <algorithm>
#include <array>

#include "protocol/fronts/messages_read.hpp"
#include "protocol/json/strict.hpp"
#include "protocol/own_wish.hpp"

namespace caisson::protocol {
namespace messages {
namespace {

namespace ondemand = simdjson::ondemand;

/// What `chat_request` takes; Anthropic takes more.
constexpr std::size_t max_stops = 16;

void set(draft& into, std::string_view key, std::string_view json) {
  into.settings += ",\"";
  into.settings += key;
  into.settings += "\":";
  into.settings += json;
}

bool read_model(ondemand::value from, draft& into) {
  const auto token = json::trim(from.raw_json_token());
  if (!token.starts_with('"'))
    return wrong(into, "model", "a string");
  into.model = token;
  return token.size() > 2
         || beyond(into, "model", "the name of a model, not empty");
}

bool read_limit(ondemand::value from, draft& into) {
  into.limit = json::trim(from.raw_json_token());
  std::int64_t count = 0;
  if (from.get_int64().get(count))
    return wrong(into, "max_tokens", "an integer");
  if (count < 0)
    return beyond(into, "max_tokens", "at least 0");
  // It fills Anthropic's cache and generates nothing.
  return count > 0 || unsaid(into, "max_tokens", "at least 1");
}

bool read_stream(ondemand::value from, draft& into) {
  return !from.get_bool().get(into.stream)
         || wrong(into, "stream", "a boolean");
}

/// A number from 0 to 1, by the same name in both dialects.
bool read_share(ondemand::value from, const char* key, draft& into) {
  const auto token = json::trim(from.raw_json_token());
  double share = 0;
  if (from.get_double().get(share))
    return wrong(into, key, "a number");
  if (share < 0 || share > 1)
    return beyond(into, key, "between 0 and 1");
  set(into, key, token);
  return true;
}

bool read_stops(ondemand::value from, draft& into) {
  ondemand::array texts;
  if (from.get_array().get(texts))
    return wrong(into, "stop_sequences", "an array of strings");
  std::string list;
  std::size_t count = 0;
  const auto ok = each_element(texts, [&](std::size_t i, ondemand::value text) {
    std::string_view stop;
    if (!inside(text, stop))
      return wrong(into, place("stop_sequences", i), "a string");
    next(list);
    ((list += '"') += stop) += '"';
    ++count;
    return true;
  });
  if (ok && count > 0)
    set(into, "stop", '[' + list + ']');
  return ok
         && (count <= max_stops
             || unsaid(into, "stop_sequences",
                       "an array of at most 16 strings"));
}

bool read_metadata(ondemand::value from, draft& into) {
  ondemand::object fields;
  if (from.get_object().get(fields))
    return wrong(into, "metadata", "an object");
  return each_member(fields, [&](auto key, ondemand::value value) {
    std::string_view id;
    if (key != "user_id" || is_null(value))
      return true;
    if (!inside(value, id))
      return wrong(into, "metadata.user_id", "a string");
    set(into, "user", '"' + std::string{id} + '"');
    return true;
  });
}

bool read_output(ondemand::value from, draft& into) {
  ondemand::object fields;
  if (from.get_object().get(fields))
    return wrong(into, "output_config", "an object");
  return each_member(fields, [&](auto key, ondemand::value value) {
    return key != "format" || is_null(value)
           || read_format(value, "output_config.format", into);
  });
}

bool read_temperature(ondemand::value from, draft& into) {
  return read_share(from, "temperature", into);
}

bool read_top_p(ondemand::value from, draft& into) {
  return read_share(from, "top_p", into);
}

bool read_old_format(ondemand::value from, draft& into) {
  return read_format(from, "output_format", into);
}

// Where it runs and what it may reach is no wish that others could grant.

bool read_container(ondemand::value, draft& into) {
  return unsaid(into, "container", "absent");
}

bool read_region(ondemand::value, draft& into) {
  return unsaid(into, "inference_geo", "absent");
}

bool read_servers(ondemand::value from, draft& into) {
  ondemand::array servers;
  bool none = false;
  if (from.get_array().get(servers) || servers.is_empty().get(none))
    return wrong(into, "mcp_servers", "an array");
  return none || unsaid(into, "mcp_servers", "empty");
}

struct rule {
  std::string_view key;
  bool (*read)(ondemand::value, draft&);
  bool may_be_null = true;
};

constexpr auto rules = std::to_array<rule>({
  {"model", read_model, false},
  {"messages", read_messages, false},
  {"max_tokens", read_limit, false},
  {"system", read_system},
  {"stream", read_stream},
  {"tools", read_tools},
  {"tool_choice", read_choice},
  {"temperature", read_temperature},
  {"top_p", read_top_p},
  {"stop_sequences", read_stops},
  {"metadata", read_metadata},
  {"output_config", read_output},
  {"output_format", read_old_format},
  {"container", read_container},
  {"inference_geo", read_region},
  {"mcp_servers", read_servers},
});

bool read_member(std::string_view key, ondemand::value from, draft& into) {
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&](auto& row) { return row.key == key; });
  if (found == rules.end() || (found->may_be_null && is_null(from)))
    return true;
  return found->read(from, into);
}

/// Holds the request to what it must have, in Anthropic's own order.
bool complete(draft& into) {
  if (into.model.empty())
    return wrong(into, "model", "the name of a model");
  if (into.limit.empty())
    return wrong(into, "max_tokens", "the greatest number of tokens to answer");
  if (!into.has_messages)
    return wrong(into, "messages", "an array of messages");
  if (into.unsaid)
    return true;
  if (into.messages.empty())
    return beyond(into, "messages", "more than thoughts");
  return !into.must_call || !into.tools.empty()
         || beyond(into, "tool_choice", "auto or none where no tools are");
}

/// Puts the body together. Of a request that cannot be said it holds what the
/// node acts upon, and nothing that a provider could take for the whole.
void compose(const draft& from, chat_request::translation& into) {
  auto& body = into.body;
  body.reserve(from.messages.size() + from.system.size() + from.tools.size()
               + from.settings.size() + 512);
  ((body += "{\"model\":") += from.model) += ',';
  into.limit = body.size();
  (body += R"("max_tokens":)") += from.unsaid ? "1" : from.limit;
  if (from.stream)
    body += R"(,"stream":true,"stream_options":{"include_usage":true})";
  body += R"(,"messages":[)";
  if (from.unsaid) {
    body += R"({"role":"user","content":""}]})";
    return;
  }
  if (!from.system.empty())
    ((body += R"({"role":"system","content":")") += from.system) += "\"},";
  (body += from.messages) += ']';
  body += from.settings;
  if (!from.tools.empty())
    (((body += R"(,"tools":[)") += from.tools) += ']') += from.choice;
  body += '}';
}

} // namespace
} // namespace messages

result<std::shared_ptr<const chat_request>>
read_messages_request(std::string body, std::string_view beta) {
  json::strict_reader reader;
  if (auto flaw = reader.read(body))
    return std::move(*flaw);
  if (!reader.is_object())
    return make_fault(errc::validation_schema,
                      "The body must be a JSON object.");
  messages::draft said;
  own_wish wish;
  const auto ok = json::each_member(reader.object(), [&](auto key, auto value) {
    if (key == own_wish::key)
      wish.note(body, value);
    return messages::read_member(key, value, said);
  });
  if (!ok || !messages::complete(said))
    return said.wrong ? std::move(*said.wrong)
                      : make_fault(errc::validation_schema,
                                   "The request cannot be read.");
  chat_request::translation made;
  made.client = wire::anthropic;
  messages::compose(said, made);
  made.model_begin = static_cast<std::size_t>(said.model.data() - body.data());
  made.model_end = made.model_begin + said.model.size();
  made.flaw = std::move(said.unsaid);
  made.field = std::string{beta};
  made.cache_wish = wish.said();
  const auto gap = wish.cut(body);
  made.model_begin = gap.closed(made.model_begin);
  made.model_end = gap.closed(made.model_end);
  made.original = std::move(body);
  return chat_request::read(std::move(made));
}

} // namespace caisson::protocol
