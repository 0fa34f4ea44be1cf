// The node as it is, with a killer in the house: what it reads on stdin, it
// does. A test build; no endpoint of the real one can kill.
//
//   worker NAME THREAD     kills a worker of a dependency
//   supervisor NAME        kills a dependency's supervisor
//   front_end THREAD       kills a front end
//   limiter THREAD         kills a limiter shard
//
// Each line is answered with "killed" or "nobody" on stderr.

#include <cstdio>
#include <iostream>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include "actors/tree.hpp"
#include "server/program.hpp"

namespace {

using namespace caisson;

template <class Handle>
bool kill(const Handle& who) {
  if (!who)
    return false;
  caf::anon_send_exit(who, caf::exit_reason::kill);
  return true;
}

compartment_ptr find(const tree& actors, const std::string& name) {
  for (auto& x : actors.dependencies())
    if (x->name() == name)
      return x;
  return nullptr;
}

bool obey(const tree& actors, const std::string& line) {
  std::istringstream in{line};
  std::string what, name;
  std::size_t thread = 0;
  in >> what;
  if (what == "front_end")
    return in >> thread && kill(actors.front_end_of(thread));
  if (what == "limiter")
    return in >> thread && kill(actors.limiter_at(thread));
  if (!(in >> name))
    return false;
  auto where = find(actors, name);
  if (!where)
    return false;
  if (what == "supervisor")
    return kill(where->supervisor());
  return what == "worker" && in >> thread && kill(where->worker(thread));
}

/// Where the killer finds its victims, as long as there are any.
struct house_key {
  std::mutex lock;
  const tree* actors = nullptr;
};

void listen(const std::shared_ptr<house_key>& key) {
  for (std::string line; std::getline(std::cin, line);) {
    std::lock_guard guard{key->lock};
    auto done = key->actors && obey(*key->actors, line);
    std::fputs(done ? "killed\n" : "nobody\n", stderr);
  }
}

} // namespace

int main(int argc, char* argv[]) {
  auto key = std::make_shared<house_key>();
  // Goes with the node, before its actors do.
  std::shared_ptr<void> present{nullptr, [key](void*) {
                                  std::lock_guard guard{key->lock};
                                  key->actors = nullptr;
                                }};
  auto start = [key, present = std::move(present)](tree& actors) {
    key->actors = &actors;
    std::thread{listen, key}.detach();
  };
  return caisson::run_program({argv + 1, argv + argc}, std::move(start));
}
