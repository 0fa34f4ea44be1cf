#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/redis/address.hpp"
#include "server/redis/port.hpp"
#include "tests/server/upstream_world.hpp"

namespace caisson::redis {

using upstream::listener;
using upstream::peer;
using upstream::recorder;
using upstream::story;

/// Remembers every sentence.
class notebook final : public journal {
public:
  void note(severity, std::string_view who,
            std::string_view sentence) noexcept override {
    lines.push_back(std::string{who} + ": " + std::string{sentence});
  }
  void note(severity level, std::string_view who, std::string_view,
            std::string_view sentence) noexcept override {
    note(level, who, sentence);
  }

  bool has(std::string_view part) const {
    for (auto& line : lines)
      if (line.find(part) != std::string::npos)
        return true;
    return false;
  }

  std::vector<std::string> lines;
};

/// A question and what came of it.
struct asked {
  story told;
  std::unique_ptr<exchange> talk;

  bool over() const { return told.ends > 0; }
  /// The value; fails where there is none.
  const kv_value& value() const {
    REQUIRE(told.whole);
    return *value_in(*told.whole);
  }
  std::string text() const {
    auto* found = value().text();
    return found ? *found : value().nil() ? "(nil)" : "(no text)";
  }
  const fault& why() const {
    REQUIRE(told.failed);
    return *told.failed;
  }
};

using asked_ptr = std::shared_ptr<asked>;

/// How a store is reached in a test.
struct store_options {
  std::string user;
  std::string password;
  std::string ca_file;
  std::chrono::milliseconds silence{5'000};
};

kv_question words(std::vector<std::string> list);
kv_question script(const kv_script& what, std::vector<std::string> keys,
                   std::vector<std::string> arguments = {});

/// One I/O thread, played by the test, and ports to stores.
class store_world {
public:
  ~store_world();

  /// A port to that url; the first one is asked where none is named.
  store_port& open(const std::string& url, store_options how = {});

  asked_ptr ask(kv_question what, std::chrono::milliseconds within
                                  = std::chrono::milliseconds{5'000});
  asked_ptr ask(store_port& of, kv_question what,
                std::chrono::milliseconds within
                = std::chrono::milliseconds{5'000});
  /// Asks and waits for what comes of it.
  asked_ptr tell(kv_question what);
  asked_ptr tell(store_port& of, kv_question what);

  /// Runs until nothing is left to do at the moment.
  void settle();
  /// Runs until `what` holds; false after `within`.
  bool until(const std::function<bool()>& what,
             std::chrono::milliseconds within
             = std::chrono::milliseconds{10'000});

  boost::asio::io_context io{1};
  notebook log;

private:
  std::shared_ptr<upstream::resolver> names_
    = std::make_shared<upstream::resolver>();
  std::vector<std::unique_ptr<store_port>> ports_;
};

/// A Redis whose every byte the test says.
class scripted_store {
public:
  explicit scripted_store(store_world& in) : world_(in) {}

  std::string url() const {
    return "redis://127.0.0.1:" + std::to_string(at.port);
  }
  /// The next connection.
  peer accept();
  /// The next connection, let in.
  peer welcome();
  /// Waits until so many bytes of a command's last word were heard.
  void hears(peer& from, std::string_view part);

  listener at;

private:
  store_world& world_;
};

} // namespace caisson::redis
