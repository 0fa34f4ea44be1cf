"""SPEC 5: who a client is: its user, else its address; and what it may not make
the node believe."""
import pytest

from harness.limited import (MODELS, admitted, bearer, key, limits, rate)
from harness.toml import merged


def keyed(**more):
    return merged(limits(2), {"limits": {"keys": {
        "alice": key("secret-a", user="alice@example.com", tier="standard"),
        "laptop": key("secret-b", user="alice@example.com", tier="standard"),
        "bob": key("secret-c"),
        "root": key("secret-d", tier="enterprise")}}, **more})


def test_each_tier_has_its_limits(start):
    node = start(keyed())
    told = [rate(node.ask("GET", MODELS, headers=headers))
            for headers in (None, bearer("secret-c"), bearer("secret-a"),
                            bearer("secret-d"))]
    assert told == [(2, 1), (60, 59), (300, 299), (None, None)]


def test_keys_of_one_user_share_and_others_do_not(start):
    node = start(keyed())
    left = [rate(node.ask("GET", MODELS, headers=bearer(secret)))[1]
            for secret in ("secret-a", "secret-b", "secret-a", "secret-c")]
    assert left == [299, 298, 297, 59]


def test_a_key_is_taken_from_either_field(start):
    node = start(keyed())
    for headers in ({"x-api-key": "secret-a"},
                    {"Authorization": "bearer secret-a"}):
        assert rate(node.ask("GET", MODELS, headers=headers))[0] == 300


def test_a_made_up_key_makes_no_client(start):
    """Else whoever makes some up has a quota for each."""
    node = start(keyed())
    total = sum(admitted(node, 2, bearer(f"made-up-{i}")) for i in range(5))
    assert total == 2
    assert rate(node.ask("GET", MODELS)) == (2, 0)


STRANGE = ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer " + "x" * 9000,
           "Digest a=b", "secret-a", "Bearer secret-a extra", "\x80\xff"]


@pytest.mark.parametrize("shown", STRANGE)
def test_a_malformed_field_is_anonymous(start, shown):
    node = start(keyed())
    reply = node.ask("GET", MODELS, headers={"Authorization": shown})
    assert (reply.status, *rate(reply)) == (200, 2, 1)


@pytest.mark.parametrize("shown", STRANGE + ["Bearer unknown"])
def test_or_it_is_refused_where_that_is_wanted(start, shown):
    node = start(merged(keyed(), {"limits": {"unknown_keys": "refuse"}}))
    reply = node.ask("GET", MODELS, headers={"Authorization": shown})
    assert (reply.status, reply.code) == (401, "auth.invalid_credentials")
    assert reply.header("WWW-Authenticate") == "Bearer"
    assert "secret" not in reply.text
    # Without any it is anonymous all the same, and with a good one welcome.
    assert node.ask("GET", MODELS).status == 200
    assert node.ask("GET", MODELS, headers=bearer("secret-c")).status == 200


def test_a_client_cannot_say_where_it_comes_from(start):
    node = start(limits(2))
    statuses = [node.ask("GET", MODELS,
                         headers={"X-Forwarded-For": f"9.9.9.{i}"}).status
                for i in range(4)]
    assert statuses == [200, 200, 429, 429]


def test_a_trusted_proxy_can(start):
    node = start(limits(2, http={"trusted_proxies": ["127.0.0.0/8"]}))

    def ask(forwarded):
        return rate(node.ask("GET", MODELS,
                             headers={"X-Forwarded-For": forwarded}))[1]

    assert [ask("9.9.9.1"), ask("9.9.9.2"), ask("9.9.9.1")] == [1, 1, 0]
    # What stands left of the hop that the proxy wrote is the client's word.
    assert ask("1.2.3.4, 9.9.9.2") == 0
    assert ask("9.9.9.3, 127.0.0.9") == 1
    # Garbage is nobody: the proxy itself is the client.
    assert [ask("nonsense"), ask("1.1.1.1, also nonsense")] == [1, 0]


def test_a_host_of_ipv6_has_one_limit_for_its_64(start):
    node = start(limits(2, http={"trusted_proxies": ["127.0.0.1"]}))

    def ask(forwarded):
        return node.ask("GET", MODELS,
                        headers={"X-Forwarded-For": forwarded}).status

    addresses = [f"2001:db8:1:2::{i}" for i in range(1, 4)]
    assert [ask(one) for one in addresses] == [200, 200, 429]
    assert ask("2001:db8:1:3::1") == 200


@pytest.mark.parametrize("table, says", [
    ({"alice": {}}, "limits.keys.alice has no sha256"),
    ({"alice": {"sha256": "abc"}}, "limits.keys.alice.sha256 is no SHA-256"),
    ({"alice": key(), "bob": key()}, "is the same key as"),
    ({"alice": key(tier="gold")}, 'limits.keys.alice.tier is "gold"'),
    ({"Al ice": key()}, "is no name for a key"),
    ({"alice": key(user="a b")}, "is no name of a user"),
    ({"alice": key(colour="red")}, 'unknown key "limits.keys.alice.colour"'),
])
def test_a_wrong_key_table_is_named(start, table, says):
    node = start(limits(1))
    good = node.file.read_text()
    node.rewrite(merged({}, {"limits": {"keys": table}}))
    reply = node.admin("/admin/reload")
    assert reply.status == 500 and says in reply.text.replace('\\"', '"'), reply
    node.rewrite(text=good)
