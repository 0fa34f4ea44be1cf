#include "protocol/openapi/request.hpp"

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "protocol/base64.hpp"
#include "protocol/http/strict.hpp"

namespace caisson::protocol::openapi {

namespace bj = boost::json;

namespace {

fault wrong(const std::string& argument, std::string_view why) {
  return make_fault(errc::validation_constraint,
                    "the argument " + argument + ' ' + std::string{why});
}

/// RFC 3986: all but what is unreserved.
void append_encoded(std::string& to, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (auto c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~') {
      to += c;
    } else {
      to += '%';
      to += digits[byte >> 4];
      to += digits[byte & 15];
    }
  }
}

std::string encoded(std::string_view text) {
  std::string out;
  append_encoded(out, text);
  return out;
}

/// A value as a word: texts as they are, all else as JSON writes it.
std::string word(const bj::value& value) {
  return value.is_string() ? std::string{value.get_string()}
                           : bj::serialize(value);
}

/// The words of a value, in order; of an object its names and values in turn.
std::vector<std::string> words(const bj::value& value) {
  std::vector<std::string> out;
  if (const auto* array = value.if_array())
    for (const auto& one : *array)
      out.push_back(word(one));
  else if (const auto* object = value.if_object())
    for (const auto& [name, one] : *object) {
      out.emplace_back(name);
      out.push_back(word(one));
    }
  else
    out.push_back(word(value));
  return out;
}

std::string joined(const std::vector<std::string>& parts,
                   std::string_view between, bool encode) {
  std::string out;
  for (auto& part : parts) {
    if (&part != &parts.front())
      out += between;
    out += encode ? encoded(part) : part;
  }
  return out;
}

/// `simple`, in a path or a header.
std::string simple(const parameter& one, const bj::value& value, bool encode) {
  const auto* object = value.if_object();
  if (!object || !one.explode)
    return joined(words(value), ",", encode);
  std::vector<std::string> pairs;
  for (const auto& [name, member] : *object) {
    auto text = word(member);
    pairs.push_back(encode ? encoded(name) + '=' + encoded(text)
                           : std::string{name} + '=' + text);
  }
  return joined(pairs, ",", false);
}

void add_pair(std::string& query, std::string_view name,
              std::string_view encoded_value) {
  query += query.empty() ? '?' : '&';
  append_encoded(query, name);
  (query += '=') += encoded_value;
}

void add_query(std::string& query, const parameter& one,
               const bj::value& value) {
  const auto* object = value.if_object();
  const auto* array = value.if_array();
  if (object && (one.explode || one.how == style::deep)) {
    for (const auto& [name, member] : *object)
      add_pair(query,
               one.how == style::deep ? one.name + '[' + std::string{name} + ']'
                                      : std::string{name},
               encoded(word(member)));
  } else if (array && one.explode) {
    for (const auto& each : *array)
      add_pair(query, one.name, encoded(word(each)));
  } else {
    add_pair(query, one.name,
             joined(words(value),
                    one.how == style::spaces  ? "%20"
                    : one.how == style::pipes ? "%7C"
                                              : ",",
                    true));
  }
}

std::string form_of(const bj::object& body) {
  std::string query;
  for (const auto& [name, value] : body) {
    parameter one;
    one.name = name;
    add_query(query, one, value);
  }
  return query.empty() ? query : query.substr(1);
}

/// One request in the making.
class writer {
public:
  writer(const operation& what, bj::object arguments)
    : what_{what}, arguments_{std::move(arguments)} {}

  result<upstream_request> write(const credential& shown,
                                 std::string_view key) {
    path_ = what_.path;
    made_.fields = "Accept: application/json, */*;q=0.5\r\n";
    for (auto& one : what_.parameters)
      if (auto why = take(one))
        return *why;
    if (auto why = take_body())
      return *why;
    if (!arguments_.empty())
      return wrong(std::string{arguments_.begin()->key()},
                   "is none of this tool");
    show(shown, key);
    made_.verb = what_.verb;
    made_.target = path_ + query_;
    return std::move(made_);
  }

private:
  /// Nothing: it was not given. Null counts as that.
  std::optional<bj::value> given(const std::string& argument) {
    auto found = arguments_.find(argument);
    if (found == arguments_.end())
      return std::nullopt;
    auto value = std::move(found->value());
    arguments_.erase(found);
    if (value.is_null())
      return std::nullopt;
    return value;
  }

  std::optional<fault> take(const parameter& one) {
    auto value = given(one.argument);
    if (!value)
      return one.required ? std::optional{wrong(one.argument, "is missing")}
                          : std::nullopt;
    if (one.in == place::query)
      add_query(query_, one, *value);
    else if (one.in == place::path)
      return take_path(one, *value);
    else
      return take_header(one, *value);
    return std::nullopt;
  }

  std::optional<fault> take_path(const parameter& one, const bj::value& value) {
    auto text = simple(one, value, true);
    // Servers take the dots for a step to another place, encoded or not.
    if (text.empty() || text == "." || text == "..")
      return wrong(one.argument, "cannot stand in a path");
    auto place = '{' + one.name + '}';
    for (auto at = path_.find(place); at != path_.npos;
         at = path_.find(place, at + text.size()))
      path_.replace(at, place.size(), text);
    return std::nullopt;
  }

  std::optional<fault> take_header(const parameter& one,
                                   const bj::value& value) {
    auto text = simple(one, value, false);
    if (!http::safe_field_value(text))
      return wrong(one.argument, "cannot stand in a header");
    ((made_.fields += one.name) += ": ") += text;
    made_.fields += "\r\n";
    return std::nullopt;
  }

  std::optional<fault> take_body() {
    if (what_.body == body_kind::none)
      return std::nullopt;
    auto value = given(body_argument);
    if (!value)
      return what_.body_required
               ? std::optional{wrong(body_argument, "is missing")}
               : std::nullopt;
    std::string text;
    if (what_.body == body_kind::json)
      text = bj::serialize(*value);
    else if (what_.body == body_kind::text)
      text = word(*value);
    else if (const auto* form = value->if_object())
      text = form_of(*form);
    else
      return wrong(body_argument, "is no object");
    made_.fields += "Content-Type: " + what_.media_type + "\r\n";
    auto kept = std::make_shared<const std::string>(std::move(text));
    made_.body.push_back(*kept);
    made_.owner = std::move(kept);
    return std::nullopt;
  }

  void show(const credential& shown, std::string_view key) {
    if (key.empty())
      return;
    std::string text{key};
    switch (shown.how) {
      case credential::way::bearer:
        made_.fields += "Authorization: Bearer " + text + "\r\n";
        break;
      case credential::way::basic: {
        std::string coded;
        append_base64(coded, text);
        made_.fields += "Authorization: Basic " + coded + "\r\n";
        break;
      }
      case credential::way::header:
        made_.fields += shown.name + ": " + text + "\r\n";
        break;
      case credential::way::query:
        add_pair(query_, shown.name, encoded(text));
        break;
    }
  }

  const operation& what_;
  bj::object arguments_;
  upstream_request made_;
  std::string path_;
  std::string query_;
};

} // namespace

result<upstream_request> write_request(const operation& what,
                                       std::string_view arguments,
                                       const credential& shown,
                                       std::string_view key) {
  bj::error_code ec;
  auto read = bj::parse(arguments.empty() ? "{}" : arguments, ec);
  if (ec || !read.is_object())
    return make_fault(errc::validation_constraint,
                      "the arguments are no object");
  return writer{what, std::move(read.get_object())}.write(shown, key);
}

} // namespace caisson::protocol::openapi
