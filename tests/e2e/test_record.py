"""`parlance-broker --record`: what is in the files, and when they are cut,
lost or refused. That they replay is for the tests of parlance-replay."""
import os
import subprocess
import threading

import pytest

from cluster import Cluster, wait_for
from messenger import Messenger
from recording import (COMMAND, COMMITTED, GATEWAY_UP, HEAD, INPUT, READ_DONE,
                       STATE, recordings)


def cluster_with(tmp_path, *options):
    return Cluster(tmp_path, broker_options=[
        "--record", f"{tmp_path}/traces", *options])


def traces(cluster):
    return recordings(f"{cluster.directory}/traces")


def all_bytes(cluster):
    return b"".join(r.bytes for r in traces(cluster))


def make_room(cluster):
    cluster.put_user(1, "ann")
    cluster.put_user(2, "bo")
    return cluster.make_room("a-room", [1, 2])


def enter(cluster, room):
    client = Messenger(cluster.ports[0], 1, "ann")
    assert client.ask("join_room", pk=room)["response_status"] == 200
    return client


@pytest.mark.parametrize("shards, effects", [(1, "digest"), (3, "whole")])
def test_what_happens_is_recorded(tmp_path, shards, effects):
    with cluster_with(tmp_path, "--shards", str(shards), "--actors-max",
                      "2048", "--record-effects", effects) as cluster:
        room = make_room(cluster)
        with enter(cluster, room) as client:
            client.say("a text to be found again", room=room)
            token = client.token
        assert cluster.broker.metric("parlance_broker_recording") == shards
    found = traces(cluster)
    assert os.stat(f"{tmp_path}/traces").st_mode & 0o777 == 0o700
    assert [(r.shard, r.number) for r in found] == \
        [(i, 1) for i in range(shards)]
    assert len({r.run for r in found}) == 1
    for recording in found:
        assert recording.is_closed and recording.torn == 0
        assert recording.shards == shards and recording.actors_max == 2048
        assert recording.whole == (effects == "whole")
        assert recording.kinds.count(STATE) == 0
        kinds = [i.kind for i in recording.inputs]
        assert GATEWAY_UP in kinds
    inputs = [i for r in found for i in r.inputs]
    assert {COMMAND, READ_DONE, COMMITTED} <= {i.kind for i in inputs}
    assert any(i.kind == COMMAND and b"a text to be found again" in i.bytes
               and i.effects > 0 for i in inputs)
    everything = all_bytes(cluster)
    for part in token.split("."):
        assert part.encode() not in everything


def test_nothing_is_recorded_unasked(tmp_path):
    with Cluster(tmp_path, gateways=0, recorded=False) as cluster:
        assert cluster.broker.metric("parlance_broker_recording") == 0
        files = set(os.listdir(tmp_path))
    assert files == {"api-keys", "broker.log", "jwt-secret", "persister.log",
                     "store"}


def test_a_killed_broker_leaves_all_but_the_tail(tmp_path):
    with cluster_with(tmp_path) as cluster:
        room = make_room(cluster)
        client = enter(cluster, room)
        client.say("the last before a silence", room=room)
        # Nothing more comes that could push it out.
        wait_for(lambda: b"the last before a silence" in all_bytes(cluster),
                 "a quiet broker to write")
        before = len(traces(cluster)[0].inputs)
        over = threading.Event()
        talker = threading.Thread(target=talk,
                                  args=(client, room, over))
        talker.start()
        wait_for(lambda: len(traces(cluster)[0].inputs) > before,
                 "a busy broker to write")
        cluster.broker.kill()
        left, = traces(cluster)
        assert not left.is_closed
        assert any(b"the last before a silence" in i.bytes
                   for i in left.inputs)
        cluster.broker.start().wait_ready()
        over.set()
        talker.join()
        client.close()
        wait_for(lambda: len(traces(cluster)) == 2, "a file of the new run")
        old, new = traces(cluster)
    old, new = sorted(traces(cluster), key=lambda r: r.started_us)
    assert old.bytes == left.bytes
    assert new.run != old.run and new.number == 1 and new.is_closed


def talk(client, room, over):
    """One text after the other; a broker may come and go meanwhile."""
    while not over.is_set():
        client.answer(client.send("create_message", message="more",
                                  room=room))


@pytest.mark.parametrize("keep", [0, 3])
def test_files_are_cut_by_size(tmp_path, keep):
    with cluster_with(tmp_path, "--record-file-bytes", "500",
                      "--record-files", str(keep)) as cluster:
        room = make_room(cluster)
        with enter(cluster, room) as client:
            for i in range(150):
                client.say(f"text number {i} of many", room=room)
        def counts():
            return [cluster.broker.metric(f"parlance_broker_record_{name}")
                    for name in ("files_total", "files_removed_total")]
        assert counts()[0] > 10
        wait_for(lambda: counts()[1] == max(counts()[0] - keep, 0) * bool(keep),
                 "the oldest to go")
    found = traces(cluster)
    first = found[0].number
    assert [r.number for r in found] == \
        list(range(first, first + len(found)))
    assert len(found) == keep if keep else first == 1
    for one, next_one in zip(found, found[1:]):
        assert one.inputs[-1].now_us <= next_one.inputs[0].now_us
        full = max(500, one.start_bytes)
        assert one.input_bytes >= full
        assert sum(34 + len(i.bytes) for i in one.inputs[:-1]) < full
    for recording in found:
        assert recording.is_closed and recording.torn == 0
        # A room was there from early on.
        assert (STATE in recording.kinds) == (recording.number > 1)
    assert b"text number 149 of many" in all_bytes(cluster)


def test_a_full_disk_stops_the_recording_only(tmp_path):
    cluster = cluster_with(tmp_path)
    # As a disk with room for 8 KiB would.
    cluster.broker.arguments = [
        "sh", "-c", 'trap "" XFSZ; ulimit -f 16; exec "$@"', "sh",
        *cluster.broker.arguments]
    with cluster:
        room = make_room(cluster)
        with enter(cluster, room) as client:
            def is_over():
                client.say("text" * 100, room=room)
                return cluster.broker.metric("parlance_broker_recording") == 0
            wait_for(is_over, "the recording to stop")
            client.say("the broker goes on", room=room)
        assert cluster.broker.metric(
            "parlance_broker_unrecorded_inputs_total") > 0
        with open(cluster.broker.log, encoding="utf-8") as log:
            assert log.read().count("event=recording_stopped") == 1
    left, = traces(cluster)
    assert len(left.bytes) == 8192 and not left.is_closed
    assert left.kinds[0] == HEAD and INPUT in left.kinds


@pytest.mark.parametrize("place, reason", [
    ("file", "Not a directory"), ("file/traces", "Not a directory"),
    ("missing/traces", "No such file or directory")])
def test_a_directory_that_is_none_ends_the_start(tmp_path, place, reason):
    (tmp_path / "file").write_text("", encoding="utf-8")
    cluster = Cluster(tmp_path, gateways=0, broker_options=[
        "--record", f"{tmp_path}/{place}"])
    ended = subprocess.run(cluster.broker.arguments, capture_output=True,
                           text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr == \
        f"parlance-broker: --record {tmp_path}/{place}: {reason}\n"
