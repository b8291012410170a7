"""A conversation in which everything happens that gateway/docs writes of, as
far as it can be made to happen. apidocs.Book looks on."""
from concurrent.futures import ThreadPoolExecutor
import http.client
import json
import urllib.parse

from chats import Chats
from cluster import Cluster, wait_for
from dialogs import COUNT, CREATE, DELETE, Dialogs, SEEN, UPDATE, upload
from messenger import Messenger
from tokens import make_token
from wsclient import Closed

ORIGIN = "https://page.example"
LIMITED = ["--rate", "1/1", "--max-per-user", "1"]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))

# Users with a part each; more are dealt from NOBODY on.
ANN, BO, CY, DEE = 1, 2, 3, 4
NOBODY = 1000
NO_ROOM = 999999


def options(directory):
    return ["--rate", "0", "--patience", "1", "--presence-grace", "1",
            "--allow-origin", ORIGIN,
            "--demo-users", f"{directory}/demo-users.json"]


def token(user):
    return make_token(Cluster.SECRET, user)


def ask(port, method, path, body=None, headers=None):
    """(status, headers, bytes) of an HTTP call."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def head_only(port, method, path, headers):
    """The status of a call whose body never comes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.putrequest(method, path)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


def upgrade(port, path, user=None, **headers):
    """The status of a handshake."""
    if user:
        headers["Authorization"] = f"Bearer {token(user)}"
    return ask(port, "GET", path, headers={
        "Upgrade": "websocket", "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        **{k.replace("_", "-"): v for k, v in headers.items()}})[0]


# --- People and rooms --------------------------------------------------------

def scene_application(cluster):
    """The server API, when all goes well."""
    for user, name in ((ANN, "ann"), (BO, "bo"), (CY, "cy"), (DEE, "dee")):
        cluster.put_user(user, name, first_name=name.title(), avatar=None)
    assert cluster.api("GET", f"/api/users/{ANN}")[0] == 200
    assert cluster.api("GET", f"/api/users/{ANN}/presence")[0] == 200
    body = {"kind": "project", "key": "p", "title": "Project", "open": True,
            "members": [{"user_id": ANN, "role": "moderator"},
                        {"user_id": BO}, {"user_id": CY, "role": None}]}
    assert cluster.api("POST", "/api/rooms", body)[0] == 201
    status, room = cluster.api("POST", "/api/rooms", body)
    assert status == 200
    path = f"/api/rooms/{room['id']}"
    assert cluster.api("GET", path)[0] == 200
    assert cluster.api("GET", path + "/presence")[0] == 200
    assert cluster.api("PATCH", path, {"title": "The project"})[0] == 200
    member = f"{path}/members/{DEE}"
    assert cluster.api("PUT", member, {"role": "moderator"})[0] == 200
    assert cluster.api("DELETE", member)[0] == 204
    said = {"user_id": ANN, "text": "By the application.", "client_key": "k",
            "lesson": 5, "reply_to": None}
    assert cluster.api("POST", path + "/messages", said)[0] == 201
    status, message = cluster.api("POST", path + "/messages", said)
    assert status == 200
    assert cluster.api("POST", path + "/messages", {
        "user_id": BO, "text": "So?", "reply_to": message["id"]})[0] == 201
    assert cluster.api("GET", path + "/messages?limit=1&after=0")[0] == 200
    other = cluster.make_room("short-lived", [ANN])
    assert cluster.api("DELETE", f"/api/rooms/{other}")[0] == 204
    review = {"status": "new", "customer_id": ANN, "executor_id": BO}
    assert cluster.api("PUT", "/api/order-reviews/r1", review)[0] == 200
    order = cluster.make_order("r1", ANN, BO)
    assert cluster.api("PUT", "/api/order-reviews/r1", {
        **review, "executor_id": CY})[0] == 409
    return order, room["id"]


class Company:
    """Ann and Bo, each in all three dialects, in the room of an order."""

    def __init__(self, cluster):
        port = cluster.ports[0]
        self.port = port
        self.order, self.project = scene_application(cluster)
        self.chats = [Chats(port, user) for user in (ANN, BO)]
        self.dialogs = [Dialogs(port, user) for user in (ANN, BO)]
        self.messengers = [Messenger(port, user) for user in (ANN, BO)]
        for messenger in self.messengers:
            messenger.enter(self.order)
        for dialog in self.dialogs:
            dialog.count()  # It is connected, and its feed is in.
        for chat in self.chats:
            chat.error("message_read", chat_type="order", chat_id="r1",
                       message_id=NO_ROOM)

    def close(self):
        for client in self.chats + self.dialogs + self.messengers:
            client.close()


def pushed(client, wanted, number=None):
    """The data of the next push of an event to a client of `dialogs`, of the
    message |number| if it is of one."""
    while True:
        name, data = client.push()
        if name == wanted and (number is None or data["id"] == number):
            return data


def event(client, wanted, number):
    """The same for a client of `messenger`."""
    while True:
        frame = client.event()
        if "response_status" not in frame and frame["action"] == wanted \
                and frame["pk"] == number:
            return frame["data"]


# --- Messages ----------------------------------------------------------------

def scene_messages(company):
    """Sent, changed, read and deleted in each dialect, seen in all."""
    ann, bo = company.chats
    old, other = company.dialogs
    mine, theirs = company.messengers
    where = {"chat_type": "order", "chat_id": "r1"}
    picture = upload(company.port, ANN, "a b.png", PNG)
    first = ann.say("hello", "r1", "order", file_urls=[picture["content"]])
    number = first["message"]["id"]
    assert bo.expect("new_message")["message"]["id"] == number
    message = pushed(other, CREATE, number)
    assert message["file"]["content"] == picture["content"]
    assert pushed(other, COUNT) == 1
    assert event(theirs, "create", number)["text"] == "hello"
    bo.send("user_typing", **where)
    ann.expect("user_typing", user_id=BO)
    bo.send("typing", **where)  # Too early to be passed on.
    answer = bo.ask("new_message", **where, message="yes", reply_to=number)
    assert answer["message"]["reply_to"]["id"] == number
    assert pushed(old, CREATE, answer["message"]["id"])["reply_id"] == number
    changed = ann.ask("edit_message", **where, message_id=number, text="Hello")
    assert changed["message"]["is_edited"]
    bo.expect("edit_message")
    assert pushed(other, UPDATE, number)["body"] == "Hello"
    assert event(theirs, "update", number)["text"] == "Hello"
    bo.ask("message_read", **where, message_id=number)
    ann.expect("message_read")
    assert pushed(old, SEEN, number)["date_read"]
    while not event(mine, "update", number)["read"]:
        pass
    bo.ask("read_message", "message_read", **where, message_id=number)
    ann.ask("delete_message", **where, message_id=number)
    bo.expect("delete_message")
    assert pushed(other, DELETE, number)["dialog"] == company.order
    assert event(theirs, "delete", number)["text"] == ""
    quoting = bo.get("/chats/orders/r1/messages/")["results"]
    assert quoting[0]["reply_to"]["is_deleted"]


def scene_dialogs(company):
    ann, bo = company.dialogs
    port, order = company.port, company.order
    file = upload(port, ANN, "notes.txt", b"some notes")
    message = ann.say(order, "*hi*", file_id=file["id"], lesson_id=5,
                      client_key="d1", reply_id=None)
    assert ann.say(order, "again", client_key="d1") == message
    bo.see(order, message["id"])
    assert pushed(ann, SEEN, message["id"])["lesson"] == 5
    assert bo.load(limit=1)[0]["id"] == order
    assert bo.messages(str(order), offset=0)[-1] == pushed_again(bo, message)
    bo.socket.send(json.dumps({"event": COUNT}))  # No request_id.
    assert pushed(bo, COUNT) >= 0
    send = ["POST", "/api/dialogs/new-message/"]
    body = {"user_id": CY, "body": "Hello.", "client_key": "n1",
            "lesson": None}
    headers = {"Authorization": f"Bearer {ann.token}"}
    for status in (201, 200):
        assert ask(port, *send, json.dumps(body), headers)[0] == status
    with Dialogs(port, DEE) as dee:
        assert dee.load() == []


def pushed_again(client, message):
    """The message as it is now."""
    (now,) = [m for m in client.messages(message["dialog"])
              if m["id"] == message["id"]]
    return now


def scene_empty_dialog(cluster, company):
    """The stand-in for the last message of a dialog that has none."""
    cluster.make_room(f"{BO}_{DEE}", [], kind="direct")
    with Dialogs(company.port, DEE) as dee:
        (dialog,) = dee.load()
        assert dialog["last_message"]["dialog"] is None


def scene_messenger(company):
    ann, bo = company.messengers
    order = company.order
    message = ann.say("", pk=str(order), client_key="m1")["pk"]
    answer = ann.ask("create_message", message="x", reply_to_message=message,
                     request_id=7)
    assert ann.ask("create_message", message="x", request_id=7,
                   retry=True) == answer
    for action in ("user_chat_list_action", "pag_user_chat_list_action"):
        assert bo.ask(action)["response_status"] == 200
        assert bo.ask(action, page="2")["response_status"] == 200
    for action in ("retrive_room_paginated_message_action",
                   "retrieve_room_paginated_message_action"):
        assert bo.ask(action, pk=order, page="1")["data"]
    assert bo.history(order)
    assert bo.ask("message_read", pk=message)["data"] == {"pk": message}
    assert ann.ask("edit_message", pk=message,
                   message="better")["response_status"] == 200
    assert ann.ask("delete_message", pk=message)["response_status"] == 204
    with Messenger(company.port, DEE) as dee:
        assert dee.ask("join_room",
                       pk=company.project)["response_status"] == 200
        assert dee.ask("unsubscribe_from_messages_in_room",
                       pk=company.project)["response_status"] == 204
        assert dee.ask("leave_room",
                       pk=company.project)["response_status"] == 200


def scene_chats_over_http(company):
    ann = company.chats[0]
    ann.say("one", f"{BO}_{ANN}")
    ann.say("two", "p", "project", reply_to=None)
    for kind, chat in (("directs", f"{ANN}_{BO}"), ("projects", "p"),
                       ("orders", "r1")):
        assert ann.get(f"/chats/{kind}/")
        assert ann.get(f"/chats/{kind}")
        assert ann.get(f"/chats/{kind}/{chat}/")["chat_id"] == chat
        assert ann.history(chat, kind)
        page = ann.get(f"/chats/{kind}/{chat}/messages/?limit=1&offset=1")
        assert page["previous"]
    assert ann.get("/chats/has-unreads/") in ({"has_unreads": True},
                                              {"has_unreads": False})


def scene_presence(company):
    ann, bo = company.chats
    bo.send("set_offline")
    ann.expect("set_offline", user_id=BO)
    bo.send("set_online")
    ann.expect("set_online", user_id=BO)
    with Chats(company.port, CY):
        ann.expect("set_online", user_id=CY)
    ann.expect("set_offline", user_id=CY)


# --- What is refused ---------------------------------------------------------

def scene_errors(company, book):
    """One of each kind that a client can bring about."""
    chats, dialogs, messenger = (company.chats[0], company.dialogs[0],
                                 company.messengers[0])
    order = {"chat_type": "order", "chat_id": "r1"}
    theirs = company.chats[1].say("mine", "r1", "order")["message"]["id"]
    for event_name, content, code in (
            ("new_message", {**order, "message": " "}, "bad_field"),
            ("new_message", {**order, "chat_type": "cave"}, "bad_field"),
            ("new_message", {**order, "chat_id": "x", "text": "x"},
             "not_found"),
            ("edit_message", {**order, "message_id": theirs, "text": "x"},
             "forbidden"),
            ("delete_message", {**order, "message_id": NO_ROOM}, "not_found"),
            ("typing", {**order, "message_id": theirs}, "ambiguous_type"),
            ("dance", {}, "unknown_type")):
        with book.anything_goes():
            assert chats.error(event_name, **content).code == code
    with book.anything_goes():
        for text in ("x", '{"type": 1}', '{"type": "new_message"}',
                     '{"type":"edit_message","content":{"client_key":1.5,'
                     '"message_id":"x"}}'):
            for client in (chats, dialogs, messenger):
                client.socket.send(text)
        for _ in range(4):
            assert chats.expect("error")
            assert "exception" in dialogs_error(dialogs)
            assert messenger.event()
        for fields in ({"event": "dance"}, {"event": SEEN},
                       {"event": CREATE, "dialog_id": "x", "body": "x"},
                       {"event": CREATE, "dialog_id": NO_ROOM, "body": "x"},
                       {"event": SEEN, "dialog_id": company.order,
                        "message_id": NO_ROOM},
                       {"event": "dialogs.load", "limit": -1}):
            assert "exception" in dialogs.ask(fields.pop("event"), **fields)
        for status, action, fields in (
                (400, "create_message", {"pk": company.order}),
                (403, "edit_message", {"pk": theirs, "message": "x"}),
                (404, "join_room", {"pk": NO_ROOM}), (405, "dance", {}),
                (400, "retrieve", {"pk": []})):
            assert messenger.ask(action,
                                 **fields)["response_status"] == status


def dialogs_error(client):
    """The next frame that is an error."""
    while True:
        frame = client.pushed.pop(0) if client.pushed else client.receive()
        if "exception" in frame:
            return frame


def closed_with(client):
    try:
        while True:
            client.socket.recv(timeout=30)
    except Closed as closed:
        return closed.code


def scene_closes(cluster, limited, company, book):
    port = company.port
    # The first of its second is taken, the next is one too many.
    with Messenger(cluster.ports[1], NOBODY) as hasty:
        wait_for(lambda: hasty.ask("user_chat_list_action")["response_status"]
                 == 429, "a request to be refused")
    with book.anything_goes():
        for code, frame in ((1003, b"bytes"), (1009, "x" * 200000)):
            with Chats(port, NOBODY) as client:
                client.socket.send(frame)
                assert closed_with(client) == code
        with Dialogs(port, NOBODY) as client:
            client.socket.protocol.send_text(b"\xff")
            client.socket._flush()
            assert closed_with(client) == 1007
        with Chats(port, NOBODY) as client:
            for _ in range(5):
                client.socket.send("x")
            assert closed_with(client) == 1008
    with Dialogs(port, NOBODY) as client:
        client.count()
        status, _ = cluster.api("POST", f"/api/users/{NOBODY}/disconnect")
        assert status == 204 and closed_with(client) == 4401
    with Messenger(cluster.ports[1], NOBODY + 1) as client:
        client.ask("user_chat_list_action")
        limited.signal(15)
        assert closed_with(client) == 1001


# --- Each operation of the document, and what may go wrong with it -----------

def filled(path, company, missing=False):
    """The path with something for its parameters; |missing|: that there is
    not, or None where there is no such thing."""
    values = {"user": ANN, "room": company.project, "review": "r1",
              "chats": "orders", "chat": "r1", "page": "chat.js"}
    if missing:
        values = {"user": "0", "room": NO_ROOM, "review": "a.b",
                  "chats": "orders", "chat": "nobody", "page": "nothing.js",
                  "year": "2022", "month": "02", "secret": "0" * 32,
                  "name": "x"}
    elif "{secret}" in path:
        return company.media
    made = path.format(**values)
    if missing and (made == path or made == "/chats/orders/"):
        return None
    return made


def each(documents, status=None):
    """(method, path, operation, port in the document) of those that write of
    the status."""
    for method, path, operation in documents.operations():
        if status is None or str(status) in operation["responses"]:
            yield method.upper(), path, operation, documents.listener(path)


class Prober:
    """Asks for every operation in the document."""

    def __init__(self, cluster, company, documents):
        self.company = company
        self.documents = documents
        self.ports = {8888: cluster.ports[0], 8889: cluster.api_port,
                      9101: cluster.gateways[0].operator}
        self.limited = cluster.ports[1]

    def good(self, listener, user=ANN):
        if listener == 8889:
            return {"X-API-Key": Cluster.API_KEY}
        return {"Authorization": f"Bearer {token(user)}"}

    def go(self, method, path, listener, headers, body=None, missing=False):
        target = filled(path, self.company, missing)
        return ask(self.ports[listener], method, target, body, headers)

    def strangers(self):
        """401, and 404 for those who may ask."""
        for method, path, _, listener in each(self.documents, 401):
            if not is_handshake(self.documents, path):
                status = self.go(method, path, listener, {}, body_for(
                    method))[0]
                assert status == 401, (method, path)
        for method, path, _, listener in each(self.documents, 404):
            target = filled(path, self.company, missing=True)
            if target:
                body = "{}" if method in ("PUT", "PATCH") else None
                if path.endswith("/messages") and method == "POST":
                    body = '{"user_id": 1, "text": "x"}'
                assert self.go(method, path, listener, self.good(listener),
                               body, missing=True)[0] == 404, (method, path)

    def bodies(self):
        """400, 411 and 413."""
        for method, path, operation, listener in each(self.documents, 400):
            if is_handshake(self.documents, path):
                continue
            target = filled(path, self.company)
            query = "" if "requestBody" in operation else "?limit=x"
            headers = self.good(listener)
            if path == "/api/files/":
                headers["Content-Type"] = "multipart/form-data; boundary=b"
            assert ask(self.ports[listener], method, target + query, "[]",
                       headers)[0] == 400, (method, path)
        for status, header in ((411, {"Transfer-Encoding": "chunked"}),
                               (413, {"Content-Length": str(1 << 24)})):
            for method, path, _, listener in each(self.documents, status):
                assert head_only(
                    self.ports[listener], method, filled(path, self.company),
                    {**self.good(listener), **header}) == status, path

    def too_fast(self):
        """429, each with a user of its own."""
        for i, (method, path, _, _) in enumerate(each(self.documents, 429)):
            headers = self.good(8888, NOBODY + 100 + i)
            wait_for(lambda m=method, p=path, h=headers: ask(
                self.limited, m, filled(p, self.company), body_for(m), h)[0]
                == 429, f"{method} {path} to be throttled")

    def without_bodies(self):
        """HEAD and OPTIONS, 304, and parts of files."""
        for method, path, _, listener in each(self.documents):
            if method in ("HEAD", "OPTIONS"):
                self.go(method, path, listener, self.good(listener))
        for method, path, _, listener in each(self.documents, 304):
            etag = self.go("GET", path, listener, {})[1]["ETag"]
            assert self.go(method, path, listener,
                           {"If-None-Match": etag})[0] == 304, path
        for status, part in ((206, "bytes=1-5"), (416, "bytes=9999-")):
            assert self.go("GET", "/media/{year}/{month}/{secret}/{name}",
                           8888, {"Range": part})[0] == status

    def plain(self):
        """What only has to be asked for."""
        for path in ("/", "/{page}", "/static/default_avatar.jpg",
                     "/demo/users.json", "/healthz", "/readyz", "/metrics"):
            assert self.go("GET", path, self.documents.listener(path),
                           {})[0] == 200, path
        local = {"Host": "elsewhere.example"}
        assert self.go("GET", "/demo/users.json", 8888, local)[0] == 404
        status, headers, _ = self.go("OPTIONS", "/chats/has-unreads/", 8888,
                                     {"Origin": ORIGIN})
        assert headers["Access-Control-Allow-Origin"] == ORIGIN

    def handshakes(self):
        port = self.ports[8888]
        for path in self.documents.openapi["paths"]:
            if not is_handshake(self.documents, path):
                continue
            assert upgrade(port, path, CY, Origin=ORIGIN) == 101
            assert upgrade(port, path, CY,
                           Sec_WebSocket_Protocol="parlance") == 101
            assert upgrade(port, path) == 401
            assert upgrade(port, path, CY, Origin="http://evil") == 403
            assert upgrade(port, path, CY,
                           Sec_WebSocket_Version="8") == 426
            assert upgrade(port, path, CY,
                           Sec_WebSocket_Protocol="soap") == 400
            for method in ("GET", "HEAD"):
                assert ask(port, method, path)[0] == 426
                assert ask(port, method, path + "?token=x")[0] == 401
        assert upgrade(port, "/nowhere/at/all/", CY) == 404
        with Messenger(self.limited, NOBODY + 50):
            assert upgrade(self.limited, "/ws/", NOBODY + 50) == 503
        with Dialogs(port, CY, target="/ws/token?={}") as client:
            client.count()

    def methods(self):
        """{path: the methods that a refusal of another allows}."""
        allowed = {}
        for path in self.documents.openapi["paths"]:
            item = self.documents.path_item(path)
            listener = self.documents.listener(path)
            other = next(m for m in ("delete", "patch", "put", "post")
                         if m not in item)
            status, headers, _ = self.go(other.upper(), path, listener,
                                         self.good(listener))
            assert status == 405, (other, path)
            allowed[path] = set(headers["Allow"].split(", "))
        return allowed

    def broker_away(self):
        """503, at once or after the gateway's patience."""
        asked = list(each(self.documents, 503))
        wait_for(lambda: ask(self.ports[9101], "GET", "/readyz")[0] == 503,
                 "the gateway not to be ready")
        wait_for(lambda: upgrade(self.ports[8888], "/ws/", CY) == 503,
                 "the gateway to give up")

        def probe(operation):
            method, path, _, listener = operation
            if is_handshake(self.documents, path):
                return upgrade(self.ports[8888], path, CY)
            return self.go(method, path, listener, self.good(listener),
                           body_for_path(path, method))[0]
        with ThreadPoolExecutor(8) as pool:
            for operation, status in zip(asked, pool.map(probe, asked)):
                assert status == 503, operation[:2]


def is_handshake(documents, path):
    return "$ref" in documents.openapi["paths"][path]


def body_for(method):
    return "{}" if method in ("PUT", "POST", "PATCH") else None


def body_for_path(path, method):
    """A body that is taken."""
    if method not in ("PUT", "POST", "PATCH"):
        return None
    return {
        "/api/rooms": '{"kind": "project", "key": "late"}',
        "/api/rooms/{room}/messages": '{"user_id": 1, "text": "x"}',
        "/api/order-reviews/{review}":
            '{"status": "new", "customer_id": 1, "executor_id": 2}',
        "/api/dialogs/new-message/": '{"user_id": 2, "body": "x"}',
    }.get(path, "{}")


def take_place(cluster, limited, book):
    """All of it. The broker and a gateway are gone in the end."""
    cluster.write("demo-users.json", '{"users": []}')
    company = Company(cluster)
    prober = Prober(cluster, company, book.documents)
    company.media = urllib.parse.quote(upload(
        company.port, ANN, "page.png", PNG)["content"], safe="/%")
    scene_messages(company)
    scene_dialogs(company)
    scene_messenger(company)
    scene_chats_over_http(company)
    scene_empty_dialog(cluster, company)
    scene_presence(company)
    scene_errors(company, book)
    assert ask(company.port, "GET", company.media)[0] == 200
    prober.plain()
    prober.strangers()
    prober.bodies()
    prober.too_fast()
    prober.without_bodies()
    prober.handshakes()
    book.allowed = prober.methods()
    scene_closes(cluster, limited, company, book)
    waiting = company.chats[0]
    cluster.broker.kill()
    assert closed_with(waiting) == 1013
    prober.broker_away()
    company.close()
