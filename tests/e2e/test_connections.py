"""What ends a connection, on real sockets; and TLS."""
import ssl
import subprocess
import time

import pytest

from cluster import Cluster
from messenger import Messenger
from tokens import make_token
from wsclient import Socket


def close_code(client):
    with pytest.raises(Exception) as closed:
        while True:
            client.receive()
    return closed.value.rcvd.code


def test_a_token_that_expires_closes_4401(cluster):
    token = make_token(Cluster.SECRET, 1, ttl_s=2)
    client = Messenger(cluster.ports[0], 1, token=token)
    assert client.ask("user_chat_list_action")["response_status"] == 200
    assert close_code(client) == 4401


def test_silence_closes_4408(tmp_path):
    with Cluster(tmp_path, gateway_options=["--ping-interval", "1"]) as cluster:
        answers = Messenger(cluster.ports[0], 1)
        mute = Messenger(cluster.ports[0], 2)
        mute.ask("user_chat_list_action")
        began = time.monotonic()
        mute.socket.protocol.recv_ping = lambda *_: None
        mute.socket.protocol.send_pong = lambda *_: None
        while time.monotonic() < began + 4:
            assert answers.ask("user_chat_list_action")["response_status"] \
                == 200
            time.sleep(0.2)
        assert close_code(mute) == 4408
        answers.close()


def test_persistent_flooding_closes_4429(tmp_path):
    with Cluster(tmp_path, gateway_options=["--rate", "5/5"]) as cluster:
        client = Messenger(cluster.ports[0], 1)
        with pytest.raises(Exception) as closed:
            began = time.monotonic()
            while time.monotonic() < began + 30:
                client.ask("user_chat_list_action")
        assert closed.value.rcvd.code == 4429
        assert time.monotonic() - began > 9


def test_tls(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
         "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate,
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True)
    cluster = Cluster(tmp_path, gateway_options=[
        "--tls-cert", str(certificate), "--tls-key", str(key)])
    # Debian's libwebsockets keeps its TLS contexts when it is destroyed, at
    # the very end of the program; nothing else is there to be found here.
    cluster.gateways[0].environment = {"ASAN_OPTIONS": "detect_leaks=0"}
    with cluster:
        room = cluster.make_room("secret", [1, 2])
        context = ssl.create_default_context(cafile=str(certificate))
        clients = []
        for user in (1, 2):
            client = Messenger.__new__(Messenger)
            client.user, client.events, client.requests = user, [], 0
            token = make_token(Cluster.SECRET, user)
            client.socket = Socket(
                f"ws://127.0.0.1:{cluster.ports[0]}/messenger/chat/"
                f"?token={token}", tls=context)
            client.enter(room)
            clients.append(client)
        one, two = clients
        for i in range(150):
            one.send("create_message", message=f"{i} " + "x" * 3000, pk=room)
        for i in range(150):
            assert two.event()["data"]["text"].startswith(f"{i} ")
        for client in clients:
            client.close()
