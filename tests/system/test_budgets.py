"""SPEC 5: LLM tokens and money: reserved before a call, settled after it, given
back exactly once where it came to nothing."""
import pytest

from harness import setups, wire
from harness.limited import bearer, key
from harness.parallel import together
from harness.supervised import FAIL
from harness.toml import merged
from harness.waiting import eventually

USAGE = {"input": 20, "output": 30}


def limited(mock, prices=None, **more):
    """One key with limits of tokens or money, and no other limit."""
    return merged(setups.config(a=setups.dependency(mock)), {
        "limits": {"mode": "enforce", "keys": {
            "alice": key(tier="enterprise", **more)}},
        "prices": {"a/m": prices} if prices else {}})


def tokens(mock, most=1000):
    return limited(mock, tokens_per_minute=most)


def ask(node, most, within=10.0, **more):
    return node.chat(setups.chat(max_tokens=most, **more), bearer(), within)


def fits(node, most):
    """Whether a request of about so many tokens would be let in; costs them,
    unless the mock is told to fail."""
    return ask(node, most).status != 429


def left(node, mock):
    """What is left of 1 000 tokens, to about 50: by requests that come to
    nothing and so are given back."""
    mock.always(**FAIL)
    for most in range(950, 0, -50):
        if fits(node, most):
            return most
    return 0


def test_what_was_reserved_too_much_comes_back(start, mock):
    mock.always("ok", usage=USAGE)
    node = start(tokens(mock))
    delta = node.delta()
    # Each reserves over 500; two at a time would not fit.
    assert [ask(node, 500).status for _ in range(8)] == [200] * 8
    reply = ask(node, 600)  # 8 x 50 are spent
    assert (reply.status, reply.code) == (429, "rate_limit.exceeded")
    assert 1 <= int(reply.header("Retry-After")) <= 60
    error = reply.json()["error"]
    assert error["metadata"]["tier"] == "enterprise"
    assert error["metadata"]["limit"] == 1000
    assert "tokens" in error["message"]
    assert ask(node, 500).status == 200
    assert delta("rate_limit_exceeded_total", tier="enterprise",
                 endpoint="llm", limit_type="tokens") == 1
    assert mock.calls == 9


def test_what_was_reserved_too_little_is_owed(start, mock):
    mock.always("ok", usage={"input": 20, "output": 2000})
    node = start(tokens(mock))
    assert ask(node, 10).status == 200
    assert ask(node, 1).status == 429


def test_without_a_count_the_estimate_stands(start, mock):
    mock.always("ok", usage=None)
    node = start(tokens(mock))
    assert [ask(node, 400).status for _ in range(3)] == [200, 200, 429]


def test_a_failed_call_gives_all_of_it_back(start, mock):
    mock.always(**FAIL)
    node = start(tokens(mock))
    assert 429 not in [ask(node, 900).status for _ in range(5)]
    # Once: not more than there was.
    mock.always("ok", usage={"input": 400, "output": 560})
    assert ask(node, 900).status == 200
    assert ask(node, 30).status == 429


def test_what_the_node_itself_refuses_costs_nothing(start, mock):
    node = start(tokens(mock))
    for _ in range(5):
        assert ask(node, 900, model="nobody's").status == 404
        assert node.chat("{", bearer()).status == 400
    assert ask(node, 900).status == 200


def test_a_client_that_leaves_gets_all_of_it_back(start, mock):
    mock.always("hang")
    node = start(tokens(mock))
    with node.client() as client:
        client.send(wire.request_bytes("POST", "/v1/chat/completions",
                                       setups.chat(max_tokens=900),
                                       bearer()))
        eventually(lambda: mock.calls == 1, 5)
        assert not fits(node, 500)
    mock.always(**FAIL)
    eventually(lambda: fits(node, 900), 5)


def test_many_at_once_reserve_no_more_than_there_is(start, mock):
    mock.always("hang")
    node = start(merged(tokens(mock), {"dependency": {"a": {
        "timeout": "1s", "bulkhead": {"concurrency": 50}}}}))
    statuses = together(20, lambda _: ask(node, 280, within=20).status)
    assert statuses.count(429) == 17, statuses
    assert mock.calls == 3


def test_a_stream_is_settled_by_its_count(start, mock):
    mock.always("ok", chunks=["one ", "two "], usage=USAGE)
    node = start(tokens(mock))
    for _ in range(4):
        reply = ask(node, 700, stream=True)
        assert reply.status == 200 and "two" in reply.text
    assert 700 <= left(node, mock) <= 800


def test_a_stream_that_is_cut_costs_what_was_delivered(start, mock):
    mock.always("cut", chunks=["word "] * 40, after=20)
    node = start(tokens(mock))
    assert ask(node, 900, stream=True).status == 200
    assert 800 <= left(node, mock) <= 950


def test_a_request_beyond_all_of_it_is_let_in_alone(start, mock):
    """Its estimate is no more than that; what it takes is owed."""
    mock.always("ok", usage=USAGE)
    node = start(tokens(mock))
    assert ask(node, 100_000).status == 200
    assert ask(node, 100_000).status == 429


PRICES = {"input": 1000.0, "output": 2000.0}  # an answer costs 0.08 USD


def test_a_budget_is_spent_by_what_answers_cost(start, mock):
    mock.always("ok", usage=USAGE)
    node = start(limited(mock, PRICES, budget_usd_per_day=0.25))
    assert [ask(node, 10).status for _ in range(2)] == [200, 200]
    reply = ask(node, 40)  # about 0.11 of 0.09 left
    assert (reply.status, reply.code) == (429, "quota.exceeded")
    assert reply.json()["error"]["metadata"]["limit"] == 0.25
    assert int(reply.header("Retry-After")) > 80_000
    assert ask(node, 10).status == 200
    assert ask(node, 1).status == 429
    metrics = node.metrics()
    assert metrics.value("llm_cost_usd_total", provider="a",
                         model="m") == pytest.approx(0.24)
    assert metrics.value("rate_limit_exceeded_total", tier="enterprise",
                         endpoint="llm", limit_type="budget") == 2


def test_anthropics_clients_have_the_same_budget(start, mock):
    mock.always("ok", usage=USAGE)
    node = start(limited(mock, PRICES, budget_usd_per_day=0.1))
    body = {"model": "chain", "max_tokens": 10,
            "messages": [{"role": "user", "content": "hi"}]}
    headers = {"x-api-key": bearer()["Authorization"].split()[1]}
    assert node.ask("POST", "/v1/messages", body, headers).status == 200
    reply = node.ask("POST", "/v1/messages", body, headers)
    assert (reply.status, reply.code) == (429, "quota.exceeded")
    assert reply.json()["type"] == "error"


def test_a_failed_call_costs_no_money(start, mock):
    mock.always(**FAIL)
    node = start(limited(mock, PRICES, budget_usd_per_day=0.1))
    assert 429 not in [ask(node, 10).status for _ in range(5)]
    assert node.metrics().value("llm_cost_usd_total") == 0


def test_costs_are_told_of_clients_without_a_budget_too(start, mock):
    mock.always("ok", usage=USAGE)
    config = limited(mock, PRICES)
    node = start(merged(config, {"limits": {"mode": "disabled"}}))
    assert node.metrics().value("llm_cost_usd_total", default=-1,
                                provider="a", model="m") == 0
    assert node.chat(setups.chat()).status == 200
    assert node.metrics().value("llm_cost_usd_total") == pytest.approx(0.08)


def test_log_only_counts_and_passes(start, mock):
    mock.always("ok", usage=None)
    node = start(merged(tokens(mock), {"limits": {"mode": "log_only"}}))
    delta = node.delta()
    assert [ask(node, 600).status for _ in range(3)] == [200] * 3
    assert delta("rate_limit_exceeded_total", limit_type="tokens") == 2


def test_a_price_of_nothing_that_is_there_is_named(start, mock):
    node = start(limited(mock))
    good = node.file.read_text()
    node.rewrite(text=good + '\n[prices."nobody/m"]\ninput = 1.0\n')
    reply = node.admin("/admin/reload")
    assert reply.status == 500 and "which is no provider" in reply.text
    node.rewrite(text=good)
