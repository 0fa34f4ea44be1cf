#pragma once

#include <memory>
#include <string>

#include "actors/journal.hpp"
#include "actors/ports.hpp"
#include "actors/settings.hpp"
#include "server/redis/directory.hpp"

namespace caisson::redis {

/// What a dependency says of its Redis, as all of its connections need it.
access access_of(const dependency_settings& settings,
                 boost::asio::io_context& io,
                 std::shared_ptr<upstream::resolver> names,
                 std::shared_ptr<boost::asio::ssl::context> tls);

/// A key-value store: the payload of a call is a `kv_question`, and what it
/// says is told by `answer_of`. One object for each dependency and I/O thread,
/// with one connection to each server, on which any number of attempts are
/// under way.
///
/// Within one attempt a script that the server does not know is sent whole, and
/// redirections of a cluster are followed. An attempt that is given up keeps
/// its place in the order of replies.
class store_port final : public dependency_port {
public:
  store_port(const address& where, access with, std::string name, journal& log);
  ~store_port() override;

  std::unique_ptr<exchange>
  start(const attempt& which,
        std::unique_ptr<exchange_listener> listener) override;

private:
  struct diary;

  std::shared_ptr<diary> diary_;
  std::shared_ptr<directory> where_;
};

} // namespace caisson::redis
