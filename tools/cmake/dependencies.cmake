# Every library is a distribution package (tools/packages lists them); nothing
# is downloaded at configure time.
find_package(CAF MODULE REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(simdjson REQUIRED)
find_package(spdlog REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG COMPONENTS core)

add_library(caisson_simdjson ALIAS simdjson::simdjson)
add_library(caisson_spdlog ALIAS spdlog::spdlog)
add_library(caisson_tomlplusplus ALIAS tomlplusplus::tomlplusplus)
add_library(caisson_prometheus ALIAS prometheus-cpp::core)

if(CAISSON_TESTS)
  # Catch2 3 where the distribution has it, else 2: tests include
  # tests/support/catch.hpp, which knows the difference.
  find_package(Catch2 REQUIRED)
  find_package(rapidcheck REQUIRED)
endif()
