#include "server/config/programs.hpp"

#include <cstdlib>

#include "tests/support/catch.hpp"

using namespace caisson::config;

TEST_CASE("a program is a path or a name in PATH", "[config]") {
  CHECK(program_at("/bin/sh") == "/bin/sh");
  CHECK(program_at("sh").ends_with("/sh"));
  for (auto none : {"", "/bin", "/etc/passwd", "no-such-program", "./sh"})
    CHECK(program_at(none).empty());
  CHECK(program_at(std::string_view{"sh\0", 3}).empty());
}

TEST_CASE("a folder can be entered", "[config]") {
  CHECK(is_directory("/"));
  CHECK_FALSE(is_directory("/bin/sh"));
  CHECK_FALSE(is_directory("/no/such/folder"));
  CHECK_FALSE(is_directory(""));
}

TEST_CASE("a variable has a name and a value", "[config]") {
  for (auto right : {"A=b", "_a1=", "A=b=c"})
    CHECK(is_variable(right));
  for (auto wrong : {"", "A", "=b", "1=b", "A B=c", "A-B=c"})
    CHECK_FALSE(is_variable(wrong));
  CHECK_FALSE(is_variable(std::string_view{"A=\0", 3}));
}
