"""Reads Prometheus' text format, strictly enough to trust a test."""
import re

SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: \d+)?")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?')


class Metrics:
    """One scrape."""

    def __init__(self, text):
        self.text = text
        self.types = {}
        self.helps = {}
        self.samples = []  # (name, {label: value}, number)
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ", 3)
                self.types[name] = kind
            elif line.startswith("# HELP "):
                _, _, name, *text_of = line.split(" ", 3)
                self.helps[name] = "".join(text_of)
            elif line and not line.startswith("#"):
                found = SAMPLE.fullmatch(line)
                assert found, f"not a sample line: {line!r}"
                name, labels, value = found.groups()
                self.samples.append(
                    (name, dict(LABEL.findall(labels or "")), float(value)))

    def value(self, name, default=0.0, **labels):
        """The sum over all samples of `name` that carry these labels."""
        found = [number for sample, have, number in self.samples
                 if sample == name and labels.items() <= have.items()]
        return sum(found) if found else default

    def labels(self, name):
        """Label sets of a family, of whatever suffix."""
        return [have for sample, have, _ in self.samples
                if family(sample, self.types) == name]

    def families(self):
        return set(self.types) | {family(name, self.types)
                                  for name, _, _ in self.samples}

    def breaker(self, service):
        """The one state whose gauge is 1."""
        states = {have["state"]: number for name, have, number in self.samples
                  if name == "circuit_breaker_state_gauge"
                  and have.get("service") == service}
        on = [state for state, number in states.items() if number == 1]
        assert len(on) == 1, f"breaker {service}: gauges {states}"
        return on[0]


def family(sample, types):
    for suffix in ("_bucket", "_sum", "_count"):
        base = sample.removesuffix(suffix)
        if base != sample and types.get(base) in ("histogram", "summary"):
            return base
    return sample


class Delta:
    """Metrics now against metrics at the start: `delta(name, **labels)`."""

    def __init__(self, scrape):
        self.scrape = scrape
        self.before = scrape()

    def __call__(self, name, **labels):
        return (self.scrape().value(name, **labels)
                - self.before.value(name, **labels))
