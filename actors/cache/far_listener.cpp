#include "actors/cache/far_listener.hpp"

#include <algorithm>
#include <utility>

#include "actors/cache/fault_form.hpp"
#include "actors/cache/stored_form.hpp"

namespace caisson {

far_listener::~far_listener() {
  if (!over_)
    say(news(flight_step::lost), {});
}

flight_news far_listener::news(flight_step what) const {
  flight_news out;
  out.key = key_;
  out.token = token_;
  out.number = number_;
  out.what = static_cast<std::uint8_t>(what);
  return out;
}

/// In pieces that a frame of the link holds.
void far_listener::say(flight_news what, std::string_view text) const {
  do {
    auto size = std::min(text.size(), longest_flight_text);
    what.text = text.substr(0, size);
    text.remove_prefix(size);
    what.more = !text.empty();
    from_->post(node_, what);
  } while (what.more);
}

void far_listener::more(const tape_piece& what) {
  heard_ += what.events.size();
  auto it = news(flight_step::events);
  it.source = what.source;
  it.model = what.model;
  say(std::move(it), what.events);
}

void far_listener::end(flight_news what, std::string_view text,
                       const token_usage& took) {
  if (std::exchange(over_, true))
    return;
  what.counted = took.known;
  what.input = took.input;
  what.output = took.output;
  what.cached_input = took.cached_input;
  say(std::move(what), text);
}

void far_listener::value(const cached_value& what, bool keep, millis ttl,
                         const token_usage& took) {
  auto it = news(flight_step::value);
  it.keep = keep;
  it.ttl_ms = static_cast<std::uint32_t>(
    std::clamp<millis::rep>(ttl.count(), 0, UINT32_MAX));
  end(std::move(it), stored_form(what, {}), took);
}

void far_listener::unsayable(const token_usage& took) {
  end(news(flight_step::unsayable), {}, took);
}

void far_listener::failed(const fault& why) {
  end(news(flight_step::failed), stored_fault(why), {});
}

} // namespace caisson
