#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "actors/call.hpp"
#include "actors/fault.hpp"
#include "protocol/wire.hpp"

namespace caisson::protocol {

struct conversation;

/// A chat request as a client sent it, read once at the door: the bytes stay
/// as they came, and only what the node needs to know is noted.
class chat_request final : public payload {
public:
  /// Reads a request of OpenAI's dialect (`POST /v1/chat/completions`). Refuses
  /// what is not strict JSON (protocol/json/strict.hpp) or has not the vendor's
  /// shape: `validation_schema` for a wrong or missing thing,
  /// `validation_constraint` for a value out of range, the field in `param`
  /// ("messages[0].role"). Unknown fields are nobody's business here; null is
  /// the same as absent where the vendor says so. Takes the body by move and
  /// does not copy it if its capacity exceeds its size by `json::padding`.
  static result<std::shared_ptr<const chat_request>> read(std::string body);

  /// What a front (protocol/fronts/) makes of a request in another dialect.
  struct translation {
    wire client = wire::openai;
    /// The request in OpenAI's words, and in it the key `"max_tokens"`: OpenAI
    /// itself wants its newer name, its imitators the older.
    std::string body;
    std::size_t limit = 0;
    /// The request as it came, and in it the token of the model: what a
    /// provider of the same dialect gets.
    std::string original;
    std::size_t model_begin = 0;
    std::size_t model_end = 0;
    /// What `"cache"` said there, and was taken out of it.
    std::optional<bool> cache_wish = std::nullopt;
    /// What goes with it to that provider: `front::keeps`.
    std::string field;
    /// Why only that dialect can say it, if that is so: `body` then holds no
    /// more than what the node itself needs.
    std::optional<fault> flaw;
  };

  /// The same for a request that a front has translated.
  static result<std::shared_ptr<const chat_request>> read(translation from);

  ~chat_request() override;

  std::uint64_t fingerprint() const noexcept override;
  bool can_go_on(std::string_view so_far) const override;

  wire client() const noexcept {
    return origin_ ? origin_->client : wire::openai;
  }

  /// What the request was before a front translated it; null when the client
  /// speaks OpenAI's dialect.
  const translation* origin() const noexcept { return origin_.get(); }

  bool stream() const noexcept { return stream_; }

  /// OpenAI's `stream_options.include_usage`.
  bool wants_usage() const noexcept { return wants_usage_; }

  /// Whether the body has a `stream_options` at all, be it null.
  bool has_stream_options() const noexcept { return has_stream_options_; }

  /// `"cache": true` or false, a wish of the node's own: it is in none of the
  /// bodies here any more, as no provider would understand it.
  std::optional<bool> cache_wish() const noexcept { return cache_wish_; }

  /// `temperature` is given, and is 0.
  bool exact() const noexcept { return exact_; }

  /// One answer is asked for, not several (`n`).
  bool single() const noexcept { return single_; }

  /// The model as asked for.
  std::string_view model() const noexcept { return model_; }

  /// The body as it came, and in it the JSON string token (with its quotes)
  /// that names the model: replaced without touching the rest.
  std::string_view body() const noexcept { return body_; }
  std::size_t model_begin() const noexcept { return model_begin_; }
  std::size_t model_end() const noexcept { return model_end_; }

  /// What requests of one application have in common, as it stands in the
  /// body: the system's messages before all others, and the tools. Empty where
  /// there are none.
  std::string_view opening() const noexcept { return at(opening_); }
  std::string_view tools() const noexcept { return at(tools_); }

  /// Whether the client itself says `prompt_cache_key`.
  bool has_cache_key() const noexcept { return has_cache_key_; }

  /// The request as vendor-neutral words, made on first use: only translation
  /// needs it. Has the flaw of the translation, if any. Thread-safe.
  const conversation& words() const;

private:
  chat_request();

  /// Bytes of the body.
  struct span {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  std::string_view at(span where) const noexcept {
    return std::string_view{body_}.substr(where.begin, where.end - where.begin);
  }

  static result<std::shared_ptr<chat_request>> make(std::string body);

  bool stream_ = false;
  bool wants_usage_ = false;
  bool has_stream_options_ = false;
  bool exact_ = false;
  bool single_ = true;
  std::optional<bool> cache_wish_;
  std::string body_;
  std::string model_;
  std::size_t model_begin_ = 0;
  std::size_t model_end_ = 0;
  span opening_;
  span tools_;
  bool has_cache_key_ = false;
  std::unique_ptr<translation> origin_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<const conversation> words_;
};

} // namespace caisson::protocol
