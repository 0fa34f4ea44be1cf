#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/cache/batch.hpp"
#include "tests/support/world.hpp"

namespace caisson::testing {

/// The parts that a call asks for, by their names.
struct part_names final : payload {
  explicit part_names(std::string which) : which(std::move(which)) {}
  std::string which;
};

/// A batch of parts with one letter each: the answer is all of them, each as
/// its letter and who has said it.
class plain_batch final : public cache_batch {
public:
  explicit plain_batch(std::string letters, bool look = true, bool store = true)
    : letters_(std::move(letters)) {
    for (auto c : letters_) {
      auto one = std::make_shared<cache_question>();
      one->kind = cache_kind::embeddings;
      one->key = std::string{"embeddings:me:"} + c + ":1";
      one->looks = look;
      one->keeps = store;
      parts.push_back(std::move(one));
    }
  }

  std::shared_ptr<const payload> only(const part_list& which) const override {
    std::string names;
    for (auto i : which)
      names += letters_[i];
    return std::make_shared<const part_names>(names);
  }

  std::optional<std::vector<piece>>
  split(std::string_view body, const part_list& which) const override {
    if (body.starts_with("unsayable"))
      return std::nullopt;
    std::vector<piece> out;
    for (auto i : which)
      out.push_back(
        {letters_[i] + std::string{body.substr(body.size() - 1)}, 10});
    return out;
  }

  std::optional<bytes>
  tell(const std::vector<cached_ptr>& values) const override {
    std::string out;
    for (auto& x : values)
      out += x->data;
    return own(std::move(out));
  }

  double share(const part_list& which) const override {
    return static_cast<double>(which.size())
           / static_cast<double>(letters_.size());
  }

private:
  std::string letters_;
};

inline asking batch_of(std::string letters, asking how = {}) {
  how.parts = std::make_shared<plain_batch>(std::move(letters));
  return how;
}

/// What a dependency was asked for in one attempt: the parts, or "all".
inline std::string asked_in(const conversation& talk) {
  auto* some = dynamic_cast<const part_names*>(talk.keep->body.get());
  return some ? some->which : "all";
}

} // namespace caisson::testing
