"""Starting, configuring, reloading and ending a node (SPEC section 2)."""
import re
import signal

import pytest

from harness import node as nodes
from harness import setups, toml, wire
from harness.parallel import Background
from harness.waiting import Stopwatch, eventually


def written(tmp_path, text):
    file = tmp_path / "caisson.toml"
    file.write_text(text)
    return file


def bodies(size):
    """A chat request of about `size` bytes."""
    return setups.chat("x" * size)


# --- the command line -------------------------------------------------------

def test_the_ready_line_says_where_and_who(start):
    """SPEC 2: one JSON line {"event":"ready","node","http","telemetry","pid"};
    port 0 picks a free one."""
    node = start({"node": {"name": "harbour-1"}})
    assert node.ready["node"] == "harbour-1"
    assert node.ready["pid"] == node.process.pid
    for key in ("http", "telemetry"):
        assert re.fullmatch(r"127\.0\.0\.1:[1-9]\d*", node.ready[key]), (
            f"{key} is {node.ready[key]!r}")
    assert node.http != node.telemetry_address
    assert node.ask("GET", "/health/live").status == 200
    assert node.look("/health/live").status == 200


def test_stdout_has_the_ready_line_only(start):
    """SPEC 2: logs go to stderr."""
    node = start()
    node.ask("GET", "/health/live")
    node.terminate()
    assert node.wait() == 0
    assert node.process.out_line() is None, "stdout has more than one line"


def test_without_any_config_the_node_runs(tmp_path):
    """SPEC 1: one command, no config, no keys."""
    process = nodes.Process(
        [nodes.BINARY, "serve", "--set", "http.port=0", "--set",
         "telemetry.port=0"], env=nodes.clean_env(), cwd=tmp_path)
    try:
        ready = process.ready()
        reply = wire.ask(ready["http"], "POST", "/v1/chat/completions",
                         setups.chat(model="simulated"))
        assert reply.status == 200, reply
        assert "simulated" in reply.json()["choices"][0]["message"][
            "content"].lower(), "the answer must say that it is simulated"
    finally:
        process.stop()


@pytest.mark.parametrize("flag, mark", [("--version", r"\d+\.\d+\.\d+"),
                                        ("--help", "serve")])
def test_version_and_help(flag, mark):
    """SPEC 2: caisson --version, --help."""
    done = nodes.run(flag)
    assert done.returncode == 0, done
    assert re.search(mark, done.stdout), f"{flag} printed {done.stdout!r}"


def test_help_names_every_command():
    """SPEC 2: the commands of this node stand in --help."""
    text = nodes.run("--help").stdout
    for word in ("serve", "check-config", "mcp-stdio", "--config", "--set"):
        assert word in text, f"{word} is not in --help"


@pytest.mark.parametrize("arguments", [
    ["sail"], ["serve", "--nonsense"], ["serve", "--config"],
    ["serve", "--set"], ["serve", "--set", "no-equals-sign"],
    ["serve", "surplus"], ["--nonsense"]])
def test_a_usage_error_exits_64(arguments):
    """SPEC 2: usage error: exit 64."""
    done = nodes.run(*arguments)
    assert done.returncode == 64, f"{arguments}: {done}"
    assert done.stderr.strip() and not done.stdout, (
        f"{arguments}: the reason belongs on stderr: {done}")


# --- bad configs ------------------------------------------------------------

BAD = """[http]
port = 99999
max_bdy = "4MiB"

[dependency.a]
kind = "openia"
timeout = "soon"
"""


@pytest.mark.parametrize("command", ["check-config", "serve"])
def test_every_error_of_a_bad_config_is_listed(command, tmp_path):
    """SPEC 2: exit 78 and FILE:LINE:COLUMN: what, expected; every error."""
    file = written(tmp_path, BAD)
    done = nodes.run(command, "--config", file)
    assert done.returncode == 78, done
    lines = done.stderr.splitlines()
    for number in (2, 3, 6, 7):
        found = [line for line in lines
                 if re.search(rf"caisson\.toml:{number}:\d+: .+", line)]
        assert found, f"no error names line {number}:\n{done.stderr}"
    assert not done.stdout, "nothing was started"


def test_an_unknown_key_names_the_nearest(tmp_path):
    """SPEC 2: an unknown key is an error that names the nearest known key."""
    done = nodes.run("check-config", "--config", written(tmp_path, BAD))
    line = next(l for l in done.stderr.splitlines() if "max_bdy" in l)
    assert "max_body" in line.replace("max_bdy", ""), line


@pytest.mark.parametrize("text, mark", [
    ("[http\nport = 1\n", r":1:\d+:"),
    ("[node]\nname = \"a\"\nname = \"b\"\n", r":3:\d+:"),
    ("[http]\nidle_timeout = 5\n", r":2:\d+:"),
    ("[http]\nmax_body = \"many\"\n", r":2:\d+:"),
    ("[models.a]\nchain = [\"nobody/x\"]\n", "nobody"),
    ("[dependency.a]\nkind = \"openai\"\napi_key = \"env:NOT_THERE_1\"\n",
     "NOT_THERE_1"),
    ("[dependency.a]\nkind = \"openai\"\napi_key = \"file:/not/there\"\n",
     "/not/there"),
    ("[dependency.a]\nkind = \"openai\"\nurl = \"ftp://x\"\n", r":3:\d+:"),
    ("[dependency.a.breaker]\nfailures = 0\n", r":2:\d+:"),
])
def test_a_wrong_value_is_shown_with_its_place(text, mark, tmp_path):
    """SPEC 2 and 13: wrong config gets a clear error."""
    done = nodes.run("check-config", "--config", written(tmp_path, text))
    assert done.returncode == 78, f"{text}: {done}"
    assert re.search(mark, done.stderr), f"{mark} not in:\n{done.stderr}"


def test_a_config_that_is_not_there_exits_78(tmp_path):
    """SPEC 13: unreachable config."""
    done = nodes.run("serve", "--config", tmp_path / "none.toml")
    assert done.returncode == 78 and "none.toml" in done.stderr, done


def test_a_good_config_is_confirmed(tmp_path):
    """SPEC 2: caisson check-config."""
    file = written(tmp_path, toml.dumps({
        "http": {"port": 0, "max_body": "1MiB"}, "dependency": {
            "a": {"kind": "openai", "url": "http://127.0.0.1:9/v1",
                  "models": ["m"]}}, "models": {"x": {"chain": ["a/m"]}}}))
    done = nodes.run("check-config", "--config", file)
    assert done.returncode == 0, done


def test_a_secret_that_is_wrong_is_never_shown(tmp_path):
    """SPEC 2: secrets are never logged."""
    file = written(tmp_path, "[dependency.a]\nkind = \"openai\"\n"
                   f"api_key = \"{setups.KEY}\"\n")
    done = nodes.run("check-config", "--config", file)
    assert done.returncode == 78, "a bare secret is no reference"
    assert setups.KEY not in done.stderr + done.stdout


def test_a_port_in_use_ends_the_start(start):
    """SPEC 13: wrong config: exit non-zero, the reason named."""
    taken = start()
    port = taken.http.rpartition(":")[2]
    done = nodes.run("serve", "--set", f"http.port={port}",
                     "--set", "telemetry.port=0")
    assert done.returncode != 0 and port in done.stderr, done


# --- overrides --------------------------------------------------------------

def test_environment_overrides_the_file_and_set_overrides_both(start):
    """SPEC 2: CAISSON_SECTION__KEY overrides the file, --set both."""
    file = {"node": {"name": "file"}}
    env = {"CAISSON_NODE__NAME": "env"}
    assert start(file).ready["node"] == "file"
    assert start(file, env=env).ready["node"] == "env"
    assert start(file, env=env, arguments=["--set", "node.name=set"]
                 ).ready["node"] == "set"


def test_an_override_has_effect(start):
    """SPEC 2: an override is a real setting, with units."""
    node = start(env={"CAISSON_HTTP__MAX_BODY": "1KiB"})
    assert node.chat(bodies(2000)).status == 413
    node = start(env={"CAISSON_HTTP__MAX_BODY": "1KiB"},
                 arguments=["--set", "http.max_body=1MiB"])
    assert node.chat(bodies(2000)).status != 413


@pytest.mark.parametrize("arguments, env, name", [
    (["--set", "http.prot=1"], {}, "http.port"),
    ([], {"CAISSON_HTTP__PROT": "1"}, "port"),
    (["--set", "http.port=x"], {}, "http.port")])
def test_a_bad_override_exits_78(arguments, env, name, tmp_path):
    """SPEC 2: bad config: exit 78, whatever source it has."""
    done = nodes.run("serve", *arguments, env=env, cwd=tmp_path)
    assert done.returncode == 78 and name in done.stderr.lower(), done


def test_a_secret_may_come_from_a_file(start, mock, tmp_path):
    """SPEC 2: secrets are "env:NAME" or "file:PATH"."""
    (tmp_path / "key").write_text(setups.KEY + "\n")
    node = start(setups.config(a=setups.dependency(
        mock, api_key=f"file:{tmp_path / 'key'}")))
    assert node.chat(setups.chat()).status == 200
    assert mock.last().headers["authorization"] == "Bearer " + setups.KEY


# --- ending -----------------------------------------------------------------

def test_sigterm_drains(start, mock):
    """SPEC 2: stop accepting, ready answers 503, running requests finish,
    exit 0."""
    node = start({**setups.config(a=setups.dependency(mock)),
                  "node": {"drain_timeout": "10s"}})
    mock.always("ok", delay_ms=900)
    running = Background(lambda: node.chat(setups.chat()))
    eventually(lambda: mock.stats()["concurrent"] == 1)
    assert node.look("/health/ready").status == 200
    node.terminate()
    eventually(lambda: node.look("/health/ready").status == 503, 0.7,
               "/health/ready with 503")
    try:
        late = node.ask("GET", "/v1/models", within=0.5)
        assert late.status == 503, f"a new request while draining: {late}"
        assert late.code == "resilience.shutting_down"
        assert late.header("Retry-After")
    except (ConnectionError, wire.Closed):
        pass  # no longer accepting: as good an answer
    assert running.result().status == 200, "the request in flight finishes"
    assert node.wait() == 0


def test_a_stream_finishes_while_draining(start, mock):
    """SPEC 2: running requests finish: streams are requests."""
    node = start({**setups.config(a=setups.dependency(mock)),
                  "node": {"drain_timeout": "10s"}})
    mock.always("ok", event_delay_ms=100)
    running = Background(lambda: node.chat(setups.chat(stream=True)))
    eventually(lambda: mock.stats()["concurrent"] == 1)
    node.terminate()
    assert running.result().events()[-1][1] == "[DONE]"
    assert node.wait() == 0


def test_an_idle_node_ends_at_once(start):
    """SPEC 2: idle keep-alive connections do not hold up the end."""
    node = start({"node": {"drain_timeout": "20s"}})
    with node.client() as idle:
        assert idle.ask("GET", "/health/live").status == 200
        watch = Stopwatch()
        node.terminate()
        assert node.wait() == 0
        assert watch.seconds < 2


def test_who_left_before_its_body_was_whole_holds_up_no_drain(start, mock):
    """SPEC 2: what is under way is finished; that request never will be."""
    node = start({**setups.config(a=setups.dependency(mock)),
                  "node": {"drain_timeout": "60s"}})
    with node.client() as client:
        client.send(wire.request_bytes("POST", "/v1/chat/completions", None, {
            "Content-Length": "1000"}) + b"{")
    assert node.ask("GET", "/health/live").status == 200
    node.terminate()
    assert node.wait() == 0


def test_drain_timeout_bounds_the_end(start, mock):
    """SPEC 2: … within node.drain_timeout, then exit 0."""
    node = start({**setups.config(a=setups.dependency(mock, timeout="60s")),
                  "node": {"drain_timeout": "300ms"}})
    mock.always("hang")
    running = Background(lambda: node.chat(setups.chat()))
    eventually(lambda: mock.stats()["concurrent"] == 1)
    watch = Stopwatch()
    node.terminate()
    assert node.wait() == 0
    assert 0.25 <= watch.seconds < 2
    try:
        reply = running.result()
        assert reply.status == 503, reply
        assert reply.code == "resilience.shutting_down"
    except (wire.Closed, OSError):
        pytest.fail("the request got no answer when the drain ran out")


def test_a_second_sigterm_ends_at_once(start, mock):
    """SPEC 2: a second SIGTERM ends at once."""
    node = start({**setups.config(a=setups.dependency(mock, timeout="60s")),
                  "node": {"drain_timeout": "30s"}})
    mock.always("hang")
    with node.client() as client:
        client.send(wire.request_bytes("POST", "/v1/chat/completions",
                                       setups.chat()))
        eventually(lambda: mock.stats()["concurrent"] == 1)
        node.terminate()
        eventually(lambda: node.look("/health/ready").status == 503)
        watch = Stopwatch()
        node.terminate()
        node.wait()
        assert watch.seconds < 1, "the second SIGTERM was not obeyed at once"


# --- reload -----------------------------------------------------------------

def reload_by(how):
    def by_signal(node):
        node.hang_up()

    def by_post(node):
        node.admin("/admin/reload")

    return {"SIGHUP": by_signal, "POST": by_post}[how]


@pytest.mark.parametrize("how", ["SIGHUP", "POST"])
def test_a_good_reload_takes_effect(start, mock, other, how):
    """SPEC 2: SIGHUP or POST /admin/reload reloads the config."""
    node = start(setups.config(a=setups.dependency(mock)))
    assert node.chat(setups.chat(model="fresh")).status == 404
    node.rewrite({"dependency": {"b": setups.dependency(other, models=["n"])},
                  "models": {"fresh": {"chain": ["b/n"]}}})
    reload_by(how)(node)
    eventually(lambda: node.chat(setups.chat(model="fresh")).status == 200,
               what="the new model chain")
    assert other.calls == 1 and mock.calls == 0
    assert node.chat(setups.chat()).status == 200, "the old chain still works"
    listed = {m["id"] for m in node.ask("GET", "/v1/models").json()["data"]}
    assert "fresh" in listed


@pytest.mark.parametrize("how", ["SIGHUP", "POST"])
def test_a_bad_reload_changes_nothing(start, mock, how):
    """SPEC 2: all of it takes effect or none of it does."""
    node = start(setups.config(a=setups.dependency(mock)))
    good = node.file.read_text()
    delta = node.delta()
    node.rewrite(text=good.replace("chain = [", "chan = [")
                 + '\n[models.fresh]\nchain = ["a/m"]\n')
    reload_by(how)(node)
    eventually(lambda: delta("config_reloads_total", result="refused") == 1,
               what='config_reloads_total{result="refused"}')
    assert node.chat(setups.chat()).status == 200
    assert node.chat(setups.chat(model="fresh")).status == 404, (
        "the good half of a bad config took effect")
    eventually(lambda: re.search(r"caisson\.toml:\d+:\d+", node.stderr),
               what="the reason in the log")


@pytest.mark.parametrize("text, code", [
    ("[http]\nport = \"x\"\n", "config.invalid"),
    ("[dependency.a]\nkind = \"openai_compatible\"\n", "config.missing"),
    ("[dependency.a]\nkind = \"openai\"\napi_key = \"env:NOT_THERE_1\"\n",
     "config.secret_not_found")])
def test_a_refused_reload_is_told_to_who_asked(start, mock, text, code):
    """SPEC 2 and 7: POST /admin/reload of a bad file answers an error of the
    config family, which is 500 and not to be tried again."""
    node = start(setups.config(a=setups.dependency(mock)))
    assert node.admin("/admin/reload").status == 200
    delta = node.delta()
    node.rewrite(text=text)
    reply = node.admin("/admin/reload")
    assert (reply.status, reply.code) == (500, code), reply
    error = reply.json()["error"]
    assert error["retry"] == "never" and len(error["problems"]) == 1, error
    assert delta("errors_total", code=code, category="config",
                 retry="never") == 1
    assert node.chat(setups.chat()).status == 200, "nothing has changed"


def test_a_reload_disturbs_no_request(start, mock):
    """SPEC 2: no request in flight is disturbed."""
    node = start(setups.config(a=setups.dependency(mock)))
    mock.always("ok", event_delay_ms=80)
    running = Background(lambda: node.chat(setups.chat(stream=True)))
    eventually(lambda: mock.stats()["concurrent"] == 1)
    node.rewrite({"models": {"fresh": {"chain": ["a/m"]}}})
    assert node.admin("/admin/reload").status == 200
    reply = running.result()
    assert reply.status == 200 and reply.events()[-1][1] == "[DONE]"


def test_every_log_line_of_a_request_carries_its_trace(start, mock):
    """SPEC 2: logs go to stderr; every line of a request carries its trace
    id."""
    node = start(setups.config(a=setups.dependency(mock)))
    mock.always("status", status=500)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    node.chat(setups.chat(), {
        "traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    eventually(lambda: trace in node.stderr, 2,
               "the failed request's trace id in the log")


def test_sigint_drains_too(start):
    """A person's Ctrl-C is a polite end."""
    node = start()
    node.process.signal(signal.SIGINT)
    assert node.wait() == 0
