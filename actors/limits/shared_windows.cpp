#include "actors/limits/shared_windows.hpp"

#include <algorithm>

#include "actors/hex.hpp"

namespace caisson {
namespace {

// What both scripts know of a window: spend_window.cpp says why. Times are the
// store's, in microseconds; a log is {last, count, last, count, ...}, oldest
// first. What is no such log, of whatever type, is nobody's: it counts as
// empty, and is counted.
constexpr std::string_view windows = R"(
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local garbage = 0

local function read(key, span)
  local raw = redis.pcall('GET', key)
  local log, spent = {}, 0
  if not raw then return log, spent end
  local sound, got = false, nil
  if type(raw) == 'string' then sound, got = pcall(cmsgpack.unpack, raw) end
  if not sound or type(got) ~= 'table' or #got % 2 ~= 0 then
    garbage = garbage + 1
    return log, spent
  end
  for i = 1, #got, 2 do
    local last, count = got[i], got[i + 1]
    if type(last) ~= 'number' or type(count) ~= 'number' then
      garbage = garbage + 1
      return {}, 0
    end
    if now - last < span then
      log[#log + 1] = last
      log[#log + 1] = count
      spent = spent + count
    end
  end
  return log, spent
end

local function spend(log, most, cost)
  if cost <= 0 then return end
  local at = now
  local size = #log
  if size > 0 then
    at = math.max(now, log[size - 1])
    if log[size] + cost <= math.floor(most / 60) + 1 then
      log[size] = log[size] + cost
      log[size - 1] = at
      return
    end
  end
  log[size + 1] = at
  log[size + 2] = cost
end

local function write(key, log, span)
  if #log == 0 then
    redis.call('DEL', key)
  else
    local lives = log[#log - 1] + span - now
    redis.call('SET', key, cmsgpack.pack(log), 'PX',
               math.max(1, math.ceil(lives / 1000)))
  end
end
)";

constexpr std::string_view deciding = R"(
local logs, answer, fits = {}, {now}, true
for i, key in ipairs(KEYS) do
  local most, span = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
  local cost, owed = tonumber(ARGV[4 * i - 1]), tonumber(ARGV[4 * i])
  local log, spent = read(key, span)
  spend(log, most, owed)
  spent = spent + owed
  local wait = 0
  if cost > most then
    wait = span
  elseif spent > most - cost then
    local left = spent
    for b = 1, #log, 2 do
      left = left - log[b + 1]
      if left <= most - cost then
        wait = log[b] + span - now
        break
      end
    end
  end
  fits = fits and wait == 0
  logs[i] = {log, spent, owed}
  answer[3 * i] = wait
end
for i, key in ipairs(KEYS) do
  local most, span = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
  local cost = tonumber(ARGV[4 * i - 1])
  local log, spent, owed = unpack(logs[i])
  if fits then
    spend(log, most, cost)
    spent = spent + cost
  end
  if fits or owed > 0 then write(key, log, span) end
  answer[3 * i - 1] = math.max(0, most - spent)
  answer[3 * i + 1] = #log == 0 and 0 or log[#log - 1] + span - now
end
answer[#answer + 1] = garbage
return answer
)";

constexpr std::string_view settling = R"(
local function tidy(log, room)
  local joined = {}
  for b = 1, #log, 2 do
    local last, count, size = log[b], log[b + 1], #joined
    if count > 0 then
      if size > 0 and joined[size] + count <= room then
        joined[size - 1] = last
        joined[size] = joined[size] + count
      else
        joined[size + 1] = last
        joined[size + 2] = count
      end
    end
  end
  return joined
end

local spent_at = tonumber(ARGV[1])
for i, key in ipairs(KEYS) do
  local most, span = tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1])
  local reserved, used = tonumber(ARGV[4 * i]), tonumber(ARGV[4 * i + 1])
  local log = read(key, span)
  if used > reserved then
    spend(log, most, used - reserved)
  elseif now - spent_at < span then
    local amount = reserved - used
    for b = 1, #log, 2 do
      if log[b] >= spent_at and amount > 0 then
        local part = math.min(amount, log[b + 1])
        log[b + 1] = log[b + 1] - part
        amount = amount - part
      end
    end
    log = tidy(log, math.floor(most / 60) + 1)
  end
  write(key, log, span)
end
return now
)";

/// Texts as one, made by the compiler.
template <const std::string_view&... parts>
struct joined {
  static constexpr auto letters = [] {
    std::array<char, (parts.size() + ...)> out{};
    auto at = out.begin();
    ((at = std::copy(parts.begin(), parts.end(), at)), ...);
    return out;
  }();
  static constexpr std::string_view text{letters.data(), letters.size()};
};

constexpr kv_script decision{joined<windows, deciding>::text};
constexpr kv_script settlement{joined<windows, settling>::text};

std::int64_t microseconds(duration x) noexcept {
  return std::chrono::duration_cast<std::chrono::microseconds>(x).count();
}

std::string key_of(const limit_key& who, limit_slot slot) {
  std::string key = "caisson:rl:{";
  append_hex(key, who.high);
  append_hex(key, who.low);
  key += "}:";
  key += name_of_slot(slot);
  return key;
}

kv_question question_of(const limit_key& who, const charges& what,
                        const kv_script& script) {
  kv_question result;
  result.script = &script;
  result.keys = what.size();
  for (auto& x : what.all())
    result.words.push_back(key_of(who, x.slot));
  return result;
}

template <class Number>
void add(kv_question& to, Number value) {
  to.words.push_back(std::to_string(value));
}

} // namespace

kv_question decision_question(const limit_key& who, const charges& what,
                              std::span<const std::uint64_t> owed) {
  auto result = question_of(who, what, decision);
  for (std::size_t i = 0; i < what.size(); ++i) {
    auto& x = what.all()[i];
    add(result, x.of.most);
    add(result, microseconds(x.of.span));
    add(result, x.cost);
    add(result, owed[i]);
  }
  return result;
}

std::optional<standing> standing_in(const kv_value& answer,
                                    const charges& what) {
  auto* list = answer.list();
  if (!list || list->size() != 2 + 3 * what.size())
    return std::nullopt;
  for (auto& x : *list)
    if (!x.integer() || *x.integer() < 0)
      return std::nullopt;
  auto time = [&](std::size_t i) {
    return std::chrono::microseconds{*(*list)[i].integer()};
  };
  std::array<limit_state, charges::capacity> states;
  for (std::size_t i = 0; i < what.size(); ++i) {
    states[i].remaining
      = static_cast<std::uint64_t>(*(*list)[3 * i + 1].integer());
    states[i].wait = time(3 * i + 2);
    states[i].whole_in = time(3 * i + 3);
  }
  auto result = summary(what.all(), {states.data(), what.size()});
  result.source = limit_source::redis;
  result.spent_at = *list->front().integer();
  return result;
}

std::uint64_t garbage_in(const kv_value& answer) noexcept {
  auto* list = answer.list();
  auto* found = list && !list->empty() ? list->back().integer() : nullptr;
  return found && *found > 0 ? static_cast<std::uint64_t>(*found) : 0;
}

kv_question settlement_question(const limit_key& who, const charges& reserved,
                                std::span<const std::uint64_t> used,
                                std::int64_t spent_at) {
  auto result = question_of(who, reserved, settlement);
  add(result, spent_at);
  for (std::size_t i = 0; i < reserved.size(); ++i) {
    auto& x = reserved.all()[i];
    add(result, x.of.most);
    add(result, microseconds(x.of.span));
    add(result, x.cost);
    add(result, used[i]);
  }
  return result;
}

} // namespace caisson
