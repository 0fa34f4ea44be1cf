#include "server/redis/cluster.hpp"

#include <charconv>
#include <utility>

#include <boost/asio/post.hpp>

#include "server/io/io_thread.hpp"
#include "server/redis/address.hpp"

namespace caisson::redis {
namespace {

constexpr std::size_t most_servers = 1'000;
constexpr millis learn_pause{500};

std::string_view take_word(std::string_view& text) noexcept {
  auto end = std::min(text.find(' '), text.size());
  auto word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

/// "host:port"; a server that does not know its own address leaves the host
/// out: it is the one that was asked.
std::optional<upstream::origin> origin_in(std::string_view text,
                                          const server& from) {
  auto colon = text.rfind(':');
  if (colon == text.npos)
    return std::nullopt;
  auto host = text.substr(0, colon);
  return origin_of(host.empty() ? std::string_view{from.where().host} : host,
                   text.substr(colon + 1));
}

} // namespace

cluster::cluster(access_ptr with, const std::vector<upstream::origin>& seeds,
                 directory_news news)
  : access_{std::move(with)}, news_{std::move(news)},
    slots_(slot_count, unknown) {
  for (auto& seed : seeds)
    number_of(seed);
}

cluster::~cluster() {
  for (auto& one : servers_) {
    one->on_open = nullptr;
    one->on_lost = nullptr;
  }
}

std::uint16_t cluster::number_of(const upstream::origin& where) {
  auto name = where.host + ' ' + std::to_string(where.port);
  if (auto known = numbers_.find(name); known != numbers_.end())
    return known->second;
  if (servers_.size() == most_servers)
    return unknown;
  auto made = std::make_shared<server>(access_, std::make_shared<fixed>(where));
  made->on_open = [this, raw = made.get()](link&) {
    if (news_.opened)
      news_.opened(raw->where());
  };
  made->on_lost = [this](const fault& why) {
    learn();
    if (news_.lost)
      news_.lost(why);
  };
  auto number = static_cast<std::uint16_t>(servers_.size());
  servers_.push_back(std::move(made));
  numbers_.emplace(std::move(name), number);
  return number;
}

server_ptr cluster::any() {
  return servers_[turn_ % servers_.size()];
}

server_ptr cluster::server_for(std::string_view key) {
  auto number = key.empty() ? unknown : slots_[slot_of(key)];
  if (number != unknown)
    return servers_[number];
  learn();
  return any();
}

std::vector<std::uint16_t> cluster::masters() const {
  std::vector<bool> has(servers_.size(), false);
  for (auto number : slots_) {
    if (number == unknown)
      return {};
    has[number] = true;
  }
  std::vector<std::uint16_t> out;
  for (std::size_t i = 0; i < has.size(); ++i)
    if (has[i])
      out.push_back(static_cast<std::uint16_t>(i));
  return out;
}

void cluster::tell(std::size_t number, const found& then) const {
  auto all = masters();
  if (all.empty())
    then(make_fault(errc::redis_unavailable, failure_kind::connect,
                    "the cluster does not say who has all of its keys"));
  else
    then(number < all.size() ? servers_[all[number]] : nullptr);
}

void cluster::server_at(std::size_t number, found then) {
  auto all = masters();
  if (number < all.size()) {
    then(servers_[all[number]]);
    return;
  }
  if (all.empty())
    learn();
  if (all.empty() && learning_)
    waiting_.emplace_back(number, std::move(then));
  else
    boost::asio::post(
      access_->io, [weak = weak_from_this(), number, then = std::move(then)] {
        if (auto self = weak.lock())
          self->tell(number, then);
      });
}

server_ptr cluster::follow(std::string_view redirection, const server& from) {
  auto sort = take_word(redirection);
  auto slot_text = take_word(redirection);
  std::uint16_t slot = slot_count;
  std::from_chars(slot_text.data(), slot_text.data() + slot_text.size(), slot);
  auto where = origin_in(redirection, from);
  if (slot >= slot_count || !where)
    return nullptr;
  auto number = number_of(*where);
  if (number == unknown)
    return nullptr;
  if (sort == "MOVED") {
    slots_[slot] = number;
    learn(); // rarely does one slot move alone
  }
  return servers_[number];
}

void cluster::learn() {
  if (learning_ || io_thread::now() < learn_after_)
    return;
  learning_ = true;
  learn_after_ = io_thread::now() + learn_pause;
  std::string wire;
  append_command(wire, {"CLUSTER", "SLOTS"});
  auto from = any();
  // The next time another one is asked: this one may be what was lost.
  ++turn_;
  from->ask(std::make_shared<plain_asker>(
              std::move(wire),
              [weak = weak_from_this(), from = from.get()](auto what) {
                if (auto self = weak.lock()) { // then its servers live, too
                  self->learning_ = false;
                  self->learned(what, *from);
                }
              }),
            {});
}

void cluster::learned(const result<kv_value>& what, const server& from) {
  if (auto* ranges = what ? what->list() : nullptr)
    for (auto& range : *ranges)
      take_range(range, from);
  for (auto& [number, then] : std::exchange(waiting_, {}))
    tell(number, then);
}

/// [first, last, [host, port, ...], replicas...]
void cluster::take_range(const kv_value& range, const server& from) {
  auto* parts = range.list();
  if (!parts || parts->size() < 3)
    return;
  auto* first = (*parts)[0].integer();
  auto* last = (*parts)[1].integer();
  auto* master = (*parts)[2].list();
  if (!first || !last || !master || master->size() < 2 || *first < 0
      || *last >= slot_count)
    return;
  auto* host = (*master)[0].text();
  auto* port = (*master)[1].integer();
  if (!port)
    return;
  auto where
    = origin_in((host ? *host : "") + ':' + std::to_string(*port), from);
  auto number = where ? number_of(*where) : unknown;
  if (number == unknown)
    return;
  for (auto slot = *first; slot <= *last; ++slot)
    slots_[static_cast<std::size_t>(slot)] = number;
}

} // namespace caisson::redis
