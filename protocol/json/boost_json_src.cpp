// Boost.JSON compiled into this program once: the packaged library would be
// one more shared object for the few answers that we build with it.
#include <boost/json/src.hpp>
