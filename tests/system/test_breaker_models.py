"""per_model = true: each model of a dependency has a breaker of its own."""
import pytest

from harness import setups
from harness.supervised import FAIL, refused_open
from harness.waiting import eventually


@pytest.fixture
def node(start, mock):
    return start({
        "dependency": {"a": setups.dependency(
            mock, models=["big", "small"],
            breaker={"failures": 2, "open_for": "60s", "per_model": True})},
        "models": {"either": {"chain": ["a/big", "a/small"]}}})


def ask(node, model):
    return node.chat(setups.chat(model=model))


def open_big(node, mock):
    """Only `big` fails, until its breaker is open."""
    mock.script({**FAIL, "times": "forever", "match": {"model": "big"}})
    assert [ask(node, "a/big").status for _ in range(2)] == [502] * 2
    eventually(lambda: node.metrics().breaker("a/big") == "open", 2)


def shown(node):
    return {one["service"]: one["state"]
            for one in node.dependency("a")["breaker"]["models"]}


def test_the_breaker_of_one_model_leaves_the_other_alone(node, mock):
    open_big(node, mock)
    calls = mock.calls
    refused_open(ask(node, "a/big"))
    assert mock.calls == calls, "an open breaker touched the provider"
    assert [ask(node, "a/small").status for _ in range(3)] == [200] * 3


def test_each_model_has_its_metrics(node, mock):
    """The label is service="dependency/model"."""
    open_big(node, mock)
    ask(node, "a/big")
    ask(node, "a/small")
    scrape = node.metrics()
    assert scrape.breaker("a/big") == "open"
    assert scrape.breaker("a/small") == "closed"
    transition = {"from": "closed", "to": "open"}
    for service, number in (("a/big", 1), ("a/small", 0)):
        assert scrape.value("circuit_breaker_transitions_total",
                            service=service, **transition) == number
        assert scrape.value("circuit_breaker_rejections_total",
                            service=service) == number


def test_telemetry_shows_each_model(node, mock):
    assert shown(node) == {"a/big": "closed", "a/small": "closed"}
    open_big(node, mock)
    assert shown(node) == {"a/big": "open", "a/small": "closed"}


def test_the_dependency_is_as_open_as_its_least_open_model(node, mock):
    """With that one it still answers somebody."""
    open_big(node, mock)
    assert node.breaker("a") == "closed"
    mock.always(**FAIL)
    for _ in range(2):
        ask(node, "a/small")
    eventually(lambda: node.breaker("a") == "open", 2)


def test_the_chain_goes_from_one_model_to_the_other(node, mock):
    open_big(node, mock)
    reply = ask(node, "either")
    assert reply.status == 200
    assert reply.header("X-Caisson-Model") == "small"
    assert node.metrics().value("fallback_used_total", service="a",
                                strategy="breaker_open") == 1


def test_failures_of_two_models_do_not_add_up(node, mock):
    mock.always(**FAIL)
    assert [ask(node, model).status for model in ("a/big", "a/small")] \
        == [502] * 2
    assert set(shown(node).values()) == {"closed"}


def test_the_hand_of_the_operator_is_on_all_of_them(node, mock):
    node.set_breaker("a", "forced_open")
    for model in ("a/big", "a/small"):
        refused_open(ask(node, model))
    assert mock.calls == 0
    node.set_breaker("a", "disabled")
    mock.always(**FAIL)
    assert [ask(node, "a/big").status for _ in range(4)] == [502] * 4


def test_a_reload_leaves_a_models_breaker_as_it_is(node, mock):
    """SPEC 2: a reload disturbs nothing."""
    open_big(node, mock)
    node.rewrite({"dependency": {"a": {"breaker": {"open_for": "50s"}}}})
    assert node.admin("/admin/reload").status == 200
    assert shown(node)["a/big"] == "open"
    refused_open(ask(node, "a/big"))


def test_without_it_the_models_share_one(start, mock):
    node = start({"dependency": {"a": setups.dependency(
        mock, models=["big", "small"], breaker={"failures": 2})}})
    mock.script({**FAIL, "times": "forever", "match": {"model": "big"}})
    for _ in range(2):
        ask(node, "a/big")
    eventually(lambda: node.breaker("a") == "open", 2)
    refused_open(ask(node, "a/small"))
    assert "models" not in node.dependency("a")["breaker"]


def test_a_made_up_model_has_none_of_its_own(node):
    """SPEC 10: labels come from bounded sets: no model name that is not
    configured."""
    assert ask(node, "a/made-up").status == 200
    assert set(shown(node)) == {"a/big", "a/small"}
    assert "made-up" not in node.metrics().text
