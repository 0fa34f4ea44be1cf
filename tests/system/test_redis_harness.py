"""The harness of Redis servers itself; needs no binary."""
import pytest

from harness import pki
from harness.redis import BINARY, Cluster, Redis, Sentinels
from harness.resp import ErrorReply

pytestmark = pytest.mark.skipif(not BINARY, reason="no redis-server")


def test_a_server_starts_answers_and_comes_back_on_its_port(redis):
    assert redis.ask("SET", "a", "1") == "OK"
    assert redis.keys() == ["a"]
    port = redis.port
    redis.restart()
    assert redis.port == port and redis.keys() == []


def test_a_paused_server_is_silent_until_it_goes_on(redis):
    talk = redis.connect()
    redis.pause()
    talk.socket.settimeout(0.05)
    with pytest.raises(OSError):
        talk.ask("PING")
    redis.go_on()
    assert redis.ask("PING") == "PONG"


def test_users_have_passwords_and_rights():
    with Redis(users={"node": ("secret", "~mine:* +get +set")}) as redis:
        talk = redis.connect("node", "secret")
        assert talk.ask("SET", "mine:a", "1") == "OK"
        with pytest.raises(ErrorReply, match="NOPERM"):
            talk.ask("SET", "other", "1")
        made = redis.dependency("node", "secret")
        assert made["user"] == "node" and made["api_key"].startswith("file:")


def test_tls_is_by_an_authority_of_the_test(tmp_path):
    with Redis(tls=pki.Authority(tmp_path)) as redis:
        assert redis.url.startswith("rediss://")
        assert redis.ask("PING") == "PONG"


def test_sentinels_name_a_new_master():
    with Sentinels() as watch:
        old = watch.master
        new = watch.fail_over()
        assert new is not old
        assert new.info("replication")["role"] == "master"


def test_a_cluster_moves_a_slot():
    with Cluster() as cluster:
        owner = cluster.owner_of("key")
        to = next(x for x in cluster.servers if x is not owner)
        cluster.begin_move("key", to)
        with pytest.raises(ErrorReply, match="ASK"):
            owner.ask("GET", "key")
        cluster.end_move("key", to)
        with pytest.raises(ErrorReply, match="MOVED"):
            owner.ask("GET", "key")
