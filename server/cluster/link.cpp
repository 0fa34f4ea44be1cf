#include "server/cluster/link.hpp"

#include <algorithm>
#include <ctime>

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>

#include "actors/telemetry/families.hpp"

namespace caisson::peering {

namespace asio = boost::asio;
using error_code = boost::system::error_code;
using std::chrono::steady_clock;

namespace {

constexpr millis look_every{250};

std::string shown(const asio::ip::tcp::endpoint& where) {
  auto host = where.address().to_string();
  if (where.address().is_v6())
    host = '[' + host + ']';
  return host + ':' + std::to_string(where.port());
}

} // namespace

link::link(plan what)
  : plan_(std::move(what)), seam_(*plan_.system),
    table_(plan_.name, plan_.settings.dead_after),
    work_(asio::make_work_guard(context_)), acceptor_(context_),
    resolver_(context_), timer_(context_) {
  for (std::size_t i = 0; i < link_end_count; ++i)
    failures_[i] = plan_.metrics->counter(
      families::cluster_link_failures,
      {std::string{name_of(static_cast<link_end>(i))}});
}

// What waits in the context belongs to it, and it to the link: handlers that
// kept the link alive would keep each other alive for ever.

link::~link() {
  stop();
}

std::string link::open() {
  auto& set = plan_.settings;
  auto loaded = load_credentials({set.ca, set.cert, set.key}, plan_.name);
  if (auto* why = std::get_if<credential_problem>(&loaded))
    return complaint_of(*why).sentence();
  last_good_ = std::move(std::get<context_ptr>(loaded));
  error_code ec;
  tcp::endpoint at{asio::ip::make_address(set.bind, ec), set.port};
  if (!ec)
    acceptor_.open(at.protocol(), ec);
  if (!ec)
    acceptor_.set_option(tcp::acceptor::reuse_address{true}, ec);
  if (!ec)
    acceptor_.bind(at, ec);
  if (!ec)
    acceptor_.listen(asio::socket_base::max_listen_connections, ec);
  if (ec)
    return "cluster.bind: cannot listen on " + set.bind + " port "
           + std::to_string(set.port) + ": " + ec.message();
  where_ = shown(acceptor_.local_endpoint());
  address_ = set.advertise.empty() ? where_ : set.advertise;
  return {};
}

void link::start() {
  asio::post(context_, [this] {
    accept();
    sweep();
  });
  thread_ = std::thread{[this] { context_.run(); }};
}

void link::stop() {
  if (!thread_.joinable())
    return;
  asio::post(context_, [this] {
    error_code ignored;
    acceptor_.close(ignored);
    auto all = links_;
    for (auto& [number, one] : all)
      one->end(link_end::dropped);
    door_ = cluster_actor{};
    context_.stop();
  });
  thread_.join();
}

std::string link::where() const {
  return where_;
}

std::string link::address() const {
  return address_;
}

void link::complain(severity level, const std::string& what) {
  // What goes wrong goes wrong every second until somebody mends it.
  if (std::exchange(complained_, what) != what)
    plan_.log->note(level, "cluster", what);
}

/// As the files are now; while they are being changed, as they were.
std::shared_ptr<ssl_ctx_st> link::credentials() {
  auto& set = plan_.settings;
  auto loaded = load_credentials({set.ca, set.cert, set.key}, plan_.name);
  if (auto* fresh = std::get_if<context_ptr>(&loaded)) {
    last_good_ = std::move(*fresh);
    return last_good_;
  }
  auto why = std::get<credential_problem>(loaded);
  complain(severity::error,
           complaint_of(why).sentence() + ": the one before is used");
  return last_good_;
}

// -- the port and the calls ---------------------------------------------------

void link::accept() {
  acceptor_.async_accept([this](error_code ec, tcp::socket from) {
    if (!acceptor_.is_open())
      return;
    if (!ec)
      take(std::move(from), {});
    accept();
  });
}

void link::take(tcp::socket from, const std::string& called) {
  auto strangers = static_cast<std::size_t>(std::count_if(
    links_.begin(), links_.end(), [](auto& x) { return !x.second->linked(); }));
  if (links_.size() >= most_connections || strangers >= most_strangers) {
    count(link_end::crowded);
    calling_.erase(called);
    return;
  }
  auto number = ++last_number_;
  peer_link::owner& owner = *this;
  auto one = std::make_shared<peer_link>(owner, number, std::move(from),
                                         credentials(), !called.empty());
  links_[number] = one;
  count_ = links_.size();
  if (!called.empty())
    dialled_[number] = called;
  one->start(steady_clock::now() + plan_.handshake_limit);
}

void link::dial(const std::string& address) {
  asio::post(context_, [this, address] {
    auto known = reached_.find(address);
    auto needless
      = known != reached_.end()
        && (known->second == plan_.name || table_.linked(known->second));
    needless = needless || !acceptor_.is_open(); // it leaves
    if (!needless && calling_.insert(address).second)
      call(address);
  });
}

void link::call(const std::string& address) {
  auto colon = address.rfind(':');
  auto host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[')
    host = host.substr(1, host.size() - 2);
  resolver_.async_resolve(host, address.substr(colon + 1),
                          [this, address](error_code ec, auto found) {
                            if (ec)
                              calling_.erase(address);
                            else
                              on_found(address, std::move(found));
                          });
}

void link::on_found(const std::string& address,
                    tcp::resolver::results_type found) {
  auto wire = std::make_shared<tcp::socket>(context_);
  auto clock = std::make_shared<asio::steady_timer>(context_);
  // An address that swallows packets is given up for the next call.
  clock->expires_after(plan_.handshake_limit);
  clock->async_wait([wire](error_code ec) {
    error_code ignored;
    if (!ec)
      wire->close(ignored);
  });
  asio::async_connect(
    *wire, found,
    [this, wire, clock, address](error_code ec, const tcp::endpoint&) {
      clock->cancel();
      if (ec)
        calling_.erase(address);
      else
        take(std::move(*wire), address);
    });
}

void link::drop(const std::string& name) {
  asio::post(context_, [this, name] {
    auto number = table_.link_of(name);
    auto one = number ? find(*number) : nullptr;
    if (one)
      one->end(link_end::dropped);
  });
}

void link::close() {
  asio::post(context_, [this] {
    error_code ignored;
    acceptor_.close(ignored);
  });
}

void link::expose(const cluster_actor& whom) {
  asio::post(context_, [this, whom] {
    // Peers have handles of the actor that was exposed before.
    auto all = links_;
    for (auto& [number, one] : all)
      if (one->linked())
        one->end(link_end::dropped);
    door_ = whom;
  });
}

link::link_ptr link::find(std::uint64_t number) const {
  auto at = links_.find(number);
  return at == links_.end() ? nullptr : at->second;
}

void link::sweep() {
  auto all = links_;
  for (auto& [number, one] : all)
    one->sweep(steady_clock::now(), std::time(nullptr));
  timer_.expires_after(look_every);
  timer_.async_wait([this](error_code ec) {
    if (!ec)
      sweep();
  });
}

} // namespace caisson::peering
