"""A client of the `chats` dialect, as its shipped clients behave."""
import http.client
import itertools
import json

from tokens import make_token
from wsclient import Socket

PATIENCE_S = 30
PRESENCE = ("set_online", "set_offline")
KEYS = itertools.count(1)  # a key is for ever, a connection is not


class ChatsError(AssertionError):
    """The server answered with an error frame; .content is its content."""

    def __init__(self, frame):
        super().__init__(frame)
        assert frame["error"] == frame["content"]["detail"]
        self.content = frame["content"]
        self.code = self.content["code"]
        self.field = self.content.get("field")


class Chats:
    """One connection. Use as a context manager or call close()."""

    def __init__(self, port, user, username=None, path="/ws/chats/",
                 by="header", token=None, **options):
        from cluster import Cluster
        self.token = token or make_token(
            Cluster.SECRET, user, username=username,
            email=f"{username}@example.com" if username else None)
        self.port = port
        self.user = user
        self.kept = []
        options.setdefault("open_timeout", PATIENCE_S)
        if by == "header":
            options["headers"] = {"Authorization": f"Bearer {self.token}"}
        elif by == "subprotocol":
            options["subprotocols"] = ["Bearer", self.token]
        elif by == "query":
            path += f"?token={self.token}"
        self.socket = Socket(f"ws://127.0.0.1:{port}{path}", **options)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()

    def close(self):
        self.socket.close()

    # --- Frames -----------------------------------------------------------

    def send(self, event, **content):
        self.socket.send(json.dumps({"type": event, "content": content}))

    def receive(self, timeout=PATIENCE_S):
        """The next frame, kept or new."""
        if self.kept:
            return self.kept.pop(0)
        return json.loads(self.socket.recv(timeout=timeout))

    def until(self, wanted, timeout=PATIENCE_S):
        """(frames before it, the first frame for which wanted() is true).
        Nothing is kept."""
        before = []
        while True:
            frame = self.receive(timeout)
            if wanted(frame):
                return before, frame
            before.append(frame)

    def expect(self, event, timeout=PATIENCE_S, **content):
        """The content of the next frame of the type |event| that has
        |content|; frames before it are kept."""
        def wanted(frame):
            return frame["type"] == event and all(
                frame["content"].get(k) == v for k, v in content.items())
        before, frame = self.until(wanted, timeout)
        self.kept = before + self.kept
        return frame["content"]

    def fence(self, mark):
        """All frames before the message |mark|, which somebody sends."""
        return self.until(lambda frame: frame["type"] == "new_message"
                          and frame["content"]["message"]["text"] == mark)[0]

    def ask(self, event, answer=None, **content):
        """Sends an event; the content of its answer: the event itself on this
        connection. ChatsError where it is an error. What comes before is
        kept."""
        if event in ("new_message", "edit_message"):
            content.setdefault("client_key", f"{self.user}-{next(KEYS)}")
        self.send(event, **content)
        answer = answer or event

        def wanted(frame):
            got = frame["content"]
            if frame["type"] == "error":
                return got["type"] == event
            return frame["type"] == answer and (
                got.get("client_key") == content["client_key"]
                if "client_key" in content else
                got.get("message_id") == content.get("message_id")
                and got.get("user_id") == self.user)
        before, frame = self.until(wanted)
        self.kept = before + self.kept
        if frame["type"] == "error":
            raise ChatsError(frame)
        return frame["content"]

    def error(self, event, **content):
        """Sends what must be refused; the ChatsError."""
        try:
            answer = self.ask(event, **content)
        except ChatsError as error:
            return error
        raise AssertionError(f"{event} {content} was taken: {answer}")

    def say(self, text, chat_id, chat_type="direct", **content):
        """Sends a message; the content of the answer."""
        return self.ask("new_message", chat_type=chat_type, chat_id=chat_id,
                        text=text, **content)

    # --- HTTP -------------------------------------------------------------

    def call(self, path, method="GET", body=None, **headers):
        """(status, decoded JSON or None) of one call."""
        status, text = self.fetch(path, method, body, **headers)
        return status, json.loads(text) if text else None

    def fetch(self, path, method="GET", body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=PATIENCE_S)
        try:
            connection.request(method, path, body=body, headers={
                "Authorization": f"Bearer {self.token}", **headers})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def get(self, path):
        status, answer = self.call(path)
        assert status == 200, answer
        return answer

    def history(self, chat_id, kind="directs"):
        """All messages, newest first, page by page along `next`."""
        path = f"/chats/{kind}/{chat_id}/messages/?limit=100"
        messages = []
        while path:
            page = self.get(path)
            messages += page["results"]
            path = page["next"]
        assert len(messages) == page["count"]
        return messages

    def upload(self, name, data):
        """Uploads a file; what the server says of it."""
        edge = "edge-of-the-tests"
        body = (f"--{edge}\r\nContent-Disposition: form-data; name=\"file\"; "
                f"filename=\"{name}\"\r\n"
                "Content-Type: application/octet-stream\r\n\r\n").encode() \
            + data + f"\r\n--{edge}--\r\n".encode()
        status, answer = self.call(
            "/api/files/", "POST", body,
            **{"Content-Type": f"multipart/form-data; boundary={edge}"})
        assert status == 201, answer
        return answer


def without_presence(frames):
    return [frame for frame in frames if frame["type"] not in PRESENCE]
