"""Load in a closed loop: connections that ask as soon as they are answered."""
import threading

from . import setups

PATIENCE = 0.05  # seconds, of a client that was refused


class Caller:
    """So many connections that ask as soon as they are answered. `headers`
    say who they are; the mock knows them by their text."""

    def __init__(self, node, name, connections, headers=None):
        self.name = name
        self.served = 0
        self.refused = []  # codes
        self._node = node
        self._headers = headers
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True)
                         for _ in range(connections)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive(), "a call did not come back"

    def _run(self):
        with self._node.client(within=20) as client:
            while not self._over.is_set():
                reply = client.ask("POST", "/v1/chat/completions",
                                   setups.chat(self.name), self._headers)
                if reply.status == 200:
                    self.served += 1
                else:
                    self.refused.append(reply.code)
                    self._over.wait(PATIENCE)
