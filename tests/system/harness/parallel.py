"""Many calls at once."""
import threading


def together(count, call):
    """Runs `call(i)` in `count` threads released at one moment; the results in
    order. What a call throws is thrown here."""
    gate = threading.Barrier(count)
    results = [None] * count

    def body(index):
        gate.wait()
        try:
            results[index] = call(index)
        except BaseException as error:  # handed to the test's thread
            results[index] = error

    threads = [threading.Thread(target=body, args=(index,), daemon=True)
               for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a call did not come back in 60 s"
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


class Background:
    """A call that runs while the test goes on."""

    def __init__(self, call):
        self._result = None
        self._error = None

        def body():
            try:
                self._result = call()
            except BaseException as error:  # handed to the test's thread
                self._error = error

        self._thread = threading.Thread(target=body, daemon=True)
        self._thread.start()

    def done(self):
        return not self._thread.is_alive()

    def result(self, within=15.0):
        self._thread.join(within)
        assert self.done(), f"no answer within {within} s"
        if self._error is not None:
            raise self._error
        return self._result
