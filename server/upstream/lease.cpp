#include "server/upstream/lease.hpp"

#include <boost/asio/post.hpp>

#include "server/upstream/pool.hpp"

namespace caisson::upstream {
namespace {

namespace asio = boost::asio;

void part_with(std::shared_ptr<connection> one,
               const std::shared_ptr<pool>& where) {
  if (where)
    where->put(std::move(one));
  else
    one->close();
}

struct lease {
  std::shared_ptr<connection> from;
  std::shared_ptr<pool> where;

  ~lease() {
    auto home = from->get_executor();
    if (home.running_in_this_thread())
      part_with(std::move(from), where);
    else
      asio::post(home, [from = std::move(from), where = std::move(where)] {
        // An attempt that is about to take it was queued before us, and so
        // before the idle connection's read could show a second reply.
        part_with(from, from->quiet() ? where : nullptr);
      });
  }
};

} // namespace

bytes lend(std::string_view reply, std::shared_ptr<connection> from,
           std::shared_ptr<pool> where) {
  auto owner = std::make_shared<lease>();
  owner->from = std::move(from);
  owner->where = std::move(where);
  return {reply, std::move(owner)};
}

struct credit::block {
  block(std::string chunk, std::shared_ptr<credit> lender)
    : text{std::move(chunk)}, from{std::move(lender)} {}

  ~block() {
    auto size = text.size();
    if (from->home_.running_in_this_thread())
      from->give_back(size);
    else
      asio::post(from->home_, [to = from, size] { to->give_back(size); });
  }

  std::string text;
  std::shared_ptr<credit> from;
};

bytes credit::lend(std::string text) {
  out_ += text.size();
  auto owner = std::make_shared<block>(std::move(text), shared_from_this());
  std::string_view view = owner->text;
  return {view, std::move(owner)};
}

void credit::give_back(std::size_t size) {
  out_ -= size;
  if (room_)
    room_();
}

} // namespace caisson::upstream
