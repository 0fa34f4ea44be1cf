#include "server/http/head_parser.hpp"

#include <boost/beast/http/basic_parser.hpp>

namespace caisson::http {
namespace {

namespace beast = boost::beast;
using beast_view = beast::string_view;
using beast_field = beast::http::field;
using beast::error_code;

std::string_view as_view(beast_view text) noexcept {
  return {text.data(), text.size()};
}

/// What requests and replies have in common: fields are noted, bodies are
/// never shown to the parser.
template <bool IsRequest>
class field_reader : public beast::http::basic_parser<IsRequest> {
public:
  explicit field_reader(field_list& fields) : fields_(fields) {
    fields.clear();
  }

  bool too_many_fields() const noexcept { return too_many_fields_; }

private:
  void on_field_impl(beast_field, beast_view name, beast_view value,
                     error_code& error) override {
    if (fields_.push_back({as_view(name), as_view(value)}))
      return;
    too_many_fields_ = true;
    error = beast::http::error::header_limit;
  }

  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&,
                         error_code&) override {}
  std::size_t on_body_impl(beast_view, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, beast_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast_view,
                                 error_code&) override {
    return 0;
  }
  void on_finish_impl(error_code&) override {}

  field_list& fields_;
  bool too_many_fields_ = false;
};

class request_reader final : public field_reader<true> {
public:
  explicit request_reader(request_head& out)
    : field_reader<true>(out.fields), out_(out) {}

private:
  void on_request_impl(beast::http::verb, beast_view method, beast_view target,
                       int version, error_code&) override {
    out_.method_name = as_view(method);
    out_.target = as_view(target);
    out_.minor = static_cast<unsigned>(version) % 10;
  }
  void on_response_impl(int, beast_view, int, error_code&) override {}

  request_head& out_;
};

class response_reader final : public field_reader<false> {
public:
  explicit response_reader(response_head& out)
    : field_reader<false>(out.fields), out_(out) {}

private:
  void on_request_impl(beast::http::verb, beast_view, beast_view, int,
                       error_code&) override {}
  void on_response_impl(int status, beast_view, int version,
                        error_code&) override {
    out_.status = static_cast<unsigned>(status);
    out_.minor = static_cast<unsigned>(version) % 10;
  }

  response_head& out_;
};

/// Whether the parser read exactly the head.
template <bool IsRequest>
bool run(field_reader<IsRequest>& reader, std::string_view raw) {
  // Sizes are ours to judge; Beast's own limits are 8 kB and 1 or 8 MB.
  reader.header_limit(static_cast<std::uint32_t>(raw.size()));
  reader.body_limit(boost::none);
  reader.eager(false);
  error_code error;
  auto used = reader.put({raw.data(), raw.size()}, error);
  return !error && used == raw.size() && reader.is_header_done();
}

constexpr refusal too_many_fields{431, errc::validation_headers_too_large,
                                  "the head has too many fields"};

} // namespace

std::size_t find_head_end(std::string_view buffer,
                          std::size_t already_scanned) noexcept {
  // An LF among the last two bytes seen may have lacked what follows it.
  auto at = already_scanned > 2 ? already_scanned - 2 : 0;
  while ((at = buffer.find('\n', at)) != buffer.npos) {
    auto rest = buffer.substr(++at);
    if (rest.starts_with('\n'))
      return at + 1;
    if (rest.starts_with("\r\n"))
      return at + 2;
  }
  return no_head_end;
}

verdict parse_request_head(std::string_view raw, const head_limits& limits,
                           request_head& out) {
  if (raw.size() > limits.head)
    return oversized_head(raw);
  if (auto why = check_raw_head(raw))
    return why;
  out.size = raw.size();
  if (raw.starts_with("\r\n"))
    raw.remove_prefix(2);
  request_reader reader{out};
  if (!run(reader, raw)) {
    if (reader.too_many_fields())
      return too_many_fields;
    return bad_request("the head is malformed");
  }
  return check_request(out, limits);
}

verdict parse_response_head(std::string_view raw, const head_limits& limits,
                            verb asked, response_head& out) {
  if (raw.size() > limits.head)
    return bad_reply("the head of the reply is too large");
  if (auto why = check_raw_reply_head(raw))
    return why;
  out.size = raw.size();
  response_reader reader{out};
  if (!run(reader, raw))
    return bad_reply("the head of the reply is malformed");
  return check_reply(out, asked);
}

} // namespace caisson::http
