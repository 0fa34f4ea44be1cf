#include "protocol/mcp/upstream_call.hpp"

#include "protocol/json/write.hpp"
#include "protocol/mcp/client_features.hpp"
#include "protocol/mcp/params.hpp"
#include "protocol/mcp/reply.hpp"
#include "protocol/mcp/standard_headers.hpp"
#include "protocol/stable_hash.hpp"

namespace caisson::protocol::mcp {
namespace {

constexpr std::string_view reserved = "io.modelcontextprotocol/";
constexpr std::string_view progress_member = "progressToken";

void append_member(std::string& to, std::string_view name,
                   std::string_view value) {
  if (!to.empty())
    to += ',';
  json::append_string(to, name);
  (to += ':') += value;
}

void take_meta(upstream_call& into, std::string_view meta) {
  each_member_of(meta, [&](std::string_view name, std::string_view value) {
    if (name == progress_member)
      into.wants_progress = true;
    else if (!name.starts_with(reserved))
      append_member(into.meta, name, value);
  });
}

std::string meta_of(const upstream_call& what, era spoken, std::uint64_t id,
                    std::string_view client_info) {
  auto text = what.meta;
  const auto say = [&text](std::string_view name, std::string_view value) {
    append_member(text, std::string{reserved} + std::string{name}, value);
  };
  if (what.wants_progress)
    append_member(text, progress_member, std::to_string(id));
  if (spoken == era::legacy)
    return text;
  say("protocolVersion", '"' + std::string{name_of(latest_modern)} + '"');
  say("clientCapabilities", what.capabilities.empty()
                              ? write_features(what.client)
                              : what.capabilities);
  say("clientInfo", client_info);
  if (what.level)
    say("logLevel", json_of(*what.level));
  return text;
}

} // namespace

std::uint64_t upstream_call::fingerprint() const noexcept {
  return stable_hash(members);
}

void take_params(upstream_call& into, std::string_view params,
                 std::string_view member, std::string_view value) {
  std::string_view meta;
  each_member_of(params, [&](std::string_view key, std::string_view said) {
    if (key == "_meta")
      meta = said;
    else
      append_member(into.members, key, key == member ? value : said);
  });
  if (!meta.empty())
    take_meta(into, meta);
}

std::string write_upstream(const upstream_call& what, era spoken,
                           std::uint64_t id, std::string_view client_info) {
  auto params = '{' + what.members;
  if (const auto meta = meta_of(what, spoken, id, client_info); !meta.empty()) {
    if (params.size() > 1)
      params += ',';
    ((params += R"("_meta":{)") += meta) += '}';
  }
  params += '}';
  return write_request(std::to_string(id), what.method, params);
}

header_list upstream_headers(const upstream_call& what) {
  header_list fields{{"Mcp-Method", what.method}};
  if (!what.name.empty())
    fields.emplace_back("Mcp-Name", encode_header(what.name));
  for (auto& one : param_headers(what.mirrored, what.arguments))
    fields.push_back(std::move(one));
  return fields;
}

} // namespace caisson::protocol::mcp
