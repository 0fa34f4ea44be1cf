// Runs every target on every file of its folder in the folders given: what a
// fuzzer has found once is tested ever after, without a fuzzer.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace fs = std::filesystem;

#define X(name) extern "C" int fuzz_##name(const std::uint8_t*, std::size_t);
CAISSON_FUZZ_TARGETS
#undef X

namespace {

struct target {
  const char* name;
  int (*run)(const std::uint8_t*, std::size_t);
};

#define X(name) {#name, fuzz_##name},
constexpr target targets[] = {CAISSON_FUZZ_TARGETS};
#undef X

std::size_t run(const target& one, const fs::path& folder) {
  std::vector<fs::path> files;
  if (fs::is_directory(folder))
    for (auto& entry : fs::directory_iterator{folder})
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (auto& path : files) {
    // Before it runs: the last line is the one that failed.
    std::printf("%s %s\n", one.name, path.c_str());
    std::fflush(stdout);
    std::ifstream in{path, std::ios::binary};
    std::vector<char> bytes{std::istreambuf_iterator<char>{in}, {}};
    one.run(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
  return files.size();
}

} // namespace

int main(int argc, char** argv) {
  for (auto& one : targets) {
    std::size_t count = 0;
    for (int i = 1; i < argc; ++i)
      count += run(one, fs::path{argv[i]} / one.name);
    if (count == 0) {
      std::printf("%s has no input: was seeds.py run?\n", one.name);
      return 1;
    }
  }
  return 0;
}
