"""The documents of gateway/docs are well made, name all that the sources name,
and are what the processes do: conversation.py makes everything happen that is
documented, and whatever goes by is looked up."""
import json
import os
import re

import jsonschema
import pytest

from apidocs import (ASYNCAPI, Book, Documents, METHODS, OPENAPI, RECEIVED,
                     SENT, recording, source)
from cluster import Cluster, ROOT
import conversation

DOCUMENTS = Documents()

# Why the conversation cannot make these happen.
UNSEEN_RESPONSES = {
    ("*", 504): "the persister would have to die at the right moment",
    ("/api/files/", 408): "takes 50 s",
    ("/api/files/", 507): "needs a full disk",
}
UNSEEN_MESSAGES = {
    ("messenger", "retrievedInPart"):
        "something must go wrong between two parts; see tests/dialects",
}
UNSEEN_CLOSES = {
    4408: "takes two pings; test_connections.py",
    4429: "takes 10 s; test_connections.py",
    4430: "needs a slow reader; tests/unit/test_gateway.c",
}


def walk(name, node, path=()):
    """All (document, node, path) within a document."""
    yield name, node, path
    children = node.items() if isinstance(node, dict) else \
        enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from walk(name, child, (*path, key))


EVERYTHING = [place for name, document in DOCUMENTS.all.items()
              for place in walk(name, document)]


def in_example(path):
    return any(key in ("example", "examples", "default", "const", "enum")
               for key in path)


def references():
    for name, node, path in EVERYTHING:
        if isinstance(node, dict) and "$ref" in node and not in_example(path):
            yield name, node["$ref"], path


def schemas():
    """(document, schema, path) of those that are no part of another."""
    for name, node, path in EVERYTHING:
        if in_example(path) or len(path) < 2:
            continue
        is_named = path[:2] == ("components", "schemas") and len(path) == 3
        if is_named or path[-1] == "payload" or (
                path[-1] == "schema" and name == OPENAPI):
            yield name, node, path


def examples():
    """(document, schema, value, path) of all."""
    for name, node, path in EVERYTHING:
        if not isinstance(node, dict) or in_example(path):
            continue
        if "payload" in node:
            for example in node.get("examples", []):
                yield name, node["payload"], example["payload"], path
        if "schema" in node and "example" in node:
            yield name, node["schema"], node["example"], path


# --- The documents themselves ------------------------------------------------

def test_every_reference_resolves_and_everything_is_used():
    used = set()
    for name, reference, path in references():
        try:
            target, _ = DOCUMENTS.follow(name, reference)
        except KeyError:
            pytest.fail(f"{name} {path}: {reference}")
        used.add((target, *reference.partition("#/")[2].split("/")))
    for name, document in DOCUMENTS.all.items():
        for kind, members in document["components"].items():
            for member in members:
                if kind != "securitySchemes" and (
                        kind, member) != ("responses", "MethodNotAllowed") \
                        and member != "OperatorMethodNotAllowed":
                    assert (name, "components", kind, member) in used, \
                        f"{name}: nothing uses {kind}/{member}"


def test_every_schema_is_one():
    count = 0
    for name, schema, path in schemas():
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            pytest.fail(f"{name} {path}: {error.message}")
        count += 1
    assert count > 150


def test_no_description_is_cut_by_a_comma():
    """{description: A, and B} is YAML for something else."""
    for name, node, path in EVERYTHING:
        if isinstance(node, dict) and not in_example(path):
            for key, value in node.items():
                assert value is not None, (name, path, key)


# Mean the same in JSON Schema 2020-12 and in draft-07, which tools for AsyncAPI
# expect.
KEYWORDS = {
    "$ref", "type", "description", "const", "enum", "default", "properties",
    "required", "additionalProperties", "minProperties", "maxProperties",
    "items", "minItems", "maxItems", "uniqueItems", "pattern", "minLength",
    "maxLength", "minimum", "maximum", "anyOf", "contentMediaType"}


def parts(schema):
    """The schema and all schemas in it; $ref is not followed."""
    if not isinstance(schema, dict):
        return
    yield schema
    for child in schema.get("properties", {}).values():
        yield from parts(child)
    for child in schema.get("anyOf", []):
        yield from parts(child)
    for key in ("items", "additionalProperties"):
        yield from parts(schema.get(key))


def test_schemas_keep_to_what_both_drafts_know():
    for name, schema, path in schemas():
        for part in parts(schema):
            assert set(part) <= KEYWORDS, (name, path, set(part) - KEYWORDS)


def what_the_server_sends():
    for channel in DOCUMENTS.asyncapi["channels"]:
        for message in DOCUMENTS.messages(channel, SENT).values():
            yield ASYNCAPI, message["payload"]
    for _, path, operation in DOCUMENTS.operations():
        if path == "/demo/users.json":
            continue  # A file of somebody else's.
        for response in operation["responses"].values():
            name, response = DOCUMENTS.resolve(OPENAPI, response)
            for media in response.get("content", {}).values():
                if "schema" in media:
                    yield name, media["schema"]


def test_the_server_sends_nothing_that_is_not_written():
    done = set()
    left = list(what_the_server_sends())
    while left:
        name, schema = left.pop()
        if id(schema) in done:
            continue
        done.add(id(schema))
        for part in parts(schema):
            if "$ref" in part:
                left.append(DOCUMENTS.follow(name, part["$ref"]))
            if part.get("type") == "object":
                assert part.get("additionalProperties") is not None, part
                assert set(part.get("required", [])) \
                    <= set(part.get("properties", {})), part
            if "additionalProperties" in part and "properties" in part:
                assert part["additionalProperties"] is False, part
    assert len(done) > 60


def test_every_example_is_right():
    count = 0
    for name, schema, value, path in examples():
        errors = DOCUMENTS.errors(name, schema, value)
        assert not errors, (name, path, errors)
        count += 1
    assert count > 80


def test_every_message_has_its_place():
    asyncapi = DOCUMENTS.asyncapi
    assert asyncapi["asyncapi"] == "3.0.0"
    for channel, node in asyncapi["channels"].items():
        taken = DOCUMENTS.messages(channel, RECEIVED)
        told = DOCUMENTS.messages(channel, SENT)
        assert not set(taken) & set(told)
        for _, answers in DOCUMENTS.requests(channel):
            assert answers[-1] == "error"
        assert set(taken) | set(told) == set(node["messages"])
        for name, message in {**taken, **told}.items():
            assert message["title"] and message["examples"], name
            assert set(message) <= {"title", "summary", "payload", "examples"}
            for example in message["examples"]:
                for other, candidate in (
                        taken if name in taken else told).items():
                    fits = not DOCUMENTS.errors(
                        ASYNCAPI, candidate["payload"], example["payload"])
                    assert fits == (other == name), (name, other)


def test_every_operation_is_whole():
    assert DOCUMENTS.openapi["openapi"] == "3.1.0"
    tags = {tag["name"] for tag in DOCUMENTS.openapi["tags"]}
    ids = []
    for method, path, operation in DOCUMENTS.operations():
        what = f"{method} {path}"
        assert operation["summary"] and operation["responses"], what
        assert set(operation["tags"]) <= tags, what
        ids += [operation["operationId"]] if "operationId" in operation else []
        assert set(re.findall(r"{(\w+)}", path)) == {
            p["name"] for p in DOCUMENTS.parameters(path, method)
            if p["in"] == "path"}, what
        for status, response in operation["responses"].items():
            assert re.fullmatch("[1-5][0-9][0-9]", status), what
            assert DOCUMENTS.resolve(OPENAPI, response)[1]["description"], what
    assert len(ids) == len(set(ids))
    for path in DOCUMENTS.openapi["paths"]:
        assert set(DOCUMENTS.path_item(path)) <= {
            *METHODS, "servers", "parameters", "description", "x-any-depth"}


@pytest.mark.parametrize("channel", DOCUMENTS.asyncapi["channels"])
def test_the_book_notices(channel):
    """Examples fit; with a member more, or one less, they do not."""
    book = Book(DOCUMENTS, {})
    address = DOCUMENTS.asyncapi["channels"][channel]["address"]
    for name, message in DOCUMENTS.messages(channel, SENT).items():
        whole = message["examples"][0]["payload"]
        required = message["payload"]["required"]
        book.frame(address, SENT, json.dumps(whole))
        assert (channel, name) in book.messages and not book.mistakes
        for wrong in ({**whole, "more": 1}, *(
                {k: v for k, v in whole.items() if k != less}
                for less in required)):
            book.frame(address, SENT, json.dumps(wrong))
            # An answer without its envelope is the event.
            if not (name == "created" and len(wrong) < len(whole)):
                assert book.mistakes, (name, wrong)
            book.mistakes.clear()


# --- The sources -------------------------------------------------------------

FRONTENDS = "gateway/frontends"


def macro(path, name):
    """The X-macro |name| of a file: the strings of each line."""
    text = re.search(rf"#define {name}\(X\)(.*?[^\\])\n", source(path), re.S)
    return [re.findall(r'"([^"]*)"', line)
            for line in re.findall(r"X\(([^)]*)\)", text[1])]


def initialiser(path, name):
    """What stands between the braces of the array |name|."""
    return re.search(rf"\b{name}\[[^\]]*\] = {{(.*?)\n\s*}};", source(path),
                     re.S)[1]


def values(message, key):
    """What |key| of a message may be."""
    _, schema = DOCUMENTS.resolve(ASYNCAPI,
                                  message["payload"]["properties"][key])
    return set(schema.get("enum", [])) \
        | ({schema["const"]} if "const" in schema else set())


def told_names(channel, direction, key):
    """What |key| of the channel's messages may be."""
    names = set()
    for message in DOCUMENTS.messages(channel, direction).values():
        names |= values(message, key)
    return names


@pytest.mark.parametrize("channel, key", [
    ("chats", "type"), ("dialogs", "event"), ("messenger", "action")])
def test_answers_belong_to_their_requests(channel, key):
    told = DOCUMENTS.messages(channel, SENT)
    taken = DOCUMENTS.messages(channel, RECEIVED)
    for request, answers in DOCUMENTS.requests(channel):
        for answer in answers[:-1]:
            if (channel, answer) != ("messenger", "created"):
                assert values(told[answer], key) \
                    <= values(taken[request], key), (request, answer)


def fields_taken(channel, *within):
    """The members of what clients of a channel send."""
    names = set()
    for message in DOCUMENTS.messages(channel, RECEIVED).values():
        schema = message["payload"]
        for key in within:
            _, schema = DOCUMENTS.resolve(ASYNCAPI, schema["properties"][key])
        names |= set(schema.get("properties", {}))
    return names


def test_names_of_chats():
    events = {e[0] for e in macro(f"{FRONTENDS}/chats/chats.h",
                                  "CHATS_EVENTS")}
    aliases = set(re.findall(r'{CHATS_\w+, "(\w+)"}',
                             source(f"{FRONTENDS}/chats/chats_request.c")))
    assert len(events) >= 7 and len(aliases) >= 2
    assert told_names("chats", RECEIVED, "type") == events | aliases
    assert told_names("chats", SENT, "type") == events | {"error"}
    assert fields_taken("chats", "content") == {
        f[0] for f in macro(f"{FRONTENDS}/chats/chats_frame.h",
                            "CHATS_FIELDS")}


def test_names_of_dialogs():
    folder = f"{FRONTENDS}/dialogs"
    events = {e[0] for e in macro(f"{folder}/dialogs.h", "DIALOGS_EVENTS")}
    pushed = set(re.findall(r'SLICE\("\\"([\w.]+)\\""\)',
                            source(f"{folder}/dialogs_text.c")))
    assert len(events) >= 5 and len(pushed) >= 5
    assert told_names("dialogs", RECEIVED, "event") == events
    assert told_names("dialogs", SENT, "event") == events | pushed
    assert fields_taken("dialogs") == set(re.findall(r'= "(\w+)"', initialiser(
        f"{folder}/dialogs_request.c", "member_names")))
    body = DOCUMENTS.openapi["paths"]["/api/dialogs/new-message/"]["post"][
        "requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == set(re.findall(
        r'= "(\w+)"', initialiser(f"{folder}/dialogs_http.c",
                                  "member_names")))


def test_names_of_messenger():
    folder = f"{FRONTENDS}/messenger"
    actions = {a[0] for a in macro(f"{folder}/messenger.h",
                                   "MESSENGER_ACTIONS")}
    aliases = set(re.findall(r'{ACTION_\w+, "(\w+)"}',
                             source(f"{folder}/messenger_request.c")))
    events = set(re.findall(r'put_event\(text, config, "(\w+)"',
                            source(f"{folder}/messenger_text.c")))
    assert len(actions) >= 12 and aliases and len(events) >= 3
    assert told_names("messenger", RECEIVED, "action") == actions | aliases
    # create_message is answered by the event.
    assert told_names("messenger", SENT, "action") \
        == (actions | aliases | events) - {"create_message"}
    assert fields_taken("messenger") == set(re.findall(
        r'= "(\w+)"', initialiser(f"{folder}/messenger_request.c",
                                  "member_names")))


def test_paths_of_the_server_api():
    text = initialiser("gateway/api/api_server.c", "paths")
    served = {}
    for pattern, rest in re.findall(r'{"(/api/[^"]*)",(.*?)}}}', text, re.S):
        served[pattern] = set(re.findall(r'{"([A-Z]+)",', rest))
    assert len(served) >= 6
    written = {}
    for method, path, _ in DOCUMENTS.operations():
        if DOCUMENTS.listener(path) == 8889:
            pattern = path.replace("{review}", "*")
            pattern = re.sub(r"{\w+}", "#", pattern)
            written.setdefault(pattern, set()).add(method.upper())
    assert written == served


def test_paths_of_the_dialects():
    paths, beginnings = set(), set()
    for name in DOCUMENTS.asyncapi["channels"]:
        text = source(f"{FRONTENDS}/{name}/{name}.c")
        channel = DOCUMENTS.asyncapi["channels"][name]
        assert re.findall(r'\.path = "([^"]*)"', text) == [channel["address"]]
        assert re.findall(r'\.alias = "([^"]*)"', text) == channel["x-aliases"]
        paths |= {channel["address"], *channel["x-aliases"]}
        listed = re.search(r"http_paths\[\] = {(.*?)}", text)
        beginnings |= set(re.findall(r'"([^"]+)"', listed[1] if listed else ""))
    registered = re.findall(r"&frontend_(\w+),",
                            source(f"{FRONTENDS}/frontends.c"))
    assert set(registered) == set(DOCUMENTS.asyncapi["channels"])
    assert paths == {p for p, item in DOCUMENTS.openapi["paths"].items()
                     if "$ref" in item}
    assert len(beginnings) >= 2
    for beginning in beginnings:
        assert any(p.startswith(beginning) for p in DOCUMENTS.openapi["paths"])


def test_paths_of_the_gateway_itself():
    written = set(DOCUMENTS.openapi["paths"])
    served = set(re.findall(r'strcmp\(path, "([^"]+)"\)',
                            source("common/process/operator.c")))
    assert len(served) == 3
    assert served == {p for p in written if DOCUMENTS.listener(p) == 9101}
    for file in ("http", "http_transfer"):
        served = re.findall(r'SLICE\("(/[^"]+)"\)',
                            source(f"gateway/server/{file}.c"))
        assert served
        for path in served:
            assert any(p.startswith(path) for p in written), path


def close_codes():
    """{code: when} as it is written."""
    return {int(code): text for code, text in
            DOCUMENTS.asyncapi["x-close-codes"].items()}


def test_close_codes():
    codes = re.findall(r"X\((\d{4}), ", source("gateway/connection.h"))
    assert set(map(int, codes)) == set(close_codes())
    assert all(close_codes().values())


def error_codes(channel):
    """The codes that errors of a channel may have."""
    schema = DOCUMENTS.messages(channel, SENT)["error"]["payload"]
    if channel == "chats":
        code = schema["properties"]["content"]["properties"]["code"]
    else:
        code = schema["properties"]["errors"]["items"]["properties"]["code"]
    return set(code["enum"])


def codes_in(*paths, patterns):
    found = set()
    for path in paths:
        for pattern in patterns:
            found |= set(re.findall(pattern, source(path)))
    assert found
    return found


# A row of a table of refusals.
REFUSAL = r'\{\d{3}, "([a-z_]+)"'


def test_error_codes_of_chats():
    folder = f"{FRONTENDS}/chats"
    assert error_codes("chats") == codes_in(
        *(f"{folder}/chats{part}.c" for part in (
            "_refusal", "_fields", "_request", "")), patterns=[
                REFUSAL, r'chats_refuse\(&?frame, "([a-z_]+)"',
                r'refusal\.code = "([a-z_]+)"'])


def test_error_codes_of_dialogs():
    folder = f"{FRONTENDS}/dialogs"
    assert error_codes("dialogs") == codes_in(
        *(f"{folder}/dialogs{part}.c" for part in ("_error", "_request", "")),
        patterns=[REFUSAL, r'refuse\(&?request, "([a-z_]+)"',
                  r'\.code = "([a-z_]+)"'])


def test_error_codes_over_http():
    written = set(DOCUMENTS.openapi["components"]["schemas"]["Error"][
        "properties"]["error"]["properties"]["code"]["enum"])
    files = [f"{folder}/{name}"
             for folder in ("gateway", "gateway/api", "gateway/auth",
                            "gateway/server", f"{FRONTENDS}/chats",
                            f"{FRONTENDS}/dialogs")
             for name in sorted(os.listdir(f"{ROOT}/{folder}"))
             if name.endswith((".c", ".h"))]
    said = codes_in(
        *(f for f in files if f.startswith(("gateway/api", "gateway/server"))
          or f.endswith(("chats_calls.c", "dialogs_http.c"))), patterns=[
              REFUSAL, r'\b[45]\d\d,\s*"([a-z_]+)"',
              r'refuse\w*\([^"]*"([a-z]+_[a-z]+)"'])
    tables = {row[0] for path, name in (
        ("gateway/auth/jwt.h", "JWT_RESULT_TABLE"),
        ("gateway/limits.h", "ADMISSION_TABLE")) for row in macro(path, name)}
    assert len(said) > 15 and len(tables) > 15
    assert said | tables - {"ok"} <= written
    assert written <= codes_in(*files, patterns=[r'"([a-z_]+)"'])


# --- The processes -----------------------------------------------------------

@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """After the whole conversation."""
    patch = pytest.MonkeyPatch()
    directory = tmp_path_factory.mktemp("docs")
    cluster = Cluster(directory, gateway_options=conversation.options(
        directory))
    limited = cluster.add_gateway(options=conversation.LIMITED)
    listeners = {port: 8888 for port in cluster.ports}
    listeners[cluster.api_port] = 8889
    listeners |= {process.operator: 9101 for process in cluster.processes}
    kept = Book(DOCUMENTS, listeners)
    with cluster, recording(kept, patch):
        conversation.take_place(cluster, limited, kept)
    return kept


def test_nothing_goes_by_that_is_not_written(book):
    assert not book.mistakes, "\n\n".join(book.mistakes[:20])
    assert book.frames > 150


def test_every_message_goes_by(book):
    written = {(channel, name)
               for channel, node in DOCUMENTS.asyncapi["channels"].items()
               for name in node["messages"]}
    assert set(UNSEEN_MESSAGES) <= written
    assert written - book.messages - set(UNSEEN_MESSAGES) == set()


def test_every_response_goes_by(book):
    written = {(method, path, int(status))
               for method, path, operation in DOCUMENTS.operations()
               for status in operation["responses"]}
    for path, status in UNSEEN_RESPONSES:
        assert any(s == status and path in ("*", p) for _, p, s in written)
    left = {(method, path, status)
            for method, path, status in written - book.responses
            if ("*", status) not in UNSEEN_RESPONSES
            and (path, status) not in UNSEEN_RESPONSES}
    assert left == set()


def test_every_close_code_goes_by(book):
    written = set(close_codes())
    assert set(UNSEEN_CLOSES) <= written
    assert book.closes <= written
    assert written - book.closes - set(UNSEEN_CLOSES) == set()


def test_paths_take_what_is_written_and_nothing_else(book):
    assert set(book.allowed) == set(DOCUMENTS.openapi["paths"])
    for path, allowed in book.allowed.items():
        item = DOCUMENTS.path_item(path)
        assert allowed == {m.upper() for m in METHODS if m in item}, path
