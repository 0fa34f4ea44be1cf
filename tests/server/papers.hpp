#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/catch.hpp"

namespace caisson {

/// A folder with certificates by the openssl command, for as long as it lives:
/// each makes NAME.pem and NAME.key, and is false where there is no openssl.
class papers {
public:
  papers() {
    char name[] = "/tmp/caisson-papers-XXXXXX";
    REQUIRE(::mkdtemp(name));
    dir_ = name;
  }
  ~papers() { std::filesystem::remove_all(dir_); }
  papers(const papers&) = delete;
  papers& operator=(const papers&) = delete;

  /// Signed by itself, for localhost; `more` are options of `openssl req`.
  bool make(const std::string& name, const std::string& more = "-nodes",
            const std::string& kind
            = "ec -pkeyopt ec_paramgen_curve:P-256") const {
    return run("req -x509 -newkey " + kind + " -days 2 -subj /CN=localhost "
               + more + " -keyout " + name + ".key -out " + name + ".pem");
  }

  /// An authority of its own.
  bool authority(const std::string& name) const {
    return run("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=" + name
               + " -keyout " + name + ".key -out " + name + ".pem");
  }

  /// Signed by the authority `by`; `names` as in "DNS:localhost,IP:127.0.0.1".
  bool sign(const std::string& name, const std::string& by,
            const std::string& names) const {
    std::ofstream{at(name + ".ext")} << "subjectAltName=" << names << '\n';
    return run("req -newkey rsa:2048 -nodes -subj /CN=x -keyout " + name
               + ".key -out " + name + ".csr")
           && run("x509 -req -in " + name + ".csr -CA " + by + ".pem -CAkey "
                  + by + ".key -CAcreateserial -days 2 -extfile " + name
                  + ".ext -out " + name + ".pem");
  }

  std::string at(const std::string& file) const { return dir_ + '/' + file; }

private:
  bool run(const std::string& what) const {
    auto line = "cd " + dir_ + " && openssl " + what + " >/dev/null 2>&1";
    return std::system(line.c_str()) == 0;
  }

  std::string dir_;
};

} // namespace caisson
