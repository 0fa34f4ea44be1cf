#include "server/providers/left_out.hpp"

#include <algorithm>

namespace caisson {
namespace {

/// A line names so many of them.
constexpr std::size_t most_named = 20;

std::string sentence(const std::string& dependency,
                     const std::vector<std::string>& what) {
  auto text = dependency + ": " + std::to_string(what.size())
              + (what.size() == 1 ? " operation is no tool: "
                                  : " operations are no tools: ");
  auto named = std::min(what.size(), most_named);
  for (std::size_t i = 0; i < named; ++i)
    (text += i > 0 ? "; " : "") += what[i];
  if (named < what.size())
    text += "; and " + std::to_string(what.size() - named) + " more";
  return text;
}

} // namespace

void left_out::note(const std::string& dependency,
                    const std::shared_ptr<const std::string>& description,
                    const protocol::openapi::api& what, journal& log) {
  std::lock_guard guard{lock_};
  auto& known = noted_[dependency];
  // A reload reads the file anew, the same or not.
  if (known && *known == *description)
    return;
  known = description;
  numbers_[dependency] = what.left_out.size();
  if (!what.left_out.empty())
    log.note(severity::warning, "dependency",
             sentence(dependency, what.left_out));
}

left_out::numbers left_out::all() const {
  std::lock_guard guard{lock_};
  return numbers_;
}

} // namespace caisson
