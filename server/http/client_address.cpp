#include "server/http/client_address.hpp"

#include <algorithm>
#include <charconv>

#include "protocol/http/trimmed.hpp"

namespace caisson {
namespace {

using boost::asio::ip::address;

/// The same address in one form.
address plain(const address& from) {
  if (from.is_v6() && from.to_v6().is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped,
                                            from.to_v6());
  return from;
}

template <class Bytes>
bool same_start(const Bytes& a, const Bytes& b, unsigned bits) noexcept {
  auto whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin()))
    return false;
  auto rest = bits % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

/// "1.2.3.4", "1.2.3.4:80", "::1", "[::1]:80", as proxies write hops.
bool read_hop(std::string_view text, address& to) {
  text = http::trimmed(text);
  if (text.starts_with('[')) {
    auto close = text.find(']');
    text = close == std::string_view::npos ? std::string_view{}
                                           : text.substr(1, close - 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  if (text.empty() || text.size() > 45)
    return false;
  boost::system::error_code ec;
  auto read = boost::asio::ip::make_address(std::string{text}, ec);
  if (ec || (read.is_v6() && read.to_v6().scope_id() != 0))
    return false;
  to = plain(read);
  return true;
}

} // namespace

trusted_proxies::trusted_proxies(const std::vector<std::string>& list) {
  for (auto& one : list) {
    auto slash = one.find('/');
    boost::system::error_code ec;
    auto read = boost::asio::ip::make_address(one.substr(0, slash), ec);
    if (ec)
      continue;
    auto first = plain(read);
    auto bits = first.is_v4() ? 32u : 128u;
    if (slash != std::string::npos) {
      std::from_chars(one.data() + slash + 1, one.data() + one.size(), bits);
      if (read.is_v6() && first.is_v4())
        bits -= std::min(bits, 96u);
    }
    list_.push_back({first, bits});
  }
}

bool trusted_proxies::contain(const address& which) const noexcept {
  auto is = plain(which);
  return std::any_of(list_.begin(), list_.end(), [&](auto& x) {
    if (x.first.is_v4() != is.is_v4())
      return false;
    return is.is_v4() ? same_start(is.to_v4().to_bytes(),
                                   x.first.to_v4().to_bytes(), x.bits)
                      : same_start(is.to_v6().to_bytes(),
                                   x.first.to_v6().to_bytes(), x.bits);
  });
}

address client_address(const address& peer, const http::field_list& fields,
                       const trusted_proxies& trusted) {
  auto from = plain(peer);
  if (trusted.empty() || !trusted.contain(from))
    return from;
  // The last line is what the nearest proxy has written.
  for (auto line = fields.end(); line != fields.begin();) {
    --line;
    if (!http::iequals(line->name, "x-forwarded-for"))
      continue;
    auto rest = line->value;
    for (auto more = true; more;) {
      auto comma = rest.rfind(',');
      more = comma != std::string_view::npos;
      address hop;
      if (!read_hop(more ? rest.substr(comma + 1) : rest, hop))
        return from;
      from = hop;
      if (!trusted.contain(from))
        return from;
      rest = rest.substr(0, more ? comma : 0);
    }
  }
  return from;
}

std::string client_part(const address& from) {
  auto is = plain(from);
  if (is.is_v4()) {
    auto bytes = is.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  auto bytes = is.to_v6().to_bytes();
  return {bytes.begin(), bytes.begin() + 8};
}

} // namespace caisson
