#include "server/program.hpp"

int main(int argc, char* argv[]) {
  return caisson::run_program({argv + 1, argv + argc});
}
