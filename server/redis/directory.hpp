#pragma once

#include <memory>
#include <string_view>

#include "server/redis/server.hpp"

namespace caisson::redis {

struct address;

/// Which server a question goes to. One for each dependency and I/O thread.
class directory {
public:
  virtual ~directory() = default;

  /// The server that has the key; any, for an empty one. Never null.
  virtual server_ptr server_for(std::string_view key) = 0;

  using found = std::function<void(result<server_ptr>)>;

  /// Of the servers among which the keys are spread the one of that number;
  /// null: there are not so many. A fault where nobody says who has all keys.
  /// `then` is called at once only with a server.
  virtual void server_at(std::size_t number, found then) = 0;

  /// Where a redirection of that server ("MOVED 3999 127.0.0.1:6381") leads;
  /// null where none is followed.
  virtual server_ptr follow(std::string_view, const server&) { return nullptr; }
};

/// What is told of a directory's servers, by any of them.
struct directory_news {
  std::function<void(const upstream::origin&)> opened;
  std::function<void(const fault&)> lost;
};

/// The directory of an address.
std::shared_ptr<directory> open_directory(const address& where, access_ptr with,
                                          directory_news news);

} // namespace caisson::redis
