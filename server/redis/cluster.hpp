#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/redis/command.hpp"
#include "server/redis/directory.hpp"

namespace caisson::redis {

/// A cluster: which of its masters has which slots. What it knows comes from
/// CLUSTER SLOTS, asked for at the first question, after a MOVED and after a
/// server was lost, twice a second at most. Where it knows nothing or is wrong,
/// the servers redirect: it is a cache of what they would say.
class cluster final : public directory,
                      public std::enable_shared_from_this<cluster> {
public:
  cluster(access_ptr with, const std::vector<upstream::origin>& seeds,
          directory_news news);
  ~cluster() override;

  server_ptr server_for(std::string_view key) override;
  void server_at(std::size_t number, found then) override;
  server_ptr follow(std::string_view redirection, const server& from) override;

private:
  static constexpr std::uint16_t unknown = 0xffff;

  /// The number of a server in `servers_`, which is made where there is none;
  /// `unknown` when there are too many.
  std::uint16_t number_of(const upstream::origin& where);
  server_ptr any();
  void learn();
  void learned(const result<kv_value>& what, const server& from);
  /// The masters, by number; empty where some slot has none that is known.
  std::vector<std::uint16_t> masters() const;
  void tell(std::size_t number, const found& then) const;
  void take_range(const kv_value& range, const server& from);

  access_ptr access_;
  directory_news news_;
  std::vector<server_ptr> servers_; ///< the seeds first
  std::map<std::string, std::uint16_t, std::less<>> numbers_;
  std::vector<std::uint16_t> slots_;
  std::size_t turn_ = 0;
  time_point learn_after_{};
  bool learning_ = false;
  /// Who waits for the map: what they want of it.
  std::vector<std::pair<std::size_t, found>> waiting_;
};

} // namespace caisson::redis
