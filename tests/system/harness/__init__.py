"""Parts of the system tests: the node, the mock upstream, raw sockets."""
