#include "protocol/embeddings_reply.hpp"

#include "protocol/dialects/json_scratch.hpp"
#include "protocol/json/strict.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::SUCCESS;

token_usage usage_of(ondemand::value from) {
  token_usage usage;
  ondemand::object members;
  if (from.get_object().get(members) != SUCCESS)
    return usage;
  usage.known = true;
  json::each_member(members, [&](auto key, ondemand::value value) {
    std::uint64_t count = 0;
    if (key == "prompt_tokens" && value.get_uint64().get(count) == SUCCESS)
      usage.input = count;
    return true;
  });
  return usage;
}

/// Takes a member in; false if its type is wrong.
bool read_member(std::string_view key, ondemand::value value,
                 embeddings_summary& into) {
  if (key == "data") {
    ondemand::array data;
    into.has_data = true;
    return value.get_array().get(data) == SUCCESS
           && data.count_elements().get(into.count) == SUCCESS;
  }
  if (key == "usage")
    into.usage = usage_of(value);
  else if (key == "error")
    into.has_error |= !value.raw_json_token().starts_with('n');
  return true;
}

/// Puts one element of `data` into its place.
bool take_element(ondemand::value from, std::size_t turn,
                  embeddings_reply& into) {
  ondemand::object members;
  if (from.get_object().get(members) != SUCCESS)
    return false;
  std::uint64_t index = turn; // imitators leave it out
  std::string value;
  bool has_vector = false;
  const auto ok
    = json::each_member(members, [&](auto key, ondemand::value member) {
        if (key == "index")
          return member.get_uint64().get(index) == SUCCESS;
        has_vector = has_vector || key == "embedding";
        if (!value.empty())
          value += ',';
        json::append_string(value, key);
        value += ':';
        const auto json = json::raw(member);
        value += json;
        return !json.empty();
      });
  if (!ok || !has_vector || index >= into.values.size()
      || !into.values[index].empty())
    return false;
  into.values[index] = std::move(value);
  return true;
}

bool take_data(ondemand::value from, embeddings_reply& into) {
  ondemand::array data;
  std::size_t taken = 0;
  if (from.get_array().get(data) != SUCCESS)
    return false;
  const auto ok
    = json::each_element(data, [&](auto turn, ondemand::value element) {
        taken = turn + 1;
        return take_element(element, turn, into);
      });
  return ok && taken == into.values.size();
}

} // namespace

bool summarize(std::string_view text, embeddings_summary& into) {
  ondemand::document document;
  ondemand::object root;
  if (walk(text, document) != SUCCESS
      || document.get_object().get(root) != SUCCESS)
    return false;
  const auto ok = json::each_member(root, [&](auto key, ondemand::value value) {
    return read_member(key, value, into);
  });
  // A second document would still be in front of the walk.
  return ok && document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

result<embeddings_reply> split_embeddings(std::string_view body,
                                          std::size_t count) {
  const auto nonsense = [] {
    return undecodable("the provider's reply has not a vector for each input");
  };
  embeddings_reply reply;
  reply.values.resize(count);
  ondemand::document document;
  ondemand::object root;
  if (walk(body, document) != SUCCESS
      || document.get_object().get(root) != SUCCESS)
    return nonsense();
  bool has_data = false;
  const auto ok = json::each_member(root, [&](auto key, ondemand::value value) {
    std::string_view name;
    if (key == "usage")
      reply.usage = usage_of(value);
    else if (key == "model" && value.get_string().get(name) == SUCCESS)
      reply.model = name;
    else if (key == "data")
      return has_data = take_data(value, reply);
    return true;
  });
  if (!ok || !has_data)
    return nonsense();
  return reply;
}

std::string compose_embeddings(std::string_view model,
                               const std::vector<std::string_view>& values,
                               const token_usage& usage) {
  constexpr std::size_t around = 32;
  std::size_t size = 256;
  for (auto& value : values)
    size += value.size() + around;
  std::string out;
  out.reserve(size);
  {
    json::object_writer root{out};
    root.string("object", "list");
    auto& data = root.key("data");
    data += '[';
    for (std::size_t index = 0; index < values.size(); ++index) {
      data += index == 0 ? "{" : ",{";
      data += values[index];
      data += R"(,"index":)";
      json::append_number(data, static_cast<std::uint64_t>(index));
      data += '}';
    }
    data += ']';
    root.string("model", model);
    if (usage.known) {
      auto all = root.object("usage");
      all.number("prompt_tokens", usage.input);
      all.number("total_tokens", usage.input);
    }
  }
  return out;
}

} // namespace caisson::protocol
