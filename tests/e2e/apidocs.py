"""The documents of gateway/docs, and a book that looks up in them each frame
and each HTTP response of a conversation as it goes by."""
import contextlib
import http.client
import json
import os
import re
import urllib.parse

import jsonschema
import yaml

from cluster import ROOT
from wsclient import Closed, Socket

OPENAPI = "openapi.yaml"
ASYNCAPI = "asyncapi.yaml"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch")

# What an operation of AsyncAPI calls it: the gateway sends, or receives.
SENT, RECEIVED = "send", "receive"


def names_of(references):
    """Of the messages of a channel that are referred to."""
    return [reference["$ref"].rsplit("/", 1)[1] for reference in references]


class Documents:
    """Both, and the way from a place in one of them to what it means. A place
    is (name of the document, node)."""

    def __init__(self):
        self.all = {}
        for name in (OPENAPI, ASYNCAPI):
            with open(f"{ROOT}/gateway/docs/{name}", encoding="utf-8") as file:
                self.all[name] = yaml.safe_load(file)
        self.openapi = self.all[OPENAPI]
        self.asyncapi = self.all[ASYNCAPI]
        self.validators = {}

    def follow(self, name, reference):
        """The place that a $ref in the document |name| names; KeyError."""
        document, _, pointer = reference.partition("#/")
        name = document.rstrip("#") or name
        node = self.all[name]
        for part in pointer.split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        return name, node

    def resolve(self, name, node):
        """The place itself, or the one that it refers to in the end."""
        while isinstance(node, dict) and "$ref" in node:
            name, node = self.follow(name, node["$ref"])
        return name, node

    def validator(self, name, schema):
        key = (name, id(schema))
        if key not in self.validators:
            resolver = jsonschema.RefResolver(name, self.all[name], store={
                other: document for other, document in self.all.items()})
            self.validators[key] = jsonschema.Draft202012Validator(
                schema, resolver=resolver)
        return self.validators[key]

    def errors(self, name, schema, value):
        """What is wrong with a value; empty: nothing."""
        return [f"{'/'.join(map(str, e.absolute_path)) or '(all)'}: "
                f"{e.message[:300]}"
                for e in self.validator(name, schema).iter_errors(value)]

    # --- AsyncAPI ---------------------------------------------------------

    def channel_of(self, path):
        """The name of the channel at the path of a URL."""
        for name, channel in self.asyncapi["channels"].items():
            for address in [channel["address"], *channel["x-aliases"]]:
                if address.rstrip("/") == path.rstrip("/"):
                    return name
        raise AssertionError(f"no channel at {path}")

    def requests(self, channel):
        """(name of a request, names of its answers) of all."""
        for operation in self.asyncapi["operations"].values():
            if operation["action"] == RECEIVED \
                    and self.is_of(operation, channel):
                (name,) = names_of(operation["messages"])
                assert self.is_of(operation["reply"], channel)
                yield name, names_of(operation["reply"]["messages"])

    def is_of(self, operation, channel):
        return self.resolve(ASYNCAPI, operation["channel"])[1] \
            is self.asyncapi["channels"][channel]

    def messages(self, channel, direction):
        """{name: message} of all that goes one way."""
        names = {request for request, _ in self.requests(channel)}
        if direction == SENT:
            names = {answer for _, answers in self.requests(channel)
                     for answer in answers}
            for operation in self.asyncapi["operations"].values():
                if operation["action"] == SENT \
                        and self.is_of(operation, channel):
                    names |= set(names_of(operation["messages"]))
        listed = self.asyncapi["channels"][channel]["messages"]
        return {name: self.resolve(ASYNCAPI, listed[name])[1]
                for name in sorted(names)}

    # --- OpenAPI ----------------------------------------------------------

    def path_item(self, path):
        return self.resolve(OPENAPI, self.openapi["paths"][path])[1]

    def listener(self, path):
        """The port that the document gives for the listener of a path."""
        item = self.path_item(path)
        servers = item.get("servers", self.openapi["servers"])
        return urllib.parse.urlsplit(servers[0]["url"]).port

    def operations(self):
        """(method, path, operation) of all."""
        for path in self.openapi["paths"]:
            item = self.path_item(path)
            for method in METHODS:
                if method in item:
                    yield method, path, item[method]

    def find_path(self, listener, target):
        """The path of the document for the path of a URL, or None."""
        paths = [p for p in self.openapi["paths"]
                 if self.listener(p) == listener]
        paths.sort(key=lambda p: (p.count("{"), -len(p)))
        for path in paths:
            pattern = "".join(
                "[^/]+" if part.startswith("{") else re.escape(part)
                for part in re.split(r"({[^}]*})", path))
            if listener == 8888 and path.endswith("/"):
                pattern += "?"
            if re.fullmatch(pattern, target):
                return path
        for path in paths:
            if self.path_item(path).get("x-any-depth"):
                return path
        return None

    def parameters(self, path, method):
        item = self.path_item(path)
        listed = item.get("parameters", []) \
            + item[method].get("parameters", [])
        return [self.resolve(OPENAPI, p)[1] for p in listed]

    def response(self, name):
        return self.openapi["components"]["responses"][name]


class Book:
    """What went by: what of the documents was seen, and what is not in them.
    |listeners|: {port: port in the document}."""

    def __init__(self, documents, listeners):
        self.documents = documents
        self.listeners = listeners
        self.mistakes = []
        self.messages = set()   # (channel, message)
        self.responses = set()  # (method, path, status)
        self.closes = set()
        self.frames = 0
        self.strict = True

    @contextlib.contextmanager
    def anything_goes(self):
        """What clients send in here need not be right."""
        self.strict = False
        try:
            yield
        finally:
            self.strict = True

    # --- Frames -----------------------------------------------------------

    def frame(self, path, direction, text):
        """A text frame; |path| is that of its connection's URL."""
        documents = self.documents
        channel = documents.channel_of(path)
        frame = json.loads(text)
        self.frames += 1
        messages = documents.messages(channel, direction)
        wrong = {name: documents.errors(ASYNCAPI, message["payload"], frame)
                 for name, message in messages.items()}
        fits = [name for name, errors in wrong.items() if not errors]
        if len(fits) == 1:
            self.messages.add((channel, fits[0]))
            return
        nearest = min(wrong.items(), key=lambda item: len(item[1]))
        self.mistakes.append(
            f"{channel} {direction} {text[:1000]}: fits {fits or 'nothing'}"
            + ("" if fits else f"; nearest {nearest}"))

    # --- HTTP -------------------------------------------------------------

    def exchange(self, port, method, target, sent, response, body):
        """A request and its response, of which |body| are the bytes."""
        listener = self.listeners.get(port)
        url = urllib.parse.urlsplit(target)
        what = f"{method} {target} -> {response.status} {body[:300]!r}"
        path = self.documents.find_path(listener, url.path)
        if path is None:
            if response.status != 404:
                self.mistakes.append(f"{what}: no such path")
            return
        item = self.documents.path_item(path)
        method = method.lower()
        documented, known = self.find_response(listener, item, method,
                                               response.status)
        if documented is None:
            self.mistakes.append(f"{what}: not documented at {path}")
            return
        wrong = self.check_headers(documented, response) \
            + self.check_body(documented, method, response, body)
        if known and response.status < 300:
            wrong += self.check_request(path, method, url, sent)
        if wrong:
            self.mistakes.append(f"{what}: {wrong}")
        if known:
            self.responses.add((method, path, response.status))

    def find_response(self, listener, item, method, status):
        """The documented response, and whether it is that of an operation."""
        documents = self.documents
        if method in item:
            found = item[method]["responses"].get(str(status))
            return documents.resolve(OPENAPI, found)[1], True
        if status == 405:
            name = "MethodNotAllowed"
            if listener == 9101:
                name = "Operator" + name
            return documents.response(name), False
        if listener == 8888 and method == "options" and status == 204:
            return documents.response("Preflight"), False
        if listener == 8888 and method == "head" and "get" in item:
            return self.find_response(listener, item, "get", status)[0], False
        return None, False

    def check_headers(self, documented, response):
        wrong = []
        for name, header in documented.get("headers", {}).items():
            where, header = self.documents.resolve(OPENAPI, header)
            value = response.headers.get(name)
            if value is None:
                if header.get("required"):
                    wrong.append(f"no header {name}")
                continue
            wrong += self.documents.errors(where, header["schema"], value)
        return wrong

    def check_body(self, documented, method, response, body):
        content = documented.get("content")
        kind = response.headers.get("Content-Type")
        if method == "head" or not content:
            return [f"a body: {body[:100]!r}"] if body else []
        media = content.get(kind, content.get("*/*"))
        if media is None:
            return [f"Content-Type is {kind}"]
        if "schema" not in media:
            return []
        value = json.loads(body) if kind == "application/json" \
            else body.decode()
        return self.documents.errors(OPENAPI, media["schema"], value)

    def check_request(self, path, method, url, sent):
        """A request that was taken must be as the document wants it."""
        wrong = []
        documents = self.documents
        operation = documents.path_item(path)[method]
        known = documents.parameters(path, method)
        query = urllib.parse.parse_qs(url.query)
        names = {p["name"] for p in known if p["in"] == "query"}
        if listens_to_users(operation):
            names |= set(query)
        wrong += [f"unknown parameter {n}" for n in set(query) - names]
        media = operation.get("requestBody", {}).get("content", {}) \
            .get("application/json")
        if media:
            wrong += documents.errors(OPENAPI, media["schema"],
                                      json.loads(sent))
        return wrong


def listens_to_users(operation):
    """Whether further parameters of the query are let be."""
    return "server API" not in operation.get("tags", [])


def recording_connection(book):
    """http.client.HTTPConnection that tells |book| of each exchange."""
    class Connection(http.client.HTTPConnection):
        sent = None

        def request(self, method, url, body=None, headers={}, **more):
            self.sent = body
            super().request(method, url, body=body, headers=headers, **more)

        def putrequest(self, method, url, *more, **options):
            self.asked = (method, url)
            super().putrequest(method, url, *more, **options)

        def getresponse(self):
            response = super().getresponse()
            body = response.read()
            response.read = lambda *_: body
            book.exchange(self.port, *self.asked, self.sent, response, body)
            return response
    return Connection


def path_of(sock):
    path = sock.uri.path
    return path if path.startswith("/") else "/" + path


@contextlib.contextmanager
def recording(book, patch):
    """All clients of this process, until the end, tell |book|. |patch| is a
    pytest.MonkeyPatch."""
    take, send, receive = Socket._take, Socket.send, Socket.recv

    def recorded_take(self, event):
        count = len(self.messages)
        take(self, event)
        for text in self.messages[count:]:
            book.frame(path_of(self), SENT, text)

    def recorded_send(self, data):
        if book.strict:
            text = data if isinstance(data, str) else "".join(data)
            book.frame(path_of(self), RECEIVED, text)
        send(self, data)

    def recorded_receive(self, timeout=None):
        try:
            return receive(self, timeout)
        except Closed as closed:
            if closed.code:
                book.closes.add(closed.code)
            raise
    with patch.context() as patched:
        patched.setattr(Socket, "_take", recorded_take)
        patched.setattr(Socket, "send", recorded_send)
        patched.setattr(Socket, "recv", recorded_receive)
        patched.setattr(http.client, "HTTPConnection",
                        recording_connection(book))
        yield


def source(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()
