#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/call.hpp"
#include "actors/fault.hpp"

namespace caisson::protocol {

/// How a client wants a vector written: as a JSON array of numbers, or as the
/// base64 of little-endian 32-bit floats.
enum class vector_format : std::uint8_t { floats, base64 };

/// A request for embeddings as a client sent it (`POST /v1/embeddings`), read
/// once at the door: the bytes stay as they came.
///
/// Each input has its vector whatever the others are, so a request can be
/// taken apart: who keeps vectors knows one by `identity`, asks for what is
/// missing with `only`, and puts the reply together again
/// (protocol/embeddings_reply.hpp).
class embeddings_request final : public payload {
public:
  /// The most that OpenAI takes at a time.
  static constexpr std::size_t most_inputs = 2048;

  /// Refuses what is not strict JSON (protocol/json/strict.hpp) or has not the
  /// vendor's shape: `validation_schema` for a wrong or missing thing,
  /// `validation_constraint` for a value out of range, the field in `param`
  /// ("input[3]"). Unknown fields are nobody's business here; null is the same
  /// as absent where the vendor says so.
  static result<std::shared_ptr<const embeddings_request>>
  read(std::string body);

  std::uint64_t fingerprint() const noexcept override;

  /// The model as asked for.
  std::string_view model() const noexcept { return model_; }

  /// The body as it came, and in it the JSON string token (with its quotes)
  /// that names the model: replaced without touching the rest.
  std::string_view body() const noexcept { return body_; }
  std::size_t model_begin() const noexcept { return model_at_.begin; }
  std::size_t model_end() const noexcept { return model_at_.end; }

  vector_format format() const noexcept { return format_; }

  /// How long a vector is to be; nothing: as long as the model makes them.
  std::optional<std::int64_t> dimensions() const noexcept {
    return dimensions_;
  }

  /// `"cache": true` or `false`, a word to the node, which is cut out of the
  /// body (protocol/own_wish.hpp).
  std::optional<bool> cache_wish() const noexcept { return cache_wish_; }

  /// One at least.
  std::size_t count() const noexcept { return inputs_.size(); }

  /// Some input is no text but the ids of tokens, which mean something to
  /// OpenAI's models only: `param` of the first of them, else empty.
  std::string_view token_ids() const noexcept { return token_ids_; }

  /// The bytes of an input in the body.
  std::size_t size(std::size_t index) const noexcept {
    return inputs_[index].end - inputs_[index].begin;
  }

  /// The text of an input, or the ids as JSON.
  std::string text(std::size_t index) const;

  /// All that decides what vector an input has at `model`, the same for
  /// requests that mean the same: model, dimensions, format, fields that only
  /// the provider knows, and the input without regard to how it was escaped.
  /// As long as the input; who keeps it for long hashes it.
  std::string identity(std::size_t index, std::string_view model) const;

  /// The request for some of the inputs, in the order of `which`; all else is
  /// as it came. At least one, each less than `count`.
  std::shared_ptr<const embeddings_request>
  only(const std::vector<std::size_t>& which) const;

private:
  class shape;

  /// Bytes of the body.
  struct span {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  embeddings_request() = default;

  std::string_view raw(span where) const noexcept {
    return std::string_view{body_}.substr(where.begin, where.end - where.begin);
  }

  std::string body_;
  std::string model_;
  span model_at_;
  span input_;               ///< the member's value
  std::vector<span> inputs_; ///< each a string, or an array of ids
  std::string token_ids_;
  std::string others_; ///< members that only the provider knows, as JSON
  vector_format format_ = vector_format::floats;
  std::optional<std::int64_t> dimensions_;
  std::optional<bool> cache_wish_;
};

} // namespace caisson::protocol
