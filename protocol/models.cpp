#include "protocol/models.hpp"

#include "protocol/json/write.hpp"

namespace caisson::protocol {
namespace {

void append_model(std::string& out, const model_entry& model) {
  json::object_writer root{out};
  root.string("id", model.id);
  root.string("object", "model");
  root.number("created", 0);
  root.string("owned_by", model.owned_by);
}

} // namespace

std::string models_body(const std::vector<model_entry>& models) {
  std::string out;
  out.reserve(64 + models.size() * 96);
  {
    json::object_writer root{out};
    root.string("object", "list");
    auto& list = root.key("data");
    list += '[';
    for (auto& model : models) {
      if (&model != &models.front())
        list += ',';
      append_model(list, model);
    }
    list += ']';
  }
  return out;
}

std::string model_body(const model_entry& model) {
  std::string out;
  append_model(out, model);
  return out;
}

} // namespace caisson::protocol
