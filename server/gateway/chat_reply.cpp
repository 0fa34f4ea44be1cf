#include "server/gateway/chat_reply.hpp"

#include <boost/asio/post.hpp>

#include "protocol/http/strict.hpp"

namespace caisson {
namespace {

void add_field(std::string& out, std::string_view name,
               std::string_view value) {
  // A model's name is the client's text: it must not end a field line.
  if (value.empty() || !http::safe_field_value(value))
    return;
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

/// A fault found in what a dependency said, after its attempt had ended well.
fault blaming(const provenance& from, fault what) {
  what.dependency = from.dependency;
  return what;
}

/// A translated chunk. It holds the provider's too: that is the credit for
/// which more is read, and the client has not taken it before it has taken
/// this.
struct translated {
  std::string text;
  std::shared_ptr<const void> credit;
};

} // namespace

chat_reply::chat_reply(std::shared_ptr<session> to,
                       std::unique_ptr<protocol::answer_writer> writer,
                       std::unique_ptr<chat_bill> bill, std::string_view cache)
  : to_(std::move(to)), writer_(std::move(writer)), bill_(std::move(bill)),
    cache_(cache), id_(to_->request().id) {
  // nop
}

chat_reply::~chat_reply() {
  if (done_)
    return;
  // Sockets are touched on their own thread only, whoever lost the request.
  auto say = [to = to_, id = id_, begun = begun_] {
    if (!to->waits_for(id))
      return;
    auto why = make_fault(errc::unexpected, "the request was lost");
    if (begun)
      to->break_stream(why);
    else
      to->refuse(why);
  };
  boost::asio::post(to_->home().context(), std::move(say));
}

std::string chat_reply::fields_of(const provenance& from) const {
  std::string out;
  out.reserve(160);
  add_field(out, "X-Caisson-Provider", from.dependency);
  add_field(out, "X-Caisson-Model", from.model);
  add_field(out, "X-Caisson-Attempts", std::to_string(from.attempts));
  add_field(out, "X-Caisson-Cache", from.cache.empty() ? cache_ : from.cache);
  if (from.cache == "stale")
    add_field(out, "X-Caisson-Degraded", "stale_answer");
  return out;
}

bool chat_reply::open() const noexcept {
  return !done_ && to_->waits_for(id_);
}

void chat_reply::answer(bytes body, const provenance& from) {
  if (!open())
    return;
  if (writer_) {
    auto said = writer_->whole(body.data);
    if (!said) {
      fail(blaming(from, said.error()), from);
      return;
    }
    body = own(std::move(*said));
  }
  done_ = true;
  if (!from.cache.empty())
    bill_->waive();
  bill_->done(from.asked);
  to_->answer(200, "application/json", std::move(body), fields_of(from));
}

void chat_reply::begin(const provenance& from) {
  if (!open())
    return;
  begun_ = true;
  from_ = from;
  if (from.cache.empty())
    bill_->begin(from);
  else
    bill_->waive();
  to_->begin_stream("text/event-stream",
                    "Cache-Control: no-cache\r\n" + fields_of(from));
}

void chat_reply::more(bytes chunk) {
  if (!open())
    return;
  bill_->deliver(chunk.data);
  if (writer_)
    translate(chunk);
  else
    to_->stream(std::move(chunk));
}

void chat_reply::translate(const bytes& chunk) {
  auto said = writer_->feed(chunk.data);
  if (!said) {
    fail(blaming(from_, said.error()), from_);
    return;
  }
  if (said->empty())
    return;
  auto kept = std::make_shared<const translated>(
    translated{std::move(*said), chunk.owner});
  std::string_view text = kept->text;
  to_->stream({text, std::move(kept)});
}

void chat_reply::used(const token_usage& what, const provenance& from) {
  bill_->use(what, from);
}

void chat_reply::end() {
  if (!open())
    return;
  done_ = true;
  bill_->done();
  to_->end_stream();
}

void chat_reply::fail(const fault& what, const provenance& from) {
  if (!open())
    return;
  done_ = true;
  // Before the client knows: it may ask again at once.
  bill_->give_up();
  if (begun_) {
    to_->through().count_error(what.code);
    to_->break_stream(what);
  } else {
    to_->refuse(what, fields_of(from));
  }
}

} // namespace caisson
