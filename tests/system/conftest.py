"""Fixtures of the system tests; see README.md."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness.mock import Mock  # noqa: E402
from harness.node import Node  # noqa: E402
from harness.pipe import Pipe  # noqa: E402
from harness.redis import BINARY, Redis  # noqa: E402
from harness.sdk import Sdk, installed  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "slow: takes over 10 s; -m 'not slow' leaves it out")


@pytest.fixture(scope="session")
def session_mocks():
    """Two mocks for the whole session of this worker."""
    with Mock() as first, Mock() as second:
        yield first, second


@pytest.fixture
def mock(session_mocks):
    """A mock as freshly started."""
    session_mocks[0].reset()
    return session_mocks[0]


@pytest.fixture
def other(session_mocks):
    """A second mock, for chains."""
    session_mocks[1].reset()
    return session_mocks[1]


@pytest.fixture
def start():
    """Starts nodes that end with the test: `node = start(config, …)`."""
    nodes = []

    def starter(config=None, **options):
        node = Node(config, **options)
        nodes.append(node)
        return node

    yield starter
    failures = []
    for node in nodes:
        try:
            node.stop()
        except AssertionError as error:
            failures.append(str(error))
    assert not failures, "\n".join(failures)


@pytest.fixture
def pipe():
    """Starts clients with a node; all of them must end well."""
    started = []

    def starter(config=None, **options):
        started.append(Pipe(config, **options))
        return started[-1]

    yield starter
    for one in started:
        one.stop()


@pytest.fixture
def redis_server():
    """Starts Redis servers that end with the test; see harness/redis.py."""
    if not BINARY:
        pytest.skip("no redis-server: tools/packages test")
    servers = []

    def starter(**options):
        servers.append(Redis(**options))
        return servers[-1]

    yield starter
    for one in servers:
        one.close()


@pytest.fixture
def redis(redis_server):
    """A fresh Redis without a password."""
    return redis_server()


@pytest.fixture(scope="session")
def sdk():
    """The vendors' own clients; see harness/sdk.py."""
    return Sdk(installed())
