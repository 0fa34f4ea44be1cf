#pragma once

#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "actors/ports.hpp"

namespace caisson {

/// The provider of a node without keys: answers at once and says that it is
/// simulated. Asked for `simulated-slow` it takes its time, for
/// `simulated-fail` it fails like a provider's 500. Its embeddings are vectors
/// that mean nothing, and say so. A stream that died
/// elsewhere goes on with what it always says. One object for each I/O thread.
class simulated_port final : public dependency_port {
public:
  simulated_port(boost::asio::io_context& io, std::string name)
    : io_(io), name_(std::move(name)) {}

  std::unique_ptr<exchange>
  start(const attempt& which,
        std::unique_ptr<exchange_listener> listener) override;

private:
  boost::asio::io_context& io_;
  std::string name_; // of the dependency
};

} // namespace caisson
