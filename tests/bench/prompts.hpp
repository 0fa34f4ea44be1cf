#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// Which prompt each request asks, in their order: numbers out of a file; after
/// the last comes the first again.
class prompts {
public:
  /// An empty name: all ask the same.
  explicit prompts(const std::string& file) {
    if (file.empty())
      return;
    std::ifstream in{file};
    for (std::uint32_t one = 0; in >> one;)
      numbers_.push_back(one);
    if (!numbers_.empty())
      return;
    std::fprintf(stderr, "bench_load: no prompts in %s\n", file.c_str());
    std::exit(1);
  }

  std::uint32_t next() noexcept {
    if (numbers_.empty())
      return 0;
    auto one = numbers_[at_];
    at_ = (at_ + 1) % numbers_.size();
    return one;
  }

private:
  std::vector<std::uint32_t> numbers_;
  std::size_t at_ = 0;
};

/// Where a prompt has its number: so all requests have the same size.
inline constexpr std::string_view prompt_place = "00000000 ";

/// Makes the request ask that prompt; it has been made with a place for it.
inline void write_prompt(std::string& request, std::uint32_t number) {
  static constexpr std::string_view before = R"("user","content":")";
  auto digit = request.find(before) + before.size() + prompt_place.size() - 1;
  for (std::size_t i = 1; i < prompt_place.size(); ++i, number /= 10)
    request[--digit] = char('0' + number % 10);
}

} // namespace bench
