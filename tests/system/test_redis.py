"""SPEC 4: a Redis is a protected dependency like any other, and none that a
model's name leads to."""
from harness import toml
from harness.node import run

SIMULATED = {"kind": "simulated"}
QUESTION = {"messages": [{"role": "user", "content": "hello"}]}


def with_store(redis, **more):
    return {"dependency": {"store": redis.dependency(**more),
                           "simulated": SIMULATED}}


def test_the_node_is_ready_without_its_store_and_says_so(start, redis):
    node = start(with_store(redis))
    ready = node.ask("GET", "/health/ready")
    assert ready.status == 200
    assert ready.json() == {"status": "ready", "dependencies": {
        "store": "ok", "simulated": "ok", "storage": "ok"}}
    node.set_breaker("store", "forced_open")
    ready = node.ask("GET", "/health/ready")
    assert ready.status == 200
    assert ready.json() == {
        "status": "ready", "degraded": ["store"],
        "dependencies": {"store": "unavailable", "simulated": "ok",
                         "storage": "ok"}}
    assert node.chat({"model": "simulated", **QUESTION}).status == 200


def test_a_store_alone_makes_no_node_ready(start, redis):
    node = start({"dependency": {"store": redis.dependency()}})
    assert node.ask("GET", "/health/ready").status == 503


def test_no_name_of_a_model_leads_to_a_store(start, redis):
    node = start(with_store(redis))
    listed = node.ask("GET", "/v1/models").json()["data"]
    assert {entry["owned_by"] for entry in listed} == {"simulated"}
    refused = node.chat({"model": "store/m", **QUESTION})
    assert refused.status == 404
    assert refused.json()["error"]["code"] == "external.llm.model_not_found"


def test_a_store_has_a_breaker_and_no_llm_families(start, redis):
    node = start(with_store(redis))
    assert node.dependency("store")["kind"] == "redis"
    assert node.breaker("store") == "closed"
    lines = [line for line in node.look("/metrics").text.splitlines()
             if '"store"' in line]
    assert any(line.startswith("circuit_breaker_state_gauge")
               for line in lines)
    assert not [line for line in lines if line.startswith("llm_")]


def test_a_password_stands_in_no_url_and_in_no_answer(tmp_path):
    file = tmp_path / "caisson.toml"
    file.write_text(toml.dumps({"dependency": {"store": {
        "kind": "redis", "url": "redis://:hunter2@127.0.0.1"}}}))
    told = run("check-config", "--config", file)
    assert told.returncode == 78
    assert "dependency.store.url" in told.stderr
    assert "hunter2" not in told.stderr + told.stdout
