#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/call.hpp"
#include "actors/fault.hpp"

namespace caisson::protocol {

class chat_request;
class embeddings_request;

/// A request for a provider: everything but the address and the connection.
/// `body` is scattered so that a client's bytes are sent as they lie; the
/// pieces stay alive with `owner`.
struct upstream_request {
  /// Path and query, appended to the path of the dependency's `url`.
  std::string target;
  /// Complete field lines, each ended by CRLF: content type, credentials,
  /// vendor versions. Neither Host nor framing.
  std::string fields;
  std::vector<std::string_view> body;
  std::shared_ptr<const void> owner;
  /// Whatever is no POST says only how long its body is where there is one.
  std::string_view verb = "POST";
};

/// What a provider needs to be told beside the request.
struct provider_identity {
  std::string_view api_key; ///< empty: no credentials are sent
  std::string_view model;   ///< the model's name at this provider
  /// The provider is to keep what many requests begin with (adr/0017).
  bool prompt_cache = false;
  /// `call::caller`: requests of different callers share nothing by a key.
  std::uint64_t caller = 0;
  /// The name by which the provider keeps `dialect::prefix`; empty: it does
  /// not, or has no such names.
  std::string_view kept{};
};

/// What came of a non-streamed reply.
struct whole_reply {
  /// The body for the client. Views the bytes given (`passed_through`) or
  /// `translated`.
  std::string_view body;
  std::string translated;
  bool passed_through = false;
  token_usage usage;
};

/// What came of a piece of a streamed reply.
struct stream_step {
  /// Bytes for the client; views the bytes fed or the reader's own buffer, and
  /// holds until the next call.
  std::string_view out;
  /// The first token (text, tool call, refusal) is in `out` or was before it.
  bool has_token = false;
  /// The provider has ended the stream properly ([DONE], message_stop, …).
  bool done = false;
};

/// Reads one reply of a provider and speaks the client's dialect.
class reply_reader {
public:
  virtual ~reply_reader() = default;

  /// A reply that is not a stream, whole. A body that is not what the vendor
  /// documents is a fault (`llm_error`, `failure_kind::decode`).
  virtual result<whole_reply> whole(std::string_view body) = 0;

  /// The next bytes of a stream, split anywhere. An error event of the
  /// provider is a fault, classified like the status it stands for.
  virtual result<stream_step> feed(std::string_view bytes) = 0;

  /// The connection has ended. A stream that had not ended properly is a fault
  /// (`failure_kind::eof`), never complete.
  virtual result<stream_step> close() = 0;

  /// Tokens counted so far.
  virtual token_usage usage() const = 0;
};

/// How a provider is asked to keep the beginning of requests.
struct keeping {
  upstream_request request;
  /// Reads the reply: `translated` is the name to call it by.
  std::unique_ptr<reply_reader> reader;
};

/// Judges replies by their status.
class reply_judge {
public:
  virtual ~reply_judge() = default;

  /// Whether the body of a reply of that status is the answer.
  virtual bool answers(unsigned status) const noexcept { return status == 200; }

  /// The fault that any other reply stands for, with `retry_after` from
  /// the field of that name (seconds or any of the three HTTP dates, skew-safe
  /// against the Date field). Upstream text never gets into it.
  virtual fault classify(unsigned status, std::string_view retry_after,
                         std::string_view date, std::string_view body) const
    = 0;
};

/// One vendor wire as a provider speaks it. Stateless; shared by all threads.
class dialect : public reply_judge {
public:
  /// The request as this provider wants it. A request that cannot be said in
  /// this dialect (an image where there are none, …) is a fault of the client:
  /// `validation_constraint`, with `param`.
  virtual result<upstream_request>
  encode(std::shared_ptr<const chat_request> request,
         const provider_identity& who) const
    = 0;

  /// Likewise for embeddings. A vendor that has none is passed over: the fault
  /// is nobody's mistake (`llm_refused`, `failure_kind::none`).
  virtual result<upstream_request>
  encode_embeddings(const std::shared_ptr<const embeddings_request>&,
                    const provider_identity&) const {
    return make_fault(errc::llm_refused, "the provider has no embeddings");
  }

  /// A reader for the reply to `request`.
  virtual std::unique_ptr<reply_reader>
  reader(std::shared_ptr<const chat_request> request,
         const provider_identity& who) const
    = 0;

  /// Likewise for embeddings, where there are any.
  virtual std::unique_ptr<reply_reader>
  embeddings_reader(const embeddings_request&, const provider_identity&) const {
    return nullptr;
  }

  /// What the request begins with, in this provider's words, where the
  /// provider keeps such a thing on demand and it is long enough for that;
  /// else empty. The same for requests that can share it.
  virtual std::string prefix(const chat_request&,
                             const provider_identity&) const {
    return {};
  }

  /// How to have a `prefix` that is not empty kept for that long.
  virtual keeping keep(const std::string&, std::chrono::seconds,
                       const provider_identity&) const {
    return {};
  }
};

/// The dialect of a dependency's `kind`; nullptr for a kind that is no LLM
/// provider over HTTP. THE table: one row a kind (dialects/table.cpp).
const dialect* dialect_for(std::string_view kind) noexcept;

} // namespace caisson::protocol
