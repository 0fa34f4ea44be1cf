#pragma once

#include <boost/asio/awaitable.hpp>

// GCC 12 takes the frames of Asio's coroutines for memory that is given back in
// another way than it was got (its bug 101397), wherever one is inlined.
#if defined(__GNUC__) && !defined(__clang__)
#  pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

// And its bug 98401: what is made from braces within the expression that is
// awaited is destroyed twice. Arguments have names of their own here.

namespace caisson::oauth {

using boost::asio::awaitable;

} // namespace caisson::oauth
