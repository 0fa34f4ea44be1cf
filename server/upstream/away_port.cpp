#include "server/upstream/away_port.hpp"

#include <atomic>
#include <utility>

#include <boost/asio/post.hpp>

#include "server/upstream/mcp_run.hpp"

namespace caisson::upstream {
namespace {

/// One attempt, of which each thread has its half.
struct journey {
  std::shared_ptr<exchange_listener> listener; ///< here; null: nobody listens
  std::unique_ptr<exchange> run;               ///< there
  std::atomic<bool> gone{false};               ///< the caller is
  std::atomic<bool> answering{false};
};

/// Tells here what is heard there.
class messenger final : public exchange_listener {
public:
  messenger(io_thread& here, std::shared_ptr<journey> of)
    : here_{here}, of_{std::move(of)} {}

  void started() override {
    of_->answering = true;
    tell([](exchange_listener& to) { to.started(); });
  }
  void more(bytes chunk, std::uint32_t tokens) override {
    tell([chunk = std::move(chunk), tokens](exchange_listener& to) {
      to.more(chunk, tokens);
    });
  }
  void finished(bytes whole, token_usage usage) override {
    tell([whole = std::move(whole), usage](exchange_listener& to) {
      to.finished(whole, usage);
    });
  }
  void failed(fault what) override {
    tell([what = std::move(what)](exchange_listener& to) { to.failed(what); });
  }

private:
  template <class Word>
  void tell(Word word) {
    boost::asio::post(here_.context(),
                      [of = of_, word = std::move(word)]() mutable {
                        // Dropped in the midst of it, it lives until then.
                        if (const auto to = of->listener)
                          word(*to);
                      });
  }

  io_thread& here_;
  std::shared_ptr<journey> of_;
};

/// The caller's end.
class returning final : public exchange {
public:
  returning(io_thread& there, std::shared_ptr<journey> of)
    : there_{there}, of_{std::move(of)} {}
  ~returning() override {
    of_->listener = nullptr;
    of_->gone = true;
    boost::asio::post(there_.context(), [of = of_] { of->run = nullptr; });
  }
  bool answering() const noexcept override { return of_->answering; }

private:
  io_thread& there_;
  std::shared_ptr<journey> of_;
};

} // namespace

away_port::away_port(io_thread& here, io_thread& there,
                     std::shared_ptr<mcp_peer> at)
  : here_{here}, there_{there}, peer_{std::move(at)} {}

std::unique_ptr<exchange>
away_port::start(const attempt& which,
                 std::unique_ptr<exchange_listener> listener) {
  auto of = std::make_shared<journey>();
  of->listener = std::move(listener);
  boost::asio::post(there_.context(), [&here = here_, of, at = peer_,
                                       what = which.what,
                                       connect_by = which.connect_by] {
    if (!of->gone)
      of->run = begin_mcp(at, {what, {}, connect_by},
                          std::make_unique<messenger>(here, of));
  });
  return std::make_unique<returning>(there_, std::move(of));
}

} // namespace caisson::upstream
