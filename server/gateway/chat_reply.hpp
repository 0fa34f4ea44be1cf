#pragma once

#include <memory>

#include "actors/ports.hpp"
#include "protocol/fronts/front.hpp"
#include "server/gateway/chat_bill.hpp"
#include "server/http/session.hpp"

namespace caisson {

/// The client's end of a request for a model's answer: puts what actors say
/// onto the session, and is the reply guard: dropped unanswered, on whatever
/// thread, it answers. With a writer, it says in the client's dialect what
/// comes in OpenAI's.
class chat_reply final : public responder {
public:
  /// Without a writer where the inner words are the client's own. `cache` is
  /// what X-Caisson-Cache says of an answer that does not come out of the
  /// cache, a literal: `miss`, `bypass`; empty: there is no cache.
  chat_reply(std::shared_ptr<session> to,
             std::unique_ptr<protocol::answer_writer> writer,
             std::unique_ptr<chat_bill> bill, std::string_view cache);
  ~chat_reply() override;

  bool waits() const noexcept override { return open(); }
  void answer(bytes body, const provenance& from) override;
  void begin(const provenance& from) override;
  void more(bytes chunk) override;
  void used(const token_usage& what, const provenance& from) override;
  void end() override;
  void fail(const fault& what, const provenance& from) override;

private:
  bool open() const noexcept;
  void translate(const bytes& chunk);
  std::string fields_of(const provenance& from) const;

  std::shared_ptr<session> to_;
  std::unique_ptr<protocol::answer_writer> writer_;
  std::unique_ptr<chat_bill> bill_;
  std::string_view cache_;
  std::uint64_t id_;
  provenance from_; ///< of the stream
  bool begun_ = false;
  bool done_ = false;
};

} // namespace caisson
