// The first byte cuts the rest, which is a request head and what follows it.

#include <utility>
#include <vector>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "server/http/head_parser.hpp"
#include "tests/fuzz/laws.hpp"

using namespace caisson;
using namespace caisson::fuzz;
using namespace caisson::http;

namespace {

/// Small enough to be reached.
const head_limits limits{.head = 2048, .target = 128, .body = 1 << 20};

/// The end of the head, as a session looks for it: again with every read.
std::size_t find_end(std::string_view bytes, std::uint8_t knob) {
  std::string buffer;
  std::size_t scanned = 0;
  auto end = no_head_end;
  each_piece(bytes, knob, [&](std::string_view piece) {
    if (end != no_head_end)
      return;
    buffer += piece;
    end = find_head_end(buffer, scanned);
    scanned = buffer.size();
  });
  return end;
}

std::size_t count(const field_list& fields, std::string_view name) {
  return static_cast<std::size_t>(
    std::count_if(fields.begin(), fields.end(),
                  [&](auto& one) { return iequals(one.name, name); }));
}

std::string_view value_of(const field_list& fields, std::string_view name) {
  auto found = fields.find(name);
  return found ? *found : std::string_view{};
}

/// reference/reliability.md section 2.1, of the bytes.
void must_be_clean(std::string_view raw) {
  for (std::size_t i = 0; i < raw.size(); ++i) {
    auto c = static_cast<unsigned char>(raw[i]);
    must(c >= 0x20 || c == '\t' || c == '\r' || c == '\n', "no control");
    must(c != 0x7f, "no DEL");
    must(c != '\r' || raw.substr(i).starts_with("\r\n"), "no bare CR");
    must(c != '\n' || (i > 0 && raw[i - 1] == '\r'), "no bare LF");
  }
  must(raw.ends_with("\r\n\r\n"), "the head ends in an empty line");
  must(!contains(raw, "\r\n ") && !contains(raw, "\r\n\t"), "no folded field");
}

/// The same of what they mean.
void must_be_strict(const request_head& head, std::string_view raw) {
  auto& fields = head.fields;
  must(count(fields, "host") == 1 && head.host == value_of(fields, "host")
         && !head.host.empty(),
       "exactly one Host");
  must(head.host.find_first_of(" \t@/?#,") == std::string_view::npos,
       "the Host is one");
  auto lengths = count(fields, "content-length");
  auto codings = count(fields, "transfer-encoding");
  must(lengths + codings <= 1, "one framing at most");
  must(head.chunked == (codings == 1)
         && head.content_length.has_value() == (lengths == 1),
       "the framing is the one that was said");
  must(!head.chunked
         || (head.minor == 1
             && iequals(value_of(fields, "transfer-encoding"), "chunked")),
       "a coding is `chunked`, since HTTP/1.1");
  auto length = value_of(fields, "content-length");
  must(length.find_first_not_of("0123456789") == std::string_view::npos,
       "a length is digits");
  must(!head.content_length || *head.content_length <= limits.body,
       "a body is within its limit");
  must(head.target.size() <= limits.target && raw.size() <= limits.head,
       "a head is within its limits");
  for (unsigned char c : head.target)
    must(c > ' ' && c < 0x7f && c != '#', "a target is printable ASCII");
  for (auto& one : fields)
    must(!one.name.empty()
           && std::all_of(one.name.begin(), one.name.end(),
                          [](char c) { return token_char(c) && c != '_'; })
           && safe_field_value(one.value),
         "a field has a proper name and value");
}

void must_be_views(const request_head& head, std::string_view raw) {
  must(within(head.target, raw) && within(head.method_name, raw)
         && within(head.host, raw) && within(head.query, raw)
         && (head.path == "/" || within(head.path, raw)),
       "views are of the buffer");
  for (auto& one : head.fields)
    must(within(one.name, raw) && within(one.value, raw),
         "views are of the buffer");
  must(!head.path.empty(), "a path is never empty");
}

using pairs = std::vector<std::pair<std::string, std::string>>;

void add(pairs& to, std::string_view name, std::string_view value) {
  std::string key{name};
  for (auto& c : key)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  to.emplace_back(std::move(key), value);
}

/// By name, the values of one name in their order.
pairs sorted(pairs fields) {
  std::stable_sort(fields.begin(), fields.end(),
                   [](auto& x, auto& y) { return x.first < y.first; });
  return fields;
}

/// Differential: Beast by itself reads the same fields and the same framing.
void must_agree(const request_head& head, std::string_view raw) {
  if (raw.starts_with("\r\n"))
    raw.remove_prefix(2);
  namespace beast = boost::beast::http;
  beast::parser<true, beast::empty_body> parser;
  parser.header_limit(limits.head);
  parser.body_limit(boost::none);
  boost::beast::error_code error;
  parser.put({raw.data(), raw.size()}, error);
  must(!error && parser.is_header_done(), "what is accepted, Beast accepts");
  pairs ours;
  pairs theirs;
  for (auto& one : head.fields)
    add(ours, one.name, one.value);
  for (auto& one : parser.get().base())
    add(theirs, {one.name_string().data(), one.name_string().size()},
        {one.value().data(), one.value().size()});
  must(sorted(ours) == sorted(theirs), "Beast sees the same fields");
  must(parser.chunked() == head.chunked
         && (head.chunked
             || parser.content_length().value_or(0)
                  == head.content_length.value_or(0)),
       "Beast sees the same framing");
}

std::string written(const request_head& head) {
  std::string text{head.method_name};
  text.append(" ").append(head.target).append(" HTTP/1.");
  text += static_cast<char>('0' + head.minor);
  text += "\r\n";
  for (auto& one : head.fields)
    text.append(one.name).append(": ").append(one.value).append("\r\n");
  return text + "\r\n";
}

/// Said again in plain words, it means the same; said with more, nothing.
void must_survive(const request_head& head, std::string_view raw) {
  request_head again;
  auto text = written(head);
  must(text.size() > limits.head || !parse_request_head(text, limits, again),
       "what is understood can be said again");
  must(text.size() > limits.head
         || (again.chunked == head.chunked && again.path == head.path
             && again.query == head.query && again.host == head.host
             && again.content_length == head.content_length
             && again.keep_alive == head.keep_alive
             && again.expect_continue == head.expect_continue),
       "said again, it means the same");
  auto more = std::string{raw} + "x";
  must(parse_request_head(more, limits, again).has_value(),
       "a head is all there is, or none");
}

void must_refuse(const refusal& why) {
  constexpr unsigned known[] = {400, 405, 413, 414, 417, 431, 501, 505};
  must(std::find(std::begin(known), std::end(known), why.status)
         != std::end(known),
       "a refusal has a status of the documented ones");
  must(!why.reason.empty() && !contains(why.reason, canary),
       "a refusal has a sentence of ours");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  input in{data, size};
  auto end = find_end(in.text, 0);
  must(end == find_end(in.text, in.knob), "the end is found however it comes");
  if (end == no_head_end)
    return 0;
  // Memory that ends where the head does.
  std::unique_ptr<char[]> bytes{new char[end]};
  std::copy_n(in.text.begin(), end, bytes.get());
  std::string_view raw{bytes.get(), end};
  request_head head;
  if (auto why = parse_request_head(raw, limits, head)) {
    must_refuse(*why);
    return 0;
  }
  must(head.size == raw.size(), "a head knows its size");
  must_be_clean(raw);
  must_be_views(head, raw);
  must_be_strict(head, raw);
  must_agree(head, raw);
  must_survive(head, raw);
  return 0;
}
