"""Whatever a client sends gets a clear error or a documented close code, and
nobody else notices."""
import json
import socket

import pytest
from websockets.exceptions import ConnectionClosed

from cluster import Cluster, wait_for
from messenger import Messenger
from tokens import make_token

HUGE = 10 ** 30


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("bad"), gateway_options=[
            "--rate", "0"]) as started:
        started.room = started.make_room("own", [1, 2])
        started.foreign = started.make_room("foreign", [3, 4])
        with Messenger(started.ports[0], 3) as client:
            started.foreign_message = client.say("hidden",
                                                 pk=started.foreign)["pk"]
        with Messenger(started.ports[0], 2) as client:
            started.message = client.say("theirs", pk=started.room)["pk"]
        yield started


@pytest.fixture
def client(shared):
    with Messenger(shared.ports[0], 1) as connected:
        yield connected


def errors_of(client, **request):
    client.socket.send(json.dumps(request))
    answer = client.receive()
    return answer["response_status"], answer["errors"]


ROOM_ACTIONS = ["join_room", "leave_room", "retrieve",
                "subscribe_to_messages_in_room",
                "retrive_room_paginated_message_action"]
MESSAGE_ACTIONS = ["message_read", "delete_message", "edit_message"]


@pytest.mark.parametrize("action", ROOM_ACTIONS)
@pytest.mark.parametrize("pk", [999999, "foreign", 0, -1, HUGE, "12345678901",
                                2 ** 53, 2 ** 63])
def test_rooms_of_others_and_of_nobody_look_the_same(shared, client, action,
                                                     pk):
    pk = shared.foreign if pk == "foreign" else pk
    assert errors_of(client, action=action, pk=pk) == (404, ["Not found"])


@pytest.mark.parametrize("action", MESSAGE_ACTIONS)
@pytest.mark.parametrize("pk", [999999, "foreign", 0, -1, HUGE])
def test_messages_of_others_and_of_nobody_look_the_same(shared, client,
                                                        action, pk):
    pk = shared.foreign_message if pk == "foreign" else pk
    assert errors_of(client, action=action, pk=pk, message="x") \
        == (404, ["Not found"])


def test_sending_into_a_foreign_room(shared, client):
    assert errors_of(client, action="create_message", pk=shared.foreign,
                     message="x") == (404, ["Not found"])


@pytest.mark.parametrize("action", ROOM_ACTIONS + MESSAGE_ACTIONS)
@pytest.mark.parametrize("pk", [None, True, 1.5, "x", "", "1.0", [1],
                                {"id": 1}])
def test_ill_typed_pk(client, action, pk):
    status, errors = errors_of(client, action=action, pk=pk, message="x")
    assert status == 400 and list(errors[0]) == ["pk"]


@pytest.mark.parametrize("action", ["user_chat_list_action",
                                    "pag_user_chat_list_action",
                                    "retrive_room_paginated_message_action"])
@pytest.mark.parametrize("page, status", [
    (0, 400), (-1, 400), ("0", 400), ("-1", 400), ("x", 400), ("", 400),
    (1.5, 400), (None, 400), (True, 400), ([], 400),
    (1, 200), ("1", 200), (2 ** 31, 200), (2 ** 53 + 1, 200), (2 ** 63, 200),
    (HUGE, 200), (str(HUGE), 200)])
def test_pages(shared, client, action, page, status):
    client.socket.send(json.dumps(
        {"action": action, "pk": shared.room, "page": page}))
    answer = client.receive()
    assert answer["response_status"] == status
    if status == 400:
        assert list(answer["errors"][0]) == ["page"]
    elif page not in (1, "1"):
        data = answer["data"]
        assert (data["data"] if isinstance(data, dict) else data) == []


@pytest.mark.parametrize("field, value", [
    ("message", None), ("message", 1), ("message", ["x"]),
    ("message", "x" * 8193), ("message", "a\x00b"), ("message", "\ud800"),
    ("client_key", ""), ("client_key", "k" * 129), ("client_key", 5),
    ("reply_to_message", "x"), ("reply_to_message", 999999),
    ("reply_to_message", "foreign"), ("reply_to_message", 1.5),
    ("retry", "yes"), ("retry", 1)])
def test_fields_of_create_message(shared, client, field, value):
    if value == "foreign":
        value = shared.foreign_message
    request = {"action": "create_message", "pk": shared.room, "message": "x",
               field: value}
    status, errors = errors_of(client, **request)
    assert status == 400 and list(errors[0]) == [field]


def test_the_longest_text_fully_escaped(shared, client):
    text = "\x01" * 8192
    answer = client.say(text, pk=shared.room)
    assert answer["data"]["text"] == text


def test_others_things_are_not_ours_to_change(shared, client):
    assert errors_of(client, action="edit_message", pk=shared.message,
                     message="mine")[0] == 403
    assert errors_of(client, action="delete_message",
                     pk=shared.message)[0] == 403
    own = client.say("own", pk=shared.room)["pk"]
    assert errors_of(client, action="message_read", pk=own)[0] == 400


@pytest.mark.parametrize("action, status, error", [
    ("fly", 405, 'Method "fly" not allowed.'),
    ('a"b', 405, 'Method "a"b" not allowed.'),
    (None, 405, "Unable to find action in message body."),
])
def test_unknown_actions(client, action, status, error):
    assert errors_of(client, action=action) == (status, [error])


def test_no_action_and_no_room(client):
    assert errors_of(client, pk=1) \
        == (405, ["Unable to find action in message body."])
    status, errors = errors_of(client, action="create_message", message="x")
    assert status == 400 and list(errors[0]) == ["pk"]


@pytest.mark.parametrize("frame", [
    "{", "[]", "1", '"x"', "null", "nonsense", '{"action":}', "{}{}",
    '{"a":' * 33 + "1" + "}" * 33])
def test_what_is_no_object_is_answered_and_five_close(shared, frame):
    with Messenger(shared.ports[0], 1) as client:
        for i in range(4):
            client.socket.send(frame)
            assert client.receive()["response_status"] == 400
        client.ask("user_chat_list_action")  # the count begins anew
        for i in range(5):
            client.socket.send(frame)
            assert client.receive()["response_status"] == 400
        with pytest.raises(ConnectionClosed) as closed:
            client.receive()
        assert closed.value.rcvd.code == 1008


def test_echoes_come_back_as_they_were_sent(client):
    for text in ["1643788752396", "18446744073709551615", "0.1", "1e5", "-0",
                 '"x"', "null", "true", '{"a": [1, {}]}', "[]",
                 "0.12345678901234567"]:
        client.socket.send('{"action":"user_chat_list_action",'
                           f'"request_id":{text}}}')
        raw = client.socket.recv(timeout=10)
        assert json.loads(raw)["request_id"] == json.loads(text)


def closed_with(client):
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            client.receive()
    return closed.value.rcvd.code if closed.value.rcvd else None


def test_binary(shared):
    with Messenger(shared.ports[0], 1) as client:
        client.socket.send(b"\x00\x01")
        assert closed_with(client) == 1003


def test_ten_mebibytes(shared):
    with Messenger(shared.ports[0], 1) as client:
        try:
            client.socket.send("x" * (10 << 20))
        except OSError:
            pass  # it was closed while we were still sending
        assert closed_with(client) in (1009, None)


def test_a_little_too_large(shared):
    with Messenger(shared.ports[0], 1) as client:
        client.socket.send(json.dumps({"action": "x", "pad": "x" * 131072}))
        assert closed_with(client) == 1009


def raw_frame(payload, first=0x81):
    """A masked client frame with mask 0."""
    assert len(payload) < 126
    return bytes([first, 0x80 | len(payload), 0, 0, 0, 0]) + payload


def test_invalid_utf8(shared):
    with Messenger(shared.ports[0], 1) as client:
        client.socket.socket.sendall(raw_frame(b'{"action":"\xff"}'))
        assert closed_with(client) == 1007


def test_fragments_are_one_message(shared):
    with Messenger(shared.ports[0], 1) as client:
        client.socket.send((['{"action":', '"user_chat', '_list_action"',
                                 "}"]))
        assert client.receive()["response_status"] == 200


def test_a_client_that_sends_nothing_or_half(shared):
    """Half a handshake harms nobody."""
    idle = [socket.create_connection(("127.0.0.1", shared.ports[0]))
            for _ in range(50)]
    for sock in idle:
        sock.sendall(b"GET /messenger/chat/ HTTP/1.1\r\nHost: x\r\n")
    with Messenger(shared.ports[0], 1) as client:
        assert client.ask("user_chat_list_action")["response_status"] == 200
    for sock in idle:
        sock.close()


def test_nobody_else_notices(shared):
    """A neighbour gets every message while rubbish rains."""
    with Messenger(shared.ports[0], 2) as neighbour, \
            Messenger(shared.ports[0], 1) as sender:
        neighbour.enter(shared.room)
        for i in range(10):
            with Messenger(shared.ports[0], 1) as bad:
                bad.socket.send("{" if i % 2 else "[[[[")
                bad.socket.send(b"binary")
            said = sender.say(f"through the rain {i}", pk=shared.room)
            assert neighbour.event()["pk"] == said["pk"]


def test_rate_limit(tmp_path):
    with Cluster(tmp_path, gateway_options=["--rate", "5/10"]) as cluster:
        room = cluster.make_room("rate", [1])
        with Messenger(cluster.ports[0], 1) as client:
            statuses = [client.ask("retrieve", pk=room)["response_status"]
                        for _ in range(30)]
            assert statuses[:8] == [200] * 8
            assert 429 in statuses
        with Messenger(cluster.ports[0], 1) as client:  # no fresh burst
            answers = [client.ask("retrieve", pk=room) for _ in range(10)]
            refused = [a for a in answers if a["response_status"] == 429]
            assert refused
            assert refused[0]["errors"] == ["Request was throttled."]


def deaf_subscriber(cluster, user, room):
    """A socket that has subscribed and will not read any more."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(20)
    sock.connect(("127.0.0.1", cluster.ports[0]))
    token = make_token(Cluster.SECRET, user)
    sock.sendall((f"GET /messenger/chat/?token={token} HTTP/1.1\r\n"
                  "Host: 127.0.0.1\r\nUpgrade: websocket\r\n"
                  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                  "\r\n").encode())
    request = ('{"action":"subscribe_to_messages_in_room","pk":%d}' % room)
    sock.sendall(raw_frame(request.encode()))
    heard = b""
    while b'"response_status":201' not in heard:
        heard += sock.recv(4096)
    return sock


def test_a_client_that_does_not_read(tmp_path):
    with Cluster(tmp_path, gateway_options=[
            "--rate", "0", "--max-queue", "65536"]) as cluster:
        room = cluster.make_room("slow", [1, 2, 3])
        gateway = cluster.gateways[0]
        with Messenger(cluster.ports[0], 1) as sender, \
                Messenger(cluster.ports[0], 2) as neighbour:
            neighbour.enter(room)
            deaf = deaf_subscriber(cluster, 3, room)
            wait_for(lambda: gateway.metric(
                "parlance_gateway_connections") == 3, "three connections")
            before = gateway.rss_kb()
            for _ in range(1000):  # the kernel takes some megabytes first
                said = sender.say("x" * 8000, pk=room)
                assert neighbour.event()["pk"] == said["pk"]
            # It is given seconds to read its close frame; then it is cut.
            wait_for(lambda: gateway.metric(
                "parlance_gateway_connections") == 2, "the end of the deaf")
            assert gateway.rss_kb() < before + 65536
            deaf.close()
