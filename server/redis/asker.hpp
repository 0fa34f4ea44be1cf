#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "actors/fault.hpp"
#include "actors/stores/key_value.hpp"

namespace caisson::redis {

/// Somebody with one question to a server. Whoever owes the reply shares it:
/// one that waits no more keeps its place in the order of replies.
class asker {
public:
  virtual ~asker() = default;

  /// Appends the question's bytes. Returns how many replies come before the one
  /// that counts; these are dropped.
  virtual std::size_t write(std::string& to) = 0;

  /// Whether the reply is wanted. What nobody wants is not sent.
  virtual bool waits() const noexcept = 0;

  /// The reply, an error of the server among them, or why there is none. Once
  /// for each `write`, or instead of it.
  virtual void heard(result<kv_value> what) = 0;
};

using asker_ptr = std::shared_ptr<asker>;

/// An asker of fixed bytes.
class plain_asker final : public asker {
public:
  using handler = std::function<void(result<kv_value>)>;

  plain_asker(std::string wire, handler then)
    : wire_{std::move(wire)}, then_{std::move(then)} {}

  std::size_t write(std::string& to) override {
    to += wire_;
    return 0;
  }
  bool waits() const noexcept override { return true; }
  void heard(result<kv_value> what) override { then_(std::move(what)); }

private:
  std::string wire_;
  handler then_;
};

} // namespace caisson::redis
