"""SPEC 11, MCP's Authorization: an upstream server that wants a token gets one, by
a person's consent or by the node's own secret, and keeps on getting it."""
import json
import stat

import pytest

from harness.mcp import Session
from harness.offers import names, offered, text
from harness.parallel import together
from harness.token_server import TokenServer
from harness.tool_server import ToolServer, tool
from harness.waiting import eventually

SECRETS = {"MCP_SECRETS": "0123456789abcdef0123456789abcdef"}


@pytest.fixture(params=["legacy", "modern"])
def up(request):
    with ToolServer([tool("read", readOnlyHint=True)], era=request.param) as up:
        yield up


@pytest.fixture
def tokens(up):
    with TokenServer() as tokens:
        tokens.protect(up)
        yield tokens


def standing(node, state):
    """Waits for that, and tells why it is so."""
    eventually(lambda: node.dependency("up")["authorization"]["state"] == state,
               what=f"{state}, not {node.dependency('up')['authorization']}")
    return node.dependency("up")["authorization"].get("detail", "")


def ready(start, tokens, up, **more):
    node = start({**tokens.config(up), **more})
    standing(node, "needs_person")
    tokens.consent(node)
    offered(node, "read")
    return node


def called(node):
    return text(Session(node).call("read"))


def failed(node):
    """What a client is told of a call that does not come through."""
    reply = Session(node).ask("tools/call", {"name": "read", "arguments": {}})
    return json.dumps(reply.json())


# --- a person -----------------------------------------------------------------

def test_a_person_gives_consent_once(start, up, tokens):
    node = start(tokens.config(up))
    detail = standing(node, "needs_person")
    assert "POST /admin/oauth/up" in detail
    assert "read" not in names(node)
    page = tokens.page(node).json()["authorization_url"]
    assert "code_challenge_method=S256" in page
    back = node.ask("GET", tokens.approve(page))
    assert back.status == 200 and back.header("Cache-Control") == "no-store"
    standing(node, "granted")
    offered(node, "read")
    assert called(node) == "read says hello"
    assert up.headers("tools/call")["Authorization"].startswith("Bearer ")
    (registered,) = tokens.requests("/register")
    assert registered["redirect_uris"] == [
        f"http://{node.http}/oauth/callback/up"]
    assert registered["application_type"] == "native"


def test_browsers_come_back_to_where_the_node_is_reached(start, up, tokens):
    node = start({**tokens.config(up),
                  "http": {"public_url": "https://caisson.example.com/"}})
    standing(node, "needs_person")
    assert tokens.requests("/register") == [], "not before it is needed"
    assert tokens.page(node).status == 200
    assert tokens.page(node).status == 200
    (registered,) = tokens.requests("/register")
    assert registered["redirect_uris"] == [
        "https://caisson.example.com/oauth/callback/up"]
    assert registered["application_type"] == "web"


def test_who_says_no_is_asked_again(start, up, tokens):
    node = start(tokens.config(up))
    standing(node, "needs_person")
    tokens.said["denies"] = True
    page = tokens.page(node).json()["authorization_url"]
    back = node.ask("GET", tokens.approve(page))
    assert back.status == 400 and "consent was not given" in back.text
    assert node.dependency("up")["authorization"]["state"] == "needs_person"
    del tokens.said["denies"]
    tokens.consent(node)
    standing(node, "granted")


def test_an_answer_is_taken_once_and_from_whom_was_asked(start, up, tokens):
    node = start(tokens.config(up))
    standing(node, "needs_person")
    where = tokens.approve(tokens.page(node).json()["authorization_url"])
    path, _, query = where.partition("?")
    other = query.replace("state=up.", "state=up.0")
    for wrong in ("", "?state=up.1&code=2", f"?{other}&code=2",
                  "?state=none.1&code=2", "?code=%zz&state=up.1"):
        assert node.ask("GET", path + wrong).status == 400
    # What was asked for one dependency is not answered for another.
    assert node.ask("GET", f"/oauth/callback/down?{query}").status == 400
    assert tokens.requests("/token") == []
    elsewhere = where.replace("127.0.0.1%3A", "127.0.0.2%3A")
    assert elsewhere != where
    assert "another authorization server" in node.ask("GET", elsewhere).text
    assert tokens.requests("/token") == []
    where = tokens.approve(tokens.page(node).json()["authorization_url"])
    assert node.ask("GET", where).status == 200
    assert node.ask("GET", where).status == 400
    assert len(tokens.requests("/token")) == 1


def test_pages_are_for_administrators(start, up, tokens):
    node = start({**tokens.config(up), "telemetry": {
        "admin_token": "env:ADMIN"}}, env={"ADMIN": "please"})
    eventually(lambda: tokens.requests("/resource"))
    assert tokens.page(node).status == 401
    key = {"Authorization": "Bearer please"}
    assert tokens.page(node, headers=key).status == 200
    assert tokens.page(node, "down", key).code == "validation.not_found"


# --- later --------------------------------------------------------------------

def test_a_token_is_renewed_unseen_once_for_all(start, up, tokens):
    node = ready(start, tokens, up)
    tokens.forget_tokens()
    assert together(8, lambda _: called(node)) == ["read says hello"] * 8
    grants = [form["grant_type"] for form in tokens.requests("/token")]
    assert grants == ["authorization_code", "refresh_token"]
    tokens.forget_tokens()
    assert called(node) == "read says hello"
    assert len(tokens.requests("/token")) == 3, "a new word each time"


def test_who_hangs_up_on_a_new_token_costs_no_consent(start, up, tokens):
    node = ready(start, tokens, up)
    gate, refused, hung = up.guard, tokens.refused, []

    def guard(headers, body):
        verdict = gate(headers, body)
        if verdict is None and tokens.refused > refused and not hung:
            hung.append(body)
            raise ConnectionError
        return verdict
    up.guard = guard
    tokens.forget_tokens()
    eventually(lambda: "hello" in failed(node), what="a call that is answered")
    assert hung and len(tokens.requests("/authorize")) == 1


def test_a_token_that_has_expired_is_not_shown(start, up, tokens):
    tokens.expires_in = 1
    node = ready(start, tokens, up)
    refused = tokens.refused
    eventually(lambda: called(node) and len(tokens.tokens) > 2,
               what="a token after the first")
    assert tokens.refused == refused, "nobody was asked without a token"


def test_who_has_no_word_to_refresh_by_needs_a_person(start, up, tokens):
    tokens.refreshes = False
    node = ready(start, tokens, up)
    tokens.forget_tokens()
    assert "POST /admin/oauth/up" in failed(node)
    standing(node, "needs_person")
    tokens.consent(node)
    assert called(node) == "read says hello"


def test_a_word_that_is_not_taken_needs_a_person(start, up, tokens):
    node = ready(start, tokens, up)
    tokens.forget_tokens()
    tokens.words.clear()
    assert "POST /admin/oauth/up" in failed(node)
    tokens.consent(node)
    assert called(node) == "read says hello"


def test_who_is_known_there_no_more_registers_anew(start, up, tokens):
    node = ready(start, tokens, up)
    tokens.forget_tokens()
    tokens.clients.clear()
    assert "POST /admin/oauth/up" in failed(node)
    tokens.consent(node)
    assert called(node) == "read says hello"
    assert len(tokens.requests("/register")) == 2


def test_an_authorization_server_that_is_down_costs_no_consent(
        start, up, tokens):
    node = ready(start, tokens, up)
    tokens.refuse(503)
    tokens.forget_tokens()
    assert "hello" not in failed(node)
    assert "who gives tokens" in standing(node, "refused")
    tokens.behave()
    eventually(lambda: "hello" in failed(node), 20, "a token after all")
    assert len(tokens.requests("/authorize")) == 1


def test_more_than_was_asked_for_needs_a_person(start, up, tokens):
    tokens.protect(up, "basic", {"tools/call": "write"})
    node = ready(start, tokens, up)
    assert tokens.requests("/authorize")[0]["scope"] == "basic"
    assert "POST /admin/oauth/up" in failed(node)
    assert "read" in names(node), "what the token is good for it still is"
    tokens.consent(node)
    assert tokens.requests("/authorize")[1]["scope"] == "basic write"
    assert called(node) == "read says hello"


def test_what_several_want_is_asked_for_together(start, up, tokens):
    tokens.protect(up, "basic", {"tools/call": "write", "prompts/get": "see"})
    up.lists["prompts"].append({"name": "greet"})
    node = ready(start, tokens, up)
    assert "POST /admin/oauth/up" in failed(node)
    session = Session(node)
    session.error("prompts/get", {"name": "greet"})
    standing(node, "needs_person")
    tokens.consent(node)
    asked = tokens.requests("/authorize")[1]["scope"]
    assert set(asked.split()) == {"basic", "write", "see"}
    assert called(node) == "read says hello"
    assert session.result("prompts/get", {"name": "greet"})["messages"]


def test_what_there_was_is_renewed_while_more_is_wanted(start, up, tokens):
    tokens.protect(up, "basic", {"tools/call": "write"})
    node = ready(start, tokens, up)
    assert "POST /admin/oauth/up" in failed(node)
    standing(node, "needs_person")
    tokens.forget_tokens()
    up.lists["tools"].append(tool("new"))
    offered(node, "new")
    assert tokens.requests("/token")[-1]["grant_type"] == "refresh_token"


def test_what_was_asked_for_and_is_not_enough_is_an_error(start, up, tokens):
    tokens.protect(up, "write", {"tools/call": "write"})
    node = ready(start, tokens, up)
    for token in tokens.tokens:
        tokens.tokens[token] = ["read"]
    assert "more of its token than it gives" in failed(node)
    assert node.dependency("up")["authorization"]["state"] == "granted"
    assert len(tokens.requests("/authorize")) == 1


# --- beyond the process -----------------------------------------------------------

def test_a_grant_outlives_the_node(start, up, tokens, tmp_path):
    kept = {"node": {"data_dir": str(tmp_path)},
            "mcp": {"session_secrets": "env:MCP_SECRETS"},
            "http": {"public_url": "https://caisson.example.com"}}
    first = start({**tokens.config(up), **kept}, env=SECRETS)
    standing(first, "needs_person")
    tokens.consent(first)
    offered(first, "read")
    first.stop()
    first.end_expected = True
    file = tmp_path / "grants/up"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not any(secret in file.read_text() for secret in tokens.given)
    node = start({**tokens.config(up), **kept}, env=SECRETS)
    offered(node, "read")
    assert called(node) == "read says hello"
    assert len(tokens.requests("/authorize")) == 1
    assert len(tokens.requests("/register")) == 1
    node.stop()
    node.end_expected = True
    other = start({**tokens.config(up), **kept},
                  env={"MCP_SECRETS": "x" * 40})
    standing(other, "needs_person")
    assert "another address or secret" in other.stderr


def test_without_a_secret_nothing_is_kept(start, up, tokens, tmp_path):
    ready(start, tokens, up, node={"data_dir": str(tmp_path)})
    assert not (tmp_path / "grants").exists()


def test_a_reload_leaves_a_grant_alone(start, up, tokens):
    node = ready(start, tokens, up)
    node.config["dependency"]["up"]["timeout"] = "30s"
    node.rewrite(node.config)
    assert node.admin("/admin/reload").status == 200
    assert called(node) == "read says hello"
    node.config["dependency"]["up"]["oauth"]["scopes"] = ["more"]
    node.rewrite(node.config)
    assert node.admin("/admin/reload").status == 200
    standing(node, "needs_person")


# --- without a person -----------------------------------------------------------

def own(tokens, up):
    tokens.clients["node"] = {"secret": "its secret:/%"}
    return tokens.config(up, "client_credentials", client_id="node",
                         client_secret="env:OWN", issuer=tokens.url,
                         scopes=["tools"])


def test_a_node_with_a_secret_of_its_own_asks_nobody(start, up, tokens):
    node = start(own(tokens, up), env={"OWN": "its secret:/%"})
    offered(node, "read")
    (asked,) = tokens.requests("/token")
    assert asked == {"grant_type": "client_credentials", "scope": "tools",
                     "resource": up.url}
    assert tokens.fields("/token")["Authorization"].startswith("Basic ")
    assert "no person is asked" in tokens.page(node).text
    tokens.forget_tokens()
    assert called(node) == "read says hello"


def test_a_secret_that_is_not_taken_says_so(start, up, tokens):
    node = start(own(tokens, up), env={"OWN": "another"})
    assert standing(node, "refused") == (
        "the authorization server gives no token: invalid_client")
    assert "another" not in node.stderr


# --- whom to believe ------------------------------------------------------------

@pytest.mark.parametrize("document, says, why", [
    ("/resource", {"resource": "http://127.0.0.1:1/mcp"}, "of another one"),
    ("/resource", {"resource": 5}, "cannot be read"),
    ("/resource", {"authorization_servers": ["http://10.0.0.1"]},
     "no safe address"),
    ("/server", {"issuer": "http://127.0.0.1:1"}, "is another"),
    ("/server", {"token_endpoint": "http://169.254.169.254/token"},
     "no safe address"),
    ("/server", {"code_challenge_methods_supported": ["plain"]}, "PKCE"),
    ("/server", {"code_challenge_methods_supported": None}, "PKCE"),
])
def test_documents_that_do_not_fit_together_end_it(
        start, up, tokens, document, says, why):
    tokens.said[document] = says
    node = start(tokens.config(up))
    assert why in standing(node, "refused")
    assert tokens.requests("/register") == []
    assert why in tokens.page(node).text


def test_who_registers_nobody_needs_a_name(start, up, tokens):
    tokens.said["/server"] = {"registration_endpoint": None}
    node = start(tokens.config(up))
    standing(node, "needs_person")
    assert "oauth.client_id is needed" in tokens.page(node).text


def test_a_server_that_takes_no_token_is_not_asked_for_more(start, up, tokens):
    def guard(_, __):
        return 401, f'Bearer resource_metadata="{tokens.url}/resource"'
    up.guard = guard
    node = start(own(tokens, up), env={"OWN": "its secret:/%"})
    assert "takes none of the tokens" in standing(node, "refused")
    for _ in range(20):
        assert "hello" not in failed(node)
    assert len(tokens.requests("/token")) <= 4


def test_a_secret_is_shown_to_nobody_but_its_issuer(start, up, tokens):
    config = own(tokens, up)
    config["dependency"]["up"]["oauth"]["issuer"] = "http://127.0.0.1:1"
    node = start(config, env={"OWN": "its secret:/%"})
    assert "not given by oauth.issuer" in standing(node, "refused")
    assert tokens.requests("/token") == []


def test_secrets_are_nowhere_to_be_seen(start, up, tokens):
    node = ready(start, tokens, up, log={"level": "debug"})
    tokens.forget_tokens()
    assert called(node) == "read says hello"
    config = Session(node).result("resources/read", {"uri": "caisson://node/config"})
    shown = (node.stderr + node.look("/telemetry").text
             + node.look("/metrics").text + json.dumps(config))
    assert len(tokens.given) == 6
    assert not any(secret in shown for secret in tokens.given)


def test_a_server_without_a_gate_is_not_asked_for_tokens(start, up, tokens):
    up.guard = None
    node = start(tokens.config(up))
    offered(node, "read")
    assert node.dependency("up")["authorization"] == {"state": "unasked"}
    assert tokens.seen == []
    assert "Authorization" not in up.headers("tools/list")
