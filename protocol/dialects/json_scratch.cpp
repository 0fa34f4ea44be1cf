#include "protocol/dialects/json_scratch.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <string>

namespace caisson::protocol {
namespace {

/// Beyond this a thread does not keep its buffers.
constexpr std::size_t worth_keeping = 1024 * 1024;

struct scratch {
  std::unique_ptr<char[]> bytes;
  std::size_t capacity = 0;
  simdjson::dom::parser trees;
  simdjson::ondemand::parser walks;

  void drop() {
    bytes.reset();
    capacity = 0;
    trees = simdjson::dom::parser();
    walks = simdjson::ondemand::parser();
  }

  /// The text with the padding that simdjson reads beyond its end; nullptr
  /// without memory.
  const char* padded(std::string_view text) noexcept {
    auto need = text.size() + simdjson::SIMDJSON_PADDING;
    if (need > capacity) {
      auto size = std::max<std::size_t>(need, 16 * 1024);
      bytes.reset(new (std::nothrow) char[size]);
      capacity = bytes ? size : 0;
      if (!bytes)
        return nullptr;
    }
    std::copy(text.begin(), text.end(), bytes.get());
    std::memset(bytes.get() + text.size(), 0, simdjson::SIMDJSON_PADDING);
    return bytes.get();
  }
};

scratch& mine(std::size_t next) {
  thread_local scratch buffers;
  if (buffers.capacity > worth_keeping && next < worth_keeping)
    buffers.drop();
  return buffers;
}

} // namespace

simdjson::error_code parse_tree(std::string_view json,
                                simdjson::dom::element& root) noexcept {
  auto& with = mine(json.size());
  auto text = with.padded(json);
  if (!text)
    return simdjson::MEMALLOC;
  return with.trees.parse(text, json.size(), false).get(root);
}

simdjson::error_code walk(std::string_view json,
                          simdjson::ondemand::document& root) noexcept {
  auto& with = mine(json.size());
  auto text = with.padded(json);
  if (!text)
    return simdjson::MEMALLOC;
  return with.walks
    .iterate(text, json.size(), json.size() + simdjson::SIMDJSON_PADDING)
    .get(root);
}

fault undecodable(std::string_view what) {
  return make_fault(errc::llm_error, failure_kind::decode, std::string{what});
}

} // namespace caisson::protocol
