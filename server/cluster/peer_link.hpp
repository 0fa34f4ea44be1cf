#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "actors/call.hpp"
#include "protocol/cluster/frame_gate.hpp"
#include "protocol/cluster/greeting.hpp"
#include "server/cluster/credentials.hpp"

namespace caisson::peering {

/// Why a connection did not become or remain a link: the label `reason` of
/// cluster_link_failures_total.
enum class link_end : std::uint8_t {
  timeout,   ///< no TLS, or no greeting, in time
  handshake, ///< no TLS 1.3, or no certificate that the CA stands for now
  greeting,  ///< what came was none
  refused,   ///< this end or the other has said no
  frame,     ///< it wrote what no node of the cluster writes
  left,      ///< the other end has closed it, or the wire broke
  replaced,  ///< another link of that node took its place
  expired,   ///< the peer's certificate has ended
  dropped,   ///< this node had no use for it any more
  crowded,   ///< there are too many
};

inline constexpr std::size_t link_end_count = 10;

std::string_view name_of(link_end why) noexcept;

/// One connection with another node, of either side, on the link's thread.
///
///   TLS ──► greeting ──► linked: TLS ⇄ gate ⇄ socket pair ⇄ BASP ──► over
///    │         │                                                     ▲
///    └─────────┴──── too late, not who it should be, told no ────────┘
///
/// Nobody says a word before both certificates are checked, and BASP hears none
/// before both names are.
class peer_link : public std::enable_shared_from_this<peer_link> {
public:
  using socket = boost::asio::ip::tcp::socket;

  /// What the link, which has all of them, is asked and told.
  class owner {
  public:
    virtual ~owner() = default;
    /// This node's first words.
    virtual protocol::greeting own_words() const = 0;
    /// The peer of a call has shown these names: whether to greet it.
    virtual bool may_greet(peer_link& who) = 0;
    /// A peer that has called has greeted: what it is told.
    virtual protocol::welcome judge(peer_link& who) = 0;
    /// The peer that was called has answered: whether it is linked.
    virtual protocol::welcome answered(peer_link& who) = 0;
    /// Hands the other end of the pair to BASP; what may pass from there on.
    virtual protocol::gate_rules hand_over(peer_link& who, int descriptor) = 0;
    virtual void heard(peer_link& who) = 0;
    virtual void passed(std::uint64_t dropped) = 0;
    virtual void ended(peer_link& who, link_end why) = 0;
  };

  peer_link(owner& by, std::uint64_t number, socket from,
            std::shared_ptr<ssl_ctx_st> with, bool called);

  /// Begins; `by`: when it must be linked.
  void start(time_point by);

  void end(link_end why);

  /// Ends what takes too long, and whose certificate does not hold any more.
  void sweep(time_point now, std::int64_t wall_seconds);

  std::uint64_t number() const noexcept { return number_; }
  bool called() const noexcept { return called_; }
  bool linked() const noexcept { return phase_ == phase::linked; }
  /// By its certificate.
  const std::vector<std::string>& names() const noexcept { return names_; }
  /// What it has said of itself.
  const protocol::greeting& peer() const noexcept { return peer_; }

private:
  enum class phase : std::uint8_t { tls, greeting, linked, over };

  /// A handler that goes on with `next`, given what has come in bytes, unless
  /// it is over; a failure of the wire is the end, by that name.
  template <class Next>
  auto unless_over(link_end failed, Next next) {
    return [self = shared_from_this(), failed, next = std::move(next)](
             boost::system::error_code ec, std::size_t n) {
      if (self->phase_ == phase::over)
        return;
      if (ec)
        self->end(failed);
      else
        next(n);
    };
  }

  void on_secured(boost::system::error_code ec);
  void read_greeting();
  void on_greeting(std::string_view text);
  void say(protocol::welcome what, std::function<void()> then);
  void hand_over();
  void pump_in();
  void on_bytes(std::size_t n);
  void pump_out();

  owner& owner_;
  std::uint64_t number_;
  bool called_;
  phase phase_ = phase::tls;
  time_point by_{};
  std::int64_t certificate_ends_ = 0;
  std::shared_ptr<ssl_ctx_st> context_;
  boost::asio::ssl::stream<socket> wire_;
  boost::asio::local::stream_protocol::socket inner_;
  std::vector<std::string> names_;
  protocol::greeting peer_;
  std::optional<protocol::frame_gate> gate_;
  std::uint64_t told_dropped_ = 0;
  std::array<char, protocol::longest_greeting + 2> words_;
  std::array<char, 16'384> in_;
  std::array<char, 16'384> out_;
  std::string pass_;
  std::string saying_;
};

} // namespace caisson::peering
