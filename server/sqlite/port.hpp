#pragma once

#include <memory>

#include <boost/asio/io_context.hpp>

#include "actors/ports.hpp"
#include "server/sqlite/clerk.hpp"

namespace caisson::sqlite {

/// A database as a dependency: the payload of a call is a
/// `conversation_question`, and what comes back is told by `answer_of`. One
/// object for each I/O thread; all of them share the clerk.
class storage_port final : public dependency_port {
public:
  storage_port(boost::asio::io_context& io, std::shared_ptr<clerk> where);
  ~storage_port() override;

  std::unique_ptr<exchange>
  start(const attempt& which,
        std::unique_ptr<exchange_listener> listener) override;

private:
  boost::asio::io_context& io_;
  std::shared_ptr<clerk> where_;
};

} // namespace caisson::sqlite
