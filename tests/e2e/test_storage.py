"""What happens to the chat when its disk or a process is in trouble."""
import glob
import signal
import subprocess
import time

import pytest

from cluster import BIN, Cluster, free_port, wait_for
from messenger import Messenger


def test_a_full_disk_refuses_writes_and_answers_reads(tmp_path):
    with Cluster(tmp_path) as cluster:
        room = cluster.make_room("full", [1])
        with Messenger(cluster.ports[0], 1) as client:
            kept = client.say("before", pk=room)["data"]
            cluster.persister.stop()
            plenty = list(cluster.persister.arguments)
            cluster.persister.arguments += ["--min-free-percent", "100"]
            cluster.persister.start()
            wait_for(lambda: cluster.persister.readyz()[0] == 503
                     and "storage" in cluster.persister.readyz()[1],
                     "the persister to say that its disk is full")
            wait_for(lambda: cluster.broker.readyz()[0] == 200, "the broker")
            answer = client.ask("create_message", pk=room, message="lost")
            assert answer["response_status"] == 503
            assert client.history(room) == [kept]
            cluster.persister.stop()
            cluster.persister.arguments = plenty
            cluster.persister.start()
            cluster.wait_ready()
            again = client.say("after", pk=room)["data"]
            assert client.history(room) == [kept, again]


def test_an_absent_persister_delays_and_loses_nothing(tmp_path):
    with Cluster(tmp_path, gateway_options=["--patience", "60"]) as cluster:
        room = cluster.make_room("absent", [1, 2])
        with Messenger(cluster.ports[0], 1) as one, \
                Messenger(cluster.ports[0], 2) as two:
            two.enter(room)
            cluster.persister.kill()
            waiting = [one.send("create_message", pk=room, message=f"m{i}")
                       for i in range(20)]
            with pytest.raises(TimeoutError):
                two.event(timeout=1)  # nobody sees what is not on disk
            cluster.persister.start()
            for i, request in enumerate(waiting):
                answer = one.answer(request)
                assert answer["response_status"] == 201, answer
                assert two.event()["pk"] == answer["pk"]
            assert [m["text"] for m in two.history(room)] \
                == [f"m{i}" for i in range(20)]


def test_patience_ends(tmp_path):
    with Cluster(tmp_path, gateway_options=["--patience", "2"]) as cluster:
        room = cluster.make_room("patience", [1])
        with Messenger(cluster.ports[0], 1) as client:
            client.ask("user_chat_list_action")
            cluster.persister.kill()
            late = Messenger(cluster.ports[0], 2)  # its profile cannot come
            answer = client.ask("create_message", pk=room, message="x")
            assert answer["response_status"] == 504
            assert "unknown_outcome" in answer["errors"]
            assert client.ask("retrieve", pk=room)["response_status"] == 503
            with pytest.raises(Exception) as closed:
                late.receive()
            assert closed.value.rcvd.code == 1013
            cluster.broker.kill()
            with pytest.raises(Exception) as closed:
                while True:
                    client.receive()
            assert closed.value.rcvd.code == 1013
            cluster.persister.start()
            cluster.broker.start()
            cluster.wait_ready()


def test_a_stopped_process_that_wakes_up(tmp_path):
    """SIGSTOP for longer than every silence; then all goes on."""
    with Cluster(tmp_path, gateway_options=["--patience", "60"]) as cluster:
        room = cluster.make_room("sleep", [1, 2])
        with Messenger(cluster.ports[0], 1) as one, \
                Messenger(cluster.ports[0], 2) as two:
            two.enter(room)
            for process in cluster.processes:
                process.signal(signal.SIGSTOP)
                time.sleep(7)
                process.signal(signal.SIGCONT)
                said = one.say(f"after {process.name}", pk=room)
                assert two.event()["pk"] == said["pk"]
            assert len(one.history(room)) == 3


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


def test_corruption_refuses_the_start_and_says_what_to_do(tmp_path):
    with Cluster(tmp_path) as cluster:
        room = cluster.make_room("corrupt", [1])
        with Messenger(cluster.ports[0], 1) as client:
            for i in range(50):
                client.say(f"m{i}", pk=room)
        cluster.persister.kill()
        logs = [p for p in glob.glob(f"{cluster.directory}/store/**/*.log",
                                     recursive=True)]
        size, path = max((len(open(p, "rb").read()), p) for p in logs)
        flip(path, size // 2)
        result = subprocess.run(
            [f"{BIN}/parlance-persister", "--data",
             f"{cluster.directory}/store", "--listen",
             f"tcp://127.0.0.1:{free_port()}"],
            capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 1
        assert "orrupt" in result.stderr
        flip(path, size // 2)
        cluster.persister.start()
        cluster.wait_ready()
        with Messenger(cluster.ports[0], 1) as client:
            assert len(client.history(room)) == 50


def test_a_long_history_in_bounded_memory(tmp_path):
    """Many messages go out in one answer; the gateway does not grow by it."""
    count, text = 20000, "x" * 500
    with Cluster(tmp_path, gateway_options=["--rate", "0"]) as cluster:
        room = cluster.make_room("long", [1])
        with Messenger(cluster.ports[0], 1) as client:
            sent = 0
            for start in range(0, count, 500):
                ids = [client.send("create_message", pk=room,
                                   message=f"{start + i} {text}")
                       for i in range(500)]
                for request in ids:
                    assert client.answer(request)["response_status"] == 201
                    sent += 1
            before = {p.name: p.rss_kb() for p in cluster.processes}
            messages = client.history(room)
            assert [int(m["text"].split()[0]) for m in messages] \
                == list(range(count))
            for process in (cluster.broker, *cluster.gateways):
                assert process.rss_kb() < before[process.name] + 16384
            page = client.ask("retrive_room_paginated_message_action",
                              pk=room, page=300)
            assert [int(m["text"].split()[0]) for m in page["data"]] \
                == list(range(count - 1 - 299 * 30, count - 1 - 300 * 30, -1))
