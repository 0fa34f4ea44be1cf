#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "actors/fault.hpp"

namespace caisson {

/// The object that an order to the node is.
result<boost::json::object> admin_body(std::string_view body);

/// The word at "mode" of it; empty where there is none.
std::string wanted_mode(std::string_view body);

/// What is wrong with a member of it.
fault wrong_member(std::string member, std::string detail);

} // namespace caisson
