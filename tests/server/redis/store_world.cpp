#include "tests/server/redis/store_world.hpp"

#include "server/upstream/tls.hpp"

namespace caisson::redis {

kv_question words(std::vector<std::string> list) {
  kv_question made;
  made.words = std::move(list);
  return made;
}

kv_question script(const kv_script& what, std::vector<std::string> keys,
                   std::vector<std::string> arguments) {
  kv_question made;
  made.script = &what;
  made.keys = keys.size();
  made.words = std::move(keys);
  for (auto& x : arguments)
    made.words.push_back(std::move(x));
  return made;
}

store_world::~store_world() {
  ports_.clear();
  settle();
}

store_port& store_world::open(const std::string& url, store_options how) {
  auto where = address::parse(url).value();
  dependency_settings settings;
  settings.name = "store";
  settings.kind = "redis";
  settings.user = how.user;
  settings.api_key = how.password;
  settings.connect_timeout = millis{1'000};
  std::shared_ptr<boost::asio::ssl::context> tls;
  if (where.tls)
    tls = upstream::client_context(how.ca_file, "").value();
  auto with = access_of(settings, io, names_, std::move(tls));
  with.bounds.silence = how.silence;
  ports_.push_back(
    std::make_unique<store_port>(where, std::move(with), settings.name, log));
  return *ports_.back();
}

asked_ptr store_world::ask(kv_question what, std::chrono::milliseconds within) {
  return ask(*ports_.front(), std::move(what), within);
}

asked_ptr store_world::ask(store_port& of, kv_question what,
                           std::chrono::milliseconds within) {
  auto question = std::make_shared<call>();
  question->body = std::make_shared<const kv_question>(std::move(what));
  attempt which;
  which.what = question;
  which.connect_by = std::chrono::steady_clock::now() + within;
  auto made = std::make_shared<asked>();
  made->talk = of.start(which, std::make_unique<recorder>(made->told));
  CHECK_FALSE(made->over());
  return made;
}

asked_ptr store_world::tell(kv_question what) {
  return tell(*ports_.front(), std::move(what));
}

asked_ptr store_world::tell(store_port& of, kv_question what) {
  auto made = ask(of, std::move(what));
  REQUIRE(until([&] { return made->over(); }));
  return made;
}

void store_world::settle() {
  do
    io.restart();
  while (io.poll() > 0);
}

bool store_world::until(const std::function<bool()>& what,
                        std::chrono::milliseconds within) {
  auto end = std::chrono::steady_clock::now() + within;
  while (!what() && std::chrono::steady_clock::now() < end) {
    io.restart();
    io.run_one_for(std::chrono::milliseconds{2});
  }
  return what();
}

peer scripted_store::accept() {
  std::optional<peer> found;
  REQUIRE(world_.until([&] {
    if (!found)
      if (auto fresh = at.accept())
        found.emplace(std::move(*fresh));
    return found.has_value();
  }));
  return std::move(*found);
}

peer scripted_store::welcome() {
  auto found = accept();
  hears(found, "SETNAME");
  found.say("+OK\r\n");
  return found;
}

void scripted_store::hears(peer& from, std::string_view part) {
  REQUIRE(
    world_.until([&] { return from.heard().find(part) != std::string::npos; }));
  from.all.clear();
}

} // namespace caisson::redis
