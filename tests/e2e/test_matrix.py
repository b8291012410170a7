"""What is done in one dialect, seen in every other: each cell of the matrix in
gateway/docs/matrix.md on real sockets.

One room of an order; the customer acts, in each dialect that can, and the
executor looks, in each dialect at once, and into the history. A cell is the
name of what arrives, or a reason in brackets why by design nothing does: then
a later message arrives and nothing came before it.
"""
import itertools
import os

import pytest

from chats import Chats
from cluster import ROOT, Cluster
from dialogs import COUNT, Dialogs, call, token_of, upload
from messenger import Messenger

ACTOR, LOOKER, THIRD = 1, 2, 3
SINKS = ["chats", "dialogs", "messenger", "history"]
SOURCES = ["chats", "dialogs", "messenger", "server API"]

NO_TYPING = "(typing is shown in `chats` only)"
NO_PRESENCE = "(presence is shown in `chats` only)"
NO_PLACE = "(never stored)"
NO_MEMBER = "(shows itself in what arrives afterwards)"

# What arrives, by what is done. A list: by source, where they differ.
SEEN = {
    "message": ["`new_message`", "`dialogs.messages.create`", "`create`",
                "the message"],
    "edit": ["`edit_message`", "`dialogs.messages.update`", "`update`",
             "`is_edited`, the new text"],
    "delete": ["`delete_message`", "`dialogs.messages.delete`", "`delete`",
               "the tombstone, without text"],
    "read": ["`message_read`", "`dialogs.messages.seen`", "`update`",
             "(marks are no messages)"],
    "typing": ["`user_typing`", NO_TYPING, NO_TYPING, NO_PLACE],
    "online": ["`set_online`", NO_PRESENCE, NO_PRESENCE, NO_PLACE],
    "offline": ["`set_offline`", NO_PRESENCE, NO_PRESENCE, NO_PLACE],
    "file": ["`new_message` with `files`", "`dialogs.messages.create` with "
             "`file`", "`create`, without the file", "the message with "
             "`files`"],
    "reply": ["`new_message` with `reply_to`", "`dialogs.messages.create` "
              "with `reply_id`", "`create` with `reply_to_message`",
              "the message with `reply_to`"],
    "member added": [NO_MEMBER, NO_MEMBER, NO_MEMBER, NO_MEMBER],
    "member removed": [NO_MEMBER, NO_MEMBER, NO_MEMBER, NO_MEMBER],
}

# What a dialect says to do it, or why it cannot.
DONE = {
    "message": ["`new_message`", "`dialogs.messages.create`",
                "`create_message`", "`POST /api/rooms/{id}/messages`"],
    "edit": ["`edit_message`", "(the dialect has no such event)",
             "`edit_message`", "(there is no such call)"],
    "delete": ["`delete_message`", "(the dialect has no such event)",
               "`delete_message`", "(there is no such call)"],
    "read": ["`message_read`", "`dialogs.messages.seen`", "`message_read`",
             "(an application reads nothing)"],
    "typing": ["`user_typing`", "(the dialect has no such event)",
               "(the dialect has no such action)", "(there is no such call)"],
    "online": ["a connection", "a connection", "a connection",
               "(an application is not there)"],
    "offline": ["the last connection ends", "the last connection ends",
                "the last connection ends",
                "`POST /api/users/{id}/disconnect`"],
    "file": ["`new_message` with `file_urls`",
             "`dialogs.messages.create` with `file_id`",
             "(the dialect has no files)",
             "`POST /api/rooms/{id}/messages` with `file_id`"],
    "reply": ["`new_message` with `reply_to`",
              "`dialogs.messages.create` with `reply_id`",
              "`create_message` with `reply_to_message`",
              "`POST /api/rooms/{id}/messages` with `reply_to`"],
    "member added": ["(the dialect has no such event)",
                     "(the dialect has no such event)",
                     "`join_room` of an open room",
                     "`PUT /api/rooms/{id}/members/{user}`"],
    "member removed": ["(the dialect has no such event)",
                       "(the dialect has no such event)",
                       "`leave_room` of an open room",
                       "`DELETE /api/rooms/{id}/members/{user}`"],
}


def is_nothing(cell):
    return cell.startswith("(")


class Stage:
    """The room, the actor's connections, the looker's."""

    def __init__(self, directory):
        self.cluster = Cluster(directory, gateways=2, gateway_options=[
            "--presence-grace", "0", "--rate", "0"])
        self.numbers = itertools.count(1)

    def __enter__(self):
        self.cluster.start()
        for user, name in (ACTOR, "ann"), (LOOKER, "bob"), (THIRD, "cat"):
            self.cluster.put_user(user, name)
        self.room = self.cluster.make_order("7", ACTOR, LOOKER)
        one, two = self.cluster.ports
        self.port = one
        self.looks = {"chats": Chats(two, LOOKER),
                      "dialogs": Dialogs(two, LOOKER),
                      "messenger": Messenger(two, LOOKER)}
        self.looks["messenger"].enter(self.room)
        self.looks["dialogs"].count()
        self.acts = {}
        self.arrive()
        return self

    def __exit__(self, *failure):
        for connection in [*self.looks.values(), *self.acts.values()]:
            connection.close()
        self.cluster.__exit__(*failure)

    def arrive(self):
        """The actor is there, in each dialect."""
        for dialect, make in ("chats", Chats), ("dialogs", Dialogs), \
                ("messenger", Messenger):
            if dialect not in self.acts:
                self.acts[dialect] = make(self.port, ACTOR)
        self.acts["dialogs"].count()
        self.acts["chats"].get("/chats/has-unreads/")

    def leave(self, but=()):
        for dialect in [d for d in self.acts if d not in but]:
            self.acts.pop(dialect).close()

    def word(self):
        return f"word {next(self.numbers)}"

    def api_say(self, user, text, room=None, **fields):
        status, message = self.cluster.api(
            "POST", f"/api/rooms/{room or self.room}/messages",
            {"user_id": user, "text": text, **fields})
        assert status == 201, message
        return message["id"]

    def say(self, source, text, room=None, **fields):
        """The id of a message by the actor, sent in the dialect |source|."""
        room = room or self.room
        if source == "server API":
            return self.api_say(ACTOR, text, room, **fields)
        act = self.acts[source]
        if source == "chats":
            return act.say(text, "7", "order", **fields)["message"]["id"]
        if source == "dialogs":
            return act.say(room, text, **fields)["id"]
        return act.say(text, pk=room, **fields)["pk"]

    # --- What the looker sees -------------------------------------------------

    def frames(self, sink, mark):
        """What came in |sink| before the message with the text |mark|."""
        look = self.looks[sink]
        if sink == "chats":
            return look.fence(mark)
        frames = []
        while True:
            if sink == "dialogs":
                event, data = look.push()
                frame = {"event": event, "data": data}
                text = data.get("body") if isinstance(data, dict) else None
            else:
                frame = look.event()
                text = frame["data"]["text"]
            if text == mark:
                return frames
            if frame.get("event") != COUNT:
                frames.append(frame)

    def history(self):
        status, page = self.cluster.api(
            "GET", f"/api/rooms/{self.room}/messages?limit=100")
        assert status == 200
        return {message["id"]: message for message in page["messages"]}

    def look(self):
        """All that came since the last look, by sink."""
        mark = self.word()
        self.api_say(ACTOR, mark)
        return {sink: self.frames(sink, mark) for sink in self.looks}


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with Stage(tmp_path_factory.mktemp("matrix")) as made:
        yield made


# --- Doing, by source ---------------------------------------------------------

def do_message(stage, source):
    text = stage.word()
    return {"id": stage.say(source, text), "text": text}


def do_edit(stage, source):
    message = stage.say(source, stage.word())
    stage.look()
    text = stage.word()
    if source == "chats":
        stage.acts["chats"].ask("edit_message", chat_type="order", chat_id="7",
                                message_id=message, text=text)
    else:
        answer = stage.acts["messenger"].ask("edit_message", pk=message,
                                             message=text)
        assert answer["response_status"] == 200
    return {"id": message, "text": text}


def do_delete(stage, source):
    message = stage.say(source, stage.word())
    stage.look()
    if source == "chats":
        stage.acts["chats"].ask("delete_message", chat_type="order",
                                chat_id="7", message_id=message)
    else:
        answer = stage.acts["messenger"].ask("delete_message", pk=message)
        assert answer["response_status"] == 204
    return {"id": message}


def do_read(stage, source):
    message = stage.api_say(LOOKER, stage.word())
    stage.look()
    if source == "chats":
        stage.acts["chats"].ask("message_read", chat_type="order",
                                chat_id="7", message_id=message)
    elif source == "dialogs":
        stage.acts["dialogs"].see(stage.room, message)
    else:
        answer = stage.acts["messenger"].ask("message_read", pk=message)
        assert answer["response_status"] == 200
    return {"id": message}


def do_typing(stage, source):
    stage.acts["chats"].send("user_typing", chat_type="order", chat_id="7")
    stage.acts["chats"].get("/chats/has-unreads/")
    return {}


def do_online(stage, source):
    stage.leave()
    stage.looks["chats"].expect("set_offline", user_id=ACTOR)
    stage.look()
    make = {"chats": Chats, "dialogs": Dialogs, "messenger": Messenger}[source]
    stage.acts[source] = make(stage.port, ACTOR)
    return {}


def do_offline(stage, source):
    if source == "server API":
        status, _ = stage.cluster.api("POST",
                                      f"/api/users/{ACTOR}/disconnect")
        assert status in (200, 204)
        stage.leave()
    else:
        stage.leave(but=[source])
        stage.look()
        stage.leave()
    return {}


def do_file(stage, source):
    text = stage.word()
    file = upload(stage.port, ACTOR, "a.txt", text.encode())
    fields = {"chats": {"file_urls": [file["content"]]},
              "dialogs": {"file_id": file["id"]},
              "server API": {"file_id": file["id"]}}[source]
    return {"id": stage.say(source, text, **fields), "text": text,
            "file": file}


def do_reply(stage, source):
    first = stage.api_say(LOOKER, stage.word())
    stage.look()
    text = stage.word()
    field = {"chats": "reply_to", "dialogs": "reply_id",
             "messenger": "reply_to_message", "server API": "reply_to"}[source]
    return {"id": stage.say(source, text, **{field: first}), "text": text,
            "first": first}


DO = {"message": do_message, "edit": do_edit, "delete": do_delete,
      "read": do_read, "typing": do_typing, "online": do_online,
      "offline": do_offline, "file": do_file, "reply": do_reply}


# --- Seeing, by sink ----------------------------------------------------------

def see_chats(action, frame, done):
    content = frame["content"]
    name = SEEN[action][0].split("`")[1]
    assert frame["type"] == name
    if action in ("message", "edit", "file", "reply"):
        assert content["message"]["id"] == done["id"]
        assert content["message"]["text"] == done["text"]
    elif action in ("delete", "read"):
        assert content["message_id"] == done["id"]
        assert content["user_id"] == ACTOR
    else:
        assert content["user_id"] == ACTOR
    if action == "file":
        assert [f["id"] for f in content["message"]["files"]] \
            == [done["file"]["id"]]
        assert content["message"]["files"][0]["content"] \
            == done["file"]["content"]
    if action == "reply":
        assert content["message"]["reply_to"]["id"] == done["first"]


def see_dialogs(action, frame, done):
    assert frame["event"] == SEEN[action][1].split("`")[1]
    data = frame["data"]
    assert data["id"] == done["id"] and data["dialog"] == done["room"]
    if action in ("message", "edit", "file", "reply"):
        assert data["body"] == done["text"]
    if action == "read":
        assert data["date_read"]
    if action == "file":
        assert data["file"]["id"] == done["file"]["id"]
    if action == "reply":
        assert data["reply_id"] == done["first"]


def see_messenger(action, frame, done):
    assert frame["action"] == SEEN[action][2].split("`")[1]
    assert frame["pk"] == done["id"]
    if action in ("message", "edit", "file", "reply"):
        assert frame["data"]["text"] == done["text"]
    if action == "delete":
        assert frame["data"]["text"] == ""
    if action == "read":
        assert frame["data"]["read"] is True
    if action == "reply":
        assert frame["data"]["reply_to_message"] == done["first"]


def see_history(action, message, done):
    if action == "delete":
        assert message["is_deleted"] and message["text"] == ""
        return
    assert message["text"] == done["text"]
    assert message["is_edited"] == (action == "edit")
    if action == "file":
        assert [f["id"] for f in message["files"]] == [done["file"]["id"]]
    if action == "reply":
        assert message["reply_to"] == done["first"]


SEE = {"chats": see_chats, "dialogs": see_dialogs, "messenger": see_messenger}


def cells():
    return [(action, source) for action in DO
            for source, cell in zip(SOURCES, DONE[action])
            if not is_nothing(cell)]


@pytest.mark.parametrize("action, source", cells())
def test_a_cell(stage, action, source):
    stage.arrive()
    stage.look()
    before = stage.history()
    done = {"room": stage.room, **DO[action](stage, source)}
    seen = stage.look()
    for sink, cell in zip(SINKS, SEEN[action]):
        if sink == "history":
            continue
        frames = seen[sink]
        if action not in ("online", "offline") and sink == "chats":
            frames = [f for f in frames
                      if f["type"] not in ("set_online", "set_offline")]
        if is_nothing(cell):
            assert frames == [], (sink, cell)
        else:
            assert len(frames) == 1, (sink, frames)
            SEE[sink](action, frames[0], done)
    if is_nothing(SEEN[action][3]):
        # The fences alone were added.
        added = [m["text"] for i, m in stage.history().items()
                 if i not in before and i != done.get("id")]
        assert all(text.startswith("word ") for text in added)
    else:
        see_history(action, stage.history()[done["id"]], done)


def test_what_a_dialect_cannot_do(stage):
    """The cells that say so: the dialect answers with its own error."""
    stage.arrive()
    for event in ("dialogs.messages.update", "dialogs.messages.delete",
                  "dialogs.messages.typing"):
        answer = stage.acts["dialogs"].ask(event, dialog_id=stage.room,
                                           message_id=1)
        assert answer["exception"] is True
    for action in ("user_typing", "typing", "set_offline"):
        answer = stage.acts["messenger"].ask(action, pk=stage.room)
        assert answer["response_status"] == 405
    for method, path in (("PATCH", "messages/65"), ("DELETE", "messages/65"),
                         ("POST", "typing")):
        status, _ = stage.cluster.api(method,
                                      f"/api/rooms/{stage.room}/{path}")
        assert status == 404


def test_membership_shows_in_what_arrives(stage):
    """A third member: the room is no dialog any more, until they are gone."""
    stage.arrive()
    stage.look()
    room = f"/api/rooms/{stage.room}/members/{THIRD}"
    with Chats(stage.port, THIRD) as third:
        assert stage.cluster.api("PUT", room, {"role": None})[0] == 200
        text = stage.word()
        stage.api_say(ACTOR, text)
        assert third.expect("new_message", chat_id="7")["message"]["text"] \
            == text
        assert stage.looks["chats"].expect(
            "new_message")["message"]["text"] == text
        assert stage.looks["messenger"].event()["data"]["text"] == text
        assert stage.looks["dialogs"].load() == []
        assert stage.cluster.api("DELETE", room)[0] == 204
        after = stage.word()
        stage.api_say(ACTOR, after)
        assert [d["id"] for d in stage.looks["dialogs"].load()] \
            == [stage.room]
        # Nothing of it reaches who is gone.
        direct = stage.word()
        with Chats(stage.port, ACTOR) as actor:
            actor.say(direct, f"{ACTOR}_{THIRD}")
        before = third.fence(direct)
        assert all(f["type"] != "new_message" for f in before)
    stage.look()


def test_open_rooms_are_joined_and_left_in_messenger(stage):
    stage.arrive()
    room = stage.cluster.make_room("open", [LOOKER], open=True)
    act = stage.acts["messenger"]
    assert act.ask("join_room", pk=room)["response_status"] == 200
    text = stage.word()
    stage.api_say(LOOKER, text, room)
    assert stage.acts["chats"].expect(
        "new_message", chat_id="open")["message"]["text"] == text
    assert act.ask("leave_room", pk=room)["response_status"] == 200
    stage.api_say(LOOKER, stage.word(), room)
    mark = stage.word()
    stage.api_say(LOOKER, mark)
    before = stage.acts["chats"].fence(mark)
    assert not [f for f in before if f["type"] == "new_message"
                and f["content"]["chat_id"] == "open"]
    stage.look()


def test_the_table_in_the_docs_is_this_one():
    lines = ["| what | " + " | ".join(f"done in {s}" for s in SOURCES)
             + " | " + " | ".join(f"seen in {s}" for s in SINKS) + " |",
             "| --- " * (1 + len(SOURCES) + len(SINKS)) + "|"]
    for action in DONE:
        lines.append("| " + " | ".join(
            [action, *DONE[action], *SEEN[action]]) + " |")
    path = f"{ROOT}/gateway/docs/matrix.md"
    if os.environ.get("GOLDEN_REWRITE"):
        with open(path, encoding="utf-8") as file:
            kept = file.read().split("| what |")[0]
        with open(path, "w", encoding="utf-8") as file:
            file.write(kept + "\n".join(lines) + "\n")
    with open(path, encoding="utf-8") as file:
        assert "\n".join(lines) in file.read()
