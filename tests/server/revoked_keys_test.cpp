#include "server/gateway/revoked_keys.hpp"

#include <filesystem>
#include <fstream>

#include "tests/support/catch.hpp"
#include "tests/support/silent_journal.hpp"

using namespace caisson;
using protocol::sha256_of;
using testing::silent_journal;

namespace {

namespace fs = std::filesystem;

struct folder {
  folder() {
    auto name = (fs::temp_directory_path() / "caisson-keys-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~folder() { fs::remove_all(path); }

  fs::path path;
};

} // namespace

TEST_CASE("what is revoked outlives the process where there is a folder, with "
          "its time") {
  folder at;
  silent_journal log;
  {
    revoked_keys it{at.path.string(), log};
    CHECK_FALSE(it.any());
    CHECK(it.set(sha256_of("a"), true, 5));
    CHECK(it.set(sha256_of("b"), true, 6));
    CHECK(it.set(sha256_of("c"), true, 7));
    CHECK(it.set(sha256_of("b"), false, 8));
  }
  revoked_keys again{at.path.string(), log};
  CHECK(again.any());
  CHECK(again.holds(sha256_of("a")));
  CHECK_FALSE(again.holds(sha256_of("b")));
  CHECK(*again.all()
        == std::map<protocol::sha256_digest, std::uint64_t>{
          {sha256_of("a"), 5}, {sha256_of("c"), 7}});
  auto mode = fs::status(at.path / "revoked_keys").permissions();
  CHECK(mode == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("without a folder it holds all the same, and says that it is not "
          "kept") {
  silent_journal log;
  revoked_keys it{"", log};
  CHECK_FALSE(it.set(sha256_of("a"), true, 1));
  CHECK(it.holds(sha256_of("a")));
  CHECK_FALSE(it.set(sha256_of("a"), false, 2));
  CHECK_FALSE(it.any());
}

TEST_CASE("where it cannot be written it holds, and that is said") {
  silent_journal log;
  revoked_keys it{"/nowhere/at/all", log};
  CHECK_FALSE(it.set(sha256_of("a"), true, 1));
  CHECK(it.holds(sha256_of("a")));
}

TEST_CASE("what could not be written is, when it is said again") {
  folder at;
  silent_journal log;
  auto place = at.path / "later";
  revoked_keys it{place.string(), log};
  CHECK_FALSE(it.set(sha256_of("a"), true, 1));
  CHECK_FALSE(it.set(sha256_of("a"), true, 2));
  fs::create_directory(place);
  CHECK(it.set(sha256_of("a"), true, 3));
  CHECK(revoked_keys{place.string(), log}.holds(sha256_of("a")));
}

TEST_CASE("a line that is none costs no other") {
  folder at;
  silent_journal log;
  std::string known = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97b"
                      "f527a25b";
  std::ofstream{at.path / "revoked_keys"} << "nonsense\n"
                                          << known << "\n"
                                          << known << " x\n"
                                          << known << " 5 \n"
                                          << known << " 17\n\n";
  revoked_keys it{at.path.string(), log};
  CHECK(it.holds(sha256_of("secret")));
  CHECK(it.all()->size() == 1);
  CHECK(it.all()->begin()->second == 17);
}
