#!/usr/bin/python3
"""Records the golden traces of this folder from real processes:

    tests/traces/record.py [NAME...]     all of them, or those named

Each scene below is played by clients of the three dialects against a cluster
whose broker records; what it recorded is printed in text form, with the
scene's own words as comments at the time they were said. Partitions that no
line names are left out, so that a trace has tens of inputs and not a hundred.
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, f"{HERE}/../e2e")

# pylint: disable=wrong-import-position
from chats import Chats
from cluster import BIN, Cluster, wait_for
from dialogs import CREATE, Dialogs, SEEN, open_dialog
from messenger import Messenger

ANN, BO, CY = 1, 2, 3


class Scene:
    """A running cluster whose broker records, and what was told of it."""

    def __init__(self, directory, gateways=1):
        self.comments = []
        self.cluster = Cluster(
            directory, gateways=gateways, gateway_options=["--rate", "0"],
            broker_options=["--record", f"{directory}/traces",
                            "--record-effects", "whole"])

    def tell(self, text):
        """A comment before what happens from now on."""
        self.comments.append((time.time_ns() // 1000, text))

    def people(self):
        self.tell("The application names the people.")
        for user, name in ((ANN, "ann"), (BO, "bo"), (CY, "cy")):
            self.cluster.put_user(user, name)


def messenger(scene):
    """A conversation in the dialect messenger: a room of a project."""
    scene.people()
    port = scene.cluster.ports[0]
    scene.tell("It makes a room of Ann and Bo; both enter.")
    room = scene.cluster.make_room("apollo", [(ANN, "moderator"), BO])
    with Messenger(port, ANN, "ann") as ann, Messenger(port, BO, "bo") as bo:
        ann.enter(room)
        bo.enter(room)
        scene.tell("Ann writes; Bo answers, and changes his mind.")
        ann.say("Shall we begin?", room=room)
        said = bo.say("Not befor noon", room=room)["pk"]
        assert bo.ask("edit_message", pk=said, message="Not before noon"
                      )["response_status"] == 200
        scene.tell("Ann deletes Bo's message: she is the moderator.")
        assert ann.ask("delete_message", pk=said)["response_status"] in (200,
                                                                         204)
        scene.tell("The history is a page that the store answers.")
        ann.history(room)


def chats(scene):
    """A conversation in the dialect chats: a direct chat comes into being."""
    scene.people()
    port = scene.cluster.ports[0]
    scene.tell("Both are online; that is told to all gateways.")
    with Chats(port, ANN, "ann") as ann, Chats(port, BO, "bo") as bo:
        scene.tell("Ann's first message makes the chat 1_2.")
        said = ann.say("Hello, Bo", "1_2", client_key="first")
        message = said["message"]["id"] if "message" in said \
            else said["message_id"]
        bo.expect("new_message")
        scene.tell("Bo reads it, types and answers.")
        bo.ask("message_read", chat_type="direct", chat_id="1_2",
               message_id=message)
        bo.send("typing", chat_type="direct", chat_id="1_2")
        bo.say("Hello, Ann", "1_2", client_key="second")
        scene.tell("The same client key again: nothing is stored twice.")
        bo.say("Hello, Ann", "1_2", client_key="second")
        scene.tell("The list of chats, and the history by HTTP.")
        ann.history("1_2")


def dialogs(scene):
    """A conversation in the dialect dialogs: unread counts and marks."""
    scene.people()
    port = scene.cluster.ports[0]
    with Dialogs(port, BO) as bo:
        scene.tell("Ann writes by HTTP to Bo, who is connected.")
        dialog, _ = open_dialog(port, ANN, BO, "Good morning")
        while bo.push()[0] != CREATE:
            pass
        scene.tell("Bo's count of unread dialogs is one; then he has seen it.")
        bo.count()
        last = bo.messages(dialog)["results"][0] if isinstance(
            bo.messages(dialog), dict) else bo.messages(dialog)[0]
        bo.see(dialog, last["id"])
        with Dialogs(port, ANN) as ann:
            scene.tell("Ann connects, and Bo answers.")
            ann.count()
            bo.say(dialog, "Good morning to you")
            while ann.push()[0] != CREATE:
                pass
            ann.load()


def cross_dialect(scene):
    """One room, three dialects: the chat of an order."""
    scene.people()
    port = scene.cluster.ports[0]
    scene.tell("The review of an order is in progress: its room is made.")
    room = scene.cluster.make_order("1042", ANN, BO)
    with Messenger(port, ANN, "ann") as ann, Chats(port, BO, "bo") as bo, \
            Dialogs(port, BO) as phone:
        ann.enter(room)
        phone.count()
        scene.tell("Ann writes in messenger; Bo hears it in chats and on his "
                   "phone in dialogs.")
        said = ann.say("Is it done?", room=room)["pk"]
        bo.expect("new_message")
        while phone.push()[0] != CREATE:
            pass
        scene.tell("Bo reads in dialogs, and answers in chats.")
        phone.see(room, said)
        bo.say("It is.", "1042", "order", client_key="answer")
        while True:
            event = ann.event()
            if event.get("action") == "new_message" or \
                    event.get("data", {}).get("text") == "It is.":
                break


def retry(scene):
    """A retry after a lost link: the gateway is killed while the message is
    not on disk yet, and its client says it again through another one."""
    scene.people()
    first, second = scene.cluster.ports
    with Chats(first, ANN, "ann") as ann:
        scene.tell("Ann's first message makes the chat.")
        ann.say("Hello", "1_2", client_key="hello")
        scene.tell("The store stands still: what Ann writes waits for it.")
        scene.cluster.persister.signal(signal.SIGSTOP)
        ann.send("new_message", chat_type="direct", chat_id="1_2",
                 text="Once only", client_key="once")
        time.sleep(0.5)
        scene.tell("Her gateway dies; the broker will hear of it later.")
        scene.cluster.gateways[0].kill()
        time.sleep(0.5)
    scene.tell("The store goes on.")
    scene.cluster.persister.signal(signal.SIGCONT)
    with Chats(second, ANN, "ann") as ann:
        scene.tell("Ann says the same again elsewhere: it is recognised.")
        ann.say("Once only", "1_2", client_key="once")
        messages = ann.history("1_2")
        assert [m["text"] for m in messages] == ["Once only", "Hello"]
    scene.cluster.gateways[0].start().wait_ready()


def store_full(scene):
    """The disk is full: the store refuses, and the core forgets again what it
    had applied."""
    scene.people()
    cluster = scene.cluster
    room = cluster.make_room("full", [ANN])
    with Messenger(cluster.ports[0], ANN) as ann:
        kept = ann.say("This one is kept", pk=room)["data"]
        scene.tell("The store comes back with a full disk.")
        cluster.persister.stop()
        plenty = list(cluster.persister.arguments)
        cluster.persister.arguments += ["--min-free-percent", "100"]
        cluster.persister.start()
        wait_for(lambda: "storage" in cluster.persister.readyz()[1],
                 "the persister to say that its disk is full")
        wait_for(lambda: cluster.broker.readyz()[0] == 200, "the broker")
        scene.tell("What Ann writes now is refused.")
        answer = ann.ask("create_message", pk=room, message="This is not")
        assert answer["response_status"] == 503
        assert ann.history(room) == [kept]
        scene.tell("There is room again.")
        cluster.persister.stop()
        cluster.persister.arguments = plenty
        cluster.persister.start()
        cluster.wait_ready()
        ann.say("This one is kept as well", pk=room)


def resume(scene):
    """A gateway that was silent for too long comes back: its sessions are
    closed, it connects anew and resumes its rooms where it was."""
    scene.people()
    cluster = scene.cluster
    first, second = cluster.ports
    room = cluster.make_room("resume", [ANN, BO])
    with Messenger(first, ANN, "ann") as ann, \
            Messenger(second, BO, "bo") as bo:
        ann.enter(room)
        bo.enter(room)
        ann.say("Do you hear me?", room=room)
        scene.tell("Bo's gateway falls silent; the broker gives it up.")
        cluster.gateways[1].signal(signal.SIGSTOP)
        time.sleep(8)
        scene.tell("Ann goes on.")
        ann.say("One", room=room)
        ann.say("Two", room=room)
        scene.tell("It wakes up, and asks for what came after the last place "
                   "that it saw.")
        cluster.gateways[1].signal(signal.SIGCONT)
        heard = []
        while len(heard) < 2:
            text = bo.event().get("data", {}).get("text")
            if text in ("One", "Two"):
                heard.append(text)
        assert heard == ["One", "Two"]


SCENES = {scene.__name__: (scene, gateways) for scene, gateways in (
    (messenger, 1), (chats, 1), (dialogs, 1), (cross_dialect, 1), (retry, 2),
    (store_full, 1), (resume, 2))}


def partitions_used(lines):
    """Those that a line names, other than by taking one."""
    used = set()
    for line in lines:
        item = json.loads(line)
        if item.get("input") == "partition":
            continue
        used.add(item.get("partition"))
        used.update(int(p) for p in
                    re.findall(r'"partition":(\d+)', line))
        if "wire" in item and "partition" not in (item["wire"] or {}):
            used.add(0)
    return used


def annotate(scene, title, text):
    """The lines of the trace with the comments at their time."""
    lines = text.splitlines()
    used = partitions_used(lines)
    comments = list(scene.comments)
    out = [f"# {line.strip()}" for line in title.splitlines()]
    out.append("# Recorded by tests/traces/record.py.")
    for line in lines:
        item = json.loads(line)
        if item.get("input") == "partition" and item["partition"] not in used:
            continue
        while comments and item.get("at_us", 0) >= comments[0][0]:
            out += ["", f"# {comments.pop(0)[1]}"]
        out.append(line)
    assert not comments, comments
    return "\n".join(out) + "\n"


def record(name):
    play, gateways = SCENES[name]
    with tempfile.TemporaryDirectory() as directory:
        scene = Scene(directory, gateways)
        with scene.cluster:
            play(scene)
        files = os.listdir(f"{directory}/traces")
        assert len(files) == 1, files
        recorded = f"{directory}/traces/{files[0]}"
        text = subprocess.run(
            [f"{BIN}/parlance-replay", "--print", recorded], check=True,
            capture_output=True, text=True).stdout
    with open(f"{HERE}/{name}.trace", "w", encoding="utf-8") as file:
        file.write(annotate(scene, play.__doc__, text))
    print(f"{name}.trace: {text.count(chr(10))} lines recorded")


if __name__ == "__main__":
    for wanted in sys.argv[1:] or SCENES:
        record(wanted)
