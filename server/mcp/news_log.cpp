#include "server/mcp/news_log.hpp"

#include "server/mcp/random_bytes.hpp"

namespace caisson {

news_log::news_log() : stream_{random_number() & ~std::uint64_t{1}} {
  // nop
}

void news_log::add(std::string method, std::string uri) {
  std::lock_guard guard{lock_};
  auto size = sizeof(mcp_news_item) + method.size() + uri.size();
  kept_.add({kept_.next(), std::move(method), std::move(uri)}, size);
}

std::uint64_t news_log::last() const {
  std::lock_guard guard{lock_};
  return kept_.last();
}

std::optional<std::vector<mcp_news_item>>
news_log::after(std::uint64_t number) const {
  std::lock_guard guard{lock_};
  return kept_.after(number);
}

} // namespace caisson
