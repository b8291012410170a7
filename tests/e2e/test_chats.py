"""The conversations that the `chats` dialect promises, on real sockets."""
import json
import re
import time

import pytest

from chats import PATIENCE_S, Chats, without_presence
from cluster import Cluster
from messenger import Messenger

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Two gateways, no rate limit, offline two seconds after the last
    connection: time enough to come back on a busy machine."""
    with Cluster(tmp_path_factory.mktemp("chats"), gateways=2,
                 gateway_options=["--rate", "0",
                                  "--presence-grace", "2"]) as started:
        started.users = 1000
        yield started


@pytest.fixture
def people(shared):
    """Two users that no other test knows, on different gateways: (a, b)."""
    shared.users += 2
    first = shared.users
    shared.put_user(first, f"user{first}", first_name="Ann", last_name="Ray")
    shared.put_user(first + 1, f"user{first + 1}")
    with Chats(shared.ports[0], first) as a, \
            Chats(shared.ports[1], first + 1) as b:
        yield a, b


def pair(a, b):
    return f"{min(a.user, b.user)}_{max(a.user, b.user)}"


def swapped(a, b):
    return f"{max(a.user, b.user)}_{min(a.user, b.user)}"


# --- Connecting ------------------------------------------------------------

@pytest.mark.parametrize("path", ["/ws/chats/", "/ws/chats", "/ws/chat/"])
@pytest.mark.parametrize("by", ["header", "query", "subprotocol"])
def test_ways_to_connect(shared, path, by):
    with Chats(shared.ports[0], 1, path=path, by=by) as client:
        if by == "subprotocol":
            assert client.socket.protocol.subprotocol == "Bearer"
        assert client.error("nothing").code == "unknown_type"


# --- Messages --------------------------------------------------------------

def test_a_direct_chat_comes_into_being(people):
    a, b = people
    said = a.say("  hello\n", swapped(a, b))
    message = said["message"]
    assert said["chat_type"] == "direct" and said["chat_id"] == pair(a, b)
    assert message["text"] == "hello" and message["reply_to"] is None
    assert ISO.fullmatch(message["created_at"])
    assert isinstance(message["author"].pop("is_online"), bool)
    assert message["author"] == {
        "id": a.user, "username": f"user{a.user}", "first_name": "Ann",
        "last_name": "Ray", "email": f"user{a.user}@example.com",
        "avatar": None}
    assert (message["is_edited"], message["is_read"], message["is_deleted"],
            message["files"]) == (False, False, False, [])
    heard = b.expect("new_message")
    assert "client_key" not in heard
    del said["client_key"]
    assert heard["message"]["id"] == message["id"]
    assert {k: v for k, v in heard.items() if k != "message"} == \
        {k: v for k, v in said.items() if k != "message"}
    answer = b.say("hi", pair(a, b), reply_to=message["id"])
    quoted = answer["message"]["reply_to"]
    assert quoted["id"] == message["id"] and quoted["text"] == "hello"
    assert quoted["author"] == {"id": a.user} and "reply_to" not in quoted
    assert a.expect("new_message", room_id=said["room_id"])["message"][
        "reply_to"]["id"] == message["id"]


def test_the_seed_s_frame_as_it_stands(people):
    a, b = people
    a.send("new_message", chat_type="direct", chat_id=pair(a, b),
           message="first", reply_to=None)
    mine = a.expect("new_message")
    assert "client_key" not in mine and mine["message"]["text"] == "first"
    assert b.expect("new_message")["message"]["text"] == "first"


def test_every_connection_gets_each_event_once(shared, people):
    a, b = people
    chat = pair(a, b)
    with Chats(shared.ports[0], a.user) as a2, \
            Chats(shared.ports[1], a.user) as a3, \
            Chats(shared.ports[0], b.user) as b2:
        # All are in the room: who comes to it later reads what was before,
        # and what is deleted by then is not read.
        b.say("begin", chat)
        for client in (a, a2, a3, b2):
            client.fence("begin")
        said = a.say("one", chat)
        edited = a.ask("edit_message", chat_type="direct", chat_id=chat,
                       message_id=said["message"]["id"], text="two")
        assert edited["message"]["is_edited"]
        read = b.ask("message_read", chat_type="direct", chat_id=chat,
                     message_id=said["message"]["id"])
        a.ask("delete_message", chat_type="direct", chat_id=chat,
              message_id=said["message"]["id"])
        b.say("end", chat)
        for client in (a2, a3, b2):
            frames = without_presence(client.fence("end"))
            assert [f["type"] for f in frames] == [
                "new_message", "edit_message", "message_read",
                "delete_message"]
            assert frames[1]["content"]["message"]["text"] == "two"
            assert frames[2]["content"] == read
            assert frames[3]["content"] == {
                "chat_type": "direct", "chat_id": chat,
                "message_id": said["message"]["id"], "user_id": a.user}
            assert not any("client_key" in f["content"] for f in frames)
        # Those who asked: their answers were their copies.
        assert [f["type"] for f in without_presence(a.fence("end"))] == \
            ["message_read"]
        assert [f["type"] for f in without_presence(b.kept)] == \
            ["new_message", "edit_message", "delete_message"]


def test_all_see_one_order(shared, people):
    a, b = people
    chat = pair(a, b)
    with Chats(shared.ports[1], a.user) as a2:
        for i in range(50):
            a.send("new_message", chat_type="direct", chat_id=chat,
                   text=f"a{i}")
            b.send("new_message", chat_type="direct", chat_id=chat,
                   text=f"b{i}")
        orders = [[c.expect("new_message")["message"]["id"]
                   for _ in range(100)] for c in (a, b, a2)]
        assert orders[0] == orders[1] == orders[2] == sorted(orders[0])
        assert [m["id"] for m in a.history(chat)] == orders[0][::-1]


def test_a_client_key_stores_once(people):
    a, b = people
    chat = pair(a, b)
    first = a.say("once", chat, client_key="k")
    again = a.say("another text", swapped(a, b), client_key="k")
    assert again["message"]["id"] == first["message"]["id"]
    assert again["message"]["text"] == "once"
    theirs = b.say("their own", chat, client_key="k")
    assert theirs["message"]["id"] != first["message"]["id"]
    a.say("end", chat)
    frames = without_presence(b.fence("end"))
    assert [f["content"]["message"]["text"] for f in frames] == ["once"]
    assert len(a.history(chat)) == 3


def test_notes_to_oneself(shared):
    with Chats(shared.ports[0], 900) as mine, \
            Chats(shared.ports[1], 900) as other:
        said = mine.say("note", "900_900")
        assert other.expect("new_message")["message"]["id"] == \
            said["message"]["id"]
        assert mine.error("message_read", chat_type="direct",
                          chat_id="900_900",
                          message_id=said["message"]["id"]).field == \
            "message_id"
        chat, = mine.get("/chats/directs/")
        assert chat["id"] == "900_900" and chat["opponent"]["id"] == 900
        assert chat["unread_count"] == 0


def test_to_a_user_of_whom_nobody_has_heard(shared):
    with Chats(shared.ports[0], 901, username="ann") as client:
        client.say("anybody there?", "901_777777")
        chat, = client.get("/chats/directs/")
        assert chat["opponent"]["id"] == 777777
        assert chat["last_message"]["text"] == "anybody there?"
    with Chats(shared.ports[1], 777777) as late:
        assert late.get("/chats/directs/901_777777/")["unread_count"] == 1
        assert late.get("/chats/has-unreads/") == {"has_unreads": True}


def test_projects_and_orders(shared):
    shared.make_room("apollo 13", [(21, "moderator"), 22, 23],
                     title="Apollo")
    order = shared.make_order("4711", 21, 22)
    with Chats(shared.ports[0], 21) as a, Chats(shared.ports[1], 22) as b, \
            Chats(shared.ports[1], 23) as c, Chats(shared.ports[0], 24) as d:
        b.say("hi all", "apollo 13", "project")
        for client in (a, c):
            assert client.expect("new_message")["chat_id"] == "apollo 13"
        said = a.say("hi executor", 4711, "order")
        assert said["chat_id"] == "4711" and said["room_id"] == order
        assert said["chat_type"] == "order"
        assert b.expect("new_message", chat_type="order")["chat_id"] == "4711"
        chat = b.get("/chats/projects/apollo%2013/")
        assert chat["name"] == "Apollo" and chat["opponent"] is None
        assert [m["text"] for m in c.history("apollo%2013", "projects")] == \
            ["hi all"]
        assert [m["text"] for m in a.history("4711", "orders")] == \
            ["hi executor"]
        for kind, key in (("projects", "apollo%2013"), ("orders", "4711"),
                          ("projects", "nothing"), ("directs", "21_22")):
            for rest in ("/", "/messages/"):
                assert d.call(f"/chats/{kind}/{key}{rest}")[0] == 404
        assert d.error("new_message", chat_type="project",
                       chat_id="apollo 13", text="x").content | {
                           "client_key": 0} == \
            d.error("new_message", chat_type="project",
                    chat_id="no such", text="x").content | {"client_key": 0}


def test_members_come_and_go_while_connected(shared):
    room = shared.make_room("changing", [31])
    with Chats(shared.ports[0], 31) as a, Chats(shared.ports[1], 32) as b:
        a.say("before", "changing", "project")
        assert shared.api("PUT", f"/api/rooms/{room}/members/32",
                          {"role": None})[0] == 200
        a.say("during", "changing", "project")
        assert b.expect("new_message")["message"]["text"] == "during"
        assert [m["text"] for m in b.history("changing", "projects")] == \
            ["during", "before"]
        assert shared.api("DELETE",
                          f"/api/rooms/{room}/members/32")[0] == 204
        a.say("after", "changing", "project")
        assert b.error("new_message", chat_type="project",
                       chat_id="changing", text="x").code == "not_found"
        b.say("end", "31_32")
        assert without_presence(b.kept) == []


# --- What is done to messages ----------------------------------------------

def test_edit(people):
    a, b = people
    chat = pair(a, b)
    said = a.say("one", chat)["message"]["id"]
    where = {"chat_type": "direct", "chat_id": chat, "message_id": said}
    edited = a.ask("edit_message", message=" two ", **where)
    assert edited["message"]["text"] == "two"
    assert b.expect("edit_message")["message"]["is_edited"] is True
    error = b.error("edit_message", text="mine", **where)
    assert error.code == "forbidden" and error.content["message_id"] == said
    a.ask("delete_message", **where)
    assert a.error("edit_message", text="x", **where).code == "not_found"
    assert a.history(chat) == []


def test_delete(shared):
    shared.make_room("moderated", [(41, "moderator"), 42, 43])
    room = {"chat_type": "project", "chat_id": "moderated"}
    with Chats(shared.ports[0], 41) as a, Chats(shared.ports[1], 42) as b, \
            Chats(shared.ports[0], 43) as c:
        said = b.say("secret", **room)["message"]["id"]
        reply = c.say("what?", reply_to=said, **room)["message"]["id"]
        assert c.error("delete_message", message_id=said,
                       **room).code == "forbidden"
        a.ask("delete_message", message_id=said, **room)
        assert b.expect("delete_message") == {
            **room, "message_id": said, "user_id": 41}
        # Again: to whoever asks alone, as if it had just happened.
        b.ask("delete_message", message_id=said, **room)
        quoted = c.history("moderated", "projects")
        assert [m["id"] for m in quoted] == [reply]
        assert quoted[0]["reply_to"]["is_deleted"] is True
        assert quoted[0]["reply_to"]["text"] == ""
        assert c.error("new_message", text="x", reply_to=said,
                       **room).field == "reply_to"
        b.say("end", **room)
        assert [f["type"] for f in without_presence(c.fence("end"))] == \
            ["new_message", "delete_message"]
        assert "secret" not in json.dumps(
            shared.api("GET", f"/api/rooms/{quoted_room(a)}/messages"))


def quoted_room(client):
    return client.get("/chats/projects/moderated/")["room_id"]


def test_read(shared, people):
    a, b = people
    chat = pair(a, b)
    ids = [a.say(str(i), chat)["message"]["id"] for i in range(3)]
    where = {"chat_type": "direct", "chat_id": chat}
    assert b.get(f"/chats/directs/{chat}/")["unread_count"] == 3
    read = b.ask("message_read", message_id=ids[1], **where)
    assert ISO.fullmatch(read["read_at"])
    assert a.expect("message_read") == read
    assert b.get(f"/chats/directs/{chat}")["unread_count"] == 1
    assert [m["is_read"] for m in a.history(chat)] == [False, True, True]
    # Back: nobody else hears of it, and the time is that of the mark.
    back = b.ask("read_message", answer="message_read", message_id=ids[0],
                 **where)
    assert back == {**read, "message_id": ids[0]}
    assert a.error("message_read", message_id=ids[0],
                   **where).field == "message_id"
    a.say("end", chat)
    assert without_presence(a.kept) == []
    b.fence("end")
    with Chats(shared.ports[0], b.user) as b2:
        b2.ask("message_read", message_id=ids[2], **where)
        assert b.expect("message_read", message_id=ids[2])["user_id"] == \
            b.user


# --- Typing and presence ---------------------------------------------------

def test_typing(shared, people):
    a, b = people
    chat = pair(a, b)
    where = {"chat_type": "direct", "chat_id": chat}
    a.say("first", chat)
    b.fence("first")
    with Chats(shared.ports[1], a.user) as a2:
        for event in ("typing", "user_typing", "typing", "typing"):
            a.send(event, **where)
        a.say("end", chat)
        typed, = without_presence(b.fence("end"))
        assert typed["type"] == "user_typing"
        end_time = typed["content"].pop("end_time")
        assert ISO.fullmatch(end_time)
        assert typed["content"] == {**where, "user_id": a.user}
        assert without_presence(a2.fence("end")) == []
        assert without_presence(a.kept) == []
        # Passed on again two seconds later.
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            a.send("typing", **where)
            try:
                again = b.expect("user_typing", timeout=0.2)
                break
            except TimeoutError:
                continue
        assert again["end_time"] > end_time
        assert a.error("typing", message_id=1, **where).code == \
            "ambiguous_type"


def test_a_direct_chat_comes_into_being_by_typing(people):
    a, b = people
    a.send("typing", chat_type="direct", chat_id=pair(a, b))
    assert b.expect("user_typing")["chat_id"] == pair(a, b)
    assert b.get(f"/chats/directs/{pair(a, b)}/")["last_message"] is None


def presence_of(client, user, event, timeout=PATIENCE_S):
    """The next presence frame, which must be |event| of |user|."""
    _, frame = client.until(
        lambda f: f["type"] in ("set_online", "set_offline"), timeout)
    assert (frame["type"], frame["content"]["user_id"]) == (event, user)
    return frame["content"]


def test_online_and_offline(shared):
    shared.make_room("present", [51, 52])
    shared.make_room("present too", [51, 52, 53])
    with Chats(shared.ports[0], 51) as a:
        b = Chats(shared.ports[1], 52)
        assert presence_of(a, 52, "set_online") == {"user_id": 52}
        b2 = Chats(shared.ports[0], 52)
        b2.say("hi", "present", "project")
        a.fence("hi")
        b.close()
        # Within the grace: no noise.
        b2.close()
        b = Chats(shared.ports[0], 52)
        assert a.get("/chats/projects/present/")["last_message"]["author"][
            "is_online"] is True
        # Told at once, once.
        b.send("set_offline")
        gone = presence_of(a, 52, "set_offline")
        assert ISO.fullmatch(gone["last_seen"])
        assert a.get("/chats/projects/present/")["last_message"]["author"][
            "is_online"] is False
        b.send("set_online")
        presence_of(a, 52, "set_online")
        closed_at = time.monotonic()
        b.close()
        presence_of(a, 52, "set_offline")
        assert time.monotonic() - closed_at > 1.9
        a.say("end", "present", "project")
        assert [f for f in a.kept if f["type"].startswith("set_")] == []


def test_offline_until_the_next_connection(shared):
    shared.make_room("hiding", [54, 55])
    with Chats(shared.ports[0], 54) as a, Chats(shared.ports[1], 55) as b:
        presence_of(a, 55, "set_online")
        b.send("set_offline")
        presence_of(a, 55, "set_offline")
        with Chats(shared.ports[0], 55):
            presence_of(a, 55, "set_online")


def test_those_who_share_no_room_hear_nothing(shared, people):
    a, b = people
    with Chats(shared.ports[0], 56):
        with Chats(shared.ports[1], 57) as stranger:
            stranger.send("set_offline")
            stranger.error("nothing")  # Comes when that is done.
            a.say("now they share one", f"{a.user}_57")
            stranger.expect("new_message")
            stranger.send("set_online")
            presence_of(a, 57, "set_online")


def test_a_gateway_that_dies_takes_its_users_offline(tmp_path):
    with Cluster(tmp_path, gateways=2) as cluster:
        cluster.make_room("r", [1, 2])
        with Chats(cluster.ports[0], 1) as a:
            b = Chats(cluster.ports[1], 2)
            presence_of(a, 2, "set_online")
            cluster.gateways[1].kill()
            killed_at = time.monotonic()
            presence_of(a, 2, "set_offline")
            assert time.monotonic() - killed_at < 15
            b.close()
            cluster.gateways[1].start()
            cluster.wait_ready()


# --- Files -----------------------------------------------------------------

def test_files(people):
    a, b = people
    chat = pair(a, b)
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    one = a.upload("a b.png", png)
    two = a.upload("b.txt", b"text")
    said = a.say("look", chat, file_urls=[one["content"], two["content"]])
    files = b.expect("new_message")["message"]["files"]
    assert files == said["message"]["files"]
    assert [f["content"] for f in files] == [one["content"], two["content"]]
    assert {"id": one["id"], "name": "a b.png", "size": len(png),
            "mime_type": "image/png"}.items() <= files[0].items()
    assert ISO.fullmatch(files[0]["date_created"])
    assert b.fetch(files[0]["content"]) == (200, png)
    error = b.error("new_message", chat_type="direct", chat_id=chat,
                    text="mine", file_urls=[one["content"]])
    assert error.code == "bad_field" and error.field == "file_urls"
    assert len(a.history(chat)) == 1
    a.ask("delete_message", chat_type="direct", chat_id=chat,
          message_id=said["message"]["id"])
    assert a.history(chat) == []


# --- History ---------------------------------------------------------------

def test_pages(people):
    a, b = people
    chat = pair(a, b)
    ids = [a.say(str(i), chat)["message"]["id"] for i in range(45)][::-1]
    path = f"/chats/directs/{swapped(a, b)}/messages/"
    page = b.get(path)
    assert [m["id"] for m in page["results"]] == ids[:20]
    assert page["count"] == 45 and page["previous"] is None
    assert page["next"] == f"{path}?limit=20&offset=20"
    page = b.get(page["next"])
    assert [m["id"] for m in page["results"]] == ids[20:40]
    assert page["previous"] == f"{path}?limit=20"
    page = b.get(page["next"])
    assert [m["id"] for m in page["results"]] == ids[40:]
    assert page["next"] is None
    assert page["previous"] == f"{path}?limit=20&offset=20"
    for bad in ("?limit=0", "?limit=-1", "?limit=x", "?offset=-1",
                "?limit=&offset="):
        assert [m["id"] for m in b.get(path + bad)["results"]] == ids[:20]
    assert len(b.get(path + "?limit=1000")["results"]) == 45
    assert b.get(path + "?offset=45")["results"] == []
    assert b.get(path + f"?offset={10 ** 30}")["results"] == []


def test_long_texts_fill_a_page(people):
    a, b = people
    chat = pair(a, b)
    for _ in range(60):
        a.say("\U0001f600" * 8192, chat)
    page = b.get(f"/chats/directs/{chat}/messages/?limit=60")
    assert len(page["results"]) == 60 and page["next"] is None


def test_lists_are_complete(shared):
    with Chats(shared.ports[0], 800) as client:
        for other in range(20001, 20131):
            client.send("new_message", chat_type="direct",
                        chat_id=f"800_{other}", text="hi")
        for _ in range(130):
            client.expect("new_message")
        chats = client.get("/chats/directs/")
        assert sorted(c["opponent"]["id"] for c in chats) == \
            list(range(20001, 20131))
        client.say("again", "800_20050")
        assert client.get("/chats/directs")[0]["id"] == "800_20050"
        assert client.get("/chats/projects/") == []
        assert client.get("/chats/has-unreads/") == {"has_unreads": False}


def test_nothing_is_missed_between_connecting_and_loading(shared, people):
    a, b = people
    chat = pair(a, b)
    a.say("first", chat)
    for turn in range(10):
        for i in range(20):
            a.send("new_message", chat_type="direct", chat_id=chat,
                   text=f"{turn}-{i}")
        with Chats(shared.ports[turn % 2], b.user) as late:
            page = late.get(f"/chats/directs/{chat}/messages/?limit=100")
            for i in range(20):
                a.expect("new_message")
            a.say(f"end {turn}", chat)
            got = [f["content"]["message"]["text"]
                   for f in without_presence(late.fence(f"end {turn}"))]
            assert got == sorted(set(got), key=got.index)
            seen = {m["text"] for m in page["results"]} | set(got)
            assert {f"{turn}-{i}" for i in range(20)} <= seen


def test_http_errors(shared):
    with Chats(shared.ports[0], 1) as client:
        for method in ("POST", "PUT", "DELETE"):
            assert client.call("/chats/directs/", method)[0] == 405
        for path in ("/chats/nothing/", "/chats/directs/1_2/x/",
                     "/chats/directs/2_3/", "/chats/directs/1_99999/"):
            status, answer = client.call(path)
            assert status == 404
            assert set(answer["error"]) == {"code", "detail", "field"}
        client.token = "rubbish"
        assert client.call("/chats/directs/")[0] == 401


def test_it_is_all_there_after_a_crash(tmp_path):
    with Cluster(tmp_path) as cluster:
        with Chats(cluster.ports[0], 1) as a:
            said = [a.say(str(i), "1_2", client_key=f"kept-{i}")["message"]
                    for i in range(5)]
        for process in cluster.processes:
            process.kill()
        for process in cluster.processes:
            process.start()
        cluster.wait_ready()
        with Chats(cluster.ports[0], 2) as b:
            assert [m["id"] for m in b.history("1_2")] == \
                [m["id"] for m in said][::-1]
            with Chats(cluster.ports[0], 1) as a:
                assert a.say("again", "1_2", client_key="kept-0")["message"][
                    "id"] == said[0]["id"]


# --- The other dialect -----------------------------------------------------

def test_one_room_in_two_dialects(shared, people):
    a, b = people
    room = a.say("from chats", pair(a, b))["room_id"]
    with Messenger(shared.ports[0], b.user) as old:
        old.enter(room)
        first = a.say("two", pair(a, b))["message"]["id"]
        assert old.event()["data"]["id"] == first
        said = old.say("from messenger")["data"]["id"]
        heard = a.expect("new_message", room_id=room)
        assert heard["message"]["id"] == said
        assert heard["chat_id"] == pair(a, b)
        assert old.ask("message_read", pk=first)["response_status"] == 200
        assert a.expect("message_read")["message_id"] == first
        assert old.ask("delete_message", pk=said)["response_status"] == 204
        assert a.expect("delete_message")["message_id"] == said


# --- Bad input -------------------------------------------------------------

GOOD = {
    "new_message": {"chat_type": "direct", "chat_id": "1_2", "text": "x"},
    "edit_message": {"chat_type": "direct", "chat_id": "1_2",
                     "message_id": 1, "text": "x"},
    "typing": {"chat_type": "direct", "chat_id": "1_2"},
    "message_read": {"chat_type": "direct", "chat_id": "1_2",
                     "message_id": 1},
    "delete_message": {"chat_type": "direct", "chat_id": "1_2",
                       "message_id": 1},
}

# field, value (missing where it is ...), the code
BAD = [
    ("chat_type", ..., "bad_field"), ("chat_type", None, "bad_field"),
    ("chat_type", 1, "bad_field"), ("chat_type", "group", "bad_field"),
    ("chat_id", ..., "bad_field"), ("chat_id", None, "bad_field"),
    ("chat_id", "", "bad_field"), ("chat_id", [], "bad_field"),
    ("chat_id", 1.5, "bad_field"), ("chat_id", "1", "not_found"),
    ("chat_id", "1_2_3", "not_found"), ("chat_id", "1_0", "not_found"),
    ("chat_id", f"1_{2 ** 53}", "not_found"),
    ("chat_id", "1_" + "9" * 1000, "not_found"),
    ("text", "", "bad_field"), ("text", " \u00a0\n", "bad_field"),
    ("text", 5, "bad_field"), ("text", ["x"], "bad_field"),
    ("text", "x" * 8193, "bad_field"), ("text", "a\0b", "bad_field"),
    ("text", "\ud800", "bad_field"),
    ("message_id", ..., "bad_field"), ("message_id", None, "bad_field"),
    ("message_id", "x", "bad_field"), ("message_id", 1.5, "bad_field"),
    ("message_id", True, "bad_field"), ("message_id", [], "bad_field"),
    ("message_id", 0, "not_found"), ("message_id", -1, "not_found"),
    ("message_id", 10 ** 30, "not_found"),
    ("message_id", 2 ** 53 - 1, "not_found"),
]
BAD_MESSAGE = [
    ("reply_to", "x", "bad_field"), ("reply_to", 0, "bad_field"),
    ("reply_to", 2 ** 53 - 1, "bad_field"), ("reply_to", 10 ** 30, "bad_field"),
    ("reply_to", [], "bad_field"), ("client_key", "", "bad_field"),
    ("client_key", 5, "bad_field"), ("client_key", "k" * 129, "bad_field"),
    ("file_urls", "x", "bad_field"), ("file_urls", [1], "bad_field"),
    ("file_urls", ["/etc/passwd"], "bad_field"),
    ("file_urls", ["/media/2026/03/" + "0" * 32 + "/a.png"], "bad_field"),
    ("file_urls", ["/media/2026/03/" + "0" * 32 + "/a.png"] * 11,
     "bad_field"),
]
CASES = [(event, *case) for event, good in GOOD.items() for case in BAD
         if case[0] in good] + [("new_message", *case) for case in BAD_MESSAGE]


@pytest.fixture(scope="module")
def victim(shared):
    with Chats(shared.ports[0], 1) as client:
        client.say("there is a chat", "1_2")
        yield client


@pytest.mark.parametrize("event,field,value,code", CASES)
def test_bad_fields(victim, event, field, value, code):
    content = dict(GOOD[event])
    if value is ...:
        del content[field]
    else:
        content[field] = value
    error = victim.error(event, **content)
    assert error.code == code
    assert error.field in ((field, "message_id") if code == "not_found"
                           else (field,))
    if "message_id" in content and isinstance(content["message_id"], str):
        assert error.content["message_id"] == content["message_id"]
    victim.say("still there", "1_2")


@pytest.mark.parametrize("event", ["edit_message", "message_read",
                                   "delete_message"])
def test_messages_of_other_chats_and_of_nobody_look_the_same(shared, victim,
                                                             event):
    with Chats(shared.ports[1], 61) as other:
        hidden = other.say("hidden", "61_62")["message"]["id"]
    mine = victim.say("mine", "1_3")["message"]["id"]
    answers = []
    for chat, message in (("1_2", hidden), ("1_2", 2 ** 53 - 1),
                          ("61_62", hidden), ("1_2", mine),
                          ("1_88888", mine)):
        error = victim.error(event, chat_type="direct", chat_id=chat,
                             message_id=message, text="x",
                             client_key="same")
        assert error.content.pop("message_id") == message
        answers.append(error.content)
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["code"] == "not_found"


@pytest.mark.parametrize("frame", ["", "null", "[]", "{", '"x"', "5",
                                   "{}", '{"type": 5, "content": {}}',
                                   '{"type": "set_online"}',
                                   '{"type": "new_message", "content": []}',
                                   '{"type": "x", "content": {}}'])
def test_bad_frames(victim, frame):
    victim.socket.send(frame)
    assert victim.expect("error")["code"] in ("malformed", "bad_field",
                                              "unknown_type")
    victim.say("still there", "1_2")


def test_the_rate_limit(tmp_path):
    with Cluster(tmp_path, gateway_options=["--rate", "5/5"]) as cluster:
        with Chats(cluster.ports[0], 1) as client:
            for i in range(20):
                client.send("new_message", chat_type="direct", chat_id="1_2",
                            text=str(i), client_key=f"k{i}")
            frames = [client.receive() for _ in range(20)]
            refused = [f["content"] for f in frames if f["type"] == "error"]
            assert refused and all(e["code"] == "throttled" for e in refused)
            taken = [f["content"] for f in frames if f["type"] != "error"]
            assert taken and {f["client_key"] for f in taken + refused} == \
                {f"k{i}" for i in range(20)}
