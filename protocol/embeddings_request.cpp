// Reason for length: one reading of one shape, field by field.
#include "protocol/embeddings_request.hpp"

#include <algorithm>
#include <map>

#include "protocol/dialects/json_scratch.hpp"
#include "protocol/json/strict.hpp"
#include "protocol/json/write.hpp"
#include "protocol/own_wish.hpp"

namespace caisson::protocol {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view blanks = " \t\r\n";

/// An array of token ids, of strict JSON: digits and what is between them.
bool is_token_ids(std::string_view json) {
  if (!json.starts_with('['))
    return false;
  const auto end = json.find_first_not_of("0123456789, \t\r\n", 1);
  return end == json.size() - 1
         && json.find_first_of("0123456789") != json.npos;
}

bool is_empty_list(std::string_view json) {
  return json.starts_with('[')
         && json.find_first_not_of(blanks, 1) == json.size() - 1;
}

/// A string's characters without their escapes.
std::string unescaped(std::string_view json) {
  if (json.find('\\') == json.npos)
    return std::string{json.substr(1, json.size() - 2)};
  simdjson::dom::element root;
  std::string_view text;
  if (parse_tree(json, root) != simdjson::SUCCESS
      || root.get(text) != simdjson::SUCCESS)
    return {};
  return std::string{text};
}

std::string without_blanks(std::string_view json) {
  std::string out{json};
  std::erase_if(out, [](char c) { return blanks.find(c) != blanks.npos; });
  return out;
}

} // namespace

/// The shape that OpenAI documents. Reads a document that is strict JSON
/// already.
class embeddings_request::shape {
public:
  explicit shape(embeddings_request& into) : into_{into} {}

  bool read(json::strict_reader& from);

  /// Takes the word to the node out of the body.
  void cut_wish();

  fault flaw;

private:
  bool member(std::string_view key, ondemand::value value);
  bool model(ondemand::value value);
  bool format(ondemand::value value);
  bool dimensions(ondemand::value value);
  bool inputs(ondemand::object root);
  bool list(ondemand::value value);
  bool input(std::string_view json, std::string param);
  void keep_others();

  bool refuse(errc code, std::string param, std::string_view expected);
  bool wrong(std::string param, std::string_view expected) {
    return refuse(errc::validation_schema, std::move(param), expected);
  }
  bool beyond(std::string param, std::string_view allowed) {
    return refuse(errc::validation_constraint, std::move(param), allowed);
  }

  span place(std::string_view json) const {
    const auto begin
      = static_cast<std::size_t>(json.data() - into_.body_.data());
    return {begin, begin + json.size()};
  }

  embeddings_request& into_;
  std::map<std::string, std::string_view, std::less<>> others_;
  own_wish wish_;
};

bool embeddings_request::shape::refuse(errc code, std::string param,
                                       std::string_view expected) {
  std::string detail = "'";
  detail.append(param).append("' must be ").append(expected).append(".");
  flaw = make_fault(code, std::move(detail));
  flaw.param = std::move(param);
  return false;
}

bool embeddings_request::shape::read(json::strict_reader& from) {
  if (!json::each_member(
        from.object(),
        [this](auto key, ondemand::value value) { return member(key, value); }))
    return false;
  if (into_.model_.empty())
    return wrong("model", "the name of a model");
  keep_others();
  return inputs(from.object());
}

bool embeddings_request::shape::member(std::string_view key,
                                       ondemand::value value) {
  if (key == "model")
    return model(value);
  const bool null = value.raw_json_token().starts_with('n');
  if (key == "input")
    return true; // when all else is known
  if (key == "encoding_format")
    return null || format(value);
  if (key == "dimensions")
    return null || dimensions(value);
  if (key == "user")
    return null || value.raw_json_token().starts_with('"')
           || wrong("user", "a string");
  if (key == own_wish::key) {
    wish_.note(into_.body_, value);
    if (wish_.said())
      return true;
  }
  others_.emplace(std::string{key}, json::raw(value));
  return true;
}

bool embeddings_request::shape::model(ondemand::value value) {
  into_.model_at_ = place(json::trim(value.raw_json_token()));
  std::string_view name;
  if (value.get_string().get(name))
    return wrong("model", "a string");
  into_.model_ = name;
  return !name.empty() || beyond("model", "the name of a model, not empty");
}

bool embeddings_request::shape::format(ondemand::value value) {
  std::string_view word;
  if (value.get_string().get(word))
    return wrong("encoding_format", "a string");
  if (word != "float" && word != "base64")
    return beyond("encoding_format", "\"float\" or \"base64\"");
  into_.format_
    = word == "base64" ? vector_format::base64 : vector_format::floats;
  return true;
}

bool embeddings_request::shape::dimensions(ondemand::value value) {
  std::int64_t count = 0;
  if (value.get_int64().get(count))
    return wrong("dimensions", "an integer");
  into_.dimensions_ = count;
  return count >= 1 || beyond("dimensions", "at least 1");
}

bool embeddings_request::shape::inputs(ondemand::object root) {
  bool found = false;
  const auto ok = json::each_member(root, [&](auto key, ondemand::value value) {
    if (key != "input")
      return true;
    found = true;
    return list(value);
  });
  constexpr std::string_view kinds
    = "a text, an array of texts, or an array of token ids";
  return ok && (found || wrong("input", kinds));
}

bool embeddings_request::shape::list(ondemand::value value) {
  // A token alone, or an array read element by element: its end is found last.
  const auto token = value.raw_json_token();
  if (!token.starts_with('[')) {
    into_.input_ = place(json::trim(token));
    return input(json::trim(token), "input");
  }
  ondemand::array elements;
  std::size_t count = 0;
  bool ids = false;
  if (value.get_array().get(elements))
    return wrong("input", "an array");
  const auto ok
    = json::each_element(elements, [&](auto at, ondemand::value element) {
        const auto json = json::raw(element);
        ++count;
        // One array of ids is one input: what it is is seen as a whole.
        if (at == 0 && json.find_first_not_of("0123456789") == json.npos)
          ids = true;
        return ids || input(json, "input[" + std::to_string(at) + "]");
      });
  if (!ok)
    return false;
  std::string_view whole;
  if (elements.reset().error() || elements.raw_json().get(whole))
    return wrong("input", "an array");
  whole = json::trim(whole);
  into_.input_ = place(whole);
  if (ids)
    return input(whole, "input");
  if (count == 0)
    return beyond("input", "not empty");
  return count <= most_inputs
         || beyond("input", "an array of at most " + std::to_string(most_inputs)
                              + " inputs");
}

bool embeddings_request::shape::input(std::string_view json,
                                      std::string param) {
  if (json == R"("")" || is_empty_list(json))
    return beyond(std::move(param), "not empty");
  if (!json.starts_with('"')) {
    if (!is_token_ids(json))
      return wrong(std::move(param), "a text or an array of token ids");
    if (into_.token_ids_.empty())
      into_.token_ids_ = std::move(param);
  }
  into_.inputs_.push_back(place(json));
  return true;
}

void embeddings_request::shape::keep_others() {
  if (others_.empty())
    return;
  json::object_writer all{into_.others_};
  for (auto& [key, json] : others_) {
    std::string name;
    json::append_escaped(name, key);
    all.raw(name, json);
  }
}

void embeddings_request::shape::cut_wish() {
  into_.cache_wish_ = wish_.said();
  const auto gap = wish_.cut(into_.body_);
  const auto close = [&](span& where) {
    where = {gap.closed(where.begin), gap.closed(where.end)};
  };
  close(into_.model_at_);
  close(into_.input_);
  for (auto& one : into_.inputs_)
    close(one);
}

result<std::shared_ptr<const embeddings_request>>
embeddings_request::read(std::string body) {
  std::shared_ptr<embeddings_request> request{new embeddings_request};
  request->body_ = std::move(body);
  json::strict_reader reader;
  if (auto flaw = reader.read(request->body_))
    return std::move(*flaw);
  if (!reader.is_object())
    return make_fault(errc::validation_schema,
                      "The body must be a JSON object.");
  shape found{*request};
  if (!found.read(reader))
    return std::move(found.flaw);
  found.cut_wish();
  return {std::move(request)};
}

std::uint64_t embeddings_request::fingerprint() const noexcept {
  const auto hash = std::hash<std::string>{}(body_);
  return hash == 0 ? 1 : hash;
}

std::string embeddings_request::text(std::size_t index) const {
  const auto json = raw(inputs_[index]);
  return json.starts_with('"') ? unescaped(json) : without_blanks(json);
}

std::string embeddings_request::identity(std::size_t index,
                                         std::string_view model) const {
  std::string out = "[";
  json::append_string(out, model);
  out += ',';
  out += dimensions_ ? std::to_string(*dimensions_) : "null";
  out += format_ == vector_format::base64 ? R"(,"base64",)" : R"(,"float",)";
  out += others_.empty() ? "{}" : others_;
  out += ',';
  if (raw(inputs_[index]).starts_with('"'))
    json::append_string(out, text(index));
  else
    out += text(index);
  return out += ']';
}

std::shared_ptr<const embeddings_request>
embeddings_request::only(const std::vector<std::size_t>& which) const {
  std::string body{std::string_view{body_}.substr(0, input_.begin)};
  char glue = '[';
  for (auto index : which) {
    body += glue;
    body += raw(inputs_[index]);
    glue = ',';
  }
  body += ']';
  body += std::string_view{body_}.substr(input_.end);
  // What was sound as a whole is sound in parts.
  return read(std::move(body)).value();
}

} // namespace caisson::protocol
