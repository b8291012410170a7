"""parlance-replay cuts what a real broker recorded: one room, some minutes, and
the smallest trace on which a command still fails."""
import glob
import json

import pytest

from cluster import Cluster
from messenger import Messenger
from test_replay import DIFFERENT, SAME, USAGE, replay


@pytest.fixture(name="recorded", scope="module")
def recorded_fixture(tmp_path_factory):
    """A recording in which two rooms are talked in, and their ids."""
    path = tmp_path_factory.mktemp("cut")
    with Cluster(path, broker_options=["--record", f"{path}/traces"]) \
            as cluster:
        cluster.put_user(1, "ann")
        cluster.put_user(2, "bo")
        rooms = [cluster.make_room(key, [1, 2]) for key in ("tea", "milk")]
        with Messenger(cluster.ports[0], 1, "ann") as ann, \
                Messenger(cluster.ports[0], 2, "bo") as bo:
            for room in rooms:
                assert ann.ask("join_room", pk=room)["response_status"] == 200
                for i in range(3):
                    ann.say(f"said-{rooms.index(room)}-{i}", room=room)
            bo.ask("join_room", pk=rooms[0])
    files = glob.glob(f"{path}/traces/*")
    assert files
    return files, rooms


def lines_of(text):
    return [json.loads(line) for line in text.splitlines()]


def test_one_room_is_cut_out(recorded, tmp_path):
    files, (tea, _) = recorded
    cut = replay("--room", str(tea), "--output", f"{tmp_path}/cut", *files)
    assert cut.returncode == SAME, cut.stderr
    with open(f"{tmp_path}/cut", encoding="utf-8") as file:
        text = file.read()
    assert all(f"said-0-{i}" in text for i in range(3))
    assert "said-1-" not in text and "milk" not in text
    again = replay(f"{tmp_path}/cut")
    assert again.returncode == SAME, again.stderr
    # The same records under the same numbers.
    whole = lines_of(replay("--print", *files).stdout)
    for line in lines_of(text):
        if line.get("effect") == "append":
            assert line in whole


def test_a_time_is_cut_out(recorded, tmp_path):
    files, _ = recorded
    whole = lines_of(replay("--print", *files).stdout)
    said = [line for line in whole if line.get("input") == "command"
            and line["wire"]["kind"] == "send"]
    start = said[3]["at_us"]
    cut = replay("--from", str(start), "--output", f"{tmp_path}/cut", *files)
    assert cut.returncode == SAME, cut.stderr
    with open(f"{tmp_path}/cut", encoding="utf-8") as file:
        lines = lines_of(file.read())
    assert any("state" in line for line in lines)
    assert [line for line in lines if line.get("input") == "command"
            and line["wire"]["kind"] == "send"] == said[3:]
    assert replay(f"{tmp_path}/cut").returncode == SAME


def test_a_trace_is_shrunk(recorded, tmp_path):
    files, _ = recorded
    shrunk = replay("--shrink", "! grep -q record_message_created.*said-1-2",
                    "--output", f"{tmp_path}/cut", *files)
    assert shrunk.returncode == SAME, shrunk.stderr
    assert "runs)" in shrunk.stderr
    with open(f"{tmp_path}/cut", encoding="utf-8") as file:
        lines = lines_of(file.read())
    kinds = [line["wire"]["kind"] for line in lines
             if line.get("input") == "command"]
    assert kinds == ["room_create", "send"]
    assert replay(f"{tmp_path}/cut").returncode == SAME


def test_a_file_is_written_only_when_there_is_a_cut(recorded, tmp_path):
    files, _ = recorded
    path = tmp_path / "cut"
    passes = replay("--shrink", "true", "--output", path, *files)
    assert passes.returncode == DIFFERENT
    assert not path.exists()
    path.write_text("as it was", encoding="utf-8")
    assert replay("--room", "987654", "--output", path,
                  *files).returncode == DIFFERENT
    assert path.read_text(encoding="utf-8") == "as it was"
    nowhere = replay("--shrink", "false", "--output", f"{path}s/cut", *files)
    assert nowhere.returncode not in (SAME, DIFFERENT)
    assert "runs)" not in nowhere.stderr


def test_what_cannot_be_cut(recorded):
    files, (tea, _) = recorded
    assert replay("--room", "987654", *files).returncode == DIFFERENT
    assert replay("--from", "tomorrow", *files).returncode == USAGE
    assert replay("--from", "9", "--to", "8", *files).returncode == USAGE
    assert replay("--room", str(tea), "--shrink", "false",
                  *files).returncode == USAGE
    passes = replay("--shrink", "true", *files)
    assert passes.returncode == DIFFERENT
    assert "does not fail" in passes.stderr
