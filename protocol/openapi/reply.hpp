#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "protocol/dialect.hpp"

namespace caisson::protocol::openapi {

/// What the head of a reply has said.
struct reply_note {
  unsigned status = 0;
  std::string content_type;
};

/// Turns the reply of an API into the answer of a tool, a message of JSON-RPC:
/// texts as text, JSON objects structured as well, pictures and sounds as such,
/// all else as a resource. A reply of 4xx is an error of the tool's, with its
/// status: whoever called can do something about it. `note` has been filled
/// when the body comes.
std::unique_ptr<reply_reader>
tool_reader(std::shared_ptr<const reply_note> note);

/// Which replies that is: 2xx, and 4xx that are about the request. 401, 407 and
/// 429 are not: no caller's doing, and faults like 5xx.
class tool_judge final : public reply_judge {
public:
  bool answers(unsigned status) const noexcept override;
  fault classify(unsigned status, std::string_view retry_after,
                 std::string_view date, std::string_view body) const override;
};

/// The answer of a tool that was not called at all, since it cannot be.
std::string write_refusal(std::string_view why);

/// The answer to a request of a method that has none.
std::string write_no_method();

} // namespace caisson::protocol::openapi
