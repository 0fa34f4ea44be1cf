#include "server/telemetry/keys.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "actors/hex.hpp"
#include "server/http/session.hpp"
#include "server/telemetry/admin_body.hpp"
#include "server/wall_clock.hpp"

namespace caisson {

namespace json = boost::json;

json::object keys_view(const limit_control& known,
                       const revoked_keys& revoked) {
  auto rules = known.rules();
  json::array names;
  for (auto& [name, digest] : rules->keys.names())
    if (revoked.holds(digest))
      names.emplace_back(name);
  json::object out;
  out["known"] = rules->keys.names().size();
  out["revoked"] = std::move(names);
  return out;
}

void set_key(session& to, const incoming& request, const node_controls& node) {
  auto mode = wanted_mode(request.body);
  if (mode != key_revoked && mode != key_active) {
    to.refuse(wrong_member("mode", "mode must be revoked or active"));
    return;
  }
  auto rules = node.limits->rules();
  auto& known = rules->keys.names();
  auto at = known.find(request.tail);
  if (at == known.end()) {
    to.refuse(make_fault(errc::validation_not_found,
                         "the configuration has no key of that name"));
    return;
  }
  auto kept
    = node.revoked->set(at->second, mode == key_revoked, wall_clock_ms());
  std::string digest;
  append_hex_of(digest, at->second);
  node.pass_on({order_kind::key, std::move(digest), mode});
  json::object out;
  out["key"] = at->first;
  out["mode"] = mode;
  // Whether it outlives the node.
  out["kept"] = kept;
  to.answer(200, "application/json", own(json::serialize(out)));
}

} // namespace caisson
