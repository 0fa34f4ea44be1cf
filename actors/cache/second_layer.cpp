#include "actors/cache/second_layer.hpp"

#include <utility>

#include "actors/cache/fault_form.hpp"
#include "actors/cache/stored_form.hpp"

namespace caisson {

/// KEYS value, claim; ARGV token, lease, waited-for token, claim_reach.
/// Without a token it only looks. Answers {how, value or "", PTTL of it, holder
/// or failure}.
const kv_script claim_script{R"lua(
local value = redis.pcall('GET', KEYS[1])
if type(value) ~= 'string' then
  value = ''
end
local left = 0
if value ~= '' then
  left = redis.call('PTTL', KEYS[1])
  if string.sub(value, 1, 2) == '1 ' then
    left = left - (tonumber(string.sub(value, 3, 12)) or left)
  else
    left = 0
  end
  if left > 0 and ARGV[4] ~= '2' then
    return {0, value, left, ''}
  end
end
local claim = redis.call('GET', KEYS[2])
local yields = ARGV[4] == '2' or (ARGV[4] == '1' and claim == ARGV[3])
if claim and claim ~= ARGV[1] and not yields then
  if string.sub(claim, 1, 1) ~= '!' then
    return {2, value, left, claim}
  end
  local failed = '!' .. ARGV[3] .. '!'
  if ARGV[3] ~= '' and string.sub(claim, 1, #failed) == failed then
    return {3, value, left, string.sub(claim, #failed + 1)}
  end
end
if ARGV[1] ~= '' then
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
end
return {1, value, left, ''}
)lua"};

/// KEYS claim; ARGV token, lease.
const kv_script renewal_script{R"lua(
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
)lua"};

/// KEYS value, claim; ARGV token, value, milliseconds.
const kv_script deposit_script{R"lua(
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2])
return 1
)lua"};

/// KEYS claim; ARGV token, what stands in its place for a second, or "".
const kv_script release_script{R"lua(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', 1000)
end
return 1
)lua"};

namespace {

/// In the same slot of a cluster as the value: braces mark what is hashed.
std::string claim_key(const std::string& key) {
  return '{' + key + "}:claim";
}

/// Changes nothing where it is run twice.
kv_question repeatable(kv_question what) {
  what.repeatable = true;
  return what;
}

kv_question run(const kv_script& script, std::vector<std::string> words,
                std::size_t keys) {
  kv_question out;
  out.words = std::move(words);
  out.script = &script;
  out.keys = keys;
  return out;
}

kv_question command(std::vector<std::string> words) {
  kv_question out;
  out.words = std::move(words);
  return out;
}

/// A prefix as a pattern of SCAN that means just that.
std::string pattern_of(const std::string& prefix) {
  std::string out;
  for (auto c : prefix) {
    if (c == '*' || c == '?' || c == '[' || c == ']' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + '*';
}

} // namespace

kv_question claim_of(const std::string& key, const std::string& token,
                     const std::string& waited_for, claim_reach how) {
  return repeatable(
    run(claim_script,
        {key, claim_key(key), token, std::to_string(claim_lease.count()),
         waited_for, std::to_string(static_cast<int>(how))},
        2));
}

kv_question look_of(const std::string& key) {
  return claim_of(key, {}, {}, claim_reach::none);
}

std::optional<claim_answer> read_claim(const kv_value& answer) {
  auto* list = answer.list();
  if (!list || list->size() != 4)
    return std::nullopt;
  auto* how = (*list)[0].integer();
  auto* value = (*list)[1].text();
  auto* left = (*list)[2].integer();
  auto* note = (*list)[3].text();
  if (!how || !value || !left || !note || *how < 0 || *how > 3)
    return std::nullopt;
  claim_answer out;
  out.how = static_cast<claim_answer::kind>(*how);
  if (!value->empty()) {
    out.value = read_stored(*value);
    out.garbage = !out.value;
  }
  out.left = millis{*left};
  if (out.how == claim_answer::kind::failed)
    out.why = read_fault(*note);
  else
    out.holder = *note;
  return out;
}

kv_question renewal_of(const std::string& key, const std::string& token) {
  return repeatable(
    run(renewal_script,
        {claim_key(key), token, std::to_string(claim_lease.count())}, 1));
}

kv_question deposit_of(const std::string& key, const std::string& token,
                       const cached_value& value, millis ttl,
                       millis stale_for) {
  return run(deposit_script,
             {key, claim_key(key), token, stored_form(value, stale_for),
              std::to_string((ttl + stale_for).count())},
             2);
}

kv_question release_of(const std::string& key, const std::string& token,
                       const fault* why) {
  return run(release_script,
             {claim_key(key), token,
              why ? '!' + token + '!' + stored_fault(*why) : std::string{}},
             1);
}

kv_question scan_of(const std::string& prefix, bool claims, std::size_t server,
                    const std::string& cursor) {
  auto what = repeatable(
    command({"SCAN", cursor, "MATCH",
             pattern_of(claims ? '{' + prefix : prefix), "COUNT", "500"}));
  what.server = server;
  return what;
}

std::optional<scan_answer> read_scan(const kv_value& answer) {
  auto* list = answer.list();
  if (!list || list->size() != 2)
    return std::nullopt;
  auto* next = (*list)[0].text();
  auto* keys = (*list)[1].list();
  if (!next || !keys)
    return std::nullopt;
  scan_answer out{*next, {}};
  for (auto& key : *keys)
    if (auto* text = key.text())
      out.keys.push_back(*text);
  return out;
}

kv_question unlink_of(const std::string& key) {
  return repeatable(command({"UNLINK", key}));
}

kv_question announcement_of(const std::string& prefix) {
  return repeatable(
    command({"PUBLISH", std::string{invalidation_channel}, prefix}));
}

} // namespace caisson
