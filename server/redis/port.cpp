#include "server/redis/port.hpp"

#include <chrono>

#include "server/redis/address.hpp"
#include "server/redis/talk.hpp"

namespace caisson::redis {
namespace {

// One line in so long about refused commands: there may be thousands.
constexpr std::chrono::seconds between_lines{10};

/// A stopped server is given up soon, but no sooner than its attempts.
constexpr millis least_silence{1'000};

} // namespace

access access_of(const dependency_settings& settings,
                 boost::asio::io_context& io,
                 std::shared_ptr<upstream::resolver> names,
                 std::shared_ptr<boost::asio::ssl::context> tls) {
  access made{io, std::move(names), std::move(tls), settings.user,
              settings.api_key};
  made.patience = settings.connect_timeout;
  made.bounds.silence = std::max(least_silence, 2 * settings.timeout);
  return made;
}

/// What people should read of a store; outlives the port with its attempts.
struct store_port::diary final : refusal_listener {
  diary(std::string name, journal& log) : name{std::move(name)}, log{log} {}

  void refused(const kv_question& what, std::string_view sort) override {
    auto now = std::chrono::steady_clock::now();
    if (now < next_line)
      return;
    next_line = now + between_lines;
    // The command's own word: keys and values are nobody's to read.
    std::string command = what.script          ? "a script"
                          : what.words.empty() ? "nothing"
                                               : what.words.front();
    log.note(severity::error, "dependency",
             name + " refused " + command + " with " + std::string{sort});
  }

  void opened(const upstream::origin& at) {
    if (std::exchange(connected, true))
      return;
    log.note(severity::info, "dependency",
             name + " is connected to " + at.host + ':'
               + std::to_string(at.port));
  }

  void lost(const fault& why) {
    if (!std::exchange(connected, false) && why.detail == last)
      return;
    last = why.detail;
    log.note(severity::warning, "dependency",
             name + " has no connection: " + why.detail);
  }

  const std::string name;
  journal& log;
  bool connected = false;
  std::string last;
  time_point next_line{};
};

store_port::store_port(const address& where, access with, std::string name,
                       journal& log)
  : diary_{std::make_shared<diary>(std::move(name), log)} {
  with.database = where.database;
  where_ = open_directory(
    where, std::make_shared<const access>(std::move(with)),
    {[known = diary_](const upstream::origin& at) { known->opened(at); },
     [known = diary_](const fault& why) { known->lost(why); }});
}

store_port::~store_port() = default;

std::unique_ptr<exchange>
store_port::start(const attempt& which,
                  std::unique_ptr<exchange_listener> listener) {
  auto what
    = std::make_shared<talk>(which, std::move(listener), where_, diary_);
  what->begin();
  return std::make_unique<talk_handle>(std::move(what));
}

} // namespace caisson::redis
