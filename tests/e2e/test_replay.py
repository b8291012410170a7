"""parlance-replay on what real brokers recorded: it is done again, printed,
scrubbed; what is wrong is shown and told by the exit status."""
import glob
import json
import os
import signal
import subprocess

import pytest

from chats import Chats
from cluster import BIN, ROOT, SANITIZERS, Cluster
from dialogs import Dialogs
from messenger import Messenger

SAME, DIFFERENT, USAGE, UNREADABLE, STOPPED = range(5)
TRACES = f"{ROOT}/tests/traces"

# Each is in the recording, and must not be in what is scrubbed.
SECRETS = ["annabelle", "bobbington", "confidential", "unspeakable",
           "clandestine", "edited-away", "photograph", "avatar-of-ann",
           "order-of-ann", "room-of-secrets", "example.com"]


def replay(*arguments, **options):
    options.setdefault("text", True)
    return subprocess.run([f"{BIN}/parlance-replay", *arguments], timeout=120,
                          capture_output=True, check=False,
                          env={**os.environ, **SANITIZERS}, **options)


def play(cluster):
    """A conversation with all that is to be scrubbed."""
    cluster.put_user(1, "annabelle", first_name="confidential",
                     avatar="https://example.com/avatar-of-ann.png")
    cluster.put_user(2, "bobbington")
    room = cluster.make_room("room-of-secrets", [(1, "moderator"), 2],
                             title="unspeakable")
    cluster.make_order("1042", 1, 2)
    port = cluster.ports[0]
    with Messenger(port, 1, "annabelle") as ann, Chats(port, 2) as bo, \
            Dialogs(port, 1) as phone:
        ann.enter(room)
        phone.count()
        said = ann.say("clandestine meeting", room=room)["pk"]
        ann.ask("edit_message", pk=said, message="edited-away")
        bo.upload("photograph.txt", b"confidential content")
        bo.say("a confidential answer", "1_2", client_key="order-of-ann")
        bo.say("a confidential answer", "1_2", client_key="order-of-ann")
        ann.history(room)
        phone.load()


@pytest.fixture(scope="module", params=[
    ("--record-effects", "whole"), ("--record-effects", "digest"),
    ("--record-file-bytes", "700", "--idle", "1"), ("--shards", "3")])
def recording(request, tmp_path_factory):
    directory = tmp_path_factory.mktemp("recording")
    with Cluster(directory, gateway_options=["--rate", "0"], broker_options=[
            "--record", f"{directory}/traces", *request.param]) as cluster:
        play(cluster)
    files = sorted(glob.glob(f"{directory}/traces/*"))
    assert len(files) > 3 or "--record-file-bytes" not in request.param
    return files


def test_it_is_done_again(recording):
    done = replay(*reversed(recording))
    assert (done.returncode, done.stderr) == (SAME, ""), done
    assert done.stdout.startswith("the same: ")
    assert f" {len(recording)} file" in done.stdout
    folder = replay(os.path.dirname(recording[0]))
    assert folder.returncode == SAME
    assert folder.stdout.split(",")[:3] == done.stdout.split(",")[:3]


def test_what_is_printed_is_json_and_a_trace(recording):
    printed = replay("--print", *recording)
    assert (printed.returncode, printed.stderr) == (SAME, "")
    lines = [json.loads(line) for line in printed.stdout.splitlines()]
    assert [line["effects"] for line in lines if "trace" in line] \
        == ["whole"] * len(recording)
    sent = [line["wire"]["text"] for line in lines
            if line.get("input") == "command"
            and line["wire"]["kind"] == "send"]
    assert sent == ["clandestine meeting"] + ["a confidential answer"] * 2
    # Said again by jq, say.
    again = "".join(json.dumps(line) + "\n" for line in lines)
    assert replay("-", input=again).returncode == SAME
    assert replay("--print", "-", input=again).stdout == printed.stdout


def test_what_is_scrubbed_tells_nothing(recording, tmp_path):
    printed = replay("--print", *recording).stdout
    for secret in SECRETS:
        assert secret in printed, secret
    scrubbed = replay("--scrub", "--scrub-key", "k", *recording)
    assert scrubbed.returncode == SAME, scrubbed.stderr
    for secret in SECRETS:
        assert secret not in scrubbed.stdout, secret
        assert secret.encode().hex() not in scrubbed.stdout, secret
    assert replay("-", input=scrubbed.stdout).returncode == SAME
    # As much happens as before, and takes as much room.
    assert scrubbed.stdout.count('"effect"') == printed.count('"effect"')
    assert scrubbed.stdout.count('"created":true') \
        == printed.count('"created":true')
    # The text form with comments that tell it all gives the same.
    path = tmp_path / "text.trace"
    path.write_text("# annabelle told me\n" + printed, encoding="utf-8")
    assert replay("--scrub", "--scrub-key", "k",
                  str(path)).stdout == scrubbed.stdout
    other = replay("--scrub", *recording)
    assert other.returncode == SAME and other.stdout != scrubbed.stdout


@pytest.mark.parametrize("effects", ["whole", "digest"])
def test_a_killed_brokers_recording(effects, tmp_path):
    with Cluster(tmp_path, broker_options=[
            "--record", f"{tmp_path}/traces", "--record-effects", effects,
            "--shards", "2"]) as cluster:
        play(cluster)
        cluster.broker.kill()
        left = sorted(glob.glob(f"{tmp_path}/traces/*"))
        done = replay(*left)
        printed = replay("--print", *left)
        scrubbed = replay("--scrub", *left)
        cluster.broker.start().wait_ready()
    assert done.returncode == SAME, done
    assert len(left) == 2 and all(path in done.stderr for path in left)
    assert "; 2 not closed" in done.stdout
    # The text says as much, its last inputs included, and that it is torn.
    for text in printed, scrubbed:
        assert text.returncode == SAME
        assert all(path in text.stderr for path in left)
        again = replay("-", input=text.stdout)
        assert again.returncode == SAME, again
        assert "; 2 not closed" in again.stdout
        assert again.stdout.split()[2:6] == done.stdout.split()[2:6]
    assert replay("--print", "-", input=printed.stdout).stdout \
        == printed.stdout


def test_a_difference_is_shown(tmp_path):
    with open(f"{TRACES}/messenger.trace", encoding="utf-8") as file:
        text = file.read()
    wrong = text.replace('"text":"Shall we begin?","created_us"',
                         '"text":"Shall we end?","created_us"', 1)
    assert wrong != text
    path = tmp_path / "wrong.trace"
    path.write_text(wrong, encoding="utf-8")
    done = replay(str(path))
    assert done.returncode == DIFFERENT
    assert done.stdout.startswith("not the same: ")
    report = done.stderr.splitlines()
    number = next(i for i, line in enumerate(text.splitlines(), 1)
                  if '"wire":{"kind":"send"' in line)
    assert report[0].startswith(f"{path}: line {number}: input ")
    assert report[1].startswith("input:    {") and '"send"' in report[1]
    assert report[2].startswith("recorded: {") and "Shall we end" in report[2]
    assert report[3].startswith("now:      {") and "we begin" in report[3]
    assert report[4] == \
        "differs first in: record_message_created.message.text"
    assert report[5].startswith("state of room ")
    assert '"state_room"' in report[6]


def test_a_core_that_stops_itself_is_a_bug_report(tmp_path):
    head = '{"trace":1,"shard":0,"shards":1,"run":"0000000000000001",' \
        '"file":1,"effects":"whole","config":{}}\n'
    path = tmp_path / "stops.trace"
    # No shard says this: the head of a partition does not go back.
    path.write_text(
        head + '{"at_us":1,"input":"partition","partition":1,"seq":5}\n'
        '{"at_us":2,"input":"partition","partition":1,"seq":4}\n'
        '{"end":true}\n', encoding="utf-8")
    done = replay(str(path))
    assert done.returncode == STOPPED
    assert f"{path}: line 3: the core stopped itself here\n" \
        "input 2: partition at 2 us" in done.stderr


@pytest.mark.parametrize("arguments, status, says", [
    ([], USAGE, "which FILE?"),
    (["--print", "--verify", "x"], USAGE, "--verify writes no trace"),
    (["--output", "y", "x"], USAGE, "--output: there is nothing to write"),
    (["--scrub-key", "y", "x"], USAGE, "--scrub-key: there is nothing"),
    (["/nowhere"], UNREADABLE, "/nowhere: No such file or directory"),
    ([BIN], UNREADABLE, "/bin: there is no .trace in it"),
    ([f"{TRACES}/chats.trace"] * 2, UNREADABLE, "are file 1 of the same core"),
    ([f"{TRACES}/kept/foreign.bin"], UNREADABLE, "it is no trace"),
    (["--print", "--output", "/nowhere/x", f"{TRACES}/chats.trace"], 1,
     "--output /nowhere/x: No such file or directory"),
])
def test_what_is_refused(arguments, status, says):
    done = replay(*arguments)
    assert done.returncode == status and says in done.stderr, done


def test_a_reader_that_has_enough(tmp_path):
    with subprocess.Popen([f"{BIN}/parlance-replay", "--print",
                           f"{TRACES}/chats.trace"],
                          stdout=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.wait(60) in (-signal.SIGPIPE, SAME)


def test_parlance_runs_it():
    done = subprocess.run([f"{BIN}/parlance", "replay",
                           f"{TRACES}/chats.trace"], capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == SAME and "the same: " in done.stdout
