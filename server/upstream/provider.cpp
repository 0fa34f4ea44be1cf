#include "server/upstream/provider.hpp"

#include "protocol/chat_request.hpp"
#include "protocol/continuation.hpp"
#include "protocol/embeddings_request.hpp"
#include "server/upstream/request_head.hpp"

namespace caisson::upstream {
namespace {

using chat_ptr = std::shared_ptr<const protocol::chat_request>;
using embeddings_ptr = std::shared_ptr<const protocol::embeddings_request>;

/// A vector of 4096 numbers as a JSON array, and some for its surroundings.
constexpr std::size_t largest_vector = 96 * 1024;

bool encode_chat(const provider& to, const protocol::provider_identity& who,
                 chat_ptr what, order& out) {
  auto encoded = to.wire.encode(what, who);
  if (!encoded) {
    out.refused = encoded.error();
    return false;
  }
  out.request = std::move(*encoded);
  out.reader = to.wire.reader(std::move(what), who);
  return true;
}

void encode_rest(const provider& to, const protocol::provider_identity& who,
                 std::string_view so_far, chat_ptr asked, order& out) {
  auto refuse = [&out](fault why) {
    // It was another provider's stream: this one was not asked, and neither
    // its breaker nor a retry has anything to do with that.
    why.kind = failure_kind::none;
    out.refused = std::move(why);
  };
  auto stream = protocol::continuation::read(so_far, std::move(asked));
  if (!stream)
    return refuse(stream.error());
  if (stream->complete()) {
    out.rest = stream->rest();
    return;
  }
  auto request = stream->request();
  if (!request)
    return refuse(request.error());
  if (encode_chat(to, who, std::move(*request), out))
    out.reader = stream->reader(std::move(out.reader), to.name);
}

void encode_embeddings(const provider& to,
                       const protocol::provider_identity& who,
                       const embeddings_ptr& what, order& out) {
  auto encoded = to.wire.encode_embeddings(what, who);
  if (!encoded) {
    out.refused = encoded.error();
    return;
  }
  out.request = std::move(*encoded);
  out.reader = to.wire.embeddings_reader(*what, who);
  out.whole = what->count() * largest_vector;
}

} // namespace

protocol::provider_identity identity(const provider& to, const attempt& which) {
  return {to.api_key, which.model, to.kept != nullptr, which.what->caller};
}

order order_for(const provider& to, const attempt& which,
                std::string_view kept) {
  order out;
  out.what = which.what;
  out.connect_by = which.connect_by;
  out.wire = &to.wire;
  if (!usable_key(to.api_key)) {
    out.refused = make_fault(errc::config_invalid, failure_kind::credentials,
                             "The provider's key is not one.");
    return out;
  }
  auto who = identity(to, which);
  who.kept = kept;
  auto& body = which.what->body;
  if (auto vectors
      = std::dynamic_pointer_cast<const protocol::embeddings_request>(body)) {
    encode_embeddings(to, who, vectors, out);
    return out;
  }
  auto chat = std::static_pointer_cast<const protocol::chat_request>(body);
  if (which.so_far.empty() || !which.what->stream)
    encode_chat(to, who, std::move(chat), out);
  else
    encode_rest(to, who, which.so_far, std::move(chat), out);
  return out;
}

} // namespace caisson::upstream
