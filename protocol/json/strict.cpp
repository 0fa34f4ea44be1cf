#include "protocol/json/strict.hpp"

#include <string_view>
#include <vector>

#include "protocol/json/walk.hpp"

namespace caisson::protocol::json {
namespace {

static_assert(padding >= simdjson::SIMDJSON_PADDING);

/// Parsers of larger bodies are not kept.
constexpr std::size_t keep_capacity = 256 * 1024;

fault malformed(std::string what) {
  return make_fault(errc::validation_schema, std::move(what));
}

} // namespace

struct strict_reader::engine {
  simdjson::ondemand::parser parser;
  std::vector<seen_key> keys;
};

namespace {

/// The parser of this thread while no reader has it.
thread_local std::unique_ptr<strict_reader::engine> spare;

} // namespace

std::string_view trim(std::string_view text) noexcept {
  const auto last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == text.npos ? 0 : last + 1);
}

std::string_view raw(simdjson::ondemand::value from) {
  auto text = from.raw_json_token();
  simdjson::ondemand::object object;
  simdjson::ondemand::array array;
  if (text.starts_with('{')
      && (from.get_object().get(object) || object.raw_json().get(text)))
    return {};
  if (text.starts_with('[')
      && (from.get_array().get(array) || array.raw_json().get(text)))
    return {};
  return trim(text);
}

strict_reader::strict_reader() : engine_{std::move(spare)} {
  if (!engine_)
    engine_ = std::make_unique<engine>();
}

strict_reader::~strict_reader() {
  if (engine_->parser.capacity() <= keep_capacity)
    spare = std::move(engine_);
}

std::optional<fault> strict_reader::read(std::string& body) {
  sound_ = false;
  if (body.empty())
    return malformed("The body is empty.");
  // Newer simdjson skips a byte order mark; RFC 8259 forbids to send one.
  if (body.starts_with("\xEF\xBB\xBF"))
    return malformed("The body begins with a byte order mark (byte 0).");
  if (body.capacity() - body.size() < padding)
    body.reserve(body.size() + padding);
  auto opened = engine_->parser.iterate(simdjson::padded_string_view{
    body.data(), body.size(), body.size() + padding});
  if (opened.error() == simdjson::UTF8_ERROR)
    return malformed("The body is not valid UTF-8.");
  if (std::move(opened).get(document_))
    return malformed("The body is not valid JSON.");
  engine_->keys.clear();
  if (auto flaw = walker{body, document_, engine_->keys}.walk())
    return flaw;
  document_.rewind();
  sound_ = true;
  return std::nullopt;
}

bool strict_reader::reopen(const std::string& body) {
  const simdjson::padded_string_view view{body.data(), body.size(),
                                          body.size() + padding};
  sound_ = !engine_->parser.iterate(view).get(document_);
  return is_object();
}

bool strict_reader::is_object() {
  simdjson::ondemand::json_type type;
  return sound_ && !document_.type().get(type)
         && type == simdjson::ondemand::json_type::object;
}

simdjson::ondemand::object strict_reader::object() {
  document_.rewind();
  return document_.get_object().value_unsafe();
}

} // namespace caisson::protocol::json
