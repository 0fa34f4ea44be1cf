#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/mcp/catalogue.hpp"
#include "protocol/mcp/message.hpp"
#include "protocol/mcp/params.hpp"
#include "protocol/mcp/server_card.hpp"

namespace caisson::protocol::mcp {

/// Something that can be read, as it is at that moment. JSON.
struct own_resource {
  std::string uri;
  std::string name;
  std::string title;
  std::string description;
  std::function<std::string()> read;
};

/// How a request went.
struct outcome {
  /// The members of a result, or a refusal.
  std::variant<std::string, rpc_error> what;
  /// The tool that was called, as metrics call it: one that is offered, or
  /// empty.
  std::string_view tool = {};
  /// Its result says that it has failed.
  bool tool_failed = false;
  /// It depends on who has asked: nobody may keep it for others.
  bool personal = false;
};

/// What the node offers by itself, to clients of both eras, and answers at
/// once: `search_tools`, the prompts, resources. Not its business are sessions
/// and streams, and so `initialize`, `subscriptions/listen` and subscribing.
class own_server {
public:
  /// `info` is the JSON of a name and a version. `later` are tools that are
  /// offered as well, but answered by whoever serves this. Not `offered`: it
  /// speaks for others only.
  own_server(std::string info, std::vector<own_resource> resources,
             bool offered = true, std::vector<tool_offer> later = {});

  /// Its card for a client that is shown so much of what is offered: nothing is
  /// told of tools that are not there for it.
  server_card card(const catalogue& all) const;
  const catalogue& offers() const noexcept { return offers_; }
  bool has_resource(std::string_view uri) const noexcept;

  /// Whether it is one of the tools that somebody else answers.
  bool answers_later(std::string_view tool) const noexcept;

  /// Serves a request, of a method that the era has. `all` is what is listed
  /// and searched: its own offers, and with them those of others.
  outcome serve(era spoken, const message& one, const request_params& params,
                const catalogue& all) const;

  /// The answer as it goes out, for that request.
  std::string write(era spoken, const message& one, const outcome& how) const;

private:
  using refusable = checked<std::string>;

  refusable answer(era spoken, const message& one, const request_params& params,
                   const catalogue& all) const;
  refusable read(era spoken, const request_params& params) const;
  refusable get_prompt(const request_params& params) const;
  refusable complete(std::string_view params) const;
  outcome call(const request_params& params, const catalogue& all) const;
  const own_resource* find(std::string_view uri) const noexcept;

  server_card card_;
  std::vector<own_resource> resources_;
  catalogue offers_;
};

} // namespace caisson::protocol::mcp
