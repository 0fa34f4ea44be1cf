"""The telemetry listener (SPEC sections 3 and 10)."""
import re
import shutil
import subprocess

import pytest

from harness import node as nodes
from harness import setups, wire
from harness.mock import Mock
from harness.node import Node
from harness.parallel import Background
from harness.waiting import eventually

# Family -> labels, as SPEC 10 writes them: those of a protected dependency and
# its calls.
FAMILIES = {
    "circuit_breaker_state_gauge": {"service", "state"},
    "circuit_breaker_failures_total": {"service", "exception_type"},
    "circuit_breaker_success_total": {"service"},
    "circuit_breaker_transitions_total": {"service", "from", "to"},
    "retry_attempt_counter": {"service", "attempt_number", "exception_type"},
    "retry_exhausted_counter": {"function"},
    "retry_success_after_retry_total": {"function"},
    "retry_budget_exhausted_total": {"service"},
    "timeout_violations_total": {"service", "operation"},
    "bulkhead_rejections_total": {"service", "reason"},
    "bulkhead_active_operations": {"service"},
    "bulkhead_queue_depth": {"service"},
    "bulkhead_queue_wait_seconds": {"service"},
    "fallback_used_total": {"service", "strategy"},
    "actor_mailbox_depth": {"actor"},
    "actor_messages_processed_total": {"actor"},
    "actor_restarts_total": {"actor"},
    "supervisor_escalations_total": {"actor"},
    "http_requests_total": {"method", "route", "status"},
    "http_request_duration_seconds": {"method", "route"},
    "http_connections_active": set(),
    "errors_total": {"code", "category", "retry"},
    "mcp_requests_total": {"method", "era", "status"},
    "mcp_tool_calls_total": {"tool", "status"},
    "mcp_streams_active": set(),
    "mcp_sessions_refused_total": set(),
    "llm_requests_total": {"provider", "model", "status"},
    "llm_request_duration_seconds": {"provider", "model"},
    "llm_time_to_first_token_seconds": {"provider", "model"},
    "llm_tokens_total": {"provider", "model", "type"},
    "build_info": {"version", "compiler"},
    "process_resident_memory_bytes": set(),
    "process_cpu_seconds_total": set(),
    "process_open_fds": set(),
    "process_start_time_seconds": set(),
    "config_reloads_total": {"result"},
}
HISTOGRAM = {"le", "quantile"}


@pytest.fixture(scope="module")
def upstream():
    with Mock() as mock:
        yield mock


@pytest.fixture(scope="module")
def node(upstream):
    """A node that has seen some of everything."""
    config = setups.config(
        a=setups.dependency(
            upstream, timeout="200ms", breaker={"failures": 4, "open_for":
                                                "60s"},
            retry={"attempts": 2}, bulkhead={"concurrency": 1, "queue": 0}),
        b=setups.dependency(upstream, models=["n"]))
    with Node(config) as node:
        everything(node, upstream)
        yield node


def everything(node, mock):
    """Success, retry, failure, timeout, refusal, fallback, open breaker."""
    mock.script({"do": "ok", "delay_ms": 150})
    first = Background(lambda: node.chat(setups.chat(model="a/m")))
    eventually(lambda: mock.stats()["concurrent"] == 1)
    node.chat(setups.chat(model="a/m"))
    first.result()
    mock.script({"do": "status", "status": 500})
    node.chat(setups.chat(model="a/m"))
    mock.always("hang")
    node.chat(setups.chat(model="a/m"))
    mock.script({"do": "status", "status": 500})
    node.chat(setups.chat())
    mock.always("status", status=500)
    for _ in range(6):
        node.chat(setups.chat(model="a/m"))
    mock.script()
    node.chat(setups.chat(stream=True))
    node.chat(setups.chat(model="b/n"))
    node.ask("GET", "/nowhere/at/all/4711")
    node.admin("/admin/reload")


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_a_family_exists_with_its_labels(node, name):
    """SPEC 10: these names and labels exactly."""
    scrape = node.metrics()
    assert name in scrape.families(), (
        f"{name} is not in the scrape; there are {sorted(scrape.families())}")
    assert name in scrape.types, f"{name} has no TYPE line"
    assert scrape.helps.get(name), f"{name} has no HELP text"
    samples = scrape.labels(name)
    assert samples, f"{name} has no sample"
    for have in samples:
        assert set(have) - HISTOGRAM == FAMILIES[name], f"{name}: {have}"


def test_the_events_of_before_were_counted(node):
    """DESIGN: request → effect → /metrics."""
    scrape = node.metrics()
    for name, labels in (
            ("circuit_breaker_success_total", {"service": "a"}),
            ("circuit_breaker_failures_total",
             {"service": "a", "exception_type": "first_byte_timeout"}),
            ("retry_attempt_counter", {"service": "a"}),
            ("timeout_violations_total", {"service": "a"}),
            ("bulkhead_rejections_total", {"service": "a"}),
            ("fallback_used_total", {}),
            ("circuit_breaker_transitions_total",
             {"service": "a", "from": "closed", "to": "open"}),
            ("http_requests_total", {"method": "POST", "status": "200"}),
            ("llm_requests_total", {"provider": "b", "model": "n"}),
            ("errors_total", {"code": "resilience.circuit_breaker_open",
                              "category": "resilience",
                              "retry": "conditional"})):
        assert scrape.value(name, **labels) > 0, f"{name}{labels} is 0"


def test_the_state_gauge_has_one_1(node):
    """SPEC 10: 1 for the present state, 0 for the others."""
    scrape = node.metrics()
    assert scrape.breaker("a") == "open" and scrape.breaker("b") == "closed"
    states = {have["state"] for have in
              scrape.labels("circuit_breaker_state_gauge")}
    assert {"closed", "open", "half_open"} <= states


def test_labels_come_from_bounded_sets(node):
    """SPEC 10: no raw path, no model name that is not configured."""
    before = len(node.metrics().samples)
    for at in range(30):
        node.ask("GET", f"/random/{at}")
        node.chat(setups.chat(model=f"random-{at}"))
        node.ask("POST", f"/v1beta/models/random-{at}:generateContent", {})
    scrape = node.metrics()
    assert "random" not in scrape.text and "4711" not in scrape.text
    assert len(scrape.samples) < before + 60


def test_no_sample_stands_twice(node):
    """Prometheus refuses a scrape with duplicates."""
    seen = [(name, tuple(sorted(labels.items())))
            for name, labels, _ in node.metrics().samples]
    assert len(seen) == len(set(seen))


def test_promtool_accepts_the_text(node):
    """SPEC 10: Prometheus text; promtool is the judge where it is there."""
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed (apt-get install prometheus)")
    done = subprocess.run(["promtool", "check", "metrics"], text=True,
                          input=node.metrics().text, capture_output=True)
    # 3 means style advice ("counter should have _total"): the names are the
    # contract's own.
    assert done.returncode in (0, 3), done.stdout + done.stderr


def test_the_content_type_of_metrics(node):
    """Prometheus: text/plain; version=0.0.4."""
    kind = node.look("/metrics").header("Content-Type")
    assert kind.startswith("text/plain") and "version=0.0.4" in kind, kind


# --- /telemetry -------------------------------------------------------------

def actors(tree):
    yield tree
    for child in tree.get("children", []):
        yield from actors(child)


def test_the_supervision_tree(node):
    """SPEC 3: for each actor state, mailbox depth, processed, restarts,
    uptime."""
    root = node.telemetry()["supervision"]
    found = list(actors(root))
    assert len(found) >= 5, f"a tree of {len(found)}"
    for actor in found:
        for key in ("name", "state", "mailbox", "processed", "restarts",
                    "uptime", "children"):
            assert key in actor, f"{key} is missing: {actor}"
        assert isinstance(actor["children"], list)
        assert actor["restarts"] == 0, actor
    names = " ".join(actor["name"] for actor in found)
    for name in ("a", "b", "front_end"):
        assert re.search(rf"\b{name}\b", names), f"{name} not in: {names}"
    assert sum(actor["processed"] for actor in found) > 0


def test_the_dependencies(node):
    """SPEC 3: for each dependency its breaker, permits, queue, latency
    quantiles."""
    tree = node.telemetry()
    assert tree["node"] == "test" and tree["uptime"] is not None
    assert {d["name"] for d in tree["dependencies"]} == {"a", "b", "storage"}
    one = node.dependency("a")
    assert one["kind"] == "openai"
    assert one["breaker"]["state"] == "open"
    assert one["breaker"]["mode"] == "auto"
    for key in ("active", "limit", "queue"):
        assert isinstance(one["bulkhead"][key], int), one
    assert one["bulkhead"]["limit"] == 1
    latency = node.dependency("b")["latency"]
    assert 0 < latency["p50"] <= latency["p99"], latency


# --- health and admin -------------------------------------------------------

@pytest.mark.parametrize("which", ["live", "ready", "startup"])
def test_probes_on_both_listeners(node, which):
    """SPEC 3: /health/live, /health/ready, /health/startup."""
    for reply in (node.ask("GET", f"/health/{which}"),
                  node.look(f"/health/{which}")):
        assert reply.status == 200, reply
        assert reply.json(), reply


def test_the_telemetry_pages_are_not_on_the_front_door(node):
    """SPEC 3: two listeners: nothing of the operator's is public."""
    for target in ("/metrics", "/telemetry", "/admin/reload"):
        assert node.ask("GET", target).status == 404, target
    assert node.ask("POST", "/admin/drain", {}).status == 404
    assert node.ask("POST", "/admin/breakers/a", {"mode": "auto"}
                    ).status == 404


@pytest.mark.parametrize("method, target, status", [
    ("GET", "/nothing", 404), ("POST", "/metrics", 405),
    ("GET", "/admin/reload", 405), ("GET", "/admin/drain", 405)])
def test_wrong_ways_on_the_telemetry_listener(node, method, target, status):
    """SPEC 13: unknown paths and methods."""
    body = {} if method == "POST" else None
    reply = wire.ask(node.telemetry_address, method, target, body)
    assert reply.status == status, reply


def test_the_telemetry_listener_is_as_strict(node):
    """SPEC 13 holds for every listener."""
    with wire.Client(node.telemetry_address, 5) as client:
        client.send(b"GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert client.read().status == 400


def test_a_foreign_page_cannot_administer(node):
    """Reference reliability 6: CSRF-safe: a form or a foreign origin does
    nothing."""
    reply = node.admin("/admin/breakers/b", {"mode": "forced_open"},
                       {"Content-Type": "text/plain"})
    assert reply.status in (400, 403, 415), reply
    assert node.dependency("b")["breaker"]["mode"] == "auto"


def test_drain_by_hand(start, mock):
    """SPEC 3: POST /admin/drain: as SIGTERM: running requests finish, the
    node ends with 0."""
    node = start({**setups.config(a=setups.dependency(mock)),
                  "node": {"drain_timeout": "5s"}})
    mock.always("ok", delay_ms=600)
    running = Background(lambda: node.chat(setups.chat()))
    eventually(lambda: mock.stats()["concurrent"] == 1)
    assert node.admin("/admin/drain").status in (200, 202)
    eventually(lambda: node.look("/health/ready").status == 503, 0.5,
               "/health/ready with 503")
    assert running.result().status == 200
    # What stops the node after a drain by hand is the operator.
    if node.process.running():
        node.terminate()
    assert node.wait() == 0


def test_ready_says_what_is_down(start, mock, other):
    """SPEC 3: ready looks at the dependencies that this config needs: as long
    as one may answer the node is ready, and it is alive in any case."""
    node = start(setups.config(a=setups.dependency(mock),
                               b=setups.dependency(other)))
    node.set_breaker("a", "forced_open")
    reply = node.look("/health/ready")
    assert reply.status == 200, reply
    assert reply.json()["dependencies"] == {
        "a": "unavailable", "b": "ok", "storage": "ok"}
    node.set_breaker("b", "forced_open")
    reply = node.look("/health/ready")
    assert reply.status == 503 and reply.header("Retry-After"), reply
    assert node.look("/health/live").status == 200
    node.set_breaker("b", "auto")
    assert node.look("/health/ready").status == 200


# --- who may ----------------------------------------------------------------

def test_off_loopback_needs_a_token(tmp_path):
    """SPEC 3: off loopback it needs admin_token: the node does not start."""
    done = nodes.run("serve", "--set", "telemetry.bind=0.0.0.0", "--set",
                     "telemetry.port=0", "--set", "http.port=0",
                     cwd=tmp_path)
    assert done.returncode == 78, done
    assert "admin_token" in done.stderr, done.stderr


def test_the_token_is_asked_for(start, mock):
    """SPEC 3: with an admin_token, who has it may."""
    token = "admin-canary-0123456789abcdef0123456789"
    node = start({**setups.config(a=setups.dependency(mock)),
                  "telemetry": {"admin_token": "env:ADMIN"}},
                 env={"ADMIN": token})
    change = {"mode": "forced_open"}
    for headers in ({}, {"Authorization": "Bearer wrong"},
                    {"Authorization": token},
                    {"Authorization": "Basic " + token}):
        reply = node.admin("/admin/breakers/a", change, headers)
        assert reply.status == 401, (headers, reply)
    good = {"Authorization": "Bearer " + token}
    assert node.admin("/admin/breakers/a", change, good).status == 200
    assert node.look("/telemetry", good).status == 200
    assert node.look("/health/live").status == 200, "probes have no token"
    for page in ("/telemetry", "/metrics"):
        assert token not in node.look(page, good).text
    assert token not in node.stderr


def test_many_scrapes_do_not_disturb(node):
    """Reference reliability 6: a scrape is cheap and bounded."""
    with wire.Client(node.telemetry_address) as client:
        for _ in range(50):
            assert client.ask("GET", "/metrics").status == 200
            assert client.ask("GET", "/telemetry").status == 200
