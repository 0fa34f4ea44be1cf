#include "protocol/dialects/embeddings.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "protocol/base64.hpp"
#include "protocol/dialects/encode.hpp"

namespace caisson::protocol {
namespace {

/// The vendors' clients read the bytes as this machine has them.
static_assert(std::endian::native == std::endian::little);

} // namespace

void append_vector(std::string& out, vector_format format,
                   const std::vector<float>& vector) {
  if (format == vector_format::base64) {
    std::string bytes(vector.size() * sizeof(float), '\0');
    if (!vector.empty())
      std::memcpy(bytes.data(), vector.data(), bytes.size());
    out += '"';
    append_base64(out, bytes);
    out += '"';
    return;
  }
  out += '[';
  for (auto number : vector) {
    next_element(out);
    std::array<char, 32> digits;
    const auto end
      = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
  }
  out += ']';
}

fault unstreamed_reader::no_stream() {
  return make_fault(errc::llm_error, failure_kind::decode,
                    "the provider streams what is never a stream");
}

} // namespace caisson::protocol
