"""config/compose and config/kubernetes: what they say fits together, and the node
takes the configuration that they give it. Neither a Docker engine nor a cluster
of Kubernetes runs here: that containers start is not shown."""
import json
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from harness import node as nodes
from harness.cluster import Papers
from harness.node import ROOT

COMPOSE = yaml.safe_load((ROOT / "config/compose/compose.yaml").read_text())
CONFIG = (ROOT / "config/compose/caisson.toml").read_text()
SERVICES = {name: one for name, one in COMPOSE["services"].items()
            if name.startswith("node-")}
KUBERNETES = list(yaml.safe_load_all(
    (ROOT / "config/kubernetes/caisson.yaml").read_text()))
NAMES = ("node-1", "node-2", "node-3")


def thing(kind, name="caisson"):
    [found] = [one for one in KUBERNETES
               if one["kind"] == kind and one["metadata"]["name"] == name]
    return found


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """Made as the compose file says."""
    folder = tmp_path_factory.mktemp("deployment") / "papers"
    subprocess.run([sys.executable, ROOT / "tools/cluster", "3",
                    "--certificates", folder], check=True)
    return folder


def check(tmp_path, text, here, env):
    """What check-config says, with the certificates where they are `here`."""
    for there, path in here.items():
        text = text.replace(there, str(path))
        env = {name: value.replace(there, str(path))
               for name, value in env.items()}
    file = tmp_path / "caisson.toml"
    file.write_text(text)
    done = nodes.run("check-config", "--config", file, env=env)
    assert done.returncode == 0, done.stdout + done.stderr


# --- compose ----------------------------------------------------------------

@pytest.mark.parametrize("name", NAMES)
def test_each_node_of_the_compose_file_is_configured(tmp_path, papers, name):
    env = {key: str(value) for key, value
           in SERVICES[name]["environment"].items() if value is not None}
    assert env["CAISSON_NODE__NAME"] == name
    assert env["CAISSON_CLUSTER__CERT"].endswith(f"/{name}.pem")
    check(tmp_path, CONFIG, {"/etc/caisson/papers": papers}, env)


def test_nodes_proxy_and_seeds_mean_the_same_ports():
    def ports(option):
        return [one["environment"][f"CAISSON_{option}__PORT"]
                for one in SERVICES.values()]
    front = (ROOT / "config/front/haproxy.cfg").read_text()
    assert sorted(set(map(int, re.findall(r"server .*:(\d+)$", front, re.M)))
                  ) == ports("HTTP")
    assert [int(seed.rsplit(":", 1)[1]) for seed in re.findall(
        r'"([^"]+:79\d\d)"', CONFIG)] == ports("CLUSTER")
    taken = ports("HTTP") + ports("CLUSTER") + ports("TELEMETRY")
    assert len(set(taken)) == 9


def test_docker_compose_reads_the_file():
    if not shutil.which("docker") or subprocess.run(
            ["docker", "compose", "version"], capture_output=True).returncode:
        pytest.skip("docker compose is not installed")
    done = subprocess.run(["docker", "compose", "config", "--quiet"],
                          cwd=ROOT / "config/compose", capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr


def test_the_image_has_the_libraries_that_the_node_needs():
    """By the packages of Debian 12, where the image is made."""
    release = open("/etc/os-release").read()
    if 'VERSION_ID="12"' not in release or "ID=debian" not in release:
        pytest.skip("this is no Debian 12")
    if nodes.sanitized():
        pytest.skip("a sanitizer's libraries are in no image")
    linked = subprocess.run(["ldd", nodes.BINARY], capture_output=True,
                            text=True, check=True).stdout
    wanted = set()
    for path in re.findall(r"=> (/\S+)", linked):
        owner = subprocess.run(["dpkg-query", "-S", f"*/{path.split('/')[-1]}"],
                               capture_output=True, text=True)
        wanted |= {line.split(":")[0] for line in owner.stdout.splitlines()
                   if not line.split(":")[0].endswith(("-dev", "-dbg"))}
    text = (ROOT / "config/compose/Dockerfile").read_text()
    installed = set(re.findall(r"\blib[a-z0-9.+-]+", text))
    # Of the base image, and what these bring themselves.
    given = {"libc6", "libgcc-s1", "zlib1g"}
    direct = {name for name in wanted if name.startswith(
        ("libcaf", "libfmt", "libhiredis", "libprometheus", "libsimdjson",
         "libspdlog", "libsqlite3", "libssl", "libstdc++", "libyaml-cpp"))}
    assert direct - given <= installed


# --- kubernetes -------------------------------------------------------------

def pod():
    return thing("StatefulSet")["spec"]["template"]


def container():
    [one] = pod()["spec"]["containers"]
    return one


@pytest.mark.parametrize("number", range(3))
def test_each_pod_is_configured(tmp_path, number):
    """By its own name, which its certificate has and the list of nodes."""
    text = thing("ConfigMap")["data"]["caisson.toml"]
    name = f"caisson-{number}"
    assert f'"{name}"' in text
    env = {one["name"]: one.get("value", name) for one in container()["env"]}
    env["CAISSON_CLUSTER__ADVERTISE"] = (
        env["CAISSON_CLUSTER__ADVERTISE"].replace("$(CAISSON_NODE__NAME)", name))
    papers = Papers(tmp_path, [name])
    cert, key = papers.pairs[name]
    check(tmp_path, text, {"/etc/caisson/papers/ca.crt": papers.ca.cert,
                           "/etc/caisson/papers/tls.crt": cert,
                           "/etc/caisson/papers/tls.key": key},
          {**env, "ADMIN_TOKEN": "t" * 32})


def test_everything_finds_its_pods_and_their_ports():
    labels = pod()["metadata"]["labels"]
    for found in (thing("Service")["spec"]["selector"],
                  thing("Service", "caisson-nodes")["spec"]["selector"],
                  thing("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
                  thing("StatefulSet")["spec"]["selector"]["matchLabels"]):
        assert found.items() <= labels.items()
    ports = {one["name"]: one["containerPort"] for one in container()["ports"]}
    for name in ("caisson", "caisson-nodes"):
        for one in thing("Service", name)["spec"]["ports"]:
            assert ports[one["targetPort"]] == one["port"]
    assert thing("Service", "caisson-nodes")["spec"]["clusterIP"] == "None"
    assert thing("StatefulSet")["spec"]["serviceName"] == "caisson-nodes"
    text = thing("ConfigMap")["data"]["caisson.toml"]
    seeds = re.findall(r'"(caisson-\d)\.caisson-nodes:(\d+)"', text)
    assert [name for name, _ in seeds] == [f"caisson-{i}" for i in range(3)]
    assert {int(port) for _, port in seeds} == {ports["cluster"]}


def test_a_pod_has_the_time_to_drain():
    spec = pod()["spec"]
    text = thing("ConfigMap")["data"]["caisson.toml"]
    drain = int(re.search(r'drain_timeout = "(\d+)s"', text)[1])
    pause = int(container()["lifecycle"]["preStop"]["exec"]["command"][1])
    assert spec["terminationGracePeriodSeconds"] > drain + pause


def test_the_probes_ask_what_the_node_answers(start):
    node = start()
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = container()[probe]["httpGet"]
        assert asked["port"] == "http"
        assert node.ask("GET", asked["path"]).status == 200


def test_every_secret_comes_from_outside():
    text = json.dumps(KUBERNETES) + json.dumps(COMPOSE) + CONFIG
    assert not re.search(r"sk-|BEGIN|password", text)
    assert container()["envFrom"] == [{"secretRef": {"name": "caisson-keys"}}]
