#include "server/sqlite/port.hpp"

#include <utility>

#include <boost/asio/post.hpp>

namespace caisson::sqlite {
namespace {

/// The listener, which lives on the I/O thread only, as does this.
struct ear {
  std::unique_ptr<exchange_listener> to;

  void hear(result<conversation_answer_ptr> said) {
    if (auto who = std::exchange(to, nullptr)) {
      if (said)
        who->finished(answer_of(std::move(*said)), {});
      else
        who->failed(std::move(said).error());
    }
  }
};

/// An attempt under way: dropping it takes the question back.
class asking final : public exchange {
public:
  asking(std::shared_ptr<ear> who, std::shared_ptr<errand> what)
    : who_{std::move(who)}, what_{std::move(what)} {}
  ~asking() override {
    who_->to.reset();
    what_->given_up = true;
  }

private:
  std::shared_ptr<ear> who_;
  std::shared_ptr<errand> what_;
};

} // namespace

storage_port::storage_port(boost::asio::io_context& io,
                           std::shared_ptr<clerk> where)
  : io_{io}, where_{std::move(where)} {
  // nop
}

storage_port::~storage_port() = default;

std::unique_ptr<exchange>
storage_port::start(const attempt& which,
                    std::unique_ptr<exchange_listener> listener) {
  auto who = std::make_shared<ear>();
  who->to = std::move(listener);
  auto what = std::make_shared<errand>();
  what->what
    = std::dynamic_pointer_cast<const conversation_question>(which.what->body);
  what->then = [&io = io_, who](result<conversation_answer_ptr> said) mutable {
    boost::asio::post(
      io, [who = std::move(who), said = std::move(said)] { who->hear(said); });
  };
  auto running = std::make_unique<asking>(std::move(who), what);
  where_->put(std::move(what));
  return running;
}

} // namespace caisson::sqlite
