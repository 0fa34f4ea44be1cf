"""SPEC 5, 12: limits without Redis (`limits.store = "cluster"`). One node keeps
each client's windows; the bounds that README.md states hold while it is there,
is killed, is stopped, and where most of the nodes are gone. Limits of an hour:
no window moves on while a test runs."""
import os
import signal

import pytest

from harness import setups
from harness.cluster import Papers, cluster_of, join, killed, sees, whole
from harness.limited import MODELS, admitted, bearer, key, limits, rate
from harness.node import run
from harness.parallel import Background, together
from harness.toml import merged
from harness.waiting import eventually

HOUR = 30


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    return Papers(tmp_path_factory.mktemp("limits"))


def hourly(most=HOUR, **more):
    return merged(limits(0, limits={
        "store": "cluster", "tiers": {"anonymous": {"hour": most}}}),
        merged({"dependency": {"simulated": {"kind": "simulated"}}}, more))


def by(node, who):
    return node.metrics().value("rate_limiter_cluster_decisions_total", by=who)


def keeper_first(nodes):
    """The node that keeps this machine's windows, and the others; a request at
    each of them finds it out."""
    for node in nodes:
        assert admitted(node, 1) == 1
    keeper = [node for node in nodes if by(node, "keeper") > 0]
    assert len(keeper) == 1, [node.config["node"] for node in keeper]
    return keeper + [node for node in nodes if node is not keeper[0]]


def name_of(node):
    return node.config["node"]["name"]


def gone(node, whom):
    eventually(lambda: sees(node, **{name_of(whom): "gone"}), 20,
               f"the death of {name_of(whom)}")


def told(nodes):
    """How many of one request at each pass. With it each tells what came in
    through it, if whoever keeps the windows now has not asked for it before."""
    return sum(admitted(node, 1) for node in nodes)


def used_up(nodes):
    assert told(nodes) <= len(nodes)
    assert sum(admitted(node, 5) for node in nodes) == 0


def exactly(some, wanted, nodes):
    """To the last one, where no machine was so slow that a node decided for its
    share; else within what holds whatever happens."""
    if sum(by(node, "share") for node in nodes) == 0:
        assert some == wanted
    else:
        assert some <= 2 * wanted


def test_three_nodes_admit_n_together(start, papers):
    nodes = list(cluster_of(start, papers, **hourly()).values())
    of_each = together(9, lambda i: admitted(nodes[i % 3], HOUR // 3))
    exactly(sum(of_each), HOUR, nodes)
    for node in nodes:
        reply = node.ask("GET", MODELS)
        assert (reply.status, *rate(reply)) == (429, HOUR, 0)
        assert 1 <= int(reply.header("Retry-After")) <= 3600
    assert sum(by(node, "keeper") > 0 for node in nodes) == 1
    assert sum(node.metrics().value("rate_limiter_latency_seconds_count",
                                    store="cluster") for node in nodes) > HOUR


def test_what_is_left_is_one_number_at_all_nodes(start, papers):
    nodes = list(cluster_of(start, papers, **hourly()).values())
    shown = [rate(nodes[i % 3].ask("GET", MODELS)) for i in range(9)]
    if all(by(node, "share") == 0 for node in nodes):
        assert shown == [(HOUR, HOUR - 1 - i) for i in range(9)]
    assert shown[-1][1] < HOUR - 3


def test_keys_have_windows_of_their_own_wherever_these_are_kept(start, papers):
    secrets = [f"sk-cluster-canary-{i}" for i in range(12)]
    config = hourly(limits={
        "tiers": {"free": {"minute": 0, "hour": 4, "day": 0}},
        "keys": {f"k{i}": key(one, tier="free")
                 for i, one in enumerate(secrets)}})
    nodes = list(cluster_of(start, papers, **config).values())
    for one in secrets:
        exactly(sum(admitted(node, 3, bearer(one)) for node in nodes), 4, nodes)
    assert all(by(node, "keeper") > 0 for node in nodes), "12 keys, 3 keepers"


def test_a_busy_client_is_let_in_beforehand_and_by_a_twentieth_at_most(
        start, papers):
    most = 1200
    nodes = list(cluster_of(start, papers, **hourly(most)).values())
    of_each = together(6, lambda i: admitted(nodes[i % 3], most // 4))
    if all(by(node, "share") == 0 for node in nodes):
        assert 0.95 * most <= sum(of_each) <= 1.05 * most, of_each
    others = [node for node in nodes if by(node, "keeper") == 0]
    assert len(others) == 2
    for node in others:
        assert by(node, "lease") > by(node, "peer"), node.config["node"]


def test_when_the_keeper_dies_only_what_it_let_in_itself_is_forgotten(
        start, papers):
    keeper, *others = keeper_first(
        list(cluster_of(start, papers, **hourly()).values()))
    for node in (keeper, *others):
        assert admitted(node, 4) == 4 # five at each, with the first
    killed(keeper)
    for node in others:
        gone(node, keeper)
    passed = told(others)
    passed += sum(together(4, lambda i: admitted(others[i % 2], HOUR // 2)))
    exactly(passed, HOUR - 10, others)
    assert sum(by(node, "keeper") > 0 for node in others) == 1
    # Its next life is told what came in through the others.
    again = join(start, papers, name_of(keeper), others, **hourly())
    whole([*others, again])
    used_up((*others, again))


def test_a_keeper_that_is_stopped_stops_nobody_and_counts_afterwards(
        start, papers):
    keeper, *others = keeper_first(
        list(cluster_of(start, papers, **hourly()).values()))
    os.kill(keeper.pid, signal.SIGSTOP)
    try:
        # Of each tenth that is its share, one has passed already; who meets
        # another keeper in time has more.
        of_each = [admitted(node, HOUR) for node in others]
        assert all(HOUR // 3 - 1 <= one <= HOUR for one in of_each), of_each
        for node in others:
            gone(node, keeper)
        of_each += [told(others)] + [admitted(node, HOUR) for node in others]
    finally:
        os.kill(keeper.pid, signal.SIGCONT)
    assert HOUR - 2 <= sum(of_each) <= HOUR, of_each
    whole([keeper, *others])
    used_up((*others, keeper))


def test_a_node_that_does_not_see_most_of_them_admits_its_share(start, papers):
    keeper, other, last = keeper_first(
        list(cluster_of(start, papers, **hourly()).values()))
    killed(keeper)
    killed(other)
    assert admitted(last, HOUR) == HOUR // 3 - 1
    gone(last, keeper)
    gone(last, other)
    assert admitted(last, HOUR) == 0
    assert by(last, "share") > 0


def test_auto_is_the_cluster_where_there_is_one_and_no_store(start, papers):
    config = hourly(limits={"store": "auto"})
    nodes = list(cluster_of(start, papers, **config).values())
    exactly(sum(admitted(node, HOUR // 2) for node in nodes), HOUR, nodes)


def test_a_reload_moves_the_windows_and_what_was_spent_stays_spent(
        start, papers):
    nodes = list(cluster_of(start, papers, **hourly()).values())
    for node in nodes:
        assert admitted(node, 5) == 5
        node.rewrite(merged(node.config, {"limits": {"store": "memory"}}))
        assert node.admin("/admin/reload").status == 200
    for node in nodes: # what came in through it, and nothing of the others
        assert rate(node.ask("GET", MODELS)) == (HOUR, HOUR - 6)
        node.rewrite(merged(node.config, {"limits": {"store": "cluster"}}))
        assert node.admin("/admin/reload").status == 200
    for node in nodes:
        assert admitted(node, 1) == 1 # each has told what it knows
    exactly(HOUR - rate(nodes[0].ask("GET", MODELS))[1], 22, nodes)


def test_tokens_that_were_not_used_are_there_again_at_every_node(
        start, papers):
    """A completion reserves all that it may be; most of it comes back."""
    config = hourly(0, limits={"tiers": {"anonymous": {
        "tokens_per_minute": 1000}}})
    nodes = list(cluster_of(start, papers, **config).values())
    for i in range(6):
        node = nodes[i % 3]
        eventually(lambda n=node: n.chat(setups.chat(
            model="simulated/small", max_tokens=600)).status == 200, 20,
            f"the tokens of the one before, at {name_of(node)}")


def test_a_node_that_drains_tells_what_its_last_call_has_cost(
        start, papers, mock):
    """Else what was reserved for it would be gone for a minute."""
    mock.always("ok", delay_ms=1_500)
    config = hourly(
        limits={"tiers": {"anonymous": {"tokens_per_minute": 1000}}},
        node={"drain_timeout": "10s"},
        **setups.config(a=setups.dependency(mock)))
    keeper, one, other = keeper_first(
        list(cluster_of(start, papers, **config).values()))
    last = Background(lambda: one.chat(setups.chat(max_tokens=900)))
    eventually(lambda: mock.calls == 1)
    one.terminate()
    assert last.result().status == 200
    assert one.wait() == 0
    for node in (keeper, other):
        eventually(lambda n=node: n.chat(setups.chat(
            max_tokens=600)).status == 200, 20, f"tokens at {name_of(node)}")


def test_cluster_without_a_cluster_is_refused(tmp_path):
    file = tmp_path / "caisson.toml"
    file.write_text('[limits]\nstore = "cluster"\n')
    done = run("check-config", "--config", file)
    assert done.returncode == 78, done
    assert "caisson.toml:2:" in done.stderr
    assert "cluster.enabled is false" in done.stderr
