#include "server/mcp/list_walk.hpp"

#include <iterator>
#include <utility>

#include <boost/asio/post.hpp>
#include <caf/send.hpp>

#include "actors/dependency/compartment.hpp"
#include "protocol/json/strict.hpp"
#include "protocol/json/write.hpp"
#include "protocol/mcp/message.hpp"
#include "protocol/mcp/params.hpp"
#include "protocol/mcp/upstream_call.hpp"
#include "protocol/mcp/upstream_reader.hpp"
#include "protocol/sse.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

namespace {

/// A server that turns pages without an end is up to no good.
constexpr std::size_t most_pages = 1'000;

/// As JSON-RPC has it.
constexpr std::string_view method_not_found = "-32601";

} // namespace

/// Hears the answer to one page; of a stream the last message is the answer.
class list_walk::ear final : public responder {
public:
  explicit ear(std::weak_ptr<list_walk> to) : to_{std::move(to)} {}

  ~ear() override {
    if (!told_)
      fail({}, {});
  }

  bool waits() const noexcept override { return !to_.expired(); }
  void answer(bytes body, const provenance&) override { tell(body.data); }
  void begin(const provenance&) override {}
  void more(bytes chunk) override {
    protocol::sse_event event;
    events_.feed(chunk.data);
    for (auto got = events_.next(event); got && *got; got = events_.next(event))
      if (event.has_data)
        last_ = event.data;
  }
  void end() override { tell(last_); }
  void fail(const fault&, const provenance&) override {
    if (std::exchange(told_, true))
      return;
    // Whoever lost it may be on another thread, and so the walk is not touched
    // from here.
    if (auto to = to_.lock())
      boost::asio::post(to->home_.context(), [to] { to->done(false); });
  }

private:
  void tell(std::string_view message) {
    if (std::exchange(told_, true))
      return;
    if (auto to = to_.lock())
      to->heard(message);
  }

  std::weak_ptr<list_walk> to_;
  protocol::sse_decoder events_{mcp::largest_message};
  std::string last_;
  bool told_ = false;
};

list_walk::list_walk(io_thread& home, const tree& actors,
                     std::shared_ptr<const model_route> to, handler then)
  : home_{home}, actors_{actors}, to_{std::move(to)}, then_{std::move(then)} {}

void list_walk::start() {
  ask(std::nullopt);
}

void list_walk::ask(std::optional<std::string> cursor) {
  auto asked = std::make_shared<mcp::upstream_call>();
  asked->method = mcp::list_method(static_cast<mcp::offer_kind>(list_));
  asked->asked_in = mcp::era::modern; // it can be asked nothing, in either era
  if (cursor) {
    asked->members = R"("cursor":)";
    protocol::json::append_string(asked->members, *cursor);
  }
  auto what = std::make_shared<call>();
  auto rules = to_->targets.front().where->settings();
  what->deadline = io_thread::now() + rules->timeout;
  what->addressed = to_;
  what->body = std::move(asked);
  caf::anon_send(actors_.front_end_of(home_.number()),
                 submission{home_.next_id(), std::move(what),
                            std::make_shared<ear>(weak_from_this())});
}

void list_walk::heard(std::string_view message) {
  auto text = protocol::json::padded(message);
  auto read = mcp::read_body(text);
  if (!read || read->batch)
    return done(false);
  auto& answer = read->messages.front();
  if (!answer.error.empty())
    return mcp::member_of(answer.error, "code") == method_not_found
             ? take({})
             : done(false);
  auto of = static_cast<mcp::offer_kind>(list_);
  auto page = mcp::read_offers(of, answer.result);
  if (page)
    take(std::move(*page));
  // Some answer everything, and say nothing of what they do not know.
  else if (of != mcp::offer_kind::tool
           && mcp::member_of(answer.result, mcp::list_member(of)).empty())
    take({});
  else
    done(false);
}

void list_walk::take(mcp::offer_page page) {
  auto& list = found_[list_];
  std::move(page.offers.begin(), page.offers.end(), std::back_inserter(list));
  if (list.size() > mcp::most_offers)
    list.resize(mcp::most_offers);
  auto more = page.next && list.size() < mcp::most_offers;
  if (more && ++pages_ < most_pages)
    return ask(std::move(page.next));
  if (++list_ < mcp::offer_kinds)
    return ask(std::nullopt);
  done(true);
}

void list_walk::done(bool whole) {
  auto then = std::exchange(then_, nullptr);
  if (!then)
    return;
  if (whole)
    then(std::move(found_));
  else
    then(std::nullopt);
}

} // namespace caisson
