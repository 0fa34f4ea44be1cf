"""config/kong/kong.yml: the gateway layer holds the limits that the node holds,
and is of the form that Kong reads.

Kong itself is not packaged: the fields below are those of its schemas (3.10,
kong/db/schema/entities and kong/plugins/*/schema.lua). That it starts with the
file is not shown here."""
import re
import tomllib

import pytest
import yaml

from harness import limited, setups
from harness.node import ROOT, Node

FILE = ROOT / "config/kong/kong.yml"
TIERS = ROOT / "actors/limits/settings.hpp"
KONG = yaml.safe_load(FILE.read_text())
[SERVICE] = KONG["services"]
CONSUMERS = {one["username"]: one for one in KONG["consumers"]}
WINDOWS = ("minute", "hour", "day")

ANY = {"id", "tags"}
ENTITIES = {
    "": {"_format_version", "_transform", "services", "consumers", "plugins"},
    "services": ANY | {
        "name", "url", "protocol", "host", "port", "path", "retries",
        "connect_timeout", "write_timeout", "read_timeout", "enabled",
        "routes", "plugins"},
    "routes": ANY | {
        "name", "protocols", "methods", "hosts", "paths", "headers", "snis",
        "https_redirect_status_code", "regex_priority", "strip_path",
        "preserve_host", "request_buffering", "response_buffering",
        "path_handling", "plugins"},
    "consumers": ANY | {"username", "custom_id", "plugins",
                        "keyauth_credentials"},
    "plugins": ANY | {"name", "instance_name", "enabled", "protocols",
                      "config"},
}


def whole(value):
    return type(value) is int and value > 0


def yes_no(value):
    return isinstance(value, bool)


def text(value):
    return isinstance(value, str) and value != ""


def texts(value):
    return isinstance(value, list) and value and all(map(text, value))


def one_of(*values):
    return lambda value: value in values


PLUGINS = {
    "key-auth": {
        "key_names": texts, "key_in_header": yes_no, "key_in_query": yes_no,
        "key_in_body": yes_no, "hide_credentials": yes_no, "anonymous": text,
        "realm": text, "run_on_preflight": yes_no},
    "request-size-limiting": {
        "allowed_payload_size": whole,
        "size_unit": one_of("bytes", "kilobytes", "megabytes"),
        "require_content_length": yes_no},
    "correlation-id": {
        "header_name": text,
        "generator": one_of("uuid", "uuid#counter", "tracker"),
        "echo_downstream": yes_no},
    # Without a database, so without the policy "cluster".
    "rate-limiting": {
        **dict.fromkeys(("second", *WINDOWS, "month", "year"), whole),
        "limit_by": one_of("consumer", "credential", "ip", "service"),
        "policy": one_of("local", "redis"),
        "fault_tolerant": yes_no, "hide_client_headers": yes_no,
        "error_code": whole, "error_message": text},
}
# Kong refuses these beside a consumer: they say who it is.
NOT_OF_A_CONSUMER = {"key-auth"}


def entities(kind, one):
    """[(kind, entity), …]: this one and all that stand inside it."""
    yield kind, one
    for name in ("services", "routes", "consumers", "plugins"):
        for child in one.get(name, []):
            yield from entities(name, child)


def plugins(of):
    return {one["name"]: one.get("config", {}) for one in of["plugins"]}


def documented(option):
    """The default of an option, as config/caisson.toml has it."""
    section, name = option.split(".")
    document = tomllib.loads((ROOT / "config/caisson.toml").read_text())
    return document[section][name]


def number(text):
    """Milliseconds or bytes of "120s", "4MiB"."""
    value, unit = re.fullmatch(r"(\d+)(\w+)", text).groups()
    return int(value) * {"ms": 1, "s": 1000, "m": 60000, "B": 1,
                         "KiB": 1 << 10, "MiB": 1 << 20}[unit]


def tiers():
    """{tier: (minute, hour, day)} as the code has them; 0 is no limit."""
    [body] = re.findall(r"struct tiers_settings \{(.*?)\n\};",
                        TIERS.read_text(), re.S)
    found = re.findall(r"tier_settings (\w+)\{([^}]*)\};", body)
    assert len(found) >= 5, "the tier table is written in another way"
    return {name: tuple(([int(one.replace("'", "")) for one in
                          numbers.split(",") if one.strip()] + [0] * 3)[:3])
            for name, numbers in found}


# --- what it says -----------------------------------------------------------

def test_each_tier_has_the_limits_that_the_node_has():
    """SPEC 5. Without a key nobody passes here, so one tier is not."""
    table = tiers()
    del table["anonymous"]
    assert set(CONSUMERS) == set(table)
    for name, limits in table.items():
        consumer = CONSUMERS[name]
        if not any(limits):
            assert "plugins" not in consumer, f"{name} has no limit"
            continue
        have = plugins(consumer)["rate-limiting"]
        assert tuple(have.get(one, 0) for one in WINDOWS) == limits, name


def test_each_key_is_counted_by_itself():
    for name, consumer in CONSUMERS.items():
        for plugin in consumer.get("plugins", []):
            assert plugin["config"]["limit_by"] == "credential", name


def test_nobody_passes_without_a_key():
    auth = plugins(SERVICE)["key-auth"]
    assert "anonymous" not in auth
    assert auth["key_in_query"] is False, "keys would stand in logs"
    assert all(route["protocols"] == ["https"] for route in SERVICE["routes"])


def test_the_largest_body_is_that_of_the_node():
    size = plugins(SERVICE)["request-size-limiting"]
    assert size["size_unit"] == "bytes"
    assert size["allowed_payload_size"] == number(documented("http.max_body"))


def test_the_node_is_the_one_that_gives_up_first_and_that_retries():
    assert SERVICE["retries"] == 0
    assert SERVICE["read_timeout"] > number(
        documented("http.request_timeout"))
    host = documented("http.bind")
    assert SERVICE["url"] == f"http://{host}:{documented('http.port')}"


def test_there_is_no_secret():
    """Keys stand in a file of their own."""
    assert not any("keyauth_credentials" in one for one in CONSUMERS.values())
    written = "\n".join(line.split("#")[0]
                        for line in FILE.read_text().splitlines())
    assert not re.search(r"password|secret|token|\bkey:|bearer", written, re.I)


# --- what the node says to it -----------------------------------------------

@pytest.fixture(scope="module")
def node(session_mocks):
    config = setups.config(a=setups.dependency(session_mocks[0]))
    config["limits"] = {"mode": "enforce",
                        "keys": {"acme": limited.key(tier="premium")}}
    with Node(config) as node:
        yield node


@pytest.mark.parametrize("method, path", [
    (method, path.removeprefix("~").removesuffix("$"))
    for route in SERVICE["routes"] for method in route["methods"]
    for path in route["paths"]])
def test_each_route_is_one_of_the_node(node, method, path):
    """Which answers it, if only with what is missing."""
    reply = node.ask(method, path, {} if method == "POST" else None)
    assert reply.status in (200, 400), reply
    assert reply.code != "validation.not_found"


@pytest.mark.parametrize("header", plugins(SERVICE)["key-auth"]["key_names"])
def test_the_node_reads_a_key_where_kong_does(node, header):
    """So both know the tier. "Bearer KEY" is what Kong has stored for it."""
    assert plugins(SERVICE)["key-auth"]["hide_credentials"] is False
    key = {"authorization": "Bearer "}.get(header, "") + limited.SECRET
    reply = node.ask("GET", "/v1/models", headers={header: key})
    without = node.ask("GET", "/v1/models")
    of_premium, _, _ = tiers()["premium"]
    assert int(reply.header("X-RateLimit-Limit")) == of_premium
    assert int(without.header("X-RateLimit-Limit")) < of_premium


def test_the_node_keeps_the_id_that_it_is_given(node):
    [correlation] = KONG["plugins"]
    assert correlation["name"] == "correlation-id"
    name = correlation["config"]["header_name"]
    given = "5d4c1d1a-6a3e-4a57-8c39-6f5b3a1de0f7"
    reply = node.ask("GET", "/v1/models", headers={name: given})
    assert reply.all(name) == [given]


# --- whether Kong can read it -----------------------------------------------

ALL = list(entities("", KONG))


def test_it_is_of_the_declarative_format():
    assert KONG["_format_version"] == "3.0"
    for kind, one in ALL:
        assert set(one) <= ENTITIES[kind], f"{kind}: {set(one)}"


def test_names_are_of_one_each():
    for kind in ("services", "routes", "consumers"):
        names = [one.get("name") or one["username"] for which, one in ALL
                 if which == kind]
        assert len(set(names)) == len(names), names


@pytest.mark.parametrize("plugin", [
    one for kind, one in ALL if kind == "plugins"],
    ids=lambda one: one["name"])
def test_a_plugin_is_told_what_it_understands(plugin):
    known = PLUGINS[plugin["name"]]
    for name, value in plugin["config"].items():
        assert name in known, f"{plugin['name']} knows no {name}"
        assert known[name](value), f"{plugin['name']}: {name} is {value!r}"


def test_a_longer_window_has_no_lower_limit():
    """Kong refuses a plugin that says so, and one without any window."""
    for consumer in CONSUMERS.values():
        for plugin in consumer.get("plugins", []):
            assert plugin["name"] not in NOT_OF_A_CONSUMER
            limits = [plugin["config"][one] for one in WINDOWS]
            assert limits == sorted(limits)


def test_paths_are_of_the_form_that_kong_reads():
    """A prefix begins with /, a pattern with ~/; and both schemes at a time
    or one of them, with a method, a host, a header or a path to tell it by."""
    for route in SERVICE["routes"]:
        assert route["paths"] and route["methods"]
        assert set(route["protocols"]) <= {"http", "https"}
        for path in route["paths"]:
            assert re.match(r"(~\^?)?/", path), path
            re.compile(path.removeprefix("~"))
            assert route["strip_path"] is False, "the node knows whole paths"
