#include "protocol/mcp/methods.hpp"

#include "tests/support/catch.hpp"

using namespace caisson::protocol::mcp;

TEST_CASE("each era has its methods", "[mcp]") {
  for (auto name : {"initialize", "ping", "logging/setLevel",
                    "resources/subscribe", "resources/unsubscribe"}) {
    INFO(name);
    CHECK(has_method(era::legacy, name));
    CHECK_FALSE(has_method(era::modern, name));
  }
  for (auto name : {"server/discover", "subscriptions/listen"}) {
    INFO(name);
    CHECK_FALSE(has_method(era::legacy, name));
    CHECK(has_method(era::modern, name));
  }
  for (auto spoken : {era::legacy, era::modern})
    CHECK(has_method(spoken, "tools/call"));
  CHECK_FALSE(has_method(era::legacy, "tools/CALL"));
  CHECK(find_method("nothing") == nullptr);
}

TEST_CASE("lists, discovery and resources may be kept", "[mcp]") {
  CHECK(find_method("tools/list")->cacheable);
  CHECK(find_method("server/discover")->cacheable);
  CHECK(find_method("resources/read")->cacheable);
  CHECK_FALSE(find_method("tools/call")->cacheable);
  CHECK(find_method("resources/read")->named_by == name_source::uri);
}
