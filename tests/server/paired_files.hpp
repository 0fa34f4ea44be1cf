#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/support/catch.hpp"

namespace caisson {

/// A folder with certificates by the openssl command, for as long as it lives.
class paired_files {
public:
  paired_files() {
    char name[] = "/tmp/caisson-pair-XXXXXX";
    REQUIRE(::mkdtemp(name));
    dir_ = name;
  }
  ~paired_files() { std::filesystem::remove_all(dir_); }
  paired_files(const paired_files&) = delete;
  paired_files& operator=(const paired_files&) = delete;

  /// Makes NAME.pem and NAME.key; `more` are options of `openssl req`. False
  /// where there is no openssl.
  bool make(const std::string& name, const std::string& more = "-nodes",
            const std::string& kind
            = "ec -pkeyopt ec_paramgen_curve:P-256") const {
    auto line = "openssl req -x509 -newkey " + kind
                + " -days 2 -subj /CN=localhost " + more + " -keyout "
                + at(name + ".key") + " -out " + at(name + ".pem")
                + " >/dev/null 2>&1";
    return std::system(line.c_str()) == 0;
  }

  std::string at(const std::string& file) const { return dir_ + '/' + file; }

private:
  std::string dir_;
};

} // namespace caisson
