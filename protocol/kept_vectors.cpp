#include "protocol/kept_vectors.hpp"

#include <unordered_map>
#include <utility>

#include "protocol/cache_key.hpp"
#include "protocol/digest.hpp"
#include "protocol/embeddings_reply.hpp"

namespace caisson::protocol {
namespace {

/// Changes with every change of what keys or values mean.
constexpr std::string_view vectors_version = "1";

// A vector as it is kept: whether its tokens are known, the model as the
// provider names it, a line's end, and the members of its object as they came.
//
//   Vtext-embedding-3-small
//   "object":"embedding","embedding":[…]

constexpr char counted = 'V';
constexpr char uncounted = 'v';

struct vector_view {
  bool counted = false;
  std::string_view model;
  std::string_view members;
};

std::optional<vector_view> read_vector(std::string_view data) {
  auto end = data.find('\n');
  if (end == data.npos || (data[0] != counted && data[0] != uncounted))
    return std::nullopt;
  return vector_view{data[0] == counted, data.substr(1, end - 1),
                     data.substr(end + 1)};
}

class vector_batch final : public cache_batch {
public:
  vector_batch(std::shared_ptr<const embeddings_request> request,
               std::string_view tenant, std::string_view route,
               cache_directives wish);

  std::shared_ptr<const payload> only(const part_list& which) const override {
    std::vector<std::size_t> inputs;
    inputs.reserve(which.size());
    for (auto part : which)
      inputs.push_back(inputs_[part]);
    return request_->only(inputs);
  }

  std::optional<std::vector<piece>>
  split(std::string_view body, const part_list& which) const override;

  std::optional<bytes>
  tell(const std::vector<cached_ptr>& values) const override;

  double share(const part_list& which) const override {
    return static_cast<double>(size_of(which)) / static_cast<double>(whole_);
  }

private:
  std::size_t size_of(const part_list& which) const {
    std::size_t size = 0;
    for (auto part : which)
      size += request_->size(inputs_[part]);
    return size;
  }

  std::shared_ptr<const embeddings_request> request_;
  std::vector<std::size_t> inputs_;  ///< of each part, the first that asks so
  std::vector<std::size_t> part_of_; ///< of each input
  std::size_t whole_ = 0;            ///< bytes of the inputs of all parts
};

vector_batch::vector_batch(std::shared_ptr<const embeddings_request> request,
                           std::string_view tenant, std::string_view route,
                           cache_directives wish)
  : request_(std::move(request)) {
  std::unordered_map<std::string, std::size_t> known;
  const auto count = request_->count();
  parts.reserve(count);
  part_of_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto key = cache_key(name_of(cache_kind::embeddings), tenant,
                         sha256(request_->identity(i, route)), vectors_version);
    auto [at, fresh] = known.try_emplace(std::move(key), parts.size());
    part_of_.push_back(at->second);
    if (!fresh)
      continue;
    auto one = std::make_shared<cache_question>();
    one->kind = cache_kind::embeddings;
    one->key = at->first;
    one->looks = !wish.no_cache;
    one->keeps = !wish.no_store;
    parts.push_back(std::move(one));
    inputs_.push_back(i);
    whole_ += request_->size(i);
  }
  repeats = parts.size() < count;
}

/// The provider counts all inputs together: each has its part by its length,
/// and all parts together are what was counted.
std::optional<std::vector<cache_batch::piece>>
vector_batch::split(std::string_view body, const part_list& which) const {
  auto reply = split_embeddings(body, which.size());
  if (!reply || reply->model.find('\n') != std::string::npos)
    return std::nullopt;
  const auto whole = size_of(which);
  std::vector<piece> out;
  out.reserve(which.size());
  std::size_t seen = 0;
  std::uint64_t given = 0;
  for (std::size_t turn = 0; turn < which.size(); ++turn) {
    seen += request_->size(inputs_[which[turn]]);
    const auto until = static_cast<std::uint64_t>(
      static_cast<double>(reply->usage.input) * static_cast<double>(seen)
      / static_cast<double>(whole));
    piece one;
    one.data += reply->usage.known ? counted : uncounted;
    ((one.data += reply->model) += '\n') += reply->values[turn];
    one.tokens = until - given;
    given = until;
    out.push_back(std::move(one));
  }
  return out;
}

std::optional<bytes>
vector_batch::tell(const std::vector<cached_ptr>& values) const {
  token_usage usage;
  usage.known = true;
  std::string_view model;
  std::vector<std::string_view> members;
  members.reserve(values.size());
  for (auto& one : values) {
    auto seen = read_vector(one->data);
    if (!seen)
      return std::nullopt;
    model = seen->model;
    usage.input += one->tokens;
    usage.known = usage.known && seen->counted;
    members.push_back(seen->members);
  }
  std::vector<std::string_view> in_order;
  in_order.reserve(part_of_.size());
  for (auto part : part_of_)
    in_order.push_back(members[part]);
  return own(compose_embeddings(model, in_order, usage));
}

} // namespace

std::shared_ptr<const cache_batch>
keep_vectors(std::shared_ptr<const embeddings_request> request,
             std::string_view tenant, std::string_view route,
             cache_directives wish) {
  if (wish.neither() || !request->cache_wish().value_or(true))
    return nullptr;
  return std::make_shared<vector_batch>(std::move(request), tenant, route,
                                        wish);
}

} // namespace caisson::protocol
