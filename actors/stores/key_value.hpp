#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/call.hpp"

namespace caisson {

// The words that are exchanged with a key-value store (kind `redis`). A port
// knows the wire; whoever asks knows only these.

/// A script that the store runs as one step. Declared once, as a constant with
/// static storage: the port knows by its address whether the store has it.
struct kv_script {
  std::string_view text;
};

/// One command, or one run of a script. Binary safe.
struct kv_question final : payload {
  /// A command and its arguments: {"GET", key}. With a script: its KEYS, then
  /// its ARGV.
  std::vector<std::string> words;
  const kv_script* script = nullptr;
  /// Of a script: so many of `words` are keys.
  std::size_t keys = 0;
  /// May be run twice, as a read may: where it is not known whether it was run,
  /// it is tried again. Else only what surely was not run is.
  bool repeatable = false;
  /// Set where it is of no key but of one of the servers among which all keys
  /// are spread (the masters of a cluster), by its number from 0. Nil is the
  /// answer where there are not so many.
  std::optional<std::size_t> server;
};

/// What a store says. An error of the store is a fault, never a value, except
/// inside a list.
struct kv_value {
  struct error {
    std::string text; ///< the store's words: for its log line, not for clients
  };
  std::variant<std::monostate, std::int64_t, std::string, std::vector<kv_value>,
               error>
    is;

  bool nil() const noexcept {
    return std::holds_alternative<std::monostate>(is);
  }
  const std::int64_t* integer() const noexcept {
    return std::get_if<std::int64_t>(&is);
  }
  const std::string* text() const noexcept {
    return std::get_if<std::string>(&is);
  }
  const std::vector<kv_value>* list() const noexcept {
    return std::get_if<std::vector<kv_value>>(&is);
  }
};

using kv_value_ptr = std::shared_ptr<const kv_value>;

/// A value as the answer of an attempt: `exchange_listener::finished` takes
/// bytes, and what a store says is no text.
bytes answer_of(kv_value_ptr what);

/// The value in an answer that `answer_of` made; of no other bytes.
kv_value_ptr value_in(const bytes& answer);

} // namespace caisson
