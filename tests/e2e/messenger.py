"""A client of the `messenger` dialect, as its shipped clients behave."""
import json

from tokens import make_token
from wsclient import Socket

PATIENCE_S = 30


class Messenger:
    """One connection. Use as a context manager or call close()."""

    def __init__(self, port, user, username=None, secret=None, token=None,
                 **options):
        from cluster import Cluster
        self.token = token or make_token(
            secret or Cluster.SECRET, user, username=username,
            email=f"{username}@example.com" if username else None)
        self.user = user
        self.events = []
        self.requests = 0
        options.setdefault("open_timeout", PATIENCE_S)
        self.socket = Socket(
            f"ws://127.0.0.1:{port}/messenger/chat/?token={self.token}",
            **options)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, action, **fields):
        """Sends a request; its request_id."""
        self.requests += 1
        request = {"action": action,
                   "request_id": f"{self.user}-{self.requests}", **fields}
        self.socket.send(json.dumps(request))
        return request["request_id"]

    def receive(self, timeout=PATIENCE_S):
        return json.loads(self.socket.recv(timeout=timeout))

    def ask(self, action, **fields):
        """Sends a request and waits for its answer; events that come before
        it are kept in self.events."""
        return self.answer(self.send(action, **fields))

    def answer(self, request_id):
        while True:
            frame = self.receive()
            if "response_status" in frame \
                    and frame.get("request_id") == request_id:
                return frame
            self.events.append(frame)

    def event(self, timeout=PATIENCE_S):
        """The next event, kept or new."""
        if self.events:
            return self.events.pop(0)
        return self.receive(timeout)

    def say(self, text, **fields):
        """Sends a message; the answer, which is the event itself."""
        answer = self.ask("create_message", message=text, **fields)
        assert answer["response_status"] == 201, answer
        return answer

    def enter(self, room):
        """Joins and subscribes."""
        assert self.ask("join_room", pk=room)["response_status"] == 200
        answer = self.ask("subscribe_to_messages_in_room", pk=room)
        assert answer["response_status"] == 201

    def history(self, room):
        """All messages by retrieve."""
        answer = self.ask("retrieve", pk=room)
        assert answer["response_status"] == 200, answer
        return answer["data"]["messages"]
