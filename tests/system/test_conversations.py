"""SPEC 9, 11: what was said to the agent is kept, read and found again, by whom
it is of and by nobody else."""
import os
import sqlite3

import pytest

from harness import mcp
from harness.agent import call, failure, says, structured, thinking
from harness.limited import bearer, key
from harness.mcp import Session, ask_modern
from harness.waiting import eventually

ANNE, BEN = ("sk-anne-0123456789", "sk-ben-0123456789")
KEYS = {"limits": {"mode": "log_only", "keys": {
    "anne": key(ANNE, tier="enterprise"), "ben": key(BEN, tier="enterprise"),
    "phone": key("sk-anne-phone-0123", tier="enterprise", user="anne")}}}


def say(node, mock, text, back="well", thread=None, headers=None):
    """Says something to the agent; the thread."""
    mock.script(says(back))
    more = {"thread": thread} if thread else {}
    return structured(call(node, "agent_chat", headers, message=text,
                           **more))["thread"]


def found(node, headers=None, **arguments):
    return structured(call(node, "conversation_search", headers, **arguments))


def threads(node, headers=None, **arguments):
    return [one["thread"] for one in
            found(node, headers, **arguments)["conversations"]]


@pytest.fixture
def node(start, mock):
    return start(thinking(mock, **KEYS))


def test_a_conversation_is_read_page_by_page(node, mock):
    me = bearer(ANNE)
    thread = say(node, mock, "one", "two", headers=me)
    say(node, mock, "three", "four", thread, me)
    first = structured(call(node, "conversation_get", me, thread=thread,
                            limit=3))
    assert [(one["role"], one["text"]) for one in first["page"]] == [
        ("user", "one"), ("assistant", "two"), ("user", "three")]
    assert first["messages"] == 4 and first["title"] == "one"
    rest = structured(call(node, "conversation_get", me, thread=thread,
                           cursor=first["nextCursor"]))
    assert [one["text"] for one in rest["page"]] == ["four"]
    assert "nextCursor" not in rest
    # Sessions of the other era are told the same.
    assert structured(Session(node, headers=me).call(
        "conversation_get", thread=thread, limit=3)) == first


def test_conversations_are_found_by_their_words(node, mock):
    me = bearer(ANNE)
    house = say(node, mock, "the red house", headers=me)
    boat = say(node, mock, "a boat", "it is red", headers=me)
    assert threads(node, me) == [boat, house]
    assert threads(node, me, query="RED") == [boat, house]
    assert threads(node, me, query="red hous") == [house]
    assert threads(node, me, query="nothing") == []
    page = found(node, me, query="red", limit=1)
    assert page["conversations"][0]["excerpt"] == "it is red"
    assert threads(node, me, query="red", cursor=page["nextCursor"]) == [house]
    for odd in ('"', "*", "a OR b", "owner:x", "(", "-", "'"):
        assert threads(node, me, query=odd) is not None


def test_nobody_sees_what_is_anothers(node, mock):
    thread = say(node, mock, "my secret", headers=bearer(ANNE))
    for stranger in (bearer(BEN), None):
        text = failure(call(node, "conversation_get", stranger, thread=thread))
        assert text == "There is no conversation of that name."
        assert "no conversation" in failure(call(
            node, "agent_chat", stranger, message="and?", thread=thread))
    assert threads(node, bearer(BEN)) == []
    assert threads(node, bearer(BEN), query="secret") == []
    assert node.ask("POST", "/mcp", mcp.modern("prompts/get", {
        "name": "summarize_conversation",
        "arguments": {"thread": thread}})[0], {
            "Host": "localhost", **bearer(BEN), **mcp.modern("prompts/get", {
                "name": "summarize_conversation"})[1]}).json()["error"]
    # All keys of a user are one's.
    phone = bearer("sk-anne-phone-0123")
    assert threads(node, phone, query="secret") == [thread]


def test_who_has_no_key_reads_by_name_and_does_not_search(node, mock):
    thread = say(node, mock, "hello")
    assert structured(call(node, "conversation_get", thread=thread))["page"]
    text = failure(call(node, "conversation_search"))
    assert "cannot be told apart" in text
    assert failure(call(node, "conversation_search", bearer("sk-unknown"),
                        query="hello"))


def test_a_node_of_one_person_lets_them_search(start, mock):
    node = start(thinking(mock, mcp={"anonymous_search": True}))
    thread = say(node, mock, "hello")
    assert threads(node, query="hello") == [thread]


def test_bad_arguments_are_told(node):
    for name, arguments in (("conversation_get", {}),
                            ("conversation_get", {"thread": "t", "limit": 0}),
                            ("conversation_search", {"cursor": "x"}),
                            ("conversation_search", {"limit": 51})):
        assert failure(call(node, name, bearer(ANNE), **arguments))


def test_a_thread_is_summarized_by_its_name(node, mock):
    thread = say(node, mock, "hello", "good day")
    params = {"name": "summarize_conversation",
              "arguments": {"thread": thread, "style": "bullets"}}
    for answer in (ask_modern(node, "prompts/get", params).json(),
                   Session(node).ask("prompts/get", params).json()):
        text = answer["result"]["messages"][0]["content"]["text"]
        assert "user: hello\n\nassistant: good day" in text
    gone = ask_modern(node, "prompts/get", {
        "name": "summarize_conversation", "arguments": {"thread": "none"}})
    assert gone.json()["error"]["code"] == -32602


def test_what_takes_its_time_is_not_for_an_array(node):
    session = Session(node, version="2025-03-26")
    reply = session.post([mcp.message("tools/call", {
        "name": "conversation_get", "arguments": {"thread": "t"}})])
    assert "array" in reply.json()[0]["error"]["message"]


def on_disk(mock, path, **tables):
    return thinking(mock, node={"data_dir": str(path)}, **KEYS, **tables)


def test_a_restart_loses_nothing(start, mock, tmp_path):
    node = start(on_disk(mock, tmp_path))
    thread = say(node, mock, "remember me", headers=bearer(ANNE))
    node.terminate()
    assert node.wait() == 0
    again = start(on_disk(mock, tmp_path))
    assert threads(again, bearer(ANNE), query="remember") == [thread]
    assert os.stat(tmp_path / "caisson.db").st_mode & 0o777 == 0o600


def test_in_memory_it_ends_with_the_node_and_the_log_says_so(start, mock):
    node = start(thinking(mock, **KEYS))
    say(node, mock, "forget me", headers=bearer(ANNE))
    eventually(lambda: "in memory, it ends with the node" in node.stderr)


def test_the_storage_is_a_dependency_like_the_others(node, mock):
    seen = node.delta()
    thread = say(node, mock, "hello")
    assert seen("circuit_breaker_success_total", service="storage") == 1
    assert node.dependency("storage")["kind"] == "sqlite"
    node.set_breaker("storage", "forced_open")
    text = failure(call(node, "conversation_get", thread=thread))
    assert "(resilience.circuit_breaker_open)" in text
    # The agent answers what it can, and says what it could not.
    mock.script(says("still here"))
    answer = structured(call(node, "agent_chat", message="hi"))
    assert answer["answer"] == "still here" and answer["kept"] is False
    node.set_breaker("storage", "auto")
    assert structured(call(node, "conversation_get", thread=thread))


def test_a_damaged_database_takes_nobody_with_it(start, mock, tmp_path):
    (tmp_path / "caisson.db").write_bytes(b"no database" * 1000)
    node = start(on_disk(mock, tmp_path))
    text = failure(call(node, "conversation_get", thread="t"))
    assert text == ("The storage is damaged: the database is damaged. "
                    "(storage.integrity)")
    assert str(tmp_path) not in text
    eventually(lambda: str(tmp_path) in node.stderr)
    mock.always("ok", text="well")
    answer = structured(call(node, "agent_chat", message="hi"))
    assert answer["kept"] is False
    assert node.chat({"model": "chain", "messages": [
        {"role": "user", "content": "hi"}]}).status == 200
    assert node.ask("GET", "/health/ready").status == 200


def test_a_full_database_keeps_nothing_new(start, mock, tmp_path):
    node = start(on_disk(mock, tmp_path, storage={"max_size": "1MiB"}))
    thread = say(node, mock, "small", headers=bearer(ANNE))
    # Other words than the others: the index must not fit either.
    mock.always("ok", text=" ".join(f"w{n:x}" for n in range(60000)))
    answer = structured(call(node, "agent_chat", bearer(ANNE), message="much"))
    assert answer["kept"] is False
    assert threads(node, bearer(ANNE)) == [thread]
    assert node.breaker("storage") == "closed"


def test_a_locked_database_is_waited_for_and_told_of(start, mock, tmp_path):
    node = start(on_disk(mock, tmp_path))
    thread = say(node, mock, "first", headers=bearer(ANNE))
    other = sqlite3.connect(tmp_path / "caisson.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    mock.always("ok", text="well")
    answer = structured(call(node, "agent_chat", bearer(ANNE), message="hi"))
    assert answer["kept"] is False
    # Who only reads does not wait.
    assert threads(node, bearer(ANNE)) == [thread]
    other.execute("ROLLBACK")
    other.close()
    eventually(lambda: structured(call(node, "agent_chat", bearer(ANNE),
                                       message="again"))["kept"])


def test_a_database_of_a_newer_version_is_left_alone(start, mock, tmp_path):
    made = sqlite3.connect(tmp_path / "caisson.db")
    made.execute("PRAGMA application_id = 0x43414953")
    made.execute("PRAGMA user_version = 999")
    made.execute("CREATE TABLE theirs (x)")
    made.commit()
    made.close()
    node = start(on_disk(mock, tmp_path))
    text = failure(call(node, "conversation_get", thread="t"))
    assert "newer version" in text and "(storage.backend)" in text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_database_that_may_only_be_read_is_read(start, mock, tmp_path):
    node = start(on_disk(mock, tmp_path))
    thread = say(node, mock, "first", headers=bearer(ANNE))
    node.terminate()
    assert node.wait() == 0
    (tmp_path / "caisson.db").chmod(0o400)
    again = start(on_disk(mock, tmp_path))
    assert threads(again, bearer(ANNE)) == [thread]
    mock.always("ok", text="well")
    assert structured(call(again, "agent_chat", bearer(ANNE),
                           message="hi"))["kept"] is False


def test_a_reload_cannot_move_the_database(start, mock, tmp_path):
    node = start(on_disk(mock, tmp_path))
    node.config["storage"] = {"url": "sqlite::memory:"}
    node.rewrite({})
    reply = node.admin("/admin/reload").json()
    assert reply["error"]["problems"] == [
        "storage.url cannot change while the node runs"]
