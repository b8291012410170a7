"""Clauses of the contract that reach across dialects, as `chats` shows them:
texts, keys that store once, deleted messages, connections that end."""
import json

import pytest

from chats import Chats
from cluster import Cluster
from dialogs import Dialogs
from messenger import Messenger
from tokens import make_token
from wsclient import Closed

WHITE_SPACE = ("\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004"
               "\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f"
               "\u3000")
NOT_OBJECTS = ["[]", "{", '{"a":' * 40 + "1" + "}" * 40]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("clauses"), gateways=2,
                 gateway_options=["--rate", "0"]) as started:
        yield started


def end_of(client):
    """The close code of a connection that the server ends."""
    with pytest.raises(Closed) as closed:
        while True:
            client.socket.recv(timeout=30)
    return closed.value.code


# --- Texts -----------------------------------------------------------------

@pytest.mark.parametrize("point", ["\U0001f600", "\\", "\x01"])
def test_the_longest_text_fully_escaped(shared, point):
    with Chats(shared.ports[0], 1) as a, Chats(shared.ports[1], 2) as b:
        text = point * 8192
        assert a.say(text, "1_2")["message"]["text"] == text
        assert b.expect("new_message")["message"]["text"] == text
        assert a.say(f"\u2003{text} ", "1_2")["message"]["text"] == text
        assert a.error("new_message", chat_type="direct", chat_id="1_2",
                       text=text + point).field == "text"


def test_white_space_is_trimmed_and_nothing_else(shared):
    with Chats(shared.ports[0], 1) as a:
        for space in WHITE_SPACE:
            assert a.say(f"{space}x{space}y{space}",
                         "1_2")["message"]["text"] == f"x{space}y"
            assert a.error("new_message", chat_type="direct", chat_id="1_2",
                           text=space).field == "text"
        for kept in ("\x01", "\x1f", "\x7f", "\u200b", "\ufeff"):
            assert a.say(kept, "1_2")["message"]["text"] == kept


@pytest.mark.parametrize("frame", NOT_OBJECTS)
@pytest.mark.parametrize("dialect", [Chats, Dialogs])
def test_five_frames_that_are_no_objects_close(shared, dialect, frame):
    with dialect(shared.ports[0], 3) as client:
        for count in (4, 5):
            for _ in range(count):
                client.socket.send(frame)
                answer = json.loads(client.socket.recv(timeout=30))
                assert "error" in answer or answer["exception"] is True
            if count == 4:
                client.socket.send("{}")  # the count begins anew
                client.socket.recv(timeout=30)
        assert end_of(client) == 1008


# --- One message in all dialects ---------------------------------------------

def test_a_client_key_is_one_in_all_dialects_and_the_server_api(shared):
    with Chats(shared.ports[0], 11) as a, \
            Messenger(shared.ports[1], 11) as old, \
            Dialogs(shared.ports[1], 11) as page:
        said = a.say("one", "11_12", client_key="k")
        room, first = said["room_id"], said["message"]["id"]
        a.ask("edit_message", chat_type="direct", chat_id="11_12",
              message_id=first, text="two")
        answer = old.say("other", pk=room, client_key="k")
        assert (answer["pk"], answer["data"]["text"]) == (first, "two")
        answer = page.say(room, "other", client_key="k")
        assert (answer["id"], answer["body"]) == (first, "two")
        status, answer = shared.api(
            "POST", f"/api/rooms/{room}/messages",
            {"user_id": 11, "text": "other", "client_key": "k"})
        assert (status, answer["id"]) == (200, first)
        again = a.say("one", "12_11", client_key="k")["message"]
        assert (again["id"], again["text"]) == (first, "two")
        a.ask("delete_message", chat_type="direct", chat_id="11_12",
              message_id=first)
        again = a.say("one", "11_12", client_key="k")["message"]
        assert (again["id"], again["text"]) == (first, "")
        assert again["is_deleted"] is True
        assert a.history("11_12") == []


def test_a_deleted_message_is_nowhere(shared):
    where = {"chat_type": "direct", "chat_id": "21_22"}
    with Chats(shared.ports[0], 21) as a, Chats(shared.ports[1], 22) as b, \
            Dialogs(shared.ports[0], 22) as page, \
            Messenger(shared.ports[0], 22) as old:
        kept = a.say("kept", "21_22")
        secret = a.say("secret", "21_22")["message"]["id"]
        room = kept["room_id"]
        a.ask("delete_message", message_id=secret, **where)
        seen = b.get("/chats/directs/21_22/")
        assert seen["unread_count"] == 1
        assert seen["last_message"]["text"] == "kept"
        assert b.error("message_read", message_id=secret,
                       **where).code == "not_found"
        a.ask("delete_message", message_id=kept["message"]["id"], **where)
        seen = b.get("/chats/directs/21_22/")
        assert seen["unread_count"] == 0 and seen["last_message"] is None
        assert b.get("/chats/has-unreads/") == {"has_unreads": False}
        assert b.history("21_22") == old.history(room) == []
        assert page.messages(room) == [] and page.count() == 0
        (dialog,) = page.load()
        assert dialog["unread_count"] == 0
        assert dialog["last_message"]["dialog"] is None
        status, answer = shared.api("GET", f"/api/rooms/{room}/messages")
        assert status == 200 and len(answer["messages"]) == 2
        assert all(m["is_deleted"] and m["text"] == ""
                   for m in answer["messages"])


# --- Connections that end ----------------------------------------------------

@pytest.mark.parametrize("dialect", [Chats, Dialogs])
def test_a_token_that_expires_closes_4401(shared, dialect):
    token = make_token(Cluster.SECRET, 31, ttl_s=2)
    with dialect(shared.ports[0], 31, token=token) as client:
        assert end_of(client) == 4401


def test_a_user_sent_away_leaves_all_dialects(shared):
    with Chats(shared.ports[0], 32) as a, Chats(shared.ports[1], 32) as b, \
            Dialogs(shared.ports[1], 32) as page:
        assert shared.api("POST", "/api/users/32/disconnect")[0] == 204
        assert [end_of(client) for client in (a, b, page)] == [4401] * 3


def test_the_rate_is_one_over_http_and_all_dialects(tmp_path):
    with Cluster(tmp_path, gateway_options=["--rate", "1/4"]) as cluster:
        with Chats(cluster.ports[0], 1) as a, \
                Dialogs(cluster.ports[0], 1) as page:
            for _ in range(4):
                page.send("notifications.dialogs.count")
            answers = [page.receive() for _ in range(4)]
            assert all("exception" not in answer for answer in answers)
            assert a.call("/chats/directs/")[0] == 429
            assert a.error("new_message", chat_type="direct", chat_id="1_2",
                           text="x").code == "throttled"
