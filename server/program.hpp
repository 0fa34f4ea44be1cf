#pragma once

#include <functional>
#include <span>
#include <string>

namespace caisson {

class tree;

/// The whole program but for `main`: reads the command line, does what it
/// says, returns the exit status (sysexits: 64 usage, 78 config). The test
/// build that kills actors gets at them by `when_serving`, which is called on
/// the control thread once requests are accepted.
int run_program(std::span<const char* const> arguments,
                std::function<void(tree&)> when_serving = nullptr);

} // namespace caisson
