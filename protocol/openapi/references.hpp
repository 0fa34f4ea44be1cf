#pragma once

#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace caisson::protocol::openapi {

/// The value that a reference such as `#/components/schemas/Pet` means (RFC
/// 6901); nullptr for one that leads nowhere, or out of the description: other
/// files are never fetched.
const boost::json::value* at_reference(const boost::json::value& root,
                                       std::string_view reference);

/// A step of such a reference as the key that it means.
std::string unescaped_step(std::string_view step);

/// `what`, or what it refers to where it is an object with `$ref`, however many
/// times; nullptr where that leads nowhere or round in a circle.
const boost::json::object* resolved(const boost::json::value& root,
                                    const boost::json::value& what);

/// The member of that name and type; nullptr where there is none.
const boost::json::object* object_in(const boost::json::object& of,
                                     std::string_view name);
const boost::json::array* array_in(const boost::json::object& of,
                                   std::string_view name);
/// Likewise; empty.
std::string_view text_in(const boost::json::object& of, std::string_view name);
/// Likewise; `otherwise`.
bool flag_in(const boost::json::object& of, std::string_view name,
             bool otherwise);

} // namespace caisson::protocol::openapi
