#include "server/redis/directory.hpp"

#include "server/redis/address.hpp"
#include "server/redis/cluster.hpp"
#include "server/redis/sentinels.hpp"

namespace caisson::redis {
namespace {

/// One server, wherever it is at the moment.
class single final : public directory {
public:
  single(server_ptr only, directory_news news)
    : only_{std::move(only)}, news_{std::move(news)} {
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

private:
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
      return std::make_shared<single>(std::make_shared<server>(std::move(with),
                                                               std::move(watch),
                                                               role::master),
                                      std::move(news));
    }
    case address::form::single:
      break;
  }
  return std::make_shared<single>(
    std::make_shared<server>(std::move(with),
                             std::make_shared<fixed>(where.hosts.front())),
    std::move(news));
}

} // namespace caisson::redis
