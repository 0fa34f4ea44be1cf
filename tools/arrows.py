#!/usr/bin/python3
"""Include arrows run as requests do: server -> protocol -> actors, never back."""

import tree

RANK = {"actors": 0, "protocol": 1, "server": 2}
NETWORK = ("boost/asio", "boost/beast")
# What each layer must not know, by the beginning of the header's name.
FORBIDDEN = {
    "actors": NETWORK + ("simdjson", "boost/json", "openssl/", "toml++/",
                         "hiredis/"),
    "protocol": NETWORK + ("hiredis/",),
    "server": (),
}
POLICIES = "actors/policies/"
POLICY_MAY = {f"actors/{name}.hpp" for name in ("settings", "features", "errors", "fault", "call")}


def wrong(path, quoted, header):
    """What is wrong with one include, or None."""
    layer = path.parts[0]
    for beginning in FORBIDDEN[layer]:
        if header.startswith(beginning):
            return f"{layer}/ must not include {beginning}*"
    if header.startswith("hiredis/") and not str(path).startswith("server/redis/"):
        return "only server/redis/ knows hiredis"
    if header.startswith("caf/io/") and not str(path).startswith("server/cluster/"):
        return "only server/cluster/ knows CAF's distribution"
    target = header.split("/")[0]
    if target == "tests":
        return "sources do not include tests"
    if RANK.get(target, 0) > RANK[layer]:
        return f"{layer}/ must not include {target}/ (server -> protocol -> actors)"
    if str(path).startswith(POLICIES):
        if quoted and header not in POLICY_MAY and not header.startswith(POLICIES):
            return ("policies include only std, actors/policies and "
                    + ", ".join(sorted(POLICY_MAY)))
        if not quoted and ("/" in header or header.endswith((".h", ".hpp"))):
            return "policies are plain C++: no library, no system header"
    return None


def main():
    problems = []
    for path in tree.files(".hpp", ".cpp", under=[f"{layer}/" for layer in RANK]):
        for number, quoted, header in tree.includes(path):
            if what := wrong(path, quoted, header):
                problems.append(f"{path}:{number}: arrows: <{header}>: {what}")
    tree.finish(problems)


if __name__ == "__main__":
    main()
