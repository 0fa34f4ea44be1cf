#pragma once

#include <memory>

#include "actors/ports.hpp"
#include "server/redis/directory.hpp"

namespace caisson::redis {

/// Hears of a command that a server refused for its own sake: a mistake of the
/// node's. `sort` is the server's word for it.
class refusal_listener {
public:
  virtual ~refusal_listener() = default;
  virtual void refused(const kv_question& what, std::string_view sort) = 0;
};

/// One attempt: a question on its way to the server that has its key, and
/// again where that server says so.
class talk final : public asker, public std::enable_shared_from_this<talk> {
public:
  talk(const attempt& which, std::unique_ptr<exchange_listener> listener,
       std::shared_ptr<directory> where,
       std::shared_ptr<refusal_listener> refusals);

  void begin();

  /// Nobody waits any more; what is held for the attempt is let go.
  void give_up() noexcept;

  std::size_t write(std::string& to) override;
  bool waits() const noexcept override { return listener_ != nullptr; }
  void heard(result<kv_value> what) override;

private:
  const kv_question& question() const;
  void put_to(server_ptr who);
  void found(result<server_ptr> who);
  void complained(const std::string& text);
  void fail(const fault& why);

  call_ptr what_;
  time_point connect_by_;
  std::unique_ptr<exchange_listener> listener_;
  std::shared_ptr<directory> where_;
  std::shared_ptr<refusal_listener> refusals_;
  server_ptr at_;
  unsigned redirections_ = 0;
  bool load_ = false;   ///< the script is sent whole
  bool asking_ = false; ///< the slot is on its way to that server
};

/// The end of an attempt that its worker holds.
class talk_handle final : public exchange {
public:
  explicit talk_handle(std::shared_ptr<talk> what) : what_{std::move(what)} {}
  ~talk_handle() override { what_->give_up(); }

private:
  std::shared_ptr<talk> what_;
};

} // namespace caisson::redis
