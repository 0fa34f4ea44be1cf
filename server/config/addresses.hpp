#pragma once

#include <optional>
#include <string_view>

namespace caisson::config {

// Forms of the words that a configuration may hold. Pure functions, but for
// `is_readable_file` and `is_folder`; the schema says in words what each
// expects.

/// 1 to 64 of `[A-Za-z0-9._-]`.
bool is_node_name(std::string_view text) noexcept;

/// 1 to 64 of `[a-z0-9_-]`.
bool is_dependency_name(std::string_view text) noexcept;

/// 1 to 256 bytes of printable text without blanks.
bool is_model_name(std::string_view text) noexcept;

/// "dependency/model" with a proper dependency name; the model part may hold
/// slashes of its own.
bool is_chain_target(std::string_view text) noexcept;

/// An IPv4 or IPv6 address, no brackets, no zone.
bool is_ip(std::string_view text) noexcept;

/// An address, or one with the length of a prefix: "10.0.0.0/8".
bool is_network(std::string_view text) noexcept;

/// A host as a Host field has it, a port behind it or not.
bool is_host(std::string_view text) noexcept;

/// A host with a port behind it, 255 bytes at most.
bool is_peer(std::string_view text) noexcept;

/// `http://` or `https://` and a host, nothing behind it; or "*".
bool is_origin(std::string_view text) noexcept;

/// 64 lower-case hex digits.
bool is_sha256(std::string_view text) noexcept;

/// `localhost`, `*.localhost`, 127.0.0.0/8, ::1 or the mapped forms of it.
bool is_loopback(std::string_view host) noexcept;

/// The host of an upstream's URL, an IPv6 address without its brackets;
/// nothing when it is not `http://` or `https://` with a host, a sane port,
/// and without user, query and fragment.
std::optional<std::string_view> host_of(std::string_view url) noexcept;

/// Whether this process can read a file, and no folder, of that path.
bool is_readable_file(std::string_view path) noexcept;

/// Whether this process can make files in a folder of that absolute path.
bool is_folder(std::string_view path) noexcept;

/// Whether a database of a kind that there is can be there.
bool is_storage_url(std::string_view text) noexcept;

/// Whether `host_of` finds one.
bool is_url(std::string_view text) noexcept;

/// Whether it has a scheme of Redis (`redis://`, `rediss+sentinel://`, ...):
/// what follows is read by server/redis/address.hpp.
bool is_redis_url(std::string_view text) noexcept;

} // namespace caisson::config
