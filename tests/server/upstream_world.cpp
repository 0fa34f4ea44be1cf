#include "tests/server/upstream_world.hpp"

#include "protocol/chat_request.hpp"

namespace caisson::upstream {
namespace {

class plain_reader final : public protocol::reply_reader {
public:
  result<protocol::whole_reply> whole(std::string_view body) override {
    if (body.starts_with("bad"))
      return make_fault(errc::llm_error, failure_kind::decode, "bad");
    protocol::whole_reply out;
    out.passed_through = !body.starts_with("translate");
    out.translated = "translated";
    out.body = out.passed_through ? body : out.translated;
    return out;
  }

  result<protocol::stream_step> feed(std::string_view bytes) override {
    seen_ += bytes;
    if (seen_.find("error:") != std::string::npos)
      return make_fault(errc::llm_overloaded, failure_kind::overloaded, "busy");
    protocol::stream_step step{bytes};
    step.has_token = token_
      = token_ || seen_.find("token") != std::string::npos;
    step.done = done_ = seen_.find("[DONE]") != std::string::npos;
    seen_.erase(0, seen_.size() - std::min<std::size_t>(seen_.size(), 8));
    return step;
  }

  result<protocol::stream_step> close() override {
    if (!done_)
      return make_fault(errc::llm_error, failure_kind::eof, "cut");
    return protocol::stream_step{};
  }

  token_usage usage() const override { return {}; }

private:
  std::string seen_;
  bool token_ = false;
  bool done_ = false;
};

} // namespace

result<protocol::upstream_request>
plain_wire::encode(std::shared_ptr<const protocol::chat_request>,
                   const protocol::provider_identity& who) const {
  if (refuses)
    return *refuses;
  protocol::upstream_request out;
  out.target = "/chat/completions";
  out.fields = fields;
  if (!who.api_key.empty())
    out.fields += "Authorization: Bearer " + std::string{who.api_key} + "\r\n";
  auto owner = std::make_shared<std::vector<std::string>>(body);
  for (auto& piece : *owner)
    out.body.push_back(piece);
  out.owner = std::move(owner);
  return out;
}

fault plain_wire::classify(unsigned status, std::string_view retry_after,
                           std::string_view date, std::string_view said) const {
  std::string detail = std::to_string(status);
  for (auto part : {retry_after, date, said})
    detail.append("|").append(part);
  return make_fault(errc::llm_error, failure_kind::server_error, detail);
}

std::unique_ptr<protocol::reply_reader>
plain_wire::reader(std::shared_ptr<const protocol::chat_request>,
                   const protocol::provider_identity&) const {
  return std::make_unique<plain_reader>();
}

world::world(reply_limits limits, pool::settings settings)
  : idle{std::make_shared<pool>(settings, [this] { return now; })} {
  auto url = "http://127.0.0.1:" + std::to_string(provider.port) + "/v1/";
  where = std::make_shared<site>(io, origin::parse(url).value(),
                                 std::make_shared<resolver>(), nullptr, idle,
                                 limits);
  port = std::make_unique<http_provider_port>(where, wire, "key", "p");
}

world::~world() {
  settle();
}

std::unique_ptr<exchange> world::ask(story& told, bool stream,
                                     bool idempotent) {
  auto what = std::make_shared<call>();
  what->trace_id = "0af7651916cd43dd8448eb211c80319c";
  what->span_id = "b7ad6b7169203331";
  what->stream = stream;
  what->idempotent = idempotent;
  attempt which;
  which.what = what;
  which.model = "m";
  which.connect_by = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  auto running = port->start(which, std::make_unique<recorder>(told));
  CHECK(told.ends + told.started == 0);
  return running;
}

void world::settle() {
  do
    io.restart();
  while (io.poll() > 0);
}

bool world::until(const std::function<bool()>& what) {
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  while (!what() && std::chrono::steady_clock::now() < end) {
    io.restart();
    io.run_one_for(std::chrono::milliseconds{2});
  }
  return what();
}

peer world::next() {
  auto found = accept();
  request(found);
  return found;
}

peer world::accept() {
  std::optional<peer> found;
  REQUIRE(until([&] {
    if (!found)
      if (auto fresh = provider.accept())
        found.emplace(std::move(*fresh));
    return found.has_value();
  }));
  return std::move(*found);
}

void world::request(peer& from) {
  from.all.clear();
  REQUIRE(until([&] {
    auto& all = from.heard();
    auto head = all.find("\r\n\r\n");
    auto length = all.find("Content-Length: ");
    return head != all.npos && length != all.npos
           && all.size() >= head + 4 + std::stoul(all.substr(length + 16));
  }));
}

std::string reply(std::string_view body, std::string_view fields) {
  return "HTTP/1.1 200 OK\r\n" + std::string{fields} + "Content-Length: "
         + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

std::string stream_head() {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
         "Transfer-Encoding: chunked\r\n\r\n";
}

std::string chunk(std::string_view data) {
  char size[20];
  std::snprintf(size, sizeof(size), "%zx\r\n", data.size());
  return size + std::string{data} + "\r\n";
}

} // namespace caisson::upstream
