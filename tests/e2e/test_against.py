"""`parlance replay --against`: a recorded conversation, said again to a broker
that has never heard it."""
import glob
import json
import os
import re
import subprocess

import pytest

import conversation
from chats import Chats
from cluster import BIN, SANITIZERS, Cluster, free_port, wait_for
from dialogs import Dialogs, open_dialog, upload
from messenger import Messenger


def converse(cluster):
    """Three dialects, two gateways, everything that changes a room."""
    cluster.put_user(1, "ann")
    cluster.put_user(2, "bo")
    room = cluster.make_order("43", 1, 2)
    other = cluster.make_room("a-project", [1, (2, "moderator")], title="Tea")
    one, two = cluster.ports
    with Messenger(one, 1) as ann, Messenger(two, 2) as bo:
        ann.enter(room)
        bo.enter(room)
        for i in range(30):
            speaker, listener = (ann, bo) if i % 3 else (bo, ann)
            said = speaker.say(f"message {i}", room=room)
            while listener.event().get("pk") != said["pk"]:
                pass
        ann.enter(other)
        ann.say("to the project", room=other)
        assert len(ann.history(room)) >= 30
    for port in (one, two):
        with Chats(port, 1, "ann") as ann, Chats(two, 2, "bo") as bo:
            # Their feeds are in: which rooms these have is no race then.
            for person in (ann, bo):
                person.error("message_read", chat_type="order", chat_id="43",
                             message_id=conversation.NO_ROOM)
            first = ann.say(f"hello from {port}"[:12], "1_2")["message"]["id"]
            bo.expect("new_message")
            bo.ask("message_read", chat_type="direct", chat_id="1_2",
                   message_id=first)
            second = bo.say("again", "1_2", reply_to=first,
                            client_key=f"key-{port == one}")
            again = bo.say("again", "1_2", reply_to=first,
                           client_key=f"key-{port == one}")
            number = second["message"]["id"]
            assert again["message"]["id"] == number
            bo.ask("edit_message", chat_type="direct", chat_id="1_2",
                   message_id=number, text="changed")
            bo.ask("delete_message", chat_type="direct", chat_id="1_2",
                   message_id=number)
            ann.history("1_2")
            picture = upload(one, 1, "a b.png", conversation.PNG)
            ann.say("look", "1_2", file_urls=[picture["content"]])
    dialog, message = open_dialog(one, 3, 1)
    with Dialogs(two, 1) as ann:
        ann.say(dialog, "good day")
        ann.see(dialog, message["id"])
        ann.load()
        ann.messages(dialog)
        assert ann.error("dialog_messages_load", dialog=987654321)
        cluster.api("DELETE", f"/api/rooms/{other}")
        ann.load()


def record(directory, *options):
    os.makedirs(directory, exist_ok=True)
    with Cluster(directory, gateways=2, broker_options=[
            "--record", f"{directory}/traces", *options]) as cluster:
        converse(cluster)
    return sorted(glob.glob(f"{directory}/traces/*.trace"))


@pytest.fixture(scope="module")
def traces(tmp_path_factory):
    """By what is recorded of effects."""
    return {effects: record(tmp_path_factory.mktemp(effects), "--shards",
                            shards, "--record-effects", effects)
            for effects, shards in (("digest", "1"), ("whole", "3"))}


def replay(endpoint, *arguments):
    """(exit status, stdout, stderr)."""
    done = subprocess.run(
        [f"{BIN}/parlance-replay", *arguments, "--against", endpoint],
        capture_output=True, text=True, timeout=120, env=SANITIZERS,
        check=False)
    return done.returncode, done.stdout, done.stderr


def against(directory, *arguments):
    """The same, against a broker with an empty store."""
    os.makedirs(directory, exist_ok=True)
    with Cluster(directory, gateways=0) as cluster:
        return replay(f"tcp://127.0.0.1:{cluster.broker_port}", *arguments)


@pytest.mark.parametrize("effects, speed", [
    ("digest", "max"), ("whole", "max"), ("digest", "10")])
def test_a_fresh_broker_says_the_same(tmp_path, traces, effects, speed):
    status, out, error = against(tmp_path, *traces[effects], "--speed", speed,
                                 "--json")
    assert error == "" and out.count("\n") == 1
    report = json.loads(out)
    assert status == 0 and report["differences"] == [], out
    assert report["commands"] > 100 and report["not_playable"] == 0
    assert report["answered"] == report["commands"]
    assert report["events"] == report["events_recorded"] > 50
    latency = report["latency_us"]
    assert latency["all"]["count"] == report["answered"]
    assert sum(of["count"] for kind, of in latency.items()
               if kind != "all") == report["answered"]
    for of in latency.values():
        assert 0 < of["p50"] <= of["p90"] <= of["p99"] <= of["p99.9"] \
            <= of["max"]
    assert (report["late_max_us"] == 0) == (speed == "max")


def test_a_report_for_people(tmp_path, traces):
    status, out, _ = against(tmp_path, *traces["digest"], "--speed", "max")
    assert status == 0, out
    assert re.search(r"commands +(\d+) sent, \1 answered, 0 not playable", out)
    assert re.search(r"differences +0", out)
    assert re.search(r"^ +send +\d+ +[0-9.]+", out, re.M)


def as_text(directory, files):
    path = f"{directory}/trace.jsonl"
    subprocess.run([f"{BIN}/parlance-replay", *files, "--print", "--output",
                    path], check=True, timeout=60, env=SANITIZERS)
    return path


def test_what_differs_is_shown(tmp_path, traces):
    """A trace whose broker would have changed a text on its way."""
    path = as_text(tmp_path, traces["digest"])
    with open(path, encoding="utf-8") as file:
        lines = file.readlines()
    changed = 0
    for at, line in enumerate(lines):
        if '"effect":"event"' in line and '"text":"message 7"' in line:
            lines[at] = line.replace('"message 7"', '"another"')
            changed += 1
    assert changed
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(lines)
    status, out, error = against(tmp_path, path, "--speed", "max", "--json")
    assert status == 1 and error == "", out
    report = json.loads(out)
    assert report["answered"] == report["commands"]
    kinds = {d["what"]: d for d in report["differences"]}
    difference = kinds.pop("event.message.text")
    assert kinds == {}
    example = difference["examples"][0]
    assert (example["recorded"], example["live"]) == ("another", "message 7")
    assert example["offset"] > 0


def end_of(lines, at):
    """Behind the input at |at| and its effects."""
    at += 1
    while lines[at].startswith('{"effect"'):
        at += 1
    return at


@pytest.mark.parametrize("raced", [False, True])
def test_a_race_is_counted_apart(tmp_path, traces, raced):
    """A page that shows one message too many; and the same if a message came
    before the page was there."""
    path = as_text(tmp_path, traces["digest"])
    with open(path, encoding="utf-8") as file:
        lines = file.readlines()
    sent = next(at for at, line in enumerate(lines)
                if '"input":"command"' in line and '"text":"look"' in line)
    room = json.loads(lines[sent])["wire"]["key"]
    asked = max(at for at, line in enumerate(lines[:sent])
                if '"kind":"history"' in line and f'"{room}"' in line)
    came = next(at for at, line in enumerate(lines)
                if at > asked and '"kind":"reply_page"' in line
                and '"input":"read_done"' in line)
    page = lines[came:end_of(lines, came)]
    assert len(page) == 2 and '"live_total":' in page[1], page
    page[1] = re.sub('"live_total":(\\d+)',
                     lambda m: f'"live_total":{int(m[1]) + 1}', page[1])
    del lines[came:came + len(page)]
    if raced:
        came = next(at for at, line in enumerate(lines)
                    if at > sent and '"input":"committed"' in line)
        time = re.search('"at_us":\\d+', lines[came])[0]
        page[0] = re.sub('"at_us":\\d+', time, page[0])
        came = end_of(lines, came)
    lines[came:came] = page
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(lines)
    status, out, error = against(tmp_path, path, "--speed", "max", "--json")
    assert error == "", out
    report = json.loads(out)
    found = {d["what"]: d["count"] for d in report["differences"]}
    if raced:
        assert status == 0 and found == {} and report["raced"] >= 1, out
    else:
        assert status == 1 and found == {"reply_page.live_total": 1}, out


def test_what_hangs_on_a_refusal_is_left_out(tmp_path, traces):
    """Somebody else opens the dialog now, who may not."""
    path = as_text(tmp_path, traces["digest"])
    with open(path, encoding="utf-8") as file:
        lines = file.readlines()
    first = next(at for at, line in enumerate(lines)
                 if '"input":"command"' in line and '"key":"1_3"' in line)
    assert '"author":{"user":3' in lines[first]
    lines[first] = lines[first].replace('"author":{"user":3',
                                        '"author":{"user":4')
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(lines)
    status, out, error = against(tmp_path, path, "--speed", "max", "--json",
                                 "--patience", "1")
    assert status == 1 and error == "", out
    report = json.loads(out)
    assert report["answered"] == report["commands"]
    assert report["not_playable"] >= 4, out
    kinds = {d["what"]: d for d in report["differences"]}
    (example,) = kinds["another reply"]["examples"]
    assert example["live"] == "refused: not_found"
    assert example["file"] == path and lines[example["offset"] - 1]
    assert "missing reply" not in kinds, out


def test_a_later_part_of_a_recording(tmp_path):
    """It begins with a state, whose rooms a fresh store has not."""
    files = record(tmp_path / "recorded", "--record-file-bytes", "8192")
    assert len(files) > 1
    status, out, error = against(tmp_path / "live", *files[1:], "--speed",
                                 "max", "--json", "--patience", "1")
    assert status == 1 and error == "", out
    report = json.loads(out)
    assert report["commands"] == report["answered"] > 10
    assert "another reply" in {d["what"] for d in report["differences"]}
    status, out, error = against(tmp_path / "whole", *files, "--speed", "max")
    assert status == 0 and error == "", out


def test_a_second_play_is_no_retry_of_the_first(tmp_path, traces):
    """The store knows the rooms by then; the messages are new all the same."""
    with Cluster(tmp_path, gateways=0) as cluster:
        endpoint = f"tcp://127.0.0.1:{cluster.broker_port}"
        for expected in (0, 1):
            status, out, error = replay(endpoint, *traces["digest"],
                                        "--speed", "max", "--json")
            report = json.loads(out)
            assert status == expected and error == "", out
            assert report["answered"] == report["commands"]
        kinds = {d["what"] for d in report["differences"]}
        assert "event.place" in kinds
        assert not kinds & {"another reply", "missing reply",
                            "reply_message.created"}, out
        first = cluster.broker.metric("parlance_broker_messages_total")
        assert first > 2 * 30


def test_rounds_make_a_longer_load(tmp_path, traces):
    """What goes on in the rooms of the round before is no difference, and each
    round's messages are new."""
    with Cluster(tmp_path, gateways=0) as cluster:
        endpoint = f"tcp://127.0.0.1:{cluster.broker_port}"

        def stored():
            return cluster.broker.metric("parlance_broker_messages_total")
        status, out, error = replay(endpoint, *traces["digest"], "--speed",
                                    "max", "--json", "--repeat", "3")
        assert status == 0 and error == "", out
        report = json.loads(out)
        with open(as_text(tmp_path, traces["digest"]),
                  encoding="utf-8") as file:
            messages = sum('"kind":"record_message_created"' in line
                           for line in file)
        assert messages > 30
        wait_for(lambda: stored() >= 3 * messages, "all rounds to be stored")
        assert stored() == 3 * messages
    assert report["rounds"] == 3 and report["differences"] == []
    assert report["commands"] == report["answered"] > 300
    assert report["commands"] % 3 == 0
    latency = report["latency_us"]
    assert latency["all"]["count"] == report["answered"]


def test_rounds_in_a_fresh_store_are_the_same(tmp_path, traces):
    status, out, error = against(tmp_path, *traces["whole"], "--speed", "max",
                                 "--repeat", "2")
    assert status == 0 and error == "", out
    assert ", 2 times in a row, as fast as" in out
    assert re.search(r"differences +0", out)


def test_no_broker_is_one_clear_line(traces):
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    status, out, error = replay(endpoint, *traces["digest"], "--patience", "1")
    assert status == 3 and out == ""
    assert error.count("\n") == 1 and endpoint in error
    assert "no broker answers" in error


@pytest.mark.parametrize("arguments, named", [
    (["--speed", "fast"], "speed"), (["--speed", "0"], "speed"),
    (["--verify"], "verify"), (["--repeat", "0"], "repeat")])
def test_options_are_checked(traces, arguments, named):
    status, out, error = replay("tcp://127.0.0.1:1", *traces["digest"],
                                *arguments)
    assert status == 2 and out == "" and named in error
