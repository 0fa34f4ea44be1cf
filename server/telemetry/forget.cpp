#include "server/telemetry/forget.hpp"

#include <atomic>
#include <memory>
#include <string>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <caf/send.hpp>

#include "actors/fault.hpp"
#include "server/http/session.hpp"
#include "server/telemetry/admin_body.hpp"
#include "server/telemetry/later.hpp"

namespace caisson {
namespace {

namespace json = boost::json;

bool known(std::string_view name) noexcept {
  for (std::size_t i = 0; i < cache_kind_count; ++i)
    if (name == name_of(static_cast<cache_kind>(i)))
      return true;
  return false;
}

/// The beginning of the keys that are meant.
result<std::string> prefix_in(std::string_view body) {
  auto read = admin_body(body);
  if (!read)
    return read.error();
  std::string space, tenant, prefix;
  for (auto& [key, value] : read.value()) {
    std::string name{key.data(), key.size()};
    auto* to = name == "namespace" ? &space
               : name == "tenant"  ? &tenant
               : name == "prefix"  ? &prefix
                                   : nullptr;
    auto* text = value.if_string();
    if (!to || !text)
      return wrong_member(
        name, "the body has namespace, tenant and prefix, which are "
              "texts");
    *to = std::string{text->data(), text->size()};
  }
  if (!known(space))
    return wrong_member("namespace", "namespace must be llm or embeddings");
  space += ':';
  if (!tenant.empty())
    space += tenant + ':';
  return space + prefix;
}

/// Told by each shard; the last one answers.
struct tally {
  std::atomic<std::size_t> left{0};
  std::shared_ptr<std::atomic<bool>> store_told
    = std::make_shared<std::atomic<bool>>(true);
  std::function<void()> answer;
};

void say(session& to, const std::string& prefix, bool store_told) {
  if (!store_told) {
    auto why = make_fault(errc::redis_unavailable,
                          "the values are gone here, but the shared store "
                          "could not be told");
    to.refuse(why);
    return;
  }
  json::object out;
  out["invalidated"] = prefix;
  to.answer(200, "application/json", own(json::serialize(out)));
}

} // namespace

void forget_values(session& to, std::string_view body,
                   const node_controls& node) {
  auto prefix = prefix_in(body);
  if (!prefix) {
    to.refuse(prefix.error());
    return;
  }
  auto& shards = *node.actors->caches();
  auto count = std::make_shared<tally>();
  count->left = shards.size();
  count->answer = later(to, [told = count->store_told, prefix = *prefix](
                              session& client) { say(client, prefix, *told); });
  for (std::size_t i = 0; i < shards.size(); ++i)
    caf::anon_send(
      shards.shard(i),
      cache_invalidated{*prefix, /* spread = */ i == 0, [count](bool told) {
                          if (!told)
                            *count->store_told = false;
                          if (--count->left == 0)
                            count->answer();
                        }});
  node.pass_on({order_kind::forget, *prefix});
}

} // namespace caisson
