"""Fills Parlance through its server API: users, rooms with members, and one
message a room, so that a room list has something to show."""
import concurrent.futures
import http.client
import json
import threading

WORKERS = 8


class Api:
    """Keep-alive connections to the server API, one a thread."""

    def __init__(self, port, key):
        self.port = port
        self.key = key
        self.local = threading.local()

    def call(self, method, path, body, expected):
        text = json.dumps(body)
        headers = {"X-API-Key": self.key, "Content-Type": "application/json"}
        connection = getattr(self.local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                    timeout=30)
            self.local.connection = connection
        connection.request(method, path, text, headers)
        response = connection.getresponse()
        answer = response.read()
        if response.status not in expected:
            raise RuntimeError("%s %s: %d %s" % (
                method, path, response.status, answer[:300].decode()))
        return json.loads(answer) if answer else None

    def put_user(self, user):
        self.call("PUT", "/api/users/%d" % user, {
            "username": "user-%d" % user,
            "email": "user-%d@example.org" % user}, (200, 201))

    def post_room(self, key, first_user, members):
        """Returns the world's line of the room."""
        answer = self.call("POST", "/api/rooms", {
            "kind": "project", "key": key, "title": key, "members": [
                {"user_id": first_user + i, "role": None}
                for i in range(members)]}, (200, 201))
        return answer["id"], first_user, members

    def post_message(self, room):
        self.call("POST", "/api/rooms/%d/messages" % room[0], {
            "user_id": room[1], "text": "Welcome."}, (200, 201))


def each(function, arguments):
    """Calls function(*argument) for all of them, several at a time."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda argument: function(*argument), arguments))


def make_rooms(api, prefix, count, members, first_user):
    """`count` rooms of `members` users of their own; the world's lines."""
    each(api.put_user, [(first_user + i,) for i in range(count * members)])
    rooms = each(api.post_room, [
        ("%s-%d" % (prefix, i), first_user + i * members, members)
        for i in range(count)])
    each(api.post_message, [(room,) for room in rooms])
    return rooms
