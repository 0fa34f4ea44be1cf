#include "server/redis/complaint.hpp"

#include <array>

#include <boost/asio/error.hpp>

namespace caisson::redis {
namespace {

struct row {
  std::string_view sort;
  failure_kind kind;
  const char* detail;
};

constexpr auto busy = "the shared store cannot answer at the moment";
constexpr auto barred = "the shared store does not let the node in";
constexpr auto unfit = "the shared store takes no changes";

using enum failure_kind;

constexpr auto rows = std::to_array<row>({
  {"LOADING", overloaded, busy},
  {"BUSY", overloaded, busy},
  {"TRYAGAIN", overloaded, busy},
  {"CLUSTERDOWN", overloaded, busy},
  {"MASTERDOWN", overloaded, busy},
  {"NOAUTH", credentials, barred},
  {"WRONGPASS", credentials, barred},
  {"NOPERM", credentials, barred},
  {"OOM", server_error, unfit},
  {"READONLY", server_error, unfit},
  {"MISCONF", server_error, unfit},
  {"NOREPLICAS", server_error, unfit},
  // Followed where a cluster is expected; else it is not what it was called.
  {"MOVED", server_error, "the shared store is part of a cluster"},
  {"ASK", server_error, "the shared store is part of a cluster"},
});

constexpr errc code_of(failure_kind kind) noexcept {
  switch (kind) {
    case connect_timeout:
    case first_byte_timeout:
      return errc::redis_timeout;
    case connect:
    case dns:
    case eof:
    case reset:
    case overloaded:
      return errc::redis_unavailable;
    default:
      return errc::redis_error;
  }
}

fault make(failure_kind kind, const char* detail) {
  return make_fault(code_of(kind), kind, detail);
}

} // namespace

std::string_view sort_of(std::string_view complaint) noexcept {
  auto word = complaint.substr(0, complaint.find(' '));
  return word.size() > 32
             || word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
                  != word.npos
           ? "an error"
           : word;
}

fault fault_of(std::string_view complaint) {
  auto sort = sort_of(complaint);
  for (auto& x : rows)
    if (x.sort == sort)
      return make(x.kind, x.detail);
  // By its words, for lack of a sort of its own.
  if (complaint.starts_with("ERR max number of clients"))
    return make(overloaded, busy);
  return make(refused, "the shared store refused a command");
}

bool demoted(std::string_view complaint) noexcept {
  auto sort = sort_of(complaint);
  return sort == "READONLY" || sort == "MASTERDOWN";
}

fault broken(const boost::system::error_code& why) {
  if (why == boost::asio::error::connection_reset
      || why == boost::asio::error::broken_pipe)
    return make(reset, "the connection to the shared store was reset");
  return make(eof, "the shared store closed the connection");
}

fault unreachable(const fault& dialled) {
  switch (dialled.kind) {
    case dns:
      return make(dns, "the shared store's name did not resolve");
    case tls:
      return make(tls, "no TLS connection to the shared store that could be "
                       "trusted");
    case connect_timeout:
      return make(connect_timeout,
                  "the shared store took no connection in time");
    default:
      return make(connect, "the shared store took no connection");
  }
}

} // namespace caisson::redis
