"""Fills Parlance through its server API: users, rooms with members, and one
message a room, so that a room list has something to show."""
import concurrent.futures
import http.client
import json
import threading

WORKERS = 8

# As crowd.h has them.
CROWD_ROOMS = 10
CROWD_MEMBERS = 10
CROWD_FAR_ROOMS = 190


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
        return self.post_room_of(
            "project", key, [first_user + i for i in range(members)])

    def post_room_of(self, kind, key, users):
        """Returns the world's line, which says the first user only."""
        answer = self.call("POST", "/api/rooms", {
            "kind": kind, "key": key, "title": key, "members": [
                {"user_id": user, "role": None} for user in users]},
            (200, 201))
        return answer["id"], users[0], len(users)

    def post_message(self, room, user):
        self.call("POST", "/api/rooms/%d/messages" % room, {
            "user_id": user, "text": "Welcome."}, (200, 201))


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
    each(api.post_message, [room[:2] for room in rooms])
    return rooms


def make_many(api, count, first_user):
    """`count` rooms of ten, and as many users, each in ten of them."""
    each(api.put_user, [(first_user + i,) for i in range(count)])
    return each(api.post_room_of, [
        ("project", "many-%d" % i,
         [first_user + (i + k) % count for k in range(10)])
        for i in range(count)])


def make_crowd(api, groups, first_user):
    """The crowd of crowd.h; the lines of the rooms that groups share."""
    each(api.put_user, [(first_user + i,)
                        for i in range(groups * CROWD_MEMBERS)])
    rooms = each(api.post_room, [
        ("crowd-%d" % i, first_user + i // CROWD_ROOMS * CROWD_MEMBERS,
         CROWD_MEMBERS) for i in range(groups * CROWD_ROOMS)])
    far_user = first_user + groups * CROWD_MEMBERS
    each(api.post_room_of, [
        ("project", "far-%d" % i,
         [first_user + i // CROWD_FAR_ROOMS * CROWD_MEMBERS + 1, far_user + i])
        for i in range(groups * CROWD_FAR_ROOMS)])
    return rooms


def make_dialogs(api, counts, first_user):
    """For each count a user with so many dialogs, each with a message that
    the user has not read; the users' lines."""
    lines = []
    for count in counts:
        user, first_user = first_user, first_user + 1 + count
        each(api.put_user, [(user + i,) for i in range(1 + count)])
        rooms = each(api.post_room_of, [
            ("direct", "%d_%d" % (user, user + 1 + i),
             [user, user + 1 + i]) for i in range(count)])
        each(api.post_message, [(room[0], user + 1 + i)
                                for i, room in enumerate(rooms)])
        lines.append((rooms[0][0], user, count))
    return lines
