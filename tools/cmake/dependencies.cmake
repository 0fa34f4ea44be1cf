# Every library is a distribution package (tools/packages lists them); nothing
# is downloaded at configure time.
find_package(CAF MODULE REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(simdjson REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(spdlog REQUIRED)
find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG COMPONENTS core)
find_path(HIREDIS_INCLUDE_DIR hiredis/hiredis.h REQUIRED)
find_library(HIREDIS_LIBRARY hiredis REQUIRED)

find_path(YAML_CPP_INCLUDE_DIR yaml-cpp/yaml.h REQUIRED)
find_library(YAML_CPP_LIBRARY yaml-cpp REQUIRED)

add_library(caisson_simdjson ALIAS simdjson::simdjson)
add_library(caisson_spdlog ALIAS spdlog::spdlog)
# Headers only: the packaged library is compiled to throw, and the loader is
# not (TOML_EXCEPTIONS=0 in server/config/document.cpp).
add_library(caisson_tomlplusplus INTERFACE)
target_include_directories(caisson_tomlplusplus INTERFACE
  ${TOMLPLUSPLUS_INCLUDE_DIR})
# Only what writes commands and reads replies of it is used (adr/0014).
add_library(caisson_hiredis INTERFACE)
target_include_directories(caisson_hiredis SYSTEM INTERFACE
  ${HIREDIS_INCLUDE_DIR})
target_link_libraries(caisson_hiredis INTERFACE ${HIREDIS_LIBRARY})
# Its own CMake package calls its target differently from version to version.
add_library(caisson_yaml INTERFACE)
target_include_directories(caisson_yaml SYSTEM INTERFACE
  ${YAML_CPP_INCLUDE_DIR})
target_link_libraries(caisson_yaml INTERFACE ${YAML_CPP_LIBRARY})
add_library(caisson_prometheus ALIAS prometheus-cpp::core)

if(CAISSON_TESTS)
  # Catch2 3 where the distribution has it, else 2: tests include
  # tests/support/catch.hpp, which knows the difference. Who only runs the node
  # (tools/run) has neither; the same build folder takes the tests in when they
  # are installed, without compiling the node again.
  find_package(Catch2 QUIET)
  find_package(rapidcheck QUIET)
  if(NOT Catch2_FOUND OR NOT rapidcheck_FOUND)
    message(STATUS "Catch2 or rapidcheck not found: no tests here (tools/packages test installs them)")
    set(CAISSON_TESTS OFF)
  endif()
endif()
