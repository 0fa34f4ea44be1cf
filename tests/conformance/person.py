"""The person of the suite's `auth/` scenarios: gives a node consent at the page that
it names, as often as it needs that, and has the client ask meanwhile."""
import json
import os
import re
import time
import urllib.error

from gateway import opened, wait_until

# What the suite expects a document about the client to be called.
DOCUMENT = "https://conformance-test.local/client-metadata.json"
MOST_CONSENTS = 4


def issuer_of(server):
    """Whom the server trusts, which whoever registers somewhere finds out."""
    origin, path = re.fullmatch(r"(https?://[^/]+)(/.*)", server).groups()
    document = f"{origin}/.well-known/oauth-protected-resource{path}"
    with opened(document) as reply:
        return json.load(reply)["authorization_servers"][0]


def oauth(server):
    """What the node is configured with, in its file's words."""
    context = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
    scenario = os.environ["MCP_CONFORMANCE_SCENARIO"]
    own = scenario.startswith("auth/client-credentials")
    known = {"grant": "client_credentials" if own else "authorization_code"}
    for name in ("client_id", "client_secret", "issuer"):
        if name in context:
            known[name] = context[name]
    if scenario == "auth/basic-cimd":
        known["client_id"] = DOCUMENT
    if "client_secret" in known:
        known.setdefault("issuer", issuer_of(server))
        os.environ["CONFORMANCE_SECRET"] = known["client_secret"]
        known["client_secret"] = "env:CONFORMANCE_SECRET"
    return "".join(f'oauth.{name} = "{value}"\n'
                   for name, value in known.items())


def says_yes(page):
    """Goes where a browser would be led. Whether that ended well."""
    try:
        with opened(page) as reply:
            return reply.status == 200
    except urllib.error.HTTPError:
        return False


def settled(node):
    wait_until(lambda: node.authorization() not in ("unasked", "working"),
               "know whether it may ask the server")
    return node.authorization()


def served(node):
    """Whether the server lets the node in: it answers what the node asks by
    itself, or wants a person again, or neither for a good while."""
    until = time.monotonic() + 5
    while node.authorization() == "granted" and not node.has_asked():
        if time.monotonic() > until:
            break
        time.sleep(0.05)
    return node.authorization() == "granted"


def help_along(node, ask):
    """The client's exit status, or 1 where there is no way to a token."""
    for _ in range(MOST_CONSENTS):
        if settled(node) == "needs_person":
            page = node.consent_page()
            if page is None or not says_yes(page):
                return 1
        if settled(node) == "refused":
            return 1
        if settled(node) == "granted" and served(node):
            status = ask(node)
            if settled(node) == "granted":
                return status
    return 1
