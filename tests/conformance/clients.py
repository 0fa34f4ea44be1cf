"""The suite's servers in front of which a node stands as their client: each scenario
starts one, and holds against the revision what the node says to it."""
import dataclasses
import re

from suite import LOCKS, ROOT, Suite, ids, install, node_of, results

WRAPPER = LOCKS.parent / "through_node"
CLIENTS = ROOT / "tests/system/mcp_npm"  # the packages of npm in front of the node


@dataclasses.dataclass
class Run:
    release: str     # folder of LOCKS
    revision: str
    which: str       # client in front of the node
    scenarios: dict  # its name -> checks that must have passed


RUNS = (
    Run("active", "2025-11-25", "v1", {
        "initialize": 1, "tools_call": 1,
        "elicitation-sep1034-client-defaults": 5, "sse-retry": 3}),
    Run("requirements", "2025-11-25", "v2-legacy", {
        "initialize": 1, "tools_call": 2,
        "elicitation-sep1034-client-defaults": 5, "sse-retry": 3,
        "json-schema-2020-12-preservation": 9}),
    Run("requirements", "2026-07-28", "v2-pinned", {
        "tools_call": 2, "request-metadata": 5,
        "sep-2322-client-request-state": 5, "http-standard-headers": 11,
        "http-custom-headers": 18, "json-schema-ref-no-deref": 1,
        "json-schema-2020-12-preservation": 9}),
    # A person gives the node what it needs to be let in.
    Run("active", "2025-11-25", "v1", {
        "auth/basic-cimd": 10, "auth/metadata-default": 10,
        "auth/metadata-var1": 10, "auth/metadata-var2": 10,
        "auth/metadata-var3": 10, "auth/pre-registration": 10,
        "auth/scope-from-scopes-supported": 11,
        "auth/scope-from-www-authenticate": 11,
        "auth/scope-omitted-when-undefined": 11, "auth/scope-retry-limit": 10,
        "auth/scope-step-up": 12, "auth/token-endpoint-auth-basic": 15,
        "auth/token-endpoint-auth-none": 15,
        "auth/token-endpoint-auth-post": 15}),
    Run("requirements", "2025-11-25", "v1", {
        "auth/basic-cimd": 10, "auth/metadata-default": 15,
        "auth/metadata-var1": 15, "auth/metadata-var2": 15,
        "auth/metadata-var3": 15, "auth/pre-registration": 10,
        "auth/scope-from-scopes-supported": 11,
        "auth/scope-from-www-authenticate": 11,
        "auth/scope-omitted-when-undefined": 11, "auth/scope-retry-limit": 10,
        "auth/scope-step-up": 12, "auth/token-endpoint-auth-basic": 16,
        "auth/token-endpoint-auth-none": 16,
        "auth/token-endpoint-auth-post": 16}),
    Run("requirements", "2026-07-28", "v2-pinned", {
        "auth/authorization-server-migration": 14, "auth/basic-cimd": 10,
        "auth/iss-normalized": 8,
        "auth/iss-not-advertised": 12, "auth/iss-supported": 12,
        "auth/iss-supported-missing": 8, "auth/iss-unexpected": 8,
        "auth/iss-wrong-issuer": 8, "auth/metadata-default": 16,
        "auth/metadata-issuer-mismatch": 3, "auth/metadata-var1": 16,
        "auth/metadata-var2": 16, "auth/metadata-var3": 16,
        "auth/offline-access-not-supported": 12,
        "auth/offline-access-scope": 13, "auth/pre-registration": 10,
        "auth/resource-mismatch": 2, "auth/scope-from-scopes-supported": 12,
        "auth/scope-from-www-authenticate": 12,
        "auth/scope-omitted-when-undefined": 12, "auth/scope-retry-limit": 11,
        "auth/scope-step-up": 14, "auth/token-endpoint-auth-basic": 17,
        "auth/token-endpoint-auth-none": 17,
        "auth/token-endpoint-auth-post": 17}),
    Run("active", "extension", "v1", {"auth/client-credentials-basic": 5}),
    Run("requirements", "2025-03-26", "v1", {
        "auth/2025-03-26-oauth-metadata-backcompat": 9,
        "auth/2025-03-26-oauth-endpoint-fallback": 4}),
    # This client takes every tool that it is told of: what is left out of the
    # list, the node has left out.
    Run("requirements", "2026-07-28", "v1", {"http-invalid-tool-headers": 12}),
)
# Scenarios, by the beginning of their names, that a node cannot be asked.
NOT_ASKED = {
    **dict.fromkeys(
        ("auth/client-credentials-jwt", "auth/cross-app-access",
         "auth/enterprise-managed", "auth/dpop", "auth/wif-"),
        "extensions of authorization that no revision asks for"),
    "sep-2640-": "skills are an extension of clients that load files",
}


def left_out(name):
    return any(name.startswith(begin) for begin in NOT_ASKED)


def known(suite):
    """Scenario and revision, each that the release has."""
    _, said = suite.ask("list", "--client")
    return {(name, revision)
            for name, revisions in re.findall(r"  - (\S+) \[(.*)\]", said)
            for revision in revisions.split(",")}


def unaccounted():
    """Scenarios of these revisions that are neither run nor left out on
    purpose."""
    flaws = []
    for release in sorted({run.release for run in RUNS}):
        runs = [run for run in RUNS if run.release == release]
        asked = {(name, run.revision) for run in runs for name in run.scenarios}
        revisions = {run.revision for run in runs}
        every = known(Suite(release))
        there = {one for one in every if one[1] in revisions}
        out = {one for one in every if left_out(one[0])}
        flaws += [f"{name} of {revision} is not run"
                  for name, revision in sorted(there - out - asked)]
        flaws += [f"there is no {name} of {revision}"
                  for name, revision in sorted(asked - there)]
        for begin, why in NOT_ASKED.items():
            names = sorted({name for name, _ in out if name.startswith(begin)})
            if names:
                print(f"{release}: NOT ASKED, {why}: {', '.join(names)}")
    return flaws


def one(run, suite, name, due, node, report):
    """What is wrong with one scenario."""
    modules = install(CLIENTS)
    status, said = suite.ask(
        "client", "--command", str(WRAPPER), "--scenario", name,
        "--spec-version", run.revision, "-o", report,
        MCP_CLIENT_NODE=str(node), MCP_CLIENT_WHICH=run.which,
        MCP_CLIENT_MODULES=str(modules / "node_modules"),
        MCP_CLIENT_JS=str(node_of(modules)))
    (report / f"{name.replace('/', '-')}.txt").write_text(
        said, encoding="utf-8")
    checks = results(report).get(name, [])
    # A node begins sessions as it needs them: the same check may come again.
    passed = len({(one["id"], one["name"]) for one in checks
                  if one["status"] == "SUCCESS"})
    bad = sorted({*ids(checks, "FAILURE"), *ids(checks, "WARNING")})
    flaws = [f"{name}: {one}" for one in bad]
    if status and not bad:
        flaws.append(f"{name}: the suite ended with {status}")
    if passed != due:
        flaws.append(f"{name}: {passed} checks passed, not {due}")
    return flaws


def run_clients(node, report):
    flaws = unaccounted()
    for run in RUNS:
        where = report / f"client-{run.release}-{run.revision}-{run.which}"
        where.mkdir(parents=True, exist_ok=True)
        suite = Suite(run.release)
        found = [flaw for name, due in run.scenarios.items()
                 for flaw in one(run, suite, name, due, node, where)]
        print(f"client, {run.release}, {run.revision}, {run.which}: "
              f"{len(run.scenarios)} scenarios, "
              f"{sum(run.scenarios.values())} checks: "
              f"{'FAILED' if found else 'ok'}", flush=True)
        flaws += found
    for flaw in flaws:
        print(f"  {flaw}")
    return not flaws
