"""The server API on real processes: what it stores, what it refuses, and that
its changes reach live connections in the room's order."""
import pytest

from cluster import Cluster
from messenger import Messenger


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("api")) as started:
        yield started


def refused(answer, status, field=None):
    assert answer[0] == status, answer
    error = answer[1]["error"]
    assert error["code"] and error["detail"]
    if field:
        assert error["field"] == field


def test_the_key_is_asked_for(shared):
    for key in (None, "", "wrong", Cluster.API_KEY + "x",
                Cluster.API_KEY[:-1], "# of the tests"):
        refused(shared.api("GET", "/api/users/1", key=key), 401)


def test_profiles(shared):
    refused(shared.api("GET", "/api/users/70"), 404)
    profile = {"username": "u70", "email": "u70@example.com",
               "first_name": "A", "last_name": "B", "github_url": None,
               "avatar": None, "thumbnail_avatar": None,
               "email_notifications": True, "email_confirmed": False}
    assert shared.api("PUT", "/api/users/70", profile)[0] == 200
    status, stored = shared.api("GET", "/api/users/70")
    assert status == 200 and stored["username"] == "u70"
    assert stored["email_notifications"] is True
    refused(shared.api("PUT", "/api/users/70", {"nickname": "x"}), 400,
            "nickname")
    refused(shared.api("PUT", "/api/users/70", {"username": 5}), 400,
            "username")
    refused(shared.api("PUT", "/api/users/70", "[]"), 400)
    refused(shared.api("PUT", "/api/users/70", "{"), 400)
    refused(shared.api("PUT", "/api/users/0", {}), 404)
    refused(shared.api("DELETE", "/api/users/70"), 405)
    refused(shared.api("GET", "/api/nothing"), 404)


def test_a_new_name_is_seen_at_once(shared):
    shared.put_user(71, "old")
    room = shared.make_room("names", [71, 72])
    with Messenger(shared.ports[0], 71) as client, \
            Messenger(shared.ports[0], 72) as other:
        other.enter(room)
        client.say("one", pk=room)
        assert other.event()["data"]["user"]["username"] == "old"
        shared.put_user(71, "new")
        assert client.say("two", pk=room)["data"]["user"]["username"] == "new"
        assert [m["user"]["username"] for m in client.history(room)] \
            == ["new", "new"]


def test_claims_fill_in_for_a_user_never_put(shared):
    room = shared.make_room("claims", [73, 74])
    with Messenger(shared.ports[0], 73, "claimed") as client:
        assert client.say("x", pk=room)["data"]["user"] == {
            "id": 73, "username": "claimed", "email": "claimed@example.com"}
    shared.put_user(73, "put")
    with Messenger(shared.ports[0], 73, "claimed") as client:
        assert client.say("y", pk=room)["data"]["user"]["username"] == "put"


def test_rooms(shared):
    body = {"kind": "project", "key": "p1", "title": "First", "open": False,
            "members": [{"user_id": 1, "role": "moderator"}, {"user_id": 2}]}
    status, room = shared.api("POST", "/api/rooms", body)
    assert status == 201
    assert (room["kind"], room["key"], room["title"], room["open"]) \
        == ("project", "p1", "First", False)
    assert room["members"] == [{"user_id": 1, "role": "moderator"},
                               {"user_id": 2, "role": None}]
    status, again = shared.api("POST", "/api/rooms", body)
    assert (status, again) == (200, room)
    path = f"/api/rooms/{room['id']}"
    assert shared.api("GET", path) == (200, room)
    status, patched = shared.api("PATCH", path, {"title": "Second"})
    assert status == 200 and patched["title"] == "Second"
    assert shared.api("PUT", path + "/members/3", {"role": None})[0] == 200
    assert shared.api("PUT", path + "/members/3", {"role": None})[0] == 200
    refused(shared.api("PUT", path + "/members/3", {"role": "king"}), 400,
            "role")
    assert shared.api("DELETE", path + "/members/3")[0] == 204
    assert shared.api("DELETE", path + "/members/3")[0] == 204
    assert shared.api("DELETE", path)[0] == 204
    refused(shared.api("GET", path), 404)
    status, new = shared.api("POST", "/api/rooms", body)
    assert status == 201 and new["id"] != room["id"]


@pytest.mark.parametrize("change, field", [
    ({"kind": "cave"}, "kind"), ({"kind": None}, "kind"), ({"key": 5}, "key"),
    ({"title": []}, "title"), ({"open": "yes"}, "open"),
    ({"members": {}}, "members"), ({"colour": "red"}, "colour"),
    ({"kind": "direct", "key": "2_1"}, "key"), ({"key": "x" * 300}, "key"),
    ({"members": [{"user_id": 1}, {"user_id": 1}]}, "members"),
])
def test_bad_rooms(shared, change, field):
    body = {"kind": "project", "key": "bad", "members": [{"user_id": 1}]}
    refused(shared.api("POST", "/api/rooms", {**body, **change}), 400, field)


def test_messages_by_the_application(shared):
    room = shared.make_room("application", [1, 2])
    path = f"/api/rooms/{room}/messages"
    with Messenger(shared.ports[0], 2) as client:
        client.enter(room)
        body = {"user_id": 1, "text": "hello", "client_key": "k1"}
        status, message = shared.api("POST", path, body)
        assert status == 201 and message["text"] == "hello"
        assert client.event()["pk"] == message["id"]
        status, again = shared.api("POST", path, {**body, "text": "other"})
        assert (status, again) == (200, message)
        reply = client.say("answer", reply_to_message=message["id"], pk=room)
        assert client.ask("delete_message",
                          pk=reply["pk"])["response_status"] == 204
        assert client.event()["action"] == "delete"
    status, page = shared.api("GET", path)
    assert status == 200 and page["has_more"] is False
    assert [(m["id"], m["text"], m["is_deleted"]) for m in page["messages"]] \
        == [(message["id"], "hello", False), (reply["pk"], "", True)]
    status, page = shared.api("GET", f"{path}?limit=1")
    assert [m["id"] for m in page["messages"]] == [reply["pk"]]
    assert page["has_more"] is True
    status, page = shared.api("GET", f"{path}?before={reply['pk']}")
    assert [m["id"] for m in page["messages"]] == [message["id"]]
    status, page = shared.api("GET", f"{path}?after={message['id']}")
    assert [m["id"] for m in page["messages"]] == [reply["pk"]]
    refused(shared.api("GET", f"{path}?limit=x"), 400, "limit")
    refused(shared.api("POST", path, {"user_id": 9, "text": "x"}), 404)
    refused(shared.api("POST", path, {"user_id": 1}), 400, "text")


def test_order_reviews(shared):
    path = "/api/order-reviews/77"
    people = {"customer_id": 1, "executor_id": 2}
    status, review = shared.api("PUT", path, {"status": "new", **people})
    assert status == 200 and review["room_id"] is None
    status, review = shared.api("PUT", path, {"status": "in_progress",
                                              **people})
    assert status == 200 and review["room_id"]
    for state in ("in_progress", "done", "in_progress"):
        status, again = shared.api("PUT", path, {"status": state, **people})
        assert status == 200 and again["room_id"] == review["room_id"]
    refused(shared.api("PUT", path, {"status": "in_progress",
                                     "customer_id": 1, "executor_id": 3}),
            409)
    status, room = shared.api("GET", f"/api/rooms/{review['room_id']}")
    assert room["kind"] == "order" and room["key"] == "77"
    assert {(m["user_id"], m["role"]) for m in room["members"]} \
        == {(1, "customer"), (2, "executor")}


def test_expulsion_takes_effect_in_the_rooms_order(shared):
    room = shared.make_room("expulsion", [1, 2])
    with Messenger(shared.ports[0], 1) as stays, \
            Messenger(shared.ports[0], 2) as goes:
        stays.enter(room)
        goes.enter(room)
        before = stays.say("before", pk=room)
        assert shared.api("DELETE", f"/api/rooms/{room}/members/2")[0] == 204
        stays.say("after", pk=room)
        assert goes.event()["pk"] == before["pk"]
        assert goes.ask("retrieve", pk=room)["response_status"] == 404
        assert goes.ask("create_message", pk=room,
                        message="x")["response_status"] == 404
        assert goes.events == []  # nothing of what came after
        assert shared.api("PUT", f"/api/rooms/{room}/members/2",
                          {"role": None})[0] == 200
        stays.say("between", pk=room)
        assert goes.ask("retrieve", pk=room)["response_status"] == 200
        assert goes.events == []  # the old subscription is over


def test_open_rooms(shared):
    room = shared.make_room("open", [1], open=True)
    closed = shared.make_room("closed", [1])
    with Messenger(shared.ports[0], 5) as client:
        assert client.ask("subscribe_to_messages_in_room",
                          pk=room)["response_status"] == 404
        assert client.ask("join_room", pk=closed)["response_status"] == 404
        joined = client.ask("join_room", pk=room)
        assert joined["response_status"] == 200
        client.say("here")
        assert client.ask("leave_room", pk=room)["response_status"] == 200
        assert client.ask("create_message", message="x",
                          pk=room)["response_status"] == 404


def test_unread_and_read(shared):
    room = shared.make_room("reading", [61, 62, 63])

    def unread(client):
        chats = client.ask("user_chat_list_action")["data"]
        return [c["unread_count"] for c in chats if c["pk"] == room][0]

    with Messenger(shared.ports[0], 61) as one, \
            Messenger(shared.ports[0], 62) as two:
        one.enter(room)
        said = [one.say(f"m{i}", pk=room)["pk"] for i in range(5)]
        two.say("own", pk=room)
        assert one.event()["action"] == "create"
        assert unread(two) == 5 and unread(one) == 1
        answer = two.ask("message_read", pk=said[2])
        assert answer["response_status"] == 200
        assert answer["data"] == {"pk": said[2]}
        update = one.event()
        assert update["action"] == "update" and update["pk"] == said[2]
        assert update["data"]["read"] is True
        assert unread(two) == 2
        two.ask("message_read", pk=said[0])  # never back
        assert unread(two) == 2
        assert one.ask("delete_message", pk=said[0])["response_status"] == 204
        assert one.ask("delete_message", pk=said[4])["response_status"] == 204
        assert unread(two) == 1
        assert [m["read"] for m in one.history(room)] \
            == [True, True, False, False]
        assert [e["action"] for e in (one.event(), one.event())] \
            == ["delete", "delete"]
