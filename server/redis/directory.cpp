#include "server/redis/directory.hpp"

#include <boost/asio/post.hpp>

#include "server/redis/address.hpp"
#include "server/redis/cluster.hpp"
#include "server/redis/sentinels.hpp"

namespace caisson::redis {
namespace {

/// One server, wherever it is at the moment.
class single final : public directory {
public:
  single(access_ptr with, server_ptr only, directory_news news)
    : access_{std::move(with)}, only_{std::move(only)}, news_{std::move(news)} {
    only_->on_open = [this](link&) {
      if (news_.opened)
        news_.opened(only_->where());
    };
    only_->on_lost = [this](const fault& why) {
      if (news_.lost)
        news_.lost(why);
    };
  }

  ~single() override {
    only_->on_open = nullptr;
    only_->on_lost = nullptr;
  }

  server_ptr server_for(std::string_view) override { return only_; }

  void server_at(std::size_t number, found then) override {
    if (number == 0)
      then(only_);
    else
      boost::asio::post(access_->io,
                        [then = std::move(then)] { then(server_ptr{}); });
  }

private:
  access_ptr access_;
  server_ptr only_;
  directory_news news_;
};

} // namespace

std::shared_ptr<directory> open_directory(const address& where, access_ptr with,
                                          directory_news news) {
  switch (where.how) {
    case address::form::cluster:
      return std::make_shared<cluster>(std::move(with), where.hosts,
                                       std::move(news));
    case address::form::sentinel: {
      auto watch = std::make_shared<sentinels>(with, where.hosts, where.master);
      auto master
        = std::make_shared<server>(with, std::move(watch), role::master);
      return std::make_shared<single>(std::move(with), std::move(master),
                                      std::move(news));
    }
    case address::form::single:
      break;
  }
  auto only = std::make_shared<server>(
    with, std::make_shared<fixed>(where.hosts.front()));
  return std::make_shared<single>(std::move(with), std::move(only),
                                  std::move(news));
}

} // namespace caisson::redis
