#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "protocol/dialect.hpp"
#include "protocol/embeddings_request.hpp"

namespace caisson::protocol {

// Embeddings as providers speak of them.

/// OpenAI and whatever is compatible with it: the client's own bytes with
/// another model. Target: /embeddings, after a url that ends in /v1.
result<upstream_request>
encode_openai_embeddings(std::shared_ptr<const embeddings_request> request,
                         const provider_identity& who);

/// Google's Gemini API, v1beta. Target: /v1beta/models/{model}:
/// batchEmbedContents. Refuses token ids and more than the API's 100 inputs as
/// the client's mistake.
result<upstream_request>
encode_google_embeddings(const embeddings_request& request,
                         const provider_identity& who);

/// OpenAI's own: the bytes pass through when they hold `count` vectors.
std::unique_ptr<reply_reader> read_openai_embeddings(std::size_t count);

/// Gemini's, translated to OpenAI's words: numbers as they were written, or as
/// base64. `model` is named, since the API names none.
std::unique_ptr<reply_reader> read_google_embeddings(std::size_t count,
                                                     vector_format format,
                                                     std::string model);

/// Appends the JSON of a vector.
void append_vector(std::string& out, vector_format format,
                   const std::vector<float>& vector);

/// A reader of a reply that is never a stream.
class unstreamed_reader : public reply_reader {
public:
  result<stream_step> feed(std::string_view) final { return no_stream(); }
  result<stream_step> close() final { return no_stream(); }
  token_usage usage() const final { return usage_; }

protected:
  token_usage usage_;

private:
  static fault no_stream();
};

} // namespace caisson::protocol
