#pragma once

#include <deque>
#include <set>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace caisson::protocol::openapi {

/// Turns the schemas of a description (OpenAPI 3.0, or 3.1, which is JSON
/// Schema 2020-12 already) into one that stands alone: what is referred to goes
/// into `$defs`, once, whoever refers to it, itself included. What 3.0 says in
/// its own way (`nullable`, `exclusiveMinimum: true`) is said in JSON Schema's;
/// what only documents (`xml`, `discriminator`, `x-…`) is left out.
class schema_writer {
public:
  explicit schema_writer(const boost::json::value& root) : root_{root} {}

  boost::json::value write(const boost::json::value& schema);

  /// All that was referred to so far.
  boost::json::object definitions();

private:
  boost::json::object write_object(const boost::json::object& schema);
  void write_member(boost::json::object& into, std::string_view name,
                    const boost::json::value& value);
  boost::json::value refer(std::string_view reference);

  const boost::json::value& root_;
  std::set<std::string, std::less<>> known_;
  std::deque<std::string> due_; ///< referred to, but not written yet
  boost::json::object written_;
  int depth_ = 0;
};

} // namespace caisson::protocol::openapi
