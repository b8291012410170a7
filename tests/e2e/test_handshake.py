"""The answers at the handshake, in the order 404, 403, 401, 503."""
import http.client
import json
import socket
import time

import pytest

from cluster import Cluster, wait_for
from messenger import Messenger
from tokens import make_token

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
PATH = "/messenger/chat/"


def upgrade(port, path=PATH, version="13", **headers):
    """(status, headers, body) of a WebSocket handshake."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.putrequest("GET", path)
        for name, value in {"Upgrade": "websocket", "Connection": "Upgrade",
                            "Sec-WebSocket-Key": KEY,
                            "Sec-WebSocket-Version": version,
                            **headers}.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        if response.status == 101:
            return 101, response.headers, ""
        return response.status, response.headers, response.read().decode()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("handshake")) as started:
        yield started


def good():
    return make_token(Cluster.SECRET, 7)


def test_a_token_in_the_query_or_the_header(shared):
    port = shared.ports[0]
    assert upgrade(port, f"{PATH}?token={good()}")[0] == 101
    assert upgrade(port, f"{PATH[:-1]}?token={good()}")[0] == 101
    for scheme in ("Bearer", "bearer"):
        assert upgrade(port, Authorization=f"{scheme} {good()}")[0] == 101


REQUEST = (f"GET {PATH}?token=%s HTTP/1.1\r\nHost: x\r\n"
           "Upgrade: websocket\r\nConnection: Upgrade\r\n"
           f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n")
LIST = b'{"action":"user_chat_list_action","request_id":"early"}'


@pytest.mark.parametrize("pauses", [
    pytest.param([], id="all at once"),
    pytest.param([(0, 1.5)], id="after a while"),
    pytest.param([(9, 0.3), (40, 0.3), (len(REQUEST), 0.3)], id="in pieces"),
])
def test_whenever_the_request_comes(shared, pauses):
    """A request is read with its connection, and may come otherwise; what
    comes behind it is not lost."""
    frame = bytes([0x81, 0x80 | len(LIST), 0, 0, 0, 0]) + LIST
    whole = (REQUEST % good()).encode() + frame
    with socket.create_connection(("127.0.0.1", shared.ports[0]),
                                  timeout=20) as client:
        sent = 0
        for upto, seconds in pauses:
            client.sendall(whole[sent:upto])
            sent = upto
            time.sleep(seconds)
        client.sendall(whole[sent:])
        answer = b""
        while b'"request_id":"early"' not in answer:
            piece = client.recv(65536)
            assert piece, answer
            answer += piece
    assert answer.startswith(b"HTTP/1.1 101 ")


def test_the_header_decides(shared):
    status, _, _ = upgrade(shared.ports[0], f"{PATH}?token={good()}",
                           Authorization="Bearer rubbish")
    assert status == 401


REFUSED = {
    "none": "",
    "rubbish": "?token=rubbish",
    "wrong secret": "?token=" + make_token("another", 1),
    "expired": "?token=" + make_token(Cluster.SECRET, 1, ttl_s=-1),
    "no exp": "?token=" + make_token(Cluster.SECRET, 1, exp=None),
    "no user": "?token=" + make_token(Cluster.SECRET, None),
    "user 0": "?token=" + make_token(Cluster.SECRET, 0),
    "user 2^53": "?token=" + make_token(Cluster.SECRET, 2 ** 53),
    "not yet": "?token=" + make_token(Cluster.SECRET, 1, nbf=2 ** 40),
    "crit": "?token=" + make_token(Cluster.SECRET, 1,
                                   header={"crit": ["exp"]}),
    "unknown kid": "?token=" + make_token(Cluster.SECRET, 1,
                                          header={"kid": "../../dev/null"}),
    "alg none": "?token=eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoxfQ.",
}


@pytest.mark.parametrize("name", REFUSED)
def test_401(shared, name):
    status, headers, body = upgrade(shared.ports[0], PATH + REFUSED[name])
    assert status == 401
    assert headers["WWW-Authenticate"].startswith("Bearer")
    error = json.loads(body)["error"]
    assert error["code"] and error["detail"]


@pytest.mark.parametrize("origin, status", [
    ("http://127.0.0.1:{port}", 101),
    ("http://good.example", 403),
    ("http://127.0.0.1:{port}.evil.example", 403),
    ("http://127.0.0.1", 403),
    ("null", 403),
])
def test_origin(shared, origin, status):
    port = shared.ports[0]
    assert upgrade(port, f"{PATH}?token={good()}",
                   Origin=origin.format(port=port))[0] == status


def test_the_order_of_refusals(shared):
    port = shared.ports[0]
    assert upgrade(port, "/nowhere/", Origin="http://evil.example")[0] == 404
    assert upgrade(port, PATH, Origin="http://evil.example")[0] == 403
    assert upgrade(port, PATH)[0] == 401


def test_another_version_of_websocket_is_refused(shared):
    assert upgrade(shared.ports[0], f"{PATH}?token={good()}",
                   version="8")[0] in (400, 426)


def test_too_many_connections(tmp_path):
    with Cluster(tmp_path, gateway_options=["--max-per-user", "2"]) as cluster:
        kept = [Messenger(cluster.ports[0], 1) for _ in range(2)]
        status, headers, _ = upgrade(
            cluster.ports[0], f"{PATH}?token={make_token(Cluster.SECRET, 1)}")
        assert status == 503 and int(headers["Retry-After"]) > 0
        assert upgrade(cluster.ports[0], f"{PATH}?token={good()}")[0] == 101
        kept[0].close()
        kept[1].close()


def test_tokens_are_in_no_log(shared):
    with Messenger(shared.ports[0], 3) as client:
        client.ask("user_chat_list_action")
        canary = client.token
    upgrade(shared.ports[0], f"{PATH}?token={canary}x")
    for process in shared.processes:
        with open(process.log, encoding="utf-8", errors="replace") as log:
            assert canary.split(".")[2] not in log.read(), process.name


def test_subprotocols_that_nobody_knows_are_answered(shared):
    """Not dropped without a word; what else is wrong comes first."""
    port, path = shared.ports[0], f"{PATH}?token={good()}"
    status, _, body = upgrade(port, path, Sec_WebSocket_Protocol="chat")
    assert status == 400
    assert json.loads(body)["error"]["code"] == "subprotocol_not_supported"
    assert upgrade(port, Sec_WebSocket_Protocol="chat")[0] == 401
    assert upgrade(port, "/nowhere", Sec_WebSocket_Protocol="chat")[0] == 404
    assert upgrade(port, path, Sec_WebSocket_Protocol="parlance")[0] == 101


def test_a_token_as_subprotocol_is_for_dialects_that_take_it(shared):
    status, _, body = upgrade(shared.ports[0],
                              Sec_WebSocket_Protocol="Bearer, x.y.z")
    assert status == 401
    assert json.loads(body)["error"]["code"] == "token_missing"


CHATS = "/ws/chats/"


def offering(token, path=CHATS, **headers):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return (f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\n{lines}"
            f"Sec-WebSocket-Protocol: Bearer, {token}\r\n"
            f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n"
            "\r\n").encode()


def big(size, user=7):
    """A good token of about |size| bytes."""
    return make_token(Cluster.SECRET, user,
                      filling="x" * max(0, (size - 200) * 3 // 4))


@pytest.mark.parametrize("size", [200, 1000, 4000, 8000])
def test_a_token_as_subprotocol(shared, size):
    token = big(size)
    assert abs(len(token) - size) < 60
    status, headers, _ = upgrade(shared.ports[0], CHATS,
                                 Sec_WebSocket_Protocol=f"Bearer, {token}")
    assert status == 101 and headers["Sec-WebSocket-Protocol"] == "Bearer"


def test_the_first_place_of_a_token_decides(shared):
    offered = {"Sec_WebSocket_Protocol": f"Bearer, {big(1000)}"}
    port = shared.ports[0]
    assert upgrade(port, CHATS, Authorization="Bearer x", **offered)[0] == 401
    assert upgrade(port, f"{CHATS}?token=x", **offered)[0] == 401
    offered = {"Sec_WebSocket_Protocol": "Bearer, " + "x" * 300}
    assert upgrade(port, CHATS, **offered)[0] == 401
    assert upgrade(port, CHATS, Authorization=f"Bearer {good()}",
                   **offered)[0] == 101
    assert upgrade(port, f"{CHATS}?token={good()}", **offered)[0] == 101


@pytest.mark.parametrize("cuts, seconds", [
    ([1], 1.3), ([3, 40, 1500, 3000], 0.2), ([-5, -3, -1], 0.2)])
def test_a_token_as_subprotocol_in_pieces(shared, cuts, seconds):
    """And with a frame right behind the request."""
    event = b'{"type":"nothing","content":{}}'
    head = offering(big(4000))
    frame = bytes([0x81, 0x80 | len(event), 0, 0, 0, 0]) + event
    whole = head + frame
    cuts = [cut if cut > 0 else len(head) + cut for cut in cuts]
    with socket.create_connection(("127.0.0.1", shared.ports[0]),
                                  timeout=20) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for begin, end in zip([0] + cuts, cuts + [len(whole)]):
            client.sendall(whole[begin:end])
            time.sleep(seconds)
        answer = b""
        while b"unknown_type" not in answer:
            piece = client.recv(65536)
            assert piece, answer
            answer += piece
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"Sec-WebSocket-Protocol: Bearer\r\n" in answer


def test_half_a_request_and_the_end(shared):
    """Whoever goes away in the midst of a request leaves nothing behind, and
    whoever only stops speaking is answered or dropped, not kept."""
    head = offering(big(1000))
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", shared.ports[0]),
                                      timeout=20) as client:
            client.sendall(head[:-3])
    with socket.create_connection(("127.0.0.1", shared.ports[0]),
                                  timeout=20) as client:
        client.sendall(head[:-3])
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass
    assert upgrade(shared.ports[0], f"{PATH}?token={good()}")[0] == 101


def test_a_head_without_end(shared):
    with socket.create_connection(("127.0.0.1", shared.ports[0]),
                                  timeout=20) as client:
        try:
            client.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 1000000)
            while client.recv(65536):
                pass
        except ConnectionError:
            pass
    assert upgrade(shared.ports[0], f"{PATH}?token={good()}")[0] == 101


def test_more_half_requests_than_may_wait(shared):
    """Each is in the library's hands then, as a list it cannot read shows."""
    head = offering(big(1000))
    waiting = []
    try:
        for _ in range(600):
            client = socket.create_connection(("127.0.0.1", shared.ports[0]),
                                              timeout=20)
            client.sendall(head[:-3])
            waiting.append(client)
        wait_for(lambda: shared.gateways[0].metric(
            "parlance_gateway_requests_unawaited_total") > 0,
            "one that may not wait")
        waiting[0].sendall(head[-3:])
        assert waiting[0].recv(12) == b"HTTP/1.1 101"
        waiting[-1].sendall(head[-3:])
        assert waiting[-1].recv(12) == b"HTTP/1.1 400"
    finally:
        for client in waiting:
            client.close()
