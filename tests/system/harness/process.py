"""A child process whose first line on stdout is a JSON ready event."""
import collections
import json
import queue
import signal
import subprocess
import threading
import time


class Ended(AssertionError):
    """The process ended before it was ready."""


class Process:
    """`stdin`: whether `say` will be used; `fds`: descriptors that it gets."""

    def __init__(self, command, env=None, cwd=None, stdin=False, fds=()):
        self.command = [str(part) for part in command]
        self.child = subprocess.Popen(
            self.command, env=env, cwd=cwd, text=True, errors="replace",
            pass_fds=fds,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.pid = self.child.pid
        self._out = queue.Queue()
        self._err = collections.deque(maxlen=20000)
        self._readers = [
            threading.Thread(target=self._read_out, daemon=True),
            threading.Thread(target=self._read_err, daemon=True)]
        for reader in self._readers:
            reader.start()

    def _read_out(self):
        for line in self.child.stdout:
            self._out.put(line)
        self._out.put(None)

    def _read_err(self):
        for line in self.child.stderr:
            self._err.append(line)

    def say(self, line):
        """One line to its stdin."""
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    @property
    def stderr(self):
        return "".join(list(self._err))

    def out_line(self, within=10.0):
        """The next line of stdout, None at its end."""
        try:
            return self._out.get(timeout=within)
        except queue.Empty:
            raise AssertionError(
                f"{self.command} said nothing on stdout within {within} s; "
                f"stderr:\n{self.stderr[-4000:]}") from None

    def ready(self, within=10.0):
        line = self.out_line(within)
        if line is None:
            raise Ended(f"{self.command} ended with {self.wait(5)} before it "
                        f"was ready; stderr:\n{self.stderr[-4000:]}")
        try:
            event = json.loads(line)
        except ValueError:
            raise AssertionError(
                f"the first line on stdout is not JSON: {line!r}") from None
        assert event.get("event") == "ready", f"first line: {line!r}"
        return event

    def signal(self, number):
        self.child.send_signal(number)

    def running(self):
        return self.child.poll() is None

    def wait(self, within=10.0):
        """The exit code."""
        try:
            code = self.child.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{self.command[0]} (pid {self.pid}) did not end within "
                f"{within} s; stderr:\n{self.stderr[-4000:]}") from None
        for reader in self._readers:
            reader.join(2)
        return code

    def stop(self, within=5.0):
        """Ends it for good, by its own pid; the exit code."""
        if self.running():
            self.signal(signal.SIGTERM)
            started = time.monotonic()
            while self.running() and time.monotonic() - started < within:
                time.sleep(0.005)
            if self.running():
                self.signal(signal.SIGKILL)
        return self.wait(5)
