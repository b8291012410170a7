"""The `dialogs` dialect between real processes: what its clients were promised
in the order in which they meet it."""
import json
import re
import signal
import threading

import pytest

from cluster import Cluster
from dialogs import (COUNT, CREATE, DELETE, SEEN, UPDATE, Dialogs, call,
                     error_of, new_message, open_dialog, token_of, upload)
from messenger import Messenger
from wsclient import Closed

ADMIN, STUDENT, THIRD = 1, 2, 3
MOSCOW = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+03:00")
USER_KEYS = {"id", "email", "first_name", "last_name", "github_url", "avatar",
             "thumbnail_avatar", "email_notifications", "email_confirmed"}
MESSAGE_KEYS = {"id", "user", "body", "reply_id", "file", "date_created",
                "date_read", "dialog", "lesson"}
EMPTY_MESSAGE = {
    "user": {"first_name": "", "last_name": "", "github_url": "",
             "avatar": None, "email_notifications": False,
             "email_confirmed": False},
    "file": {"content": None}, "date_read": None, "dialog": None,
    "lesson": None}


def people(cluster):
    cluster.put_user(ADMIN, "admin", first_name="Ma", last_name="Ko")
    cluster.put_user(STUDENT, "student", first_name="a", last_name="b")
    cluster.put_user(THIRD, "third")
    return cluster


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Two gateways in Moscow; each test has people or rooms of its own."""
    with Cluster(tmp_path_factory.mktemp("dialogs"), gateways=2,
                 gateway_options=["--time-zone", "Europe/Moscow",
                                  "--rate", "0"]) as started:
        yield people(started)


next_user = iter(range(100, 10000))


@pytest.fixture
def pair(shared):
    """(dialog, a, b): two users with one message from a to b."""
    a, b = next(next_user), next(next_user)
    dialog, _ = open_dialog(shared.ports[0], a, b, "first")
    return dialog, a, b


# --- The seed, from one end to the other -------------------------------------

def test_the_conversation(tmp_path):
    with Cluster(tmp_path, gateways=2,
                 gateway_options=["--time-zone", "Europe/Moscow"]) as cluster:
        people(cluster)
        first, second = cluster.ports
        with Dialogs(first, ADMIN) as admin, \
                Dialogs(second, STUDENT) as student:
            assert admin.load() == [] and admin.count() == 0
            # Whoever has an answer is known by the name in the directory,
            # in HTTP calls too.
            assert student.load() == []
            # Nothing to subscribe to: the dialog comes into being meanwhile.
            dialog, opened = open_dialog(second, STUDENT, ADMIN, "first test")
            assert opened["body"] == "first test"
            assert opened["dialog"] == dialog
            assert student.push() == (CREATE, opened)
            assert admin.push() == (CREATE, opened)
            assert admin.push() == (COUNT, 1)
            (listed,) = admin.load(limit=20, offset=0)
            assert listed["id"] == dialog and listed["unread_count"] == 1
            assert listed["last_message"] == opened
            assert set(opened) >= MESSAGE_KEYS
            assert set(opened["user"]) >= USER_KEYS
            assert opened["user"]["email"] == "student@example.com"
            assert opened["user"]["first_name"] == "a"
            assert opened["user"]["github_url"] is None
            assert opened["user"]["avatar"] == "/static/default_avatar.jpg"
            assert MOSCOW.fullmatch(opened["date_created"])
            assert opened["date_read"] is None and opened["file"] is None

            seen = admin.see(dialog, opened["id"])
            assert MOSCOW.fullmatch(seen["date_read"])
            assert seen == {**opened, "date_read": seen["date_read"]}
            assert admin.push() == (COUNT, 0)
            assert student.push() == (SEEN, seen)

            said = admin.say(dialog, "yep!", lesson_id=7)
            assert said["lesson"] == 7 and said["user"]["first_name"] == "Ma"
            assert student.push() == (CREATE, said)
            assert student.push() == (COUNT, 1)
            admin.nothing_is_pushed()
            assert student.count() == 1
            history = student.messages(dialog, limit=20, offset=0)
            assert history == [seen, said]

        for process in cluster.processes:
            process.kill()
        for process in cluster.processes:
            process.start()
        cluster.wait_ready()
        with Dialogs(first, STUDENT) as student:
            assert student.messages(dialog) == history
            assert student.count() == 1
            (listed,) = student.load()
            assert listed["last_message"] == said
            assert listed["unread_count"] == 1


# --- Who hears of what -------------------------------------------------------

def test_every_connection_of_both_sides_once(shared, pair):
    dialog, a, b = pair
    with Dialogs(shared.ports[0], a) as asker, \
            Dialogs(shared.ports[1], a) as beside, \
            Dialogs(shared.ports[0], b) as one, \
            Dialogs(shared.ports[1], b) as two:
        said = asker.say(dialog, "once")
        again = asker.say(dialog, "twice")
        assert [beside.push(), beside.push()] == [(CREATE, said),
                                                  (CREATE, again)]
        for other in (one, two):
            assert other.push() == (CREATE, said)
            assert other.push() == (COUNT, 1)
            assert other.push() == (CREATE, again)
            assert other.push() == (COUNT, 1)
        seen = one.see(dialog, again["id"])
        assert one.push() == (COUNT, 0)
        assert two.push() == (SEEN, seen)
        assert two.push() == (COUNT, 0)
        assert asker.push() == (SEEN, seen)
        assert beside.push() == (SEEN, seen)
        for connection in (asker, beside, one, two):
            connection.nothing_is_pushed()


def test_seen_again_answers_the_asker_alone(shared, pair):
    dialog, a, b = pair
    with Dialogs(shared.ports[0], a) as author, \
            Dialogs(shared.ports[1], b) as reader, \
            Dialogs(shared.ports[0], b) as beside:
        (first,) = reader.messages(dialog)
        second = author.say(dialog, "second")
        assert reader.push() == (CREATE, second)
        assert reader.push() == (COUNT, 1)
        seen = reader.see(dialog, second["id"])
        assert reader.push() == (COUNT, 0)
        # The mark passed the first message at the same moment.
        passed = reader.see(dialog, first["id"])
        assert passed["date_read"] == seen["date_read"]
        assert passed["id"] == first["id"]
        assert reader.push() == (COUNT, 0)
        assert reader.see(dialog, second["id"]) == seen
        assert reader.push() == (COUNT, 0)
        third = author.say(dialog, "third")
        reader_next = [reader.push(), reader.push()]
        assert reader_next == [(CREATE, third), (COUNT, 1)]
        assert author.push() == (SEEN, seen)
        author.nothing_is_pushed()
        assert [beside.push() for _ in range(6)] == [
            (CREATE, second), (COUNT, 1), (SEEN, seen), (COUNT, 0),
            (CREATE, third), (COUNT, 1)]


def test_a_message_is_read_when_the_first_mark_reached_it(shared, pair):
    """Whatever dialect sets the mark, and while the room had a third."""
    dialog, a, b = pair
    with Dialogs(shared.ports[0], a) as author, \
            Dialogs(shared.ports[1], b) as reader, \
            Messenger(shared.ports[0], b) as elsewhere:
        ids = [message["id"] for message in author.messages(dialog)]
        ids += [author.say(dialog, f"no {i}")["id"] for i in range(1, 6)]
        first = reader.see(dialog, ids[1])["date_read"]
        assert elsewhere.ask("message_read",
                             pk=ids[2])["response_status"] == 200
        member = f"/api/rooms/{dialog}/members/{next(next_user)}"
        assert shared.api("PUT", member, {"role": None})[0] == 200
        assert elsewhere.ask("message_read",
                             pk=ids[4])["response_status"] == 200
        assert shared.api("DELETE", member)[0] == 204
        dates = [m["date_read"] for m in author.messages(dialog)]
        assert dates == [m["date_read"] for m in reader.messages(dialog)]
        assert dates[0] == dates[1] == first
        assert first < dates[2] < dates[3] == dates[4]
        assert dates[5] is None
        assert reader.see(dialog, ids[3])["date_read"] == dates[3]


def test_ones_own_message_cannot_be_seen(shared, pair):
    dialog, a, _ = pair
    with Dialogs(shared.ports[0], a) as author:
        (message,) = author.messages(dialog)
        assert author.error(SEEN, dialog_id=dialog,
                            message_id=message["id"]) == ("bad_field",
                                                          "message_id")
        assert author.messages(dialog) == [message]


def test_the_count_is_of_dialogs(shared):
    user, others = next(next_user), [next(next_user) for _ in range(3)]
    port = shared.ports[0]
    with Dialogs(shared.ports[1], user) as reader:
        dialogs = {}
        for number, other in enumerate(others, 1):
            dialogs[other], message = open_dialog(port, other, user)
            assert reader.push() == (CREATE, message)
            assert reader.push() == (COUNT, number)
        _, message = open_dialog(port, others[0], user, "one more")
        assert reader.push() == (CREATE, message)
        assert reader.push() == (COUNT, 3)
        assert reader.count() == 3
        latest_first = [others[0], others[2], others[1]]
        listed = reader.load()
        assert [d["id"] for d in listed] == [dialogs[o] for o in latest_first]
        assert [d["unread_count"] for d in listed] == [2, 1, 1]
        reader.see(dialogs[others[0]], message["id"])
        assert reader.push() == (COUNT, 2)


def test_all_see_one_order(shared, pair):
    dialog, a, b = pair
    with Dialogs(shared.ports[0], a) as one, \
            Dialogs(shared.ports[1], b) as two, \
            Dialogs(shared.ports[0], b) as watcher:
        def write(client):
            for i in range(40):
                client.say(dialog, f"{client.user}-{i}")
        writers = [threading.Thread(target=write, args=(c,))
                   for c in (one, two)]
        for writer in writers:
            writer.start()
        heard = []
        while len(heard) < 80:
            event, data = watcher.push()
            if event == CREATE:
                heard.append(data["id"])
        for writer in writers:
            writer.join()
        kept = [m["id"] for m in watcher.messages(dialog, limit=100)]
        assert heard == sorted(heard) == kept[1:]


def test_complete_from_the_first_moment(shared, pair):
    """Whoever connects and then loads misses nothing, whatever goes on."""
    dialog, a, b = pair
    last = 60
    with Dialogs(shared.ports[0], a) as author:
        def write():
            for i in range(1, last + 1):
                author.say(dialog, f"no {i}")
        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(8):
                with Dialogs(shared.ports[1], b) as reader:
                    known = [m["id"]
                             for m in reader.messages(dialog, limit=100)]
                    for frame in reader.pushed:
                        if frame["event"] == CREATE:
                            known.append(frame["data"]["id"])
                    if len(set(known)) <= last:
                        event, data = reader.push()
                        while event != CREATE:
                            event, data = reader.push()
                        known.append(data["id"])
                    now = [m["id"]
                           for m in reader.messages(dialog, limit=100)]
                    newest = max(known)
                    assert [i for i in now if i <= newest] == \
                        sorted(set(known))
        finally:
            writer.join()


# --- One world with the other dialects ---------------------------------------

def test_other_dialects_write_edit_delete_and_read(shared):
    a, b = next(next_user), next(next_user)
    room = shared.make_order(f"dialogs-{a}", a, b)
    with Dialogs(shared.ports[0], a) as here, \
            Messenger(shared.ports[1], b) as there:
        there.enter(room)
        (listed,) = here.load()
        assert listed == {"id": room, "last_message": EMPTY_MESSAGE,
                          "unread_count": 0}
        created = there.say("*hello*")
        event, message = here.push()
        assert event == CREATE and here.push() == (COUNT, 1)
        assert message["id"] == created["pk"] and message["dialog"] == room
        assert message["body"] == "<em>hello</em>"

        said = here.say(room, "**so**", reply_id=message["id"])
        assert said["body"] == "<strong>so</strong>"
        assert said["reply_id"] == message["id"]
        heard = there.event()
        assert heard["action"] == "create" and heard["pk"] == said["id"]
        assert heard["data"]["text"] == "**so**"

        assert there.ask("edit_message", pk=created["pk"],
                         message="_bye_")["response_status"] == 200
        event, edited = here.push()
        assert event == UPDATE
        assert edited == {**message, "body": "<em>bye</em>"}

        assert there.ask("message_read",
                         pk=said["id"])["response_status"] == 200
        event, seen = here.push()
        assert event == SEEN and seen["id"] == said["id"]
        assert seen == {**said, "date_read": seen["date_read"]}
        assert seen["date_read"]

        assert there.ask("delete_message",
                         pk=created["pk"])["response_status"] == 204
        assert here.push() == (DELETE, {"id": created["pk"], "dialog": room})
        assert here.push() == (COUNT, 0)
        assert here.messages(room) == [seen]
        assert here.error(SEEN, dialog_id=room, message_id=created["pk"]) == (
            "not_found", "message_id")


def test_a_third_member_makes_it_no_dialog(shared):
    a, b, c = (next(next_user) for _ in range(3))
    room = shared.make_room(f"dialogs-{a}", [a, b])
    with Dialogs(shared.ports[0], a) as one, \
            Dialogs(shared.ports[1], b) as two:
        said = one.say(room, "of two")
        assert two.push() == (CREATE, said) and two.push() == (COUNT, 1)
        assert shared.api("PUT", f"/api/rooms/{room}/members/{c}",
                          {"role": None})[0] in (200, 204)
        assert two.push() == (COUNT, 0)
        missing = ("not_found", "dialog_id")
        assert one.load() == [] and two.load() == []
        assert one.error(CREATE, dialog_id=room, body="x") == missing
        assert one.error("dialogs.messages.load", dialog_id=room) == missing
        assert two.error(SEEN, dialog_id=room,
                         message_id=said["id"]) == missing
        status, _ = shared.api("POST", f"/api/rooms/{room}/messages",
                               {"user_id": c, "text": "of three"})
        assert status == 201
        one.nothing_is_pushed()
        assert shared.api("DELETE",
                          f"/api/rooms/{room}/members/{c}")[0] == 204
        event, count = two.push()
        assert (event, count) == (COUNT, 1)
        (listed,) = two.load()
        assert listed["id"] == room and listed["unread_count"] == 2


def test_who_is_back_while_the_gateway_was_cut_off_hears_nothing_twice(
        tmp_path):
    with Cluster(tmp_path, gateways=2) as cluster:
        room = cluster.make_room("back", [ADMIN, STUDENT])
        member = f"/api/rooms/{room}/members/{STUDENT}"
        here, away = cluster.gateways
        with Dialogs(cluster.ports[0], ADMIN) as author, \
                Dialogs(cluster.ports[1], STUDENT) as reader:
            for i in range(3):
                said = author.say(room, f"no {i}")
                assert reader.push() == (CREATE, said)
                assert reader.push() == (COUNT, 1)
            assert cluster.api("DELETE", member)[0] == 204
            assert reader.push() == (COUNT, 0)
            away.signal(signal.SIGSTOP)
            cluster.broker.kill()
            cluster.broker.start().wait_ready()
            here.wait_ready()
            assert cluster.api("PUT", member, {"role": None})[0] == 200
            away.signal(signal.SIGCONT)
            away.wait_ready()
            said = author.say(room, "welcome back")
            heard = [reader.push()]
            while heard[-1][0] != CREATE:
                heard.append(reader.push())
            assert heard[-1] == (CREATE, said)
            assert all(data == 1 for event, data in heard if event == COUNT)


def test_strangers_and_what_is_not_there(shared, pair):
    dialog, a, _ = pair
    with Dialogs(shared.ports[0], a) as member, \
            Dialogs(shared.ports[1], next(next_user)) as stranger:
        (message,) = member.messages(dialog)
        for number in (dialog, 2 ** 52):
            missing = ("not_found", "dialog_id")
            assert stranger.error("dialogs.messages.load",
                                  dialog_id=number) == missing
            assert stranger.error(CREATE, dialog_id=number,
                                  body="x") == missing
            assert stranger.error(SEEN, dialog_id=number,
                                  message_id=message["id"]) == missing
        assert member.error(SEEN, dialog_id=dialog, message_id=2 ** 52) == (
            "not_found", "message_id")
        code, field = member.error(CREATE, dialog_id=dialog, body="x",
                                   reply_id=2 ** 52)
        assert (code, field) == ("bad_field", "reply_id")
        assert member.messages(dialog) == [message]


# --- Pages -------------------------------------------------------------------

def test_pages_count_from_the_newest(shared, pair):
    dialog, a, b = pair
    with Dialogs(shared.ports[0], a) as author:
        ids = [m["id"] for m in author.messages(dialog)]
        ids += [author.say(dialog, f"no {i}")["id"] for i in range(1, 30)]
        for given, used in (({}, (20, 0)), ({"limit": 5}, (5, 0)),
                            ({"limit": 7, "offset": 3}, (7, 3)),
                            ({"limit": 1000}, (100, 0)),
                            ({"limit": 0, "offset": 29}, (1, 29)),
                            ({"limit": 10, "offset": 25}, (10, 25)),
                            ({"offset": 30}, (20, 30)),
                            ({"offset": 10 ** 30}, (20, None))):
            answer = author.ask("dialogs.messages.load", dialog_id=dialog,
                                **given)
            limit, offset = used
            meta = answer["meta"]
            assert meta["limit"] == limit and meta["total"] == 30
            if offset is None:
                assert answer["data"] == []
                continue
            assert meta["offset"] == offset
            end = max(30 - offset, 0)
            assert [m["id"] for m in answer["data"]] == \
                ids[max(end - limit, 0):end]
        for wrong in ({"limit": -1}, {"limit": "x"}, {"limit": 1.5},
                      {"limit": None}):
            assert author.error("dialogs.messages.load", dialog_id=dialog,
                                **wrong) == ("bad_field", "limit")
            assert author.error("dialogs.load", **wrong) == ("bad_field",
                                                             "limit")


def test_a_page_of_the_longest_texts_is_whole(shared, pair):
    """It does not fit into one answer of the broker."""
    dialog, a, _ = pair
    with Dialogs(shared.ports[0], a) as author:
        for i in range(40):
            author.say(dialog, f"{i:02}" + "\U0001f600" * 8190)
        page = author.messages(dialog, limit=40)
        assert [m["body"][:2] for m in page] == [f"{i:02}" for i in range(40)]
        page = author.messages(dialog, limit=38, offset=2)
        assert [m["body"][:2] for m in page] == [f"{i:02}" for i in range(38)]


def test_pages_of_dialogs(shared):
    user = next(next_user)
    port = shared.ports[0]
    dialogs = [open_dialog(port, user, next(next_user))[0] for _ in range(5)]
    dialogs.reverse()
    with Dialogs(port, user) as client:
        for limit, offset in ((20, 0), (2, 0), (2, 2), (2, 4), (2, 5),
                              (2, 99)):
            answer = client.ask("dialogs.load", limit=limit, offset=offset)
            assert [d["id"] for d in answer["data"]] == \
                dialogs[offset:offset + limit]
            assert answer["meta"] == {"limit": limit, "offset": offset,
                                      "total": 5}


# --- What is sent ------------------------------------------------------------

def test_the_body_is_safe_html(shared, pair):
    dialog, a, _ = pair
    with Dialogs(shared.ports[0], a) as author:
        for markdown, html in (
                ("first test", "first test"),
                ("a\n\nb", "<p>a</p>\n<p>b</p>"),
                ("<script>alert(1)</script>", ""),
                ("x <img src=y onerror=alert(1)> z", "x  z"),
                ("[a](javascript:alert(1))", "a"),
                ("![a](https://b.c/d.png)", "a"),
                ("[a](https://b.c)", '<a href="https://b.c" rel="noopener '
                                     'noreferrer nofollow">a</a>')):
            assert author.say(dialog, markdown)["body"] == html


def test_the_text_is_trimmed_and_measured(shared, pair):
    dialog, a, _ = pair
    with Dialogs(shared.ports[0], a) as author:
        assert author.say(dialog, " \u00a0\n x\u3000y \u2003")["body"] == \
            "x\u3000y"
        longest = "\u044f" * 8192
        assert author.say(dialog, f" {longest} ")["body"] == longest
        for wrong in ("", " ", "\u3000\n", longest + "x", None, 5):
            assert author.error(CREATE, dialog_id=dialog, body=wrong) == (
                "bad_field", "body")


def test_a_retry_with_a_client_key_stores_nothing_twice(shared, pair):
    dialog, a, b = pair
    with Dialogs(shared.ports[0], a) as author, \
            Dialogs(shared.ports[1], a) as again:
        said = author.say(dialog, "one", client_key="k")
        assert again.say(dialog, "two", client_key="k") == said
        status, answer = new_message(shared.ports[1], a, user_id=b, body="3",
                                     client_key="k")
        assert (status, answer) == (200, {"dialog": dialog, "message": said})
        assert len(author.messages(dialog)) == 2


def test_files(shared, pair):
    dialog, a, b = pair
    port = shared.ports[0]
    content = bytes(range(256)) * 600
    mine = upload(port, a, "\u0441\u043d\u0438\u043c\u043e\u043a 1.bin",
                  content)
    other = upload(port, b, "b.bin", b"b")
    with Dialogs(port, a) as author, Dialogs(shared.ports[1], b) as reader:
        said = author.say(dialog, "look", file_id=mine["id"])
        assert said["file"] == mine and set(mine) >= {"id", "date_created",
                                                      "content"}
        assert MOSCOW.fullmatch(mine["date_created"])
        assert reader.push() == (CREATE, said)
        status, headers, got = call(shared.ports[1], "GET", mine["content"])
        assert status == 200 and got == content
        assert headers["X-Content-Type-Options"] == "nosniff"
        for wrong in (other["id"], 2 ** 52):
            assert author.error(CREATE, dialog_id=dialog, body="x",
                                file_id=wrong) == ("bad_field", "file_id")
        status, answer = new_message(port, a, user_id=b, body="x",
                                     file_id=other["id"])
        assert status == 400 and answer["error"]["field"] == "file_id"
        mine = upload(port, a, "a.txt", b"text")
        status, answer = new_message(port, a, user_id=b, body="x", lesson=4,
                                     file_id=mine["id"])
        assert status == 201 and answer["message"]["file"] == mine
        assert answer["message"]["lesson"] == 4


# --- HTTP --------------------------------------------------------------------

def test_new_message_opens_one_room(shared):
    a, b = next(next_user), next(next_user)
    dialog, _ = open_dialog(shared.ports[0], a, b)
    assert open_dialog(shared.ports[1], b, a)[0] == dialog
    status, room = shared.api("GET", f"/api/rooms/{dialog}")
    assert status == 200
    assert (room["kind"], room["key"]) == ("direct", f"{a}_{b}")


def test_new_message_refuses(shared):
    a, b = next(next_user), next(next_user)
    port = shared.ports[0]
    path = "/api/dialogs/new-message/"
    good = json.dumps({"user_id": b, "body": "x"})
    for token in (None, "rubbish"):
        status, headers, body = call(port, "POST", path, good, token)
        assert status == 401 and headers["WWW-Authenticate"] == "Bearer"
        assert json.loads(body)["error"]["code"]
    status, _, _ = call(port, "POST", f"{path}?token={token_of(a)}", good)
    assert status == 401
    status, headers, _ = call(port, "PUT", path, good, token_of(a))
    assert status == 405 and headers["Allow"] == "POST"
    for fields, field in (({"user_id": a, "body": "x"}, "user_id"),
                          ({"user_id": "x", "body": "x"}, "user_id"),
                          ({"body": "x"}, "user_id"),
                          ({"user_id": b}, "body"),
                          ({"user_id": b, "body": " "}, "body"),
                          ({"user_id": b, "body": "x", "colour": 1},
                           "colour")):
        status, answer = new_message(port, a, **fields)
        assert status == 400 and answer["error"]["field"] == field, answer
    status, _, body = call(port, "POST", path, "[]", token_of(a))
    assert status == 400 and json.loads(body)["error"]["field"] is None
    with Dialogs(port, a) as client:
        assert client.load() == []


# --- Connections -------------------------------------------------------------

def test_where_the_token_may_be(shared):
    user = next(next_user)
    token = token_of(user)
    for target in ("/ws/?token={}", "/ws?token={}", "/ws/token?={}",
                   "/ws/token/?={}", "/ws/?={}"):
        with Dialogs(shared.ports[0], user, target=target) as client:
            assert client.count() == 0
    status, _, _ = call(shared.ports[0], "GET", f"/ws/x?token={token}")
    assert status == 404


def test_errors_leave_the_connection(shared, pair):
    dialog, a, _ = pair
    with Dialogs(shared.ports[0], a) as client:
        for text, expected in (
                ("{}", ("missing_field", "event")),
                ('{"event": 5}', ("bad_field", "event")),
                ('{"event": "x"}', ("unknown_event", "event")),
                ('{"event": "dialogs.messages.load"}',
                 ("missing_field", "dialog_id")),
                ('{"event": "dialogs.messages.load", "dialog_id": "x"}',
                 ("bad_field", "dialog_id")),
                ("x", ("malformed", None)), ("[]", ("malformed", None))):
            client.socket.send(text)
            assert error_of(client.receive()) == expected
        assert len(client.messages(dialog)) == 1
        for _ in range(5):
            client.socket.send("x")
            assert error_of(client.receive()) == ("malformed", None)
        with pytest.raises(Closed) as closed:
            client.receive()
        assert closed.value.code == 1008


def test_request_ids_come_back_as_they_were(shared):
    with Dialogs(shared.ports[0], next(next_user)) as client:
        for raw in ('"r"', "null", "12345678901234567890", '{ "a": [1, 2] }',
                    "1.50"):
            client.socket.send('{"event": "%s", "request_id": %s}'
                               % (COUNT, raw))
            text = client.socket.recv(timeout=30)
            assert f'"request_id":{raw}' in text
        client.socket.send('{"event": "%s"}' % COUNT)
        assert "request_id" not in client.receive()
