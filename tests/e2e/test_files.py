"""Files on real processes: in and out, whole and in parts, with odd names, from
hostile clients, and through deaths of each process."""
import json
import os
import re
import socket
import threading
import time
import urllib.parse

import pytest

from cluster import Cluster, wait_for
from files import (ask, body_of, BOUNDARY, CHUNK, download, FILE_MAX,
                   headers_of, part, post, upload)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("files"),
                 gateway_options=["--rate", "0"]) as started:
        yield started


def refused(answer, status, field):
    assert answer[0] == status, answer
    error = answer[1]["error"]
    assert error["code"] and error["detail"] and error["field"] == field, error


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1,
                                  3 * CHUNK, FILE_MAX])
def test_what_goes_in_comes_out(shared, size):
    content = os.urandom(size)
    answer = upload(shared.ports[0], content)
    assert re.fullmatch(r"/media/\d{4}/\d\d/[0-9a-f]{32}/a\.bin",
                        answer["content"])
    status, headers, got = download(shared.ports[0], answer["content"])
    assert status == 200 and got == content
    assert headers["Content-Length"] == str(size)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "private" in headers["Cache-Control"]
    status, headers, got = download(shared.ports[0], answer["content"], "HEAD")
    assert status == 200 and got == b""
    assert headers["Content-Length"] == str(size)


def test_more_than_the_limit(shared):
    port = shared.ports[0]
    refused(post(port, body_of(part(b"x" * (FILE_MAX + 1)))), 413, "file")
    refused(post(port, b"x" * (FILE_MAX + 200000)), 413, "file")


def test_types_are_told_by_content(shared):
    port = shared.ports[0]
    for name, content, mime, shown in [
            ("a.html", PNG, "image/png", "inline"),
            ("a.png", b"<script>alert(1)</script>",
             "text/plain; charset=utf-8", "attachment"),
            ("a.png", b"\x00<script>", "application/octet-stream",
             "attachment")]:
        headers = download(port, upload(port, content, name)["content"])[1]
        assert headers["Content-Type"] == mime
        assert headers["Content-Disposition"].split(";")[0] == shown


@pytest.mark.parametrize("given,kept", [
    ("photo of me.jpg", "photo of me.jpg"),
    ("../../etc/passwd", "passwd"),
    ("C:\\Temp\\a.txt", "a.txt"),
    ('a"b;c.txt', 'a"b;c.txt'),
    ("Ж😀.png", "Ж😀.png"),
    ("100%25.txt", "100%25.txt"),
    ("a\x00b\x1f.txt", "ab.txt"),
    ("a?b#c&d.txt", "a?b#c&d.txt"),
    ("x" * 300 + ".jpeg", "x" * 250 + ".jpeg"),
])
def test_names(shared, given, kept):
    port = shared.ports[0]
    content = upload(port, b"x", given)["content"]
    assert content.isascii()
    assert urllib.parse.unquote(content.split("/")[-1]) == kept
    status, headers, got = download(port, content)
    assert (status, got) == (200, b"x")
    assert urllib.parse.unquote(
        headers["Content-Disposition"].split("UTF-8''")[1]) == kept


def test_ranges(shared):
    port = shared.ports[0]
    content = os.urandom(3 * CHUNK + 5)
    path = upload(port, content)["content"]
    whole = len(content)
    for wanted, first, end in [
            ("bytes=0-0", 0, 1), (f"bytes=10-{CHUNK + 9}", 10, CHUNK + 10),
            (f"bytes={CHUNK}-", CHUNK, whole), ("bytes=-7", whole - 7, whole),
            (f"bytes=0-{10 * whole}", 0, whole)]:
        status, headers, got = download(port, path, Range=wanted)
        assert status == 206 and got == content[first:end], wanted
        assert headers["Content-Range"] == f"bytes {first}-{end - 1}/{whole}"
    status, headers, _ = download(port, path, Range=f"bytes={whole}-")
    assert status == 416 and headers["Content-Range"] == f"bytes */{whole}"
    for odd in ("bytes=0-1,3-4", "lines=1-2", "bytes=9-3"):
        status, _, got = download(port, path, Range=odd)
        assert status == 200 and got == content
    tag = headers["ETag"]
    assert download(port, path, Range="bytes=1-2", If_Range=tag)[0] == 206
    assert download(port, path, Range="bytes=1-2", If_Range='"x"')[0] == 200
    assert download(port, path, If_None_Match=tag)[0] == 304


def test_other_addresses_lead_nowhere(shared):
    port = shared.ports[0]
    path = upload(port, b"x", "a.txt")["content"]
    year, month, secret, name = path.split("/")[2:]
    for other in [f"/media/{year}/{month}/{secret}/b.txt",
                  f"/media/1999/{month}/{secret}/{name}",
                  f"/media/{year}/{month}/{'0' * 32}/{name}",
                  f"/media/{year}/{month}/{secret.upper()}x/{name}",
                  f"/media/{year}/{month}/{secret}/",
                  f"/media/{year}/{month}/{secret}/../{name}",
                  "/media/", "/media/../../etc/passwd",
                  "/media/%2e%2e/%2e%2e/etc/passwd"]:
        assert download(port, other)[0] == 404, other


def test_who_may_not(shared):
    port = shared.ports[0]
    body = body_of(part(b"x"))
    for token in (None, "Bearer x", "Basic x"):
        headers = headers_of()
        headers.pop("Authorization")
        if token:
            headers["Authorization"] = token
        status, got, _ = ask(port, "POST", "/api/files/", body, headers)
        assert status == 401 and got["WWW-Authenticate"] == "Bearer"
    token = headers_of()["Authorization"].split()[1]
    headers = headers_of()
    headers.pop("Authorization")
    status, _, _ = ask(port, "POST", f"/api/files/?token={token}", body,
                       headers)
    assert status == 401
    assert ask(port, "GET", "/api/files/", None, headers_of())[0] == 405


@pytest.mark.parametrize("body,field", [
    (b"", None),
    (b"hello", None),
    (body_of(), "file"),
    (body_of(part(b"x", 'name="other"')), "file"),
    (body_of(part(b"x", 'name="file"')), "file"),
    (body_of(part(b"x", 'name="file"; filename=""')), "file"),
    (body_of(part(b"x", 'name="file"; filename=".."')), "file"),
    (body_of(part(b"x"), part(b"y")), "file"),
    (part(b"x"), None),
    (body_of(part(b"x"))[:-8], None),
    (b"--" + BOUNDARY.encode() + b"\r\nX: " + b"y" * 5000, None),
    (body_of(*[part(b"x", 'name="n"')] * 20, part(b"x")), None),
])
def test_bad_bodies(shared, body, field):
    refused(post(shared.ports[0], body), 400, field)


@pytest.mark.parametrize("kind", [
    "application/json", "multipart/form-data", "multipart/mixed; boundary=x",
    "multipart/form-data; boundary=", "multipart/form-data; boundary=\"",
    "multipart/form-data; boundary=" + "x" * 71])
def test_bad_content_types(shared, kind):
    headers = {**headers_of(), "Content-Type": kind}
    refused(post(shared.ports[0], body_of(part(b"x")), headers), 400,
            "Content-Type")


def raw(port, text):
    sock = socket.create_connection(("127.0.0.1", port), timeout=30)
    sock.sendall(text)
    return sock


def head_of(length, user=1):
    lines = [f"{k}: {v}" for k, v in headers_of(user).items()]
    return ("POST /api/files/ HTTP/1.1\r\nHost: x\r\n" + "\r\n".join(lines)
            + f"\r\n{length}\r\n\r\n").encode()


def test_a_body_needs_a_length(shared):
    for length in ("X-Other: y", "Transfer-Encoding: chunked"):
        with raw(shared.ports[0], head_of(length)) as sock:
            assert sock.recv(100).startswith(b"HTTP/1.1 411 ")


def test_a_body_that_never_ends(shared):
    """It is cut off for its silence, and forgotten."""
    with raw(shared.ports[0], head_of("Content-Length: 100000")) as sock:
        sock.sendall(part(b"x" * 1000))
        started = time.monotonic()
        while sock.recv(1000):
            pass
        assert time.monotonic() - started < 20
    assert upload(shared.ports[0], b"x")


def test_a_client_that_leaves(shared):
    """Eight broken uploads of a user stand in the way for a few seconds, and
    only in their own."""
    head = head_of("Content-Length: 200000", user=50)
    for _ in range(20):
        with raw(shared.ports[0], head) as sock:
            sock.sendall(part(b"x" * 100000)[:-2])
    assert upload(shared.ports[0], b"x")
    wait_for(lambda: post(shared.ports[0], body_of(part(b"x")),
                          headers_of(50))[0] == 201, "room for one more")


def test_a_slow_but_living_client(shared):
    content = os.urandom(5000)
    body = body_of(part(content))
    with raw(shared.ports[0], head_of(f"Content-Length: {len(body)}")) as sock:
        for at in range(0, len(body), 500):
            sock.sendall(body[at:at + 500])
            time.sleep(0.05)
        assert sock.recv(1000).startswith(b"HTTP/1.1 201 ")


def test_a_download_takes_as_long_as_its_reader(shared):
    """Longer than a request may wait for its answer otherwise (10 s)."""
    content = os.urandom(9 << 20)
    path = upload(shared.ports[0], content)["content"]
    begun, got = time.monotonic(), b""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 10)
        sock.settimeout(60)
        sock.connect(("127.0.0.1", shared.ports[0]))
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while piece := sock.recv(64 << 10):
            got += piece
            if got.endswith(content[-100:]):
                break
            if time.monotonic() - begun < 12:
                time.sleep(0.1)
    assert time.monotonic() - begun > 12  # or it tests nothing
    assert got.split(b"\r\n\r\n", 1)[1] == content


def test_expect_continue(shared):
    body = body_of(part(b"x"))
    head = head_of(f"Content-Length: {len(body)}\r\nExpect: 100-continue")
    with raw(shared.ports[0], head) as sock:
        assert sock.recv(100).startswith(b"HTTP/1.1 100 ")
        sock.sendall(body)
        assert sock.recv(1000).startswith(b"HTTP/1.1 201 ")


def test_many_at_once_take_little_memory(shared):
    """Twenty of 5 MiB, of as many users: far less than their sum."""
    port, gateway = shared.ports[0], shared.gateways[0]
    before, most = gateway.rss_kb(), 0
    content = os.urandom(5 << 20)
    answers = []
    threads = [threading.Thread(target=lambda user=i: answers.append(
        upload(port, content, user=100 + user))) for i in range(20)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        most = max(most, gateway.rss_kb())
        time.sleep(0.01)
    assert len(answers) == 20
    assert most - before < 50 << 10, (before, most)
    for answer in answers[:3]:
        assert download(port, answer["content"])[2] == content


def test_only_ones_own_file_can_be_sent(shared):
    room = shared.make_room("files", [1, 2])
    path = f"/api/rooms/{room}/messages"
    theirs = upload(shared.ports[0], b"x", user=2)["id"]
    for file in (theirs, 77, 2 ** 53 - 1):
        status, answer = shared.api("POST", path, {
            "user_id": 1, "text": "see", "file_id": file})
        assert status == 400 and answer["error"]["field"] == "file_id"
    status, answer = shared.api("POST", path, {
        "user_id": 2, "text": "see", "file_id": theirs})
    assert status == 201, answer


def test_default_avatar(shared):
    status, headers, got = download(shared.ports[0],
                                    "/static/default_avatar.jpg")
    assert status == 200 and headers["Content-Type"] == "image/jpeg"
    assert got.startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("victim", ["broker", "persister", "gateway"])
def test_a_process_dies_amid_an_upload(cluster, victim):
    """The upload fails or waits, no half of a file shows, what was there before
    stays, and the next one works."""
    port = cluster.ports[0]
    kept = os.urandom(200000)
    path = upload(port, kept)["content"]
    body = body_of(part(os.urandom(FILE_MAX // 2)))
    with raw(port, head_of(f"Content-Length: {len(body)}")) as sock:
        sock.sendall(body[:len(body) // 2])
        process = {"broker": cluster.broker, "persister": cluster.persister,
                   "gateway": cluster.gateways[0]}[victim]
        process.kill()
        process.start()
        answer = b""
        try:
            sock.sendall(body[len(body) // 2:])
            sock.settimeout(90)
            while piece := sock.recv(10000):
                answer += piece
                if b"\r\n\r\n" in answer:
                    break
        except ConnectionError:
            pass
    assert answer[:13] in (b"", b"HTTP/1.1 201 ", b"HTTP/1.1 503 ",
                           b"HTTP/1.1 504 "), answer
    process.wait_ready()
    cluster.gateways[0].wait_ready()

    def is_back():
        status, _, got = download(port, path)
        assert status in (200, 503)
        return status == 200 and got == kept
    wait_for(is_back, "the old file")
    assert upload(port, b"x")


def test_every_request_is_answered_when_patience_ends(tmp_path):
    """However long that is (longer than the 10 s that a request has for
    itself): nothing here can be known without the store."""
    with Cluster(tmp_path, gateway_options=["--patience", "12"]) as cluster:
        port, room = cluster.ports[0], cluster.make_room("silence", [1])
        path = upload(port, b"x")["content"]
        answers = {}

        def keep(name, call):
            begun = time.monotonic()
            answers[name] = call()[0], time.monotonic() - begun

        calls = {
            "download": lambda: download(port, path),
            "upload": lambda: post(port, body_of(part(b"x"))),
            "dialect": lambda: ask(
                port, "POST", "/api/dialogs/new-message/",
                json.dumps({"user_id": 2, "body": "x"}),
                headers_of(Content_Type="application/json")),
            "read": lambda: cluster.api("GET", f"/api/rooms/{room}/messages"),
            "write": lambda: cluster.api("POST", f"/api/rooms/{room}/messages",
                                         {"user_id": 1, "text": "x"}),
        }
        cluster.persister.kill()
        threads = [threading.Thread(target=keep, args=call)
                   for call in calls.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(answers) == set(calls)
        for name, (status, took_s) in answers.items():
            assert status in (503, 504), answers
            assert took_s > 11.5, answers
        cluster.persister.start()
        wait_for(lambda: download(port, path)[0] == 200, "the store")


def test_the_broker_is_away(cluster):
    port = cluster.ports[0]
    path = upload(port, b"x")["content"]
    cluster.broker.kill()
    wait_for(lambda: download(port, path)[0] == 503, "the gateway to notice")
    assert post(port, body_of(part(b"x")))[0] == 503
    cluster.broker.start().wait_ready()
    wait_for(lambda: download(port, path)[0] == 200, "the broker to be back")
