#include "server/kept_file.hpp"

#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace caisson {
namespace {

/// Whether the bytes are in the file.
bool put(const std::string& path, const std::string& text, durable how) {
  auto file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                     S_IRUSR | S_IWUSR);
  if (file < 0)
    return false;
  auto whole = ::write(file, text.data(), text.size())
                 == static_cast<ssize_t>(text.size())
               && (how == durable::no || ::fsync(file) == 0);
  return ::close(file) == 0 && whole;
}

} // namespace

bool replace_file(const std::string& path, const std::string& text,
                  durable how) {
  auto fresh = path + ".new";
  if (!put(fresh, text, how))
    return false;
  std::error_code ec;
  std::filesystem::rename(fresh, path, ec);
  return !ec;
}

} // namespace caisson
