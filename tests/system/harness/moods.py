"""How a server of the tests can be told to behave."""
import threading


class Moods:
    def __init__(self):
        self.refusal = None  # a status for everything
        self.gate = threading.Event()
        self.gate.set()

    def refuse(self, status):
        self.refusal = status

    def hang(self):
        self.gate.clear()

    def behave(self):
        self.refusal = None
        self.gate.set()
