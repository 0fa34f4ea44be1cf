#include "server/oauth/fetch.hpp"

#include <optional>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "protocol/dialects/classify.hpp"
#include "server/upstream/exchange.hpp"
#include "server/upstream/site.hpp"

namespace caisson::oauth {
namespace {

namespace asio = boost::asio;

/// The reply as it is.
class as_it_is final : public protocol::reply_reader {
public:
  result<protocol::whole_reply> whole(std::string_view body) override {
    protocol::whole_reply said;
    said.body = body;
    said.passed_through = true;
    return said;
  }
  result<protocol::stream_step> feed(std::string_view) override {
    return protocol::stream_step{};
  }
  result<protocol::stream_step> close() override {
    return protocol::stream_step{};
  }
  token_usage usage() const override { return {}; }
};

/// Keeps what a refusal says: why there is no token stands there.
class refusal_note final : public protocol::reply_judge {
public:
  mutable std::string body;

  bool answers(unsigned status) const noexcept override {
    return status >= 200 && status < 300;
  }
  fault classify(unsigned status, std::string_view retry_after,
                 std::string_view date, std::string_view text) const override {
    body = text;
    return protocol::classify_reply(status, retry_after, date, {});
  }
};

/// One request under way. Its timer keeps it, so that all of it goes with the
/// thread.
class errand : public std::enable_shared_from_this<errand> {
public:
  using answered = std::function<void(web_reply)>;

  errand(web by, answered then)
    : by_{std::move(by)}, then_{std::move(then)}, timer_{*by_.io, patience} {}

  void start(web_request what) {
    timer_.async_wait([self = shared_from_this()](boost::system::error_code) {
      self->done({});
    });
    auto path = what.url.find('/', what.url.find("://") + 3);
    auto where = upstream::origin::parse(what.url.substr(0, path));
    // Without its context it would go in the clear.
    if (!where || (where->tls && !by_.tls))
      return done({});
    upstream::reply_limits limits;
    limits.whole = largest_reply;
    auto site = std::make_shared<upstream::site>(
      *by_.io, std::move(*where), by_.names, by_.tls,
      std::make_shared<upstream::pool>(), limits);
    upstream::order out;
    out.what = std::make_shared<call>();
    out.reader = std::make_unique<as_it_is>();
    out.wire = &note_;
    out.noted = [this](const http::response_head& head) {
      reply_.status = head.status;
    };
    out.request.verb = what.verb;
    out.request.target = path == what.url.npos ? "/" : what.url.substr(path);
    out.request.fields = std::move(what.fields);
    auto body = std::make_shared<const std::string>(std::move(what.body));
    if (!body->empty())
      out.request.body.push_back(*body);
    out.request.owner = std::move(body);
    talk_ = upstream::begin(std::move(site), std::move(out),
                            std::make_unique<ear>(weak_from_this()));
  }

private:
  class ear final : public exchange_listener {
  public:
    explicit ear(std::weak_ptr<errand> to) : to_{std::move(to)} {}
    void started() override {}
    void more(bytes, std::uint32_t) override {}
    void finished(bytes whole, token_usage) override {
      if (auto to = to_.lock())
        to->done({to->reply_.status, std::string{whole.data}});
    }
    void failed(fault) override {
      if (auto to = to_.lock())
        to->done({to->reply_.status, std::move(to->note_.body)});
    }

  private:
    std::weak_ptr<errand> to_;
  };

  void done(web_reply said) {
    auto self = shared_from_this();
    timer_.cancel();
    talk_.reset();
    if (auto then = std::exchange(then_, nullptr))
      asio::post(*by_.io, [then = std::move(then), said = std::move(said)] {
        then(said);
      });
  }

  web by_;
  answered then_;
  asio::steady_timer timer_;
  refusal_note note_;
  web_reply reply_;
  std::unique_ptr<exchange> talk_;
};

} // namespace

awaitable<web_reply> fetch(web by, web_request what) {
  auto start = [&](auto handler) {
    auto kept = std::make_shared<decltype(handler)>(std::move(handler));
    std::make_shared<errand>(std::move(by), [kept](web_reply said) {
      (*kept)(std::move(said));
    })->start(std::move(what));
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&,
                                          void(web_reply)>(start,
                                                           asio::use_awaitable);
}

} // namespace caisson::oauth
