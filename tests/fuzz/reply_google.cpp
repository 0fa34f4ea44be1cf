// Replies of the vendor, laws and input as in reply.hpp.

#include "protocol/dialects/read.hpp"
#include "tests/fuzz/reply.hpp"

using namespace caisson;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  constexpr fuzz::vendor who{"google",
                             [](bool usage) {
                               return protocol::read_google("fallback-model",
                                                            1700000000, usage);
                             },
                             false};
  return fuzz::reply_laws(who, data, size);
}
