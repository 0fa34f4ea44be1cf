#pragma once

#include <memory>

#include "actors/ports.hpp"
#include "protocol/fronts/front.hpp"
#include "server/http/session.hpp"

namespace caisson {

/// The client's end of a chat request: puts what actors say onto the session,
/// and is the reply guard: dropped unanswered, on whatever thread, it answers.
/// With a writer, it says in the client's dialect what comes in OpenAI's.
/// `cache` is what X-Caisson-Cache says of an answer that does not come out of
/// the cache, a literal: `miss`, `bypass`; empty: there is no cache.
class chat_reply final : public responder {
public:
  explicit chat_reply(std::shared_ptr<session> to,
                      std::unique_ptr<protocol::answer_writer> writer = {},
                      std::string_view cache = {});
  ~chat_reply() override;

  bool waits() const noexcept override { return open(); }
  void answer(bytes body, const provenance& from) override;
  void begin(const provenance& from) override;
  void more(bytes chunk) override;
  void end() override;
  void fail(const fault& what, const provenance& from) override;

private:
  bool open() const noexcept;
  void translate(const bytes& chunk);
  std::string fields_of(const provenance& from) const;

  std::shared_ptr<session> to_;
  std::unique_ptr<protocol::answer_writer> writer_;
  std::string_view cache_;
  std::uint64_t id_;
  provenance from_; ///< of the stream
  bool begun_ = false;
  bool done_ = false;
};

} // namespace caisson
