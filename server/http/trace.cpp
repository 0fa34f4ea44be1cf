#include "server/http/trace.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>

#include "actors/hex.hpp"

namespace caisson {
namespace {

std::mt19937_64& random_bits() {
  thread_local std::mt19937_64 source{[] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64{seed};
  }()};
  return source;
}

bool lower_hex(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

/// `00-<32 hex>-<16 hex>-<2 hex>`, neither id all zero; other versions may be
/// longer.
bool well_formed(std::string_view x) noexcept {
  if (x.size() < 55 || x[2] != '-' || x[35] != '-' || x[52] != '-')
    return false;
  auto version = x.substr(0, 2);
  if (!lower_hex(version) || version == "ff"
      || (version == "00" && x.size() != 55))
    return false;
  auto zero = [](std::string_view id) {
    return id.find_first_not_of('0') == std::string_view::npos;
  };
  auto trace = x.substr(3, 32);
  auto span = x.substr(36, 16);
  return lower_hex(trace) && lower_hex(span) && lower_hex(x.substr(53, 2))
         && !zero(trace) && !zero(span);
}

bool presentable(std::string_view id) noexcept {
  return !id.empty() && id.size() <= 128
         && std::all_of(id.begin(), id.end(),
                        [](char c) { return c > ' ' && c < 0x7f; });
}

} // namespace

trace_context new_trace() {
  trace_context result;
  result.trace_id.reserve(32);
  append_hex(result.trace_id, random_bits()() | 1);
  append_hex(result.trace_id, random_bits()());
  append_hex(result.span_id, random_bits()() | 1);
  result.request_id = result.trace_id;
  return result;
}

trace_context trace_of(const http::request_head& head) {
  auto result = new_trace();
  if (auto* given = head.find("traceparent"); given && well_formed(*given)) {
    result.trace_id = given->substr(3, 32);
    result.request_id = result.trace_id;
  }
  if (auto* given = head.find("x-request-id"); given && presentable(*given))
    result.request_id = *given;
  return result;
}

std::string traceparent(const trace_context& trace) {
  return "00-" + trace.trace_id + "-" + trace.span_id + "-01";
}

} // namespace caisson
