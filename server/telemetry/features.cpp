#include "server/telemetry/features.hpp"

#include <utility>
#include <vector>

#include <boost/json/serialize.hpp>

#include "server/http/session.hpp"
#include "server/telemetry/admin_body.hpp"

namespace caisson {
namespace {

namespace json = boost::json;

std::string known_names() {
  std::string out;
  for (auto which : every_feature)
    (out += out.empty() ? "" : ", ") += name_of(which);
  return out;
}

/// What is said of one feature, on top of what holds.
result<rollout> wanted(const std::string& name, const json::value& said,
                       rollout now) {
  auto* object = said.if_object();
  if (!object || object->empty())
    return wrong_member(name, name
                                + " must be an object with enabled or "
                                  "percent, or both");
  for (auto& [key, value] : *object) {
    auto* flag = key == "enabled" ? value.if_bool() : nullptr;
    auto* percent = key == "percent" ? value.if_int64() : nullptr;
    if (flag)
      now.enabled = *flag;
    else if (percent && *percent >= 0 && *percent <= 100)
      now.percent = static_cast<std::uint32_t>(*percent);
    else
      return wrong_member(name + '.' + std::string{key.data(), key.size()},
                          "a feature has enabled, which is true or false, and "
                          "percent, a whole number from 0 to 100");
  }
  return now;
}

using changes = std::vector<std::pair<feature, rollout>>;

result<changes> changes_in(std::string_view body, const feature_control& now) {
  auto read = admin_body(body);
  if (!read)
    return read.error();
  auto& object = read.value();
  if (object.empty())
    return make_fault(errc::validation_schema, "the body names no feature");
  changes all;
  for (auto& [key, value] : object) {
    std::string name{key.data(), key.size()};
    auto which = feature_of(name);
    if (!which)
      return wrong_member(name, "there is no such feature; there are "
                                  + known_names());
    auto how = wanted(name, value, now.now(*which));
    if (!how)
      return how.error();
    all.emplace_back(*which, how.value());
  }
  return all;
}

} // namespace

json::object features_view(const feature_control& now) {
  json::object out;
  for (auto which : every_feature) {
    auto how = now.now(which);
    json::object one;
    one["enabled"] = how.enabled;
    one["percent"] = how.percent;
    out[json::string_view{name_of(which)}] = std::move(one);
  }
  return out;
}

void set_features(session& to, std::string_view body,
                  const node_controls& node) {
  auto all = changes_in(body, *node.features);
  if (!all) {
    to.refuse(all.error());
    return;
  }
  for (auto& [which, how] : all.value()) {
    node.features->set(which, how);
    node.pass_on(
      {order_kind::feature, std::string{name_of(which)}, word_of(how)});
  }
  show_features(to, node);
}

void show_features(session& to, const node_controls& node) {
  json::object out;
  out["features"] = features_view(*node.features);
  to.answer(200, "application/json", own(json::serialize(out)));
}

} // namespace caisson
