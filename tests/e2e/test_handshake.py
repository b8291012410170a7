"""The answers at the handshake, in the order 404, 403, 401, 503."""
import http.client
import json
import socket
import time

import pytest

from cluster import Cluster
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
