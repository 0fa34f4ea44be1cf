#pragma once

#include <functional>
#include <map>
#include <memory>

#include "actors/ports.hpp"
#include "tests/simulation/deed.hpp"
#include "tests/simulation/sight.hpp"
#include "tests/simulation/trace.hpp"

namespace caisson::simulation {

/// Everybody a node talks to: clients that note each word, dependencies whose
/// ports answer, fail, hang, stream, break off, come late and throw.
class outside {
public:
  outside(sight& seen, trace& log, const scenario& what, dice chance);
  ~outside();
  outside(const outside&) = delete;
  outside& operator=(const outside&) = delete;

  /// A client's end of a request.
  std::shared_ptr<responder> make_client(seen_request& of);

  /// What a call carries: whose it is.
  static std::shared_ptr<const payload> make_payload(seen_request& of,
                                                     const question& what);

  /// The port of a dependency; throws where the scenario says so.
  std::shared_ptr<dependency_port> make_port(const dependency_settings& of,
                                             std::size_t thread);

  /// From now on all is well out there.
  void calm() noexcept { calm_ = true; }

  // -- what is going to happen ------------------------------------------------

  void later(time_point when, std::function<void()> what);
  bool due() const noexcept;
  /// One of those that are due happens.
  void happen();
  std::optional<time_point> next() const noexcept;

private:
  class client;
  class port;
  class talk;
  struct conversation;

  weather sky(const std::string& name) const;
  void perform(const deed& what, const std::shared_ptr<conversation>& with);
  void say(millis wait, const std::shared_ptr<conversation>& with,
           std::function<void(conversation&)> word);
  deed draw(const std::string& name, bool stream,
            const dependency_settings& of);
  seen_place& place_of(const dependency_settings& of);

  sight& seen_;
  trace& log_;
  const scenario& plan_;
  dice chance_;
  bool calm_ = false;
  std::multimap<time_point, std::function<void()>> agenda_;
};

} // namespace caisson::simulation
