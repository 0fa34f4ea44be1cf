#include "server/redis/complaint.hpp"

#include <boost/asio/error.hpp>

#include "tests/support/catch.hpp"

using namespace caisson;
using namespace caisson::redis;

TEST_CASE("each complaint is the failure that it is", "[redis]") {
  using enum failure_kind;
  struct row {
    const char* text;
    failure_kind kind;
    errc code;
    outcome counts;
  };
  for (auto& x : std::initializer_list<row>{
         {"LOADING Redis is loading the dataset in memory", overloaded,
          errc::redis_unavailable, outcome::failure},
         {"BUSY Redis is busy running a script.", overloaded,
          errc::redis_unavailable, outcome::failure},
         {"TRYAGAIN Multiple keys request during rehashing of slot", overloaded,
          errc::redis_unavailable, outcome::failure},
         {"CLUSTERDOWN The cluster is down", overloaded,
          errc::redis_unavailable, outcome::failure},
         {"MASTERDOWN Link with MASTER is down", overloaded,
          errc::redis_unavailable, outcome::failure},
         {"ERR max number of clients reached", overloaded,
          errc::redis_unavailable, outcome::failure},
         {"OOM command not allowed when used memory > 'maxmemory'.",
          server_error, errc::redis_error, outcome::failure},
         {"READONLY You can't write against a read only replica.", server_error,
          errc::redis_error, outcome::failure},
         {"MISCONF Redis is configured to save RDB snapshots", server_error,
          errc::redis_error, outcome::failure},
         {"NOREPLICAS Not enough good replicas to write.", server_error,
          errc::redis_error, outcome::failure},
         {"MOVED 3999 127.0.0.1:6381", server_error, errc::redis_error,
          outcome::failure},
         {"WRONGPASS invalid username-password pair", credentials,
          errc::redis_error, outcome::ignored},
         {"NOAUTH Authentication required.", credentials, errc::redis_error,
          outcome::ignored},
         {"NOPERM this user has no permissions", credentials, errc::redis_error,
          outcome::ignored},
         {"WRONGTYPE Operation against a key holding the wrong kind of value",
          refused, errc::redis_error, outcome::ignored},
         {"ERR unknown command 'NONSENSE'", refused, errc::redis_error,
          outcome::ignored},
         {"", refused, errc::redis_error, outcome::ignored}}) {
    INFO(x.text);
    auto why = fault_of(x.text);
    CHECK(why.kind == x.kind);
    CHECK(why.code == x.code);
    CHECK(outcome_of(why) == x.counts);
    // The server's own words may quote keys.
    CHECK((*x.text == '\0' || why.detail.find(x.text) == std::string::npos));
  }
}

TEST_CASE("the sort of a complaint is its first word and nothing else",
          "[redis]") {
  CHECK(sort_of("WRONGTYPE Operation against") == "WRONGTYPE");
  CHECK(sort_of("ERR") == "ERR");
  CHECK(sort_of("user:42 is secret") == "an error");
  CHECK(sort_of(std::string(100, 'A')) == "an error");
}

TEST_CASE("a replica says that it may not be asked", "[redis]") {
  CHECK(demoted("READONLY You can't write against a read only replica."));
  CHECK(demoted("MASTERDOWN Link with MASTER is down"));
  CHECK_FALSE(demoted("LOADING Redis is loading"));
}

TEST_CASE("ends of connections keep their kind", "[redis]") {
  namespace error = boost::asio::error;
  CHECK(broken(error::connection_reset).kind == failure_kind::reset);
  CHECK(broken(error::broken_pipe).kind == failure_kind::reset);
  CHECK(broken(error::eof).kind == failure_kind::eof);
  CHECK(broken(error::eof).code == errc::redis_unavailable);
  auto as = [](failure_kind kind) {
    return unreachable(make_fault(errc::llm_error, kind, "the provider's"));
  };
  for (auto kind : {failure_kind::dns, failure_kind::tls, failure_kind::connect,
                    failure_kind::connect_timeout}) {
    CHECK(as(kind).kind == kind);
    CHECK(as(kind).detail.find("provider") == std::string::npos);
  }
  CHECK(as(failure_kind::dns).code == errc::redis_unavailable);
  CHECK(as(failure_kind::connect_timeout).code == errc::redis_timeout);
  CHECK(as(failure_kind::tls).code == errc::redis_error);
}
