#include "server/mcp/pipe_client.hpp"

#include <utility>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include "protocol/mcp/reply.hpp"
#include "server/mcp/asker.hpp"

namespace caisson {

namespace mcp = protocol::mcp;

namespace {

/// Requests that may be open at a time: each holds its line.
constexpr std::size_t most_open = 1'000;

/// A pipe needs no place among the streams that a node has room for.
constexpr std::size_t any_number = ~std::size_t{};

/// Longer than any process lives.
constexpr std::chrono::hours without_end{24 * 365 * 100};

} // namespace

pipe_client::pipe_client(io_thread& home, plan by)
  : home_{home}, plan_{std::move(by)} {}

void pipe_client::start() {
  const auto post
    = [weak = weak_from_this(), &io = home_.context()](auto does) {
        boost::asio::post(io, [weak, does = std::move(does)]() mutable {
          if (auto self = weak.lock())
            does(*self);
        });
      };
  line_pump::ears ears;
  ears.line = [post](std::string line) {
    post([line = std::move(line)](pipe_client& self) mutable {
      self.take(std::move(line));
    });
  };
  ears.too_long
    = [post] { post([](pipe_client& self) { self.refuse_long(); }); };
  // After all that has come before.
  ears.ended = [post] { post([](pipe_client& self) { self.plan_.ended(); }); };
  pump_ = std::make_unique<line_pump>(
    plan_.from, plan_.to, through().limits()->head.body, std::move(ears));
  boost::asio::post(home_.context(), [self = shared_from_this()] {
    self->home_.look_after(*self);
    self->pump_->start();
  });
}

void pipe_client::stop() {
  pump_.reset();
}

void pipe_client::sweep(time_point) {
  if (!through().ending)
    return;
  for (auto& [id, one] : std::map{open_})
    one->end(make_fault(errc::shutting_down, "the node is about to end"));
}

gatekeeper* pipe_client::keeper() const noexcept {
  auto& all = plan_.through->keepers;
  return all.empty() ? nullptr : all[home_.number()];
}

/// Who a client of this machine is that shows the key.
visitor pipe_client::who() const {
  auto* at = keeper();
  if (!at)
    return {};
  http::request_head head;
  const auto shown = "Bearer " + plan_.key;
  if (!plan_.key.empty())
    head.fields.push_back({"Authorization", shown});
  auto who = at->identify(head, boost::asio::ip::address_v4::loopback());
  if (!who.known) {
    who.level = plan_.level;
    who.tokens = plan_.tokens;
  }
  return who;
}

bool pipe_client::limited() const noexcept {
  auto* at = keeper();
  return at && at->on_duty();
}

void pipe_client::say(std::string_view message) {
  if (pump_)
    pump_->put(protocol::on_one_line(message));
}

void pipe_client::refuse_long() {
  say(mcp::write_error(mcp::invalid_request("the message is too large.")));
}

// -- what comes in ------------------------------------------------------------

void pipe_client::take(std::string line) {
  auto one
    = std::make_shared<pipe_request>(shared_from_this(), std::move(line), in_);
  if (one->asked())
    take_request(one);
  else
    take_rest(*one);
}

void pipe_client::take_request(const std::shared_ptr<pipe_request>& one) {
  auto& asked = *one->asked();
  if (open_.contains(asked.id)) {
    auto why = mcp::invalid_request("a request with that id is open.");
    why.id = asked.id;
    return say(mcp::write_error(why));
  }
  ++through().active;
  open_.emplace(asked.id, one);
  if (through().closing)
    return one->refuse(make_fault(errc::shutting_down, "the node ends"));
  if (one->request().who.refused)
    return one->refuse(refusal_of(one->request().who));
  if (open_.size() > most_open) {
    auto why = make_fault(errc::bulkhead_rejected,
                          "too many requests are open at a time");
    why.retry_after = millis{1'000};
    return one->refuse(why);
  }
  // What follows it is of its session: it waits for nobody.
  if (!one->what().refusal && one->what().where->initialize)
    return begin(*one);
  if (one->request().limited)
    keeper()->ask(*one);
  else
    serve(*one);
}

void pipe_client::serve(pipe_request& one) {
  plan_.endpoint->take(one, one.what(), nullptr,
                       *plan_.shared->control.rules());
}

/// Notifications, responses, arrays, and what is no message.
void pipe_client::take_rest(pipe_request& one) {
  const auto* word = one.what().single();
  if (word && word->method == "notifications/cancelled") {
    const auto of = open_.find(mcp::member_of(word->params, "requestId"));
    // In a session whoever answers the request sees to it.
    if (of != open_.end() && !of->second->what().in)
      return std::shared_ptr {
        of->second
      } -> give_up();
  } else if (word && word->method == "notifications/initialized") {
    listen();
  }
  serve(one);
}

void pipe_client::begin(pipe_request& one) {
  auto begun = plan_.endpoint->begin_session(one.what(), without_end,
                                             one.request().who.level);
  if (!begun) {
    auto why = begun.error();
    why.id = one.asked()->id;
    return one.answer(0, {}, own(mcp::write_error(why)));
  }
  in_ = begun->in;
  one.answer(0, {}, own(std::move(begun->answer)));
}

/// From here on the session hears what it has not asked for.
void pipe_client::listen() {
  if (!in_ || std::exchange(listening_, true))
    return;
  // A request without a line: nobody waits for its end.
  auto ear = std::make_shared<pipe_request>(shared_from_this(), "", in_);
  auto seat = plan_.shared->sessions.take(&in_->key, any_number);
  plan_.shared->streams[home_.number()]->open(*ear, *in_, seat.number);
}

void pipe_client::closed(const pipe_request& one) {
  const auto* asked = one.asked();
  const auto of = asked ? open_.find(asked->id) : open_.end();
  if (of == open_.end() || of->second.get() != &one)
    return;
  open_.erase(of);
  --through().active;
}

} // namespace caisson
