#pragma once

#include "actors/call.hpp"

namespace caisson {

/// A client's end that wants to know what its answer took: a `responder` may be
/// one.
class usage_listener {
public:
  virtual ~usage_listener() = default;

  /// Just before `answer` or `end`, where the dependency tells; once for each
  /// target that had a part in the answer.
  virtual void used(const token_usage& what, const provenance& from) = 0;
};

/// Tells whoever wants to know.
template <class Responder>
void tell_usage(Responder& client, const token_usage& what,
                const provenance& from) {
  if (!what.known)
    return;
  if (auto* listener = dynamic_cast<usage_listener*>(&client))
    listener->used(what, from);
}

} // namespace caisson
