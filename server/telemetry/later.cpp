#include "server/telemetry/later.hpp"

#include <utility>

#include <boost/asio/post.hpp>

#include "server/http/session.hpp"

namespace caisson {

std::function<void()> later(session& to, std::function<void(session&)> tell) {
  struct promise {
    std::shared_ptr<session> client;
    std::uint64_t id = 0;
    std::function<void(session&)> tell;

    /// Dropped untold, it answers all the same.
    ~promise() {
      if (client)
        keep([](session& x) {
          x.refuse(make_fault(errc::unexpected, "the order was lost"));
        });
    }

    void keep(std::function<void(session&)> what) {
      auto to = std::exchange(client, nullptr);
      boost::asio::post(to->home().context(), [to, id = id, what] {
        if (to->waits_for(id))
          what(*to);
      });
    }
  };
  auto owed = std::make_shared<promise>();
  owed->client = to.shared_from_this();
  owed->id = to.request().id;
  owed->tell = std::move(tell);
  return [owed] { owed->keep(owed->tell); };
}

} // namespace caisson
