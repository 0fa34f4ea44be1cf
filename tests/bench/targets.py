"""What is measured: each target is a process (or none) that answers POST
/v1/chat/completions on 127.0.0.1 and forwards it to the one upstream."""

import json
import os
import pathlib
import resource
import select
import shutil
import socket
import subprocess
import time

NGINX = """
user {user};
worker_processes 1;
pid {dir}/nginx.pid;
error_log {dir}/nginx.log warn;
events {{ worker_connections {connections}; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {dir}/nginx-body;
  proxy_temp_path {dir}/nginx-proxy;
  fastcgi_temp_path {dir}/nginx-fastcgi;
  uwsgi_temp_path {dir}/nginx-uwsgi;
  scgi_temp_path {dir}/nginx-scgi;
  upstream bench {{
    server 127.0.0.1:{upstream};
    keepalive 256;
    keepalive_requests 1000000000;
  }}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  server {{ listen 127.0.0.1:{json}; location / {{ proxy_pass http://bench; }} }}
  server {{ listen 127.0.0.1:{sse};
    location / {{ proxy_pass http://bench; proxy_buffering off; }} }}
  server {{ listen 127.0.0.1:{fail};
    location / {{ add_header Retry-After 1 always; return 503; }} }}
}}
"""

HAPROXY = """
global
  nbthread 1
  maxconn {connections}
defaults
  mode http
  http-reuse always
  option http-no-delay
  timeout connect 5s
  timeout client 75s
  timeout server 75s
frontend front
  bind 127.0.0.1:{json}
  default_backend back
backend back
  server upstream 127.0.0.1:{upstream}
frontend fail
  bind 127.0.0.1:{fail}
  http-request return status 503 hdr Retry-After 1
"""

CAISSON = """
[node]
name = "bench"
io_threads = 1
[http]
port = 0
[telemetry]
port = 0
# Counted as ever, but nobody reaches them.
[limits.tiers.anonymous]
minute = 1000000000
hour = 1000000000
day = 1000000000
[dependency.bench]
kind = "openai_compatible"
url = "http://127.0.0.1:{upstream}/v1"
models = ["bench-1k", "bench-16k", "bench-sse", "bench-sse-paced"]
[dependency.bench.bulkhead]
concurrency = 512
queue = 1000
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port, process, seconds=10):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            select.select([], [], [], 0.02)
    raise RuntimeError(f"{process.args} does not listen on {port}")


def first_line(process, seconds=15):
    """The first line that a child prints, or an error with what it was."""
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    line = process.stdout.readline() if ready else b""
    if not line:
        raise RuntimeError(f"{process.args} did not say that it is ready")
    return line.decode()


def tree_of(pid):
    """The process and all below it."""
    pids = [pid]
    for parent in pids:
        for task in pathlib.Path(f"/proc/{parent}/task").glob("*/children"):
            pids += [int(p) for p in task.read_text().split()]
    return pids


def rss_kb(pids):
    total = 0
    for pid in pids:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1])
    return total


class Target:
    """One proxy; `ports` says where it takes each kind of reply, and where it
    refuses at once."""

    def __init__(self, name, lab, connections=4096):
        self.name = name
        self.lab = lab
        self.connections = connections
        self.process = None
        try:
            getattr(self, "start_" + name)()
        except BaseException:
            self.stop()
            raise

    def rss_kb(self):
        return rss_kb(self.pids())

    def pids(self):
        return tree_of(self.process.pid)

    def spawn(self, command, **more):
        log = open(self.lab.dir / f"{self.name}.stderr", "wb")
        self.process = subprocess.Popen(
            ["taskset", "-c", str(self.lab.proxy_core), *command],
            stdin=subprocess.DEVNULL, stderr=log, **more)
        return self.process

    def write(self, file, text):
        self.ports = {kind: free_port() for kind in ("json", "sse", "fail")}
        path = self.lab.dir / file
        path.write_text(text.format(
            dir=self.lab.dir, upstream=self.lab.upstream_port,
            connections=self.connections,
            user="root" if os.geteuid() == 0 else "nobody", **self.ports))
        return str(path)

    def start_direct(self):
        self.process = self.lab.upstream.process
        self.ports = dict.fromkeys(("json", "sse", "fail"), self.lab.upstream_port)

    def start_nginx(self):
        config = self.write("nginx.conf", NGINX)
        nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        self.spawn([nginx, "-p", str(self.lab.dir), "-c", config,
                    "-e", str(self.lab.dir / "nginx.log"), "-g", "daemon off;"],
                   stdout=subprocess.DEVNULL)
        wait_for_port(self.ports["json"], self.process)

    def start_haproxy(self):
        config = self.write("haproxy.cfg", HAPROXY)
        haproxy = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
        self.ports["sse"] = self.ports["json"]
        self.spawn([haproxy, "-db", "-f", config], stdout=subprocess.DEVNULL)
        wait_for_port(self.ports["json"], self.process)

    def start_caisson(self):
        config = self.write("caisson.toml", CAISSON)
        self.spawn([str(self.lab.caisson), "serve", "--config", config,
                    *self.lab.caisson_options], stdout=subprocess.PIPE)
        http = json.loads(first_line(self.process))["http"]
        self.ports = dict.fromkeys(("json", "sse"), int(http.rsplit(":", 1)[1]))

    def stop(self):
        if self.name == "direct" or self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Upstream:
    """One bench_upstream; `since` is when it began to listen, in ns of the
    monotonic clock."""

    def __init__(self, lab, port=0):
        self.process = subprocess.Popen(
            ["taskset", "-c", str(lab.load_core),
             str(lab.binaries / "bench_upstream"), str(port)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.pid = self.process.pid
        said = first_line(self.process).split()
        self.port, self.since = int(said[1]), int(said[3])

    def stop(self):
        self.process.kill()
        self.process.wait()


class Lab:
    """Temporary folder, cores and the upstream that all targets share."""

    def __init__(self, directory, binaries, caisson, caisson_options, cores):
        self.dir = pathlib.Path(directory)
        self.binaries = binaries
        self.caisson = caisson
        self.caisson_options = caisson_options
        self.proxy_core, self.load_core = cores
        self.client = str(binaries / "bench_load")
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.upstream = Upstream(self)
        self.upstream_port = self.upstream.port

    def stop(self):
        self.upstream.stop()
