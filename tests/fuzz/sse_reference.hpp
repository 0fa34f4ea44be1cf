#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace caisson::fuzz {

/// What a client makes of an event.
struct told {
  std::string name;
  std::string data;

  bool operator==(const told&) const = default;
};

struct told_stream {
  std::vector<told> events; ///< those that have data
  bool partial = false;     ///< something is left behind the last one
};

/// A stream as WHATWG HTML section 9.2.6 reads it, line by line and without
/// haste: what the decoder is held against, and how a client reads what a
/// reply reader lets out.
inline told_stream read_events(std::string_view stream) {
  if (stream.starts_with("\xEF\xBB\xBF"))
    stream.remove_prefix(3);
  told_stream so;
  told event;
  bool has_data = false;
  for (;;) {
    auto end = stream.find_first_of("\r\n");
    so.partial = so.partial || !stream.empty();
    if (end == stream.npos)
      return so;
    auto line = stream.substr(0, end);
    auto crlf = stream.substr(end, 2) == "\r\n";
    stream.remove_prefix(end + (crlf ? 2 : 1));
    if (line.empty()) {
      if (has_data)
        so.events.push_back(event);
      event = {};
      has_data = so.partial = false;
      continue;
    }
    auto colon = line.find(':');
    auto field = line.substr(0, colon);
    auto value
      = colon == line.npos ? std::string_view{} : line.substr(colon + 1);
    if (value.starts_with(' '))
      value.remove_prefix(1);
    if (field == "event") {
      event.name = value;
    } else if (field == "data") {
      if (has_data)
        event.data += '\n';
      has_data = true;
      event.data += value;
    }
  }
}

} // namespace caisson::fuzz
