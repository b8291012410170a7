"""Each process is murdered under load; then what was acknowledged, what was
seen live and what is in the history are held against each other.

Writers send unique texts under unique client keys and try each again until it
is acknowledged; readers follow a room and note what they see on each
connection. The checker knows nothing but these three records.
"""
import itertools
import random
import threading
import time

from websockets.exceptions import WebSocketException

from cluster import Cluster, wait_for
from messenger import Messenger

ROOMS = 3
WRITERS_PER_ROOM = 2
SEED = 20221122


class Client(threading.Thread):
    """A thread that goes on through every disconnect until told to stop."""

    failures = []  # Of all of them: what no client may see.

    def __init__(self, cluster, user, room, port_choice):
        super().__init__(daemon=True)
        self.cluster = cluster
        self.user = user
        self.room = room
        self.ports = itertools.cycle(
            cluster.ports[port_choice:] + cluster.ports[:port_choice])
        self.stopping = threading.Event()
        self.failure = None

    def run(self):
        try:
            while not self.stopping.is_set():
                try:
                    with Messenger(next(self.ports), self.user,
                                   open_timeout=5) as client:
                        self.live(client)
                except (OSError, WebSocketException, TimeoutError, EOFError):
                    time.sleep(0.05)
        except Exception as failure:  # noqa: BLE001 - told to the main thread
            self.failure = failure
            self.failures.append(failure)


class Writer(Client):
    """Acknowledged: {text: message id}."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.acknowledged = {}
        self.count = 0

    def live(self, client):
        while not self.stopping.is_set():
            text = f"user {self.user} message {self.count}"
            answer = client.ask("create_message", pk=self.room, message=text,
                                client_key=f"{self.user}/{self.count}")
            if answer["response_status"] == 201:
                assert answer["data"]["text"] == text
                self.acknowledged[text] = answer["pk"]
                self.count += 1
            else:
                assert answer["response_status"] in (503, 504), answer
                time.sleep(0.02)


class Reader(Client):
    """Streams: for each connection the (id, text) seen, in order."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.streams = []

    def live(self, client):
        answer = client.ask("subscribe_to_messages_in_room", pk=self.room)
        if answer["response_status"] != 201:
            time.sleep(0.05)
            return
        stream = []
        self.streams.append(stream)
        while not self.stopping.is_set():
            try:
                event = client.event(timeout=0.2)
            except TimeoutError:
                continue
            assert event["action"] == "create", event
            stream.append((event["pk"], event["data"]["text"]))


def wait_while_all_is_well(condition, what):
    def checked():
        if Client.failures:
            raise Client.failures[0]
        return condition()
    wait_for(checked, what)


def check_room(history, writers, readers):
    ids = [message["id"] for message in history]
    texts = [message["text"] for message in history]
    place = {message["id"]: i for i, message in enumerate(history)}
    assert ids == sorted(ids) and len(set(ids)) == len(ids)
    assert len(set(texts)) == len(texts), "a retry was stored twice"
    for writer in writers:
        assert writer.acknowledged, "nothing was acknowledged"
        own = [t for t in texts if t.startswith(f"user {writer.user} ")]
        assert own == [f"user {writer.user} message {i}"
                       for i in range(len(own))], "order of one sender"
        for text, message_id in writer.acknowledged.items():
            assert message_id in place, f"lost: {text}"
            assert history[place[message_id]]["text"] == text
    for reader in readers:
        assert any(reader.streams), "nothing was seen"
        for stream in reader.streams:
            for message_id, text in stream:
                assert message_id in place, f"seen, not stored: {text}"
                assert history[place[message_id]]["text"] == text
            places = [place[message_id] for message_id, _ in stream]
            if places:
                assert places == list(range(places[0],
                                            places[0] + len(places))), \
                    "a stream is not contiguous"


def check_end(readers, history):
    """A reader that is still connected has seen the last message."""
    last = history[-1]["id"]
    for reader in readers:
        wait_for(lambda r=reader: r.streams and r.streams[-1]
                 and r.streams[-1][-1][0] >= last, "the last event")


def test_murder(tmp_path):
    chance = random.Random(SEED)
    with Cluster(tmp_path, gateways=2,
                 gateway_options=["--rate", "0"]) as cluster:
        rooms, writers, readers = [], [], []
        for r in range(ROOMS):
            users = [10 * r + i for i in range(1, 5)]
            room = cluster.make_room(f"room-{r}", users)
            rooms.append(room)
            for i, user in enumerate(users):
                kind, group = (Writer, writers) if i < WRITERS_PER_ROOM \
                    else (Reader, readers)
                client = kind(cluster, user, room, i % 2)
                group.append(client)
                client.start()
        wait_while_all_is_well(
            lambda: all(len(w.acknowledged) > 3 for w in writers),
            "first messages")
        victims = ["gateway", "broker", "persister"] * 2 + ["both"] * 2
        chance.shuffle(victims)
        for victim in victims:
            before = [len(w.acknowledged) for w in writers]
            dead = {"gateway": [chance.choice(cluster.gateways)],
                    "broker": [cluster.broker],
                    "persister": [cluster.persister],
                    "both": [cluster.broker, cluster.persister]}[victim]
            for process in dead:
                process.kill()
            chance.shuffle(dead)
            for process in dead:
                process.start()
            cluster.wait_ready()
            wait_while_all_is_well(lambda b=before: all(
                len(w.acknowledged) > n + 2 for w, n in zip(writers, b)),
                f"messages after the death of the {victim}")
        for writer in writers:
            writer.stopping.set()
        for writer in writers:
            writer.join(60)
            assert not writer.is_alive() and not writer.failure, writer.failure
        with Messenger(cluster.ports[0], 1):
            pass
        histories = {}
        for r, room in enumerate(rooms):
            with Messenger(cluster.ports[r % 2], 10 * r + 1) as client:
                histories[room] = client.history(room)
        for room in rooms:
            check_end([r for r in readers if r.room == room], histories[room])
        for reader in readers:
            reader.stopping.set()
        for reader in readers:
            reader.join(60)
            assert not reader.is_alive() and not reader.failure, reader.failure
        for room in rooms:
            check_room(histories[room],
                       [w for w in writers if w.room == room],
                       [r for r in readers if r.room == room])


def test_all_orders_of_restart(tmp_path):
    """Whatever comes back first, the log goes on where it ended."""
    with Cluster(tmp_path) as cluster:
        room = cluster.make_room("orders", [1, 2])
        said = []
        parts = [cluster.persister, cluster.broker, cluster.gateways[0]]
        for round_, order in enumerate(itertools.permutations(range(3))):
            with Messenger(cluster.ports[0], 1) as client:
                said.append(client.say(f"round {round_}", pk=room)["data"])
            for part in parts:
                part.kill()
            for index in order:
                parts[index].start()
                time.sleep(0.1)  # so that the order is one
            cluster.wait_ready()
            with Messenger(cluster.ports[0], 2) as client:
                assert client.history(room) == said
