// Boost.URL, built here once.
#include <boost/url/src.hpp>
