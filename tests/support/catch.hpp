#pragma once

// Debian 12 packages Catch2 2, Ubuntu 24.04 and Debian 13 package Catch2 3.
#if __has_include(<catch2/catch_all.hpp>)
#  include <catch2/catch_all.hpp>
#else
#  include <catch2/catch.hpp>
#endif
