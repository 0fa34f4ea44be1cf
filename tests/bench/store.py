"""A Redis of its own for a study, as the distribution has it, without files."""

import shutil
import subprocess

from targets import free_port, wait_for_port


class Store:
    """On the core of client and upstream: the node's is its own."""

    def __init__(self, lab):
        binary = shutil.which("redis-server")
        if not binary:
            raise RuntimeError("redis-server is missing: tools/packages bench")
        self.port = free_port()
        with open(lab.dir / "redis.stderr", "wb") as log:
            self.process = subprocess.Popen(
                ["taskset", "-c", str(lab.load_core), binary, "--bind", "127.0.0.1",
                 "--port", str(self.port), "--save", "", "--appendonly", "no",
                 "--dir", str(lab.dir)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.pid = self.process.pid
        try:
            wait_for_port(self.port, self.process)
        except BaseException:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def dependency(self):
        """The [dependency.store] that leads to it."""
        return (f'[dependency.store]\nkind = "redis"\n'
                f'url = "redis://127.0.0.1:{self.port}"\n')

    def stop(self):
        self.process.kill()
        self.process.wait()
