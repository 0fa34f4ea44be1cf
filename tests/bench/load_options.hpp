#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "prompts.hpp"

namespace bench {

/// What the client does; each field is an option of the same name,
/// but for `whole`, which is --request.
struct load_options {
  std::uint16_t port = 0;         ///< of the target on 127.0.0.1
  std::string model = "bench-1k"; ///< chooses the upstream's reply
  bool stream = false;            ///< ask for SSE
  std::size_t connections = 64;   ///< kept alive
  double rate = 0;                ///< requests a second; 0: closed loop
  std::chrono::nanoseconds length{std::chrono::seconds{5}};
  std::chrono::nanoseconds warm_up{std::chrono::seconds{1}};
  std::size_t min_bytes = 0;  ///< a shorter body is an error
  std::size_t min_events = 0; ///< a stream with fewer is an error
  std::vector<int> pids;      ///< whose CPU, switches and RSS to report
  std::vector<int> allow;     ///< statuses that count as refused, not as errors
  /// A whole answer that takes longer is counted as late; 0: none is.
  std::chrono::nanoseconds within{0};
  /// Open loop: opens more while all are busy, up to this; 0: never.
  std::size_t most_connections = 0;
  /// Also print when the kind of the answers changed (recovery needs it).
  bool changes = false;
  std::string get;                ///< a path to GET; empty: chat completions
  std::string temperature{"0.7"}; ///< with 0 an answer may come out of a cache
  std::string prompts;            ///< a file, see there; empty: one prompt
  std::string whole; ///< the one request as it goes out; empty: none given

  bool allowed(int status) const {
    return std::find(allow.begin(), allow.end(), status) != allow.end();
  }

  static load_options parse(int argc, char** argv) {
    load_options out;
    for (int i = 1; i + 1 < argc; i += 2)
      out.set(std::string_view{argv[i]}, argv[i + 1]);
    if (argc % 2 == 0 || out.port == 0 || out.connections == 0)
      usage();
    return out;
  }

  /// Head and body of the one request; the body has 267 bytes, or 13 more for
  /// `"stream":true`.
  std::string request() const {
    if (!whole.empty())
      return whole;
    auto host = " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port)
                + "\r\nUser-Agent: bench\r\nAccept: */*\r\n";
    if (!get.empty())
      return "GET " + get + host + "\r\n";
    std::string head = R"({"model":")" + model
                       + R"(","messages":[{"role":)"
                         R"("system","content":"You are terse."},)"
                         R"({"role":"user","content":")";
    if (!prompts.empty())
      head += prompt_place;
    std::string tail
      = R"("}],"temperature":)" + temperature + R"(,"max_tokens":256})";
    while (head.size() + tail.size() < 267)
      head += "why is the sky blue? "[head.size() % 21];
    auto body = head + tail;
    if (stream)
      body.insert(1, R"("stream":true,)");
    return "POST /v1/chat/completions" + host
           + "Content-Type: application/json\r\nContent-Length: "
           + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

private:
  [[noreturn]] static void usage() {
    std::fputs("usage: bench_load --port N [--model NAME] [--stream 0|1]\n"
               "  [--connections N] [--rate R] [--seconds S] [--warm-up S]\n"
               "  [--min-bytes N] [--min-events N] [--pids P,P...]\n"
               "  [--allow STATUS,STATUS...] [--within-ms N]\n"
               "  [--most-connections N] [--changes 0|1] [--get PATH]\n"
               "  [--temperature T] [--prompts FILE] [--request FILE]\n",
               stderr);
    std::exit(64);
  }

  void set(std::string_view name, const char* value) {
    auto seconds = [&] {
      return std::chrono::nanoseconds(std::int64_t(std::atof(value) * 1e9));
    };
    auto number = [&] { return std::strtoul(value, nullptr, 10); };
    if (name == "--port")
      port = std::uint16_t(number());
    else if (name == "--model")
      model = value;
    else if (name == "--stream")
      stream = number() != 0;
    else if (name == "--connections")
      connections = number();
    else if (name == "--rate")
      rate = std::atof(value);
    else if (name == "--seconds")
      length = seconds();
    else if (name == "--warm-up")
      warm_up = seconds();
    else if (name == "--min-bytes")
      min_bytes = number();
    else if (name == "--min-events")
      min_events = number();
    else if (name == "--pids")
      pids = numbers(value);
    else if (name == "--allow")
      allow = numbers(value);
    else if (name == "--within-ms")
      within = std::chrono::milliseconds{number()};
    else if (name == "--most-connections")
      most_connections = number();
    else if (name == "--changes")
      changes = number() != 0;
    else if (name == "--get")
      get = value;
    else if (name == "--temperature")
      temperature = value;
    else if (name == "--prompts")
      prompts = value;
    else if (name == "--request")
      whole = bytes_of(value);
    else
      usage();
  }

  /// Of a file: head and body.
  static std::string bytes_of(const std::string& file) {
    std::ostringstream out;
    out << std::ifstream{file, std::ios::binary}.rdbuf();
    if (!out.str().empty())
      return out.str();
    std::fprintf(stderr, "bench_load: no request in %s\n", file.c_str());
    std::exit(1);
  }

  static std::vector<int> numbers(const std::string& list) {
    std::vector<int> out;
    std::istringstream in{list};
    for (std::string one; std::getline(in, one, ',');)
      out.push_back(std::atoi(one.c_str()));
    return out;
  }
};

} // namespace bench
