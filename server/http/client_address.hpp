#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "protocol/http/head.hpp"

namespace caisson {

/// The addresses and networks of `http.trusted_proxies`.
class trusted_proxies {
public:
  trusted_proxies() = default;

  /// Each an address or a network ("10.0.0.0/8"); the config has checked them.
  explicit trusted_proxies(const std::vector<std::string>& list);

  bool empty() const noexcept { return list_.empty(); }
  bool contain(const boost::asio::ip::address& which) const noexcept;

private:
  struct network {
    boost::asio::ip::address first;
    unsigned bits;
  };
  std::vector<network> list_;
};

/// Where a request comes from: the peer, unless that is a trusted proxy. Then
/// the hop that it names, and so on from right to left as long as proxies are
/// trusted: what stands further left anybody may have written. A hop that is no
/// address ends the walk at the one that named it.
boost::asio::ip::address client_address(const boost::asio::ip::address& peer,
                                        const http::field_list& fields,
                                        const trusted_proxies& trusted);

/// The part of an address that is one client: all of IPv4, of IPv6 the first
/// half, since a host has a whole /64. IPv4 in IPv6's clothes is IPv4.
std::string client_part(const boost::asio::ip::address& from);

} // namespace caisson
