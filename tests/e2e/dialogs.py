"""A client of the `dialogs` dialect, as its shipped clients behave, and the
HTTP calls of such a client."""
import http.client
import json

from tokens import make_token
from wsclient import Socket

PATIENCE_S = 30
COUNT = "notifications.dialogs.count"
CREATE = "dialogs.messages.create"
SEEN = "dialogs.messages.seen"
UPDATE = "dialogs.messages.update"
DELETE = "dialogs.messages.delete"


def token_of(user, **claims):
    from cluster import Cluster
    return make_token(Cluster.SECRET, user, **claims)


class Dialogs:
    """One connection. Use as a context manager or call close()."""

    def __init__(self, port, user, token=None, target="/ws/?token={}",
                 **options):
        self.user = user
        self.token = token or token_of(user)
        self.pushed = []
        self.requests = 0
        options.setdefault("open_timeout", PATIENCE_S)
        self.socket = Socket(
            f"ws://127.0.0.1:{port}{target.format(self.token)}", **options)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, event, **fields):
        """Sends a request; its request_id."""
        self.requests += 1
        request_id = [self.user, self.requests]
        self.socket.send(json.dumps(
            {"event": event, "request_id": request_id, **fields}))
        return request_id

    def receive(self, timeout=PATIENCE_S):
        frame = json.loads(self.socket.recv(timeout=timeout))
        assert frame["type"] == "ws_send" and "data" in frame, frame
        return frame

    def ask(self, event, **fields):
        """Sends a request and waits for its answer; what is pushed before it
        is kept in self.pushed."""
        return self.answer(self.send(event, **fields))

    def answer(self, request_id):
        while True:
            frame = self.receive()
            if frame.get("request_id") == request_id:
                return frame
            assert "request_id" not in frame, frame
            self.pushed.append(frame)

    def push(self, timeout=PATIENCE_S):
        """(event, data) of the next push, kept or new."""
        frame = self.pushed.pop(0) if self.pushed else self.receive(timeout)
        assert "request_id" not in frame and "exception" not in frame, frame
        return frame["event"], frame["data"]

    def data(self, event, **fields):
        """The data of an answer that is no error."""
        answer = self.ask(event, **fields)
        assert answer["event"] == event and "exception" not in answer, answer
        return answer["data"]

    def error(self, event, **fields):
        """(code, field) of an answer that is an error."""
        return error_of(self.ask(event, **fields))

    def say(self, dialog, body, **fields):
        return self.data(CREATE, dialog_id=dialog, body=body, **fields)

    def see(self, dialog, message):
        return self.data(SEEN, dialog_id=dialog, message_id=message)

    def load(self, **fields):
        return self.data("dialogs.load", **fields)

    def messages(self, dialog, **fields):
        return self.data("dialogs.messages.load", dialog_id=dialog, **fields)

    def count(self):
        return self.data(COUNT)

    def nothing_is_pushed(self):
        """Nothing was pushed to this connection before its next answer."""
        self.count()
        assert self.pushed == []


def error_of(frame):
    assert frame["exception"] is True and isinstance(frame["data"], str), frame
    (error,) = frame["errors"]
    assert error["detail"], frame
    return error["code"], error["field"]


def call(port, method, path, body=None, token=None, headers=None):
    """(status, headers, bytes) of an HTTP call by a user."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = dict(headers or {})
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    try:
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def new_message(port, user, token=None, **fields):
    """(status, decoded JSON) of POST /api/dialogs/new-message/."""
    status, _, body = call(port, "POST", "/api/dialogs/new-message/",
                           json.dumps(fields), token or token_of(user),
                           {"Content-Type": "application/json"})
    return status, json.loads(body)


def open_dialog(port, user, other, body="hello"):
    """(number of the dialog, its message) of a message to a user."""
    status, answer = new_message(port, user, user_id=other, body=body)
    assert status == 201, answer
    return answer["dialog"], answer["message"]


def upload(port, user, name, content):
    """The answer of POST /api/files/."""
    mark = "boundary-of-the-tests"
    head = (f"--{mark}\r\nContent-Disposition: form-data; name=\"file\"; "
            f"filename=\"{name}\"\r\n"
            "Content-Type: application/octet-stream\r\n\r\n").encode()
    status, _, body = call(
        port, "POST", "/api/files/",
        head + content + f"\r\n--{mark}--\r\n".encode(), token_of(user),
        {"Content-Type": f"multipart/form-data; boundary={mark}"})
    assert status == 201, body
    return json.loads(body)
