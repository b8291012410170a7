"""`parlance up`: a newcomer configures nothing."""
import json
import re
import signal
import subprocess
import time

from cluster import BIN, free_ports, http_get, wait_for
from messenger import Messenger
from recording import COMMAND, recordings


def start_up(data, port, *options):
    return subprocess.Popen(
        [f"{BIN}/parlance", "up", "--data", str(data), "--port", str(port),
         *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def read_summary(up):
    lines = []
    for line in up.stdout:
        lines.append(line)
        if line.startswith("Data, logs"):
            return "".join(lines)
    raise AssertionError("ended early: " + "".join(lines) + up.stderr.read())


def test_up(tmp_path):
    data, port = tmp_path / "data", free_ports(8)
    up = start_up(data, port, "--gateways", "2")
    try:
        summary = read_summary(up)
        assert f"http://127.0.0.1:{port}/" in summary
        tokens = dict(re.findall(r"^  (customer|executor) +(ey\S+)$", summary,
                                 re.M))
        assert set(tokens) == {"customer", "executor"}
        status, page = http_get(port, "/")
        assert status == 200 and "<html" in page
        status, users = http_get(port, "/demo/users.json")
        assert status == 200
        assert [u["username"] for u in json.loads(users)["users"]] \
            == ["customer", "executor"]
        assert http_get(port, "/demo/users.json",
                        {"Host": "evil.example"})[0] in (403, 404)
        for name in ("jwt-secret", "api-keys"):
            assert (data / name).stat().st_mode & 0o777 == 0o600
        with Messenger(port, 1, token=tokens["customer"]) as one, \
                Messenger(port + 1, 2, token=tokens["executor"]) as two:
            room = one.ask("user_chat_list_action")["data"][0]["pk"]
            two.enter(room)
            said = one.say("hello", pk=room)
            assert two.event()["pk"] == said["pk"]
            # A second run tells of the first.
            second = start_up(data, port)
            text, _ = second.communicate(timeout=60)
            assert second.returncode == 0 and tokens["customer"] in text
        # What dies is started again.
        broker = subprocess.run(
            ["pgrep", "-P", str(up.pid), "-f", "parlance-broker"],
            capture_output=True, text=True, check=True).stdout.split()
        subprocess.run(["kill", "-9", *broker], check=True)

        def works():
            try:
                with Messenger(port, 1, token=tokens["customer"]) as client:
                    return client.say("again", pk=room)
            except Exception:  # noqa: BLE001
                time.sleep(0.2)
                return None
        wait_for(works, "the broker to be back")
    finally:
        up.send_signal(signal.SIGTERM)
        assert up.wait(60) == 0
    up = start_up(data, port)
    try:
        read_summary(up)
        with Messenger(port, 1, token=tokens["customer"]) as client:
            assert [m["text"] for m in client.history(room)] \
                == ["hello", "again"]
    finally:
        up.send_signal(signal.SIGTERM)
        assert up.wait(60) == 0


def test_up_records(tmp_path):
    """What the broker was told, in two runs, is done again."""
    data, traces, port = tmp_path / "data", tmp_path / "traces", free_ports(8)
    for text in ("said while it records", "said after that"):
        up = start_up(data, port, "--shards", "2", "--record", str(traces))
        try:
            summary = read_summary(up)
            token = re.search(r"^  customer +(ey\S+)$", summary, re.M)[1]
            assert up.stdout.readline() == f"Recordings {traces}\n"
            with Messenger(port, 1, token=token) as client:
                room = client.ask("user_chat_list_action")["data"][0]["pk"]
                client.say(text, pk=room)
        finally:
            up.send_signal(signal.SIGTERM)
            assert up.wait(60) == 0
    found = recordings(traces)
    assert len(found) == 4 and all(r.is_closed for r in found)
    assert {r.shard for r in found} == {0, 1}
    said = [i.bytes for r in found for i in r.inputs if i.kind == COMMAND]
    for text in (b"said while it records", b"said after that"):
        assert any(text in command for command in said)
    done = subprocess.run(
        [f"{BIN}/parlance-replay", "--verify", *(r.path for r in found)],
        capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("the same: ") and " 4 files" in done.stdout


def test_up_says_why_it_cannot_record(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    up = start_up(tmp_path / "data", free_ports(8), "--record",
                  str(tmp_path / "file"))
    _, complaint = up.communicate(timeout=60)
    assert up.returncode == 1
    assert "broker ended" in complaint
    assert f"--record {tmp_path}/file: Not a directory" in complaint


def test_a_taken_port_is_said_in_one_line(tmp_path):
    import socket
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        up = start_up(tmp_path / "data", taken.getsockname()[1])
        _, complaint = up.communicate(timeout=60)
        assert up.returncode == 1
        assert "gateway-1" in complaint
