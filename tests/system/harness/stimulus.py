"""Something of everything that dashboards and alerts show, through the socket.

Each class is a node that a dashboard looks at. `act` makes its events happen,
and may be called again: a counter that is born with its first event has a rate
only from its second on. `families` are those that nobody else stirs, `said` the
values of labels, `parts` the folders of sources without which there are none.
"""
import contextlib

from . import limited, setups
from .mock import Mock
from .node import Node
from .parallel import together
from .redis import Redis
from .waiting import eventually

FAIL = {"do": "status", "status": 500}
SLOW = {"do": "ok", "delay_ms": 150}


class Stimulus:
    """A node and what is around it; whatever has started ends with it, or
    when something else does not start."""
    families, said, parts = set(), set(), ()

    def __init__(self):
        with contextlib.ExitStack() as started:
            self.mock = started.enter_context(Mock())
            self.node = started.enter_context(
                Node(self._config(started.enter_context)))
            self.stop = started.pop_all().close


class Resilience(Stimulus):
    """Dependencies in every kind of trouble; `b` is the one that is well."""
    families = {"circuit_breaker_state_gauge", "llm_cost_usd_total"}

    def _config(self, start):
        well = start(Mock())

        def troubled(**tables):
            return setups.dependency(self.mock, **tables)

        config = setups.config(
            a=troubled(retry={"attempts": 2}, timeout="250ms"),
            b=setups.dependency(well, models=["n"]))
        config["dependency"] |= {
            "frail": troubled(breaker={"failures": 1, "open_for": "50ms",
                                       "jitter": False}),
            "narrow": troubled(bulkhead={"concurrency": 1, "queue": 1,
                                         "queue_timeout": "5s"})}
        config["prices"] = {"a/m": {"input": 1.0, "output": 2.0}}
        config["models"]["hedged"] = {"chain": ["a/m", "b/n"],
                                      "hedge_after": "30ms"}
        return config

    def chat(self, model="a/m", **more):
        return self.node.chat(setups.chat(model=model, **more))

    def act(self):
        for event in (self.plain, self.retries, self.storm, self.time_out,
                      self.fallback, self.streams, self.hedge, self.crowd,
                      self.breaker, self.reload):
            self.mock.reset()
            event()
        self.mock.reset()

    def plain(self):
        assert self.chat().status == 200
        assert self.chat("b/n", stream=True).status == 200

    def retries(self):
        self.mock.script(FAIL)
        assert self.chat().status == 200, "a retry saves it"
        self.mock.always(**FAIL)
        assert self.chat().status >= 500, "no retry saves it"

    def storm(self):
        """More failures at once than the budget has retries for."""
        self.mock.always(**FAIL)
        together(12, lambda _: self.chat())

    def time_out(self):
        self.mock.always("hang")
        assert self.chat().status >= 500

    def fallback(self):
        self.mock.always(**FAIL)
        assert self.chat("chain").status == 200, "b answers for a"

    def streams(self):
        """One that goes on elsewhere, one that cannot."""
        self.mock.always("cut", after=3)
        self.chat("chain", stream=True)
        self.chat(stream=True)

    def hedge(self):
        """The second wins, and the first is given up."""
        self.mock.script(SLOW)
        assert self.chat("hedged").status == 200

    def crowd(self):
        """Of three at once one is served, one waits, one is refused."""
        self.mock.always(**SLOW)
        together(3, lambda _: self.chat("narrow/m"))

    def breaker(self):
        """Opens, refuses, probes, closes."""
        self.mock.script(FAIL)
        self.chat("frail/m")
        self.chat("frail/m")
        eventually(lambda: self.chat("frail/m").status == 200)

    def reload(self):
        """One that is refused, one that is not."""
        self.node.rewrite(text="nonsense = 1\n")
        assert self.node.admin("/admin/reload").status != 200
        self.node.rewrite()
        assert self.node.admin("/admin/reload").status == 200


class Limits(Stimulus):
    """Clients of two tiers beyond their limits."""
    families = {"rate_limit_exceeded_total", "rate_limit_remaining",
                "rate_limiter_latency_seconds"}
    parts = ("actors/limits",)

    def _config(self, start):
        return {
            "dependency": {"a": setups.dependency(self.mock)},
            **limited.limits(limits={
                "tiers": {"free": {"minute": 3}},
                "keys": {"acme": limited.key(tier="free")}})}

    def act(self):
        """Some pass, some do not."""
        for who in ({}, limited.bearer()):
            for _ in range(3):
                self.node.ask("GET", "/v1/models", headers=who)
                self.node.chat(setups.chat(model="a/m"), who)


class SharedLimits(Limits):
    """The same with counts in Redis, which falls silent for a while."""
    families = {"rate_limiter_redis_errors_total"}
    said = {("store", "redis")}
    parts = ("actors/limits", "server/redis")

    def _config(self, start):
        self.redis = start(Redis())
        config = super()._config(start)
        # An open breaker would keep Redis out of what comes next.
        config["dependency"]["store"] = self.redis.dependency(
            breaker={"failures": 1000})
        config["limits"]["store"] = "redis"
        return config

    def act(self):
        super().act()
        self.redis.pause()
        super().act()
        self.redis.go_on()


class Caching(Stimulus):
    """Questions that were asked before, at once, or never; a first layer that
    has room for two."""
    families = {"cache_hits_total", "cache_misses_total", "cache_hit_rate",
                "cache_latency_seconds", "cache_evictions_total",
                "cache_size_bytes", "cache_saved_tokens_total",
                "cache_refused_total", "cache_coalesced_total",
                "cache_invalidations_total"}
    said = {("layer", "l2")}
    parts = ("actors/cache", "server/redis")

    def _config(self, start):
        self.asked = 0
        return {
            "node": {"io_threads": 1},
            "dependency": {"a": setups.dependency(self.mock),
                           "store": start(Redis()).dependency()},
            "limits": {"mode": "disabled"},
            "cache": {"l1_entries": 2, "l2": "redis"}}

    def ask(self, text):
        reply = self.node.chat(setups.chat(text, "a/m", temperature=0))
        assert reply.status == 200, reply
        return reply.header("X-Caisson-Cache")

    def act(self):
        self.mock.reset()
        self.asked += 1
        words = [f"{self.asked}.{at}" for at in range(4)]
        for text in words:
            self.ask(text)
        assert self.ask(words[-1]) == "l1"
        assert self.ask(words[0]) == "l2"
        self.mock.always(**SLOW)
        together(3, lambda _: self.ask(f"{self.asked} at once"))
        reply = self.node.admin("/admin/cache/invalidate",
                                {"namespace": "llm"})
        assert reply.status == 200, reply
