#include "server/redis/reply_parser.hpp"

#include <memory>
#include <new>
#include <utility>

#include <hiredis/read.h>

namespace caisson::redis {
namespace {

kv_value* value_of(void* x) noexcept {
  return static_cast<kv_value*>(x);
}

/// Puts a value where hiredis builds: into its list, which was made with all of
/// its elements, or by itself.
void* place(const redisReadTask* task, kv_value what) {
  if (!task->parent)
    return new kv_value{std::move(what)};
  auto& list = std::get<std::vector<kv_value>>(value_of(task->parent->obj)->is);
  auto& element = list[static_cast<std::size_t>(task->idx)];
  element = std::move(what);
  return &element;
}

// No exception may cross hiredis, which is C; to it a null is "out of memory".

void* make_string(const redisReadTask* task, char* data,
                  std::size_t size) noexcept try {
  std::string text{data, size};
  if (task->type == REDIS_REPLY_ERROR)
    return place(task, {kv_value::error{std::move(text)}});
  return place(task, {std::move(text)});
} catch (const std::bad_alloc&) {
  return nullptr;
}

template <class Count> // hiredis 0.14 counts by int, 1.0 by size_t
void* make_list(const redisReadTask* task, Count elements) noexcept try {
  auto& within = *static_cast<const reply_bounds*>(task->privdata);
  if (std::cmp_less(elements, 0) || std::cmp_greater(elements, within.elements))
    return nullptr;
  return place(task,
               {std::vector<kv_value>(static_cast<std::size_t>(elements))});
} catch (const std::bad_alloc&) {
  return nullptr;
}

void* make_integer(const redisReadTask* task, long long number) noexcept try {
  return place(task, {std::int64_t{number}});
} catch (const std::bad_alloc&) {
  return nullptr;
}

void* make_nil(const redisReadTask* task) noexcept try {
  return place(task, {});
} catch (const std::bad_alloc&) {
  return nullptr;
}

/// Only ever of a whole reply: elements belong to their list.
void destroy(void* reply) noexcept {
  delete value_of(reply);
}

/// What only RESP3 has is refused: nobody here asks for it.
template <class Functions>
Functions builders_of() {
  Functions made{};
  made.createString = make_string;
  made.createArray = make_list;
  made.createInteger = make_integer;
  made.createNil = make_nil;
  made.freeObject = destroy;
  if constexpr (requires { made.createDouble; }) {
    made.createDouble = [](const redisReadTask*, double, char*,
                           std::size_t) -> void* { return nullptr; };
    made.createBool
      = [](const redisReadTask*, int) -> void* { return nullptr; };
  }
  return made;
}

auto builders = builders_of<redisReplyObjectFunctions>();

} // namespace

reply_parser::reply_parser(reply_bounds within)
  : within_{within}, reader_{redisReaderCreateWithFunctions(&builders)} {
  if (!reader_)
    throw std::bad_alloc{};
  reader_->privdata = &within_;
}

reply_parser::~reply_parser() {
  redisReaderFree(reader_);
}

void reply_parser::feed(std::string_view more) {
  // A fault of it is kept in the reader and found by `next`.
  redisReaderFeed(reader_, more.data(), more.size());
}

result<std::optional<kv_value>> reply_parser::next() {
  void* found = nullptr;
  if (redisReaderGetReply(reader_, &found) != REDIS_OK) {
    if (reader_->err == REDIS_ERR_OOM)
      return make_fault(errc::redis_error, failure_kind::too_large,
                        "the shared store's reply is too large");
    return make_fault(errc::redis_error, failure_kind::decode,
                      "the shared store's reply makes no sense");
  }
  if (!found && reader_->len - reader_->pos > within_.size)
    return make_fault(errc::redis_error, failure_kind::too_large,
                      "the shared store's reply is too large");
  std::unique_ptr<kv_value> whole{value_of(found)};
  if (!whole)
    return std::optional<kv_value>{};
  return std::optional{std::move(*whole)};
}

} // namespace caisson::redis
