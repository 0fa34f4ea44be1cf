"""Command line: options, sockets, the ready line, signals."""
import argparse
import asyncio
import json
import signal
import ssl

from .server import Upstream


def options(argv=None):
    parser = argparse.ArgumentParser(prog="mock_upstream", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0,
                        help="0 picks a free one")
    parser.add_argument("--tls-cert", help="PEM chain; the vendor port is TLS")
    parser.add_argument("--tls-key", help="PEM key")
    parser.add_argument("--tls-version", choices=["1.1", "1.2", "1.3"],
                        help="speak this version and no other")
    parser.add_argument("--key", help="the one API key that is accepted; "
                        "without it credentials are not looked at")
    parser.add_argument("--refuse", action="store_true",
                        help="start with the vendor port closed")
    return parser.parse_args(argv)


def tls_context(opts):
    if not opts.tls_cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(opts.tls_cert, opts.tls_key)
    if opts.tls_version:
        version = getattr(ssl.TLSVersion,
                          "TLSv" + opts.tls_version.replace(".", "_"))
        if opts.tls_version == "1.1":
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = version
        context.maximum_version = version
    return context


async def serve(opts):
    upstream = Upstream(opts.host, opts.port, tls_context(opts), opts.key)
    await upstream.start(refuse=opts.refuse)
    print(json.dumps({"event": "ready", "port": upstream.port,
                      "control": upstream.control_port}), flush=True)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    upstream.close()


def main(argv=None):
    asyncio.run(serve(options(argv)))
    return 0
