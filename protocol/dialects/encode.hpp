#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/fault.hpp"
#include "protocol/chat_request.hpp"
#include "protocol/conversation.hpp"
#include "protocol/dialect.hpp"

namespace caisson::protocol {

// Requests as providers want them: the request half of each vendor's dialect.
// All of them return what `dialect::encode` promises. What has no word in the
// other dialect is dropped where it is a wish about sampling (penalties, seed,
// effort), and refused where dropping it would change what is asked for.

/// OpenAI and whatever is compatible with it: the client's own bytes with
/// another model. `openai_itself` takes what others may refuse: a stream
/// without `stream_options` is asked to report its usage, which the node counts
/// by, and the limit that a front wrote goes by its newer name.
/// Target: /chat/completions, after a url that ends in /v1.
result<upstream_request>
encode_openai(std::shared_ptr<const chat_request> request,
              const provider_identity& who, bool openai_itself);

/// Anthropic's Messages API, version 2023-06-01: translated, or the client's
/// own bytes with another model if it speaks the same. Target: /v1/messages.
result<upstream_request>
encode_anthropic(const std::shared_ptr<const chat_request>& request,
                 const provider_identity& who);

/// Google's Gemini API, v1beta. Target: /v1beta/models/{model}:{method}.
result<upstream_request>
encode_google(const std::shared_ptr<const chat_request>& request,
              const provider_identity& who);

/// The field lines Content-Type and Accept of a JSON request.
std::string json_fields(bool stream);

/// Appends one field line.
void add_field(std::string& fields, std::string_view name,
               std::string_view value);

/// A request whose body is a text of ours.
upstream_request with_body(std::string target, std::string fields,
                           std::string body);

/// What no translation can say: the flaw of the words, or a conversation in
/// which nobody but the system speaks.
std::optional<fault> untranslatable(const conversation& words);

/// The fault of a request that has no words in the provider's dialect.
fault unsayable(std::string param, std::string_view expected);

/// Writes the comma before an element of an array, unless it is the first.
void next_element(std::string& out);

/// Appends a JSON array of strings.
void append_strings(std::string& out, const std::vector<std::string>& texts);

/// A number as the shortest JSON text that reads back the same.
std::string json_number(double value);

} // namespace caisson::protocol
