"""An authorization server, and the gate that it is for a server of tools. Strict in
what it takes (PKCE, resource, redirection, client), and can be told to fail, to lie
and to forget. On loopback, in this process.

    with TokenServer() as tokens, ToolServer(...) as up:
        tokens.protect(up)
        node = start(tokens.config(up))
        tokens.consent(node, "up")      # what a person's browser does
        tokens.forget_tokens()          # those that were given are none any more
        tokens.requests("/token")       # the forms that came
"""
import base64
import hashlib
import json
import threading
import urllib.parse
import uuid

from . import wire
from .local import LocalHandler, LocalServer


class _Handler(LocalHandler):
    def note(self, path, form):
        with self.home.lock:
            self.home.seen.append((path, dict(self.headers.items()), form))
        self.home.gate.wait()
        return self.home.refusal

    def do_GET(self):
        path, _, query = self.path.partition("?")
        query = dict(urllib.parse.parse_qsl(query))
        if refused := self.note(path, query):
            return self.reply(refused)
        if path == "/authorize":
            return self.reply(302, Location=self.home.authorize(query))
        known = self.home.documents().get(path)
        return self.reply(200 if known else 404, known)

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        register = self.path == "/register"
        form = json.loads(text) if register else dict(
            urllib.parse.parse_qsl(text))
        if refused := self.note(self.path, form):
            return self.reply(refused)
        if register:
            return self.reply(*self.home.register(form))
        with self.home.lock:
            answer = self.home.token(self.headers, form)
        return self.reply(*answer)


class TokenServer(LocalServer):
    handler = _Handler

    def __init__(self):
        super().__init__()
        self.said = {}          # instead of what its documents say
        self.expires_in = 3600
        self.refreshes = True   # it gives a word to refresh by
        self.clients = {}       # id -> registration
        self.codes = {}         # code -> query it was asked with
        self.tokens = {}        # token -> scopes
        self.words = {}         # to refresh by -> scopes
        self.given = []         # every secret that it has told anybody
        self.seen = []          # (path, fields, form or query)
        self.refused = 0        # requests at the gate
        self.lock = threading.Lock()

    # --- the gate -----------------------------------------------------------
    def protect(self, up, scope=None, also=None):
        """Lets in to `up` who shows a token with that scope; `also` maps
        methods to scopes that they need as well."""
        self.resource = up.url
        document = f'Bearer resource_metadata="{self.url}/resource"'

        def guard(headers, body):
            token = headers.get("Authorization", "").removeprefix("Bearer ")
            scopes = self.tokens.get(token)
            if scopes is None:
                self.refused += 1
                wanted = f', scope="{scope}"' if scope else ""
                return 401, ['Basic realm="up"', document + wanted]
            more = (also or {}).get(body.get("method"))
            if more and more not in scopes:
                return 403, [f'{document}, error="insufficient_scope", '
                             f'scope="{more}"']
            return None
        up.guard = guard

    def config(self, up, grant="authorization_code", **oauth):
        return {"dependency": {"up": up.dependency(
            oauth={"grant": grant, **oauth},
            breaker={"open_for": "200ms"})}}

    def forget_tokens(self):
        self.tokens.clear()

    # --- a person -------------------------------------------------------------
    @staticmethod
    def page(node, name="up", headers=None):
        return node.admin(f"/admin/oauth/{name}", headers=headers)

    def approve(self, page):
        """Where the browser is sent from there: path and query."""
        target = page.removeprefix(self.url)
        reply = wire.ask(self.url.removeprefix("http://"), "GET", target, None,
                         None)
        assert reply.status == 302, reply
        where = urllib.parse.urlsplit(reply.header("Location"))
        return f"{where.path}?{where.query}"

    def consent(self, node, name="up"):
        reply = self.page(node, name)
        assert reply.status == 200, reply
        back = node.ask("GET", self.approve(reply.json()["authorization_url"]))
        assert back.status == 200, back
        return back

    # --- what it has seen -------------------------------------------------------
    def requests(self, path):
        with self.lock:
            return [form for where, _, form in self.seen if where == path]

    def fields(self, path):
        """Of the last request there."""
        with self.lock:
            return [head for where, head, _ in self.seen if where == path][-1]

    # --- its words --------------------------------------------------------------
    def documents(self):
        return {
            "/resource": {"resource": self.resource,
                          "authorization_servers": [self.url],
                          **self.said.get("/resource", {})},
            "/.well-known/oauth-authorization-server": {
                "issuer": self.url,
                "authorization_endpoint": self.url + "/authorize",
                "token_endpoint": self.url + "/token",
                "registration_endpoint": self.url + "/register",
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
                **self.said.get("/server", {})}}

    def secret(self):
        made = uuid.uuid4().hex
        self.given.append(made)
        return made

    def give(self, scopes):
        token = self.secret()
        self.tokens[token] = scopes
        answer = {"access_token": token, "token_type": "Bearer",
                  "expires_in": self.expires_in}
        if self.refreshes:
            word = answer["refresh_token"] = self.secret()
            self.words[word] = scopes
        return 200, answer

    def register(self, body):
        name = uuid.uuid4().hex
        self.clients[name] = {**body, "secret": self.secret()}
        return 201, {"client_id": name, "client_secret": self.clients[name]["secret"],
                     "token_endpoint_auth_method": "client_secret_post"}

    def knows(self, headers, form):
        """Whether who asks for a token is who it says."""
        who, secret = form.get("client_id"), form.get("client_secret")
        shown = headers.get("Authorization", "")
        if shown.startswith("Basic "):
            pair = base64.b64decode(shown[6:]).decode().split(":")
            who, secret = map(urllib.parse.unquote, pair)
        known = self.clients.get(who)
        return known is not None and known["secret"] == secret

    def token(self, headers, form):
        if not self.knows(headers, form):
            return 401, {"error": "invalid_client"}
        if form.get("resource") != self.resource:
            return 400, {"error": "invalid_target"}
        grant = form["grant_type"]
        if grant == "client_credentials":
            return self.give(form.get("scope", "").split())
        if grant == "refresh_token":
            scopes = self.words.pop(form["refresh_token"], None)
            return ((400, {"error": "invalid_grant"}) if scopes is None
                    else self.give(scopes))
        asked = self.codes.pop(form.get("code"), None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (not asked or asked["code_challenge"] != proof
                or asked["redirect_uri"] != form["redirect_uri"]):
            return 400, {"error": "invalid_grant"}
        return self.give(asked.get("scope", "").split())

    def authorize(self, query):
        """Where the browser goes."""
        known = self.clients.get(query.get("client_id"), {})
        assert query["redirect_uri"] in known["redirect_uris"], query
        assert query["code_challenge_method"] == "S256", query
        back = {"state": query["state"], "iss": self.url}
        if self.said.get("denies"):
            back["error"] = "access_denied"
        else:
            back["code"] = self.secret()
            self.codes[back["code"]] = query
        return f"{query['redirect_uri']}?{urllib.parse.urlencode(back)}"
