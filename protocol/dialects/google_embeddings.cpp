#include "protocol/dialects/classify.hpp"
#include "protocol/dialects/embeddings.hpp"
#include "protocol/dialects/encode.hpp"
#include "protocol/dialects/google_request.hpp"
#include "protocol/dialects/json_scratch.hpp"
#include "protocol/embeddings_reply.hpp"
#include "protocol/json/strict.hpp"
#include "protocol/json/write.hpp"

namespace caisson::protocol {
namespace {

namespace ondemand = simdjson::ondemand;
using json::object_writer;
using simdjson::SUCCESS;

/// The API takes no more in one batch.
constexpr std::size_t largest_batch = 100;

class google_embeddings_reader final : public unstreamed_reader {
public:
  google_embeddings_reader(std::size_t count, vector_format format,
                           std::string model)
    : count_(count), format_(format) {
    said_.model = std::move(model);
  }

  result<whole_reply> whole(std::string_view body) override {
    ondemand::document document;
    ondemand::object root;
    if (walk(body, document) != SUCCESS
        || document.get_object().get(root) != SUCCESS)
      return undecodable("the provider's reply is not valid JSON");
    bool is_error = false;
    const auto ok
      = json::each_member(root, [&](auto key, ondemand::value value) {
          is_error |= key == "error";
          return take(key, value);
        });
    if (is_error)
      return fault_of_event(body);
    if (!ok || said_.values.size() != count_)
      return undecodable(
        "the provider's reply has not a vector for each input");
    usage_ = said_.usage;
    whole_reply reply;
    reply.translated = compose_embeddings(said_);
    reply.body = reply.translated;
    reply.usage = usage_;
    return reply;
  }

private:
  bool take(std::string_view key, ondemand::value value) {
    if (key == "usageMetadata")
      return take_usage(value);
    if (key != "embeddings")
      return true;
    ondemand::array list;
    return value.get_array().get(list) == SUCCESS
           && json::each_element(list, [this](auto, ondemand::value one) {
                return take_vector(one);
              });
  }

  bool take_usage(ondemand::value value) {
    ondemand::object members;
    if (value.get_object().get(members) != SUCCESS)
      return true;
    return json::each_member(members, [this](auto key, ondemand::value of) {
      std::uint64_t count = 0;
      if (key == "promptTokenCount" && of.get_uint64().get(count) == SUCCESS) {
        said_.usage.input = count;
        said_.usage.known = true;
      }
      return true;
    });
  }

  bool take_vector(ondemand::value from) {
    ondemand::object members;
    if (from.get_object().get(members) != SUCCESS)
      return false;
    bool found = false;
    auto& said
      = said_.values.emplace_back(R"("object":"embedding","embedding":)");
    return json::each_member(members,
                             [&](auto key, ondemand::value values) {
                               if (key != "values")
                                 return true;
                               found = true;
                               return append(said, values);
                             })
           && found;
  }

  bool append(std::string& said, ondemand::value values) const {
    if (format_ == vector_format::floats) {
      const auto text = json::raw(values);
      said += text;
      return text.starts_with('[');
    }
    ondemand::array list;
    std::vector<float> vector;
    const auto ok = values.get_array().get(list) == SUCCESS
                    && json::each_element(list, [&](auto, ondemand::value of) {
                         double number = 0;
                         const auto read
                           = of.get_double().get(number) == SUCCESS;
                         vector.push_back(static_cast<float>(number));
                         return read;
                       });
    append_vector(said, format_, vector);
    return ok;
  }

  std::size_t count_;
  vector_format format_;
  embeddings_reply said_;
};

} // namespace

result<upstream_request>
encode_google_embeddings(const embeddings_request& request,
                         const provider_identity& who) {
  if (!request.token_ids().empty())
    return unsayable(std::string{request.token_ids()}, "a text");
  if (request.count() > largest_batch)
    return unsayable("input", "an array of at most 100 texts");
  const auto model = google_words::bare(who.model);
  const auto named = "models/" + std::string{model};
  std::string body;
  body.reserve(request.body().size() + 128 * request.count());
  {
    object_writer root{body};
    auto& list = root.key("requests");
    list += '[';
    for (std::size_t at = 0; at < request.count(); ++at) {
      next_element(list);
      object_writer one{list};
      one.string("model", named);
      {
        auto content = one.object("content");
        auto& parts = content.key("parts");
        parts += '[';
        object_writer{parts}.string("text", request.text(at));
        parts += ']';
      }
      if (auto length = request.dimensions())
        one.number("outputDimensionality", *length);
    }
    list += ']';
  }
  auto fields = json_fields(false);
  if (!who.api_key.empty())
    add_field(fields, "x-goog-api-key", who.api_key);
  return with_body(google_words::target(model, "batchEmbedContents"),
                   std::move(fields), std::move(body));
}

std::unique_ptr<reply_reader> read_google_embeddings(std::size_t count,
                                                     vector_format format,
                                                     std::string model) {
  return std::make_unique<google_embeddings_reader>(count, format,
                                                    std::move(model));
}

} // namespace caisson::protocol
