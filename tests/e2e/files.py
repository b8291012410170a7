"""What tests of files share: multipart bodies, uploads, downloads."""
import http.client
import json

from cluster import Cluster
from tokens import make_token

BOUNDARY = "----boundary-of-the-tests"
CHUNK = 64 << 10
FILE_MAX = 10 << 20


def part(content, disposition='name="file"; filename="a.bin"', more=""):
    return (f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}"
            f"\r\n{more}\r\n").encode() + content + b"\r\n"


def body_of(*parts):
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def headers_of(user=1, **more):
    token = make_token(Cluster.SECRET, user)
    return {"Authorization": f"Bearer {token}",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            **{k.replace("_", "-"): v for k, v in more.items()}}


def ask(port, method, path, body=None, headers=None, timeout=60):
    """(status, headers, bytes)"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def post(port, body, headers=None, timeout=60):
    """(status, what came as JSON)"""
    status, _, answer = ask(port, "POST", "/api/files/", body,
                            headers or headers_of(), timeout)
    return status, json.loads(answer)


def upload(port, content, name="a.bin", user=1):
    """What a 201 says."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    body = body_of(part(content, f'name="file"; filename="{quoted}"'))
    status, answer = post(port, body, headers_of(user))
    assert status == 201, (status, answer)
    assert set(answer) == {"id", "date_created", "content"}
    return answer


def download(port, content, method="GET", **headers):
    return ask(port, method, content, headers={
        k.replace("_", "-"): v for k, v in headers.items()})
