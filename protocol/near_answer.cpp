#include "protocol/near_answer.hpp"

#include <utility>

#include "protocol/dialects/json_scratch.hpp"
#include "protocol/digest.hpp"
#include "protocol/embeddings_request.hpp"
#include "protocol/json/write.hpp"
#include "protocol/kept_answer.hpp"
#include "protocol/near_question.hpp"

namespace caisson::protocol {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::element;

/// Whether there is nothing: no member, null, or an empty list.
bool nothing_in(simdjson::simdjson_result<element> of) {
  simdjson::dom::array list;
  element found;
  if (of.get(found) != SUCCESS || found.is_null())
    return true;
  return found.get(list) == SUCCESS && list.size() == 0;
}

bool is_plain_completion(std::string_view body) {
  element root, choice, message;
  if (parse_tree(body, root) != SUCCESS
      || root["choices"].at(0).get(choice) != SUCCESS
      || choice["message"].get(message) != SUCCESS)
    return false;
  return text_of(choice["finish_reason"]) == "stop"
         && !text_of(message["content"]).empty()
         && nothing_in(message["tool_calls"])
         && nothing_in(message["function_call"])
         && nothing_in(message["refusal"]);
}

/// Quotes inside of texts are escaped: between bare ones are keys and reasons.
bool is_plain_stream(std::string_view events) {
  for (auto word : {R"("tool_calls")", R"("function_call")", R"("refusal":")"})
    if (events.find(word) != events.npos)
      return false;
  return true;
}

class chat_question final : public near_order {
public:
  explicit chat_question(std::string text) : text_(std::move(text)) {}

  std::shared_ptr<const payload> question() const override {
    std::string body;
    {
      json::object_writer root{body};
      // Whom it is put to says it anew.
      root.string("model", "embeddings");
      root.string("input", text_);
    }
    return embeddings_request::read(std::move(body)).value();
  }

  std::vector<float> vector_in(std::string_view answer) const override {
    element root;
    simdjson::dom::array numbers;
    std::vector<float> out;
    if (parse_tree(answer, root) != SUCCESS
        || root["data"].at(0)["embedding"].get(numbers) != SUCCESS)
      return out;
    out.reserve(numbers.size());
    for (auto one : numbers) {
      double number = 0;
      if (one.get(number) != SUCCESS)
        return {};
      out.push_back(static_cast<float>(number));
    }
    return out;
  }

  bool suits(const cached_value& answer) const override {
    return is_plain_answer(answer.data);
  }

private:
  const std::string text_;
};

} // namespace

bool is_plain_answer(std::string_view stored) {
  if (stored.empty())
    return false;
  auto said = stored.substr(1);
  return stored.front() == as_completion ? is_plain_completion(said)
                                         : is_plain_stream(said);
}

std::shared_ptr<const near_order> compare_question(const chat_request& request,
                                                   std::string_view tenant,
                                                   std::string_view route,
                                                   std::string_view form,
                                                   std::string trace_id) {
  auto found = near_question_of(request);
  if (!found)
    return nullptr;
  auto made = std::make_shared<chat_question>(std::move(found->text));
  std::string all{tenant};
  ((all += '\n') += route) += form;
  made->context = sha256((all += '\n') += found->rest);
  made->trace_id = std::move(trace_id);
  return made;
}

} // namespace caisson::protocol
