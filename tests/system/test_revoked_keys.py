"""SPEC 8: a key that is revoked holds no more, at once, on every node; of the
keys of the configuration ([limits.keys])."""
import pytest

from harness import setups
from harness.limited import MODELS, bearer, key
from harness.mcp import Session, messages
from harness.toml import merged
from harness.waiting import eventually

SECRET, OTHER = "sk-canary-revoked-0123456789", "sk-canary-other-0123456789"


def keyed(**more):
    return merged({"limits": {"mode": "enforce", "keys": {
        "ci": key(SECRET, user="alice", tier="enterprise"),
        "laptop": key(OTHER, user="alice", tier="enterprise")}}}, more)


def told(node, mode, name="ci"):
    reply = node.admin(f"/admin/keys/{name}", {"mode": mode})
    assert reply.status == 200, reply
    return reply.json()


def status(node, secret=SECRET):
    return node.ask("GET", MODELS, headers=bearer(secret)).status


def test_a_revoked_key_is_refused_at_once_and_the_users_other_one_is_not(
        start, mock):
    node = start(merged(setups.config(a=setups.dependency(mock)), keyed()))
    assert (status(node), status(node, OTHER)) == (200, 200)
    delta = node.delta()
    assert told(node, "revoked") == {"key": "ci", "mode": "revoked",
                                     "kept": False}
    for reply in (node.ask("GET", MODELS, headers=bearer(SECRET)),
                  node.ask("GET", MODELS, headers={"x-api-key": SECRET}),
                  node.chat(setups.chat(), bearer(SECRET)),
                  node.ask("POST", "/v1/messages", {}, {"x-api-key": SECRET})):
        assert reply.status == 401, reply
        assert "revoked" in reply.text and SECRET not in reply.text
    assert mock.calls == 0
    assert status(node, OTHER) == 200
    assert node.telemetry()["keys"] == {"known": 2, "revoked": ["ci"]}
    assert delta("errors_total", code="auth.invalid_credentials") == 4
    told(node, "active")
    assert status(node) == 200
    assert SECRET not in node.stderr


@pytest.mark.parametrize("mode", ["enforce", "log_only", "disabled"])
def test_it_is_refused_whatever_the_limits_do(start, mode):
    node = start(keyed(limits={"mode": mode}))
    told(node, "revoked")
    assert status(node) == 401
    assert node.ask("GET", MODELS).status == 200


def test_its_session_and_its_streams_end(start):
    node = start(keyed())
    session = Session(node, headers=bearer(SECRET))
    kept = Session(node, headers=bearer(OTHER))
    with node.client() as client, node.client() as other:
        ends = session.listen(client)
        goes_on = kept.listen(other)
        assert (ends.status, goes_on.status) == (200, 200)
        told(node, "revoked")
        assert list(messages(client.stream(ends))) == []
        assert session.ask("ping").status == 401
        assert kept.result("ping") == {}
        eventually(lambda: node.metrics().value("mcp_streams_active") == 1)


def ended(node):
    node.terminate()
    assert node.wait() == 0


def test_it_outlives_the_node_where_that_keeps_anything(start, tmp_path):
    config = keyed(node={"data_dir": str(tmp_path)})
    node = start(config)
    assert told(node, "revoked")["kept"] is True
    ended(node)
    assert SECRET not in (tmp_path / "revoked_keys").read_text()
    again = start(config)
    assert status(again) == 401
    assert told(again, "active")["kept"] is True
    ended(again)
    assert status(start(config)) == 200


def test_a_key_that_somebody_put_into_the_file_is_not_told(start, tmp_path):
    (tmp_path / "revoked_keys").write_text(SECRET + "\n")
    node = start(keyed(node={"data_dir": str(tmp_path)}))
    assert status(node) == 200
    assert "revoked_keys:1" in node.stderr and SECRET not in node.stderr


def test_a_reload_does_not_give_it_back(start):
    node = start(keyed())
    told(node, "revoked")
    node.rewrite(keyed(http={"max_body": "2MiB"}))
    assert node.admin("/admin/reload").status == 200
    assert status(node) == 401


@pytest.mark.parametrize("name, body, expected", [
    ("ci", {}, 400), ("ci", {"mode": "gone"}, 400), ("ci", {"mode": 1}, 400),
    ("nobody", {"mode": "revoked"}, 404), ("", {"mode": "revoked"}, 404),
    (SECRET, {"mode": "revoked"}, 404)])
def test_what_is_wrong_is_said_and_changes_nothing(start, name, body, expected):
    node = start(keyed())
    reply = node.admin(f"/admin/keys/{name}", body)
    assert reply.status == expected, reply
    assert SECRET not in reply.text
    assert (status(node), node.telemetry()["keys"]["revoked"]) == (200, [])
