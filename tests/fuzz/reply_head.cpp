// The first byte cuts the rest, which is what a provider sends: interim
// replies, a head, a body.

#include "server/upstream/reply_parser.hpp"

#include "protocol/http/strict.hpp"
#include "tests/fuzz/laws.hpp"

using namespace caisson;
using namespace caisson::fuzz;
using namespace std::chrono_literals;
using upstream::reply_parser;

namespace {

struct reading {
  reply_parser parser;
  std::string head; ///< what was consumed for it
  std::string body;
  std::string rest; ///< not consumed
};

/// As a connection does it: unread bytes are kept and offered again.
class connection {
public:
  explicit connection(reading& so) : so_{so} { limits_.head = 1024; }

  void feed(std::string_view piece) {
    so_.rest += piece;
    if (!so_.parser.has_head() && !stopped())
      read_head();
    if (so_.parser.has_head())
      read_body();
  }

private:
  bool stopped() const {
    return so_.parser.wrong() != failure_kind::none
           || (so_.parser.has_head() && so_.parser.ended());
  }

  void read_head() {
    auto used = so_.parser.head(so_.rest, limits_, scratch_);
    must(used <= so_.rest.size(), "no more is consumed than there is");
    so_.head.append(so_.rest, 0, used);
    so_.rest.erase(0, used);
  }

  void read_body() {
    while (!so_.rest.empty() && !stopped()) {
      auto piece = so_.parser.next(so_.rest);
      must(piece.consumed > 0 && piece.consumed <= so_.rest.size(),
           "each step reads on, and never beyond its input");
      must(within(piece.data,
                  std::string_view{so_.rest}.substr(0, piece.consumed)),
           "data is a view of what was consumed");
      so_.body += piece.data;
      so_.rest.erase(0, piece.consumed);
    }
  }

  reading& so_;
  upstream::reply_limits limits_;
  http::response_head scratch_;
};

reading read(std::string_view bytes, std::uint8_t knob) {
  reading so;
  connection from{so};
  each_piece(bytes, knob, [&](auto piece) { from.feed(piece); });
  return so;
}

bool same_reply(const reply_parser& x, const reply_parser& y) {
  return x.status == y.status && x.body == y.body && x.left == y.left
         && x.keep_alive == y.keep_alive && x.event_stream == y.event_stream
         && x.encoded == y.encoded && x.promised_idle == y.promised_idle
         && x.retry_after == y.retry_after && x.date == y.date
         && x.wrong() == y.wrong() && x.ended() == y.ended();
}

/// The values of a field in the last head that was read, found by hand.
std::vector<std::string> values(const std::string& heads,
                                std::string_view wanted) {
  std::vector<std::string> found;
  auto last = heads.rfind("\r\n\r\n", heads.size() - 5);
  auto text
    = std::string_view{heads}.substr(last == std::string::npos ? 0 : last + 4);
  while (!text.empty()) {
    auto end = std::min(text.find("\r\n"), text.size() - 2);
    auto line = text.substr(0, end);
    text.remove_prefix(end + 2);
    auto colon = line.find(':');
    if (colon == line.npos || !http::iequals(line.substr(0, colon), wanted))
      continue;
    auto value = line.substr(colon + 1);
    auto first = std::min(value.find_first_not_of(" \t"), value.size());
    value.remove_prefix(first);
    found.emplace_back(value.substr(0, value.find_last_not_of(" \t") + 1));
  }
  return found;
}

void must_be_framed(const reading& so) {
  auto& reply = so.parser;
  auto lengths = values(so.head, "content-length");
  auto codings = values(so.head, "transfer-encoding");
  must(lengths.size() + codings.size() <= 1, "one framing at most");
  must(codings.empty() || http::iequals(codings[0], "chunked"),
       "a coding is `chunked`");
  auto bodiless = reply.status == 204 || reply.status == 304;
  using enum reply_parser::extent;
  auto wanted = bodiless           ? length
                : !codings.empty() ? chunked
                : lengths.empty()  ? until_close
                                   : length;
  must(reply.body == wanted, "a body ends as its head says");
  must(!bodiless || so.body.empty(), "where there is no body, there is none");
  if (reply.body == length && !bodiless)
    must(so.body.size() + reply.left == std::stoull(lengths[0]),
         "a body is as long as announced");
  must(reply.body != until_close || !reply.keep_alive,
       "a connection that ends a body is not used again");
}

void must_be_noted(const reading& so) {
  auto& reply = so.parser;
  must(reply.status >= 200 && reply.status <= 999, "a final status");
  must(reply.status != 200 || (reply.retry_after.empty() && reply.date.empty()),
       "a 200 asks nobody to wait");
  must(http::safe_field_value(reply.retry_after)
         && http::safe_field_value(reply.date),
       "values are clean");
  must(!reply.promised_idle
         || (*reply.promised_idle >= 0s && *reply.promised_idle <= 24h),
       "a promise is from nothing to a day");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  input in{data, size};
  auto whole = read(in.text, 0);
  auto cut = read(in.text, in.knob);
  must(same_reply(whole.parser, cut.parser) && whole.head == cut.head
         && whole.body == cut.body && whole.rest == cut.rest,
       "the same however it is cut");
  if (!whole.parser.has_head())
    return 0;
  must(whole.parser.wrong() == failure_kind::none
         || (whole.parser.wrong() == failure_kind::framing
             && whole.parser.body == reply_parser::extent::chunked),
       "behind a head only chunks can be wrong");
  must_be_noted(whole);
  must_be_framed(whole);
  return 0;
}
