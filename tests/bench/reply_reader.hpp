#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

namespace bench {

/// Reads one HTTP/1.1 reply from pieces of any size: Content-Length or chunked
/// body, SSE events counted, the body's end kept to know a whole stream from
/// one that was cut.
class reply_reader {
public:
  /// Takes what it can of `in` and says how much; the rest (part of a head or
  /// of a chunk's size line) must be offered again with more behind it.
  std::size_t feed(std::string_view in) {
    auto size = in.size();
    while (!in.empty() && where_ != state::done && where_ != state::bad)
      if (!step(in))
        break;
    return size - in.size();
  }

  bool done() const noexcept { return where_ == state::done; }

  bool bad() const noexcept { return where_ == state::bad; }

  /// A stream that came to its `data: [DONE]`.
  bool stream_is_whole() const noexcept {
    return tail_.ends_with("data: [DONE]\n\n");
  }

  /// The `"code"` of an error's body, empty where it has none.
  std::string_view code() const noexcept {
    static constexpr std::string_view name = "\"code\":\"";
    std::string_view text{error_};
    auto at = text.find(name);
    if (at == std::string_view::npos)
      return {};
    text.remove_prefix(at + name.size());
    return text.substr(0, text.find('"'));
  }

  int status = 0;
  bool closes = false;
  bool retry_after = false; ///< has a Retry-After of 1 s or more
  std::size_t body_bytes = 0;
  std::size_t events = 0;

private:
  enum class state {
    head,
    fixed,
    size_line,
    chunk,
    chunk_end,
    last,
    done,
    bad
  };

  /// One move; false: needs more bytes.
  bool step(std::string_view& in) {
    switch (where_) {
      case state::head:
        return head(in);
      case state::fixed:
        return body(in, state::done);
      case state::size_line:
        return size_line(in);
      case state::chunk:
        return body(in, state::chunk_end);
      case state::chunk_end:
      case state::last: {
        if (in.size() < 2)
          return false;
        auto next = where_ == state::last ? state::done : state::size_line;
        where_ = in.starts_with("\r\n") ? next : state::bad;
        in.remove_prefix(2);
        return true;
      }
      default:
        return false;
    }
  }

  bool head(std::string_view& in) {
    auto end = in.find("\r\n\r\n");
    if (end == std::string_view::npos)
      return false;
    auto text = in.substr(0, end + 2);
    in.remove_prefix(end + 4);
    if (!text.starts_with("HTTP/1.1 ") || text.size() < 14) {
      where_ = state::bad;
      return true;
    }
    std::from_chars(text.data() + 9, text.data() + 12, status);
    where_ = state::bad;
    for (auto at = text.find("\r\n") + 2; at < text.size();) {
      auto stop = text.find("\r\n", at);
      field(text.substr(at, stop - at));
      at = stop + 2;
    }
    if (where_ == state::fixed && left_ == 0)
      where_ = state::done;
    return true;
  }

  void field(std::string_view line) {
    auto colon = line.find(':');
    if (colon == std::string_view::npos)
      return;
    auto value = line.substr(std::min(line.size(), colon + 1));
    while (value.starts_with(' '))
      value.remove_prefix(1);
    auto name = line.substr(0, colon);
    if (is(name, "content-length")) {
      std::from_chars(value.data(), value.data() + value.size(), left_);
      where_ = state::fixed;
    } else if (is(name, "transfer-encoding") && is(value, "chunked")) {
      where_ = state::size_line;
    } else if (is(name, "connection")) {
      closes = is(value, "close");
    } else if (is(name, "retry-after")) {
      retry_after = !value.empty() && value[0] >= '1' && value[0] <= '9';
    }
  }

  bool size_line(std::string_view& in) {
    auto end = in.find("\r\n");
    if (end == std::string_view::npos)
      return false;
    left_ = 0;
    auto got = std::from_chars(in.data(), in.data() + end, left_, 16);
    if (got.ec != std::errc{})
      where_ = state::bad;
    else
      where_ = left_ == 0 ? state::last : state::chunk;
    in.remove_prefix(end + 2);
    return true;
  }

  bool body(std::string_view& in, state next) {
    auto part = in.substr(0, left_);
    in.remove_prefix(part.size());
    body_bytes += part.size();
    left_ -= part.size();
    if (status >= 300 && error_.size() < most_error)
      error_ += part.substr(0, most_error - error_.size());
    count_events(part);
    if (left_ == 0)
      where_ = next;
    return true;
  }

  void count_events(std::string_view part) {
    for (auto at = part.find('\n'); at != std::string_view::npos;
         at = part.find('\n', at + 1))
      if (at == 0 ? tail_.ends_with('\n') : part[at - 1] == '\n')
        ++events;
    if (part.size() >= 16)
      tail_.assign(part.substr(part.size() - 16));
    else if (tail_.append(part).size() > 16)
      tail_.erase(0, tail_.size() - 16);
  }

  static bool is(std::string_view text, std::string_view lower) {
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                      [](char a, char b) {
                        return (a >= 'A' && a <= 'Z' ? char(a | 0x20) : a) == b;
                      });
  }

  static constexpr std::size_t most_error = 512;

  state where_ = state::head;
  std::size_t left_ = 0;
  std::string tail_;
  std::string error_;
};

} // namespace bench
