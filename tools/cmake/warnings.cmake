# Flags of all our code, as one interface target.
add_library(caisson_flags INTERFACE)
target_compile_options(caisson_flags INTERFACE -Wall -Wextra -Werror
  -Wno-missing-field-initializers)
target_compile_definitions(caisson_flags INTERFACE
  CAISSON_VERSION="${PROJECT_VERSION}"
  BOOST_ASIO_NO_DEPRECATED)
if(CAISSON_SANITIZE)
  # CAF's headers bind a reference to a null tuple on every stateful spawn
  # (init_fun_factory.hpp:85): -fno-sanitize=null, see adr/0001.
  target_compile_options(caisson_flags INTERFACE
    -fsanitize=${CAISSON_SANITIZE} -fno-sanitize=null
    -fno-sanitize-recover=all -fno-omit-frame-pointer
    # With sanitizers g++ 12 sees ghosts in libstdc++'s <regex>.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(caisson_flags INTERFACE -fsanitize=${CAISSON_SANITIZE})
endif()
if(CAISSON_COVERAGE)
  target_compile_options(caisson_flags INTERFACE --coverage -O0
    -fprofile-update=atomic)
  target_link_options(caisson_flags INTERFACE --coverage)
endif()
